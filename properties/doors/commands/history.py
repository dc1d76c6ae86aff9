"""`poolproof history`: verdicts by law and version over many reports, and when each cause came and went."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..options import COMPARED, HISTORY
from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add reports and the files to write."""
    parser.add_argument("reports", nargs="+", metavar="REPORT", help="files written by check --json, the oldest first")
    parser.add_options([*COMPARED.values(), *HISTORY.values()])


def run(options: Namespace) -> int:
    """Print the history of each target."""
    from ...data.files import json_text, unwritten, writable
    from ...report.history import as_lines, as_markdown, history_of
    from ...report.history_page import html
    from ...report.terminal import Terminal
    from ...run.reading import report_of

    writable("--json", options.json)
    writable("--markdown", options.markdown)
    writable("--html", options.html)
    found = history_of([report_of(file) for file in options.reports], options.reports)
    terminal = Terminal(sys.stdout)
    for text in as_lines(found):
        terminal.say(text)
    complaints = unwritten(
        [
            ("--json", options.json, lambda: json_text(found)),
            ("--markdown", options.markdown, lambda: as_markdown(found)),
            ("--html", options.html, lambda: html(found)),
        ]
    )
    for complaint in complaints:
        terminal.say(complaint)
    return 2 if complaints else 0


COMMAND = Command("history", "say when causes of failures came and went over many reports", add_arguments, run)
