"""Mistakes about how many windows there are, and where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Axis, Geometry

from .mistake import ANY, Mistake, Prediction, Scope, wrapped
from .places import axis_places
from .steps import PAST, Table, TooLarge, axis_table, placed, under, where_any, window_count, windows_per_axis, wrong

RIGHT_COUNT = "There are floor((length + padding - extent)/stride) + 1 windows along an axis."
RIGHT_STRIDE = "Windows start stride[k] cells apart along axis k."
RIGHT_AXES = "size[k] and stride[k] belong to axis k of the image."


def rounded_up(axis: Axis) -> int:
    """The number of windows if the division is rounded up even without ceil mode."""
    return axis.count() if axis.ceil_mode else -(-axis.room // axis.stride) + 1


def in_floats(kind: Any) -> Callable[[Axis], int]:
    """The number of windows computed as a product with 1/stride in this type."""
    return lambda axis: int(kind(axis.room) * (kind(1) / kind(axis.stride))) + 1 + added_by_ceil(axis)


def in_tiles(windows: int, cut: Callable[[Table, Any], Table]) -> Prediction:
    """Answers whose windows are computed this many at a time, without the cells shared with the next ones."""

    def table(axis: Axis) -> Table:
        cells, tile = axis_table(axis), np.arange(axis.count()) // windows
        ends = np.where(tile == tile[-1], axis.length, (tile + 1) * windows * axis.stride - axis.begin)
        return cut(cells, ends[:, np.newaxis])

    return where_any(lambda axis: axis.count() > windows and axis.stride < axis.extent, table)


def left_out(cells: Table, ends: Any) -> Table:
    """The cells of a tile alone."""
    return np.asarray(np.where(cells < ends, cells, PAST))


def repeated(cells: Table, ends: Any) -> Table:
    """The cells of a tile, with the last one in place of those after it."""
    return np.asarray(np.minimum(cells, np.maximum(ends - 1, 0)))


TILES = (4, 8, 16, 32, 64, 128, 256)
"""How many windows kernels compute at once along an axis."""


def added_by_ceil(axis: Axis) -> int:
    """How many windows ceil mode adds."""
    return axis.count() - axis.room // axis.stride - 1


def counted_with(more: Callable[[Axis], int]) -> Prediction:
    """Answers with the number of windows (perhaps none) for a larger padding."""
    return windows_per_axis(lambda axis: axis_table(axis, max((axis.room + more(axis)) // axis.stride + 1, 0)))


def moved_inside(axis: Axis) -> Table:
    """Windows moved back until they fit if they would reach past the end."""
    starts = np.minimum(np.arange(axis.count()) * axis.stride - axis.begin, max(axis.length - axis.extent, 0))
    return placed(starts, axis)


def last_at_the_end(axis: Axis) -> Table:
    """Windows with the last one moved to the end of the image."""
    table = axis_table(axis)
    table[-1:] = placed(np.array([axis.length - axis.extent]), axis)
    return table


def last_at_the_padded_end(axis: Axis) -> Table:
    """Windows with the last one moved back to the padded end if it would reach past it."""
    table, end = axis_table(axis), axis.length + axis.end - axis.extent
    if axis.start(axis.count() - 1) > end and len(table) > 1:
        table[-1:] = placed(np.array([end]), axis)
    return table


def as_along_the_first(axes: tuple[Axis, ...]) -> list[Table]:
    """As many windows along every axis as along the first."""
    return [axis_table(axis, axes[0].count()) for axis in axes]


def shifted(by: int) -> Prediction:
    """Windows that all begin `by` cells later."""
    return windows_per_axis(lambda axis: axis_table(replace(axis, begin=axis.begin - by), axis.count()))


def numbered_in(dtype: str) -> Prediction:
    """Answers whose windows are numbered in an integer type, where the numbers wrap."""

    def table(axis: Axis) -> Table:
        numbers = wrapped(np.arange(axis.count()), dtype)
        starts = numbers * axis.stride - axis.begin
        return placed(starts, axis)

    return windows_per_axis(table)


def starting_at_blocks(block: int, last: bool) -> Prediction:
    """Answers whose windows start at multiples of a block, along the last axis or all axes."""

    def rounded_down(axis: Axis) -> Table:
        starts = np.arange(axis.count()) * axis.stride // block * block - axis.begin
        return placed(starts, axis)

    def along_last(axes: tuple[Axis, ...]) -> list[Table]:
        return [*map(axis_table, axes[:-1]), rounded_down(axes[-1])]

    return wrong(tables=along_last) if last else windows_per_axis(rounded_down)


def capped(geometry: Geometry) -> Ints:
    """Strides limited to the size of the window."""
    return tuple(map(min, geometry.stride, geometry.size))


def given(stride: int, size: int) -> int:
    """The stride, or the size if the stride is one."""
    return stride if stride > 1 else size


def last_capped(axes: tuple[Axis, ...]) -> list[Table]:
    """Windows with the stride along the last axis limited to their size; their number stays right."""
    *others, last = axes
    return [*map(axis_table, others), axis_table(replace(last, stride=min(last.stride, last.size)), last.count())]


def adaptive(axis: Axis) -> Table:
    """Windows that divide the image among them: from floor(i * length / count) to ceil((i + 1) * length / count).

    Raises ValueError for padding and dilation, which adaptive pooling does not have.
    """
    if axis.begin or axis.end or axis.dilation > 1:
        raise ValueError("no adaptive pooling")
    numbers = np.arange(axis.count())[:, np.newaxis]
    starts, ends = numbers * axis.length // axis.count(), -(-(numbers + 1) * axis.length // axis.count())
    cells = starts + np.arange((ends - starts).max())
    return np.where(cells < ends, cells, PAST)


def longer(step: int) -> Callable[[Axis], Table]:
    """Windows longer by `step` cells along each axis."""

    def table(axis: Axis) -> Table:
        if axis.size + step < 1:
            raise ValueError("nothing is left of the window")
        return axis_table(replace(axis, size=axis.size + step), axis.count())

    return table


def begun_early(axis: Axis) -> Table:
    """Windows extended by the cell before their first."""
    starts = np.arange(axis.count()) * axis.stride - axis.begin - axis.dilation
    return placed(starts, replace(axis, size=axis.size + 1))


def lacking(tap: int, least: int) -> Callable[[Axis], Table]:
    """Windows without one of their cells along each axis where they have at least `least` cells."""

    def table(axis: Axis) -> Table:
        found = axis_table(axis)
        if axis.size >= least:
            found[:, tap] = PAST
        return found

    return table


def power_of_two(axis: Axis) -> int:
    """The side of the window rounded up to a power of two."""
    return 1 << (axis.size - 1).bit_length()


def by_doubling(rest: Callable[[int], int]) -> Prediction:
    """Windows covered by runs of a power of two, and then by a last step over some of the rest."""

    def covered_cells(axis: Axis) -> int:
        run = 1 << (axis.size.bit_length() - 1)
        return run + rest(axis.size - run)

    return where_any(
        lambda axis: covered_cells(axis) < axis.size,
        lambda axis: axis_table(replace(axis, size=covered_cells(axis)), axis.count()),
    )


def up_to_next(axis: Axis) -> Table:
    """Windows that end where the next one begins, the last at the end. Raises ValueError for dilation."""
    if axis.dilation > 1:
        raise ValueError("no segments")
    starts = np.arange(axis.count()) * axis.stride - axis.begin
    ends = np.append(starts[1:], axis.length + axis.end)[:, np.newaxis]
    longest = replace(axis, size=int((ends[:, 0] - starts).max()))
    found = placed(starts, longest)
    return np.where(starts[:, np.newaxis] + np.arange(longest.size) < ends, found, PAST)


def bounded_by_other(chosen: Sequence[int]) -> Prediction:
    """Windows without the cells beyond the length of another axis, along the chosen axes."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        others = [each.length for each in axes[::-1]]
        at = {k % len(axes) for k in chosen}
        if any(reaches_past(axes[k], others[k]) for k in at):
            raise TooLarge("cells past the end of the image are read")
        if all(axes[k].length <= others[k] for k in at):
            raise ValueError("no cell is lost")
        found = map(axis_table, axes)
        return [np.where(table < others[k], table, PAST) if k in at else table for k, table in enumerate(found)]

    return wrong(tables=tables)


