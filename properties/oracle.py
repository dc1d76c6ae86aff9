"""The oracle: exact results of pooling and proved error bounds, in integers of any length.

It can be used alone: `expected("mean_forward", x, size=3, stride=2)` is the entry for all five functions, and takes
seconds for large images of float32 and float16. Below it, `mean_forward(x, size, stride)` returns the exact means as
fractions, together with the largest error that a correct floating-point kernel may make, and `Exact.allows(y)` compares
any result with them. Inputs are arrays (N, C, H, W) of floats (for maxima, of any ordered dtype), or with one or three
spatial axes instead of two; `size` and `stride` are an int or one per axis; settings, by keyword, are `padding`,
`dilation`, `ceil_mode` and `count_include_pad`, as in kernels/geometry.py. Gradients are for x of the same dtype as dy.
Only `max_forward` and `max_indices` accept numbers that are not finite. A window wholly in padding has the index -1, a
maximum of -inf, and only zero as its mean.

The bound: u is the unit roundoff of the input's dtype, eta its smallest subnormal number. A sum of n terms in any order
is off by at most (n-1)u * sum|x| (Jeannerod & Rump, Improved error bounds for inner products in floating-point
arithmetic, SIAM J. Matrix Anal. Appl. 34, 2013); a reciprocal, a product and a rounding add a factor (1+u) each, and
every operation at most eta in the subnormal range. A single term divided by a power of two is exact, and must be so.
Padded cells are zeros, which add no error: only real cells count as terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    """Exact values of one shape, each with its allowed error: Python ints, in multiples of `unit`.

    `met`: where terms were added up; elsewhere only zero is right.
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
        """The allowed errors, an object array of Fraction."""
        return np.asarray(self.margin * self.unit, object)

    def allows(self, result: Array) -> Array:
        """Where a result of the same shape is within the bound: an array of bool. NaN and infinity never are."""
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
        # Each distinct number is rounded once, because numbers repeat a lot.
        numbers, which = np.unique(self.whole[self.met], return_inverse=True)
        rounded[self.met] = np.array([nearest(number * self.unit, self.dtype) for number in numbers], self.dtype)[which]
        return rounded


@dataclass(frozen=True, eq=False)
class Expectation:
    """The right result of a call, made by `expected`.

    `nearest()` and `allows(result)` decide in float64 where that is exact, and plane by plane in integers elsewhere;
    both ways agree. `value` and `bound` are fractions, computed for the whole call on first access. For maxima and
    indices, `value` is the array, with the first of equal maxima, and `bound` is zero.
    """

    function: str
    arrays: tuple[Array, ...]
    window: dict[str, Any]

    @cached_property
    def exact(self) -> Exact | Array:
        """The whole answer: an Exact with bounds; for maxima and indices, an array."""
        found: Exact | Array = FUNCTIONS[self.function](*self.arrays, **self.window)
        return found

    @property
    def value(self) -> Array:
        """The exact values."""
        return self.exact.value if isinstance(self.exact, Exact) else self.exact

    @property
    def bound(self) -> Array:
        """The allowed errors."""
        return self.exact.bound if isinstance(self.exact, Exact) else np.zeros(self.exact.shape, object)

    def nearest(self) -> Array:
        """The exact values correctly rounded to the dtype of the input."""
        if self.sums is None:
            return self.exact.nearest() if isinstance(self.exact, Exact) else self.exact.copy()
        rounded = self.sums.nearest(self.arrays[0].dtype)
        for planes, exact in self.planes(~self.sums.sure):
            rounded[planes] = exact.nearest()[:, 0]
        return rounded

    def allows(self, result: Array) -> Array:
        """Where a result is right, an array of bool: within the bound; for maxima, equal; for indices, at a maximum.

        Raises ValueError for a result of another shape.
        """
        if result.shape != self.shape:
            raise ValueError(f"the result has shape {result.shape}; it should have {self.shape}")
        if self.function == "max_indices":
            return names_maximum(result, self.arrays[0], **self.window)
        if self.sums is None or result.dtype != self.arrays[0].dtype:
            if isinstance(self.exact, Exact):
                return self.exact.allows(result)
            return np.asarray((result == self.exact) | ((result != result) & (self.exact != self.exact)))
        allowed, known = self.sums.allows(result)
        for planes, exact in self.planes(~known):
            allowed[planes] = exact.allows(result[planes][:, np.newaxis])[:, 0]
        return allowed

    @property
    def shape(self) -> Ints:
        """The shape of the answer."""
        x = self.arrays[-1]
        output = Geometry.of(**self.window, rank=x.ndim - 2).output(x.shape[2:])
        return tuple(x.shape) if len(self.arrays) > 1 else (*x.shape[:2], *output)

    @cached_property
    def sums(self) -> Sums | None:
        """The sums in float64; None if the function has none, or they would round too often to be useful."""
        made = SUMS.get(self.function)
        return made(*self.arrays, **self.window) if made and self.arrays[0].dtype.name in NARROW else None

    def planes(self, unknown: Array) -> Iterator[tuple[Any, Exact]]:
        """The planes with an undecided place: their index, and their exact answer."""
        samples, channels = np.nonzero(flat(unknown, unknown.ndim - 2).any(axis=-1))
        if len(samples):
            parts = (array[samples, channels][:, np.newaxis] for array in self.arrays)
            yield (samples, channels), FUNCTIONS[self.function](*parts, **self.window)


