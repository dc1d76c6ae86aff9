"""The mistakes that explain a failure: hypotheses that reproduce its wrong answers and hold on fresh cases."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile, zip_longest
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ..cases.plans import Plan
from ..contract import BACKWARD
from ..targets.call import Answer, Call
from ..targets.target import Target
from .fresh import DRAWN, FailingCall, drawn, lengthened, overlapped, repadded, repainted, resized
from .judging import Agreement, Fault, Judged, attempted, contradicted, fits, judged, meant, raises
from .mistakes import MISTAKES, Scope, maxima, means
from .mistakes.conduct import EMPTY_BATCH, GRADIENT_OF_PADDING, LAYOUT_IGNORED, REMEMBERS, VARIES
from .mistakes.mistake import Mistake, Prediction
from .mistakes.steps import RIGHT, Steps, TooLarge, Undetermined
from .probes import generic

SECONDS = 10.0
"""Seconds of work on fresh cases of a slow target. The few for a failure usually take a fraction of one."""

CONFIRMED = 3
"""Fresh cases on which a target must be wrong as a mistake predicts before the mistake is named."""

MOSTLY = 0.5
"""A mistake with at least this precision is named; below it, what the answer depends on comes first."""

LEAST = 0.03
"""The least precision: a mistake that predicts far more wrong cells than there are agrees with them by chance."""

NEARLY = 0.9
"""Mistakes are named beside the best if their precision is this fraction of its; torn ones need this precision."""

OF_VALUES = {mistake.name for mistake in (*maxima.MISTAKES, *means.MISTAKES)}
"""Mistakes about numbers, which no other memory order would explain."""


@dataclass
class Evidence:
    """The evidence of a failure: the target, the plan of its law, and the calls of its failing cases.

    `runs`: the calls of each failing case, in order. `values`: the palette of the numbers. `seconds` of work go to
    fresh cases: processor time here, and waiting for the target. With wall time a busy machine would lose hints.
    `latest`: when the run ends, which cuts that time short.
    """

    target: Target
    plan: Plan
    runs: list[list[Call]]
    values: str
    seconds: float = SECONDS
    latest: float = float("inf")
    began: float = field(init=False)
    waited: float = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the clock."""
        self.began, self.waited = time.thread_time(), 0.0

    @property
    def over(self) -> bool:
        """Whether the time for fresh cases is up."""
        return time.thread_time() - self.began + self.waited >= self.seconds or self.ended

    @property
    def ended(self) -> bool:
        """Whether the run has no time left, even for a fresh start of the target."""
        return time.time() >= self.latest

    def answer(self, call: Call) -> Answer:
        """The answer to one call."""
        wall, worked = time.monotonic(), time.thread_time()
        answer = self.target.ask(call)
        self.waited += time.monotonic() - wall - (time.thread_time() - worked)
        return answer

    def ask(self, call: Call) -> Judged | None:
        """The answer to one call beside the right one, or None if it cannot be judged."""
        return self.judged(call, self.answer(call))

    def judged(self, call: Call, answer: Answer) -> Judged | None:
        """An answer to a call beside the right one, or None if it cannot be judged."""
        return None if answer.error or answer.death else judged(meant(call, self.target.declared), answer.value)

    def asked(self, calls: Iterable[Call]) -> Iterator[tuple[Call, Judged]]:
        """The answers to calls, until the time is up."""
        for call in calls:
            if self.over:
                return
            found = self.ask(call)
            if found is not None:
                yield call, found


