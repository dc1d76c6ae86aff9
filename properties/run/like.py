"""Another target whose conventions become laws: loaded and observed once, before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from ..contract import Unusable
from ..conventions import check_expected
from ..conventions.likeness import Common, Observed, common, likeness, shown_by
from ..results import Likeness
from ..targets.loading import load
from ..targets.target import Target
from .request import Request
from .session import Session, ending
from .smoke import smoke_test
from .units import Kind, Unit, turn


@dataclass
class Like:
    """The target of `like`, and the conventions that it has shown, by what it has in common with another target."""

    target: Target
    request: Request
    shown: dict[Common, Observed] = field(default_factory=dict)

    def likeness(self, judged: Target) -> tuple[Likeness, list[Unit]]:
        """The conventions to which a target is held, and the units that test them. The user's own pins come first."""
        both = common(judged, self.target)
        if both not in self.shown:
            self.shown[both] = shown_by(self.target, both, turn(self.request.end, 2))
        pinned, left = likeness(judged, self.target, self.shown[both])
        for name, value in map(check_expected, self.request.expect):
            if pinned.pop(name, None):
                left[name] = f"--expect {name}={value} pins it"
        units = [Unit(judged.spec, "=".join(pin), Kind.PINNED, pin, self.target.spec, both) for pin in pinned.items()]
        return Likeness(**self.names(), pinned=pinned, left=left), units

    def names(self) -> dict[str, str]:
        """The target as given, and as it calls itself."""
        return {"target": self.target.spec, "name": self.target.name, "version": self.target.declared.version}


class Likened(NamedTuple):
    """The conventions to which each target of a run is held, and the units that test them."""

    likeness: dict[str, Likeness]
    units: dict[str, list[Unit]]


def all_likened(request: Request) -> Likened:
    """The conventions to which the usable targets of a request are held. Raises Unusable about `like`."""
    found, judged = Likened({}, {}), Session(request)
    with like(request) as other, ending(judged):
        for spec in request.targets:
            with suppress(Unusable):
                assert other is not None
                found.likeness[spec], found.units[spec] = other.likeness(judged.target(spec))
    return found


@contextmanager
def like(request: Request) -> Iterator[Like | None]:
    """The target of `like`, if any; it is ended afterwards. Raises Unusable."""
    if request.like is None:
        yield None
        return
    target = load(request.like, request.isolation())
    try:
        smoke_test(target)
        yield Like(target, request)
    finally:
        target.end()


def with_pins(units: Iterable[Unit], pins: Mapping[str, list[Unit]]) -> list[Unit]:
    """The units of a plan with those of pinned conventions, by target, inserted where others are pinned."""
    units, named = list(units), dict[str, list[Unit]]()
    for unit in (unit for own in pins.values() for unit in own):
        named.setdefault(unit.name, []).append(unit)
    before = [unit for unit in units if unit.kind in (Kind.LAW, Kind.PINNED)]
    return [*before, *(unit for same in named.values() for unit in same), *units[len(before) :]]
