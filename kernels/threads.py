"""Planes shared among threads: no more threads than the caller allows, the machine has processors, or the work pays."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from .checks import show

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

WORTH = 1 << 18
"""The fewest elements per thread: handing work to a thread takes as long as pooling tens of thousands of them."""


def in_threads(work: Callable[[slice], object], planes: int, elements: int, threads: int) -> None:
    """Call `work` on equal parts of the planes in parallel, the first in this thread. Raises what `work` raises."""
    count = min(threads, planes, elements // WORTH)
    count = max(1, min(count, cores())) if count > 1 else 1
    ends = [planes * part // count for part in range(count + 1)]
    mine, *others = map(slice, ends, ends[1:])
    waiting = [helpers(count - 1).submit(work, part) for part in others]
    try:
        work(mine)
    finally:
        for each in waiting:
            each.result()


@cache
def helpers(count: int) -> ThreadPoolExecutor:
    """A pool of `count` threads, kept for the next call, because starting a thread takes longer than most calls."""
    # Imported here, because it is slow to import and rarely needed.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count, "poolproof")


if hasattr(os, "register_at_fork"):
    # A forked process does not have these threads.
    os.register_at_fork(after_in_child=helpers.cache_clear)


PROCESSES = "POOLPROOF_PROCESSES"
"""The environment variable with the number of processes that share the processors."""

SHARED = (PROCESSES, "PYTEST_XDIST_WORKER_COUNT")
"""The variables from which it is taken; pytest-xdist has one of its own."""


def checked(threads: int) -> int:
    """`threads` as an int of at least 1. Raises TypeError or ValueError otherwise."""
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads={show(threads)} should be an int, not {type(threads).__name__}")
    if threads < 1:
        raise ValueError(f"threads={threads} should be at least 1")
    return threads


def cores() -> int:
    """The number of processors that this process may use. The processes of a parallel test run share them."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // int(next((os.environ[name] for name in SHARED if name in os.environ), "1")))
