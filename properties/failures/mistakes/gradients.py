"""Mistakes about where gradients go, and how much of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from ...targets.call import Call
from .maxima import by_keys
from .mistake import BACKWARD, MAX_GRADIENT, SUM_GRADIENT, Answer, Mistake, Scope
from .steps import (
    PAST,
    RIGHT,
    PooledWindows,
    Table,
    added,
    counted,
    each,
    first_maximum,
    first_weights,
    joined,
    marked,
    rightly_counted,
    same,
    summed,
    wrong,
)

RIGHT_ADDED = "Where windows share a cell, their gradients are added."
RIGHT_TIE = "The gradient of a window goes to its maximum once, however many cells are equal to it."
RIGHT_PASSED = "Every gradient is passed on as it is."

RIGHT_RANGE = (
    "Along an axis cell c of the padded image lies in the windows from floor((c - size)/stride) + 1 to "
    "floor(c/stride), both included, as far as there are such."
)

Gather = Callable[[PooledWindows, Array], Array]
Fold = Callable[[Array, Array, Array], Array]
"""What stands in the cells of a window once it is done: made of what stood there, its share, and which get one."""


def planes(windows: PooledWindows, shares: Array) -> Array:
    """Shares with their planes flat, (planes, windows, taps)."""
    return shares.reshape(prod(windows.image.shape[:2]), *windows.cells.shape)


def hit(windows: PooledWindows, shares: Array) -> Array:
    """Which shares are written: those of the maxima, or of all real cells."""
    if windows.call.function == "mean_backward":
        return np.broadcast_to(windows.real, planes(windows, shares).shape)
    weights = np.broadcast_to(first_weights(windows), (*windows.image.shape[:2], *windows.cells.shape)) != 0
    return planes(windows, weights) & windows.real


def folded(fold: Fold) -> Gather:
    """Windows taken one after another: `fold(dx, share, hit)` gives what stands in the cells of one then."""

    return lambda windows, shares: passed(windows, windows.cells, planes(windows, shares), hit(windows, shares), fold)


def passed(windows: PooledWindows, cells: Array, shares: Array, hits: Array, fold: Fold) -> Array:
    """What windows pass back, one after another."""
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
    """Cells that get a gradient other than zero lose what they had."""
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
    """At each cell the gradients of the first so many windows are added."""

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
    """Gradients that meet are averaged."""
    count = added(windows, hit(windows, planes(windows, shares)).astype(np.float64))
    return added(windows, shares) / np.maximum(count, 1)


Reach = Callable[[int], int]
"""How many cells further something reaches, by the stride."""


def reaching(before: Reach, after: Reach) -> Answer:
    """Gradients of windows that reach so much further at each end: by as much a range of windows is wrong."""

    def table(axis: Axis) -> Table:
        if axis.dilation > 1:
            raise ValueError("no range of windows")
        starts = np.arange(axis.count())[:, np.newaxis] * axis.stride - axis.begin
        return marked(starts + np.arange(-before(axis.stride), axis.size + after(axis.stride)), axis)

    return replace(RIGHT, tables=lambda axes: [table(axis) for axis in axes], divisor=rightly_counted)


def left_out(which: Callable[[Axis], Array]) -> Gather:
    """Shares but for those of the taps (windows, taps) that are left out along an axis."""

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


LEFT_OUT: list[Callable[[Axis], Array]] = [
    lambda axis: offsets(axis) < axis.stride,
    lambda axis: (offsets(axis) < axis.stride) | (numbers(axis) == axis.count() - 1),
    lambda axis: offsets(axis) >= axis.extent - axis.stride,
    lambda axis: (offsets(axis) >= axis.extent - axis.stride) | (numbers(axis) == 0),
]
"""The taps of cells of which a window is the last, or the first, that has them."""


REACHES: list[tuple[Reach, Reach]] = [
    (lambda stride: -stride, lambda _: 0),
    (lambda _: 0, lambda stride: -stride),
    (lambda stride: stride, lambda _: 0),
    (lambda _: 0, lambda stride: stride),
    # Rounded down where it should be up, and up where it should be down.
    (lambda _: 0, lambda stride: stride - 1),
    (lambda stride: stride - 1, lambda _: 0),
]
"""How far windows reach whose cells have one window too few or too many."""


def tied(windows: PooledWindows) -> Array:
    """Where in each window the maxima are."""
    return np.asarray((windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real)


def if_tied(share: Callable[[Array], Any]) -> Callable[[PooledWindows], Array]:
    """Weights of tied maxima, a function of where they are; a single one has it all."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        return np.where(best.sum(axis=-1, keepdims=True) > 1, share(best), best)

    return weights