def expected(function: str, *arrays: Array, size: Any, stride: Any, **settings: Any) -> Expectation:
    """The right result of a function of the contract for x, or for dy and x. Raises ValueError for other arguments.

    The gradient of a maximum goes to the first of equal ones; it is the only right one where maxima are unique.
    """
    if function not in FUNCTIONS:
        raise ValueError(f"function {function!r} should be one of {', '.join(FUNCTIONS)}")
    names = ("dy", "x") if function.endswith("backward") else ("x",)
    if len(arrays) != len(names):
        raise ValueError(f"{function} takes {' and '.join(names)}, but there are {len(arrays)} arrays")
    return Expectation(function, arrays, {"size": size, "stride": stride, **settings})


def max_forward(x: Array, size: Any, stride: Any, **settings: Any) -> Array:
    """The largest element of each window, (N, C, OH, OW): the first of equal ones, or the first NaN if there is one."""
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
        # Comparing bfloat16 warns of NaN.
        best = (cells >= 0) & ((values == values.max(axis=-1, keepdims=True)) | (values != values))
    indices: Array = cells[np.arange(len(cells)), best.argmax(axis=-1)]
    return indices.reshape(*x.shape[:2], *geometry.output(x.shape[2:]))


def maxima(x: Array, size: Any, stride: Any, **settings: Any) -> tuple[Array, Array]:
    """The cells of each window, as `cells_of` returns them, and which of them are its maxima, (N, C, OH*OW, FH*FW)."""
    cells, values = in_windows(geometry_of(x, size, stride, settings), x, lowest(x.dtype))
    return cells, (cells >= 0) & (values == values.max(axis=-1, keepdims=True))


