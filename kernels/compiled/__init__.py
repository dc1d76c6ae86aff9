"""Pooling by loops that numba compiles. This file has the functions; choice.py says which loop serves which windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..arguments import MAX, MAX_GRADIENT, MEAN, checked_input
from ..checks import checked_dy
from ..dtypes import ORDERED, Array, Ints
from .large import stretches
from .plans import as_input, plan, run, scattering_plan

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..arguments import MeanSettings, Settings

name = "compiled"
dtypes = ORDERED
ranks = (1, 2, 3)


def max_forward(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), in the dtype of x. NaN beats everything.

    Images of one or three axes work too. `size` and `stride` are an int, or one int per axis; the settings are
    `padding`, `dilation` and `ceil_mode`. `threads`: the largest number of threads that may share the planes.
    Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    y = np.empty(shape, x.dtype)
    run(plan("max_forward", geometry, x.shape, x.dtype), threads, x, y, None)
    return y


def max_indices(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    how = plan("max_forward", geometry, x.shape, x.dtype)
    indices = np.empty(shape, np.int64)
    # The loops may find narrower indices. They go into the second half of this memory and are widened from the front.
    found = indices.reshape(-1).view(how.indices)[-indices.size :]
    run(how, threads, x, np.empty(shape, x.dtype), found.reshape(how.target))
    for part in stretches(found.shape):
        indices.reshape(-1)[part] = found[part]
    return indices


def max_backward(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]
) -> Array:
    """Adds each dy to the cell of its window's first maximum; all other cells get 0. dx has the shape of x."""
    x, _, shape = checked_input(x, size, stride, settings, MAX_GRADIENT)
    dy = checked_dy(dy, shape, x.dtype)
    argmax = max_forward_argmax(x, size, stride, threads=threads, **settings)[1]
    return scattered(dy, argmax, x.shape, threads)


def max_forward_argmax(
    x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]
) -> tuple[Array, Array]:
    """`max_forward` and the indices of the maxima: with these, a layer's backward pass need not search again."""
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    how = plan("max_forward", geometry, x.shape, x.dtype)
    y, argmax = np.empty(shape, x.dtype), np.empty(shape, how.indices)
    run(how, threads, x, y, argmax.reshape(how.target))
    return y, argmax


def max_backward_argmax(dy: ArrayLike, argmax: Array, shape: Ints, dtype: DTypeLike, *, threads: int = 1) -> Array:
    """`max_backward` from the argmax that `max_forward_argmax` returned for an x of this shape and dtype."""
    return scattered(checked_dy(dy, argmax.shape, np.dtype(dtype)), argmax, tuple(shape), threads)


def mean_forward(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, in the dtype of x.

    One more setting, `count_include_pad`: whether padded cells, which are zero, count (default: True).
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    y = np.empty(shape, x.dtype)
    run(plan("mean_forward", geometry, x.shape, x.dtype), threads, x, y)
    return y


def mean_backward(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[MeanSettings]
) -> Array:
    """Adds dy/n to every cell of each window, where n is the divisor of its mean. dx has the shape of x."""
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    dy = checked_dy(dy, shape, x.dtype)
    dx = np.empty(x.shape, x.dtype)
    run(plan("mean_backward", geometry, x.shape, x.dtype), threads, dy, dx)
    return dx


def scattered(dy: Array, argmax: Array, shape: Ints, threads: int) -> Array:
    """dx of this shape, with every dy added at its argmax."""
    dx = np.empty(shape, dy.dtype)
    how = scattering_plan(dy.shape, shape, dy.dtype)
    run(how, threads, dy, dx, as_input(argmax, how.source))
    return dx
