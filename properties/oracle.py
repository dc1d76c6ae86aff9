"""What pooling should give: exact values and proved bounds, by clipped slices in plain Python.

Usable alone: `mean_forward(x, size, stride)` gives the exact means as fractions together with the largest error that a
correct floating-point kernel may make, and `Exact.allows(y)` holds any result against them. Inputs are arrays
(N, C, H, W) of floats (for maxima any ordered dtype), or of one or three axes for two; `size` and `stride` are an int
or one for each axis; settings, by keyword, are `padding`, `dilation`, `ceil_mode` and `count_include_pad`, as
kernels/geometry.py says. Gradients are for x of the same dtype as dy. Finite numbers only, except in `max_forward` and
`max_indices`. A window wholly in padding has the index -1, a maximum of -inf and no mean but zero.

The bound: u is the unit roundoff of the input's dtype, eta its smallest subnormal number. A sum of n terms in any order
is off by at most (n-1)u * sum|x| (Jeannerod & Rump, Improved error bounds for inner products in floating-point
arithmetic, SIAM J. Matrix Anal. Appl. 34, 2013); a reciprocal, a product and a rounding add a factor (1+u) each, and
every operation at most eta in the subnormal range. A single term divided by a power of two is exact, and so must be.
Padded cells are zeros, which add no error: only real cells count as terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import lcm, prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, finfo, is_float, lowest
from poolproof.kernels.geometry import Geometry

Index = tuple[Any, ...]


@dataclass(frozen=True)
class Exact:
    """Exact values: object arrays of Fraction of one shape, and for each the error that is allowed."""

    value: Array
    bound: Array
    dtype: np.dtype[Any]

    def allows(self, result: Array) -> Array:
        """Where a result of the same shape lies within the bound: an array of bool. NaN and infinity never do."""
        within = result == 0
        # Gradients are mostly zeros; only the others need exact arithmetic.
        for place in places((self.value != 0) | (self.bound != 0) | ~np.isfinite(result)):
            number = result[place]
            within[place] = np.isfinite(number) and abs(fraction(number) - self.value[place]) <= self.bound[place]
        return np.asarray(within, bool)

    def nearest(self) -> Array:
        """The exact values correctly rounded to the dtype of the input: to nearest, ties to even."""
        rounded = np.zeros(self.value.shape, self.dtype)
        for place in places(self.value != 0):
            rounded[place] = nearest(self.value[place], self.dtype)
        return rounded


def max_forward(x: Array, size: Any, stride: Any, **settings: Any) -> Array:
    """The largest element of each window, (N, C, OH, OW): the first of equal ones, and any NaN before everything."""
    indices = max_indices(x, size, stride, **settings)
    rank = x.ndim - 2
    found = np.take_along_axis(flat(x, rank), flat(np.maximum(indices, 0), rank), axis=-1).reshape(indices.shape)
    found[indices < 0] = lowest(x.dtype)
    return found


def max_indices(x: Array, size: Any, stride: Any, **settings: Any) -> Array:
    """The row-major index in its plane of each window's first maximum (or first NaN), int64 (N, C, OH, OW)."""
    geometry = geometry_of(x, size, stride, settings)
    indices = np.full(x.shape[:2] + geometry.output(x.shape[2:]), -1, np.int64)
    cells = np.arange(prod(x.shape[2:])).reshape(x.shape[2:])
    for output, window in windows(geometry, x.shape):
        inside = flat(cells[window[1:]], geometry.rank)
        if inside.size:
            indices[at(output)] = inside[flat(x[window], geometry.rank).argmax(axis=-1)]
    return indices


def maxima(x: Array, size: Any, stride: Any, **settings: Any) -> Iterator[tuple[Ints, Index, Array]]:
    """For each output (row, column) its window's index, and where in that (N, C, FH, FW) the tied maxima are.

    Windows wholly in padding are left out.
    """
    geometry = geometry_of(x, size, stride, settings)
    spatial = tuple(range(-geometry.rank, 0))
    for output, window in windows(geometry, x.shape):
        cells = x[window]
        if prod(cells.shape[2:]):
            yield output, window, cells == cells.max(axis=spatial, keepdims=True)


