"""What `poolproof check` prints: progress while it runs, then failures, conventions and the cases reached."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from ..contract import Unusable
from ..data.files import Output, unwritten
from ..data.storage import report_text
from ..results import Report, Result
from ..run.dispatch import examined
from ..run.known import unmet
from ..run.request import Request
from ..run.session import Session
from ..run.units import plan
from . import render
from .terminal import Styled, Terminal, headed

WARNING: Styled = ("warning: ", "warning")


class Console:
    """Prints results as they come, and the report when all are there."""

    def __init__(self, request: Request, session: Session) -> None:
        self.request, self.session = request, session
        self.terminal = Terminal(own_stdout(), to_the_end=True)
        self.results: list[Result] = []
        self.usable: list[str] = []
        self.names: list[tuple[str, str]] = []
        self.interrupted = False
        self.complaints: list[str] = []
        self.refused: dict[str, str] = {}

    def say(self, *parts: Styled) -> None:
        """Print a line at once."""
        self.terminal.say(*parts)

    def begin(self) -> None:
        """Load every target, and say what is going to be tried."""
        version, cases = importlib.metadata.version("poolproof"), render.quantity(self.request.examples, "case")
        self.say(f"poolproof {version}, seed {self.request.seed}, {cases} per law")
        try:
            with prints_aside():
                for spec in dict.fromkeys(self.request.targets):
                    self.load(spec)
        except KeyboardInterrupt:
            self.interrupted = True
        # Examined law by law, reported target by target.
        asked = [unit.key for unit in plan(self.request) if unit.target in self.usable]
        self.names = sorted(asked, key=lambda unit: self.usable.index(unit[0]))
        self.say()

    def load(self, spec: str) -> None:
        """Load a target, and say what it is."""
        try:
            target = self.session.target(spec)
        except Unusable as error:
            self.complaints.append(str(error))
            self.refused[spec] = str(error)
            return
        self.usable.append(spec)
        for warning in target.warnings:
            self.say(WARNING, warning)
        self.say(render.declarations(target))
        for note in target.notes:
            self.say(f"note: {note}")

    def examine(self, processes: int) -> None:
        """Examine all units, and print each result as it comes."""
        units = [unit for unit in plan(self.request) if unit.target in self.usable]
        try:
            with prints_aside():
                for result in examined(self.request, units, min(processes, len(units)), self.complaints.append):
                    self.results.append(result)
                    self.progress(result)
        except KeyboardInterrupt:
            self.interrupted = True

    def progress(self, result: Result) -> None:
        """One line for one result."""
        width = max(len(self.session.loaded[spec].name) for spec in self.usable)
        total = len(self.names)
        self.say(
            f"[{len(self.results):{len(str(total))}}/{total}] ",
            *render.line(result, self.session.loaded[result.target].name, width),
        )

    def finish(self, file: str | None) -> int:
        """Print what was found, write the reports, and return the exit status."""
        done = {(result.target, result.law) for result in self.results}
        reason = "interrupted" if self.interrupted else "an error of the suite"
        missing = [Result(spec, law, "not run", reason) for spec, law in self.names if (spec, law) not in done]
        order = {unit: k for k, unit in enumerate(self.names)}
        results = sorted([*self.results, *missing], key=lambda result: order.get((result.target, result.law), -1))
        partial = bool(missing)
        self.tell(results)
        self.complaints += unwritten(self.outputs(file, results, partial))
        for complaint in self.complaints:
            self.say(f"\n{complaint}")
        if self.interrupted and not self.usable:
            self.say("interrupted while targets were loaded")
        for warning in self.warnings(results):
            self.say("\n", WARNING, warning)
        status = render.exit_status(results, interrupted=self.interrupted, unusable=bool(self.complaints))
        self.say()
        judged = render.last_line(results, partial) if results else "nothing was tried"
        judged += f"; {len(self.refused)} could not be judged" if self.refused else ""
        self.say((judged, "broken" if status else "holds"))
        return status

    def tell(self, results: list[Result]) -> None:
        """Print what follows the laws: failures, conventions, and the cases reached."""
        for block in render.failures(results):
            self.say()
            self.say(*headed(block))
        for title, lines in self.sections(results).items():
            if lines:
                self.say("\n", (title, "title"))
                for text in lines:
                    self.say("  ", text)

    def outputs(self, file: str | None, results: list[Result], partial: bool) -> list[Output]:
        """The files to write."""

        def made() -> Report:
            return render.document(self.request, self.session.loaded, results, partial)

        return [("--json", file, lambda: report_text(str(file), made))]

    def warnings(self, results: list[Result]) -> list[str]:
        """What deserves a second look, said once more where it is seen: near misses, and known failures not met."""
        near = [warning for spec in self.usable for warning in self.session.loaded[spec].warnings]
        names = {spec: target.name for spec, target in self.session.loaded.items()}
        idle = unmet(self.request.known_failures(), results, names) if self.request.laws == "*" else []
        return [*near, *(f"known failure {k.law} of {k.target!r} met no law of this run" for k in idle)]

    def sections(self, results: list[Result]) -> dict[str, list[str]]:
        """Conventions, and the cases reached, line by line."""
        names = {spec: target.name for spec, target in self.session.loaded.items()}
        reached = render.cases_reached(results)
        return {
            "conventions": [*render.conventions(results, names), *render.varying(results, names)],
            "cases reached": [*reached, f"digest {render.cases_digest(results)}"] if reached else [],
        }


def own_stdout() -> TextIO:
    """Standard output as it is now, whatever is done to its descriptor."""
    try:
        sys.stdout.flush()
        encoding = sys.stdout.encoding or "utf-8"
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=encoding, errors="backslashreplace")
    except (OSError, ValueError, AttributeError):
        return sys.stdout


@contextlib.contextmanager
def prints_aside() -> Iterator[None]:
    """What targets in this process print meanwhile goes to standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
