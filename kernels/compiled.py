"""Pooling by loops under numba: contract, dtypes and allocation here, the loops in loops.py and blocks.py."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arguments import max_arguments, max_gradient_arguments, mean_arguments, mean_gradient_arguments
from .checks import checked_dy
from .dtypes import ORDERED, Array, Ints, is_float, rounded
from .geometry import Geometry

if TYPE_CHECKING:
    from types import ModuleType

    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "compiled"
dtypes = ORDERED
ranks = (1, 2, 3)


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    Likewise for images of one or three axes. `size` and `stride` are an int or one for each axis; settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride, **settings)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, an integer array like y."""
    return max_forward_argmax(x, size, stride, **settings)[1]


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = max_gradient_arguments(dy, x, size, stride, settings)
    return scatter(dy, max_indices(x, size, stride, **settings), x.shape)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> tuple[Array, Array]:
    """`max_forward` and `max_indices` at once: what a layer remembers, so that its backward need not search again."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    wide = working_dtype(x.dtype)
    y, argmax = np.empty(shape, wide), np.empty(shape, index_dtype(x.shape))
    if are_blocks(geometry, x.shape):
        blocks().max_forward(flat(x, wide), *block(geometry), flat(y), flat(argmax))
    else:
        loops().max_forward(solid(x, wide), *cells(geometry, x.shape), solid(y), solid(argmax))
    return y.astype(x.dtype, copy=False), argmax


def max_backward_argmax(dy: ArrayLike, argmax: Array, shape: Ints, dtype: DTypeLike) -> Array:
    """`max_backward` from the argmax that `max_forward_argmax` returned for an x of this shape and dtype."""
    return scatter(checked_dy(dy, argmax.shape, np.dtype(dtype)), argmax, shape)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept.

    A further setting, `count_include_pad`, says whether padded cells, which are zero, count; True if not given.
    """
    x, geometry, shape = mean_arguments(x, size, stride, settings)
    wide = working_dtype(x.dtype)
    y = np.empty(shape, wide)
    if are_blocks(geometry, x.shape):
        blocks().mean_forward(flat(x, wide), *block(geometry), flat(y))
    else:
        loops().mean_forward(solid(x, wide), *cells(geometry, x.shape), divisors(geometry, x.shape), solid(y))
    return rounded(y, x.dtype)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Each dy is spread evenly over its window: every cell gets dy/n, n being the mean's divisor. dx is like x."""
    dy, x, geometry = mean_gradient_arguments(dy, x, size, stride, settings)
    wide = working_dtype(x.dtype)
    dx = np.empty(x.shape, wide)
    if are_blocks(geometry, x.shape):
        sums = np.empty(flat(dx).shape[1:])
        blocks().mean_backward(flat(dy, wide), *block(geometry), sums, flat(dx))
    else:
        sums = np.empty(solid(dx).shape[1:])
        loops().mean_backward(solid(dy, wide), *cells(geometry, x.shape), divisors(geometry, x.shape), sums, solid(dx))
    return rounded(dx, x.dtype)


def scatter(dy: Array, argmax: Array, shape: Ints) -> Array:
    """dx of this shape: every dy added at its argmax."""
    wide = working_dtype(dy.dtype)
    dx, plane = np.empty(shape, wide), prod(shape[2:])
    lines = (prod(shape[:2]), prod(dy.shape[2:]))
    blocks().max_backward(
        given(dy, wide).reshape(lines), argmax.reshape(lines), np.empty(plane), dx.reshape(lines[0], plane)
    )
    return rounded(dx, dy.dtype)


@cache
def blocks() -> ModuleType:
    """The compiled loops over plain windows; imported at the first call, because numba is slow to import."""
    from . import blocks

    return blocks


@cache
def loops() -> ModuleType:
    """The compiled loops over windows of every kind."""
    from . import loops

    return loops


def are_blocks(geometry: Geometry, shape: Ints) -> bool:
    """Whether the faster loops serve: at most two axes, and every window a block of real cells."""
    return geometry.rank <= 2 and geometry.is_plain(shape[2:])


def block(geometry: Geometry) -> Ints:
    """Rows and columns of a window, and the strides of rows and columns; an image of one axis is a single row."""
    one = (1,) * (2 - geometry.rank)
    return (*one, *geometry.size, *one, *geometry.stride)


def cells(geometry: Geometry, shape: Ints) -> list[Array]:
    """For each of three axes the real cells of each window, as (start, stop, step); absent axes have length one."""
    axes = geometry.axes(shape[2:])
    ranges = [[axis.cells(output) for output in range(axis.count())] for axis in axes]
    absent = [[range(1)]] * (3 - geometry.rank)
    return [np.array([(r.start, r.stop, r.step) for r in axis], np.int64) for axis in (*absent, *ranges)]


def divisors(geometry: Geometry, shape: Ints) -> Array:
    """What the mean of each window divides by, (OD, OH, OW)."""
    each = geometry.divisors(shape[2:])
    return each.reshape((1,) * (3 - each.ndim) + each.shape)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype the loops work in: one that holds `dtype` exactly, so that four of them serve for all."""
    if is_float(dtype):
        return np.dtype(np.float64 if dtype.itemsize == 2 else dtype)
    return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)


def index_dtype(shape: Ints) -> type[np.signedinteger[Any]]:
    """The smaller of int32 and int64 that holds every index of a plane."""
    return np.int32 if prod(shape[2:]) <= np.iinfo(np.int32).max else np.int64


def flat(array: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """`array` as contiguous planes (P, H, W); an input if a dtype is given."""
    spatial = array.shape[2:]
    return reshaped(array, dtype, (1,) * (2 - len(spatial)) + spatial)


def solid(array: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """`array` as contiguous planes (P, D, H, W); an input if a dtype is given."""
    spatial = array.shape[2:]
    return reshaped(array, dtype, (1,) * (3 - len(spatial)) + spatial)


def reshaped(array: Array, dtype: np.dtype[Any] | None, spatial: Ints) -> Array:
    """`array` with all samples and channels along one axis."""
    return (array if dtype is None else given(array, dtype)).reshape(prod(array.shape[:2]), *spatial)


def given(array: Array, dtype: np.dtype[Any]) -> Array:
    """An input as the loops want it: contiguous, aligned, of their dtype, and a read-only view.

    One kind of view for all inputs, because numba would compile anew for each combination of flags.
    """
    view = np.require(array, dtype, ["C", "A"]).view()
    view.flags.writeable = False
    return view
