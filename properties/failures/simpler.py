"""Simpler values for a failing case: a constant background with few other cells, and small integers.

Values change only in ways that keep the claim of every law as valid as before: to zero, to one, to a number nearer to
zero, or to a value of the same array. If a law needs a single maximum in each window, it stays single.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float
from poolproof.kernels.geometry import Geometry

from ..cases.case import Case
from ..cases.palettes import DISTINCT, signed, unit
from ..contract import MEAN
from ..oracle import in_windows

Fails = Callable[[Case], bool]
Form = tuple[str, int]
"""A dtype, by name, and a rank."""

MOST_SINGLE = 48
"""The most nonzero cells that are simplified one by one."""

MOST_CHUNKS = 64
"""The most parts of the special cells that are tried if none of them can be dropped."""

SMALL = 1000
"""Integers below this are simpler the smaller they are; all other numbers are less simple."""

SHORT = 64
"""With more cells in a window, a mean of narrow floats has no room for other small numbers."""


def array_of(case: Case, name: str) -> Array | None:
    """An array of a case, or None if it has no meaning."""
    return None if name == "dy" and not is_float(case.dy.dtype) else getattr(case, name)


def with_array(case: Case, name: str, array: Array) -> Case:
    """The case with x, dy or other replaced."""
    part: Case = replace(case, **{name: array})  # type: ignore[arg-type]
    return part


def arrays(case: Case) -> Iterator[tuple[str, Array]]:
    """The nonempty, meaningful arrays of a case, by name."""
    for name in ("x", "dy", "other"):
        array = array_of(case, name)
        if array is not None and array.size:
            yield name, array


# Requirements of a law on the values.


def lead(case: Case) -> float:
    """By how much the largest element leads in each window, if a law needs it to be unique; otherwise infinite."""
    if case.values not in DISTINCT or case.function not in ("max_backward", "max_indices"):
        return np.inf
    # With settings a law may also call the windows without them, and so any windows inside the image.
    _, values = in_windows(anywhere(case) if case.settings else case.geometry, case.x.astype(np.float64), -np.inf)
    if values.shape[-1] < 2 or not values.size:
        return np.inf
    top = np.partition(values, -2, axis=-1)
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.nanmin((top[..., -1] - top[..., -2])[asked(case)], initial=np.inf))


def asked(case: Case) -> Any:
    """The windows, flat for each plane, whose maximum matters: for a gradient, those where dy is not zero."""
    if case.settings or case.function != "max_backward":
        return ...
    sent = case.dy != 0
    if case.other is not None:
        sent = sent | (case.other != 0) if case.other.shape == sent.shape else np.ones(sent.shape, bool)
    return sent.reshape(*sent.shape[:2], -1)


def anywhere(case: Case) -> Geometry:
    """Windows without gaps at every place of the image."""
    extents = [min(axis.extent, axis.length) for axis in case.axes]
    return Geometry.of(extents, [1] * len(extents))


def as_valid(part: Case, case: Case) -> bool:
    """Whether maxima lead by as much as in the original case, or by one."""
    return lead(part) >= min(1.0, lead(case))


def nearer(case: Case, name: str, new: Any, old: Array) -> Array:
    """Where a new value may replace an old one: everywhere if it is zero, where it is nearer to zero, and if it is one,
    where the old value has its sign."""
    number, numbers = float(new), old.astype(np.float64)
    if name != "other" and case.function in MEAN and case.x.dtype.itemsize < 4 and prod(case.size) > SHORT:
        return np.full(old.shape, number == 0)
    no_larger = abs(number) <= np.maximum(abs(numbers), 1)
    return (number == 0) | (no_larger & ((number > 0) | (numbers < 0)))


# How simple an array is.


def costs(array: Array) -> Array:
    """How far each value is from being simple: 0, 1, -1, 2, ..., then others by their significant bits."""
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    numbers = array.astype(np.float64)
    plain = (abs(numbers) < SMALL) & (numbers == np.rint(numbers))
    small = np.where(plain, numbers, 0)
    small = 2 * abs(small) - (small > 0) + (np.signbit(small) & (small == 0))
    found: Array = np.where(plain, small, 3 * SMALL + bits(numbers))
    return found


def bits(numbers: Array) -> Array:
    """The significant bits of each number; a non-finite one gets more than any number has."""
    finite = np.isfinite(numbers)
    significands = np.ldexp(np.frexp(np.where(finite, numbers, 0))[0], 53).astype(np.int64)
    lowest = np.frexp((significands & -significands).astype(np.float64))[1]
    return np.where(finite, 54 - lowest, SMALL)


def cost(array: Array) -> tuple[float, int]:
    """How far an array is from being simple: by its values, then by how many distinct ones there are."""
    return float(np.sum(costs(array))), len(np.unique(array))


def simpler(case: Case, name: str, array: Array) -> list[Case]:
    """The case with this array, if it is simpler and still valid for the same law; or nothing."""
    before = array_of(case, name)
    if before is None or cost(array) >= cost(before):
        return []
    part = with_array(case, name, array)
    return [part] if name != "x" or as_valid(part, case) else []


# Moves.


def ranked(case: Case) -> Iterator[Case]:
    """The case with values replaced by their ranks, from zero up or from minus one down."""
    if not case.x.size:
        return
    ranks = np.unique(case.x, return_inverse=True)[1].reshape(case.x.shape)
    for numbers in (ranks, ranks - ranks.max() - 1) if case.x.max() < 0 else (ranks,):
        if fits(case, numbers):
            yield from simpler(case, "x", numbers.astype(case.x.dtype))


def fits(case: Case, numbers: Array) -> bool:
    """Whether integers can replace the values of x: the dtype holds them, and where values are added, they are no
    larger than before."""
    most, dtype = abs(numbers).max(), case.x.dtype
    if is_float(dtype) and most > 2 ** unit(dtype):
        return False
    added = case.function in MEAN and not most <= np.nanmax(abs(case.x.astype(np.float64)))
    return not added and (numbers.min() >= 0 or signed(dtype))


def converted(case: Case, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The case in another dtype that holds all its values."""
    made: dict[str, Any] = {name: array.astype(dtype) for name, array in arrays(case)}
    if all(np.array_equal(made[name].astype(array.dtype), array, equal_nan=True) for name, array in arrays(case)):
        empty = {name: np.zeros(getattr(case, name).shape, dtype) for name in ("x", "dy")}
        yield replace(case, **{**empty, **made})


