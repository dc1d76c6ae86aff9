"""The command `poolproof`: check, matrix, laws, cases, peers, replay, shrink and bench."""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from ..contract import CALLABLES, Unusable, did_you_mean
from ..data.files import Output, json_text, unwritten, writable
from ..data.text import cleaned, shown
from .options import filled, length, memory, natural, pairs_per_axis, per_axis, positive, processes, seconds, some

if TYPE_CHECKING:
    from ..run.request import Request

MEASUREMENTS = {
    "document": "the teaching document's measurement",
    "overhead": "what a process of its own costs a target",
    "laws": "cases a second by law, and where the time goes",
    "start": "imports, the first call, and compiling",
}
"""What the bench measures instead of workloads."""

VALUELESS = re.compile(r"(--[^=]+=|-\w)--")

COMMANDS = ("check", "matrix", "laws", "cases", "peers", "replay", "shrink", "bench")


class Parser(argparse.ArgumentParser):
    """An argument parser that suggests what may have been meant, and takes no empty values."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)
        self.register("type", None, filled)  # of every argument that names no type

    def understood(self, words: Sequence[str]) -> argparse.Namespace:
        """The options that words give. An option whose value is `--` would get a list before Python 3.13."""
        for word in filter(VALUELESS.fullmatch, words):
            self.error(f"argument {shown(word)} should be followed by a value")
        options, unknown = self.parse_known_args(words)
        if unknown:
            self.unknown(unknown)
        return options

    def error(self, message: str) -> NoReturn:
        """One line, and status 2."""
        self.exit(2, f"{self.prog}: {cleaned(message)}\n")

    def unknown(self, words: Sequence[str]) -> NoReturn:
        """An argument that is none."""
        options = [option for action in self._actions for option in action.option_strings]
        near = get_close_matches(words[0].partition("=")[0], options, 1)
        self.error(
            f"unknown argument {shown(words[0])}; " + (f"did you mean {near[0]!r}?" if near else f"see {self.prog} -h")
        )


def parsers() -> dict[str, Parser]:
    """One parser for each command."""
    check = Parser(prog="poolproof check", description="Judge implementations of pooling by the laws of pooling.")
    check.add_argument(
        "targets", nargs="*", metavar="TARGET",
        help="module:object, module, path/file.py:object, path/file.py, or a shipped kernel; "
        "none: the three reference kernels",
    )  # fmt: skip
    check.add_argument("--command", metavar="PROGRAM", help="a target that is a program speaking the protocol")
    check.add_argument(
        "--exhaustive", action="store_true", help="every case of finite sets, instead of drawn ones: docs/exhaustive.md"
    )
    check.add_argument("--length", type=length, metavar="N", help="with it: the longest axis of an image (default 6)")
    check.add_argument("--resume", action="store_true", help="with it: go on where the run before was ended")
    add_run(check)
    matrix = Parser(prog="poolproof matrix", description="Judge implementations side by side, one column each.")
    matrix.add_argument("targets", nargs="+", metavar="TARGET", help="as for check, or a report of check --json")
    matrix.add_argument("--markdown", metavar="FILE", help="write the table as Markdown too")
    add_run(matrix)
    laws = Parser(
        prog="poolproof laws", description="Print the laws, each with its line of mathematics, and the conventions."
    )
    drawn = Parser(prog="poolproof cases", description="Print the cases that laws draw, or what these reach.")
    drawn.add_argument("target", nargs="?", metavar="TARGET", help="as for check; none: one that takes everything")
    drawn.add_argument(
        "--statistics", action="store_true", help="how often each trigger of a mistake is reached, by law"
    )
    drawn.add_argument("--examples", type=positive, default=100, metavar="N", help="cases a law (default 100)")
    drawn.add_argument("--seed", type=natural, default=0, metavar="N", help="which cases (default 0)")
    drawn.add_argument("--laws", default="*", metavar="PATTERN", help="laws or families, comma-separated, * allowed")
    add_isolation(drawn)
    peers = Parser(
        prog="poolproof peers", description="Print the libraries with a shipped adapter, and their versions."
    )
    peers.add_argument("--python", default=sys.executable, metavar="EXE", help="interpreter to look into")
    replay = Parser(prog="poolproof replay", description="Try the failing cases and the conventions of a report again.")
    replay.add_argument("report", metavar="REPORT", help="a file written by check --json")
    replay.add_argument("target", nargs="?", metavar="TARGET", help="another target than the report's")
    replay.add_argument("--yes", action="store_true", help="run the programs and files that the report names")
    add_isolation(replay)
    shrink = Parser(
        prog="poolproof shrink", description="Cut an input on which a target is wrong to a few cells that show it."
    )
    add_shrink(shrink)
    bench = Parser(
        prog="poolproof bench", description="Time the kernels beside textbook code and libraries, as ratios."
    )
    add_bench(bench)
    every = (check, matrix, laws, drawn, peers, replay, shrink, bench)
    return dict(zip(COMMANDS, every, strict=True))


def add_run(parser: Parser) -> None:
    """The options of a run: how much to try, and what to make of it."""
    parser.add_argument("--examples", type=positive, default=100, metavar="N", help="cases a law (default 100)")
    parser.add_argument(
        "--budget", type=seconds, metavar="SECONDS", help="end after so long, each law having had its turn"
    )
    parser.add_argument(
        "--seed", type=natural, metavar="N", help="the same cases every time; nothing is kept between runs"
    )
    parser.add_argument(
        "--laws", default="*", metavar="PATTERN", help="laws or families to try, comma-separated, * allowed"
    )
    parser.add_argument("--expect", action="append", default=[], metavar="NAME=VALUE", help="make a convention a law")
    parser.add_argument(
        "--known", action="append", default=[], metavar="FILE", help="failures that are known, with reasons (TOML)"
    )
    parser.add_argument("--json", metavar="FILE", help="write the report")
    parser.add_argument("--huge", action="store_true", help="also try laws about arrays of gigabytes: docs/huge.md")
    add_isolation(parser)
    parser.add_argument("-n", default="auto", type=processes, metavar="N", help="processes (default auto; 0: this one)")


def add_shrink(parser: Parser) -> None:
    """The options of a call on a user's own input."""
    parser.add_argument("target", metavar="TARGET", help="as for check")
    parser.add_argument("input", metavar="INPUT.npz", help="a file of np.savez with x and, for a gradient, dy")
    parser.add_argument("--call", required=True, choices=CALLABLES, help="the callable that is wrong")
    parser.add_argument(
        "--size", required=True, type=per_axis, metavar="N,...", help="cells of a window, along all axes or each"
    )
    parser.add_argument("--stride", type=per_axis, metavar="N,...", help="its stride (default: its size)")
    parser.add_argument(
        "--padding", type=pairs_per_axis, metavar="N,...", help="padding, along all axes or each; begin:end for N"
    )
    parser.add_argument("--dilation", type=per_axis, metavar="N,...", help="how far its cells are apart")
    for flag, what in (
        ("--ceil-mode", "a last window past the end"),
        ("--count-include-pad", "padding in the divisor"),
    ):
        parser.add_argument(flag, action=argparse.BooleanOptionalAction, help=f"pass this setting: {what}")
    parser.add_argument("--json", metavar="FILE", help="write a report, which replay takes")
    add_isolation(parser)


