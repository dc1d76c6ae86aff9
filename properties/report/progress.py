"""The line that shows how far a run is while it goes on; on a terminal only, by rich."""

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
"""Seconds between two lines of a campaign's progress."""

NUMBA = "compiled"
"""The kernel that numba compiles at its first calls, unless what it compiled before is on disk."""


class Progress:
    """A bar with laws done, cases, failures and time left; without a terminal that shows colours it shows nothing."""

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
        """Say how many units there are."""
        self.begin_again(record)
        if self.bar is not None:
            self.cold = NUMBA in record.targets and not has_compiled()
            self.bar.add_task(self.told(record), total=self.whole(record))

    def show(self, record: Record) -> None:
        """Show how far a run is."""
        if self.bar is not None and self.bar.task_ids:
            end, whole = record.request.end, self.whole(record)
            done = whole - (end - time.time()) if spends(record) and end else len(record.results)
            self.bar.update(self.bar.task_ids[0], completed=done, total=whole, description=self.told(record))

    def whole(self, record: Record) -> float:
        """What there is to do: units, or where a campaign spends a budget its seconds."""
        return self.seconds if spends(record) else len(record.units)

    def begin_again(self, record: Record) -> None:
        """What is done until now has cost this run no time."""
        self.began = self.told_at = time.monotonic()
        self.before = tried(record)
        self.seconds = max(0.0, (record.request.end or 0.0) - time.time())

    def due(self, record: Record) -> str:
        """A line for a campaign where no bar is shown, once in a while; else empty."""
        if self.bar is not None or time.monotonic() - self.told_at < EVERY:
            return ""
        self.told_at = time.monotonic()
        return self.told(record)

    def told(self, record: Record) -> str:
        """What stands beside the bar."""
        cases = quantity(tried(record), "case") + self.pace(record)
        failures = quantity(sum(result.failed for result in record.results), "failure") + by_cause(record)
        compiling = self.cold and any(unit.target == NUMBA for unit in record.left())
        return ", ".join([cases, failures, *limit(record.request.end), *["numba is compiling"] * compiling])

    def pace(self, record: Record) -> str:
        """In a campaign, how many cases are tried in a second, wherever that is."""
        if record.request.cluster is None:
            return ""
        seconds = max(time.monotonic() - self.began, 1.0)
        return f" ({(tried(record) - self.before) / seconds:,.0f} a second)"


def spends(record: Record) -> bool:
    """Whether a run goes on until its budget is spent."""
    return record.request.cluster is not None and record.request.end is not None


def tried(record: Record) -> int:
    """Cases so far."""
    return sum(result.examples for result in record.results)


def by_cause(record: Record) -> str:
    """In a campaign, the causes of failures, each with the laws that fail for it."""
    if record.request.cluster is None or not record.causes:
        return ""
    return f" ({', '.join(f'{cause.name} {len(cause.results)}' for cause in record.causes)})"


def bar_on(terminal: Terminal) -> Bar:
    """A bar that goes when it is done. Its time left is what rich makes of the pace so far."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    # What targets print is none of its business.
    return Progress(
        *columns,
        console=terminal.rich,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=4,
    )


def limit(end: float | None) -> list[str]:
    """How much of a budget is left, if there is one."""
    return [] if end is None else [f"{in_words(max(0.0, end - time.time()))} of the budget left"]


def in_words(seconds: float) -> str:
    """A time as a budget is given."""
    unit, length = next((each for each in (("h", 3600), ("m", 60)) if seconds >= 2 * each[1]), ("s", 1))
    return f"{seconds / length:.0f} {unit}"


def has_compiled() -> bool:
    """Whether numba has compiled anything of the kernels before, and keeps it on disk."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(poolproof.kernels.__path__[0], "compiled"))
    return any(folder.rglob("*.nbi"))
