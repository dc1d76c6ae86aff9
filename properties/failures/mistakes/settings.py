"""Mistakes about padding, dilation and ceil mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float, lowest
from poolproof.kernels.geometry import Axis, Geometry

from ...targets.call import Call
from .maxima import STARTS
from .mistake import ANY, BACKWARD, MAXIMA, MEAN, SUM, Answer, Mistake, wrapped
from .steps import (
    PADDED,
    PAST,
    RIGHT,
    PooledWindows,
    Table,
    added,
    axis_table,
    counted,
    crossed,
    each,
    geometry_of,
    marked,
    placed,
    under,
    where_any,
    window_count,
    windows_per_axis,
    wrong,
)

RIGHT_PADDING = "padding[k] is (cells before, cells after) along axis k."
RIGHT_DILATION = "The cells of a window lie dilation[k] apart along axis k."
RIGHT_CEIL = (
    "In ceil mode there is one more window if cells remain and it starts inside the input or the begin padding."
)
RIGHT_DIVISOR = (
    "A mean divides by the cells of its window, padded ones only if count_include_pad, those past the end never."
)


def padded(change: Callable[[Geometry], Any]) -> Answer:
    """Answers with other padding."""
    return under(padding=change)


def sides(geometry: Geometry) -> Any:
    """Padding whose numbers are read as all begins, then all ends, where they are pairs; or the reverse."""
    numbers = [number for pair in geometry.padding for number in pair]
    return tuple(zip(numbers[: geometry.rank], numbers[geometry.rank :], strict=True))


def gathered(geometry: Geometry) -> Any:
    """Padding whose begins and ends, one list after the other, are read as pairs."""
    numbers = [side for sides_of in zip(*geometry.padding, strict=True) for side in sides_of]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


LIMITS: list[Callable[[int], int]] = [lambda size: size // 2, lambda size: size - 1]
"""How much padding some libraries allow, by the size of the window."""


def limited(most: Callable[[int], int]) -> Answer:
    """Answers with no more padding than this."""
    return padded(
        lambda g: tuple((min(b, most(f)), min(e, most(f))) for (b, e), f in zip(g.padding, g.size, strict=True))
    )


def beginning_within(most: Callable[[int], int]) -> Answer:
    """Answers with as many windows, and no more begin padding than this."""
    return starting(lambda axis: min(axis.begin, most(axis.size)))


def starting(begin: Callable[[Axis], int]) -> Answer:
    """Answers with as many windows, which start as if the begin padding were another."""

    return windows_per_axis(lambda axis: placed(np.arange(axis.count()) * axis.stride - begin(axis), axis))


def ending(end: Callable[[Axis], int]) -> Answer:
    """Answers with as many windows, where padded cells are those of another end padding."""
    return windows_per_axis(lambda axis: axis_table(replace(axis, end=end(axis)), axis.count()))


def begin_in(dtype: Any) -> Answer:
    """Answers of which the begin padding wraps in an integer type."""
    return starting(lambda axis: int(wrapped(axis.begin, dtype)))


def end_in(dtype: Any) -> Answer:
    """Answers of which the end padding wraps in an integer type."""
    return ending(lambda axis: int(wrapped(axis.end, dtype)))


def begin_read_in(dtype: Any) -> Answer:
    """Answers of which the begin padding wraps where cells are read, but not where they are counted."""

    def table(axis: Axis) -> Table:
        read = placed(np.arange(axis.count()) * axis.stride - int(wrapped(axis.begin, dtype)), axis)
        return np.where(read >= 0, read, np.minimum(axis_table(axis), PADDED))

    return windows_per_axis(table)


def looked_up(step: Callable[[Axis], int]) -> Answer:
    """Answers with as many windows, whose cells lie another step apart."""

    return windows_per_axis(lambda axis: axis_table(axis, step=step(axis)))


def gap_in(dtype: Any) -> Answer:
    """Answers of which the dilation wraps in an integer type where cells are looked up."""
    return looked_up(lambda axis: int(wrapped(axis.dilation, dtype)))


def without_extent(axis: Axis) -> Table:
    """As many windows as if dilation were one."""
    return axis_table(axis, replace(axis, dilation=1).count())


def dilated_stride(axis: Axis) -> Table:
    """Windows that start a dilated stride apart; as many as there are."""
    return axis_table(replace(axis, stride=axis.stride * axis.dilation), axis.count())


def dilated(axis: Axis) -> bool:
    """Whether there are gaps between the cells of a window."""
    return axis.dilation > 1 and axis.size > 1


def cut_at_size(axis: Axis) -> Table:
    """Windows that end `size` cells after their start, dilated or not."""
    table = axis_table(axis)
    return np.where(np.arange(axis.size) * axis.dilation < axis.size, table, PAST)


def without_gaps(axis: Axis) -> Table:
    """Windows with the cells between those of a dilated one as well."""
    return axis_table(replace(axis, size=axis.extent, dilation=1))


def counted_from_edge(axis: Axis) -> Table:
    """Windows of which the dilated cells are counted from the edge of the image where they start before it."""
    starts = np.arange(axis.count())[:, np.newaxis] * axis.stride - axis.begin
    places = np.maximum(starts, 0) + np.arange(axis.size) * axis.dilation
    return np.where(places < starts + axis.extent, marked(places, axis), PADDED)


def begun_inside(axis: Axis) -> Table:
    """Windows of which those that start before the image are moved to its edge."""
    return placed(np.maximum(np.arange(axis.count()) * axis.stride - axis.begin, 0), axis)


def ceiled(axis: Axis, starts_inside: Callable[[Axis, int], bool]) -> Table:
    """Windows in ceil mode, the last of them if it starts inside by another rule."""
    floor = axis.room // axis.stride + 1
    return axis_table(axis, floor + (axis.remains() and starts_inside(axis, floor * axis.stride)))


def keeping(rule: Callable[[Axis, int], bool]) -> Answer:
    """Answers in ceil mode with another rule for the last window."""
    return windows_per_axis(lambda axis: ceiled(axis, rule))


def ceiled_along(one: int) -> Answer:
    """Answers with ceil mode along one axis alone."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        return [axis_table(axis if axis is axes[one] else replace(axis, ceil_mode=False)) for axis in axes]

    return wrong(tables=tables)


