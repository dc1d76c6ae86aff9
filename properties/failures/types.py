"""How a law says no: one exception type for each verdict that is a failure, carrying plain data for every report."""

from __future__ import annotations

from typing import Any


class Failure(Exception):
    """A law does not hold on a case. `verdict` is the word for it in every report.

    `fact`: what the reader must know of the comparison. `mistake`: the name of the mistake that the law itself saw.
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
    """An exception on ordinary input, or an internal error on any."""

    verdict = "raised"


class Crashed(Failure):
    """The end of the target's process, or an attempt at it."""

    verdict = "crashed"


class Hung(Failure):
    """No answer in time."""

    verdict = "hung"


class Refused(Exception):
    """A refusal at an edge, where refusing is a convention: the case counts neither for nor against the target."""
