"""One law on one target: try cases and report the result. Knows nothing of pytest or reports."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from msgspec import UNSET, structs

from ..cases.case import Case, is_declared, permitted
from ..cases.drawing import drawn
from ..failures.earlier import counted
from ..lawbook import Law
from ..results import Counterexample, Result, StoredCall
from ..targets.call import Call
from ..targets.target import Target, outside
from .explain import explained, repeated
from .persistence import KeptCase
from .reading import check_case
from .settle import minimal, settled
from .trial import Found, Trial, TrialSettings

NOT_ALONE = "did not repeat in a fresh process; it needs earlier calls"
"""A replay's note on a failure whose earlier calls are unknown."""

WAS_HERE = "holds now, in a fresh process; it was found with --in-process, where earlier calls may matter"
"""A replay's note on a failure found in the suite's process, on a target that cannot be started afresh."""

REPLAYS = 200
"""How often a replay tries the case of a failure that did not recur."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a law, with its result so far."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


def run(law: Law, target: Target, settings: TrialSettings) -> Result:
    """Try a law on a target. Returns the verdict, with the shrunk counterexample if it fails."""
    began = time.perf_counter()
    reason = law.unsupported(target.declared, target.offers, target.evidence)
    if reason:
        return Result(target.spec, law.name, "unsupported", reason)
    trial = Trial(law, target.fresh(), settings)
    try:
        result = judged(trial)
    except KeyboardInterrupt:
        raise Interrupted(interrupted(trial)) from None
    result.seconds = time.perf_counter() - began
    return result


def judged(trial: Trial) -> Result:
    """The result of a trial, whose failing cases are kept for the next run."""
    in_time = search(trial)
    if trial.found is None:
        return unfailing(trial, partial=not in_time)
    again = repeated(trial)
    found = again or settled(trial, trial.found, minimal(trial, trial.found))
    others = failing_too(trial, {trial.found.case.function, found.case.function})
    keep(trial, found.counterexample, *(each.counterexample for each in others.values()))
    if trial.settings.explain and (others or not again):
        found = explained(trial, trial.found if again else found, list(others.values()))
    return result_of(trial, with_callables(trial, found, set(others)), trial.settings.seed)


def interrupted(trial: Trial) -> Result:
    """The result of an interrupted law: a failure as it was first seen, or no verdict."""
    if trial.found is not None:
        keep(trial, trial.found.counterexample)
        return structs.replace(result_of(trial, trial.found, trial.settings.seed), partial=True)
    reason = f"interrupted after {trial.tried} cases"
    return Result(trial.pool.target.spec, trial.law.name, "not run", reason, partial=True, **trial.account())


def unfailing(trial: Trial, *, partial: bool) -> Result:
    """The verdict if no case failed."""
    seen, about = trial.account(), (trial.pool.target.spec, trial.law.name)
    if trial.tried == 0:
        return Result(*about, "not run", "the time limit was reached before it began", partial=True)
    if trial.refused == trial.tried:
        return Result(*about, "unsupported", "it refused every case", partial=partial, **seen)
    return Result(*about, "holds", partial=partial, **seen)


def result_of(trial: Trial, found: Found, seed: int | None) -> Result:
    """The result with a failure; `seed` is the one that its case was drawn from, or None."""
    seen, about = trial.account(), (trial.pool.target.spec, trial.law.name)
    return Result(*about, found.verdict, counterexample=structs.replace(found.counterexample, seed=seed), **seen)


def search(trial: Trial) -> bool:
    """Try cases until one fails. Returns False if the time is up before."""
    for case in to_try(trial):
        if trial.over():
            return False
        if trial(case):
            break
    return True


def to_try(trial: Trial) -> Iterator[Case]:
    """The case during which the suite was killed, those that failed in an earlier run, and those of this run."""
    settings, law, target = trial.settings, trial.law, trial.pool.target
    yield from was_in_hand(trial)
    yield from failed_before(trial)
    for number, case in enumerate(drawn(law, target.declared, target.offers, settings.examples, settings.seed)):
        if settings.in_hand is not None:
            settings.in_hand.hold(settings.seed, number)
        yield case


def was_in_hand(trial: Trial) -> Iterable[Case]:
    """The case during which the suite was killed, drawn again."""
    in_hand, target = trial.settings.in_hand, trial.pool.target
    held = None if in_hand is None else in_hand.found
    if held is None or held.number >= trial.settings.examples:
        return ()
    cases = drawn(trial.law, target.declared, target.offers, held.number + 1, held.seed)
    return islice(cases, held.number, None)


def failed_before(trial: Trial) -> Iterator[Case]:
    """The cases that failed in an earlier run, after the calls that they need; cases that pass now are dropped."""
    kept = trial.settings.kept
    if kept is None:
        return
    for found in list(kept.found):
        if suits(trial.law, trial.pool.target, found):
            trial.pool.target.ask_all(calls_of(found.earlier_calls))
            yield found.case.case()
        kept.drop(found)


def suits(law: Law, target: Target, found: KeptCase) -> bool:
    """Whether a kept case can be tried on a target with its present declarations."""
    try:
        check_case(law.name, found.case, found.earlier_calls, "a case")
    except ValueError:
        return False
    case, calls = found.case.case(), calls_of(found.earlier_calls)
    return not undeclared(law, target, case, calls) and permitted(case, law.plan, target.declared)


def keep(trial: Trial, *counterexamples: Counterexample) -> None:
    """Keep the cases of counterexamples for the next run."""
    if trial.settings.kept is not None:
        trial.settings.kept.add(list(counterexamples))


def with_callables(trial: Trial, found: Found, failing: set[str]) -> Found:
    """The failure with the names of all callables for which the law fails."""
    shown = found.case.function
    assert trial.found is not None
    failing = {*failing, trial.found.case.function, shown}
    named = [name for name in trial.law.plan.functions if name in failing]
    others = " and ".join(name for name in named if name != shown)
    lines = [f"    {trial.law.name} fails for {others} as well"] if others else []
    return found.noted(*lines, callables=named)


def failing_too(trial: Trial, failing: set[str]) -> dict[str, Found]:
    """The other callables for which a law fails, and how, found within the time for shrinking one failure.

    Empty after a hang.
    """
    assert trial.found is not None
    law, target, settings, verdict = trial.law, trial.pool.target, trial.settings, trial.found.verdict
    left = set(law.plan.asked(target.declared, target.offers)) - failing
    again = Trial(law, target.fresh(), replace(settings, end=settings.limit(verdict)))
    found = dict[str, Found]()
    for case in drawn(law, target.declared, target.offers, settings.examples, settings.seed) if left else ():
        if again.over() or verdict == "hung" or found.keys() == left:
            break
        if case.function in left - found.keys() and (seen := again.attempt(case)):
            found[case.function], verdict = seen, seen.verdict
    return found


def replay(law: Law, target: Target, found: Counterexample) -> Result:
    """Try a law again on a counterexample's case, in a fresh start of the target, after the calls that the case needs.

    There must be a case. If the answer differed between calls, it is tried many times.
    """
    about = (target.spec, law.name)
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(*about, "unsupported", reason)
    assert found.case is not UNSET
    case, calls = found.case.case(), calls_of(found.earlier_calls or [])
    if reason := undeclared(law, target, case, calls):
        return Result(*about, "unsupported", reason)
    start = target.fresh() if found.earlier_calls is UNSET else target.afresh()
    start.ask_all(calls)
    trial = Trial(law, start, TrialSettings())
    for _ in range(REPLAYS if found.once is True else 1):
        if again := trial.attempt(case):
            if calls:
                again = again.noted(f"    after {counted(calls)}, as in the report", earlier_calls=found.earlier_calls)
            return result_of(trial, explained(trial, again, []), found.seed)
    return Result(*about, "holds", why_not(target, found))


def why_not(target: Target, found: Counterexample) -> str:
    """A possible reason why a replay did not see a failure; empty if it should have."""
    if found.lost:
        return NOT_ALONE
    return WAS_HERE if found.in_process is True and target.renewal == "process" else ""


def calls_of(stored: Iterable[StoredCall]) -> list[Call]:
    """Stored calls as calls."""
    return [each.call() for each in stored]


def undeclared(law: Law, target: Target, case: Case, calls: Iterable[Call]) -> str:
    """Why a target does not declare a case or calls, perhaps those of another target; empty if it does."""
    asked = [*calls, *(case.call(function) for function in (case.function, *law.plan.also))]
    if reason := next(filter(None, map(partial(outside, target), asked)), ""):
        return reason
    return "" if is_declared(case, target.declared) else f"it declares ceil_rule={target.declared.ceil_rule!r}"
