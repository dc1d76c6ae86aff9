"""Huge images with few windows: zeros with one nonzero cell in some windows, at both ends and around the limit."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt, prod
from typing import NamedTuple

import numpy as np
from poolproof.kernels.dtypes import Ints

from ...data.sparse import Sparse

WINDOW = 2
"""The length of a window along each axis; strides are larger, so that no two windows overlap."""


class HugeScene(NamedTuple):
    """The shape of x, the stride along all axes, and the windows (n, c, oh, ow) that have a nonzero cell."""

    shape: Ints
    stride: int
    marked: list[Ints]

    @property
    def output(self) -> Ints:
        """The shape of y."""
        return (*self.shape[:2], *((length - WINDOW) // self.stride + 1 for length in self.shape[2:]))


def plane(limit: int, rank: int) -> HugeScene:
    """One plane with three windows along each axis; the last line of windows lies past the first `limit` cells."""
    side = max(6, int(limit ** (1 / rank)))
    while side % 2 or (side - WINDOW) * side ** (rank - 1) < limit:
        side += 1
    first, middle, last = ((k,) * (rank - 1) for k in range(3))
    along = [(0, *first), (0, *last), (1, *middle), (2, *first), (2, *middle), (2, *last)]
    marked = [(0, 0, *window) for window in dict.fromkeys(along)]
    return HugeScene((1, 1, *(side,) * rank), (side - WINDOW) // 2, marked)


def batch(limit: int, rank: int) -> HugeScene:
    """Many planes with windows in their corners; the last plane begins past the first `limit` cells."""
    side = max(4, int(limit ** (1 / (2 * rank))))
    at_limit = limit // side**rank
    channels = isqrt(at_limit + 2) + 1
    samples = -(-(at_limit + 2) // channels)
    # One of these planes lies on the limit.
    numbers = sorted({0, at_limit - 1, at_limit, at_limit + 1, samples * channels - 1})
    corners = [(k,) * rank for k in range(2)]
    marked = [(*divmod(number, channels), *corner) for number in numbers for corner in corners]
    return HugeScene((samples, channels, *(side,) * rank), side - WINDOW, marked)


SCENES = (plane, batch)


def image(scene: HugeScene, dtype: np.dtype[np.generic]) -> Sparse:
    """An x with one positive cell in each marked window. The values are distinct, and a mean divides them exactly."""
    return Sparse.of(dtype, scene.shape, dict(cells(scene)))


def cells(scene: HugeScene) -> Iterator[tuple[int, int]]:
    """The row-major places and the values of the marked cells. In the last window, it is the last cell."""
    rank = len(scene.shape) - 2
    taps = WINDOW**rank
    for number, (n, c, *window) in enumerate(scene.marked, 1):
        tap = taps - 1 if number == len(scene.marked) else number % taps
        inside = np.unravel_index(tap, (WINDOW,) * rank)
        at = [o * scene.stride + int(k) for o, k in zip(window, inside, strict=True)]
        yield int(np.ravel_multi_index((n, c, *at), scene.shape)), number * taps


def gradient(scene: HugeScene, dtype: np.dtype[np.generic]) -> Sparse:
    """A dy with a distinct value for each marked window."""
    taps, count = prod([WINDOW] * (len(scene.shape) - 2)), len(scene.marked)
    places = [int(np.ravel_multi_index(window, scene.output)) for window in scene.marked]
    return Sparse.of(dtype, scene.output, {place: (count - k) * taps for k, place in enumerate(places)})
