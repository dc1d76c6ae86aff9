"""Mistakes about padding: how much there is, on which side, and where windows start because of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Axis, Geometry

from .mistake import ANY, MAX_GRADIENT, Mistake, Prediction, wrapped
from .places import placed_by, starting
from .steps import PADDED, Table, axis_table, placed, under, where_any, window_count, windows_per_axis

RIGHT_PADDING = "padding[k] is (cells before, cells after) along axis k."


def padded(change: Callable[[Geometry], Any]) -> Prediction:
    """Answers with other padding."""
    return under(padding=change)


def sides(geometry: Geometry) -> Any:
    """Pairs of padding whose numbers are read as all begins, then all ends."""
    numbers = [number for pair in geometry.padding for number in pair]
    return tuple(zip(numbers[: geometry.rank], numbers[geometry.rank :], strict=True))


def gathered(geometry: Geometry) -> Any:
    """Padding given as all begins, then all ends, whose numbers are read as pairs."""
    numbers = [side for sides_of in zip(*geometry.padding, strict=True) for side in sides_of]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


LIMITS: list[Callable[[int], int]] = [lambda size: size // 2, lambda size: size - 1]
"""The largest padding that some libraries allow, as a function of the window's size."""


def limited(most: Callable[[int], int]) -> Prediction:
    """Answers with the padding limited."""
    return padded(
        lambda g: tuple((min(b, most(f)), min(e, most(f))) for (b, e), f in zip(g.padding, g.size, strict=True))
    )


def beginning_within(most: Callable[[int], int]) -> Prediction:
    """Answers with the begin padding limited, and the right number of windows."""
    return starting(lambda axis: min(axis.begin, most(axis.size)))


def ending(end: Callable[[Axis], int]) -> Prediction:
    """Answers with the right number of windows whose padded cells belong to another end padding."""
    return windows_per_axis(lambda axis: axis_table(replace(axis, end=end(axis)), axis.count()))


def begin_in(dtype: Any) -> Prediction:
    """Answers whose begin padding wraps in an integer type."""
    return starting(lambda axis: int(wrapped(axis.begin, dtype)))


def end_in(dtype: Any) -> Prediction:
    """Answers whose end padding wraps in an integer type."""
    return ending(lambda axis: int(wrapped(axis.end, dtype)))


def begin_read_in(dtype: Any) -> Prediction:
    """Answers whose begin padding wraps when cells are read, but not when they are counted."""

    def table(axis: Axis) -> Table:
        read = placed(np.arange(axis.count()) * axis.stride - int(wrapped(axis.begin, dtype)), axis)
        return np.where(read >= 0, read, np.minimum(axis_table(axis), PADDED))

    return windows_per_axis(table)


def begun_inside(axis: Axis) -> Table:
    """Windows moved to the edge of the image if they start before it."""
    return placed(np.maximum(np.arange(axis.count()) * axis.stride - axis.begin, 0), axis)


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
        "The padding numbers are read in another order: all begins first, or sides for axes.",
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
        "place-counts-padding",
        MAX_GRADIENT,
        "The padding before an axis is not subtracted from the place of the maximum.",
        "The maximum under tap k of window i lies at i * stride + k * dilation - begin padding along an axis.",
        (placed_by(lambda axis: replace(axis, begin=0)),),
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
        "Padding is silently cut down to half the window, or to less than the window.",
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
        "Padding is stored in one byte, where it wraps.",
        "Padding may be as large as an index.",
        tuple(made(dtype) for dtype in (np.int8, np.uint8) for made in (begin_in, begin_read_in, end_in)),
    ),
]
