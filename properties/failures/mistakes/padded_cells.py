"""Mistakes about what padded cells hold, and what becomes of their gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float, lowest
from poolproof.kernels.geometry import Axis, Geometry

from ...targets.call import Call
from .maxima import STARTS
from .mistake import ANY, BACKWARD, MAXIMA, SUM, Mistake, Prediction
from .places import axis_places
from .steps import (
    PADDED,
    RIGHT,
    PooledWindows,
    Table,
    added,
    axis_table,
    counted,
    each,
    geometry_of,
    joined,
    where_any,
    wrong,
)

NEVER_WINS = "A padded cell never wins a maximum: it counts as -inf, or as the lowest number of an integer type."
ADDS_ZERO = "A padded cell adds zero to a sum."
HOLDS_NOTHING = "A padded cell adds zero to a sum, never wins a maximum and gets no gradient."


def zero_in_padding(windows: PooledWindows) -> Array:
    """The maxima with zeros for padded cells, but not for those past the end."""
    found = np.where(windows.cells == PADDED, np.zeros((), windows.values.dtype), windows.values)
    return np.asarray(found.max(axis=-1))


def first_in_order(windows: PooledWindows) -> Array:
    """The whole gradient to the first maximum in window order, which may be a padded cell."""
    return windows.one_hot((windows.values == windows.values.max(axis=-1, keepdims=True)).argmax(axis=-1))


def last_in_order(windows: PooledWindows) -> Array:
    """The whole gradient to the last maximum in window order, which may be a padded cell."""
    best = windows.values == windows.values.max(axis=-1, keepdims=True)
    return windows.one_hot(best.shape[-1] - 1 - best[..., ::-1].argmax(axis=-1))


def shared_in_order(windows: PooledWindows) -> Array:
    """The gradient divided among all maxima, including padded cells."""
    best = windows.values == windows.values.max(axis=-1, keepdims=True)
    return np.asarray(best / np.maximum(best.sum(axis=-1, keepdims=True), 1))


def not_low_enough(dtype: Any) -> Any:
    """The lowest float32, or zero if the type of x has no such number."""
    if is_float(dtype):
        return max(float(finfo(np.dtype("float32")).min), float(finfo(dtype).min))
    return -128 if dtype.kind == "i" else 128 if dtype.kind == "u" else False


def highest(dtype: Any) -> Any:
    """The largest integer, such as an unsigned -1, or True. Raises ValueError for other dtypes."""
    if dtype.kind == "b":
        return True
    if dtype.kind not in "iu":
        raise ValueError("integers alone")
    return np.iinfo(dtype).max


def from_infinity(numbers: int) -> Callable[[Any], Any]:
    """The integer to which -inf is converted; it depends on the machine, and on how many numbers are converted at once.

    Raises ValueError for floats.
    """

    def outside(dtype: Any) -> Any:
        if is_float(dtype):
            raise ValueError("floats have it")
        with np.errstate(invalid="ignore"):
            return np.full(numbers, -np.inf).astype(dtype)[0]

    return outside


def is_padded(axis: Axis) -> bool:
    """Whether an axis is padded."""
    return axis.begin > 0 or axis.end > 0


def copied(place: Callable[[Array, int], Array]) -> Prediction:
    """Answers in which a padded cell is a copy of the cell at another place of its axis."""

    def table(axis: Axis) -> Table:
        found = axis_table(axis)
        copies = np.clip(place(axis_places(axis), axis.length), 0, axis.length - 1)
        return np.where(found == PADDED, copies, found)

    return where_any(is_padded, table)


def counted_from_end(axis: Axis) -> Table:
    """Windows in which a place before the image is counted from its end, like a negative index."""
    places = axis_places(axis)
    return np.where((places < 0) & (places >= -axis.length), places + axis.length, axis_table(axis))


@dataclass(frozen=True)
class Unmasked:
    """Answers that read and write whatever memory lies at places outside the image, all planes in one row.

    `where`: along which axes, by number and rank. `before` and `past`: on which sides. `wraps`: whether places outside
    the array are counted from its other end; otherwise they are masked.
    """

    where: Callable[[int, int], bool]
    before: bool
    past: bool
    wraps: bool

    def __call__(self, call: Call) -> Array:
        """The answer to a call. Raises ValueError if no place is outside."""
        right, x = RIGHT.windows(call), call.arrays["x"]
        places, masked = self.places(right.geometry.axes(x.shape[2:]))
        if (masked == ~right.real).all():
            raise ValueError("everything is masked")
        planes = prod(x.shape[:2])
        cells = np.arange(planes)[:, np.newaxis, np.newaxis] * right.image.shape[2] + places
        if not self.wraps:
            masked = masked | (cells < 0) | (cells >= x.size)
        windows = in_one_plane(right, np.where(masked, PADDED, cells % x.size))
        steps = wrong(
            divisor=lambda _: np.tile(counted(right), planes),
            index=lambda w, tap: np.tile(places, (planes, 1))[np.arange(len(w.cells)), tap],
        )
        return steps.made(windows).reshape(RIGHT.answer(call).shape)

    def places(self, axes: tuple[Axis, ...]) -> tuple[Array, Array]:
        """The place in its plane of each tap, (windows, taps), and which taps are masked."""
        found, masked = np.zeros((1, 1), np.int64), np.zeros((1, 1), bool)
        for at, axis in enumerate(axes):
            along, here = axis_places(axis), self.where(at, len(axes))
            found = joined(np.add, found * axis.length, along)
            before = (along < 0) & (not (here and self.before))
            past = (along >= axis.length) & (not (here and self.past))
            masked = joined(np.logical_or, masked, before | past)
        return found, masked


def by_flat_offset(call: Call) -> Array:
    """The answer if a place counts as inside when its flat offset does. Raises ValueError if that is right."""
    right = RIGHT.windows(call)
    lengths = call.arrays["x"].shape[2:]
    places = np.zeros((1, 1), np.int64)
    for axis in right.geometry.axes(lengths):
        places = joined(np.add, places * axis.length, axis_places(axis))
    cells = np.where((places >= 0) & (places < prod(lengths)), places, PADDED)
    if ((cells >= 0) == right.real).all():
        raise ValueError("everything is masked")
    return wrong(divisor=lambda _: counted(right)).made(replace(right, cells=cells)).reshape(RIGHT.answer(call).shape)


def in_one_plane(windows: PooledWindows, cells: Array) -> PooledWindows:
    """The windows of all planes as windows of one plane that has all cells."""
    arrays = {name: array.reshape(1, 1, -1) for name, array in windows.call.arrays.items()}
    cells = cells.reshape(-1, cells.shape[-1])
    return replace(
        windows,
        call=replace(windows.call, arrays=arrays),
        cells=cells,
        output=(len(cells),),
        image=windows.image.reshape(1, 1, -1),
    )


UNMASKED = [
    Unmasked(where, before, past, wraps)
    for where in (lambda *_: True, lambda at, rank: at == rank - 1, lambda at, _: at == 0)
    for before, past in ((True, False), (False, True), (True, True))
    for wraps in (False, True)
]
"""Which places outside the image are not masked: along all axes, the last or the first, on one side or on both."""


def mirrored(place: Array, length: int) -> Array:
    """Places beyond an end reflected inside; the last cell is not repeated."""
    there = place % max(2 * length - 2, 1)
    return np.asarray(np.minimum(there, 2 * length - 2 - there))


def mirrored_with_edge(place: Array, length: int) -> Array:
    """Places beyond an end reflected inside; the last cell is repeated."""
    there = place % (2 * length)
    return np.asarray(np.minimum(there, 2 * length - 1 - there))


def infinite_padding(windows: PooledWindows) -> Array:
    """Sums that a padded cell makes -inf."""
    return np.where((windows.cells == PADDED).any(axis=-1), -np.inf, windows.summands.sum(axis=-1))


def cropped_at_the_end(windows: PooledWindows, shares: Array) -> Array:
    """The gradient of the padded image, cropped by the padding after an axis instead of the padding before it."""
    spatial = windows.call.arrays["x"].shape[2:]
    planes = added(windows, shares).reshape(*windows.image.shape[:2], *spatial)
    for at, (begin, end) in enumerate(windows.geometry.padding):
        planes = shifted(planes, begin - end, 2 + at)
    return planes.reshape(windows.image.shape)


def shifted(array: Array, by: int, axis: int) -> Array:
    """The array shifted along an axis, with zeros shifted in."""
    wide = [(abs(by), abs(by)) if k == axis else (0, 0) for k in range(array.ndim)]
    places = np.arange(array.shape[axis]) + abs(by) - by
    return np.take(np.pad(array, wide), places, axis)


def cut_to_nothing(padded_only: Callable[[Geometry], list[bool]]) -> Prediction:
    """The gradient of the padded image sliced by [begin:-end] along some axes. Raises ValueError if nothing is lost."""

    def answer(call: Call) -> Array:
        geometry = geometry_of(call)
        lost = [cut and not end for cut, (_, end) in zip(padded_only(geometry), geometry.padding, strict=True)]
        if not any(lost):
            raise ValueError("nothing is lost")
        kept: Any = (..., *(slice(0, 0 if empty else None) for empty in lost))
        return np.asarray(RIGHT.answer(call)[kept])

    return answer


MISTAKES = [
    Mistake(
        "zero-padding-wins",
        MAXIMA,
        "Padded cells are zeros that may win the maximum.",
        NEVER_WINS,
        (
            wrong(outside=lambda _: 0),
            # Code that pads an image before pooling it also takes a padded zero that comes first among equals.
            wrong(outside=lambda _: 0, weights=first_in_order),
            wrong(outside=lambda _: 0, weights=last_in_order),
            wrong(outside=lambda _: 0, weights=shared_in_order),
            wrong(top=zero_in_padding),
        ),
    ),
    Mistake(
        "padding-not-low-enough",
        MAXIMA,
        "Padded cells hold a number that is not below every cell.",
        NEVER_WINS,
        (
            wrong(outside=not_low_enough),
            *(wrong(outside=start, weights=first_in_order) for start in STARTS),
            wrong(outside=highest),
            wrong(outside=lambda dtype: max(-1e4, float(lowest(dtype))) if is_float(dtype) else lowest(dtype)),
        ),
    ),
    Mistake(
        "padding-cast-from-infinity",
        MAXIMA,
        "Padded cells are -inf converted to an integer type, which has no such number.",
        NEVER_WINS,
        tuple(wrong(outside=from_infinity(numbers), weights=first_in_order) for numbers in (1, 64)),
    ),
    Mistake(
        "padding-copies-cells",
        ANY,
        "Padded cells are copies of cells of the image: of its edge, its mirror image or its other end.",
        HOLDS_NOTHING,
        (
            copied(lambda place, _: place),
            copied(mirrored),
            copied(mirrored_with_edge),
            copied(lambda place, length: place % length),
        ),
    ),
    Mistake(
        "bounds-of-flat-offset",
        ANY,
        "A place is checked by its offset in the plane, so that one beside a row is a cell of the row before or after.",
        "A place is inside the image if it is so along every axis.",
        (by_flat_offset,),
    ),
    Mistake(
        "places-not-masked",
        ANY,
        "Places outside the image are not masked: what lies there in memory takes part.",
        "A load or store is masked on both sides of every axis, by 0 <= place < length.",
        (where_any(lambda axis: axis.begin > 0, counted_from_end), *UNMASKED),
    ),
    Mistake(
        "padding-of-maximum-in-mean",
        SUM,
        "Padded cells are -inf, as for a maximum, and make the mean -inf as well.",
        ADDS_ZERO,
        each("total", [infinite_padding]),
    ),
    Mistake(
        "gradient-cropped-wrongly",
        BACKWARD,
        "The padded gradient is cropped by the padding after an axis, not by that before.",
        "The gradient of the image begins after the padding before it.",
        (wrong(gather=cropped_at_the_end),),
    ),
    Mistake(
        "gradient-cropped-to-nothing",
        BACKWARD,
        "The padding of dx is cut off with [begin:-end], which leaves nothing where end is 0.",
        "The gradient of the image is [begin:begin + length] of that of the padded image.",
        (
            cut_to_nothing(lambda g: [begin > 0 for begin, _ in g.padding]),
            cut_to_nothing(lambda g: [any(map(any, g.padding))] * g.rank),
            cut_to_nothing(lambda g: [True] * g.rank),
        ),
    ),
]
