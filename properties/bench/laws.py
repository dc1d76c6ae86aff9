"""How many cases a second each law tries, and where the time goes: drawing cases, the target, the law itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from ..find import load
from ..lawbook import LAWS, Law
from ..runner import run
from ..strategies.drawing import drawn
from ..target import Target
from ..trial import Settings

TARGET = "poolproof.kernels.compiled"
EXAMPLES, ROUNDS = 100, 5


class Spent(NamedTuple):
    """Seconds of all cases of a law, and what of it went into drawing them and into the calls of the target."""

    total: float
    drawing: float
    target: float


class Watched:
    """A target whose calls are timed."""

    def __init__(self, target: Target) -> None:
        self.target, self.seconds = target, 0.0

    def __getattr__(self, name: str) -> Any:
        """Whatever the target has; what asks it something is timed."""
        found = getattr(self.target, name)
        return self.timed(found) if name.startswith("ask") else found

    def fresh(self) -> Watched:
        """This target: a module has no state."""
        return self

    def timed(self, ask: Any) -> Any:
        """A way to ask that takes the time."""

        def asked(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return ask(*arguments)
            finally:
                self.seconds += time.perf_counter() - began

        return asked


def laws() -> Iterator[str]:
    """The measurement, line by line: the law with the fewest cases a second first."""
    target = load(TARGET)
    asked = [law for law in LAWS.values() if not law.reference]
    rounds = [{law.name: spent(law, target) for law in asked} for _ in range(ROUNDS + 1)][1:]
    found = {name: Spent(*map(statistics.median, columns(each[name] for each in rounds))) for name in rounds[0]}
    yield f"{TARGET} in the suite's process, {EXAMPLES} cases a law; medians of {ROUNDS} rounds"
    yield f"{'law':26}{'cases a second':>15}{'drawing':>10}{'target':>10}{'law':>10}"
    for name in sorted(found, key=lambda name: -found[name].total):
        yield line(name, EXAMPLES, found[name])
    whole = Spent(*map(sum, columns(found.values())))
    yield line(f"{len(found)} laws", EXAMPLES * len(found), whole)


def columns(rows: Iterable[Spent]) -> Iterator[tuple[float, ...]]:
    """What all rows have at each place."""
    return zip(*rows, strict=True)


def spent(law: Law, target: Target) -> Spent:
    """What one law took."""
    watched, settings = Watched(target), Settings(EXAMPLES, seed=0)
    began = time.perf_counter()
    for _ in drawn(law, target.declared, target.offers, settings.examples, settings.seed):
        pass
    drawing = time.perf_counter() - began
    # What was drawn is remembered.
    result = run(law, cast(Target, watched), settings)
    return Spent(drawing + result.seconds, drawing, watched.seconds)


def line(name: str, cases: int, seconds: Spent) -> str:
    """A row: cases a second, and the shares of drawing, of the target, and of the rest."""
    shares = (seconds.drawing, seconds.target, seconds.total - seconds.drawing - seconds.target)
    return f"{name:26}{cases / seconds.total:>15,.0f}" + "".join(f"{each / seconds.total:>10.0%}" for each in shares)
