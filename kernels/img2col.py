"""Pooling over a column matrix: every window becomes a column, and all columns are reduced at once.

A tap is one position inside the window, numbered 0 .. F*F - 1 in row-major order; the matrix has one row for each. It
is made in blocks of at most BLOCK elements (or one line of windows, if that is larger), so that it stays in the cache
and memory beside inputs and results stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product, repeat
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arguments import MAX, MAX_GRADIENT, MEAN, checked_input
from .checks import all_scalars, checked_array, checked_dy, checked_shape
from .dtypes import ORDERED, Array, Ints, is_float, lowest, rounded
from .geometry import Divisors, Geometry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "img2col"
dtypes = ORDERED
ranks = (1, 2, 3)

BLOCK = 1 << 18
"""Elements of the column matrix that are computed at once."""

Block = tuple[slice, slice, slice]
"""A slice of the samples, one of their channels, and one of the output's lines: an index of y or dy."""

Index = tuple[Any, ...]
"""An index of the leading axes, if any, and a slice of each spatial one."""

Columns = Callable[[Block], Iterable[Array]]
"""The column matrix of a gradient for a block, row by row from the last tap to the first.

A row has, for each output, what its window adds to the cell at that tap. Zeros are +0.0.
"""


def img2col(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The column matrix of x (N, C, H, W): contiguous, (F*F, N, C, OH, OW), with the taps along the first axis.

    The taps come first so that a reduction over them is a few operations on long rows. Padded cells are 0. Images of
    one or three axes work too. Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    return columns_of(x, geometry, (slice(shape[0]), slice(shape[1]), slice(0, shape[2])), 0)


def col2img(columns: ArrayLike, shape: Ints, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The adjoint of `img2col`: every element of the matrix added back to its cell of an image (N, C, H, W).

    `shape` is that of the image. The sums are float64, and rounded once to the dtype of `columns`, one of the floats.
    Raises TypeError or ValueError naming a wrong argument.
    """
    matrix = checked_array("columns", columns, MAX_GRADIENT.dtypes)
    shape = checked_shape(shape, "shape", ("N", "C"), plane=all_scalars(size, stride, *settings.values()))
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    expected = (prod(geometry.size), *shape[:2], *geometry.output(shape[2:]))
    if matrix.shape != expected:
        raise ValueError(f"columns has shape {matrix.shape}, but should have {expected}")
    zero = matrix.dtype.type(0)
    return image_of(lambda block: (row[block] + zero for row in matrix[::-1]), geometry, shape, matrix.dtype)


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), in the dtype of x. NaN beats everything.

    Images of one or three axes work too. `size` and `stride` are an int, or one int per axis; the settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    return max_forward_argmax(x, size, stride, **settings)[0]


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    taps = max_forward_argmax(x, size, stride, **settings)[1]
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
    indices = np.empty(shape, np.int64)
    for block in blocks(shape, prod(geometry.size)):
        outputs = np.ogrid[(block[2], *map(slice, shape[3:]))]
        along = zip(geometry.axes(x.shape[2:]), outputs, np.unravel_index(taps[block], geometry.size), strict=True)
        cells = [output * axis.stride - axis.begin + tap * axis.dilation for axis, output, tap in along]
        indices[block] = np.ravel_multi_index(cells, x.shape[2:])
    return indices


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Array:
    """Adds each dy to the cell of its window's first maximum; all other cells get 0. dx has the shape of x."""
    x, _, shape = checked_input(x, size, stride, settings, MAX_GRADIENT)
    dy = checked_dy(dy, shape, x.dtype)
    taps = max_forward_argmax(x, size, stride, **settings)[1]
    return max_backward_argmax(dy, taps, x.shape, x.dtype, size, stride, **settings)


def max_forward_argmax(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> tuple[Array, Array]:
    """`max_forward`, and the tap of each window's maximum: what a layer remembers for its backward pass."""
    x, geometry, shape = checked_input(x, size, stride, settings, MAX)
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
    count = prod(geometry.size)
    return image_of(lambda block: routed(dy[block], taps[block], count), geometry, tuple(shape), dy.dtype)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, in the dtype of x.

    One more setting, `count_include_pad`: whether padded cells, which are zero, count (default: True).
    """
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    y, divisors = np.empty(shape, x.dtype), Divisors(geometry, x.shape[2:])
    with np.errstate(invalid="ignore", over="ignore"):
        for block in blocks(shape, prod(geometry.size)):
            total = np.zeros(y[block].shape)
            # Tap by tap, because np.sum changes to pairwise order when there is a single output.
            for column in columns_of(x, geometry, block, 0):
                total += column
            y[block] = rounded(total / divisors.of_lines(numbers(block[2])), x.dtype)
    return y


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Array:
    """Adds dy/n to every cell of each window, where n is the divisor of its mean. dx has the shape of x."""
    x, geometry, shape = checked_input(x, size, stride, settings, MEAN)
    dy = checked_dy(dy, shape, x.dtype)
    overlap, divisors = geometry.overlap(x.shape[2:]), Divisors(geometry, x.shape[2:])

    def columns(block: Block) -> Iterable[Array]:
        share = dy[block].astype(np.float64) / divisors.of_lines(numbers(block[2])) + 0.0
        # A share that is added to others must not be rounded first.
        return repeat(share if overlap else rounded(share, x.dtype), prod(geometry.size))

    return image_of(columns, geometry, x.shape, x.dtype)


# From an image to columns.


def columns_of(x: Array, geometry: Geometry, block: Block, fill: Any) -> Array:
    """The columns of x for a block of outputs, with `fill` at taps that are not on a real cell."""
    x, lines = x[block[:2]], numbers(block[2])
    spatial = x.shape[2:]
    columns = np.empty((prod(geometry.size), *x.shape[:2], len(lines), *geometry.output(spatial)[1:]), x.dtype)
    if not geometry.is_plain(spatial):
        columns.fill(fill)
    for column, (outputs, cells) in zip(columns, places(geometry, spatial, lines), strict=True):
        column[outputs] = x[cells]
    return columns


def first_maxima(columns: Array) -> tuple[Array, Array]:
    """The largest element of each column, and the first tap that has it. NaN counts as larger than everything."""
    with np.errstate(invalid="ignore"):
        best = columns[0].copy()
        for column in columns[1:]:
            np.maximum(best, column, out=best)
        # The number of the first tap that has the maximum is the number of taps before it.
        passed = np.ones(best.shape, bool)
        taps = np.zeros(best.shape, np.min_scalar_type(len(columns)))
        for column in columns[:-1]:
            passed &= column != best
            taps += passed.view(np.uint8)
        # np.maximum may take either of two zeros, and no tap equals a NaN.
        if is_float(columns.dtype) and (odd := (best == 0) | (best != best)).any():
            few = columns[:, odd]
            taps[odd] = ((few == 0) & (best[odd] == 0) | (few != few)).argmax(axis=0)
            best[odd] = np.take_along_axis(few, taps[np.newaxis, odd].astype(np.intp), axis=0)[0]
    return best, taps


def real_taps(taps: Array, geometry: Geometry, spatial: Ints, lines: slice) -> Array:
    """The taps of the maxima; where a maximum is a padded cell, the first real tap of its window instead.

    Padded cells are filled with the lowest value, so one of them wins only if no real cell is larger.
    """
    real = np.zeros((prod(geometry.size), *taps.shape[2:]), bool)
    for column, (outputs, _) in zip(real, places(geometry, spatial, numbers(lines)), strict=True):
        column[outputs] = True
    flat = taps.reshape(-1, *taps.shape[2:])
    is_real = np.take_along_axis(real, flat.astype(np.intp), axis=0)
    return np.where(is_real, flat, real.argmax(axis=0).astype(taps.dtype)).reshape(taps.shape)


# From columns back to an image.


def routed(dy: Array, taps: Array, count: int) -> Iterator[Array]:
    """For each tap, the last one first: dy where an output's maximum is at this tap, and 0 elsewhere."""
    # As bits, because infinity times 0 is NaN.
    bits = (dy + dy.dtype.type(0)).view(f"u{dy.dtype.itemsize}")
    column = np.empty_like(bits)
    for tap in reversed(range(count)):
        yield np.multiply(bits, taps == tap, out=column).view(dy.dtype)


def image_of(columns: Columns, geometry: Geometry, shape: Ints, dtype: np.dtype[Any]) -> Array:
    """The image of this shape, with the columns added to its cells in float64 and rounded once to the dtype.

    If windows do not overlap, there is nothing to add: each share, already of this dtype, is written to its cell.
    Otherwise some planes, or a band of lines of one plane, are summed at a time.
    """
    image, outputs, count = np.zeros(shape, dtype), shape[:2] + geometry.output(shape[2:]), prod(geometry.size)
    first, overlap = geometry.axes(shape[2:])[0], geometry.overlap(shape[2:])
    step = max(BLOCK // prod(shape[3:]), first.extent) if overlap else shape[2]
    planes = some_planes(outputs, max(count * prod(outputs[2:]), prod(shape[2:])))
    with np.errstate(invalid="ignore", over="ignore"):
        for (samples, channels), band in product(planes, cuts(range(shape[2]), step)):
            part = image[samples, channels, band]
            sums = np.zeros(part.shape) if overlap else part
            for lines in some_lines(outputs, count, first.touching(numbers(band))):
                backwards = places(geometry, shape[2:], numbers(lines), numbers(band), -1)
                put_back(columns((samples, channels, lines)), backwards, sums, add=overlap)
            if overlap:
                part[...] = rounded(sums, dtype)
    return image


def put_back(columns: Iterable[Array], backwards: Iterable[tuple[Index, Index]], sums: Array, *, add: bool) -> None:
    """Add the rows of a column matrix to the cells they came from, or with `add` off write them there.

    With the taps in reverse order, each cell meets its windows in row-major order.
    """
    for column, (outputs, cells) in zip(columns, backwards, strict=True):
        if add:
            sums[cells] += column[outputs]
        else:
            sums[cells] = column[outputs]


# Blocks.


def blocks(shape: Ints, count: int) -> Iterator[Block]:
    """Blocks of outputs (N, C, OH, OW) of `count` taps each: at most BLOCK taps in a block, but at least one line."""
    for planes in some_planes(shape, count * prod(shape[2:])):
        yield from ((*planes, lines) for lines in some_lines(shape, count, range(shape[2])))


def some_planes(shape: Ints, elements: int) -> Iterator[tuple[slice, slice]]:
    """Planes of (N, C, ...), with at most BLOCK elements together, if each has `elements`; but at least one plane."""
    yield from product(cuts(range(shape[0]), BLOCK // (elements * shape[1])), cuts(range(shape[1]), BLOCK // elements))


def some_lines(shape: Ints, count: int, lines: range) -> Iterator[slice]:
    """These lines of outputs in slices with at most BLOCK taps, if each output has `count`; but at least one line."""
    return cuts(lines, BLOCK // (count * prod(shape[3:])))


def cuts(whole: range, step: int) -> Iterator[slice]:
    """A range in slices of `step` (at least 1)."""
    for start in whole[:: max(1, step)]:
        yield slice(start, min(whole.stop, start + max(1, step)))


def numbers(part: slice) -> range:
    """The numbers in a slice from `cuts`."""
    return range(part.start, part.stop)


def places(
    geometry: Geometry, spatial: Ints, lines: range, band: range | None = None, direction: int = 1
) -> Iterator[tuple[Index, Index]]:
    """For each tap, in row-major order: the outputs in these lines whose tap is a real cell, and these cells.

    `band`: the lines of the image to consider (default: all); `direction`: -1 for the last tap first.
    """
    first, *rest = geometry.axes(spatial)
    axes = [
        [first.tap(tap, lines, band) for tap in range(first.size)],
        *([a.tap(t) for t in range(a.size)] for a in rest),
    ]
    outputs, cells = ([[slices[k] for slices in taps[::direction]] for taps in axes] for k in (0, 1))
    return zip(product([...], *outputs), product([...], *cells), strict=True)
