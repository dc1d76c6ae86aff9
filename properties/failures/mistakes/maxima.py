"""Mistakes about which cell is the maximum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float

from .mistake import MAX, MAXIMA, Mistake, Scope
from .steps import PooledWindows, first_maximum, first_weights, plane_index, wrong

RIGHT_START = "The search begins with the window's first cell, or with -inf (the lowest number of an integer type)."
RIGHT_CELLS = "The maximum is taken over all cells of the window, and over no others."
RIGHT_NEGATED = "Integers are compared without being negated."
RIGHT_COMPARED = "Cells are compared in their own dtype."


def at_least(start: Callable[[Any], Any]) -> Callable[[PooledWindows], Array]:
    """Maxima of a search that begins with a number that depends on the dtype."""

    def top(windows: PooledWindows) -> Array:
        found = first_maximum(windows)
        low = start(found.dtype)
        return np.where(found < np.asarray(low, found.dtype), np.asarray(low, found.dtype), found)

    return top


def number(value: float) -> Callable[[Any], Any]:
    """A number to begin with, in types that have it. Raises ValueError for the others."""

    def start(dtype: Any) -> Any:
        info = finfo(dtype) if is_float(dtype) else np.iinfo(dtype)
        if dtype.kind == "b" or not float(info.min) < value < float(info.max):
            raise ValueError(f"{dtype} has no {value}")
        return value

    return start


def smallest_positive(dtype: Any) -> Any:
    """The smallest positive normal number of a float type."""
    if not is_float(dtype):
        raise ValueError("integers have none")
    return finfo(dtype).tiny


def next_to_lowest(dtype: Any) -> Any:
    """The lowest integer but one."""
    return np.iinfo(dtype).min + 1


def finite_lowest(dtype: Any) -> Any:
    """The lowest finite number."""
    return float(finfo(dtype).min)


STARTS: list[Callable[[Any], Any]] = [
    *map(number, (-1, -10, -100, -999, -1000, -9999, -10000, -99999, -1e5, -1e6, -1e9, -127, -128, -(2**15), -(2**31))),
    number(-65504.0),
    number(float(np.finfo(np.float32).min)),
    number(-1e30),
    number(-1e38),
    next_to_lowest,
]


def weighted(start: Callable[[Any], Any]) -> Callable[[PooledWindows], Array]:
    """Weights of the first maximum above the number that a search begins with; none if there is no such maximum."""

    def weights(windows: PooledWindows) -> Array:
        above = first_maximum(windows) > start(windows.image.dtype)
        return np.asarray(first_weights(windows) * above[..., np.newaxis])

    return weights


def indexed(
    start: Callable[[Any], Any], missing: Callable[[PooledWindows], int]
) -> Callable[[PooledWindows, Array], Array]:
    """Indices of a search that begins with a number: `missing` if no cell is above it."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        above = first_maximum(windows) > start(windows.image.dtype)
        return np.where(above, plane_index(windows, tap), missing(windows))

    return index


def kept_from_before(windows: PooledWindows, tap: Array) -> Array:
    """Indices of a search that is never reset: if no cell is above the lowest number, the previous window's index."""
    above = (first_maximum(windows) > lowest_of(windows.image.dtype)).reshape(-1)
    latest = np.maximum.accumulate(np.where(above, np.arange(above.size), -1))
    found = plane_index(windows, tap)
    return np.where(latest < 0, 0, found.reshape(-1)[latest]).reshape(found.shape)


def since_nan(windows: PooledWindows) -> Array:
    """Maxima of what follows the last NaN of each window, which are NaN if nothing does."""
    after = np.cumsum(np.isnan(windows.values)[..., ::-1], axis=-1)[..., ::-1] == 0
    if after.all():
        raise ValueError("no window has a NaN")
    found = np.where(after, windows.values, np.asarray(-np.inf, windows.values.dtype)).max(axis=-1)
    return np.where(after.any(axis=-1), found, np.asarray(np.nan, found.dtype))


def finite(windows: PooledWindows) -> Array:
    """Maxima of the finite numbers of each window, or -inf. Raises ValueError if there are no others."""
    values = windows.values.astype(np.float64)
    if np.isfinite(values[..., windows.real]).all():
        raise ValueError("nothing is skipped")
    return np.asarray(np.where(np.isfinite(values), values, -np.inf).max(axis=-1))


MOST_STEPS = 100
"""The most cells that a scan may take one after another."""

MOST_SCANNED = 5000
"""The most cells of a window that are scanned one after another."""

MISSING: list[Callable[[PooledWindows], int]] = [lambda _: -1, lambda _: 0, lambda windows: windows.image.shape[2]]


