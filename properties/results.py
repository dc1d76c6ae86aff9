"""What a run found, as plain data: the one source of every report, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from .cases import Case
from .target import Call

SCHEMA = 1
FAILURES = ("broken", "raised", "crashed", "hung")
VERDICTS = ("holds", *FAILURES, "unsupported", "known", "not run")

Json = dict[str, Any]


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


def array_as_json(array: Array, layout: str = "C") -> Json:
    """An array, complete: {"dtype", "shape", "layout", "data"}; NaN and infinities are strings."""
    return {"dtype": array.dtype.name, "shape": list(array.shape), "layout": layout, "data": plain(array.tolist())}


def array_from_json(data: Mapping[str, Any]) -> Array:
    """The array that `array_as_json` gave."""
    array = np.array(numbers(data["data"]), data["dtype"])
    return array.reshape(data["shape"]) if prod(data["shape"]) == array.size else array


def plain(value: Any) -> Any:
    """Nested lists of numbers with the numbers that JSON lacks as strings."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and (value != value or value in (np.inf, -np.inf)):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value


def numbers(value: Any) -> Any:
    """The inverse of `plain`."""
    if isinstance(value, list):
        return [numbers(entry) for entry in value]
    return float(value) if isinstance(value, str) else value


def call_as_json(call: Call) -> Json:
    """One call, with all its arguments."""
    arrays = {name: array_as_json(array, call.layouts.get(name, "C")) for name, array in call.arrays.items()}
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


def case_as_json(case: Case) -> Json:
    """A case, so that a law can be tried on it again."""
    return {
        "function": case.function,
        "x": array_as_json(case.x),
        "dy": array_as_json(case.dy) if is_float(case.x.dtype) else {"shape": list(case.dy.shape)},
        "other": None if case.other is None else array_as_json(case.other),
        "size": list(case.size),
        "stride": list(case.stride),
        "values": case.values,
        "layouts": case.layouts,
        "spot": case.spot,
        "settings": lists(case.settings),
        "assumed": case.assumed,
    }


def case_from_json(data: Json) -> Case:
    """The case that `case_as_json` gave."""
    x = array_from_json(data["x"])
    dy = array_from_json(data["dy"]) if "data" in data["dy"] else np.zeros(data["dy"]["shape"], x.dtype)
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
