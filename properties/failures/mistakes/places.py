"""Where the windows and taps of an axis lie, for mistakes about padding, ceil mode and divisors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from .mistake import Answer
from .steps import PooledWindows, placed, windows_per_axis

Limit = Callable[[Axis], int]
"""A place along an axis."""


def axis_places(axis: Axis) -> Array:
    """Where the taps of each window lie along an axis, beyond the image too."""
    starts = np.arange(axis.count()) * axis.stride - axis.begin
    return starts[:, np.newaxis] + np.arange(axis.size) * axis.dilation


def starting(begin: Callable[[Axis], int]) -> Answer:
    """Answers with as many windows, which start as if the begin padding were another."""

    return windows_per_axis(lambda axis: placed(np.arange(axis.count()) * axis.stride - begin(axis), axis))


def taps_within(windows: PooledWindows, low: Limit, high: Limit) -> Array:
    """Which taps lie at `low` or after it, and before `high`, along every axis."""
    found = np.ones((1, 1), bool)
    for axis in windows.geometry.axes(windows.call.arrays["x"].shape[2:]):
        places = axis_places(axis)
        inside = (places >= low(axis)) & (places < high(axis))
        found = np.asarray(found[:, np.newaxis, :, np.newaxis] & inside[np.newaxis, :, np.newaxis, :])
        found = found.reshape(found.shape[0] * found.shape[1], -1)
    return found


def padded_begin(axis: Axis) -> int:
    """Where the padding before an axis begins."""
    return -axis.begin


def padded_end(axis: Axis) -> int:
    """Where the padding after an axis ends."""
    return axis.length + axis.end
