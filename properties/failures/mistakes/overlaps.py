"""Mistakes about cells that windows share: whose gradient reaches them, and how gradients are added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from .mistake import BACKWARD, SUM_GRADIENT, Mistake, Prediction, Scope
from .steps import (
    PAST,
    RIGHT,
    Gather,
    PooledWindows,
    Table,
    added,
    each,
    first_weights,
    joined,
    marked,
    planes,
    refuse_many,
    rightly_counted,
    wrong,
)

RIGHT_ADDED = "Where windows share a cell, their gradients are added."

RIGHT_RANGE = (
    "Along an axis cell c of the padded image lies in the windows from floor((c - size)/stride) + 1 to "
    "floor(c/stride), both included, as far as there are such."
)

Fold = Callable[[Array, Array, Array], Array]
"""The new contents of a window's cells, made from the old contents, the window's shares, and which cells get one."""


def hit(windows: PooledWindows, shares: Array) -> Array:
    """Which shares are written: those of the maxima, or of all real cells."""
    if windows.call.function == "mean_backward":
        return np.broadcast_to(windows.real, planes(windows, shares).shape)
    weights = np.broadcast_to(first_weights(windows), (*windows.image.shape[:2], *windows.cells.shape)) != 0
    return planes(windows, weights) & windows.real


def folded(fold: Fold) -> Gather:
    """Windows taken one after another: `fold(dx, share, hit)` returns the new contents of a window's cells."""

    return lambda windows, shares: passed(windows, windows.cells, planes(windows, shares), hit(windows, shares), fold)


def passed(windows: PooledWindows, cells: Array, shares: Array, hits: Array, fold: Fold) -> Array:
    """What the windows pass back, taken one after another."""
    dx = np.zeros((len(shares), windows.image.shape[2]))
    for at, places in enumerate(cells):
        real = places >= 0
        dx[:, places[real]] = fold(dx[:, places[real]], shares[:, at, real], hits[:, at, real])
    return dx


def added_up(dx: Array, share: Array, _: Array) -> Array:
    """Cells keep the sum."""
    return dx + share


def overwritten(dx: Array, share: Array, hits: Array) -> Array:
    """Cells that get a gradient lose what they had."""
    return np.where(hits, share, dx)


def overwritten_unless_zero(dx: Array, share: Array, hits: Array) -> Array:
    """Cells that get a nonzero gradient lose what they had."""
    return np.where(hits & (share != 0), share, dx)


def first_only(dx: Array, share: Array, hits: Array) -> Array:
    """Cells that have a gradient get no other."""
    return np.where(hits & (dx == 0), share, dx)


def rows(windows: PooledWindows, shares: Array, fold: Fold) -> list[Array]:
    """What each row of windows passes back by itself."""
    count = len(windows.cells) // windows.output[-1]
    parts = zip(np.split(windows.cells, count), np.split(planes(windows, shares), count, axis=1), strict=True)
    hits = np.split(hit(windows, shares), count, axis=1)
    return [passed(windows, *part, mark, fold) for part, mark in zip(parts, hits, strict=True)]


def rows_overwrite(windows: PooledWindows, shares: Array) -> Array:
    """Gradients added within a row of windows; each row overwrites those before."""
    dx = np.zeros((prod(windows.image.shape[:2]), windows.image.shape[2]))
    for part in rows(windows, shares, added_up):
        dx = np.where(part != 0, part, dx)
    return dx


def overwritten_in_rows(windows: PooledWindows, shares: Array) -> Array:
    """Gradients overwritten within a row of windows; the rows are added."""
    return np.asarray(sum(rows(windows, shares, overwritten)))


def largest(windows: PooledWindows, shares: Array) -> Array:
    """The largest gradient at each cell."""
    shares = planes(windows, shares)
    hits, dx = hit(windows, shares), np.full((len(shares), windows.image.shape[2]), -np.inf)
    plane, window, tap = np.nonzero(hits)
    np.maximum.at(dx, (plane, windows.cells[window, tap]), shares[plane, window, tap])
    return np.where(dx == -np.inf, 0, dx)


