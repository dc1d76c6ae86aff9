"""Sources of choices, which supply the integers that a case is built from."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

Range = tuple[int, int]
"""The least and the largest of a range of integers, both included."""

NARROW = 100
"""Hypothesis draws integers below this uniformly. It fills larger ranges unevenly, with constants of loaded code."""

BRANCHES = 11
"""When it shrinks an example, Hypothesis treats only integers from 0 to 10 as the choice of a branch."""

LOOSE = 11
"""One in this many cases from `Drawn` is loose."""

PACK = 13
"""Bytes per draw of many choices. An odd number, because Hypothesis now and then draws a constant of loaded code
instead, if that has exactly this length."""

BYTES = st.binary(min_size=PACK, max_size=PACK)

FAIR = 16
"""No choice is likelier than another by more than one part in 2**FAIR."""


class Choices(Protocol):
    """A source of choices."""

    def upto(self, most: int) -> int:
        """An integer from 0, the simplest, to `most`."""
        ...

    def index(self, count: int) -> int:
        """The index of one of `count` options, 0 for the simplest."""
        ...

    def within(self, wished: Range, least: int) -> int:
        """An integer of the wished range, whose least is the simplest; in a loose case, one from `least` on."""
        ...

    def fewer(self, wished: int) -> int:
        """The wished positive number; in a loose case, possibly a smaller one."""
        ...


class Drawn:
    """Choices that Hypothesis draws one by one and can shrink.

    The first choice says whether the case is loose, which means that its numbers may be smaller than wished. A number
    is drawn as it is, not as its distance from the least of its range: an example that becomes loose, or of another
    kind, keeps its numbers, and they shrink one by one.

    It draws even where nothing is left to choose: Hypothesis prefers the example with fewer draws, which should not be
    one with odd windows just because these are fixed.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.loose = self.upto(LOOSE - 1) == 0

    def upto(self, most: int) -> int:
        """An integer from 0 to `most`; a large one in two parts."""
        if most < NARROW:
            return int(self.draw(integers(0, most)))
        return min(self.upto(most // NARROW) * NARROW + self.upto(NARROW - 1), most)

    def index(self, count: int) -> int:
        """The index of an option. If there are many, a block of them is drawn first, so that each number is small.

        Only from a small number does Hypothesis shrink to a simpler option and draw everything after it anew.
        """
        block = -(-count // BRANCHES)
        return min(self.upto(-(-count // block) - 1) * block + self.upto(block - 1), count - 1)

    def within(self, wished: Range, least: int) -> int:
        """An integer of a range; in a loose case, from `least` on."""
        first = min(least, wished[0]) if self.loose else wished[0]
        return int(self.draw(integers(first, wished[1])))

    def fewer(self, wished: int) -> int:
        """The number itself; in a loose case, possibly a smaller one."""
        return self.within((wished, wished), 1)


@lru_cache(maxsize=4096)
def integers(least: int, most: int) -> st.SearchStrategy[int]:
    """Integers of a range; cached, because Hypothesis takes longer to make a strategy than to draw from it."""
    return st.integers(least, most)


class Strict(ABC):
    """Choices that make no case loose."""

    @abstractmethod
    def upto(self, most: int) -> int:
        """An integer from 0 to `most`."""

    def index(self, count: int) -> int:
        """The index of an option."""
        return self.upto(count - 1)

    def within(self, wished: Range, _: int) -> int:
        """An integer of the range."""
        least, most = wished
        return least + self.upto(most - least)

    def fewer(self, wished: int) -> int:
        """The number itself."""
        return wished


class Packed(Strict):
    """Choices that Hypothesis draws several at a time: one draw of bytes costs less than three small integers.

    Hypothesis cannot shrink such choices one by one. They serve runs of many cases, whose failures are shrunk by
    structure.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.left, self.value = 0, 0

    def upto(self, most: int) -> int:
        """An integer from 0 to `most`: a digit of a large number, redrawn before it is too small to be fair."""
        if most == 0:
            return 0
        if self.left <= most << FAIR:
            self.left, self.value = 1 << 8 * PACK, int.from_bytes(self.draw(BYTES), "big")
        self.left //= most + 1
        self.value, digit = divmod(self.value, most + 1)
        return digit


class Generated(Strict):
    """Choices of a random generator, for runs with more cases than Hypothesis has time for."""

    def __init__(self, seed: str) -> None:
        self.source = random.Random(seed)

    def upto(self, most: int) -> int:
        """An integer from 0 to `most`."""
        return int(self.source.random() * (most + 1))


def one_of(choices: Choices, options: Sequence[T]) -> T:
    """One of the options, the first being the simplest; an option that is listed twice is twice as likely."""
    return options[choices.index(len(options))]


def clamped(within: Range, limits: Range) -> Range:
    """The part of a range within limits, or else the nearest limit."""
    least, most = limits
    return min(max(within[0], least), most), min(max(within[1], least), most)