def lowest_of(dtype: Any) -> Any:
    """The lower bound of a type: -inf, or the lowest integer."""
    return -np.inf if is_float(dtype) else np.iinfo(dtype).min if dtype.kind != "b" else False


def float32_lowest(dtype: Any) -> Any:
    """The lowest float32, for float64 only."""
    if dtype != np.float64:
        raise ValueError("float64 alone")
    return float(np.finfo(np.float32).min)


def by_keys(keys: Callable[[Array], Array]) -> Callable[[PooledWindows], Array]:
    """The taps with the first largest key among the real cells."""

    def tap(windows: PooledWindows) -> Array:
        found = keys(windows.values).astype(np.float64)
        return np.asarray(np.where(windows.real, found, -np.inf).argmax(axis=-1))

    return tap


def chosen(tap: Callable[[PooledWindows], Array]) -> dict[str, Any]:
    """The steps of a search that ends at another tap."""
    return {
        "top": lambda w: np.take_along_axis(w.values, tap(w)[..., np.newaxis], axis=-1)[..., 0],
        "weights": lambda w: w.one_hot(tap(w)),
        "index": lambda w, _: plane_index(w, tap(w)),
    }


def signed_otherwise(values: Array) -> Array:
    """The same bits as a type of the opposite signedness. Raises ValueError for floats."""
    if values.dtype.kind not in "iu":
        raise ValueError("integers alone")
    return values.view(values.dtype.str.replace(values.dtype.kind, "u" if values.dtype.kind == "i" else "i"))


def negated(values: Array) -> Array:
    """The ranks of integers by their negatives, which wrap: the smallest negative ranks highest."""
    if values.dtype.kind not in "iu":
        raise ValueError("integers alone")
    return -ordered(np.negative(values))


def ordered(keys: Array) -> Array:
    """The ranks of 64-bit keys, which float64 cannot tell apart."""
    return np.unique(keys, return_inverse=True)[1].reshape(keys.shape)


def narrower(dtype: str) -> Callable[[Array], Array]:
    """Values rounded to a float type. Raises ValueError if the type holds all of them."""

    def keys(values: Array) -> Array:
        if values.dtype.itemsize < np.dtype(dtype).itemsize:
            raise ValueError("a wider type")
        return values.astype(dtype)

    return keys


def scanned_by_difference(windows: PooledWindows) -> Array:
    """The taps where a scan ends that compares by the sign of a difference, which wraps."""
    values = windows.values
    if values.dtype.kind not in "iu":
        raise ValueError("integers alone")
    best, tap = values[..., 0], np.zeros(values.shape[:-1], np.int64)
    for k in range(1, values.shape[-1]):
        difference = values[..., k] - best
        larger = (difference > 0) & windows.real[:, k]
        best, tap = np.where(larger, values[..., k], best), np.where(larger, k, tap)
    return tap


def as_bits(kind: str) -> Callable[[Array], Array]:
    """The ranks of floats by their bits as signed or unsigned integers. Raises ValueError for integers."""

    def keys(values: Array) -> Array:
        if not is_float(values.dtype):
            raise ValueError("floats alone")
        return ordered(np.ascontiguousarray(values).view(f"{kind}{values.dtype.itemsize}"))

    return keys


def by_margin(margin: float) -> Callable[[PooledWindows], Array]:
    """The taps where a scan ends that takes a cell only if it is larger by more than a margin.

    Raises ValueError if some scan takes cell after cell.
    """

    def tap(windows: PooledWindows) -> Array:
        values = np.where(windows.real, windows.values.astype(np.float64), -np.inf)
        found = np.zeros(values.shape[:-1], np.int64)
        for _ in range(MOST_STEPS):
            best = np.take_along_axis(values, found[..., np.newaxis], axis=-1)
            larger = (values > best + margin) & (np.arange(values.shape[-1]) > found[..., np.newaxis])
            if not larger.any():
                return found
            found = np.where(larger.any(axis=-1), larger.argmax(axis=-1), found)
        raise ValueError("too many steps")

    return tap


def rounded_to(dtype: str) -> Callable[[Array], Array]:
    """Floats rounded to a narrower type. Raises ValueError for others."""

    def rounded(array: Array) -> Array:
        if not is_float(array.dtype) or array.dtype.itemsize <= np.dtype(dtype).itemsize:
            raise ValueError("no narrower type")
        return array.astype(dtype)

    return rounded


