"""JUnit XML of results: suites, class names, properties and the outcome of each test; hostile names are text."""

from xml.etree import ElementTree

import pytest
from failing import HEADLINE, HOSTILE, MESSAGE, failure, holds
from msgspec.structs import replace
from poolproof.properties.lawbook.huge import HUGE
from poolproof.properties.report.junit import as_junit
from poolproof.properties.results import Result
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import CONVENTIONS_ITEM

REQUEST = Request(seed=3)


def parsed(*results):
    """The tests of a JUnit file, as an XML parser reads them."""
    return list(ElementTree.fromstring(as_junit(REQUEST, list(results))).iter("testcase"))


def test_there_is_a_suite_for_each_target_and_a_test_for_each_law():
    results = [holds("routing", seconds=0.25), failure("max-value"), holds("routing", "other.py")]
    root = ElementTree.fromstring(as_junit(REQUEST, results))
    assert root.attrib == {
        "name": "poolproof", "tests": "3", "failures": "1", "errors": "0", "skipped": "0", "time": "0.250",
    }  # fmt: skip
    assert [suite.attrib["name"] for suite in root] == ["pool.py", "other.py"]
    assert [suite.attrib["tests"] for suite in root] == ["2", "1"]
    assert [test.attrib["name"] for test in root[0]] == ["routing[pool.py]", "max-value[pool.py]"]


@pytest.mark.parametrize(
    ("result", "family"),
    [
        (holds("routing"), "backward"),
        (holds(next(iter(HUGE))), "huge"),
        (holds("ties=first"), "expected"),
        (holds(CONVENTIONS_ITEM), "conventions"),
        (holds("routing/surroundings", about="routing"), "backward"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.law,
)
def test_the_class_of_a_test_is_the_family_of_its_law(result, family):
    (test,) = parsed(result)
    assert test.attrib["classname"] == f"poolproof.{family}"


def test_a_test_has_its_file_and_properties(here):
    (here / "pool.py").write_text("")
    test, other = parsed(holds("routing"), holds("routing", "other.py"))
    assert (test.attrib["file"], other.attrib.get("file")) == ("pool.py", None)
    found = {each.attrib["name"]: each.attrib["value"] for each in test.iter("property")}
    assert found == {"target": "pool.py", "law": "routing", "verdict": "holds", "seed": "3", "examples": "3"}


def test_a_failure_has_its_headline_and_the_whole_message():
    (test,) = parsed(failure("routing"))
    (found,) = test.iter("failure")
    assert (found.attrib, found.text) == ({"type": "broken", "message": HEADLINE}, MESSAGE)


def test_an_outdated_entry_of_known_failures_fails():
    (test,) = parsed(holds("routing", outdated=True, reason="remove the entry"))
    assert [each.attrib for each in test.iter("failure")] == [{"type": "outdated", "message": "remove the entry"}]
    assert not list(test.iter("skipped"))


@pytest.mark.parametrize("verdict", ["known", "unsupported", "not run"])
def test_what_was_not_tried_or_is_known_is_skipped_with_the_reason(verdict):
    (test,) = parsed(replace(failure("routing"), verdict=verdict, reason="why"))
    assert [each.attrib for each in test.iter("skipped")] == [{"message": f"{verdict}: why"}]
    assert not list(test.iter("failure"))


def test_hostile_names_are_text():
    hostile = HOSTILE + "\0\ufffe\udce9"
    (test,) = parsed(Result(hostile, hostile, "broken", hostile))
    assert set(test.attrib) == {"classname", "name", "time"}
    assert all(each.isprintable() for each in test.attrib.values())
    assert [each.tag for each in test] == ["properties", "failure"]
