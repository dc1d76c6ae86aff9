"""Smaller shapes for a failing case: fewer samples, channels and windows, smaller windows, fewer settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ..cases.case import Case
from ..targets.call import empty_window

EVERYTHING = slice(None)


def fewer(case: Case) -> Iterator[Case]:
    """Cases with fewer samples, channels or windows along an axis, keeping the first or the last of them."""
    for axis in range(case.x.ndim):
        count, step = case.dy.shape[axis], case.stride[axis - 2] if axis > 1 else 1
        for kept in less_than(count):
            yield from cut(case, axis, slice(None, kept), slice(None, -(count - kept) * step))
            yield from cut(case, axis, slice(count - kept, None), slice((count - kept) * step, None))


def less_than(count: int) -> list[int]:
    """Smaller numbers to try, at least one: ascending powers of two, then numbers ever nearer to the count."""
    powers = [1 << k for k in range(max(count - 1, 0).bit_length())]
    return list(dict.fromkeys([*powers, *(count - gone for gone in powers[-2::-1])]))


def narrower(case: Case) -> Iterator[Case]:
    """Cases with a smaller window or a smaller stride along one axis."""
    for axis in range(2, case.x.ndim):
        yield from smaller_window(case, axis)
        yield from smaller_stride(case, axis)


def smaller_window(case: Case, axis: int) -> Iterator[Case]:
    """Cases with a smaller window along an axis and padding no wider than that. The cells that the window loses are cut
    off the end of x, its beginning or both; if padding is lost as well, x may also stay whole."""
    size, dilation = case.size[axis - 2], case.geometry.dilation[axis - 2]
    for fewer in less_than(size):
        settings, gone = within_window(case.settings, axis - 2, dilation * (fewer - 1)), dilation * (size - fewer)
        smaller = replace(case, size=changed(case.size, axis - 2, fewer), settings=settings)
        for pixels in (slice(None, -gone), slice(gone, None), slice(gone // 2, gone // 2 - gone)):
            yield from cut(smaller, axis, EVERYTHING, pixels)
        if settings != case.settings:
            yield from cut(smaller, axis, EVERYTHING, EVERYTHING)


def within_window(settings: dict[str, Any], at: int, most: int) -> dict[str, Any]:
    """Settings with the padding before and after one axis limited to `most` cells."""
    if "padding" not in settings:
        return settings
    begin, end = settings["padding"][at]
    return {**settings, "padding": changed(settings["padding"], at, (min(begin, most), min(end, most)))}


def smaller_stride(case: Case, axis: int) -> Iterator[Case]:
    """Cases with a smaller stride along an axis and as many windows. x is cut to what the windows need, or keeps some
    cells beyond the last window if it had any."""
    stride, last, count = case.stride[axis - 2], case.axes[axis - 2], case.dy.shape[axis]
    for shorter in less_than(stride):
        kept = max(last.start(count - 1) - (count - 1) * (stride - shorter) + last.extent, 1)
        smaller = replace(case, stride=changed(case.stride, axis - 2, shorter))
        for beyond in dict.fromkeys((0, min(last.room % stride, shorter - 1))):
            yield from cut(smaller, axis, EVERYTHING, slice(None, kept + beyond))


def unpadded_end(case: Case) -> Iterator[Case]:
    """Cases with fewer cells beyond the last window, or none."""
    for axis in range(2, case.x.ndim):
        rest = case.axes[axis - 2].room % case.stride[axis - 2]
        for kept in (0, *less_than(rest)) if rest else ():
            yield from cut(case, axis, EVERYTHING, slice(None, kept - rest))


def less_padded(case: Case) -> Iterator[Case]:
    """Cases with less padding before or after an axis."""
    padding = case.settings.get("padding", ())
    for at, (begin, end) in enumerate(padding):
        pairs = [(0, 0), *((k, end) for k in (0, *less_than(begin))), *((begin, k) for k in (0, *less_than(end)))]
        for pair in dict.fromkeys(pairs):
            if pair != (begin, end):
                settings = {**case.settings, "padding": changed(padding, at, pair)}
                yield from cut(replace(case, settings=settings), 2 + at, EVERYTHING, EVERYTHING)


def less_dilated(case: Case) -> Iterator[Case]:
    """Cases with a smaller dilation along an axis."""
    dilation = case.settings.get("dilation", ())
    for at, apart in enumerate(dilation):
        for nearer in less_than(apart):
            settings = {**case.settings, "dilation": changed(dilation, at, nearer)}
            gone = (apart - nearer) * (case.size[at] - 1)
            yield from cut(replace(case, settings=settings), 2 + at, EVERYTHING, slice(None, -gone or None))


def fewer_settings(case: Case) -> Iterator[Case]:
    """Cases without one of the settings; count_include_pad stays while other settings remain."""
    for name in case.settings:
        fewer = {key: value for key, value in case.settings.items() if key != name}
        if name != "count_include_pad" or not fewer:
            yield from cut(replace(case, settings=fewer), 0, EVERYTHING, EVERYTHING)


def with_sorted_axes(case: Case) -> Iterator[Case]:
    """The case with its axes sorted by length, unless they are."""
    if sorted(case.x.shape[2:]) != list(case.x.shape[2:]):
        yield sorted_axes(case)


def sorted_axes(case: Case) -> Case:
    """The case with its axes sorted by length."""
    order = sorted(range(len(case.size)), key=lambda k: case.x.shape[2 + k])
    axes = (0, 1, *(2 + k for k in order))
    x, dy = (array.transpose(axes).copy() for array in (case.x, case.dy))
    other = None if case.other is None else case.other.transpose(axes).copy()
    per_axis = ("padding", "dilation")
    settings = {k: reordered(v, order) if k in per_axis else v for k, v in case.settings.items()}
    size, stride = reordered(case.size, order), reordered(case.stride, order)
    return replace(case, x=x, dy=dy, other=other, size=size, stride=stride, settings=settings, spot=turned(case, axes))


def turned(case: Case, axes: Ints) -> float:
    """The case's spot after the axes of the outputs are put in this order; without outputs, it is not one of them."""
    if not case.spot or not case.dy.size:
        return case.spot
    flat = np.zeros(case.dy.shape, bool)
    flat[case.spot_in(case.dy.shape)] = True
    spot: float = (int(flat.transpose(axes).argmax()) + 0.5) / flat.size
    return spot


