"""One huge law on one target: whether there is memory for it, its calls, and what came of them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ...data.arrays import Json, numbers, plain
from ...data.sparse import Sparse, SparseCall
from ...failures.types import Failure
from ...results import Result
from ...targets.target import Target
from .exact import expected
from .judge import OutOfMemory, judge
from .laws import HugeLaw, needed
from .memory import available, gibibytes, turn

MOST_STORED = 100
"""Cells of a result that a report stores."""


def run(law: HugeLaw, target: Target, end: float | None, most: int | None = None) -> Result:
    """Ask a law of a target; the verdict, which is `not run` where memory is short.

    `end`: seconds since the epoch after which no call is made; `most`: bytes that a process of the target may have.
    """
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(target.spec, law.name, "unsupported", reason)
    with turn():
        return tried(law.name, target.fresh(), law.calls(target.declared), end, most)


def tried(name: str, target: Target, calls: list[SparseCall], end: float | None, most: int | None) -> Result:
    """Make calls up to the first that fails, or cannot be made."""
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
    """Why a call is not made; empty if it is."""
    if end is not None and time.time() >= end:
        return "the time limit was reached before it began"
    need, room = needed(call), available()
    if room is None:
        return f"it needs {gibibytes(need)} of memory, and how much is available cannot be found out here"
    if need > min(room, most or room):
        allowed = f", of which --memory allows {gibibytes(most)}" if most and most < room else ""
        return f"it needs {gibibytes(need)} of memory, and {gibibytes(room)} are available{allowed}"
    return ""


def counterexample(call: SparseCall, failure: Failure) -> Json:
    """A failure as JSON; its arrays are stored by their nonzero cells."""
    arrays = {name: as_json(array) for name, array in call.arrays.items()}
    windows = {"size": list(call.size), "stride": list(call.stride), "settings": {}}
    found = {"expected": failure.expected, "got": failure.got}
    return {
        "seed": None,
        "calls": [{"call": call.function, "args": arrays, **windows}],
        "failing_call": 0,
        "where": None if failure.where is None else list(failure.where),
        **{name: None if each is None else as_json(each) for name, each in found.items()},
        "message": message(call, failure),
        "case": {"function": call.function, **arrays, **windows},
    }


def message(call: SparseCall, failure: Failure) -> str:
    """A failure in words, with arguments that can be pasted."""
    lines = [failure.headline, f"    size={call.size} stride={call.stride} {call.arrays['x'].dtype}"]
    for name in sorted(call.arrays, reverse=True):
        array = call.arrays[name]
        cells = [f"{name}[{', '.join(map(str, array.index(p)))}] = {v!r}" for p, v in array.cells().items()]
        lines.append("    " + "; ".join([f"{name} = np.zeros({array.shape}, {array.dtype.name!r})", *cells]))
    return "\n".join([*lines, *([f"    {failure.hint}"] if failure.hint else [])])


def as_json(array: Sparse) -> Json:
    """A sparse array: "cells", a list of index and value, and how many "others" are not zero."""
    cells = [[list(array.index(place)), plain(v)] for place, v in list(array.cells().items())[:MOST_STORED]]
    others = array.others + len(array.places) - len(cells)
    return {"dtype": array.dtype.name, "shape": list(array.shape), "layout": "C", "cells": cells, "others": others}


def from_json(data: Json) -> Sparse:
    """The array that `as_json` gave. Raises ValueError if it does not have all cells."""
    if data["others"]:
        raise ValueError("an array of the report is abbreviated")
    shape = tuple(data["shape"])
    cells = {int(np.ravel_multi_index(tuple(index), shape)): numbers(v) for index, v in data["cells"]}
    return Sparse.of(np.dtype(data["dtype"]), shape, cells)


def call_from_json(case: Json) -> SparseCall:
    """The call of a counterexample. Raises ValueError unless what is right can be worked out from its cells."""
    arrays: dict[str, Sparse] = {name: from_json(case[name]) for name in ("dy", "x") if name in case}
    call = SparseCall(case["function"], arrays, tuple(case["size"]), tuple(case["stride"]))
    expected(call)
    return call


def replay(law: HugeLaw, target: Target, found: Any, most: int | None = None) -> Result:
    """Make the call of a counterexample again."""
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(target.spec, law.name, "unsupported", reason)
    with turn():
        return tried(law.name, target.fresh(), [call_from_json(found["case"])], None, most)