def backgrounds(case: Case, fails: Fails) -> Case:
    """The case with one value in all but a few cells of its arrays."""
    for name, array in list(arrays(case)):
        for value in candidates(array):
            case = on_background(case, name, value, fails)
    return case


def candidates(array: Array) -> list[Any]:
    """Values that may stand in most cells: 0, 1, -1, the commonest, the smallest and the largest."""
    values, counts = np.unique(array, return_counts=True)
    common, ends = values[counts.argmax()], (values[0], values[-1])
    units = [number for number in (0, 1, -1) if number >= 0 or signed(array.dtype)]
    found = [*np.array(units).astype(array.dtype), common, *ends]
    return list({each.tobytes(): each for each in found}.values())


def on_background(case: Case, name: str, value: Any, fails: Fails) -> Case:
    """The case with a value in all cells of an array but those that must differ, found by delta debugging."""
    special = changeable(case, name, value)
    count = len(special)
    while count:
        kept: list[Array] = []
        for first in range(0, len(special), count):
            chunk = special[first : first + count]
            parts = filled(case, name, chunk, value)
            if parts and fails(parts[0]):
                case = parts[0]
            else:
                kept.append(chunk)
            if len(kept) > MOST_CHUNKS and len(kept) * count > first:
                return case
        special = np.concatenate(kept) if kept else special[:0]
        count = min(count, len(special)) // 2
    return case


def changeable(case: Case, name: str, value: Any) -> Array:
    """The flat places of an array where this value would be simpler than the present one."""
    array = getattr(case, name).reshape(-1)
    dearer = np.flatnonzero(costs(array) > costs(np.asarray([value]))[0])
    return dearer[nearer(case, name, value, array[dearer])]


def filled(case: Case, name: str, places: Array, value: Any) -> list[Case]:
    """The case with a value at these flat places of an array, if that is simpler and valid for the same law."""
    array = getattr(case, name).copy()
    array.reshape(-1)[places] = value
    return simpler(case, name, array)


def one_by_one(case: Case, fails: Fails) -> Case:
    """The case with each nonzero value made as simple as possible, if there are few."""
    for name, array in list(arrays(case)):
        places = np.flatnonzero(costs(array.reshape(-1)))
        for place in places if len(places) <= MOST_SINGLE else ():
            case = simplest_value(case, name, int(place), fails)
    return case


def simplest_value(case: Case, name: str, place: int, fails: Fails) -> Case:
    """The failing case with the simplest possible value at a flat place of an array."""
    array = getattr(case, name).reshape(-1)
    for value in simpler_values(array, array[place]):
        if nearer(case, name, value, array[[place]])[0]:
            for part in filled(case, name, np.array([place]), value):
                if fails(part):
                    return part
    return case


def simpler_values(array: Array, old: Any) -> list[Any]:
    """Replacements for a value, the simplest first: small integers, rounded values, others of the array."""
    found = np.array([0, 1, -1, 2, -2, 3, -3]) if signed(array.dtype) else np.array([0, 1, 2, 3])
    others = np.unique(array)[:MOST_SINGLE]
    pool = np.concatenate([found.astype(array.dtype), rounded(old, array.dtype), others])
    order = costs(pool)
    return [pool[k] for k in np.argsort(order, kind="stable") if order[k] < costs(np.asarray([old]))[0]]


def rounded(value: Any, dtype: np.dtype[Any]) -> Array:
    """A finite value with fewer digits or bits, nearer to zero; nothing for others."""
    if not np.isfinite(value) or not is_float(dtype):
        return np.array([], dtype)
    fraction, exponent = np.frexp(float(value))
    shorter = [np.ldexp(np.trunc(np.ldexp(fraction, k)), int(exponent) - k) for k in (1, 2, 4, 8, 16, 24)]
    return np.array([np.trunc(float(value)), *shorter]).astype(dtype)
