"""Conventions as units of a run: all of a target's observed, or one that the user has pinned, judged like a law."""

from __future__ import annotations

import time
from typing import Any

from ..conventions import CONVENTIONS, observe, observed, shown_by, unobservable
from ..results import Result
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
    if not found:
        return Result(target.spec, name, "unsupported", "nothing of what it declares shows it")
    if found["value"] == pinned:
        return Result(target.spec, name, "holds", examples=1, seconds=took, conventions={each.name: found})
    values = found.get("values", [found["value"]])
    seen = " and ".join(map(repr, values))
    shown = next(shown for value, shown in zip(values, shown_by(found), strict=True) if value != pinned)
    counterexample: dict[str, Any] = {
        "seed": 0,
        "calls": [shown],
        "failing_call": 0,
        "expected": None,
        "got": shown["got"],
        "where": None,
        "message": f"{name} of {target.name}: seen {seen}, but should be {pinned!r}",
    }
    return Result(target.spec, name, "broken", examples=1, seconds=took, counterexample=counterexample)
