"""The laws, family by family, in the order in which they are tried and reported."""

from . import shape, forward, backward, settings, conduct, reference  # noqa: I001  (the order is the order of the laws)
from .registry import LAWS, Law

__all__ = ["LAWS", "Law", "backward", "conduct", "forward", "reference", "settings", "shape"]
