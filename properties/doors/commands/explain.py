"""`poolproof explain`: a law in words, as a formula, and drawn on an example; or a convention with its values."""

from __future__ import annotations

import sys
from argparse import Namespace

from ..parser import Command, Parser


def add_arguments(parser: Parser) -> None:
    """Add the name of a law or a convention."""
    parser.add_argument("law", metavar="NAME", help="a law or a convention that `poolproof laws` prints")


def run(options: Namespace) -> int:
    """Print what a law claims, or what a convention is about."""
    from ...report.explain import explained
    from ...report.terminal import Terminal

    terminal = Terminal(sys.stdout)
    for line in explained(options.law, sys.stdout.encoding):
        terminal.say(line)
    return 0


COMMAND = Command("explain", "explain a law, with an example drawn, or a convention", add_arguments, run)
