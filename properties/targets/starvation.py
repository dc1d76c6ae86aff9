"""How long a process has waited for a CPU: time that other processes took, and that no limit should count."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..remote.guard import descendants

PROC = Path("/proc")


def starved(process: int) -> float:
    """The seconds for which a process or one below it could have run, but had no CPU; 0 where the system does not say.

    Of several threads, the one that waited longest counts.
    """
    family = [process, *descendants(process)]
    return max((seconds_of(thread) for each in family for thread in threads(each)), default=0.0)


def threads(process: int) -> list[Path]:
    """The folders of a process's threads: none if it has ended."""
    with suppress(OSError):
        return list((PROC / str(process) / "task").iterdir())
    return []


def seconds_of(thread: Path) -> float:
    """The seconds that a thread has waited for a CPU since it began."""
    with suppress(OSError, ValueError, IndexError):
        # Nanoseconds on a CPU and of waiting for one, and turns: Documentation/scheduler/sched-stats.rst of Linux.
        return int((thread / "schedstat").read_text().split()[1]) / 1e9
    return 0.0