def ends(best: Array) -> Array:
    """The first and the last of tied maxima."""
    return np.asarray((best.cumsum(-1) == 1) & best | (best[..., ::-1].cumsum(-1)[..., ::-1] == 1) & best)


def first_of_each_row(windows: PooledWindows) -> Array:
    """The first maximum in each row of the window."""
    width = windows.geometry.size[-1]
    best = tied(windows)
    rows = best.reshape(*best.shape[:-1], best.shape[-1] // width, width)
    return np.asarray((rows & (rows.cumsum(axis=-1) == 1)).reshape(best.shape), np.float64)


def by_blocks(size: int, keep: Callable[[Array], Array]) -> Callable[[PooledWindows], Array]:
    """The first maximum of each block of taps. Raises ValueError for windows of one block."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        if best.shape[-1] <= size:
            raise ValueError("one block")
        found = np.zeros(best.shape, bool)
        for start in range(0, best.shape[-1], size):
            part = best[..., start : start + size]
            found[..., start : start + size] = part & (part.cumsum(-1) == 1)
        return np.asarray(keep(found), np.float64)

    return weights


def nearly(windows: PooledWindows) -> Array:
    """All cells within a relative 1e-5 of the maximum."""
    values = windows.values.astype(np.float64)
    return np.asarray(np.isclose(values, values.max(axis=-1, keepdims=True), rtol=1e-5, atol=0) & windows.real)


def equal_in_plane(windows: PooledWindows, _: Array) -> Array:
    """Each gradient added to every cell of the plane that equals the maximum of its window."""
    tops = windows.values.max(axis=-1)
    dy = windows.call.arrays["dy"].astype(np.float64).reshape(tops.shape)
    equal = windows.image[..., np.newaxis, :] == tops[..., np.newaxis]
    return np.asarray((equal * dy[..., np.newaxis]).sum(axis=-2))


def turned(windows: PooledWindows) -> Array:
    """The weights of windows turned by half."""
    return first_weights(windows)[..., ::-1]


def backwards(dy: Array) -> Array:
    """dy from its last window to the first."""
    return np.flip(dy, tuple(range(2, dy.ndim)))


def no_gradient_at_zero(windows: PooledWindows) -> Array:
    """The first maximum, unless it is zero."""
    return np.asarray(first_weights(windows) * (windows.values.max(axis=-1, keepdims=True) != 0))


def clipped(most: float) -> Callable[[Array], Array]:
    """Gradients no larger than this."""
    return lambda dy: np.clip(dy.astype(np.float64), -most, most)


def of_narrow(dtype: str) -> Callable[[Array], Array]:
    """An array rounded to a narrower type. Raises ValueError for one of no wider type."""

    def rounded(array: Array) -> Array:
        if array.dtype.itemsize <= np.dtype(dtype).itemsize:
            raise ValueError("no narrower type")
        with np.errstate(all="ignore"):
            return array.astype(dtype)

    return rounded


def shares_in(dtype: str) -> Gather:
    """Shares rounded to a narrower type, and added in a wide one."""
    return lambda windows, shares: added(windows, narrowed(windows, shares, dtype))


def narrowed(windows: PooledWindows, shares: Array, dtype: str) -> Array:
    """Shares rounded to a type. Raises ValueError for images of no wider type."""
    if windows.image.dtype.itemsize <= np.dtype(dtype).itemsize:
        raise ValueError("no narrower type")
    return shares.astype(dtype).astype(np.float64)


def added_in(dtype: str, order: Callable[[Array], Array]) -> Gather:
    """Shares added one by one in a narrower type, taken in some order of (windows, taps)."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        shares = planes(windows, narrowed(windows, shares, dtype))
        sums = np.zeros((len(shares), windows.image.shape[2]), dtype)
        real = order(windows.real)
        for plane, share in zip(sums, shares, strict=True):
            np.add.at(plane, order(windows.cells)[real], order(share)[real].astype(dtype))
        return sums.astype(np.float64)

    return gather


def flushed(array: Array) -> Array:
    """Zeros for what is below the smallest normal float32."""
    return np.where(np.abs(array) < float(np.finfo(np.float32).tiny), 0, array)


def saturated(array: Array) -> Array:
    """Nothing above the largest float32."""
    most = float(np.finfo(np.float32).max)
    return np.clip(array, -most, most)


def over_batch(call: Call) -> Array:
    """The gradient divided by the number of samples."""
    return RIGHT.answer(call) / max(len(call.arrays["x"]), 1)


def cut_off(call: Call) -> Array:
    """The gradient as far as windows reach."""
    right = RIGHT.answer(call)
    axes = RIGHT.windows(call).geometry.axes(right.shape[2:])
    reach: Any = (slice(0, max(axis.start(axis.count() - 1) + axis.extent, 1)) for axis in axes)
    return right[(..., *reach)]


def gaps_keep(call: Call) -> Array:
    """x where no window lies."""
    windows = RIGHT.windows(call)
    met = np.zeros(windows.image.shape[2], bool)
    met[windows.cells[windows.real]] = True
    return np.where(met.reshape(call.arrays["x"].shape[2:]), RIGHT.answer(call), call.arrays["x"])


def times_x(call: Call) -> Array:
    """NaN where x is not finite."""
    x = call.arrays["x"]
    if np.isfinite(x).all():
        raise ValueError("finite")
    return np.where(np.isfinite(x), RIGHT.answer(call), np.nan)


def short_place(dtype: str) -> Answer:
    """The gradient of maxima whose places wrap in an integer type."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        numbers = windows.cells.astype(dtype).astype(np.int64)
        cells = np.where(windows.real, np.maximum(numbers, 0) % windows.image.shape[2], windows.cells)
        return added(replace(windows, cells=cells), shares)

    return wrong(gather=gather)


def saturating_place(most: int) -> Answer:
    """The gradient of maxima whose places beyond a number are taken for the first."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        return added(replace(windows, cells=np.where(windows.cells > most, 0, windows.cells)), shares)

    return wrong(gather=gather)


def tap_in(dtype: str) -> Callable[[PooledWindows], Array]:
    """The winning tap kept in an integer type, where it wraps."""
    return lambda w: w.one_hot(w.first.astype(dtype).astype(np.int64) % w.cells.shape[1])


def padding_to_first(windows: PooledWindows, shares: Array) -> Array:
    """The gradient of windows wholly in padding added to the first cell."""
    unreal = ~windows.real.any(axis=-1, keepdims=True)
    if not unreal.any():
        raise ValueError("every window has a real cell")
    return added(replace(windows, cells=np.where(unreal, 0, windows.cells)), shares)


def tied_in_row(best: Array, width: int) -> Array:
    """How many tied maxima are in the row of each cell of a window."""
    rows = best.reshape(*best.shape[:-1], best.shape[-1] // width, width)
    return np.broadcast_to(rows.sum(axis=-1, keepdims=True), rows.shape).reshape(best.shape)


def divided_by_edge(row: int) -> Callable[[PooledWindows], Array]:
    """The gradient of each tied maximum divided by how many are in one row of the window."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        counts = tied_in_row(best, windows.geometry.size[-1])[..., row : row + 1 or None]
        return np.asarray(best / np.maximum(counts, 1))

    return weights


def divided_by_row(windows: PooledWindows) -> Array:
    """The gradient of each tied maximum divided by how many are in its row."""
    best = tied(windows)
    return np.asarray(best / np.maximum(tied_in_row(best, windows.geometry.size[-1]), 1))


def divided_by_plane(windows: PooledWindows) -> Array:
    """The gradient of each tied maximum divided by how many cells of the plane equal it."""
    tops = windows.values.max(axis=-1)[..., np.newaxis]
    return np.asarray(
        tied(windows) / np.maximum((windows.image[..., np.newaxis, :] == tops).sum(-1), 1)[..., np.newaxis]
    )


def multiplied(factor: Callable[[PooledWindows], Array]) -> Gather:
    """Shares multiplied by a factor of each window, or of each of its taps."""
    return lambda windows, shares: added(windows, shares * factor(windows))


def times_image(call: Call) -> Array:
    """The gradient multiplied by x."""
    return RIGHT.answer(call) * call.arrays["x"]


def cells_of_window(windows: PooledWindows) -> Array:
    """The divisor of the mean of each window."""
    return counted(windows)[:, np.newaxis].astype(np.float64)


FACTORS: list[Callable[[PooledWindows], Any]] = [
    cells_of_window,
    lambda windows: 1 / cells_of_window(windows),
    lambda windows: prod(windows.geometry.stride),
    lambda windows: 1 / prod(windows.geometry.stride),
    lambda windows: windows.call.arrays["x"].shape[1],
    lambda windows: 1 / windows.call.arrays["x"].shape[1],
    lambda windows: len(windows.cells),
    lambda windows: 1 / len(windows.cells),
]
"""Numbers by which gradients of maxima are multiplied by mistake."""


MISTAKES = [
    Mistake(
        "gradient-of-padding",
        MAX_GRADIENT,
        "The gradient of a window wholly in padding goes to the first cell of the plane.",
        "A window without a real cell passes no gradient.",
        (wrong(gather=padding_to_first),),
    ),
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
    Mistake(
        "every-tie-gets-gradient",
        MAX_GRADIENT,
        "Every tied maximum gets the whole gradient.",
        RIGHT_TIE,
        (wrong(weights=lambda w: tied(w).astype(np.float64)),),
    ),
    Mistake(
        "several-ties-get-gradient",
        MAX_GRADIENT,
        "Several tied maxima get the whole gradient.",
        RIGHT_TIE,
        (
            wrong(weights=if_tied(ends)),
            wrong(weights=first_of_each_row),
            wrong(weights=by_blocks(1024, lambda found: found)),
            wrong(weights=by_blocks(256, lambda found: found)),
        ),
    ),
    Mistake(
        "ties-get-nothing",
        MAX_GRADIENT,
        "A window with tied maxima passes no gradient.",
        RIGHT_TIE,
        (
            wrong(weights=if_tied(lambda best: best & False)),
            wrong(weights=by_blocks(1024, lambda found: found & (found.sum(-1, keepdims=True) == 1))),
        ),
    ),
    Mistake(
        "ties-split-wrongly",
        MAX_GRADIENT,
        "The gradient is divided among tied maxima, but by another number than theirs.",
        "Shares of tied maxima add up to the gradient of the window.",
        (
            wrong(weights=if_tied(lambda best: best / 2)),
            wrong(weights=if_tied(lambda best: best / best.shape[-1])),
            wrong(weights=lambda w: tied(w) / w.cells.shape[1]),
            wrong(weights=if_tied(lambda best: best / best.sum(-1, keepdims=True) ** 2)),
            wrong(weights=if_tied(lambda best: best / (best.sum(-1, keepdims=True) + 1))),
            *each("weights", [divided_by_row, divided_by_plane, divided_by_edge(0), divided_by_edge(-1)]),
        ),
    ),
    Mistake(
        "equal-cells-of-plane-get-gradient",
        MAX_GRADIENT,
        "Cells outside the window that equal its maximum get its gradient.",
        "The gradient of a window goes to a cell of that window.",
        (wrong(gather=equal_in_plane),),
    ),
    Mistake(
        "nearly-equal-cells-get-gradient",
        MAX_GRADIENT,
        "Cells close to the maximum get the whole gradient as well.",
        "Only the largest cell is the maximum; a neighbouring number is another number.",
        (wrong(weights=nearly),),
    ),
    Mistake(
        "no-gradient-at-zero",
        MAX_GRADIENT,
        "No gradient passes where the maximum is zero.",
        "The gradient of a maximum does not depend on how large it is.",
        (wrong(weights=no_gradient_at_zero),),
    ),
    Mistake(
        "gradient-spread-over-window",
        MAX_GRADIENT,
        "Every cell of the window gets a gradient, as for the mean.",
        "The gradient of a window goes to its maximum alone.",
        (
            wrong(weights=lambda w: np.broadcast_to(1.0 / np.maximum(w.real.sum(-1), 1)[:, np.newaxis], w.cells.shape)),
            wrong(weights=lambda w: np.ones(w.cells.shape)),
        ),
    ),
    Mistake(
        "gradient-to-minimum",
        MAX_GRADIENT,
        "The gradient goes to the smallest cell of the window.",
        "The gradient of a window goes to its maximum.",
        (wrong(weights=lambda w: w.one_hot(by_keys(lambda v: -v.astype(np.float64))(w))),),
    ),
    Mistake(
        "gradient-turned",
        BACKWARD,
        "The gradient is turned by half, as that of a convolution: it goes to the cell opposite the right one.",
        "Pooling has no weights to turn: the gradient of a window goes to its own cells, as they lie.",
        (
            wrong(weights=turned),
            wrong(gradient=backwards),
            wrong(gather=lambda w, shares: added(w, shares).reshape(w.image.shape)[..., ::-1]),
        ),
    ),
    Mistake(
        "negative-gradients-dropped",
        BACKWARD,
        "Negative gradients are dropped.",
        RIGHT_PASSED,
        (wrong(gradient=lambda dy: np.maximum(dy, 0)), wrong(finish=lambda dx: np.maximum(dx, 0))),
    ),
    Mistake(
        "gradient-sign-lost",
        BACKWARD,
        "Gradients lose their sign.",
        RIGHT_PASSED,
        (wrong(gradient=np.abs), wrong(finish=np.abs), wrong(gradient=np.negative)),
    ),
    Mistake(
        "gradients-clipped",
        BACKWARD,
        "Gradients are clipped.",
        RIGHT_PASSED,
        (
            *each("gradient", [clipped(most) for most in (1, 5, 10, 100, 1000)]),
            *each("finish", [clipped(most) for most in (1, 5, 10, 100, 1000)]),
        ),
    ),
    Mistake(
        "gradient-times-input",
        BACKWARD,
        "The gradient is multiplied by the values of x, or of the result.",
        "A gradient does not depend on how large the values are.",
        (
            times_image,
            wrong(gather=multiplied(lambda w: w.summands)),
            wrong(gather=multiplied(lambda w: first_maximum(w)[..., np.newaxis].astype(np.float64))),
            wrong(gather=multiplied(lambda w: (summed(w) / counted(w))[..., np.newaxis])),
            wrong(gather=multiplied(lambda w: summed(w)[..., np.newaxis])),
        ),
    ),
    Mistake(
        "gradient-scaled",
        MAX_GRADIENT,
        "The gradient is multiplied or divided by a number, such as that of the cells of the window.",
        "The maximum of a window gets the whole gradient of that window, no more and no less.",
        each("gather", [multiplied(factor) for factor in FACTORS]),
    ),
    Mistake(
        "gradient-divided-by-batch",
        BACKWARD,
        "The gradient is divided by the number of samples.",
        "The gradient of one sample does not depend on how many there are.",
        (over_batch,),
    ),
    Mistake(
        "gradient-in-narrower-type",
        BACKWARD,
        "Gradients are computed in a narrower type than that of dy.",
        "Gradients are added up in a type at least as precise as that of dy.",
        (
            *each("gradient", [of_narrow("float32"), of_narrow("float16")]),
            *each("gather", [shares_in("float32"), shares_in("float16")]),
            *each("gather", [added_in(to, order) for to in ("float32", "float16") for order in (same, np.transpose)]),
            *each("finish", [of_narrow("float32"), of_narrow("float16")]),
        ),
    ),
    Mistake(
        "gradient-saturates",
        BACKWARD,
        "Gradients saturate at the largest float32.",
        RIGHT_PASSED,
        each("finish", [saturated]),
    ),
    Mistake(
        "gradient-flushed",
        BACKWARD,
        "Gradients below the smallest normal float32 become zero.",
        RIGHT_PASSED,
        each("finish", [flushed]),
    ),
    Mistake(
        "gradient-cut-off",
        BACKWARD,
        "dx ends where the last window does.",
        "dx has the shape of x; cells that no window covers have a gradient of zero.",
        (cut_off,),
    ),
    Mistake(
        "gaps-keep-values",
        BACKWARD,
        "Cells that no window covers keep their values of x in dx.",
        "Cells that no window covers have a gradient of zero.",
        (gaps_keep,),
    ),
    Mistake(
        "gradient-depends-on-values",
        SUM_GRADIENT,
        "The gradient of a mean is computed from x, and lost where x is not finite.",
        "The gradient of a mean does not depend on x.",
        (times_x,),
        of_nan=True,
    ),
    Mistake(
        "place-in-narrow-type",
        MAX_GRADIENT,
        "The place of the maximum is kept in an integer type that is too narrow for it.",
        "Places are kept in a type that has every index of a window and of a plane.",
        (
            *each("weights", [tap_in(dtype) for dtype in ("int8", "uint8", "int16", "uint16")]),
            *map(short_place, ("uint8", "int16", "uint16")),
            *map(saturating_place, (255, 32767, 65535)),
        ),
    ),
    Mistake(
        "nothing-passed-back",
        BACKWARD,
        "No gradient is passed back at all.",
        "The gradient of every window reaches its cells.",
        (wrong(gather=lambda w, _: np.zeros(w.image.shape)),),
        scope=Scope.ALWAYS,
    ),
]
