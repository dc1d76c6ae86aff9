"""Conventions about edge cases: empty batches, odd layouts, and arguments that should be refused.

Those arguments are wrong on purpose; in everything else these calls stay within the declarations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, finfo

from ..contract import FORWARD
from ..data.layouts import layouts_taken
from ..targets.call import Call
from .ask import Ask, call_of
from .registry import convention

REPEATED = 8
"""Repetitions of a call, enough to reveal atomic additions, which come in any order, if anything else runs."""


def answered(result: object) -> str:
    """The value for a result of a call with a wrong argument."""
    return result if isinstance(result, str) else "answered"


@convention((), "accepted", "refused", "other", any_window=True)
def empty_batch(ask: Ask) -> Iterable[str]:
    """Is N = 0 accepted?"""
    for function, dtype, rank in ask.ways(ask.target.offers):
        result = ask.right(ask.simplest(function, rank, (0, 2), dtype))
        yield result if isinstance(result, str) else "accepted"


@convention((), "accepted", "refused", "other", any_window=True)
def layouts(ask: Ask) -> Iterable[str]:
    """Are arrays accepted in every memory layout?"""
    for function, dtype, rank in ask.ways(FORWARD):
        call = ask.simplest(function, rank, (2, 3), dtype)
        for layout in layouts_taken(ask.declared.layout):
            result = ask.right(replace(call, layouts={} if layout == "C" else {"x": layout}))
            yield result if isinstance(result, str) else "accepted"


@convention((), "same", "differs", "refused", "other")
def repeated(ask: Ask) -> Iterable[str]:
    """Does the same call return the same bits each time, even if sums depend on their order?"""
    for function, dtype, rank in ask.ways(ask.target.offers):
        stride = (3 if ask.declared.tiles else 1,) * rank
        call = call_of(function, np.empty((2, 2, *(9,) * rank), dtype), (3,) * rank, stride, {})
        for array in call.arrays.values():
            array[...] = (1 / np.arange(3, 3 + array.size)).reshape(array.shape)
        answers = [ask.right(call) for _ in range(REPEATED)]
        words = [answer for answer in answers if isinstance(answer, str)]
        bits = {answer.tobytes() for answer in answers if not isinstance(answer, str)}
        yield words[0] if words else "same" if len(bits) == 1 else "differs"


@convention((), "refused", "empty", "answered", "other")
def window_too_large(ask: Ask) -> Iterable[str]:
    """What happens to a window larger than the input?"""
    for function, dtype, rank in ask.ways(FORWARD):
        # Squares rise, so that what lies beyond a row or an image is larger, and no mean of several is one of them.
        x = (np.arange(1, 1 + 4 * 2**rank) ** 2).reshape(2, 2, *(2,) * rank).astype(dtype)
        for size in ask.shapes(((1, 3), (3, 1), (3, 3)), rank):
            for stride in (size,) if ask.declared.tiles else ((1,) * rank, (2,) * rank):
                call = call_of(function, x, size, stride, {})
                y = ask.free(call)
                yield y if isinstance(y, str) else "empty" if y.size == 0 else made_of(call, y)


def made_of(call: Call, y: Array) -> str:
    """ "answered" if every output is the maximum or mean of the cells that its window has in the image, else "other".

    A mean may divide by the number of these cells, or by the size of the window.
    """
    x = call.arrays["x"].astype(np.float64)
    if y.ndim != x.ndim or y.shape[:2] != x.shape[:2]:
        return "other"
    rounding = x.size * float(finfo(call.arrays["x"].dtype).eps)
    for place in np.ndindex(y.shape[2:]):
        starts = [o * s for o, s in zip(place, call.stride, strict=True)]
        window: Any = (..., *(slice(start, start + f) for start, f in zip(starts, call.size, strict=True)))
        if not any((np.abs(y[(..., *place)] - right) <= rounding * right).all() for right in pooled(call, x[window])):
            return "other"
    return "answered"


def pooled(call: Call, cells: Array) -> list[Array]:
    """The possible results of a window with these cells (N, C, ...) in the image; none if it has no cells."""
    axes = tuple(range(2, cells.ndim))
    count = prod(cells.shape[2:])
    if not count:
        return []
    if call.function == "max_forward":
        return [cells.max(axes)]
    return [cells.sum(axes) / divisor for divisor in (count, prod(call.size))]


@convention((), "refused", "answered", "other")
def size_zero(ask: Ask) -> Iterable[str]:
    """What happens to a window of size 0?"""
    for function, dtype, rank in ask.ways(FORWARD) if not ask.declared.tiles else ():
        for size in with_zero(rank, square=ask.declared.square):
            yield answered(ask.free(call_of(function, row_of_two(rank, dtype), size, (1,) * rank, {})))


@convention((), "refused", "answered", "other")
def stride_zero(ask: Ask) -> Iterable[str]:
    """What happens to a stride of 0?"""
    for function, dtype, rank in ask.ways(FORWARD) if not ask.declared.tiles else ():
        for stride in with_zero(rank, square=ask.declared.square):
            yield answered(ask.free(call_of(function, row_of_two(rank, dtype), (1,) * rank, stride, {})))


def row_of_two(rank: int, dtype: str) -> Array:
    """An image of two ones along the last axis."""
    return np.ones((1, 1, *(1,) * (rank - 1), 2), dtype)


def with_zero(rank: int, *, square: bool) -> list[Ints]:
    """Ones with a 0 along each axis in turn, and zeros along all axes."""
    each = [tuple(int(k != axis) for k in range(rank)) for axis in reversed(range(rank))]
    return list(dict.fromkeys([*([] if square else each), (0,) * rank]))


@convention((), "refused", "answered", "other")
def wrong_rank(ask: Ask) -> Iterable[str]:
    """What happens to an x with one axis more than size and stride are for?"""
    for function, dtype, rank in ask.ways(FORWARD):
        x = np.ones((1, 1, 1, *(2,) * rank), dtype)
        yield answered(ask.free(call_of(function, x, (2,) * rank, None, {})))
