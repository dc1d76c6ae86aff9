"""Window geometry: how many windows there are, the cells of each, and the divisors of means. Shared by all kernels."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import gcd, prod
from typing import Any, NamedTuple

import numpy as np

from .cache import cached
from .checks import flag, pairs_per_axis, per_axis, rank_of
from .dtypes import Array, Ints

NAMES = ("depth", "height", "width")
"""The spatial axes of an image of rank 3. An image of rank 2 has the last two, one of rank 1 the last."""


@dataclass(frozen=True)
class Axis:
    """The windows along one axis of an image: `length` cells, with `begin` padded ones before and `end` after them.

    A window has `size` cells, `dilation` apart. Windows start `stride` apart.
    """

    length: int
    size: int
    stride: int
    begin: int
    end: int
    dilation: int
    ceil_mode: bool

    @cached_property
    def extent(self) -> int:
        """The number of cells from the first one of a window to its last, both included."""
        return self.dilation * (self.size - 1) + 1

    @cached_property
    def room(self) -> int:
        """The number of cells after the first window, padded ones included; negative if the window does not fit."""
        return self.length + self.begin + self.end - self.extent

    def count(self) -> int:
        """The number of windows: room//S + 1, and in ceil mode one more if cells remain, unless it is dropped."""
        return self.room // self.stride + 1 + (self.remains() and not self.drops_window())

    def remains(self) -> bool:
        """Whether ceil mode is on and cells remain after the last window."""
        return self.ceil_mode and self.room % self.stride > 0

    def drops_window(self) -> bool:
        """Whether the window that ceil mode adds is dropped, because it would start in the end padding or later."""
        return self.remains() and (self.room // self.stride + 1) * self.stride >= self.length + self.begin

    def start(self, output: int) -> int:
        """The first cell of a window. It is padded if negative."""
        return output * self.stride - self.begin

    def cells(self, output: int) -> range:
        """The real cells of a window: those in the image, neither padded nor past the padded end."""
        start = self.start(output)
        first = start if start >= 0 else start % self.dilation
        return range(first, max(first, min(self.length, start + self.extent)), self.dilation)

    def divisors(self, count_include_pad: bool, outputs: range) -> list[int]:
        """The divisors of the means of these windows if this were the only axis: see `Geometry.divisors`."""
        if self.is_plain():
            return [self.size] * len(outputs)
        count = self.within_padding if count_include_pad else self.real_cells
        return [count(output) for output in outputs]

    def real_cells(self, output: int) -> int:
        """The number of real cells of a window."""
        return len(self.cells(output))

    def within_padding(self, output: int) -> int:
        """The number of real and padded cells of a window; cells past the padded end do not count."""
        start = self.start(output)
        return len(range(start, min(self.length + self.end, start + self.extent), self.dilation))

    def tap(self, tap: int, outputs: range | None = None, cells: range | None = None) -> tuple[slice, slice]:
        """The outputs whose windows have this tap in `cells`, and the cells it falls on, as two slices.

        A tap is a position inside the window, 0 .. F - 1. By default all outputs and all real cells are considered.
        The slices count from the first of `outputs` and of `cells`.
        """
        outputs = range(self.count()) if outputs is None else outputs
        cells = range(self.length) if cells is None else cells
        offset = tap * self.dilation - self.begin - cells.start
        first = max(outputs.start, -(offset // self.stride))
        last = min(outputs.stop - 1, (len(cells) - 1 - offset) // self.stride)
        if last < first:
            return slice(0), slice(0)
        # Not (last + 1) strides: a stride that is never taken may be huge.
        start, stop = offset + first * self.stride, offset + last * self.stride + 1
        return slice(first - outputs.start, last - outputs.start + 1), slice(start, stop, self.stride)

    def touching(self, cells: range) -> range:
        """The windows whose extent overlaps these cells."""
        first = -(-(cells.start + self.begin - self.extent + 1) // self.stride)
        last = (cells.stop - 1 + self.begin) // self.stride
        return range(max(0, first), min(self.count(), last + 1))

    def part(self, outputs: range) -> AxisPart:
        """These windows as an axis of their own, whose cells run from the first that they reach to the last."""
        first, last = self.start(outputs[0]), self.start(outputs[-1])
        beyond = last + self.extent - self.length
        if beyond > self.end and len(outputs) == 1:
            # Cells past the padded end belong to no window, so a single window can be made smaller.
            return replace(self, size=self.within_padding(outputs[0])).part(outputs)
        cells = range(max(0, first), min(self.length, last + self.extent))
        padding = max(0, -first), max(0, min(beyond, self.end))
        return AxisPart(
            Axis(len(cells), self.size, self.stride, *padding, self.dilation, beyond > self.end), outputs, cells
        )

    def is_plain(self) -> bool:
        """Whether every window is a run of contiguous real cells."""
        padded = self.begin or self.end or self.extent > self.size
        return not padded and self.start(self.count() - 1) + self.extent <= self.length

    def all_in_padding(self) -> int | None:
        """A window without a real cell, or None. Only the last window and those that start in the begin padding can be.

        Of the latter, windows whose starts are equal modulo the dilation enter the image at the same cell, and the
        first of them needs the most taps to get there. So one period of starts is enough.
        """
        if not (self.begin or self.end):
            # Every window starts at a real cell.
            return None
        last, period = self.count() - 1, self.dilation // gcd(self.dilation, self.stride)
        early = min(last, -(-self.begin // self.stride), period)
        return next((o for o in (*range(early + 1), last) if not self.cells(o)), None)


class AxisPart(NamedTuple):
    """Some windows along an axis: an axis of their own, their numbers among all windows, and its cells among all."""

    axis: Axis
    outputs: range
    cells: range


class Words(NamedTuple):
    """The names of a caller's arguments, for messages."""

    size: str = "size"
    image: str = "x"


KERNEL = Words()


@dataclass(frozen=True)
class Geometry:
    """Window size, stride and settings, with one entry per spatial axis. Build one with `Geometry.of`."""

    size: Ints
    stride: Ints
    padding: tuple[tuple[int, int], ...]
    dilation: Ints
    ceil_mode: bool
    count_include_pad: bool

    @classmethod
    def of(
        cls,
        size: Any,
        stride: Any,
        *,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: Any = False,
        count_include_pad: Any = True,
        rank: int | None = None,
        words: Words = KERNEL,
    ) -> Geometry:
        """Geometry from a user's arguments: an int, or one int per spatial axis; for padding also pairs (begin, end).

        `rank`: 1, 2 or 3 (default: the length of the first argument with one entry per axis, or else 2).
        Raises TypeError for a value that is not an integer, ValueError for one out of range.
        """
        rank = rank or rank_of(size, stride, padding, dilation)
        return cls(
            per_axis(words.size, size, rank),
            per_axis("stride", stride, rank),
            pairs_per_axis("padding", padding, rank),
            per_axis("dilation", dilation, rank),
            flag("ceil_mode", ceil_mode),
            flag("count_include_pad", count_include_pad),
        )

    def __hash__(self) -> int:
        """The hash, computed once, because every call looks its geometry up in the cache."""
        return self.hash_of_fields

    @cached_property
    def hash_of_fields(self) -> int:
        """The hash of all fields."""
        return hash(tuple(getattr(self, field.name) for field in fields(self)))

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.size)

    def axes(self, spatial: Ints) -> tuple[Axis, ...]:
        """The windows along each axis of an image with these lengths."""
        return placed(self, spatial).axes

    def output(self, spatial: Ints, words: Words = KERNEL) -> Ints:
        """The number of windows along each spatial axis. Raises ValueError if a window is larger than the padded input.

        Windows wholly in padding are counted: see `refuse_empty_windows`.
        """
        found = placed(self, spatial)
        if found.too_large is not None:
            self.refuse_large_window(found.too_large, found.axes[found.too_large], words)
        return found.output

    def refuse_large_window(self, k: int, axis: Axis, words: Words) -> None:
        """Raise ValueError for a window that is larger than the padded input along the k-th axis."""
        room = f"{axis.length + axis.begin + axis.end}, the {NAMES[k - self.rank]} of {words.image}"
        padded = room + (" with its padding" if axis.begin + axis.end else "")
        window = f"{words.size}[{k}]"
        if axis.dilation > 1:
            window = f"dilation={self.dilation}: the extent {axis.extent} along axis {k}"
        raise ValueError(f"{words.size}={self.size}: {window} should be at most {padded}")

    def refuse_empty_windows(self, spatial: Ints, words: Words = KERNEL) -> None:
        """Raise ValueError if some window has no cell of the image, and therefore no maximum."""
        found = placed(self, spatial)
        if found.empty is not None:
            k, output = found.empty
            where = f"window {output} along the {NAMES[k - self.rank]} of {words.image}, which has {spatial[k]} cells"
            raise ValueError(
                f"padding={self.padding}: {where}, lies wholly in padding ({words.size}={self.size}, "
                f"stride={self.stride}, dilation={self.dilation}); every window should have a cell of {words.image}"
            )

    def is_plain(self, spatial: Ints) -> bool:
        """Whether windows are plain: rectangles of contiguous cells, without padding, dilation or overhang."""
        return placed(self, spatial).plain

    def overlap(self, spatial: Ints) -> bool:
        """Whether two windows may share a cell."""
        return any(axis.stride < axis.extent and axis.count() > 1 for axis in self.axes(spatial))

    def divisors(self, spatial: Ints) -> Array:
        """The divisor of each window's mean, (OH, OW): exact products, as float64.

        It counts all cells of the window except those past the padded end; if `count_include_pad` is False, only real
        cells.
        """
        return Divisors(self, spatial).of_lines(range(self.output(spatial)[0]))


class Divisors:
    """The divisors of means, a few lines of windows at a time, so that a large image needs no array of them all."""

    def __init__(self, geometry: Geometry, spatial: Ints) -> None:
        self.count_include_pad = geometry.count_include_pad
        self.first, *rest = geometry.axes(spatial)
        self.along = [axis.divisors(self.count_include_pad, range(axis.count())) for axis in rest]

    def of_lines(self, lines: range) -> Array:
        """The divisors of these lines of windows, (lines, OW); see `Geometry.divisors`."""
        return products([self.first.divisors(self.count_include_pad, lines), *self.along])


def products(along: list[list[int]]) -> Array:
    """The products of one number from each list, as an array of float64, each rounded once."""
    # Python's ints take ten times the memory. They are needed only if float64 cannot hold the largest product.
    dtype = np.float64 if prod(map(max, along)) <= 2**53 else object
    product = np.ones((), dtype)
    for factors in along:
        product = np.multiply.outer(product, np.array(factors, dtype))
    return np.asarray(product, np.float64)


class Placed(NamedTuple):
    """A geometry on an image: the windows along each axis, and what callers often need to know about them.

    `too_large`: an axis along which the window does not fit; `empty`: an axis, and a window along it without a real
    cell; `plain`: whether windows are plain (see `Geometry.is_plain`).
    """

    axes: tuple[Axis, ...]
    output: Ints
    too_large: int | None
    empty: tuple[int, int] | None
    plain: bool


@cached
def placed(geometry: Geometry, spatial: Ints) -> Placed:
    """The geometry on an image with these lengths."""
    each = zip(spatial, geometry.size, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    axes = tuple([Axis(length, f, s, *pair, d, geometry.ceil_mode) for length, f, s, pair, d in each])
    too_large = next((k for k, axis in enumerate(axes) if axis.room < 0), None)
    if too_large is not None:
        return Placed(axes, (), too_large, None, plain=False)
    empty = next(((k, o) for k, axis in enumerate(axes) if (o := axis.all_in_padding()) is not None), None)
    output = tuple([axis.count() for axis in axes])
    return Placed(axes, output, None, empty, all(axis.is_plain() for axis in axes))
