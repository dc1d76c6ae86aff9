"""Conventions: behaviour in which sound implementations differ. Always observed, never looked up."""

from . import values, settings, edges  # noqa: I001  (the order in which they are printed)
from .ask import call_of, numbers
from .registry import CONVENTIONS, as_before, check_expected, not_asked, observe, observed, unobservable

EXPECTED = frozenset(f"{each.name}={value}" for each in CONVENTIONS.values() for value in each.values)
"""The names of conventions that are pinned to a value, and so become laws."""

__all__ = [
    "CONVENTIONS",
    "EXPECTED",
    "as_before",
    "call_of",
    "check_expected",
    "edges",
    "not_asked",
    "numbers",
    "observe",
    "observed",
    "settings",
    "unobservable",
    "values",
]
