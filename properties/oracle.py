"""What pooling should give: exact values and proved bounds, in integers of any length.

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
from functools import cached_property, lru_cache
from itertools import product
from math import ceil, gcd, lcm, prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, finfo, is_float, lowest
from poolproof.kernels.geometry import Geometry

Index = tuple[Any, ...]


@dataclass(frozen=True)
class Exact:
    """Exact values of one shape, and for each the error that is allowed: Python ints, in multiples of `unit`.

    `met`: where terms were added up; elsewhere nothing but zero is right.
    """

    met: Array
    whole: Array
    margin: Array
    unit: Fraction
    dtype: np.dtype[Any]

    @cached_property
    def value(self) -> Array:
        """The exact values, an object array of Fraction."""
        return np.asarray(self.whole * self.unit, object)

    @cached_property
    def bound(self) -> Array:
        """The errors that are allowed, an object array of Fraction."""
        return np.asarray(self.margin * self.unit, object)

    def allows(self, result: Array) -> Array:
        """Where a result of the same shape lies within the bound: an array of bool. NaN and infinity never do."""
        allowed = np.asarray(result == 0)
        judged = np.isfinite(result) & self.met
        numbers, exponent = integers(result[judged])
        ratio = Fraction(2) ** exponent / self.unit
        error = abs(numbers * ratio.numerator - self.whole[judged] * ratio.denominator)
        allowed[judged] = error <= self.margin[judged] * ratio.denominator
        return allowed

    def nearest(self) -> Array:
        """The exact values correctly rounded to the dtype of the input: to nearest, ties to even."""
        rounded = np.zeros(self.whole.shape, self.dtype)
        # The same numbers come again and again.
        numbers, which = np.unique(self.whole[self.met], return_inverse=True)
        rounded[self.met] = np.array([nearest(number * self.unit, self.dtype) for number in numbers], self.dtype)[which]
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
    cells, values = in_windows(geometry, x, lowest(x.dtype))
    with np.errstate(invalid="ignore"):
        # A bfloat16 warns of NaN.
        best = (cells >= 0) & ((values == values.max(axis=-1, keepdims=True)) | (values != values))
    indices: Array = cells[np.arange(len(cells)), best.argmax(axis=-1)]
    return indices.reshape(*x.shape[:2], *geometry.output(x.shape[2:]))


def maxima(x: Array, size: Any, stride: Any, **settings: Any) -> tuple[Array, Array]:
    """The cells of each window, as `cells_of` gives them, and which of them are its maxima, (N, C, OH*OW, FH*FW)."""
    cells, values = in_windows(geometry_of(x, size, stride, settings), x, lowest(x.dtype))
    return cells, (cells >= 0) & (values == values.max(axis=-1, keepdims=True))


def max_backward(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The gradient of x, each dy at its window's first maximum; only on unique maxima is it everybody's gradient."""
    where = max_indices(x, size, stride, **settings)
    scaled, exponent = integers(dy)
    sent = np.nonzero((dy != 0) & (where >= 0))
    pixels = (*sent[:2], where[sent])

    def added(shares: Array) -> Array:
        sums = np.zeros((*x.shape[:2], prod(x.shape[2:])), shares.dtype)
        np.add.at(sums, pixels, shares)
        return sums.reshape(x.shape)

    totals, sizes, terms = map(added, (scaled[sent], abs(scaled[sent]), np.ones(len(sent[0]), np.int64)))
    return exact(totals, sizes, terms, Fraction(2) ** exponent, np.ones(x.shape, bool), dy.dtype)


