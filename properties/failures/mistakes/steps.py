"""Pooling in small steps, each of which a mistake may replace: place windows, choose, add, divide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, is_float, lowest, rounded
from poolproof.kernels.geometry import Axis, Geometry

from ...targets.call import Call
from .mistake import MEAN, Prediction

PADDED, PAST = -1, -2
"""Markers in place of a cell: a padded one, and one past the padded end."""

MOST_TAPS = 1 << 21
"""The most taps, over all windows of a call, for which a wrong answer is computed."""

ALONE = (-1, -2, 0)
"""The single axes along which windows may be wrong: the last, the last but one, and the first."""

Table = Array
"""The cells of each window along one axis, (windows, taps)."""


class TooLarge(ValueError):
    """The windows of a mistake do not fit into an image, where code that makes it raises an error."""


class Undetermined(ValueError):
    """A mistake leaves the answer to a call open, or it takes too long to compute, which says nothing about it."""


@dataclass(frozen=True)
class PooledWindows:
    """The windows of a call: the cells of each in its plane, (windows, taps), and their values.

    `image` is x as it is read, with its planes flat, (N, C, cells); `outside` is the value of a padded cell for a
    maximum.
    """

    call: Call
    geometry: Geometry
    cells: Array
    output: Ints
    image: Array
    outside: Any

    @cached_property
    def real(self) -> Array:
        """Which taps fall on a real cell."""
        return self.cells >= 0

    @cached_property
    def values(self) -> Array:
        """The value under each tap, (N, C, windows, taps)."""
        found = self.image[..., np.maximum(self.cells, 0)]
        return np.where(self.real, found, np.asarray(self.outside, found.dtype))

    @cached_property
    def first(self) -> Array:
        """The tap of the first maximum, (N, C, windows); a NaN beats everything, a real cell beats a padded one."""
        best = (self.values == self.values.max(axis=-1, keepdims=True)) | (self.values != self.values)
        return np.asarray(np.where((best & self.real).any(axis=-1, keepdims=True), best & self.real, best).argmax(-1))

    @cached_property
    def summands(self) -> Array:
        """The contribution of each tap to a sum, in float64."""
        return np.where(self.real, self.image[..., np.maximum(self.cells, 0)].astype(np.float64), 0)

    def one_hot(self, tap: Array) -> Array:
        """One at a tap of each window, zero elsewhere."""
        return np.asarray(np.arange(self.cells.shape[1]) == tap[..., np.newaxis], np.float64)


Gather = Callable[[PooledWindows, Array], Array]
"""How the shares of windows become a gradient of x."""


def planes(windows: PooledWindows, shares: Array) -> Array:
    """Shares with their planes flat, (planes, windows, taps)."""
    return shares.reshape(prod(windows.image.shape[:2]), *windows.cells.shape)


def axis_table(axis: Axis, count: int | None = None, step: int | None = None) -> Table:
    """The cells of an axis' windows; `count` and `step` replace their number and the distance between taps."""
    starts = np.arange(axis.count() if count is None else count) * axis.stride - axis.begin
    return placed(starts, axis, step)


def refuse_many(windows: int, taps: int) -> None:
    """Raise Undetermined for more taps than a wrong answer is computed for, before they take memory."""
    if windows * taps > MOST_TAPS:
        raise Undetermined("too large")


def placed(starts: Array, axis: Axis, step: int | None = None) -> Table:
    """The cells of windows that start at these places of an axis. Raises Undetermined if there are too many."""
    refuse_many(len(starts), axis.size)
    gap = axis.dilation if step is None else step
    return marked(starts[:, np.newaxis] + np.arange(axis.size) * gap, axis)


def marked(cells: Array, axis: Axis) -> Table:
    """Places along an axis, with PADDED or PAST for those without a cell of the image."""
    beyond = np.where(cells < axis.length + axis.end, PADDED, PAST)
    return np.where((cells >= 0) & (cells < axis.length), cells, beyond)


def tables(axes: tuple[Axis, ...]) -> list[Table]:
    """The right windows along each axis."""
    return [axis_table(axis) for axis in axes]


def crossed(found: list[Table], spatial: Ints) -> Array:
    """The cells of windows in their plane, (windows, taps), from the cells along each axis."""
    cells = np.zeros((1, 1), np.int64)
    for table, length in zip(found, spatial, strict=True):
        lower = joined(np.minimum, cells, table)
        cells = np.where(lower < 0, lower, joined(np.add, cells * length, table))
    return cells


def joined(how: Callable[[Array, Array], Array], outer: Array, inner: Array) -> Array:
    """The windows and taps of some axes combined with those of one more, each with each."""
    found = how(outer[:, np.newaxis, :, np.newaxis], inner[np.newaxis, :, np.newaxis, :])
    return found.reshape(len(outer) * len(inner), outer.shape[1] * inner.shape[1])


def same(array: Array) -> Array:
    """The array itself."""
    return array


