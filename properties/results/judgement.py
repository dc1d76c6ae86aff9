"""The judgement of one target, as data: the verdict, the reasons, and what was not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, Struct, UnsetType

from ..data.typed import Name, Number, Whole
from .calls import Counterexample
from .likeness import Likeness
from .report import Declarations, LawReport
from .result import FAILURES, Verdict

JUDGED = ("holds", *FAILURES, "outdated", "not run", "unusable")

if TYPE_CHECKING:
    Judged = str
else:
    Judged = Literal[JUDGED]


class CauseReport(Struct, frozen=True, kw_only=True):
    """A cause of failures: its name, the laws, and the clearest of their failures.

    `sentence` describes it for the author of the kernel; `message` is the failure as a run prints it.
    """

    name: str
    verdict: Verdict
    laws: list[Name]
    sentence: str
    message: str
    counterexample: Counterexample | None


class Judgement(Struct, frozen=True, kw_only=True):
    """The judgement of a target: as given, and as it calls itself.

    `verdict`: `holds`; else that of the first cause; `outdated` if a known failure holds; `not run` if no law was
    tried, or the target died or hung too often; `unusable` if it cannot be judged, because of its `loading` or its
    `first calls` (`stage`). `sentence` says it in words. `cases`
    were tried in `seconds`, drawn from `seed`; `partial`: fewer than asked for. `counts`: laws by verdict. `untested`:
    parts of the contract that it does not offer or declare; `unasked`: laws that were not tried, and why.
    """

    target: str
    name: str = ""
    version: str = ""
    verdict: Judged
    sentence: str
    stage: Literal["", "loading", "first calls"] = ""
    causes: list[CauseReport] = []
    cases: Whole = 0
    seconds: Number = 0.0
    seed: Whole = 0
    partial: bool = False
    counts: dict[Verdict, Whole] = {}
    untested: list[str] = []
    unasked: dict[Name, str] = {}
    declared: Declarations = Declarations()
    like: Likeness | UnsetType = UNSET
    warnings: list[str] = []
    laws: list[LawReport] = []

    @property
    def holds(self) -> bool:
        """Whether nothing that was tried failed; `partial`, `untested` and `unasked` tell what was not tried."""
        return self.verdict == "holds"
