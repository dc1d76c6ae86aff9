"""Laws of conduct: what a call may do to memory, and what its result may depend on."""

from __future__ import annotations

import time
from dataclasses import replace
from math import sqrt

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from ..cases.case import Case
from ..cases.plans import COMPARABLE, EDGE_VALUES, Plan
from ..contract import BACKWARD, CALLABLES, FORWARD, MEAN, OF_INTEGERS, RESULT
from ..data.layouts import LAYOUTS
from ..failures.mistakes.conduct import CHANGES_INPUT, NOT_THREAD_SAFE, RESULT_REUSED, SHARES_INPUT, WRITES_BESIDE
from .pool import Pool
from .registry import law

LATE, LINGER = 0.9, 0.03
"""In cases with a spot above LATE, LINGER seconds pass before the last call: a thread may still be at work."""

BUSY = 2000
"""Cells of the largest images on which two threads work."""

MOMENTS, GOLDEN = 12, (sqrt(5) - 1) / 2
"""The number of moments during a call at which another is made; multiples of the golden ratio are spread evenly."""

OF_ONE_LAYOUT = ("layout", "channels_last")
"""The declaration of a target that takes only one layout."""

UNUSUAL = tuple(layout for layout in LAYOUTS if layout != "C")

REPLACED = (*7 * ("not_a_number",), *3 * ("subnormal", "highest", "lowest"))
"""NaN, infinities and the ends of the dtype, which a careless implementation may replace in place."""


@law(Plan(CALLABLES, values=REPLACED, gradients=("lattice", "wide"), edges=True), evidence=("changed",))
def inputs_unchanged(pool: Pool, case: Case) -> None:
    """after the call, x and dy are what they were before, and so is the memory around them"""
    answer = pool.seen(case.call())
    if answer.changed:
        pool.fail(f"wrote to its input {' and '.join(answer.changed)}", mistake=CHANGES_INPUT.name)
    if answer.beside:
        pool.fail(f"wrote beside its input {' and '.join(answer.beside)}", mistake=WRITES_BESIDE.name)


@law(Plan(CALLABLES, values=EDGE_VALUES, gradients=("lattice", "wide"), edges=True), unless=("deterministic", False))
def same_twice(pool: Pool, case: Case) -> None:
    """pool(x) = pool(x), bit for bit but for NaN: the same call again, the same answer"""
    first, second = pool.all([case.call(), case.call()])
    pool.equal(second, first, why="the same call gave another answer the first time")


@law(Plan(CALLABLES, values=EDGE_VALUES), evidence=("shares",))
def no_aliasing(pool: Pool, case: Case) -> None:
    """the result shares no memory with x or dy"""
    fresh_memory(pool, case)


@law(Plan(CALLABLES, values=EDGE_VALUES, windows="one cell"), evidence=("shares",))
def no_aliasing_of_identity(pool: Pool, case: Case) -> None:
    """F = 1, S = 1: the result equals the input, but shares no memory with it"""
    fresh_memory(pool, case)


@law(Plan(CALLABLES, gradients=("lattice", "wide")), evidence=("stale", "reuses"))
def results_kept(pool: Pool, case: Case) -> None:
    """an earlier result stays what it was, and shares no memory with a later one, whatever is called after it"""
    # Several of the same kind, because results may come from a ring of buffers.
    later = [*[case.function] * 6, *companions(pool, case)]
    one = case.x.dtype.type(1)
    calls = [case.call(), *(case.call(function, x=case.x + one, dy=case.dy + one) for function in later)]
    name = RESULT[case.function]
    answers = pool.watch_all(calls)
    if case.spot > LATE:
        time.sleep(LINGER)
        answers += pool.watch_all([case.call()])
    for at, answer in enumerate(answers):
        pool.result(pool.calls[at], answer, at)
        if 0 in answer.stale:
            pool.fail(
                f"changed {name}, the result of the call of {case.function} before it", at, mistake=RESULT_REUSED.name
            )
        if 0 in answer.reuses:
            text = f"returned memory that {name}, the result of {case.function} before it, lives in"
            pool.fail(text, at, mistake=RESULT_REUSED.name)


