"""`poolproof compare`: what is new, fixed or still failing in a report, compared with an older one."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..options import COMPARED
from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add two reports and the files to write."""
    parser.add_argument("old", metavar="OLD", help="a file written by check --json")
    parser.add_argument("new", metavar="NEW", help="a later one")
    parser.add_options(COMPARED.values())


def run(options: Namespace) -> int:
    """Compare two reports by cause. Returns 1 if a cause is new. Raises Unusable if they have no target in common."""
    from ...contract import Unusable
    from ...data.files import json_text, unwritten, writable
    from ...data.text import cleaned
    from ...report.compare import as_lines, as_markdown, compared
    from ...report.terminal import Terminal
    from ...run.reading import report_of

    writable("--json", options.json)
    writable("--markdown", options.markdown)
    files = {"old": options.old, "new": options.new}
    old, new = report_of(options.old), report_of(options.new)
    before, after = ([each.target for each in report.targets] for report in (old, new))
    if not set(before) & set(after):
        both = cleaned(f"{', '.join(before)}; {', '.join(after)}")
        raise Unusable(f"the reports have no target in common: {both}")
    found = compared(old, new)
    terminal = Terminal(sys.stdout)
    for text in as_lines(found, files):
        terminal.say(text)
    outputs = [
        ("--json", options.json, lambda: json_text(found)),
        ("--markdown", options.markdown, lambda: as_markdown(found, files)),
    ]
    complaints = unwritten(outputs)
    for complaint in complaints:
        terminal.say(complaint)
    return 2 if complaints else found.status


COMMAND = Command("compare", "say what is new, fixed or still failing between two reports", add_arguments, run)
