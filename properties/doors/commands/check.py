"""`poolproof check`: try the laws on drawn cases, or on every case of finite sets."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...data.errors import Unusable
from ..options import FILES, PAGE, PRINTED, PROCESSES, PROGRAM, PROOFS, RUN, STORE, WRAPPED, WRITTEN, end_of, requested
from ..parser import Command, Parser

if TYPE_CHECKING:
    from ...report.console import Console
    from ...run.request import Request


def add_arguments(parser: Parser) -> None:
    """Add targets, and the options of runs, proofs and campaigns."""
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET",
        help="module:object, module, path/file.py:object, path/file.py, or a shipped kernel or adapter "
        "(default: the three reference kernels)",
    )  # fmt: skip
    for options in (PROGRAM, WRAPPED, RUN, PAGE, WRITTEN, PROCESSES, PRINTED, PROOFS, STORE):
        parser.add_options(options.values())


def run(options: Namespace) -> int:
    """Judge targets and print the findings for each."""
    from ...report.console import Console, Detail
    from ...targets import loading

    targets = [*options.targets, *([] if options.command is None else [loading.COMMAND + options.command])]
    if options.exhaustive:
        return prove(options, targets)
    if options.length is not None:
        raise Unusable("--length is about proofs, and should come with --exhaustive")
    if options.resume and options.cluster is None:
        raise Unusable("--resume is about proofs and campaigns, and should come with --exhaustive or --cluster")
    if options.v and options.q:
        raise Unusable("-v and -q ask for more and for less, and should not come together")
    detail = Detail.FULL if options.v else Detail.QUIET if options.q else Detail.USUAL
    return judge(options, targets, lambda request: Console(request, detail, first_only=options.x))


def judge(options: Namespace, targets: list[str], make: Callable[[Request], Console]) -> int:
    """Run laws on targets; `make` makes the console that prints."""
    from ...run.persistence import KEPT, unkept
    from ...run.seeds import in_ci
    from ...run.units import plan

    campaign = campaign_of(options)
    store = getattr(options, "store", None)
    persistent = options.seed is None and not in_ci() and not campaign and store is None
    more = {"persistent": persistent, "store": store, **campaign}
    asked = requested(options, targets, end=end_of(options.budget), **more).settled()
    asked.known_failures()
    units, files = plan(asked), files_of(options)
    console = make(asked)
    if persistent and (warning := unkept(KEPT)):
        console.say(("warning: ", "warning"), warning)
    console.watch(units, options.n)
    return console.finish(files)


def campaign_of(options: Namespace) -> dict[str, Any]:
    """The fields that make a request a campaign: its scheduler, and the seed of a resumed one; otherwise empty."""
    from ...run.campaign import last_seed

    if getattr(options, "cluster", None) is None:
        return {}
    seed = last_seed() if options.resume and options.seed is None else options.seed
    return {"cluster": options.cluster, "resume": options.resume, "seed": seed}


def prove(options: Namespace, targets: list[str]) -> int:
    """Try the laws on every case of finite sets, and print what that proves."""
    from ...proofs.run import LENGTH, Run
    from ...report.terminal import Terminal

    if options.expect or options.like is not None or options.seed is not None:
        raise Unusable("--expect, --like and --seed are about drawn cases, and should not come with --exhaustive")
    if options.cluster is not None:
        raise Unusable("--cluster is about drawn cases, and should not come with --exhaustive")
    if options.store is not None:
        raise Unusable("--store is about drawn cases, and should not come with --exhaustive")
    if options.huge:
        raise Unusable("--huge is about laws of its own, and should not come with --exhaustive")
    asked = requested(options, targets, end=end_of(options.budget))
    asked.known_failures()
    files = files_of(options)
    proofs = Run(asked, options.length or LENGTH, Terminal(sys.stdout).say)
    proofs.begin()
    finished = proofs.try_all(options.n, resume=options.resume)
    return proofs.finish(files, interrupted=not finished)


def files_of(options: Namespace) -> dict[str, str | None]:
    """The files to write after a run, by the names of their options. Raises Unusable if one cannot be written."""
    from ...data.files import writable

    files = {option.name: getattr(options, option.field, None) for option in FILES.values()}
    for name, file in files.items():
        writable(f"--{name}", file)
    return files


COMMAND = Command("check", "judge implementations of pooling by the laws of pooling", add_arguments, run)
