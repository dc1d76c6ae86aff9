"""Failing cases are kept from run to run and tried first; no other file is read, written or trusted."""

import json
import os
import time
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import structs, to_builtins
from poolproof.kernels import naive
from poolproof.properties import results
from poolproof.properties.data.arrays import abbreviated
from poolproof.properties.lawbook import LAWS
from poolproof.properties.results import Counterexample
from poolproof.properties.run import runner, trial
from poolproof.properties.run.persistence import MOST_KEPT, CurrentCase, CurrentCaseFile, FailingCases, KeptCase, packed
from poolproof.properties.run.runner import Interrupted, run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import once, slow
from shell import kernels_in, poolproof

pytestmark = once

LAW = LAWS["max-value"]


def kept(folder, law="max-value", target="mine", plan=LAW.plan):
    """What is kept in a folder."""
    return FailingCases(folder / "failing", target, law, plan)


def wrong_from(cells):
    """A kernel that is wrong for images of at least this many cells."""
    return lambda x, size, stride: naive.max_forward(x, size, stride) + (x.size >= cells)


def tried(folder, max_forward=naive.max_forward, law="max-value", seed=0, examples=60, **more):
    """The result of a law on a target whose failing cases are kept in a folder."""
    plan = LAWS[law].plan
    subject = wrap(SimpleNamespace(max_forward=max_forward, **more), "mine")
    return run(LAWS[law], subject, TrialSettings(examples, seed, kept=kept(folder, law, plan=plan)))


def entry(cells=3):
    """A counterexample with only the fields that are kept."""
    x = np.arange(float(cells)).reshape(1, 1, 1, cells)
    case = runner.Case("max_forward", x, (1, 1), (1, 1), np.zeros_like(x), "distinct")
    return of(case)


def of(case):
    """A counterexample with only a case."""
    return Counterexample(seed=0, calls=[], message="", case=trial.stored([], case).case)


def cells_of(each):
    return each.case.x.shape[-1]


# What a run does with them.


@slow
def test_a_case_that_failed_is_tried_first_in_the_next_run(tmp_path):
    first = tried(tmp_path, wrong_from(9), seed=1)
    assert first.examples > 1
    again = tried(tmp_path, wrong_from(9), seed=2)
    assert (again.verdict, again.examples) == ("broken", 1)
    assert again.counterexample.case == first.counterexample.case


@slow
def test_what_is_kept_is_the_case_made_smaller_alone(tmp_path):
    found = tried(tmp_path, wrong_from(9)).counterexample
    assert kept(tmp_path).found == [KeptCase(found.case)]


@slow
def test_a_case_that_fails_no_longer_is_dropped_and_the_others_are_not(tmp_path):
    tried(tmp_path, wrong_from(9))
    kept(tmp_path).add([entry(3)])
    seen = tried(tmp_path, wrong_from(9))
    assert (seen.verdict, seen.examples) == ("broken", 2)
    assert kept(tmp_path).found == [KeptCase(seen.counterexample.case)]
    assert tried(tmp_path).verdict == "holds"
    assert kept(tmp_path).found == []
    assert list((tmp_path / "failing").iterdir()) != []
    assert tried(tmp_path, seed=3).examples == 60


@slow
@pytest.mark.parametrize("narrower", [{"dtypes": ("int8",)}, {"ranks": (1,)}, {"tiles": True}, {"padding_limit": None}])
def test_a_case_that_the_target_does_not_declare_any_more_is_dropped_untried(tmp_path, narrower):
    x = np.zeros((1, 1, 2, 4))
    case = runner.Case("max_forward", x, (1, 2), (1, 1), np.zeros((1, 1, 2, 3)), "distinct")
    kept(tmp_path).add([of(case)])
    seen = tried(tmp_path, **narrower)
    assert seen.verdict == "holds"
    assert seen.examples == 60 + ("padding_limit" in narrower)
    assert kept(tmp_path).found == []


