"""Mistakes about ceil mode: the number of windows, where they lie, and their cells past the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from .mistake import ANY, MAXIMA, Mistake, Prediction
from .places import padded_begin, starting, taps_within
from .steps import PAST, PooledWindows, Table, added, axis_table, each, placed, under, windows_per_axis, wrong

RIGHT_CEIL = (
    "In ceil mode there is one more window if cells remain and it starts inside the input or the begin padding."
)


def ceiled(axis: Axis, starts_inside: Callable[[Axis, int], bool]) -> Table:
    """The windows in ceil mode if another rule says whether the last one starts inside."""
    floor = axis.room // axis.stride + 1
    return axis_table(axis, floor + (axis.remains() and starts_inside(axis, floor * axis.stride)))


def keeping(rule: Callable[[Axis, int], bool]) -> Prediction:
    """Answers in ceil mode with another rule for the last window."""
    return windows_per_axis(lambda axis: ceiled(axis, rule))


def ceiled_along(one: int) -> Prediction:
    """Answers with ceil mode along one axis only."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        return [axis_table(axis if axis is axes[one] else replace(axis, ceil_mode=False)) for axis in axes]

    return wrong(tables=tables)


def dropped_by(starts_outside: Callable[[Axis, Axis], bool], one: int) -> Prediction:
    """Answers whose last window along one axis is dropped by a rule about that axis and another.

    Raises ValueError without ceil mode.
    """

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        axis, other = axes[one], axes[::-1][one]
        if not axis.ceil_mode:
            raise ValueError("no window is added")
        found = [axis_table(each) for each in axes]
        found[one] = axis_table(axis, rounded_up(axis) - starts_outside(axis, other))
        return found

    return wrong(tables=tables)


