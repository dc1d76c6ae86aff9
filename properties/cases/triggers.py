"""Triggers: features of a case by name, so that a run can report which were tried, and a test can require them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float, lowest
from poolproof.kernels.geometry import Axis

from ..contract import BACKWARD, MEAN
from .case import Case
from .shapes import INEXACT_RECIPROCALS

Trigger = Callable[[Case], Any]

INEXACT_STRIDES = {stride for strides in INEXACT_RECIPROCALS for stride in strides}

SEEN = 1000
"""In planes with more windows than this, the cells of windows are not examined."""


def seen(case: Case) -> bool:
    """Whether the cells of windows are examined."""
    return prod(case.output) <= SEEN


def tied(case: Case) -> bool:
    """Whether some window has two equal maxima."""
    return seen(case) and bool(case.tied.any())


def all_negative(case: Case) -> bool:
    """Whether all cells of some window are negative."""
    if not (case.x.min() < 0 and seen(case)):
        return False
    cells, values = case.in_windows
    return bool(((values.max(axis=-1).min(axis=(0, 1)) < 0) & (cells >= 0).any(axis=-1)).any())


def all_lowest(case: Case) -> bool:
    """Whether some window has nothing but padding and the lowest value: -inf, or the minimum of an integer type."""
    padded = case.values in ("bottomless", "lowest") and any(map(sum, case.geometry.padding))
    if not padded or not seen(case):
        return False
    cells, values = case.in_windows
    return bool(((values == lowest(case.x.dtype)).all(axis=-1) & (cells >= 0).any(axis=-1)).any())


def passed(case: Case) -> list[Array]:
    """The arrays that the case passes to its callable."""
    return list(case.call().arrays.values())


def late_maximum(case: Case) -> bool:
    """Whether a window of more than 256 cells has its maximum at a tap that a byte cannot count."""
    large = prod(case.size) > 256 and case.x.size > 0 and seen(case)
    return large and bool((case.in_windows[1].argmax(axis=-1) > 255).any())


def uncovered(case: Case) -> bool:
    """Whether some cell lies in no window."""
    return any(
        (axis.stride > axis.extent and axis.count() > 1) or axis.start(axis.count() - 1) + axis.extent < axis.length
        for axis in case.axes
    )


def is_neutral(case: Case) -> bool:
    """Whether all settings are neutral."""
    return case.geometry.is_plain(case.x.shape[2:])


def some_axis(holds: Callable[[Axis], Any]) -> Trigger:
    """A trigger that is met if something holds along some axis."""
    return lambda case: any(holds(axis) for axis in case.axes)


def overhang(axis: Axis) -> int:
    """Cells of the last window past the padded end."""
    return max(0, axis.start(axis.count() - 1) + axis.extent - axis.length - axis.end)


def differ(entries: Any) -> bool:
    """Whether not all entries are equal."""
    return len(set(entries)) > 1


GEOMETRY: dict[str, Trigger] = {
    "S < F": lambda case: any(s < f for s, f in zip(case.stride, case.size, strict=True)),
    "S = F": lambda case: case.stride == case.size,
    "S > F": lambda case: any(s > f for s, f in zip(case.stride, case.size, strict=True)),
    "S > W": lambda case: any(s > length for s, length in zip(case.stride, case.x.shape[2:], strict=True)),
    "F = 1": lambda case: set(case.size) == {1},
    "F = W": lambda case: case.size == case.x.shape[2:],
    "F not square": lambda case: differ(case.size),
    "S not square": lambda case: differ(case.stride),
    "H != W": lambda case: differ(case.x.shape[2:]),
    "OH != OW": lambda case: differ(case.output),
    "H, F and S all not square": lambda case: all(map(differ, (case.size, case.stride, case.x.shape[2:], case.output))),
    "F = S, H a multiple, H != W": lambda case: (
        case.size == case.stride and is_neutral(case) and differ(case.x.shape[2:]) and not uncovered(case)
    ),
    "does not divide": some_axis(lambda axis: axis.room % axis.stride),
    "odd width, F = S = 2": lambda case: set(case.size) == set(case.stride) == {2} and case.x.shape[-1] % 2 == 1,
    "odd width, F = S = 2, far": lambda case: (
        set(case.size) == set(case.stride) == {2} and case.x.shape[-1] % 2 == 1 and case.x.shape[-1] > 14
    ),
    "output width 7 to 9": lambda case: 7 <= max(case.output) <= 9,
    "output width 15 to 17": lambda case: 15 <= max(case.output) <= 17,
    "output width 31 to 33": lambda case: 31 <= max(case.output) <= 33,
    "pixels in no window": uncovered,
    "window over 256 cells": lambda case: prod(case.size) > 256,
    "its maximum late": late_maximum,
    "plane over 32767 cells": lambda case: prod(case.x.shape[2:]) > 32_767,
    "plane over 65535 cells": lambda case: prod(case.x.shape[2:]) > 65_535,
    "more than 65535 windows": lambda case: prod(case.output) > 65_535,
    "S * (1/S) < 1": lambda case: bool(set(case.stride) & INEXACT_STRIDES) and 2 in case.output,
    "N = 0": lambda case: case.x.shape[0] == 0,
    "N > 1": lambda case: case.x.shape[0] > 1,
    "C > 1": lambda case: case.x.shape[1] > 1,
    "N != C, both > 1": lambda case: min(case.x.shape[:2]) > 1 and case.x.shape[0] != case.x.shape[1],
    "rank 1": lambda case: len(case.size) == 1,
    "rank 3": lambda case: len(case.size) == 3,
}
SETTINGS: dict[str, Trigger] = {
    "padding": some_axis(lambda axis: axis.begin + axis.end),
    "padding, begin != end": some_axis(lambda axis: axis.begin != axis.end),
    "padding at the end alone": some_axis(lambda axis: axis.begin == 0 < axis.end),
    "padding shifts tiles": lambda case: (
        case.size == case.stride
        and any(map(sum, case.geometry.padding))
        and case.output == tuple(n // f for n, f in zip(case.x.shape[2:], case.size, strict=True))
        and not any(n % f for n, f in zip(case.x.shape[2:], case.size, strict=True))
    ),
    "padding differs by axis": lambda case: differ(case.geometry.padding),
    "padding of an all negative x": lambda case: (
        any(map(sum, case.geometry.padding)) and case.x.size and case.x.max() < 0
    ),
    "padding tied with -inf": all_lowest,
    "dilation": some_axis(lambda axis: axis.extent > axis.size),
    "dh != dw": lambda case: differ(case.geometry.dilation),
    "dilation and padding": some_axis(lambda axis: axis.extent > axis.size and axis.begin + axis.end),
    "window wholly in padding": some_axis(lambda axis: axis.all_in_padding() is not None),
    "ceil mode": lambda case: case.geometry.ceil_mode,
    "ceil mode, divides": lambda case: case.geometry.ceil_mode and not some_axis(Axis.remains)(case),
    "ceil mode, remainder": some_axis(Axis.remains),
    "ceil mode, K < S": some_axis(lambda axis: axis.remains() and axis.size < axis.stride and overhang(axis)),
    "ceil mode, starts in padding": some_axis(lambda axis: axis.end > 0 and axis.drops_window()),
    "ceil mode and padding": some_axis(lambda axis: axis.remains() and axis.begin + axis.end and overhang(axis)),
    "overhang": some_axis(overhang),
    "overhang of two or more": some_axis(lambda axis: overhang(axis) > 1),
    "overhang, mean": lambda case: case.function in MEAN and some_axis(overhang)(case),
    "overhang, padding not counted": lambda case: (
        case.function in MEAN and not case.geometry.count_include_pad and some_axis(overhang)(case)
    ),
    "padding, counted": lambda case: (
        case.function in MEAN and case.geometry.count_include_pad and any(map(sum, case.geometry.padding))
    ),
    "padding, not counted": lambda case: (
        case.function in MEAN and not case.geometry.count_include_pad and any(map(sum, case.geometry.padding))
    ),
}
VALUES: dict[str, Trigger] = {
    "tied maxima": tied,
    "window all negative": all_negative,
    "mostly zeros": lambda case: case.x.size > 1 and 2 * np.count_nonzero(case.x) < case.x.size,
    "infinities": lambda case: is_float(case.x.dtype) and np.isinf(case.x).any(),
    "NaN": lambda case: is_float(case.x.dtype) and np.isnan(case.x).any(),
    "subnormals": lambda case: case.values == "subnormal" and case.x.any(),
    "huge beside small": lambda case: case.values == "huge" and is_float(case.x.dtype),
    "lowest of the type": lambda case: case.values == "lowest",
    "highest of the type": lambda case: case.values == "highest",
    "beyond float32": lambda case: case.x.dtype == np.float64 and any(abs(a).max() > 3.5e38 for a in passed(case)),
    "neighbouring numbers": lambda case: case.values in ("close", "neighbours"),
    "full significands": lambda case: case.values == "wide" and is_float(case.x.dtype),
    "dy of both signs": lambda case: case.function in BACKWARD and (case.dy > 0).any() and (case.dy < 0).any(),
    "dy one-hot": lambda case: case.function in BACKWARD and np.count_nonzero(case.dy) == 1,
    "unusual layout": lambda case: bool(case.layouts),
    "layout of dy alone": lambda case: list(case.layouts) == ["dy"],
}
TRIGGERS: dict[str, Trigger] = {**GEOMETRY, **SETTINGS, **VALUES}
"""Every trigger by name, with the predicate for a case that meets it."""


def reached(case: Case) -> list[str]:
    """The names of the triggers that a case meets, and its dtype, function and layout."""
    # Without settings no trigger about settings is met, and without elements none about values.
    groups = [GEOMETRY, *([SETTINGS] if case.settings else []), *([VALUES] if case.x.size else [])]
    with np.errstate(invalid="ignore"):
        met = [name for group in groups for name, trigger in group.items() if trigger(case)]
    return [*met, case.x.dtype.name, case.function, *sorted(set(case.layouts.values()))]
