"""Fresh cases on which to test a hypothesis about a mistake: the failing call with other numbers, and drawn cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Ints, is_float
from poolproof.kernels.geometry import Axis

from ..cases.build import Builder
from ..cases.case import Case, is_declared
from ..cases.choices import Generated, one_of
from ..cases.contents import paint
from ..cases.palettes import NAMES
from ..cases.plans import Plan, ranks
from ..contract import MEAN, OF_INTEGERS, SETTINGS, Declared, Fixed
from ..targets.call import Call
from .earlier import as_case

MOST_CELLS = 3000
"""The most cells of an image drawn for a test; the failing one may have more."""

REPAINTED = 6
"""How often each palette gives the failing call other numbers."""

PLAIN = {
    **dict.fromkeys(MEAN, ("lattice",)),
    **dict.fromkeys(OF_INTEGERS, ("distinct", "negative")),
    "max_backward": ("distinct", "negative", "ties"),
}
"""The palettes of fresh numbers, in addition to the palette of the failing case."""

EXTREME = ("lowest", "highest", "huge")
"""More palettes of fresh integers: both ends of the type, and numbers from its whole range."""

BEYOND = {
    np.dtype(name): offsets
    for names, offsets in (
        (("float32",), (2**13, 2**20)),
        (("float64",), (2**13, 2**20, 2**26, 2**33)),
        (("int32", "uint32"), (2**26,)),
        (("int64", "uint64"), (2**26, 2**58)),
    )
    for name in names
}
"""Offsets at which neighbouring numbers are equal in a narrower type or within a usual tolerance.