def test_a_case_that_its_law_does_not_want_is_dropped_untried(tmp_path):
    powers = LAWS["mean-exact"]
    x = np.zeros((1, 1, 1, 3))
    case = runner.Case("mean_forward", x, (1, 3), (1, 1), np.zeros((1, 1, 1, 1)), "lattice")
    store = FailingCases(tmp_path, "mine", powers.name, powers.plan)
    store.add([of(case)])
    subject = wrap(SimpleNamespace(mean_forward=naive.mean_forward), "mine")
    assert run(powers, subject, TrialSettings(5, 0, kept=store)).examples == 5
    assert store.found == []


@slow
def test_a_case_that_was_merely_running_when_time_ended_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setitem(trial.SHRINKING, "broken", 0.3)

    def slow(x, size, stride):
        time.sleep(0.04)
        return wrong_from(9)(x, size, stride)

    found = tried(tmp_path, slow)
    assert found.verdict == "broken"
    (only,) = kept(tmp_path).found
    assert only.case.case().x.size >= 9
    assert tried(tmp_path, slow).examples == 1


def test_nothing_is_kept_where_time_ended_without_a_failure(tmp_path, monkeypatch):
    calls, began = [], time.time()

    def max_forward(x, size, stride):
        calls.append(size)
        return naive.max_forward(x, size, stride)

    # An hour passes at the tenth call.
    monkeypatch.setattr(time, "time", lambda: began + 3600 * (len(calls) >= 10))
    settings = TrialSettings(10**6, 0, began + 60, kept=kept(tmp_path))
    result = run(LAW, wrap(SimpleNamespace(max_forward=max_forward), "mine"), settings)
    assert (result.verdict, result.partial, len(calls)) == ("holds", True, 10)
    assert kept(tmp_path).found == []


@pytest.mark.parametrize("failing", [False, True])
def test_an_interruption_keeps_what_had_failed_and_not_what_was_running(tmp_path, failing):
    calls = []

    def interrupted(x, size, stride):
        calls.append(x)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return wrong_from(9 if failing else 10**9)(x, size, stride)

    subject = wrap(SimpleNamespace(max_forward=interrupted), "mine")
    subject.host.ask = lambda name, arrays, window, settings: {
        "value": interrupted(arrays["x"], *window),
        "kind": "",
        "changed": [],
    }
    subject.fresh = lambda: subject
    with pytest.raises(Interrupted):
        run(LAW, subject, TrialSettings(60, 0, kept=kept(tmp_path)))
    assert len(kept(tmp_path).found) == failing


@slow
def test_the_cases_of_other_callables_that_fail_are_kept_as_well(tmp_path):
    wrong = {
        name: (lambda *given, name=name: getattr(naive, name)(*given) + 1) for name in ("max_forward", "mean_forward")
    }
    found = tried(tmp_path, law="identity", **wrong)
    assert found.verdict == "broken"
    store = kept(tmp_path, "identity", plan=LAWS["identity"].plan)
    assert {each.case.function for each in store.found} == {"max_forward", "mean_forward"}
    half = tried(tmp_path, wrong["max_forward"], law="identity", mean_forward=naive.mean_forward)
    assert (half.verdict, half.examples <= 2) == ("broken", True)


class Counting:
    """Wrong from the third call on."""

    calls = 0

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride) + x.dtype.type(self.calls >= 3)


@slow
def test_the_calls_that_a_failure_needs_are_kept_and_made_again(tmp_path):
    first = run(LAW, wrap(Counting), TrialSettings(kept=kept(tmp_path, target="Counting")))
    (only,) = kept(tmp_path, target="Counting").found
    assert only.earlier_calls == first.counterexample.earlier_calls
    again = run(LAW, wrap(Counting), TrialSettings(kept=kept(tmp_path, target="Counting")))
    assert (again.verdict, again.examples) == ("broken", 1)


