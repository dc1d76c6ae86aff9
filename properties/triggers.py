"""What a case reaches: each trigger by name, so that a run can say what was tried, and a test that it is tried."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Array

from .cases import Case, windows
from .contract import BACKWARD

Trigger = Callable[[Case], Any]


SEEN = 1000
"""So many windows of a plane are looked at."""


def tied(case: Case) -> bool:
    """Whether some window has two equal maxima."""
    seen = islice(windows(case), SEEN)
    return any((case.x[w] == case.x[w].max(axis=(2, 3), keepdims=True)).sum(axis=(2, 3)).max() > 1 for w in seen)


def all_negative(case: Case) -> bool:
    """Whether some window is negative throughout."""
    seen = islice(windows(case), SEEN)
    return bool(case.x.min() < 0) and any(case.x[w].max(axis=(2, 3)).min() < 0 for w in seen)


def passed(case: Case) -> list[Array]:
    """The arrays that the callable of the case gets."""
    return list(case.call().arrays.values())


def late_maximum(case: Case) -> bool:
    """Whether a window of more than 256 cells has its maximum beyond what a byte can count."""
    large = prod(case.size) > 256 and case.x.size > 0
    flat = [case.x[w].reshape(*case.x.shape[:2], -1) for w in windows(case)] if large else []
    return any((cells.argmax(axis=-1) > 255).any() for cells in flat)


def uncovered(case: Case) -> bool:
    """Whether some pixel lies in no window."""
    axes = zip(case.x.shape[2:], case.output, case.size, case.stride, strict=True)
    return any((s > f and o > 1) or (o - 1) * s + f < length for length, o, f, s in axes)


def contiguous(case: Case) -> bool:
    """Whether the arrays lie in memory as usual."""
    return not case.layouts


GEOMETRY: dict[str, Trigger] = {
    "S < F": lambda case: any(s < f for s, f in zip(case.stride, case.size, strict=True)),
    "S = F": lambda case: case.stride == case.size,
    "S > F": lambda case: any(s > f for s, f in zip(case.stride, case.size, strict=True)),
    "S > W": lambda case: any(s > length for s, length in zip(case.stride, case.x.shape[2:], strict=True)),
    "F = 1": lambda case: case.size == (1, 1),
    "F = W": lambda case: case.size == case.x.shape[2:],
    "F not square": lambda case: case.size[0] != case.size[1],
    "S not square": lambda case: case.stride[0] != case.stride[1],
    "H != W": lambda case: case.x.shape[2] != case.x.shape[3],
    "OH != OW": lambda case: case.output[0] != case.output[1],
    "H, F and S all not square": lambda case: all(
        a != b for a, b in (case.size, case.stride, case.x.shape[2:], case.output)
    ),
    "does not divide": lambda case: any(
        (length - f) % s for length, f, s in zip(case.x.shape[2:], case.size, case.stride, strict=True)
    ),
    "odd width, F = S = 2": lambda case: case.size == case.stride == (2, 2) and case.x.shape[3] % 2 == 1,
    "output width 7 to 9": lambda case: 7 <= max(case.output) <= 9,
    "output width 15 to 17": lambda case: 15 <= max(case.output) <= 17,
    "output width 31 to 33": lambda case: 31 <= max(case.output) <= 33,
    "pixels in no window": uncovered,
    "window over 256 cells": lambda case: prod(case.size) > 256,
    "its maximum late": late_maximum,
    "plane over 32767 cells": lambda case: prod(case.x.shape[2:]) > 32_767,
    "plane over 65535 cells": lambda case: prod(case.x.shape[2:]) > 65_535,
    "more than 65535 windows": lambda case: prod(case.output) > 65_535,
    "S * (1/S) < 1": lambda case: set(case.stride) & {41, 47, 49, 98} != set() and case.output == (2, 2),
    "N = 0": lambda case: case.x.shape[0] == 0,
    "N > 1": lambda case: case.x.shape[0] > 1,
    "C > 1": lambda case: case.x.shape[1] > 1,
    "N != C, both > 1": lambda case: min(case.x.shape[:2]) > 1 and case.x.shape[0] != case.x.shape[1],
}
VALUES: dict[str, Trigger] = {
    "tied maxima": tied,
    "window all negative": all_negative,
    "mostly zeros": lambda case: case.x.size > 1 and np.mean(case.x == 0) > 0.5,
    "infinities": lambda case: case.x.dtype.kind == "f" and np.isinf(case.x).any(),
    "NaN": lambda case: case.x.dtype.kind == "f" and np.isnan(case.x).any(),
    "subnormals": lambda case: case.values == "subnormal" and case.x.any(),
    "huge beside small": lambda case: case.values == "huge" and case.x.dtype.kind == "f",
    "lowest of the type": lambda case: case.values == "lowest",
    "highest of the type": lambda case: case.values == "highest",
    "beyond float32": lambda case: case.x.dtype == np.float64 and any(abs(a).max() > 3.5e38 for a in passed(case)),
    "neighbouring numbers": lambda case: case.values in ("close", "neighbours"),
    "full significands": lambda case: case.values == "wide" and case.x.dtype.kind == "f",
    "dy of both signs": lambda case: case.function in BACKWARD and (case.dy > 0).any() and (case.dy < 0).any(),
    "dy one-hot": lambda case: case.function in BACKWARD and np.count_nonzero(case.dy) == 1,
    "unusual layout": lambda case: not contiguous(case),
    "layout of dy alone": lambda case: list(case.layouts) == ["dy"],
}
TRIGGERS: dict[str, Trigger] = {**GEOMETRY, **VALUES}
"""Every trigger by name: what holds of a case that meets it."""


def reached(case: Case) -> list[str]:
    """The names of the triggers that a case meets, and its dtype, function and layout."""
    triggers = TRIGGERS if case.x.size else GEOMETRY
    with np.errstate(invalid="ignore"):
        met = [name for name, trigger in triggers.items() if trigger(case)]
    return [*met, case.x.dtype.name, case.function, *sorted(set(case.layouts.values()))]
