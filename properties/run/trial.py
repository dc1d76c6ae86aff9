"""A trial of a law on one target: how much to try, and everything seen up to the first failure."""

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
from .persistence import CurrentCaseFile, FailingCases
from .store import Borrowed

SHRINKING = {"broken": 20.0, "raised": 20.0, "crashed": 15.0, "hung": 15.0}
"""The seconds for shrinking one failure, and again for finding the earlier calls that it needs."""

AGAIN = {"crashed": 3.0, "hung": 0.0}
"""The same for a target that has died or hung in other laws."""


@dataclass(frozen=True)
class TrialSettings:
    """How much to try: cases per law, the seed they come from, the end in seconds since the epoch.

    `deadline`: the end of the whole run, until which a failure may be shrunk and explained even after `end`; `kept` and
    `in_hand` hold the failing cases of earlier runs, and the current case; `deadly`: verdicts of earlier deaths;
    `brief`: failures are known, and not shrunk; `patience`: seconds for shrinking one, if not as usual; `explain`:
    whether to look for the mistake behind a failure; `told`: the mistakes behind failures of other laws, which are not
    shrunk again.
    """

    examples: int = 100
    seed: int = 0
    end: float | None = None
    kept: FailingCases | Borrowed | None = None
    in_hand: CurrentCaseFile | None = None
    deadly: tuple[str, ...] = ()
    brief: bool = False
    patience: float | None = None
    explain: bool = True
    told: tuple[str, ...] = ()
    deadline: float | None = None

    def seconds(self, verdict: str) -> float:
        """The seconds for shrinking a failure with this verdict."""
        if self.patience is not None:
            return self.patience
        return 0.0 if self.brief else AGAIN[verdict] if verdict in self.deadly else SHRINKING[verdict]

    def limit(self, verdict: str) -> float:
        """When shrinking a failure that occurs now should end."""
        return min(self.latest(), time.time() + self.seconds(verdict))

    def latest(self) -> float:
        """The last time for work on a failure, which leaves half of the run's remaining time to other laws."""
        if self.deadline is None:
            return self.end or float("inf")
        now = time.time()
        return now + max(self.deadline - now, 0.0) / 2


class Found(NamedTuple):
    """A failure: the case and its calls, the calls made before it since the target's start, and the counterexample."""

    failure: Failure
    case: Case
    calls: list[Call]
    earlier: list[Call]
    counterexample: Counterexample

    @property
    def verdict(self) -> str:
        """The verdict of the failure."""
        return self.failure.verdict

    def noted(self, *lines: str, **more: Any) -> Found:
        """The failure with more lines in its message and more fields in its counterexample."""
        message = "\n".join([self.counterexample.message, *lines])
        return self._replace(counterexample=structs.replace(self.counterexample, message=message, **more))


class Trial:
    """A law, the cases tried so far, and its first failure."""

    def __init__(self, law: Law, target: Target, settings: TrialSettings) -> None:
        self.law, self.pool, self.settings, self.end = law, Pool(target), settings, settings.end
        self.tried = self.refused = self.digest = 0
        self.reached: Counter[str] = Counter()
        self.found: Found | None = None

    def __call__(self, case: Case) -> bool:
        """Try a case, count it, and return whether it fails."""
        self.tally(case)
        self.found = self.attempt(case)
        if self.found is not None:
            self.end = self.settings.limit(self.found.verdict)
            self.pool.target.hurry(self.found.verdict)
        return self.found is not None

    def over(self) -> bool:
        """Whether the time for trying, or for shrinking a failure, is up."""
        return self.end is not None and time.time() >= self.end

    def tally(self, case: Case) -> None:
        """Add a case to the counts."""
        self.tried += 1
        names, checksum = account(case)
        self.reached.update(names)
        self.digest = zlib.crc32(checksum, self.digest)

    def account(self) -> dict[str, Any]:
        """The counts of a result, over all cases until the first failure."""
        reached = dict(self.reached)
        return {"examples": self.tried, "refused": self.refused, "digest": self.digest, "reached": reached}

    def failure(self, case: Case) -> Failure | None:
        """The law's failure on a case, or None if it passes or the target may refuse the case."""
        self.pool.begin()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.law.check(self.pool, case)
        except Refused:
            self.refused += self.found is None
        except Failure as failure:
            # Dropped, as the traceback would keep the arrays of every frame alive.
            return failure.with_traceback(None)
        return None

    def attempt(self, case: Case) -> Found | None:
        """The law's failure on a case, with everything that a report needs."""
        failure = self.failure(case)
        if failure is None:
            return None
        calls, earlier = list(self.pool.calls), self.pool.target.log.before()
        return Found(failure, case, calls, earlier, self.counterexample(failure, case))

    def fails(self, case: Case, verdict: str) -> bool:
        """Whether there is time left and the law fails on a case with this verdict."""
        failure = None if self.over() else self.failure(case)
        return failure is not None and failure.verdict == verdict

    def counterexample(self, failure: Failure, case: Case) -> Counterexample:
        """The failure for the report, with the calls made for its case."""
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
    """An answer for the report: nested lists, or an abbreviation if it is large; None if it is not an array."""
    if not hasattr(value, "dtype"):
        return None
    answer = stored_answer(value, where)
    return answer if answer.data is UNSET else answer.data
