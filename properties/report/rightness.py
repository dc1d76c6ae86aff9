"""What is right for a call, in a form that plain NumPy can compare with: numbers of the dtype, no fractions."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, prod
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels.dtypes import Array, finfo
from poolproof.kernels.geometry import Geometry

from .. import oracle
from ..contract import MEAN
from ..oracle import Exact
from ..targets.call import Call

MOST_CELLS = 1 << 21
"""The most cells of an x for which the right answer is computed."""


class Range(NamedTuple):
    """Each element lies between two numbers of its dtype; if these are equal, it is that number."""

    least: Array
    most: Array

    @property
    def unique(self) -> bool:
        """Whether only one answer is right, counting both signs of zero as one."""
        return bool(np.array_equal(self.least, self.most, equal_nan=True))

    def admits(self, got: Array) -> bool:
        """Whether an answer is right."""
        if got.shape != self.least.shape:
            return False
        alike = (got == self.least) | ((got != got) & (self.least != self.least))
        return bool((alike | ((self.least <= got) & (got <= self.most))).all())


class Places(NamedTuple):
    """Each index is that of a maximum of its window; windows come in row-major order."""

    shape: tuple[int, ...]
    allowed: list[list[int]]

    @property
    def unique(self) -> bool:
        """Whether only one answer is right."""
        return all(len(each) == 1 for each in self.allowed)

    def admits(self, got: Array) -> bool:
        """Whether an answer is right."""
        pairs = zip(got.ravel().tolist(), self.allowed, strict=False)
        return got.shape == self.shape and all(index in each for index, each in pairs)


class Shares(NamedTuple):
    """For tied maxima: each element lies in its range, and each plane adds up to its total within its error."""

    range: Range
    totals: list[Fraction]
    errors: list[Fraction]

    @property
    def unique(self) -> bool:
        """Whether only one answer is right: never."""
        return False

    def admits(self, got: Array) -> bool:
        """Whether an answer is right."""
        if not self.range.admits(got):
            return False
        planes = got.reshape(len(self.totals), -1).tolist()
        sums = [sum(map(Fraction, plane)) for plane in planes]
        return all(abs(s - t) <= e for s, t, e in zip(sums, self.totals, self.errors, strict=True))


Right = Range | Places | Shares
"""The forms of what is right."""


def right(call: Call, settings: dict[str, Any]) -> Right | None:
    """What is right for a call under these settings, or None if a convention decides or the call is too large."""
    window, x = {"size": call.size, "stride": call.stride, **settings}, call.arrays["x"]
    if x.size > MOST_CELLS:
        return None
    return right_mean(call, window) if call.function in MEAN else right_maximum(call, window)


def right_mean(call: Call, window: dict[str, Any]) -> Range | None:
    """What is right for a mean or its gradient, for which only the shape of x matters."""
    x, (summed, *_) = call.arrays["x"], call.arrays.values()
    if not np.isfinite(summed).all():
        return None
    exact = getattr(oracle, call.function)(*call.arrays.values(), **window)
    return same(exact.nearest()) if never_rounds(summed, x, window, True) else range_of(exact)


def right_maximum(call: Call, window: dict[str, Any]) -> Right | None:
    """What is right for a maximum, its index or its gradient, or None if there is a NaN."""
    x, (dy, *_) = call.arrays["x"], call.arrays.values()
    if np.isnan(x).any() or not np.isfinite(dy if "dy" in call.arrays else 0).all():
        return None
    if call.function == "max_forward":
        return same(oracle.max_forward(x, **window))
    cells, best = oracle.maxima(x, **window)
    if call.function == "max_indices":
        return places(cells, best, oracle.max_indices(x, **window).shape)
    tied: Array = (best.sum(axis=-1) > 1) & (oracle.flat(dy, x.ndim - 2) != 0)
    if tied.any():
        return shares(dy, x, cells, best)
    exact = oracle.max_backward(dy, x, **window)
    return same(exact.nearest()) if never_rounds(dy, x, window, False) else range_of(exact)


def same(answer: Array) -> Range:
    """The range of a single answer."""
    return Range(answer, answer)


def places(cells: Array, best: Array, shape: tuple[int, ...]) -> Places:
    """The cells of the maxima of each window."""
    rows = best.reshape(-1, best.shape[-1])
    return Places(shape, [cells[k % len(cells)][row].tolist() for k, row in enumerate(rows)])


def range_of(exact: Exact) -> Range:
    """The smallest and the largest numbers within the bound of exact values."""
    least, most = np.zeros_like(exact.nearest()), np.zeros_like(exact.nearest())
    for place in zip(*np.nonzero(exact.met), strict=True):
        value, bound = exact.value[place], exact.bound[place]
        least[place], most[place] = not_below(value - bound, exact.dtype), -not_below(-value - bound, exact.dtype)
    return Range(least, most)


def not_below(value: Fraction, dtype: np.dtype[Any]) -> Any:
    """The smallest finite number of a dtype that is at least a fraction."""
    found = oracle.nearest(value, dtype)
    return np.nextafter(found, dtype.type(np.inf)) if float(found) < value else found


def never_rounds(summed: Array, x: Array, window: dict[str, Any], divided: bool) -> bool:
    """Whether every sum of these numbers, and its quotient, is exact in any order of summation.

    All are multiples of one power of two, and their absolute values add up to no more multiples than a significand
    holds; divisors are powers of two, and nothing is so small that it becomes subnormal.
    """
    info, geometry = finfo(summed.dtype), Geometry.of(**window, rank=x.ndim - 2)
    numbers, exponent = oracle.integers(summed)
    common = gcd(*numbers.ravel().tolist()) or 1
    common &= -common
    units = sum(abs(numbers.ravel()).tolist()) // common
    simple = not divided or bool(oracle.divisors(geometry, x.shape[2:])[2].all())
    small = Fraction(2) ** exponent * common / (prod(geometry.size) if divided else 1)
    return simple and units <= 2 ** (info.nmant + 1) and small >= Fraction(float(info.tiny))


def shares(dy: Array, x: Array, cells: Array, best: Array) -> Shares:
    """What all right gradients of tied maxima have in common: shares of each dy, which add up to it."""
    whole, exponent = oracle.integers(dy)
    sent = oracle.flat(whole, x.ndim - 2)
    scale, planes = Fraction(2) ** exponent, x.shape[:2]
    found = {name: np.zeros((*planes, prod(x.shape[2:])), object) for name in ("below", "above", "terms")}
    for n, c, window in zip(*np.nonzero(sent), strict=True):
        tied, share = cells[window][best[n, c, window]], sent[n, c, window]
        for name, part in (("below", min(share, 0)), ("above", max(share, 0)), ("terms", 1)):
            found[name][n, c, tied] += part
    most_terms = max(int(found["terms"].max(initial=1)), 1)
    slack = 1 + oracle.relative_bound(most_terms, dy.dtype) if most_terms > 1 else Fraction(1)
    ends = [found[name] * scale * slack for name in ("below", "above")]
    least = np.array([not_below(each, dy.dtype) for each in ends[0].flat], dy.dtype).reshape(x.shape)
    most = np.array([-not_below(-each, dy.dtype) for each in ends[1].flat], dy.dtype).reshape(x.shape)
    used = np.where(best.any(axis=-1), sent, 0).reshape(prod(planes), -1)
    relative = oracle.relative_bound(most_terms, dy.dtype)
    totals = [sum(row.tolist()) * scale for row in used]
    errors = [sum(map(abs, row.tolist())) * scale * relative for row in used]
    return Shares(Range(least, most), totals, errors)
