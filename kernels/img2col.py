"""Pooling over a column matrix: gather every window into a column, reduce all columns at once, and scatter back.

The matrix is made a block at a time, so that it stays in the cache, and memory stays within bounds: beside inputs and
results a few arrays of BLOCK elements, or as many as one line of windows needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arguments import max_arguments, max_gradient_arguments, mean_arguments, mean_gradient_arguments
from .checks import checked_array, checked_dy, checked_shape, plain
from .dtypes import FLOATS, ORDERED, Array, Ints, is_float, lowest, rounded
from .geometry import Geometry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "img2col"
dtypes = ORDERED
ranks = (1, 2, 3)

BLOCK = 1 << 18
"""Elements of the column matrix that are made at once."""

Block = tuple[slice, slice, slice]
"""Some samples, some of their channels, and some lines of the outputs of each: an index of y."""

Index = tuple[Any, ...]
"""An index of any leading axes, and a slice of each spatial one."""

Column = Callable[[int], Array]
"""The columns of a gradient for a block, one for each tap: what goes to its cell from every output, +0.0 for zero."""


def img2col(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The columns of x (N, C, H, W): contiguous (F*F, N, C, OH, OW), the taps of every window along the first axis.

    The taps come first, so that a reduction over them is a few operations on long rows. Padded cells are 0. Likewise
    for images of one or three axes. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    return columns_of(x, geometry, (slice(shape[0]), slice(shape[1]), slice(0, shape[2])), 0)


def col2img(columns: ArrayLike, shape: Ints, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The adjoint of `img2col`: every tap added back to its cell of an image of this shape (N, C, H, W).

    The sums are float64 and rounded once to the dtype of `columns`, one of the floats.
    Raises TypeError or ValueError naming a wrong argument.
    """
    matrix = checked_array("columns", columns, FLOATS)
    shape = checked_shape(shape, "shape", ("N", "C"), plane=plain(size, stride, *settings.values()))
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    expected = (prod(geometry.size), *shape[:2], *geometry.output(shape[2:]))
    if matrix.shape != expected:
        raise ValueError(f"columns has shape {matrix.shape}, but should have {expected}")
    zero = matrix.dtype.type(0)
    return image_of(lambda block: lambda tap: matrix[(tap, *block)] + zero, geometry, shape, matrix.dtype)


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    Likewise for images of one or three axes. `size` and `stride` are an int or one for each axis; settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride, **settings)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    taps = max_forward_argmax(x, size, stride, **settings)[1]
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    indices = np.empty(shape, np.int64)
    for block in blocks(shape, prod(geometry.size)):
        outputs = np.ogrid[(block[2], *map(slice, shape[3:]))]
        along = zip(geometry.axes(x.shape[2:]), outputs, np.unravel_index(taps[block], geometry.size), strict=True)
        cells = [output * axis.stride - axis.begin + tap * axis.dilation for axis, output, tap in along]
        indices[block] = np.ravel_multi_index(cells, x.shape[2:])
    return indices


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = max_gradient_arguments(dy, x, size, stride, settings)
    taps = max_forward_argmax(x, size, stride, **settings)[1]
    return max_backward_argmax(dy, taps, x.shape, x.dtype, size, stride, **settings)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> tuple[Array, Array]:
    """`max_forward`, and the tap (0 .. F*F - 1) of each window's maximum: what a layer remembers for its backward."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    count, padded = prod(geometry.size), not geometry.is_plain(x.shape[2:])
    y, taps = np.empty(shape, x.dtype), np.empty(shape, np.min_scalar_type(count))
    for block in blocks(shape, count):
        columns = columns_of(x, geometry, block, lowest(x.dtype))
        y[block], taps[block] = first_maxima(columns)
        if padded:
            taps[block] = real_taps(taps[block], geometry, x.shape[2:], block[2])
    return y, taps


def max_backward_argmax(
    dy: ArrayLike, taps: Array, shape: Ints, dtype: DTypeLike, size: Any, stride: Any, **settings: Unpack[Settings]
) -> Array:
    """`max_backward` from the taps that `max_forward_argmax` returned for an x of this shape and dtype."""
    dy = checked_dy(dy, taps.shape, np.dtype(dtype))
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    return image_of(lambda block: routed(dy[block], taps[block]), geometry, tuple(shape), dy.dtype)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept.

    A further setting, `count_include_pad`, says whether padded cells, which are zero, count; True if not given.
    """
    x, geometry, shape = mean_arguments(x, size, stride, settings)
    y, divisors = np.empty(shape, x.dtype), geometry.divisors_of_lines(x.shape[2:])
    with np.errstate(invalid="ignore", over="ignore"):
        for block in blocks(shape, prod(geometry.size)):
            total = np.zeros(y[block].shape)
            # Tap by tap, because np.sum changes to pairwise order when there is a single output.
            for column in columns_of(x, geometry, block, 0):
                total += column
            y[block] = rounded(total / divisors(numbers(block[2])), x.dtype)
    return y


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Each dy is spread evenly over its window: every cell gets dy/n, n being the mean's divisor. dx is like x."""
    dy, x, geometry = mean_gradient_arguments(dy, x, size, stride, settings)
    overlap, divisors = geometry.overlap(x.shape[2:]), geometry.divisors_of_lines(x.shape[2:])

    def shares(block: Block) -> Column:
        each = dy[block].astype(np.float64) / divisors(numbers(block[2])) + 0.0
        # A share that is added to others is not rounded before.
        column = each if overlap else rounded(each, x.dtype)
        return lambda _: column

    return image_of(shares, geometry, x.shape, x.dtype)


