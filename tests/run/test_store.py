"""A store of failing cases: every run of a law tries them first; they have their cause and dates."""

import json

import pytest
from msgspec.structs import replace
from poolproof.properties.contract import Unusable
from poolproof.properties.data.typed import encoded
from poolproof.properties.lawbook import LAWS
from poolproof.properties.results import MOST_STORED, Result
from poolproof.properties.run.known import names_of_cause
from poolproof.properties.run.persistence import MOST_KEPT
from poolproof.properties.run.store import Store
from selection import slow
from shell import FAULTY, FIXED, called

pytestmark = pytest.mark.once

LAW = "conservation"
WORDS = ("check", "k.py", "--laws", LAW, "--seed", "2", "--in-process", "-n", "0", "--examples", "20")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The result of a failing law, from a run without a store."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "k.py").write_text(FAULTY)
    assert called(folder, *WORDS, "--json", "r.json")[0] == 1
    (law,) = json.loads((folder / "r.json").read_text())["targets"][0]["laws"]
    return Result.from_json({"target": "k.py", **law})


def shared(folder, address="cases"):
    """The content of each file of a store."""
    return [json.loads(file.read_text()) for file in (folder / address).glob("*/*.json")]


def tried_first(tmp_path, address):
    """How many cases a run with a store needs to fail."""
    status, said = called(tmp_path, *WORDS, "--store", address)
    assert status == 1
    return int(said.split("broken after ")[1].split()[0])


@slow
def test_what_fails_is_kept_with_its_cause_and_tried_first_by_another(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "k.py").write_text(FAULTY)
    alone = tried_first(first, "../cases")
    assert alone > 1
    (kept,) = shared(tmp_path)
    assert (kept["target"], kept["first"]) == ("k.py", kept["last"])
    assert tried_first(second, "../cases") == 1
    assert len(shared(tmp_path)) == 1


@slow
def test_a_case_that_no_longer_fails_stays_for_others(tmp_path):
    (tmp_path / "k.py").write_text(FAULTY)
    tried_first(tmp_path, "cases")
    before = shared(tmp_path)
    (tmp_path / "fixed.py").write_text(FIXED)
    status, said = called(tmp_path, "check", "fixed.py", *WORDS[2:], "--store", "cases")
    assert status == 0
    assert "21 cases: all passed" in said
    assert shared(tmp_path) == before


@slow
def test_the_first_date_stays_and_the_last_moves(found, tmp_path):
    this, plan = Store(str(tmp_path / "cases")), LAWS[LAW].plan
    this.add(found, plan, "2020-01-02")
    this.add(found, plan, "2020-03-04")
    (kept,) = shared(tmp_path)
    assert (kept["first"], kept["last"]) == ("2020-01-02", "2020-03-04")
    assert kept["cause"] == names_of_cause(found)[0]


def test_the_newest_come_first_and_those_of_another_plan_not_at_all(found, tmp_path):
    this, plan = Store(str(tmp_path / "cases")), LAWS[LAW].plan
    dates = ("2020-01-03", "2020-01-01", "2020-01-02")
    for date in dates:
        spot = len(shared(tmp_path))
        case = replace(found.counterexample.case, spot=spot)
        this.add(replace(found, counterexample=replace(found.counterexample, case=case)), plan, date)
    assert [each.case.spot for each in this.cases(LAW, plan)] == [0, 2, 1]
    assert this.cases(LAW, "another plan") == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"plan": 3}', b"\xff"])
def test_a_damaged_file_is_no_hindrance(content, found, tmp_path):
    this, plan = Store(str(tmp_path / "cases")), LAWS[LAW].plan
    this.add(found, plan, "2020-01-02")
    (file,) = (tmp_path / "cases").glob("*/*.json")
    file.with_name("other.json").write_bytes(content)
    assert len(this.cases(LAW, plan)) == 1


def test_what_holds_is_not_kept(tmp_path):
    Store(str(tmp_path / "cases")).add(Result("k.py", LAW, "holds"), LAWS[LAW].plan, "2020-01-02")
    assert not (tmp_path / "cases").exists()


def test_a_case_whose_earlier_calls_are_too_large_is_not_kept(found, tmp_path):
    several = found.counterexample.calls * (2 * MOST_STORED // MOST_KEPT // len(encoded(found.counterexample.calls)))
    counterexample = replace(found.counterexample, earlier_calls=several)
    Store(str(tmp_path / "cases")).add(replace(found, counterexample=counterexample), LAWS[LAW].plan, "2020-01-02")
    assert not (tmp_path / "cases").exists()


def test_a_store_that_cannot_be_written_is_an_error_in_words(found, tmp_path):
    (tmp_path / "cases").write_text("no folder")
    with pytest.raises(Unusable, match=r"store '.*cases' cannot be written"):
        Store(str(tmp_path / "cases")).add(found, LAWS[LAW].plan, "2020-01-02")


@slow
def test_a_store_that_cannot_be_written_costs_no_result(tmp_path):
    (tmp_path / "k.py").write_text(FAULTY)
    (tmp_path / "cases").write_text("no folder")
    status, said = called(tmp_path, *WORDS, "--store", "cases", "--json", "r.json")
    assert status == 2
    assert said.count("store 'cases' cannot be written") == 1
    (law,) = json.loads((tmp_path / "r.json").read_text())["targets"][0]["laws"]
    assert law["verdict"] == "broken"


@slow
def test_a_campaign_tries_what_is_shared_once(tmp_path):
    (tmp_path / "k.py").write_text(FAULTY)
    tried_first(tmp_path, "cases")
    status, said = called(tmp_path, *WORDS, "--store", "cases", "--cluster", "here")
    assert status == 1
    assert "broken after 1 case" in said


def test_an_address_of_fsspec(found):
    memory = pytest.importorskip("fsspec").filesystem("memory")
    address, plan = "memory://pool/cases", LAWS[LAW].plan
    Store(address).add(found, plan, "2020-01-02")
    Store(address).add(found, plan, "2020-03-04")
    assert [each.case for each in Store(address).cases(LAW, plan)] == [found.counterexample.case]
    (file,) = memory.glob(f"/pool/cases/{LAW}/*.json")
    assert json.loads(memory.cat_file(file))["last"] == "2020-03-04"


def test_an_address_of_no_kind_is_refused(tmp_path):
    pytest.importorskip("fsspec")
    (tmp_path / "k.py").write_text(FAULTY)
    status, said = called(tmp_path, *WORDS, "--store", "nothing://pool")
    assert status == 2
    assert "store 'nothing://pool': a store at an address needs" in said
