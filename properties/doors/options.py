"""Every option of a run, described once: the command, the pytest plugin and Request are made from this table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from .converters import filled, length, memory, natural, one_device, one_wrapper, positive, processes, seconds

if TYPE_CHECKING:
    from ..run.request import Request


@dataclass(frozen=True)
class Option:
    """An option: its name, its help, the name and the converter of its value, and its default.

    A flag has no `metavar`. An option with the default () may be given several times.
    """

    name: str
    help: str
    metavar: str = ""
    type: Callable[[str], Any] = filled
    default: Any = None

    @property
    def flag(self) -> str:
        """The option as it is typed."""
        return f"--{self.name}" if len(self.name) > 1 else f"-{self.name}"

    @property
    def field(self) -> str:
        """The option's name as an attribute of parsed options, and as a field of a Request."""
        return self.name.replace("-", "_")

    def given(self, options: Any) -> bool:
        """Whether parsed options have it."""
        value = getattr(options, self.field)
        # A number 0 is given.
        return value is not None and value is not False and value != []

    def keywords(self) -> dict[str, Any]:
        """The keywords of argparse's add_argument, which pytest's addoption takes too."""
        if not self.metavar:
            return {"action": "store_true", "help": self.help}
        several = {"action": "append", "default": []} if self.default == () else {"default": self.default}
        return {"type": self.type, "metavar": self.metavar, "help": self.help, **several}


def table(*options: Option) -> dict[str, Option]:
    """Options by their names."""
    return {option.name: option for option in options}


ISOLATION = table(
    Option("python", "interpreter that runs the targets (default: this one)", "EXE", default=sys.executable),
    Option("timeout", "time for one call (default: %(default)g)", "SECONDS", seconds, 10.0),
    Option("memory", "memory of a target's process: 512M, 2G", "SIZE", memory),
    Option("device", "where tensors of PyTorch are: cuda, cpu, mps, xpu, cuda:1", "DEVICE", one_device),
    Option("in-process", "call targets in the suite's own process"),
)
"""The options about a target's process."""

RUN = table(
    Option("examples", "cases per law (default: %(default)s)", "N", positive, 100),
    Option("budget", "end the run after this time (90s, 10m, 8h); laws and conventions take turns", "TIME", seconds),
    Option("seed", "draw the same cases every time; nothing is kept between runs", "N", natural),
    Option("laws", "laws or families, comma-separated, * allowed (default: all)", "PATTERN", default="*"),
    Option("expect", "make a convention a law; may be repeated", "NAME=VALUE", default=()),
    Option("like", "make the conventions of another target laws, as far as both can be asked", "TARGET"),
    Option("known", "known failures with their reasons (TOML); may be repeated", "FILE", default=()),
    Option("huge", "also try the laws about arrays of gigabytes: docs/huge.md"),
    Option("json", "write the report", "FILE"),
    *ISOLATION.values(),
)
"""The options of a run, common to the command and the plugin."""

WRAPPED = table(
    Option("as", "what to take targets for, and wrap them: docs/wrappers.md", "WRAPPER", one_wrapper),
    Option("problem", "with --as kernelbench: the file with the Model that targets solve", "FILE"),
)
"""The options that put a wrapper around every target."""

PRINTED = table(
    Option("v", "print every law, the conventions, and what the cases reached"),
    Option("q", "print the verdict alone"),
    Option("x", "end the run at the first failure"),
)
"""The command's options about its output, for which pytest has its own."""

PROCESSES = table(
    Option("n", "processes of the suite; 0: everything in this one (default: %(default)s)", "N", processes, "auto")
)
"""An option of the command alone: pytest-xdist has its own."""

PROGRAM = table(Option("command", "a target that is a program speaking the protocol", "PROGRAM"))

PROOFS = table(
    Option("exhaustive", "try every case of finite sets instead of drawn ones: docs/exhaustive.md"),
    Option("length", "with --exhaustive: longest axis of an image (default: 6)", "N", length),
    Option("cluster", "run a campaign on a Dask scheduler (address or file), or here: docs/campaigns.md", "SCHEDULER"),
    Option("resume", "with --exhaustive or --cluster: continue where the previous run ended"),
)
"""The options of proofs and campaigns."""

STORE = table(
    Option("store", "failing cases shared by many, tried first: a folder, or an address of fsspec", "ADDRESS")
)
"""The option for cases shared between users."""

COLUMNS = table(Option("markdown", "also write the table as Markdown", "FILE"))
"""The option of a matrix."""

COMPARED = table(
    Option("json", "also write it as JSON", "FILE"),
    Option("markdown", "also write it as Markdown", "FILE"),
)
"""The options of a comparison, and of a history too."""

HISTORY = table(Option("html", "also write it as an HTML page", "FILE"))

WRITTEN = table(
    Option("summary", "write a summary of the run in Markdown", "FILE"),
    Option("junit", "write the results as JUnit XML", "FILE"),
    Option("write-known", "write the failures as a list for --known, with reasons to fill in", "FILE"),
)
"""The options that name a file to write beside the report."""

PAGE = table(Option("html", "write the report as an HTML page with the failing cases drawn", "FILE"))
"""The option of commands that write a page."""

FILES = table(RUN["json"], COLUMNS["markdown"], PAGE["html"], *WRITTEN.values())
"""The options that name a file to write after a run."""


def requested(options: Any, targets: Iterable[str] = (), prefix: str = "", **more: Any) -> Request:
    """The request made of parsed options whose names begin with a prefix; `more` overrides its fields.

    Fields without an option have the defaults of Request.
    """
    from ..run.request import Request
    from ..targets.loading import REFERENCE
    from ..targets.wrapped import wrapped_as

    around = [getattr(options, prefix + each.field, None) for each in WRAPPED.values()]
    wrapped = [wrapped_as(each, *around) for each in dict.fromkeys(targets) or (REFERENCE if any(around) else ())]
    names = {option.field for option in RUN.values()} & {each.name for each in fields(Request)}
    given = {name: getattr(options, prefix + name) for name in names if hasattr(options, prefix + name)}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Request(**{"targets": tuple(wrapped) or REFERENCE, **given, **more})


def end_of(budget: float | None) -> float | None:
    """When a run with a budget in seconds ends if it starts now, in seconds since the epoch."""
    return None if budget is None else time.time() + budget
