"""Conventions about what is at the edge of sense: empty batches, odd layouts, and arguments that should be refused.

The arguments that should be refused are so on purpose; in everything else these calls keep to the declarations.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from poolproof.kernels.dtypes import Ints

from ..contract import FORWARD
from ..layouts import LAYOUTS
from .ask import Ask, call_of
from .registry import convention


def answered(result: object) -> str:
    """What became of a wrong argument."""
    return result if isinstance(result, str) else "answered"


@convention((), "accepted", "refused", "other")
def empty_batch(ask: Ask) -> Iterable[str]:
    """Is N = 0 accepted?"""
    for function, dtype, rank in ask.ways(ask.target.offers):
        result = ask(function, np.zeros((0, 2, *(2,) * rank), dtype))
        yield result if isinstance(result, str) else "accepted"


@convention((), "accepted", "refused", "other")
def layouts(ask: Ask) -> Iterable[str]:
    """Are arrays accepted however they lie in memory?"""
    for function, dtype, rank in ask.ways(FORWARD):
        shape = (1, 2, *(2, 3, 4)[-rank:])
        x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        for layout in LAYOUTS:
            result = ask(function, x, (2,) * rank, layout=layout)
            yield result if isinstance(result, str) else "accepted"


@convention((), "refused", "empty", "answered", "other")
def window_too_large(ask: Ask) -> Iterable[str]:
    """What happens to a window larger than the input?"""
    for function, dtype, rank in ask.ways(FORWARD):
        for size in ask.shapes(((1, 3), (3, 1), (3, 3)), rank):
            for stride in (size,) if ask.declared.tiles else ((1,) * rank, (2,) * rank):
                y = ask.free(call_of(function, np.ones((1, 1, *(2,) * rank), dtype), size, stride, {}))
                yield "empty" if isinstance(y, np.ndarray) and y.size == 0 else answered(y)


@convention((), "refused", "answered", "other")
def stride_zero(ask: Ask) -> Iterable[str]:
    """What happens to a stride of 0?"""
    for function, dtype, rank in ask.ways(FORWARD) if not ask.declared.tiles else ():
        for stride in strides_of_zero(rank, square=ask.declared.square):
            x = np.ones((1, 1, *(1,) * (rank - 1), 2), dtype)
            yield answered(ask.free(call_of(function, x, (1,) * rank, stride, {})))


def strides_of_zero(rank: int, *, square: bool) -> list[Ints]:
    """A stride of 0 along each axis, and along all of them."""
    each = [tuple(int(k != axis) for k in range(rank)) for axis in reversed(range(rank))]
    return list(dict.fromkeys([*([] if square else each), (0,) * rank]))


@convention((), "refused", "answered", "other")
def wrong_rank(ask: Ask) -> Iterable[str]:
    """What happens to an x of one axis more than size and stride are for?"""
    for function, dtype, rank in ask.ways(FORWARD):
        x = np.ones((1, 1, 1, *(2,) * rank), dtype)
        yield answered(ask.free(call_of(function, x, (2,) * rank, None, {})))
