"""Taking time: what is compared takes turns, round by round, so that a slow moment of the machine meets all of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from timeit import Timer
from typing import Any, NamedTuple

TURN = 0.01
"""Seconds that a turn should last at least: quick calls are repeated."""

SLOW = 0.5
"""Seconds of a call: one that takes longer takes part in every second round only, at twice as many in every third."""

REST = 0.005
"""Seconds between turns in threads: those of one library go on waiting for work for a while, which delays the next."""


class Spread(NamedTuple):
    """The median of some numbers, the quartiles around it, and how many numbers these are."""

    median: float
    low: float
    high: float
    number: int


Call = Callable[[], Any]


def at_once() -> None:
    """What is waited for after a call that returns when its work is done: nothing."""


@dataclass
class Timing:
    """What a call takes: `seconds` of one call, by round. `estimate` is what it may take at most.

    `wait` returns when the work of all calls is done: a device goes on working when a call has returned.
    """

    estimate: float
    threads: int = 1
    wait: Call = at_once
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """Calls a turn."""
        return max(1, round(TURN / self.estimate))

    @property
    def every(self) -> int:
        """1 if it takes part in every round, 2 if in every second; always in the first."""
        return 1 + int(self.estimate / SLOW)

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.seconds.values())

    def turn(self, call: Call, number: int) -> None:
        """Take part in a round. Where there are several calls, one before them fills the caches again."""
        if number % self.every:
            return
        if self.threads > 1:
            time.sleep(REST)
        if self.calls > 1:
            call()
            self.wait()
        called = Timer(call, timer=time.perf_counter).timeit(self.calls)
        self.seconds[number] = (called + timed(self.wait)[0]) / self.calls
        # A first call may have been one that compiled.
        self.estimate = min(self.estimate, self.seconds[number])


def race(entries: Sequence[tuple[Call, Timing]], rounds: int) -> None:
    """All calls in turns, in every second round in the opposite order."""
    for number in range(rounds):
        for call, timing in entries if number % 2 == 0 else reversed(entries):
            timing.turn(call, number)


def spread(numbers: Iterable[float]) -> Spread | None:
    """Of these numbers; None if there are none."""
    several = list(numbers)
    if not several:
        return None
    # Quartiles want two numbers; twice the same one has its value for all three.
    low, median, high = statistics.quantiles(several * (2 if len(several) == 1 else 1), n=4, method="inclusive")
    return Spread(median, low, high, len(several))


def ratios(above: Timing, below: Timing, factor: float = 1.0) -> Spread | None:
    """How many times longer the one took than the other, in the rounds that both took part in; times a factor."""
    rounds = above.seconds.keys() & below.seconds.keys()
    return spread(factor * above.seconds[number] / below.seconds[number] for number in rounds)


def timed(call: Call, wait: Call = at_once) -> tuple[float, Any]:
    """Seconds that a call takes until its work is done, and its result."""
    began = time.perf_counter()
    result = call()
    wait()
    return time.perf_counter() - began, result