def in_float(dtype: str, saturating: bool) -> Callable[[PooledWindows], Array]:
    """Maxima of integers that pass through a float type, and may come back as the largest integer.

    Raises ValueError for floats.
    """

    def top(windows: PooledWindows) -> Array:
        found = first_maximum(windows)
        if is_float(found.dtype) or found.dtype.itemsize < np.dtype(dtype).itemsize:
            raise ValueError("no integers, or a wider type")
        rounded, most = found.astype(dtype), np.iinfo(found.dtype).max
        too_large = rounded >= float(most)
        back = np.where(too_large, 0, rounded).astype(found.dtype)
        return np.where(too_large, most, back) if saturating else rounded.astype(found.dtype)

    return top


def without_taps(kept: Callable[[PooledWindows], Array]) -> dict[str, Any]:
    """The steps of a search over these taps only."""

    def tap(windows: PooledWindows) -> Array:
        which = np.broadcast_to(kept(windows), windows.cells.shape)
        values = ordered(windows.values) if windows.values.size else windows.values
        return np.asarray(np.where(which & windows.real, values, -1).argmax(axis=-1))

    return chosen(tap)


def up_to(most: int) -> Callable[[PooledWindows], Array]:
    """The first `most` taps. Raises ValueError for windows that have no more."""

    def kept(windows: PooledWindows) -> Array:
        if windows.cells.shape[1] <= most:
            raise ValueError("a small window")
        return np.arange(windows.cells.shape[1]) < most

    return kept


