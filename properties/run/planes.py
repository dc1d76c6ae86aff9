"""Which planes of a large answer may be wrong: a quick check in floating point, as the oracle takes too long.

Sums are computed in the machine's widest float. An answer closer to such a sum than half of the proved bound is right;
the oracle decides about all others.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, lowest
from poolproof.kernels.geometry import Axis

from ..cases.case import Case
from ..oracle import relative_bound
from ..oracle import smallest as eta

Taps = list[tuple[Any, Any]]
"""For each tap of a window, the index of the outputs for which it is a real cell, and the index of those cells."""

SAFE = 0.5
"""The fraction of the proved bound within which the quick check suffices."""


def suspects(case: Case, got: Array) -> list[Ints]:
    """The planes (n, c) of an answer of the right shape that may be wrong, the most suspicious first."""
    look, found = LOOKS[case.function], np.zeros(case.x.shape[:2])
    with np.errstate(all="ignore"):
        for n in range(len(case.x)):
            one = case.with_arrays(x=case.x[n : n + 1], dy=case.dy[n : n + 1])
            found[n] = look(one, got[n : n + 1]).reshape(case.x.shape[1], -1).max(axis=-1, initial=0)
    order = np.argsort(-found, axis=None, kind="stable")[: np.count_nonzero(found)]
    return [tuple(map(int, np.unravel_index(k, found.shape))) for k in order]


def taps(axes: tuple[Axis, ...]) -> Taps:
    """The taps of windows along these axes."""
    along = [[axis.tap(tap) for tap in range(axis.size)] for axis in axes]
    return [((..., *(o for o, _ in each)), (..., *(c for _, c in each))) for each in product(*along)]


def wide(array: Array) -> Array:
    """An array in the widest float."""
    return array.astype(np.promote_types(array.dtype, np.float64)).astype(np.longdouble)


def largest(case: Case, every: Taps) -> Array:
    """The largest element of each window."""
    best = np.full(case.dy.shape, lowest(case.x.dtype), case.x.dtype)
    for outputs, cells in every:
        best[outputs] = np.maximum(best[outputs], case.x[cells])
    return best


def gathered(values: Array, shape: Ints, every: Taps) -> Array:
    """The sum of each window."""
    sums = np.zeros(shape, values.dtype)
    for outputs, cells in every:
        sums[outputs] += values[cells]
    return sums


def scattered(shares: Array, shape: Ints, every: Taps) -> Array:
    """An image to which each window has added its share at each of its cells."""
    sums = np.zeros(shape, shares.dtype)
    for outputs, cells in every:
        sums[cells] += shares[outputs]
    return sums


def excess(
    dtype: np.dtype[Any], got: Array, low: Array, high: Array, sizes: Array, terms: Array, *, plain: Any
) -> Array:
    """How far an answer lies outside a range, as a multiple of the proved rounding bound for sums of `terms` terms; 0
    where it is certainly right. `plain`: where a single term is exact."""
    counts, which = np.unique(terms, return_inverse=True)
    relative = np.array([float(relative_bound(int(n), dtype)) for n in counts])[which].reshape(terms.shape)
    allowed = relative * sizes + (terms + 1) * float(eta(dtype))
    beyond = np.maximum(np.maximum(low - wide(got), wide(got) - high), 0)
    ratio = np.where(np.isfinite(wide(got)), beyond / allowed, np.inf)
    certain = np.where(plain & (terms == 1), beyond == 0, ratio <= SAFE)
    found: Array = np.where(certain, 0, np.maximum(ratio, SAFE)).astype(np.float64)
    return found


def of_max_forward(case: Case, got: Array) -> Array:
    """Where a maximum is wrong."""
    wrong: Array = got != largest(case, taps(case.axes))
    return wrong.astype(np.float64)


def of_max_indices(case: Case, got: Array) -> Array:
    """Where an index is not that of a maximum of its window."""
    every, right = taps(case.axes), np.zeros(case.dy.shape, bool)
    best, places = largest(case, every), np.arange(case.x[0, 0].size).reshape(1, 1, *case.x.shape[2:])
    for outputs, cells in every:
        right[outputs] |= (case.x[cells] == best[outputs]) & (got[outputs] == places[cells])
    return (~right).astype(np.float64)


def of_mean_forward(case: Case, got: Array) -> Array:
    """Where a mean may be wrong."""
    every, divisors = taps(case.axes), case.geometry.divisors(case.x.shape[2:])
    sums, sizes = (gathered(values, case.dy.shape, every) / divisors for values in (wide(case.x), abs(wide(case.x))))
    terms = gathered(np.ones(case.x.shape, np.int64), case.dy.shape, every)
    return excess(case.x.dtype, got, sums, sums, sizes, terms, plain=powers_of_two(divisors))


def of_mean_backward(case: Case, got: Array) -> Array:
    """Where the gradient of a mean may be wrong."""
    every, divisors = taps(case.axes), case.geometry.divisors(case.x.shape[2:])
    shares, ones = wide(case.dy) / divisors, np.ones(case.dy.shape, np.int64)
    sums, sizes = (scattered(values, case.x.shape, every) for values in (shares, abs(shares)))
    terms, plain = (scattered(values, case.x.shape, every) for values in (ones, ones * powers_of_two(divisors)))
    return excess(case.x.dtype, got, sums, sums, sizes, terms, plain=terms == plain)


def of_max_backward(case: Case, got: Array) -> Array:
    """Where the gradient of a maximum may be wrong, however ties are split; and the planes with a wrong sum."""
    every, dy = taps(case.axes), wide(case.dy)
    best, alone = largest(case, every), single(case, every)
    ends = (np.where(alone, dy, np.minimum(dy, 0)), np.where(alone, dy, np.maximum(dy, 0)), abs(dy), (dy != 0) * 1)
    low, high, sizes, terms = (sent(case, values, best, every) for values in ends)
    found = excess(case.x.dtype, got, low, high, sizes, terms, plain=True)
    axes = tuple(range(2, got.ndim))
    whole, most = dy.sum(axes), np.full(got.shape[:2], terms.max())
    of_sums = excess(case.x.dtype, wide(got).sum(axes), whole, whole, abs(dy).sum(axes), most, plain=False)
    worse: Array = np.maximum(found, of_sums.reshape(*got.shape[:2], *(1 for _ in axes)))
    return worse


def sent(case: Case, values: Array, best: Array, every: Taps) -> Array:
    """An image to which each window has added its value at each of its maxima."""
    sums = np.zeros(case.x.shape, values.dtype)
    for outputs, cells in every:
        sums[cells] += np.where(case.x[cells] == best[outputs], values[outputs], 0)
    return sums


def single(case: Case, every: Taps | None = None) -> Array:
    """Which windows have a single maximum."""
    every = every or taps(case.axes)
    best, count = largest(case, every), np.zeros(case.dy.shape, np.int64)
    for outputs, cells in every:
        count[outputs] += case.x[cells] == best[outputs]
    alone: Array = count == 1
    return alone


def powers_of_two(divisors: Array) -> Array:
    """Which divisors are powers of two."""
    whole = divisors.astype(np.int64)
    found: Array = (whole & (whole - 1)) == 0
    return found


LOOKS: dict[str, Callable[[Case, Array], Array]] = {
    "max_forward": of_max_forward,
    "max_indices": of_max_indices,
    "mean_forward": of_mean_forward,
    "mean_backward": of_mean_backward,
    "max_backward": of_max_backward,
}
