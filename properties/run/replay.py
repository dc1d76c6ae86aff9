"""What a report has to try again, and its failing cases tried; `report/replayed.py` prints what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..contract import Unusable
from ..conventions import EXPECTED
from ..data.errors import UNREADABLE
from ..data.text import cleaned, received
from ..lawbook import LAWS
from ..lawbook.huge import EVERY, HUGE
from ..lawbook.huge import replay as huge_again
from ..results import Counterexample, LawReport, Result, Seen
from ..targets.loading import is_shipped
from ..targets.target import Target
from .reading import check_case, described, targets_of
from .runner import replay as tried
from .session import Session


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
