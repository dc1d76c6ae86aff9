"""Tasks on an executor of `concurrent.futures`: as many at a time as there is room for, in this process or others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ..results import Result
from .processes import GRACE, Processes

HERE = "here"
"""What `--cluster` calls the processes of this machine."""

AGAIN = 1.0
"""Seconds after which room is looked for again, as workers come and go."""


@dataclass(frozen=True)
class Task:
    """A function that can be pickled, and its arguments; it returns JSON.

    `lost`: the results to report, without their reason, if what runs it dies again and again.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    lost: tuple[Result, ...] = ()


class Crew(Protocol):
    """What is wanted of an executor."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """The future of a call."""

    def room(self) -> int:
        """How many calls should be in hand."""

    def interrupt(self) -> None:
        """Interrupt what is in hand elsewhere."""

    def __enter__(self) -> Any:
        """Begin."""

    def __exit__(self, *error: Any) -> bool | None:
        """End."""


class Here(Executor):
    """Runs every task at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """The result of a call, or its exception. Ctrl-C is raised, as it is about the whole run."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future

    def room(self) -> int:
        """One after another."""
        return 1

    def interrupt(self) -> None:
        """Ctrl-C has done that itself."""


def executor_of(processes: int, cluster: str = HERE) -> Crew:
    """The executor of a cluster, or one with so many processes of this machine; with 0 it runs tasks in this one."""
    if cluster != HERE:
        from .cluster import Cluster

        return Cluster(cluster)
    return Processes(processes) if processes else Here()


def run_tasks(
    tasks: Iterable[Task | None], executor: Crew, opening: float = 0.0, until: float | None = None
) -> Iterator[tuple[Task, Future[Any]]]:
    """Run tasks, each taken when there is room for it; each with its future when it is done.

    None stands for no task until another is done. In the first seconds, the `opening`, there is room for one. At the
    time `until`, in seconds since the epoch, tasks in hand are given up. After Ctrl-C they are interrupted, their
    results come too, and then KeyboardInterrupt is raised. Where no more of them are wanted, those in hand are
    interrupted as well.
    """
    waiting, running, done = iter(tasks), dict[Future[Any], Task](), SimpleQueue[Future[Any]]()
    begun = time.monotonic() + opening
    try:
        while until is None or time.time() < until:
            left = begun - time.monotonic()
            room = executor.room() if left <= 0 else 1
            while len(running) < room and (task := next(waiting, None)):
                future = executor.submit(task.function, *task.arguments)
                running[future] = task
                future.add_done_callback(done.put)
            if not running:
                return
            with suppress(Empty):
                future = done.get(timeout=min(left, AGAIN) if left > 0 else AGAIN)
                yield running.pop(future), future
        executor.interrupt()
    except GeneratorExit:
        executor.interrupt()
        raise
    except KeyboardInterrupt:
        executor.interrupt()
        for future in wait(running, GRACE).done:
            if not isinstance(future.exception(), KeyboardInterrupt):
                yield running.pop(future), future
        raise
