"""Where the windows and taps of an axis lie, for mistakes about padding, ceil mode and divisors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints
from poolproof.kernels.geometry import Axis, Geometry

from .mistake import Prediction
from .steps import PooledWindows, added, axis_table, crossed, joined, placed, refuse_many, windows_per_axis, wrong

Limit = Callable[[Axis], int]
"""A place along an axis."""


def axis_places(axis: Axis) -> Array:
    """Where the taps of each window lie along an axis, including places outside the image.

    Raises Undetermined if there are too many.
    """
    refuse_many(axis.count(), axis.size)
    starts = np.arange(axis.count()) * axis.stride - axis.begin
    return starts[:, np.newaxis] + np.arange(axis.size) * axis.dilation


def starting(begin: Callable[[Axis], int]) -> Prediction:
    """Answers with as many windows, which start as if there were another begin padding."""

    return windows_per_axis(lambda axis: placed(np.arange(axis.count()) * axis.stride - begin(axis), axis))


def at_cells(cells: Callable[[PooledWindows], Array]) -> Prediction:
    """Indices and gradients of maxima in which the taps of each window are taken to lie at these cells."""
    return wrong(
        index=lambda w, tap: cells(w)[np.arange(len(w.cells)), tap],
        gather=lambda w, shares: added(replace(w, cells=cells(w)), shares),
    )


def placed_by(change: Callable[[Axis], Axis]) -> Prediction:
    """Indices and gradients of maxima in which taps lie as along other axes; the number of windows stays right."""
    return at_cells(lambda windows: cells_along(windows, list(map(change, axes_of(windows)))))


def placed_under(**changes: Callable[[Geometry], Any]) -> Prediction:
    """The same in which taps lie as under a geometry with some fields replaced."""

    def cells(windows: PooledWindows) -> Array:
        right = windows.geometry
        changed = replace(right, **{name: change(right) for name, change in changes.items()})
        return cells_along(windows, list(changed.axes(spatial_of(windows))))

    return at_cells(cells)


def cells_along(windows: PooledWindows, axes: list[Axis]) -> Array:
    """The cells of as many windows along other axes. Raises ValueError if these are the right ones."""
    right = axes_of(windows)
    if axes == right:
        raise ValueError("nothing is mistaken")
    return crossed([axis_table(axis, of.count()) for axis, of in zip(axes, right, strict=True)], spatial_of(windows))


def axes_of(windows: PooledWindows) -> list[Axis]:
    """The windows along each axis."""
    return list(windows.geometry.axes(spatial_of(windows)))


def spatial_of(windows: PooledWindows) -> Ints:
    """The lengths of the image."""
    shape: Ints = windows.call.arrays["x"].shape
    return shape[2:]


def taps_within(windows: PooledWindows, low: Limit, high: Limit) -> Array:
    """Which taps lie at `low` or later and before `high` along every axis."""
    found = np.ones((1, 1), bool)
    for axis in axes_of(windows):
        places = axis_places(axis)
        found = joined(np.logical_and, found, (places >= low(axis)) & (places < high(axis)))
    return found


def padded_begin(axis: Axis) -> int:
    """Where the padding before an axis begins."""
    return -axis.begin


def padded_end(axis: Axis) -> int:
    """Where the padding after an axis ends."""
    return axis.length + axis.end