def reaches_past(axis: Axis, limit: int) -> bool:
    """Whether some tap lies past the end of the image, but before a limit."""
    found = axis_places(axis)
    return bool(((found >= axis.length) & (found < limit)).any())


def without_last(axis_from_end: int) -> Callable[[tuple[Axis, ...]], list[Table]]:
    """Windows without their last cell along one axis."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        found = [axis_table(axis) for axis in axes]
        if axis_from_end > len(found) or found[-axis_from_end].shape[1] < 2:
            raise ValueError("nothing is left of the window")
        found[-axis_from_end] = found[-axis_from_end][:, :-1]
        return found

    return tables


def whole_image(covers: Callable[[tuple[Axis, ...]], bool], *, single: bool) -> Prediction:
    """Answers whose one window, or every window, is the whole image. Raises ValueError for windows not taken for it."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        if not covers(axes) or any(axis.begin or axis.end for axis in axes):
            raise ValueError("no such window")
        counts = [1 if single else axis.count() for axis in axes]
        return [
            np.broadcast_to(np.arange(axis.length), (count, axis.length))
            for axis, count in zip(axes, counts, strict=True)
        ]

    return wrong(tables=tables)


def covered(axis: Axis) -> bool:
    """Whether a window is at least as long as the image."""
    return axis.extent >= axis.length


