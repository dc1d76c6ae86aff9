"""Pooling by loops under numba: contract, dtypes, memory, threads; the loops are in blocks.py, lines.py, loops.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import large
from .arguments import max_arguments, max_gradient_arguments, mean_arguments, mean_gradient_arguments
from .checks import checked_dy
from .dtypes import ORDERED, Array, Ints, index_dtype, is_float, rounded
from .geometry import Geometry
from .threads import checked, in_threads

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings, Settings

name = "compiled"
dtypes = ORDERED
ranks = (1, 2, 3)


def max_forward(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]) -> Array:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), dtype kept; NaN beats everything.

    Likewise for images of one or three axes. `size` and `stride` are an int or one for each axis; settings are
    `padding`, `dilation` and `ceil_mode`. `threads`: how many may share the planes; less is done by fewer.
    Raises TypeError or ValueError naming a wrong argument.
    """
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    y = np.empty(shape, x.dtype)
    run(way("max_forward", geometry, x.shape, x.dtype), threads, x, y, None)
    return y


def max_indices(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]) -> Array:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    how = way("max_forward", geometry, x.shape, x.dtype)
    indices = np.empty(shape, np.int64)
    # The loops' indices, which may be narrower, are found in the second half of the memory of the wide ones.
    found = indices.reshape(-1).view(how.indices)[-indices.size :]
    run(how, threads, x, np.empty(shape, x.dtype), found.reshape(how.target))
    for part in large.stretches(found.shape):
        indices.reshape(-1)[part] = found[part]
    return indices


def max_backward(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]
) -> Array:
    """Each dy goes to the place of its window's first maximum; the other places get nothing. dx is like x."""
    dy, x, _ = max_gradient_arguments(dy, x, size, stride, settings)
    argmax = max_forward_argmax(x, size, stride, threads=threads, **settings)[1]
    return scattered(dy, argmax, x.shape, threads)


def max_forward_argmax(
    x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[Settings]
) -> tuple[Array, Array]:
    """`max_forward` and `max_indices` at once: what a layer remembers, so that its backward need not search again."""
    x, geometry, shape = max_arguments(x, size, stride, ORDERED, settings)
    how = way("max_forward", geometry, x.shape, x.dtype)
    y, argmax = np.empty(shape, x.dtype), np.empty(shape, how.indices)
    run(how, threads, x, y, argmax.reshape(how.target))
    return y, argmax


def max_backward_argmax(dy: ArrayLike, argmax: Array, shape: Ints, dtype: DTypeLike, *, threads: int = 1) -> Array:
    """`max_backward` from the argmax that `max_forward_argmax` returned for an x of this shape and dtype."""
    return scattered(checked_dy(dy, argmax.shape, np.dtype(dtype)), argmax, tuple(shape), threads)


def mean_forward(x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[MeanSettings]) -> Array:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, dtype kept.

    A further setting, `count_include_pad`, says whether padded cells, which are zero, count; True if not given.
    """
    x, geometry, shape = mean_arguments(x, size, stride, settings)
    y = np.empty(shape, x.dtype)
    run(way("mean_forward", geometry, x.shape, x.dtype), threads, x, y)
    return y


def mean_backward(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, *, threads: int = 1, **settings: Unpack[MeanSettings]
) -> Array:
    """Each dy is spread evenly over its window: every cell gets dy/n, n being the mean's divisor. dx is like x."""
    dy, x, geometry = mean_gradient_arguments(dy, x, size, stride, settings)
    dx = np.empty(x.shape, x.dtype)
    run(way("mean_backward", geometry, x.shape, x.dtype), threads, dy, dx)
    return dx


def scattered(dy: Array, argmax: Array, shape: Ints, threads: int) -> Array:
    """dx of this shape: every dy added at its argmax."""
    dx = np.empty(shape, dy.dtype)
    how = scatter(dy.shape, shape, dy.dtype)
    run(how, threads, dy, dx, given(argmax, how.source))
    return dx


