"""A campaign: small units of work, each saved when done, until all are done or the budget is spent.

A unit is tried with one seed after another. Its result is a pure function of the request, the unit and the seed, so it
does not matter where it runs, what ran there before, or how often it was started.
"""

from __future__ import annotations

import importlib.metadata
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from ..contract import Unusable
from ..data.typed import Json
from ..results import Result
from .dispatch import carried_out, gathered, in_order
from .executor import Crew, Task
from .journal import Entry, Journal, identity
from .persistence import KEPT
from .request import Request
from .session import Session, session
from .units import Kind, Unit

JOURNAL = KEPT / "campaign.jsonl"
"""One line for each finished unit."""

LATE = 60.0
"""Seconds that running units get after the budget is spent, enough to shrink a failure."""

SEVERAL = 4
"""The fraction 1/SEVERAL of the units get a turn before worths are computed again, which takes milliseconds."""

LEAST = 1e-3
"""The shortest time that a turn is assumed to take, in seconds."""

Key = tuple[str, str]
"""A target and a law, under which results are filed."""


class Turn(NamedTuple):
    """A unit, and the round (from 0) whose seed it is tried with."""

    unit: Unit
    round: int


class Fingerprint(NamedTuple):
    """A target's identity and the versions of packages. A worker must not judge a target with another fingerprint."""

    identity: int
    versions: str


class Pace(NamedTuple):
    """How often a turn of a unit reaches each trigger, the seconds that it takes, and the turns so far."""

    unit: Unit
    rates: dict[str, float]
    seconds: float
    turns: int


