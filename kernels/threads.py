"""Planes shared among threads: never more than the caller asks for, the machine has, or the work is worth."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from .checks import show

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

WORTH = 1 << 18
"""Elements that are worth a thread of their own: to hand work to one takes as long as pooling some ten thousands."""


def in_threads(work: Callable[[slice], object], planes: int, elements: int, threads: int) -> None:
    """Do `work` for every plane, in equal parts side by side, the first of them here. Raises what it raises."""
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
    """So many threads, which stay for the next call: to start one takes longer than most calls."""
    # Here, because it is slow to import and rarely needed.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count, "poolproof")


if hasattr(os, "register_at_fork"):
    # A process that is forked has none of them.
    os.register_at_fork(after_in_child=helpers.cache_clear)


SHARED = ("POOLPROOF_PROCESSES", "PYTEST_XDIST_WORKER_COUNT")
"""Variables of the environment that say how many processes share the processors."""


def checked(threads: int) -> int:
    """The number of threads, an int from 1; raises TypeError or ValueError for what cannot be."""
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads={show(threads)} should be an int, not {type(threads).__name__}")
    if threads < 1:
        raise ValueError(f"threads={threads} should be at least 1")
    return threads


def cores() -> int:
    """The processors that this process may use; a process among several of a test run has its share of them."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // int(next((os.environ[name] for name in SHARED if name in os.environ), "1")))
