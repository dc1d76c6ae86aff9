"""Mistakes about dilation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Axis

from .mistake import ANY, INDEX, MAX_GRADIENT, Mistake, Prediction, wrapped
from .places import placed_by
from .steps import (
    PADDED,
    PAST,
    Table,
    axis_table,
    marked,
    refuse_many,
    under,
    where_any,
    window_count,
    windows_per_axis,
)

RIGHT_EXTENT = "A dilated window stretches over dilation * (size - 1) + 1 cells."
RIGHT_DILATION = "The cells of a window lie dilation[k] apart along axis k."


def looked_up(step: Callable[[Axis], int]) -> Prediction:
    """Answers with the same number of windows, whose cells lie another step apart."""

    return windows_per_axis(lambda axis: axis_table(axis, step=step(axis)))


def gap_in(dtype: Any) -> Prediction:
    """Answers whose dilation wraps in an integer type when cells are looked up."""
    return looked_up(lambda axis: int(wrapped(axis.dilation, dtype)))


def without_extent(axis: Axis) -> Table:
    """The number of windows for a dilation of one."""
    return axis_table(axis, replace(axis, dilation=1).count())


def dilated_stride(axis: Axis) -> Table:
    """Windows that start a dilated stride apart, as many as there should be."""
    return axis_table(replace(axis, stride=axis.stride * axis.dilation), axis.count())


def dilated(axis: Axis) -> bool:
    """Whether there are gaps between the cells of a window."""
    return axis.dilation > 1 and axis.size > 1


def fewer(axis: Axis) -> int:
    """The number of windows if each stretched over dilation * size cells."""
    return (axis.room + 1 - axis.dilation) // axis.stride + 1


def cut_at_size(axis: Axis) -> Table:
    """Windows that end `size` cells after their start, dilated or not."""
    table = axis_table(axis)
    return np.where(np.arange(axis.size) * axis.dilation < axis.size, table, PAST)


def without_gaps(axis: Axis) -> Table:
    """Windows that include the cells in the gaps of a dilated one."""
    return axis_table(replace(axis, size=axis.extent, dilation=1))


def counted_from_edge(axis: Axis) -> Table:
    """Windows whose dilated cells are counted from the edge of the image if they start before it."""
    refuse_many(axis.count(), axis.size)
    starts = np.arange(axis.count())[:, np.newaxis] * axis.stride - axis.begin
    places = np.maximum(starts, 0) + np.arange(axis.size) * axis.dilation
    return np.where(places < starts + axis.extent, marked(places, axis), PADDED)


MISTAKES = [
    Mistake(
        "dilation-ignored",
        ANY,
        "Dilation is ignored: the cells of a window are taken to be neighbours.",
        RIGHT_DILATION,
        (under(dilation=lambda g: (1,) * g.rank), looked_up(lambda _: 1)),
    ),
    Mistake(
        "dilation-not-in-window-count",
        ANY,
        "The number of windows does not take dilation into account.",
        RIGHT_EXTENT,
        (windows_per_axis(without_extent),),
    ),
    Mistake(
        "dilated-extent-too-long",
        ANY,
        "A dilated window is taken to stretch over dilation * size cells, so that the last windows are lost.",
        RIGHT_EXTENT,
        (
            window_count(fewer),
            windows_per_axis(lambda axis: axis_table(axis, max(fewer(axis), 0))),
        ),
    ),
    Mistake(
        "dilated-window-cut-short",
        ANY,
        "A dilated window ends as many cells after its start as one without gaps, so that cells at its end are lost.",
        RIGHT_EXTENT,
        (where_any(dilated, cut_at_size),),
    ),
    Mistake(
        "gaps-belong-to-window",
        ANY,
        "The cells between those of a dilated window are treated as its own.",
        RIGHT_DILATION,
        (where_any(dilated, without_gaps),),
    ),
    Mistake(
        "dilation-counted-from-edge",
        ANY,
        "The dilated cells of a window that starts before the image are counted from the edge of the image.",
        "Cell k of a window lies at start + k * dilation, also where the start lies in the padding.",
        (where_any(lambda axis: dilated(axis) and axis.begin > 0, counted_from_edge),),
    ),
    Mistake(
        "dilation-of-one-axis",
        ANY,
        "The dilation of one axis is used for all axes.",
        RIGHT_DILATION,
        (under(dilation=lambda g: g.dilation[:1] * g.rank), under(dilation=lambda g: g.dilation[-1:] * g.rank)),
    ),
    Mistake(
        "place-without-dilation",
        (*INDEX, *MAX_GRADIENT),
        "The maximum is found in a dilated window, but its place is computed as if there were no gaps.",
        RIGHT_DILATION,
        (placed_by(lambda axis: replace(axis, dilation=1)),),
    ),
    Mistake(
        "dilation-taken-for-stride",
        ANY,
        "Stride and dilation are swapped.",
        "Stride is the distance between windows, dilation that between two cells of a window.",
        (under(stride=lambda g: g.dilation, dilation=lambda g: g.stride),),
    ),
    Mistake(
        "dilations-exchanged",
        ANY,
        "The dilations of the axes are exchanged.",
        RIGHT_DILATION,
        (under(dilation=lambda g: g.dilation[::-1]),),
    ),
    Mistake(
        "dilation-multiplies-stride",
        ANY,
        "Windows start stride * dilation cells apart.",
        "Dilation widens a window; windows still start one stride apart.",
        (windows_per_axis(dilated_stride), under(stride=lambda g: tuple(map(int.__mul__, g.stride, g.dilation)))),
    ),
    Mistake(
        "dilation-in-a-byte",
        ANY,
        "Dilation is stored in one byte, where it wraps.",
        "Dilation may be as large as an index.",
        tuple(map(gap_in, (np.int8, np.uint8))),
    ),
]
