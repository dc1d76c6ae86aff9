"""The property suite: judge any implementation of pooling. `check` and `laws` are the Python door."""

from .doors.api import BoundLaw, check, laws

__all__ = ["BoundLaw", "check", "laws"]
