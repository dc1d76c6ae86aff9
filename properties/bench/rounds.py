"""Timing: calls to compare take turns, round by round, so that a slow moment of the machine affects all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from timeit import Timer
from typing import Any, NamedTuple

TURN = 0.01
"""The least seconds of a turn: quick calls are repeated."""

SLOW = 0.5
"""Seconds of a call from which it takes part only in every second round; from twice as many, in every third."""

REST = 0.005
"""Seconds between turns with threads: a library's threads spin for work for a while, which delays the next library."""


class Spread(NamedTuple):
    """The median of some numbers, the quartiles around it, and how many numbers there are."""

    median: float
    low: float
    high: float
    number: int


Call = Callable[[], Any]


def at_once() -> None:
    """Return at once: the `wait` for calls that return when their work is done."""


@dataclass
class Timing:
    """The time of a call: `seconds` per call, by round. `estimate` is an upper estimate of it.

    `wait` returns when the work of all calls is done: a device may go on working after a call has returned.
    """

    estimate: float
    threads: int = 1
    wait: Call = at_once
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """Calls per turn."""
        return max(1, round(TURN / self.estimate))

    @property
    def every(self) -> int:
        """1 to take part in every round, 2 in every second, and so on; always in the first."""
        return 1 + int(self.estimate / SLOW)

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.seconds.values())

    def turn(self, call: Call, number: int) -> None:
        """Take part in a round. Before several calls, an untimed one warms the caches."""
        if number % self.every:
            return
        if self.threads > 1:
            time.sleep(REST)
        if self.calls > 1:
            call()
            self.wait()
        called = Timer(call, timer=time.perf_counter).timeit(self.calls)
        self.seconds[number] = (called + timed(self.wait)[0]) / self.calls
        # The first call may have included compilation.
        self.estimate = min(self.estimate, self.seconds[number])


def race(entries: Sequence[tuple[Call, Timing]], rounds: int) -> None:
    """Time all calls in turns, in reverse order in every second round."""
    for number in range(rounds):
        for call, timing in entries if number % 2 == 0 else reversed(entries):
            timing.turn(call, number)


def spread(numbers: Iterable[float]) -> Spread | None:
    """The spread of these numbers; None if there are none."""
    several = list(numbers)
    if not several:
        return None
    # Quartiles need two numbers: a single one is taken twice, and is the value of all three.
    low, median, high = statistics.quantiles(several * (2 if len(several) == 1 else 1), n=4, method="inclusive")
    return Spread(median, low, high, len(several))


def ratios(above: Timing, below: Timing, factor: float = 1.0) -> Spread | None:
    """The ratios of two times in the rounds that both took part in, multiplied by a factor."""
    rounds = above.seconds.keys() & below.seconds.keys()
    return spread(factor * above.seconds[number] / below.seconds[number] for number in rounds)


def timed(call: Call, wait: Call = at_once) -> tuple[float, Any]:
    """The seconds until the work of a call is done, and its result."""
    began = time.perf_counter()
    result = call()
    wait()
    return time.perf_counter() - began, result
