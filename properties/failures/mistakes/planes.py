"""Mistakes about samples and channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from poolproof.kernels.dtypes import Array

from ...targets.call import Call
from .mistake import ANY, Mistake, Prediction
from .steps import RIGHT

RIGHT_PLANES = "Every plane (n, c) is pooled by itself, and its result is plane (n, c) of the result."


def from_planes(change: Callable[[Array], Array]) -> Prediction:
    """Answers on arrays with other planes."""

    def answer(call: Call) -> Array:
        return RIGHT.answer(replace(call, arrays={name: change(array) for name, array in call.arrays.items()}))

    return answer


def exchanged(array: Array) -> Array:
    """The planes in the order of an array (C, N), whatever its shape says."""
    n, c = array.shape[:2]
    return np.ascontiguousarray(array.swapaxes(0, 1)).reshape(n, c, *array.shape[2:])


def result_exchanged(call: Call) -> Array:
    """The right result with samples and channels exchanged."""
    return RIGHT.answer(call).swapaxes(0, 1)


def from_channels_last(array: Array) -> Array:
    """The cells in memory order, read as a channels-last array."""
    n, c, *spatial = array.shape
    return np.moveaxis(np.ascontiguousarray(array).reshape(n, *spatial, c), -1, 1)


def to_channels_last(array: Array) -> Array:
    """The cells in channels-last order, read as a channels-first array."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)).reshape(array.shape)


def rearranged(change: Callable[[Array], Array]) -> Prediction:
    """Answers that are right except for the order of their cells."""
    return lambda call: change(RIGHT.answer(call))


def first_of(axis: int) -> Callable[[Array], Array]:
    """The first sample, or channel, for all of them."""
    return lambda array: np.broadcast_to(np.take(array, [0], axis), array.shape)


def neighbour(step: int, axis: int) -> Callable[[Array], Array]:
    """The next sample, or channel, for each one."""
    return lambda array: np.roll(array, step, axis)


def without_axes_of_one(call: Call) -> Array:
    """The right result without its axes of length one. Raises ValueError if it has none."""
    right = RIGHT.answer(call)
    if 1 not in right.shape:
        raise ValueError("no such axis")
    return right.squeeze()


def without_nan(call: Call) -> Array:
    """The right result for only the samples without a NaN."""
    x = call.arrays["x"]
    kept = ~np.isnan(x.astype(np.float64)).any(axis=tuple(range(1, x.ndim)))
    if kept.all():
        raise ValueError("no NaN")
    return RIGHT.answer(replace(call, arrays={name: array[kept] for name, array in call.arrays.items()}))


MISTAKES = [
    Mistake(
        "samples-dropped",
        ANY,
        "Samples with a NaN are dropped from the batch.",
        "The result has as many samples as x, whatever their values are.",
        (without_nan,),
    ),
    Mistake(
        "axes-of-one-dropped",
        ANY,
        "All axes of length one are dropped from the result, not only one that was added.",
        "The result has the axes of x: only an axis that the code has added itself is taken away.",
        (without_axes_of_one,),
    ),
    Mistake(
        "samples-and-channels-exchanged",
        ANY,
        "Samples and channels are exchanged.",
        RIGHT_PLANES,
        (result_exchanged, from_planes(exchanged)),
    ),
    Mistake(
        "channels-first-and-last-confused",
        ANY,
        "An array with its channels first is taken for one with them last, or reshaped where it should be transposed.",
        "Arrays are (N, C, H, W); to and from channels last the axes are moved, as by np.moveaxis.",
        tuple(made(change) for made in (rearranged, from_planes) for change in (from_channels_last, to_channels_last)),
    ),
    Mistake(
        "first-plane-for-all",
        ANY,
        "The first sample or channel is pooled in place of the others.",
        RIGHT_PLANES,
        (from_planes(first_of(1)), from_planes(first_of(0))),
    ),
    Mistake(
        "neighbouring-plane",
        ANY,
        "A neighbouring sample or channel is pooled in place of each.",
        RIGHT_PLANES,
        tuple(from_planes(neighbour(step, axis)) for step in (1, -1) for axis in (1, 0)),
    ),
]
