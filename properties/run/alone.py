"""A run in this process on one target: it prints, writes and keeps nothing, and leaves nothing running."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..contract import Unusable
from ..data.errors import Unfit
from ..results import Result
from ..targets.target import Target
from . import integrity
from .events import RunBegun, SuiteFailed, TargetLikened, TargetLoaded, TargetRefused, UnitExamined
from .like import Like, like, with_pins
from .quiet import quiet
from .record import AT_FIRST, Record
from .request import Request
from .session import Session, ending
from .smoke import smoke_test
from .units import Unit, fuller, is_cut_short, turn


def alone(request: Request, units: Sequence[Unit], make: Callable[[], Target], *, first_only: bool) -> Record:
    """The record of these units on the one target that `make` makes, perhaps up to the first that fails.

    Raises Unusable about the target of `like`.
    """
    record, before = Record(request), integrity.state()
    with quiet(), ending(Session(request)) as session, like(request) as other:
        try:
            target = loaded(session, make)
        except Unusable as error:
            record.add(TargetRefused(request.targets[0], str(error), isinstance(error, Unfit)))
            return record
        record.add(TargetLoaded(target))
        record.add(RunBegun(tuple(with_pins(units, pins_of(other, target, record)))))
        for result in in_turns(session, record.units, first_only=first_only):
            record.add(UnitExamined(result))
    if first_only and record.causes:
        record.ended = AT_FIRST
    if complaint := integrity.changed(before):
        record.add(SuiteFailed(complaint))
    return record


def loaded(session: Session, make: Callable[[], Target]) -> Target:
    """The target, made and smoke-tested. Raises Unusable."""
    (spec,) = session.request.targets
    session.loaded[spec] = make()
    smoke_test(session.loaded[spec])
    return session.loaded[spec]


def pins_of(other: Like | None, target: Target, record: Record) -> dict[str, list[Unit]]:
    """The units that hold a target to the conventions of another, recorded as an event."""
    if other is None:
        return {}
    likeness, pins = other.likeness(target)
    record.add(TargetLikened(target.spec, likeness))
    return {target.spec: pins}


def in_turns(session: Session, units: Sequence[Unit], *, first_only: bool) -> list[Result]:
    """The result of each unit, run for its share of the time; units cut short share the time left over.

    With `first_only`, the results up to the first failure.
    """
    end, found, waiting = session.request.end, dict[tuple[str, str], Result](), list(units)
    while waiting and not (found and end is not None and time.time() >= end):
        for k, unit in enumerate(waiting):
            shares = sum(each.weight for each in waiting[k:]) / unit.weight
            found[unit.key] = fuller(found.get(unit.key), session.examine(unit, turn(end, shares)))
            if first_only and found[unit.key].failed:
                return list(found.values())
        waiting = [unit for unit in waiting if is_cut_short(found[unit.key])]
    return [found[unit.key] for unit in units]
