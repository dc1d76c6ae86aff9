"""Palettes: lists of values for the cells, the simplest first."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil, log2, prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, finfo, is_float

Palette = Callable[[Any, int], Any]


def unit(dtype: Any) -> int:
    """p, the number of significand bits of a float dtype."""
    bits = int(finfo(dtype).nmant)
    return bits + 1


def lattice_height(dtype: Any, n: int) -> int:
    """The largest m for which sums of n integers up to m are exact in every order, scaled by 1/n or not.

    The condition is 4 * n * sum|x| <= 2**p, and sum|x| <= n*m.
    """
    if not is_float(dtype):
        return 1 if dtype.kind == "b" else 8
    most: int = min(2 ** unit(dtype) // (4 * n * n), 8)
    return most


def ties(dtype: Any, _n: int) -> list[Any]:
    """A few small integers, so that most windows have tied maxima."""
    return [0, 1, -1, 2, -2] if signed(dtype) else [0, 1] if dtype.kind == "b" else [0, 1, 2, 3]


def close(dtype: Any, _n: int) -> list[Any]:
    """Neighbouring numbers, which differ by one unit in the last place."""
    if not is_float(dtype):
        return highest(dtype, 1)
    eps = float(finfo(dtype).eps)
    return [1, 1 + eps, 1 + 2 * eps, 1 - eps / 2, -1, -1 - eps]


def ones(_dtype: Any, _n: int) -> list[Any]:
    """The same value everywhere, as when a sum is differentiated."""
    return [1]


def lattice(dtype: Any, n: int) -> list[Any]:
    """Small integers of both signs, on which means are exact where n is a power of two."""
    most = lattice_height(dtype, n)
    return [0, *(sign * m for m in range(1, most + 1) for sign in ((1, -1) if signed(dtype) else (1,)))]


def thousands(dtype: Any, _n: int) -> list[Any]:
    """Numbers that stay normal when they are divided among many thousand cells."""
    if not is_float(dtype):
        return highest(dtype, 1)
    return [1024, -1024, 1536]


def signs(dtype: Any, _n: int) -> list[Any]:
    """Directions: none, up or down."""
    return [0, 1, -1] if signed(dtype) else [0, 1]


def relu(dtype: Any, n: int) -> list[Any]:
    """Mostly zeros, as after a ReLU."""
    return [0, 0, 0, *range(1, 1 + lattice_height(dtype, n))]


def negative(dtype: Any, n: int) -> list[Any]:
    """Nothing but negative numbers."""
    most = max(lattice_height(dtype, n), 1)
    return [-m for m in range(1, most + 1)] if signed(dtype) else [0, 1]


def huge(dtype: Any, n: int) -> list[Any]:
    """A huge value among small ones, which a running sum never recovers from."""
    if not is_float(dtype):
        return whole_range(dtype)
    most = float(finfo(dtype).max) / (4 * n)
    return [1, -1, 0.5, 3, 1, 0.75, -0.5, 1.5, min(most, 2.0 ** (2 * unit(dtype)))]


def lowest(dtype: Any, _n: int) -> list[Any]:
    """Values near the minimum of the dtype, below every sentinel but the minimum itself."""
    if dtype.kind == "b":
        return [False, True]
    if is_float(dtype):
        least = float(finfo(dtype).min)
        return [least, least / 2, least * 0.75, least / 4]
    least = int(np.iinfo(dtype).min)
    return [least, least + 1, least + 2]


def highest(dtype: Any, _n: int) -> list[Any]:
    """Values near the maximum of the dtype, which reveal a detour through a narrower type or a float."""
    if dtype.kind == "b":
        return [True, False]
    if is_float(dtype):
        most = float(finfo(dtype).max)
        return [most, most / 2, most * 0.75, -most]
    most = int(np.iinfo(dtype).max)
    return [most, most - 1, most - 2, most // 2, int(np.iinfo(dtype).min)]


def infinite(dtype: Any, _n: int) -> list[Any]:
    """Infinities among ordinary numbers."""
    return [0, 1, -1, np.inf, -np.inf, 2] if is_float(dtype) else ties(dtype, 1)


def bottomless(dtype: Any, _n: int) -> list[Any]:
    """Mostly -inf: windows without a value above the lowest one that a search may start from."""
    return [-np.inf, -np.inf, -np.inf, 0] if is_float(dtype) else lowest(dtype, 1)


def not_a_number(dtype: Any, _n: int) -> list[Any]:
    """NaN among all kinds of values."""
    return [0, 1, np.nan, -1, np.inf, -np.inf, -0.0] if is_float(dtype) else ties(dtype, 1)


def subnormal(dtype: Any, _n: int) -> list[Any]:
    """Subnormal numbers, and zeros of both signs."""
    if not is_float(dtype):
        return ties(dtype, 1)
    eta, tiny = float(finfo(dtype).smallest_subnormal), float(finfo(dtype).tiny)
    return [0, eta, -eta, -0.0, 3 * eta, tiny, tiny - eta, -tiny]


def zeros(dtype: Any, _n: int) -> list[Any]:
    """Zeros of both signs among negative numbers, so that a maximum is the first of several zeros, with its sign."""
    return [0, -0.0, -1, -0.0, 0] if is_float(dtype) else negative(dtype, 1)


def wide(dtype: Any, n: int) -> list[Any]:
    """Full significands over many exponents, without subnormals or overflow in x/n or in sums of n values."""
    if not is_float(dtype):
        return whole_range(dtype)
    low, high = exponents(dtype, n)
    low, high = max(low, -40), min(high, 40)
    simple = [1, 3, 5, 7] if low <= 0 else [2.0 ** min(low, high)]
    return [*simple, *full_significands(low, high, range(min(low, high), high + 1))]


def remote(dtype: Any, n: int) -> list[Any]:
    """Full significands near both ends of the exponent range of `wide`, outside the range of a narrower type."""
    if not is_float(dtype):
        return whole_range(dtype)
    low, high = exponents(dtype, n)
    ends = (high, high - 1, low, low + 1) if low < high else (high,)
    return [2.0**high, *full_significands(low, high, ends)]


def exponents(dtype: Any, n: int) -> tuple[int, int]:
    """The least and the largest exponent with which n numbers can be added, and divided by n, in the normal range.

    A sum is a multiple of the last bit of its smallest term, so it cancels to zero or to a normal number. For a large
    n in a narrow dtype there is no such exponent; then the least is above the largest, and no sum may cancel.
    """
    info, steps = finfo(dtype), ceil(log2(n)) + 1
    return int(info.minexp) + unit(dtype) + steps, int(info.maxexp) - 2 - steps


def full_significands(low: int, high: int, among: Sequence[int]) -> list[float]:
    """Pseudo-random numbers with these exponents, of one sign if sums must not cancel."""
    source, signs = random.Random(1), (1, -1) if low <= high else (1,)
    return [source.choice(signs) * (1 + source.random()) * 2.0 ** source.choice(among) for _ in range(200)]


def whole_range(dtype: Any) -> list[Any]:
    """Integers over the whole range of the dtype."""
    if dtype.kind == "b":
        return [False, True]
    info, source = np.iinfo(dtype), random.Random(1)
    return [0, 1, *(source.randint(int(info.min), int(info.max)) for _ in range(60))]


def signed(dtype: Any) -> bool:
    """Whether the dtype has negative numbers."""
    return is_float(dtype) or bool(dtype.kind == "i")


PALETTES: dict[str, Palette] = {
    function.__name__: function
    for function in (
        ties,
        close,
        ones,
        lattice,
        thousands,
        signs,
        relu,
        negative,
        huge,
        lowest,
        highest,
        infinite,
        bottomless,
        not_a_number,
        subnormal,
        zeros,
        wide,
        remote,
    )
}


def painted(kind: str, cells: Array, dtype: Any, n: int) -> Array:
    """An array of `dtype`: each cell's byte picks from the palette, and a lower byte picks a simpler value."""
    palette = colours(kind, dtype, n)
    chosen: Array = palette[cells.astype(np.int64) * len(palette) >> 8]
    return chosen


