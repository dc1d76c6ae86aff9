"""Proofs cut into parts that processes share: which there are, what came of each, and what an earlier run has done."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..arrays import Json
from ..processes import spread
from ..results import Result
from ..session import KEPT, Request, bench
from ..target import Target, split
from .attempt import attempt
from .methods import PROOFS

PART = 500
"""About so many cases are one part: a second of work, which is what an interruption loses."""

DONE = KEPT / "proofs.jsonl"
"""One line for each part that is done, until all are."""


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


def in_turn(parts: Sequence[Part], request: Request, longest: int, wanted: Callable[[Part], bool]) -> Iterator[Result]:
    """The results of parts in this process; those not `wanted` when their turn comes are left out."""
    for part in parts:
        if wanted(part):
            yield Result.from_json(tried(part, request, longest))


def at_once(
    parts: Sequence[Part], request: Request, longest: int, wanted: Callable[[Part], bool], processes: int
) -> Iterator[Result]:
    """The same in several processes, as they come."""
    tasks = ((tried, (part, request, longest)) for part in parts if wanted(part))
    for _, future in spread(tasks, processes):
        yield Result.from_json(future.result())


def tried(part: Part, request: Request, longest: int) -> Json:
    """What came of a part, as JSON, which travels; its `digest` is the number of its first space."""
    target = bench(request).target(part.target)
    result = attempt(PROOFS[part.proof], target, longest, part.first, part.last)
    if not result.failed and result.examples != part.cases:
        raise AssertionError(f"{part} has {part.cases} cases, but {result.examples} were tried")
    result.digest = part.first
    return result.as_json()


class Diary:
    """A file with the results of all parts that are done, so that another run can go on where one ended."""

    def __init__(self, *, resume: bool) -> None:
        DONE.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            DONE.unlink(missing_ok=True)
        lines = DONE.read_text(encoding="utf-8").splitlines() if DONE.exists() else []
        self.entries: dict[str, Json] = {}
        for line in lines:
            try:
                self.entries.update(json.loads(line))
            except ValueError:
                continue  # the run was killed while it wrote its last line

    def found(self, key: str) -> Result | None:
        """What came of a part before."""
        return Result.from_json(self.entries[key]) if key in self.entries else None

    def write(self, key: str, result: Result) -> None:
        """This part is done."""
        with DONE.open("a", encoding="utf-8") as file:
            file.write(json.dumps({key: result.as_json()}) + "\n")

    def close(self) -> None:
        """All is done."""
        DONE.unlink(missing_ok=True)


def identity(target: Target) -> int:
    """A checksum of what is known of a target: what it says of itself, and the file that it was loaded from."""
    source = split(target.spec)[0]
    content = Path(source).read_bytes() if os.path.isfile(source) else b""
    return zlib.crc32(f"{target.spec} {target.declared} {target.offers}".encode(), zlib.crc32(content))
