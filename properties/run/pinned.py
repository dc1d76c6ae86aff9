"""Conventions as units of a run: all of a target's observed, or one that the user has pinned, judged like a law."""

from __future__ import annotations

import time

from ..conventions import CONVENTIONS, observe, observed, unobservable
from ..results import Counterexample, Result
from ..targets.target import Target
from .persistence import MOST
from .units import CONVENTIONS_ITEM


def conventions_of(target: Target, end: float | None) -> Result:
    """All conventions of a target; some may be left, if it hangs or the time is over."""
    began = time.perf_counter()
    found, left = observed(target, MOST["hung"], end)
    reason = f"not observed, because it hangs or the time limit was reached: {', '.join(left)}" if left else ""
    took = time.perf_counter() - began
    return Result(target.spec, CONVENTIONS_ITEM, "holds", reason, partial=bool(left), conventions=found, seconds=took)


def expected(target: Target, convention: str, pinned: str) -> Result:
    """A convention that the user has pinned to a value, as a law."""
    began = time.perf_counter()
    each, name = CONVENTIONS[convention], f"{convention}={pinned}"
    if reason := unobservable(each, target):
        return Result(target.spec, name, "unsupported", reason)
    found = observe(each, target)
    took = time.perf_counter() - began
    if found is None:
        return Result(target.spec, name, "unsupported", "nothing of what it declares shows it")
    result = Result(target.spec, name, "holds", examples=1, seconds=took)
    if found.value == pinned:
        result.conventions = {each.name: found}
        return result
    shown = next(shown for value, shown in found.each if value != pinned)
    seen = " and ".join(map(repr, found.all_values))
    message = f"{name} of {target.name}: seen {seen}, but should be {pinned!r}"
    result.verdict = "broken"
    result.counterexample = Counterexample(seed=0, calls=[shown.alone], got=shown.got, message=message)
    return result
