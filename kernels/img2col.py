"""Pooling over a column matrix: gather every window into a column, reduce all columns at once, and scatter back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .geometry import (
    FLOATS,
    ORDERED,
    Array,
    Geometry,
    Ints,
    backward_arguments,
    checked_array,
    checked_dy,
    checked_shape,
    forward_arguments,
)

name = "img2col"
dtypes = ORDERED


def img2col(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The columns of x (N, C, H, W): contiguous (F*F, N, C, OH, OW), the taps of every window along the first axis.

    The taps come first, so that a reduction over them is a few operations on long rows.
    Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = forward_arguments(x, size, stride, ORDERED)
    columns = np.empty((prod(geometry.size), *shape), x.dtype)
    for column, cells in zip(columns, taps(geometry, shape[2:]), strict=True):
        column[...] = x[cells]
    return columns


def col2img(columns: ArrayLike, shape: Ints, size: Any, stride: Any) -> Array:
    """The adjoint of `img2col`: every tap added back to its pixel of an image of this shape (N, C, H, W).

    The sums are float64 and rounded once to the dtype of `columns`, one of the three floats.
    Raises TypeError or ValueError naming a wrong argument.
    """
    columns, geometry = checked_array("columns", columns, FLOATS), Geometry.of(size, stride)
    n, c, *spatial = shape = checked_shape(shape)
    output = geometry.output(tuple(spatial))
    if columns.shape != (expected := (prod(geometry.size), n, c, *output)):
        raise ValueError(f"columns has shape {columns.shape}, but should have {expected}")
    image = np.zeros(shape)
    with np.errstate(invalid="ignore", over="ignore"):
        # Backwards through the taps is forwards through the windows of each pixel: their row-major order.
        for column, cells in zip(columns[::-1], reversed(list(taps(geometry, output))), strict=True):
            image[cells] += column
        return image.astype(columns.dtype, copy=False)


def max_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    `size` and `stride` are an int or a pair. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the plane, int64 (N, C, OH, OW)."""
    x, geometry, shape = forward_arguments(x, size, stride, ORDERED)
    tap_row, tap_column = np.divmod(max_forward_argmax(x, size, stride)[1], geometry.size[1])
    row, column = np.ogrid[: shape[2], : shape[3]]
    indices: Array = (row * geometry.stride[0] + tap_row) * x.shape[3] + column * geometry.stride[1] + tap_column
    return indices


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = backward_arguments(dy, x, size, stride)
    return max_backward_argmax(dy, max_forward_argmax(x, size, stride)[1], x.shape, x.dtype, size, stride)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any) -> tuple[Array, Array]:
    """`max_forward`, and the tap (0 .. F*F - 1) of each window's maximum: what a layer remembers for its backward.

    np.argmax takes the first of equal elements and the first NaN, which np.max leaves open.
    """
    columns = img2col(x, size, stride)
    tap = columns.argmax(axis=0)
    return np.take_along_axis(columns, tap[np.newaxis], axis=0)[0], tap


def max_backward_argmax(dy: ArrayLike, tap: Array, shape: Ints, dtype: DTypeLike, size: Any, stride: Any) -> Array:
    """`max_backward` from the taps that `max_forward_argmax` returned for an x of this shape and dtype."""
    dy = checked_dy(dy, tap.shape, np.dtype(dtype))
    columns = np.zeros((prod(Geometry.of(size, stride).size), *dy.shape), dy.dtype)
    np.put_along_axis(columns, tap[np.newaxis], dy[np.newaxis], axis=0)
    return col2img(columns, shape, size, stride)


def mean_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept."""
    x, _, shape = forward_arguments(x, size, stride, FLOATS)
    columns, total = img2col(x, size, stride), np.zeros(shape)
    with np.errstate(invalid="ignore", over="ignore"):
        # Tap by tap, because np.sum changes to pairwise order when there is a single output.
        for column in columns:
            total += column
        return (total / len(columns)).astype(x.dtype, copy=False)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy is spread evenly over its window: every one of the n places gets dy/n. dx is like x."""
    dy, x, geometry = backward_arguments(dy, x, size, stride)
    n = prod(geometry.size)
    columns = np.broadcast_to(dy.astype(np.float64) / n, (n, *dy.shape))
    with np.errstate(over="ignore"):
        return col2img(columns, x.shape, size, stride).astype(x.dtype, copy=False)


def taps(geometry: Geometry, output: Ints) -> Iterator[tuple[Any, slice, slice]]:
    """For each tap in row-major order, the cells of an image that it meets in all windows."""
    for tap in product(*map(range, geometry.size)):
        # One past the last cell met, not a multiple of the stride, which may be huge where it is never taken.
        rows, columns = (
            slice(start, start + (count - 1) * stride + 1, stride)
            for start, count, stride in zip(tap, output, geometry.stride, strict=True)
        )
        yield ..., rows, columns
