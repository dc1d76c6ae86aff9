"""One law on one target: try cases, shrink what fails, and say what was found. Knows nothing of pytest or reports.

Hypothesis makes smaller what fails, and keeps that for the next run. It is loaded when there is something for it to do.
"""

from __future__ import annotations

import time
import warnings
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .arrays import Json, answer_as_json
from .failures import Failure, Refused
from .keep import InHand
from .lawbook import Law
from .messages import describe
from .pool import Pool
from .results import Result, call_as_json, call_from_json, case_from_json, fits, stored
from .shrink import smallest
from .strategies.cases import Case, is_declared, permitted
from .strategies.drawing import account, drawn
from .target import Call, InProcess, Target, outside

SHRINKING = {"broken": 20.0, "raised": 20.0, "crashed": 15.0, "hung": 15.0}
"""Seconds that shrinking one failure may take."""

DEATHS = ("crashed", "hung")

AGAIN = {"crashed": 3.0, "hung": 0.0}
"""The same for a target that has died, or hung, in other laws before."""

ONCE = "differs between calls"
"""The note on a failure that did not come back."""

ALONE = "a fresh {start} did not repeat this: it depends on calls made before"
"""The note on a failure that comes back only after other calls."""

NOT_ALONE = "did not repeat in a fresh process; it needs earlier calls"
"""What a replay says of such a failure."""

REPLAYS = 200
"""How often the case of such a failure is tried again in a replay."""


@dataclass(frozen=True)
class Settings:
    """How much to try: cases a law, the seed they come from, an absolute end in seconds since the epoch.

    `database`, a folder, and `in_hand` keep failing cases, and the one that is tried; `deadly`: verdicts of deaths seen
    before; `brief`: failures are known, and not made smaller.
    """

    examples: int = 100
    seed: int = 0
    end: float | None = None
    database: Path | None = None
    in_hand: InHand | None = None
    deadly: tuple[str, ...] = ()
    brief: bool = False


class OutOfTime(BaseException):
    """Passes through Hypothesis, which would shrink an Exception."""