@slow
def test_the_case_in_hand_is_drawn_again_and_tried_first(tmp_path):
    CurrentCaseFile(tmp_path, "mine", "max-value").hold(4, 7)
    asked = []

    def seen(x, size, stride):
        asked.append(x)
        return naive.max_forward(x, size, stride)

    subject = wrap(SimpleNamespace(max_forward=seen), "mine")
    in_hand = CurrentCaseFile(tmp_path, "mine", "max-value")
    assert run(LAW, subject, TrialSettings(10, 0, in_hand=in_hand)).examples == 11
    wanted = list(runner.drawn(LAW, subject.declared, subject.offers, 8, 4))[7]
    np.testing.assert_array_equal(asked[0], wanted.x)
    assert CurrentCaseFile(tmp_path, "mine", "max-value").found == CurrentCase(0, 9)


@slow
@pytest.mark.parametrize("found", [[4, 10], [4, 10**12], [4, -1], [4], [4, 1.0], ["4", 1], {"4": 1}, None, [4, True]])
def test_what_is_no_case_of_such_a_run_is_not_drawn_again(tmp_path, found):
    CurrentCaseFile(tmp_path, "mine", "max-value").file.write_bytes(packed(found))
    subject = wrap(SimpleNamespace(max_forward=naive.max_forward), "mine")
    in_hand = CurrentCaseFile(tmp_path, "mine", "max-value")
    assert run(LAW, subject, TrialSettings(10, 0, in_hand=in_hand)).examples == 10


# The file.


def test_a_few_cases_are_kept_the_last_first(tmp_path):
    for cells in range(2, MOST_KEPT + 5):
        kept(tmp_path).add([entry(cells)])
    assert list(map(cells_of, kept(tmp_path).found)) == list(range(MOST_KEPT + 4, 4, -1))
    kept(tmp_path).add([entry(7)])
    assert list(map(cells_of, kept(tmp_path).found))[:3] == [7, MOST_KEPT + 4, MOST_KEPT + 3]
    assert len(kept(tmp_path).found) == MOST_KEPT
    assert len(list((tmp_path / "failing").iterdir())) == 1


@pytest.mark.parametrize("other", [{"law": "max-index"}, {"target": "theirs"}, {"plan": LAWS["routing"].plan}], ids=str)
def test_what_was_kept_for_something_else_is_not_read(tmp_path, other):
    kept(tmp_path).add([entry()])
    (file,) = (tmp_path / "failing").iterdir()
    elsewhere = kept(tmp_path, **other).file
    file.rename(elsewhere)
    assert kept(tmp_path, **other).found == []


def test_what_is_too_large_is_not_kept(tmp_path):
    x = np.random.default_rng(0).standard_normal((1, 1, 300, 300))
    case = runner.Case("max_forward", x, (1, 1), (1, 1), np.zeros_like(x), "wide")
    short = structs.replace(entry(), case=results.stored_case(case, abbreviated))
    kept(tmp_path).add([of(case), short, entry()])
    assert list(map(cells_of, kept(tmp_path).found)) == [3]


def written(store, content):
    store.file.parent.mkdir(exist_ok=True)
    store.file.write_bytes(content)


