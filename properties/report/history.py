"""Many reports in the order of their runs: verdicts by law and version, and when each cause came and went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from ..data.text import cleaned
from ..results import Report
from ..run.causes import Cause, causes_of
from ..run.units import CONVENTIONS_ITEM
from .compare import Results, failures, results_of, why_undecided
from .markdown import cell, code, table
from .matrix import NOTHING

Event = Literal["there", "came", "went", "came back"]

SAID: dict[Event, str] = {
    "there": "there from the first report on, {}",
    "came": "came in {}",
    "went": "went in {}",
    "came back": "came back in {}",
}


class Step(Struct, frozen=True):
    """What happened to a cause in a report, which `at` names."""

    event: Event
    at: str


class Past(Struct, frozen=True, kw_only=True):
    """One cause on one target: the laws that ever failed for it, which reports have it, and when it came and went.

    `there`: for each report whether it has the cause; None if unknown.
    """

    cause: str
    laws: list[str]
    there: list[bool | None]
    steps: list[Step]


class TargetHistory(Struct, frozen=True, kw_only=True):
    """One target: the reports that have it, what each says of every law, and the causes of all failures."""

    target: str
    reports: list[str]
    verdicts: dict[str, list[str]]
    causes: list[Past]


def history_of(reports: Sequence[Report], files: Sequence[str]) -> list[TargetHistory]:
    """The history of every target, as given, over reports in the order of their runs."""
    specs = dict.fromkeys(target.target for report in reports for target in report.targets)
    return [of_target(spec, reports, files) for spec in specs]


def of_target(spec: str, reports: Sequence[Report], files: Sequence[str]) -> TargetHistory:
    """The history of one target."""
    found = [
        (f"{target.version} ({file})" if target.version else file, of_one(results_of(report), spec))
        for report, file in zip(reports, files, strict=True)
        for target in report.targets
        if target.target == spec
    ]
    names, results = [name for name, _ in found], [each for _, each in found]
    laws = dict.fromkeys(law for each in results for _, law in each if law != CONVENTIONS_ITEM)
    causes = causes_of(failure for each in results for failure in failures(each))
    return TargetHistory(
        target=spec,
        reports=names,
        verdicts={law: [verdict(each, spec, law) for each in results] for law in laws},
        causes=[past(cause, results, names) for cause in causes],
    )


def of_one(results: Results, spec: str) -> Results:
    """The results of one target."""
    return {key: result for key, result in results.items() if key[0] == spec}


def verdict(results: Results, spec: str, law: str) -> str:
    """The verdict on a law in a report, or a mark for none."""
    result = results.get((spec, law))
    return "-" if result is None else NOTHING.get(result.verdict, result.verdict)


def past(cause: Cause, reports: Sequence[Results], names: Sequence[str]) -> Past:
    """When a cause came and went."""
    seen = [is_there(cause, results) for results in reports]
    return Past(cause=cause.name, laws=list(dict.fromkeys(cause.laws)), there=seen, steps=list(steps(seen, names)))


def is_there(cause: Cause, results: Results) -> bool | None:
    """Whether a report has a cause; None if unknown, because a law that failed for it was not tried."""
    own = [id(result) for result in results.values()]
    if any(id(failure) in own for failure in cause.results):
        return True
    return None if any(why_undecided(failure, results) for failure in cause.results) else False


def steps(seen: Sequence[bool | None], names: Sequence[str]) -> Iterator[Step]:
    """The changes from report to report; a report in which the cause is unknown changes nothing."""
    before: bool | None = None
    came = False
    for number, (there, name) in enumerate(zip(seen, names, strict=True)):
        if there and not before:
            yield Step("came back" if came else "came" if number else "there", name)
        elif before and there is False:
            yield Step("went", name)
        came |= bool(there)
        before = before if there is None else there


# In words.


def changing(target: TargetHistory) -> dict[str, list[str]]:
    """The laws that not every report passes or leaves out."""
    return {law: said for law, said in target.verdicts.items() if not set(said) <= {"holds", "-"}}


def told(each: Past) -> str:
    """When a cause came and went, in a line."""
    return "; ".join(SAID[step.event].format(step.at) for step in each.steps)


def rest(target: TargetHistory) -> str:
    """How many other laws there are, which hold wherever tried; empty if there are none."""
    others = len(target.verdicts) - len(changing(target))
    return f"{others} {'other law holds' if others == 1 else 'other laws hold'} wherever tried" if others else ""


def as_lines(found: Sequence[TargetHistory]) -> Iterator[str]:
    """Histories as text."""
    for target in found:
        yield cleaned(f"{target.target}: {', '.join(target.reports)}")
        width = max(map(len, changing(target)), default=0)
        columns = [max(map(len, said)) for said in zip(*changing(target).values(), strict=True)]
        for law, said in changing(target).items():
            cells = "  ".join(f"{each:{column}}" for each, column in zip(said, columns, strict=True))
            yield cleaned(f"  {law:{width}}  {cells}".rstrip())
        if rest(target):
            yield f"  {rest(target)}"
        for each in target.causes:
            yield cleaned(f"  {each.cause} ({', '.join(each.laws)}): {told(each)}")


def as_markdown(found: Sequence[TargetHistory]) -> str:
    """Histories as Markdown."""
    parts = ["## poolproof history"]
    for target in found:
        rows = [[cell(law), *map(cell, said)] for law, said in changing(target).items()]
        parts += [f"### {code(target.target)}", table(["law", *map(cell, target.reports)], rows)]
        parts += [rest(target)] if rest(target) else []
        for each in target.causes:
            when = "; ".join(SAID[step.event].format(code(step.at)) for step in each.steps)
            parts += [f"{code(each.cause)} ({', '.join(map(code, each.laws))}): {when}"]
    return "\n\n".join(parts) + "\n"
