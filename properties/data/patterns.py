"""Patterns: large arrays as one value, or consecutive numbers, in all but a few cells; and these as Python text."""

from __future__ import annotations

from math import isfinite, isinf, nan, prod
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels.dtypes import ORDERED, Array, Ints

from .typed import Scalar

SAMPLE = 101
"""Cells that are sampled for the commonest value, which most of them have if few cells are special."""


class Pattern(NamedTuple):
    """An array of `shape` and `dtype`: `start` in every cell, or if `counted`, `start`, `start` + 1, ... in row-major
    order; except for the special `cells`, pairs of an index and a value."""

    shape: Ints
    dtype: np.dtype[Any]
    start: Any
    counted: bool
    cells: list[tuple[Ints, Any]]

    def array(self) -> Array:
        """The array."""
        array = base(self.shape, self.dtype, self.start, counted=self.counted)
        for place, value in self.cells:
            array[place] = value
        return array


def base(shape: Ints, dtype: np.dtype[Any], start: Any, *, counted: bool) -> Array:
    """The array of a pattern without special cells."""
    if not counted:
        return np.full(shape, start, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        found: Array = (np.arange(prod(shape)).astype(dtype) + dtype.type(start)).astype(dtype).reshape(shape)
    return found


def pattern_of(array: Array, most: int) -> Pattern | None:
    """The pattern with at most `most` special cells that equals an array bit for bit; None if there is none.

    An array whose dtype cannot be pooled has no pattern.
    """
    if not array.size or array.dtype.name not in ORDERED:
        return None
    for counted in (False, True) if array.dtype.kind != "b" else (False,):
        start = array.flat[0] if counted else commonest(array)
        special = bits(array) != bits(base(array.shape, array.dtype, start, counted=counted))
        if np.count_nonzero(special) <= most:
            places = [tuple(map(int, place)) for place in np.argwhere(special)]
            cells = [(k, python_number(array[k])) for k in places]
            found = Pattern(array.shape, array.dtype, python_number(start), counted, cells)
            # A NaN with an unusual payload cannot be written.
            return found if np.array_equal(bits(found.array()), bits(array)) else None
    return None


def commonest(array: Array) -> Any:
    """The commonest value in a sample of an array's cells."""
    sample = array.reshape(-1)[:: max(1, array.size // SAMPLE)]
    _, first, counts = np.unique(bits(sample), return_index=True, return_counts=True)
    return sample[first[counts.argmax()]]


def bits(array: Array) -> Array:
    """The cells of an array as unsigned integers."""
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def python_number(value: Any) -> Any:
    """A NumPy number as the equal Python number; the payload of a NaN is lost."""
    number = value.item() if value.dtype.kind in "biu" else float(value)
    return nan if number != number else number


# As Python text.


def as_text(pattern: Pattern, name: str) -> str:
    """Statements that make the array, to paste after `name = `, with `np` for NumPy.

    A bfloat16 becomes a float32 with the same values, because NumPy alone has no such dtype.
    """
    dtype = "float32" if pattern.dtype.name == "bfloat16" else pattern.dtype.name
    cells = [f"{name}[{', '.join(map(str, place))}] = {short(value)}" for place, value in pattern.cells]
    return "; ".join([base_text(pattern, dtype), *cells])


def base_text(pattern: Pattern, dtype: str) -> str:
    """The expression for a pattern without its special cells, with the dtype unless it is float64."""
    said = "" if dtype == "float64" else f", {dtype!r}"
    if not pattern.counted:
        if literal(pattern.start) in ("0", "0.0", "False"):
            return f"np.zeros({pattern.shape}{said})"
        return f"np.full({pattern.shape}, {literal(pattern.start)}{said})"
    count = prod(pattern.shape)
    row = f"np.arange({count}.0)" if dtype == "float64" else f"np.arange({count}).astype({dtype!r})"
    shape = ", ".join(map(str, pattern.shape))
    return f"{f'({row} + {literal(pattern.start)})' if pattern.start else row}.reshape({shape})"


def literal(value: Any) -> str:
    """A number as Python text."""
    if isinstance(value, float) and not isfinite(value):
        return ("-np.inf" if value < 0 else "np.inf") if isinf(value) else "np.nan"
    return repr(value)


def short(value: Any) -> str:
    """A number as Python text, to assign to an array of floats: without a fraction of zero."""
    text = literal(value)
    return text.removesuffix(".0") if text != "-0.0" else text


# As JSON.


def number(value: bool | int | float) -> Scalar:
    """A number for JSON: as text if it is not finite."""
    return value if not isinstance(value, float) or isfinite(value) else str(value)


def value_of(value: Scalar) -> bool | int | float:
    """The inverse of `number`. Raises ValueError for a text that is not a number."""
    return float(value) if isinstance(value, str) else value