def flatter(case: Case) -> Iterator[Case]:
    """Cases without one axis of length one whose windows have one cell."""
    axes, taken = case.axes, case.settings.keys() & {"padding", "dilation"}
    for at, axis in enumerate(axes if len(axes) > 1 else ()):
        if (axis.length, axis.size, axis.begin, axis.end) == (1, 1, 0, 0):
            settings = {**case.settings, **{name: dropped(case.settings[name], at) for name in taken}}
            x, dy = (array.squeeze(2 + at) for array in (case.x, case.dy))
            other = None if case.other is None else case.other.squeeze(2 + at)
            window = {"size": dropped(case.size, at), "stride": dropped(case.stride, at)}
            yield replace(case, x=x, dy=dy, other=other, settings=settings, **window)


def reordered(entries: Any, order: list[int]) -> Any:
    """The entries of a tuple in another order."""
    return tuple(entries[k] for k in order)


def changed(entries: Any, place: int, value: Any) -> Any:
    """The tuple with another value at one place."""
    return (*entries[:place], value, *entries[place + 1 :])


def dropped(entries: Any, place: int) -> Any:
    """The tuple without the value at one place."""
    return (*entries[:place], *entries[place + 1 :])


def cut(case: Case, axis: int, outputs: slice, pixels: slice) -> Iterator[Case]:
    """Cases with these outputs and these pixels along one axis. The spot may follow the outputs or the pixels.

    There are none if the two do not fit together: with padding, a cut may leave other windows than intended.
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
    for spot in spots(case, y_part, x_part):
        yield replace(case, x=x, dy=dy[fitting].copy(), other=other, spot=spot)


def shape_of(case: Case, *, emptied: bool) -> Ints | None:
    """The shape of y, or None if x, size and settings do not form a valid case for a law.

    `emptied`: a window may lie wholly in padding.
    """
    if 0 in case.x.shape[1:]:
        return None
    axes = case.axes
    if any(axis.room < 0 or max(axis.begin, axis.end) >= axis.extent for axis in axes):
        return None
    empty = any(axis.all_in_padding() is not None for axis in axes)
    return None if empty and not emptied else (*case.x.shape[:2], *(axis.count() for axis in axes))


def spots(case: Case, y_part: tuple[Any, ...], x_part: tuple[Any, ...]) -> list[float]:
    """Where the spot of a case may lie in these parts of dy and of x. A spot at the first cell stays there."""
    found = (moved(case, case.dy, y_part), moved(case, case.x, x_part)) if case.spot and case.x.size else (0.0,)
    return list(dict.fromkeys(found))


def moved(case: Case, array: Array, part: tuple[Any, ...]) -> float:
    """The spot among the remaining cells of an array, or the first of them if the spot was cut off."""
    mask = np.zeros(array.shape, bool)
    mask[case.spot_in(array.shape)] = True
    left = mask[part]
    spot: float = (int(left.argmax()) + 0.5) / left.size
    return spot