def beyond(axis: Axis) -> int:
    """By how many cells the last window reaches past the padded end."""
    return max((axis.count() - 1) * axis.stride + axis.extent - axis.begin - axis.length - axis.end, 0)


def evenly(axis: Axis) -> Table:
    """Windows spread evenly over the padded image in ceil mode."""
    if not axis.ceil_mode:
        return axis_table(axis)
    starts = np.linspace(0, axis.room, axis.count()).astype(int) - axis.begin
    return placed(starts, axis)


def moved(by: Callable[[Axis], int]) -> Answer:
    """Answers whose windows begin so many cells later, where the last would reach past the end."""
    return starting(lambda axis: axis.begin - (by(axis) if beyond(axis) else 0))


def overhanging(windows: PooledWindows) -> Array:
    """Which windows reach past the padded end."""
    return np.asarray((windows.cells == PAST).any(axis=-1))


def lost_forward(windows: PooledWindows) -> Array:
    """The maxima of windows that lie within the padded image; zero for the others."""
    found = np.take_along_axis(windows.values, windows.first[..., np.newaxis], axis=-1)[..., 0]
    return np.where(overhanging(windows), np.zeros((), found.dtype), found)


def lost_backward(windows: PooledWindows, shares: Array) -> Array:
    """The gradients of windows that lie within the padded image alone."""
    return added(windows, np.where(overhanging(windows)[:, np.newaxis], 0, shares))


