"""The record of a run, gathered from its events for printing and for reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..results import Likeness, Result
from ..targets.target import Target
from .causes import Cause, added, causes_of
from .events import Event, RunBegun, SuiteFailed, TargetLikened, TargetLoaded, TargetRefused, UnitExamined, UnitWidened
from .known import complaints
from .request import Request
from .units import Unit

AT_FIRST = "stopped at the first failure"
"""Why a run ended early that should not go on after a failure."""


@dataclass
class Record:
    """The targets of a run, loaded or refused, their pinned conventions, the units, the results so far, and their
    causes.

    `unfit`: those of the refused that were loaded, but failed the smoke test. `ended`: why the run ended early; empty
    if it did not.
    """

    request: Request
    targets: dict[str, Target] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unfit: set[str] = field(default_factory=set)
    likeness: dict[str, Likeness] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()
    results: list[Result] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: str = ""

    def add(self, event: Event) -> Cause | None:
        """Record an event. Returns the cause of a failure if it is new."""
        match event:
            case TargetLoaded(target):
                self.targets[target.spec] = target
            case TargetRefused(spec, reason, loaded):
                self.refused[spec] = reason
                self.unfit |= {spec} if loaded else set()
            case TargetLikened(spec, likeness):
                self.likeness[spec] = likeness
            case RunBegun(units):
                self.units = units
            case SuiteFailed(reason):
                self.errors.append(reason)
            case UnitExamined(result):
                self.results.append(result)
                return added(self.causes, result) if result.failed else None
            case UnitWidened(result):
                return self.widen(result)
        return None

    def widen(self, result: Result) -> Cause | None:
        """Replace a result by the total result of its unit. Returns the cause of a failure if it is new."""
        place = next(k for k, each in enumerate(self.results) if (each.target, each.law) == (result.target, result.law))
        before, self.results[place] = self.results[place], result
        return added(self.causes, result) if result.failed and not before.failed else None

    def left(self) -> list[Unit]:
        """The units not yet examined."""
        done = {(result.target, result.law) for result in self.results}
        return [unit for unit in self.units if unit.key not in done]

    def partial(self) -> bool:
        """Whether some planned unit has no result."""
        return bool(self.left())

    def complete(self) -> list[Result]:
        """A result for every unit, target by target; units without one count as not run."""
        why = self.ended or "an error of the suite"
        results = [*self.results, *(Result(*unit.key, "not run", why) for unit in self.left())]
        order = {unit.key: (list(self.targets).index(unit.target), k) for k, unit in enumerate(self.units)}
        return sorted(results, key=lambda result: order.get((result.target, result.law), (-1, -1)))

    def all_causes(self) -> list[Cause]:
        """The causes of all failures, independent of the order of results."""
        return causes_of(self.complete())

    def names(self) -> dict[str, str]:
        """What each target calls itself."""
        return {spec: target.name for spec, target in self.targets.items()}

    def warnings(self) -> list[str]:
        """Warnings for the authors of targets: names that are close to those of the contract."""
        return [warning for target in self.targets.values() for warning in target.warnings]

    def known_complaints(self) -> list[str]:
        """Complaints about the entries of known failures after the run."""
        known, everything = self.request.known_failures(), self.request.laws == "*"
        return complaints(known, self.complete(), self.names(), all_laws=everything)
