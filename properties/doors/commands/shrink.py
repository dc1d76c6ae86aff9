"""`poolproof shrink`: cut a user's own input to a few cells on which the target is wrong."""

from __future__ import annotations

import sys
from argparse import BooleanOptionalAction, Namespace
from functools import partial

from ..converters import one_callable, pairs_per_axis, per_axis
from ..options import ISOLATION, WRAPPED, requested
from ..parser import Command, Parser

FLAGS = {"ceil-mode": "a last window past the end", "count-include-pad": "padding in the divisor"}


def add_arguments(parser: Parser) -> None:
    """Add the target, the input, and the arguments of the call."""
    parser.add_argument("target", metavar="TARGET", help="as for check")
    parser.add_argument("input", metavar="INPUT.npz", help="a file of np.savez with x and, for a gradient, dy")
    parser.add_argument("--call", required=True, type=one_callable, metavar="NAME", help="callable that is wrong")
    parser.add_argument(
        "--size", required=True, type=per_axis, metavar="N,...", help="cells of a window, along all axes or each"
    )
    parser.add_argument("--stride", type=per_axis, metavar="N,...", help="stride of the window (default: its size)")
    parser.add_argument(
        "--padding", type=pairs_per_axis, metavar="N,...", help="padding, along all axes or each; begin:end for N"
    )
    parser.add_argument("--dilation", type=per_axis, metavar="N,...", help="distance between cells of a window")
    for name, what in FLAGS.items():
        parser.add_argument(f"--{name}", action=BooleanOptionalAction, help=f"pass this setting: {what}")
    parser.add_argument("--json", metavar="FILE", help="write a report for replay")
    for options in (WRAPPED, ISOLATION):
        parser.add_options(options.values())


def run(options: Namespace) -> int:
    """Judge a target on a user's own input, and cut the input if the target is wrong. Returns 1 if it is."""
    from ...data.files import unwritten, writable
    from ...data.storage import report_text
    from ...report.render import document
    from ...report.terminal import Terminal, headed
    from ...run.own_input import WindowArguments, case_of, judged, told
    from ...run.session import Session

    writable("--json", options.json)
    flags = {name: getattr(options, name) for name in ("ceil_mode", "count_include_pad")}
    passed = {name: value for name, value in flags.items() if value is not None}
    window = WindowArguments(options.size, options.stride or options.size, options.padding, options.dilation, passed)
    case = case_of(options.input, options.call, window)
    asked = requested(options, (options.target,), examples=1)
    target = Session(asked).target(*asked.targets)
    result = judged(target, case)
    terminal = Terminal(sys.stdout)
    terminal.say(*headed(told(result, case), result.verdict))
    made = partial(document, asked, {target.spec: target}, [result], False)
    complaints = unwritten([("--json", options.json, lambda: report_text(options.json, made))])
    for complaint in complaints:
        terminal.say(complaint)
    return 2 if complaints else int(result.failed)


COMMAND = Command("shrink", "cut an input on which a target is wrong to a few cells", add_arguments, run)