def zero_past_the_end(windows: PooledWindows) -> Array:
    """The maxima with zeros for cells past the end."""
    found = np.where(windows.cells == PAST, np.zeros((), windows.values.dtype), windows.values)
    return np.asarray(found.max(axis=-1))


def zero_after_image(windows: PooledWindows) -> Array:
    """The maxima with zeros for all cells after the image, padded ones too."""
    before = taps_within(windows, padded_begin, lambda axis: axis.length)
    return np.asarray(np.where(before, windows.values, np.zeros((), windows.values.dtype)).max(axis=-1))


def zero_in_padding(windows: PooledWindows) -> Array:
    """The maxima with zeros for padded cells, but not for those past the end."""
    found = np.where(windows.cells == PADDED, np.zeros((), windows.values.dtype), windows.values)
    return np.asarray(found.max(axis=-1))


def first_in_order(windows: PooledWindows) -> Array:
    """The whole gradient to the first maximum in the order of the window, which a padded cell may be."""
    return windows.one_hot((windows.values == windows.values.max(axis=-1, keepdims=True)).argmax(axis=-1))


def last_of_window(windows: PooledWindows) -> Array:
    """The sums with copies of the last real cell of the window for those past the end."""
    last = windows.image[..., np.maximum(windows.cells.max(axis=-1), 0)].astype(np.float64)
    return np.asarray(windows.summands.sum(-1) + last * (windows.cells == PAST).sum(-1))


def last_of_plane(windows: PooledWindows) -> Array:
    """The sums with copies of the last cell of the plane for those past the end."""
    last = windows.image[..., -1:].astype(np.float64)
    return np.asarray(windows.summands.sum(-1) + last * (windows.cells == PAST).sum(-1))


def not_low_enough(dtype: Any) -> Any:
    """The lowest float32, or zero where the type of x has no such number."""
    if is_float(dtype):
        return max(float(finfo(np.dtype("float32")).min), float(finfo(dtype).min))
    return -128 if dtype.kind == "i" else 128 if dtype.kind == "u" else False


def highest(dtype: Any) -> Any:
    """The largest integer, such as an unsigned -1. Raises ValueError for other dtypes."""
    if dtype.kind not in "iu":
        raise ValueError("integers alone")
    return np.iinfo(dtype).max


def copied(place: Callable[[Array, int], Array]) -> Callable[[PooledWindows], Array]:
    """Sums of which a padded cell is a copy of the cell at another place of its axis."""

    def total(windows: PooledWindows) -> Array:
        spatial = windows.call.arrays["x"].shape[2:]
        axes = windows.geometry.axes(spatial)
        found = [np.clip(place(axis_places(axis), axis.length), 0, axis.length - 1) for axis in axes]
        copies = windows.image[..., crossed(found, spatial)].astype(np.float64)
        return np.asarray(np.where(windows.cells == PAST, 0, copies).sum(axis=-1))

    return total


def mirrored(place: Array, length: int) -> Array:
    """Places beyond an end taken as far inside of it, the last cell itself not repeated."""
    there = place % max(2 * length - 2, 1)
    return np.asarray(np.minimum(there, 2 * length - 2 - there))


def mirrored_with_edge(place: Array, length: int) -> Array:
    """Places beyond an end taken as far inside of it, the last cell repeated."""
    there = place % (2 * length)
    return np.asarray(np.minimum(there, 2 * length - 1 - there))


def infinite_padding(windows: PooledWindows) -> Array:
    """Sums of which a padded cell makes -inf."""
    return np.where((windows.cells == PADDED).any(axis=-1), -np.inf, windows.summands.sum(axis=-1))


def counting(which: Callable[[PooledWindows], Array]) -> Callable[[PooledWindows], Array]:
    """Divisors that count these taps of each window."""
    return lambda windows: np.maximum(np.broadcast_to(which(windows), windows.cells.shape).sum(axis=-1), 1)


Limit = Callable[[Axis], int]
"""A place along an axis."""


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