@dataclass
class Hypothesis:
    """A variant of a mistake and its record: how often it was confirmed, and which of its predicted cells were wrong.

    `parts`: for each answer with wrong cells, the fraction of the cells predicted wrong that were. `contradicted`: how
    many of those were right, in all.

    `torn`: some cell that had been wrong as predicted was right with other numbers, while other cells were wrong. Code
    may make a mistake in some places only, for example beyond the last whole block, but it makes it there with all
    numbers.
    """

    mistake: Mistake
    answer: Prediction
    confirmed: int = 0
    missed: int = 0
    parts: list[float] = field(default_factory=list)
    contradicted: int = 0
    torn: bool = False
    places: dict[Any, tuple[Array, Array]] = field(default_factory=dict)

    def test(self, found: Judged) -> bool:
        """Whether an answer agrees with the hypothesis: every wrong cell is as predicted."""
        if found.fault is Fault.NOTHING:
            self.missed += self.foretells(found)
            return not (self.missed and self.mistake.scope is Scope.ALWAYS)
        if fits(found, self.answer) is Agreement.NOT:
            return found.only_rounded or raises(Undetermined, self.answer, found.meant)
        self.confirmed += self.mistake.of_nan or found.fault is not Fault.VALUES or says_something(found)
        made = attempted(found, self.answer)
        if found.fault is Fault.VALUES and made is not None:
            self.note(found, contradicted(found, made))
        return not (self.contradicted and self.mistake.scope is not Scope.CELLS)

    def note(self, found: Judged, right: Array) -> None:
        """Record which cells were wrong as predicted, and which were right although predicted wrong."""
        foretold, others = int(found.wrong.sum()), int(right.sum())
        self.parts.append(foretold / (foretold + others))
        self.contradicted += others
        call = found.meant
        alike = (call.size, call.stride, *call.settings.items(), *((a.dtype, a.shape) for a in call.arrays.values()))
        before = self.places.get(alike, (np.zeros((), bool),) * 2)
        confirmed, denied = self.places[alike] = before[0] | found.wrong, before[1] | right
        self.torn = self.torn or bool((confirmed & denied).any())

    def foretells(self, found: Judged) -> bool:
        """Whether the hypothesis predicts another answer than this right one."""
        made = attempted(found, self.answer)
        return made is not None and (made.shape != found.got.shape or bool(contradicted(found, made).any()))

    @property
    def precision(self) -> float:
        """The fraction of the cells predicted wrong that were wrong: the mean over answers with wrong cells."""
        return sum(self.parts) / len(self.parts) if self.parts else 1.0

    @property
    def holds(self) -> bool:
        """Whether the hypothesis was confirmed often enough and agrees with enough of the right cells."""
        return self.confirmed >= CONFIRMED and self.precision >= (NEARLY if self.torn else LEAST)


def says_something(found: Judged) -> bool:
    """Whether some wrong result is a number; a NaN is no evidence, because any mistake that reads a NaN gives one."""
    return not np.isnan(found.got[found.wrong].astype(np.float64)).all()


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
    call = wrong[0][0]
    patterns = [FailingCall(each, evidence.values) for each, _ in wrong if each.function == call.function]
    if padding_passes_gradients(evidence, wrong, patterns):
        return [GRADIENT_OF_PADDING.name]
    survivors = tested(evidence, hypotheses(wrong), patterns)
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


def names_of(found: list[Hypothesis], least: float = 0.0) -> list[str]:
    """The names of the mistakes behind hypotheses of at least this precision, each once."""
    return list(dict.fromkeys(each.mistake.name for each in found if each.precision >= least))


def behind_shapes(evidence: Evidence, raising: list[Call]) -> list[str]:
    """The mistakes by which results have a wrong shape wherever gradients of the right shape raise an error."""
    forward = [forward_of(call) for call in raising if call.function in BACKWARD]
    wrong = [(call, found) for call, found in evidence.asked(forward) if found.fault is Fault.SHAPE]
    return explaining(evidence, wrong) if wrong and len(wrong) == len(raising) else []


def forward_of(call: Call) -> Call:
    """The call whose gradient a call asks for."""
    return replace(call, function=call.function.replace("backward", "forward"), arrays={"x": call.arrays["x"]})


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
    found = judged(full, RIGHT.answer(full))
    no_room = any(raises(error, hypothesis.answer, full) for error in (TooLarge, Undetermined))
    return no_room or (found is not None and hypothesis.foretells(found))


def padding_passes_gradients(evidence: Evidence, wrong: list[tuple[Call, Judged]], patterns: list[FailingCall]) -> bool:
    """Whether every wrong gradient, also of fresh calls, becomes right without those of windows wholly in padding."""
    if not all(healed_without_padding(evidence, call) for call, _ in wrong):
        return False
    answers = evidence.asked(fresh(evidence, patterns))
    return all(found.fault is Fault.NOTHING or healed_without_padding(evidence, call) for call, found in answers)


