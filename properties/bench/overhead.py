"""The cost of isolation: the same calls and cases in the suite's process and in a process of the target's own."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from ..lawbook import LAWS
from ..run.runner import run
from ..run.trial import TrialSettings
from ..targets.call import Call
from ..targets.isolated import Isolation
from ..targets.loading import load
from ..targets.target import Target

TARGET = "poolproof.kernels.compiled"
SMALL, LARGE = (2, 3, 8, 8), (100, 1, 512, 256)
"""Images of float64: 3 kB, and 100 MB."""

EXAMPLES = 20
"""Cases per law in a round."""

ROUNDS = 5
"""The number of rounds in which both ways take turns; the median is reported."""


def overhead() -> Iterator[str]:
    """The measurement, line by line."""
    ways = {"in-process": load(TARGET), "isolated": load(TARGET, Isolation())}
    yield f"{TARGET}, in the suite's process and in one of its own; medians of {ROUNDS} interleaved rounds"
    for shape, count in ((SMALL, 200), (LARGE, 2)):
        call = Call("max_forward", {"x": np.random.default_rng(0).random(shape)}, (2, 2), (2, 2))
        spent = interleaved({way: asking(target, call, count) for way, target in ways.items()})
        yield line(
            f"a call of max_forward, x {shape}", {way: f"{each / count * 1e6:,.0f} us" for way, each in spent.items()}
        )
    cases = sum(EXAMPLES for law in laws(ways["in-process"]))
    spent = interleaved({way: judging(target) for way, target in ways.items()})
    yield line("cases per second", {way: f"{cases / each:,.0f}" for way, each in spent.items()})
    yield f"{1 - spent['in-process'] / spent['isolated']:.0%} fewer cases per second"


def asking(target: Target, call: Call, count: int) -> Callable[[], None]:
    """A function that makes `count` calls, each a case of its own."""

    def ask() -> None:
        for _ in range(count):
            target.begin()
            target.ask(call)

    return ask


def judging(target: Target) -> Callable[[], None]:
    """A function that tries a few cases of every law."""

    def judge() -> None:
        for law in laws(target):
            run(LAWS[law], target, TrialSettings(EXAMPLES))

    return judge


def laws(target: Target) -> list[str]:
    """The laws to try: all that suit the target but `two-threads`, whose calls last a fixed time."""
    return [
        name
        for name, law in LAWS.items()
        if name != "two-threads" and not law.reference and not law.unsupported(target.declared, target.offers)
    ]


def interleaved(ways: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median seconds of each way, after a warm-up round."""
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS + 1):
        for way, work in ways.items():
            began = time.perf_counter()
            work()
            spent[way].append(time.perf_counter() - began)
    return {way: statistics.median(each[1:]) for way, each in spent.items()}


def line(what: str, values: dict[str, str]) -> str:
    """One line: what was measured, and what each way took."""
    return f"{what:45} " + "   ".join(f"{way} {value}" for way, value in values.items())
