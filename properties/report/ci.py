"""Output for CI systems: the requested files, and what GitHub shows if it runs the job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..data.files import Output
from ..results import Result
from ..run.baseline import as_toml, baseline
from ..run.causes import causes_of
from ..run.request import Request
from .annotations import as_annotations
from .junit import as_junit
from .summary import add_to_step, as_summary


@dataclass
class Outcome:
    """A finished run: its results target by target, what each target calls itself, and the verdict in one line.

    `options`: those that a command needs, beyond the request's, to show a failure again.
    """

    request: Request
    results: list[Result]
    names: dict[str, str]
    verdict: str
    options: tuple[str, ...] = ()

    def outputs(self, files: dict[str, str | None]) -> list[Output]:
        """The requested files, by the names of their options."""
        return [
            ("--summary", files.get("summary"), self.summary),
            ("--junit", files.get("junit"), lambda: as_junit(self.request, self.results)),
            ("--write-known", files.get("write-known"), self.known),
        ]

    def for_github(self) -> Iterator[str]:
        """The lines to print for GitHub's runner. The summary is added to the page of the job."""
        yield from as_annotations(causes_of(self.results))
        yield from add_to_step(self.summary())

    def summary(self) -> str:
        """The summary in Markdown."""
        return as_summary(self.request, self.results, self.verdict, self.options)

    def known(self) -> str:
        """The list of known failures with which this run would pass."""
        return as_toml(baseline(self.results, self.names, self.request.known_failures()))
