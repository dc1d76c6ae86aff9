"""`poolproof cases`: the cases that laws draw, and how often they reach the triggers of mistakes."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from ..options import ISOLATION, RUN, requested
from ..parser import Command, Parser

SEED = replace(RUN["seed"], default=0, help="which cases (default: %(default)s)")


def add_arguments(parser: Parser) -> None:
    """Add a target and which cases to draw for it."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help="as for check (default: one that takes everything)")
    parser.add_argument("--statistics", action="store_true", help="print how often each trigger is reached, by law")
    parser.add_options((RUN["examples"], SEED, RUN["laws"], *ISOLATION.values()))


def run(options: Namespace) -> int:
    """Print the cases of laws, or how often they reach each trigger."""
    from ...report.statistics import shown, statistics
    from ...report.terminal import Terminal
    from ...run.session import Session
    from ...run.trial import TrialSettings
    from ...run.units import selected

    target = Session(requested(options)).target(options.target) if options.target else None
    lines = statistics if options.statistics else shown
    say = Terminal(sys.stdout).say
    for text in lines(selected(options.laws), target, TrialSettings(options.examples, options.seed)):
        say(text)
    return 0


COMMAND = Command("cases", "print the cases that laws draw, or what these reach", add_arguments, run)
