"""Known failures: which failures an entry excuses, complaints about wrong entries, and baselines that are read back."""

import json

import pytest
from failing import failure, holds, named
from msgspec.structs import replace
from poolproof.properties.contract import Unusable
from poolproof.properties.run.baseline import as_toml, baseline
from poolproof.properties.run.known import TO_FILL_IN, Known, complaints, excused, is_listed, load_known

NAMES = {"pool.py": "my pool"}
HOLDS = holds("routing")


@pytest.fixture(autouse=True)
def mistakes(monkeypatch):
    """Two mistakes with names, independent of the registry."""
    named(monkeypatch, "stride-swapped", "last-row-dropped")


def entry(**more):
    """An entry about the law of the results above."""
    return Known(**{"target": "pool.py", "law": "routing", "reason": "rewritten in May", **more})


# What an entry excuses.


@pytest.mark.parametrize("target", ["pool.py", "my pool"])
def test_an_entry_without_a_cause_excuses_every_failure_of_its_law(target):
    found = excused(failure("routing", "stride-swapped"), "my pool", [entry(target=target)])
    assert (found.verdict, found.reason) == ("known", "rewritten in May")
    assert excused(failure("max-value"), "my pool", [entry(target=target)]).verdict == "broken"


def test_an_entry_with_a_cause_excuses_failures_of_this_cause_alone():
    known = [entry(cause="stride-swapped")]
    assert excused(failure("routing", "last-row-dropped", "stride-swapped"), "", known).verdict == "known"
    assert excused(failure("routing", "last-row-dropped"), "", known).verdict == "broken"
    assert excused(failure("routing"), "", known).verdict == "broken"


def test_a_cause_without_a_mistake_is_called_by_what_fails_and_what_that_needs():
    known = [entry(cause="max_forward broken: padding, ties")]
    assert excused(failure("routing", needs=["padding", "ties"]), "", known).verdict == "known"
    assert excused(failure("routing", "stride-swapped", needs=["padding", "ties"]), "", known).verdict == "known"
    assert excused(failure("routing", needs=["padding"]), "", known).verdict == "broken"


def test_entries_of_one_law_may_have_several_causes():
    known = [entry(cause="stride-swapped"), entry(cause="last-row-dropped", reason="rewritten in June")]
    assert excused(failure("routing", "last-row-dropped"), "", known).reason == "rewritten in June"


@pytest.mark.parametrize("cause", ["", "stride-swapped"])
def test_an_entry_is_outdated_once_its_law_holds(cause):
    found = excused(HOLDS, "", [entry(cause=cause)])
    assert found.outdated
    assert "remove the entry" in found.reason


@pytest.mark.parametrize("more", [{"partial": True}, {"about": "routing", "law": "routing/surroundings"}], ids=str)
def test_an_entry_is_not_outdated_by_a_run_that_ended_early_or_by_a_proof_within_bounds(more):
    assert not excused(replace(HOLDS, **more), "", [entry()]).outdated


def test_an_entry_excuses_a_proof_of_its_law():
    proof = replace(failure("routing"), law="routing/surroundings", about="routing")
    assert excused(proof, "", [entry()]).verdict == "known"


def test_the_cause_of_a_failure_is_looked_for_if_an_entry_depends_on_it():
    assert is_listed("routing", "pool.py", "", [entry()])
    assert not is_listed("routing", "pool.py", "", [entry(cause="stride-swapped")])


# Complaints about entries.


