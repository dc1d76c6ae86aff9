"""A plane larger than a block, cut into smaller images that are pooled like any other.

A block is the number of elements that are processed at once. Arrays have only spatial axes here. This file imports no
loops: they are passed in as functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..cache import cached
from ..dtypes import Array, Ints, index_dtype, rounded
from ..geometry import Axis, AxisPart, Geometry

BLOCK = 1 << 18
"""The elements of a block, which bounds the memory beside inputs and results."""

SHARED = 16
"""Windows larger than a block are pooled one by one, unless a cell lies in more than this many of them on average."""

Pool = Callable[..., Array]
"""Returns the result for one image: (function, geometry, source, shape of the result, argmax or None for a maximum)."""

Sum = Callable[[Array], float]
"""Returns the sum of a float64 line, added in its order."""

Add = Callable[[Array, Array, int, Array], None]
"""Adds gradients at their indices to sums: (dy, argmax, the cell of the first sum, sums)."""

Slices = tuple[slice, ...]


def forward(
    pool: Pool, sum_of: Sum, function: str, geometry: Geometry, x: Array, y: Array, *argmax: Array | None
) -> None:
    """Fill y, and argmax if there is one, from the plane x."""
    if not one_by_one(geometry, x.shape):
        in_images(pool, function, geometry, x, y, *argmax)
    elif function == "mean_forward":
        means(sum_of, geometry, x, y)
    else:
        maxima(pool, geometry, x, y, *argmax)


def backward(pool: Pool, geometry: Geometry, dy: Array, dx: Array) -> None:
    """Fill the plane dx with the gradient of a mean."""
    if one_by_one(geometry, dx.shape):
        mean_gradients(geometry, dy, dx)
    else:
        from_images(pool, geometry, dy, dx)


def in_images(pool: Pool, function: str, geometry: Geometry, x: Array, y: Array, *argmax: Array | None) -> None:
    """`forward` by images: each has some of the outputs, and the cells that their windows reach."""
    axes = zip(geometry.axes(x.shape), counts(geometry, x.shape, halo=False), strict=True)
    for parts in product(*([axis.part(outputs) for outputs in evenly(axis.count(), n)] for axis, n in axes)):
        outputs, cells = slices(part.outputs for part in parts), slices(part.cells for part in parts)
        image = x[cells]
        found = [each if each is None else np.empty(each[outputs].shape, index_dtype(image.shape)) for each in argmax]
        y[outputs] = pool(function, of_parts(geometry, parts), image, y[outputs].shape, *found)
        for inside, each in zip(found, argmax, strict=True):
            if inside is not None and each is not None:
                in_plane(inside, image.shape, cells, x.shape, each[outputs])


def from_images(pool: Pool, geometry: Geometry, dy: Array, dx: Array) -> None:
    """`backward` by images: each has the windows that touch a box of cells, and only the box is kept of its result."""
    dx[...] = 0
    axes = zip(geometry.axes(dx.shape), counts(geometry, dx.shape, halo=True), strict=True)
    for both in product(*(touched(axis, n) for axis, n in axes)):
        boxes, parts = zip(*both, strict=True)
        share = dy[slices(part.outputs for part in parts)]
        image = pool("mean_backward", of_parts(geometry, parts), share, tuple([len(part.cells) for part in parts]))
        inner = [slice(box.start - part.cells.start, box.stop - part.cells.start) for box, part in both]
        dx[slices(boxes)] = image[tuple(inner)]


def touched(axis: Axis, number: int) -> Iterator[tuple[range, AxisPart]]:
    """An axis cut into `number` boxes: for each, its cells that windows reach, and the windows that touch it."""
    for box in evenly(axis.length, number):
        if outputs := axis.touching(box):
            part = axis.part(outputs)
            yield range(max(box.start, part.cells.start), min(box.stop, part.cells.stop)), part


def of_parts(geometry: Geometry, parts: tuple[AxisPart, ...]) -> Geometry:
    """The geometry of an image that has these parts of each axis."""
    axes = [part.axis for part in parts]
    return Geometry(
        tuple([axis.size for axis in axes]),
        geometry.stride,
        tuple([(axis.begin, axis.end) for axis in axes]),
        geometry.dilation,
        any(axis.ceil_mode for axis in axes),
        geometry.count_include_pad,
    )


def in_plane(index: Array, image: Ints, cells: Slices, spatial: Ints, moved: Array) -> None:
    """Fill `moved`: convert row-major indices in an image to those in the plane it was cut from."""
    as_wide = moved.dtype.type
    np.add(index, as_wide(sum(part.start * prod(spatial[k + 1 :]) for k, part in enumerate(cells))), out=moved)
    for k in range(1, len(spatial)):
        # The cells of the plane outside the image that a step along the previous axis skips.
        if skipped := (spatial[k] - image[k]) * prod(spatial[k + 1 :]):
            moved += index // prod(image[k:]) * as_wide(skipped)


class Cut(NamedTuple):
    """An axis cut into `number` parts: the outputs or cells that the largest part owns, and the cells it needs."""

    number: int
    own: int
    needed: int
    once: float
    """The share of the needed cells that no other part needs, at most 1."""


@cached
def counts(geometry: Geometry, spatial: Ints, *, halo: bool) -> Ints:
    """The number of parts of each axis with which the fewest cells are pooled more than once.

    `halo`: cut the cells, where a part also needs the cells of windows on both sides; otherwise cut the outputs.
    An image has at most BLOCK cells, or as many as one window and its neighbours if that is more. Among equal choices,
    the largest images are best, and among these the ones with the longest lines.
    """
    limit = max(BLOCK, span(geometry, spatial) << geometry.rank)
    options = product(*(cuts(axis, halo) for axis in geometry.axes(spatial)))
    fitting = (each for each in options if max(prod(c.own for c in each), prod(c.needed for c in each)) <= limit)
    best = max(fitting, key=lambda each: (prod(c.once for c in each), prod(c.own for c in each), each[-1].own))
    return tuple([cut.number for cut in best])


def cuts(axis: Axis, halo: bool) -> Iterator[Cut]:
    """An axis cut into 1, 2, 4 ... parts, up to as many as it has outputs or cells."""
    whole = axis.length if halo else axis.count()
    for power in range((whole - 1).bit_length() + 1):
        number = min(whole, 1 << power)
        own = -(-whole // number)
        needed = own + 2 * (axis.extent - 1) if halo else (own - 1) * axis.stride + axis.extent
        needed = min(axis.length, needed)
        yield Cut(number, own, needed, min(1.0, own * (1 if halo else axis.stride) / needed))


def span(geometry: Geometry, spatial: Ints) -> int:
    """The cells in the bounding box of a window."""
    return prod(min(axis.extent, axis.length) for axis in geometry.axes(spatial))


def one_by_one(geometry: Geometry, spatial: Ints) -> bool:
    """Whether to pool window by window, because windows are larger than a block, and few."""
    cells = span(geometry, spatial)
    return cells > BLOCK and cells * prod(geometry.output(spatial)) <= SHARED * prod(spatial)


def maxima(pool: Pool, geometry: Geometry, x: Array, y: Array, argmax: Array | None) -> None:
    """Fill y, and argmax if there is one. A window's first maximum is the first among the maxima of its stretches."""
    axes = geometry.axes(x.shape)
    for output in np.ndindex(y.shape):
        cells = [axis.cells(o) for axis, o in zip(axes, output, strict=True)]
        window = x[slices(cells)]
        parts = [*stretches(window.shape)]
        found = [maximum_of_line(pool, window[part].ravel()) for part in parts]
        y[output], which = maximum_of_line(pool, np.array([value for value, _ in found], x.dtype))
        if argmax is not None:
            inside = np.unravel_index(found[which][1], window[parts[which]].shape)
            place = [r[part.start + i] for r, part, i in zip(cells, parts[which], inside, strict=True)]
            argmax[output] = np.ravel_multi_index(place, x.shape)


