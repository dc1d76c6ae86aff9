"""One target, judged by this process alone: nothing is printed, written or kept, and nothing runs afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from ..contract import Unusable
from ..results import Result
from ..targets.target import Target
from .events import RunBegun, TargetLikened, TargetLoaded, TargetRefused, UnitExamined
from .like import like, with_pins
from .quiet import quiet
from .record import Record
from .request import Request
from .session import Session, ending
from .smoke import smoke_test
from .units import Unit, turn


def alone(request: Request, units: Sequence[Unit], make: Callable[[], Target]) -> Record:
    """What comes of units on the one target that `make` makes. Raises Unusable for one that it should be like."""
    record, session = Record(request), Session(request)
    with ExitStack() as stack:
        for meanwhile in (quiet(), ending(session)):
            stack.enter_context(meanwhile)
        other = stack.enter_context(like(request))
        (spec,) = request.targets
        try:
            target = session.loaded[spec] = make()
            smoke_test(target)
        except Unusable as error:
            record.add(TargetRefused(spec, str(error)))
            return record
        record.add(TargetLoaded(target))
        pins: dict[str, list[Unit]] = {}
        if other is not None:
            likeness, pins[spec] = other.likeness(target)
            record.add(TargetLikened(spec, likeness))
        record.add(RunBegun(tuple(with_pins(units, pins))))
        for result in in_turns(session, record.units):
            record.add(UnitExamined(result))
    return record


def in_turns(session: Session, units: Sequence[Unit]) -> list[Result]:
    """The result of each unit, which gets its share of the time; those that were cut short share what is left over."""
    end, found, waiting = session.request.end, dict[tuple[str, str], Result](), list(units)
    while waiting and not (found and end is not None and time.time() >= end):
        for k, unit in enumerate(waiting):
            shares = sum(each.weight for each in waiting[k:]) / unit.weight
            found[unit.key] = session.examine(unit, turn(end, shares))
        waiting = [unit for unit in waiting if found[unit.key].partial and not found[unit.key].failed]
    return [found[unit.key] for unit in units]
