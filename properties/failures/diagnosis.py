"""The mistakes that explain a failure: hypotheses that reproduce its wrong answers and hold on fresh cases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import chain, takewhile

import numpy as np

from ..contract import BACKWARD
from ..remote.worker import FENCED
from ..targets.call import Call
from .errors import behind_errors, refusals
from .evidence import Evidence, in_order, last_calls, refused, wrong_answers
from .fresh import FailingCall, repainted
from .hypotheses import CONFIRMED, MOSTLY, Hypothesis, fresh, hypotheses, names_of, tested
from .judging import Fault, Judged, meant, pooled_by
from .mistakes import maxima, means
from .mistakes.conduct import EMPTY_BATCH, GRADIENT_OF_PADDING, LAYOUT_IGNORED, READS_BESIDE, REMEMBERS, VARIES
from .probes import generic

OF_VALUES = {mistake.name for mistake in (*maxima.MISTAKES, *means.MISTAKES)}
"""Mistakes about numbers, which no other memory order would explain."""


def diagnosis(evidence: Evidence) -> list[str]:
    """The names of the mistakes that explain a failure, the most informative first; empty if uncertain."""
    if refusing := refusals(evidence):
        return refusing
    wrong = wrong_answers(evidence)
    if evidence.ended:
        return []
    if wrong:
        return [REMEMBERS.name] if remembered(evidence, wrong) else explaining(evidence, wrong)
    alive = [call for call in last_calls(evidence) if evidence.answer(call).death is None]
    if any(varies(evidence, call) for call in alive):
        return [VARIES.name]
    raising = [call for call in alive if refused(evidence, call)]
    return behind_shapes(evidence, raising) or behind_errors(evidence, raising)


def explained_by(evidence: Evidence, names: Collection[str]) -> list[str]:
    """Those of the named mistakes about answers that explain a failure too; others are not considered."""
    wrong = wrong_answers(evidence)
    patterns = [FailingCall(call, evidence.values) for call, _ in wrong if call.function == wrong[0][0].function]
    survivors = tested(evidence, hypotheses(wrong, names), patterns) if wrong else []
    return names_of(survivors, MOSTLY)


def explaining(evidence: Evidence, wrong: list[tuple[Call, Judged]]) -> list[str]:
    """The names of the mistakes that explain wrong answers regardless of earlier calls."""
    # Processes have been started by now. A framework takes seconds to start, which should not count as time for calls.
    evidence.begin()
    function = wrong[0][0].function
    patterns = [FailingCall(each, evidence.values) for each, _ in wrong if each.function == function]
    return certainly(evidence, wrong, patterns) or probably(evidence, wrong, patterns)


def certainly(evidence: Evidence, wrong: list[tuple[Call, Judged]], patterns: list[FailingCall]) -> list[str]:
    """The mistake that the numbers themselves show, or that an experiment proves; none if there is no such one."""
    if all(is_fence(found) for _, found in wrong):
        return [READS_BESIDE.name]
    return [GRADIENT_OF_PADDING.name] if padding_passes_gradients(evidence, wrong, patterns) else []


def probably(evidence: Evidence, wrong: list[tuple[Call, Judged]], patterns: list[FailingCall]) -> list[str]:
    """The mistakes that would give the wrong answers, or else what these depend on."""
    call, survivors = wrong[0][0], tested(evidence, hypotheses(wrong), patterns)
    if call.layouts and layout_ignored(evidence, patterns):
        return [each.mistake.name for each in survivors if whole_value(each)][:1] or [LAYOUT_IGNORED.name]
    names = names_of(survivors)
    if survivors and survivors[0].precision >= MOSTLY:
        return names
    if empty_batches(evidence, patterns):
        return [EMPTY_BATCH.name]
    if any(varies(evidence, each) for each, _ in wrong[:CONFIRMED]):
        return [VARIES.name]
    # Start with the first failing call: the smallest leaves little to probe.
    repeated = chain.from_iterable(map(repainted, (*patterns[1:][-1:], patterns[0])))
    return generic(evidence.ask, evidence.asked(repeated), wrong[0]) or names


def is_fence(found: Judged) -> bool:
    """Whether some wrong maximum is what lies around the arrays of a target in a process of its own."""
    if found.meant.function != "max_forward" or found.fault is not Fault.VALUES or found.dtype.kind == "b":
        return False
    fence = np.full(found.dtype.itemsize, FENCED, np.uint8).view(found.dtype)[0]
    return bool((found.got[found.wrong] == fence).any() and not (found.meant.arrays["x"] == fence).any())


def behind_shapes(evidence: Evidence, raising: list[Call]) -> list[str]:
    """The mistakes by which results have a wrong shape wherever gradients of the right shape raise an error."""
    forward = [forward_of(call) for call in raising if call.function in BACKWARD]
    wrong = [(call, found) for call, found in evidence.asked(forward) if found.fault is Fault.SHAPE]
    return explaining(evidence, wrong) if wrong and len(wrong) == len(raising) else []


def forward_of(call: Call) -> Call:
    """The call whose gradient a call asks for."""
    return replace(call, function=call.function.replace("backward", "forward"), arrays={"x": call.arrays["x"]})


def padding_passes_gradients(evidence: Evidence, wrong: list[tuple[Call, Judged]], patterns: list[FailingCall]) -> bool:
    """Whether every wrong gradient, also of fresh calls, becomes right without those of windows wholly in padding."""
    if not all(healed_without_padding(evidence, call) for call, _ in wrong):
        return False
    answers = evidence.asked(fresh(evidence, patterns))
    return all(found.fault is Fault.NOTHING or healed_without_padding(evidence, call) for call, found in answers)


def healed_without_padding(evidence: Evidence, call: Call) -> bool:
    """Whether a call with windows wholly in padding is answered rightly if their gradients are zero."""
    windows = pooled_by(meant(call, evidence.target.declared)) if call.function in BACKWARD else None
    if windows is None:
        return False
    empty, dy = np.asarray(~windows.real.any(axis=-1)).reshape(windows.output), call.arrays["dy"].copy()
    if not empty.any() or dy.shape[2:] != empty.shape:
        return False
    dy[..., empty] = 0
    found = evidence.ask(replace(call, arrays={**call.arrays, "dy": dy}))
    return found is not None and found.fault is Fault.NOTHING


def varies(evidence: Evidence, call: Call) -> bool:
    """Whether the same call gives different answers when repeated."""
    answers = (found.got.tobytes() for _, found in evidence.asked([call] * (4 * CONFIRMED)))
    return len(set(answers)) > 1


def remembered(evidence: Evidence, wrong: list[tuple[Call, Judged]]) -> bool:
    """Whether calls answered wrongly after others are answered rightly alone or when repeated."""
    asked = takewhile(lambda _: not evidence.ended, wrong[:CONFIRMED])
    return all(alone_right(evidence, call) for call, _ in asked) and not evidence.ended


def alone_right(evidence: Evidence, call: Call) -> bool:
    """Whether a fresh start answers a call rightly the first or the second time."""
    return len(in_order(replace(evidence, runs=[]), [replace(call, in_place=False)] * 2)) < 2


def layout_ignored(evidence: Evidence, patterns: list[FailingCall]) -> bool:
    """Whether the same numbers are consistently pooled wrongly in their memory layout, but rightly in C order."""
    times = 0
    for call in repainted(patterns[0]):
        as_it_lies, plain = evidence.ask(call), evidence.ask(replace(call, layouts={}))
        if plain is None or as_it_lies is None or plain.fault is not Fault.NOTHING:
            return False
        times += as_it_lies.fault is not Fault.NOTHING
    return times >= CONFIRMED


def empty_batches(evidence: Evidence, patterns: list[FailingCall]) -> bool:
    """Whether only empty batches are answered wrongly."""
    if any(pattern.call.arrays["x"].size for pattern in patterns):
        return False
    answers = [found for _, found in evidence.asked(repainted(patterns[0]))]
    return len(answers) >= CONFIRMED and all(found.fault is Fault.NOTHING for found in answers)


def whole_value(found: Hypothesis) -> bool:
    """Whether a hypothesis about values predicts exactly which cells are wrong."""
    return found.precision == 1.0 and found.mistake.name in OF_VALUES