def max_backward(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The gradient of x, each dy at its window's first maximum; only on unique maxima is it everybody's gradient."""
    where = max_indices(x, size, stride, **settings)
    scaled, exponent = integers(dy)
    totals, sizes, shares = sums(x.shape)
    for place in places((dy != 0) & (where >= 0)):
        cell = (*place[:2], *np.unravel_index(where[place], x.shape[2:]))
        totals[cell] += scaled[place]
        sizes[cell] += abs(scaled[place])
        shares[cell] += 1
    return exact(totals, sizes, shares, Fraction(2) ** exponent, np.ones(x.shape, bool), dy.dtype)


def mean_forward(x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The arithmetic mean of each window, (N, C, OH, OW)."""
    geometry = geometry_of(x, size, stride, settings)
    scaled, exponent = integers(x)
    common, factors, powers = divisors(geometry, x.shape[2:])
    totals, sizes, terms = sums(x.shape[:2] + factors.shape)
    for output, window in windows(geometry, x.shape):
        cells = flat(scaled[window], geometry.rank)
        totals[at(output)] = cells.sum(axis=-1) * factors[output]
        sizes[at(output)] = abs(cells).sum(axis=-1) * factors[output]
        terms[at(output)] = cells.shape[-1]
    return exact(totals, sizes, terms, Fraction(2) ** exponent / common, np.broadcast_to(powers, terms.shape), x.dtype)


def mean_backward(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The gradient of x: dy/n to each real cell of a window, n being its divisor, summed where windows overlap."""
    geometry = geometry_of(x, size, stride, settings)
    scaled, exponent = integers(dy)
    common, factors, powers = divisors(geometry, x.shape[2:])
    totals, sizes, shares = sums(x.shape)
    simple = np.ones(x.shape, bool)
    for output, window in windows(geometry, x.shape):
        share = (scaled[at(output)] * factors[output]).reshape(*x.shape[:2], *(1,) * geometry.rank)
        totals[window] += share
        sizes[window] += abs(share)
        shares[window] += 1
        simple[window] &= powers[output]
    return exact(totals, sizes, shares, Fraction(2) ** exponent / common, simple, dy.dtype)


def coverage(shape: Ints, size: Any, stride: Any, **settings: Any) -> Array:
    """How many windows each cell of an image of this shape (N, C, H, W) lies in."""
    count = np.zeros(shape, np.int64)
    for _, window in windows(Geometry.of(size, stride, **settings, rank=len(shape) - 2), shape):
        count[window] += 1
    return count


def geometry_of(x: Array, size: Any, stride: Any, settings: dict[str, Any]) -> Geometry:
    """The geometry of a call."""
    return Geometry.of(size, stride, **settings, rank=x.ndim - 2)


def windows(geometry: Geometry, shape: Ints) -> Iterator[tuple[Ints, Index]]:
    """Each output (row, column) in row-major order, and the index of its real cells in an image of this shape."""
    slices = [[clipped(axis.cells(o)) for o in range(axis.count())] for axis in geometry.axes(shape[2:])]
    for output in product(*(range(len(axis)) for axis in slices)):
        yield output, (..., *(axis[o] for axis, o in zip(slices, output, strict=True)))


def clipped(cells: range) -> slice:
    """The cells of a window along an axis as a slice."""
    return slice(cells.start, cells.stop, cells.step)


def divisors(geometry: Geometry, spatial: Ints) -> tuple[int, Array, Array]:
    """Divisors n as one common multiple m, factors m/n (OH, OW), and which n are powers of two.

    A window wholly in padding may have no divisor; its sum is zero whatever that is.
    """
    whole = geometry.divisors(spatial).astype(np.int64)
    whole[whole == 0] = 1
    common = lcm(*map(int, np.unique(whole)))
    factors = np.array([common // int(n) for n in whole.flat], object).reshape(whole.shape)
    return common, factors, (whole & (whole - 1)) == 0


def at(output: Ints) -> Any:
    """The index of an output (row, column) in all planes."""
    return (..., *output)


def places(mask: Array) -> list[Any]:
    """The indices at which an array of bool is true."""
    return [tuple(place) for place in np.argwhere(mask).tolist()]


def flat(cells: Array, rank: int) -> Array:
    """The last `rank` axes as one; without a copy where that can be."""
    kept = cells.shape[: cells.ndim - rank]
    return cells.reshape(*kept, prod(cells.shape[cells.ndim - rank :]))


def sums(shape: Ints) -> tuple[Array, Array, Array]:
    """Zeros to add up in: sums and sums of absolute values, as Python ints, and numbers of terms."""
    totals, sizes = objects(shape), objects(shape)
    return totals, sizes, np.zeros(shape, np.int64)


def objects(shape: Ints) -> Array:
    """Zeros that may grow: an array of Python ints."""
    zeros = np.empty(shape, object)
    zeros[...] = 0
    return zeros


def integers(x: Array) -> tuple[Array, int]:
    """x as Python ints and one power of two: x = ints * 2**exponent, exactly. Raises ValueError if x is not finite."""
    if not np.isfinite(x).all():
        raise ValueError("exact sums exist for finite numbers only")
    significands, exponents = np.frexp(x.astype(np.float64))
    used = exponents[significands != 0]
    least = int(used.min()) if used.size else 0
    whole = np.ldexp(significands, 53).astype(np.int64).astype(object)
    shift = np.where(significands != 0, exponents - least, 0).astype(object)
    return np.asarray(whole << shift, object), least - 53


def exact(totals: Array, sizes: Array, terms: Array, scale: Fraction, simple: Array, dtype: np.dtype[Any]) -> Exact:
    """totals * scale with the bound of a sum of so many `terms`, whose absolute values add up to sizes * scale.

    `simple`: where every divisor is a power of two, so that a single term is exact.
    """
    value, bound = objects(totals.shape), objects(totals.shape)
    eta, normal = smallest(dtype), Fraction(float(finfo(dtype).tiny))
    for index in places(sizes != 0):
        count = int(terms[index])
        value[index] = totals[index] * scale
        is_exact = count == 1 and simple[index] and abs(value[index]) >= normal
        if not is_exact:
            bound[index] = relative_bound(count, dtype) * (sizes[index] * scale) + (count + 1) * eta
    return Exact(value, bound, dtype)


@lru_cache(maxsize=4096)
def relative_bound(n: int, dtype: np.dtype[Any]) -> Fraction:
    """(1 + (n-1)u)(1+u)^3 - 1: a sum of n terms, a reciprocal, a product and a rounding."""
    u = unit_roundoff(dtype)
    return (1 + (n - 1) * u) * (1 + u) ** 3 - 1


@lru_cache(maxsize=16)
def unit_roundoff(dtype: np.dtype[Any]) -> Fraction:
    """u = 2**-p, half the distance from 1 to the next number."""
    return Fraction(float(finfo(dtype).eps)) / 2


@lru_cache(maxsize=16)
def smallest(dtype: np.dtype[Any]) -> Fraction:
    """eta, the smallest subnormal number."""
    return Fraction(float(finfo(dtype).smallest_subnormal))


def fraction(number: Any) -> Fraction:
    """A finite number of any real dtype, exactly."""
    if hasattr(number, "as_integer_ratio"):
        return Fraction(*number.as_integer_ratio())
    return Fraction(float(number)) if is_float(number.dtype) else Fraction(int(number))


def nearest(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number of `dtype` nearest to a fraction, ties to even; beyond the largest by half a unit, infinity."""
    value, info = Fraction(value), finfo(dtype)
    if value == 0:
        return dtype.type(0)
    exponent = max(floor_log2(abs(value)), int(info.minexp)) - int(info.nmant)
    units = round(value / Fraction(2) ** exponent)
    limit = Fraction(float(info.max))
    rounded = units * Fraction(2) ** exponent
    return dtype.type(float(rounded) if abs(rounded) <= limit else np.copysign(np.inf, float(units > 0) - 0.5))


def floor_log2(value: Fraction) -> int:
    """The k with 2**k <= value < 2**(k+1)."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    return k if Fraction(2) ** k <= value else k - 1
