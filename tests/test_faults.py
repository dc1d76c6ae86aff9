"""Wrong ways to pool are rejected by the law about their mistake; sound ways are accepted by all laws."""

import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from faults.others import WrongOnceIn37
from poolproof.properties import runner
from poolproof.properties.lawbook import LAWS
from poolproof.properties.runner import Settings, run
from poolproof.properties.target import wrap

PUBLIC = [name for name, law in LAWS.items() if not law.reference]


@pytest.mark.parametrize("name", FAULTS)
def test_the_law_about_a_mistake_rejects_it(name, monkeypatch):
    # What matters here is that it is rejected, not how small the case becomes.
    monkeypatch.setattr(runner, "SHRINKING", dict.fromkeys(runner.SHRINKING, 0.0))
    fault = FAULTS[name]
    assert run(LAWS[fault.laws[0]], wrap(fault), Settings(seed=0)).failed


@pytest.mark.parametrize("name", SOUND)
def test_no_law_rejects_a_sound_variant(name):
    target = wrap(SOUND[name])
    failed = [run(LAWS[law], target, Settings(examples=40, seed=0)) for law in PUBLIC]
    assert [result.message for result in failed if result.failed] == []


@pytest.mark.parametrize("law", PUBLIC)
@pytest.mark.parametrize("base", [Sound, General], ids=["plain", "general"])
def test_the_sound_bases_pass_every_law(base, law):
    result = run(LAWS[law], wrap(base), Settings(seed=0))
    about_settings = LAWS[law].family == "settings" and law != "indices-gather"
    expected = "unsupported" if base is Sound and about_settings else "holds"
    assert result.verdict == expected, result.message


def test_every_fault_says_what_is_wrong_and_which_law_rejects_it():
    assert len(FAULTS) >= 50
    assert all(fault.__doc__ and set(fault.laws) <= set(LAWS) for fault in FAULTS.values())


def test_a_rare_mistake_is_reported_with_the_case_on_which_it_was_seen():
    result = run(LAWS["max-value"], wrap(WrongOnceIn37), Settings(seed=0))
    assert result.verdict == "broken"
    assert "differs between calls" in result.message
