"""How a call runs: by which loop, in which dtype, and whether planes are handed over whole, in blocks or as images.

A block is BLOCK (2**18) elements, the most that are processed at once where temporary arrays are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..cache import cached
from ..dtypes import Array, Ints, index_dtype, is_float, rounded
from ..geometry import Geometry
from ..threads import checked, in_threads
from . import large
from .choice import choice, is_separate


class LoopPlan(NamedTuple):
    """How a call runs.

    `pool` hands planes to `loop`: pool(plan, source, target, *argmax). `windows` are the loop's arguments about the
    windows. `source` and `target` are the shapes of input and result as planes (P, ...), `dtype` is the dtype of both
    in the loop, and `indices` that of the loop's indices.
    """

    pool: Callable[..., None]
    loop: Callable[..., Any]
    windows: tuple[Any, ...]
    source: Ints
    target: Ints
    dtype: np.dtype[Any]
    indices: np.dtype[Any]


@cached
def plan(function: str, geometry: Geometry, shape: Ints, dtype: np.dtype[Any], *, whole: bool = False) -> LoopPlan:
    """The plan for an x of this shape and dtype, or for its gradient; `whole`: do not cut planes into images."""
    spatial, working = shape[2:], working_dtype(dtype)
    output = geometry.output(spatial)
    direct = working == dtype
    pool: Callable[..., None] = in_images
    loop: Callable[..., Any] = of_image
    windows: tuple[Any, ...] = (function, geometry)
    axes = geometry.rank
    small = max(prod(spatial), prod(output)) <= large.BLOCK
    if whole or small or (direct and is_separate(function, geometry, spatial)):
        pool = pooled if direct else widened
        loop, windows, axes = choice(function, geometry, spatial)
    image, outputs = planes(shape, axes), planes(shape[:2] + output, axes)
    source, target = (outputs, image) if function == "mean_backward" else (image, outputs)
    return LoopPlan(pool, loop, windows, source, target, working, index_dtype(spatial))


@cached
def scattering_plan(outputs: Ints, image: Ints, dtype: np.dtype[Any]) -> LoopPlan:
    """The plan for adding gradients of shape `outputs` at their indices, whatever the windows were."""
    from .loops import indices

    source, target, working = planes(outputs, 1), planes(image, 1), working_dtype(dtype)
    pool = in_bands if target[1] > large.BLOCK else pooled if working == dtype else widened
    return LoopPlan(pool, indices.max_backward, (), source, target, working, index_dtype(image[2:]))


def run(how: LoopPlan, threads: int, source: Array, target: Array, *argmax: Array | None) -> None:
    """Fill `target`, and argmax if there is one, from `source`: all planes at once, or shared among threads."""
    source, target = as_input(source, how.source), target.reshape(how.target)
    if checked(threads) > 1:
        arrays = (source, target, *argmax)
        in_threads(lambda part: how.pool(how, *cut(arrays, part)), len(source), source.size, threads)
    else:
        how.pool(how, source, target, *argmax)


# The ways of handing planes to a loop.


def pooled(how: LoopPlan, source: Array, target: Array, *argmax: Array | None) -> None:
    """Hand over the planes as they are."""
    how.loop(source, *how.windows, target, *argmax)


def widened(how: LoopPlan, source: Array, target: Array, *argmax: Array | None) -> None:
    """Hand over exact copies in a wider dtype that has a loop, a block at a time, and round the results."""
    step = max(1, large.BLOCK // max(prod(how.source[1:]), prod(how.target[1:])))
    for first in range(0, len(source), step):
        narrow, result, *places = cut((source, target, *argmax), slice(first, first + step))
        wide = np.empty(result.shape, how.dtype)
        how.loop(as_input(narrow.astype(how.dtype), narrow.shape), *how.windows, wide, *places)
        result[:] = rounded(wide, result.dtype)


def in_images(how: LoopPlan, source: Array, target: Array, *argmax: Array | None) -> None:
    """Cut planes larger than a block into images, each with a plan of its own."""
    function, geometry = how.windows
    for p in range(len(source)):
        if function == "mean_backward":
            large.backward(how.loop, geometry, source[p], target[p])
        else:
            places = [each if each is None else each[p] for each in argmax]
            large.forward(how.loop, sum_of, function, geometry, source[p], target[p], *places)


def of_image(function: str, geometry: Geometry, source: Array, shape: Ints, *argmax: Array | None) -> Array:
    """The result, of this shape, for one image. Arrays have spatial axes only and need not be contiguous."""
    image = shape if function == "mean_backward" else source.shape
    how = plan(function, geometry, (1, 1, *image), source.dtype, whole=True)
    result = np.empty(shape, source.dtype)
    run(how, 1, source, result, *(each if each is None else each.reshape(how.target) for each in argmax))
    return result


def sum_of(line: Array) -> float:
    """The sum of a float64 line, added in its order."""
    from .loops.overlapping import add

    total = np.empty((1, 1, 1))
    add(line.reshape(1, 1, -1), 0, 0, 1, line.size, total, 0)
    return float(total[0, 0, 0])


def in_bands(how: LoopPlan, dy: Array, dx: Array, argmax: Array) -> None:
    """Add gradients at the indices of planes larger than a block, a band of cells at a time if sums are needed."""
    from .loops.indices import add, scattered

    alone = how.dtype == dx.dtype
    for p in range(len(dx)):
        alone = alone and scattered(dy, argmax, p, dx)
        if not alone:
            large.scatter(add, dy[p], dx[p], argmax[p])


# Arrays and dtypes as the loops need them.


def cut(arrays: tuple[Array | None, ...], part: slice) -> list[Any]:
    """The same planes of each array."""
    return [each if each is None else each[part] for each in arrays]


def as_input(array: Array, shape: Ints) -> Array:
    """An input for a loop: planes, contiguous, aligned and read-only.

    All inputs get the same flags, because numba compiles a loop again for each combination of them.
    """
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned):
        array = np.require(array, None, ["C", "A"])
    view = array.reshape(shape)
    view.setflags(write=False)
    return view


def planes(shape: Ints, axes: int) -> Ints:
    """(N, C, ...) as (P, ...) with this number of spatial axes: leading ones of length 1, or all cells in a line."""
    spatial = shape[2:] if axes > 1 else (prod(shape[2:]),)
    return (prod(shape[:2]), *(1,) * (axes - len(spatial)), *spatial)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in the loops: one of four, which hold every other dtype exactly."""
    if is_float(dtype):
        return np.dtype(np.float64) if dtype.itemsize == 2 else dtype
    return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)
