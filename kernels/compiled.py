"""Pooling by plain loops under numba: contract, dtypes and allocation here, the loops in loops.py."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .geometry import FLOATS, ORDERED, Array, Ints, backward_arguments, checked_dy, forward_arguments

name = "compiled"
dtypes = ORDERED


def max_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    `size` and `stride` are an int or a pair. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the plane, an integer array (N, C, OH, OW)."""
    return max_forward_argmax(x, size, stride)[1]


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = backward_arguments(dy, x, size, stride)
    return scatter(dy, max_indices(x, size, stride), x.shape)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any) -> tuple[Array, Array]:
    """`max_forward` and `max_indices` at once: what a layer remembers, so that its backward need not search again."""
    x, geometry, shape = forward_arguments(x, size, stride, ORDERED)
    wide = working_dtype(x.dtype)
    y, argmax = np.empty(shape, wide), np.empty(shape, index_dtype(x.shape))
    loops().max_forward(planes(x, wide), *geometry.size, *geometry.stride, planes(y), planes(argmax))
    return y.astype(x.dtype, copy=False), argmax


def max_backward_argmax(dy: ArrayLike, argmax: Array, shape: Ints, dtype: DTypeLike) -> Array:
    """`max_backward` from the argmax that `max_forward_argmax` returned for an x of this shape and dtype."""
    return scatter(checked_dy(dy, argmax.shape, np.dtype(dtype)), argmax, shape)


def mean_forward(x: ArrayLike, size: Any, stride: Any) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept."""
    x, geometry, shape = forward_arguments(x, size, stride, FLOATS)
    wide = working_dtype(x.dtype)
    y = np.empty(shape, wide)
    loops().mean_forward(planes(x, wide), *geometry.size, *geometry.stride, planes(y))
    return rounded(y, x.dtype)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> Array:
    """Each dy is spread evenly over its window: every one of the n places gets dy/n. dx is like x."""
    dy, x, geometry = backward_arguments(dy, x, size, stride)
    wide = working_dtype(x.dtype)
    dx, sums = np.empty(x.shape, wide), np.empty(x.shape[2:])
    loops().mean_backward(planes(dy, wide), *geometry.size, *geometry.stride, sums, planes(dx))
    return rounded(dx, x.dtype)


def scatter(dy: Array, argmax: Array, shape: Ints) -> Array:
    """dx of this shape: every dy added at its argmax."""
    n, c, height, width = shape
    wide = working_dtype(dy.dtype)
    dx, sums = np.empty(shape, wide), np.empty(height * width)
    loops().max_backward(planes(dy, wide), planes(argmax), sums, dx.reshape(n * c, height * width))
    return rounded(dx, dy.dtype)


def loops() -> ModuleType:
    """The compiled loops; imported at the first call, because numba is slow to import."""
    from . import loops

    return loops


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype the loops work in: one that holds `dtype` exactly, so that four of them serve for all."""
    if dtype.kind == "f":
        return np.dtype(np.float64 if dtype.itemsize == 2 else dtype)
    return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)


def index_dtype(shape: Ints) -> type[np.signedinteger[Any]]:
    """The smaller of int32 and int64 that holds every index of a plane."""
    return np.int32 if shape[2] * shape[3] <= np.iinfo(np.int32).max else np.int64


def planes(array: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """`array` as contiguous planes (P, H, W): results as they are, inputs (with a dtype) as read-only views.

    One kind of view for all inputs, because numba would compile anew for each combination of flags.
    """
    n, c, height, width = array.shape
    if dtype is not None:
        array = np.require(array, dtype, ["C", "A"]).view()
        array.flags.writeable = False
    return array.reshape(n * c, height, width)


def rounded(exact: Array, dtype: np.dtype[Any]) -> Array:
    """`exact` in `dtype`; what is too large becomes infinite, as IEEE 754 says."""
    with np.errstate(over="ignore"):
        return exact.astype(dtype, copy=False)
