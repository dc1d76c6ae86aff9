"""The report: one object for each target, with its laws and its conventions; docs/report.md describes every key."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from ..contract import Declared
from ..data.typed import Json, Name, Number, Whole
from .calls import Counterexample
from .likeness import Likeness
from .result import Result, Verdict
from .seen import Seen

SCHEMA = 3


class Versions(Struct, frozen=True, kw_only=True):
    """The versions of what something ran on."""

    python: str = ""
    machine: str = ""
    system: str = ""
    poolproof: str = ""
    numpy: str = ""
    numba: str = ""
    hypothesis: str = ""
    pytest: str = ""
    pytest_xdist: str = field(name="pytest-xdist", default="")


class Environment(Versions, frozen=True, kw_only=True):
    """What a run ran on, its seed, and the number of cases per law."""

    seed: Whole | None = None
    examples: Whole = 0


class Declarations(Struct, frozen=True, kw_only=True):
    """The declarations of a target, and in `offers` the callables that it has."""

    name: str = ""
    version: str = ""
    dtypes: list[str] | dict[str, list[str]] = []
    ranks: list[Whole] = []
    lacks: list[str] = []
    square: bool = False
    tiles: bool = False
    padding: str = "any"
    padding_limit: str | None = None
    ceil_rule: str = "drop"
    settings: dict[str, list[str]] = {}
    deterministic: bool = True
    threads: bool = True
    layout: str = "C"
    max_cells: Whole | None = None
    fixed: dict[str, Any] | None = None
    offers: list[str] = []

    @classmethod
    def of(cls, declared: Declared, offers: tuple[str, ...]) -> Declarations:
        """The declarations of a target."""
        found = msgspec.convert(replace(declared, fixed=None), cls, from_attributes=True)
        return msgspec.structs.replace(found, fixed=declared.fixed and declared.fixed.stated, offers=list(offers))


class LawReport(Struct, frozen=True, kw_only=True):
    """One law of a target; its keys are those of `Result`."""

    law: Name
    verdict: Verdict
    examples: Whole
    refused: Whole = 0
    reason: str
    outdated: bool = False
    partial: bool
    abandoned: bool = False
    digest: Whole = 0
    reached: dict[str, Whole] = {}
    counterexample: Counterexample | None
    about: str = ""
    assumption: str = ""
    like: str = ""
    seconds: Number

    @classmethod
    def of(cls, result: Result) -> LawReport:
        """The report of a result."""
        kept = {name: getattr(result, name) for name in cls.__struct_fields__}
        return cls(**{**kept, "seconds": round(result.seconds, 3)})

    def result(self, target: str) -> Result:
        """The result that this reports, for a target."""
        return Result(target, **{name: getattr(self, name) for name in self.__struct_fields__})


class TargetReport(Struct, frozen=True, kw_only=True):
    """One target: as given, as it calls itself, its declarations, its pinned conventions, and the results."""

    target: Name
    name: str
    version: str
    declared: Declarations = Declarations()
    like: Likeness | UnsetType = UNSET
    laws: list[LawReport]
    conventions: dict[Name, Seen]


class Report(Struct, frozen=True, kw_only=True):
    """A whole report; `bound`: how far proofs went; `refused`: targets that could not be judged, and why."""

    schema: Annotated[int, Meta(ge=1, le=SCHEMA)]
    partial: bool = False
    bound: str = ""
    environment: Environment = Environment()
    targets: list[TargetReport]
    refused: dict[Name, str] = {}


def schema() -> Json:
    """The JSON Schema of a report, stored in docs/report.schema.json."""
    found = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