def columns_of(x: Array, geometry: Geometry, block: Block, fill: Any) -> Array:
    """The columns of x for a block of outputs, with `fill` where a tap is no real cell."""
    x, lines = x[block[:2]], numbers(block[2])
    spatial = x.shape[2:]
    columns = np.empty((prod(geometry.size), *x.shape[:2], len(lines), *geometry.output(spatial)[1:]), x.dtype)
    if not geometry.is_plain(spatial):
        columns.fill(fill)
    for column, (outputs, cells) in zip(columns, places(geometry, spatial, lines), strict=True):
        column[outputs] = x[cells]
    return columns


def first_maxima(columns: Array) -> tuple[Array, Array]:
    """The largest element of each column, and the first tap that has it; a NaN is larger than everything."""
    with np.errstate(invalid="ignore"):
        best = columns[0].copy()
        for column in columns[1:]:
            np.maximum(best, column, out=best)
        # The first tap that is not passed by, found by counting those before it.
        passed = np.ones(best.shape, bool)
        taps = np.zeros(best.shape, np.min_scalar_type(len(columns)))
        for column in columns[:-1]:
            passed &= column != best
            taps += passed.view(np.uint8)
        # np.maximum leaves open which of two zeros it takes, and no tap equals a NaN.
        if is_float(columns.dtype) and (odd := (best == 0) | (best != best)).any():
            few = columns[:, odd]
            taps[odd] = ((few == 0) & (best[odd] == 0) | (few != few)).argmax(axis=0)
            best[odd] = np.take_along_axis(few, taps[np.newaxis, odd].astype(np.intp), axis=0)[0]
    return best, taps


def routed(dy: Array, taps: Array) -> Column:
    """For each tap the dy of those outputs whose maximum is there, and 0 elsewhere."""
    # As bits, because infinity times 0 is no number.
    bits = (dy + dy.dtype.type(0)).view(f"u{dy.dtype.itemsize}")
    column = np.empty_like(bits)
    return lambda tap: np.multiply(bits, taps == tap, out=column).view(dy.dtype)


