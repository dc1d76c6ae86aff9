"""A summary in Markdown, for the page of a CI job: the verdict, laws by cause, and each cause with its reproducer."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..data.files import reason
from ..data.text import shown
from ..results import Result
from ..run.causes import Cause, causes_of
from ..run.request import Request
from ..targets.loading import COMMAND
from .markdown import block, cell, code, table

MOST_CAUSES = 20
"""The most causes shown in full: GitHub takes a page of 1 MiB."""

REPEATED = ("examples", "seed", "huge", "in_process", "python", "timeout", "memory")
"""The fields of a request on which the verdict on a case depends."""


def as_summary(request: Request, results: Sequence[Result], verdict: str, options: Sequence[str] = ()) -> str:
    """The summary of a run with this verdict; `options` are additional ones that a reproducer needs."""
    causes = causes_of(results)
    parts = [section(number, cause, request, options) for number, cause in enumerate(causes[:MOST_CAUSES], 1)]
    more = [f"The table has {len(causes) - MOST_CAUSES} more."] if causes[MOST_CAUSES:] else []
    tables = [laws_by_cause(causes)] if causes else []
    return "\n\n".join(["## poolproof", f"**{verdict}**", *tables, *parts, *more]) + "\n"


def laws_by_cause(causes: Sequence[Cause]) -> str:
    """The failing laws by target, each with the number of its cause."""
    targets = list(dict.fromkeys(cause.target for cause in causes))
    failing: dict[str, dict[str, int]] = {}
    for number, cause in enumerate(causes, 1):
        for law in cause.laws:
            failing.setdefault(law, {})[cause.target] = number
    rows = [[cell(law), *(str(by.get(target, "")) for target in targets)] for law, by in failing.items()]
    return table(["failing law", *map(cell, targets)], rows)


def section(number: int, cause: Cause, request: Request, options: Sequence[str]) -> str:
    """One cause: what is wrong, what right code does, the clearest failure, and a command that reproduces it."""
    laws = f"Laws: {', '.join(map(code, cause.laws))}"
    told = [each for each in (cause.wrong, cause.right) if each]
    command = reproducer(request, cause.clearest, options)
    title = f"### {number}. {code(cause.name)} in {code(cause.target)}"
    return "\n\n".join([title, *told, block(cause.clearest.message), laws, f"Reproduce: {code(command)}"])


def reproducer(request: Request, result: Result, options: Iterable[str] = ()) -> str:
    """The command that tries one law on its target again, with the same cases."""
    target = result.target
    named = ["--command", target.removeprefix(COMMAND)] if target.startswith(COMMAND) else [target]
    pinned = ["--like", result.like] if result.like else ["--expect", result.law]
    law = pinned if "=" in result.law else ["--laws", result.law]
    found = result.counterexample
    # A campaign has many seeds.
    drawn = replace(request, seed=found.seed) if request.cluster and found else request
    return shlex.join(["poolproof", "check", *named, *law, *settings(drawn), *options])


def settings(request: Request) -> list[str]:
    """The options of a run that differ from the defaults."""
    usual, words = Request(), list[str]()
    for name in REPEATED:
        value = getattr(request, name)
        if value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return words


def add_to_step(text: str) -> list[str]:
    """Add a summary to the page of a GitHub job, if this is one. Returns a complaint if that fails."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return []
    try:
        with open(file, "a", encoding="utf-8", errors="backslashreplace") as page:
            page.write(text)
    except (OSError, ValueError) as error:
        return [f"GITHUB_STEP_SUMMARY {shown(file)} cannot be written: {reason(error)}"]
    return []