By dtype, for those that distinguish them: equal in float16; within 1e-5; in float32; within 1e-9; and in float64.
"""

MOST_ROOM = 3
"""The most cells by which a resized image is longer along an axis than the failing one."""

GRADIENTS = ("wide", "lattice", "remote")
"""The palettes of fresh gradients, in rotation."""

DRAWN = 40
"""The number of cases drawn for a test."""


@dataclass(frozen=True)
class FailingCall:
    """A failing call and the palette of its numbers, the model for fresh cases."""

    call: Call
    values: str


def repainted(pattern: FailingCall, count: int = REPAINTED) -> Iterator[Call]:
    """The call with other numbers, first from its own palette."""
    case = as_case(pattern.call)
    if case is None or 0 in case.x.shape[1:]:
        return
    if not len(case.x):
        case = replace(
            case, x=np.resize(case.x, (2, *case.x.shape[1:])), dy=np.resize(case.dy, (2, *case.dy.shape[1:]))
        )
    plain = PLAIN[pattern.call.function] + (EXTREME if case.x.dtype.kind in "iu" else ())
    # Cases of proofs have no palette.
    palettes = dict.fromkeys(values for values in (pattern.values, *plain) if values in NAMES)
    for seed in range(1, count + 1):
        for values in palettes:
            other = painted(case, values, seed)
            yield (other if seed % 2 else like(case, other)).call()
        if "distinct" in plain:
            yield from beyond(painted(case, "distinct", seed), seed)


def resized(pattern: FailingCall, declared: Declared) -> Iterator[Call]:
    """The call with a window one cell longer or shorter along each axis in turn, on a somewhat larger image.

    Fixed windows stay as they are; the image gets room for one or two more.
    """
    case = as_case(pattern.call)
    if case is None or not 0 < case.x.size <= MOST_CELLS:
        return
    if declared.fixed:
        yield from enlarged(case, declared.fixed, declared)
        return
    room = tuple(n + min(stride, MOST_ROOM) for n, stride in zip(case.x.shape[2:], case.stride, strict=True))
    for seed, (axis, step) in enumerate(product(range(len(room)), (1, -1)), 1):
        size = tuple(max(f + step * (k == axis), 1) for k, f in enumerate(case.size))
        yield from on_image(room, replace(case, size=size), declared, seed)


def enlarged(case: Case, fixed: Fixed, declared: Declared) -> Iterator[Call]:
    """The call on images with room for one more whole window along each axis, or two."""
    for seed in (1, 2):
        added = (extent + stride * (seed - 1) for extent, stride in zip(fixed.extents, case.stride, strict=True))
        room = tuple(n + more for n, more in zip(case.x.shape[2:], added, strict=True))
        yield from on_image(room, case, declared, seed)


def overlapped(pattern: FailingCall, declared: Declared) -> Iterator[Call]:
    """The call with windows one cell longer along all axes, three of them along each axis, one cell apart."""
    case = as_case(pattern.call)
    if case is None or not 0 < case.x.size <= MOST_CELLS or declared.fixed:
        return
    size = tuple(f + 1 for f in case.size)
    room = tuple(replace(axis, size=f).extent + 2 for axis, f in zip(case.axes, size, strict=True))
    yield from on_image(room, replace(case, size=size, stride=(1,) * len(size)), declared, 1)


def lengthened(pattern: FailingCall, declared: Declared) -> Iterator[Call]:
    """The call on an image with room for one more window along each axis, and for one more dilated cell of it."""
    case = as_case(pattern.call)
    if case is None or not 0 < case.x.size <= MOST_CELLS:
        return
    room = tuple(n + stride for n, stride in zip(case.x.shape[2:], case.stride, strict=True))
    yield from on_image(room, case, declared, 1)
    if any(axis.dilation > 1 for axis in case.axes):
        longer = (n + axis.dilation for n, axis in zip(room, case.axes, strict=True))
        yield from on_image(tuple(longer), case, declared, 2)


def on_image(room: Ints, case: Case, declared: Declared, seed: int) -> Iterator[Call]:
    """Calls of a case on an image of these lengths, if the image is small enough."""
    if prod(case.x.shape[:2]) * prod(room) <= MOST_CELLS:
        yield from plainly_painted(replace(case, x=np.zeros((*case.x.shape[:2], *room), case.x.dtype)), declared, seed)


def repadded(pattern: FailingCall, declared: Declared) -> Iterator[Call]:
    """The call with the padding on one side of an axis moved to the other side, and on both sides."""
    case = as_case(pattern.call)
    if case is None or not 0 < case.x.size <= MOST_CELLS:
        return
    pairs = [axis_padding(axis) for axis in case.axes]
    both = tuple((max(pair), max(pair)) for pair in pairs)
    exchanged = tuple((end, begin) for begin, end in pairs)
    if exchanged == tuple(pairs):
        return
    for seed, padding in enumerate((both, exchanged), 1):
        yield from plainly_painted(replace(case, settings={**case.settings, "padding": padding}), declared, seed)


def axis_padding(axis: Axis) -> tuple[int, int]:
    """The padding before and after an axis."""
    return axis.begin, axis.end


def plainly_painted(case: Case, declared: Declared, seed: int) -> Iterator[Call]:
    """Calls of a case with another window or padding; none if it does not fit or is not declared."""
    if any(a.room < 0 or a.all_in_padding() is not None for a in case.axes) or not is_declared(case, declared):
        # The result of a window wholly in padding is a convention.
        return
    blank = replace(case, dy=np.zeros((*case.x.shape[:2], *case.output), case.dy.dtype))
    yield from (painted(blank, values, seed).call() for values in PLAIN[case.function])


def beyond(case: Case, seed: int) -> Iterator[Call]:
    """The case with numbers that narrower floats cannot distinguish, if its dtype has such numbers."""
    if offsets := BEYOND.get(case.x.dtype):
        yield case.with_arrays(x=case.x + np.asarray(offsets[seed % len(offsets)], case.x.dtype)).call()


def painted(case: Case, values: str, seed: int) -> Case:
    """The case with other numbers from a palette, and a gradient of small integers or fractions."""
    blank = replace(case, values=values, x=np.empty_like(case.x), dy=np.zeros_like(case.dy))
    paint(blank, seed, GRADIENTS[seed % len(GRADIENTS)], "lattice")
    return blank


def like(case: Case, other: Case) -> Case:
    """Other numbers, with the largest, the non-finite ones and the zeros of dy in the same places as in the case."""
    top, most = case.x == case.x.max(), other.x.max()
    x = np.where(top, most, np.where(other.x == most, other.x.min(), other.x))
    if top.all():
        # Every second cell keeps the only value of the case.
        x = np.where(np.arange(x.size).reshape(x.shape) % 2, case.x, other.x)
    if is_float(x.dtype):
        x = np.where(np.isfinite(case.x), x, case.x)
    dy = np.where(case.dy == 0, np.zeros((), case.dy.dtype), np.where(other.dy == 0, case.dy, other.dy))
    return replace(other, x=x, dy=dy)


def drawn(plan: Plan, declared: Declared, pattern: FailingCall, count: int = DRAWN) -> Iterator[Call]:
    """Calls of cases that a law may draw; many have the dtype, the rank and some settings of the failing call."""
    function, dtype = pattern.call.function, pattern.call.arrays["x"].dtype.name
    builder = Builder(plan, declared, (function,))
    choices = Generated("fresh cases")
    passed = {*pattern.call.settings} & {*SETTINGS}
    related = [each for each in builder.recipes(function) if passed & {*each.settings}]
    for number in range(count):
        decided: dict[str, Any] = {"dtype": dtype} if number % 2 else {}
        if related and number % 3:
            decided["recipe"] = one_of(choices, related)
        if number % 8 > 3 and len(pattern.call.size) in ranks(plan, declared, function, dtype):
            decided |= {"rank": len(pattern.call.size), "dtype": dtype}
        case = builder.case(choices, **decided)
        if 0 < case.x.size <= MOST_CELLS and is_declared(case, declared):
            # The law may draw gradients of single windows only, which cannot tell many mistakes apart.
            dense = painted(case, case.values, number) if number % 3 else case
            yield case.call(function, dy=dense.dy) if "dy" in pattern.call.arrays else case.call(function)
