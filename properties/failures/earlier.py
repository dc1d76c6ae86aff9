"""The earlier calls that a failure needs: found by halving, made as small as shrinking can, and put into words."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..cases.case import Case, is_declared
from ..targets.call import Call
from ..targets.target import Target, outside
from .messages import INDENT, MOST_MESSAGE, arguments, length
from .shrink import smallest

CONFIRMED = 4
"""How often a failure must recur after the calls, and stay away without them, before they are named."""

FEW = 3
"""The most needed calls that are shrunk, and shown with their arguments."""


@dataclass(frozen=True)
class Search:
    """How calls are tried: whether a fresh start of the target fails after them, until the time `end`."""

    target: Target
    fails: Callable[[list[Call]], bool]
    end: float = float("inf")

    def over(self) -> bool:
        """Whether the time is up."""
        return time.time() >= self.end

    def half(self) -> Search:
        """The same search with half of the remaining time."""
        return replace(self, end=(time.time() + self.end) / 2)


class Needed(NamedTuple):
    """Calls after which a failure recurs. `least`: leaving out any one of them makes it go away."""

    calls: list[Call]
    least: bool


def needed(calls: list[Call], search: Search) -> Needed | None:
    """The calls that a failure needs, found in the available time, or None if it does not reliably recur.

    The calls that another failure of the target needed are tried first.
    """
    spoilers = search.target.spoilers
    if spoilers and search.fails(spoilers) and certain(found := fewest(spoilers, search), search, times=1):
        return found
    if not calls or not search.fails(calls):
        return None
    early = search.half()
    found = simplest(fewest(last_ones(calls, early), early), search.half())
    if not certain(found, search, CONFIRMED):
        return None
    search.target.spoilers = found.calls
    return found


def certain(found: Needed, search: Search, times: int) -> bool:
    """Whether the failure occurs after the calls, and not without them, every time: it may come and go by itself."""
    return all(search.fails(found.calls) and not search.fails([]) for _ in range(times))


def simplest(found: Needed, search: Search) -> Needed:
    """The calls cut to smaller ones, each still needed, if they are few."""
    if not found.least or len(found.calls) > FEW:
        return found
    calls = found.calls
    for at in range(len(calls)):
        calls = with_smaller(calls, at, search)
    again = fewest(calls, search)
    return again if again.least else found


def last_ones(calls: list[Call], search: Search) -> list[Call]:
    """The last 1, 2, 4, ... of the calls, the fewest that suffice, or else all of them."""
    count = 1
    while count < len(calls) and not search.over():
        if search.fails(calls[-count:]):
            return calls[-count:]
        count *= 2
    return calls


def fewest(calls: list[Call], search: Search) -> Needed:
    """Calls of which none can be left out, found by delta debugging: ever smaller parts are left out."""
    size = (len(calls) + 1) // 2
    while len(calls) > 1:
        rests = ([*calls[:at], *calls[at + size :]] for at in range(0, len(calls), size))
        rest = next((rest for rest in rests if not search.over() and search.fails(rest)), None)
        if search.over():
            return Needed(rest or calls, least=False)
        if rest is None and size == 1:
            break
        calls, size = (calls, (size + 1) // 2) if rest is None else (rest, min(size, (len(rest) + 1) // 2))
    return Needed(calls, least=True)


def with_smaller(calls: list[Call], at: int, search: Search) -> list[Call]:
    """The calls with one of them cut to the smallest that the target takes and that still has the effect."""

    def instead(call: Call) -> list[Call]:
        return [*calls[:at], call, *calls[at + 1 :]]

    def does(part: Case) -> bool:
        taken = is_declared(part, search.target.declared) and not outside(search.target, part.call())
        return taken and not search.over() and search.fails(instead(part.call()))

    plainest, case = one_cell(calls[at]), as_case(calls[at])
    if case is None or does(plainest):
        return calls if case is None else instead(plainest.call())
    return instead(smallest(case, does, blank=True).call())


def one_cell(call: Call) -> Case:
    """The simplest case with the function and the dtype of a call."""
    x = np.zeros((1,) * call.arrays["x"].ndim, call.arrays["x"].dtype)
    return Case(call.function, x, (1,) * (x.ndim - 2), (1,) * (x.ndim - 2), x, "wide")


def as_case(call: Call) -> Case | None:
    """A call as a case, which can be shrunk, or None if its arguments are wrong on purpose."""
    x = call.arrays["x"]
    empty: Any = np.zeros((1,) * x.ndim, x.dtype)
    case = Case(call.function, x, call.size, call.stride, empty, "wide", layouts=call.layouts, settings=call.settings)
    try:
        dy = call.arrays.get("dy", np.zeros((*x.shape[:2], *case.output), x.dtype))
    except (TypeError, ValueError):
        return None
    return case.with_arrays(dy=dy) if dy.shape == (*x.shape[:2], *case.output) else None


def words(found: Needed, start: str, room: int = MOST_MESSAGE) -> list[str]:
    """The calls that a failure needs, for its message: in full if they are few and fit, else counted by callable."""
    calls, count = found.calls, len(found.calls)
    after = f"{INDENT}only after {'' if found.least else 'some of '}{counted(calls)} in the same {start}"
    lines = [f"{after}:"]
    for call in calls[:FEW]:
        lines += [f"{INDENT}{call.function}"] * (count > 1)
        lines += arguments(call, 2 * INDENT)
    shown = found.least and count <= FEW and length(lines) <= room
    return lines if shown else [f"{after}, complete in the JSON report"]


def counted(calls: list[Call]) -> str:
    """How many calls of each callable."""
    counts = Counter(call.function for call in calls)
    if len(calls) == 1:
        return f"a {calls[0].function} call"
    if len(counts) == 1:
        return f"{len(calls)} {calls[0].function} calls"
    return f"{len(calls)} calls ({', '.join(f'{count} {function}' for function, count in counts.items())})"
