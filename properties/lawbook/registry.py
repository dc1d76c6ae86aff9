"""The registry: every law with its plan, its formula and the functions it is about."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..cases.case import Case
from ..cases.plans import Plan
from ..contract import Declared
from ..remote.worker import EVIDENCE
from .pool import Pool

Check = Callable[[Pool, Case], None]


@dataclass(frozen=True)
class Law:
    """One law: a plain function that raises if it does not hold, and a plan of the cases it needs.

    `reference`: a law for the reference kernels only, because sound implementations differ there.
    `unless`: a declaration and the value that excuses a target from the law. `elsewhere`: its calls also have other
    windows or settings than its cases. `evidence`: what the target's process must report about a call, or be able to do
    with its arrays.
    """

    name: str
    family: str
    formula: str
    plan: Plan
    check: Check
    reference: bool
    unless: tuple[str, object] | None
    elsewhere: bool
    evidence: tuple[str, ...]

    def unsupported(self, declared: Declared, offers: tuple[str, ...], evidence: Iterable[str] = EVIDENCE) -> str:
        """Why the law cannot be tried on such a target; empty if it can."""
        if excuse := self.excused(declared):
            return excuse
        wanted = f"{' or '.join(self.plan.functions)}{''.join(f' with {function}' for function in self.plan.also)}"
        if not set(self.plan.functions) & set(offers) or not set(self.plan.also) <= set(offers):
            return f"it offers no {wanted}"
        if not self.plan.asked(declared, offers):
            return self.lacking(declared, offers, wanted)
        if lacking := [each for each in self.evidence if each not in evidence]:
            return f"its process cannot tell of {' and '.join(lacking)}"
        return ""

    def excused(self, declared: Declared) -> str:
        """The declaration that excuses a target from the law; empty if none does."""
        if len(declared.ranks) < self.plan.ranks:
            return f"it declares rank {declared.ranks[0]} alone"
        if self.plan.ranks > 1 and declared.square:
            # With an axis of length one in front of the others, a window is no longer square.
            return "it declares square=True"
        if self.unless and getattr(declared, self.unless[0]) == self.unless[1]:
            return f"it declares {self.unless[0]}={self.unless[1]}"
        if declared.fixed and self.elsewhere:
            return OTHER_WINDOWS
        return "it declares tiles=True" if declared.tiles and not self.plan.by_tiles else ""

    def lacking(self, declared: Declared, offers: tuple[str, ...], wanted: str) -> str:
        """What a target that offers the right callables still lacks."""
        able = [f for f in self.plan.functions if f in offers and self.plan.taken(declared, f)]
        if not able:
            return f"{wanted} takes no {' with '.join(self.plan.needs) or 'settings'}"
        if declared.fixed and not any(self.plan.suits(declared.fixed, function) for function in able):
            return OTHER_WINDOWS
        return f"it declares no floating-point dtype for {wanted}"


OTHER_WINDOWS = "it declares fixed windows, and the law wants others"

LAWS: dict[str, Law] = {}


def law(
    plan: Plan,
    *,
    reference: bool = False,
    unless: tuple[str, object] | None = None,
    elsewhere: bool = False,
    evidence: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Register a function as a law: its name with hyphens, its module as the family, its docstring as the formula."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        family = check.__module__.rsplit(".", 1)[-1]
        formula = " ".join((check.__doc__ or "").split())
        # Under -OO Python drops docstrings. Laws work without their formulas.
        if name in LAWS or not (formula or sys.flags.optimize > 1):
            raise ValueError(f"law {name!r} needs a name of its own and a formula")
        LAWS[name] = Law(name, family, formula, plan, check, reference, unless, elsewhere, evidence)
        return check

    return register
