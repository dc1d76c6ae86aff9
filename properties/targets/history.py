"""The calls made to a target since its process, or its instance, started: the first and the last, within bounds."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .call import Call

FIRST, LAST = 500, 5000
"""How many calls are remembered: the first, which may set up lasting state, and the last."""

MOST_BYTES, SMALL = 1 << 26, 1 << 14
"""The most bytes of the arrays of the last calls, and of one of the first."""


class Log:
    """The first and the last calls, and how many of them belong to the current case."""

    def __init__(self) -> None:
        self.first: list[Call] = []
        self.last: deque[Call] = deque()
        self.bytes = self.of_case = 0

    def begin(self) -> None:
        """Start a new case."""
        self.of_case = 0

    def add(self, calls: list[Call]) -> None:
        """Remember calls, and forget the oldest ones except the first small ones."""
        self.of_case += len(calls)
        self.last.extend(calls)
        self.bytes += sum(map(bytes_passed, calls))
        while len(self.last) > LAST or (self.bytes > MOST_BYTES and len(self.last) > 1):
            oldest = self.last.popleft()
            self.bytes -= bytes_passed(oldest)
            if len(self.first) < FIRST and bytes_passed(oldest) <= SMALL:
                self.first.append(oldest)

    def before(self) -> list[Call]:
        """The calls made before the current case, as reports need them: windows as tuples, arrays copied."""
        calls = [*self.first, *self.last]
        earlier = calls[: max(len(calls) - self.of_case, 0)]
        return [replace(call, in_place=False) if call.in_place else call for call in earlier if has_window(call)]


def has_window(call: Call) -> bool:
    """Whether a call is not about wrong arguments."""
    return isinstance(call.size, tuple) and isinstance(call.stride, tuple)


def bytes_passed(call: Call) -> int:
    """The bytes of a call's arrays."""
    return sum(array.nbytes for array in call.arrays.values())
