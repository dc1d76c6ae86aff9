"""The targets of a request in this process, each loaded once, and the trials of units on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ..contract import Unusable
from ..lawbook import LAWS
from ..lawbook.huge import EVERY, HUGE
from ..lawbook.huge import run as run_huge
from ..results import Result
from ..targets.loading import load
from ..targets.target import Target
from .benchmark import own_check
from .known import excused, is_listed
from .persistence import KEPT, CurrentCaseFile, DeathCount, FailingCases
from .pinned import conventions_of, pinned
from .request import Request
from .runner import run
from .smoke import smoke_test
from .store import Borrowed, Store
from .trial import TrialSettings
from .units import Kind, Unit


@dataclass
class Session:
    """The targets of a request, loaded once in this process; how often each died here, and its mistakes so far."""

    request: Request
    loaded: dict[str, Target] = field(default_factory=dict)
    deaths: DeathCount = field(default_factory=DeathCount)
    told: dict[str, dict[str, None]] = field(default_factory=dict)

    def target(self, spec: str) -> Target:
        """A target, loaded and smoke-tested at its first use. Raises Unusable."""
        if spec not in self.loaded:
            target = load(spec, self.request.isolation())
            smoke_test(target)
            self.loaded[spec] = target
        return self.loaded[spec]

    def load(self, units: Iterable[Unit]) -> None:
        """Load the targets of units; what cannot be loaded is reported when its unit is examined."""
        for unit in units:
            with suppress(Unusable):
                self.target(unit.target)

    def examine(self, unit: Unit, end: float | None) -> Result:
        """The result of a unit, marked by the known failures, by the time `end` if possible. Raises Unusable."""
        target = self.target(unit.target)
        result = self.not_tried(unit, target) or self.tried(unit, target, end)
        return excused(result, target.name, self.request.known_failures())

    def not_tried(self, unit: Unit, target: Target) -> Result | None:
        """The result of a unit that cannot be tried, or not any more; None for any other."""
        law = EVERY.get(unit.name)
        if law and (reason := law.unsupported(target.declared, target.offers, target.evidence)):
            return Result(unit.target, unit.name, "unsupported", reason)
        if reason := self.deaths.reached(unit.target):
            return Result(unit.target, unit.name, "not run", reason, abandoned=True)
        return None

    def tried(self, unit: Unit, target: Target, end: float | None) -> Result:
        """The result of trying a unit."""
        if unit.kind is Kind.OBSERVED:
            return conventions_of(target, end)
        if unit.kind is Kind.PINNED:
            result = pinned(unit, target)
        elif unit.kind is Kind.BENCHMARK:
            result = own_check(unit.target, self.request, end)
        elif unit.kind is Kind.HUGE:
            result = run_huge(HUGE[unit.name], target, end, self.request.memory)
        else:
            result = self.law(unit.name, target, end)
        self.deaths.add(unit.target, result.verdict)
        return result

    def law(self, name: str, target: Target, end: float | None) -> Result:
        """One law on one target."""
        seed = self.request.seed
        assert seed is not None
        brief = is_listed(name, target.spec, target.name, self.request.known_failures())
        told = tuple(self.told.get(target.spec, ()))
        deadly = self.deaths.seen(target.spec)
        settings = TrialSettings(
            self.request.examples, seed, end, deadly=deadly, brief=brief, told=told, deadline=self.request.end
        )
        if self.request.store is not None:
            settings = replace(settings, kept=Borrowed(Store(self.request.store).cases(name, LAWS[name].plan)))
        result = self.kept(name, target, settings) if self.request.persistent else run(LAWS[name], target, settings)
        if result.counterexample is not None and result.counterexample.mistakes:
            self.told.setdefault(target.spec, {}).update(dict.fromkeys(result.counterexample.mistakes))
        return result

    def kept(self, name: str, target: Target, settings: TrialSettings) -> Result:
        """One law on one target; it tries first what failed in earlier runs, and keeps what fails in this one."""
        in_hand = CurrentCaseFile(KEPT / "inhand", target.spec, name)
        kept = FailingCases(KEPT / "failing", target.spec, name, LAWS[name].plan)
        result = run(LAWS[name], target, replace(settings, kept=kept, in_hand=in_hand))
        in_hand.done()
        return result


@contextmanager
def ending(session: Session) -> Iterator[Session]:
    """The session; its targets are ended afterwards."""
    try:
        yield session
    finally:
        for target in session.loaded.values():
            target.end()


@lru_cache(maxsize=1)
def session(request: Request) -> Session:
    """The session of a request, one per process."""
    return Session(request)
