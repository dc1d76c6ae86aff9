"""Pooling by its definition, in plain Python. Read this kernel first: the others must return the same bits."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .arguments import MAX, MAX_GRADIENT, MEAN, checked_input
from .checks import checked_dy
from .dtypes import ORDERED, Array, Ints, rounded
from .geometry import Geometry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "naive"
dtypes = ORDERED
ranks = (1, 2, 3)

Plane = Any
"""The elements of a plane, by cell: a list, or for a large array an object that is read alike but takes less memory."""


def plain_windows(output: Ints, size: Ints, stride: Ints, width: int) -> list[list[int]]:
    """The cells of every window of a plane, without settings; windows and cells are in row-major order.

    Cell (h, w) of a plane has the number h * width + w. In the plane of width 4 with the cells

        0 1 2 3
        4 5 6 7

    the first window of size 2 x 2 has the cells 0 1 4 5. With stride 2 the next one has 2 3 6 7: the same, moved by 2.
    """
    first = [h * width + w for h in range(size[0]) for w in range(size[1])]
    moves = [row * stride[0] * width + column * stride[1] for row in range(output[0]) for column in range(output[1])]
    return [[move + cell for cell in first] for move in moves]


def first_maximum(plane: Plane, cells: list[int]) -> int:
    """The first cell with the largest element. NaN counts as larger than everything, so the first NaN wins."""
    best = cells[0]
    for cell in cells:
        if plane[best] != plane[best]:
            return best
        if not plane[cell] <= plane[best]:
            best = cell
    return best


def total(plane: Plane, cells: list[int]) -> float:
    """The sum of the cells, added in row-major order."""
    s = 0.0
    for cell in cells:
        s += plane[cell]
    return s


# The five functions of a kernel.


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), in the dtype of x. NaN beats everything.

    Images of one or three axes work too. `size` and `stride` are an int, or one int per axis; the settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    everywhere = windows(geometry, x.shape[2:])
    y = [plane[first_maximum(plane, cells)] for plane in planes(x) for cells in everywhere]
    return np.array(y, x.dtype).reshape(shape)


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    everywhere = windows(geometry, x.shape[2:])
    i = [first_maximum(plane, cells) for plane in planes(x) for cells in everywhere]
    return np.array(i, np.int64).reshape(shape)


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Adds each dy to the cell of its window's first maximum; all other cells get 0. dx has the shape of x."""
    x, geometry, shape = checked_input(x, size, stride, settings, MAX_GRADIENT)
    dy = checked_dy(dy, shape, x.dtype)
    sums, everywhere = zeros(x), windows(geometry, x.shape[2:])
    for plane, shares, gradient in zip(planes(x), planes(dy), sums, strict=True):
        for cells, share in zip(everywhere, shares, strict=True):
            gradient[first_maximum(plane, cells)] += share
    return image(sums, x)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, in the dtype of x.

    One more setting, `count_include_pad`: whether padded cells, which are zero, count (default: True).
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    everywhere = divided_windows(geometry, x.shape[2:])
    y = [total(plane, cells) / divisor for plane in planes(x) for cells, divisor in everywhere]
    return rounded(np.array(y), x.dtype).reshape(shape)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Adds dy/n to every cell of each window, where n is the divisor of its mean. dx has the shape of x."""
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    dy = checked_dy(dy, shape, x.dtype)
    sums, everywhere = zeros(x), divided_windows(geometry, x.shape[2:])
    for shares, gradient in zip(planes(dy), sums, strict=True):
        for (cells, divisor), share in zip(everywhere, shares, strict=True):
            for cell in cells:
                gradient[cell] += share / divisor
    return image(sums, x)


# All windows of a plane.


def windows(geometry: Geometry, spatial: Ints) -> list[list[int]]:
    """The cells of every window, for the outputs in row-major order."""
    if geometry.rank == 2 and geometry.is_plain(spatial):
        return plain_windows(geometry.output(spatial), geometry.size, geometry.stride, width=spatial[1])
    return windows_with_settings(geometry, spatial)


def windows_with_settings(geometry: Geometry, spatial: Ints) -> list[list[int]]:
    """The same with padding, dilation and ceil mode, on one to three axes: real cells only, no padded ones."""
    axes = []
    for k, axis in enumerate(geometry.axes(spatial)):
        step = prod(spatial[k + 1 :])
        axes.append([[cell * step for cell in axis.cells(output)] for output in range(axis.count())])
    return [[sum(cell) for cell in product(*along)] for along in product(*axes)]


def divided_windows(geometry: Geometry, spatial: Ints) -> list[tuple[list[int], float]]:
    """Every window, and the divisor of its mean."""
    return list(zip(windows(geometry, spatial), geometry.divisors(spatial).ravel().tolist(), strict=True))


# Planes as lists, unless they are too large.

LISTED = 1 << 20
"""Arrays of at most this many cells are read as lists, which take up to 32 bytes per cell."""


def planes(array: Array) -> list[Plane]:
    """The (n, c) planes of an array, flattened to Python numbers, which hold every element exactly."""
    n, c, *spatial = array.shape
    flat = array.reshape(n * c, prod(spatial))
    return flat.tolist() if array.size <= LISTED else [Cells(plane) for plane in flat]


class Cells:
    """A plane too large for a list: each cell becomes a Python number when it is read."""

    def __init__(self, plane: Array) -> None:
        self.plane = plane

    def __getitem__(self, cell: int) -> Any:
        return self.plane.item(cell)


def zeros(x: Array) -> list[Plane]:
    """+0.0 for every cell of every plane of x. For a large x, a cell is created when it is first used."""
    n, c, *spatial = x.shape
    return [[0.0] * prod(spatial) if x.size <= LISTED else defaultdict(float) for _ in range(n * c)]


def image(sums: list[Plane], x: Array) -> Array:
    """The sums of all cells, each rounded once, as an array of the shape and dtype of x."""
    if x.size <= LISTED:
        return rounded(np.array(sums), x.dtype).reshape(x.shape)
    dx = np.zeros(x.shape, x.dtype)
    for plane, met in zip(dx.reshape(len(sums), prod(x.shape[2:])), sums, strict=True):
        plane[list(met)] = rounded([met[cell] for cell in met], x.dtype)
    return dx
