"""`poolproof laws`: the laws by family, and the conventions with the values that can be expected of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from itertools import groupby

from ...data.errors import Unusable
from ..parser import Command, Parser


def add_arguments(_: Parser) -> None:
    """Add nothing: this command takes no arguments."""


def run(_: Namespace) -> int:
    """Print the laws, family by family, and then the conventions."""
    from ...conventions import CONVENTIONS
    from ...lawbook.huge import EVERY, HUGE
    from ...report.terminal import Terminal

    if sys.flags.optimize > 1:
        raise Unusable("the laws stand in docstrings, which Python drops under PYTHONOPTIMIZE=2; it should be unset")
    say = Terminal(sys.stdout).say
    for family, laws in groupby(EVERY.values(), key=lambda law: law.family):
        listed = list(laws)
        say((f"{family}{', tried with --huge' if listed[0].name in HUGE else ''}", "title"))
        for law in listed:
            say(f"  {law.name:24} {law.formula}")
    say(("conventions, observed and no laws unless expected", "title"))
    for each in CONVENTIONS.values():
        say(f"  {each.name:24} {each.question} ({', '.join(each.values)})")
    return 0


COMMAND = Command("laws", "print the laws with their mathematics, and the conventions", add_arguments, run)
