"""`poolproof replay`: try the failing cases of a report again, and make the calls that show its conventions again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..contract import Unusable
from ..conventions import EXPECTED, as_before, not_asked
from ..data.errors import UNREADABLE
from ..data.text import cleaned, received, visible
from ..lawbook import LAWS
from ..lawbook.huge import EVERY, HUGE
from ..lawbook.huge import replay as huge_again
from ..results import Counterexample, LawReport, Result, Seen
from ..targets.loading import is_shipped
from ..targets.target import Target
from .reading import check_case, described, targets_of
from .runner import replay as tried
from .session import Session

Say = Callable[..., None]
"""Prints a line; for a pair, the text in the style of a verdict."""


class Failed(NamedTuple):
    """A law of a report that failed on a target."""

    target: str
    law: LawReport
    found: Counterexample

    @property
    def name(self) -> str:
        """The law to try; for a proof, the law that it proves."""
        return self.law.about or self.law.law

    @property
    def title(self) -> str:
        """The beginning of lines about it."""
        return f"{self.law.law} on {self.target}"

    @property
    def hindrance(self) -> str:
        """Why it cannot be tried again; empty if it can."""
        if self.name in EXPECTED:
            tried = f"--like {self.law.like}" if self.law.like else f"--expect '{self.name}'"
            return f"a pinned convention has no case: check {tried} tries it"
        if self.name not in EVERY or not self.found.case:
            return "there is no such law here"
        if self.found.case.complete:
            return ""
        gone = self.found.case.elsewhere
        return "the file with its arrays is not beside the report" if gone else "its case is too large for a report"


class Replayable(NamedTuple):
    """What a report has to try again: failures, and conventions (target, name, what was seen)."""

    failures: list[Failed]
    seen: list[tuple[str, str, Seen]]

    @property
    def targets(self) -> list[str]:
        """The targets that would run, each once."""
        return list(dict.fromkeys([*(each.target for each in self.failures), *(spec for spec, _, _ in self.seen)]))

    @property
    def foreign(self) -> list[str]:
        """The targets outside poolproof: programs, files, modules, and those with an interpreter of their own."""
        return [spec for spec in self.targets if not is_shipped(spec)]


def read(file: str) -> Replayable:
    """The failures and the conventions of a report. Raises Unusable."""
    failures: list[Failed] = []
    seen: list[tuple[str, str, Seen]] = []
    for target in targets_of(file):
        spec = received(target.target)
        failures += [Failed(spec, law, law.counterexample) for law in target.laws if law.counterexample]
        seen += [(spec, *item) for item in target.conventions.items()]
    with described(file):
        for each in failures:
            if each.found.case and not each.hindrance:
                check_case(each.name, each.found.case, each.found.earlier_calls or [], each.title)
    return Replayable(failures, seen)


def replayed(found: Replayable, session: Session, other: str | None) -> Iterator[Result | str]:
    """The new result of each failure, on its own target or another; or words about why it cannot be tried."""
    for each in found.failures:
        if each.hindrance:
            yield f"{each.title}: cannot be replayed, {each.hindrance}"
            continue
        target = session.target(other or each.target)
        with readable(f"{each.title}: its case"):
            yield again(each.name, target, each.found, session.request.memory)


def again(name: str, target: Target, found: Counterexample, memory: int | None) -> Result:
    """The result of a law on the case of a counterexample; `memory`: bytes that a target's process may have."""
    if name in HUGE:
        return huge_again(HUGE[name], target, found, memory)
    return tried(LAWS[name], target, found)


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Raise Unusable about well-formed data that no law or convention can use."""
    try:
        yield
    except UNREADABLE as error:
        raise Unusable(cleaned(f"{what} cannot be tried: {type(error).__name__}: {error}")) from None


def outcome(result: Result, known: str = "") -> tuple[tuple[str, str], str]:
    """The outcome of a failure: a line styled by its verdict, and the message unless the failure is known."""
    if result.verdict == "holds":
        words = result.reason or "holds now"
    else:
        words = f"still {result.verdict}" if result.failed else result.verdict
        words += f", {result.reason}" if result.reason else ""
    text = cleaned(f"{result.law} on {result.target}: {words}{f', known: {known}' if known and result.failed else ''}")
    # The message may come from the report itself.
    told = result.message.split("\n") if result.failed and not known else []
    return (text, result.verdict), "".join(f"\n{printable(line)}" for line in told)


def printable(line: str) -> str:
    """A line of a message, in full and safe to print."""
    return "".join(map(visible, line))


def replay_conventions(found: Replayable, session: Session, other: str | None, say: Say) -> None:
    """Print which conventions changed, and which cannot be tried on a target."""
    changed = asked = 0
    for spec, name, seen in found.seen:
        target = session.target(other or spec)
        with readable(f"{name} on {spec}: its evidence"):
            if reason := not_asked(name, target, seen):
                say(cleaned(f"{name} on {target.spec}: cannot be replayed, {reason}"))
                continue
            asked += 1
            if not as_before(target, seen):
                changed += 1
                say(cleaned(f"{name} on {target.spec}: answers otherwise now"))
    if found.seen:
        say(f"{asked} conventions replayed: {changed} answer otherwise")


def replay(found: Replayable, session: Session, other: str | None, say: Say) -> int:
    """Print the outcome of each failure, and which conventions changed. Returns 1 if anything still fails."""
    still = unclear = 0
    for each, result in zip(found.failures, replayed(found, session, other), strict=True):
        still += isinstance(result, Result) and result.failed
        unclear += isinstance(result, Result) and result.verdict == "holds" and each.found.lost
        known = each.law.reason if each.law.verdict == "known" else ""
        say(*outcome(result, known)) if isinstance(result, Result) else say(cleaned(result))
    replay_conventions(found, session, other, say)
    others = f", {unclear} did not repeat in a fresh process" if unclear else ""
    failures = len(found.failures)
    say(f"{failures} replayed: {still} still fail{others}" if failures else "the report has no failures to replay")
    return 1 if still else 0
