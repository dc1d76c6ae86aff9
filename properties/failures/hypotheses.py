"""Mistakes as hypotheses: which reproduce all wrong answers, and hold on fresh cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ..targets.call import Call
from .evidence import Evidence
from .fresh import FailingCall, drawn, lengthened, overlapped, repadded, repainted, resized
from .judging import Agreement, Fault, Judged, attempted, contradicted, fits, raises
from .mistakes import MISTAKES, Scope
from .mistakes.mistake import Mistake, Prediction
from .mistakes.steps import Steps, Undetermined

CONFIRMED = 3
"""Fresh cases on which a target must be wrong as a mistake predicts before the mistake is named."""

MOSTLY = 0.5
"""A mistake with at least this precision is named; below it, what the answer depends on comes first."""

LEAST = 0.03
"""The least precision: a mistake that predicts far more wrong cells than there are agrees with them by chance."""

NEARLY = 0.9
"""Mistakes are named beside the best if their precision is this fraction of its; torn ones need this precision."""


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


def names_of(found: list[Hypothesis], least: float = 0.0) -> list[str]:
    """The names of the mistakes behind hypotheses of at least this precision, each once."""
    return list(dict.fromkeys(each.mistake.name for each in found if each.precision >= least))
