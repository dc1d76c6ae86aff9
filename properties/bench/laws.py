"""Cases per second: how many each law tries, how many each source of choices draws, and where the time goes."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from ..cases.build import Builder
from ..cases.case import Case
from ..cases.choices import Generated
from ..cases.drawing import drawn, remembered
from ..lawbook import LAWS, Law
from ..run.runner import run
from ..run.trial import TrialSettings
from ..targets.loading import load
from ..targets.target import Target

TARGET = "poolproof.kernels.compiled"
EXAMPLES, ROUNDS = 100, 5


class Spent(NamedTuple):
    """Seconds that all cases of a law took in total, those spent on drawing them, and those spent in the target.

    `generated`: seconds that drawing takes if a random generator makes the choices instead of Hypothesis.
    """

    total: float
    drawing: float
    target: float
    generated: float


class Watched:
    """A target whose calls are timed."""

    def __init__(self, target: Target) -> None:
        self.target, self.seconds = target, 0.0

    def __getattr__(self, name: str) -> Any:
        """The attribute of the target; methods that call it are timed."""
        found = getattr(self.target, name)
        return self.timed(found) if name.startswith("ask") else found

    def fresh(self) -> Watched:
        """This target itself, because a module has no state."""
        return self

    def timed(self, ask: Any) -> Any:
        """`ask`, timed."""

        def asked(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return ask(*arguments)
            finally:
                self.seconds += time.perf_counter() - began

        return asked


def laws() -> Iterator[str]:
    """The measurement, line by line: the law with the fewest cases per second first."""
    target = load(TARGET)
    asked = [law for law in LAWS.values() if not law.reference]
    rounds = [{law.name: spent(law, target) for law in asked} for _ in range(ROUNDS + 1)][1:]
    found = {name: Spent(*map(statistics.median, columns(each[name] for each in rounds))) for name in rounds[0]}
    yield f"{TARGET} in the suite's process, {EXAMPLES} cases per law; medians of {ROUNDS} rounds"
    yield f"{'':26}{'cases per second':>15}{'drawn a second':>24}{'share of the time':>29}"
    yield f"{'law':26}{'':>15}{'Hypothesis':>12}{'generator':>12}{'drawing':>9}{'target':>10}{'law':>10}"
    for name in sorted(found, key=lambda name: -found[name].total):
        yield line(name, EXAMPLES, found[name])
    whole = Spent(*map(sum, columns(found.values())))
    yield line(f"{len(found)} laws", EXAMPLES * len(found), whole)


def columns(rows: Iterable[Spent]) -> Iterator[tuple[float, ...]]:
    """The columns of rows of numbers."""
    return zip(*rows, strict=True)


def spent(law: Law, target: Target) -> Spent:
    """Where the time of one law went."""
    watched, settings = Watched(target), TrialSettings(EXAMPLES, seed=0)
    remembered.cache_clear()
    drawing = seconds(drawn(law, target.declared, target.offers, settings.examples, settings.seed))
    # The cases just drawn are remembered, so this run does not draw them again.
    result = run(law, cast(Target, watched), settings)
    made = Builder(law.plan, target.declared, law.plan.asked(target.declared, target.offers))
    choices = Generated(law.name)
    generated = seconds(made.case(choices) for _ in range(EXAMPLES))
    return Spent(drawing + result.seconds, drawing, watched.seconds, generated)


def seconds(cases: Iterable[Case]) -> float:
    """Seconds that it takes to make these cases."""
    began = time.perf_counter()
    deque(cases, maxlen=0)
    return time.perf_counter() - began


def line(name: str, cases: int, spent: Spent) -> str:
    """A row: cases per second, tried and drawn, and the shares of drawing, of the target and of the law itself."""
    rates = "".join(f"{cases / each:>12,.0f}" for each in (spent.drawing, spent.generated))
    shares = (spent.drawing, spent.target, spent.total - spent.drawing - spent.target)
    widths = (9, 10, 10)
    parts = "".join(f"{each / spent.total:>{width}.0%}" for each, width in zip(shares, widths, strict=True))
    return f"{name:26}{cases / spent.total:>15,.0f}{rates}{parts}"
