"""The last step of shrinking: cut what Hypothesis cannot, because it would have to move cells to other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, is_float

from .strategies.cases import Case
from .strategies.palettes import signed
from .target import empty_window


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
    if case.dy.any() and is_float(case.x.dtype):
        yield replace(case, dy=dy)


def parts(case: Case) -> Iterator[Case]:
    """Simpler cases: with half the samples, channels, rows or columns of windows, or without the first or last of
    them; with a smaller window, stride or padding, or fewer settings; lying rather than standing; with the ranks of
    the values for the values."""
    if not case.x.size:
        return
    for axis in range(case.x.ndim):
        for keep in halves_and_ends(case.dy.shape[axis]):
            step = case.stride[axis - 2] if axis > 1 else 1
            first, last = (keep.start or 0) * step, (keep.stop or 0) * step
            yield from cut(case, axis, keep, slice(first, last or None))
    for axis in range(2, case.x.ndim):
        yield from narrower(case, axis)
        yield from less_padded(case, axis)
    yield from fewer_settings(case)
    if sorted(case.x.shape[2:]) != list(case.x.shape[2:]):
        yield lying(case)
    ranks = np.unique(case.x, return_inverse=True)[1].reshape(case.x.shape).astype(case.x.dtype)
    if not np.array_equal(ranks, case.x):
        yield replace(case, x=ranks)
    below = ranks - ranks.max() - 1 if signed(ranks.dtype) else ranks
    if case.x.max() < 0 and not np.array_equal(below, case.x):
        yield replace(case, x=below)


def halves_and_ends(count: int) -> list[slice]:
    """What to keep of so many things in a row: the second half, the first, all but the first, all but the last."""
    half = count // 2
    halves = [slice(half, None), slice(None, half - count)] if count > 3 else []
    return [*halves, slice(1, None), slice(None, -1)] if count > 1 else []


def narrower(case: Case, axis: int) -> Iterator[Case]:
    """The case with a smaller window, or half the stride, along an axis."""
    size, stride, everything = case.size[axis - 2], case.stride[axis - 2], slice(None)
    dilation = case.geometry.dilation[axis - 2]
    for fewer in dict.fromkeys((size // 2, size - 1)) if size > 1 else ():
        smaller, gone = replace(case, size=changed(case.size, axis - 2, fewer)), dilation * (size - fewer)
        for pixels in (slice(None, -gone), slice(gone, None), slice(gone // 2, gone // 2 - gone)):
            yield from cut(smaller, axis, everything, pixels)
    for shorter in dict.fromkeys((stride // 2, stride - 1)) if stride > 1 else ():
        last = case.axes[axis - 2]
        kept = last.start(case.dy.shape[axis] - 1) - (case.dy.shape[axis] - 1) * (stride - shorter) + last.extent
        smaller = replace(case, stride=changed(case.stride, axis - 2, shorter))
        yield from cut(smaller, axis, everything, slice(None, max(kept, 1)))
    rest = case.axes[axis - 2].room % stride
    for gone in dict.fromkeys((rest, (rest + 1) // 2, 1)) if rest else ():
        yield from cut(case, axis, everything, slice(None, -gone))


def less_padded(case: Case, axis: int) -> Iterator[Case]:
    """The case without padding before or after an axis, x being cut or left; with neighbouring cells in a window."""
    everything = slice(None)
    padding = case.settings.get("padding")
    if padding:
        begin, end = padding[axis - 2]
        for pair in dict.fromkeys(((0, 0), (begin // 2, end), (begin, end // 2))):
            if pair != (begin, end):
                settings = {**case.settings, "padding": changed(padding, axis - 2, pair)}
                yield from cut(replace(case, settings=settings), axis, everything, everything)
    dilation = case.settings.get("dilation")
    if dilation and dilation[axis - 2] > 1:
        settings = {**case.settings, "dilation": changed(dilation, axis - 2, dilation[axis - 2] - 1)}
        gone = case.size[axis - 2] - 1
        yield from cut(replace(case, settings=settings), axis, everything, slice(None, -gone or None))


def fewer_settings(case: Case) -> Iterator[Case]:
    """The case without one of its settings; what the mean counts is said as long as there is something to count."""
    for name in case.settings:
        fewer = {key: value for key, value in case.settings.items() if key != name}
        if name != "count_include_pad" or not fewer:
            yield from cut(replace(case, settings=fewer), 0, slice(None), slice(None))


def lying(case: Case) -> Case:
    """The case with its axes in the order of their lengths."""
    order = sorted(range(len(case.size)), key=lambda k: case.x.shape[2 + k])
    axes = (0, 1, *(2 + k for k in order))
    x, dy = (array.transpose(axes).copy() for array in (case.x, case.dy))
    other = None if case.other is None else case.other.transpose(axes).copy()
    flat = np.zeros(case.dy.shape, bool)
    flat[case.spot_in(case.dy.shape)] = True
    spot = (int(flat.transpose(axes).argmax()) + 0.5) / flat.size
    per_axis = ("padding", "dilation")
    settings = {k: reordered(v, order) if k in per_axis else v for k, v in case.settings.items()}
    size, stride = reordered(case.size, order), reordered(case.stride, order)
    return replace(case, x=x, dy=dy, other=other, size=size, stride=stride, settings=settings, spot=spot)


def reordered(entries: Any, order: list[int]) -> Any:
    """The entries of a tuple in another order."""
    return tuple(entries[k] for k in order)


def changed(entries: Any, place: int, value: Any) -> Any:
    """The tuple with another value at one place."""
    return (*entries[:place], value, *entries[place + 1 :])


def cut(case: Case, axis: int, outputs: slice, pixels: slice) -> Iterator[Case]:
    """The case with these outputs and these pixels along one axis; its spot may be one of outputs or of pixels.

    Nothing, if they do not fit together: with padding a cut may leave other windows than it was meant to.
    """
    y_part = (slice(None),) * axis + (outputs,)
    x_part = (slice(None),) * axis + (pixels,)
    dy, x = case.dy[y_part].copy(), case.x[x_part].copy()
    before = case.other
    shape = shape_of(replace(case, x=x), emptied=empty_window(case.call()))
    if shape is None or any(a > b for a, b in zip(shape, dy.shape, strict=True)):
        return
    fitting = tuple(map(slice, shape))
    other = None
    if before is not None:
        other = before[x_part].copy() if before.shape == case.x.shape else before[y_part][fitting].copy()
    spots = (moved(case, case.dy, y_part), moved(case, case.x, x_part))
    for spot in dict.fromkeys(spots):
        yield replace(case, x=x, dy=dy[fitting].copy(), other=other, spot=spot)


def shape_of(case: Case, *, emptied: bool) -> Ints | None:
    """The shape that y has, or None if x, size and settings do not fit together as in cases for laws they should.

    `emptied`: a window may lie wholly in padding.
    """
    if 0 in case.x.shape[1:]:
        return None
    axes = case.axes
    if any(axis.room < 0 or max(axis.begin, axis.end) >= axis.extent for axis in axes):
        return None
    empty = any(axis.all_in_padding() is not None for axis in axes)
    return None if empty and not emptied else (*case.x.shape[:2], *(axis.count() for axis in axes))


def moved(case: Case, array: Array, part: tuple[Any, ...]) -> float:
    """The spot among the cells that are left of an array; the first of them, if it was cut off."""
    mask = np.zeros(array.shape, bool)
    mask[case.spot_in(array.shape)] = True
    left = mask[part]
    spot: float = (int(left.argmax()) + 0.5) / left.size
    return spot