def first_maximum(windows: PooledWindows) -> Array:
    """The value at the first maximum."""
    return np.take_along_axis(windows.values, windows.first[..., np.newaxis], axis=-1)[..., 0]


def first_weights(windows: PooledWindows) -> Array:
    """The whole gradient to the first maximum."""
    return windows.one_hot(windows.first)


def summed(windows: PooledWindows) -> Array:
    """The sum of each window."""
    return np.asarray(windows.summands.sum(axis=-1))


def counted(windows: PooledWindows) -> Array:
    """The divisor of each window."""
    counts = windows.cells > PAST if windows.geometry.count_include_pad else windows.real
    return np.asarray(np.maximum(counts.sum(axis=-1), 1))


def rightly_counted(windows: PooledWindows) -> Array:
    """The right divisors, whichever cells are added. Raises ValueError for another number of windows."""
    return counted(RIGHT.windows(windows.call)).reshape(len(windows.cells))


def added(windows: PooledWindows, shares: Array) -> Array:
    """Shares (N, C, windows, taps) added at their cells, (N, C, cells)."""
    sums = np.zeros((prod(windows.image.shape[:2]), windows.image.shape[2]))
    shares = shares.reshape(len(sums), *windows.cells.shape)
    everywhere: Any = (slice(None), windows.cells[windows.real])
    np.add.at(sums, everywhere, shares[:, windows.real])
    return sums.reshape(windows.image.shape)


def plane_index(windows: PooledWindows, tap: Array) -> Array:
    """The row-major index in its plane of the cell under a tap of each window; -1 if there is none."""
    return np.asarray(np.maximum(windows.cells[np.arange(len(windows.cells)), tap], -1))


@dataclass(frozen=True)
class Steps:
    """One way to pool, of which a mistake replaces some steps. Calling it gives the answer to a call.

    `finish` changes the result before it gets its dtype. `only`: the one axis along which windows are as the steps say;
    along the others they are right. `keeps_count`: the number of windows is right.
    """

    geometry: Callable[[Geometry], Geometry] = lambda geometry: geometry
    tables: Callable[[tuple[Axis, ...]], list[Table]] = tables
    image: Callable[[Array], Array] = same
    gradient: Callable[[Array], Array] = same
    outside: Callable[[Any], Any] = lowest
    top: Callable[[PooledWindows], Array] = first_maximum
    weights: Callable[[PooledWindows], Array] = first_weights
    total: Callable[[PooledWindows], Array] = summed
    divisor: Callable[[PooledWindows], Array] = counted
    gather: Gather = added
    index: Callable[[PooledWindows, Array], Array] = plane_index
    finish: Callable[[Array], Array] = same
    only: int | None = None
    keeps_count: bool = False

    def windows(self, call: Call) -> PooledWindows:
        """The windows of a call. Raises ValueError if they are right or do not fit, Undetermined if too large."""
        if any(getattr(self, step) is not right for step, right in PLAIN.items()):
            return self.found(call)
        # Most mistakes use the right windows, and many are tried on the same call in a row.
        latest = LATEST.get("windows")
        if latest is None or latest.call is not call:
            latest = LATEST["windows"] = self.found(call)
        return latest

    def found(self, call: Call) -> PooledWindows:
        """The windows of a call, computed anew."""
        right, x = geometry_of(call), call.arrays["x"]
        spatial = x.shape[2:]
        if self.geometry is not RIGHT.geometry and self.geometry(right) == right:
            # Most calls have no padding or dilation to mistake; this saves computing an answer that is right.
            raise ValueError("nothing is mistaken")
        found = self.along_axes(right, spatial)
        if prod(x.shape[:2]) * prod(table.size for table in found) > MOST_TAPS:
            raise Undetermined("too large")
        geometry = self.geometry(right) if self.only is None else right
        image = self.image(x).reshape(*x.shape[:2], prod(spatial))
        output = tuple(map(len, found))
        return PooledWindows(call, geometry, crossed(found, spatial), output, image, self.outside(x.dtype))

    def along_axes(self, right: Geometry, spatial: Ints) -> list[Table]:
        """The windows along each axis. Raises ValueError if none fits, IndexError for a missing axis."""
        meant, axes = right.axes(spatial), self.geometry(right).axes(spatial)
        numbers = range(len(axes))
        chosen = numbers if self.only is None else (numbers[self.only],)
        if self.keeps_count:
            found = [axis_table(axis, of.count()) for axis, of in zip(axes, meant, strict=True)]
        elif any(axes[k].room < 0 for k in chosen):
            raise TooLarge("a window is larger than the image")
        else:
            found = self.tables(axes)
        return [found[k] if k in chosen else axis_table(meant[k]) for k in numbers]

    def variants(self, function: str) -> Iterator[Steps]:
        """The same mistake about windows along one axis only, with the right number of windows and right divisors."""
        moved = self.geometry is not RIGHT.geometry
        if not moved and self.tables is RIGHT.tables:
            return
        counts = (False, True) if moved else (False,)
        divisors = (self.divisor, rightly_counted) if function in MEAN else (self.divisor,)
        for only, keeps, divisor in islice(product((None, *ALONE), counts, divisors), 1, None):
            # Means over other cells, as many as there should be and divided by their number, may be right but for the
            # divisors.
            if not (keeps and divisor is self.divisor and function in MEAN):
                yield replace(self, only=only, keeps_count=keeps, divisor=divisor)

    def __call__(self, call: Call) -> Array:
        """The answer to a call."""
        return self.answer(call)

    def answer(self, call: Call) -> Array:
        """The answer to a call."""
        windows, x = self.windows(call), call.arrays["x"]
        return self.made(windows).reshape(x.shape if "dy" in call.arrays else (*x.shape[:2], *windows.output))

    def made(self, windows: PooledWindows) -> Array:
        """The result of these windows, in the dtype of x; indices are int64."""
        function, dtype = windows.call.function, windows.call.arrays["x"].dtype
        with np.errstate(all="ignore"):
            found = np.asarray(self.finish(STEPS[function](self, windows)))
        return found if function == "max_indices" else cast(found, dtype)

    def max_forward(self, windows: PooledWindows) -> Array:
        """The maxima."""
        return self.top(windows)

    def max_indices(self, windows: PooledWindows) -> Array:
        """Where the maxima are."""
        return self.index(windows, windows.first)

    def mean_forward(self, windows: PooledWindows) -> Array:
        """The means."""
        return self.total(windows) / self.divisor(windows)

    def max_backward(self, windows: PooledWindows) -> Array:
        """The gradient of the maxima."""
        weights = self.weights(windows)
        # An infinite gradient stays where it is sent.
        return self.gather(windows, np.where(weights, self.sent(windows)[..., np.newaxis] * weights, 0))

    def mean_backward(self, windows: PooledWindows) -> Array:
        """The gradient of the means."""
        shares = (self.sent(windows) / self.divisor(windows))[..., np.newaxis]
        return self.gather(windows, shares * np.ones(windows.cells.shape))

    def sent(self, windows: PooledWindows) -> Array:
        """dy as it is read, in float64, one entry per window; zero for windows that dy lacks."""
        dy = self.gradient(windows.call.arrays["dy"]).astype(np.float64)
        found = np.zeros((*dy.shape[:2], *windows.output))
        common: Any = (..., *map(slice, map(min, dy.shape[2:], windows.output)))
        found[common] = dy[common]
        return found.reshape(*dy.shape[:2], len(windows.cells))