def max_backward(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Exact:
    """The gradient of x, with each dy at its window's first maximum. Where maxima are tied, others are right too."""
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
    """The gradient of x: dy/n for each real cell of a window with divisor n, summed where windows overlap."""
    geometry = geometry_of(x, size, stride, settings)
    scaled, exponent = integers(dy)
    common, factors, powers = divisors(geometry, x.shape[2:])
    shares = scaled * factors
    totals, sizes = (scattered(each, geometry, x.shape) for each in (shares, abs(shares)))
    uneven = scattered(np.broadcast_to(~powers, dy.shape), geometry, x.shape)
    terms = coverage(x.shape, size, stride, **settings)
    return exact(totals, sizes, terms, Fraction(2) ** exponent / common, ~uneven, dy.dtype)


def scattered(shares: Array, geometry: Geometry, shape: Ints, joined: Any = np.add, start: int = 0) -> Array:
    """An image of this shape in which each window added its share to its pixels, or combined them by `joined`."""
    cells, rank = cells_of(geometry, shape[2:]), geometry.rank
    # One more pixel collects the shares that fall into padding.
    sums, shares = np.full((*shape[:2], prod(shape[2:]) + 1), start, shares.dtype), flat(shares, rank)
    if len(cells) < cells.shape[1]:
        for window, inside in enumerate(cells):
            sums[..., inside] = joined(sums[..., inside], shares[..., window, np.newaxis])
    else:
        # No two windows have the same pixel at the same tap.
        for tap in cells.T:
            sums[..., tap] = joined(sums[..., tap], shares)
    return sums[..., :-1].reshape(shape)


def coverage(shape: Ints, size: Any, stride: Any, **settings: Any) -> Array:
    """The number of windows that contain each cell of an image of this shape (N, C, H, W)."""
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    return scattered(np.ones(shape[:2] + geometry.output(shape[2:]), np.int64), geometry, shape)


def reached(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Array:
    """Which cells of x may have a gradient: those in a window whose dy is not zero, or in one with a NaN.

    Zero times NaN is NaN, so that what the cells of a window with a NaN get is a convention even without a gradient.
    """
    geometry = geometry_of(x, size, stride, settings)
    unknown = np.isnan(in_windows(geometry, x, 0)[1]).any(axis=-1).reshape(dy.shape)
    return np.asarray(scattered(((dy != 0) | unknown).astype(np.int64), geometry, x.shape) > 0)


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
    """The row-major index of each cell of each window, (OH*OW, FH*FW); -1 for cells outside the image."""
    found, step = np.zeros((1, 1), np.int64), prod(spatial)
    # An index outside along one axis stays below zero, whatever the other axes add to it.
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
    """The cells of each window, and x there, (N, C, OH*OW, FH*FW), with the value `outside` beyond the image."""
    cells = cells_of(geometry, x.shape[2:])
    beyond = np.full((*x.shape[:2], 1), outside, x.dtype)
    return cells, np.concatenate([flat(x, geometry.rank), beyond], axis=-1)[..., cells]


def clipped(cells: range) -> slice:
    """The cells of a window along an axis as a slice."""
    return slice(cells.start, cells.stop, cells.step)


def whole_divisors(geometry: Geometry, spatial: Ints) -> Array:
    """The divisor of each window; one for a window wholly in padding, which may have none."""
    whole = geometry.divisors(spatial).astype(np.int64)
    whole[whole == 0] = 1
    return whole


def divisors(geometry: Geometry, spatial: Ints) -> tuple[int, Array, Array]:
    """A common multiple m of the divisors n, the factors m/n (OH, OW), and which n are powers of two.

    A window wholly in padding may have no divisor; its sum is zero, whatever the divisor.
    """
    whole = whole_divisors(geometry, spatial)
    common = lcm(*map(int, np.unique(whole)))
    factors = np.array([common // int(n) for n in whole.flat], object).reshape(whole.shape)
    return common, factors, (whole & (whole - 1)) == 0


def at(output: Ints) -> Any:
    """The index of an output (row, column) in all planes."""
    return (..., *output)


def flat(cells: Array, rank: int) -> Array:
    """The last `rank` axes flattened to one, without a copy if possible."""
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
    # Only a longdouble, which no kernel should return, has more bits than a NumPy integer.
    whole = whole.astype(np.int64).astype(object) if bits < 64 else np.frompyfunc(int, 1, 1)(whole)
    shift = np.where(significands != 0, exponents - least, 0).astype(object)
    return np.asarray(whole << shift, object), least - bits


def exact(totals: Array, sizes: Array, terms: Array, scale: Fraction, simple: Array, dtype: np.dtype[Any]) -> Exact:
    """totals * scale, with the bound for sums of `terms` terms whose absolute values add up to sizes * scale.

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
    """The largest fraction that both are multiples of."""
    return Fraction(gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)


@lru_cache(maxsize=4096)
def relative_bound(n: int, dtype: np.dtype[Any]) -> Fraction:
    """(1 + (n-1)u)(1+u)^3 - 1, for a sum of n terms, a reciprocal, a product and a rounding."""
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
    """A finite number of any real dtype as the equal fraction."""
    if hasattr(number, "as_integer_ratio"):
        return Fraction(*number.as_integer_ratio())
    return Fraction(float(number)) if is_float(number.dtype) else Fraction(int(number))


def nearest(value: Any, dtype: np.dtype[Any]) -> Any:
    """The number of `dtype` nearest to a fraction, ties to even; infinity from half a unit beyond the largest."""
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


# Sums in float64, for images for which integers of any length are too slow.

NARROW = ("float16", "float32")
"""Dtypes so narrow that float64 can add up many of their numbers without rounding."""

MOST_DIVISOR = 1 << 28
"""Divisors below this, times a number of such a dtype, are exact in float64: 28 bits and 24."""

ZERO_GRID = 5000
"""The exponent for the grid of a zero, which is on every grid."""

DOUBT = 2.0**-40
"""The relative distance from a bound within which float64 does not decide; its own error is a few times 2**-53."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of numbers of a narrow dtype, and of their absolute values, in float64, with their divisors.

    `grid`: all terms of a sum are multiples of 2**grid. Where their absolute values add up to at most 2**(grid + 53),
    every partial sum is such a multiple with at most 53 bits, so that nothing was rounded.
    """

    total: Array
    size: Array
    grid: Array
    terms: Array
    divisor: Array

    @cached_property
    def sure(self) -> Array:
        """Where both sums and their products with the divisor are exact."""
        # The sum of absolute values may itself be slightly rounded.
        return np.asarray(
            (self.size * (1 + DOUBT) <= np.ldexp(1.0, np.minimum(self.grid + 53, 1000))) & (self.divisor < MOST_DIVISOR)
        )

    def nearest(self, dtype: np.dtype[Any]) -> Array:
        """The quotients rounded to a dtype, right where the sums are sure.

        They are rounded twice, which would be wrong if the first rounding led to a midpoint of two numbers of the
        dtype. But only the midpoint itself rounds to it: times the divisor it has at most 53 bits, as the sum has, so
        any other sum differs from that by at least one unit of its last bit, and the quotient by more than half of one.
        """
        with np.errstate(over="ignore"):
            rounded = (self.total / self.divisor).astype(dtype)
        rounded[rounded == 0] = 0  # without a sign
        return rounded

    def allows(self, result: Array) -> tuple[Array, Array]:
        """Where a result of this dtype is within the bound, and where that is certain."""
        dtype = result.dtype
        # Neither NaN nor infinity is within a bound.
        with np.errstate(invalid="ignore"):
            off = abs(result.astype(np.float64) * self.divisor - self.total)
        relative = [float(relative_bound(max(n, 1), dtype)) for n in range(int(self.terms.max(initial=0)) + 1)]
        limit = np.array(relative)[self.terms] * self.size
        limit += self.divisor * (self.terms + 1.0) * float(smallest(dtype))
        single = (self.terms == 1) & ((self.divisor & (self.divisor - 1)) == 0)
        limit[(self.size == 0) | (single & (abs(self.total) >= self.divisor * float(finfo(dtype).tiny)))] = 0
        doubtful = (abs(off - limit) <= DOUBT * limit) & (limit > 0)
        return off <= limit, self.sure & ~doubtful


def grid_of(x: Array) -> Array:
    """For each number, the exponent of a power of two that divides it. Raises ValueError if x is not finite."""
    if not np.isfinite(x).all():
        raise ValueError("exact sums exist for finite numbers only")
    significands, exponents = np.frexp(x.astype(np.float64))
    return np.where(significands == 0, ZERO_GRID, exponents - int(finfo(x.dtype).nmant) - 1).astype(np.int32)


def mean_forward_sums(x: Array, size: Any, stride: Any, **settings: Any) -> Sums:
    """The sums of `mean_forward`."""
    geometry = geometry_of(x, size, stride, settings)
    cells, rank = cells_of(geometry, x.shape[2:]), geometry.rank
    shape = (*x.shape[:2], *geometry.output(x.shape[2:]))

    def joined(each: Array, join: Any, beyond: Any) -> Array:
        around = np.concatenate([flat(each, rank), np.full((*x.shape[:2], 1), beyond, each.dtype)], axis=-1)
        found = np.full((*x.shape[:2], len(cells)), beyond, each.dtype)
        for tap in cells.T:
            join(found, around[..., tap], out=found)
        return found.reshape(shape)

    numbers, grid = x.astype(np.float64), grid_of(x)
    terms = np.broadcast_to((cells >= 0).sum(axis=-1).reshape(shape[2:]), shape)
    return Sums(
        joined(numbers, np.add, 0),
        joined(abs(numbers), np.add, 0),
        joined(grid, np.minimum, ZERO_GRID),
        terms,
        np.broadcast_to(whole_divisors(geometry, x.shape[2:]), shape),
    )


def mean_backward_sums(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Sums | None:
    """The sums of `mean_backward`; None if windows have different divisors."""
    geometry = geometry_of(x, size, stride, settings)
    divisors = np.unique(whole_divisors(geometry, x.shape[2:]))
    if len(divisors) != 1:
        return None
    numbers = dy.astype(np.float64)
    total, sizes = (scattered(each, geometry, x.shape) for each in (numbers, abs(numbers)))
    grid = scattered(grid_of(dy), geometry, x.shape, np.minimum, ZERO_GRID)
    return Sums(total, sizes, grid, coverage(x.shape, size, stride, **settings), np.broadcast_to(divisors, x.shape))


def max_backward_sums(dy: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Sums:
    """The sums of `max_backward`."""
    where = max_indices(x, size, stride, **settings)
    sent = np.nonzero((dy != 0) & (where >= 0))
    pixels = (*sent[:2], where[sent])

    def joined(each: Array, join: Any, start: int) -> Array:
        found = np.full((*x.shape[:2], prod(x.shape[2:])), start, each.dtype)
        join.at(found, pixels, each)
        return found.reshape(x.shape)

    numbers = dy[sent].astype(np.float64)
    total, sizes, terms = (joined(each, np.add, 0) for each in (numbers, abs(numbers), np.ones(len(numbers), np.int64)))
    grid = joined(grid_of(dy)[sent], np.minimum, ZERO_GRID)
    return Sums(total, sizes, grid, terms, np.broadcast_to(np.int64(1), x.shape))


def names_maximum(indices: Array, x: Array, size: Any, stride: Any, **settings: Any) -> Array:
    """Where an index names a cell with its window's maximum, or is below zero and the window has no cell."""
    cells, values = in_windows(geometry_of(x, size, stride, settings), x, lowest(x.dtype))
    with np.errstate(invalid="ignore"):
        best = (cells >= 0) & ((values == values.max(axis=-1, keepdims=True)) | (values != values))
    named = cells == flat(indices, x.ndim - 2)[..., np.newaxis]
    empty: Array = (cells < 0).all(axis=-1) & (flat(indices, x.ndim - 2) < 0)
    return np.asarray((best & named).any(axis=-1) | empty).reshape(indices.shape)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (max_forward, max_backward, max_indices, mean_forward, mean_backward)
}
SUMS: dict[str, Callable[..., Sums | None]] = {
    "max_backward": max_backward_sums,
    "mean_forward": mean_forward_sums,
    "mean_backward": mean_backward_sums,
}
