"""Proofs cut into parts that processes share: which there are, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..data.typed import Json
from ..results import Result
from ..run.executor import Task
from ..run.request import Request
from ..run.session import session
from ..targets.target import Target
from .attempt import attempt
from .methods import PROOFS

PART = 500
"""About so many cases are one part: a second of work, which is what an interruption loses."""


class Part(NamedTuple):
    """Some spaces, from the first to before the last, of one proof on one target, with so many cases."""

    target: str
    proof: str
    first: int
    last: int
    cases: int


def parts_of(target: Target, proof: str, longest: int) -> Iterator[Part]:
    """The parts of one proof, from the smallest spaces on."""
    first = last = cases = 0
    for blank in PROOFS[proof].blanks(target.declared, longest):
        last, cases = last + 1, cases + PROOFS[proof].method.count(blank)
        if cases >= PART:
            yield Part(target.spec, proof, first, last, cases)
            first, cases = last, 0
    if cases:
        yield Part(target.spec, proof, first, last, cases)


def tasks_of(parts: Iterable[Part], request: Request, longest: int) -> Iterator[Task]:
    """Parts as tasks of a run; the part is the first argument of its task."""
    for part in parts:
        yield Task(tried, (part, request, longest), (Result(part.target, part.proof, "crashed"),))


def tried(part: Part, request: Request, longest: int) -> Json:
    """What came of a part, as JSON, which travels."""
    target = session(request).target(part.target)
    result = attempt(PROOFS[part.proof], target, longest, part.first, part.last)
    if not result.failed and result.examples != part.cases:
        raise AssertionError(f"{part} has {part.cases} cases, but {result.examples} were tried")
    return {"results": [result.as_json()], "interrupted": False}
