"""`poolproof draw`: the failing cases of reports as text, SVG or a page; and the figures of the textbook chapter."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from ...data.errors import Unusable
from ..options import PAGE
from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add reports and the files to write."""
    parser.add_argument("reports", nargs="*", metavar="REPORT", help="a file written by check --json")
    parser.add_argument("--law", metavar="LAW", help="draw the failing case of this law (default: of each)")
    parser.add_argument("-o", dest="svg", metavar="FILE", help="write the first of these cases as SVG")
    parser.add_options(PAGE.values())
    parser.add_argument("--chapter", metavar="FOLDER", help="write the figures of the textbook chapter as SVG")


def run(options: Namespace) -> int:
    """Write the requested files; without any, print the failing cases as text."""
    from ...data.files import writable

    if not options.reports and options.chapter is None:
        raise Unusable("draw takes a REPORT, or --chapter FOLDER")
    if not options.reports and (options.law or options.svg or options.html):
        raise Unusable("--law, -o and --html are about a REPORT, which should be given")
    writable("-o", options.svg)
    writable("--html", options.html)
    if options.chapter is not None:
        chapter(options.chapter)
    return draw(options) if options.reports else 0


def chapter(folder: str) -> None:
    """Write the figures of the textbook chapter into a folder, which is made if missing."""
    from ...data.files import reason, write
    from ...data.text import shown
    from ...drawings import svg
    from ...drawings.chapter import figures

    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"--chapter {shown(folder)} cannot be made: {reason(error)}") from None
    for name, figure in figures().items():
        write(str(Path(folder) / f"{name}.svg"), svg.document(figure))


def draw(options: Namespace) -> int:
    """Draw the failing cases of reports."""
    from ...data.files import write
    from ...report.drawn import as_svg, as_text, failing_cases
    from ...report.page import html, together
    from ...report.terminal import Terminal
    from ...run.reading import report_of

    files = list(dict.fromkeys(options.reports))
    reports = [report_of(file) for file in files]
    if options.html is not None:
        write(options.html, html(together(files, reports), files[0]))
    if options.svg is not None:
        write(options.svg, as_svg(failing_cases(reports, options.law)))
    if options.html is None and options.svg is None:
        terminal = Terminal(sys.stdout)
        for line in as_text(failing_cases(reports, options.law), sys.stdout.encoding):
            terminal.say(line)
    return 0


COMMAND = Command("draw", "draw failing cases of a report, or figures for teaching", add_arguments, run)
