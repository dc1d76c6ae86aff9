"""`poolproof replay`: the failing cases of a report tried again, and the calls that show its conventions made again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..contract import Unusable
from ..conventions import as_before, not_asked
from ..data.arrays import Json
from ..data.forms import UNREADABLE, Misfit
from ..data.storage import elsewhere
from ..data.text import cleaned, visible
from ..lawbook import LAWS
from ..lawbook.huge import EVERY, HUGE
from ..lawbook.huge import replay as huge_again
from ..results import Result, is_complete
from ..targets.loading import is_shipped
from ..targets.target import Target
from .reading import check_counterexample, no_report, targets_of
from .runner import NOT_ALONE
from .runner import replay as tried
from .session import Bench

Say = Callable[..., None]
"""Prints a line; of a pair, the text in the style that a verdict has."""


class Found(NamedTuple):
    """What a report has to be tried again: failures (target, law) and conventions (target, name, what was seen)."""

    failures: list[tuple[str, Json]]
    seen: list[tuple[str, str, Json]]

    @property
    def targets(self) -> list[str]:
        """The targets that would run, each once."""
        return list(dict.fromkeys([*(spec for spec, _ in self.failures), *(spec for spec, _, _ in self.seen)]))

    @property
    def foreign(self) -> list[str]:
        """Those that are no part of poolproof: programs, files, modules, and whatever has an interpreter of its own."""
        return [spec for spec in self.targets if not is_shipped(spec)]


def read(file: str) -> Found:
    """The failures and the conventions of a report. Raises Unusable."""
    targets = targets_of(file)
    found = Found(
        [(each["target"], law) for each in targets for law in each["laws"] if law["counterexample"]],
        [(each["target"], *item) for each in targets for item in each["conventions"].items()],
    )
    try:
        for spec, law in found.failures:
            if is_known(law) and is_whole(law):
                check_counterexample(law_of(law), law["counterexample"], f"{law['law']} on {spec}")
    except Misfit as misfit:
        raise no_report(file, misfit) from None
    return found


def law_of(entry: Json) -> str:
    """The law of an entry: a proof is named by its law, and after a slash the method by which it was proved."""
    return str(entry["law"]).partition("/")[0]


def is_known(entry: Json) -> bool:
    """Whether there is such a law, and a case to try it on: a convention that was expected has none."""
    return law_of(entry) in EVERY and "case" in entry["counterexample"]


def is_whole(entry: Json) -> bool:
    """Whether the case of an entry is complete, as far as it has the form of one."""
    case = entry["counterexample"]["case"]
    return not isinstance(case, dict) or is_complete(case)


def incomplete(entry: Json) -> str:
    """Why the case of an entry has not all its arrays."""
    gone = any(True for _ in elsewhere(entry["counterexample"]["case"]))
    return "the file with its arrays is not beside the report" if gone else "its case is too large for a report"


def replayed(found: Found, bench: Bench, other: str | None) -> Iterator[Result | str]:
    """For each failure what came of it, on the target it was seen on or another; words, where it cannot be tried."""
    for spec, law in found.failures:
        if not is_known(law):
            yield f"{law['law']} on {spec}: cannot be replayed, there is no such law here"
            continue
        if not is_whole(law):
            yield f"{law['law']} on {spec}: cannot be replayed, {incomplete(law)}"
            continue
        target = bench.target(other or spec)
        with readable(f"{law['law']} on {spec}: its case"):
            yield again(law_of(law), target, law["counterexample"], bench.request.memory)


def again(name: str, target: Target, found: Json, memory: int | None) -> Result:
    """A law tried again on the case of a counterexample; `memory`: bytes that a process of the target may have."""
    if name in HUGE:
        return huge_again(HUGE[name], target, found, memory)
    return tried(LAWS[name], target, found)


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Raise Unusable for what has the right form, and yet is nothing that a law or a convention asks."""
    try:
        yield
    except UNREADABLE as error:
        raise Unusable(cleaned(f"{what} cannot be tried: {type(error).__name__}: {error}")) from None


def outcome(result: Result, known: str = "") -> tuple[tuple[str, str], str]:
    """What came of a failure: a line, with the verdict as its style, and the message unless the failure is known."""
    if result.verdict == "holds":
        words = result.reason or "holds now"
    else:
        words = f"still {result.verdict}" if result.failed else result.verdict
        words += f", {result.reason}" if result.reason else ""
    text = cleaned(f"{result.law} on {result.target}: {words}{f', known: {known}' if known and result.failed else ''}")
    # The message may be the report's own.
    told = result.message.split("\n") if result.failed and not known else []
    return (text, result.verdict), "".join(f"\n{printable(line)}" for line in told)


def printable(line: str) -> str:
    """A line of a message, in full."""
    return "".join(map(visible, line))


def replay_conventions(found: Found, bench: Bench, other: str | None, say: Say) -> None:
    """Say which conventions are answered otherwise, and which cannot be asked of a target."""
    changed = asked = 0
    for spec, name, seen in found.seen:
        target = bench.target(other or spec)
        with readable(f"{name} on {spec}: its evidence"):
            if reason := not_asked(name, target, seen):
                say(cleaned(f"{name} on {target.spec}: cannot be replayed, {reason}"))
                continue
            asked += 1
            if not as_before(target, seen):
                changed += 1
                say(cleaned(f"{name} on {spec}: answers otherwise now"))
    if found.seen:
        say(f"{asked} conventions replayed: {changed} answer otherwise")


def replay(found: Found, bench: Bench, other: str | None, say: Say) -> int:
    """Say what came of each failure, and which conventions are answered otherwise; 1 if anything still fails."""
    still = unclear = 0
    for (_, law), result in zip(found.failures, replayed(found, bench, other), strict=True):
        still += isinstance(result, Result) and result.failed
        unclear += isinstance(result, Result) and result.reason == NOT_ALONE
        known = law["reason"] if law["verdict"] == "known" else ""
        say(*outcome(result, known)) if isinstance(result, Result) else say(cleaned(result))
    replay_conventions(found, bench, other, say)
    others = f", {unclear} did not repeat in a fresh process" if unclear else ""
    failures = len(found.failures)
    say(f"{failures} replayed: {still} still fail{others}" if failures else "the report has no failures to replay")
    return 1 if still else 0