ODD = {
    "nothing": b"",
    "text": b"hello",
    "no list": packed({"a": 1}),
    "three": packed([1, 2, 3]),
    "deep": packed(None)[:8] + b"[" * 10**5,
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_of_another_form_holds_no_cases(tmp_path, content):
    written(kept(tmp_path), content)
    assert kept(tmp_path).found == []


@slow
@pytest.mark.parametrize(
    "found", [[3, None, "x"], {"a": 1}, "abc", [[]], [{}], [{"case": 3}], [{"case": {"x": []}}]], ids=str
)
def test_entries_of_another_form_are_dropped_untried(tmp_path, found):
    store = kept(tmp_path)
    written(store, packed({"about": store.about, "found": found}))
    assert tried(tmp_path, examples=5).examples == 5
    assert kept(tmp_path).found == []


@slow
@pytest.mark.parametrize("change", ["size", "x", "spot", "function", "settings"])
def test_an_entry_that_was_changed_is_dropped_untried_even_with_the_right_checksum(tmp_path, change):
    odd = {"size": [9, 9], "x": {"shape": [1]}, "spot": "near", "function": "mean_forward", "settings": {"padding": 3}}
    each = to_builtins(KeptCase(entry().case))
    each["case"][change] = odd[change]
    store = kept(tmp_path)
    written(store, packed({"about": store.about, "found": [each]}))
    assert tried(tmp_path, examples=5).examples == 5


@pytest.mark.parametrize("at", [0, 4, 7, 8, 20, -1])
def test_a_file_that_was_cut_or_changed_holds_no_cases(tmp_path, at):
    kept(tmp_path).add([entry()])
    file, content = kept(tmp_path).file, kept(tmp_path).file.read_bytes()
    for odd in (content[:at], content[:at] + bytes([content[at] ^ 1]) + content[at:][1:]):
        file.write_bytes(odd)
        assert kept(tmp_path).found == []


def link(file):
    file.with_name("elsewhere").write_bytes(b"mine")
    file.symlink_to(file.with_name("elsewhere"))


PLACES = {
    "a link": link,
    "a dangling link": lambda file: file.symlink_to("nowhere"),
    "a folder": lambda file: file.mkdir(),
    "a fifo": os.mkfifo,
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_of_ours_is_neither_read_nor_replaced(tmp_path, place):
    file = kept(tmp_path).file
    file.parent.mkdir()
    PLACES[place](file)
    before = sorted(file.parent.iterdir())
    store = kept(tmp_path)
    store.add([entry()])
    assert [list(map(cells_of, store.found)), kept(tmp_path).found] == [[3], []]
    assert sorted(file.parent.iterdir()) == before
    assert file.is_symlink() == ("link" in place)
    assert not file.with_name("nowhere").exists()
    assert not file.with_name("elsewhere").exists() or file.with_name("elsewhere").read_bytes() == b"mine"


def test_a_link_to_good_cases_is_not_read(tmp_path):
    kept(tmp_path).add([entry()])
    file = kept(tmp_path).file
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")
    assert kept(tmp_path).found == []


def test_where_nothing_can_be_kept_a_run_judges_all_the_same(tmp_path):
    (tmp_path / "failing").write_text("mine")
    assert tried(tmp_path, wrong_from(9)).verdict == "broken"
    assert (tmp_path / "failing").read_text() == "mine"


def test_a_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
    kept(tmp_path).add([entry(3)])

    def killed(*_):
        raise OSError

    monkeypatch.setattr("pathlib.Path.replace", killed)
    kept(tmp_path).add([entry(4)])
    assert list(map(cells_of, kept(tmp_path).found)) == [3]


# From the command line.


@slow
def test_the_command_keeps_cases_as_json_unless_a_seed_is_given(tmp_path):
    kernels_in(tmp_path)
    given = ["check", "faulty.py", "--laws", "conservation", "--in-process", "-n", "0"]
    poolproof(tmp_path, *given, "--seed", "1")
    assert not (tmp_path / ".poolproof").exists()
    poolproof(tmp_path, *given)
    (file,) = (tmp_path / ".poolproof" / "failing").iterdir()
    kept = json.loads(file.read_bytes()[8:])
    assert (kept["about"]["target"], kept["about"]["law"]) == ("faulty.py", "conservation")
    assert set(kept["found"][0]) == {"case"}
    assert "conservation: broken after 1 case" in poolproof(tmp_path, *given)[1]
    (tmp_path / "faulty.py").write_text((tmp_path / "fixed.py").read_text())
    assert poolproof(tmp_path, *given)[0] == 0
    assert json.loads(file.read_bytes()[8:])["found"] == []
