"""A campaign: its result is the same wherever and in whatever order units run, and however often it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Future
from itertools import permutations
from pathlib import Path

import efficiency
import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.doors.converters import ArgumentTypeError, seconds
from poolproof.properties.results import Result
from poolproof.properties.run import campaign
from poolproof.properties.run.campaign import JOURNAL, Campaign, Fingerprint, Pace, Turn, by_worth, seed_of, versions
from poolproof.properties.run.executor import Here, Task, run_tasks
from poolproof.properties.run.journal import Journal
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import CONVENTIONS_ITEM, Kind, Unit
from selection import once_but, slow
from shell import FAULTY, FIXED, called, environment, poolproof

pytestmark = pytest.mark.once

UNITS = [Unit("k.py", name) for name in ("max-value", "routing", "conservation")]
LAWS = "max-accumulation,gradient-shape,conservation"


def campaign_of(units=UNITS, *, end=None, resume=False, seed=5):
    """A campaign in the working folder, about a target that need not exist."""
    request = Request(("k.py",), seed=seed, end=end, cluster="here")
    known = {unit.target: 7 for unit in units}
    return Campaign(request, units, known, Journal(JOURNAL, pytest.fail, resume=resume))


def holds(turn, **more):
    return Result(*turn.unit.key, "holds", examples=10, **more)


def broken(turn):
    return Result(*turn.unit.key, "broken", f"in round {turn.round}", examples=3)


def answered(monkeypatch, answer):
    """Replace trials: `answer` returns the result of a turn. Returns the list of turns that were made."""
    asked = []

    def tried(request, turn, origin, left):
        asked.append(turn)
        return {"results": [answer(turn).as_json()], "interrupted": False}

    monkeypatch.setattr(campaign, "tried", tried)
    return asked


# Where time is spent.


def turns_of(paces, picks):
    """How many turns each unit gets out of `picks`."""
    left = {pace.unit: pace for pace in paces}
    for _ in range(picks):
        best = by_worth(list(left.values()))[0]
        left[best] = left[best]._replace(turns=left[best].turns + 1)
    return {unit.name: pace.turns - 1 for unit, pace in left.items()}


def pace(name, took=1.0, **rates):
    return Pace(Unit("k.py", name), {name: 1.0, **rates}, took, 1)


def test_what_reaches_a_rare_trigger_gets_more_turns_and_every_law_gets_some():
    common = {"S < F": 50.0}
    turns = turns_of([pace("a", **common), pace("b", **common), pace("c", **common, rare=0.5)], 300)
    assert turns["c"] > 1.5 * turns["a"]
    assert min(turns.values()) > 30


def test_laws_that_reach_the_same_get_the_same_time():
    turns = turns_of([pace("slow", took=4.0), pace("quick")], 500)
    assert turns["quick"] == pytest.approx(4 * turns["slow"], rel=0.1)


def test_a_law_that_failed_gets_no_more_turns_nor_does_what_is_no_law(here, monkeypatch):
    units = [*UNITS, Unit("k.py", CONVENTIONS_ITEM, Kind.OBSERVED)]
    asked = answered(monkeypatch, lambda turn: broken(turn) if turn.unit.name == "routing" else holds(turn))
    this = campaign_of(units, end=0.0)
    monkeypatch.setattr(Campaign, "over", lambda _: len(asked) >= 40)
    monkeypatch.setattr(campaign, "LATE", float("inf"))
    list(this.results(Here(), pytest.fail))
    turns = Counter(turn.unit.name for turn in asked)
    assert turns == {"max-value": 19, "conservation": 19, "routing": 1, CONVENTIONS_ITEM: 1}
    assert len(set(asked)) == 40


def test_targets_share_the_time(here, monkeypatch):
    units = [Unit(spec, name) for spec in ("a.py", "b.py") for name in ("routing", "max-value")]
    asked = answered(monkeypatch, lambda turn: holds(turn, seconds=9.0 if turn.unit.target == "a.py" else 0.1))
    this = campaign_of(units, end=0.0)
    monkeypatch.setattr(Campaign, "over", lambda _: len(asked) >= 40)
    monkeypatch.setattr(campaign, "LATE", float("inf"))
    list(this.results(Here(), pytest.fail))
    assert Counter(turn.unit.target for turn in asked) == {"a.py": 20, "b.py": 20}


def test_without_a_budget_every_unit_is_tried_once(here, monkeypatch):
    asked = answered(monkeypatch, holds)
    found = list(campaign_of().results(Here(), pytest.fail))
    assert asked == [Turn(unit, 0) for unit in UNITS]
    assert [first for _, first in found] == [True] * 3


@slow
def test_a_campaign_ends_by_itself_where_no_worker_answers(here, monkeypatch):
    class Silent(Here):
        def submit(self, function, /, *arguments):
            return Future()

    monkeypatch.setattr(campaign, "LATE", 0.1)
    assert list(campaign_of(end=time.time() + 0.1).results(Silent(), pytest.fail)) == []


def test_none_among_tasks_waits_for_what_is_in_hand():
    class Two(Here):
        def room(self):
            return 2

    taken = []

    def tasks():
        for task in (Task(dict, ()), None, Task(dict, ())):
            taken.append(task)
            yield task

    seen = [(future.result(), len(taken)) for _, future in run_tasks(tasks(), Two())]
    assert seen == [({}, 2), ({}, 3)]


# The results.


def test_the_order_in_which_turns_end_changes_nothing(here):
    unit = UNITS[0]
    turns = [Turn(unit, number) for number in range(4)]
    results = [holds(turns[0], digest=1, reached={"S < F": 2}), broken(turns[1]), holds(turns[2]), broken(turns[3])]
    ends = []
    for order in permutations(zip(turns, results, strict=True)):
        this = campaign_of()
        ends.append([this.add(turn, result) for turn, result in order][-1])
    assert len({json.dumps(end.as_json()) for end in ends}) == 1
    assert (ends[0].verdict, ends[0].reason, ends[0].examples) == ("broken", "in round 1", 26)
    assert ends[0].reached == {"S < F": 2}


def test_rounds_have_seeds_of_their_own_and_the_first_that_of_the_campaign():
    seeds = [seed_of(seed, number) for seed in range(50) for number in range(50)]
    assert seed_of(7, 0) == 7
    assert len(set(seeds)) == 2500


def test_another_target_or_other_versions_on_a_worker_are_refused_in_words():
    mine = Fingerprint(7, versions())
    campaign.check(mine, mine)
    with pytest.raises(Unusable, match="another version of the target; the same file should be on every machine"):
        campaign.check(mine, Fingerprint(8, versions()))
    with pytest.raises(Unusable, match=r"a worker has numpy 1; it should have poolproof .*, numpy .*, hypothesis "):
        campaign.check(mine, Fingerprint(7, "numpy 1"))


def test_a_target_that_changed_meanwhile_is_not_judged(here):
    Path("k.py").write_text(FIXED)
    turn = Turn(Unit("k.py", "conservation"), 0)
    found = campaign.tried(
        Request(("k.py",), seed=1, examples=5, in_process=True), turn, Fingerprint(7, versions()), None
    )
    (result,) = found["results"]
    assert (result["verdict"], result["abandoned"]) == ("not run", True)


@slow
def test_a_unit_is_tried_as_if_nothing_had_been_tried_before(here):
    Path("k.py").write_text(FAULTY)
    request = Request(("k.py",), seed=1, examples=20, in_process=True)
    known = Fingerprint(campaign.identity(campaign.session(request).target("k.py")), versions())

    def told(name):
        (result,) = campaign.tried(request, Turn(Unit("k.py", name), 0), known, None)["results"]
        return {**result, "seconds": 0.0}

    alone = told("conservation")
    told("max-accumulation")
    assert told("conservation") == alone
    assert alone["verdict"] == "broken"


# Continuing.


def test_what_was_done_is_not_done_again(here, monkeypatch):
    asked = answered(monkeypatch, holds)
    source = campaign_of().results(Here(), pytest.fail)
    before = [next(source) for _ in range(2)]
    source.close()
    again = campaign_of(resume=True)
    assert again.resumed() == [result for result, _ in before]
    list(again.results(Here(), pytest.fail))
    assert asked == [Turn(unit, 0) for unit in UNITS]
    assert not JOURNAL.exists()


def test_rounds_go_on_where_they_ended_and_gaps_are_filled(here, monkeypatch):
    unit = UNITS[0]
    first = campaign_of([unit])
    for number in (0, 2, 3):
        turn = Turn(unit, number)
        first.journal.write(first.filed(turn), holds(turn))
    asked = answered(monkeypatch, holds)
    again = campaign_of([unit], end=0.0, resume=True)
    assert [result.examples for result in again.resumed()] == [30]
    monkeypatch.setattr(Campaign, "over", lambda _: len(asked) >= 3)
    monkeypatch.setattr(campaign, "LATE", float("inf"))
    list(again.results(Here(), pytest.fail))
    assert [turn.round for turn in asked] == [1, 4, 5]


@pytest.mark.parametrize("change", ["seed", "target"])
def test_what_another_campaign_did_is_not_taken_over(change, here):
    first = campaign_of()
    first.journal.write(first.filed(Turn(UNITS[0], 0)), holds(Turn(UNITS[0], 0)))
    other = campaign_of(resume=True, seed=6 if change == "seed" else 5)
    if change == "target":
        other.known["k.py"] = 8
    assert other.resumed() == []


def test_what_was_cut_short_is_done_again(here, monkeypatch):
    cut = {UNITS[0]: {"partial": True}, UNITS[1]: {"verdict": "not run", "reason": "a worker has another version"}}
    answered(monkeypatch, lambda turn: Result(*turn.unit.key, **{"verdict": "holds", **cut.get(turn.unit, {})}))
    source = campaign_of().results(Here(), pytest.fail)
    assert len([next(source) for _ in UNITS]) == 3
    source.close()
    assert [result.law for result in campaign_of(resume=True).resumed()] == ["conservation"]


def test_the_seed_is_that_of_the_campaign_before(here):
    assert campaign.last_seed() is None
    this = campaign_of(seed=123)
    this.journal.write(this.filed(Turn(UNITS[0], 0)), holds(Turn(UNITS[0], 0)))
    assert campaign.last_seed() == 123
    JOURNAL.write_text('{"key": "x y z", "result": 3}\n')
    assert campaign.last_seed() is None


# The command.


def verdicts(file):
    """The results of each law in a report, without their times."""
    (target,) = json.loads(file.read_text())["targets"]
    return [{**law, "seconds": 0} for law in target["laws"]]


@slow
@pytest.mark.parametrize("n", once_but(["0", "2"], "0", others=slow))
def test_here_a_campaign_gives_the_verdicts_of_a_usual_run(tmp_path, n):
    (tmp_path / "k.py").write_text(FIXED)
    words = ["check", "k.py", "--laws", LAWS, "--seed", "3", "--examples", "20"]
    usual = called(tmp_path, *words, "-n", "0", "--json", "usual.json")
    status, said = called(tmp_path, *words, "-n", n, "--cluster", "here", "--json", "campaign.json")
    assert (status, said.splitlines()[-1]) == (usual[0], usual[1].splitlines()[-1])
    assert verdicts(tmp_path / "campaign.json") == verdicts(tmp_path / "usual.json")


@slow
def test_a_failure_is_shown_with_a_command_that_shows_it_again(tmp_path):
    (tmp_path / "k.py").write_text(FAULTY)
    words = ["check", "k.py", "--laws", "conservation", "--examples", "20", "--cluster", "here", "-n", "0"]
    status, said = called(tmp_path, *words, "--seed", "3", "--summary", "s.md")
    assert status == 1
    assert "overwrote the gradient" in said
    (command,) = (line for line in (tmp_path / "s.md").read_text().splitlines() if line.startswith("Reproduce"))
    assert called(tmp_path, *command.split("`")[1].split()[1:], "-n", "0")[0] == 1


@slow
def test_killed_and_resumed_it_loses_nothing_and_repeats_nothing(tmp_path):
    """The client gets SIGKILL after finishing a unit; a second client, with the same seed, does the others."""
    (tmp_path / "k.py").write_text(FIXED)
    words = ["check", "k.py", "--laws", "backward", "--examples", "60", "--cluster", "here", "-n", "1"]
    first = subprocess.Popen(
        [sys.executable, "-m", "poolproof.properties", *words], cwd=tmp_path, env=environment(), stdout=-3
    )
    journal, limit = tmp_path / JOURNAL, time.monotonic() + 100
    while not (journal.exists() and journal.read_text().count("\n")) and time.monotonic() < limit:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    done = [json.loads(line) for line in journal.read_text().splitlines()]
    seed = done[0]["key"].split()[0]
    status, said = poolproof(tmp_path, *words, "--resume", "--json", "resumed.json")
    assert status == 0
    assert f"seed {seed}," in said
    assert f"{len(done)} unit{'s' * (len(done) > 1)} done before" in said
    kept = {law["law"]: law for law in json.loads((tmp_path / "resumed.json").read_text())["targets"][0]["laws"]}
    # A unit that was done again would have taken another time.
    assert all(kept[each["law"]]["seconds"] == round(each["seconds"], 3) for each in (line["result"] for line in done))
    assert poolproof(tmp_path, *words, "--seed", seed, "--json", "undisturbed.json")[0] == 0
    assert verdicts(tmp_path / "resumed.json") == verdicts(tmp_path / "undisturbed.json")


REFUSED = {
    "no scheduler": (["--cluster", "k.json"], "'k.json' should be here, the address of a Dask scheduler or its file"),
    "no campaign": (["--resume"], "should come with --exhaustive or --cluster"),
    "proofs": (["--exhaustive", "--cluster", "here"], "should not come with --exhaustive"),
}


@pytest.mark.parametrize(("words", "right"), REFUSED.values(), ids=REFUSED)
def test_a_scheduler_that_is_none_is_refused(words, right, tmp_path):
    if "k.json" in words:
        pytest.importorskip("distributed")
    status, said = called(tmp_path, "check", "naive", "--laws", "output-size", "--examples", "1", *words)
    assert status == 2
    assert right in said


def test_without_distributed_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ("check", "naive", "--laws", "output-size", "--cluster", "tcp://127.0.0.1:1")
    status, said = called(tmp_path, *words)
    assert status == 2
    assert "pip install 'poolproof[cluster]'" in said


TIMES = {"90": 90.0, "1.5": 1.5, "90s": 90.0, "10m": 600.0, "8h": 28_800.0, "0.5h": 1800.0}


@pytest.mark.parametrize(("text", "found"), TIMES.items())
def test_a_budget_may_have_a_unit(text, found):
    assert seconds(text) == found


@pytest.mark.parametrize("text", ["", "h", "8 hours", "8d", "-1h", "0m", "1e9h", "nanm", "8hh"])
def test_a_budget_of_another_unit_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="should be a time above 0, as 90 or 90s, 10m or 8h"):
        seconds(text)


def test_the_measurement_of_the_page_plans_as_a_campaign_does():
    assert efficiency.planning(3) > 0
    assert efficiency.waited(0) == {}
