"""Judges one huge call: makes it, and compares every cell of the result with the exact one."""

from __future__ import annotations

from math import prod

import numpy as np
from poolproof.kernels.dtypes import Array, is_number

from ...contract import RESULT
from ...data.sparse import Sparse, SparseCall
from ...failures.types import Broken, Raised
from ...targets.call import Answer
from ...targets.target import Target
from ..pool import DEATHS, number
from .exact import expected, marked


class OutOfMemory(Exception):
    """The target ran out of memory during the call, which says nothing about its answer."""


def judge(target: Target, call: SparseCall) -> None:
    """Raise a Failure unless a target answers a call correctly. Raises OutOfMemory if it ran out of memory."""
    answer = target.ask_sparse(call)
    title = f"{call.function} of {target.name}"
    refuse_deaths(answer, title)
    if not isinstance(answer.value, Sparse):
        raise Broken(f"{title}: returned {answer.kind}, but should return an array of numbers")
    got, right = answer.value, expected(call)
    if not is_number(got.dtype):
        raise Broken(f"{title}: returned dtype {got.dtype}, but should return numbers")
    name = RESULT[call.function]
    if got.shape != right.shape:
        raise Broken(f"{title}: {name}.shape = {got.shape}, but should be {right.shape}")
    wrong = misplaced(got, right, call) if call.function == "max_indices" else different(got, right)
    if wrong:
        place = wrong[0]
        where, seen, meant = right.index(place), value(got, place), value(right, place)
        text = f"{title}: {name}[{','.join(map(str, where))}] = {seen}, but should be {meant}"
        if call.function == "max_indices" and place not in marked(call):
            text = f"{title}: {name}[{','.join(map(str, where))}] = {seen}, but should be an index within the window"
        text += f"   ({len(wrong) + got.others:,} of {right.size:,} differ)"
        raise Broken(text, got=got, expected=right, where=where, fact=about(call, place))


def refuse_deaths(answer: Answer, title: str) -> None:
    """Raise the failure, or OutOfMemory, that an answer without a result amounts to."""
    if "MemoryError" in answer.raised or (answer.death == "crashed" and "SIGKILL" in (answer.error or "")):
        # The system ends a process with SIGKILL when memory is short.
        raise OutOfMemory(answer.error)
    if answer.death:
        raise DEATHS[answer.death](f"{title}: {answer.error}")
    if answer.exited:
        raise DEATHS["crashed"](f"{title}: ended its process with {answer.exited}")
    if answer.error:
        raise Raised(f"{title}: raised {answer.error}")


def value(array: Sparse, place: int) -> str:
    """The number at a place, as text."""
    at = np.flatnonzero(array.places == place)
    with np.errstate(over="ignore"):
        # Comparing a float16 with numbers that it cannot hold overflows.
        return number(array.values[at[0]] if at.size else array.dtype.type(0))


def different(got: Sparse, right: Sparse) -> list[int]:
    """The places where the listed cells of two arrays differ."""
    one, other = got.cells(), right.cells()
    return sorted(place for place in {*one, *other} if one.get(place, 0) != other.get(place, 0))


def misplaced(got: Sparse, right: Sparse, call: SparseCall) -> list[int]:
    """The windows whose index is wrong: not that of the nonzero cell, or outside a window of zeros."""
    index = got.whole().astype(np.float64) if got.dtype.kind not in "iu" else got.whole()
    wrong = ~within(index, call)
    at = right.places
    wrong.reshape(-1)[at] = index.reshape(-1)[at] != right.values
    return [int(place) for place in np.flatnonzero(wrong)]


def within(index: Array, call: SparseCall) -> Array:
    """Whether each index names a cell of its own window."""
    spatial = call.arrays["x"].shape[2:]
    known = (index >= 0) & (index < prod(spatial)) & (index == np.floor(index))
    # NumPy 2.4.6 unravels more than 8,192 indices wrongly where the last axis of their array has length one.
    flat = np.unravel_index(np.where(known, index, 0).astype(np.int64).ravel(), spatial)
    cells = [each.reshape(index.shape) for each in flat]
    for axis, (cell, size, stride) in enumerate(zip(cells, call.size, call.stride, strict=True)):
        starts = np.arange(index.shape[2 + axis]).reshape(-1, *(1,) * (len(spatial) - axis - 1)) * stride
        known = known & (cell >= starts) & (cell < starts + size)
    return np.asarray(known)


def about(call: SparseCall, place: int) -> str:
    """The element of x or dx that a place of the result is about, counted from the beginning of its memory."""
    backward = "dy" in call.arrays
    cell = place if backward else marked(call).get(place)
    if cell is None:
        return ""
    itemsize = call.arrays["x"].dtype.itemsize
    what = "this is" if backward else "the only nonzero cell of the window is"
    return f"{what} element {cell:,} of {'dx' if backward else 'x'}, {cell * itemsize:,} bytes from its beginning"
