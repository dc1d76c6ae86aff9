"""Explanations of a failure besides its smallest case: the mistakes behind it, and the features that it needs."""

from __future__ import annotations

import numpy as np

from ..failures.diagnosis import diagnosis, explained_by
from ..failures.evidence import SECONDS, Evidence, wrong_answers
from ..failures.judging import Fault
from ..failures.messages import advice, hint
from ..failures.mistakes.conduct import CHANGES_INPUT, NOT_THREAD_SAFE, REMEMBERS, VARIES
from ..failures.needs import simplifications
from ..failures.types import Broken
from ..targets.call import Call
from .trial import Found, Trial

EARLIER_CALLS = "earlier calls"
"""The need of a failure that recurs only after other calls."""

ROUNDS = 4
"""How often calls are repeated forwards and backwards, to see whether their answers differ without threads."""

COMPARED = "found by comparison with the answer to another call, which is right"
"""What to know of a failure that is shown on the other one of the compared calls."""


def explained(trial: Trial, found: Found, others: list[Found]) -> Found:
    """The failure with the mistakes that explain it, also in its message, and the features that it needs."""
    mistakes = mistakes_of(trial, found, others)
    found = on_wrong_call(trial, found)
    needs = needs_of(trial, found)
    more = {name: value for name, value in (("mistakes", mistakes), ("needs", needs)) if value}
    return found.noted(*hint(mistakes), *advice(found.verdict, found.calls), **more)


def on_wrong_call(trial: Trial, found: Found) -> Found:
    """The failure shown on a call with a wrong answer, if the law compared that with a right answer to another."""
    if not found.failure.fact or len(found.calls) < 2 or found.counterexample.earlier_calls:
        return found
    answers = wrong_answers(evidence(trial, found, [found.calls]))
    wrong = {at: answer for at, each in enumerate(found.calls) for call, answer in answers if call is each}
    at = next((k for k, answer in wrong.items() if answer.fault is Fault.VALUES), None)
    if at is None or found.failure.call % len(found.calls) in wrong:
        return found
    trial.pool.calls = found.calls
    try:
        trial.pool.differ(wrong[at].got, wrong[at].right, wrong[at].wrong, at, why=COMPARED)
    except Broken as failure:
        return found._replace(failure=failure, counterexample=trial.counterexample(failure, found.case))
    return found


def repeated(trial: Trial) -> Found | None:
    """The first failure of a trial as it is, if a mistake already reported for the target explains it."""
    found = trial.found
    if found is None or not trial.settings.told or found.verdict != "broken":
        return None
    mistakes = explained_by(evidence(trial, found, [found.calls]), trial.settings.told)
    return found.noted(*hint(mistakes), mistakes=mistakes) if mistakes else None


def mistakes_of(trial: Trial, found: Found, others: list[Found]) -> list[str]:
    """The names of the mistakes that explain a failure, recognised by the law or found on fresh cases."""
    if found.failure.mistake == NOT_THREAD_SAFE.name:
        return [behind_threads(trial, found.calls)]
    if found.failure.mistake:
        return [found.failure.mistake]
    if found.counterexample.earlier_calls or (found.counterexample.lost and found.verdict == "broken"):
        return [REMEMBERS.name]
    if found.counterexample.once is True:
        return [VARIES.name]
    # Laws about the reference kernels make invalid calls on purpose.
    if found.verdict not in ("broken", "raised") or trial.law.reference:
        return []
    runs = [each.calls for each in (found, trial.found, *others) if each is not None]
    return diagnosis(evidence(trial, found, runs))


def behind_threads(trial: Trial, calls: list[Call]) -> str:
    """The mistake behind an answer that was another during another call; it may have nothing to do with threads."""
    if writes_to_input(trial, calls):
        return CHANGES_INPUT.name
    return VARIES.name if varies_in_turn(trial, calls[-2:]) else NOT_THREAD_SAFE.name


def writes_to_input(trial: Trial, calls: list[Call]) -> bool:
    """Whether a call writes to its input; other calls at the same time may then read something else there."""
    target = trial.pool.target.afresh()
    return any(target.ask(call).changed for call in calls)


def varies_in_turn(trial: Trial, calls: list[Call]) -> bool:
    """Whether a call gives several answers when these are made one after another, after themselves and others."""
    target = trial.pool.target.afresh()
    order = [*range(len(calls)), *reversed(range(len(calls)))] * ROUNDS
    answers = {(at, np.asarray(target.ask(calls[at]).value).tobytes()) for at in order}
    return len(answers) > len(calls)


def evidence(trial: Trial, found: Found, runs: list[list[Call]]) -> Evidence:
    """The evidence of a failure. Collecting more may take as long as shrinking its case."""
    seconds = min(SECONDS, trial.settings.seconds(found.verdict) or SECONDS)
    target, latest = trial.pool.target.fresh(), trial.settings.latest()
    return Evidence(target, trial.law.plan, runs, found.case.values, seconds, latest)


def needs_of(trial: Trial, found: Found) -> list[str]:
    """The features of its case that the failure needs; empty if the case was not shrunk."""
    if not trial.settings.seconds(found.verdict) or found.verdict == "hung" or found.counterexample.once is True:
        return []
    if found.counterexample.earlier_calls:
        return [EARLIER_CALLS]
    again = Trial(trial.law, trial.pool.target.fresh(), trial.settings)
    again.end = trial.settings.limit(found.verdict)
    parts = simplifications(found.case, trial.pool.target.declared, trial.law.plan)
    needed = [word for word, cases in parts if cases and not any(again.fails(case, found.verdict) for case in cases)]
    # Once the time is up no case fails, which says nothing about the removed features.
    return [] if again.over() else needed
