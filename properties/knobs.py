"""Cases as bytes: a fixed number of them, one to each choice, so that shrinking one choice never moves another.

A case is one string of bytes, from which everything else is decoded. Three reasons: it is drawn in less than a
microsecond, by a generator of which one seed gives the same cases beside any target; Hypothesis shrinks it; and as each
choice and each cell of an image has a byte of its own, whose zero is the simplest value, whatever shrinks leaves the
rest of the case in place.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any, TypeVar

import numpy as np
from poolproof.kernels.dtypes import Array

T = TypeVar("T")

CHOICES = 40
CORNERS = ((3, 4, 8), (3, 2, 6), (3, 2, 6))
"""For the three arrays of a case (x, dy, another): planes, rows and columns whose cells have bytes of their own."""

STARTS = tuple(accumulate((prod(corner) for corner in CORNERS), initial=CHOICES))
LENGTH = STARTS[-1]
"""Bytes in a case."""


class Knobs:
    """The bytes of one case, turned into choices one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.used = 0

    def byte(self) -> int:
        """The next byte."""
        self.used += 1
        if self.used > CHOICES:
            raise IndexError(f"a case has {CHOICES} choices")
        return self.data[self.used - 1]

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, the first the simplest; repeat one to make it likelier."""
        return options[self.byte() * len(options) >> 8]

    def upto(self, most: int) -> int:
        """0 .. most, most <= 255."""
        return self.byte() * (most + 1) >> 8

    def cells(self, shape: tuple[int, ...], which: int = 0) -> Array:
        """A byte for each cell of (N, C, ..., W), for the first, second or third array of a case.

        A corner of the first planes has bytes of its own, by coordinates, so that cells keep their values when the
        shape shrinks. What lies outside is a recipe: pseudo-random from the corner's last byte, all zero if that is.
        """
        planes, rows, width = prod(shape[:2]), prod(shape[2:-1]), shape[-1]
        corner = np.frombuffer(self.data, np.uint8, prod(CORNERS[which]), STARTS[which]).reshape(CORNERS[which])
        inside = corner[:planes, :rows, :width]
        if inside.shape == (planes, rows, width):
            return inside.reshape(shape)
        cells = scattered((planes, rows, width), int(corner[-1, -1, -1]))
        cells[tuple(map(slice, inside.shape))] = inside
        return cells.reshape(shape)


def scattered(shape: tuple[int, ...], seed: int) -> Array:
    """Pseudo-random bytes, the same everywhere; all zero for seed 0."""
    count = prod(shape)
    if seed == 0:
        return np.zeros(shape, np.uint8)
    # Multiplicative hashing of the index (Knuth, TAOCP 3, section 6.4): the high bits are well mixed.
    mixed = (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(2654435769) + np.uint64(seed * 40503)) * np.uint64(
        2246822519
    )
    return ((mixed >> np.uint64(24)) & np.uint64(255)).astype(np.uint8).reshape(shape)


def digest(parts: Sequence[Any]) -> int:
    """A running checksum of arrays and plain values, to show that two runs saw the same cases."""
    total = 0
    for part in parts:
        total = zlib.crc32(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode(), total)
    return total
