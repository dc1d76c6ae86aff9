"""Probes for a failure that no known computation explains: what an answer depends on, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float

from .. import oracle
from ..contract import MEAN
from ..targets.call import Call
from .judging import Fault, Judged, pooled_by
from .mistakes.conduct import GRADIENT_OUTSIDE, GRADIENTS_LOST, INACCURATE, NOT_WRITTEN, PLANES_MIXED, READS_OUTSIDE
from .mistakes.steps import RIGHT

Ask = Callable[[Call], Judged | None]

MOST_WINDOWS = 40
"""The most windows of a plane that are probed one by one, counted from the last."""

TOO_HIGH = "max-begins-too-high"

MOST_CASES = 8
"""The most fresh cases that are probed."""

OFTEN = 3
"""How many fresh cases must agree."""

VISIBLE = 2.0**-8
"""The fraction of a type's precision by which some result of a computation in that type is surely off."""

SLIGHTLY = 2.0**-5
"""Errors that rounding is blamed for are at most this fraction of the absolute terms."""


@np.errstate(all="ignore")
def generic(ask: Ask, fresh: Iterable[tuple[Call, Judged]], smallest: tuple[Call, Judged]) -> list[str]:
    """The property that all wrong answers to fresh cases share, and the smallest may have; empty if they are few."""
    wrong = [pair for pair in fresh if pair[1].fault is not Fault.NOTHING and pooled_by(pair[0]) is not None]
    if len(wrong) < OFTEN or any(found.fault is not Fault.VALUES for _, found in wrong):
        return []
    if begins_too_high([found for _, found in wrong]):
        return [TOO_HIGH]
    some = wrong[:MOST_CASES]
    possible = (probe for probe in PROBES if probe.possible(*smallest))
    return next(([p.name] for p in possible if sum(p.holds(ask, *each) for each in some) >= p.share(some)), [])


def begins_too_high(wrong: list[Judged]) -> bool:
    """Whether all wrong maxima are the same number, and no other maximum is below it."""
    if any(found.meant.function != "max_forward" for found in wrong) or all(map(only_over_padding, wrong)):
        return False
    numbers = {(found.dtype.name, number) for found in wrong for number in found.got[found.wrong].tolist()}
    floors = dict(numbers)
    if len(floors) < len(numbers) or 0 in floors.values():
        return False
    return all((found.got >= floors[found.dtype.name]).all() and (found.got >= found.right).all() for found in wrong)


def only_over_padding(found: Judged) -> bool:
    """Whether every wrong maximum is that of a window with padded cells, which may hold the number instead."""
    over = np.asarray(~RIGHT.windows(found.meant).real.all(axis=-1))
    return bool(over[found.wrong.reshape(*found.wrong.shape[:2], -1).any(axis=(0, 1))].all())


def at(found: Judged) -> tuple[int, ...]:
    """The index of the first wrong cell."""
    return tuple(map(int, np.argwhere(found.wrong)[0]))


def changes(ask: Ask, call: Call, found: Judged, others: dict[str, Array], where: Any) -> bool:
    """Whether wrong results at an index change with numbers that they should not depend on."""
    again = ask(replace(call, arrays=others))
    if again is None or again.got.shape != found.got.shape:
        return False
    one, other = (np.where(found.wrong, each.got.astype(np.float64), 0)[where] for each in (found, again))
    return not np.array_equal(one, other, equal_nan=True)