def counting_within(low: Limit, high: Limit) -> Answer:
    """Answers of which the divisor counts the taps between two places of each axis."""
    return wrong(divisor=counting(lambda windows: taps_within(windows, low, high)))


def axis_places(axis: Axis) -> Array:
    """Where the taps of each window lie along an axis, beyond the image too."""
    starts = np.arange(axis.count()) * axis.stride - axis.begin
    return starts[:, np.newaxis] + np.arange(axis.size) * axis.dilation


def included_within(low: Limit, high: Limit) -> Answer:
    """The same where padding counts; elsewhere the divisors are right."""
    within = counting(lambda windows: taps_within(windows, low, high))
    return wrong(divisor=lambda w: within(w) if w.geometry.count_include_pad else counted(w))


def extents(windows: PooledWindows) -> Array:
    """Divisors that count all cells over which a dilated window stretches, within the padded image."""
    counts = np.ones(1)
    for axis in windows.geometry.axes(windows.call.arrays["x"].shape[2:]):
        starts = np.arange(axis.count()) * axis.stride - axis.begin
        include = windows.geometry.count_include_pad
        low, high = (-axis.begin, axis.length + axis.end) if include else (0, axis.length)
        inside = np.minimum(starts + axis.extent, high) - np.maximum(starts, low)
        counts = np.multiply.outer(counts, inside).reshape(-1)
    return counts


def extents_of_whole(windows: PooledWindows) -> Array:
    """The same for windows of which no cell lies outside."""
    real = counted(windows)
    stretch = prod(d * (f - 1) + 1 for d, f in zip(windows.geometry.dilation, windows.geometry.size, strict=True))
    return np.where(real == windows.cells.shape[1], stretch, real)


