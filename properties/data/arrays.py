"""Arrays in reports: small ones as nested lists, large ones as patterns, compressed or abbreviated."""

from __future__ import annotations

import base64
import hashlib
import zlib
from math import isfinite, prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from msgspec import UNSET, Struct, UnsetType
from poolproof.kernels.dtypes import Array, Ints

from ..remote.worker import Memory, memory_of
from .layouts import LAYOUTS
from .patterns import Pattern, number, pattern_of, value_of
from .typed import Nested, Scalar, Whole

if TYPE_CHECKING:
    Layout = str
else:
    Layout = Literal[tuple(LAYOUTS)]
"""How an array lies in memory."""

MOST_LISTED = 1000
"""The most cells of an array that is written as nested lists."""

MOST_SPECIAL = 100
"""The most special cells of a larger array that is written as a pattern."""

MOST_ANSWER = 100_000
"""The most bytes of an answer that is stored in full. The case always is, so the right answer can be recomputed."""

MOST_READ = 1 << 28
"""The most bytes of an array that is read from a report."""

AROUND = 2
"""Cells shown on each side of a place, along the last two axes of an abbreviated array."""


class StoredArray(Struct, frozen=True, kw_only=True):
    """An array: its dtype, shape and layout, and its cells in one of these forms.

    - `data`: nested lists, in which NaN and infinities are texts.
    - `full` or `counted`, with `cells`: a pattern.
    - `zlib`: the base64 text of its compressed bytes in C order, little-endian.
    - `sha256`: the digest of these bytes, with `near`, the block of cells around a place, which begins at `start`, and
      `beside` if the array is in a file beside the report.
    - `cells` and `others`: its nonzero cells, and how many more there are.
    - None of these, and no dtype: a dy of integers, of which only the shape matters.
    """

    dtype: str | UnsetType = UNSET
    shape: list[Whole]
    layout: Layout | UnsetType = UNSET
    data: Nested | UnsetType = UNSET
    full: Scalar | UnsetType = UNSET
    counted: Scalar | UnsetType = UNSET
    cells: list[tuple[list[int], Scalar]] | UnsetType = UNSET
    zlib: str | UnsetType = UNSET
    sha256: str | UnsetType = UNSET
    start: list[Whole] | UnsetType = UNSET
    near: Nested | UnsetType = UNSET
    beside: bool | UnsetType = UNSET
    others: Whole | UnsetType = UNSET

    @property
    def abbreviated(self) -> bool:
        """Whether only some of its cells are stored."""
        return self.sha256 is not UNSET

    def array(self) -> Array:
        """The array. Raises ValueError if it is abbreviated, or if its bytes do not fill it."""
        if self.dtype is UNSET or self.layout is UNSET:
            raise ValueError("an array should have a dtype and a layout")
        dtype, shape = np.dtype(self.dtype), tuple(self.shape)
        if self.zlib is not UNSET:
            return decompressed(self.zlib, dtype, shape)
        if self.cells is not UNSET:
            return pattern_in(self, dtype).array()
        if self.data is UNSET:
            raise ValueError("an array of the report is abbreviated")
        array = np.array(numbers(self.data), dtype)
        return array.reshape(shape) if prod(shape) == array.size else array

    def cell(self, where: Ints) -> Any:
        """The cell of an answer at a place, which for an abbreviated answer must be in the stored block."""
        if self.near is UNSET or self.start is UNSET:
            return self.array()[where]
        block = np.array(numbers(self.near), None if self.dtype is UNSET else self.dtype)
        return block[tuple(k - first for k, first in zip(where, self.start, strict=False))]


def stored(array: Array, layout: str = "C") -> StoredArray:
    """A complete array, in the first form that is short enough."""
    about: Any = {"dtype": array.dtype.name, "shape": list(array.shape), "layout": layout}
    if array.size <= MOST_LISTED:
        return StoredArray(**about, data=json_numbers(array.tolist()))
    if pattern := pattern_of(array, MOST_SPECIAL):
        about["counted" if pattern.counted else "full"] = number(pattern.start)
        return StoredArray(**about, cells=[(list(place), number(value)) for place, value in pattern.cells])
    return StoredArray(**about, zlib=compressed(array))


