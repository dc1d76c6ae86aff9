"""Proofs cut into parts that processes share, and the result of each part."""

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
"""The approximate number of cases in a part: a second of work, which is what an interruption loses."""


class Part(NamedTuple):
    """Some spaces of one proof on one target, from `first` up to `last`, exclusive, with `cases` cases."""

    target: str
    proof: str
    first: int
    last: int
    cases: int


def parts_of(target: Target, proof: str, longest: int) -> Iterator[Part]:
    """The parts of one proof, the smallest spaces first."""
    first = last = cases = 0
    for blank in PROOFS[proof].blanks(target.declared, longest):
        last, cases = last + 1, cases + PROOFS[proof].method.count(blank)
        if cases >= PART:
            yield Part(target.spec, proof, first, last, cases)
            first, cases = last, 0
    if cases:
        yield Part(target.spec, proof, first, last, cases)


def tasks_of(parts: Iterable[Part], request: Request, longest: int) -> Iterator[Task]:
    """The task for each part; the part is its first argument."""
    for part in parts:
        yield Task(tried, (part, request, longest), (Result(part.target, part.proof, "crashed"),))


def tried(part: Part, request: Request, longest: int) -> Json:
    """The result of a part as JSON, to send between processes."""
    target = session(request).target(part.target)
    result = attempt(PROOFS[part.proof], target, longest, part.first, part.last)
    if not result.failed and result.examples != part.cases:
        raise AssertionError(f"{part} has {part.cases} cases, but {result.examples} were tried")
    return {"results": [result.as_json()], "interrupted": False}
