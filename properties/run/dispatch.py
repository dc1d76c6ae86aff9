"""A run: its units in portions, each a pure function from the request to results, on any executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from msgspec.structs import replace

from ..contract import Unusable
from ..data.typed import Json
from ..results import Result
from .executor import Crew, Task, executor_of, run_tasks
from .processes import Lost
from .request import Request
from .runner import Interrupted
from .session import session
from .units import Unit, fuller, is_cut_short, turn

OPENING = 2.0
"""Seconds for which a run uses one process: a wrong kernel mostly fails at once, before more processes could start."""


def examined(
    request: Request, units: Sequence[Unit], processes: int, complain: Callable[[str], None]
) -> Iterator[Result]:
    """The results of units as they come, from this many processes, or from this one if `processes` is 0."""
    turns = Turns(request, grouped(units, processes, apart=request.in_process or not processes), max(processes, 1))
    try:
        for _, result in carried_out(turns.tasks(), executor_of(processes), complain, opening=OPENING):
            yield from turns.settled(result)
    except KeyboardInterrupt:
        yield from turns.cut_short.values()
        raise
    yield from turns.cut_short.values()


class Turns:
    """Units in portions, each in its turn; then those that were cut short, until none is left or the budget is spent.

    What is quick leaves time of its turn to the others.
    """

    def __init__(self, request: Request, groups: Sequence[list[Unit]], processes: int) -> None:
        self.request, self.groups, self.processes = request, list(groups), processes
        self.running = 0
        self.cut_short = dict[tuple[str, str], Result]()

    def tasks(self) -> Iterator[Task | None]:
        """The portions of one round after another; None while the next depends on running ones."""
        waiting = self.groups
        while waiting:
            for task in portions(self.request, waiting, self.processes):
                self.running += len(task.lost)
                yield task
            while self.running:
                yield None
            waiting = self.again()

    def settled(self, result: Result) -> list[Result]:
        """The result of a unit, unless the unit gets another turn."""
        self.running -= 1
        kept = fuller(self.cut_short.pop(result.key, None), result)
        if not is_cut_short(kept) or not self.has_time():
            return [kept]
        self.cut_short[result.key] = kept
        return []

    def again(self) -> list[list[Unit]]:
        """The portions of which something was cut short, without the rest."""
        left = ([unit for unit in group if unit.key in self.cut_short] for group in self.groups)
        return list(filter(None, left))

    def has_time(self) -> bool:
        """Whether some of a budget is left."""
        return self.request.end is not None and time.time() < self.request.end


def carried_out(
    tasks: Iterable[Task | None],
    executor: Crew,
    complain: Callable[[str], None],
    *,
    opening: float = 0.0,
    until: float | None = None,
) -> Iterator[tuple[Task, Result]]:
    """Tasks with their results as they come from an executor, which is closed afterwards.

    `opening` and `until` are those of `run_tasks`.

    After Ctrl-C the running tasks return what they have, and KeyboardInterrupt is raised. Internal errors become
    complaints.
    """
    interrupted = False
    left = takewhile(lambda _: not interrupted, tasks)
    with executor:
        for task, future in run_tasks(left, executor, opening, until):
            try:
                done = future.result()
            except Lost as error:
                yield from ((task, replace(result, reason=str(error))) for result in task.lost)
            except RuntimeError as error:
                complain(f"internal error: {error}")
            else:
                yield from ((task, Result.from_json(result)) for result in done["results"])
                interrupted |= done["interrupted"]
    if interrupted:
        raise KeyboardInterrupt


def grouped(units: Sequence[Unit], processes: int, *, apart: bool) -> list[list[Unit]]:
    """Units in portions for processes: a law with all its targets, as its cases are then drawn once.

    Each unit is a portion of its own if there would be fewer portions than processes, or if `apart`: a death then costs
    no other unit, and each result is seen at once.
    """
    groups = [list(group) for _, group in groupby(units, key=lambda unit: unit.name)]
    if apart or len(groups) < processes:
        return [[unit] for unit in units]
    return groups


def portions(request: Request, groups: Sequence[list[Unit]], processes: int) -> Iterator[Task]:
    """Each portion as a task when its turn comes, with the seconds that are its share of the budget."""
    shares = [group[0].weight for group in groups]
    for k, group in enumerate(groups):
        end = turn(request.end, sum(shares[k:]) / shares[k] / processes)
        lost = tuple(Result(*unit.key, "crashed") for unit in group)
        yield Task(tried, (request, group, None if end is None else end - time.time()), lost)


def tried(request: Request, units: Sequence[Unit], seconds: float | None) -> Json:
    """The results of units, one after another, and whether Ctrl-C ended them, as JSON.

    Their time begins when this process has loaded their targets.
    """
    here = session(request)
    if seconds is not None:
        here.load(units)
    end = None if seconds is None or request.end is None else min(time.time() + seconds, request.end)
    return gathered(in_order(here.examine, units, end))


def gathered(source: Iterator[Result]) -> Json:
    """Results, and whether Ctrl-C ended them, as JSON."""
    results: list[Result] = []
    interrupted = False
    try:
        results.extend(source)
    except KeyboardInterrupt:
        interrupted = True
    return {"results": [result.as_json() for result in results], "interrupted": interrupted}


def in_order(
    examine: Callable[[Unit, float | None], Result], units: Sequence[Unit], end: float | None
) -> Iterator[Result]:
    """The results of units, one after another, in this process. After Ctrl-C the interrupted one comes last."""
    for k, unit in enumerate(units):
        try:
            yield examine(unit, turn(end, len(units) - k))
        except Unusable as error:
            yield Result(*unit.key, "not run", str(error), abandoned=True)
        except Interrupted as interruption:
            yield interruption.result
            raise
