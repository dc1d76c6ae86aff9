"""A vector: a call that a law makes, and every right answer to it; independent of library versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels import img2col
from poolproof.kernels.dtypes import IEEE_FLOATS, INTEGERS

from ...cases.build import Builder
from ...cases.case import Case
from ...cases.choices import Generated
from ...cases.corners import corners
from ...cases.triggers import reached
from ...failures.types import Failure, Refused
from ...lawbook import LAWS
from ...lawbook.pool import Pool, at_an_edge
from ...targets.call import Call
from ...targets.target import InProcess, wrap
from .allowed import Allowed, allowed

LEFT_OUT = {
    "memory-layouts": "arrays in a file lie in C order",
    "gradient-layouts": "arrays in a file lie in C order",
    "two-threads": "calls from a file come one after another",
    "refusal": "it is about wrong arguments",
    "nan-kept-or-skipped": "it compares the answers to two calls",
    "gradient-in-window": "where the gradient of -inf or NaN goes is a convention",
    "agreement": "it is about the reference kernels",
}
"""Laws that have no vectors, and why."""

EXPORTED = tuple(law for law in LAWS if law not in LEFT_OUT)
"""The laws that have vectors."""


KERNELS: dict[str, dict[str, Any]] = {
    "plain": {"ranks": (2,), "dtypes": IEEE_FLOATS, "settings": {}},
    "general": {"ranks": (1, 2, 3), "dtypes": ("bool", *INTEGERS, *IEEE_FLOATS)},
}
"""The kinds of kernels that vectors are drawn for: planes of floats without settings, and all that NumPy can hold."""


class Origin(NamedTuple):
    """The origin of a vector: a law, a kind of kernels, and the number of a case."""

    law: str
    kernel: str
    number: int

    @property
    def possible(self) -> bool:
        """Whether the law has a case for such kernels."""
        asked = judged(self.kernel)
        return not LAWS[self.law].unsupported(asked.declared, asked.offers)


@dataclass(frozen=True)
class Vector:
    """A call, what an answer may be, its origin, and what its case reaches.

    `may_refuse`: refusing the arguments is right as well.
    """

    call: Call
    allowed: Allowed
    origin: Origin
    reached: tuple[str, ...]
    may_refuse: bool

    def repeats(self, other: Vector) -> bool:
        """Whether this is the same call as another, to which the answer should be the same."""
        one, two = self.call, other.call
        same = (one.function, one.size, one.stride, one.settings) == (two.function, two.size, two.stride, two.settings)
        return same and all(alike(array, two.arrays[name]) for name, array in one.arrays.items())


def alike(one: Any, two: Any) -> bool:
    """Whether two arrays have the same dtype, shape and bytes."""
    return bool((one.dtype, one.shape) == (two.dtype, two.shape) and one.tobytes() == two.tobytes())


def vectors_of(origin: Origin) -> Iterator[Vector]:
    """The calls that a law makes on a case, in order."""
    case = case_of(origin)
    met = tuple(reached(case))
    for call in calls_of(origin, case):
        found = allowed(call, {**case.assumed, **call.settings})
        if found is not None:
            yield Vector(call, found, origin, met, at_an_edge(call))


def case_of(origin: Origin) -> Case:
    """A case: first the corner cases of its law, then drawn ones."""
    builder, corner_cases = builder_of(origin.law, origin.kernel)
    make = corner_cases[origin.number] if origin.number < len(corner_cases) else builder.case
    case: Case = make(Generated(f"vectors {origin.law} {origin.kernel} {origin.number}"))
    return case


@lru_cache(maxsize=256)
def builder_of(law: str, kernel: str) -> tuple[Builder, list[Any]]:
    """The builder of a law's cases for a kind of kernel, and its corner cases."""
    asked, plan = judged(kernel), LAWS[law].plan
    builder = Builder(plan, asked.declared, plan.asked(asked.declared, asked.offers))
    return builder, [partial(builder.case, **decided) for decided in corners(builder)]


def calls_of(origin: Origin, case: Case) -> list[Call]:
    """The calls that a law makes on a case."""
    pool = Pool(judged(origin.kernel))
    pool.begin()
    with suppress(Failure, Refused), np.errstate(all="ignore"):
        LAWS[origin.law].check(pool, case)
    return pool.calls


@lru_cache(maxsize=len(KERNELS))
def judged(kernel: str) -> InProcess:
    """A reference kernel with the declarations of a kind of kernels; its answers are not used in vectors."""
    target = wrap(img2col)
    target.declared = replace(target.declared, **KERNELS[kernel])
    return target