def maximum_of_line(pool: Pool, line: Array) -> tuple[Any, int]:
    """The first maximum of a line, and its index."""
    place = np.empty(1, np.int32)
    return pool("max_forward", Geometry.of(line.size, 1, rank=1), line, (1,), place)[0], int(place[0])


def means(sum_of: Sum, geometry: Geometry, x: Array, y: Array) -> None:
    """Fill y, carrying the sum of each window from stretch to stretch."""
    axes, divisors = geometry.axes(x.shape), geometry.divisors(x.shape)
    for output in np.ndindex(y.shape):
        window = x[slices(axis.cells(o) for axis, o in zip(axes, output, strict=True))]
        total = 0.0
        for part in stretches(window.shape):
            total = sum_of(np.concatenate([[total], window[part].ravel()], dtype=np.float64))
        y[output] = rounded(total / divisors[output], y.dtype)


def mean_gradients(geometry: Geometry, dy: Array, dx: Array) -> None:
    """Fill dx, a stretch of cells at a time, with the shares of all windows added in their row-major order."""
    axes = geometry.axes(dx.shape)
    shares = dy.astype(np.float64) / geometry.divisors(dx.shape)
    for stretch in stretches(dx.shape):
        boxes = [range(part.start, part.stop) for part in stretch]
        sums = np.zeros([len(box) for box in boxes])
        for output in product(*(axis.touching(box) for axis, box in zip(axes, boxes, strict=True))):
            met = [within(axis.cells(o), box) for axis, o, box in zip(axes, output, boxes, strict=True)]
            with np.errstate(invalid="ignore", over="ignore"):
                sums[slices(met)] += shares[output]
        dx[stretch] = rounded(sums, dx.dtype)


