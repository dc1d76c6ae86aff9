"""A benchmark's own check of a kernel in its format, as a unit of a run beside the laws."""

from __future__ import annotations

import time

from ..contract import Unusable
from ..remote.vocabulary import OWN_CHECK
from ..results import Result
from ..targets.loading import load
from ..targets.wrapped import unwrapped
from .request import Request
from .units import BENCHMARK_ITEM

VERDICTS = {"accepts": "holds", "rejects": "broken", "not run": "unsupported"}
"""The verdict of a run for each verdict of the check."""


def own_check(spec: str, request: Request, end: float | None) -> Result:
    """The result of the check, which is made in a process of its own, unless the time `end` has come."""
    if end is not None and time.time() >= end:
        return Result(spec, BENCHMARK_ITEM, "not run", "the time limit was reached", partial=True)
    began = time.perf_counter()
    try:
        target = load(str(unwrapped(spec)._replace(wrapper=OWN_CHECK)), request.isolation())
    except Unusable as error:
        return not_run(spec, str(error).splitlines()[0])
    target.end()
    # The wrapper says the verdict in a word where other targets have a version, and the whole of it in a note.
    if target.declared.version not in VERDICTS or not target.notes:
        return not_run(spec, "its process gave no verdict")
    verdict, reason = VERDICTS[target.declared.version], target.notes[0]
    tried = int(verdict != "unsupported")
    return Result(spec, BENCHMARK_ITEM, verdict, reason, examples=tried, seconds=time.perf_counter() - began)


def not_run(spec: str, why: str) -> Result:
    """The result of a check that could not be made."""
    return Result(spec, BENCHMARK_ITEM, "unsupported", f"KernelBench's check: not run: {why}")
