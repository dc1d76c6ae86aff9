"""The units of a run: a law, a pinned convention, or all conventions, on one target; and when each gets its turn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..contract import Unusable, did_you_mean
from ..conventions import check_expected
from ..conventions.likeness import Common
from ..lawbook import LAWS, Law
from ..lawbook.huge import EVERY, HUGE, HugeLaw
from ..results import Result
from ..targets.loading import is_kernel
from ..targets.wrapped import unwrapped
from .request import Request

CONVENTIONS_ITEM = "conventions"
"""The name of the unit that observes all conventions of a target."""

BENCHMARK_ITEM = "kernelbench-check"
"""The name of the unit that asks the check of a benchmark, for targets in its format."""

TURN = 10
"""The conventions of a target get as much of the budget as this many laws, as they make about as many calls."""


class Kind(Enum):
    """What a unit does."""

    LAW = "law"
    HUGE = "huge"
    PINNED = "pinned"
    OBSERVED = "observed"
    BENCHMARK = "benchmark"


class Unit(NamedTuple):
    """A law, a pinned convention (`pin`: its name and value), all conventions, or a benchmark's check, on one target.

    `like`: the target whose convention is pinned, and `within`: what both targets take; empty and None if the user
    pinned it.
    """

    target: str
    name: str
    kind: Kind = Kind.LAW
    pin: tuple[str, str] = ("", "")
    like: str = ""
    within: Common | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The key under which its result is filed."""
        return self.target, self.name

    @property
    def weight(self) -> int:
        """Its share of a budget, in laws."""
        return TURN if self.kind is Kind.OBSERVED else 1


def family_of(name: str) -> str:
    """The family of a law. Pinned conventions, observed ones and a benchmark's check are families of their own."""
    if name in EVERY:
        return EVERY[name].family
    return {CONVENTIONS_ITEM: "conventions", BENCHMARK_ITEM: "benchmark"}.get(name, "expected")


def turn(end: float | None, waiting: float) -> float | None:
    """The deadline of the next unit, if it and `waiting` - 1 others share the remaining time."""
    now = time.time()
    return None if end is None else now + max(end - now, 0.0) / max(waiting, 1.0)


def is_cut_short(result: Result) -> bool:
    """Whether a unit ended for lack of time, so that more time could change its verdict."""
    return result.partial and not result.failed


def fuller(before: Result | None, result: Result) -> Result:
    """Of the results of two turns, the one to keep: of a unit that was cut short again, the one with more cases."""
    if before is None or not is_cut_short(result):
        return result
    return max(before, result, key=lambda each: each.examples)


def plan(request: Request) -> list[Unit]:
    """The units of a request: each law on each target, and for each target its conventions. Raises Unusable.

    They are ordered by law, because a law draws the same cases for targets that take the same; huge ones come last, as
    they use all remaining memory.
    """
    pins = [("=".join(pin), Kind.PINNED, pin) for pin in map(check_expected, request.expect)]
    laws, nothing = selected(request.laws, huge=request.huge), ("", "")
    named = [
        *((name, Kind.LAW, nothing) for name in laws if name in LAWS),
        *pins,
        (BENCHMARK_ITEM, Kind.BENCHMARK, nothing),
        *([(CONVENTIONS_ITEM, Kind.OBSERVED, nothing)] if request.laws == "*" else []),
        *((name, Kind.HUGE, nothing) for name in laws if name in HUGE),
    ]
    return [
        Unit(spec, name, kind, pin)
        for name, kind, pin in named
        for spec in request.targets
        if (is_kernel(spec) or not for_ours(name)) and (kind is not Kind.BENCHMARK or has_own_check(spec, request))
    ]


def has_own_check(spec: str, request: Request) -> bool:
    """Whether a target is in the format of a benchmark, whose check can then be asked in a process of its own."""
    return unwrapped(spec).wrapper == "kernelbench" and not request.in_process


def for_ours(name: str) -> bool:
    """Whether a unit applies only to the reference kernels."""
    return name in LAWS and LAWS[name].reference


def selected(patterns: str, *, huge: bool = False) -> list[str]:
    """The laws whose name or family matches one of several comma-separated patterns. Raises Unusable.

    `huge`: include those about huge arrays; without it, a pattern that matches only such laws is an error.
    """
    chosen: set[str] = set()
    for pattern in map(str.strip, patterns.split(",")):
        usual, others = matching(LAWS, pattern), matching(HUGE, pattern)
        if not usual and not others:
            names = [*dict.fromkeys(each.family for each in EVERY.values()), *EVERY]
            raise Unusable(f"laws {pattern!r}: no law or family has such a name; {did_you_mean(pattern, names)}")
        if not usual and not huge:
            raise Unusable(f"laws {pattern!r}: huge arrays are tried with --huge only (in Python: huge=True)")
        chosen |= usual | (others if huge else set())
    return [name for name in EVERY if name in chosen]


def matching(laws: Mapping[str, Law | HugeLaw], pattern: str) -> set[str]:
    """The laws whose name or family matches a pattern."""
    return {law.name for law in laws.values() if fnmatchcase(law.name, pattern) or fnmatchcase(law.family, pattern)}
