"""The result of one law, proof or expected convention on one target: the single source of every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from ..data.text import received
from ..data.typed import Json, Number, Whole, decoded, encoded
from .calls import Counterexample
from .seen import Seen

FAILURES = ("broken", "raised", "crashed", "hung")
UNTRIED = ("unsupported", "not run")
VERDICTS = ("holds", *FAILURES, "unsupported", "known", "not run")

if TYPE_CHECKING:
    Verdict = str
else:
    Verdict = Literal[VERDICTS]


class Result(Struct):
    """One law (or, if `law` is "conventions", all conventions) on one target.

    `examples` were tried, of which the target `refused` some at an edge; `reached` counts the cases that met each
    trigger; `digest` is a checksum of the cases up to the first failure. `outdated`: it holds, although it is listed as
    a known failure. `partial`: the time was up before all examples were tried. `abandoned`: not run because the target
    had died or hung too often, or could not be loaded again. `about`: the law that a proof by exhaustion proves, and
    `assumption` what the proof rests on; both empty if cases were drawn. `like`: the target whose convention is pinned;
    empty if the user pinned it.
    """

    target: str
    law: str
    verdict: Verdict
    reason: str = ""
    outdated: bool = False
    partial: bool = False
    abandoned: bool = False
    examples: Whole = 0
    refused: Whole = 0
    seconds: Number = 0.0
    digest: Whole = 0
    counterexample: Counterexample | None = None
    reached: dict[str, Whole] = {}
    conventions: dict[str, Seen] = {}
    assumption: str = ""
    about: str = ""
    like: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The key of its unit."""
        return self.target, self.law

    @property
    def failed(self) -> bool:
        """Whether this makes a run fail."""
        return self.verdict in FAILURES or self.outdated

    @property
    def untried(self) -> bool:
        """Whether it has no verdict on the target."""
        return self.verdict in UNTRIED

    @property
    def message(self) -> str:
        """The details beyond the verdict: the whole failure, or the reason."""
        return self.counterexample.message if self.counterexample and not self.reason else self.reason

    def as_json(self) -> Json:
        """Plain JSON values."""
        found: Json = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, data: Json) -> Result:
        """The result that `as_json` encoded."""
        return msgspec.convert(data, cls)

    def as_text(self) -> str:
        """The result as one line, to pass from one process to another."""
        return encoded(self).decode()

    @classmethod
    def from_text(cls, text: object) -> Result | None:
        """The result that `as_text` encoded, or None for any other text."""
        try:
            found = decoded(str(text), cls)
        except ValueError:
            return None
        found.target = received(found.target)
        return found
