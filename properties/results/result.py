"""What came of one law, proof or expected convention on one target: the one source of every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from ..data.text import received
from ..data.typed import Json, Number, Whole, decoded, encoded
from .calls import Counterexample
from .seen import Seen

FAILURES = ("broken", "raised", "crashed", "hung")
VERDICTS = ("holds", *FAILURES, "unsupported", "known", "not run")

if TYPE_CHECKING:
    Verdict = str
else:
    Verdict = Literal[VERDICTS]


class Result(Struct):
    """One law (or, where `law` is "conventions", all conventions) on one target.

    `examples` were tried, of which `refused` by the target at an edge; `reached` counts the cases that met each
    trigger; `digest` is a checksum of the cases up to the first failure. `outdated`: it holds, although it is listed as
    a known failure. `partial`: time ended before all examples were tried. `abandoned`: not run because the target had
    died or hung too often, or could not be loaded again. `about`: the law that a proof by exhaustion asks, and
    `assumption` what it rests on; both empty where cases were drawn. `like`: the target whose convention is
    pinned; empty where the user has pinned it.
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
    def failed(self) -> bool:
        """Whether this fails a run."""
        return self.verdict in FAILURES or self.outdated

    @property
    def message(self) -> str:
        """What to tell of it beyond the verdict: the whole failure, or the reason."""
        return self.counterexample.message if self.counterexample and not self.reason else self.reason

    def as_json(self) -> Json:
        """Plain JSON values."""
        found: Json = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, data: Json) -> Result:
        """The result that `as_json` gave."""
        return msgspec.convert(data, cls)

    def as_text(self) -> str:
        """One line, in which a result travels from one process to another."""
        return encoded(self).decode()

    @classmethod
    def from_text(cls, text: object) -> Result | None:
        """The result that `as_text` gave; None for anything else."""
        try:
            found = decoded(str(text), cls)
        except ValueError:
            return None
        found.target = received(found.target)
        return found
