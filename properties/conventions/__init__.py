"""Conventions: points where sound implementations differ, by what they are about. Observed, never looked up."""

from . import values, settings, edges  # noqa: I001  (the order in which they are printed)
from .registry import CONVENTIONS, as_before, check_expected, observe, observed, unobservable

__all__ = [
    "CONVENTIONS",
    "as_before",
    "check_expected",
    "edges",
    "observe",
    "observed",
    "settings",
    "unobservable",
    "values",
]