class Campaign:
    """The units of a campaign, how often each was planned and done, its next round, and its total result.

    `known`: the identity of each target.
    """

    def __init__(self, request: Request, units: Sequence[Unit], known: dict[str, int], journal: Journal) -> None:
        self.request, self.units, self.known, self.journal = request, units, known, journal
        self.asked = replace(request, cluster=None, resume=False, end=None, persistent=False)
        self.done: set[Turn] = set()
        self.planned, self.ended, self.next = Counter[Key](), Counter[Key](), Counter[Key]()
        self.found: dict[Key, Result] = {}
        self.kept: dict[Key, int] = {}

    def resumed(self) -> list[Result]:
        """The total result of each unit in an earlier campaign."""
        by_key = {unit.key: unit for unit in self.units}
        for entry in self.journal.entries.values():
            number, unit = round_in(entry), by_key.get((entry.result.target, entry.result.law))
            if unit and entry.key == self.filed(Turn(unit, number)):
                self.add(Turn(unit, number), entry.result)
                self.planned[unit.key] += 1
        return list(self.found.values())

    def results(self, executor: Crew, complain: Callable[[str], None]) -> Iterator[tuple[Result, bool]]:
        """The total result of a unit after each of its turns, and whether that turn was the first."""
        until = None if self.request.end is None else self.request.end + LATE
        for task, result in carried_out(self.tasks(), executor, complain, until=until):
            _, turn, *_ = task.arguments
            if result.verdict != "not run" and not result.partial:
                self.journal.write(self.filed(turn), result)
            first = turn.unit.key not in self.found
            yield self.add(turn, result), first
        self.journal.attempt(self.journal.close)

    def tasks(self) -> Iterator[Task | None]:
        """Every unit once, then, while there is time, the units worth most. None if no unit is worth a turn now."""
        for unit in self.units:
            if Turn(unit, 0) not in self.done and not self.over():
                yield self.task(self.next_turn(unit))
        while self.request.end is not None and not self.over():
            best = self.best()
            yield from (self.task(self.next_turn(unit)) for unit in best if self.is_open(unit) and not self.over())
            if not best:
                yield None

    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.request.end is not None and time.time() >= self.request.end

    def task(self, turn: Turn) -> Task:
        """A turn as a task. It gets the remaining time as a duration, as clocks may differ."""
        self.planned[turn.unit.key] += 1
        left = None if self.request.end is None else max(0.0, self.request.end - time.time())
        origin = Fingerprint(self.known[turn.unit.target], versions())
        return Task(tried, (self.asked, turn, origin, left), (Result(*turn.unit.key, "crashed"),))

    def next_turn(self, unit: Unit) -> Turn:
        """The first turn of a unit that is neither done nor running."""
        while Turn(unit, self.next[unit.key]) in self.done:
            self.next[unit.key] += 1
        self.next[unit.key] += 1
        return Turn(unit, self.next[unit.key] - 1)

    def filed(self, turn: Turn) -> str:
        """The key of a turn, which begins with the seed; another target or request gives another key."""
        about = f"{versions()} {self.asked} {self.request.known_failures()}"
        digest = zlib.crc32(about.encode("utf-8", "surrogateescape"))
        key = f"{self.request.seed} {turn.round} {digest:08x} {self.known[turn.unit.target]:08x}"
        return f"{key} {turn.unit.name} {turn.unit.target}"

    def add(self, turn: Turn, result: Result) -> Result:
        """Add the result of a turn, and return the total result of its unit."""
        self.done.add(turn)
        self.ended[turn.unit.key] += 1
        key, before = turn.unit.key, self.found.get(turn.unit.key)
        if before is None:
            self.found[key], self.kept[key] = result, turn.round
            return result
        newer = (not result.failed, turn.round) < (not before.failed, self.kept[key])
        if newer:
            self.kept[key] = turn.round
        self.found[key] = joined(result if newer else before, before, result)
        return self.found[key]

    def best(self) -> list[Unit]:
        """The units whose next turn is worth most per second, of the target that has had the fewest turns."""
        units = [unit for unit in self.units if unit.kind is Kind.LAW and self.is_open(unit)]
        if not units:
            return []
        turns = Counter({unit.target: 0 for unit in units})
        for unit in self.units:
            turns[unit.target] += self.planned[unit.key] if unit.target in turns else 0
        target = min(turns, key=lambda spec: turns[spec])
        own = [unit for unit in units if unit.target == target]
        return by_worth([self.pace(unit) for unit in own])[: -(-len(own) // SEVERAL)]

    def pace(self, unit: Unit) -> Pace:
        """What a turn of a unit reaches and how long it takes, estimated from its turns so far."""
        found, ended, planned = self.found.get(unit.key), self.ended[unit.key], self.planned[unit.key]
        turns = max(planned, 1)
        if found is None:
            return Pace(unit, {unit.name: 1.0}, 1.0, turns)
        rates = {trigger: met / ended for trigger, met in found.reached.items() if met}
        return Pace(unit, {**rates, unit.name: 1.0}, max(found.seconds / ended, LEAST), turns)

    def is_open(self, unit: Unit) -> bool:
        """Whether a unit may still fail: it has passed so far, or has no result yet."""
        found = self.found.get(unit.key)
        return found is None or (found.verdict == "holds" and not found.failed)


def by_worth(paces: Sequence[Pace]) -> list[Unit]:
    """Units by the worth of their next turn: its gain per second in the sum of the logarithms of all counts.

    So a trigger counts more the more rarely it was reached. Each law also counts as a trigger that only its own cases
    reach, so that every law gets turns. Running turns count as if they had reached what other turns did.
    """
    reached: defaultdict[str, float] = defaultdict(float)
    for pace in paces:
        for trigger, rate in pace.rates.items():
            reached[trigger] += rate * pace.turns

    def worth(pace: Pace) -> float:
        return sum(rate / reached[trigger] for trigger, rate in pace.rates.items()) / pace.seconds

    return [pace.unit for pace in sorted(paces, key=worth, reverse=True)]


def joined(kept: Result, *both: Result) -> Result:
    """Two results of a unit combined: the verdict of one, and the cases of both."""
    reached: Counter[str] = Counter()
    for each in both:
        reached.update(each.reached)
    return structs.replace(
        kept,
        examples=sum(each.examples for each in both),
        refused=sum(each.refused for each in both),
        seconds=sum(each.seconds for each in both),
        digest=sum(each.digest for each in both) % 2**32,
        reached=dict(reached),
    )


def round_in(entry: Entry) -> int:
    """The round of the turn in a line of the journal, or -1 if the line is damaged."""
    words = entry.key.split(" ", 2)
    return int(words[1]) if len(words) == 3 and words[1].isdecimal() else -1


def last_seed(journal: Path = JOURNAL) -> int | None:
    """The seed of the last campaign that wrote a journal, or None if there is none."""
    entries = list(Journal(journal, lambda _: None, resume=True).entries)
    seed = entries[-1].partition(" ")[0] if entries else ""
    return int(seed) if seed.isascii() and seed.isdecimal() else None


def seed_of(seed: int, number: int) -> int:
    """The seed of a round: first the campaign's own, then seeds that no neighbouring campaign uses."""
    return seed if number == 0 else zlib.crc32(f"{seed} round {number}".encode())


@cache
def versions() -> str:
    """The versions that determine the cases drawn from a seed."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("poolproof", "numpy", "hypothesis"))


# On the worker.


def tried(request: Request, turn: Turn, origin: Fingerprint, left: float | None) -> Json:
    """The result of a turn as JSON, independent of what this process did before."""
    end = None if left is None else time.time() + left

    def examine(unit: Unit, end: float | None) -> Result:
        here = session(request)
        check(origin, Fingerprint(identity(here.target(unit.target)), versions()))
        assert request.seed is not None
        store = request.store if turn.round == 0 else None
        asked = replace(request, seed=seed_of(request.seed, turn.round), store=store)
        return Session(asked, here.loaded).examine(unit, end)

    return gathered(in_order(examine, [turn.unit], end))


def check(client: Fingerprint, here: Fingerprint) -> None:
    """Raise Unusable unless a target is the same here as where the campaign was started."""
    if client.versions != here.versions:
        raise Unusable(f"a worker has {here.versions}; it should have {client.versions}")
    if client.identity != here.identity:
        raise Unusable("a worker has another version of the target; the same file should be on every machine")
