"""The JSON Schema of a report is the one that its types give, and reports of every kind match these types."""

import json
from functools import partial
from inspect import cleandoc

import msgspec
import pytest
from places import ROOT
from poolproof.properties.data.files import json_text
from poolproof.properties.doors.cli import main
from poolproof.properties.results import Report
from poolproof.properties.results.report import schema
from poolproof.properties.run.reading import targets_of
from sample import REPORT
from selection import slow
from shell import kernels_in

FILE = ROOT / "docs" / "report.schema.json"


def test_the_published_schema_is_that_of_the_types():
    # To renew it: python -c "from poolproof.properties.data.files import json_text; from
    # poolproof.properties.results.report import schema; print(json_text(schema()), end='')" > docs/report.schema.json
    assert in_order(json.loads(FILE.read_text())) == in_order(json.loads(json_text(schema())))


def in_order(form):
    """A schema with its alternatives in one order and its texts without indents, in which versions differ."""
    if isinstance(form, list):
        return [in_order(each) for each in form]
    if not isinstance(form, dict):
        return cleandoc(form) if isinstance(form, str) else form
    inner = {key: in_order(each) for key, each in form.items()}
    return (
        {**inner, "anyOf": sorted(inner["anyOf"], key=partial(json.dumps, sort_keys=True))}
        if "anyOf" in inner
        else inner
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a wrong kernel."""
    kernels_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


FEW = ["--in-process", "-n", "0"]
RUNS = {
    "laws": ["check", "faulty.py", "fixed.py", "--examples", "20", "--seed", "1", "--laws", "backward", *FEW],
    "everything": ["check", "faulty.py", "--examples", "1", "--seed", "1", "--expect", "ties=last", *FEW],
    "matrix": ["matrix", "faulty.py", "--examples", "5", "--seed", "1", "--laws", "routing", *FEW],
    "proofs": ["check", "faulty.py", "--exhaustive", "--length", "3", "--laws", "max-accumulation", *FEW],
}


@slow
@pytest.mark.parametrize("name", RUNS)
def test_a_report_has_no_key_but_those_of_the_schema_and_is_of_their_types(name, here, capsys):
    main([*RUNS[name], "--json", "report.json"])
    written = json.loads((here / "report.json").read_text())
    assert msgspec.to_builtins(msgspec.convert(written, Report)) == written
    assert targets_of("report.json")
    assert list(misfits(written, schema(), "it")) == []


# The schema itself, checked with the few keywords that it uses.

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def misfits(value, form, where):
    """The ways in which a value does not match a schema."""
    form = resolved(form)
    if "anyOf" in form:
        tried = [list(misfits(value, each, where)) for each in form["anyOf"]]
        return min(tried, key=len)
    if "enum" in form:
        return [] if value in form["enum"] else [where]
    found = [] if is_of(value, form.get("type")) else [where]
    if isinstance(value, dict) and not found:
        found += [f"{where} lacks {key}" for key in form.get("required", ()) if key not in value]
        for key, each in value.items():
            inner = form.get("properties", {}).get(key, form.get("additionalProperties", False))
            found += [f"{where}.{key} is unknown"] if inner is False else misfits(each, inner, f"{where}.{key}")
    if isinstance(value, list) and not found:
        several = form.get("prefixItems", [form.get("items", {})] * len(value))
        for k, (each, inner) in enumerate(zip(value, several, strict=True)):
            found += misfits(each, inner, f"{where}[{k}]")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found += [where] if value < form.get("minimum", value) or value > form.get("maximum", value) else []
    return found


def resolved(form):
    """A schema instead of a reference to it."""
    return {**schema()["$defs"][form["$ref"].rpartition("/")[2]]} if "$ref" in form else form


def is_of(value, kind):
    """Whether a value has a type of JSON."""
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return kind is None or isinstance(value, TYPES[kind])


def test_what_does_not_fit_the_schema_is_seen():
    wrong = json.loads(json.dumps(REPORT))
    law = wrong["targets"][0]["laws"][0]
    law["verdict"], law["examples"], law["word"] = "wrong", -1, 3
    del law["reason"]
    assert sorted(misfits(wrong, schema(), "it")) == [
        "it.targets[0].laws[0] lacks reason",
        "it.targets[0].laws[0].examples",
        "it.targets[0].laws[0].verdict",
        "it.targets[0].laws[0].word is unknown",
    ]
