"""An answer compared with the right one: which cells are wrong, and whether a mistake would give the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float, is_number

from .. import oracle
from ..contract import MEAN, Declared
from ..targets.call import Call
from .mistakes.mistake import Prediction
from .mistakes.steps import RIGHT, PooledWindows, TooLarge, counted

NO_ANSWER = (ValueError, IndexError, TypeError, ArithmeticError)
"""The exceptions that a mistake raises for calls to which it has no answer."""

UNITS = 16
"""By how many units in the last place two ways to add the same terms may differ."""

MOST_EXPONENT = 900
"""An exponent above that of any sum of images; a sum of zeros is exact in any type."""

CLOSER = 4
"""A mistake must be closer to a wrong answer than the right answer is by this factor."""


class Fault(Enum):
    """What is wrong with an answer."""

    NOTHING = "nothing"
    SHAPE = "shape"
    VALUES = "values"
    DTYPE = "dtype"


@dataclass(frozen=True)
class Judged:
    """An answer beside the right one. `wrong` marks the wrong cells, `free` those that may have any value.

    `meant` is the call with count_include_pad stated, even if the callable has no such keyword.
    """

    meant: Call
    got: Array
    right: Array
    wrong: Array
    free: Array

    @cached_property
    def fault(self) -> Fault:
        """What is wrong with the answer."""
        if self.got.shape != self.right.shape:
            return Fault.SHAPE
        if self.wrong.any():
            return Fault.VALUES
        kept = self.got.dtype.kind in "iu" if self.meant.function == "max_indices" else self.got.dtype == self.dtype
        return Fault.NOTHING if kept else Fault.DTYPE

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of x."""
        return self.meant.arrays["x"].dtype

    @property
    def rounds(self) -> bool:
        """Whether the result consists of sums, which may be rounded."""
        return self.meant.function in MEAN or self.meant.function == "max_backward"

    @cached_property
    def spread(self) -> float:
        """By how much two sums of the same terms may differ: some units in the last place of the largest term."""
        if not self.rounds:
            return 0.0
        array = self.meant.arrays.get("dy", self.meant.arrays["x"]).astype(np.float64)
        return UNITS * self.unit * float(np.abs(array[np.isfinite(array)]).max(initial=0))

    @cached_property
    def only_rounded(self) -> bool:
        """Whether all wrong results are off by no more than two ways to add the same terms may differ."""
        if self.fault is not Fault.VALUES or not self.rounds:
            return False
        got, right = (each[self.wrong].astype(np.float64) for each in (self.got, self.right))
        return bool((np.abs(got - right) <= UNITS * self.unit * np.abs(right) + self.spread).all())

    @property
    def unit(self) -> float:
        """The distance from one to the next number of the type."""
        return float(finfo(self.dtype).eps) if is_float(self.dtype) else 0.0


def meant(call: Call, declared: Declared) -> Call:
    """The call with count_include_pad stated, even if the callable has no such keyword."""
    if call.function not in MEAN or "count_include_pad" in call.settings:
        return call
    return replace(call, settings={**call.settings, "count_include_pad": declared.count_include_pad})


def judged(call: Call, got: Any) -> Judged | None:
    """An answer beside the right one, or None if it cannot be judged."""
    if not isinstance(got, np.ndarray) or not is_number(got.dtype):
        return None
    try:
        with np.errstate(all="ignore"):
            return JUDGES[call.function](call, got)
    except NO_ANSWER:
        return None


def of_maxima(call: Call, got: Array) -> Judged:
    """Maxima, which are exact; windows without a real cell may have any value, and those with a NaN some."""
    windows = RIGHT.windows(call)
    right = RIGHT.answer(call)
    free = undefined(windows, right.shape)
    if got.shape == right.shape:
        free &= kept_or_skipped(windows, got)
    return compared(call, got, right, lambda: got != right, free)


