"""`poolproof explain`: a law in words, as a formula, and drawn on an example."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add the name of a law."""
    parser.add_argument("law", metavar="LAW", help="a name that `poolproof laws` prints")


def run(options: Namespace) -> int:
    """Print what a law claims."""
    from ...report.explain import explained
    from ...report.terminal import Terminal

    terminal = Terminal(sys.stdout)
    for line in explained(options.law, sys.stdout.encoding):
        terminal.say(line)
    return 0


COMMAND = Command("explain", "explain a law, with an example drawn", add_arguments, run)
