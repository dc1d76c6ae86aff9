"""The flat file: a line of text for each vector, followed by the bytes of its arrays; a reader takes a few lines.

docs/vectors.md describes it byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Geometry

from .vector import Vector

VERSION = 1
RANKS = 3
"""The number of spatial axes of every shape; axes of length one precede those of an image that has fewer."""

WORDS = ("function", "dtype", "dtype of the answer")
NUMBERS = {
    "rank": 1, "bytes of an element": 1, "of the answer": 1, "x": 2 + RANKS, "size": RANKS, "stride": RANKS,
    "padding": 2 * RANKS, "dilation": RANKS, "ceil_mode": 1, "count_include_pad": 1, "windows": 2 + RANKS,
    "may refuse": 1, "same as before": 1, "ranges": 1, "sums": 1,
}  # fmt: skip
"""The fields of a line: the vector's number, three words, and this many integers for each of these names."""


def flat_file(vectors: Sequence[Vector]) -> Iterator[bytes]:
    """The content of the file."""
    yield f"poolproof vectors {VERSION} {len(vectors)}\n".encode()
    before = None
    for number, vector in enumerate(vectors, 1):
        yield record(number, vector, before is not None and vector.repeats(before))
        before = vector


def record(number: int, vector: Vector, again: bool) -> bytes:
    """A vector: its line, and its arrays."""
    return line(number, vector, again).encode() + b"".join(map(little, arrays_of(vector)))


def line(number: int, vector: Vector, again: bool) -> str:
    """The line of a vector."""
    call, found = vector.call, vector.allowed
    x, rank = call.arrays["x"], len(call.size)
    geometry = Geometry.of(call.size, call.stride, **call.settings, rank=rank)
    numbers = {
        "rank": [rank],
        "bytes of an element": [x.itemsize],
        "of the answer": [found.least.itemsize],
        "x": long(x.shape),
        "size": after(geometry.size, 1),
        "stride": after(geometry.stride, 1),
        "padding": [each for pair in after(geometry.padding, (0, 0)) for each in pair],
        "dilation": after(geometry.dilation, 1),
        "ceil_mode": [geometry.ceil_mode],
        "count_include_pad": [geometry.count_include_pad],
        "windows": long((*x.shape[:2], *geometry.output(x.shape[2:]))),
        "may refuse": [vector.may_refuse],
        "same as before": [again],
        "ranges": [len(found.least)],
        "sums": [found.sums is not None],
    }
    integers = [str(int(each)) for name in NUMBERS for each in numbers[name]]
    return " ".join([str(number), call.function, x.dtype.name, found.least.dtype.name, *integers]) + "\n"


def arrays_of(vector: Vector) -> Iterator[Array]:
    """The arrays after the line: x, dy for a gradient, the ends of each range, and the sums."""
    arrays, found = vector.call.arrays, vector.allowed
    yield arrays["x"]
    if "dy" in arrays:
        yield arrays["dy"]
    for least, most in zip(found.least, found.most, strict=True):
        yield from (least, most)
    if found.sums is not None:
        yield found.sums


def little(array: Array) -> bytes:
    """The elements of an array in row-major order, little-endian."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def long(shape: Iterable[int]) -> list[int]:
    """A shape with all spatial axes."""
    samples, channels, *spatial = shape
    return [samples, channels, *after(spatial, 1)]


def after(values: Sequence[Any], neutral: Any) -> list[Any]:
    """The values of the existing axes, after those of axes of length one."""
    return [neutral] * (RANKS - len(values)) + list(values)
