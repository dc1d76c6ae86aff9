"""A run of laws on targets, as every door sees it: what was asked, what is to be done, and one unit of it."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import MEAN, RESULT, Unusable, did_you_mean
from ..conventions import CONVENTIONS, check_expected, numbers, observe, observed, unobservable
from ..lawbook import LAWS, Law
from ..lawbook.huge import EVERY, HUGE, HugeLaw
from ..lawbook.huge import run as run_huge
from ..results import Counterexample, Result
from ..targets.call import Answer, Call
from ..targets.isolated import Isolation
from ..targets.loading import REFERENCE, load
from ..targets.target import Target
from .known import Known, excused, is_listed, load_known
from .persistence import MOST, InHand, Kept, Toll
from .runner import run
from .trial import Settings

CONVENTIONS_ITEM = "conventions"
KEPT = Path(".poolproof")
"""Where a run without a seed keeps failing cases, and the case in hand."""

TURN = 10
"""The conventions of a target get as much of a budget as this many laws: they make about as many calls."""

Unit = tuple[str, str]
"""A target, and a law, a pinned convention, or CONVENTIONS_ITEM."""


@dataclass(frozen=True)
class Request:
    """What was asked for: targets as given, and how much to try.

    `end` is in seconds since the epoch; `persistent`: failing cases are kept in the working folder, and tried first;
    `huge`: laws about arrays of gigabytes are tried as well.
    """

    targets: tuple[str, ...] = REFERENCE
    examples: int = 100
    seed: int | None = None
    end: float | None = None
    laws: str = "*"
    expect: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    in_process: bool = False
    python: str = sys.executable
    timeout: float = 10.0
    memory: int | None = None
    persistent: bool = False
    huge: bool = False

    def isolation(self) -> Isolation | None:
        """How targets are run; None for in this process."""
        return None if self.in_process else Isolation(self.python, self.timeout, self.memory)

    def settled(self) -> Request:
        """The same request with its seed chosen: 0 where CI wants the same cases every time, else a random one."""
        seed = self.seed if self.seed is not None else 0 if in_ci() else secrets.randbelow(10**6)
        return replace(self, seed=seed)

    def known_failures(self) -> list[Known]:
        """The entries of the known-failures files that are given."""
        return [entry for file in self.known for entry in load_known(Path(file))]


@dataclass
class Bench:
    """The targets of a request, loaded once in this process, and how often each died here."""

    request: Request
    loaded: dict[str, Target] = field(default_factory=dict)
    toll: Toll = field(default_factory=Toll)

    def target(self, spec: str) -> Target:
        """A target, loaded and smoke-tested at its first use. Raises Unusable."""
        if spec not in self.loaded:
            target = load(spec, self.request.isolation())
            smoke_test(target)
            self.loaded[spec] = target
        return self.loaded[spec]

    def examine(self, spec: str, name: str, end: float | None) -> Result:
        """Do one unit: a law, an expected convention, or all conventions of a target."""
        target = self.target(spec)
        law = EVERY.get(name)
        if law and (reason := law.unsupported(target.declared, target.offers, target.evidence)):
            return excused(Result(spec, name, "unsupported", reason), target.name, self.request.known_failures())
        if reason := self.toll.reached(spec):
            return Result(spec, name, "not run", reason, abandoned=True)
        if name == CONVENTIONS_ITEM:
            return conventions_of(target, end)
        result = expected(target, name) if "=" in name else self.law(target, name, end)
        self.toll.add(spec, result.verdict)
        return excused(result, target.name, self.request.known_failures())

    def law(self, target: Target, name: str, end: float | None) -> Result:
        """One law on one target."""
        if name in HUGE:
            return run_huge(HUGE[name], target, end, self.request.memory)
        seed = self.request.seed
        assert seed is not None
        brief = is_listed(name, target.spec, target.name, self.request.known_failures())
        settings = Settings(self.request.examples, seed, end, deadly=self.toll.seen(target.spec), brief=brief)
        if not self.request.persistent:
            return run(LAWS[name], target, settings)
        in_hand = InHand(KEPT / "inhand", target.spec, name)
        kept = Kept(KEPT / "failing", target.spec, name, LAWS[name].plan)
        result = run(LAWS[name], target, replace(settings, kept=kept, in_hand=in_hand))
        in_hand.done()
        return result


@lru_cache(maxsize=1)
def bench(request: Request) -> Bench:
    """The bench of a request, one in each process."""
    return Bench(request)


def turn(end: float | None, waiting: float) -> float | None:
    """When the first of so many that wait for their turn should end, so that each gets its share of the time."""
    now = time.time()
    return None if end is None else now + max(end - now, 0.0) / max(waiting, 1.0)


def weight(name: str) -> int:
    """The share of a budget that a unit gets, in laws."""
    return TURN if name == CONVENTIONS_ITEM else 1


def in_ci() -> bool:
    """Whether this runs in continuous integration, where the same cases are wanted every time."""
    return bool(os.environ.get("CI"))


def plan(request: Request) -> list[Unit]:
    """The units of a request: (target, law), and for each target its conventions. Raises Unusable.

    Law by law, because the cases of a law are the same for targets that take the same; huge ones last, as they take
    the memory that is left.
    """
    pinned = [f"{name}={value}" for name, value in map(check_expected, request.expect)]
    laws = selected(request.laws, huge=request.huge)
    usual, huge = ([name for name in laws if (name in HUGE) == last] for last in (False, True))
    names = [*usual, *pinned, *([CONVENTIONS_ITEM] if request.laws == "*" else []), *huge]
    return [(spec, name) for name in names for spec in request.targets if spec in REFERENCE or not for_ours(name)]


def for_ours(name: str) -> bool:
    """Whether a unit is about the reference kernels alone."""
    return name in LAWS and LAWS[name].reference


def selected(patterns: str, *, huge: bool = False) -> list[str]:
    """The laws whose name or family matches one of several comma-separated patterns. Raises Unusable.

    `huge`: those about huge arrays too; a pattern that matches none but these is an error without it.
    """
    chosen: set[str] = set()
    for pattern in map(str.strip, patterns.split(",")):
        usual, others = matching(LAWS, pattern), matching(HUGE, pattern)
        if not usual and not others:
            raise Unusable(f"laws {pattern!r}: no law has such a name; {did_you_mean(pattern, EVERY)}")
        if not usual and not huge:
            raise Unusable(f"laws {pattern!r}: huge arrays are tried with --huge only (in Python: huge=True)")
        chosen |= usual | (others if huge else set())
    return [name for name in EVERY if name in chosen]


def matching(laws: Mapping[str, Law | HugeLaw], pattern: str) -> set[str]:
    """The laws whose name or family matches a pattern."""
    return {law.name for law in laws.values() if fnmatchcase(law.name, pattern) or fnmatchcase(law.family, pattern)}


def smoke_test(target: Target) -> None:
    """Raise Unusable if no callable of a target answers the plainest question with an array.

    A target that fails here is broken in its adapter or its installation, not in its mathematics. One whose mean takes
    padding, but no `count_include_pad`, is asked besides which of both it does, and judged by that.
    """
    complaints = []
    for function in target.offers:
        answer = one_window(target, function, 2)
        if answer is None:
            continue
        target.hurry(answer.death or "")
        if isinstance(answer.value, np.ndarray):
            target.declared = replace(target.declared, count_include_pad=counts_padding(target))
            return
        what = answer.error or answer.exited or f"returned {answer.kind}, not an array"
        complaints.append(f"{function}: {what}")
    if not complaints:
        raise Unusable(f"{target.name} cannot be tested: {nothing_left(target)}")
    raise Unusable(f"{target.name} fails its smoke test, one 2x2 window: {'; '.join(complaints)}")


def nothing_left(target: Target) -> str:
    """Why not a single call of a target is within its declarations."""
    stated = target.declared
    narrowing = f"dtypes={stated.dtypes}, ranks={stated.ranks}, lacks={stated.lacks}"
    return f"its declarations ({narrowing}) leave no dtype and rank for {' or '.join(target.offers)}"


def one_window(target: Target, function: str, length: int, **settings: Any) -> Answer | None:
    """The answer to ones, so many an axis, pooled by windows of two; dy are ones as well. None if it takes no dtype."""
    way = target.declared.plainest(function)
    if way is None:
        return None
    dtype, rank = way
    x, dy = np.ones((1, 1, *(length,) * rank), dtype), np.ones((1, 1, *(1,) * rank), dtype)
    arrays = {"dy": dy, "x": x} if RESULT[function] == "dx" else {"x": x}
    passed = {name: (value,) * rank for name, value in settings.items()}
    return target.ask(Call(function, arrays, (2,) * rank, (2,) * rank, passed))


def counts_padding(target: Target) -> bool:
    """Whether the mean of a target counts padded cells where it cannot be told: with one real cell in a window."""
    for function in MEAN:
        taken = target.declared.settings.get(function, ()) if function in target.offers else ()
        if "padding" in taken and "count_include_pad" not in taken:
            # Padded on both sides, as all can; the second cell of padding lies beyond the window.
            answer = one_window(target, function, 1, padding=(1, 1))
            found = None if answer is None else numbers(answer)
            return found is None or not found.size or not (found == 1).all()
    return True


def conventions_of(target: Target, end: float | None) -> Result:
    """All conventions of a target; some may be left, if it hangs or the time is over."""
    began = time.perf_counter()
    found, left = observed(target, MOST["hung"], end)
    reason = f"not observed, as it hangs or the time was over: {', '.join(left)}" if left else ""
    took = time.perf_counter() - began
    return Result(target.spec, CONVENTIONS_ITEM, "holds", reason, partial=bool(left), conventions=found, seconds=took)


def expected(target: Target, name: str) -> Result:
    """A convention that the user has pinned, as a law."""
    began = time.perf_counter()
    each, pinned = CONVENTIONS[name.partition("=")[0]], name.partition("=")[2]
    if reason := unobservable(each, target):
        return Result(target.spec, name, "unsupported", reason)
    found = observe(each, target)
    took = time.perf_counter() - began
    if found is None:
        return Result(target.spec, name, "unsupported", "nothing of what it declares shows it")
    result = Result(target.spec, name, "holds", examples=1, seconds=took)
    if found.value == pinned:
        result.conventions = {each.name: found}
        return result
    shown = next(shown for value, shown in found.each if value != pinned)
    seen = " and ".join(map(repr, found.all_values))
    message = f"{name} of {target.name}: seen {seen}, but should be {pinned!r}"
    result.verdict, result.counterexample = (
        "broken",
        Counterexample(seed=0, calls=[shown.alone], got=shown.got, message=message),
    )
    return result
