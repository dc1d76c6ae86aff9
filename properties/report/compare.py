"""Two reports compared: which causes of failures are new, fixed or still there, and what was not tried in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from ..data.text import cleaned
from ..results import FAILURES, Report, Result
from ..run.causes import Cause, causes_of
from .markdown import block, code

NEW, FIXED, STILL, UNDECIDED = "new", "fixed", "still failing", "undecided"
KINDS = (NEW, FIXED, STILL, UNDECIDED)

if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[KINDS]


class Change(Struct, frozen=True, kw_only=True):
    """The change of one cause on one target: the laws that fail for it, or did, with the headline of a failure.

    `notes`: why it is undecided, law by law.
    """

    kind: Kind
    target: str
    cause: str
    laws: list[str]
    message: str
    notes: list[str] = []


class Untried(Struct, frozen=True, kw_only=True):
    """Laws with a verdict in one report but not in the other, which `report` names (`old` or `new`)."""

    report: Literal["old", "new"]
    target: str
    laws: list[str]


class Comparison(Struct, frozen=True, kw_only=True):
    """All changes, and what could not be compared."""

    changes: list[Change]
    untried: list[Untried]

    @property
    def status(self) -> int:
        """The exit status: 1 if there are new causes."""
        return int(any(change.kind == NEW for change in self.changes))


def compared(old: Report, new: Report) -> Comparison:
    """The changes between two reports. A target is the same in both if it was given by the same name."""
    before, after = results_of(old), results_of(new)
    changes = [change(cause, before, after) for cause in causes_of([*failures(before), *failures(after)])]
    return Comparison(
        changes=sorted(changes, key=lambda each: KINDS.index(each.kind)),
        untried=[*untried("old", before, after), *untried("new", after, before)],
    )


Results = dict[tuple[str, str], Result]
"""Results by target and law."""


def results_of(report: Report) -> Results:
    """The results of a report."""
    return {(each.target, law.law): law.result(each.target) for each in report.targets for law in each.laws}


def failures(results: Results) -> list[Result]:
    """The failures. An outdated entry of known failures is a law that passes."""
    return [result for result in results.values() if result.verdict in FAILURES]


def change(cause: Cause, before: Results, after: Results) -> Change:
    """The change of a cause that has failures of both reports."""
    was = [each for each in cause.results if each is before.get((each.target, each.law))]
    now = [each for each in cause.results if each is after.get((each.target, each.law))]
    latest = Cause(now or was, cause.mistakes, cause.needs)
    notes = [] if now else [note for each in was if (note := why_undecided(each, after))]
    return Change(
        kind=(STILL if was else NEW) if now else (UNDECIDED if notes else FIXED),
        target=cause.target,
        cause=latest.name,
        laws=latest.laws,
        message=latest.clearest.message.partition("\n")[0],
        notes=notes,
    )


def why_undecided(failure: Result, after: Results) -> str:
    """Why it is unknown whether a failure that did not recur is fixed; empty if its law passes now."""
    now = after.get((failure.target, failure.law))
    if now is None or now.untried:
        return f"{failure.law} was not tried"
    if now.verdict == "holds":
        return f"{failure.law} was not tried to the end" if now.partial else ""
    return f"{failure.law} fails for another cause" if now.verdict in FAILURES else f"{failure.law} is known to fail"


def untried(report: Literal["old", "new"], its: Results, others: Results) -> Iterator[Untried]:
    """The laws without a verdict in one report that have one in the other."""
    missing: dict[str, list[str]] = {}
    for (target, law), result in others.items():
        if was_tried(result) and not was_tried(its.get((target, law))):
            missing.setdefault(target, []).append(law)
    return (Untried(report=report, target=target, laws=laws) for target, laws in missing.items())


def was_tried(result: Result | None) -> bool:
    """Whether a law has a verdict."""
    return result is not None and not result.untried


# In words.


def as_lines(found: Comparison, files: dict[str, str]) -> list[str]:
    """A comparison as text; `files`: the names of the `old` and the `new` report."""
    lines = []
    for each in found.changes:
        lines += [cleaned(f"{each.kind}: {each.cause} in {each.target} ({', '.join(each.laws)})")]
        lines += [f"    {cleaned(text)}" for text in (each.message, *each.notes)]
    for missing in found.untried:
        lines += [cleaned(f"not tried in {files[missing.report]}: {', '.join(missing.laws)} of {missing.target}")]
    return [*lines, tally(found)]


def tally(found: Comparison) -> str:
    """The number of causes of each kind."""
    counts = [(sum(each.kind == kind for each in found.changes), kind) for kind in KINDS]
    return ", ".join(f"{count} {kind}" for count, kind in counts if count or kind != UNDECIDED)


def as_markdown(found: Comparison, files: dict[str, str]) -> str:
    """A comparison as Markdown."""
    parts = ["## poolproof compare", f"**{tally(found)}**"]
    for each in found.changes:
        laws = ", ".join(map(code, each.laws))
        parts += [f"### {each.kind}: {code(each.cause)} in {code(each.target)}"]
        parts += [block("\n".join([each.message, *each.notes])), f"Laws: {laws}"]
    for missing in found.untried:
        laws = ", ".join(map(code, missing.laws))
        parts += [f"Not tried in {code(files[missing.report])}: {laws} of {code(missing.target)}"]
    return "\n\n".join(parts) + "\n"
