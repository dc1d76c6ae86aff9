"""A law that is tried on cases of one target: how much to try, and what is seen up to the first failure."""

from __future__ import annotations

import time
import warnings
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec import UNSET, structs

from ..cases.case import Case
from ..cases.drawing import account
from ..data.arrays import StoredArray, stored_answer
from ..data.typed import Nested
from ..failures.messages import describe
from ..failures.types import Failure, Refused
from ..lawbook import Law
from ..lawbook.pool import Pool
from ..results import Counterexample, stored
from ..targets.call import Call
from ..targets.target import Target
from .persistence import InHand, Kept
from .store import Borrowed

SHRINKING = {"broken": 20.0, "raised": 20.0, "crashed": 15.0, "hung": 15.0}
"""Seconds that shrinking one failure may take, and again the search for the earlier calls that it needs."""

AGAIN = {"crashed": 3.0, "hung": 0.0}
"""The same for a target that has died, or hung, in other laws before."""


@dataclass(frozen=True)
class TrialSettings:
    """How much to try: cases per law, the seed they come from, an absolute end in seconds since the epoch.

    `deadline`: the end of the whole run, before which a failure may be made smaller and explained even after `end`;
    `kept` and `in_hand` hold the failing cases of earlier runs, and the case that is being tried; `deadly`: verdicts of
    deaths seen before; `brief`: failures are known, and not made smaller; `patience`: seconds that making one smaller
    may take, if not as usual; `explain`: whether to look for the mistake behind a failure; `told`: the mistakes behind
    failures of other laws, by which a failure is not made smaller again.
    """

    examples: int = 100
    seed: int = 0
    end: float | None = None
    kept: Kept | Borrowed | None = None
    in_hand: InHand | None = None
    deadly: tuple[str, ...] = ()
    brief: bool = False
    patience: float | None = None
    explain: bool = True
    told: tuple[str, ...] = ()
    deadline: float | None = None

    def seconds(self, verdict: str) -> float:
        """How long a failure with this verdict may be made smaller."""
        if self.patience is not None:
            return self.patience
        return 0.0 if self.brief else AGAIN[verdict] if verdict in self.deadly else SHRINKING[verdict]

    def limit(self, verdict: str) -> float:
        """When making smaller what fails now should end."""
        return min(self.latest(), time.time() + self.seconds(verdict))

    def latest(self) -> float:
        """When work on a failure should end in any case: it leaves the other laws half of the time that the run has."""
        if self.deadline is None:
            return self.end or float("inf")
        now = time.time()
        return now + max(self.deadline - now, 0.0) / 2


class Found(NamedTuple):
    """A failure: the case and its calls, those made before it since the start of the target, and the counterexample."""

    failure: Failure
    case: Case
    calls: list[Call]
    earlier: list[Call]
    counterexample: Counterexample

    @property
    def verdict(self) -> str:
        """The word for it."""
        return self.failure.verdict

    def noted(self, *lines: str, **more: Any) -> Found:
        """The same with more lines in its message, and more said in its counterexample."""
        message = "\n".join([self.counterexample.message, *lines])
        return self._replace(counterexample=structs.replace(self.counterexample, message=message, **more))


class Trial:
    """A law that is tried on cases, and what was seen up to the first failure."""

    def __init__(self, law: Law, target: Target, settings: TrialSettings) -> None:
        self.law, self.pool, self.settings, self.end = law, Pool(target), settings, settings.end
        self.tried = self.refused = self.digest = 0
        self.reached: Counter[str] = Counter()
        self.found: Found | None = None

    def __call__(self, case: Case) -> bool:
        """Try a case, and count it; whether it fails."""
        self.tally(case)
        self.found = self.attempt(case)
        if self.found is not None:
            self.end = self.settings.limit(self.found.verdict)
            self.pool.target.hurry(self.found.verdict)
        return self.found is not None

    def over(self) -> bool:
        """Whether the time for trying, or for making a failure smaller, has ended."""
        return self.end is not None and time.time() >= self.end

    def tally(self, case: Case) -> None:
        """Keep account of a case."""
        self.tried += 1
        names, checksum = account(case)
        self.reached.update(names)
        self.digest = zlib.crc32(checksum, self.digest)

    def account(self) -> dict[str, Any]:
        """What a result has of all cases until the first failure."""
        reached = dict(self.reached)
        return {"examples": self.tried, "refused": self.refused, "digest": self.digest, "reached": reached}

    def failure(self, case: Case) -> Failure | None:
        """How the law fails on a case; None if it holds, or the target may refuse the case."""
        self.pool.begin()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.law.check(self.pool, case)
        except Refused:
            self.refused += self.found is None
        except Failure as failure:
            # Without the traceback, which would keep the arrays of every frame.
            return failure.with_traceback(None)
        return None

    def attempt(self, case: Case) -> Found | None:
        """How the law fails on a case, with all that a report has of it."""
        failure = self.failure(case)
        if failure is None:
            return None
        calls, earlier = list(self.pool.calls), self.pool.target.log.before()
        return Found(failure, case, calls, earlier, self.counterexample(failure, case))

    def fails(self, case: Case, verdict: str) -> bool:
        """Whether there is time left, and the law fails on a case with this verdict."""
        failure = None if self.over() else self.failure(case)
        return failure is not None and failure.verdict == verdict

    def counterexample(self, failure: Failure, case: Case) -> Counterexample:
        """A failure for the report, with the calls made for its case."""
        calls, made_of = stored(self.pool.calls, case)
        return Counterexample(
            seed=None,
            calls=calls,
            failing_call=failure.call % len(calls) if calls else 0,
            expected=data(failure.expected, failure.where),
            got=data(failure.got, failure.where),
            where=None if failure.where is None else list(failure.where),
            message=describe(failure, self.pool.calls),
            case=made_of,
        )


def data(value: Any, where: tuple[int, ...] | None) -> StoredArray | Nested:
    """An answer for the report: nested lists, or what stands for them if it is large; None for what is no array."""
    if not hasattr(value, "dtype"):
        return None
    answer = stored_answer(value, where)
    return answer if answer.data is UNSET else answer.data
