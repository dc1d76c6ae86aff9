"""Tasks on an executor of `concurrent.futures`, in this process or others, as many at a time as it has room for."""

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
"""The value of `--cluster` for the processes of this machine."""

AGAIN = 1.0
"""The seconds between two checks for room, as workers come and go."""


@dataclass(frozen=True)
class Task:
    """A picklable function and its arguments; it returns JSON.

    `lost`: the results to report, without their reason, if its process or worker dies repeatedly.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    lost: tuple[Result, ...] = ()


class Crew(Protocol):
    """The interface of an executor."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Start a call and return its future."""

    def room(self) -> int:
        """How many calls should be pending."""

    def interrupt(self) -> None:
        """Interrupt the calls that run elsewhere."""

    def __enter__(self) -> Any:
        """Start."""

    def __exit__(self, *error: Any) -> bool | None:
        """Close."""


class Here(Executor):
    """Runs every task immediately, in this process."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Make a call; its future has the result or the exception. Ctrl-C is raised, as it concerns the whole run."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future

    def room(self) -> int:
        """One call at a time."""
        return 1

    def interrupt(self) -> None:
        """Do nothing: Ctrl-C has reached this process itself."""


def executor_of(processes: int, cluster: str = HERE) -> Crew:
    """The executor of a cluster, or one with `processes` processes of this machine, or with 0 this process itself."""
    if cluster != HERE:
        from .cluster import Cluster

        return Cluster(cluster)
    return Processes(processes) if processes else Here()


def run_tasks(
    tasks: Iterable[Task | None], executor: Crew, opening: float = 0.0, until: float | None = None
) -> Iterator[tuple[Task, Future[Any]]]:
    """Run tasks, each taken when there is room for it, and yield each with its future when it is done.

    None stands for no task until another is done. For the first `opening` seconds there is room for one. At the time
    `until`, in seconds since the epoch, pending tasks are given up. After Ctrl-C they are interrupted, their results
    are yielded too, and then KeyboardInterrupt is raised. Closing the generator interrupts pending tasks as well.
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
