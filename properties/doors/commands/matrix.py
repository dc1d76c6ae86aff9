"""`poolproof matrix`: a run like that of `check`, shown as a table with a column for each target or report."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..options import COLUMNS, PROCESSES, RUN, WRAPPED
from ..parser import Command, Parser
from .check import judge


def add_arguments(parser: Parser) -> None:
    """Add targets or reports, and the options of a run."""
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="as for check, or a report of check --json")
    for options in (COLUMNS, WRAPPED, RUN, PROCESSES):
        parser.add_options(options.values())


def run(options: Namespace) -> int:
    """Judge targets and print a table with a column for each, and for each target of a report."""
    from ...data.files import unwritten, writable
    from ...report.matrix import Matrix, from_reports, markdown_of, show
    from ...report.terminal import Terminal

    writable("--markdown", options.markdown)
    reports = [target for target in options.targets if target.endswith(".json")]
    targets = [target for target in options.targets if target not in reports]
    columns = from_reports(reports)
    if targets:
        return judge(options, targets, lambda request: Matrix(request, columns))
    terminal = Terminal(sys.stdout)
    complaints = unwritten([markdown_of(columns, options.markdown)])
    show(columns, terminal)
    for complaint in complaints:
        terminal.say(complaint)
    return 2 if complaints else 0


COMMAND = Command("matrix", "judge implementations side by side, one column each", add_arguments, run)
