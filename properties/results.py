"""What a run found, as plain data: the one source of every report, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from .cases.case import Case
from .data.arrays import Json, abbreviated, array_as_json, array_from_json, is_brief
from .targets.call import Call

SCHEMA = 3
FAILURES = ("broken", "raised", "crashed", "hung")
VERDICTS = ("holds", *FAILURES, "unsupported", "known", "not run")

MOST_STORED = 4_000_000
"""Characters of a counterexample as JSON."""

MOST_COMPRESSED = 1 << 25
"""Bytes of an array that is compressed to see whether it fits."""


@dataclass
class Result:
    """One law (or, where `law` is "conventions", all conventions) on one target.

    `examples` were tried, of which `refused` by the target at an edge; `reached` counts the cases that met each
    trigger; `digest` is a checksum of the cases up to the first failure. `counterexample` is JSON already. `outdated`:
    it holds, although it is listed as a known failure. `partial`: time ended before all examples were tried.
    `abandoned`: not run because the target had died or hung too often, or could not be loaded again.
    `assumption`: what a proof by exhaustion rests on; empty where cases were drawn.
    """

    target: str
    law: str
    verdict: str
    reason: str = ""
    outdated: bool = False
    partial: bool = False
    abandoned: bool = False
    examples: int = 0
    refused: int = 0
    seconds: float = 0.0
    digest: int = 0
    counterexample: Json | None = None
    reached: dict[str, int] = field(default_factory=dict)
    conventions: Json = field(default_factory=dict)
    assumption: str = ""

    @property
    def failed(self) -> bool:
        """Whether this fails a run."""
        return self.verdict in FAILURES or self.outdated

    @property
    def message(self) -> str:
        """What to tell of it beyond the verdict: the whole failure, or the reason."""
        return str(self.counterexample["message"]) if self.counterexample and not self.reason else self.reason

    def as_json(self) -> Json:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> Result:
        """The result that `as_json` gave."""
        return cls(**data)

    def as_text(self) -> str:
        """One line of ASCII, in which a result travels from one process to another."""
        return json.dumps(self.as_json())

    @classmethod
    def from_text(cls, text: object) -> Result | None:
        """The result that `as_text` gave; None for anything else."""
        try:
            found = cls(**json.loads(str(text)))
        except (ValueError, TypeError, RecursionError):
            return None
        return found if found.verdict in VERDICTS else None


ToJson = Callable[[Array, str], Json]
"""How an array, and its layout, are written."""


def stored(calls: list[Call], case: Case) -> Json:
    """The calls of a case, and the case, in fewer than MOST_STORED characters, with room for a message and answers.

    Where they do not fit, the arrays of the calls are abbreviated, and at last those of the case.
    """
    for of_calls, of_case in ((whole, whole), (short, whole), (short, short)):
        found = {"calls": [call_as_json(call, of_calls) for call in calls], "case": case_as_json(case, of_case)}
        if fits(found, MOST_STORED // 4 * 3):
            break
    return found


def whole(array: Array, layout: str = "C") -> Json:
    """An array of a case, complete unless it is so large that it will not fit."""
    return array_as_json(array, layout) if array.nbytes <= MOST_COMPRESSED else short(array, layout)


def short(array: Array, layout: str = "C") -> Json:
    """An array of a case that is too large for a report: abbreviated, unless it is written in few words."""
    return array_as_json(array, layout) if is_brief(array) else abbreviated(array, layout)


def fits(found: Json, most: int = MOST_STORED) -> bool:
    """Whether something is written in at most so many characters."""
    return len(json.dumps(found)) <= most


def call_as_json(call: Call, as_json: ToJson = array_as_json) -> Json:
    """One call, with all its arguments."""
    arrays = {name: as_json(array, call.layouts.get(name, "C")) for name, array in call.arrays.items()}
    return {
        "call": call.function,
        "args": arrays,
        "size": plain_argument(call.size),
        "stride": plain_argument(call.stride),
        "settings": lists(call.settings),
    }


def call_from_json(data: Json) -> Call:
    """The call that `call_as_json` gave."""
    arrays = {name: array_from_json(array) for name, array in data["args"].items()}
    layouts = {name: array["layout"] for name, array in data["args"].items() if array["layout"] != "C"}
    size, stride = (tuple(data[name]) if isinstance(data[name], list) else data[name] for name in ("size", "stride"))
    return Call(data["call"], arrays, size, stride, tuples(data["settings"]), layouts)


def lists(settings: Any) -> Any:
    """Settings as JSON: padding is always [[begin, end], ...]."""
    if isinstance(settings, dict):
        return {name: lists(value) for name, value in settings.items()}
    return list(map(lists, settings)) if isinstance(settings, (tuple, list)) else settings


def tuples(settings: Any) -> Any:
    """The inverse of `lists`."""
    if isinstance(settings, dict):
        return {name: tuples(value) for name, value in settings.items()}
    return tuple(map(tuples, settings)) if isinstance(settings, list) else settings


def plain_argument(value: Any) -> Any:
    """A window size or stride, which on purpose may be no pair of integers."""
    return (
        list(value) if isinstance(value, tuple) else value if value is None or isinstance(value, int) else repr(value)
    )


def case_as_json(case: Case, as_json: ToJson = array_as_json) -> Json:
    """A case, so that a law can be tried on it again."""
    return {
        "function": case.function,
        "x": as_json(case.x, "C"),
        "dy": as_json(case.dy, "C") if is_float(case.x.dtype) else {"shape": list(case.dy.shape)},
        "other": None if case.other is None else as_json(case.other, "C"),
        "size": list(case.size),
        "stride": list(case.stride),
        "values": case.values,
        "layouts": case.layouts,
        "spot": case.spot,
        "settings": lists(case.settings),
        "assumed": case.assumed,
    }


def is_complete(case: Json) -> bool:
    """Whether a case has all its arrays, so that it can be tried again."""
    arrays = [case.get(name) for name in ("x", "dy", "other")]
    return not any(isinstance(array, dict) and "sha256" in array for array in arrays)


def case_from_json(data: Json) -> Case:
    """The case that `case_as_json` gave."""
    x = array_from_json(data["x"])
    dy = array_from_json(data["dy"]) if "dtype" in data["dy"] else np.zeros(data["dy"]["shape"], x.dtype)
    return Case(
        function=data["function"],
        x=x,
        dy=dy,
        other=None if data["other"] is None else array_from_json(data["other"]),
        size=tuple(data["size"]),
        stride=tuple(data["stride"]),
        values=data["values"],
        layouts=data["layouts"],
        spot=data["spot"],
        settings=tuples(data["settings"]),
        assumed=data["assumed"],
    )