def planes_mixed(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether wrong results of a plane change with the numbers of other planes."""
    if not has_other_planes(call, found):
        return False
    plane = at(found)[:2]
    others = ({name: but_for(array, plane, way) for name, array in call.arrays.items()} for way in OTHERWISE)
    return any(changes(ask, call, found, other, plane) for other in others)


def has_other_planes(call: Call, _: Judged) -> bool:
    """Whether there is another plane, on whose numbers an answer could depend."""
    return bool(prod(call.arrays["x"].shape[:2]) > 1)


def but_for(array: Array, plane: Any, otherwise: Callable[[Array], Array]) -> Array:
    """The array with other numbers in all planes but one."""
    changed = np.broadcast_to(otherwise(array), array.shape).copy()
    changed[plane] = array[plane]
    return changed


OTHERWISE: tuple[Callable[[Array], Array], ...] = (np.min, np.max, lambda a: a[..., ::-1], lambda a: np.roll(a, 1, -1))
"""Ways to change the numbers of an array: the same one everywhere, or its own in another order."""


def outside(call: Call, found: Judged) -> Array:
    """Which cells of a plane, numbered in row-major order, are outside the first wrong window."""
    windows = RIGHT.windows(call)
    cells = windows.cells[np.ravel_multi_index(at(found)[2:], windows.output)]
    others = np.ones(windows.image.shape[2], bool)
    others[cells[cells >= 0]] = False
    return others


def has_cells_outside(call: Call, found: Judged) -> bool:
    """Whether the first wrong result is that of a window that leaves cells of its plane outside."""
    return "dy" not in call.arrays and found.fault is Fault.VALUES and bool(outside(call, found).any())


def reads_outside(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether a result changes with cells of its plane outside its window."""
    if not has_cells_outside(call, found):
        return False
    x = call.arrays["x"]
    others: Any = (*at(found)[:2], outside(call, found))
    finite = bool(np.isfinite(x.astype(np.float64)).all())
    for fill in (x.min(), x.max()) if finite else (0, 1):
        changed = x.copy().reshape(*x.shape[:2], -1)
        changed[others] = fill
        if changes(ask, call, found, {"x": changed.reshape(x.shape)}, at(found)):
            return True
    return False


def not_written(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether all wrong results are zero or -inf, and remain so if x and dy are one everywhere."""
    results = found.got[found.wrong].astype(np.float64)
    begun = [value for value in (0.0, -np.inf) if (results == value).all()]
    if call.function == "max_indices" or not begun:
        return False
    again = ask(replace(call, arrays={name: np.ones_like(array) for name, array in call.arrays.items()}))
    return again is not None and again.fault is Fault.VALUES and bool((again.got[found.wrong] == begun[0]).all())


def gradient_outside(_: Ask, call: Call, found: Judged) -> bool:
    """Whether all wrong gradients are at cells that no window covers."""
    if "dy" not in call.arrays:
        return False
    windows = RIGHT.windows(call)
    covered = np.zeros(windows.image.shape[2], bool)
    covered[windows.cells[windows.real]] = True
    return not (found.wrong & covered.reshape(found.wrong.shape[2:])).any()


def gradients_lost(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether each window alone passes its whole gradient or none, and some window of the wrong cell's plane none."""
    if "dy" not in call.arrays:
        return False
    plane, dy = at(found)[:2], call.arrays["dy"]
    asked = [ask(one_hot(call, (*plane, *place))) for place in list(np.ndindex(dy.shape[2:]))[-MOST_WINDOWS:]]
    answers = [each for each in asked if each is not None]
    lost = [each for each in answers if each.wrong.any()]
    return bool(lost) and len(answers) == len(asked) and not any(each.got.any() for each in lost)


def one_hot(call: Call, place: tuple[int, ...]) -> Call:
    """The call with a gradient of one at one window and zero elsewhere."""
    dy = np.zeros_like(call.arrays["dy"])
    dy[place] = 1
    return replace(call, arrays={**call.arrays, "dy": dy})


def narrower(_: Ask, call: Call, found: Judged) -> bool:
    """Whether all results are within the rounding bound of a narrower type, or of float16 if that holds all of them."""
    if not is_rounded(call, found):
        return False
    half = found.dtype.itemsize == 8 and np.array_equal(found.got, found.got.astype(np.float16), equal_nan=True)
    dtypes = {8: ("float32", *("float16",) * half), 4: ("float16",)}.get(found.dtype.itemsize, ())
    return any(has_precision_of(dtype, call, found) for dtype in dtypes)


def is_rounded(call: Call, found: Judged) -> bool:
    """Whether the results are rounded sums of finite floats."""
    sums = is_float(found.dtype) and call.function in (*MEAN, "max_backward")
    return sums and all(np.isfinite(array).all() for array in call.arrays.values())


def has_precision_of(dtype: str, call: Call, found: Judged) -> bool:
    """Whether all results are within the rounding bound of a type, and some are off by as much as its precision."""
    scale, error, terms = scale_of(call, found), error_of(found), number_of_terms(call)
    info = finfo(np.dtype(dtype))
    # Numbers too small for the type are lost, and numbers too large become infinite.
    close = error <= (terms + 3) * float(info.eps) * scale + terms * float(info.tiny)
    within = close | ((scale > float(info.max)) & ~np.isfinite(error))
    return bool(within.all() and (error >= VISIBLE * float(info.eps) * scale)[found.wrong].any())


def scale_of(call: Call, found: Judged) -> Array:
    """The results for absolute terms, to which rounding errors are proportional."""
    sizes = {
        name: np.abs(array) if name != "x" or "dy" not in call.arrays else array for name, array in call.arrays.items()
    }
    exact: Any = getattr(oracle, call.function)(*sizes.values(), call.size, call.stride, **found.meant.settings)
    return np.asarray(exact.nearest(), np.float64)


def error_of(found: Judged) -> Array:
    """By how much each result is off."""
    return np.asarray(np.abs(found.got.astype(np.float64) - found.right.astype(np.float64)))


def number_of_terms(call: Call) -> int:
    """The number of terms of a sum."""
    return int(max(prod(call.size), 1))


def inaccurate(_: Ask, call: Call, found: Judged) -> bool:
    """Whether all results are off by no more than rounding explains."""
    if not is_rounded(call, found) or not tells_rounding(call, found):
        return False
    return bool((error_of(found) <= rounding(call, found) * scale_of(call, found)).all())


def rounding(call: Call, found: Judged) -> float:
    """The error that rounding causes if every intermediate result is as large as the sum of all absolute terms."""
    terms = number_of_terms(call)
    return terms * (terms + 3) * found.unit


def tells_rounding(call: Call, found: Judged) -> bool:
    """Whether the type is precise enough for errors of rounding to differ from others."""
    return rounding(call, found) <= SLIGHTLY


def telling(some: list[tuple[Call, Judged]]) -> int:
    """The cases in which errors of rounding differ from others; at least a few."""
    return max(OFTEN, sum(tells_rounding(*each) for each in some))


def narrower_sum(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether means are only as precise as in the next narrower type."""
    return call.function == "mean_forward" and narrower(ask, call, found)


def narrower_gradient(ask: Ask, call: Call, found: Judged) -> bool:
    """Whether gradients are only as precise as in the next narrower type."""
    return "dy" in call.arrays and narrower(ask, call, found)


def often(_: list[tuple[Call, Judged]]) -> int:
    """A few cases: a dependence of the answer is a fact about the target, wherever it is seen."""
    return OFTEN


def always(_: Call, __: Judged) -> bool:
    """No condition."""
    return True


class Probe(NamedTuple):
    """The name of a mistake, whether an answer shows it, in how many cases it must, and whether the smallest can."""

    name: str
    holds: Callable[[Ask, Call, Judged], bool]
    share: Callable[[list[tuple[Call, Judged]]], int]
    possible: Callable[[Call, Judged], bool] = always


PROBES = (
    Probe(PLANES_MIXED.name, planes_mixed, often, has_other_planes),
    Probe(GRADIENT_OUTSIDE.name, gradient_outside, len),
    Probe(NOT_WRITTEN.name, not_written, len),
    Probe(GRADIENTS_LOST.name, gradients_lost, len),
    Probe(READS_OUTSIDE.name, reads_outside, often, has_cells_outside),
    Probe("sum-in-narrower-type", narrower_sum, len),
    Probe("gradient-in-narrower-type", narrower_gradient, len),
    Probe(INACCURATE.name, inaccurate, telling),
)
"""The first that matches is named."""
