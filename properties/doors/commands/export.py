"""`poolproof export`: the failures of a report as a test file for the repository of the target."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """A report, and the file to write."""
    parser.add_argument("report", metavar="REPORT", help="a file written by check --json")
    parser.add_argument(
        "--test", required=True, metavar="FILE", help="write a test for each cause, which needs NumPy alone"
    )


def run(options: Namespace) -> int:
    """Write the test file, and the file of large arrays beside it; tell what is not in them."""
    from ...data.files import writable, write
    from ...data.text import shown
    from ...report.exported import beside, exported
    from ...report.render import quantity
    from ...report.terminal import Terminal
    from ...run.reading import report_of

    writable("--test", options.test)
    made = exported(report_of(options.report))
    if made.arrays is not None:
        write(beside(options.test), made.arrays)
    write(options.test, made.text)
    terminal = Terminal(sys.stdout)
    terminal.say(f"{quantity(made.tests, 'test')} in {shown(options.test)}")
    for each in made.left:
        terminal.say(f"not tested: {each}")
    return 0


COMMAND = Command("export", "write the failing cases of a report as tests of NumPy alone", add_arguments, run)
