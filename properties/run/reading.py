"""A report read back: its form is written down once, and whatever is not of that form is refused with its place."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ..cases.case import Case
from ..contract import BACKWARD, CALLABLES, DTYPES, MEAN_SETTINGS, Unusable
from ..data.arrays import Json
from ..data.files import read_text
from ..data.forms import (
    Misfit,
    anything,
    both,
    expect,
    flag,
    list_of,
    made_by,
    mapping_of,
    name,
    number,
    object_with,
    one_of,
    optional,
    text,
    whole,
)
from ..data.layouts import LAYOUTS
from ..data.storage import completed
from ..data.text import cleaned, shown
from ..lawbook import LAWS
from ..lawbook.huge import HUGE
from ..lawbook.huge.trial import call_from_json as huge_call
from ..results import SCHEMA, VERDICTS, call_from_json, case_from_json


def a_call(data: Json) -> None:
    """Raise ValueError unless this is a call with the arrays that its callable takes."""
    call = call_from_json(data)
    wanted = ["dy", "x"] if call.function in BACKWARD else ["x"]
    if list(call.arrays) != wanted:
        raise ValueError(f"{call.function} takes {' and '.join(wanted)}")


def a_case(data: Json) -> None:
    """Raise ValueError unless the arrays of a case fit its windows."""
    case: Case = case_from_json(data)
    if len(case.size) != len(case.stride) or case.x.ndim != 2 + len(case.size):
        raise ValueError("size, stride and x should have as many axes")
    if case.dy.shape != (*case.x.shape[:2], *case.output):
        raise ValueError(f"dy should have shape {(*case.x.shape[:2], *case.output)}")
    if case.other is not None and case.other.shape not in (case.x.shape, case.dy.shape):
        raise ValueError("other should have the shape of x or of dy")


LAYOUT = one_of(*LAYOUTS)
ARRAY = object_with({"dtype": one_of(*DTYPES), "shape": list_of(whole), "layout": LAYOUT})
SETTINGS = mapping_of(anything, one_of(*MEAN_SETTINGS))
CALL = both(
    object_with(
        {
            "call": one_of(*CALLABLES),
            "args": mapping_of(ARRAY),
            "size": anything,
            "stride": anything,
            "settings": SETTINGS,
        }
    ),
    made_by(a_call),
)
CASE = both(
    object_with(
        {
            "function": one_of(*CALLABLES),
            "x": ARRAY,
            "dy": object_with({"shape": list_of(whole)}, {"dtype": one_of(*DTYPES)}),
            "other": optional(ARRAY),
            "size": list_of(whole),
            "stride": list_of(whole),
            "values": text,
            "layouts": mapping_of(LAYOUT),
            "spot": number,
            "settings": SETTINGS,
            "assumed": SETTINGS,
        }
    ),
    made_by(a_case),
)
HUGE_CASE = both(object_with({"function": one_of(*CALLABLES), "x": ARRAY}), made_by(huge_call))
COUNTEREXAMPLE = object_with({"seed": optional(whole), "calls": list_of(anything), "message": text})
LAW = object_with(
    {
        "law": name,
        "verdict": one_of(*VERDICTS),
        "reason": text,
        "partial": flag,
        "examples": whole,
        "seconds": number,
        "counterexample": optional(COUNTEREXAMPLE),
    }
)
WINDOW = list_of(whole)
SHOWN = both(object_with({"got": anything, "where": optional(WINDOW), "size": WINDOW, "stride": WINDOW}), CALL)
CONVENTION = object_with({"value": name, "evidence": SHOWN})
VARYING = object_with({"values": list_of(text), "evidence": SHOWN, "other": SHOWN}, {"more": list_of(SHOWN)})


def convention(value: Any, where: str) -> None:
    """A convention; one that varies has several values."""
    CONVENTION(value, where)
    if value["value"] == "varies":
        VARYING(value, where)


TARGET = object_with(
    {"target": name, "name": text, "version": text, "laws": list_of(LAW), "conventions": mapping_of(convention)}
)
REPORT = object_with({"schema": one_of(*range(1, SCHEMA + 1)), "targets": list_of(TARGET)})


def targets_of(file: str) -> list[Json]:
    """The targets of a report. Raises Unusable if it cannot be read, or is no report."""
    source = read_text(file, "report")
    try:
        report = json.loads(source, parse_constant=no_number)
        REPORT(report, "it")
    except (ValueError, RecursionError, Misfit) as error:
        raise no_report(file, error) from None
    targets: list[Json] = completed(report, file)["targets"]
    return targets


def no_report(file: str, error: Exception) -> Unusable:
    """The error about a file that is no report."""
    why = "it is nested too deeply" if isinstance(error, RecursionError) else cleaned(str(error))
    return Unusable(f"report {shown(file)} is not one of check --json: {why}")


def no_number(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(f"{constant} is not JSON")


def check_counterexample(law: str, found: Json, where: str) -> None:
    """Raise Misfit unless a law could be tried on the case of a counterexample again."""
    if law in HUGE:
        HUGE_CASE(found["case"], f"{where}.case")
        one_of(HUGE[law].function)(found["case"]["function"], f"{where}.case.function")
        return
    plan = LAWS[law].plan
    list_of(CALL)(found.get("earlier_calls", []), f"{where}.earlier_calls")
    CASE(found["case"], f"{where}.case")
    one_of(*plan.functions)(found["case"]["function"], f"{where}.case.function")
    expect(found["case"]["other"] is not None or not plan.others, None, f"{where}.case.other", "an array")
