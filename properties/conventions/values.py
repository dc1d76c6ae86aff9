"""Conventions about the numbers in a window: equal maxima, NaN, infinities, subnormals, zeros, sums that overflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from poolproof.kernels.dtypes import IEEE_FLOATS, Array, Ints, finfo

from .ask import Ask
from .registry import convention
from .scenes import MANY, Windows, show

SHAPES = ((1, 2), (2, 2), (3, 3), (1, 3), (1, MANY))
SMALL = SHAPES[:4]


def filled(value: Callable[[np.dtype], float], shape: Ints) -> Windows:
    """One window of nothing but a number, which depends on the dtype."""
    return lambda dtype: np.full((1, *shape), value(np.dtype(dtype)), dtype)


def numbers(dtype: str, shape: Ints) -> Array:
    """So many different small numbers, the first of them negative."""
    return (np.arange(np.prod(shape)) - 1).astype(dtype).reshape(shape)


def one_special(special: float, shape: Ints) -> Windows:
    """Windows with one special number, at every place, among numbers that rise, and among numbers that fall."""

    def windows(dtype: str) -> Array:
        rising = np.repeat(numbers(dtype, shape)[None], np.prod(shape), axis=0)
        made = np.concatenate([rising, rising[:, ::-1, ::-1]])
        made.reshape(len(made), -1)[np.arange(len(made)), np.tile(np.arange(len(rising)), 2)] = special
        return made

    return windows


ONE_NAN = [partial(one_special, np.nan)(shape) for shape in SHAPES]
ONE_INFINITY = [partial(one_special, np.inf)(shape) for shape in SMALL]


def tied(shape: Ints) -> Windows:
    """Windows of which all cells are equal; and, of five cells or more, all but the first two."""

    def windows(dtype: str) -> Array:
        made = np.ones((2, *shape), dtype)
        if made[0].size < 5:
            return made[:1]
        made[1].reshape(-1)[:2] = 0
        return made

    return windows


@convention(("max_backward",), "first", "last", "split", "all", "other")
def ties(ask: Ask, _: str) -> Iterable[str]:
    """Which of several equal maxima gets the gradient?"""
    return show(ask, "max_backward", map(tied, SHAPES), who_got_it)


def who_got_it(window: Array, dx: Array) -> str:
    """Who among tied maxima got the gradient 1."""
    share = dx[window == window.max()].astype(np.float64)
    if np.count_nonzero(dx) != np.count_nonzero(share):
        return "other"
    for name, place in (("first", 0), ("last", -1)):
        if share[place] == 1 and np.count_nonzero(share) == 1:
            return name
    if (share == 1).all():
        return "all"
    return "split" if np.ptp(share) == 0 and share[0] > 0 else "other"


@convention(("max_indices",), "first", "last", "refused", "other")
def ties_index(ask: Ask, dtype: str) -> Iterable[str]:
    """Which of several equal maxima is named by the index?"""
    for shape in filter(ask.fits, SHAPES):
        i = ask("max_indices", np.ones(shape, dtype))
        if isinstance(i, str) or i.size != 1:
            yield "refused" if isinstance(i, str) else "other"
        else:
            yield {0: "first", np.prod(shape) - 1: "last"}.get(i.item(), "other")


@convention(("max_forward",), "propagates", "ignored", "refused", "other")
def nan(ask: Ask, _: str) -> Iterable[str]:
    """What is the maximum of a window with a NaN in it?"""
    return show(ask, "max_forward", ONE_NAN, of_nan)


def of_nan(window: Array, y: Array) -> str:
    """What became of the NaN of a window."""
    return "propagates" if y != y else "ignored" if y == np.nanmax(window) else "other"


@convention(("max_backward",), "to the nan", "to the largest", "nowhere", "refused", "other")
def nan_gradient(ask: Ask, _: str) -> Iterable[str]:
    """Where does the gradient of a window with a NaN go?"""
    return show(ask, "max_backward", ONE_NAN, where_it_went)


def where_it_went(window: Array, dx: Array) -> str:
    """Where the gradient 1 of a window with a NaN is."""
    places = {"to the nan": window != window, "to the largest": window == np.nanmax(window)}
    for name, place in places.items():
        if (dx == place).all():
            return name
    return "other" if dx.any() else "nowhere"


@convention(("max_indices",), "the nan", "the largest", "inside", "outside", "refused", "other")
def nan_index(ask: Ask, dtype: str) -> Iterable[str]:
    """Which index has a window with a NaN in it?"""
    for shape in filter(ask.fits, SHAPES[1:]):
        for window in one_special(np.nan, shape)(dtype):
            i = ask("max_indices", window)
            if isinstance(i, str) or i.size != 1:
                yield "refused" if isinstance(i, str) else "other"
                continue
            names = {int(np.nanargmax(window)): "the largest", int(np.isnan(window).argmax()): "the nan"}
            yield names.get(i.item(), "inside" if 0 <= i.item() < window.size else "outside")


@convention(("mean_forward",), "propagates", "ignored", "refused", "other")
def nan_mean(ask: Ask, _: str) -> Iterable[str]:
    """What is the mean of a window with a NaN in it?"""
    return show(ask, "mean_forward", ONE_NAN[:4], lambda _, y: "propagates" if y != y else "ignored")


@convention(("max_forward",), "-inf", "lowest", "nan", "refused", "other")
def all_minus_infinity(ask: Ask, _: str) -> Iterable[str]:
    """What is the maximum of a window of nothing but -inf?"""
    windows = [filled(lambda _: -np.inf, shape) for shape in SMALL]
    return show(ask, "max_forward", windows, of_minus_infinity)


def of_minus_infinity(_: Array, y: Array) -> str:
    """What the maximum of only -inf is."""
    return "nan" if y != y else {-np.inf: "-inf", float(finfo(y.dtype).min): "lowest"}.get(float(y), "other")


@convention(("max_backward",), "inside", "nowhere", "refused", "other")
def minus_infinity_gradient(ask: Ask, _: str) -> Iterable[str]:
    """Where does the gradient of a window of nothing but -inf go?"""
    windows = [filled(lambda _: -np.inf, shape) for shape in SMALL]
    return show(ask, "max_backward", windows, where_it_is)


def where_it_is(_: Array, dx: Array) -> str:
    """Whether the gradient 1 is in its window, whole but for the rounding of its shares."""
    total, rounding = float(dx.astype(np.float64).sum()), dx.size * float(finfo(dx.dtype).eps)
    return "nowhere" if total == 0 else "inside" if abs(total - 1) <= rounding else "other"


@convention(("max_forward",), "kept", "flushed", "refused", "other")
def subnormals(ask: Ask, _: str) -> Iterable[str]:
    """Does a number below the smallest normal one survive?"""
    return show(ask, "max_forward", map(small_numbers, SMALL[:2]), kept)


@convention(("mean_forward",), "kept", "flushed", "refused", "other")
def mean_subnormals(ask: Ask, _: str) -> Iterable[str]:
    """Does the mean of numbers below the smallest normal one survive?"""
    windows = [filled(lambda dtype: 4 * float(finfo(dtype).smallest_subnormal), shape) for shape in SMALL[:2]]
    return show(ask, "mean_forward", windows, kept)


def small_numbers(shape: Ints) -> Windows:
    """Windows of zeros with the smallest number above zero at the end, and with three times that."""

    def windows(dtype: str) -> Array:
        eta = float(finfo(np.dtype(dtype)).smallest_subnormal)
        made = np.zeros((2, *shape), dtype)
        made[:, -1, -1] = [eta, 3 * eta]
        return made

    return windows


def kept(window: Array, y: Array) -> str:
    """What became of a small number."""
    return "kept" if y == window.max() else "flushed" if y == 0 else "other"


@convention(("max_forward",), "first", "last", "positive", "negative", "refused", "other")
def signed_zero(ask: Ask, _: str) -> Iterable[str]:
    """Which zero is the maximum of +0 and -0?"""

    return show(ask, "max_forward", map(zeros, SMALL[:2]), which_zero, together=True)


def zeros(shape: Ints) -> Windows:
    """Two windows: +0, and after it -0; -0, and after it +0."""

    def windows(dtype: str) -> Array:
        made = np.zeros((2, *shape), dtype)
        first = np.arange(made[0].size).reshape(shape) == 0
        made[:] = np.where(first == np.array([True, False]).reshape(2, 1, 1), made, -made)
        return made

    return windows


def which_zero(_: Array, zeros: Array) -> str:
    """Which zero was chosen of (+0, -0), and of (-0, +0)."""
    if zeros.any():
        return "other"
    first, second = np.signbit(zeros.astype(np.float64)).tolist()
    return {(False, True): "first", (True, False): "last", (False, False): "positive"}.get((first, second), "negative")


@convention(("mean_forward",), "infinite", "finite", "nan", "refused", "other")
def mean_overflow(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the mean of numbers whose sum is beyond the widest float?"""
    return show(ask, "mean_forward", [filled(highest, (1, 4)), filled(highest, (2, 2))], kind_of, (dtype,))


