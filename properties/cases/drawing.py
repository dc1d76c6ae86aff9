"""The cases of a law, and what a report counts about each. All targets that declare the same get the same cases.

Hypothesis draws them for the first target of a law. They are kept for the targets that follow.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from itertools import count, islice
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import hypothesis
import numpy as np
from hypothesis import configuration
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from poolproof.kernels.dtypes import is_float

from ..contract import Declared
from .build import Builder
from .case import Case
from .choices import Choices, Generated, Packed
from .corners import corners
from .plans import Plan
from .triggers import reached

MOST = 100
"""The cases of a law that are kept: those of a usual run. A longer run draws the others anew for each target."""

MOST_DRAWN = 1000
"""The cases of a law that Hypothesis draws; in a longer run, a random generator chooses the others."""

TOGETHER = 10
"""Cases per Hypothesis example, because an example costs as much as several cases."""

FIND = "_get_local_constants"
"""Hypothesis' function that finds constants. If another version has none of this name, drawing takes longer."""

Make = Callable[[Choices], Case]


class Drawable(Protocol):
    """What cases are drawn for: a law, or anything else with a name and a plan."""

    @property
    def name(self) -> str:
        """The name, on which the cases depend."""

    @property
    def plan(self) -> Plan:
        """The plan of the cases."""


class Account(NamedTuple):
    """What a report counts about a case: the triggers that it meets, and a checksum."""

    reached: list[str]
    digest: bytes


ACCOUNTS: WeakKeyDictionary[Case, Account] = WeakKeyDictionary()


class LawCases:
    """The cases of one law, drawn portion by portion as they are needed; the first of them are kept."""

    def __init__(self, name: str, builder: Builder, seed: int) -> None:
        self.name, self.builder, self.seed = name, builder, seed
        self.known: list[Case] = []
        self.source = self.endless()

    def first(self, examples: int) -> Iterator[Case]:
        """The first `examples` cases."""
        for k in range(min(examples, MOST)):
            if k == len(self.known):
                self.known.append(next(self.source))
            yield self.known[k]
        if examples > MOST:
            yield from islice(self.endless(), MOST, examples)

    def endless(self) -> Iterator[Case]:
        """The corner cases, then cases that Hypothesis draws, then those of a random generator."""
        first = [partial(self.builder.case, **decided) for decided in corners(self.builder)]
        yield from self.portion(first, 1, 0)
        made, several = len(first), [self.builder.case] * TOGETHER
        for number in range(1, MOST_DRAWN // MOST + 1):
            # The rest of a usual run is one portion, and so is each further hundred of a longer run.
            examples = max(1, -(-(MOST - made) // TOGETHER)) if number == 1 else MOST // TOGETHER
            yield from self.portion(several, examples, number)
        choices = Generated(f"{self.seed} {self.name}")
        yield from (frozen(self.builder.case(choices)) for _ in count())

    def portion(self, makers: Sequence[Make], examples: int, number: int) -> Iterator[Case]:
        """Cases that Hypothesis draws, with a seed of their own."""
        seed = zlib.crc32(f"{self.seed} {self.name} {number}".encode())
        return map(frozen, drawn_together(makers, examples, seed))


def drawn_together(makers: Sequence[Make], examples: int, seed: int) -> list[Case]:
    """One case from every maker in each of `examples` Hypothesis examples."""
    if not hypothesis.currently_in_test_context():
        return drawn_here(makers, examples, seed)
    # A Hypothesis test within a test fails a health check of the user's, but not in another thread.
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(drawn_here, makers, examples, seed).result()


def drawn_here(makers: Sequence[Make], examples: int, seed: int) -> list[Case]:
    """The same, in this thread."""
    found: list[Case] = []

    @st.composite
    def several(draw: Any) -> list[Case]:
        # Reject the simplest example, which Hypothesis tries first: its cases would all be alike.
        hypothesis.assume(draw(st.booleans()))
        return [make(Packed(draw)) for make in makers]

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(several())
    def keep(cases: list[Case]) -> None:
        found.extend(cases)

    with nothing_read_or_stored():
        keep()
    return found


class NoConstants:
    """The constants of no code, as Hypothesis asks for them."""

    def set_for_type(self, _: object) -> tuple[()]:
        """None of any type."""
        return ()


@contextmanager
def nothing_read_or_stored() -> Iterator[None]:
    """Keep Hypothesis from looking for constants in the loaded code, and from storing them in the working folder.

    No draw of ours may take one, and finding those of the user's code would take longer than drawing a law's cases.
    """
    home, find = vars(configuration).get("__hypothesis_home_directory"), vars(providers).get(FIND, NoConstants)
    configuration.set_hypothesis_home_dir(os.devnull)
    setattr(providers, FIND, NoConstants)
    try:
        yield
    finally:
        setattr(providers, FIND, find)
        configuration.set_hypothesis_home_dir(home)


def frozen(case: Case) -> Case:
    """A case with its arrays made read-only, because other targets get the same case."""
    for array in (case.x, case.dy, case.other):
        if array is not None:
            array.flags.writeable = False
    return case


def drawn(law: Drawable, declared: Declared, offers: tuple[str, ...], examples: int, seed: int) -> Iterator[Case]:
    """The cases that a law draws for such a target, corner cases first; those of the last law are kept."""
    return remembered(law.name, law.plan, replace(declared, name="", version=""), offers, seed).first(examples)


@lru_cache(maxsize=1)
def remembered(name: str, plan: Plan, declared: Declared, offers: tuple[str, ...], seed: int) -> LawCases:
    """The cases of a law for targets with these declarations and callables."""
    return LawCases(name, Builder(plan, declared, plan.asked(declared, offers)), seed)


def account(case: Case) -> Account:
    """What a report counts about a case, cached as long as the case lives."""
    if case not in ACCOUNTS:
        window = (case.size, case.stride, sorted(case.settings.items()))
        parts = (case.function, *window, case.layouts, case.spot, case.x.dtype.name)
        arrays = (case.x, case.dy if is_float(case.x.dtype) else None, case.other)
        ACCOUNTS[case] = Account(reached(case), digest((*parts, *arrays)).to_bytes(4, "big"))
    return ACCOUNTS[case]


def digest(parts: Sequence[Any]) -> int:
    """A running checksum of arrays and plain values, to show that two runs saw the same cases."""
    total = 0
    for part in parts:
        total = zlib.crc32(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode(), total)
    return total
