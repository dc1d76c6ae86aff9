"""Results family by family: one line for each, as soon as all of its laws have results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..results import Result
from ..run.units import BENCHMARK_ITEM, CONVENTIONS_ITEM, Unit, family_of
from . import render
from .terminal import Styled

COLUMN = 12
"""The width of the longest family name."""


class Families:
    """The results of units, gathered until a family of laws is complete."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.left = Counter(family_of(unit.name) for unit in units)
        self.results: dict[str, list[Result]] = {}

    def add(self, result: Result) -> list[Styled] | None:
        """Add a result. Returns the line of its family if that is now complete."""
        family = family_of(result.law)
        own = self.results.setdefault(family, [])
        own.append(result)
        self.left[family] -= 1
        return None if self.left[family] else line(family, own)


def line(family: str, results: list[Result]) -> list[Styled]:
    """The results of a family, in a line."""
    if family == CONVENTIONS_ITEM:
        return [f"{family:{COLUMN}} {render.observed(results)}"]
    if family == family_of(BENCHMARK_ITEM):
        return [f"{family:{COLUMN}} {'; '.join(result.reason for result in results)}"]
    laws, cases = {result.law for result in results}, sum(result.examples for result in results)
    tried = f"{render.quantity(len(laws), 'law')}, {render.quantity(cases, 'case')}: " if cases else ""
    outcome, style = render.outcome(results), "broken" if any(result.failed for result in results) else "holds"
    reasons = dict.fromkeys(result.reason for result in results if result.verdict == "not run")
    late = " (time limit reached)" if any(result.partial and not result.reason for result in results) else ""
    return [f"{family:{COLUMN}} {tried}", (outcome, style), late, *(f"; {reason}" for reason in reasons)]
