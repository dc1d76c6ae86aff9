"""Conventions about the numbers in a window: equal maxima, NaN, infinities, subnormals, zeros, sums that overflow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import prod

import numpy as np
from poolproof.kernels.dtypes import IEEE_FLOATS, INTEGERS, Array, Ints, finfo

from ..contract import WIDEST_FIRST, Declared
from .ask import Ask, call_of
from .registry import convention
from .scenes import MANY, Windows, show

SHAPES = ((1, 2), (2, 2), (3, 3), (1, 3), (1, MANY))
SMALL = SHAPES[:4]
FOUR = ((1, 4), (2, 2))

NARROW_FIRST = (*IEEE_FLOATS, "bfloat16")


def filled(value: Callable[[np.dtype], float]) -> Windows:
    """One window filled with a single number, which depends on the dtype."""
    return lambda dtype, size: np.full((1, *size), value(np.dtype(dtype)), dtype)


def numbers(dtype: str, size: Ints) -> Array:
    """A window of distinct small numbers, the first of which is negative."""
    return (np.arange(np.prod(size)) - 1).astype(dtype).reshape(size)


def one_special(special: float, dtype: str, size: Ints) -> Array:
    """Windows with one special number at every place, once among rising and once among falling numbers."""
    rising = np.repeat(numbers(dtype, size)[None], np.prod(size), axis=0)
    made = np.concatenate([rising, np.flip(rising, tuple(range(1, rising.ndim)))])
    made.reshape(len(made), -1)[np.arange(len(made)), np.tile(np.arange(len(rising)), 2)] = special
    return made


ONE_NAN, ONE_INFINITY = partial(one_special, np.nan), partial(one_special, np.inf)


def tied(dtype: str, size: Ints) -> Array:
    """A window whose cells are all equal; from five cells on, also one in which all but the first two are."""
    made = np.ones((2, *size), dtype)
    if made[0].size < 5:
        return made[:1]
    made[1].reshape(-1)[:2] = 0
    return made


@convention(("max_backward",), "first", "last", "split", "all", "refused", "other", any_window=True)
def ties(ask: Ask) -> Iterable[str]:
    """Which of several equal maxima gets the gradient?"""
    return show(ask, "max_backward", tied, SHAPES, who_got_it)


def who_got_it(window: Array, dx: Array) -> str:
    """The value for a dx: which of the tied maxima got the gradient 1."""
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
def ties_index(ask: Ask) -> Iterable[str]:
    """Which of several equal maxima does the index name?"""
    for function, dtype, rank in ask.ways(("max_indices",)):
        for size in ask.shapes(SHAPES, rank):
            i = ask(function, np.ones((1, 1, *size), dtype))
            yield i if isinstance(i, str) else {0: "first", np.prod(size) - 1: "last"}.get(i.item(), "other")


@convention(("max_forward",), "propagates", "ignored", "refused", "other", any_window=True)
def nan(ask: Ask) -> Iterable[str]:
    """What is the maximum of a window with a NaN in it?"""
    return show(ask, "max_forward", ONE_NAN, SHAPES, of_nan)


def of_nan(window: Array, y: Array) -> str:
    """The value for the maximum of a window with a NaN."""
    return "propagates" if y != y else "ignored" if y == np.nanmax(window) else "other"


@convention(("max_backward",), "to the nan", "to the largest", "nowhere", "refused", "other", any_window=True)
def nan_gradient(ask: Ask) -> Iterable[str]:
    """Where does the gradient of a window with a NaN go?"""
    return show(ask, "max_backward", ONE_NAN, SHAPES, where_it_went)


def where_it_went(window: Array, dx: Array) -> str:
    """The value for a dx: where the gradient 1 of a window with a NaN is."""
    places = {"to the nan": window != window, "to the largest": window == np.nanmax(window)}
    for name, place in places.items():
        if (dx == place).all():
            return name
    return "other" if dx.any() else "nowhere"


@convention(("max_indices",), "the nan", "the largest", "inside", "outside", "refused", "other")
def nan_index(ask: Ask) -> Iterable[str]:
    """Which index is returned for a window with a NaN in it?"""
    for function, dtype, rank in ask.ways(("max_indices",)):
        for size in ask.shapes(SHAPES[1:], rank):
            for window in ONE_NAN(dtype, size):
                i = ask(function, window[None, None])
                yield i if isinstance(i, str) else which_cell(window, i.item())


def which_cell(window: Array, i: int) -> str:
    """The value for an index into a window with one NaN."""
    names = {int(np.nanargmax(window)): "the largest", int(np.isnan(window).argmax()): "the nan"}
    return names.get(i, "inside" if 0 <= i < window.size else "outside")


@convention(("mean_forward",), "propagates", "ignored", "refused", "other", any_window=True)
def nan_mean(ask: Ask) -> Iterable[str]:
    """What is the mean of a window with a NaN in it?"""
    return show(ask, "mean_forward", ONE_NAN, SMALL, of_nan_mean)


def of_nan_mean(window: Array, y: Array) -> str:
    """The value for a mean with a NaN: "ignored" if it is the sum of the other cells, divided by either count."""
    if y != y:
        return "propagates"
    others = window[window == window].astype(np.float64)
    rounding = np.abs(others).sum() * float(finfo(window.dtype).eps)
    means = [others.sum() / divisor for divisor in (others.size, window.size)]
    return "ignored" if any(abs(float(y) - mean) <= rounding for mean in means) else "other"


@convention(("max_forward",), "-inf", "lowest", "nan", "refused", "other", any_window=True)
def all_minus_infinity(ask: Ask) -> Iterable[str]:
    """What is the maximum of a window of nothing but -inf?"""
    return show(ask, "max_forward", filled(lambda _: -np.inf), SMALL, of_minus_infinity)


def of_minus_infinity(_: Array, y: Array) -> str:
    """The value for the maximum of nothing but -inf."""
    return "nan" if y != y else {-np.inf: "-inf", float(finfo(y.dtype).min): "lowest"}.get(float(y), "other")


@convention(("max_backward",), "inside", "nowhere", "refused", "other", any_window=True)
def minus_infinity_gradient(ask: Ask) -> Iterable[str]:
    """Where does the gradient of a window of nothing but -inf go?"""
    return show(ask, "max_backward", filled(lambda _: -np.inf), SMALL, where_it_is)


def where_it_is(_: Array, dx: Array) -> str:
    """The value for a dx: whether the gradient 1 is in its window, whole up to the rounding of its shares."""
    total, rounding = float(dx.astype(np.float64).sum()), dx.size * float(finfo(dx.dtype).eps)
    return "nowhere" if total == 0 else "inside" if abs(total - 1) <= rounding else "other"


@convention(("max_forward",), "kept", "flushed", "refused", "other", any_window=True)
def subnormals(ask: Ask) -> Iterable[str]:
    """Is a subnormal number kept, or flushed to zero?"""
    return show(ask, "max_forward", small_numbers, SMALL[:2], kept)


@convention(("mean_forward",), "kept", "flushed", "refused", "other", any_window=True)
def mean_subnormals(ask: Ask) -> Iterable[str]:
    """Is the mean of subnormal numbers kept, or flushed to zero?"""
    four = filled(lambda dtype: 4 * float(finfo(dtype).smallest_subnormal))
    return show(ask, "mean_forward", four, SMALL[:2], kept)


def small_numbers(dtype: str, size: Ints) -> Array:
    """Two windows of zeros that end in the smallest number above zero, and in three times that."""
    eta = float(finfo(np.dtype(dtype)).smallest_subnormal)
    made = np.zeros((2, *size), dtype)
    made.reshape(2, -1)[:, -1] = [eta, 3 * eta]
    return made


def kept(window: Array, y: Array) -> str:
    """The value for the result of a window with a small number."""
    return "kept" if y == window.max() else "flushed" if y == 0 else "other"


@convention(("max_forward",), "first", "last", "positive", "negative", "refused", "other", any_window=True)
def signed_zero(ask: Ask) -> Iterable[str]:
    """Which zero is the maximum of +0 and -0?"""
    return show(ask, "max_forward", zeros, SMALL[:2], which_zero, together=2)


def zeros(dtype: str, size: Ints) -> Array:
    """Two windows: +0 followed by -0, and -0 followed by +0."""
    made = np.zeros((2, *size), dtype)
    first = np.arange(made[0].size).reshape(size) == 0
    made[:] = np.where(np.stack([first, ~first]), made, -made)
    return made


def which_zero(_: Array, zeros: Array) -> str:
    """The value for the maxima of (+0, -0) and of (-0, +0)."""
    if zeros.any():
        return "other"
    first, second = np.signbit(zeros.astype(np.float64)).tolist()
    return {(False, True): "first", (True, False): "last", (False, False): "positive"}.get((first, second), "negative")


@convention(("mean_forward",), "infinite", "finite", "clamped", "nan", "refused", "other")
def mean_overflow(ask: Ask) -> Iterable[str]:
    """What is the mean of numbers whose sum overflows the widest float?"""
    taken = [dtype for _, dtype, _ in ask.ways(("mean_forward",))]
    return show(ask, "mean_forward", high, FOUR, of_overflow, tuple(taken), together=2)


@convention(("mean_forward",), "inf", "nan", "refused", "other", any_window=True)
def infinite_mean(ask: Ask) -> Iterable[str]:
    """What is the mean of a window with inf in it?"""
    return show(ask, "mean_forward", ONE_INFINITY, SMALL, of_infinity)


def of_infinity(_: Array, y: Array) -> str:
    """The value for the mean of a window with inf."""
    return "nan" if y != y else "inf" if y == np.inf else "other"


def high(dtype: str, size: Ints) -> Array:
    """Two windows: of the largest finite number, and of 0.6 of it, which tells clamping from a right answer."""
    most = float(finfo(np.dtype(dtype)).max)
    return np.stack([np.full(size, part * most, dtype) for part in (1, 0.6)])


def of_overflow(windows: Array, means: Array) -> str:
    """The value for the means of `high`. Finite ones are exact: four equal cells have an exact mean in any order."""
    y, cells = means.astype(np.float64), windows.reshape(2, -1).astype(np.float64)
    if (y == cells[:, 0]).all():
        return "finite"
    if np.isin(y, (cells.max(), cells.max() / cells.shape[1])).all():
        return "clamped"
    return "nan" if np.isnan(y).all() else "infinite" if (y == np.inf).all() else "other"


@convention(("mean_forward",), "wider", "own", "clamped", "refused", "other")
def accumulator(ask: Ask) -> Iterable[str]:
    """Are the sums of float16 (or else float32) kept in a wider type, so that they do not overflow?"""
    taken = [dtype for dtype in NARROW_FIRST if ask.declared.ranks_of(dtype, "mean_forward")]
    names = {"finite": "wider", "infinite": "own", "clamped": "clamped"}

    def name(windows: Array, means: Array) -> str:
        return names.get(of_overflow(windows, means), "other")

    return show(ask, "mean_forward", high, FOUR, name, tuple(taken[:1]), together=2)


@convention(("mean_forward",), "float", "truncated", "rounded", "wrapped", "refused", "other")
def integer_mean(ask: Ask) -> Iterable[str]:
    """What is the mean of integers that do not divide evenly, and of integers whose sum overflows their dtype?"""
    # Observed even if no integers are declared, as most targets refuse them; but not if `lacks` rules them out.
    # Refusing only some integer dtypes is no convention about means: "refused" stands for all of them.
    every = True
    for x in images_of_integers(ask.declared):
        y = ask.free(call_of("mean_forward", x, None, None, {}))
        if not isinstance(y, str) or y != "refused":
            every = False
            yield y if isinstance(y, str) else which_mean(x, y)
    if every and ask.last:
        yield "refused"


def images_of_integers(declared: Declared) -> Iterable[Array]:
    """Images of every integer dtype that `lacks` does not rule out, at a rank at which the mean takes a float.

    Dtypes of 8 bits also come with a large window, whose sum overflows 16 bits.
    """
    ranks = [rank for rank in (2, 1, 3) if any(declared.takes("mean_forward", dtype, rank) for dtype in WIDEST_FIRST)]
    for dtype in INTEGERS:
        for rank in [rank for rank in ranks if not declared.lacking("mean_forward", dtype, rank)][:1]:
            # 26 squared, or cubed: enough cells for a sum to overflow 16 bits.
            for side in (2, 26) if np.dtype(dtype).itemsize == 1 else (2,):
                size = (side,) * rank if rank > 1 else (side * side,)
                if declared.max_cells is None or 2 * prod(size) <= declared.max_cells:
                    yield integers(dtype, size)


def integers(dtype: str, size: Ints) -> Array:
    """Two samples: one with a mean of 1.75, and one with a mean so large that the sum overflows the dtype."""
    near = np.iinfo(dtype).max // 10 * 9
    return np.stack([np.resize(np.array(four, dtype), (1, *size)) for four in ([1, 1, 3, 2], [near] * 4)])


def which_mean(x: Array, y: Array) -> str:
    """The value for the means of `integers`: what 1.75 became, unless the sum of large numbers wrapped."""
    if y.size != 2:
        return "other"
    small, large = y.reshape(-1).tolist()
    total, cells = int(x[1].max()) * x[1].size, x[1].size
    if is_near(large, total / cells):
        return {1.75: "float", 1: "truncated", 2: "rounded"}.get(small, "other")
    return "wrapped" if any(is_near(large, each / cells) for each in wrapped(total)) else "other"


def wrapped(total: int) -> Iterable[int]:
    """A sum wrapped to integers of 8 to 64 bits, unsigned and signed."""
    for bits in (8, 16, 32, 64):
        rest = total % (1 << bits)
        yield from (rest, rest - (1 << bits) * (rest >> (bits - 1)))


def is_near(value: float, mean: float) -> bool:
    """Whether a number is a mean up to rounding to an integer or to a short float."""
    return abs(value - mean) <= 1 + abs(mean) / 128