@law(replace(COMPARABLE, crowded=True))
def nothing_remembered(pool: Pool, case: Case) -> None:
    """pool(x) and pool(x with its samples reversed) agree, whatever is pooled before, between and after them"""
    twin = case.with_arrays(x=case.x[::-1].copy(), dy=case.dy[::-1].copy())
    taller = (1, 1, case.x.shape[2] + case.stride[0], *case.x.shape[3:])
    longer = (1, 1, case.dy.shape[2] + 1, *case.dy.shape[3:])
    between = [
        *(case.call(f, x=np.resize(case.x, taller), dy=np.resize(case.dy, longer)) for f in companions(pool, case)),
        *(twin.call(function) for function in companions(pool, case)),
    ]
    # One x in the memory of the call before, to expose a cache by address, which the forward pass may fill; and one of
    # the same shape with the same ends, to expose a cache by a part of the array.
    in_its_place, alike = replace(twin.call(), in_place=True), case.with_arrays(x=turned_within(case.x))
    forward = case.function.replace("backward", "forward")
    passed = [case.call(f) for f in companions(pool, case) if f == forward != case.function]
    calls = [case.call(), *between, case.call(), *passed, in_its_place, alike.call(), case.call()]
    first, *_, again, other, last = pool.all(calls)
    pool.same_shape(first, case.x.shape if case.function in BACKWARD else case.dy.shape, 0)
    if alike.has_one_answer:
        why = "an x of this shape with the same first and last cells was pooled before"
        pool.equal(other, alike.answer, -2, why=why)
    pool.equal(again, first[::-1], -3, why="these are the samples of the first call in reverse order")
    pool.equal(last, first, why="the same call gave another answer before the calls between")


@law(
    replace(COMPARABLE, functions=(*FORWARD, "max_indices"), layouts=UNUSUAL),
    unless=OF_ONE_LAYOUT,
    evidence=("layouts",),
)
def memory_layouts(pool: Pool, case: Case) -> None:
    """pool(x) is the same in every memory layout of x"""
    as_usual(pool, case)


@law(replace(COMPARABLE, functions=BACKWARD, layouts=UNUSUAL), unless=OF_ONE_LAYOUT, evidence=("layouts",))
def gradient_layouts(pool: Pool, case: Case) -> None:
    """J'(x) dy is the same in every memory layout of x and dy, of both or of one alone"""
    as_usual(pool, case)


def as_usual(pool: Pool, case: Case) -> None:
    """Compare the answer for one layout with that for C order."""
    usual, unusual = pool.all([replace(case.call(), layouts={}), case.call()])
    pool.equal(unusual, usual, why="the same values in C order, writeable and aligned, gave another answer")


@law(COMPARABLE, unless=("threads", False), evidence=("threads",))
def two_threads(pool: Pool, case: Case) -> None:
    """pool(x) is the same while another thread pools other values"""
    # Small images expose state between the loops; large ones, on which fast calls overlap, expose state within them.
    copies = 1 + int(case.spot * BUSY) // (case.x.size + 1)
    batch = (copies, *(1 for _ in case.x.shape[1:]))
    case = case.with_arrays(x=np.tile(case.x, batch), dy=np.tile(case.dy, batch))
    one = case.x.dtype.type(1)
    twin = case.with_arrays(x=np.flip(case.x) + one, dy=case.dy + one)
    alone = [pool(case.call()), pool(twin.call())]
    moments = [(256 * case.spot + GOLDEN * k) % 1 for k in range(MOMENTS)]
    results = pool.together([case.call(), twin.call()], 0.005, moments)
    why = "another call ran at the same time; alone, this one gave another answer"
    for at, (result, expected) in enumerate(zip(results, alone, strict=True), -2):
        pool.equal(result, expected, at, why=why, mistake=NOT_THREAD_SAFE.name)


def turned_within(x: Array) -> Array:
    """The planes of x with all cells but the first and the last in reverse order."""
    planes = x.reshape(*x.shape[:2], -1)
    turned = planes.copy()
    turned[..., 1:-1] = planes[..., -2:0:-1]
    return turned.reshape(x.shape)


def companions(pool: Pool, case: Case) -> list[str]:
    """The target's callables that take the dtype and the settings of the case."""
    dtype, target = case.x.dtype.name, pool.target
    wanted = set(case.settings) - {"count_include_pad"}
    able = [f for f in target.offers if wanted <= set(target.declared.settings_of(f))]
    if "count_include_pad" in case.settings:
        able = [f for f in able if f not in MEAN or "count_include_pad" in target.declared.settings_of(f)]
    if fixed := target.declared.fixed:
        # A case about a maximum lacks the settings that only a mean passes.
        able = [f for f in able if set(fixed.passed(f)) <= set(case.settings)]
    takes = [f for f in able if target.declared.takes(f, dtype, len(case.size))]
    return takes if is_float(case.x.dtype) else [f for f in takes if f in OF_INTEGERS]


def fresh_memory(pool: Pool, case: Case) -> None:
    """Fail if a result shares memory with an input."""
    answer = pool.seen(case.call())
    if answer.shares:
        pool.fail(
            f"{RESULT[case.function]} shares memory with {' and '.join(answer.shares)}", mistake=SHARES_INPUT.name
        )
