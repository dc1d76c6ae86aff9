"""Failures with one reason are reported as one cause: the same mistake, or the same needs of the same callable."""

import msgspec
import pytest
from poolproof.properties.results import Counterexample, Result
from poolproof.properties.run import causes
from poolproof.properties.run.causes import added, causes_of
from sample import COUNTEREXAMPLE

FOUND = msgspec.convert(COUNTEREXAMPLE, Counterexample)


@pytest.fixture(autouse=True)
def mistakes(monkeypatch):
    """Three names of mistakes, independent of the registry."""
    monkeypatch.setattr(causes, "MISTAKES", dict.fromkeys(("a", "b", "c")))


def failed(law, mistakes=(), needs=(), *, function=None, target="mine", verdict="broken", length=None, got=None):
    """A failure that these mistakes explain, and that needs these features of a case; without an answer by default."""
    call = FOUND.calls[FOUND.failing_call]
    call = msgspec.structs.replace(call, function=function or call.function)
    if length is not None:
        x = msgspec.structs.replace(call.args["x"], shape=[1, 1, 1, length])
        call = msgspec.structs.replace(call, args={**call.args, "x": x})
    found = msgspec.structs.replace(
        FOUND, calls=[call], failing_call=0, got=got, mistakes=list(mistakes), needs=list(needs), message=law
    )
    return Result(target, law, verdict, counterexample=found)


def grouped(*results):
    """The laws of each cause."""
    return [cause.laws for cause in causes_of(results)]


def test_failures_that_one_mistake_explains_have_one_cause():
    found = causes_of([failed("one", "ab"), failed("two", "b"), failed("three", "c")])
    assert [cause.laws for cause in found] == [["one", "two"], ["three"]]
    assert [cause.name for cause in found] == ["b", "c"]


def test_a_mistake_joins_callables_and_verdicts():
    assert grouped(
        failed("one", "a"), failed("two", "a", function="mean_forward"), failed("three", "a", verdict="raised")
    ) == [["one", "two", "three"]]


def test_every_mistake_of_a_cause_explains_all_of_its_failures():
    # The second narrows the first down to b, so that the third, which is only a, is another cause.
    assert grouped(failed("one", "ab"), failed("two", "b"), failed("three", "a")) == [["one", "two"], ["three"]]


def test_a_name_that_the_registry_lacks_explains_nothing():
    assert grouped(failed("one", ["from another version"]), failed("two", "a")) == [["one"], ["two"]]


def test_the_same_answer_to_the_same_call_is_the_same_failure():
    known, unknown = failed("one", "a", got=FOUND.got), failed("two", got=FOUND.got)
    assert grouped(known, unknown, failed("three", "a")) == [["one", "two", "three"]]
    assert causes_of([known, unknown])[0].name == "a"


def test_a_failure_whose_mistake_is_known_does_not_join_one_whose_mistake_is_not():
    assert grouped(failed("one", got=FOUND.got), failed("two", "a", got=FOUND.got)) == [["one"], ["two"]]


def test_another_answer_or_another_call_is_another_failure():
    known = failed("one", "a", got=FOUND.got)
    assert grouped(known, failed("two")) == [["one"], ["two"]]
    assert grouped(known, failed("two", length=9, got=FOUND.got)) == [["one"], ["two"]]


def test_failures_without_a_mistake_are_joined_by_what_they_need():
    ties, padding = failed("one", (), ["ties", "padding"]), failed("two", (), ["padding"])
    assert grouped(ties, padding, failed("three", (), ["ties"])) == [["one", "two"], ["three"]]


@pytest.mark.parametrize(
    "other",
    [
        {"function": "mean_forward"},
        {"verdict": "raised"},
        {"target": "theirs"},
        {"needs": ["dilation"]},
        {"needs": []},
        {"mistakes": "a"},
    ],
    ids=str,
)
def test_what_differs_in_kind_is_another_cause(other):
    assert grouped(failed("one", (), ["ties"]), failed("two", **{"needs": ["ties"], **other})) == [["one"], ["two"]]


def test_failures_on_any_case_are_joined_by_what_fails():
    assert grouped(failed("one"), failed("two"), failed("three", function="mean_forward")) == [
        ["one", "two"],
        ["three"],
    ]


def test_the_smallest_case_is_shown_first():
    large, small, same = failed("large", "a", length=9), failed("small", "a", length=2), failed("same", "a", length=2)
    (cause,) = causes_of([large, small, same])
    assert cause.clearest is small
    assert cause.laws == ["small", "large", "same"]


def test_what_did_not_fail_has_no_cause():
    assert causes_of([Result("mine", "one", "holds"), Result("mine", "two", "known"), failed("three")])[0].laws == [
        "three"
    ]


def test_what_failed_without_a_case_is_a_cause_by_its_name_and_reason():
    outdated = Result("mine", "one", "holds", reason="remove the entry", outdated=True)
    died = [Result("mine", law, "crashed", "the process died") for law in ("two", "three")]
    assert grouped(outdated, *died) == [["one"], ["two"], ["three"]]


def test_a_new_cause_is_told_of_once():
    found = []
    first = added(found, failed("one", "a"))
    assert first is found[0]
    assert added(found, failed("two", "a")) is None
    assert added(found, failed("three", "b")) is found[1]
