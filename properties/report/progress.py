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

NUMBA = "compiled"
"""The kernel that numba compiles at its first calls, unless what it compiled before is on disk."""


class Progress:
    """A bar with laws done, cases, failures and time left; without a terminal that shows colours it shows nothing."""

    def __init__(self, terminal: Terminal | None) -> None:
        self.bar = None if terminal is None or terminal.rich is None else bar_on(terminal)
        self.cold = False

    def __enter__(self) -> Progress:
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def begin(self, record: Record) -> None:
        """Say how many units there are."""
        if self.bar is not None:
            self.cold = NUMBA in record.targets and not has_compiled()
            self.bar.add_task(self.told(record), total=len(record.units))

    def show(self, record: Record) -> None:
        """Show how far a run is."""
        if self.bar is not None and self.bar.task_ids:
            self.bar.update(self.bar.task_ids[0], completed=len(record.results), description=self.told(record))

    def told(self, record: Record) -> str:
        """What stands beside the bar."""
        cases = quantity(sum(result.examples for result in record.results), "case")
        failures = quantity(sum(result.failed for result in record.results), "failure")
        compiling = self.cold and any(unit.target == NUMBA for unit in record.left())
        return ", ".join([cases, failures, *limit(record.request.end), *["numba is compiling"] * compiling])


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
    return [] if end is None else [f"{max(0.0, end - time.time()):.0f} s of the budget left"]


def has_compiled() -> bool:
    """Whether numba has compiled anything of the kernels before, and keeps it on disk."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(poolproof.kernels.__path__[0], "compiled"))
    return any(folder.rglob("*.nbi"))
