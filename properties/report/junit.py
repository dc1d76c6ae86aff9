"""Results as JUnit XML, in the same words as pytest's own JUnit file of the same laws."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from ..data.text import cleaned
from ..failures.messages import MOST_MESSAGE
from ..results import Result
from ..run.request import Request
from ..run.units import family_of
from ..targets.target import split
from .render import word_of


def properties_of(result: Result, seed: int | None) -> list[tuple[str, str]]:
    """What a CI system should show beside the name of a law, as texts."""
    drawn = [("seed", str(seed))] if seed is not None else []
    return [
        ("target", cleaned(result.target)),
        ("law", cleaned(result.law)),
        ("verdict", word_of(result)),
        *drawn,
        ("examples", str(result.examples)),
    ]


def file_of(spec: str) -> Path | None:
    """The file of a target that is given as one, or None."""
    file = Path(split(spec)[0])
    return file if file.is_file() else None


def as_junit(request: Request, results: list[Result]) -> str:
    """A JUnit file with a suite for each target; `results` come target by target."""
    root = ElementTree.Element("testsuites", {"name": "poolproof", **totals(results)})
    for spec, group in groupby(results, key=lambda result: result.target):
        own = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": cleaned(spec), **totals(own)})
        suite.extend(testcase(result, request.seed) for result in own)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def totals(results: list[Result]) -> dict[str, str]:
    """The number of tests, and of those with each outcome."""
    failures = sum(result.failed for result in results)
    skipped = sum(bool(skip_reason(result)) for result in results)
    seconds = f"{sum(result.seconds for result in results):.3f}"
    return {
        "tests": str(len(results)), "failures": str(failures), "errors": "0", "skipped": str(skipped), "time": seconds,
    }  # fmt: skip


def testcase(result: Result, seed: int | None) -> ElementTree.Element:
    """One law on one target."""
    test = ElementTree.Element(
        "testcase",
        classname=f"poolproof.{family_of(result.about or result.law)}",
        name=f"{cleaned(result.law)}[{cleaned(result.target)}]",
        time=f"{result.seconds:.3f}",
    )
    if file := file_of(result.target):
        test.set("file", cleaned(str(file)))
    properties = ElementTree.SubElement(test, "properties")
    for name, value in properties_of(result, seed):
        ElementTree.SubElement(properties, "property", name=name, value=value)
    if result.failed:
        headline, *rest = [cleaned(line, MOST_MESSAGE) for line in result.message.split("\n")]
        failure = ElementTree.SubElement(test, "failure", type=word_of(result), message=headline)
        failure.text = "\n".join([headline, *rest])
    elif reason := skip_reason(result):
        ElementTree.SubElement(test, "skipped", message=reason)
    return test


def skip_reason(result: Result) -> str:
    """Why a law counts as skipped; empty if it was tried."""
    skipped = not result.failed and (result.verdict == "known" or result.untried)
    return cleaned(f"{result.verdict}: {result.reason}") if skipped else ""