def healed_without_padding(evidence: Evidence, call: Call) -> bool:
    """Whether a call with windows wholly in padding is answered rightly if their gradients are zero."""
    if call.function not in BACKWARD:
        return False
    windows, dy = RIGHT.windows(meant(call, evidence.target.declared)), call.arrays["dy"].copy()
    empty = np.asarray(~windows.real.any(axis=-1)).reshape(windows.output)
    if not empty.any() or dy.shape[2:] != empty.shape:
        return False
    dy[..., empty] = 0
    found = evidence.ask(replace(call, arrays={**call.arrays, "dy": dy}))
    return found is not None and found.fault is Fault.NOTHING


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


def refused(evidence: Evidence, call: Call) -> bool:
    """Whether a target refuses a call."""
    return is_refusal(evidence.answer(call))


def is_refusal(answer: Answer) -> bool:
    """Whether a target raised an error and survived; dying or breaking the protocol is no refusal."""
    return answer.error is not None and answer.death is None


def wrong_answers(evidence: Evidence) -> list[tuple[Call, Judged]]:
    """The calls of failing cases that are answered wrongly; the target is started for each case while there is time."""
    runs = takewhile(lambda _: not evidence.ended, evidence.runs)
    return [(call, found) for run in runs for call, found in in_order(evidence, run)]


def in_order(evidence: Evidence, run: list[Call]) -> list[tuple[Call, Judged]]:
    """The calls of a case that a fresh start answers wrongly when they are made in order."""
    start = evidence.target.afresh()
    start.begin()
    answers = start.ask_all(run)
    found = []
    for call, answer in zip(run, answers, strict=False):
        seen = None if answer.error or answer.death else judged(meant(call, start.declared), answer.value)
        if seen is not None and seen.fault is not Fault.NOTHING:
            found.append((call, seen))
    return found


def last_calls(evidence: Evidence) -> list[Call]:
    """The last call of each failing case."""
    return [run[-1] for run in evidence.runs if run]


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


def hypotheses(wrong: list[tuple[Call, Judged]], names: Collection[str] = MISTAKES) -> list[Hypothesis]:
    """The variants of the named mistakes that reproduce all wrong answers."""
    function = wrong[0][0].function
    possible = (MISTAKES[name] for name in names if function in MISTAKES[name].functions)
    return [
        Hypothesis(mistake, answer)
        for mistake, answer in spread(possible, function)
        if all(fits(found, answer) is not Agreement.NOT for call, found in wrong if call.function in mistake.functions)
    ]


def spread(mistakes: Iterable[Mistake], function: str) -> list[tuple[Mistake, Prediction]]:
    """Mistakes paired with each of their answers; those about one axis come last, as a simpler one may say the same."""
    plain = [(mistake, answer) for mistake in mistakes for answer in mistake.answers]
    varied = [(m, variant) for m, answer in plain if isinstance(answer, Steps) for variant in answer.variants(function)]
    return [*plain, *sorted(varied, key=lambda pair: pair[1].only is not None)]


def tested(evidence: Evidence, found: list[Hypothesis], patterns: list[FailingCall]) -> list[Hypothesis]:
    """The hypotheses that hold on fresh cases, those that predict the wrong cells most precisely first."""
    for _, answer in evidence.asked(fresh(evidence, patterns) if found else ()):
        found = [each for each in found if each.test(answer)]
        if not found:
            break
    confirmed = [each for each in found if each.holds]
    best = max((each.precision for each in confirmed), default=0.0)
    close = [each for each in confirmed if each.precision >= NEARLY * best]
    return sorted(close, key=lambda each: (-round(each.precision, 2), each.missed))


def fresh(evidence: Evidence, patterns: list[FailingCall]) -> Iterator[Call]:
    """Fresh cases: neighbours of the failing one, then alternately the same with other numbers and cases of the law."""
    declared = evidence.target.declared
    for more in (overlapped, lengthened, resized, repadded):
        yield from more(patterns[0], declared)
    again = chain.from_iterable(map(repainted, distinct(patterns)))
    for pair in zip_longest(again, drawn(evidence.plan, declared, patterns[0])):
        yield from (call for call in pair if call is not None)


def distinct(patterns: list[FailingCall]) -> list[FailingCall]:
    """The patterns of the smallest and of the first failing call."""
    return patterns[:1] if len(patterns) == 1 else [patterns[0], patterns[-1]]


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
