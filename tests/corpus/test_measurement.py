"""The measurement of the laws: what it stores, what makes it fail, and that its record is up to date."""

import pytest
import strength.record
from faults import FAULTS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import slow
from strength import measure
from strength.asked import PUBLIC, laws_about
from strength.measure import CORPUS, Kept, key, shrunk, tried
from strength.page import PAGE, page
from strength.people import CHECKS
from strength.record import load, recorded, save
from strength.verdicts import NEVER, Measured, condemned, idle, mistaken, problems, too_few, unrejected

pytestmark = pytest.mark.once

NAME = "others.ZeroSentinel"


def measured(*runs, name=NAME):
    """Runs of one implementation; in each, the named laws need this many cases to reject it."""
    held = {law: ["holds", 100, 0.5] for law in laws_about(CORPUS[name])}
    by_seed = [held | {law.replace("_", "-"): ["broken", cases, 0.1] for law, cases in run.items()} for run in runs]
    return Measured({name: dict(enumerate(by_seed))})


# What was measured.


def test_cases_are_the_median_over_the_seeds():
    seen = measured({"max_value": 2}, {"max_value": 9}, {"max_value": 4})
    assert seen.column(NAME, "max-value") == [2, 9, 4]
    assert seen.cases(NAME, "max-value") == 4
    assert seen.seconds(NAME, "max-value") == 0.1


def test_a_law_that_rejects_with_few_seeds_is_not_among_those_that_reject():
    seen = measured({"max_value": 2, "identity": 2}, {"max_value": 9}, {"max_value": 4})
    assert seen.column(NAME, "identity") == [2, NEVER, NEVER]
    assert seen.rejecting(NAME) == ["max-value"]


def test_of_laws_with_the_same_median_the_one_with_the_smaller_mean_is_quicker():
    seen = measured({"max_value": 2, "identity": 2}, {"max_value": 2, "identity": 2}, {"max_value": 9, "identity": 3})
    assert seen.rejecting(NAME) == ["identity", "max-value"]


# What makes it fail.


def test_a_fault_that_one_seed_accepts_is_named():
    seen = measured({"max_value": 2}, {}, {"identity": 4})
    assert unrejected(seen) == [f"{NAME} is accepted by every law with seed 1"]


def test_a_law_that_does_not_reject_a_fault_which_names_it_is_named():
    assert mistaken(measured({"identity": 2})) == [f"{NAME} says that max-value rejects it: not with most seeds"]
    assert mistaken(measured({"max_value": 2})) == []


def test_a_sound_variant_that_is_rejected_is_named():
    seen = measured({}, {"max_value": 7}, name="sound.IgnoresNaN")
    assert condemned(seen) == ["sound.IgnoresNaN is sound, but broken by max-value with seed 1"]
    assert condemned(measured({"max_value": 7})) == []


def test_a_law_is_worth_something_if_a_fault_needs_it_or_it_is_among_the_three_quickest():
    quick = {"max_value": 2, "identity": 3, "locality": 4}
    seen = measured({**quick, "same_twice": 5}, {**quick, "same_twice": 5}, {"same_twice": 50})
    assert seen.needing("same-twice") == [NAME]
    assert seen.among_first("same-twice") == []
    assert seen.needing("max-value") == []
    told = idle(seen)
    assert len(told) == len(PUBLIC) - 4
    assert "routing is needed for no fault, nor among the three quickest for any" in told


def test_a_fault_that_every_law_accepts_needs_none_of_them():
    assert {law: measured({}).needing(law) for law in PUBLIC} == {law: [] for law in PUBLIC}


def test_too_few_runs_of_sound_variants_are_told():
    assert too_few(measured({}, {}, name="sound.IgnoresNaN")) == ["2 runs of sound variants should be 200 at least"]


def test_what_laws_are_worth_is_asked_of_the_whole_corpus_alone():
    seen = measured({"max_value": 2})
    assert problems(seen, complete=False) == []
    assert set(problems(seen, complete=True)) == {*idle(seen), *too_few(seen)}


# Measuring, and continuing after an interruption.


@slow
def test_what_is_measured_is_what_a_run_gives():
    law = FAULTS[NAME].laws[0]
    seen, result = tried(NAME, 3), run(LAWS[law], wrap(FAULTS[NAME]), TrialSettings(seed=3))
    assert list(seen) == laws_about(FAULTS[NAME])
    assert seen[law][:2] == [result.verdict, result.examples] == ["broken", result.examples]
    assert shrunk(NAME, law, 3) == 1


def test_a_run_that_was_interrupted_goes_on(tmp_path, monkeypatch, capsys):
    file, unit = tmp_path / "kept" / "strength.jsonl", ("judged", NAME)
    Kept(file).add(unit, ["a check"])
    assert Kept(file).complete([unit], 1) == {unit: ["a check"]}
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(measure, "sources", lambda name, *, checks: "other sources")
    assert key(unit) not in Kept(file).results


@slow
def test_units_are_done_in_other_processes(tmp_path, capsys):
    unit = ("judged", NAME)
    assert Kept(tmp_path / "strength.jsonl").complete([unit], 1) == {unit: measure.judged(NAME)}
    assert capsys.readouterr().err == f"1 of 1: judged {NAME}\n"


def test_a_result_holds_for_the_sources_it_was_measured_with():
    tries, judges = key(("tried", NAME, 0))[0], key(("judged", NAME))[0]
    assert tries != judges
    assert key(("tried", "others.Float32Sentinel", 1))[0] == tries
    assert key(("tried", "ties.EveryTie", 0))[0] != tries


# The record and its page.


def test_the_record_says_of_a_fault_and_of_a_law_what_was_measured():
    seen = measured({"max_value": 2, "identity": 9}, {"max_value": 4}, {"max_value": 3})
    record = recorded(seen, {NAME: 1}, {NAME: ["document"]})
    cost = {"cases": {"max-value": 3}, "seldom": ["identity"], "seconds": 0.1, "cells": 1}
    assert record["runs"] == [{"seeds": 3, "sound": 0}]
    assert record["faults"] == [{"fault": NAME, **cost, "checks": ["document"]}]
    assert {"law": "max-value", "among the three": 1, "needed": [NAME]} in record["laws"]
    assert "| `max-value` | 1 | 1 | 1 |" in page(record)


def test_a_record_is_kept_a_line_for_each_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(strength.record, "DATA", tmp_path / "strength.json")
    record = recorded(measured({"max_value": 2}), {NAME: 1}, {NAME: []})
    save(record)
    assert load() == record
    assert len(strength.record.DATA.read_text(encoding="utf-8").splitlines()) == 2 + 2 * 3 + 2 + len(PUBLIC)


RECORD = load()
"""The record in the repository, which must be updated when the corpus or the laws change."""


def test_the_record_is_about_the_faults_laws_and_checks_that_exist():
    assert [fault["fault"] for fault in RECORD["faults"]] == list(FAULTS)
    assert [law["law"] for law in RECORD["laws"]] == list(PUBLIC)
    assert {check for fault in RECORD["faults"] for check in fault["checks"]} == set(CHECKS)
    assert {law for fault in RECORD["faults"] for law in (*fault["cases"], *fault["seldom"])} <= set(PUBLIC)


def test_the_laws_that_a_fault_names_reject_it_on_record():
    assert [f["fault"] for f in RECORD["faults"] if not set(FAULTS[f["fault"]].laws) <= set(f["cases"])] == []


def test_the_page_is_as_the_record_makes_it():
    assert PAGE.read_text(encoding="utf-8") == page(RECORD), "python -m strength --page writes it again"
