"""The progress line of a run; shown by rich, only on a terminal."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import poolproof.kernels

from ..run.record import Record
from .render import quantity
from .terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

EVERY = 60.0
"""Seconds between two progress lines of a campaign."""

NUMBA = "compiled"
"""The kernel that numba compiles at its first calls, unless compiled code is cached on disk."""


class Progress:
    """A bar with finished laws, cases, failures and time left; it shows nothing without a terminal with colours."""

    def __init__(self, terminal: Terminal | None) -> None:
        self.bar = None if terminal is None or terminal.rich is None else bar_on(terminal)
        self.cold = False
        self.began = self.told_at = time.monotonic()
        self.before, self.seconds = 0, 0.0

    def __enter__(self) -> Progress:
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def begin(self, record: Record) -> None:
        """Start the bar with the number of units."""
        self.begin_again(record)
        if self.bar is not None:
            self.cold = NUMBA in record.targets and not has_compiled()
            self.bar.add_task(self.told(record), total=self.whole(record))

    def show(self, record: Record) -> None:
        """Update the bar."""
        if self.bar is not None and self.bar.task_ids:
            end, whole = record.request.end, self.whole(record)
            done = whole - (end - time.time()) if spends(record) and end else len(record.results)
            self.bar.update(self.bar.task_ids[0], completed=done, total=whole, description=self.told(record))

    def whole(self, record: Record) -> float:
        """The bar's total: units, or seconds if a campaign spends a budget."""
        return self.seconds if spends(record) else len(record.units)

    def begin_again(self, record: Record) -> None:
        """Restart the clock: what is done so far has cost this run no time."""
        self.began = self.told_at = time.monotonic()
        self.before = tried(record)
        self.seconds = max(0.0, (record.request.end or 0.0) - time.time())

    def due(self, record: Record) -> str:
        """At intervals, a line for a campaign without a bar; otherwise empty."""
        if self.bar is not None or time.monotonic() - self.told_at < EVERY:
            return ""
        self.told_at = time.monotonic()
        return self.told(record)

    def told(self, record: Record) -> str:
        """The text beside the bar."""
        cases = quantity(tried(record), "case") + self.pace(record)
        failures = quantity(sum(result.failed for result in record.results), "failure") + by_cause(record)
        compiling = self.cold and any(unit.target == NUMBA for unit in record.left())
        return ", ".join([cases, failures, *limit(record.request.end), *["numba is compiling"] * compiling])

    def pace(self, record: Record) -> str:
        """In a campaign, how many cases are tried per second on all machines."""
        if record.request.cluster is None:
            return ""
        seconds = max(time.monotonic() - self.began, 1.0)
        return f" ({(tried(record) - self.before) / seconds:,.0f} per second)"


def spends(record: Record) -> bool:
    """Whether a run goes on until its budget is spent."""
    return record.request.cluster is not None and record.request.end is not None


def tried(record: Record) -> int:
    """The number of cases so far."""
    return sum(result.examples for result in record.results)


def by_cause(record: Record) -> str:
    """In a campaign, the causes of failures, each with the number of laws that fail for it."""
    if record.request.cluster is None or not record.causes:
        return ""
    return f" ({', '.join(f'{cause.name} {len(cause.results)}' for cause in record.causes)})"


def bar_on(terminal: Terminal) -> Bar:
    """A bar that disappears when it is done. rich estimates the remaining time from the pace so far."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    # It should not redirect what targets print.
    return Progress(
        *columns,
        console=terminal.rich,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=4,
    )


def limit(end: float | None) -> list[str]:
    """How much of the budget is left, if there is one."""
    return [] if end is None else [f"{in_words(max(0.0, end - time.time()))} of the budget left"]


def in_words(seconds: float) -> str:
    """A time in the units of a budget."""
    unit, length = next((each for each in (("h", 3600), ("m", 60)) if seconds >= 2 * each[1]), ("s", 1))
    return f"{seconds / length:.0f} {unit}"


def has_compiled() -> bool:
    """Whether numba has compiled any of the kernels and cached it on disk."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(poolproof.kernels.__path__[0], "compiled"))
    return any(folder.rglob("*.nbi"))
