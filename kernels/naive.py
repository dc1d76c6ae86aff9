"""Pooling as its definition reads: plain Python loops, the standard that the other kernels are read against."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .geometry import FLOATS, ORDERED, Array, Geometry, Ints, backward_arguments, forward_arguments

name = "naive"
dtypes = ORDERED


def max_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    `size` and `stride` are an int or a pair. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = forward_arguments(x, size, stride, ORDERED)
    cells = windows(geometry, x.shape)
    y = [plane[first_maximum(plane, window)] for plane in planes(x) for window in cells]
    return np.array(y, x.dtype).reshape(shape)


def max_indices(x: ArrayLike, size: Any, stride: Any) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the plane, int64 (N, C, OH, OW)."""
    x, geometry, shape = forward_arguments(x, size, stride, ORDERED)
    cells = windows(geometry, x.shape)
    i = [first_maximum(plane, window) for plane in planes(x) for window in cells]
    return np.array(i, np.int64).reshape(shape)


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, geometry = backward_arguments(dy, x, size, stride)
    dx, cells = zeros(x), windows(geometry, x.shape)
    for plane, shares, gradient in zip(planes(x), planes(dy), dx, strict=True):
        for window, share in zip(cells, shares, strict=True):
            gradient[first_maximum(plane, window)] += share
    return rounded(dx, x.dtype).reshape(x.shape)


def mean_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept."""
    x, geometry, shape = forward_arguments(x, size, stride, FLOATS)
    cells = windows(geometry, x.shape)
    y = [mean(plane, window) for plane in planes(x) for window in cells]
    return rounded(y, x.dtype).reshape(shape)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy is spread evenly over its window: every one of the n places gets dy/n. dx is like x."""
    dy, x, geometry = backward_arguments(dy, x, size, stride)
    dx, cells = zeros(x), windows(geometry, x.shape)
    for shares, gradient in zip(planes(dy), dx, strict=True):
        for window, share in zip(cells, shares, strict=True):
            for cell in window:
                gradient[cell] += share / len(window)
    return rounded(dx, x.dtype).reshape(x.shape)


def first_maximum(plane: list[Any], window: list[int]) -> int:
    """The cell of the largest element, the first in row-major order; a NaN is larger than everything."""
    best = window[0]
    for cell in window:
        if plane[best] != plane[best]:
            return best
        if not plane[cell] <= plane[best]:
            best = cell
    return best


def mean(plane: list[float], window: list[int]) -> float:
    """(a + b + e + f)/4: added in row-major order, divided once."""
    total = 0.0
    for cell in window:
        total += plane[cell]
    return total / len(window)


def windows(geometry: Geometry, shape: Ints) -> list[list[int]]:
    """For each output in row-major order the cells of its window in row-major order, as indices of the flat plane."""
    height, width = shape[2:]
    (rows, columns), (down, across), (tall, wide) = geometry.output((height, width)), geometry.stride, geometry.size
    return [
        [
            h * width + w
            for h in range(row * down, row * down + tall)
            for w in range(column * across, column * across + wide)
        ]
        for row, column in product(range(rows), range(columns))
    ]


def planes(array: Array) -> list[list[Any]]:
    """The (n, c) planes of an array as flat lists of Python numbers, which hold every element exactly."""
    n, c, height, width = array.shape
    plane: list[list[Any]] = array.reshape(n * c, height * width).tolist()
    return plane


def zeros(x: Array) -> list[list[float]]:
    """+0.0 for every pixel of every plane of x."""
    n, c, height, width = x.shape
    return [[0.0] * (height * width) for _ in range(n * c)]


def rounded(exact: Any, dtype: np.dtype[Any]) -> Array:
    """Float64 numbers, each rounded once to `dtype`; what is too large becomes infinite, as IEEE 754 says."""
    with np.errstate(over="ignore"):
        return np.array(exact, np.float64).astype(dtype)