def is_brief(array: Array) -> bool:
    """Whether an array has a short form: nested lists or a pattern."""
    return array.size <= MOST_LISTED or pattern_of(array, MOST_SPECIAL) is not None


def pattern_in(stored: StoredArray, dtype: np.dtype[Any]) -> Pattern:
    """The pattern that an array is stored as. Raises ValueError if it is not stored as one."""
    shape, counted = bounded(tuple(stored.shape), dtype), stored.counted is not UNSET
    start = stored.counted if counted else stored.full
    if start is UNSET or stored.cells is UNSET:
        raise ValueError("an array with special cells should have full or counted")
    cells = [(tuple(place), value_of(value)) for place, value in stored.cells]
    if any(len(place) != len(shape) or min(place, default=0) < 0 for place, _ in cells):
        raise ValueError(f"a special cell of an array should have {len(shape)} indices of at least 0")
    return Pattern(shape, dtype, value_of(start), counted, cells)


def stored_answer(array: Array, where: Ints | None = None) -> StoredArray:
    """An answer, complete if it is small, otherwise abbreviated around a place."""
    return stored(array) if array.nbytes <= MOST_ANSWER else abbreviated(array, where=where)


def abbreviated(array: Array, layout: str = "C", where: Ints | None = None) -> StoredArray:
    """An array abbreviated to its digest and its cells around a place."""
    place = where if where is not None and len(where) == array.ndim else (0,) * array.ndim
    reach = [0] * (array.ndim - 2) + [AROUND] * min(array.ndim, 2)
    start = [max(k - r, 0) for k, r in zip(place, reach, strict=True)]
    block = array[tuple(slice(first, k + r + 1) for first, k, r in zip(start, place, reach, strict=True))]
    return StoredArray(
        dtype=array.dtype.name,
        shape=list(array.shape),
        layout=layout,
        sha256=sha256(array),
        start=start,
        near=json_numbers(block.tolist()),
    )


def sha256(array: Array) -> str:
    """The digest of the bytes of an array in C order, little-endian."""
    return hashlib.sha256(raw(array)).hexdigest()


def raw(array: Array) -> Memory:
    """The bytes of an array in C order, little-endian."""
    return memory_of(np.ascontiguousarray(array, array.dtype.newbyteorder("<")))


def compressed(array: Array) -> str:
    """The compressed bytes of an array as base64 text."""
    return base64.b64encode(zlib.compress(raw(array))).decode("ascii")


def decompressed(text: str, dtype: np.dtype[Any], shape: Ints) -> Array:
    """The inverse of `compressed`. Raises ValueError unless the text holds exactly the bytes of such an array."""
    length = dtype.itemsize * prod(bounded(shape, dtype))
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(text), length + 1)
    except zlib.error as error:
        raise ValueError(f"a compressed array cannot be read: {error}") from None
    if len(data) != length:
        raise ValueError(f"a compressed array should have {length} bytes")
    return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def bounded(shape: Ints, dtype: np.dtype[Any]) -> Ints:
    """The shape. Raises ValueError if an array of this shape is larger than a report may hold."""
    if min(shape, default=0) < 0 or dtype.itemsize * prod(shape) > MOST_READ:
        raise ValueError(f"an array of shape {shape} is larger than a report holds")
    return shape


def json_numbers(value: Any) -> Any:
    """Nested lists of numbers, in which numbers that JSON or its readers' floats cannot represent are strings."""
    if isinstance(value, list):
        return [json_numbers(entry) for entry in value]
    if isinstance(value, (bool, int)) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)


def numbers(value: Any) -> Any:
    """The inverse of `json_numbers`."""
    if isinstance(value, list):
        return [numbers(entry) for entry in value]
    return float(value) if isinstance(value, str) else value
