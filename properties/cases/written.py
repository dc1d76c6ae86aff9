"""Cases as Python text to paste, with `np` for NumPy, and `Case`."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ..contract import BACKWARD
from ..data.patterns import base_text, bits, literal, pattern_of, python_number

if TYPE_CHECKING:
    from .case import Case

MOST_LISTED = 64
"""The most cells of an array that is always written as nested lists."""

MOST_WRITTEN = 5000
"""The most cells of an array that is written in full if there is no shorter expression."""

MOST_RUNS = 24
"""The most runs of equal cells of an array that is written as runs."""


def case_text(case: Case) -> str:
    """`Case(...)` on one line."""
    return f"Case({', '.join(written(case))})"


def written(case: Case) -> list[str]:
    """The arguments that make a case, except those at their defaults."""
    _, *others = (each for each in fields(case) if not is_default(case, each))
    return [repr(case.function), *(f"{each.name}={value_text(getattr(case, each.name))}" for each in others)]


def is_default(case: Case, each: Any) -> bool:
    """Whether a field of a case has its default; a dy that the function does not take counts as such."""
    value = getattr(case, each.name)
    if each.name == "dy" and case.function not in BACKWARD:
        return True
    default = each.default_factory() if each.default_factory is not MISSING else each.default
    return not isinstance(value, np.ndarray) and bool(value == default)


def value_text(value: Any) -> str:
    """An array or a plain value as Python text."""
    return array_text(value) if isinstance(value, np.ndarray) else repr(value)


def array_text(array: Array) -> str:
    """An expression for an array: nested lists, or for a large array a pattern or runs, if these are short.

    A very large array without a short expression is written as an ellipsis.
    """
    if array.size == 0:
        return f"np.zeros({array.shape}, {array.dtype.name!r})"
    if array.size <= MOST_LISTED:
        return listed(array)
    pattern = pattern_of(array, 0)
    if pattern:
        return base_text(pattern, array.dtype.name)
    return in_runs(array) or (listed(array) if array.size <= MOST_WRITTEN else "...")


def in_runs(array: Array) -> str:
    """An expression with the value and length of each run; empty if there are too many runs."""
    flat = array.reshape(-1)
    starts = np.flatnonzero(np.diff(bits(flat), prepend=bits(flat)[0] ^ 1))
    if len(starts) > MOST_RUNS:
        return ""
    lengths = np.diff(starts, append=flat.size).tolist()
    return f"np.repeat({listed(flat[starts])}, {lengths}).reshape({array.shape})"


def listed(array: Array) -> str:
    """An array as nested lists, with its dtype unless it is float64."""
    dtype = "" if array.dtype == np.float64 else f", {array.dtype.name!r}"
    return f"np.array({nested(array)}{dtype})"


def nested(array: Array) -> str:
    """The cells of an array as nested lists."""
    if array.ndim == 0:
        return number(array[()])
    return f"[{', '.join(map(nested, array))}]"


def number(value: Any) -> str:
    """A cell in the fewest digits that read back as the same number."""
    short, exact = str(value), literal(python_number(value))
    shorter = value and len(short) < len(exact) and np.isfinite(value) and value.dtype.type(float(short)) == value
    return short if shorter else exact