def kept_at_most(most: int) -> Gather:
    """At each cell, the gradients of only the first `most` windows are added."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        shares = planes(windows, shares)
        hits, dx = hit(windows, shares), np.zeros((len(shares), windows.image.shape[2]))
        met = np.zeros(dx.shape, int)
        for at, cells in enumerate(windows.cells):
            real = cells >= 0
            taken = hits[:, at, real] & (met[:, cells[real]] < most)
            dx[:, cells[real]] += np.where(taken, shares[:, at, real], 0)
            met[:, cells[real]] += hits[:, at, real]
        return dx

    return gather


def averaged(windows: PooledWindows, shares: Array) -> Array:
    """Gradients that share a cell are averaged."""
    count = added(windows, hit(windows, planes(windows, shares)).astype(np.float64))
    return added(windows, shares) / np.maximum(count, 1)


Reach = Callable[[int], int]
"""By how many cells something reaches further, as a function of the stride."""


def reaching(before: Reach, after: Reach) -> Prediction:
    """Gradients of windows that reach further at each end: the range of windows for a cell is wrong by that much."""

    def table(axis: Axis) -> Table:
        if axis.dilation > 1:
            raise ValueError("no range of windows")
        starts = np.arange(axis.count())[:, np.newaxis] * axis.stride - axis.begin
        taps = np.arange(-before(axis.stride), axis.size + after(axis.stride))
        refuse_many(len(starts), len(taps))
        return marked(starts + taps, axis)

    return replace(RIGHT, tables=lambda axes: [table(axis) for axis in axes], divisor=rightly_counted)


def left_out(which: Callable[[Axis], Array]) -> Gather:
    """Shares without those of the taps (windows, taps) that are left out along an axis."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        lost = np.zeros((1, 1), bool)
        for axis in windows.geometry.axes(windows.call.arrays["x"].shape[2:]):
            lost = joined(np.logical_or, lost, np.broadcast_to(which(axis), (axis.count(), axis.size)))
        return added(replace(windows, cells=np.where(lost, PAST, windows.cells)), shares)

    return gather


def offsets(axis: Axis) -> Array:
    """How far after the start of a window its taps lie."""
    return np.arange(axis.size) * axis.dilation


def numbers(axis: Axis) -> Array:
    """The numbers of the windows along an axis, (windows, 1)."""
    return np.arange(axis.count())[:, np.newaxis]


def rounded_to_zero(axis: Axis) -> Array:
    """(c - size)/stride of each tap's cell c of the padded image, rounded towards zero, (windows, taps)."""
    cells = numbers(axis) * axis.stride + offsets(axis)
    return np.trunc((cells - axis.extent) / axis.stride)


LEFT_OUT: list[Callable[[Axis], Array]] = [
    lambda axis: offsets(axis) < axis.stride,
    lambda axis: (offsets(axis) < axis.stride) | (numbers(axis) == axis.count() - 1),
    lambda axis: offsets(axis) >= axis.extent - axis.stride,
    lambda axis: (offsets(axis) >= axis.extent - axis.stride) | (numbers(axis) == 0),
    lambda axis: numbers(axis) < rounded_to_zero(axis) + 1,
]
"""The taps of the cells for which a window is the last, or the first, to contain them; and, in the last entry, is the
first if a division of a negative number is rounded towards zero."""

REACHES: list[tuple[Reach, Reach]] = [
    (lambda stride: -stride, lambda _: 0),
    (lambda _: 0, lambda stride: -stride),
    (lambda stride: stride, lambda _: 0),
    (lambda _: 0, lambda stride: stride),
    # Rounded down where it should be up, and up where it should be down.
    (lambda _: 0, lambda stride: stride - 1),
    (lambda stride: stride - 1, lambda _: 0),
]
"""How far windows reach if each cell has one window too few or too many."""


MISTAKES = [
    Mistake(
        "gradients-overwritten",
        BACKWARD,
        "Windows share a cell, and the last window overwrote the gradient of the first.",
        RIGHT_ADDED,
        (
            wrong(gather=folded(overwritten)),
            wrong(gather=folded(overwritten_unless_zero)),
            wrong(gather=folded(lambda _dx, share, _hits: share)),
            *each("gather", [rows_overwrite, overwritten_in_rows]),
        ),
    ),
    Mistake(
        "first-window-only",
        BACKWARD,
        "Windows share a cell, and only the first window passes its gradient.",
        RIGHT_ADDED,
        (wrong(gather=folded(first_only)), wrong(gather=kept_at_most(1))),
    ),
    Mistake(
        "largest-gradient-wins",
        BACKWARD,
        "Windows share a cell, and only the largest gradient is kept.",
        RIGHT_ADDED,
        (
            wrong(gather=largest),
            wrong(gather=folded(lambda dx, s, hits: np.where(hits & (np.abs(s) > np.abs(dx)), s, dx))),
            wrong(gather=folded(lambda dx, s, hits: np.where(hits, np.maximum(s, dx), dx))),
        ),
    ),
    Mistake(
        "later-windows-lost",
        BACKWARD,
        "Of several windows that share a cell only the first few pass their gradients.",
        RIGHT_ADDED,
        each("gather", [kept_at_most(most) for most in (2, 3, 4)]),
    ),
    Mistake(
        "gradients-averaged",
        BACKWARD,
        "Where windows share a cell, their gradients are averaged.",
        RIGHT_ADDED,
        (wrong(gather=averaged),),
    ),
    Mistake(
        "windows-of-cell-off-by-one",
        SUM_GRADIENT,
        "Each cell gathers its gradient from one window too many or too few.",
        RIGHT_RANGE,
        tuple(reaching(before, after) for before, after in REACHES),
        scope=Scope.CALLS,
    ),
    Mistake(
        "window-of-cell-left-out",
        BACKWARD,
        "Each cell gathers its gradient without the first, or without the last, of the windows that have it.",
        RIGHT_RANGE,
        each("gather", list(map(left_out, LEFT_OUT))),
        scope=Scope.CALLS,
    ),
]
