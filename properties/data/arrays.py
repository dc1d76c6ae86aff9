"""Arrays as JSON: small ones as nested lists, large ones as patterns or compressed, large answers abbreviated."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from math import isfinite, prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ..remote.worker import Memory, memory_of
from .patterns import as_json as pattern_as_json
from .patterns import from_json as pattern_from_json
from .patterns import pattern_of

Json = dict[str, Any]

MOST_LISTED = 1000
"""Cells of an array that is written as nested lists."""

MOST_SPECIAL = 100
"""Special cells of a larger array that is written as a pattern."""

MOST_ANSWER = 100_000
"""Bytes of an answer that is stored complete; the case is complete in any case, and what is right can be worked out."""

MOST_READ = 1 << 28
"""Bytes of an array that is read from a report."""

AROUND = 2
"""Cells shown on each side of a place, along the last two axes, of an array that is abbreviated."""


def array_as_json(array: Array, layout: str = "C") -> Json:
    """An array, complete: {"dtype", "shape", "layout"} and its cells: "data", nested lists in which NaN and infinities
    are strings; "full" or "counted" with "cells", a pattern; or "zlib", the base64 text of its compressed bytes in C
    order, little-endian."""
    return {"dtype": array.dtype.name, "shape": list(array.shape), "layout": layout, **cells_of(array)}


def cells_of(array: Array) -> Json:
    """The cells of an array, in the first form that is short enough."""
    if array.size <= MOST_LISTED:
        return {"data": plain(array.tolist())}
    pattern = pattern_of(array, MOST_SPECIAL)
    return pattern_as_json(pattern) if pattern else {"zlib": compressed(array)}


def is_brief(array: Array) -> bool:
    """Whether an array is written in few words."""
    return array.size <= MOST_LISTED or pattern_of(array, MOST_SPECIAL) is not None


def array_from_json(data: Mapping[str, Any]) -> Array:
    """The array that `array_as_json` gave. Raises ValueError if it is an abbreviation, or its bytes do not fill it."""
    if "zlib" in data:
        return decompressed(data["zlib"], np.dtype(data["dtype"]), tuple(data["shape"]))
    if "cells" in data:
        return pattern_from_json(data, np.dtype(data["dtype"]), bounded(tuple(data["shape"]), np.dtype(data["dtype"])))
    if "data" not in data:
        raise ValueError("an array of the report is abbreviated")
    array = np.array(numbers(data["data"]), data["dtype"])
    return array.reshape(data["shape"]) if prod(data["shape"]) == array.size else array


def answer_as_json(array: Array, where: Ints | None = None) -> Json:
    """An answer: complete if it is small, else abbreviated around a place in it."""
    return array_as_json(array) if array.nbytes <= MOST_ANSWER else abbreviated(array, where=where)


def cell_of(data: Mapping[str, Any], where: Ints) -> Any:
    """The cell of an answer at a place, or all that is stored of it where there is none."""
    if "near" not in data:
        return array_from_json(data)[where]
    block = np.array(numbers(data["near"]), data["dtype"])
    return block[tuple(k - first for k, first in zip(where, data["start"], strict=False))]


def abbreviated(array: Array, layout: str = "C", where: Ints | None = None) -> Json:
    """{"dtype", "shape", "layout"}, the "sha256" of its bytes in C order, little-endian, and the cells around a place:
    "near", nested lists of the block that begins at "start"."""
    place = where if where is not None and len(where) == array.ndim else (0,) * array.ndim
    reach = [0] * (array.ndim - 2) + [AROUND] * min(array.ndim, 2)
    start = [max(k - r, 0) for k, r in zip(place, reach, strict=True)]
    block = array[tuple(slice(first, k + r + 1) for first, k, r in zip(start, place, reach, strict=True))]
    shown = {"sha256": sha256(array), "start": start, "near": plain(block.tolist())}
    return {"dtype": array.dtype.name, "shape": list(array.shape), "layout": layout, **shown}


def sha256(array: Array) -> str:
    """The digest of the bytes of an array in C order, little-endian."""
    return hashlib.sha256(raw(array)).hexdigest()


def raw(array: Array) -> Memory:
    """The bytes of an array in C order, little-endian."""
    return memory_of(np.ascontiguousarray(array, array.dtype.newbyteorder("<")))


def compressed(array: Array) -> str:
    """The bytes of an array, compressed, as text."""
    return base64.b64encode(zlib.compress(raw(array))).decode("ascii")


def decompressed(text: str, dtype: np.dtype[Any], shape: Ints) -> Array:
    """The array that `compressed` gave. Raises ValueError if the text does not hold exactly its bytes."""
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
    """The shape. Raises ValueError if an array of it is larger than a report holds."""
    if min(shape, default=0) < 0 or dtype.itemsize * prod(shape) > MOST_READ:
        raise ValueError(f"an array of shape {shape} is larger than a report holds")
    return shape


def plain(value: Any) -> Any:
    """Nested lists of numbers; the numbers that JSON lacks, and those wider than its readers' floats, as strings."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, (bool, int)) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)


def numbers(value: Any) -> Any:
    """The inverse of `plain`."""
    if isinstance(value, list):
        return [numbers(entry) for entry in value]
    return float(value) if isinstance(value, str) else value
