"""The last step of shrinking: cut what Hypothesis cannot, because it would have to move cells to other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Array

from .cases import Case


def smallest(case: Case, fails: Callable[[Case], bool], *, blank: bool = False) -> Case:
    """The case, or a smaller one made of it that still fails. Lattices stay lattices, distinct values distinct.

    `blank`: values may become zeros as well, as those of a case that ends a process may.
    """
    blanks = blanked(case) if blank else ()
    smaller = next((part for part in (*blanks, *parts(case)) if fails(part)), None)
    return case if smaller is None else smallest(smaller, fails, blank=blank)


def blanked(case: Case) -> Iterator[Case]:
    """The case with zeros for all values, or for those of x or dy."""
    x, dy = np.zeros_like(case.x), np.zeros_like(case.dy)
    if case.x.any() and case.dy.any():
        yield replace(case, x=x, dy=dy)
    if case.x.any():
        yield replace(case, x=x)
    if case.dy.any() and case.x.dtype.kind == "f":
        yield replace(case, dy=dy)


def parts(case: Case) -> Iterator[Case]:
    """Simpler cases: with half the samples, channels, rows or columns of windows, or without the first or last of
    them; with a smaller window or stride; lying rather than standing; with the ranks of the values for the values."""
    if not case.x.size:
        return
    for axis in range(4):
        for keep in halves_and_ends(case.dy.shape[axis]):
            step = case.stride[axis - 2] if axis > 1 else 1
            first, last = (keep.start or 0) * step, (keep.stop or 0) * step
            yield from cut(case, axis, keep, slice(first, last or None))
    for axis in (2, 3):
        yield from narrower(case, axis)
    if case.x.shape[2] > case.x.shape[3]:
        yield transposed(case)
    ranks = np.unique(case.x, return_inverse=True)[1].reshape(case.x.shape).astype(case.x.dtype)
    if not np.array_equal(ranks, case.x):
        yield replace(case, x=ranks)


def halves_and_ends(count: int) -> list[slice]:
    """What to keep of so many things in a row: the second half, the first, all but the first, all but the last."""
    half = count // 2
    halves = [slice(half, None), slice(None, half - count)] if count > 3 else []
    return [*halves, slice(1, None), slice(None, -1)] if count > 1 else []


def narrower(case: Case, axis: int) -> Iterator[Case]:
    """The case with a smaller window, or half the stride, along an axis. Windows of a power of two stay such."""
    size, stride, everything = case.size[axis - 2], case.stride[axis - 2], slice(None)
    for fewer in dict.fromkeys((size // 2, size - 1 if size & (size - 1) else size // 2)) if size > 1 else ():
        smaller = replace(case, size=changed(case.size, axis - 2, fewer))
        for pixels in (slice(None, fewer - size), slice(size - fewer, None)):
            yield from cut(smaller, axis, everything, pixels)
    if stride > 1:
        kept = (case.dy.shape[axis] - 1) * (stride // 2) + size
        smaller = replace(case, stride=changed(case.stride, axis - 2, stride // 2))
        yield from cut(smaller, axis, everything, slice(None, kept))
    rest = case.x.shape[axis] - (case.dy.shape[axis] - 1) * stride - size
    if rest:
        yield from cut(case, axis, everything, slice(None, -rest))


def transposed(case: Case) -> Case:
    """The case with height and width exchanged."""
    x, dy = (array.swapaxes(-1, -2).copy() for array in (case.x, case.dy))
    other = None if case.other is None else case.other.swapaxes(-1, -2).copy()
    flat = np.zeros(case.dy.shape, bool)
    flat[case.spot_in(case.dy.shape)] = True
    spot = (int(flat.swapaxes(-1, -2).argmax()) + 0.5) / flat.size
    return replace(case, x=x, dy=dy, other=other, size=case.size[::-1], stride=case.stride[::-1], spot=spot)


def changed(pair: tuple[int, int], place: int, value: int) -> tuple[int, int]:
    """The pair with another value at one place."""
    return (value, pair[1]) if place == 0 else (pair[0], value)


def cut(case: Case, axis: int, outputs: slice, pixels: slice) -> Iterator[Case]:
    """The case with these outputs and these pixels along one axis; its spot may be one of outputs or of pixels."""
    y_part = (slice(None),) * axis + (outputs,)
    x_part = (slice(None),) * axis + (pixels,)
    dy, x = case.dy[y_part].copy(), case.x[x_part].copy()
    other = case.other
    if other is not None:
        other = other[x_part if other.shape == case.x.shape else y_part].copy()
    spots = (moved(case, case.dy, y_part), moved(case, case.x, x_part))
    for spot in dict.fromkeys(spots):
        yield replace(case, x=x, dy=dy, other=other, spot=spot)


def moved(case: Case, array: Array, part: tuple[Any, ...]) -> float:
    """The spot among the cells that are left of an array; the first of them, if it was cut off."""
    mask = np.zeros(array.shape, bool)
    mask[case.spot_in(array.shape)] = True
    left = mask[part]
    spot: float = (int(left.argmax()) + 0.5) / left.size
    return spot