class Way(NamedTuple):
    """How a call is run: by which loop, what it needs to know of windows, and on what it works.

    `pool` hands planes to the loop: (how, source, target, *argmax). `source` and `target` are the shapes of input and
    result as planes (P, ...), `dtype` is that of both, and `indices` that of the loops' indices.
    """

    pool: Callable[..., None]
    loop: Callable[..., Any]
    window: tuple[Any, ...]
    source: Ints
    target: Ints
    dtype: np.dtype[Any]
    indices: np.dtype[Any]


@lru_cache(maxsize=1024)
def way(function: str, geometry: Geometry, shape: Ints, dtype: np.dtype[Any], *, whole: bool = False) -> Way:
    """The way to pool an x of this shape and dtype, or its gradient; `whole`: without cutting planes into images."""
    spatial, working = shape[2:], working_dtype(dtype)
    output = geometry.output(spatial)
    direct = working == dtype
    pool: Callable[..., None] = in_images
    loop: Callable[..., Any] = of_image
    window: tuple[Any, ...] = (function, geometry)
    axes = geometry.rank
    if whole or max(prod(spatial), prod(output)) <= large.BLOCK or (direct and alone(function, geometry, spatial)):
        pool = pooled if direct else widened
        loop, window, axes = chosen(function, geometry, spatial)
    image, outputs = planes(shape, axes), planes(shape[:2] + output, axes)
    source, target = (outputs, image) if function == "mean_backward" else (image, outputs)
    return Way(pool, loop, window, source, target, working, index_dtype(spatial))


@lru_cache(maxsize=1024)
def scatter(outputs: Ints, image: Ints, dtype: np.dtype[Any]) -> Way:
    """The way to add gradients at indices, whatever the windows were."""
    from . import blocks

    source, target, working = planes(outputs, 1), planes(image, 1), working_dtype(dtype)
    pool = in_bands if target[1] > large.BLOCK else pooled if working == dtype else widened
    return Way(pool, blocks.max_backward, (), source, target, working, index_dtype(image[2:]))


def chosen(function: str, geometry: Geometry, spatial: Ints) -> tuple[Callable[..., None], tuple[Any, ...], int]:
    """Which loop serves which windows, what it is told about them, and how many spatial axes it sees.

    Loops are imported here, at the first call, because numba is slow to import.
    """
    if geometry.rank == 3 or not geometry.is_plain(spatial):
        from . import loops

        return getattr(loops, function), cells(function, geometry, spatial), 3
    from . import blocks, lines

    if function != "max_forward" and geometry.size == spatial:
        return blocks.mean_of_planes if function == "mean_forward" else blocks.mean_to_planes, (), 1
    return getattr(blocks if alone(function, geometry, spatial) else lines, function), block(geometry), 2


def alone(function: str, geometry: Geometry, spatial: Ints) -> bool:
    """Whether blocks.py serves these windows: its loops need no arrays of their own."""
    if geometry.rank == 3 or not geometry.is_plain(spatial):
        return False
    return not geometry.overlap(spatial) or (function == "max_forward" and block(geometry) == (3, 3, 2, 2))


def block(geometry: Geometry) -> Ints:
    """Rows and columns of a window, and the strides of rows and columns; an image of one axis is a single row."""
    one = (1,) * (2 - geometry.rank)
    return (*one, *geometry.size, *one, *geometry.stride)


def cells(function: str, geometry: Geometry, spatial: Ints) -> tuple[Array, ...]:
    """For each of three axes the real cells of each window, as (start, stop, step); absent axes have length one.

    For a mean also what each divides by, (OD, OH, OW).
    """
    ranges = [[axis.cells(output) for output in range(axis.count())] for axis in geometry.axes(spatial)]
    absent = [[range(1)]] * (3 - geometry.rank)
    each = tuple(np.array([(r.start, r.stop, r.step) for r in axis], np.int64) for axis in (*absent, *ranges))
    if function == "max_forward":
        return each
    divisors = geometry.divisors(spatial)
    return (*each, divisors.reshape((1,) * len(absent) + divisors.shape))


