"""What the command prints during a run: each failure once and at once, a line for each family, the causes last."""

import io
from types import SimpleNamespace

import pytest
from msgspec import convert, structs
from poolproof.properties.report import console
from poolproof.properties.report.console import Console, Detail
from poolproof.properties.report.progress import Progress
from poolproof.properties.results import Counterexample, Result
from poolproof.properties.run import causes
from poolproof.properties.run.events import RunBegun, SuiteFailed, TargetLoaded, TargetRefused, UnitExamined
from poolproof.properties.run.record import Record
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import CONVENTIONS_ITEM, Kind, Unit
from poolproof.properties.targets.target import wrap
from sample import COUNTEREXAMPLE

FOUND = convert(COUNTEREXAMPLE, Counterexample)

LAWS = ("output-size", "max-value", "max-index", "routing")


class Kernel:
    """A target that offers something."""

    def max_forward(self, x, size, stride):
        return x


TARGET = wrap(Kernel(), "mine")
UNITS = tuple(Unit(TARGET.spec, law) for law in LAWS)


def holds(law, **more):
    """A law that passed ten cases."""
    return Result(TARGET.spec, law, "holds", examples=10, **more)


def fails(law, *mistakes, message="wrong"):
    """A law that failed, explained by these mistakes."""
    # Without an answer, no two of them are the same failure.
    found = structs.replace(FOUND, got=None, mistakes=list(mistakes), needs=[], message=f"{message} by {law}")
    return Result(TARGET.spec, law, "broken", examples=3, counterexample=found)


@pytest.fixture
def mistakes(monkeypatch):
    """A mistake with its sentences, independent of the registry."""
    known = {"lost": SimpleNamespace(wrong="gradients are lost", right="gradients are added")}
    monkeypatch.setattr(causes, "MISTAKES", known)


def printed(monkeypatch, results, detail=Detail.USUAL, *, units=UNITS, first_only=False):
    """The output for a run with these results, and its exit status."""
    happened = [TargetLoaded(TARGET), RunBegun(units), *map(UnitExamined, results)]
    out = io.StringIO()
    monkeypatch.setattr(console, "events", lambda *_: iter(happened))
    monkeypatch.setattr(console, "own_stdout", lambda: out)
    shown = Console(Request((TARGET.spec,), seed=1, laws="chosen"), detail, first_only=first_only)
    shown.watch(list(units), 0)
    status = shown.finish({})
    return out.getvalue(), status


def test_a_sound_target_takes_a_line_for_each_family(monkeypatch):
    text, status = printed(monkeypatch, map(holds, LAWS))
    assert status == 0
    assert "shape        1 law, 10 cases: all passed\n" in text
    assert "forward      2 laws, 20 cases: all passed\n" in text
    assert "backward     1 law, 10 cases: all passed\n" in text
    assert text.endswith("\n1 implementation, 4 laws, 40 cases: all passed\n")
    assert "causes" not in text


def test_a_failure_is_printed_when_it_is_found(monkeypatch, mistakes):
    results = [fails("output-size"), *map(holds, LAWS[1:])]
    text, status = printed(monkeypatch, results)
    assert status == 1
    assert text.index("output-size: broken after 3 cases\nwrong by output-size\n") < text.index("\nforward ")


def test_a_cause_is_told_once_and_named_last_with_all_its_laws(monkeypatch, mistakes):
    results = [holds(LAWS[0]), fails(LAWS[1], "lost"), fails(LAWS[2], "lost"), fails(LAWS[3], "lost")]
    text, _ = printed(monkeypatch, results)
    assert text.count("wrong by") == 1
    told, last = text.split("\n")[-5:-3], text.split("\n")[-2]
    assert told == ["  1. gradients are lost", "     max-value, max-index, routing"]
    assert last == "1 implementation, 4 laws, 19 cases: 1 passed, 3 failed"


def test_another_cause_is_told_too(monkeypatch, mistakes):
    results = [holds(LAWS[0]), fails(LAWS[1], "lost"), fails(LAWS[2]), holds(LAWS[3])]
    text, _ = printed(monkeypatch, results)
    assert text.count("wrong by") == 2
    assert "  1. gradients are lost\n     max-value\n  2. max_" in text


def test_v_shows_every_law_conventions_and_what_cases_reached(monkeypatch):
    units = (*UNITS, Unit(TARGET.spec, CONVENTIONS_ITEM, Kind.OBSERVED))
    results = [*(holds(law, reached={"ties": 3}) for law in LAWS), Result(TARGET.spec, CONVENTIONS_ITEM, "holds")]
    text, _ = printed(monkeypatch, results, Detail.FULL, units=units)
    assert "[1/5] mine  output-size " in text
    assert "[4/5] mine  routing " in text
    assert "cases reached\n  ties 12\n" in text
    assert "shape        1 law" not in text


def test_q_prints_the_verdict_alone(monkeypatch):
    text, _ = printed(monkeypatch, [fails(law) for law in LAWS], Detail.QUIET)
    assert text == "1 implementation, 4 laws, 12 cases: 4 failed\n"


def test_x_ends_at_the_first_failure(monkeypatch):
    results = [holds(LAWS[0]), fails(LAWS[1]), fails(LAWS[2]), holds(LAWS[3])]
    text, status = printed(monkeypatch, results, first_only=True)
    assert status == 1
    assert text.count("wrong by") == 1
    assert text.endswith("1 implementation, 4 laws, 13 cases: 1 passed, 1 failed, 2 not run (partial)\n")


def test_a_known_failure_ends_nothing(monkeypatch):
    results = [Result(TARGET.spec, LAWS[0], "known", reason="we know"), *map(holds, LAWS[1:])]
    text, status = printed(monkeypatch, results, first_only=True)
    assert (status, "1 known" in text) == (0, True)


def test_what_has_no_result_was_not_run():
    record = Record(Request((TARGET.spec,)))
    for event in (TargetLoaded(TARGET), RunBegun(UNITS), UnitExamined(holds(LAWS[1]))):
        record.add(event)
    record.ended = "interrupted"
    assert [result.law for result in record.complete()] == list(LAWS)
    assert [result.verdict for result in record.complete()] == ["not run", "holds", "not run", "not run"]
    assert record.complete()[0].reason == "interrupted"


def test_a_refused_target_and_an_error_of_the_suite_are_kept():
    record = Record(Request(("nobody",)))
    record.add(TargetRefused("nobody", "it is not there"))
    record.add(TargetRefused("nothing", "it answers nothing", loaded=True))
    record.add(SuiteFailed("no memory"))
    assert record.refused == {"nobody": "it is not there", "nothing": "it answers nothing"}
    assert record.unfit == {"nothing"}
    assert record.errors == ["no memory"]


def test_without_a_terminal_nothing_moves():
    assert Progress(None).bar is None