@lru_cache(maxsize=1024)
def colours(kind: str, dtype: Any, n: int) -> Array:
    """A palette as an array of `dtype`."""
    palette = PALETTES[kind](dtype, n)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(palette, np.float64).astype(dtype) if is_float(dtype) else np.array(palette, dtype)


def distinct(cells: Array, dtype: Any, extent: Ints) -> Array:
    """Integers that differ within each window of this extent. The bytes are sort keys: all zeros give 0, 1, 2, ...

    Each plane is a permutation of consecutive integers around zero, if the dtype has room for them and for quarters
    between them; if not, the values repeat from tile to tile of a grid of windows.
    """
    spatial = cells.shape[2:]
    count = prod(spatial)
    if count > room(dtype):
        corner = tuple(min(pair) for pair in zip(extent, spatial, strict=True))
        first: Any = (..., *map(slice, corner))
        whole: Any = (..., *map(slice, spatial))
        repeats = (length // part + 1 for length, part in zip(spatial, corner, strict=True))
        tiled: Array = np.tile(distinct(cells[first], dtype, extent), (1, 1, *repeats))[whole]
        return tiled
    flat = cells.reshape(*cells.shape[:2], count)
    ranks = np.argsort(np.argsort(flat, axis=-1, kind="stable"), axis=-1, kind="stable")
    below = int(cells.flat[0]) % count if cells.size and signed(dtype) else 0
    return (ranks - below).reshape(cells.shape).astype(dtype)


def sunk(cells: Array, dtype: Any, extent: Ints) -> Array:
    """Like `distinct`, but near the minimum of a float dtype, below every sentinel but the minimum itself."""
    ranks = distinct(cells, dtype, extent).astype(np.float64)
    ranks -= ranks.min(initial=0)
    least = float(finfo(dtype).min)
    values: Array = (least - least / (2 * ranks.max(initial=0) + 2) * ranks).astype(dtype)
    return values


def neighbours(cells: Array, dtype: Any, extent: Ints) -> Array:
    """Like `distinct`, but one unit in the last place apart, so that a comparison in a narrower type sees ties."""
    ranks = distinct(cells, dtype, extent).astype(np.float64)
    values: Array = (1 + (ranks - ranks.min(initial=0)) * float(finfo(dtype).eps)).astype(dtype)
    return values


def alone(cells: Array, dtype: Any) -> Array:
    """Zeros, with one of `thousands` in each plane."""
    flat = cells.reshape(*cells.shape[:2], prod(cells.shape[2:]))
    one = np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., np.newaxis]
    values: Array = np.where(one, painted("thousands", flat, dtype, 1), np.zeros(1, dtype)).reshape(cells.shape)
    return values


DISTINCT = {"distinct": distinct, "sunk": sunk, "neighbours": neighbours}
"""Palettes whose numbers differ within each window; the last two for floats."""


NAMES = (*PALETTES, *DISTINCT, "alone")
"""All palettes by name."""

OF_FLOATS = ("close", "infinite", "bottomless", "not_a_number", "subnormal", "sunk", "neighbours")
"""Palettes that exist for floats only; integers get others in their place."""

ONE_HOT = "one-hot"
"""A palette for gradients: zero everywhere but at one element."""


def room(dtype: Any) -> int:
    """How many consecutive integers fit a dtype with one to spare; for floats, with exact quarters between them."""
    if dtype.kind == "b":
        return 1
    count: int = 2 ** unit(dtype) // 4 if is_float(dtype) else 2 ** (8 * int(dtype.itemsize) - 1)
    return count - 1
