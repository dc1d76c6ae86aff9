"""`poolproof export`: the failures of a report as a test file, or test vectors for code outside Python."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace

from ..converters import positive, quoted
from ..parser import Command, Parser

FORMATS = ("flat", "npz", "json", "onnx")
COUNT = 1000


def formats(value: str) -> tuple[str, ...]:
    """The names of formats in a comma-separated text, without repeats."""
    names = tuple(dict.fromkeys(value.split(",")))
    for name in names:
        if name not in FORMATS:
            raise ArgumentTypeError(f"{quoted(name)} should be one of {', '.join(FORMATS)}")
    return names


def add_arguments(parser: Parser) -> None:
    """Add a report and the test file to write, or the folder of vectors."""
    parser.add_argument("report", metavar="REPORT", nargs="?", help="with --test: a file written by check --json")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "--test", metavar="FILE", help="write a test for each cause of a report, which needs NumPy alone"
    )
    wanted.add_argument("--vectors", metavar="FOLDER", help="write test vectors into a new folder: docs/vectors.md")
    parser.add_argument("--count", type=positive, metavar="N", help=f"with --vectors: how many (default: {COUNT})")
    parser.add_argument(
        "--formats",
        type=formats,
        metavar="NAMES",
        help=f"with --vectors: any of {', '.join(FORMATS)} (default: all but onnx)",
    )


def run(options: Namespace) -> int:
    """Write the test file or the folder of vectors."""
    if options.vectors is not None:
        return vectors(options)
    if options.report is None:
        options.parser.error("export --test should be followed by a file and a report")
    for name in ("count", "formats"):
        if getattr(options, name) is not None:
            options.parser.error(f"--{name} goes with --vectors")
    return tests(options)


def tests(options: Namespace) -> int:
    """Write the test file, and the file of large arrays beside it; print which failures are left out."""
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


def vectors(options: Namespace) -> int:
    """Write the folder of vectors; print how many there are."""
    from ...data.text import shown
    from ...report.render import quantity
    from ...report.terminal import Terminal
    from ...report.vectors.folder import write_folder

    if options.report is not None:
        options.parser.error(f"--vectors takes no report, but {quoted(options.report)} was given")
    made = write_folder(options.vectors, options.count or COUNT, options.formats or FORMATS[:-1])
    Terminal(sys.stdout).say(f"{quantity(made['count'], 'vector')} in {shown(options.vectors)}")
    return 0


COMMAND = Command("export", "write failures as tests of NumPy alone, or test vectors", add_arguments, run)
