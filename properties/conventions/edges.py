"""Conventions about what is at the edge of sense: empty batches, odd layouts, and arguments that should be refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..contract import FORWARD, RESULT
from ..layouts import LAYOUTS
from ..target import Call
from .ask import Ask
from .registry import convention


def answered(result: Any) -> str:
    """Whether a wrong argument was refused."""
    return "refused" if isinstance(result, str) else "answered"


@convention((), "accepted", "refused", "other")
def empty_batch(ask: Ask, _: str) -> Iterable[str]:
    """Is N = 0 accepted?"""
    for function in ask.target.offers:
        x = np.zeros((0, 2, 2 if ask.rank > 1 else 1, 2), ask.dtype_for(function))
        right = x.shape if RESULT[function] == "dx" else (0, 2, 1, 1)
        result = ask(function, x, dy=1 if RESULT[function] == "dx" else None)
        yield "refused" if isinstance(result, str) else "accepted" if result.shape == right else "other"


@convention((), "accepted", "refused", "other")
def layouts(ask: Ask, _: str) -> Iterable[str]:
    """Are arrays accepted however they lie in memory?"""
    for function in forward(ask):
        x = np.arange(24).reshape((1, 2, 3, 4) if ask.rank > 1 else (1, 2, 1, 12)).astype(ask.dtype_for(function))
        for layout in LAYOUTS:
            refused = isinstance(ask(function, x, (min(2, x.shape[2]), 2), layout=layout), str)
            yield "refused" if refused else "accepted"


@convention((), "refused", "empty", "answered", "other")
def window_too_large(ask: Ask, _: str) -> Iterable[str]:
    """What happens to a window larger than the input?"""
    for function in forward(ask):
        side = 2 if ask.rank > 1 else 1
        for size in filter(ask.fits, ((1, 3), (3, 1), (3, 3))):
            for stride in (size,) if ask.target.declared.tiles else ((1, 1), (2, 2)):
                y = ask(function, np.ones((side, 2), ask.dtype_for(function)), size, stride=stride)
                yield "refused" if isinstance(y, str) else "empty" if y.size == 0 else "answered"


@convention((), "refused", "answered", "other")
def stride_zero(ask: Ask, _: str) -> Iterable[str]:
    """What happens to a stride of 0?"""
    for function in forward(ask) if not ask.target.declared.tiles else ():
        strides = ((1, 0), (0, 1), (0, 0)) if ask.rank > 1 else ((1, 0),)
        for stride in strides if not ask.target.declared.square else ((0, 0),):
            yield answered(ask(function, np.ones((1, 2), ask.dtype_for(function)), (1, 1), stride=stride))


@convention((), "refused", "answered", "other")
def wrong_rank(ask: Ask, _: str) -> Iterable[str]:
    """What happens to an x of one axis more than size and stride are for?"""
    for function in forward(ask):
        size = (2,) * ask.rank
        x = np.ones((1, 1, 1, *size), ask.dtype_for(function))
        yield answered(ask.plain(Call(function, {"x": x}, size, size)))


def forward(ask: Ask) -> list[str]:
    """The forward callables of the target."""
    return [function for function in FORWARD if function in ask.target.offers]