def add_bench(parser: Parser) -> None:
    """The options of the bench, and of the other measurements."""
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD",
        help="W1 to W5, window-max, window-mean, image-max, * allowed, or as 64x3x28x28,F3,S2,mean,float64; none: all",
    )  # fmt: skip
    parser.add_argument("--rounds", type=positive, default=9, metavar="N", help="turns of each method (default 9)")
    parser.add_argument(
        "--threads", type=some, default=(1, 2), metavar="N,...", help="numbers of threads (default 1,2)"
    )
    parser.add_argument(
        "--libraries", type=str, metavar="NAME,...", help="libraries to time; none of them if empty, else all installed"
    )
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    parser.add_argument("--plot", metavar="FILE", help="write a picture (needs the extra poolproof[plot])")
    instead = parser.add_mutually_exclusive_group()
    for name, what in MEASUREMENTS.items():
        instead.add_argument(f"--{name}", dest="instead", action="store_const", const=name, help=f"instead, {what}")
    parser.add_argument("--repeats", type=positive, metavar="N", help="passes of --document (default 5000)")


def add_isolation(parser: Parser) -> None:
    """The options about the process of a target."""
    parser.add_argument("--python", default=sys.executable, metavar="EXE", help="interpreter that runs the targets")
    parser.add_argument(
        "--timeout", type=seconds, default=10.0, metavar="SECONDS", help="time for one call (default 10)"
    )
    parser.add_argument("--memory", type=memory, metavar="SIZE", help="memory of a target's process: 512M, 2G")
    parser.add_argument("--in-process", action="store_true", help="call targets in the suite's own process")


