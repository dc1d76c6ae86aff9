"""The last step of shrinking: cut what Hypothesis cannot, because it would have to move cells to other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from .cases import Case


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The case, or a smaller one made of it that still fails. Lattices stay lattices, distinct values distinct."""
    smaller = next((part for part in parts(case) if fails(part)), None)
    return case if smaller is None else smallest(smaller, fails)


def parts(case: Case) -> Iterator[Case]:
    """Smaller cases: without a sample, a channel, a first or last row or column of windows; with a smaller window or
    stride (halved, so that powers of two stay such); with the ranks of the values for the values."""
    for axis in range(4):
        for keep in (slice(1, None), slice(None, -1)) if case.dy.shape[axis] > 1 else ():
            step = case.stride[axis - 2] if axis > 1 else 1
            yield cut(case, axis, keep, slice(step, None) if keep.start else slice(None, -step))
    for axis in (2, 3):
        yield from narrower(case, axis)
    ranks = np.unique(case.x, return_inverse=True)[1].reshape(case.x.shape).astype(case.x.dtype)
    if not np.array_equal(ranks, case.x):
        yield replace(case, x=ranks)


def narrower(case: Case, axis: int) -> Iterator[Case]:
    """The case with half the window, or half the stride, along an axis."""
    size, stride, everything = case.size[axis - 2], case.stride[axis - 2], slice(None)
    if size > 1:
        smaller = replace(case, size=changed(case.size, axis - 2, size // 2))
        for pixels in (slice(None, size // 2 - size), slice(size - size // 2, None)):
            yield cut(smaller, axis, everything, pixels)
    if stride > 1:
        lost = (stride - stride // 2) * (case.dy.shape[axis] - 1)
        smaller = replace(case, stride=changed(case.stride, axis - 2, stride // 2))
        yield cut(smaller, axis, everything, slice(None, case.x.shape[axis] - lost))
    rest = case.x.shape[axis] - (case.dy.shape[axis] - 1) * stride - size
    if rest:
        yield cut(case, axis, everything, slice(None, -rest))


def changed(pair: tuple[int, int], place: int, value: int) -> tuple[int, int]:
    """The pair with another value at one place."""
    return (value, pair[1]) if place == 0 else (pair[0], value)


def cut(case: Case, axis: int, outputs: slice, pixels: slice) -> Case:
    """The case with these outputs and these pixels along one axis."""
    y_part = (slice(None),) * axis + (outputs,)
    x_part = (slice(None),) * axis + (pixels,)
    dy, x = case.dy[y_part].copy(), case.x[x_part].copy()
    other = case.other
    if other is not None:
        other = other[x_part if other.shape == case.x.shape else y_part].copy()
    return replace(case, x=x, dy=dy, other=other, spot=moved(case, y_part, dy.shape))


def moved(case: Case, part: tuple[Any, ...], shape: tuple[int, ...]) -> float:
    """The spot among the outputs that are left; the first, if it was cut off."""
    mask = np.zeros(case.dy.shape, bool)
    mask[case.spot_in(case.dy.shape)] = True
    flat = int(mask[part].argmax())
    return (flat + 0.5) / prod(shape)
