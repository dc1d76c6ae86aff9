"""The cases that a law draws, and what a report counts of each: made once, and the same beside any target.

They are drawn here, without Hypothesis, which would take as long for it as the whole law. Targets are asked a law one
after another; what is remembered of it is drawn, and looked at, for the first of them alone.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from poolproof.kernels.dtypes import is_float

from .cases import Case, Plan, decode
from .contract import Declared
from .knobs import LENGTH, digest
from .lawbook import Law
from .triggers import reached

MOST = 100
"""Cases of a law that are remembered: those of a usual run. A longer one draws the others for each target anew."""


class Account(NamedTuple):
    """What is counted of a case: the triggers that it meets, and a checksum of it."""

    reached: list[str]
    digest: bytes


ACCOUNTS: WeakKeyDictionary[Case, Account] = WeakKeyDictionary()


class Drawn:
    """The cases of one law, each drawn when it is asked for, the first of them once."""

    def __init__(self, name: str, plan: Plan, declared: Declared, functions: tuple[str, ...], seed: int) -> None:
        self.plan, self.declared, self.functions = plan, declared, functions
        self.source = random.Random(zlib.crc32(f"{seed} {name}".encode()))
        self.cases: list[Case] = []

    def first(self, examples: int) -> Iterator[Case]:
        """So many of them."""
        for k in range(min(examples, MOST)):
            if k == len(self.cases):
                self.cases.append(self.another(self.source))
            yield self.cases[k]
        source = copy(self.source)
        for _ in range(examples - MOST):
            yield self.another(source)

    def another(self, source: random.Random) -> Case:
        """The next case."""
        data = source.randbytes(LENGTH) if self.cases else bytes(LENGTH)
        case = decode(self.plan, self.declared, self.functions, data)
        for array in (case.x, case.dy, case.other):
            if array is not None:
                # No law may change what other targets are asked.
                array.flags.writeable = False
        return case


def drawn(law: Law, declared: Declared, offers: tuple[str, ...], examples: int, seed: int) -> Iterator[Case]:
    """The cases that a law draws for such a target, the simplest first; those of the last law are remembered."""
    return remembered(law.name, law.plan, replace(declared, name="", version=""), offers, seed).first(examples)


@lru_cache(maxsize=1)
def remembered(name: str, plan: Plan, declared: Declared, offers: tuple[str, ...], seed: int) -> Drawn:
    """The cases of a law, for targets that declare and offer this."""
    return Drawn(name, plan, declared, plan.asked(declared, offers), seed)


def account(case: Case) -> Account:
    """What is counted of a case; remembered as long as the case is."""
    if case not in ACCOUNTS:
        window = (case.size, case.stride, sorted(case.settings.items()))
        parts = (case.function, *window, case.layouts, case.spot, case.x.dtype.name)
        arrays = (case.x, case.dy if is_float(case.x.dtype) else None, case.other)
        ACCOUNTS[case] = Account(reached(case), digest((*parts, *arrays)).to_bytes(4, "big"))
    return ACCOUNTS[case]
