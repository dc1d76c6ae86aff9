"""A failure as it is reported: shrunk, and repeated by a fresh start of the target, after earlier calls if needed."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..cases.case import Case, permitted
from ..failures.earlier import Needed, Search, fewest, needed, words
from ..failures.messages import MOST_MESSAGE
from ..failures.shrink import forms_of, smallest
from ..results import fits, stored_call
from ..targets.call import Call
from .trial import Found, Trial

DEATHS = ("crashed", "hung")

ONCE = "    differs between calls: the same case, tried again, gave another answer"
"""The note on a failure that did not recur."""

UNKNOWN = "    a fresh {start} did not repeat this: it depends on calls made before"
"""The note on a failure that recurs only after other calls, which were not found."""

IN_TIME = "    a fresh {start} answers the same call in time: the machine was busy, or it depends on calls made before"
"""The same for a hang, which may be slowness."""


def minimal(trial: Trial, first: Found) -> Found | None:
    """The failure on a shrunk case, or None if it does not recur when the case is tried again."""
    if not trial.settings.seconds(first.verdict):
        return first
    if not trial.over() and not trial.fails(first.case, first.verdict):
        return None
    case = cut(trial, first, lambda part: trial.fails(part, first.verdict))
    # A hang was shrunk with shorter time limits; the reported one gets the full time.
    trial.pool.target.hurry("")
    return first if case is first.case else trial.attempt(case) or first


def cut(trial: Trial, found: Found, fails: Callable[[Case], bool]) -> Case:
    """The smallest failing case made from a failure's that the target takes and the law allows, or the case itself."""
    plan, declared = trial.law.plan, trial.pool.target.declared
    blank = found.verdict in DEATHS
    forms = forms_of(plan, declared, found.case.function)
    return smallest(found.case, lambda part: permitted(part, plan, declared) and fails(part), blank=blank, forms=forms)


def settled(trial: Trial, first: Found, smaller: Found | None) -> Found:
    """The failure as a fresh start of the target repeats it: alone, or after the earlier calls that it needs.

    If there is no time for shrinking, as for known failures, there is none for repeating either.
    """
    start, found = trial.pool.target.renewal, smaller or first
    if not trial.settings.seconds(first.verdict):
        return first
    if not start:
        return (found if smaller else differing(found)).noted(in_process=True)
    either = (found,) if found.case is first.case else (found, first)
    for each in either:
        if again := anew(trial, each, []):
            return again
    for each in either:
        if again := after_calls(trial, each):
            return again
    note = IN_TIME if first.verdict == "hung" else UNKNOWN
    return found.noted(note.format(start=start), earlier_calls=[]) if smaller else differing(found)


def differing(found: Found) -> Found:
    """The failure with the note that it did not recur."""
    return found.noted(ONCE, once=True)


def anew(trial: Trial, found: Found, calls: list[Call], *, hurry: str = "", end: float = float("inf")) -> Found | None:
    """The failure of a fresh start of the target on the same case after these calls, or None if the verdict differs.

    Also None if a call dies, or the time is up before the case.
    """
    target = trial.pool.target.afresh()
    target.hurry(hurry)
    if any(time.time() >= end or target.ask(call).death for call in calls):
        return None
    again = Trial(trial.law, target, trial.settings).attempt(found.case)
    return again if again is not None and again.verdict == found.verdict else None


def after_calls(trial: Trial, found: Found) -> Found | None:
    """The failure with the earlier calls that it needs, or None if they are not found.

    A case that could not be shrunk without these calls is shrunk after them.
    """
    search = searching(trial, found, trial.settings.limit(found.verdict))
    calls = needed(found.earlier, search)
    if calls is None:
        return None
    if found is trial.found:
        found, calls = cut_after(trial, found, calls, search)
    again = anew(trial, found, calls.calls)
    return again and with_calls(again, calls, trial.pool.target.renewal)


def searching(trial: Trial, found: Found, end: float) -> Search:
    """The search for the calls that a failure needs."""
    verdict = found.verdict
    return Search(trial.pool.target, lambda calls: anew(trial, found, calls, hurry=verdict, end=end) is not None, end)


def cut_after(trial: Trial, found: Found, calls: Needed, search: Search) -> tuple[Found, Needed]:
    """A smaller case that fails after the same calls, but not without them, and the calls among them that it needs.

    Both are unchanged if the time is too short to find the calls that the smaller case needs.
    """
    half = search.half()

    def fails(part: Case) -> bool:
        again = searching(trial, found._replace(case=part), half.end)
        return not half.over() and again.fails(calls.calls) and not again.fails([])

    smaller = found._replace(case=cut(trial, found, fails))
    if smaller.case is found.case:
        return found, calls
    fewer = fewest(calls.calls, searching(trial, smaller, search.end))
    return (smaller, fewer) if fewer.least else (found, calls)


def with_calls(found: Found, calls: Needed, start: str) -> Found:
    """The failure with the calls that it needs: in its message and, unless too large, in its counterexample."""
    told = words(calls, start, MOST_MESSAGE - len(found.counterexample.message))
    with_them = found.noted(*told, earlier_calls=list(map(stored_call, calls.calls)))
    if fits(with_them.counterexample):
        return with_them
    return found.noted(*told, "    they are too large for a report", earlier_calls=[])
