"""What a failure needs of its case: simpler cases, each without one feature of the case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, is_float

from ..cases.case import Case, permitted
from ..cases.plans import Plan
from ..contract import Declared
from ..targets.call import axes_of

MOST_CELLS = 100_000
"""The most cells of an image that is made longer."""

MOST_PLANES = 8
"""The most samples or channels that are tried one by one."""


def simplifications(case: Case, declared: Declared, plan: Plan) -> Iterator[tuple[str, list[Case]]]:
    """Each feature of a case, with the valid cases without it: the failure needs the feature if none of them fails."""
    for word, without in WITHOUT.items():
        parts = (with_another(part, plan) for part in without(case))
        yield word, [part for part in parts if permitted(part, plan, declared)]
    others = [part for part in in_another_dtype(case) if taken(part, declared, plan)]
    yield f"dtype {case.x.dtype.name}", others


def taken(case: Case, declared: Declared, plan: Plan) -> bool:
    """Whether the target takes the dtype of a case in all callables that the law calls."""
    return len(case.size) in declared.ranks_of(case.x.dtype.name, case.function, *plan.also)


def with_another(case: Case, plan: Plan) -> Case:
    """The case with its other array, if any, in the shape of x or dy that the law requires."""
    like = case.dy if plan.others_like == "dy" else case.x
    if case.other is None or case.other.shape == like.shape:
        return case
    return replace(case, other=np.resize(case.other, like.shape))


def refitted(case: Case, **changed: Any) -> list[Case]:
    """The case with other windows on the same x and a dy that fits; empty if the windows do not fit."""
    part = replace(case, **changed)
    try:
        output = part.output
    except ValueError:
        return []
    return [replace(part, dy=np.resize(case.dy, (*case.x.shape[:2], *output)))]


def without_overlap(case: Case) -> list[Case]:
    """The case with windows that do not overlap, on an image long enough for them."""
    axes = case.axes
    if not any(axis.stride < axis.extent and axis.count() > 1 for axis in axes):
        return []
    stride = tuple(max(axis.stride, axis.extent) for axis in axes)
    lengths = [axis.length + (axis.count() - 1) * (wide - axis.stride) for axis, wide in zip(axes, stride, strict=True)]
    if prod(case.x.shape[:2]) * prod(lengths) > MOST_CELLS:
        return []
    return refitted(replace(case, x=np.resize(case.x, (*case.x.shape[:2], *lengths))), stride=stride)


def without_setting(name: str, neutral: Callable[[int], Any]) -> Callable[[Case], list[Case]]:
    """The case with a setting that has no effect, if its own has one."""

    def without(case: Case) -> list[Case]:
        plain = neutral(len(case.size))
        if case.settings.get(name, plain) == plain:
            return []
        return refitted(case, settings={**case.settings, name: plain})

    return without


def without_ties(case: Case) -> list[Case]:
    """The case with distinct numbers in the order of its own."""
    flat = case.x.reshape(-1)
    if len(np.unique(flat)) == flat.size or case.x.dtype.kind == "b" or flat.size > 127:
        return []
    ranks = np.argsort(np.argsort(flat, kind="stable"), kind="stable").reshape(case.x.shape)
    return [replace(case, x=ranks.astype(case.x.dtype))]


def one_of(axis: int) -> Callable[[Case], list[Case]]:
    """The cases with only one of the samples, or channels."""

    def without(case: Case) -> list[Case]:
        count = case.x.shape[axis]
        if not 1 < count <= MOST_PLANES:
            return []
        return [alone(case, axis, k) for k in range(count)]

    return without


def alone(case: Case, axis: int, at: int) -> Case:
    """The case with one sample or channel."""
    x, dy = (np.take(array, [at], axis) for array in (case.x, case.dy))
    other = None if case.other is None else np.take(case.other, [at], axis)
    return replace(case, x=x, dy=dy, other=other)


def in_c_order(case: Case) -> list[Case]:
    """The case with all arrays in C order."""
    return [replace(case, layouts={})] if case.layouts else []


def finite(case: Case) -> list[Case]:
    """The case with finite numbers."""

    def made(array: Array) -> Array:
        numbers = np.nan_to_num(array.astype(np.float64), nan=1, posinf=3, neginf=-3)
        return numbers.astype(array.dtype)

    if not is_float(case.x.dtype) or all(np.isfinite(array).all() for array in (case.x, case.dy)):
        return []
    return [replace(case, x=made(case.x), dy=made(case.dy))]


def in_another_dtype(case: Case) -> list[Case]:
    """The case in float64, or a float64 case in float32, if that type can hold its numbers."""
    name = "float32" if case.x.dtype.name == "float64" else "float64"
    arrays = {"x": case.x, "dy": case.dy, "other": case.other}
    with np.errstate(all="ignore"):
        made: dict[str, Any] = {key: None if a is None else a.astype(name) for key, a in arrays.items()}
    lost = any(
        a is not None and (np.isinf(made[key]) & np.isfinite(a.astype(np.float64))).any() for key, a in arrays.items()
    )
    return [] if lost else [replace(case, **made)]


def alike_axes(case: Case) -> list[Case]:
    """The cases in which all axes have the window, stride and length of one of them."""
    parts: list[Case] = []
    for k in range(len(case.size)) if unequal(case) else ():
        settings = {n: v[k : k + 1] * len(v) if n in ("padding", "dilation") else v for n, v in case.settings.items()}
        spatial = case.x.shape[2 + k : 3 + k] * len(case.size)
        if prod(case.x.shape[:2]) * prod(spatial) > MOST_CELLS:
            continue
        x = np.resize(case.x, (*case.x.shape[:2], *spatial))
        window = {"size": repeated(case.size, k), "stride": repeated(case.stride, k)}
        parts += refitted(replace(case, x=x), settings=settings, **window)
    return parts


def unequal(case: Case) -> bool:
    """Whether the axes differ in any way."""
    return len(set(axes_of(case.call()))) > 1


def repeated(entries: Ints, k: int) -> Ints:
    """One entry, repeated as often as there are entries."""
    return entries[k : k + 1] * len(entries)


WITHOUT: dict[str, Callable[[Case], list[Case]]] = {
    "overlapping windows": without_overlap,
    "padding": without_setting("padding", lambda rank: ((0, 0),) * rank),
    "dilation": without_setting("dilation", lambda rank: (1,) * rank),
    "ceil mode": without_setting("ceil_mode", lambda _: False),
    "ties": without_ties,
    "several channels": one_of(1),
    "several samples": one_of(0),
    "a layout other than C order": in_c_order,
    "values that are not finite": finite,
    "unequal axes": alike_axes,
}
"""The features that a case may have, and the functions that remove them."""