@convention(("mean_forward",), "inf", "nan", "refused", "other")
def infinite_mean(ask: Ask, _: str) -> Iterable[str]:
    """What is the mean of a window with inf in it?"""
    names = {"infinite": "inf", "nan": "nan", "finite": "other"}
    return show(ask, "mean_forward", ONE_INFINITY, lambda window, y: names[kind_of(window, y)])


def highest(dtype: np.dtype) -> float:
    """The largest finite number of a dtype."""
    return float(finfo(dtype).max)


def kind_of(_: Array, y: Array) -> str:
    """NaN, infinite or finite."""
    return "nan" if y != y else "infinite" if np.isinf(y.astype(np.float64)) else "finite"


@convention(("mean_forward",), "wider", "own", "refused", "other")
def accumulator(ask: Ask, dtype: str) -> Iterable[str]:
    """Are the sums of float16 (or else float32) kept in a wider type, so that they do not overflow?"""
    taken = ask.target.declared.dtypes_of("mean_forward")
    narrow = next((each for each in IEEE_FLOATS if each in taken), dtype)
    windows = [filled(highest, (1, 4)), filled(highest, (2, 2))]

    def name(window: Array, y: Array) -> str:
        return "wider" if y == window.max() else "own" if np.isinf(y) else "other"

    return show(ask, "mean_forward", windows, name, (narrow,))


@convention(("mean_forward",), "float", "truncated", "rounded", "refused", "other")
def integer_mean(ask: Ask, _: str) -> Iterable[str]:
    """What is the mean of integers that do not divide?"""
    y = ask("mean_forward", np.array([1, 1, 3, 2], np.int32).reshape((2, 2) if ask.rank > 1 else (1, 4)))
    if isinstance(y, str) or y.size != 1:
        yield "refused" if isinstance(y, str) else "other"
    else:
        yield {1.75: "float", 1: "truncated", 2: "rounded"}.get(y.item(), "other")
