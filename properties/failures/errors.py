"""The mistakes behind errors that a target raises: what it refuses, and which computation fails there."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

import numpy as np

from ..targets.call import Call
from .evidence import Evidence, is_refusal, refused
from .fresh import DRAWN, FailingCall, drawn, repainted
from .hypotheses import CONFIRMED, MOSTLY, Hypothesis, fresh, hypotheses, names_of, tested
from .judging import Fault, Judged, judged, meant, predicted, raises
from .mistakes import MISTAKES
from .mistakes.steps import RIGHT, TooLarge, Undetermined


def refusals(evidence: Evidence) -> list[str]:
    """The mistakes by which a target refuses exactly the calls that failed, and those fresh ones that it refuses.

    There are none if it answers some of them wrongly: then the same mistake may be behind its errors.
    """
    failed = [(run[-1], True) for run in evidence.runs if run and refused(evidence, run[-1])]
    if not failed:
        return []
    patterns = [FailingCall(call, evidence.values) for call, _ in failed]
    calls = [call for pattern in patterns for call in repainted(pattern, 1)]
    calls += drawn(evidence.plan, evidence.target.declared, patterns[0], 3 * DRAWN)
    in_time = takewhile(lambda _: not evidence.over, calls)
    answers = list(failed)
    for call in in_time:
        answer = evidence.answer(call)
        answers.append((call, is_refusal(answer)))
        found = evidence.judged(call, answer)
        if found is not None and found.fault is not Fault.NOTHING:
            return []
    if sum(not error for _, error in answers) < CONFIRMED:
        return []
    return [
        mistake.name
        for mistake in MISTAKES.values()
        if any(all(refuses(call) is error for call, error in answers) for refuses in mistake.refuses)
    ]


def behind_errors(evidence: Evidence, raising: list[Call]) -> list[str]:
    """The mistakes that explain wrong answers to fresh calls, and concern all raising calls, failing or fresh."""
    patterns = [FailingCall(call, evidence.values) for call in raising]
    wrong, raised = wrong_or_raised(evidence, patterns)
    if len(wrong) < CONFIRMED:
        return []
    possible = [each for each in hypotheses(wrong) if all(concerns(each, call, evidence) for call in raising + raised)]
    survivors = tested(evidence, possible, [FailingCall(call, evidence.values) for call, _ in wrong])
    return names_of(survivors, MOSTLY)


def wrong_or_raised(evidence: Evidence, patterns: list[FailingCall]) -> tuple[list[tuple[Call, Judged]], list[Call]]:
    """A few fresh calls that are answered wrongly, and those before that raise an error."""
    wrong, raised = list[tuple[Call, Judged]](), list[Call]()
    for call in fresh(evidence, patterns) if patterns else ():
        if evidence.over or len(wrong) == CONFIRMED:
            break
        answer = evidence.answer(call)
        found = evidence.judged(call, answer)
        if is_refusal(answer):
            raised.append(call)
        elif found is not None and found.fault is not Fault.NOTHING:
            wrong.append((call, found))
    return wrong, raised


def concerns(hypothesis: Hypothesis, call: Call, evidence: Evidence) -> bool:
    """Whether a mistake changes the answer to a call, perhaps with another dy, or its windows do not fit."""
    if call.function not in hypothesis.mistake.functions:
        return False
    full = meant(call, evidence.target.declared)
    if "dy" in call.arrays:
        full = replace(full, arrays={**full.arrays, "dy": np.ones_like(full.arrays["dy"])})
    if any(raises(error, hypothesis.answer, full) for error in (TooLarge, Undetermined)):
        return True
    right = predicted(RIGHT.answer, full)
    found = None if right is None else judged(full, right)
    return found is not None and hypothesis.foretells(found)
