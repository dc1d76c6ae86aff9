"""Conventions as units of a run: all conventions of a target observed, or a pinned one judged like a law."""

from __future__ import annotations

import time

from msgspec.structs import replace

from ..conventions import CONVENTIONS, observe, observed, unobservable
from ..conventions.likeness import within
from ..failures.messages import INDENT, arguments
from ..results import Counterexample, Result, Shown
from ..targets.refusals import classes_named, is_internal
from ..targets.target import Target
from .persistence import MOST
from .units import CONVENTIONS_ITEM, Unit


def conventions_of(target: Target, end: float | None) -> Result:
    """The conventions of a target; some may be missing if it hangs or the time is up."""
    began = time.perf_counter()
    found, left = observed(target, MOST["hung"], end)
    late = bool(left) and end is not None and time.time() >= end
    why = "the time limit was reached" if late else "it hangs"
    reason = f"not observed, because {why}: {', '.join(left)}" if left else ""
    took = time.perf_counter() - began
    return Result(target.spec, CONVENTIONS_ITEM, "holds", reason, partial=late, conventions=found, seconds=took)


def pinned(unit: Unit, target: Target) -> Result:
    """A pinned convention as a law; one of another target is tested within what both targets take."""
    if unit.within is None:
        return expected(target, *unit.pin)
    with within(target, unit.within):
        return replace(expected(target, *unit.pin, unit.like), like=unit.like)


def expected(target: Target, convention: str, value: str, like: str = "") -> Result:
    """A convention that should have a value, as a law; `like`: the target that has the value, if any."""
    began = time.perf_counter()
    each, name = CONVENTIONS[convention], f"{convention}={value}"
    if reason := unobservable(each, target):
        return Result(target.spec, name, "unsupported", reason)
    found = observe(each, target)
    took = time.perf_counter() - began
    if found is None:
        return Result(target.spec, name, "unsupported", "nothing of what it declares shows it")
    result = Result(target.spec, name, "holds", examples=1, seconds=took)
    if found.value == value:
        result.conventions = {each.name: found}
        return result
    shown = next(shown for other, shown in found.each if other != value)
    seen = " and ".join(map(repr, found.all_values))
    headline = f"{name} of {target.name}: seen {seen}, but should be {value!r}" + (f", like {like}" if like else "")
    answer = [f"{INDENT}{shown.function} gives {shown.answer}", *no_refusal(value, shown)]
    message = "\n".join([headline, *answer, *arguments(shown.call())])
    result.verdict = "broken"
    result.counterexample = Counterexample(seed=0, calls=[shown.alone], got=shown.got, message=message)
    return result


def no_refusal(value: str, shown: Shown) -> list[str]:
    """A line about an error that does not count as the refusal that there should be."""
    if value != "refused" or not isinstance(shown.got, str) or not is_internal(classes_named(shown.got)):
        return []
    return [f"{INDENT}this error looks like a mistake in the kernel, and not like a refusal, such as a ValueError"]
