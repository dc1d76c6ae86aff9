"""A run: its units in portions, each a pure function from the request to results, on any executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from ..contract import Unusable
from ..data.typed import Json
from ..results import Result
from ..targets.loading import REFERENCE
from .executor import Task, executor_of, run_tasks
from .processes import Lost
from .request import Request
from .runner import Interrupted
from .session import session
from .units import Unit, turn

OPENING = 1.5
"""Seconds in which this process examines units itself, before it starts others: a kernel that is wrong somewhere is
mostly wrong at once, and starting them takes longer."""

LOST = "the process of the suite died twice"
"""Why a unit crashed that took the suite's own process with it."""


def examined(
    request: Request, units: Sequence[Unit], processes: int, complain: Callable[[str], None]
) -> Iterator[Result]:
    """The results of units as they come, in so many processes, or with 0 in this one."""
    groups = grouped(units, processes, apart=request.in_process or not processes)
    tasks, end = portions(request, groups, max(processes, 1)), time.monotonic() + OPENING
    if not dangerous(request):
        yield from (result for _, result in carried_out(begun_before(end, tasks), 0, complain))
    yield from (result for _, result in carried_out(tasks, processes, complain))


def begun_before(end: float, tasks: Iterator[Task]) -> Iterator[Task]:
    """Those of some tasks that are taken before a time; the others are left."""
    while time.monotonic() < end and (task := next(tasks, None)):
        yield task


def dangerous(request: Request) -> bool:
    """Whether a target runs in the process that examines it, which it may end; that should not be this one."""
    return request.in_process or bool({*REFERENCE} & {*request.targets})


def carried_out(
    tasks: Iterable[Task], processes: int, complain: Callable[[str], None]
) -> Iterator[tuple[Task, Result]]:
    """Tasks with their results as they come, in so many processes, or with 0 in this one.

    After Ctrl-C the tasks in hand give what they have, and KeyboardInterrupt is raised. An error of ours is a
    complaint.
    """
    interrupted = False
    left = takewhile(lambda _: not interrupted, tasks)
    with executor_of(processes) as executor:
        for task, future in run_tasks(left, executor, max(processes, 1)):
            try:
                done = future.result()
            except Lost:
                yield from ((task, result) for result in task.lost)
            except RuntimeError as error:
                complain(f"internal error: {error}")
            else:
                yield from ((task, Result.from_json(result)) for result in done["results"])
                interrupted |= done["interrupted"]
    if interrupted:
        raise KeyboardInterrupt


def grouped(units: Sequence[Unit], processes: int, *, apart: bool) -> list[list[Unit]]:
    """Units in the portions that processes get: a law with all its targets, as its cases are then drawn once.

    Each unit is a portion of its own where portions would be fewer than processes, and where a death should cost no
    other unit, or its result be seen at once (`apart`).
    """
    groups = [list(group) for _, group in groupby(units, key=lambda unit: unit.name)]
    if apart or len(groups) < processes:
        return [[unit] for unit in units]
    return groups


def portions(request: Request, groups: Sequence[list[Unit]], processes: int) -> Iterator[Task]:
    """Each portion when its turn comes, with the time at which it should end, so that all get some of the budget."""
    shares = [group[0].weight for group in groups]
    for k, group in enumerate(groups):
        end = turn(request.end, sum(shares[k:]) / shares[k] / processes)
        lost = tuple(Result(*unit.key, "crashed", LOST) for unit in group)
        yield Task(tried, (request, group, end), lost)


def tried(request: Request, units: Sequence[Unit], end: float | None) -> Json:
    """The results of units, one after another, and whether Ctrl-C ended them; as JSON, which travels."""
    results: list[Result] = []
    interrupted = False
    try:
        results.extend(in_order(request, units, end))
    except KeyboardInterrupt:
        interrupted = True
    return {"results": [result.as_json() for result in results], "interrupted": interrupted}


def in_order(request: Request, units: Sequence[Unit], end: float | None) -> Iterator[Result]:
    """The results of units, one after another, in this process. After Ctrl-C that of the law in hand comes too."""
    for k, unit in enumerate(units):
        try:
            yield session(request).examine(unit, turn(end, len(units) - k))
        except Unusable as error:
            yield Result(*unit.key, "not run", str(error), abandoned=True)
        except Interrupted as interruption:
            yield interruption.result
            raise
