"""Questions about a failure that no known computation explains: on what an answer depends, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo

from .. import oracle
from ..contract import FORWARD, MEAN
from ..targets.call import Call
from .fresh import Pattern, repainted
from .judging import Fault, Judged
from .mistakes.conduct import NOT_WRITTEN, PLANES_MIXED, READS_OUTSIDE
from .mistakes.steps import RIGHT

Ask = Callable[[Call], Judged | None]

OFTEN = 3
"""Fresh cases that must say the same."""


def generic(ask: Ask, patterns: list[Pattern], end: float) -> list[str]:
    """What all wrong answers to fresh cases have in common; nothing, if there are too few."""
    wrong = []
    for pattern in patterns[:1] + patterns[1:][-1:]:
        for call in repainted(pattern):
            found = ask(call) if time.time() < end else None
            if found is not None and found.fault is not Fault.NOTHING:
                wrong.append((call, found))
    if len(wrong) < OFTEN or any(found.fault is not Fault.VALUES for _, found in wrong):
        return []
    return next(([name] for name, holds in PROBES if all(holds(ask, *each) for each in wrong[:8])), [])


def at(found: Judged) -> tuple[int, ...]:
    """The first wrong cell."""
    return tuple(map(int, np.argwhere(found.wrong)[0]))


def changes(ask: Ask, call: Call, found: Judged, others: dict[str, Array]) -> bool:
    """Whether the answer in the first wrong cell changes when some numbers do that are none of its own."""
    again = ask(replace(call, arrays=others))
    place = at(found)
    return again is not None and again.got.shape == found.got.shape and bool(again.got[place] != found.got[place])


def planes_mixed(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether the answer for a plane changes with the numbers of other planes."""
    plane = at(found)[:2]
    return changes(ask, call, found, {name: but_for(array, plane) for name, array in call.arrays.items()})


def but_for(array: Array, plane: Any) -> Array:
    """The array with other numbers in all planes but one."""
    other = np.roll(array, 1, axis=-1)[..., ::-1] if array.dtype.kind == "b" else array[::-1, ::-1] * 0 + 1
    changed = np.ascontiguousarray(np.broadcast_to(other, array.shape)).copy()
    changed[plane] = array[plane]
    return changed


def reads_outside(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether a result changes with cells of its plane that lie outside its window."""
    place = at(found)
    windows = RIGHT.windows(call)
    cells = windows.cells[np.ravel_multi_index(place[2:], windows.output)]
    x = call.arrays["x"]
    outside = np.ones(windows.image.shape[2], bool)
    outside[cells[cells >= 0]] = False
    if call.function not in (*FORWARD, "max_indices") or not outside.any():
        return False
    changed = x.copy().reshape(windows.image.shape)
    changed[(*place[:2], outside)] = changed[(*place[:2], outside)] * 0 + np.asarray(1, x.dtype)
    return changes(ask, call, found, {"x": changed.reshape(x.shape)})


def not_written(_: Ask, call: Call, found: Judged) -> bool:
    """Whether all wrong results are zero."""
    return call.function != "max_indices" and not found.got[found.wrong].any()


def narrower(_: Ask, call: Call, found: Judged) -> bool:
    """Whether all results are within the bound that the next narrower type has."""
    dtype = {8: "float32", 4: "float16"}.get(found.dtype.itemsize)
    if dtype is None or call.function not in (*MEAN, "max_backward"):
        return False
    settings = found.meant.settings
    sizes = {name: np.abs(array) if name != "x" or "dy" not in call.arrays else array for name, array in call.arrays.items()}
    exact: Any = getattr(oracle, call.function)(*sizes.values(), call.size, call.stride, **settings)
    scale = np.asarray(exact.nearest(), np.float64)
    terms = max(int(np.prod(call.size)), 1)
    error = np.abs(found.got.astype(np.float64) - found.right.astype(np.float64))
    return bool((error <= (terms + 3) * float(finfo(np.dtype(dtype)).eps) * scale).all())


PROBES: tuple[tuple[str, Callable[[Ask, Call, Judged], bool]], ...] = (
    (PLANES_MIXED.name, planes_mixed),
    (NOT_WRITTEN.name, not_written),
    ("sum-in-narrower-type", lambda ask, call, found: call.function == "mean_forward" and narrower(ask, call, found)),
    ("gradient-in-narrower-type", lambda ask, call, found: "dy" in call.arrays and narrower(ask, call, found)),
    (READS_OUTSIDE.name, reads_outside),
)
"""Names of mistakes, and whether an answer shows them; the first that all fresh cases show is named."""

_ = islice
