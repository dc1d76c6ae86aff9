"""Laws of the forward pass: values and indices."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from .. import oracle
from ..cases.case import Case
from ..cases.palettes import signed
from ..cases.plans import BOTTOMLESS, MAX_VALUES, MEAN_VALUES, Plan
from ..contract import FORWARD, MEAN
from .pool import Pool
from .registry import law

OUTSIDE = (np.nan, np.inf, -np.inf)
"""Floats that must not affect a window when they lie beside it. For integers, both ends of the dtype are used."""

ALONE = Plan(MEAN, values=("alone",), gradients=("thousands",), windows="vast", recipes=("plain",))
"""One window of many cells with a single nonzero one: nothing rounds, so that the result shows the divisor."""

SHIFTABLE = ("plain", "dilation")
"""Recipes without edges, so that cutting off cells changes no other window."""


@law(Plan(("max_forward",), values=MAX_VALUES, large=True))
def max_value(pool: Pool, case: Case) -> None:
    """y[o] = max { x[p] : p in window(o) }, exactly"""
    pool.equal(pool(case.call()), oracle.max_forward(case.x, **case.window))


@law(
    Plan(("max_indices",), values=("distinct", "ties", "negative", "relu", "wide", "lowest", "bottomless"), large=True)
)
def max_index(pool: Pool, case: Case) -> None:
    """i[o] is a cell of window(o), in row-major order of its own plane, with x[i[o]] = max { x[p] : p in window(o) }"""
    result = pool(case.call())
    pool.same_shape(result, case.dy.shape)
    places, best = oracle.maxima(case.x, **case.window)
    found = oracle.flat(result.astype(np.int64), len(case.size))[..., np.newaxis]
    allowed = ((found == places) & best).any(axis=-1).reshape(result.shape)
    if not allowed.all():
        pool.differ(result, oracle.max_indices(case.x, **case.window), ~allowed)


@law(Plan(("max_indices",), values=BOTTOMLESS, edges=True, in_padding=True))
def index_in_plane(pool: Pool, case: Case) -> None:
    """0 <= i[o] < H*W on every input, but i[o] may be negative if window(o) lies wholly in padding"""
    i = pool(case.call())
    pool.same_shape(i, case.dy.shape)
    cells = prod(case.x.shape[2:])
    outside = (i >= cells) | ((i < 0) & (oracle.max_indices(case.x, **case.window) >= 0))
    if outside.any():
        where = tuple(int(k) for k in np.argwhere(outside)[0])
        place = ",".join(map(str, where))
        pool.fail(f"i[{place}] = {i[where]}, but should be at least 0 and below {cells}", got=i, where=where)


@law(Plan(("max_forward",), values=("not_a_number",), floats=True))
def nan_kept_or_skipped(pool: Pool, case: Case) -> None:
    """y[o] is NaN or the same as with -inf for every NaN, where window(o) has NaN and a number above -inf"""
    y = pool(case.call())
    pool.same_shape(y, case.dy.shape)
    skipped = pool(case.call(x=np.where(np.isnan(case.x), np.asarray(-np.inf, case.x.dtype), case.x)))
    pool.same_shape(skipped, y.shape)
    values = case.in_windows[1]
    # What the maximum of NaN and -inf alone is, is a convention.
    both = np.isnan(values).any(axis=-1) & (values > -np.inf).any(axis=-1)
    wrong = both.reshape(y.shape) & ~np.isnan(y) & (y != skipped)
    if wrong.any():
        pool.differ(y, skipped, wrong, 0, why="or NaN; the second call has -inf in place of NaN")


@law(Plan(("mean_forward",), values=MEAN_VALUES, large=True))
def mean_value(pool: Pool, case: Case) -> None:
    """|y[o] - sum/n| <= ((1 + (n-1)u)(1+u)^3 - 1) sum|x|/n + (n+1) eta, over the n cells of window(o)"""
    pool.within(pool(case.call()), oracle.mean_forward(case.x, **case.window))


@law(Plan(("mean_forward",), values=("lattice", "relu", "negative"), windows="powers of two"))
def mean_exact(pool: Pool, case: Case) -> None:
    """y[o] = sum { x[p] : p in window(o) }/n, exactly, where n is a power of two and no sum can round"""
    pool.equal(pool(case.call()), oracle.mean_forward(case.x, **case.window).nearest())


@law(ALONE)
def large_divisor(pool: Pool, case: Case) -> None:
    """y = x[p]/n for x zero but at p, and dx = dy/n, exactly, for one window of n cells, n a large power of two"""
    n, result = prod(case.size), pool(case.call())
    if case.function == "mean_forward":
        share = case.x.astype(np.float64).sum().reshape(case.dy.shape) / n
    else:
        share = np.broadcast_to(case.dy.astype(np.float64) / n, case.x.shape)
    pool.equal(result, share.astype(case.x.dtype))


@law(
    Plan(FORWARD, values=("lattice",), windows="powers of two", recipes=SHIFTABLE, repeated=True),
)
def translation(pool: Pool, case: Case) -> None:
    """pool(x shifted by one stride)[o] = pool(x)[o + 1]"""
    axis = 2 + max(range(len(case.output)), key=lambda k: case.output[k] > 1)
    y = pool(case.call())
    later = (slice(None),) * axis + (slice(case.stride[axis - 2], None),)
    next_one = (slice(None),) * axis + (slice(1, None),)
    pool.same_shape(y, case.dy.shape)
    shifted = pool(case.call(x=case.x[later]))
    pool.equal(
        shifted, y[next_one], why=f"x is the x before without its first {case.stride[axis - 2]} along axis {axis}"
    )


@law(Plan(FORWARD, values=("lattice",), windows="powers of two"))
def locality(pool: Pool, case: Case) -> None:
    """y[o] is the same whatever lies outside window(o), even NaN and infinities"""
    y = pool(case.call())
    pool.same_shape(y, case.dy.shape)
    place = case.spot_in(y.shape)
    window = (*place[:2], *dict(oracle.windows(case.geometry, case.x.shape))[place[2:]])
    outside = extremes(case.x.dtype)
    x = np.full_like(case.x, outside[sum(place) % len(outside)])
    x[window] = case.x[window]
    found = pool(case.call(x=x))
    pool.same_shape(found, y.shape)
    expected = found.copy()
    expected[place] = y[place]
    pool.equal(found, expected, why="the call before had the same numbers in this window, and others around it")


@law(Plan(FORWARD, values=("lattice",), others=("lattice",), windows="powers of two", crowded=True))
def channel_independence(pool: Pool, case: Case) -> None:
    """x' = x except in channel c: pool(x') = pool(x) except in channel c"""
    untouched(pool, case, axis=1)


@law(Plan(FORWARD, values=("lattice",), others=("lattice",), windows="powers of two", crowded=True))
def sample_independence(pool: Pool, case: Case) -> None:
    """x' = x except in sample n: pool(x') = pool(x) except in sample n"""
    untouched(pool, case, axis=0)


@law(Plan(FORWARD, values=("lattice",), windows="powers of two", crowded=True))
def batch_independence(pool: Pool, case: Case) -> None:
    """pool(x)[n] = pool(x[n])[0]: a sample gives the same result alone as in a batch"""
    y = pool(case.call())
    pool.same_shape(y, case.dy.shape)
    n = case.spot_in(case.x.shape)[0]
    alone = pool(case.call(x=case.x[n : n + 1]))
    pool.equal(alone, y[n : n + 1], why=f"x is sample {n} of the batch before")


@law(Plan(("max_forward",), values=("ties", "lattice"), others=("relu",)))
def increasing_maps(pool: Pool, case: Case) -> None:
    """max(f(x)) = f(max(x)) for every increasing f"""
    y = pool(case.call())
    pool.same_shape(y, case.dy.shape)
    known = ascending(case.x)
    images = increasing(known, case.another)
    mapped = pool(case.call(x=images[np.searchsorted(known, case.x)]))
    if not (known[np.searchsorted(known, y).clip(max=known.size - 1)] == y).all():
        pool.fail("y has a value that is nowhere in x", 0, got=y)
    pairs = ", ".join(f"{a} -> {b}" for a, b in zip(known.tolist(), images.tolist(), strict=True))
    pool.equal(mapped, images[np.searchsorted(known, y)], why=f"x is the x before through the increasing map {pairs}")


@law(Plan(FORWARD, values=("wide", "distinct", "infinite"), windows="one cell", recipes=("plain",), large=True))
def identity(pool: Pool, case: Case) -> None:
    """F = 1, S = 1: pool(x) = x"""
    pool.equal(pool(case.call()), case.x, why="every window is a single cell")


def extremes(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Values that must not affect a window when they lie beside it."""
    if is_float(dtype):
        return OUTSIDE
    return (True, False) if dtype.kind == "b" else (np.iinfo(dtype).max, np.iinfo(dtype).min)


