"""The property suite: judge any implementation of pooling. `judge`, `check` and `laws` are the Python door."""

from .doors.api import BoundLaw, check, laws
from .doors.judging import judge

__all__ = ["BoundLaw", "check", "judge", "laws"]
