"""`poolproof bench`: time the kernels beside textbook code and libraries; and other measurements."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator

from ...data.errors import Unusable
from ..converters import positive, some
from ..parser import Command, Parser

INSTEAD = {
    "document": "the textbook chapter's measurement",
    "overhead": "what a process of its own costs a target",
    "laws": "cases per second by law, and where the time goes",
    "start": "imports, the first call, and compiling",
}
"""The measurements that can replace the timing of workloads."""

REPEATS = 5000


def add_arguments(parser: Parser) -> None:
    """Add what to time and how often, or which other measurement to make."""
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD",
        help="W1 to W5, window-max, window-mean, image-max, * allowed, or as 64x3x28x28,F3,S2,mean,float64 "
        "(default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=positive, default=9, metavar="N", help="turns of each method (default: %(default)s)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--threads", type=some, default=(1, 2), metavar="N,...", help="numbers of threads (default: 1,2)"
    )
    where.add_argument("--device", choices=("cuda",), help="measure on a GPU, where the kernel is cuda")
    parser.add_argument(
        "--libraries", type=str, metavar="NAME,...", help='libraries to time, "" for none (default: all installed)'
    )
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    parser.add_argument("--plot", metavar="FILE", help="write a picture (needs the extra poolproof[plot])")
    instead = parser.add_mutually_exclusive_group()
    for name, what in INSTEAD.items():
        instead.add_argument(f"--{name}", dest="instead", action="store_const", const=name, help=f"instead, {what}")
    parser.add_argument(
        "--repeats", type=positive, metavar="N", help=f"with --document: number of passes (default: {REPEATS})"
    )


def run(options: Namespace) -> int:
    """Time workloads, or make one of the other measurements."""
    if options.repeats and options.instead != "document":
        raise Unusable("--repeats is the number of passes of --document; without that it should be left out")
    if not options.instead:
        return race(options)
    refuse_others(options)
    from ...report.terminal import Terminal

    say = Terminal(sys.stdout).say
    for text in measurement(options.instead, options.repeats or REPEATS):
        say(text)
    return 0


def measurement(name: str, repeats: int) -> Iterator[str]:
    """The lines that one of the other measurements prints."""
    from ...bench import document, laws, overhead, start

    others = {"overhead": overhead.overhead, "laws": laws.laws, "start": start.start}
    return document.bench(repeats) if name == "document" else others[name]()


def refuse_others(options: Namespace) -> None:
    """Raise Unusable for options that another measurement would ignore."""
    given = (options.workloads or None, options.device, options.libraries, options.json, options.plot)
    if any(each is not None for each in given):
        others = "WORKLOAD, --device, --libraries, --json or --plot"
        raise Unusable(f"--{options.instead} is a measurement of its own, without {others}")


def race(options: Namespace) -> int:
    """Time workloads. Returns 130 after an interruption, 1 if an implementation gave wrong answers."""
    from ...bench import device, plot, rivals, workloads
    from ...bench.record import document
    from ...bench.run import Bench
    from ...bench.trial import of_threads
    from ...data.files import Output, json_text, unwritten, writable
    from ...report.terminal import Terminal

    for option in ("json", "plot"):
        writable(f"--{option}", getattr(options, option))
    if options.plot is not None:
        plot.check(options.plot)
    say = Terminal(sys.stdout).say
    works, libraries = workloads.chosen(options.workloads), rivals.asked(options.libraries, device=bool(options.device))
    places = [device.gpu()] if options.device else [*map(of_threads, options.threads)]
    bench = Bench(works, options.rounds, places, libraries)
    try:
        bench.run(say)
    except MemoryError as error:
        raise Unusable(f"a workload is too large for this machine: {error}") from None
    picture = options.plot if any(bench.measured.values()) else None
    outputs: list[Output] = [
        ("--json", options.json, lambda: json_text(document(bench))),
        ("--plot", picture, lambda: plot.picture(bench, options.plot)),
    ]
    complaints = unwritten(outputs)
    for complaint in complaints:
        say(complaint)
    return 130 if bench.partial else 2 if complaints else int(bench.failed)


COMMAND = Command("bench", "time the kernels beside textbook code and libraries, as ratios", add_arguments, run)
