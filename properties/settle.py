"""A failure as it is reported: made smaller, and repeated by a fresh start of the target, after calls if need be."""

from __future__ import annotations

import time

from .cases import permitted
from .earlier import Needed, Search, needed, words
from .messages import MOST_MESSAGE
from .results import call_as_json, fits
from .shrink import smallest
from .target import Call
from .trial import Found, Trial

DEATHS = ("crashed", "hung")

ONCE = "differs between calls"
"""The note on a failure that did not come back."""

NOTE_ONCE = f"    {ONCE}: the same case, tried again, gave another answer"

UNKNOWN = "    a fresh {start} did not repeat this: it depends on calls made before"
"""The note on a failure that comes back only after other calls, which were not found."""


def minimal(trial: Trial, first: Found) -> Found | None:
    """The failure on a case made smaller; None if it does not come back when the case is tried again."""
    if not trial.settings.seconds(first.verdict):
        return first
    if not trial.over() and not trial.fails(first.case, first.verdict):
        return None
    plan, declared = trial.law.plan, trial.pool.target.declared
    case = smallest(
        first.case,
        lambda part: permitted(part, plan, declared) and trial.fails(part, first.verdict),
        blank=first.verdict in DEATHS,
    )
    # A hang was made smaller in a hurry; what is reported has had its full time.
    trial.pool.target.hurry("")
    return first if case is first.case else trial.attempt(case) or first


def settled(trial: Trial, first: Found, smaller: Found | None) -> Found:
    """The failure as a fresh start of the target repeats it: alone, or after the earlier calls that it needs.

    Where there is no time to make failures smaller, as for known ones, there is none to repeat them either.
    """
    start, found = trial.pool.target.renewal, smaller or first
    if not trial.settings.seconds(first.verdict):
        return first
    if not start:
        return found if smaller else found.noted(NOTE_ONCE)
    either = (found,) if found.case is first.case else (found, first)
    for each in either:
        if again := anew(trial, each, []):
            return again
    for each in either:
        if again := after_calls(trial, each):
            return again
    return found.noted(UNKNOWN.format(start=start), earlier_calls=[]) if smaller else found.noted(NOTE_ONCE)


def anew(trial: Trial, found: Found, calls: list[Call], hurry: str = "") -> Found | None:
    """How a fresh start of the target fails on the same case after these calls; None unless with the same verdict."""
    target = trial.pool.target.afresh()
    target.hurry(hurry)
    target.begin()
    if any(answer.death for answer in target.ask_all(calls)):
        return None
    again = Trial(trial.law, target, trial.settings).attempt(found.case)
    return again if again is not None and again.verdict == found.verdict else None


def after_calls(trial: Trial, found: Found) -> Found | None:
    """The failure with the earlier calls that it needs; None if they are not found."""
    end = trial.settings.limit(found.verdict)
    calls = needed(
        found.earlier,
        Search(
            fails=lambda some: anew(trial, found, some, hurry=found.verdict) is not None,
            over=lambda: time.time() >= end,
            target=trial.pool.target,
        ),
    )
    again = anew(trial, found, calls.calls) if calls else None
    return with_calls(again, calls, trial.pool.target.renewal) if calls and again else None


def with_calls(found: Found, calls: Needed, start: str) -> Found:
    """The failure with the calls that it needs: in its message and, unless too large, in its counterexample."""
    told = words(calls, start, MOST_MESSAGE - len(found.counterexample["message"]))
    listed = list(map(call_as_json, calls.calls))
    if fits({**found.counterexample, "earlier_calls": listed}):
        return found.noted(*told, earlier_calls=listed)
    return found.noted(*told, "    they are too large for a report", earlier_calls=[])
