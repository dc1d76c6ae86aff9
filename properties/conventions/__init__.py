"""Conventions: points where sound implementations differ, by what they are about. Observed, never looked up."""

from . import values, settings, edges  # noqa: I001  (the order in which they are printed)
from .ask import numbers
from .registry import CONVENTIONS, as_before, check_expected, not_asked, observe, observed, shown_by, unobservable

__all__ = [
    "CONVENTIONS",
    "as_before",
    "check_expected",
    "edges",
    "not_asked",
    "numbers",
    "observe",
    "observed",
    "settings",
    "shown_by",
    "unobservable",
    "values",
]