def of_indices(call: Call, got: Array) -> Judged:
    """Indices: any maximum of the window is right."""
    windows, right = RIGHT.windows(call), RIGHT.answer(call)

    def wrong() -> Array:
        best = (windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real
        places = got.astype(np.float64).reshape(*windows.image.shape[:2], -1, 1)
        allowed = ((places == windows.cells) & best).any(axis=-1).reshape(right.shape)
        inside = (got < windows.image.shape[2]) & ((got >= 0) | (right < 0))
        return np.asarray(~(allowed | (undefined(windows, right.shape) & inside)))

    return compared(call, got, right, wrong)


def undefined(windows: PooledWindows, shape: tuple[int, ...]) -> Array:
    """Where results are a matter of convention: windows with a NaN or without a real cell."""
    unreal = ~windows.real.any(axis=-1)
    return np.asarray((np.isnan(windows.values.astype(np.float64)).any(axis=-1) | unreal).reshape(shape))


def kept_or_skipped(windows: PooledWindows, got: Array) -> Array:
    """Where a maximum is NaN or the largest number of its window, or the window has no number above -inf."""
    values = windows.values.astype(np.float64)
    largest = np.where(np.isnan(values), -np.inf, values).max(axis=-1).reshape(got.shape)
    return np.asarray(np.isnan(got) | (got == largest) | (largest == -np.inf))


def of_sums(call: Call, got: Array) -> Judged:
    """Means and their gradients, within their proved bounds."""
    refuse_overflow(call)
    arrays, free = call.arrays, np.zeros((), bool)
    if call.function == "mean_forward":
        x = arrays["x"]
        arrays, free = {"x": np.where(np.isfinite(x), x, np.zeros((), x.dtype))}, not_finite(RIGHT.windows(call), got)
    exact = getattr(oracle, call.function)(*arrays.values(), call.size, call.stride, **call.settings)
    right = exact.nearest()
    return compared(call, got, right, lambda: ~exact.allows(got) | (unrounded(call, got) & (got != right)), free)


def refuse_overflow(call: Call) -> None:
    """Raise ValueError for terms too large to be added: the result is a convention."""
    added = call.arrays.get("dy", call.arrays["x"])
    finite = np.abs(np.where(np.isfinite(added), added, 0).astype(np.float64) / float(finfo(added.dtype).max))
    largest = finite.sum(axis=tuple(range(2, added.ndim))).max(initial=0)
    if min(largest, prod(call.size) * finite.max(initial=0)) > 1:
        raise ValueError("too large to be added up")


def unrounded(call: Call, got: Array) -> Array:
    """Which means must be exact: no partial sum has more bits than the type, and the divisor is a power of two."""
    if call.function != "mean_forward":
        return np.zeros(got.shape, bool)
    windows = RIGHT.windows(call)
    divisors, info = counted(windows), finfo(windows.image.dtype)
    most = np.ldexp(1.0, last_bit(windows.summands).min(axis=-1, initial=MOST_EXPONENT) + int(info.nmant) + 1)
    short = (np.abs(windows.summands).sum(axis=-1) <= most) & (divisors & (divisors - 1) == 0)
    total = np.abs(windows.summands.sum(axis=-1))
    normal = (total == 0) | (total >= divisors * float(info.tiny))
    return np.asarray((short & normal & np.isfinite(windows.summands).all(axis=-1)).reshape(got.shape))


def last_bit(numbers: Array) -> Array:
    """For each number, the largest exponent of a power of two that divides it; zero is a multiple of all."""
    significands, exponents = np.frexp(np.where(np.isfinite(numbers), numbers, 0))
    whole = np.ldexp(significands, 53).astype(np.int64)
    lowest = np.log2(np.maximum(whole & -whole, 1)).astype(np.int64)
    return np.where(whole == 0, MOST_EXPONENT, exponents - 53 + lowest)


def not_finite(windows: PooledWindows, got: Array) -> Array:
    """Which windows have a non-finite number, in the shape of a result; none if the result has another shape."""
    found = np.asarray(~np.isfinite(windows.summands).all(axis=-1))
    return found.reshape(got.shape) if found.size == got.size else np.zeros((), bool)


def of_gradients(call: Call, got: Array) -> Judged:
    """The gradients of maxima. A tied gradient may go to the first maximum, to the last, or in shares to all."""
    dy, x = call.arrays["dy"], call.arrays["x"]
    right = oracle.max_backward(dy, x, call.size, call.stride, **call.settings)
    if np.isnan(x.astype(np.float64)).any():
        raise ValueError("whose gradient that of a NaN is, is a convention")
    found = compared(call, got, right.nearest(), lambda: ~right.allows(got))
    if found.wrong.any() and any(fits(found, answer) is Agreement.WHOLLY for answer in CONVENTIONS):
        return replace(found, wrong=np.zeros(found.wrong.shape, bool))
    return found


def compared(call: Call, got: Array, right: Array, wrong: Callable[[], Array], free: Array | None = None) -> Judged:
    """An answer beside the right one; if the shape is wrong, no single cell counts as wrong."""
    free = np.zeros((), bool) if free is None else free
    return Judged(call, got, right, wrong() & ~free if got.shape == right.shape else np.zeros(right.shape, bool), free)


JUDGES: dict[str, Callable[[Call, Array], Judged]] = {
    "max_forward": of_maxima,
    "max_indices": of_indices,
    "max_backward": of_gradients,
    **dict.fromkeys(MEAN, of_sums),
}


class Agreement(Enum):
    """How a mistake's answer fits the given one: not at all, in the wrong cells, or everywhere."""

    NOT = 0
    PARTLY = 1
    WHOLLY = 2


@np.errstate(all="ignore")
def fits(found: Judged, answer: Prediction) -> Agreement:
    """How the answer of a mistake fits."""
    made = attempted(found, answer)
    if made is None:
        # Where windows are larger than the image, code raises an error or returns an empty array.
        no_room = is_empty(found) and raises(TooLarge, answer, found.meant)
        return Agreement.PARTLY if no_room else Agreement.NOT
    if found.fault in (Fault.SHAPE, Fault.DTYPE):
        alike = made.shape == found.got.shape and (found.fault is Fault.SHAPE or made.dtype == found.got.dtype)
        return Agreement.WHOLLY if alike else Agreement.NOT
    if made.dtype not in (found.right.dtype, found.got.dtype):
        return Agreement.NOT
    if made.shape != found.got.shape:
        return Agreement.NOT
    certain, possible = (each[found.wrong] for each in explained(found, made))
    if not certain.any() or not (certain | possible).all():
        return Agreement.NOT
    return Agreement.PARTLY if contradicted(found, made).any() else Agreement.WHOLLY


def is_empty(found: Judged) -> bool:
    """Whether an answer is empty and should not be."""
    return found.got.size == 0 < found.right.size


@np.errstate(all="ignore")
def raises(error: type[ValueError], answer: Prediction, call: Call) -> bool:
    """Whether a mistake has no answer to a call for this reason: its windows do not fit, or have too many taps."""
    try:
        answer(call)
    except error:
        return True
    except NO_ANSWER:
        pass
    return False


def attempted(found: Judged, answer: Prediction) -> Array | None:
    """The answer of a mistake to a call that was answered, or None if it has none."""
    return predicted(answer, found.meant)


@np.errstate(all="ignore")
def predicted(answer: Prediction, call: Call) -> Array | None:
    """The answer of a mistake to a call, or None if it has none."""
    try:
        return answer(call)
    except NO_ANSWER:
        return None


def pooled_by(call: Call) -> PooledWindows | None:
    """The right windows of a call, or None if there are none, or too many."""
    try:
        return RIGHT.windows(call)
    except NO_ANSWER:
        return None


def explained(found: Judged, made: Array) -> tuple[Array, Array]:
    """Where a mistake's answer certainly equals the given one, and where it may within rounding of sums.

    It certainly does if the mistake is also closer to the answer than the right one is. Integers are never rounded.
    """
    if found.got.dtype.kind in "iub":
        return (found.got == made,) * 2
    got, wanted, right = (array.astype(np.float64) for array in (found.got, made, found.right))
    equal = np.asarray((found.got == made) | (np.isnan(got) & np.isnan(wanted)))
    error = np.abs(got - wanted)
    margin = UNITS * found.unit * np.maximum(np.abs(got), np.abs(wanted)) + found.spread
    close = np.isfinite(error) & (error <= margin)
    certain = equal | (close & (error <= np.abs(got - right) / CLOSER))
    return certain, close if found.rounds else certain


@np.errstate(all="ignore")
def contradicted(found: Judged, made: Array) -> Array:
    """Where a mistake's answer differs from the given one, which is right."""
    wanted, got = made.astype(np.float64), found.got.astype(np.float64)
    differs = ~((made == found.got) | (np.isnan(wanted) & np.isnan(got)))
    if found.rounds:
        differs &= ~(np.abs(wanted - got) <= 2 * UNITS * found.unit * np.abs(got) + found.spread)
    return np.asarray(differs & ~found.wrong & ~found.free)


def tied_last(windows: PooledWindows) -> Array:
    """The whole gradient to the last maximum."""
    best = (windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real
    return windows.one_hot(best.shape[-1] - 1 - best[..., ::-1].argmax(axis=-1))


def tied_shared(windows: PooledWindows) -> Array:
    """The gradient divided by the number of maxima."""
    best = (windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real
    return np.asarray(best / np.maximum(best.sum(axis=-1, keepdims=True), 1))


CONVENTIONS = tuple(replace(RIGHT, weights=weights).answer for weights in (tied_last, tied_shared))
"""Valid ways to pass the gradient of tied maxima, beside the first."""
