"""What pooling should give: exact values and proved bounds, by clipped slices in plain Python.

Usable alone: `mean_forward(x, size, stride)` gives the exact means as fractions together with the largest error that a
correct floating-point kernel may make, and `Exact.allows(y)` holds any result against them. Inputs are arrays
(N, C, H, W) of floats (for maxima any ordered dtype), `size` and `stride` an int or a pair; gradients are for x of the
same dtype as dy. Finite numbers only, except in `max_forward` and `max_indices`.

The bound: u is the unit roundoff of the input's dtype, eta its smallest subnormal number. A sum of n terms in any order
is off by at most (n-1)u * sum|x| (Jeannerod & Rump, Improved error bounds for inner products in floating-point
arithmetic, SIAM J. Matrix Anal. Appl. 34, 2013); a reciprocal, a product and a rounding add a factor (1+u) each, and
every operation at most eta in the subnormal range. A single term divided by a power of two is exact, and so must be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Array, Geometry, Ints


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


def max_forward(x: Array, size: Any, stride: Any) -> Array:
    """The largest element of each window, (N, C, OH, OW): the first of equal ones, and any NaN before everything."""
    indices = max_indices(x, size, stride)
    return np.take_along_axis(flat(x), flat(indices), axis=-1).reshape(indices.shape)


def max_indices(x: Array, size: Any, stride: Any) -> Array:
    """The row-major index in its plane of each window's first maximum (or first NaN), int64 (N, C, OH, OW)."""
    geometry = Geometry.of(size, stride)
    indices = np.empty(x.shape[:2] + geometry.output(x.shape[2:]), np.int64)
    pixels = np.arange(prod(x.shape[2:])).reshape(x.shape[2:])
    for output, window in windows(geometry, x.shape):
        indices[at(output)] = flat(pixels[window[1:]])[flat(x[window]).argmax(axis=-1)]
    return indices


def maxima(x: Array, size: Any, stride: Any) -> Iterator[tuple[Ints, tuple[Any, ...], Array]]:
    """For each output (row, column): its window's index, and where in it (N, C, FH, FW) the tied maxima are."""
    for output, window in windows(Geometry.of(size, stride), x.shape):
        cells = x[window]
        yield output, window, cells == cells.max(axis=(-2, -1), keepdims=True)


def max_backward(dy: Array, x: Array, size: Any, stride: Any) -> Exact:
    """The gradient of x, each dy at its window's first maximum; only on unique maxima is it everybody's gradient."""
    where = max_indices(x, size, stride)
    scaled, exponent = integers(dy)
    totals, sizes = objects(x.shape), objects(x.shape)
    shares = np.zeros(x.shape, np.int64)
    for n, c, row, column in places(dy != 0):
        pixel = (n, c, *divmod(int(where[n, c, row, column]), x.shape[3]))
        totals[pixel] += scaled[n, c, row, column]
        sizes[pixel] += abs(scaled[n, c, row, column])
        shares[pixel] += 1
    return exact(totals, sizes, shares, 1, exponent, dy.dtype)


def mean_forward(x: Array, size: Any, stride: Any) -> Exact:
    """The arithmetic mean of each window, (N, C, OH, OW)."""
    geometry = Geometry.of(size, stride)
    scaled, exponent = integers(x)
    shape = x.shape[:2] + geometry.output(x.shape[2:])
    totals, sizes = objects(shape), objects(shape)
    for output, window in windows(geometry, x.shape):
        totals[at(output)] = flat(scaled[window]).sum(axis=-1)
        sizes[at(output)] = abs(flat(scaled[window])).sum(axis=-1)
    n = prod(geometry.size)
    return exact(totals, sizes, np.full(shape, n), n, exponent, x.dtype)


def mean_backward(dy: Array, x: Array, size: Any, stride: Any) -> Exact:
    """The gradient of x: dy/n to each of the n cells of a window, summed where windows overlap."""
    geometry = Geometry.of(size, stride)
    scaled, exponent = integers(dy)
    totals, sizes = objects(x.shape), objects(x.shape)
    shares = np.zeros(x.shape, np.int64)
    for output, window in windows(geometry, x.shape):
        share = scaled[at(output)][..., np.newaxis, np.newaxis]
        totals[window] += share
        sizes[window] += abs(share)
        shares[window] += 1
    return exact(totals, sizes, shares, prod(geometry.size), exponent, dy.dtype)


def coverage(shape: Ints, size: Any, stride: Any) -> Array:
    """How many windows each pixel of an image of this shape (N, C, H, W) lies in."""
    count = np.zeros(shape, np.int64)
    for _, window in windows(Geometry.of(size, stride), shape):
        count[window] += 1
    return count


def windows(geometry: Geometry, shape: Ints) -> Iterator[tuple[Ints, tuple[Any, ...]]]:
    """Each output (row, column) in row-major order, and the index of its window in an image of this shape."""
    for output in product(*map(range, geometry.output(shape[2:]))):
        starts = [o * stride for o, stride in zip(output, geometry.stride, strict=True)]
        yield output, (..., *(slice(a, a + size) for a, size in zip(starts, geometry.size, strict=True)))


def at(output: Ints) -> Any:
    """The index of an output (row, column) in all planes."""
    return (..., *output)


def places(mask: Array) -> list[Any]:
    """The indices at which an array of bool is true."""
    return [tuple(place) for place in np.argwhere(mask).tolist()]


def flat(cells: Array) -> Array:
    """The last two axes as one; without a copy where that can be."""
    return (
        cells.reshape(*cells.shape[:-2], -1) if cells.size else cells.reshape(*cells.shape[:-2], prod(cells.shape[-2:]))
    )


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


def exact(totals: Array, sizes: Array, terms: Array, n: int, exponent: int, dtype: np.dtype[Any]) -> Exact:
    """totals * 2**exponent / n with the bound of a sum of so many `terms`, whose absolute values add up to `sizes`."""
    scale = Fraction(2) ** exponent / n
    value, bound = objects(totals.shape), objects(totals.shape)
    eta, normal, power_of_two = smallest(dtype), Fraction(float(np.finfo(dtype).tiny)), n & (n - 1) == 0
    for index in places(sizes != 0):
        count = int(terms[index])
        value[index] = totals[index] * scale
        is_exact = count == 1 and power_of_two and abs(value[index]) >= normal
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
    return Fraction(float(np.finfo(dtype).eps)) / 2


@lru_cache(maxsize=16)
def smallest(dtype: np.dtype[Any]) -> Fraction:
    """eta, the smallest subnormal number."""
    return Fraction(float(np.finfo(dtype).smallest_subnormal))


def fraction(number: Any) -> Fraction:
    """A finite number of any real dtype, exactly."""
    return Fraction(*number.as_integer_ratio()) if hasattr(number, "as_integer_ratio") else Fraction(int(number))


def nearest(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number of `dtype` nearest to a fraction, ties to even; beyond the largest by half a unit, infinity."""
    value, info = Fraction(value), np.finfo(dtype)
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
