"""Candidates: the callables of an implementation that may pool, judging by their names."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...contract import BACKWARD, CALLABLES, FORWARD
from .workshop import Workshop

MOST = 16
"""The most callables that are tried."""

POOLS = re.compile("pool|max|mean|avg|average|forward|backward|grad|indices", re.IGNORECASE)
BACK = re.compile("back|grad|bwd|bprop|deriv", re.IGNORECASE)
PLACES = re.compile("ind(ex|ices)|argmax", re.IGNORECASE)
MAXIMA = re.compile("max", re.IGNORECASE)
MEANS = re.compile("mean|avg|average", re.IGNORECASE)


class Root(NamedTuple):
    """An implementation in lines of Python: the line that imports it, its expression, and the object that owns it."""

    imports: str
    expression: str
    owner: str = ""


class Candidate(NamedTuple):
    """A callable: its expression, its name, and the names of its parameters, if known."""

    expression: str
    name: str
    parameters: list[str] | None
    is_class: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The callables of the contract that it may be."""
        if self.name in CALLABLES:
            return (self.name,)
        if PLACES.search(self.name):
            return ("max_indices",)
        roles = BACKWARD if BACK.search(self.name) else FORWARD
        named = tuple(k for k, sign in enumerate((MAXIMA, MEANS)) if sign.search(self.name))
        return tuple(roles[k] for k in (named if len(named) == 1 else (0, 1)))


def candidates_of(root: Root, workshop: Workshop) -> list[Candidate]:
    """The callables of an implementation: itself, if it is one, and its attributes; the contract's own first."""
    found = []
    is_class = bool(root.owner) and workshop.holds(f"isinstance({root.expression}, type)")
    if root.owner:
        found += listed(workshop, root.owner, [root.expression.rpartition(".")[2]])
    inside = f"{root.expression}()" if is_class else root.expression
    seen = workshop.look(root.expression)
    names = sorted(filter(POOLS.search, seen.names if seen else ()), key=lambda name: (name not in CALLABLES, name))
    return [*found, *listed(workshop, inside, names[:MOST])]


def listed(workshop: Workshop, owner: str, names: list[str]) -> list[Candidate]:
    """The callables with these names among the attributes of an object."""
    seen = workshop.look(owner, names)
    callables = seen.callables if seen else {}
    return [
        Candidate(each := f"{owner}.{name}", name, parameters, workshop.holds(f"isinstance({each}, type)"))
        for name, parameters in callables.items()
    ]
