"""One target, judged by this process alone: nothing is printed, written or kept, and nothing runs afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


def in_turns(session: Session, units: Sequence[Unit]) -> Iterator[Result]:
    """The result of each unit, which gets its share of the time that is left."""
    for k, unit in enumerate(units):
        waiting = sum(each.weight for each in units[k:]) / unit.weight
        yield session.examine(unit, turn(session.request.end, waiting))
