"""The right answers to a call as ranges: two numbers of the dtype for each element, which a reader only compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter, prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float, lowest
from poolproof.kernels.geometry import Geometry

from ... import oracle
from ...targets.call import Call
from ..rightness import MOST_CELLS, Shares, never_rounds, range_of, same, shares

MOST_TIES = 64
"""The most tied maxima of a window; a call with more of them becomes no vector."""

FEWEST_BYTES = 4
"""The bytes of a float that every language can add; vectors of narrower floats have no sums."""

INDEX = np.dtype(np.int64)
"""The dtype of ranges of indices; an answer may have any integer dtype."""


@dataclass(frozen=True)
class Allowed:
    """What an answer may be.

    `least`, `most`: arrays (K, *shape). Each element lies in at least one of its K ranges, ends included. K is 1,
    except for indices of tied maxima, where each range is a single index. If any answer is right, the range contains
    all numbers and NaN. `sums`: for a gradient shared by tied maxima, the least and the largest sum of each plane when
    added in float64; an array (planes, 2).
    """

    least: Array
    most: Array
    sums: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an answer."""
        return tuple(self.least.shape[1:])


def allowed(call: Call, settings: dict[str, Any]) -> Allowed | None:
    """What an answer may be under these settings, or None if that is too much to write down."""
    x = call.arrays["x"]
    if x.size > MOST_CELLS:
        return None
    window = {"size": call.size, "stride": call.stride, **settings}
    with np.errstate(all="ignore"):
        return WAYS[call.function](*call.arrays.values(), window)


def of_maximum(x: Array, window: dict[str, Any]) -> Allowed:
    """The maximum itself; anything for a window with a NaN or a subnormal, or without a real cell."""
    cells, values = oracle.in_windows(geometry_of(x, window), x, lowest(x.dtype))
    answer = oracle.max_forward(x, **window)
    return Allowed(*free(answer, answer, ~settled(values, cells).reshape(answer.shape)))


def of_index(x: Array, window: dict[str, Any]) -> Allowed | None:
    """Each of the maxima; any cell of the plane for a window with a NaN, a subnormal, or nothing above -inf.

    For a window without a real cell, any index below zero is right as well.
    """
    cells, best = oracle.maxima(x, **window)
    _, values = oracle.in_windows(geometry_of(x, window), x, lowest(x.dtype))
    certain = settled(values, cells)
    if is_float(x.dtype):
        certain &= values.max(axis=-1) > -np.inf
    ties = best.sum(axis=-1, keepdims=True)
    most = max(int(ties[certain].max(initial=1)), 1)
    if most > MOST_TIES:
        return None
    taps = np.argsort(~best, axis=-1, kind="stable")[..., :most]
    places = cells[np.arange(len(cells))[:, np.newaxis], taps]
    places = np.where(np.arange(most) < ties, places, places[..., :1])
    none = np.broadcast_to((cells < 0).all(axis=-1), certain.shape)
    first = np.where(certain[..., np.newaxis], places, np.where(none, np.iinfo(INDEX).min, 0)[..., np.newaxis])
    last = np.where(certain[..., np.newaxis], places, prod(x.shape[2:]) - 1)
    shape = (*x.shape[:2], *geometry_of(x, window).output(x.shape[2:]))
    least, most_ = (np.moveaxis(each, -1, 0).astype(INDEX).reshape(most, *shape) for each in (first, last))
    return Allowed(least, most_)


def of_mean(x: Array, window: dict[str, Any]) -> Allowed:
    """The exact mean, or the range of its bound; anything if a sum may overflow or become subnormal."""
    cells, values = oracle.in_windows(geometry_of(x, window), x, 0)
    sizes = abs(values.astype(np.float64))
    few = 2 * prod(window["size"]) * float(finfo(x.dtype).tiny)
    calm = ((sizes == 0) | (sizes >= few)).all(axis=-1) & (sizes.sum(axis=-1) <= float(finfo(x.dtype).max) / 2)
    finite = np.where(np.isfinite(x), x, x.dtype.type(0))
    exact = oracle.mean_forward(finite, **window)
    found = same(exact.nearest()) if never_rounds(finite, x, window, True) else range_of(exact)
    open_ = ~(calm & (cells >= 0).any(axis=-1)).reshape(found.least.shape)
    return Allowed(*free(found.least, found.most, open_))


