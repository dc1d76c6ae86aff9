"""The evidence of a failure: the target, its failing cases, and its answers to more calls within some time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from ..cases.plans import Plan
from ..targets.call import Answer, Call
from ..targets.target import Target
from .judging import Fault, Judged, judged, meant

SECONDS = 10.0
"""Seconds of work on fresh cases of a slow target. The few for a failure usually take a fraction of one."""


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


def refused(evidence: Evidence, call: Call) -> bool:
    """Whether a target refuses a call."""
    return is_refusal(evidence.answer(call))


def is_refusal(answer: Answer) -> bool:
    """Whether a target raised an error and survived; dying or breaking the protocol is no refusal."""
    return answer.error is not None and answer.death is None
