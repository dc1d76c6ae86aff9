"""Proofs cut into parts that processes share: which there are, and what came of each."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..data.typed import Json
from ..results import Result
from ..run.processes import spread
from ..run.session import Request, bench
from ..targets.target import Target, split
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


Done = tuple[Part, Result]
"""A part, and what came of it."""


def in_turn(parts: Sequence[Part], request: Request, longest: int, wanted: Callable[[Part], bool]) -> Iterator[Done]:
    """The results of parts in this process; those not `wanted` when their turn comes are left out."""
    for part in parts:
        if wanted(part):
            yield part, Result.from_json(tried(part, request, longest))


def at_once(
    parts: Sequence[Part], request: Request, longest: int, wanted: Callable[[Part], bool], processes: int
) -> Iterator[Done]:
    """The same in several processes, as they come."""
    tasks = ((tried, (part, request, longest)) for part in parts if wanted(part))
    for (_, (part, *_)), future in spread(tasks, processes):
        yield part, Result.from_json(future.result())


def tried(part: Part, request: Request, longest: int) -> Json:
    """What came of a part, as JSON, which travels."""
    target = bench(request).target(part.target)
    result = attempt(PROOFS[part.proof], target, longest, part.first, part.last)
    if not result.failed and result.examples != part.cases:
        raise AssertionError(f"{part} has {part.cases} cases, but {result.examples} were tried")
    return result.as_json()


def identity(target: Target) -> int:
    """A checksum of what is known of a target: what it says of itself, and the file that it was loaded from."""
    source = split(target.spec)[0]
    content = Path(source).read_bytes() if os.path.isfile(source) else b""
    said = f"{target.spec} {target.declared} {target.offers}".encode("utf-8", "surrogateescape")
    return zlib.crc32(said, zlib.crc32(content))
