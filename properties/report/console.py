"""The output of `poolproof check`: each failure once, as soon as it is found; at the end the results and causes."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from enum import IntEnum
from typing import TextIO

from ..data.files import Output, unwritten
from ..data.storage import report_text
from ..drawings import grid
from ..results import Likeness, Report, Result
from ..run.causes import Cause
from ..run.events import (
    CampaignResumed,
    Event,
    RunBegun,
    TargetLikened,
    TargetLoaded,
    UnitExamined,
    UnitWidened,
    events,
)
from ..run.record import AT_FIRST, Record
from ..run.request import Request
from ..run.units import Unit
from ..targets.target import Target
from . import render
from .ci import Outcome
from .families import Families
from .page import page_of
from .progress import Progress
from .terminal import Styled, Terminal, headed

WARNING: Styled = ("warning: ", "warning")


class Detail(IntEnum):
    """How much is printed: only the verdict; failures and a line per family of laws; or a line per law."""

    QUIET = 0
    USUAL = 1
    FULL = 2


class Console:
    """Prints the events of a run, and writes its reports."""

    def __init__(self, request: Request, detail: Detail = Detail.USUAL, *, first_only: bool = False) -> None:
        self.record = Record(request)
        self.detail, self.first_only = detail, first_only
        self.terminal = Terminal(own_stdout(), to_the_end=True)
        self.progress = Progress(self.terminal if detail else None)
        self.families = Families(())
        self.width = 0  # of the names of the targets
        self.apart = False  # whether to print a blank line before what follows

    def say(self, *parts: Styled) -> None:
        """Print a line at once, unless only the verdict is wanted."""
        if self.detail:
            self.terminal.say(*parts)

    def watch(self, units: list[Unit], processes: int) -> None:
        """Run these units and print what happens, until the first failure if so asked, or until Ctrl-C."""
        request = self.record.request
        cases = render.quantity(request.examples, "case")
        self.say(f"poolproof {importlib.metadata.version('poolproof')}, seed {request.seed}, {cases} per law")
        try:
            with prints_aside(), self.progress:
                for event in events(request, units, processes):
                    self.hear(event)
                    if self.first_only and self.record.causes:
                        self.record.ended = AT_FIRST
                        break
        except KeyboardInterrupt:
            self.record.ended = "interrupted"

    def hear(self, event: Event) -> None:
        """Print an event."""
        cause = self.record.add(event)
        match event:
            case TargetLoaded(target):
                self.introduce(target)
            case TargetLikened(spec, likeness):
                self.liken(self.record.targets[spec].name, likeness)
            case RunBegun(units):
                self.families = Families(units)
                self.width = max((len(target.name) for target in self.record.targets.values()), default=0)
                self.progress.begin(self.record)
                self.apart = True
            case UnitExamined(result):
                self.judged(result, cause)
            case CampaignResumed(units):
                self.say(f"{render.quantity(units, 'unit')} done before")
                self.progress.begin_again(self.record)
            case UnitWidened(result):
                self.widened(result, cause)

    def introduce(self, target: Target) -> None:
        """Print what a target is."""
        for warning in target.warnings:
            self.say(WARNING, warning)
        self.say(render.declarations(target))
        for note in target.notes:
            self.say(f"note: {note}")

    def liken(self, name: str, likeness: Likeness) -> None:
        """Print how many conventions of another target are pinned; with full detail also why others are not."""
        self.say(render.held_to(name, likeness))
        if self.detail is Detail.FULL:
            for convention, reason in likeness.left.items():
                self.say(f"  not pinned: {convention} ({reason})")

    def judged(self, result: Result, cause: Cause | None) -> None:
        """Print a result: its own line or its family's, and its failure unless a similar one was printed before."""
        self.progress.show(self.record)
        line = self.families.add(result)
        if self.detail is Detail.FULL:
            line = self.line(result)
        if cause:
            self.show(result)
        if line:
            self.say(*["\n"] * self.apart, *line)
            self.apart = False

    def widened(self, result: Result, cause: Cause | None) -> None:
        """Print a failure that another seed has found, and at intervals the progress of a campaign."""
        self.progress.show(self.record)
        if cause:
            self.show(result)
        if told := self.progress.due(self.record):
            self.say(*["\n"] * self.apart, told)
            self.apart = False

    def show(self, result: Result) -> None:
        """Print a failure, with its picture."""
        self.say("\n", *headed(render.failure(result)))
        self.draw(result)
        self.apart = True

    def draw(self, result: Result) -> None:
        """Print the picture of a failure, if it has one."""
        found = result.counterexample
        for text in grid.lines(found, self.terminal.encoding) if found else ():
            self.say("    ", text)

    def line(self, result: Result) -> list[Styled]:
        """The line of a law on a target."""
        done, total = len(self.record.results), str(len(self.record.units))
        return [
            f"[{done:{len(total)}}/{total}] ",
            *render.line(result, self.record.targets[result.target].name, self.width),
        ]

    def finish(self, files: dict[str, str | None]) -> int:
        """Print the findings, write the reports, and return the exit status."""
        results = self.record.complete()
        self.tell(results)
        outcome = Outcome(self.record.request, results, self.record.names(), self.verdict(results))
        outputs = [*self.outputs(files, results), *outcome.outputs(files)]
        complaints = [*self.record.refused.values(), *self.record.errors, *unwritten(outputs)]
        for complaint in dict.fromkeys(complaints):
            self.terminal.say(f"\n{complaint}")
        if self.record.ended and not self.record.targets:
            self.say("interrupted while targets were loaded")
        for warning in self.warnings():
            self.say("\n", WARNING, warning)
        interrupted = self.record.ended == "interrupted"
        status = render.exit_status(results, interrupted=interrupted, unusable=bool(complaints))
        for line in outcome.for_github():
            self.terminal.say(line)
        self.say()
        self.terminal.say((outcome.verdict, "broken" if status else "holds"))
        return status

    def verdict(self, results: list[Result]) -> str:
        """The last line: how much was tried, and the outcome."""
        judged = render.last_line(results, self.record.partial()) if results else "nothing was tried"
        return f"{judged}; {len(self.record.refused)} could not be judged" if self.record.refused else judged

    def tell(self, results: list[Result]) -> None:
        """Print what follows the laws: with full detail the conventions and the cases reached; then the causes."""
        for title, lines in self.sections(results).items():
            if lines:
                self.say("\n", (title, "title"))
                for text in lines:
                    self.say("  ", text)

    def outputs(self, files: dict[str, str | None], results: list[Result]) -> list[Output]:
        """The files to write."""

        def made() -> Report:
            r = self.record
            return render.document(r.request, r.targets, results, r.partial(), likeness=r.likeness, refused=r.refused)

        file = files.get("json")
        return [("--json", file, lambda: report_text(str(file), made)), page_of(made, files.get("html"), file)]

    def warnings(self) -> list[str]:
        """Warnings, repeated at the end where they are seen: near misses, and known failures not met."""
        return [*self.record.warnings(), *self.record.known_complaints()]

    def sections(self, results: list[Result]) -> dict[str, list[str]]:
        """The lines printed after the laws, by title."""
        names, causes = self.record.names(), render.causes(self.record.all_causes(), self.record.names())
        if self.detail is not Detail.FULL:
            return {"causes": causes}
        reached = render.cases_reached(results)
        return {
            "conventions": [*render.conventions(results, names), *render.varying(results, names)],
            "cases reached": [*reached, f"digest {render.cases_digest(results)}"] if reached else [],
            "causes": causes,
        }


def own_stdout() -> TextIO:
    """A stream to the present standard output, whatever happens to its descriptor later."""
    try:
        sys.stdout.flush()
        encoding = sys.stdout.encoding or "utf-8"
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=encoding, errors="backslashreplace")
    except (OSError, ValueError, AttributeError):
        return sys.stdout


@contextlib.contextmanager
def prints_aside() -> Iterator[None]:
    """Redirect to standard error what targets in this process print."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