def run(how: Way, threads: int, source: Array, target: Array, *argmax: Array | None) -> None:
    """Fill `target`, and argmax where there is one, from `source`: all planes at once, or shared among threads."""
    source, target = given(source, how.source), target.reshape(how.target)
    if checked(threads) > 1:
        arrays = (source, target, *argmax)
        in_threads(lambda part: how.pool(how, *cut(arrays, part)), len(source), source.size, threads)
    else:
        how.pool(how, source, target, *argmax)


def pooled(how: Way, source: Array, target: Array, *argmax: Array | None) -> None:
    """Fill `target` and argmax from `source`."""
    how.loop(source, *how.window, target, *argmax)


def widened(how: Way, source: Array, target: Array, *argmax: Array | None) -> None:
    """The same for a dtype without loops of its own, some planes at a time: exact copies in, rounded results out."""
    step = max(1, large.BLOCK // max(prod(how.source[1:]), prod(how.target[1:])))
    for first in range(0, len(source), step):
        narrow, result, *places = cut((source, target, *argmax), slice(first, first + step))
        wide = np.empty(result.shape, how.dtype)
        how.loop(read_only(narrow.astype(how.dtype)), *how.window, wide, *places)
        result[:] = rounded(wide, result.dtype)


def in_images(how: Way, source: Array, target: Array, *argmax: Array | None) -> None:
    """The same for planes that are cut into images."""
    function, geometry = how.window
    for p in range(len(source)):
        if function == "mean_backward":
            large.backward(how.loop, geometry, source[p], target[p])
        else:
            places = [each if each is None else each[p] for each in argmax]
            large.forward(how.loop, sum_of, function, geometry, source[p], target[p], *places)


def of_image(function: str, geometry: Geometry, source: Array, shape: Ints, *argmax: Array | None) -> Array:
    """The result, of this shape, for one image; arrays have spatial axes alone and need not be contiguous."""
    how = way(
        function, geometry, (1, 1, *(shape if function == "mean_backward" else source.shape)), source.dtype, whole=True
    )
    result = np.empty(shape, source.dtype)
    run(how, 1, source, result, *(each if each is None else each.reshape(how.target) for each in argmax))
    return result


def sum_of(line: Array) -> float:
    """The sum of a float64 line, in its order."""
    from .lines import add

    total = np.empty((1, 1, 1))
    add(line.reshape(1, 1, -1), 0, 0, 1, line.size, total, 0)
    return float(total[0, 0, 0])


def in_bands(how: Way, dy: Array, dx: Array, argmax: Array) -> None:
    """Add gradients at indices of planes larger than a block."""
    from .blocks import add, scattered

    alone = how.dtype == dx.dtype
    for p in range(len(dx)):
        alone = alone and scattered(dy, argmax, p, dx)
        if not alone:
            large.scatter(add, dy[p], dx[p], argmax[p])


def cut(arrays: tuple[Array | None, ...], part: slice) -> list[Any]:
    """These planes of each array."""
    return [each if each is None else each[part] for each in arrays]


def given(array: Array, shape: Ints) -> Array:
    """An input as the loops want it: planes, contiguous and aligned, and read-only."""
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned):
        array = np.require(array, None, ["C", "A"])
    return read_only(array.reshape(shape))


def read_only(view: Array) -> Array:
    """One kind of array for all inputs, because numba would compile anew for each combination of flags."""
    view.setflags(write=False)
    return view


def planes(shape: Ints, axes: int) -> Ints:
    """(N, C, ...) as (P, ...) with so many spatial axes: some of length one before, or all cells along a single one."""
    spatial = shape[2:] if axes > 1 else (prod(shape[2:]),)
    return (prod(shape[:2]), *(1,) * (axes - len(spatial)), *spatial)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype the loops work in: one that holds `dtype` exactly, so that four of them serve for all."""
    if is_float(dtype):
        return np.dtype(np.float64) if dtype.itemsize == 2 else dtype
    return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)
