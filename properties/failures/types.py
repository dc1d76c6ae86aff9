"""The exceptions by which a law fails: one type for each failing verdict, with plain data for every report."""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """A law does not hold on a case. `verdict` is its word in every report.

    `fact`: an explanation of the comparison for the reader. `mistake`: the name of a mistake that the law itself
    recognised.
    """

    verdict = "broken"

    def __init__(
        self,
        headline: str,
        *,
        call: int = -1,
        got: Any = None,
        expected: Any = None,
        where: tuple[int, ...] | None = None,
        fact: str = "",
        mistake: str = "",
    ) -> None:
        super().__init__(headline)
        self.headline, self.call, self.fact, self.mistake = headline, call, fact, mistake
        self.got, self.expected, self.where = got, expected, where


class Broken(Failure):
    """A wrong answer."""


class Raised(Failure):
    """An exception on ordinary input, or an internal error on any input."""

    verdict = "raised"


class Crashed(Failure):
    """The target's process ended, or the call tried to end it."""

    verdict = "crashed"


class Hung(Failure):
    """No answer within the time limit."""

    verdict = "hung"


class Refused(Exception):
    """A refusal at an edge, where refusing is a convention: the case counts neither for nor against the target."""
