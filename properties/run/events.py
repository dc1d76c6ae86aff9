"""A run as a stream of events: its targets as they are loaded, then its results as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..contract import Unusable
from ..results import Result
from ..targets.target import Target
from .dispatch import examined
from .request import Request
from .session import session
from .units import Unit


@dataclass(frozen=True)
class TargetLoaded:
    """A target was loaded, and passed its smoke test."""

    target: Target


@dataclass(frozen=True)
class TargetRefused:
    """A target cannot be judged."""

    spec: str
    reason: str


@dataclass(frozen=True)
class RunBegun:
    """All targets are loaded; these units are going to be examined, in this order."""

    units: tuple[Unit, ...]


@dataclass(frozen=True)
class UnitExamined:
    """A unit was examined."""

    result: Result


@dataclass(frozen=True)
class SuiteFailed:
    """Something of ours went wrong; the run goes on."""

    reason: str


Event = TargetLoaded | TargetRefused | RunBegun | UnitExamined | SuiteFailed


def events(request: Request, units: Sequence[Unit], processes: int) -> Iterator[Event]:
    """Load every target of a request, and examine these units, in so many processes, or with 0 in this one.

    After Ctrl-C the results in hand come, and KeyboardInterrupt is raised. Who closes the stream ends the run.
    """
    usable = set()
    for spec in dict.fromkeys(request.targets):
        try:
            target = session(request).target(spec)
        except Unusable as error:
            yield TargetRefused(spec, str(error))
        else:
            usable.add(spec)
            yield TargetLoaded(target)
    left = tuple(unit for unit in units if unit.target in usable)
    yield RunBegun(left)
    wrong: list[str] = []
    for result in examined(request, left, min(processes, len(left)), wrong.append):
        yield UnitExamined(result)
    yield from map(SuiteFailed, wrong)
