"""`poolproof replay`: try the failing cases of a report again, and the calls that show its conventions."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress

from ...data.errors import Unusable
from ..options import ISOLATION, WRAPPED, requested
from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add a report, and another target to try its failures on."""
    parser.add_argument("report", metavar="REPORT", help="a file written by check --json")
    parser.add_argument("target", nargs="?", metavar="TARGET", help="another target than the report's")
    parser.add_argument("--yes", action="store_true", help="run the programs and files that the report names")
    for options in (WRAPPED, ISOLATION):
        parser.add_options(options.values())


def run(options: Namespace) -> int:
    """Try a report's counterexamples again, and the calls that show its conventions. Returns 1 if any still fails."""
    from ...report.replayed import replay
    from ...report.terminal import Terminal
    from ...run.replay import read
    from ...run.session import Session

    if options.target is None and getattr(options, "as"):
        raise Unusable("--as wraps another TARGET; those of the report are wrapped as they were")
    say = Terminal(sys.stdout).say
    found = read(options.report)
    if options.target is None and not options.yes:
        agree(found.foreign, say)
    asked = requested(options, [] if options.target is None else [options.target])
    return replay(found, Session(asked), options.target and asked.targets[0], say)


def agree(foreign: Sequence[str], say: Callable[[str], None]) -> None:
    """Raise Unusable unless a user at the terminal agrees to run what a report names, which may be a stranger's."""
    if not foreign:
        return
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        would = ", ".join(map(repr, foreign))
        raise Unusable(f"the report would run {would}; give --yes if that is what you want, or another TARGET")
    for text in ("the report would run, with all that you may do:", *(f"  {spec!r}" for spec in foreign)):
        say(text)
    with suppress(EOFError):
        if input("run this? [y/N] ").strip().lower() in ("y", "yes"):
            return
    raise Unusable("nothing was run")


COMMAND = Command("replay", "try the failing cases and the conventions of a report again", add_arguments, run)