def mean_forward(x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The arithmetic mean of each window, (N, C, OH, OW)."""
    geometry = geometry_of(x, size, stride, settings)
    common, factors, powers = divisors(geometry, x.shape[2:])
    cells, values = in_windows(geometry, x, 0)
    scaled, exponent = integers(values)
    shape = x.shape[:2] + factors.shape
    totals, sizes = (each.sum(axis=-1).reshape(shape) * factors for each in (scaled, abs(scaled)))
    terms = np.broadcast_to((cells >= 0).sum(axis=-1).reshape(factors.shape), shape)
    return exact(totals, sizes, terms, Fraction(2) ** exponent / common, np.broadcast_to(powers, shape), x.dtype)


def mean_backward(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The gradient of x: dy/n to each real cell of a window, n being its divisor, summed where windows overlap."""
    geometry = geometry_of(x, size, stride, settings)
    scaled, exponent = integers(dy)
    common, factors, powers = divisors(geometry, x.shape[2:])
    shares = scaled * factors
    totals, sizes = (scattered(each, geometry, x.shape) for each in (shares, abs(shares)))
    uneven = scattered(np.broadcast_to(~powers, dy.shape), geometry, x.shape)
    terms = coverage(x.shape, size, stride, **settings)
    return exact(totals, sizes, terms, Fraction(2) ** exponent / common, ~uneven, dy.dtype)


def scattered(shares: Array, geometry: Geometry, shape: Ints) -> Array:
    """An image of this shape to whose pixels each window has added its share."""
    cells, rank = cells_of(geometry, shape[2:]), geometry.rank
    # One more pixel takes what falls into padding.
    sums, shares = np.zeros((*shape[:2], prod(shape[2:]) + 1), shares.dtype), flat(shares, rank)
    if len(cells) < cells.shape[1]:
        for window, inside in enumerate(cells):
            sums[..., inside] += shares[..., window, np.newaxis]
    else:
        # No two windows have the same pixel as the same tap.
        for tap in cells.T:
            sums[..., tap] += shares
    return sums[..., :-1].reshape(shape)


def coverage(shape: Ints, size: Any, stride: Any, **settings: Any) -> Array:
    """How many windows each cell of an image of this shape (N, C, H, W) lies in."""
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    return scattered(np.ones(shape[:2] + geometry.output(shape[2:]), np.int64), geometry, shape)


def geometry_of(x: Array, size: Any, stride: Any, settings: dict[str, Any]) -> Geometry:
    """The geometry of a call."""
    return Geometry.of(size, stride, **settings, rank=x.ndim - 2)


def windows(geometry: Geometry, shape: Ints) -> Iterator[tuple[Ints, Index]]:
    """Each output (row, column) in row-major order, and the index of its real cells in an image of this shape."""
    slices = [[clipped(axis.cells(o)) for o in range(axis.count())] for axis in geometry.axes(shape[2:])]
    for output in product(*(range(len(axis)) for axis in slices)):
        yield output, (..., *(axis[o] for axis, o in zip(slices, output, strict=True)))


@lru_cache(maxsize=16)
def cells_of(geometry: Geometry, spatial: Ints) -> Array:
    """The row-major index of each cell of each window, (OH*OW, FH*FW); -1 for what is not in the image."""
    found, step = np.zeros((1, 1), np.int64), prod(spatial)
    # What lies outside along one axis is below zero, whatever the others add to it.
    outside = -step
    for axis in geometry.axes(spatial):
        step //= axis.length
        starts = np.array([axis.start(output) for output in range(axis.count())])
        along = starts[:, np.newaxis] + axis.dilation * np.arange(axis.size)
        inside = (along >= 0) & (along < axis.length)
        crossed = found[:, np.newaxis, :, np.newaxis] + np.where(inside, along * step, outside)[:, np.newaxis, :]
        found = crossed.reshape(len(found) * len(starts), -1)
    np.maximum(found, -1, out=found)
    found.flags.writeable = False
    return found


def in_windows(geometry: Geometry, x: Array, outside: Any) -> tuple[Array, Array]:
    """The cells of each window, and x there, (N, C, OH*OW, FH*FW); `outside` stands for what is not in the image."""
    cells = cells_of(geometry, x.shape[2:])
    beyond = np.full((*x.shape[:2], 1), outside, x.dtype)
    return cells, np.concatenate([flat(x, geometry.rank), beyond], axis=-1)[..., cells]


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


def flat(cells: Array, rank: int) -> Array:
    """The last `rank` axes as one; without a copy where that can be."""
    kept = cells.shape[: cells.ndim - rank]
    return cells.reshape(*kept, prod(cells.shape[cells.ndim - rank :]))


def integers(x: Array) -> tuple[Array, int]:
    """x as Python ints and one power of two: x = ints * 2**exponent, exactly. Raises ValueError if x is not finite."""
    if not is_float(x.dtype):
        return x.astype(np.uint8 if x.dtype.kind == "b" else x.dtype).astype(object), 0
    if not np.isfinite(x).all():
        raise ValueError("exact sums exist for finite numbers only")
    significands, exponents = np.frexp(x.astype(np.promote_types(x.dtype, np.float64)))
    used = exponents[significands != 0]
    least = int(used.min()) if used.size else 0
    bits = int(np.finfo(significands.dtype).nmant) + 1
    whole = np.ldexp(significands, bits)
    # Only a longdouble, which no kernel should return, has more bits than an integer of NumPy.
    whole = whole.astype(np.int64).astype(object) if bits < 64 else np.frompyfunc(int, 1, 1)(whole)
    shift = np.where(significands != 0, exponents - least, 0).astype(object)
    return np.asarray(whole << shift, object), least - bits


def exact(totals: Array, sizes: Array, terms: Array, scale: Fraction, simple: Array, dtype: np.dtype[Any]) -> Exact:
    """totals * scale with the bound of a sum of so many `terms`, whose absolute values add up to sizes * scale.

    `simple`: where every divisor is a power of two, so that a single term is exact.
    """
    eta, normal = smallest(dtype), Fraction(float(finfo(dtype).tiny))
    # Relative bounds are multiples of u**4.
    unit = measure(scale * unit_roundoff(dtype) ** 4, eta)
    met = terms > 0
    totals, sizes, terms, simple = (each[met] for each in (totals, sizes, terms, simple))
    counts, which = np.unique(terms, return_inverse=True)
    relative = np.array([int(relative_bound(int(n), dtype) * scale / unit) for n in counts], object)
    absolute = np.array([(int(n) + 1) * int(eta / unit) for n in counts], object)
    whole = totals * int(scale / unit)
    margin = sizes * relative[which] + absolute[which]
    margin[(sizes == 0) | ((terms == 1) & simple & (abs(whole) >= ceil(normal / unit)))] = 0
    return Exact(met, placed(met, whole), placed(met, margin), unit, dtype)


def placed(where: Array, values: Array) -> Array:
    """Python ints at these places, zeros elsewhere."""
    array = np.zeros(where.shape, object)
    array[where] = values
    return array


def measure(a: Fraction, b: Fraction) -> Fraction:
    """The largest fraction of which both are multiples."""
    return Fraction(gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)


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
    over, under = value.numerator << max(-exponent, 0), value.denominator << max(exponent, 0)
    units, rest = divmod(over, under)
    units += 2 * rest > under or (2 * rest == under and units % 2)
    with np.errstate(over="ignore"):
        rounded = np.ldexp(float(units), exponent)
    return dtype.type(rounded if abs(rounded) <= float(info.max) else np.copysign(np.inf, rounded))


def floor_log2(value: Fraction) -> int:
    """The k with 2**k <= value < 2**(k+1)."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    return k if Fraction(2) ** k <= value else k - 1
