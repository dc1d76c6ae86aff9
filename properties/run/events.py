"""A run as a stream of events: its targets as they are loaded, then its results as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..contract import Unusable
from ..data.errors import Unfit
from ..lawbook import LAWS
from ..results import Likeness, Result
from ..targets.target import Target
from . import integrity
from .campaign import JOURNAL, Campaign
from .dispatch import examined
from .executor import HERE, executor_of
from .journal import Journal, identity
from .like import like, with_pins
from .request import Request
from .session import session
from .store import Store, today
from .units import Kind, Unit


@dataclass(frozen=True)
class TargetLoaded:
    """A target was loaded, and passed its smoke test."""

    target: Target


@dataclass(frozen=True)
class TargetRefused:
    """A target cannot be judged; `loaded`: it was loaded, but failed the smoke test."""

    spec: str
    reason: str
    loaded: bool = False


@dataclass(frozen=True)
class TargetLikened:
    """A target is held to the conventions of another."""

    spec: str
    likeness: Likeness


@dataclass(frozen=True)
class RunBegun:
    """All targets are loaded, and these units will be examined in this order."""

    units: tuple[Unit, ...]


@dataclass(frozen=True)
class UnitExamined:
    """A unit was examined."""

    result: Result


@dataclass(frozen=True)
class UnitWidened:
    """A unit was examined again with another seed; this is its total result."""

    result: Result


@dataclass(frozen=True)
class CampaignResumed:
    """Units had been done before, whose results came first."""

    units: int


@dataclass(frozen=True)
class SuiteFailed:
    """The suite itself failed at something; the run goes on."""

    reason: str


Event = (
    TargetLoaded | TargetRefused | TargetLikened | RunBegun | UnitExamined | UnitWidened | CampaignResumed | SuiteFailed
)


def events(request: Request, units: Sequence[Unit], processes: int) -> Iterator[Event]:
    """The events of a run, whose failing cases are added to its store, if any; see `happening`.

    A store that cannot be written costs no result: the run goes on without it. If poolproof's own files change, every
    target is refused in the end.
    """
    before = integrity.state()
    store = None if request.store is None else Store(request.store)
    for event in happening(request, units, processes):
        yield event
        if store is not None and isinstance(event, UnitExamined | UnitWidened) and event.result.law in LAWS:
            try:
                store.add(event.result, LAWS[event.result.law].plan, today())
            except Unusable as error:
                store = None
                yield SuiteFailed(str(error))
    if complaint := integrity.changed(before):
        yield from (TargetRefused(spec, complaint, loaded=False) for spec in dict.fromkeys(request.targets))


def happening(request: Request, units: Sequence[Unit], processes: int) -> Iterator[Event]:
    """Load the targets of a request and examine these units, in `processes` processes, or with 0 in this one.

    Raises Unusable if the target of `like` cannot be judged. After Ctrl-C the results so far come, and
    KeyboardInterrupt is raised. Closing the stream ends the run.
    """
    pins: dict[str, list[Unit]] = {}
    with like(request) as other:
        for spec in dict.fromkeys(request.targets):
            try:
                target = session(request).target(spec)
            except Unusable as error:
                yield TargetRefused(spec, str(error), isinstance(error, Unfit))
                continue
            yield TargetLoaded(target)
            pins[spec] = []
            if other is not None:
                likeness, pins[spec] = other.likeness(target)
                yield TargetLikened(spec, likeness)
    left = tuple(with_pins((unit for unit in units if unit.target in pins), pins))
    yield RunBegun(left)
    wrong: list[str] = []
    if request.cluster is None:
        count = processes_for(request, left, processes)
        results: Iterator[Event] = map(UnitExamined, examined(request, left, count, wrong.append))
    else:
        results = campaign_of(request, left, processes, wrong.append)
    yield from with_complaints(results, wrong)


def processes_for(request: Request, units: Sequence[Unit], processes: int) -> int:
    """How many of the processes these units need: none for a single law, unless this process might die of it."""
    deadly = request.in_process or any(unit.kind is Kind.HUGE for unit in units)
    return 0 if len(units) == 1 and not deadly else min(processes, len(units))


def with_complaints(results: Iterator[Event], wrong: list[str]) -> Iterator[Event]:
    """Events, each followed by the complaints that were added to `wrong` meanwhile; each complaint once."""
    seen: set[str] = set()

    def new() -> list[Event]:
        found = [each for each in dict.fromkeys(wrong) if each not in seen]
        seen.update(found)
        return list(map(SuiteFailed, found))

    try:
        for event in results:
            yield event
            yield from new()
    except KeyboardInterrupt:
        yield from new()
        raise
    yield from new()


def campaign_of(
    request: Request, units: Sequence[Unit], processes: int, complain: Callable[[str], None]
) -> Iterator[Event]:
    """A campaign over these units: first the earlier results, then the new ones."""
    known = {spec: identity(session(request).target(spec)) for spec in {unit.target for unit in units}}
    campaign = Campaign(request, units, known, Journal(JOURNAL, complain, resume=request.resume))
    before = campaign.resumed()
    yield from map(UnitExamined, before)
    if before:
        yield CampaignResumed(sum(campaign.planned.values()))
    for result, first in campaign.results(executor_of(processes, request.cluster or HERE), complain):
        yield UnitExamined(result) if first else UnitWidened(result)