def of_mean_gradient(dy: Array, x: Array, window: dict[str, Any]) -> Allowed:
    """The sum of shares, or the range of its bound. Only the shape of x matters, unless it has a NaN."""
    if np.isnan(x).any() or not moderate(dy, x, window):
        return anything(x)
    exact = oracle.mean_backward(dy, x, **window)
    found = same(exact.nearest()) if never_rounds(dy, x, window, True) else range_of(exact)
    return Allowed(found.least[np.newaxis], found.most[np.newaxis])


def of_gradient(dy: Array, x: Array, window: dict[str, Any]) -> Allowed:
    """Each dy at its maximum; for tied maxima, shares that add up to it."""
    usual = np.isfinite(x).all() and normal(x).all()
    if not (usual and moderate(dy, x, window)):
        return anything(x)
    cells, best = oracle.maxima(x, **window)
    if ((best.sum(axis=-1) > 1) & (oracle.flat(dy, x.ndim - 2) != 0)).any():
        return shared(shares(dy, x, cells, best))
    exact = oracle.max_backward(dy, x, **window)
    found = same(exact.nearest()) if never_rounds(dy, x, window, False) else range_of(exact)
    return Allowed(found.least[np.newaxis], found.most[np.newaxis])


WAYS: dict[str, Callable[..., Allowed | None]] = {
    "max_forward": of_maximum,
    "max_indices": of_index,
    "max_backward": of_gradient,
    "mean_forward": of_mean,
    "mean_backward": of_mean_gradient,
}


def geometry_of(x: Array, window: dict[str, Any]) -> Geometry:
    """The geometry of a call."""
    return Geometry.of(**window, rank=x.ndim - 2)


def normal(array: Array) -> Array:
    """Where numbers are neither NaN nor subnormal."""
    if not is_float(array.dtype):
        return np.ones(array.shape, bool)
    return np.asarray((array == 0) | (abs(array) >= finfo(array.dtype).tiny))


def settled(values: Array, cells: Array) -> Array:
    """Which windows have a maximum that does not depend on a convention."""
    return np.asarray((normal(values) | (cells < 0)).all(axis=-1) & (cells >= 0).any(axis=-1))


def moderate(dy: Array, x: Array, window: dict[str, Any]) -> bool:
    """Whether no sum of these gradients overflows, and no share of one is subnormal."""
    sizes, info = abs(dy.astype(np.float64)), finfo(dy.dtype)
    large_enough = (sizes == 0) | (sizes >= 2 * prod(window["size"]) * float(info.tiny))
    terms = oracle.coverage(x.shape, **window).max(initial=0)
    return bool(large_enough.all() and sizes.max(initial=0) * terms <= float(info.max) / 2)


def ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The range of everything: from the lowest NaN, with its sign, to the highest; for integers, from end to end."""
    if not is_float(dtype):
        return (False, True) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    bits = np.iinfo(f"u{dtype.itemsize}").max
    both = np.array([bits, bits >> 1], f"u{dtype.itemsize}").view(dtype)
    return both[0], both[1]


def free(least: Array, most: Array, open_: Array) -> tuple[Array, Array]:
    """A single range for each element, replaced by the range of everything where any answer is right."""
    low, high = ends(least.dtype)
    first, last = least[np.newaxis].copy(), most[np.newaxis].copy()
    first[0, open_], last[0, open_] = low, high
    return first, last


def anything(x: Array) -> Allowed:
    """A gradient of which only shape and dtype are determined."""
    blank = np.zeros(x.shape, x.dtype)
    return Allowed(*free(blank, blank, np.ones(x.shape, bool)))


def shared(found: Shares) -> Allowed:
    """Ranges of shares and of the sums of planes, including the error of adding them in float64 in any order."""
    least, most = found.range
    planes = len(found.totals)
    reach = np.maximum(abs(least), abs(most)).astype(np.float64).reshape(planes, -1)
    ends_ = []
    for total, error, sizes in zip(found.totals, found.errors, reach, strict=True):
        slack = error + sum(map(Fraction, sizes[sizes > 0].tolist())) * sizes.size / 2**52
        ends_.append((below(total - slack), -below(-total - slack)))
    sums = np.array(ends_, np.float64).reshape(planes, 2) if least.dtype.itemsize >= FEWEST_BYTES else None
    return Allowed(least[np.newaxis], most[np.newaxis], sums)


def below(value: Fraction) -> float:
    """The largest float64 that is not above a fraction."""
    found = float(value)
    return nextafter(found, -inf) if found > value else found
