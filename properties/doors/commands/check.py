"""`poolproof check`: try the laws on drawn cases, or on every case of finite sets."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ...data.errors import Unusable
from ..options import (
    FILES,
    PAGE,
    PRINTED,
    PROCESSES,
    PROGRAM,
    PROOFS,
    RUN,
    STORE,
    WRAPPED,
    WRITTEN,
    Option,
    end_of,
    requested,
)
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


class Together(NamedTuple):
    """An option that makes sense only with one of some options, or only without others, and what it is about."""

    option: Option
    about: str
    needs: tuple[Option, ...] = ()
    excludes: tuple[Option, ...] = ()


EXHAUSTIVE, CLUSTER = PROOFS["exhaustive"], PROOFS["cluster"]
OF_DRAWN = (RUN["expect"], RUN["like"], RUN["seed"], CLUSTER, STORE["store"])

TOGETHER = (
    Together(PROOFS["length"], "proofs", needs=(EXHAUSTIVE,)),
    Together(PROOFS["resume"], "proofs and campaigns", needs=(EXHAUSTIVE, CLUSTER)),
    *(Together(option, "drawn cases", excludes=(EXHAUSTIVE,)) for option in OF_DRAWN),
    Together(RUN["huge"], "laws of its own", excludes=(EXHAUSTIVE,)),
    Together(PRINTED["v"], "more output", excludes=(PRINTED["q"],)),
)
"""Which options go together."""


def check_together(options: Namespace) -> None:
    """Raise Unusable for the first option that lacks another, or should not come with it."""
    for option, about, needs, excludes in TOGETHER:
        if not option.given(options):
            continue
        if needs and not any(each.given(options) for each in needs):
            flags = " or ".join(each.flag for each in needs)
            raise Unusable(f"{option.flag} is about {about}, and should come with {flags}")
        for each in excludes:
            if each.given(options):
                raise Unusable(f"{option.flag} is about {about}, and should not come with {each.flag}")


def run(options: Namespace) -> int:
    """Judge targets and print the findings for each."""
    from ...report.console import Console, Detail
    from ...targets import loading

    targets = [*options.targets, *([] if options.command is None else [loading.COMMAND + options.command])]
    check_together(options)
    if options.exhaustive:
        return prove(options, targets)
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
