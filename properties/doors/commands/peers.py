"""`poolproof peers`: the libraries with a shipped adapter, and their installed versions."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from ..options import ISOLATION
from ..parser import Command, Parser

PYTHON = replace(ISOLATION["python"], help="interpreter to look into (default: this one)")


def add_arguments(parser: Parser) -> None:
    """Add the interpreter."""
    parser.add_options((PYTHON,))


def run(options: Namespace) -> int:
    """Print the adapters with the installed versions."""
    from ...report.terminal import Terminal
    from ...targets.peers import listing

    say = Terminal(sys.stdout).say
    for text in listing(options.python):
        say(text)
    return 0


COMMAND = Command("peers", "print the libraries with a shipped adapter, and their versions", add_arguments, run)