def image_of(columns: Callable[[Block], Column], geometry: Geometry, shape: Ints, dtype: np.dtype[Any]) -> Array:
    """Every tap of the columns of each block added to its cell of an image, in float64, rounded once to its dtype.

    Columns have no negative zeros, as a sum that starts from 0 has none; so where windows do not overlap there is
    nothing to add, but one share for each cell, of this dtype. Where they do, a band of lines is summed at once.
    """
    image, outputs, count = np.zeros(shape, dtype), shape[:2] + geometry.output(shape[2:]), prod(geometry.size)
    first, alone = geometry.axes(shape[2:])[0], not geometry.overlap(shape[2:])
    step = shape[2] if alone else max(BLOCK // prod(shape[3:]), first.extent)
    with np.errstate(invalid="ignore", over="ignore"):
        for planes in some_planes(outputs, max(count * prod(outputs[2:]), prod(shape[2:]))):
            for band in cuts(range(shape[2]), step):
                part = image[(*planes, band)]
                sums = part if alone else np.zeros(part.shape)
                for lines in some_lines(outputs, count, first.touching(numbers(band))):
                    column = columns((*planes, lines))
                    # Backwards through the taps is forwards through the windows of each cell: their row-major order.
                    backwards = places(geometry, shape[2:], numbers(lines), numbers(band), -1)
                    for tap, (met, cells) in zip(range(count - 1, -1, -1), backwards, strict=True):
                        if alone:
                            sums[cells] = column(tap)[met]
                        else:
                            sums[cells] += column(tap)[met]
                if not alone:
                    part[...] = rounded(sums, dtype)
    return image


def blocks(shape: Ints, count: int) -> Iterator[Block]:
    """Blocks of outputs (N, C, OH, OW) that have at most BLOCK taps in all, `count` each, but a line at least."""
    for planes in some_planes(shape, count * prod(shape[2:])):
        yield from ((*planes, lines) for lines in some_lines(shape, count, range(shape[2])))


def some_planes(shape: Ints, elements: int) -> Iterator[tuple[slice, slice]]:
    """Planes of (N, C, ...) that together have at most BLOCK elements, so many each; one if that has more."""
    yield from product(cuts(range(shape[0]), BLOCK // (elements * shape[1])), cuts(range(shape[1]), BLOCK // elements))


def some_lines(shape: Ints, count: int, lines: range) -> Iterator[slice]:
    """These lines of outputs in parts that have at most BLOCK taps, `count` each; one if that has more."""
    return cuts(lines, BLOCK // (count * prod(shape[3:])))


def cuts(whole: range, step: int) -> Iterator[slice]:
    """A part of an axis in slices of `step`, or of 1."""
    for start in whole[:: max(1, step)]:
        yield slice(start, min(whole.stop, start + max(1, step)))


def numbers(part: slice) -> range:
    """The numbers in a slice from `cuts`."""
    return range(part.start, part.stop)


def places(
    geometry: Geometry, spatial: Ints, lines: range, band: range | None = None, direction: int = 1
) -> Iterator[tuple[Index, Index]]:
    """For each tap in row-major order the outputs of these lines for which it is a real cell, and those cells.

    `band`: the lines of the image that count, all if not given; `direction`: -1 for the last tap first.
    """
    first, *rest = geometry.axes(spatial)
    axes = [
        [first.tap(tap, lines, band) for tap in range(first.size)],
        *([a.tap(t) for t in range(a.size)] for a in rest),
    ]
    outputs, cells = ([[slices[k] for slices in taps[::direction]] for taps in axes] for k in (0, 1))
    return zip(product([...], *outputs), product([...], *cells), strict=True)


def real_taps(taps: Array, geometry: Geometry, spatial: Ints, lines: slice) -> Array:
    """The taps, or the first real one of a window where it is padded.

    A padded cell is the lowest of all: it wins only where no real cell is larger.
    """
    real = np.zeros((prod(geometry.size), *taps.shape[2:]), bool)
    for column, (outputs, _) in zip(real, places(geometry, spatial, numbers(lines)), strict=True):
        column[outputs] = True
    flat = taps.reshape(-1, *taps.shape[2:])
    is_real = np.take_along_axis(real, flat.astype(np.intp), axis=0)
    return np.where(is_real, flat, real.argmax(axis=0).astype(taps.dtype)).reshape(taps.shape)
