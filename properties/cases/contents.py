"""The contents of a case's arrays, painted from one seed, so that a cell keeps its value when a shape shrinks."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, is_float

from ..contract import MEAN
from ..data.layouts import made_alike
from ..oracle import windows
from .case import Case
from .palettes import DISTINCT, ONE_HOT, alone, painted, room

LARGE = 256
"""A plane with more cells than this gets a maximum near its end, where its index overflows 8 bits."""

PRIMES = (2654435761, 2246822519, 3266489917, 668265263, 374761393)
"""The primes of 32-bit xxHash (Collet, 2012), no small multiples of which are close to each other."""

HOT = (1, -1, 3, -2, 200, -0.125)
"""Values for the one nonzero element of a one-hot gradient."""

SEEDS = 10_000
"""Seeds are smaller than this. Seed 0 gives the simplest contents: the first value of every palette."""


def paint(case: Case, seed: int, gradient: str, other: str) -> None:
    """Paint the arrays of a case, except the dy of integers, which is never used."""
    n, dtype, maximum = prod(case.size), case.x.dtype, case.function not in MEAN
    # Maxima are not added up. Their gradients are, but are not divided: only the windows on a pixel limit them.
    terms, divisor = (1, ceil(sqrt(n))) if maximum else (n, n)
    case.x[...] = image(case, texture(seed, 0, case.x.shape), terms)
    raise_late_maximum(case, seed)
    if case.other is not None:
        case.other[...] = painted(other, texture(seed, 2, case.other.shape), dtype, divisor)
    if is_float(dtype):
        hot = gradient == ONE_HOT
        cells = texture(seed, 1, case.dy.shape)
        case.dy[...] = one_hot(case, HOT[seed % len(HOT)]) if hot else painted(gradient, cells, dtype, divisor)
    for name, layout in case.layouts.items():
        made_alike(case.dy if name == "dy" else case.x, layout)


def texture(seed: int, which: int, shape: Ints) -> Array:
    """A pseudo-random byte for each cell, hashed from the seed, the number of the array and the cell's coordinates."""
    if seed == 0:
        return np.zeros(shape, np.uint8)
    # The finalizer of MurmurHash3 for 32 bits (Appleby, 2011).
    mixed = places(shape) + np.uint32((4 * seed + which) * 0x9E3779B1 % 2**32)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed >>= np.uint32(24)
    cells: Array = mixed.astype(np.uint8)
    return cells


@lru_cache(maxsize=64)
def places(shape: Ints) -> Array:
    """A number for each cell, computed from its coordinates alone; hardly any two cells share one."""
    numbers: Array = np.zeros((), np.uint32)
    for axis, length in enumerate(shape[::-1]):
        along = np.arange(length, dtype=np.uint32) * np.uint32(PRIMES[axis])
        numbers = along.reshape(-1, *(1,) * axis) + numbers
    return numbers


def image(case: Case, cells: Array, n: int) -> Array:
    """x by its palette. A dtype too narrow for "distinct" numbers in a window of this extent gets ties instead."""
    dtype = case.x.dtype
    if case.values == "alone":
        return alone(cells, dtype)
    if case.values not in DISTINCT:
        return without_lowest_windows(case, painted(case.values, cells, dtype, n))
    extent = tuple(axis.extent for axis in case.axes)
    # Floats are drawn with windows that suffice, which may be made larger to find the mistake behind a failure.
    together = prod(map(min, extent, case.x.shape[2:])) if is_float(dtype) else prod(extent)
    if together > room(dtype):
        return painted("ties", cells, dtype, n)
    return DISTINCT[case.values if is_float(dtype) else "distinct"](cells, dtype, extent)


def without_lowest_windows(case: Case, x: Array) -> Array:
    """x, for the palette "infinite" with a finite number in every window that is nothing but -inf."""
    if case.values != "infinite" or not x.size or x.min() != -np.inf:
        return x
    spatial = tuple(range(2, x.ndim))
    first: Any = (..., *(0 for _ in spatial))
    for _, window in windows(case.geometry, x.shape):
        if x[window].size:
            lowest = x[window].max(axis=spatial) == -np.inf
            x[window][first][lowest] = -3
    return x


def raise_late_maximum(case: Case, seed: int) -> None:
    """Put a maximum near the end of a large plane; with ties only every second time, so that some ties remain."""
    x = case.x
    if x.size and prod(x.shape[2:]) > LARGE and (case.values == "distinct" or (case.values == "ties" and seed % 2)):
        flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
        flat[..., -1 - seed % 32] = flat.max() + np.asarray(1, x.dtype)


def one_hot(case: Case, value: float) -> Array:
    """A dy that is zero everywhere but at the drawn spot, where it is `value`."""
    dy = np.zeros_like(case.dy)
    if dy.size:
        dy[case.spot_in(dy.shape)] = value
    return dy
