"""Wrong ways to pool are rejected by the law about their mistake; sound ways are accepted by all laws.

How quickly each law rejects each fault, with several seeds, is measured by `tox -e strength`.
"""

import re
from collections import Counter

import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from faults.mistakes import MISTAKES, RARE
from faults.others import WrongOnceIn37
from findings.sources import FINDINGS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import once_but, slow
from strength.asked import PUBLIC, callables, laws_about

pytestmark = pytest.mark.once

REPORTS = {"NNlib.jl 205", "Theano 5248", "joey PR 5", "ocannl 512"}
"""Reports that faults model, besides the findings and the reports that these name."""


@pytest.mark.parametrize("name", FAULTS)
def test_the_law_about_a_mistake_rejects_it(name):
    # What matters here is the rejection, not how small the case becomes.
    fault = FAULTS[name]
    assert run(LAWS[fault.laws[0]], wrap(fault), TrialSettings(seed=0, brief=True, explain=False)).failed


@slow
@pytest.mark.parametrize("name", SOUND)
def test_no_law_rejects_a_sound_variant(name):
    laws = laws_about(SOUND[name])
    few = TrialSettings(examples=-(-100 // len(laws)), seed=list(SOUND).index(name), brief=True)
    results = [run(LAWS[law], wrap(SOUND[name]), few) for law in laws]
    assert [result.message for result in results if result.failed] == []
    assert sum(result.examples for result in results) >= 80


@slow
@pytest.mark.parametrize("law", PUBLIC)
@pytest.mark.parametrize("base", once_but([Sound, General], General, others=slow), ids=["plain", "general"])
def test_the_sound_bases_pass_every_law(base, law):
    result = run(LAWS[law], wrap(base), TrialSettings(examples=30, seed=0))
    about_settings = LAWS[law].family == "settings" and law != "indices-gather"
    expected = "unsupported" if base is Sound and about_settings else "holds"
    assert result.verdict == expected, result.message


# The corpus.


def test_every_fault_says_what_is_wrong_and_which_law_rejects_it():
    assert len(FAULTS) >= 100
    assert len(SOUND) >= 20
    assert all(each.__doc__ for each in (*FAULTS.values(), *SOUND.values()))
    assert all(fault.laws and set(fault.laws) <= set(PUBLIC) for fault in FAULTS.values())
    assert all(fault.mistake in MISTAKES for fault in FAULTS.values())


def test_no_two_faults_say_the_same():
    assert len({fault.__doc__ for fault in FAULTS.values()}) == len(FAULTS)
    assert len({variant.__doc__ for variant in SOUND.values()}) == len(SOUND)


def test_every_mistake_has_faults_and_what_random_cases_seldom_show_has_several():
    assert len(MISTAKES) == 20
    count = Counter(fault.mistake for fault in FAULTS.values())
    assert all(count[mistake] >= 3 for mistake in MISTAKES)
    assert all(count[mistake] >= 6 for mistake in RARE)
    assert len(RARE) >= 10


def test_what_a_fault_models_was_reported():
    upstream = " ".join(finding.upstream for finding in FINDINGS)
    known = REPORTS | {finding.name for finding in FINDINGS}
    known |= {f"{library} {number}" for library, number in re.findall(r"[\w-]+/([\w.-]+)#(\d+)", upstream)}
    modelled = {fault: fault.models.split(", ") for fault in FAULTS.values() if hasattr(fault, "models")}
    assert len(modelled) >= 20
    assert {report for reports in modelled.values() for report in reports} <= known


# Laws that do not need to be tried.


def test_a_fault_differs_from_its_base_in_the_callables_that_come_to_what_it_overrides():
    assert callables(FAULTS["overlap.AssignsMaxGradient"]) == {"max_backward"}
    assert callables(FAULTS["rare.SaturatesShares"]) == {"max_backward", "mean_backward"}
    assert callables(FAULTS["settings.CeilForFloor"]) == {*LAWS["same-twice"].plan.functions}
    assert callables(FAULTS["values.LowestInt32"]) == {*LAWS["same-twice"].plan.functions}


def test_the_laws_about_a_fault_are_those_that_ask_what_it_does_otherwise():
    laws = laws_about(FAULTS["overlap.AssignsMaxGradient"])
    assert {"routing", "linearity", "max-adjoint", "results-kept"} <= set(laws)
    assert not {"max-value", "mean-spread", "output-size", "index-in-plane"} & set(laws)
    assert laws_about(Sound) == laws_about(General) == list(PUBLIC)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_rejected_by_laws_that_ask_what_it_does_otherwise(name):
    assert set(FAULTS[name].laws) <= set(laws_about(FAULTS[name]))


@slow
def test_a_rare_mistake_is_reported_with_the_case_on_which_it_was_seen():
    result = run(LAWS["max-value"], wrap(WrongOnceIn37), TrialSettings(seed=0))
    assert result.verdict == "broken"
    assert "only after 36 max_forward calls in the same instance" in result.message