def rounded_up(axis: Axis) -> int:
    """The number of windows before the last one may be dropped."""
    return -(-axis.room // axis.stride) + 1


def last_start(axis: Axis) -> int:
    """Where the last of these windows starts, counted from the begin padding."""
    return (rounded_up(axis) - 1) * axis.stride


OTHER_ENDS: list[Callable[[Axis, Axis], bool]] = [
    lambda axis, other: last_start(axis) >= other.length + axis.begin,
    lambda axis, other: last_start(axis) >= axis.length + other.begin,
    lambda axis, other: last_start(axis) >= other.length + other.begin,
    lambda _, other: last_start(other) >= other.length + other.begin,
]
"""Rules for dropping the last window that look at another axis."""


def beyond(axis: Axis) -> int:
    """By how many cells the last window reaches past the padded end."""
    return max((axis.count() - 1) * axis.stride + axis.extent - axis.begin - axis.length - axis.end, 0)


def evenly(axis: Axis) -> Table:
    """Windows spread evenly over the padded image in ceil mode."""
    if not axis.ceil_mode:
        return axis_table(axis)
    starts = np.linspace(0, axis.room, axis.count()).astype(int) - axis.begin
    return placed(starts, axis)


def moved(by: Callable[[Axis], int]) -> Prediction:
    """Answers whose windows all begin this many cells later if the last one would reach past the end."""
    return starting(lambda axis: axis.begin - (by(axis) if beyond(axis) else 0))


def overhanging(windows: PooledWindows) -> Array:
    """Which windows reach past the padded end."""
    return np.asarray((windows.cells == PAST).any(axis=-1))


def lost_forward(windows: PooledWindows) -> Array:
    """The maxima of windows that lie within the padded image, and zero for the others."""
    found = np.take_along_axis(windows.values, windows.first[..., np.newaxis], axis=-1)[..., 0]
    return np.where(overhanging(windows), np.zeros((), found.dtype), found)


def lost_backward(windows: PooledWindows, shares: Array) -> Array:
    """The gradients of only the windows that lie within the padded image."""
    return added(windows, np.where(overhanging(windows)[:, np.newaxis], 0, shares))


def zero_past_the_end(windows: PooledWindows) -> Array:
    """The maxima with zeros for cells past the end."""
    found = np.where(windows.cells == PAST, np.zeros((), windows.values.dtype), windows.values)
    return np.asarray(found.max(axis=-1))


def zero_after_image(windows: PooledWindows) -> Array:
    """The maxima with zeros for all cells after the image, including padded ones."""
    before = taps_within(windows, padded_begin, lambda axis: axis.length)
    return np.asarray(np.where(before, windows.values, np.zeros((), windows.values.dtype)).max(axis=-1))


def last_of_window(windows: PooledWindows) -> Array:
    """The sums with the last real cell of the window repeated for cells past the end."""
    last = windows.image[..., np.maximum(windows.cells.max(axis=-1), 0)].astype(np.float64)
    return np.asarray(windows.summands.sum(-1) + last * (windows.cells == PAST).sum(-1))


def last_of_plane(windows: PooledWindows) -> Array:
    """The sums with the last cell of the plane repeated for cells past the end."""
    last = windows.image[..., -1:].astype(np.float64)
    return np.asarray(windows.summands.sum(-1) + last * (windows.cells == PAST).sum(-1))


MISTAKES = [
    Mistake(
        "overhanging-window-lost",
        ANY,
        "The window that reaches past the end in ceil mode is not computed.",
        "A window that reaches past the end is computed from the cells that it has.",
        (
            wrong(
                top=lost_forward,
                gather=lost_backward,
                total=lambda w: np.where(overhanging(w), 0, w.summands.sum(-1)),
            ),
        ),
    ),
    Mistake(
        "ceil-window-dropped",
        ANY,
        "The last window of ceil mode is dropped although it starts inside the input or the begin padding.",
        RIGHT_CEIL,
        (
            keeping(lambda axis, start: start < axis.length),
            keeping(lambda axis, start: start < axis.length + axis.begin - axis.end),
            keeping(lambda axis, start: start < axis.length - axis.end),
            keeping(lambda axis, _: axis.stride < axis.size and not axis.drops_window()),
            keeping(lambda axis, _: axis.stride <= axis.size and not axis.drops_window()),
        ),
    ),
    Mistake(
        "ceil-window-by-other-axis",
        ANY,
        "Whether the last window of ceil mode is dropped is worked out with the length or the padding of another axis.",
        RIGHT_CEIL,
        tuple(dropped_by(rule, one) for rule in OTHER_ENDS for one in (-1, 0)),
    ),
    Mistake(
        "ceil-mode-ignored",
        ANY,
        "ceil_mode is ignored.",
        RIGHT_CEIL,
        (under(ceil_mode=lambda _: False),),
    ),
    Mistake(
        "ceil-mode-on-first-axis-only",
        ANY,
        "ceil_mode is applied to one axis only.",
        "ceil_mode applies to every axis.",
        (ceiled_along(0), ceiled_along(-1)),
    ),
    Mistake(
        "ceil-window-kept-at-end",
        ANY,
        "The last window of ceil mode is kept where it starts at the very end of the input, with > instead of >=.",
        RIGHT_CEIL,
        (keeping(lambda axis, start: start <= axis.length + axis.begin),),
    ),
    Mistake(
        "ceil-window-kept",
        ANY,
        'The last window of ceil mode starts past the input; if this is intentional, set ceil_rule = "keep".',
        RIGHT_CEIL,
        (keeping(lambda *_: True),),
    ),
    Mistake(
        "ceil-window-by-end-padding",
        ANY,
        "Whether the last window of ceil mode starts inside is worked out with the padding after the axis.",
        RIGHT_CEIL,
        (keeping(lambda axis, start: start < axis.length + axis.end),),
    ),
    Mistake(
        "ceil-mode-moves-windows",
        ANY,
        "In ceil mode windows start elsewhere than without it.",
        "Ceil mode adds a window at the end, and moves none.",
        (
            moved(lambda axis: -(beyond(axis) // 2)),
            moved(lambda axis: -((beyond(axis) + 1) // 2)),
            moved(lambda axis: -beyond(axis)),
            moved(lambda _: 1),
            windows_per_axis(evenly),
        ),
    ),
    Mistake(
        "zeros-past-the-end-win",
        MAXIMA,
        "Cells past the end are zeros that may win the maximum.",
        "Cells past the end belong to no window.",
        (wrong(top=zero_past_the_end), wrong(top=zero_after_image)),
    ),
    Mistake(
        "last-cell-repeated",
        ("mean_forward",),
        "Cells past the end are copies of the last cell.",
        "Cells past the end belong to no window.",
        each("total", [last_of_window, last_of_plane]),
    ),
]
