"""Tasks on an executor of `concurrent.futures`: as many at a time as there is room for, in this process or others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any

from ..results import Result
from .processes import GRACE, Processes


@dataclass(frozen=True)
class Task:
    """A function that can be pickled, and its arguments; it returns JSON.

    `lost`: the results to report if the process that runs it dies, twice.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    lost: tuple[Result, ...] = ()


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


def executor_of(processes: int) -> Executor:
    """An executor with so many processes of this machine; with 0 it runs tasks in this one."""
    return Processes(processes) if processes else Here()


def run_tasks(
    tasks: Iterable[Task], executor: Executor, room: int, opening: float = 0.0
) -> Iterator[tuple[Task, Future[Any]]]:
    """Run tasks, `room` of them at a time, each taken when there is room for it; each with its future when it is done.

    In the first seconds, the `opening`, there is room for one. After Ctrl-C the tasks in hand are interrupted, their
    results come too, and then KeyboardInterrupt is raised. Where no more of them are wanted, those in hand are
    interrupted as well.
    """
    waiting, running = iter(tasks), dict[Future[Any], Task]()
    end = time.monotonic() + opening
    try:
        while True:
            left = end - time.monotonic()
            while len(running) < (room if left <= 0 else 1) and (task := next(waiting, None)):
                running[executor.submit(task.function, *task.arguments)] = task
            if not running:
                return
            for future in wait(running, left if left > 0 else None, FIRST_COMPLETED).done:
                yield running.pop(future), future
    except GeneratorExit:
        interrupt(executor)
        raise
    except KeyboardInterrupt:
        interrupt(executor)
        for future in wait(running, GRACE).done:
            if not isinstance(future.exception(), KeyboardInterrupt):
                yield running.pop(future), future
        raise


def interrupt(executor: Executor) -> None:
    """Interrupt what an executor has in hand elsewhere; here Ctrl-C has done that itself."""
    if isinstance(executor, Processes):
        executor.interrupt()