def isolation(options: argparse.Namespace) -> dict[str, Any]:
    """Those options, as fields of a request."""
    return {name: getattr(options, name) for name in ("python", "timeout", "memory", "in_process")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    open_streams()
    if arguments is None:
        # Hypothesis would keep constants of the code that is loaded in the working folder.
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.devnull)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal may lack the letters of a name or of an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    top = Parser(prog="poolproof", description="Judge pooling kernels by the laws of pooling.")
    top.add_argument("--version", action="version", version=f"poolproof {importlib.metadata.version('poolproof')}")
    top.add_argument("command", choices=COMMANDS, help="-h after a command tells its options")
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        top.error(f"unknown command {shown(words[0])}; {did_you_mean(words[0], COMMANDS)}")
    command = top.parse_args(words[:1]).command
    parser = parsers()[command]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = parser.understood(words[1:])
    try:
        status = RUN[command](options)
        print(end="", flush=True)
        return status
    except BrokenPipeError:
        return unread()
    except (Unusable, ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130


def open_streams() -> None:
    """Open the standard streams that are closed, so that no pipe of ours gets their numbers."""
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def unread() -> int:
    """The status where whoever read the output has gone, as after a signal for that; what is left goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE


def check(options: argparse.Namespace) -> int:
    """Judge targets, and print what was found on each."""
    from ..report.console import Console
    from ..targets.loading import COMMAND

    named = [] if options.command is None else [COMMAND + options.command]
    targets = [*options.targets, *named]
    if options.exhaustive:
        return prove(options, targets)
    if options.length is not None or options.resume:
        raise Unusable("--length and --resume are about proofs, and should come with --exhaustive")
    return judge(options, targets, Console)


def prove(options: argparse.Namespace, targets: list[str]) -> int:
    """Try the laws on every case of finite sets, and print what that proves."""
    from ..proofs.run import LENGTH, Run

    if options.expect or options.seed is not None:
        raise Unusable("--expect and --seed are about drawn cases, and should not come with --exhaustive")
    if options.huge:
        raise Unusable("--huge is about laws of its own, and should not come with --exhaustive")
    request = requested(options, targets)
    request.known_failures()
    writable("--json", options.json)
    run = Run(request, options.length or LENGTH, partial(print, flush=True))
    run.begin()
    finished = run.try_all(options.n, resume=options.resume)
    return run.finish(options.json, interrupted=not finished)


def matrix(options: argparse.Namespace) -> int:
    """Judge targets, and print a table with a column for each; for a report, with those that it has."""
    from ..report.matrix import Matrix, as_text, from_reports, markdown_of, width

    writable("--markdown", options.markdown)
    reports = [target for target in options.targets if target.endswith(".json")]
    targets = [target for target in options.targets if target not in reports]
    if not targets:
        columns = from_reports(reports)
        complaints = unwritten([markdown_of(columns, options.markdown)])
        print(*as_text(columns, width()), *complaints, sep="\n")
        return 2 if complaints else 0
    return judge(options, targets, partial(Matrix, markdown=options.markdown, reports=from_reports(reports)))


def judge(options: argparse.Namespace, targets: list[str], make: Callable[[Any, Any], Any]) -> int:
    """Run laws on targets; what `make` makes prints."""
    from ..run.persistence import KEPT, unkept
    from ..run.session import session
    from ..run.units import plan

    persistent = options.seed is None and not os.environ.get("CI")
    request = requested(options, targets, persistent=persistent).settled()
    request.known_failures()
    plan(request)
    writable("--json", options.json)
    console = make(request, session(request))
    if persistent and (warning := unkept(KEPT)):
        console.say(f"warning: {warning}")
    console.begin()
    if console.usable and not console.interrupted:
        console.examine(options.n)
    return int(console.finish(options.json))


def requested(options: argparse.Namespace, targets: list[str], **more: Any) -> Request:
    """What these options ask for."""
    from ..run.request import Request
    from ..targets.loading import REFERENCE

    return Request(
        targets=tuple(dict.fromkeys(targets)) or REFERENCE,
        examples=options.examples,
        seed=options.seed,
        end=None if options.budget is None else time.time() + options.budget,
        laws=options.laws,
        expect=tuple(options.expect),
        known=tuple(options.known),
        huge=options.huge,
        **isolation(options),
        **more,
    )


def print_laws(_: argparse.Namespace) -> int:
    """The registry, family by family; after it the conventions, with the values that may be expected of them."""
    from ..conventions import CONVENTIONS
    from ..lawbook.huge import EVERY, HUGE

    if sys.flags.optimize > 1:
        raise Unusable("the laws stand in docstrings, which Python drops under PYTHONOPTIMIZE=2; it should be unset")
    family = ""
    for law in EVERY.values():
        if law.family != family:
            family = law.family
            print(f"{family}{', tried with --huge' if law.name in HUGE else ''}")
        print(f"  {law.name:24} {law.formula}")
    print("conventions, observed and no laws unless expected")
    for each in CONVENTIONS.values():
        print(f"  {each.name:24} {each.question} ({', '.join(each.values)})")
    return 0


def print_cases(options: argparse.Namespace) -> int:
    """The cases of laws, or how often these reach each trigger."""
    from ..report.statistics import shown, statistics
    from ..run.request import Request
    from ..run.session import Session
    from ..run.trial import Settings
    from ..run.units import selected

    target = Session(Request(**isolation(options))).target(options.target) if options.target else None
    say = statistics if options.statistics else shown
    for text in say(selected(options.laws), target, Settings(options.examples, options.seed)):
        print(text, flush=True)
    return 0


def print_peers(options: argparse.Namespace) -> int:
    """The adapters, with what is installed."""
    from ..targets.peers import listing

    for text in listing(options.python):
        print(text)
    return 0


def replay(options: argparse.Namespace) -> int:
    """Try the counterexamples of a report again, and the calls that show its conventions: 1 if any still fails."""
    from ..run.replay import read
    from ..run.replay import replay as again
    from ..run.request import Request
    from ..run.session import Session

    found = read(options.report)
    if options.target is None and not options.yes:
        agree(found.foreign)
    return again(found, Session(Request(**isolation(options))), options.target, print)


def shrink(options: argparse.Namespace) -> int:
    """Judge a target on a user's own input, and cut that if it is wrong: 1 if it is."""
    from ..data.storage import report_text
    from ..report.render import document
    from ..run.own_input import Window, case_of, judged, told
    from ..run.request import Request
    from ..run.session import Session

    writable("--json", options.json)
    flags = {name: getattr(options, name) for name in ("ceil_mode", "count_include_pad")}
    passed = {name: value for name, value in flags.items() if value is not None}
    window = Window(options.size, options.stride or options.size, options.padding, options.dilation, passed)
    case = case_of(options.input, options.call, window)
    request = Request((options.target,), examples=1, **isolation(options))
    target = Session(request).target(options.target)
    result = judged(target, case)
    print(told(result, case))
    made = partial(document, request, {target.spec: target}, [result], False)
    complaints = unwritten([("--json", options.json, lambda: report_text(options.json, made))])
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 2 if complaints else int(result.failed)


def agree(foreign: Sequence[str]) -> None:
    """Raise Unusable unless somebody at the terminal agrees to run what a report names: it may be a stranger's."""
    if not foreign:
        return
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        would = ", ".join(map(repr, foreign))
        raise Unusable(f"the report would run {would}; give --yes if that is what you want, or another TARGET")
    print("the report would run, with all that you may do:", *(f"  {spec!r}" for spec in foreign), sep="\n")
    with suppress(EOFError):
        if input("run this? [y/N] ").strip().lower() in ("y", "yes"):
            return
    raise Unusable("nothing was run")


def measure(options: argparse.Namespace) -> int:
    """The bench, or one of the other measurements."""
    if options.repeats and options.instead != "document":
        raise Unusable("--repeats is the number of passes of --document; without that it should be left out")
    if not options.instead:
        return race(options)
    refuse_others(options)
    for text in measurement(options.instead, options.repeats or 5000):
        print(text, flush=True)
    return 0


def measurement(name: str, repeats: int) -> Iterator[str]:
    """The lines of another measurement than the bench."""
    from ..bench import document, laws, overhead, start

    others = {"overhead": overhead.overhead, "laws": laws.laws, "start": start.start}
    return document.bench(repeats) if name == "document" else others[name]()


def refuse_others(options: argparse.Namespace) -> None:
    """Raise Unusable for what another measurement would not heed."""
    given = (options.workloads or None, options.libraries, options.json, options.plot)
    if any(each is not None for each in given):
        others = "WORKLOAD, --libraries, --json or --plot"
        raise Unusable(f"--{options.instead} is a measurement of its own, without {others}")


def race(options: argparse.Namespace) -> int:
    """The workloads; 130 if it was interrupted, 1 if somebody's answers were wrong."""
    from ..bench import plot, rivals, workloads
    from ..bench.record import document
    from ..bench.run import Bench

    for option in ("json", "plot"):
        writable(f"--{option}", getattr(options, option))
    if options.plot is not None:
        plot.check(options.plot)
    libraries = rivals.asked(options.libraries)
    bench = Bench(workloads.chosen(options.workloads), options.rounds, options.threads, libraries)
    try:
        bench.run(partial(print, flush=True))
    except MemoryError as error:
        raise Unusable(f"a workload is too large for this machine: {error}") from None
    picture = options.plot if any(bench.measured.values()) else None
    outputs: list[Output] = [
        ("--json", options.json, lambda: json_text(document(bench))),
        ("--plot", picture, lambda: plot.picture(bench, options.plot)),
    ]
    complaints = unwritten(outputs)
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 130 if bench.partial else 2 if complaints else int(bench.failed)


EACH = (check, matrix, print_laws, print_cases, print_peers, replay, shrink, measure)
RUN = dict(zip(COMMANDS, EACH, strict=True))

if __name__ == "__main__":
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        # With -m Python puts the working folder first, where a target may have written modules.
        del sys.path[0]
    sys.exit(main())
