"""The order of vectors: first those that rejected most wrong kernels when measured, then law by law."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice
from pathlib import Path

from .vector import EXPORTED, KERNELS, Origin, Vector, vectors_of

RANKING = Path(__file__).with_name("ranking.json")
"""The cases that come first, [law, kind of kernels, number] each, as `tox -e strength -- --vectors` ranks them."""

MOST_CELLS = 4096
"""The most cells of an array in unranked vectors: a few vectors with large arrays are enough."""


def chosen(most: int) -> list[Vector]:
    """The first `most` vectors of an endless list."""
    return list(islice(endless(), most))


def endless() -> Iterator[Vector]:
    """All vectors: those of ranked cases, then those of other small ones."""
    for origin in ranking():
        yield from vectors_of(origin)
    known = set(ranking())
    for origin in origins():
        if origin not in known:
            yield from (vector for vector in vectors_of(origin) if cells(vector) <= MOST_CELLS)


def cells(vector: Vector) -> int:
    """The number of cells of a vector's largest array, counting each range of its answer."""
    return max(vector.allowed.least.size, *(array.size for array in vector.call.arrays.values()))


def origins() -> Iterator[Origin]:
    """Every case of every law, for every kind of kernels."""
    for number in count():
        every = (Origin(law, kernel, number) for law in EXPORTED for kernel in KERNELS)
        yield from (origin for origin in every if origin.possible)


@lru_cache(maxsize=1)
def ranking() -> tuple[Origin, ...]:
    """The ranked cases, the best first."""
    return tuple(Origin(*each) for each in json.loads(RANKING.read_text(encoding="utf-8")))