def extents_over_dilation(windows: PooledWindows) -> Array:
    """Divisors by the stretch of a window along each axis, from its first cell, over the dilation, rounded down."""
    counts, include = np.ones(1), windows.geometry.count_include_pad
    for axis in windows.geometry.axes(windows.call.arrays["x"].shape[2:]):
        low, high = (-axis.begin, axis.length + axis.end) if include else (0, axis.length)
        places = axis_places(axis)
        first = np.where(places >= low, places, high).min(axis=1)
        inside = np.minimum(places[:, 0] + axis.extent, high) - first
        counts = np.multiply.outer(counts, np.maximum(inside // axis.dilation, 1)).reshape(-1)
    return counts


def transposed(windows: PooledWindows) -> Array:
    """Divisors in column-major order of the windows."""
    which = windows.cells > PAST if windows.geometry.count_include_pad else windows.real
    counts = which.sum(axis=-1).reshape(windows.output)
    return np.asarray(np.maximum(counts.transpose().reshape(-1), 1))


def cropped_at_the_end(windows: PooledWindows, shares: Array) -> Array:
    """The gradient of the padded image, cropped by the padding after an axis in the place of that before."""
    spatial = windows.call.arrays["x"].shape[2:]
    planes = added(windows, shares).reshape(*windows.image.shape[:2], *spatial)
    for at, (begin, end) in enumerate(windows.geometry.padding):
        planes = shifted(planes, begin - end, 2 + at)
    return planes.reshape(windows.image.shape)


def shifted(array: Array, by: int, axis: int) -> Array:
    """The array moved along an axis, with zeros for what comes in."""
    wide = [(abs(by), abs(by)) if k == axis else (0, 0) for k in range(array.ndim)]
    places = np.arange(array.shape[axis]) + abs(by) - by
    return np.take(np.pad(array, wide), places, axis)


def cut_to_nothing(padded_only: Callable[[Geometry], list[bool]]) -> Answer:
    """The gradient of the padded image cut by [begin:-end] along some axes. Raises ValueError where all is well."""

    def answer(call: Call) -> Array:
        geometry = geometry_of(call)
        lost = [cut and not end for cut, (_, end) in zip(padded_only(geometry), geometry.padding, strict=True)]
        if not any(lost):
            raise ValueError("nothing is lost")
        kept: Any = (..., *(slice(0, 0 if empty else None) for empty in lost))
        return np.asarray(RIGHT.answer(call)[kept])

    return answer


MISTAKES = [
    Mistake(
        "padding-ignored",
        ANY,
        "Padding is ignored.",
        RIGHT_PADDING,
        (padded(lambda g: ((0, 0),) * g.rank), starting(lambda _: 0)),
    ),
    Mistake(
        "padding-sides-exchanged",
        ANY,
        "Padding before and after an axis are exchanged.",
        RIGHT_PADDING,
        (padded(lambda g: tuple((end, begin) for begin, end in g.padding)),),
    ),
    Mistake(
        "padding-of-one-side",
        ANY,
        "The padding on one side of an axis is used on both.",
        RIGHT_PADDING,
        (
            padded(lambda g: tuple((begin, begin) for begin, _ in g.padding)),
            padded(lambda g: tuple((end, end) for _, end in g.padding)),
        ),
    ),
    Mistake(
        "padding-of-one-axis",
        ANY,
        "The padding of one axis is used for all axes.",
        RIGHT_PADDING,
        (padded(lambda g: g.padding[:1] * g.rank), padded(lambda g: g.padding[-1:] * g.rank)),
    ),
    Mistake(
        "padding-on-first-axis-only",
        ANY,
        "Only one axis is padded.",
        RIGHT_PADDING,
        (
            padded(lambda g: (g.padding[0], *((0, 0),) * (g.rank - 1))),
            padded(lambda g: (*((0, 0),) * (g.rank - 1), g.padding[-1])),
        ),
    ),
    Mistake(
        "padding-axes-exchanged",
        ANY,
        "The paddings of the axes are exchanged.",
        RIGHT_PADDING,
        (padded(lambda g: g.padding[::-1]),),
    ),
    Mistake(
        "padding-pairs-misread",
        ANY,
        "The numbers of padding are read in another order: all begins first, or sides for axes.",
        RIGHT_PADDING,
        (padded(sides), padded(gathered)),
    ),
    Mistake(
        "end-padding-ignored",
        ANY,
        "The padding after an axis is left out of the number of windows.",
        RIGHT_PADDING,
        (
            padded(lambda g: tuple((begin, 0) for begin, _ in g.padding)),
            window_count(lambda axis: (axis.room - axis.end) // axis.stride + 1),
        ),
    ),
    Mistake(
        "begin-padding-ignored",
        ANY,
        "The padding before an axis is ignored.",
        RIGHT_PADDING,
        (padded(lambda g: tuple((0, end) for _, end in g.padding)),),
    ),
    Mistake(
        "padding-moves-windows",
        ANY,
        "Windows do not start at -padding: they are placed by the padding on the other side, or by a multiple of it.",
        "The first window starts as many cells before the image as there is padding before it.",
        (
            starting(lambda axis: axis.end),
            starting(lambda axis: axis.begin * axis.dilation),
            starting(lambda axis: 2 * axis.begin),
        ),
    ),
    Mistake(
        "first-window-moved-inside",
        ANY,
        "A window that starts before the image is moved inside.",
        "A window that starts in the padding has the cells of the image that it reaches, and no others.",
        (where_any(lambda axis: axis.begin > 0, begun_inside),),
    ),
    Mistake(
        "padding-split-evenly",
        ANY,
        "The padding of an axis is split evenly between its sides.",
        RIGHT_PADDING,
        (
            padded(lambda g: tuple((sum(pair) // 2, (sum(pair) + 1) // 2) for pair in g.padding)),
            padded(lambda g: tuple(((sum(pair) + 1) // 2, sum(pair) // 2) for pair in g.padding)),
        ),
    ),
    Mistake(
        "padding-limited",
        ANY,
        "Padding is cut down without a word, to half the window or to less than it.",
        "Padding is used as it is passed, or refused.",
        (*map(beginning_within, LIMITS), *map(limited, LIMITS)),
    ),
    Mistake(
        "padding-at-least-one",
        ANY,
        "Where padding is passed there is at least one padded cell before each axis.",
        "A padding of zero pads nothing.",
        (
            starting(lambda axis: max(axis.begin, 1)),
            padded(lambda g: tuple((max(begin, 1), end) for begin, end in g.padding)),
        ),
    ),
    Mistake(
        "padding-in-a-byte",
        ANY,
        "Padding is kept in a type of one byte, where it wraps.",
        "Padding may be as large as an index.",
        tuple(made(dtype) for dtype in (np.int8, np.uint8) for made in (begin_in, begin_read_in, end_in)),
    ),
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
        "A dilated window stretches over dilation * (size - 1) + 1 cells.",
        (windows_per_axis(without_extent),),
    ),
    Mistake(
        "dilated-window-cut-short",
        ANY,
        "A dilated window ends as many cells after its start as one without gaps, so that cells at its end are lost.",
        "A dilated window stretches over dilation * (size - 1) + 1 cells.",
        (where_any(dilated, cut_at_size),),
    ),
    Mistake(
        "gaps-belong-to-window",
        ANY,
        "The cells between those of a dilated window are taken for its own.",
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
        "Dilation is kept in a type of one byte, where it wraps.",
        "Dilation may be as large as an index.",
        tuple(map(gap_in, (np.int8, np.uint8))),
    ),
    Mistake(
        "overhanging-window-lost",
        ANY,
        "The window that reaches past the end in ceil mode is not computed.",
        "A window that reaches past the end has the cells that are there.",
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
        "ceil-mode-ignored",
        ANY,
        "ceil_mode is ignored.",
        RIGHT_CEIL,
        (under(ceil_mode=lambda _: False),),
    ),
    Mistake(
        "ceil-mode-on-first-axis-only",
        ANY,
        "ceil_mode reaches one axis alone.",
        "ceil_mode is about every axis.",
        (ceiled_along(0), ceiled_along(-1)),
    ),
    Mistake(
        "ceil-window-kept-at-end",
        ANY,
        "The last window of ceil mode is kept where it starts at the very end of the input, by > in the place of >=.",
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
    Mistake(
        "zero-padding-wins",
        MAXIMA,
        "Padded cells are zeros that may win the maximum.",
        "A padded cell never wins a maximum: it counts as -inf, or as the lowest number of an integer type.",
        (
            wrong(outside=lambda _: 0),
            # Where an image is padded before it is pooled, padded zeros come first among equals as well.
            wrong(outside=lambda _: 0, weights=first_in_order),
            wrong(top=zero_in_padding),
        ),
    ),
    Mistake(
        "padding-not-low-enough",
        MAXIMA,
        "Padded cells hold a number that is not below every cell.",
        "A padded cell never wins a maximum: it counts as -inf, or as the lowest number of an integer type.",
        (
            wrong(outside=not_low_enough),
            *(wrong(outside=start, weights=first_in_order) for start in STARTS),
            wrong(outside=highest),
            wrong(outside=lambda dtype: max(-1e4, float(lowest(dtype))) if is_float(dtype) else lowest(dtype)),
        ),
    ),
    Mistake(
        "padding-copies-cells",
        SUM,
        "Padded cells are copies of cells of the image: of its edge, its mirror image or its other end.",
        "A padded cell adds zero to a sum.",
        each(
            "total",
            [
                copied(lambda place, _: place),
                copied(mirrored),
                copied(mirrored_with_edge),
                copied(lambda place, length: place % length),
            ],
        ),
    ),
    Mistake(
        "padding-of-maximum-in-mean",
        SUM,
        "Padded cells are -inf, as for a maximum, and make the mean -inf as well.",
        "A padded cell adds zero to a sum.",
        each("total", [infinite_padding]),
    ),
    Mistake(
        "count-include-pad-reversed",
        MEAN,
        "count_include_pad is understood the other way round.",
        RIGHT_DIVISOR,
        (under(count_include_pad=lambda g: not g.count_include_pad),),
    ),
    Mistake(
        "padding-always-counted",
        MEAN,
        "Padded cells count in the divisor whatever count_include_pad says.",
        RIGHT_DIVISOR,
        (under(count_include_pad=lambda _: True),),
    ),
    Mistake(
        "padding-not-counted-in-ceil-mode",
        MEAN,
        "In ceil mode padded cells do not count in the divisor, whatever count_include_pad says.",
        RIGHT_DIVISOR,
        (under(count_include_pad=lambda g: g.count_include_pad and not g.ceil_mode),),
    ),
    Mistake(
        "padding-never-counted",
        MEAN,
        "Padded cells never count in the divisor, whatever count_include_pad says.",
        RIGHT_DIVISOR,
        (under(count_include_pad=lambda _: False),),
    ),
    Mistake(
        "overhang-counted",
        MEAN,
        "Cells past the padded end count in the divisor.",
        RIGHT_DIVISOR,
        (
            wrong(divisor=counting(lambda w: w.real | w.geometry.count_include_pad)),
            wrong(divisor=counting(lambda w: w.real | (w.cells == PAST))),
        ),
    ),
    Mistake(
        "divisor-is-whole-window",
        MEAN,
        "The divisor is the size of the window everywhere, over padding and past the end too.",
        RIGHT_DIVISOR,
        (wrong(divisor=counting(lambda _: np.ones((1, 1), bool))),),
    ),
    Mistake(
        "padding-counted-on-one-side",
        MEAN,
        "Padding counts in the divisor on one side of an axis, but not on the other.",
        RIGHT_DIVISOR,
        (
            counting_within(padded_begin, lambda axis: axis.length),
            counting_within(lambda _: 0, padded_end),
        ),
    ),
    Mistake(
        "divisor-by-other-padding",
        MEAN,
        "The divisor counts padding by the amount on the other side of the axis.",
        RIGHT_DIVISOR,
        (
            included_within(padded_begin, lambda axis: axis.length + axis.begin),
            included_within(lambda axis: -axis.end, padded_end),
            included_within(lambda axis: -axis.end, lambda axis: axis.length + axis.begin),
        ),
    ),
    Mistake(
        "divisor-counts-gaps",
        MEAN,
        "The divisor counts the cells between those of a dilated window.",
        "A dilated window has as many cells as one without gaps.",
        each("divisor", [extents, extents_of_whole]),
    ),
    Mistake(
        "divisor-rounded-down",
        MEAN,
        "The divisor is the stretch of a dilated window over its dilation, rounded down.",
        "A dilated window has as many cells as one without gaps.",
        each("divisor", [extents_over_dilation]),
    ),
    Mistake(
        "divisor-transposed",
        MEAN,
        "The divisors are worked out with the axes of the result exchanged.",
        "The divisor of window (i, j) is the number of cells of that window.",
        (wrong(divisor=transposed),),
    ),
    Mistake(
        "gradient-cropped-wrongly",
        BACKWARD,
        "The padded gradient is cropped by the padding after an axis, not by that before.",
        "The gradient of the image begins after the padding before it.",
        (wrong(gather=cropped_at_the_end),),
    ),
    Mistake(
        "gradient-cropped-to-nothing",
        BACKWARD,
        "The padding of dx is cut off with [begin:-end], which leaves nothing where end is 0.",
        "The gradient of the image is [begin:begin + length] of that of the padded image.",
        (
            cut_to_nothing(lambda g: [begin > 0 for begin, _ in g.padding]),
            cut_to_nothing(lambda g: [any(map(any, g.padding))] * g.rank),
            cut_to_nothing(lambda g: [True] * g.rank),
        ),
    ),
]