class Died(BaseException):
    """So does this: a death costs a process, and whole parts cut off are worth more than bytes made smaller."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the midst of a law, with the result so far."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class Trial:
    """The function that is called with each case, and what it has seen."""

    def __init__(self, law: Law, target: Target, settings: Settings) -> None:
        self.law, self.pool, self.end, self.in_hand = law, Pool(target), settings.end, settings.in_hand
        again = {verdict: AGAIN[verdict] for verdict in settings.deadly}
        self.shrinking = dict.fromkeys(SHRINKING, 0.0) if settings.brief else {**SHRINKING, **again}
        self.tried = self.refused = self.digest = 0
        self.reached: Counter[str] = Counter()
        self.first: tuple[Failure, Json] | None = None
        self.first_case: Case | None = None
        self.last: tuple[Failure, Case] | None = None

    def __call__(self, case: Case) -> None:
        """Try the law on one case."""
        if self.over():
            raise OutOfTime
        if self.first is None:
            self.count(case)
        try:
            self.attempt(case)
        except Failure as failure:
            raise Died if failure.verdict in DEATHS else failure from None

    def over(self) -> bool:
        """Whether the time for trying, or for making a failure smaller, has ended."""
        return self.end is not None and time.time() >= self.end

    def count(self, case: Case) -> None:
        """Keep account of a case, until the first failure."""
        self.tried += 1
        names, checksum = account(case)
        self.reached.update(names)
        self.digest = zlib.crc32(checksum, self.digest)

    def account(self) -> dict[str, Any]:
        """What a result has of all cases until the first failure."""
        return {
            "examples": self.tried,
            "refused": self.refused,
            "digest": self.digest,
            "reached": dict(self.reached),
        }

    def attempt(self, case: Case) -> None:
        """Ask the law, and remember how it failed."""
        self.pool.begin()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.law.check(self.pool, case)
        except Refused:
            self.refused += self.first is None
        except Failure as failure:
            self.last = failure, case
            if self.first is None:
                self.first, self.first_case = (failure, self.counterexample(failure, case)), case
                self.end = min(self.end or float("inf"), time.time() + self.shrinking[failure.verdict])
                self.pool.target.hurry(failure.verdict)
            raise

    def fails(self, case: Case) -> bool:
        """Whether the law fails on a case with the verdict it failed with before."""
        if self.last is None or self.over():
            return False
        before = self.last
        try:
            self.attempt(case)
        except Failure as failure:
            if failure.verdict == before[0].verdict:
                return True
        self.last = before
        return False

    def counterexample(self, failure: Failure, case: Case) -> Json:
        """A failure as JSON, with the calls made for its case."""
        call = failure.call % len(self.pool.calls) if self.pool.calls else 0
        return {
            "failing_call": call,
            "expected": data(failure.expected, failure.where),
            "got": data(failure.got, failure.where),
            "where": None if failure.where is None else list(failure.where),
            "message": describe(failure, self.pool.calls),
            **stored(self.pool.calls, case),
        }


def run(law: Law, target: Target, settings: Settings) -> Result:
    """Try a law on a target; the verdict, with the shrunk counterexample if it fails."""
    began = time.perf_counter()
    reason = law.unsupported(target.declared, target.offers, target.evidence)
    if reason:
        return Result(target.spec, law.name, "unsupported", reason)
    trial = Trial(law, target.fresh(), settings)
    try:
        result = with_all_callables(judged(trial, settings), trial, settings)
    except KeyboardInterrupt:
        raise Interrupted(interrupted(trial, settings)) from None
    result.seconds = time.perf_counter() - began
    return result


def judged(trial: Trial, settings: Settings) -> Result:
    """What comes of a trial: first of the case that was in hand when the suite was killed, then of a search."""
    law, target = trial.law, trial.pool.target
    unfinished = repeats = False
    try:
        search(trial, settings)
    except OutOfTime:
        unfinished = True
    except Died:
        repeats = trial.over() or (trial.first_case is not None and trial.fails(trial.first_case))
    except Failure:
        repeats = True
    return conclude(trial, repeats or (unfinished and trial.first is not None), unfinished, settings)


def with_all_callables(result: Result, trial: Trial, settings: Settings) -> Result:
    """A result whose counterexample, if there is one, names every callable for which the law fails."""
    found, first = result.counterexample, trial.first_case
    if found is None or first is None:
        return result
    # A case may be shrunk to one of another callable.
    shown = found["case"]["function"]
    failing = {first.function, shown}
    failing |= failing_too(trial, settings, failing)
    named = [name for name in trial.law.plan.functions if name in failing]
    others = " and ".join(name for name in named if name != shown)
    note = f"\n    {trial.law.name} fails for {others} as well" if others else ""
    return replace(result, counterexample={**found, "callables": named, "message": found["message"] + note})


def failing_too(trial: Trial, settings: Settings, failing: set[str]) -> set[str]:
    """The other callables for which a law fails, in the time that shrinking one failure may take. None after a hang."""
    assert trial.first is not None
    law, target = trial.law, trial.pool.target
    left, verdict = set(law.plan.asked(target.declared, target.offers)) - failing, trial.first[0].verdict
    end = min(settings.end or float("inf"), time.time() + trial.shrinking[verdict])
    again, found = Trial(law, target.fresh(), replace(settings, end=end)), set[str]()
    for case in drawn(law, target.declared, target.offers, settings.examples, settings.seed) if left else ():
        if again.over() or verdict == "hung" or found == left:
            break
        if case.function in left - found and (failure := tried_again(again, case)):
            found.add(case.function)
            verdict = failure[0].verdict
    return found


def replay(law: Law, target: Target, found: Json) -> Result:
    """Try a law again on the case of a counterexample; repeatedly, if the answer differed between calls.

    Where a death needed the calls before it, all of them are made again in a new process.
    """
    if reason := law.unsupported(target.declared, target.offers, target.evidence):
        return Result(target.spec, law.name, "unsupported", reason)
    case = case_from_json(found["case"])
    if reason := undeclared(law, target, case):
        return Result(target.spec, law.name, "unsupported", reason)
    if found.get("sequence"):
        verdict = target.repeat(list(map(call_from_json, found["calls"])))
        return Result(target.spec, law.name, verdict or "holds", counterexample=found if verdict else None, examples=1)
    needs_others = found.get("earlier_calls", False)
    start = target.afresh() if needs_others else target.fresh()
    trial = Trial(law, start, Settings())
    for _ in range(REPLAYS if ONCE in found["message"] else 1):
        try:
            trial.attempt(case)
        except Failure as failure:
            again = {"seed": found["seed"], **trial.counterexample(failure, case)}
            return Result(target.spec, law.name, failure.verdict, counterexample=again, examples=trial.tried)
    return Result(target.spec, law.name, "holds", NOT_ALONE if needs_others else "", examples=trial.tried)


def undeclared(law: Law, target: Target, case: Case) -> str:
    """Why a case, perhaps found on another target, is not within what this one declares; empty if it is."""
    for function in (case.function, *law.plan.also):
        if reason := outside(target, case.call(function)):
            return reason
    return "" if is_declared(case, target.declared) else f"it declares ceil_rule={target.declared.ceil_rule!r}"


def search(trial: Trial, settings: Settings) -> None:
    """Try cases until one fails; raises that failure."""
    law, target = trial.law, trial.pool.target
    for case in drawn(law, target.declared, target.offers, settings.examples, settings.seed):
        trial(case)


def conclude(trial: Trial, repeats: bool, unfinished: bool, settings: Settings) -> Result:
    """The verdict on what a trial has seen."""
    seen, name, target = trial.account(), trial.law.name, trial.pool.target.spec
    if trial.first is not None:
        failure, found = minimal(trial) if repeats else once(trial)
        return Result(target, name, failure.verdict, counterexample={"seed": settings.seed, **found}, **seen)
    if trial.tried == 0:
        return Result(target, name, "not run", "its time was over before it began", partial=True)
    if trial.refused == trial.tried:
        return Result(target, name, "unsupported", "it refused every case", partial=unfinished, **seen)
    return Result(target, name, "holds", partial=unfinished, **seen)


def interrupted(trial: Trial, settings: Settings) -> Result:
    """What a law has seen when it was interrupted: a failure as it was first seen, or no verdict."""
    seen, name, target = trial.account(), trial.law.name, trial.pool.target.spec
    if trial.first is not None:
        failure, found = trial.first
        found = {"seed": settings.seed, **found}
        return Result(target, name, failure.verdict, partial=True, counterexample=found, **seen)
    return Result(target, name, "not run", f"interrupted after {trial.tried} cases", partial=True, **seen)


def minimal(trial: Trial) -> tuple[Failure, Json]:
    """The failure on the smallest case found, cut further where parts of it suffice."""
    assert trial.last is not None
    assert trial.first is not None
    law, declared = trial.law, trial.pool.target.declared
    case = smallest(
        trial.last[1],
        lambda part: permitted(part, law.plan, declared) and trial.fails(part),
        blank=trial.first[0].verdict in DEATHS,
    )
    found = trial.first if case is trial.first_case else tried_again(trial, case)
    if found is None:
        return noted(trial.first, f"{ONCE}: a smaller case, tried again, did not fail")
    return alone(trial, case, found)


def tried_again(trial: Trial, case: Case) -> tuple[Failure, Json] | None:
    """The failure on a case, tried once more; None if it does not fail."""
    # A hang was made smaller in a hurry; what is reported has had its full time.
    trial.pool.target.hurry("")
    try:
        trial.attempt(case)
    except Failure as failure:
        return failure, trial.counterexample(failure, case)
    return None


def alone(trial: Trial, case: Case, found: tuple[Failure, Json]) -> tuple[Failure, Json]:
    """The failure on a case if it needs no calls before it, or else the first failure if that needs none.

    If neither is repeated by a fresh start of the target, the failure says so. Where there is no time to make failures
    smaller, as for known ones, there is none to repeat them either.
    """
    assert trial.first is not None
    assert trial.first_case is not None
    if not trial.shrinking[found[0].verdict] or repeats_alone(trial, case, found[0].verdict):
        return found
    if case is not trial.first_case and repeats_alone(trial, trial.first_case, trial.first[0].verdict):
        return trial.first
    start = "instance" if isinstance(trial.pool.target, InProcess) else "process"
    return noted((found[0], {**found[1], "earlier_calls": True}), ALONE.format(start=start))


def repeats_alone(trial: Trial, case: Case, verdict: str) -> bool:
    """Whether a fresh start of the target fails on a case with this verdict."""
    again = Trial(trial.law, trial.pool.target.afresh(), Settings())
    try:
        again.attempt(case)
    except Failure as failure:
        return failure.verdict == verdict
    return False


def once(trial: Trial) -> tuple[Failure, Json]:
    """The first failure, which did not come back when the same case was tried again.

    A death may need all calls since its process started: they are made again, in a new process.
    """
    assert trial.first is not None
    failure, found = trial.first
    target = trial.pool.target
    if failure.verdict in DEATHS and target.fatal and target.repeat(target.fatal) == failure.verdict:
        calls = last_ones(target, failure.verdict)
        longer = {**found, "calls": list(map(call_as_json, calls)), "failing_call": len(calls) - 1, "sequence": True}
        note = f"needs the calls before it: {len(calls)} calls in a new process end it again"
        if fits(longer):
            return noted((failure, longer), note)
        return noted(trial.first, f"{note}, but they are too large for a report")
    return noted(trial.first, f"{ONCE}: the same case, tried again, gave another answer")


def noted(first: tuple[Failure, Json], note: str) -> tuple[Failure, Json]:
    """A failure with a line more."""
    return first[0], {**first[1], "message": f"{first[1]['message']}\n    {note}"}


def last_ones(target: Target, verdict: str) -> list[Call]:
    """As few of the last calls as still end the process, by halving; all of them for a hang, which takes its time."""
    calls = target.fatal
    while verdict == "crashed" and len(calls) > 1 and target.repeat(calls[len(calls) // 2 :]) == verdict:
        calls = calls[len(calls) // 2 :]
    return calls


def data(value: Any, where: tuple[int, ...] | None) -> Any:
    """An answer for the report: nested lists, or what stands for them if it is large; None for what is no array."""
    if not hasattr(value, "dtype"):
        return None
    answer = answer_as_json(value, where)
    return answer.get("data", answer)
