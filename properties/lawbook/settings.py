"""Laws of the settings: padding, dilation, ceil mode and rank, expressed by pooling without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, lowest

from .. import oracle
from ..cases.case import Case
from ..cases.plans import COMPARABLE, MEAN_VALUES, Plan
from ..cases.recipes import CEILED, DILATED, PADDED, RECIPES
from ..contract import BACKWARD, FORWARD, MEAN
from ..targets.call import Call, with_axes
from .pool import Pool
from .registry import law


@law(replace(COMPARABLE, settable=True, recipes=("plain",)), elsewhere=True)
def neutral_settings(pool: Pool, case: Case) -> None:
    """pool(x, padding = 0, dilation = 1, no ceil mode) = pool(x), whichever of these are passed"""
    rank = len(case.size)
    neutral: dict[str, Any] = {"padding": ((0, 0),) * rank, "dilation": (1,) * rank, "ceil_mode": False}
    taken = {name: neutral[name] for name in pool.target.declared.settings_of(case.function) if name in neutral}
    chosen = [taken, *({name: value} for name, value in taken.items())]
    usual, *others = pool.all([case.call(), *(replace(case.call(), settings=settings) for settings in chosen)])
    for at, (settings, other) in enumerate(zip(chosen, others, strict=True), 1):
        pool.equal(other, usual, at, why=f"without {' and '.join(settings)} the answer was another")


@law(
    Plan(("max_forward",), values=("negative", "distinct", "lowest", "ties"), needs=("padding",), recipes=PADDED),
    elsewhere=True,
)
def padding_with_lowest(pool: Pool, case: Case) -> None:
    """max(x, padding) = max(x with -inf, or the least of an integer type, around it)"""
    least = lowest(case.x.dtype)
    y, around = pool.all([case.call(), surrounded(case, least)])
    pool.equal(y, around, 0, why=f"the next call, with {least} around x for padding, gave another answer")


@law(
    Plan(("mean_forward",), values=("lattice",), windows="powers of two", needs=("padding",), recipes=PADDED),
    elsewhere=True,
)
def padding_with_zero(pool: Pool, case: Case) -> None:
    """mean(x, padding, with padded cells counted) = mean(x with zeros around it)"""
    if "count_include_pad" in case.settings:
        case = replace(case, settings={**case.settings, "count_include_pad": True})
    y, around = pool.all([case.call(), surrounded(case, 0)])
    if not case.assumed.get("count_include_pad", True):
        # A mean that never counts padding is the other mean times n over the number of real cells.
        around = around * divisors_ratio(case)
    pool.equal(y, around, 0, why="the next call, with zeros around x for padding, gave another answer")


@law(Plan(MEAN, values=MEAN_VALUES, gradients=("wide", "lattice"), needs=("ceil_mode",), recipes=CEILED))
def overhang(pool: Pool, case: Case) -> None:
    """in ceil mode y[o] = sum/n and dx[p] = sum { dy[o]/n : p in window(o) }, n counting no cell past the padded end"""
    if case.function == "mean_forward":
        pool.within(pool(case.call()), oracle.mean_forward(case.x, **case.window))
    else:
        pool.within(pool(case.call()), oracle.mean_backward(case.dy, case.x, **case.window))


@law(Plan(FORWARD, values=("lattice",), windows="powers of two", needs=("dilation",), recipes=DILATED), elsewhere=True)
def dilation_by_gathering(pool: Pool, case: Case) -> None:
    """pool(x, S, dilation d) = pool(every d-th cell of x, S/d), where d divides S"""
    dilation = case.settings["dilation"]
    stride = tuple(s // d for s, d in zip(case.stride, dilation, strict=True))
    every: Any = (..., *(slice(None, None, d) for d in dilation))
    y, gathered = pool.all([case.call(), Call(case.function, {"x": case.x[every].copy()}, case.size, stride)])
    pool.equal(y, gathered, 0, why="the next call, on every d-th cell of x with S/d, gave another answer")


@law(replace(COMPARABLE, functions=(*FORWARD, "max_indices"), needs=("ceil_mode",), recipes=CEILED), elsewhere=True)
def ceil_extends_floor(pool: Pool, case: Case) -> None:
    """pool(x, ceil mode)[o] = pool(x)[o] for every window of pool(x); if the stride divides, there are no others"""
    floor = replace(case, settings={**case.settings, "ceil_mode": False})
    more, fewer = pool.all([case.call(), floor.call()])
    pool.same_shape(more, case.dy.shape, 0)
    shared: Any = (..., *map(slice, floor.output))
    pool.equal(fewer, more[shared], -1, why="in ceil mode, the call before, the same windows gave another answer")


@law(replace(COMPARABLE, ranks=2), elsewhere=True)
def ranks_agree(pool: Pool, case: Case) -> None:
    """pool(x) at one rank = pool(x with an axis of length one in front of the others) at the next"""
    rank = min(r for r in pool.target.declared.ranks_of(case.x.dtype.name, case.function) if r > len(case.size))
    lifted, usual = pool.all([with_axes(case.call(), rank - len(case.size)), case.call()])
    shape = case.x.shape if case.function in BACKWARD else case.dy.shape
    pool.same_shape(usual, shape)
    ones = (1,) * (rank - len(case.size))
    pool.equal(
        lifted, usual.reshape(*shape[:2], *ones, *shape[2:]), 0, why="the same image of a lower rank gave another"
    )


@law(
    Plan(("max_indices",), also=("max_forward",), values=("distinct", "ties", "negative", "relu", "lowest"), large=True)
)
def indices_gather(pool: Pool, case: Case) -> None:
    """x[i[o]] = y[o]"""
    i, y = pool.all([case.call(), case.call("max_forward")])
    pool.same_shape(i, case.dy.shape, 0)
    pool.same_shape(y, case.dy.shape, 1)
    plane = case.x.reshape(*case.x.shape[:2], -1)
    flat = i.reshape(*i.shape[:2], -1)
    inside = (flat >= 0) & (flat < plane.shape[2])
    gathered = np.take_along_axis(plane, np.where(inside, flat, 0).astype(np.int64), axis=2)
    wrong = ~inside | (gathered != y.reshape(flat.shape))
    if wrong.any():
        where = tuple(int(k) for k in np.argwhere(wrong.reshape(i.shape))[0])
        place, value = ",".join(map(str, where)), y[where]
        pool.fail(f"i[{place}] = {i[where]}, where x is not y[{place}] = {value}", 0, got=i, where=where)


@law(replace(COMPARABLE, settable=True, recipes=tuple(recipe.name for recipe in RECIPES)), elsewhere=True)
def other_settings(pool: Pool, case: Case) -> None:
    """pool(x) is right under its settings, even if the same x was pooled without them just before"""
    spatial = case.x.shape[2:]
    if any(f > length for f, length in zip(case.size, spatial, strict=True)):
        return
    without = replace(case, settings={})
    shape = (*case.x.shape[:2], *without.output)
    without = replace(without, dy=np.resize(case.dy, shape))
    before, result, after = pool.all([without.call(), case.call(), without.call()])
    pool.equal(result, case.answer, 1, why="the same x was pooled without settings just before")
    if without.has_one_answer:
        pool.equal(before, without.answer, 0)
    pool.equal(after, before, why="the same call gave another answer before that with settings")


def surrounded(case: Case, fill: float) -> Call:
    """The call on x with `fill` around it, and no padding."""
    widths = ((0, 0), (0, 0), *case.settings["padding"])
    x = np.full([length + sum(pair) for length, pair in zip(case.x.shape, widths, strict=True)], fill, case.x.dtype)
    x[tuple(slice(a, a + length) for length, (a, _) in zip(case.x.shape, widths, strict=True))] = case.x
    settings = {name: value for name, value in case.settings.items() if name not in ("padding", "count_include_pad")}
    return Call(case.function, {"x": x}, case.size, case.stride, settings)


def divisors_ratio(case: Case) -> Array:
    """The number of cells of a window divided by the number of its real cells, for each window."""
    spatial = case.x.shape[2:]
    ratio = np.prod(case.size) / case.geometry.divisors(spatial)
    return ratio.astype(case.x.dtype)
