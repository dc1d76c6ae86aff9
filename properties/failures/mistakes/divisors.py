"""Mistakes about the divisor of a mean over padding, past the end and with dilation."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from .means import non_zero
from .mistake import MEAN, Mistake, Prediction
from .places import Limit, axes_of, axis_places, padded_begin, padded_end, taps_within
from .steps import PAST, PooledWindows, counted, each, under, wrong

RIGHT_DIVISOR = (
    "A mean divides by the number of cells of its window: padded ones count only with count_include_pad, and those "
    "past the end never."
)


def counting(which: Callable[[PooledWindows], Array]) -> Callable[[PooledWindows], Array]:
    """Divisors that count these taps of each window."""
    return lambda windows: np.maximum(np.broadcast_to(which(windows), windows.cells.shape).sum(axis=-1), 1)


def counting_within(low: Limit, high: Limit) -> Prediction:
    """Answers whose divisor counts the taps between two places of each axis."""
    return wrong(divisor=counting(lambda windows: taps_within(windows, low, high)))


def included_within(low: Limit, high: Limit) -> Prediction:
    """The same if padding counts; otherwise the divisors are right."""
    within = counting(lambda windows: taps_within(windows, low, high))
    return wrong(divisor=lambda w: within(w) if w.geometry.count_include_pad else counted(w))


Counted = Callable[[Axis, int, int], Array]
"""How many cells of each window along an axis count, of those from one place on and before another."""


def along_each(counts: Counted) -> Callable[[PooledWindows], Array]:
    """Divisors that are products of counts along each axis: within the padded image, or within the image."""

    def divisor(windows: PooledWindows) -> Array:
        product, include = np.ones(1), windows.geometry.count_include_pad
        for axis in axes_of(windows):
            low, high = (-axis.begin, axis.length + axis.end) if include else (0, axis.length)
            product = np.multiply.outer(product, counts(axis, low, high)).reshape(-1)
        return product

    return divisor


def extents(axis: Axis, low: int, high: int) -> Array:
    """Every cell in the extent of a dilated window."""
    starts = axis_places(axis)[:, 0]
    return np.asarray(np.minimum(starts + axis.extent, high) - np.maximum(starts, low))


def extents_of_whole(windows: PooledWindows) -> Array:
    """The same for windows without cells outside."""
    real = counted(windows)
    stretch = prod(d * (f - 1) + 1 for d, f in zip(windows.geometry.dilation, windows.geometry.size, strict=True))
    return np.where(real == windows.cells.shape[1], stretch, real)


def extents_over_dilation(axis: Axis, low: int, high: int) -> Array:
    """The window's extent from its first cell, over the dilation, rounded down."""
    places = axis_places(axis)
    first = np.where(places >= low, places, high).min(axis=1)
    inside = np.minimum(places[:, 0] + axis.extent, high) - first
    return np.asarray(np.maximum(inside // axis.dilation, 1))


def overhang_over_dilation(axis: Axis, low: int, high: int) -> Array:
    """All taps but those past the end, which are counted by dividing what lies past it by the dilation."""
    places = axis_places(axis)
    past = np.maximum(places[:, -1] + 1 - high, 0) // axis.dilation
    return np.asarray(np.maximum(axis.size - (places < low).sum(axis=1) - past, 1))


def transposed(windows: PooledWindows) -> Array:
    """The divisors in column-major order of the windows."""
    which = windows.cells > PAST if windows.geometry.count_include_pad else windows.real
    counts = which.sum(axis=-1).reshape(windows.output)
    return np.asarray(np.maximum(counts.transpose().reshape(-1), 1))


def of_one(window: int) -> Callable[[PooledWindows], Array]:
    """The divisor of one window for all of them."""
    return lambda windows: np.full(len(windows.cells), counted(windows)[window])


def of_neighbour(before: int) -> Callable[[PooledWindows], Array]:
    """The divisor of the window this many places before. Raises ValueError if all divisors are the same."""

    def divisor(windows: PooledWindows) -> Array:
        right = counted(windows)
        if (right == right[0]).all():
            raise ValueError("every divisor is right")
        return np.roll(right, before)

    return divisor


def not_zero(windows: PooledWindows) -> Array:
    """The number of nonzero cells of each window if padding does not count, else the right divisor."""
    return counted(windows) if windows.geometry.count_include_pad else non_zero(windows)


MISTAKES = [
    Mistake(
        "zeros-taken-for-padding",
        MEAN,
        "A cell counts as padded if it is zero, so that cells of the image that are zero do not count either.",
        "Which cells are padded follows from their places alone.",
        (wrong(divisor=not_zero),),
    ),
    Mistake(
        "count-include-pad-reversed",
        MEAN,
        "count_include_pad is inverted.",
        RIGHT_DIVISOR,
        (under(count_include_pad=lambda g: not g.count_include_pad),),
    ),
    Mistake(
        "flags-taken-for-each-other",
        MEAN,
        "ceil_mode and count_include_pad are swapped.",
        "Settings are passed on by their names.",
        (under(ceil_mode=lambda g: g.count_include_pad, count_include_pad=lambda g: g.ceil_mode),),
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
        "divisor-rounded-down",
        MEAN,
        "The cells of a dilated window at an edge are counted by dividing a length by the dilation, rounded down.",
        "A tap counts wherever it lies inside, however many cells lie between it and the edge.",
        each("divisor", [along_each(extents_over_dilation), along_each(overhang_over_dilation)]),
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
            included_within(padded_begin, lambda axis: axis.length),
            included_within(lambda _: 0, padded_end),
        ),
    ),
    Mistake(
        "divisor-of-one-window",
        MEAN,
        "The divisor of the first window, or of the last, is used for all.",
        "The divisor of window (i, j) is the number of cells of that window.",
        each("divisor", [of_one(0), of_one(-1)]),
    ),
    Mistake(
        "divisor-of-neighbour",
        MEAN,
        "A window is divided by the number of cells of the window before it, or after it.",
        "The divisor of window (i, j) is the number of cells of that window.",
        each("divisor", [of_neighbour(1), of_neighbour(-1)]),
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
        each("divisor", [along_each(extents), extents_of_whole]),
    ),
    Mistake(
        "divisor-transposed",
        MEAN,
        "The divisors are worked out with the axes of the result exchanged.",
        "The divisor of window (i, j) is the number of cells of that window.",
        (wrong(divisor=transposed),),
    ),
]
