"""A run: units are examined one after another in this process, or spread over several, until it is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from ..contract import Unusable
from ..data.typed import Json
from ..results import Result
from .processes import Lost, spread
from .runner import Interrupted
from .session import Request, Unit, bench, turn, weight


def examined(
    request: Request, units: Sequence[Unit], processes: int, complain: Callable[[str], None]
) -> Iterator[Result]:
    """The results of units as they come, in so many processes, or with 0 in this one.

    After Ctrl-C the laws in hand give what they have, and KeyboardInterrupt is raised. An error of ours is a complaint.
    """
    groups = grouped(units, processes, apart=request.in_process)
    if not processes:
        for group, end in turns(request, groups, 1):
            yield from in_order(request, group, end)
        return
    tasks = ((in_order_as_json, (request, group, end)) for group, end in turns(request, groups, processes))
    for (_, (_, group, _)), future in spread(tasks, processes):
        try:
            yield from map(Result.from_json, future.result())
        except Lost:
            yield from (Result(spec, law, "crashed", "the process of the suite died twice") for spec, law in group)
        except RuntimeError as error:
            complain(f"internal error: {error}")


def grouped(units: Sequence[Unit], processes: int, *, apart: bool) -> list[list[Unit]]:
    """Units in the portions that processes get: a law with all its targets, as its cases are then drawn once.

    Each unit is a portion of its own where portions would be fewer than processes, and where a death should cost no
    other unit (`apart`).
    """
    groups = [list(group) for _, group in groupby(units, key=lambda unit: unit[1])]
    if apart or len(groups) < processes:
        return [[unit] for unit in units]
    return groups


def turns(request: Request, groups: Sequence[list[Unit]], processes: int) -> Iterator[tuple[list[Unit], float | None]]:
    """Each portion when its turn comes, with the time at which it should end, so that all get some of the budget."""
    shares = [weight(group[0][1]) for group in groups]
    for k, group in enumerate(groups):
        yield group, turn(request.end, sum(shares[k:]) / shares[k] / processes)


def in_order(request: Request, units: Sequence[Unit], end: float | None) -> Iterator[Result]:
    """The results of units, one after another, in this process."""
    for k, unit in enumerate(units):
        try:
            yield bench(request).examine(*unit, turn(end, len(units) - k))
        except Unusable as error:
            yield Result(*unit, "not run", str(error), abandoned=True)
        except Interrupted as interruption:
            yield interruption.result
            raise


def in_order_as_json(request: Request, units: Sequence[Unit], end: float | None) -> list[Json]:
    """The same as JSON, up to an interruption."""
    results: list[Json] = []
    with suppress(KeyboardInterrupt):
        results.extend(result.as_json() for result in in_order(request, units, end))
    return results
