"""Conventions about settings: the last window in ceil mode, the divisor of a mean, windows wholly in padding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, finfo
from poolproof.kernels.geometry import Geometry

from ..contract import SETTINGS, Fixed
from ..targets.call import Call
from .ask import Ask, call_of
from .registry import convention


@convention(("max_forward",), "dropped", "kept", "refused", "other", needs=("padding", "ceil_mode"))
def ceil_rule(ask: Ask) -> Iterable[str]:
    """In ceil mode, what happens to a last window that would start in the end padding?"""
    # With 3 cells and a padded one on each side, windows of 2 start at -1 and 1; another one would start at 3.
    for function, dtype, rank in ask.ways(("max_forward",)):
        for shape in ask.shapes(((1, 3), (3, 1), (3, 3)), rank):
            size, pair = tuple(min(2, n) for n in shape), tuple((int(n > 1),) * 2 for n in shape)
            x = np.ones((1, 1, *shape), dtype)
            y = ask.free(call_of(function, x, size, None, {"padding": pair, "ceil_mode": True}))
            yield y if isinstance(y, str) else which_rule(shape, y.shape[2:])


def which_rule(shape: Ints, counts: Ints) -> str:
    """ "kept" if there is a third window along every axis of three cells, "dropped" if along none, else "other"."""
    if len(counts) != len(shape):
        return "other"
    names = {{2: "dropped", 3: "kept"}.get(count, "other") for n, count in zip(shape, counts, strict=True) if n > 1}
    return names.pop() if len(names) == 1 else "other"


@convention(("mean_forward",), "counted", "not counted", "refused", "other", needs=("padding",), any_window=True)
def divisor_default(ask: Ask) -> Iterable[str]:
    """Does the mean count padded cells in its divisor by default?"""
    for function, dtype, rank in ask.ways(("mean_forward",)):
        fixed = ask.declared.fixed
        for call in fixed_on_ones(fixed, function, dtype) if fixed else padded_ones(ask, function, dtype, rank):
            y = ask.right(call)
            yield y if isinstance(y, str) else counted_or_not(call, y)


def padded_ones(ask: Ask, function: str, dtype: str, rank: int) -> Iterable[Call]:
    """Calls in which a window of two cells has a single one, and padding."""
    size = pair_of_cells(ask, rank)
    for pair in ((1, 1), *(((1, 0), (0, 1)) if ask.declared.padding == "any" else ())):
        yield call_of(function, np.ones((1, 1, *(1,) * rank), dtype), size, None, {"padding": along(size, pair)})


def fixed_on_ones(fixed: Fixed, function: str, dtype: str) -> Iterable[Call]:
    """A call with fixed windows on ones, in which the last window along each axis ends with the padding, if any."""
    settings = {name: value for name, value in fixed.passed(function).items() if name in SETTINGS}
    if any(map(any, settings.get("padding", ()))):
        rooms = (replace(axis, length=n).room for axis, n in zip(fixed.axes, fixed.image, strict=True))
        lengths = [n + -room % s for n, room, s in zip(fixed.image, rooms, fixed.stride, strict=True)]
        yield call_of(function, np.ones((1, 1, *lengths), dtype), fixed.size, fixed.stride, settings)


def counted_or_not(call: Call, y: Array) -> str:
    """The value for the means of ones, by the window with the smallest share of real cells, but not without any."""
    every, spatial = Geometry.of(call.size, call.stride, **call.settings), call.arrays["x"].shape[2:]
    real, within = replace(every, count_include_pad=False).divisors(spatial), every.divisors(spatial)
    where = np.where(real > 0, real / within, np.inf).argmin()
    found, expected = float(y.flat[where]), {"counted": real.flat[where] / within.flat[where], "not counted": 1.0}
    rounded = 4 * float(finfo(y.dtype).eps)
    return next((name for name, mean in expected.items() if abs(found - mean) <= rounded), "other")


def pair_of_cells(ask: Ask, rank: int) -> Ints:
    """A window of two cells along the last axis, or along all axes if it must be square."""
    return (2,) * rank if ask.declared.square else (*(1,) * (rank - 1), 2)


def along(size: Ints, pair: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Padding along the axes along which a window has several cells."""
    return tuple(pair if f > 1 else (0, 0) for f in size)


def beside_everything(ask: Ask, function: str, size: Ints) -> Iterable[dict[str, Any]]:
    """Settings under which a window of two cells misses an image of a single cell.

    With dilation, the window steps over the cell; without, it lies before it, if padding may be as wide as a window.
    """
    if "dilation" in ask.declared.settings_of(function):
        yield {"padding": along(size, (1, 1)), "dilation": size}
    elif ask.declared.padding_limit is None:
        yield {"padding": along(size, (2, 2))}


@convention(("max_forward",), "-inf", "lowest", "zero", "nan", "refused", "other", needs=("padding",))
def max_of_padding(ask: Ask) -> Iterable[str]:
    """What is the maximum of a window wholly in padding?"""
    return of_padding(ask, "max_forward")


@convention(("max_indices",), "inside", "negative", "past the end", "refused", "other", needs=("padding",))
def index_of_padding(ask: Ask) -> Iterable[str]:
    """Which index is returned for a window wholly in padding?"""
    for function, dtype, rank in ask.ways(("max_indices",)):
        size, x = pair_of_cells(ask, rank), np.full((1, 2, *(1,) * rank), 3, dtype)
        for settings in beside_everything(ask, function, size):
            i = ask(function, x, size, settings=settings)
            yield i if isinstance(i, str) else where_nothing_is(i)


def where_nothing_is(i: Array) -> str:
    """The value for the indices of the first window of each of two planes.

    An index before the second plane is negative too.
    """
    places = i.reshape(2, -1)[:, 0].tolist()
    if max(places) > 0:
        return "past the end"
    return "inside" if min(places) == 0 else "negative" if max(places) < 0 else "other"


@convention(
    ("mean_forward",),
    *("-inf", "lowest", "zero", "nan", "refused", "other"),
    needs=("padding", "count_include_pad"),
)
def mean_of_padding(ask: Ask) -> Iterable[str]:
    """What is the mean of a window wholly in padding that is not counted?"""
    return of_padding(ask, "mean_forward", count_include_pad=False)


def of_padding(ask: Ask, function: str, **more: Any) -> Iterable[str]:
    """Observe the result of a window without a real cell."""
    for _, dtype, rank in ask.ways((function,)):
        size, x = pair_of_cells(ask, rank), np.full((1, 1, *(1,) * rank), 3, dtype)
        for settings in beside_everything(ask, function, size):
            y = ask(function, x, size, settings={**settings, **more})
            yield y if isinstance(y, str) else of_nothing(first(y), x.dtype)


def first(y: Array) -> float:
    """The result of the first window."""
    return float(y.reshape(-1)[0])


def of_nothing(value: float, dtype: np.dtype[Any]) -> str:
    """The value for the result of a window without a real cell."""
    names = {-np.inf: "-inf", float(finfo(dtype).min): "lowest", 0.0: "zero"}
    return "nan" if np.isnan(value) else names.get(value, "other")