def ascending(x: Array) -> Array:
    """The distinct numbers of x, in ascending order."""
    # A stable sort, because on some processors NumPy's default leaves long arrays of float16 out of order.
    cells: Array = np.sort(x, axis=None, kind="stable")
    new: Array = np.ones(cells.size, bool)
    new[1:] = cells[1:] != cells[:-1]
    return np.asarray(cells[new])


def increasing(known: Array, steps: Array) -> Array:
    """Images of these numbers under an increasing map, small enough for every integer type."""
    if known.dtype.kind == "b":
        return known
    # There are 17 numbers at most, so the last is mapped to 68 at most.
    apart = 1 + np.resize(steps, known.shape) % 4
    below = 20 if signed(known.dtype) else 0
    images: Array = (np.cumsum(apart, dtype=np.float64) - below).astype(known.dtype)
    return images


def untouched(pool: Pool, case: Case, axis: int) -> None:
    """Change x in one sample or channel, and fail if y changes anywhere else."""
    y = pool(case.call())
    pool.same_shape(y, case.dy.shape)
    at = case.spot_in(case.x.shape)[axis]
    here = (slice(None),) * axis + (at,)
    x, expected = case.x.copy(), y.copy()
    x[here] = case.another[here]
    again = pool(case.call(x=x))
    pool.same_shape(again, y.shape)
    expected[here] = again[here]
    pool.equal(again, expected, why=f"x is the x before with other values in {('sample', 'channel')[axis]} {at} alone")
