"""Pooling over a column matrix: gather every window into a column, reduce all columns at once, and scatter back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arguments import max_arguments, max_gradient_arguments, mean_arguments, mean_gradient_arguments
from .checks import checked_array, checked_dy, checked_shape, plain
from .dtypes import FLOATS, ORDERED, Array, Ints, lowest, rounded
from .geometry import Geometry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "img2col"
dtypes = ORDERED
ranks = (1, 2, 3)


def img2col(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The columns of x (N, C, H, W): contiguous (F*F, N, C, OH, OW), the taps of every window along the first axis.

    The taps come first, so that a reduction over them is a few operations on long rows. Padded cells are 0. Likewise
    for images of one or three axes. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    return columns_of(x, geometry, shape, 0)


def col2img(columns: ArrayLike, shape: Ints, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The adjoint of `img2col`: every tap added back to its cell of an image of this shape (N, C, H, W).

    The sums are float64 and rounded once to the dtype of `columns`, one of the floats.
    Raises TypeError or ValueError naming a wrong argument.
    """
    columns = checked_array("columns", columns, FLOATS)
    shape = checked_shape(shape, "shape", ("N", "C"), plane=plain(size, stride, *settings.values()))
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    expected = (prod(geometry.size), *shape[:2], *geometry.output(shape[2:]))
    if columns.shape != expected:
        raise ValueError(f"columns has shape {columns.shape}, but should have {expected}")
    return rounded(image_of(columns, geometry, shape), columns.dtype)


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    Likewise for images of one or three axes. `size` and `stride` are an int or one for each axis; settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride, **settings)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    winners = np.unravel_index(max_forward_argmax(x, size, stride, **settings)[1], geometry.size)
    axes = zip(geometry.axes(x.shape[2:]), np.ogrid[tuple(map(slice, shape[2:]))], winners, strict=True)
    cells = [output * axis.stride - axis.begin + tap * axis.dilation for axis, output, tap in axes]
    return np.ravel_multi_index(cells, x.shape[2:])


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = max_gradient_arguments(dy, x, size, stride, settings)
    tap = max_forward_argmax(x, size, stride, **settings)[1]
    return max_backward_argmax(dy, tap, x.shape, x.dtype, size, stride, **settings)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> tuple[Array, Array]:
    """`max_forward`, and the tap (0 .. F*F - 1) of each window's maximum: what a layer remembers for its backward.

    np.argmax takes the first of equal elements and the first NaN, which np.max leaves open.
    """
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    columns = columns_of(x, geometry, shape, lowest(x.dtype))
    tap = columns.argmax(axis=0)
    if not geometry.is_plain(x.shape[2:]):
        # A padded cell is the lowest of all: it wins only where no real cell is larger, then the first of these should.
        real = real_taps(geometry, x.shape[2:])
        tap = np.where(
            np.take_along_axis(real, tap.reshape(-1, *shape[2:]), axis=0).reshape(shape), tap, real.argmax(axis=0)
        )
    return np.take_along_axis(columns, tap[np.newaxis], axis=0)[0], tap


def max_backward_argmax(
    dy: ArrayLike, tap: Array, shape: Ints, dtype: DTypeLike, size: Any, stride: Any, **settings: Unpack[Settings]
) -> Array:
    """`max_backward` from the taps that `max_forward_argmax` returned for an x of this shape and dtype."""
    dy = checked_dy(dy, tap.shape, np.dtype(dtype))
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    columns = np.zeros((prod(geometry.size), *dy.shape), dy.dtype)
    np.put_along_axis(columns, tap[np.newaxis], dy[np.newaxis], axis=0)
    return rounded(image_of(columns, geometry, shape), dy.dtype)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept.

    A further setting, `count_include_pad`, says whether padded cells, which are zero, count; True if not given.
    """
    x, geometry, shape = mean_arguments(x, size, stride, settings)
    total = np.zeros(shape)
    with np.errstate(invalid="ignore", over="ignore"):
        # Tap by tap, because np.sum changes to pairwise order when there is a single output.
        for column in columns_of(x, geometry, shape, 0):
            total += column
        return rounded(total / divisor(geometry, x.shape[2:]), x.dtype)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Each dy is spread evenly over its window: every cell gets dy/n, n being the mean's divisor. dx is like x."""
    dy, x, geometry = mean_gradient_arguments(dy, x, size, stride, settings)
    share = dy.astype(np.float64) / divisor(geometry, x.shape[2:])
    columns = np.broadcast_to(share, (prod(geometry.size), *dy.shape))
    return rounded(image_of(columns, geometry, x.shape), x.dtype)


def columns_of(x: Array, geometry: Geometry, shape: Ints, fill: Any) -> Array:
    """The columns of x for outputs of this shape, with `fill` where a tap is no real cell."""
    columns = np.empty((prod(geometry.size), *shape), x.dtype)
    if not geometry.is_plain(x.shape[2:]):
        columns.fill(fill)
    for column, (outputs, cells) in zip(columns, taps(geometry, x.shape[2:]), strict=True):
        column[outputs] = x[cells]
    return columns


def image_of(columns: Array, geometry: Geometry, shape: Ints) -> Array:
    """Every tap added to its cell of an image of this shape, in float64."""
    image, places = np.zeros(shape), list(taps(geometry, shape[2:]))
    with np.errstate(invalid="ignore", over="ignore"):
        # Backwards through the taps is forwards through the windows of each cell: their row-major order.
        for column, (outputs, cells) in zip(columns[::-1], reversed(places), strict=True):
            image[cells] += column[outputs]
    return image


def taps(geometry: Geometry, spatial: Ints) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """For each tap in row-major order the index of the outputs for which it is a real cell, and that of these cells."""
    axes = [[axis.tap(tap) for tap in range(axis.size)] for axis in geometry.axes(spatial)]
    for met in product(*axes):
        yield (..., *(outputs for outputs, _ in met)), (..., *(cells for _, cells in met))


def real_taps(geometry: Geometry, spatial: Ints) -> Array:
    """Which taps of which windows are real cells: an array of bool (F*F, OH, OW)."""
    real = np.zeros((prod(geometry.size), *geometry.output(spatial)), bool)
    for column, (outputs, _) in zip(real, taps(geometry, spatial), strict=True):
        column[outputs] = True
    return real


def divisor(geometry: Geometry, spatial: Ints) -> Any:
    """What the mean of each window divides by: one number, or an array of them (OH, OW)."""
    return prod(geometry.size) if geometry.is_plain(spatial) else geometry.divisors(spatial)
