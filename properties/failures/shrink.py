"""Structural shrinking: cut a failing case, wherever it came from, to a small one that still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from poolproof.kernels.dtypes import is_float

from ..cases.case import Case
from ..cases.plans import Plan
from ..contract import Declared
from .cuts import fewer, fewer_settings, flatter, less_dilated, less_padded, narrower, unpadded_end, with_sorted_axes
from .simpler import Fails, Form, backgrounds, converted, one_by_one, ranked

Move = Callable[[Case], Iterable[Case]]
"""Yields simpler cases made from one."""

SIMPLE = ("float64", "float32")
"""Dtypes that are easier to read than others, the easiest first."""


def smallest(case: Case, fails: Fails, *, blank: bool = False, forms: tuple[Form, ...] = ()) -> Case:
    """The case, or a smaller one that still fails and on which the law's claim is just as valid.

    `fails` says whether the law fails on a case; once the time is up it always returns False, which ends the search.
    `blank`: all values may become zeros at once, as for a case that ends a process. `forms`: pairs (dtype, rank) that
    the target takes, to which a case may be changed; `forms_of` returns them.
    """
    steps = steps_for(blank=blank, forms=forms)
    settled: dict[int, Case] = {}
    while any(settled.get(at) is not case for at in range(len(steps))):
        for at, step in enumerate(steps):
            if settled.get(at) is not case:
                case = settled[at] = step(case, fails)
    return case


def forms_of(plan: Plan, declared: Declared, function: str) -> tuple[Form, ...]:
    """The pairs (dtype, rank) of simple dtypes that a target takes in a function and in the plan's other ones."""
    ranks = {dtype: declared.ranks_of(dtype, function, *plan.also) for dtype in declared.dtypes_of(function)}
    # A law about two ranks needs room for a higher one.
    free = {dtype: [rank for rank in taken if plan.ranks == 1 or rank < max(taken)] for dtype, taken in ranks.items()}
    return tuple((dtype, rank) for dtype, taken in free.items() for rank in taken)


Step = Callable[[Case, Fails], Case]
"""Shrinks a case in one way, as often as possible."""


def steps_for(*, blank: bool, forms: tuple[Form, ...]) -> list[Step]:
    """The ways to shrink a case, those that cut most first."""
    first = [repeated(blanked)] if blank else []
    return [*first, *map(repeated, MOVES), repeated(lambda case: reformed(case, forms)), backgrounds, one_by_one]


def repeated(move: Move) -> Step:
    """A step that repeats a move as long as one of its cases fails."""

    def step(case: Case, fails: Fails) -> Case:
        while (found := next((part for part in move(case) if fails(part)), None)) is not None:
            case = found
        return case

    return step


def blanked(case: Case) -> Iterator[Case]:
    """Cases with zeros for all values, or for those of x or dy."""
    x, dy = np.zeros_like(case.x), np.zeros_like(case.dy)
    gradient = is_float(case.dy.dtype) and case.dy.any()
    if case.x.any() and gradient:
        yield replace(case, x=x, dy=dy)
    if case.x.any():
        yield replace(case, x=x)
    if gradient:
        yield replace(case, dy=dy)


def plainly_laid_out(case: Case) -> Iterator[Case]:
    """Cases with all arrays in C order, or one more of them."""
    for names in dict.fromkeys((tuple(case.layouts), *((name,) for name in case.layouts))):
        if names:
            yield replace(case, layouts={k: layout for k, layout in case.layouts.items() if k not in names})


def at_the_first_spot(case: Case) -> Iterator[Case]:
    """The case with its spot at the first cell."""
    if case.spot:
        yield replace(case, spot=0.0)


def reformed(case: Case, forms: tuple[Form, ...]) -> Iterator[Case]:
    """Cases in a simpler dtype, or at a lower rank, that the target takes."""
    dtype, rank = case.x.dtype.name, case.x.ndim - 2
    before = SIMPLE.index(dtype) if dtype in SIMPLE else len(SIMPLE)
    for name in SIMPLE[:before]:
        if (name, rank) in forms:
            yield from converted(case, np.dtype(name))
    if (dtype, rank - 1) in forms:
        yield from flatter(case)


MOVES: tuple[Move, ...] = (
    at_the_first_spot,
    fewer,
    narrower,
    unpadded_end,
    less_padded,
    less_dilated,
    fewer_settings,
    with_sorted_axes,
    plainly_laid_out,
    ranked,
)