def within(cells: range, box: range) -> range:
    """The cells inside a box, counted from its first cell."""
    first = cells.start if cells.start >= box.start else box.start + (cells.start - box.start) % cells.step
    return range(first - box.start, max(first, min(cells.stop, box.stop)) - box.start, cells.step)


def scatter(add: Add, dy: Array, dx: Array, argmax: Array) -> None:
    """Fill the flat plane dx, a stretch of cells at a time: each dy added at its argmax, in float64, rounded once.

    A part of dy is skipped for stretches outside the range of its indices.
    """
    parts = [*stretches(dy.shape)]
    reach = [(argmax[part].min(), argmax[part].max()) for part in parts]
    memory = np.empty(min(BLOCK, dx.size))
    for (band,) in stretches(dx.shape):
        sums = memory[: band.stop - band.start]
        sums.fill(0)
        for part, (first, last) in zip(parts, reach, strict=True):
            if first < band.stop and last >= band.start:
                add(dy[part].astype(np.float64), argmax[part], band.start, sums)
        dx[band] = rounded(sums, dx.dtype)


def stretches(shape: Ints) -> Iterator[Slices]:
    """An array cut into stretches: parts of at most BLOCK elements that follow one another in row-major order."""
    first, *rest = shape
    if step := BLOCK // max(1, prod(rest)):
        for start in range(0, first, step):
            yield (slice(start, min(first, start + step)), *map(slice, [0] * len(rest), rest))
    else:
        yield from ((slice(k, k + 1), *inner) for k in range(first) for inner in stretches(tuple(rest)))


def evenly(length: int, number: int) -> list[range]:
    """The numbers below `length` in `number` parts of nearly equal length."""
    ends = [length * part // number for part in range(number + 1)]
    return [*map(range, ends, ends[1:])]


def slices(ranges: Any) -> Slices:
    """An index made of ranges, which may have steps."""
    return tuple([slice(each.start, each.stop, each.step) for each in ranges])