STEPS: dict[str, Callable[[Steps, PooledWindows], Array]] = {
    "max_forward": Steps.max_forward,
    "max_indices": Steps.max_indices,
    "mean_forward": Steps.mean_forward,
    "max_backward": Steps.max_backward,
    "mean_backward": Steps.mean_backward,
}

RIGHT = Steps()

PLAIN = {step: getattr(RIGHT, step) for step in ("geometry", "tables", "image", "outside")}
"""The steps of right pooling."""

LATEST: dict[str, PooledWindows] = {}
"""The right windows of the latest call."""


def wrong(**steps: Any) -> Steps:
    """Answers with some steps of pooling replaced."""
    return replace(RIGHT, **steps)


def each(step: str, choices: list[Any]) -> tuple[Prediction, ...]:
    """A variant for each choice of one step."""
    return tuple(wrong(**{step: choice}) for choice in choices)


def under(**changes: Callable[[Geometry], Any]) -> Prediction:
    """Answers under a geometry with some fields replaced, each computed from the right geometry."""
    return wrong(geometry=lambda g: replace(g, **{name: change(g) for name, change in changes.items()}))


def windows_per_axis(table: Callable[[Axis], Table]) -> Prediction:
    """Answers with other windows along each axis."""
    return wrong(tables=lambda axes: [table(axis) for axis in axes])


def where_any(applies: Callable[[Axis], bool], table: Callable[[Axis], Table]) -> Prediction:
    """Answers with other windows, if the mistake applies to some axis of the call. Raises ValueError otherwise."""

    def tables(axes: tuple[Axis, ...]) -> list[Table]:
        if not any(map(applies, axes)):
            raise ValueError("no such axis")
        return [table(axis) for axis in axes]

    return wrong(tables=tables)


def window_count(count: Callable[[Axis], int]) -> Prediction:
    """Answers with another number of windows along each axis, at least one."""
    return windows_per_axis(lambda axis: axis_table(axis, max(count(axis), 1)))


def geometry_of(call: Call) -> Geometry:
    """The geometry of a call, cached because every mistake is tried on it."""
    return remembered(call.size, call.stride, tuple(call.settings.items()))


@lru_cache(maxsize=64)
def remembered(size: Any, stride: Any, settings: tuple[tuple[str, Any], ...]) -> Geometry:
    """The geometry of these arguments."""
    return Geometry.of(size, stride, **dict(settings))


def cast(found: Array, dtype: Any) -> Array:
    """An answer in the dtype of x."""
    with np.errstate(all="ignore"):
        return rounded(found, dtype) if is_float(dtype) else found.astype(dtype)
