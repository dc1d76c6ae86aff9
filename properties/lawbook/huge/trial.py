"""One huge law on one target: the memory check, the calls and the result."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from msgspec import UNSET

from ...contract import DTYPES
from ...data.arrays import StoredArray, json_numbers, numbers
from ...data.sparse import Sparse, SparseCall
from ...failures.types import Failure
from ...results import Counterexample, Result, StoredCall, StoredCase
from ...targets.target import Target
from .exact import expected
from .judge import OutOfMemory, judge
from .laws import HugeLaw, needed
from .memory import available, gibibytes, turn

MOST_STORED = 100
"""The most cells of a sparse array that a report stores."""


def run(law: HugeLaw, target: Target, end: float | None, most: int | None = None) -> Result:
    """The result of a law on a target, whose verdict is `not run` if memory is short.

    `end`: seconds since the epoch after which no call is made; `most`: bytes that a process of the target may use.
    """
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(target.spec, law.name, "unsupported", reason)
    with turn():
        return tried(law.name, target.fresh(), law.calls(target.declared), end, most)


def tried(name: str, target: Target, calls: list[SparseCall], end: float | None, most: int | None) -> Result:
    """Make calls up to the first that fails or cannot be made."""
    began, result = time.perf_counter(), Result(target.spec, name, "holds")
    for call in calls:
        if reason := hindrance(call, end, most):
            result.verdict, result.reason = "not run", reason
            break
        result.examples += 1
        try:
            judge(target, call)
        except OutOfMemory as error:
            result.verdict, result.reason = "not run", f"it ran out of memory: {error}"
            break
        except Failure as failure:
            result.verdict, result.counterexample = failure.verdict, counterexample(call, failure)
            break
    result.seconds = time.perf_counter() - began
    return result


def hindrance(call: SparseCall, end: float | None, most: int | None) -> str:
    """Why a call cannot be made; empty if it can."""
    if end is not None and time.time() >= end:
        return "the time limit was reached before it began"
    need, room = needed(call), available()
    if room is None:
        return f"it needs {gibibytes(need)} of memory, and the amount available is unknown here"
    if need > min(room, most or room):
        allowed = f", of which --memory allows {gibibytes(most)}" if most and most < room else ""
        return f"it needs {gibibytes(need)} of memory, and {gibibytes(room)} are available{allowed}"
    return ""


def counterexample(call: SparseCall, failure: Failure) -> Counterexample:
    """A failure for the report, with arrays stored as their nonzero cells."""
    arrays: Any = {name: stored(array) for name, array in call.arrays.items()}
    asked: Any = {"function": call.function, "size": list(call.size), "stride": list(call.stride), "settings": {}}
    return Counterexample(
        seed=None,
        calls=[StoredCall(args=arrays, **asked)],
        where=None if failure.where is None else list(failure.where),
        expected=None if failure.expected is None else stored(failure.expected),
        got=None if failure.got is None else stored(failure.got),
        message=message(call, failure),
        case=StoredCase(**arrays, **asked),
    )


def message(call: SparseCall, failure: Failure) -> str:
    """A failure in words, with arguments to paste."""
    lines = [failure.headline, f"    size={call.size} stride={call.stride} {call.arrays['x'].dtype}"]
    for name in sorted(call.arrays, reverse=True):
        array = call.arrays[name]
        cells = [f"{name}[{', '.join(map(str, array.index(p)))}] = {v!r}" for p, v in array.cells().items()]
        lines.append("    " + "; ".join([f"{name} = np.zeros({array.shape}, {array.dtype.name!r})", *cells]))
    return "\n".join([*lines, *([f"    {failure.fact}"] if failure.fact else [])])


def stored(array: Sparse) -> StoredArray:
    """A sparse array as stored: its nonzero cells, and the number of those that are left out."""
    cells = [(list(array.index(place)), json_numbers(v)) for place, v in list(array.cells().items())[:MOST_STORED]]
    others = array.others + len(array.places) - len(cells)
    form: Any = {"dtype": array.dtype.name, "shape": list(array.shape), "layout": "C"}
    return StoredArray(**form, cells=cells, others=others)


def sparse(stored: StoredArray) -> Sparse:
    """The inverse of `stored`. Raises ValueError if cells are missing."""
    if stored.dtype not in DTYPES or stored.cells is UNSET or stored.others is UNSET:
        raise ValueError("an array should have a dtype, its cells that are not zero, and how many others there are")
    if stored.others:
        raise ValueError("an array of the report is abbreviated")
    shape = tuple(stored.shape)
    cells = {int(np.ravel_multi_index(tuple(index), shape)): numbers(v) for index, v in stored.cells}
    return Sparse.of(np.dtype(stored.dtype), shape, cells)


def sparse_call(case: StoredCase) -> SparseCall:
    """The call of a counterexample. Raises ValueError unless its cells determine the exact result."""
    arrays = {"x": sparse(case.x)} if case.dy is UNSET else {"dy": sparse(case.dy), "x": sparse(case.x)}
    call = SparseCall(case.function, arrays, tuple(case.size), tuple(case.stride))
    expected(call)
    return call


def replay(law: HugeLaw, target: Target, found: Counterexample, most: int | None = None) -> Result:
    """The result of repeating the call of a counterexample that has a case."""
    assert found.case is not UNSET
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(target.spec, law.name, "unsupported", reason)
    with turn():
        return tried(law.name, target.fresh(), [sparse_call(found.case)], None, most)