def file(folder, **fields):
    """A file with one entry."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items() if value is not None]
    (folder / "known.toml").write_text("\n".join(["[[known]]", *lines]))
    return folder / "known.toml"


WRONG = {
    "key": ({"reasn": "r"}, "entry 1: there is no key 'reasn'; did you mean 'reason'?"),
    "law": ({"law": "routng"}, "entry 1: there is no law 'routng'; did you mean 'routing'?"),
    "convention": ({"law": "ties=frist"}, "entry 1: there is no law 'ties=frist'; did you mean 'ties=first'?"),
    "cause": ({"cause": "stride-swaped"}, "entry 1: there is no cause 'stride-swaped'; did you mean 'stride-swapped'?"),
    **{f"no-{key}": ({key: None}, f"entry 1: it has no {key}") for key in ("target", "law", "reason")},
    "empty-reason": ({"reason": " "}, "entry 1: reason should not be empty"),
    "number": ({"reason": 3}, "entry 1: reason = 3 should be a text"),
}


@pytest.mark.parametrize(("fields", "told"), WRONG.values(), ids=WRONG)
def test_a_misspelt_entry_is_refused_with_what_was_meant(tmp_path, fields, told):
    with pytest.raises(Unusable) as refused:
        load_known(file(tmp_path, **{"target": "pool.py", "law": "routing", "reason": "r", **fields}))
    assert told in str(refused.value)


@pytest.mark.parametrize("text", ["known = 3", "known = ['routing']", "[known]\nlaw = 'routing'"])
def test_entries_that_are_no_tables_are_refused(tmp_path, text):
    (tmp_path / "known.toml").write_text(text)
    with pytest.raises(Unusable, match=r"each entry should be a table with the header \[\[known\]\]"):
        load_known(tmp_path / "known.toml")


def test_a_misspelt_table_is_refused_with_what_was_meant(tmp_path):
    (tmp_path / "known.toml").write_text("[[knwon]]\nlaw = 'routing'\n")
    with pytest.raises(Unusable, match="there is no key 'knwon'; did you mean 'known'"):
        load_known(tmp_path / "known.toml")


def told(entries, results=(HOLDS,), *, all_laws=False):
    return complaints(entries, list(results), NAMES, all_laws=all_laws)


def test_a_target_that_is_not_in_the_run_is_told_once_with_what_was_meant():
    entries = [entry(target="pol.py"), entry(target="pol.py", law="max-value")]
    assert told(entries) == ["known failures of 'pol.py' met no target of this run; did you mean 'pool.py'?"]


def test_a_law_that_is_not_in_the_run_is_told_if_all_laws_are():
    assert told([entry(law="max-value")]) == []
    assert told([entry(law="max-value")], all_laws=True) == [
        "known failure max-value of 'pool.py' met no law of this run"
    ]


def test_a_failure_for_another_cause_is_told_with_its_name():
    assert told([entry(cause="stride-swapped")], [failure("routing", "last-row-dropped")]) == [
        "known failure routing of 'pool.py' is listed with the cause 'stride-swapped', but now fails for "
        "'last-row-dropped'"
    ]


def test_what_is_met_is_not_told():
    known = [entry(cause="stride-swapped"), entry(cause="last-row-dropped")]
    results = [excused(failure("routing", "stride-swapped"), "", known)]
    assert told(known, results, all_laws=True) == []


def test_a_reason_that_was_not_filled_in_is_told():
    assert told([entry(reason=TO_FILL_IN), entry()]) == [
        f"known failures without a reason: 1; {TO_FILL_IN!r} should be replaced"
    ]


# Baselines.


def written(folder, entries):
    (folder / "known.toml").write_text(as_toml(entries), encoding="utf-8")
    return load_known(folder / "known.toml")


def test_a_baseline_excuses_the_failures_that_it_was_made_of_and_no_others(tmp_path):
    results = [
        failure("routing", "last-row-dropped", "stride-swapped"),
        failure("max-value", "stride-swapped"),
        failure("identity", needs=["padding"]),
        HOLDS,
    ]
    known = written(tmp_path, baseline(results, NAMES, []))
    assert [(each.law, each.cause, each.reason) for each in known] == [
        ("routing", "stride-swapped", TO_FILL_IN),
        ("max-value", "stride-swapped", TO_FILL_IN),
        ("identity", "max_forward broken: padding", TO_FILL_IN),
    ]
    assert [excused(each, "", known).verdict for each in results[:3]] == ["known"] * 3
    assert excused(failure("max-value", "last-row-dropped"), "", known).verdict == "broken"


def test_a_baseline_keeps_entries_with_their_reasons_and_drops_outdated_ones():
    known = [entry(), entry(law="max-value"), entry(target="other.py")]
    results = [
        excused(each, "", known) for each in (failure("routing"), replace(HOLDS, law="max-value"), failure("identity"))
    ]
    assert baseline(results, NAMES, known) == [
        entry(),
        entry(target="other.py"),
        Known("pool.py", "identity", TO_FILL_IN, cause="max_forward broken"),
    ]


def test_proofs_of_one_law_are_one_entry():
    proofs = [replace(failure("routing"), law=f"routing/{name}", about="routing") for name in ("a", "b")]
    assert [each.law for each in baseline(proofs, NAMES, [])] == ["routing"]


@pytest.mark.parametrize("target", ['"', "\\", "é\x7f\n", "\U0001f600", "caf\udce9.py"], ids=ascii)
def test_any_target_can_be_written(tmp_path, target):
    result = replace(failure("routing"), target=target)
    known = written(tmp_path, baseline([result], {target: target}, []))
    assert excused(result, "", known).verdict == "known"
