"""Failures grouped by cause: one mistake explains them all, or they all need the same features of a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from msgspec import UNSET

from ..failures.mistakes import MISTAKES
from ..results import Result


@dataclass
class Cause:
    """Failures of one target that have the same reason, as far as is known.

    `mistakes`: the names of those that explain all of its failures, the most specific first. `needs`: the features of a
    case that all of its failures need.
    """

    results: list[Result]
    mistakes: list[str]
    needs: list[str]

    @property
    def target(self) -> str:
        """The target, as given."""
        return self.results[0].target

    @property
    def clearest(self) -> Result:
        """The failure to show: the one with the smallest case, or the first of those."""
        return min(self.results, key=cells)

    @property
    def laws(self) -> list[str]:
        """The laws that fail, that of the clearest failure first."""
        first = self.clearest
        return [first.law, *(result.law for result in self.results if result is not first)]

    @property
    def name(self) -> str:
        """The name of the cause: its mistake, or what fails and what that needs."""
        if self.mistakes:
            return self.mistakes[0]
        about = " ".join(filter(None, what_fails(self.results[0])))
        return f"{about}: {', '.join(self.needs)}" if self.needs else about

    @property
    def wrong(self) -> str:
        """What is probably wrong, in a sentence; empty if no mistake explains it."""
        return MISTAKES[self.mistakes[0]].wrong if self.mistakes else ""

    @property
    def right(self) -> str:
        """What right code does, in a sentence; empty if no mistake explains it."""
        return MISTAKES[self.mistakes[0]].right if self.mistakes else ""

    def takes(self, result: Result) -> bool:
        """Whether another failure has the same cause; if so, it is added."""
        if result.target != self.target:
            return False
        if self.repeats(result):
            self.results.append(result)
            return True
        mistakes, needs = common(self.mistakes, mistakes_of(result)), common(self.needs, needs_of(result))
        if not mistakes and (self.mistakes or mistakes_of(result) or not self.alike(result, needs)):
            return False
        self.mistakes, self.needs = mistakes, needs
        self.results.append(result)
        return True

    def repeats(self, result: Result) -> bool:
        """Whether another law failed on the same call with the same answer, and knows no more about the reason."""
        known = bool(self.mistakes) or not mistakes_of(result)
        return known and any(same_failure(each, result) for each in self.results)

    def alike(self, result: Result, needs: list[str]) -> bool:
        """Whether a failure that no mistake explains fails and needs the same as these."""
        return what_fails(result) == what_fails(self.results[0]) and (bool(needs) or not self.needs)


def causes_of(results: Iterable[Result]) -> list[Cause]:
    """The causes of all failures, in order of first occurrence."""
    causes: list[Cause] = []
    for result in results:
        if result.failed:
            added(causes, result)
    return causes


def added(causes: list[Cause], result: Result) -> Cause | None:
    """Add a failure to its cause. Returns the cause if it is new, else None."""
    if any(cause.takes(result) for cause in causes):
        return None
    causes.append(Cause([result], mistakes_of(result), needs_of(result)))
    return causes[-1]


def common(these: list[str], those: list[str]) -> list[str]:
    """The entries that are in both lists, in the order of the first."""
    return [each for each in these if each in those]


def mistakes_of(result: Result) -> list[str]:
    """The mistakes that explain a failure."""
    found = result.counterexample
    return [] if found is None or found.mistakes is UNSET else [each for each in found.mistakes if each in MISTAKES]


def needs_of(result: Result) -> list[str]:
    """What a failure needs of a case."""
    found = result.counterexample
    return [] if found is None or found.needs is UNSET else list(found.needs)


def what_fails(result: Result) -> tuple[str, str]:
    """The callable and the verdict; without a failing case, the name of the law or convention."""
    found = result.counterexample
    if found is None or found.case is UNSET or not found.calls:
        return result.law, ""
    return found.calls[found.failing_call].function, result.verdict


def same_failure(one: Result, other: Result) -> bool:
    """Whether the wrong answer to one's only call was also given to the call that failed the other."""
    first, second = one.counterexample, other.counterexample
    if first is None or second is None or len(first.calls) != 1 or not second.calls or first.got is None:
        return False
    return (first.calls[0], first.got) == (second.calls[second.failing_call], second.got)


def cells(result: Result) -> tuple[bool, int]:
    """The size of a counterexample: whether it is missing, and the number of cells in its arrays."""
    found = result.counterexample
    if found is None or not found.calls:
        return True, 0
    return False, sum(prod(array.shape) for call in found.calls for array in call.args.values())
