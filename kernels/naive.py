"""Pooling as its definition reads: plain Python loops, the standard that the other kernels are read against."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .arguments import max_arguments, max_gradient_arguments, mean_arguments, mean_gradient_arguments
from .dtypes import ORDERED, Array, Ints, rounded
from .geometry import Geometry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "naive"
dtypes = ORDERED
ranks = (1, 2, 3)

LISTED = 1 << 20
"""Most cells of an array that is read as lists, which take up to 32 bytes per cell."""

Plane = Any
"""Numbers by cell: a list, or for a large array something as good that takes less memory."""


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    Likewise for images of one or three axes. `size` and `stride` are an int or one for each axis; settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    everywhere = windows(geometry, x.shape[2:])
    y = [plane[first_maximum(plane, cells)] for plane in planes(x) for cells in everywhere]
    return np.array(y, x.dtype).reshape(shape)


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    everywhere = windows(geometry, x.shape[2:])
    i = [first_maximum(plane, cells) for plane in planes(x) for cells in everywhere]
    return np.array(i, np.int64).reshape(shape)


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, geometry = max_gradient_arguments(dy, x, size, stride, settings)
    sums, everywhere = zeros(x), windows(geometry, x.shape[2:])
    for plane, shares, gradient in zip(planes(x), planes(dy), sums, strict=True):
        for cells, share in zip(everywhere, shares, strict=True):
            gradient[first_maximum(plane, cells)] += share
    return image(sums, x)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept.

    A further setting, `count_include_pad`, says whether padded cells, which are zero, count; True if not given.
    """
    x, geometry, shape = mean_arguments(x, size, stride, settings)
    everywhere = divided_windows(geometry, x.shape[2:])
    y = [total(plane, cells) / divisor for plane in planes(x) for cells, divisor in everywhere]
    return rounded(np.array(y), x.dtype).reshape(shape)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Each dy is spread evenly over its window: every cell gets dy/n, n being the mean's divisor. dx is like x."""
    dy, x, geometry = mean_gradient_arguments(dy, x, size, stride, settings)
    sums, everywhere = zeros(x), divided_windows(geometry, x.shape[2:])
    for shares, gradient in zip(planes(dy), sums, strict=True):
        for (cells, divisor), share in zip(everywhere, shares, strict=True):
            for cell in cells:
                gradient[cell] += share / divisor
    return image(sums, x)


def first_maximum(plane: Plane, cells: list[int]) -> int:
    """The cell of the largest element, the first in row-major order; a NaN is larger than everything."""
    best = cells[0]
    for cell in cells:
        if plane[best] != plane[best]:
            return best
        if not plane[cell] <= plane[best]:
            best = cell
    return best


def total(plane: Plane, cells: list[int]) -> float:
    """a + b + e + f, added in row-major order."""
    s = 0.0
    for cell in cells:
        s += plane[cell]
    return s


def windows(geometry: Geometry, spatial: Ints) -> list[list[int]]:
    """For each output in row-major order the real cells of its window, row-major, as indices of the flat plane."""
    axes = []
    for k, axis in enumerate(geometry.axes(spatial)):
        step = prod(spatial[k + 1 :])
        axes.append([[cell * step for cell in axis.cells(output)] for output in range(axis.count())])
    return [[sum(cell) for cell in product(*along)] for along in product(*axes)]


def divided_windows(geometry: Geometry, spatial: Ints) -> list[tuple[list[int], float]]:
    """The windows, each with what its mean divides by."""
    return list(zip(windows(geometry, spatial), geometry.divisors(spatial).ravel().tolist(), strict=True))


def planes(array: Array) -> list[Plane]:
    """The (n, c) planes of an array, flat, as Python numbers, which hold every element exactly."""
    n, c, *spatial = array.shape
    flat = array.reshape(n * c, prod(spatial))
    return flat.tolist() if array.size <= LISTED else [Cells(plane) for plane in flat]


class Cells:
    """A plane that is too large for a list: each cell becomes a Python number when it is read."""

    def __init__(self, plane: Array) -> None:
        self.plane = plane

    def __getitem__(self, cell: int) -> Any:
        return self.plane.item(cell)


def zeros(x: Array) -> list[Plane]:
    """+0.0 for every cell of every plane of x; for a large x, of the cells that are looked up alone."""
    n, c, *spatial = x.shape
    return [[0.0] * prod(spatial) if x.size <= LISTED else defaultdict(float) for _ in range(n * c)]


def image(sums: list[Plane], x: Array) -> Array:
    """The sums of every cell, each rounded once, as an array like x."""
    if x.size <= LISTED:
        return rounded(np.array(sums), x.dtype).reshape(x.shape)
    dx = np.zeros(x.shape, x.dtype)
    for plane, met in zip(dx.reshape(len(sums), prod(x.shape[2:])), sums, strict=True):
        plane[list(met)] = rounded([met[cell] for cell in met], x.dtype)
    return dx