def without_partial_block(block: int) -> Callable[[PooledWindows], Array]:
    """All taps of whole blocks."""

    def kept(windows: PooledWindows) -> Array:
        count = windows.cells.shape[1]
        if count <= block or count % block == 0:
            raise ValueError("whole blocks")
        return np.asarray(np.arange(count) < count // block * block)

    return kept


def first_slice(windows: PooledWindows) -> Array:
    """The taps of the first slice of each window. Raises ValueError for windows of one slice."""
    size = windows.geometry.size
    if size[0] < 2:
        raise ValueError("one slice")
    return np.asarray(np.arange(windows.cells.shape[1]) < windows.cells.shape[1] // size[0])


def last_of_equals(windows: PooledWindows) -> Array:
    """The last maximum of each window."""
    reversed_best = ((windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real)[..., ::-1]
    return np.asarray(windows.cells.shape[1] - 1 - reversed_best.argmax(axis=-1))


Tolerance = tuple[float | None, float]
"""How far below the maximum a cell still counts as one: relative (None for a unit in the last place), and absolute."""

TOLERANCES: tuple[Tolerance, ...] = ((None, 0.0), (1e-5, 1e-8), (1e-9, 0.0))
"""Rounding, and the defaults of np.isclose and math.isclose."""


def nearly_first(tolerance: Tolerance) -> Callable[[PooledWindows], Array]:
    """The first cell within a tolerance of the maximum. Raises ValueError for integers."""

    def tap(windows: PooledWindows) -> Array:
        if not is_float(windows.image.dtype):
            raise ValueError("floats alone")
        relative, absolute = tolerance
        part = float(finfo(windows.image.dtype).eps) if relative is None else relative
        values = windows.values.astype(np.float64)
        top = values.max(axis=-1, keepdims=True)
        # Everything finite is infinitely far below an infinite maximum.
        margin = np.where(np.isfinite(top), part * np.abs(top) + absolute, 0)
        return np.asarray(((values >= top - margin) & windows.real).argmax(axis=-1))

    return tap


def zero_unset(windows: PooledWindows) -> Array:
    """The taps where a scan ends that takes the next cell whenever the maximum so far is zero.

    Raises ValueError for windows of many cells.
    """
    values, best = windows.values, np.zeros(windows.values.shape[:-1], windows.values.dtype)
    if values.shape[-1] > MOST_SCANNED:
        raise ValueError("too many steps")
    tap = np.broadcast_to(windows.real.argmax(axis=-1), best.shape)
    for k in range(values.shape[-1]):
        taken = windows.real[:, k] & ((best == 0) | (values[..., k] > best))
        best, tap = np.where(taken, values[..., k], best), np.where(taken, k, tap)
    return tap


def halved(windows: PooledWindows) -> Array:
    """The taps that take part if cells are combined in halves, with an odd number rounded down.

    Raises ValueError if no cell is left out.
    """
    count, half = windows.cells.shape[1], windows.cells.shape[1] // 2
    into = np.arange(count)
    while half:
        # Cells that were combined into the upper half before go along.
        into = np.where((into >= half) & (into < 2 * half), into - half, into)
        half //= 2
    if not into.any():
        raise ValueError("no cell is left out")
    return np.asarray(into == 0)


def truths_in_a_byte(windows: PooledWindows) -> Array:
    """Whether the number of True cells, stored in a byte, is not zero. Raises ValueError for other dtypes."""
    if windows.image.dtype.kind != "b":
        raise ValueError("bool alone")
    return np.asarray((windows.values & windows.real).sum(axis=-1) % 256 != 0)


MISTAKES = [
    Mistake(
        "truth-counted-in-a-byte",
        MAX,
        "The True cells of a window are counted in a byte, where 256 is zero.",
        "The maximum of bool cells is whether any is True.",
        (wrong(top=truths_in_a_byte),),
    ),
    Mistake(
        "max-is-mean",
        MAX,
        "The result is the mean of the window.",
        "Max pooling gives the largest cell of each window.",
        (wrong(top=lambda w: w.summands.sum(-1) / np.maximum(w.real.sum(-1), 1)),),
    ),
    Mistake(
        "max-is-minimum",
        MAXIMA,
        "The smallest cell of the window is chosen.",
        "Max pooling chooses the largest cell of each window.",
        (wrong(**chosen(by_keys(lambda v: -v.astype(np.float64)))),),
    ),
    Mistake(
        "max-of-absolute-values",
        MAXIMA,
        "Cells are compared by their absolute values.",
        "Cells are compared with their signs.",
        (
            wrong(**chosen(by_keys(lambda v: np.abs(v.astype(np.float64))))),
            wrong(top=lambda w: np.abs(np.where(w.real, w.values.astype(np.float64), 0)).max(-1)),
        ),
    ),
    Mistake(
        "max-begins-at-zero",
        MAXIMA,
        "The search for the maximum begins at zero, so that negative windows give zero.",
        RIGHT_START,
        (
            wrong(top=at_least(lambda _: 0), weights=weighted(lambda _: 0)),
            *(wrong(index=indexed(lambda _: 0, missing)) for missing in MISSING),
        ),
    ),
    Mistake(
        "max-begins-at-smallest-positive",
        MAXIMA,
        "The search for the maximum begins at the smallest positive number, not at the lowest.",
        RIGHT_START,
        (wrong(top=at_least(smallest_positive), weights=weighted(smallest_positive)),),
    ),
    Mistake(
        "lowest-never-wins",
        MAXIMA,
        "A window of only -inf, or of the lowest number of the type, is taken to have no maximum.",
        "The first cell of a window wins unless a later one is larger.",
        (
            wrong(weights=weighted(lowest_of)),
            *(wrong(index=indexed(low, missing)) for missing in MISSING for low in (lowest_of, finite_lowest)),
            wrong(index=kept_from_before),
        ),
    ),
    Mistake(
        "max-begins-too-high",
        MAXIMA,
        "The search for the maximum begins at a number that is not below every cell.",
        RIGHT_START,
        (
            *(wrong(top=at_least(start), weights=weighted(start)) for start in STARTS),
            *(wrong(index=indexed(float32_lowest, missing)) for missing in MISSING),
        ),
    ),
    Mistake(
        "infinity-lost",
        MAX,
        "Infinities come out as the largest and lowest finite numbers.",
        "An infinity is a number like others, and is passed on.",
        (
            wrong(top=lambda w: np.nan_to_num(first_maximum(w), nan=np.nan)),
            wrong(top=at_least(finite_lowest)),
        ),
    ),
    Mistake(
        "first-cell",
        MAXIMA,
        "The first cell of each window is taken, whatever the others are.",
        RIGHT_CELLS,
        (wrong(**chosen(lambda w: np.broadcast_to(w.real.argmax(-1), w.first.shape))),),
        scope=Scope.ALWAYS,
    ),
    Mistake(
        "last-cell",
        MAXIMA,
        "The last cell of each window is taken, whatever the others are.",
        RIGHT_CELLS,
        (wrong(**chosen(lambda w: np.full(w.first.shape, w.cells.shape[1] - 1))),),
        scope=Scope.ALWAYS,
    ),
    Mistake(
        "centre-cell",
        MAXIMA,
        "The cell in the middle of each window is taken, whatever the others are.",
        RIGHT_CELLS,
        (wrong(**chosen(lambda w: np.full(w.first.shape, w.cells.shape[1] // 2))),),
        scope=Scope.ALWAYS,
    ),
    Mistake(
        "zero-taken-for-unset",
        MAXIMA,
        "A maximum of zero is taken for none, so that the next cell replaces it even if it is negative.",
        "Zero is a number like others; that there is no maximum yet needs a mark of its own.",
        (wrong(**chosen(zero_unset)),),
    ),
    Mistake(
        "max-of-plane",
        MAX,
        "Cells of the plane outside the window take part in the maximum.",
        RIGHT_CELLS,
        (
            wrong(top=lambda w: np.broadcast_to(w.image.max(-1, keepdims=True), w.first.shape)),
            wrong(top=lambda w: np.maximum(first_maximum(w), w.image[..., :1])),
        ),
    ),
    Mistake(
        "nan-restarts-search",
        MAX,
        "A NaN replaces the largest number so far, and the next number replaces the NaN.",
        "A NaN stays the maximum once it is met, or never becomes it.",
        (wrong(top=since_nan),),
    ),
    Mistake(
        "infinity-skipped",
        MAX,
        "Infinities are skipped in the search for the maximum.",
        "Infinity is larger than all other numbers.",
        (wrong(top=finite),),
    ),
    Mistake(
        "cells-not-searched",
        MAXIMA,
        "Not all cells of a large window are searched.",
        RIGHT_CELLS,
        (
            *(wrong(**without_taps(up_to(most))) for most in (255, 256, 1024)),
            *(wrong(**without_taps(without_partial_block(block))) for block in (4, 8, 16, 32, 64, 256, 1024)),
        ),
    ),
    Mistake(
        "first-slice-only",
        MAXIMA,
        "Only the first row (or slice) of each window is searched.",
        RIGHT_CELLS,
        (wrong(**without_taps(first_slice)),),
    ),
    Mistake(
        "compared-in-float64",
        MAXIMA,
        "64-bit integers are compared in float64, which cannot represent all of them.",
        RIGHT_COMPARED,
        (wrong(**chosen(by_keys(narrower("float64")))),),
    ),
    Mistake(
        "compared-in-float32",
        MAXIMA,
        "Cells are compared in float32, where neighbouring numbers are equal.",
        RIGHT_COMPARED,
        (wrong(**chosen(by_keys(narrower("float32")))),),
    ),
    Mistake(
        "compared-in-float16",
        MAXIMA,
        "Cells are compared in float16, where many numbers are equal.",
        RIGHT_COMPARED,
        (wrong(**chosen(by_keys(narrower("float16")))),),
    ),
    Mistake(
        "maximum-in-narrower-type",
        MAXIMA,
        "Maxima are computed in a narrower type than that of x.",
        "A maximum is a cell of x, unchanged.",
        tuple(wrong(image=rounded_to(dtype), gradient=rounded_to(dtype)) for dtype in ("float32", "float16")),
    ),
    Mistake(
        "compared-as-bits",
        MAXIMA,
        "Floats are compared by their bits as integers, by which negative numbers have the reverse order.",
        RIGHT_COMPARED,
        tuple(wrong(**chosen(by_keys(as_bits(kind)))) for kind in "iu"),
    ),
    Mistake(
        "maximum-through-float",
        MAX,
        "Integers pass through a floating-point type that cannot represent all of them.",
        "Maxima of integers are cells of the input, unchanged.",
        tuple(wrong(top=in_float(dtype, each)) for dtype in ("float64", "float32") for each in (False, True)),
    ),
    Mistake(
        "compared-with-wrong-sign",
        MAXIMA,
        "Signed integers are compared as unsigned ones, or unsigned as signed.",
        RIGHT_COMPARED,
        (wrong(**chosen(by_keys(lambda v: ordered(signed_otherwise(v))))),),
    ),
    Mistake(
        "negation-wraps",
        MAXIMA,
        "The maximum of integers is computed as -min(-x), which wraps around: of the lowest signed integer, or of an "
        "unsigned zero, the negative is the number itself.",
        RIGHT_NEGATED,
        (wrong(**chosen(by_keys(negated))),),
    ),
    Mistake(
        "comparison-wraps",
        MAXIMA,
        "Integers are compared by the sign of their difference, which wraps around.",
        "Integers are compared with < and >, which cannot overflow.",
        (wrong(**chosen(scanned_by_difference)),),
    ),
    Mistake(
        "nearly-equal-cells-tie",
        MAXIMA,
        "Cells close to the maximum count as maxima, and the first of them wins.",
        "Only the largest cell is the maximum; a neighbouring number is another number.",
        tuple(wrong(**chosen(nearly_first(tolerance))) for tolerance in TOLERANCES),
    ),
    Mistake(
        "larger-by-a-margin",
        MAXIMA,
        "A cell becomes the maximum only if it is larger than the one before by some margin.",
        "Only the largest cell is the maximum, by however little.",
        tuple(wrong(**chosen(by_margin(10.0**-power))) for power in (3, 4, 5, 6, 7, 8, 9, 10, 12)),
    ),
]