COVERING: list[Callable[[tuple[Axis, ...]], bool]] = [
    lambda axes: covered(axes[0]),
    lambda axes: covered(axes[-1]),
    lambda axes: any(map(covered, axes)),
    lambda axes: prod(axis.size for axis in axes) >= prod(axis.length for axis in axes),
]
"""Conditions under which a window is mistaken for one as large as the image."""

SINGLE: list[Callable[[tuple[Axis, ...]], bool]] = [
    lambda axes: axes[0].size == 1,
    lambda axes: axes[-1].size == 1,
    lambda axes: any(axis.size == 1 for axis in axes),
]
"""Conditions under which a window is mistaken for a single cell."""


def one_cell(single: Callable[[tuple[Axis, ...]], bool]) -> Prediction:
    """Answers whose windows have only their first cell. Raises ValueError for windows not taken for one cell."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        if not single(axes):
            raise ValueError("no such window")
        return [axis_table(axis)[:, :1] for axis in axes]

    return wrong(tables=tables)


MISTAKES = [
    Mistake(
        "window-count-rounded-up",
        ANY,
        "The number of windows is rounded up although ceil_mode is off.",
        RIGHT_COUNT,
        (window_count(rounded_up),),
    ),
    Mistake(
        "window-count-rounded",
        ANY,
        "The number of windows is rounded to the nearest integer.",
        RIGHT_COUNT,
        (
            window_count(lambda axis: round(axis.room / axis.stride) + 1),
            window_count(lambda axis: int(axis.room / axis.stride + 0.5) + 1),
        ),
    ),
    Mistake(
        "window-count-in-floats",
        ANY,
        "The number of windows is computed in floating point, where a quotient may fall just below an integer.",
        "Output sizes are computed by integer division.",
        (window_count(in_floats(float)), window_count(in_floats(np.float32))),
    ),
    Mistake(
        "window-count-ignores-size",
        ANY,
        "The number of windows is the length divided by the stride, whatever the size of the window.",
        RIGHT_COUNT,
        (
            window_count(lambda axis: (axis.length + axis.begin + axis.end) // axis.stride),
            window_count(lambda axis: -(-axis.length // axis.stride)),
            window_count(lambda axis: (axis.length + axis.begin + axis.end - 1) // axis.stride + 1),
        ),
    ),
    Mistake(
        "one-window-too-few",
        ANY,
        "There is one window too few along an axis.",
        RIGHT_COUNT,
        (
            window_count(lambda axis: axis.count() - 1),
            windows_per_axis(lambda axis: axis_table(axis, axis.count() - 1)),
            windows_per_axis(lambda axis: axis_table(axis, -(-axis.room // axis.stride))),
            window_count(lambda axis: (axis.room - 1) // axis.stride + 1 + added_by_ceil(axis)),
        ),
    ),
    Mistake(
        "one-window-too-many",
        ANY,
        "There is one window too many along an axis.",
        RIGHT_COUNT,
        (
            window_count(lambda axis: axis.count() + 1),
            window_count(lambda axis: (axis.room + 1) // axis.stride + 1 + added_by_ceil(axis)),
        ),
    ),
    Mistake(
        "window-count-by-one-padding",
        ANY,
        "The number of windows is worked out with the padding of one side of an axis for both.",
        RIGHT_COUNT,
        (
            counted_with(lambda axis: axis.begin - axis.end),
            counted_with(lambda axis: axis.end - axis.begin),
        ),
    ),
    Mistake(
        "window-count-of-first-axis",
        ANY,
        "There are as many windows along every axis as along the first.",
        "The number of windows is worked out for each axis by itself.",
        (wrong(tables=as_along_the_first),),
    ),
    Mistake(
        "size-and-stride-exchanged",
        ANY,
        "The axes of size and stride are exchanged.",
        RIGHT_AXES,
        (under(size=lambda g: g.size[::-1], stride=lambda g: g.stride[::-1]),),
    ),
    Mistake(
        "size-taken-for-stride",
        ANY,
        "Size and stride are swapped.",
        "The arguments are x, size and stride, in this order.",
        (under(size=lambda g: g.stride, stride=lambda g: g.size),),
    ),
    Mistake(
        "sizes-exchanged",
        ANY,
        "The sides of the window are exchanged.",
        "size[k] is the length of the window along axis k.",
        (
            under(size=lambda g: g.size[::-1]),
            under(size=lambda g: (g.size[-1], *g.size[1:-1], g.size[0])),
            under(size=lambda g: (*g.size[:-2], *g.size[:-3:-1])),
        ),
    ),
    Mistake(
        "size-of-one-axis",
        ANY,
        "The side of the window along one axis is used for all axes.",
        "size[k] is the length of the window along axis k.",
        (under(size=lambda g: g.size[:1] * g.rank), under(size=lambda g: g.size[-1:] * g.rank)),
    ),
    Mistake(
        "strides-exchanged",
        ANY,
        "The strides of the axes are exchanged.",
        RIGHT_STRIDE,
        (under(stride=lambda g: g.stride[::-1]),),
    ),
    Mistake(
        "stride-of-one-axis",
        ANY,
        "The stride of one axis is used for all axes.",
        RIGHT_STRIDE,
        (under(stride=lambda g: g.stride[:1] * g.rank), under(stride=lambda g: g.stride[-1:] * g.rank)),
    ),
    Mistake(
        "stride-is-window",
        ANY,
        "The stride is ignored: windows tile the image.",
        RIGHT_STRIDE,
        (
            under(stride=lambda g: g.size),
            windows_per_axis(lambda axis: axis_table(replace(axis, stride=axis.size), axis.count())),
        ),
    ),
    Mistake(
        "stride-of-one-is-window",
        ANY,
        "A stride of one is taken for none: the side of the window stands in for it.",
        "A stride of one is a stride like any other.",
        (
            under(stride=lambda g: tuple(map(given, g.stride, g.size))),
            where_any(
                lambda axis: axis.stride == 1 < axis.size,
                lambda axis: axis_table(replace(axis, stride=given(axis.stride, axis.size)), axis.count()),
            ),
        ),
    ),
    Mistake(
        "stride-ignored",
        ANY,
        "The stride is ignored: windows start one cell apart.",
        RIGHT_STRIDE,
        (
            under(stride=lambda g: (1,) * g.rank),
            windows_per_axis(lambda axis: axis_table(replace(axis, stride=1), axis.count())),
        ),
    ),
    Mistake(
        "stride-at-most-window",
        ANY,
        "A stride larger than the window is cut down to it.",
        "A stride may be larger than the window; cells between windows are skipped.",
        (
            under(stride=capped),
            windows_per_axis(lambda axis: axis_table(replace(axis, stride=min(axis.stride, axis.size)), axis.count())),
            wrong(tables=last_capped),
        ),
    ),
    Mistake(
        "last-window-moved-inside",
        ANY,
        "A window that would reach past the end of the image is moved back inside.",
        "Every window starts at a multiple of the stride, and cells past the end are left out of it.",
        (windows_per_axis(moved_inside), windows_per_axis(last_at_the_end), windows_per_axis(last_at_the_padded_end)),
    ),
    Mistake(
        "windows-shifted",
        ANY,
        "Windows begin one cell too late, or too early.",
        "Window k begins at k * stride - begin padding.",
        (shifted(1), shifted(-1)),
    ),
    Mistake(
        "windows-numbered-in-narrow-type",
        ANY,
        "Windows are numbered in an integer type that is too narrow: later ones begin at the front again.",
        "Windows are counted in a type that holds all of them.",
        tuple(map(numbered_in, ("int8", "uint8", "int16", "uint16"))),
    ),
    Mistake(
        "window-starts-rounded",
        ANY,
        "Windows begin at a multiple of some block, not where their stride says.",
        RIGHT_STRIDE,
        tuple(starting_at_blocks(block, last) for block in (2, 4, 8, 16) for last in (True, False)),
    ),
    Mistake(
        "size-of-other-axes",
        ANY,
        "Size and stride of each axis are those of the axis before.",
        RIGHT_AXES,
        (
            under(size=lambda g: (1, *g.size[:-1]), stride=lambda g: (1, *g.stride[:-1])),
            under(size=lambda g: (*g.size[1:], 1), stride=lambda g: (*g.stride[1:], 1)),
        ),
    ),
    Mistake(
        "window-too-small",
        ANY,
        "The last cell of the window along an axis is left out.",
        "A window has size[k] cells along axis k.",
        (
            windows_per_axis(longer(-1)),
            windows_per_axis(lacking(-1, 1)),
            *(wrong(tables=without_last(k)) for k in (1, 2, 3)),
        ),
    ),
    Mistake(
        "window-begins-late",
        ANY,
        "The first cell of the window along an axis is left out.",
        "A window has size[k] cells along axis k.",
        tuple(windows_per_axis(lacking(0, least)) for least in (1, 2)),
    ),
    Mistake(
        "window-too-large",
        ANY,
        "The window takes in one cell too many along an axis.",
        "A window has size[k] cells along axis k.",
        (windows_per_axis(longer(1)), windows_per_axis(begun_early)),
    ),
    Mistake(
        "size-is-stride",
        ANY,
        "The window is taken to be as large as its stride.",
        "A window has size[k] cells along axis k.",
        (
            where_any(
                lambda axis: axis.size != axis.stride,
                lambda axis: axis_table(replace(axis, size=axis.stride), axis.count()),
            ),
        ),
    ),
    Mistake(
        "window-rounded-up",
        ANY,
        "The side of the window is rounded up to a power of two, and the cells that it does not have take part.",
        "A block may be longer than the window; what lies past the window is masked.",
        (
            where_any(
                lambda axis: power_of_two(axis) > axis.size,
                lambda axis: axis_table(replace(axis, size=power_of_two(axis)), axis.count()),
            ),
        ),
    ),
    Mistake(
        "window-rounded-down",
        ANY,
        "Windows are made by doubling, and what is left beyond a power of two is not, or not wholly, covered.",
        "The last step covers all that is left of the window.",
        (by_doubling(lambda _: 0), by_doubling(lambda left: left % 2), by_doubling(lambda left: min(left, 1))),
        scope=Scope.ALWAYS,
    ),
    Mistake(
        "windows-at-the-end",
        ANY,
        "The cells that no window reaches are left out at the front of the image, not at its end.",
        RIGHT_STRIDE,
        (
            where_any(
                lambda axis: axis.room % axis.stride > 0,
                lambda axis: axis_table(replace(axis, begin=axis.begin - axis.room % axis.stride), axis.count()),
            ),
        ),
    ),
    Mistake(
        "window-ends-at-next",
        ANY,
        "Windows end where the next one begins, and the last at the end of the image, whatever their size is.",
        "A window has size[k] cells along axis k.",
        (windows_per_axis(up_to_next),),
    ),
    Mistake(
        "tiles-without-halo",
        ANY,
        "Windows are computed in tiles, and the last ones of a tile miss the cells that they share with the next tile.",
        "A tile needs the cells of all its windows, also those that lie in the next tile.",
        tuple(in_tiles(windows, cut) for windows in TILES for cut in (left_out, repeated)),
    ),
    Mistake(
        "bounded-by-other-axis",
        ANY,
        "Cells beyond the length of another axis are left out, as if the image were square.",
        "The rows of a window are bounded by the height of the image, its columns by the width.",
        tuple(map(bounded_by_other, ((0, -1), (-1,), (0,)))),
    ),
    Mistake(
        "windows-of-adaptive-pooling",
        ANY,
        "Windows divide the image among them, as those of adaptive pooling do.",
        RIGHT_STRIDE,
        (windows_per_axis(adaptive),),
    ),
    Mistake(
        "shortcut-taken-wrongly",
        ANY,
        "A shortcut for windows as large as the image, or of a single cell, is taken where it does not apply.",
        "A shortcut needs its condition to hold along every axis.",
        (
            *(whole_image(covers, single=single) for single in (True, False) for covers in COVERING),
            *map(one_cell, SINGLE),
        ),
    ),
]
