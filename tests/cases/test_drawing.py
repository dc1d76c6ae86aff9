"""The cases of a law: the same for every target that takes the same, drawn once, and never changed."""

import subprocess
import sys
from itertools import islice

import hypothesis
import numpy as np
import pytest
from faults.general import General
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from poolproof.properties.cases import drawing
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.corners import corners
from poolproof.properties.cases.drawing import MOST, MOST_DRAWN, TOGETHER, LawCases, account, digest, drawn, remembered
from poolproof.properties.cases.triggers import reached
from poolproof.properties.contract import CALLABLES, Declared
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.request import Request
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import Trial, TrialSettings
from poolproof.properties.run.units import plan
from poolproof.properties.targets.target import wrap
from selection import slow

pytestmark = pytest.mark.once

PLANES, VOLUMES = Declared("mine"), Declared("other", ranks=(3,))


def cases(law="max-value", declared=PLANES, examples=20, seed=0):
    """The cases that a law draws, as a list."""
    return list(drawn(LAWS[law], declared, CALLABLES, examples, seed))


def same(one, other):
    """Whether two lists of cases agree in everything that matters about a case."""
    return [account(case) for case in one] == [account(case) for case in other]


@pytest.mark.parametrize("name", ["max-value", "routing", "mean-exact"])
def test_what_is_drawn_is_what_a_run_tries(name):
    target = wrap(General)
    result = run(LAWS[name], target, TrialSettings(examples=30, seed=5))
    remembered.cache_clear()
    trial = Trial(LAWS[name], target, TrialSettings())
    for case in drawn(LAWS[name], target.declared, target.offers, 30, 5):
        trial.tally(case)
    assert (trial.tried, trial.digest, trial.reached) == (30, result.digest, result.reached)


def test_hypothesis_looks_for_no_constants_in_the_loaded_code_while_a_law_draws(monkeypatch):
    looked = []
    monkeypatch.setattr(providers, "_seen_modules", set())
    monkeypatch.setattr(providers, "_sys_modules_len", 0)
    monkeypatch.setattr(providers, "constants_from_module", lambda module: looked.append(module) or Constants())
    before = cases(seed=7)
    assert looked == []
    # Elsewhere it does, so that this test could fail.
    hypothesis.settings(max_examples=200, database=None)(hypothesis.given(st.integers())(lambda x: None))()
    assert looked
    remembered.cache_clear()
    assert same(before, cases(seed=7))


def test_cases_are_drawn_once_for_all_targets_that_declare_the_same():
    assert cases() == cases(declared=Declared("another", version="2"))


@pytest.mark.parametrize(
    "other", [{"law": "max-index"}, {"seed": 1}, {"declared": VOLUMES}], ids=["law", "seed", "declarations"]
)
def test_another_law_or_seed_or_target_has_cases_of_its_own_and_so_has_the_first_again(other):
    first, others = cases(), cases(**other)
    assert not same(first, others)
    again = cases()
    assert same(again, first)
    assert again != first


def test_who_asks_for_fewer_cases_gets_the_first_and_who_asks_for_more_gets_more():
    first = cases(examples=5)
    assert cases(examples=3) == first[:3]
    more = cases(examples=9)
    assert more[:5] == first
    remembered.cache_clear()
    assert same(cases(examples=9), more)


def builder(law, declared=PLANES):
    """The builder of a law's cases."""
    plan = LAWS[law].plan
    return Builder(plan, declared, plan.asked(declared, CALLABLES))


@slow
def test_a_long_run_remembers_no_more_than_a_usual_one_and_goes_on_alike():
    known = LawCases("max-value", builder("max-value"), 0)
    first, again = list(known.first(MOST + 20)), list(known.first(MOST + 20))
    assert known.known == first[:MOST] == again[:MOST]
    assert not set(first[MOST:]) & set(again[MOST:])
    assert same(first, again)


def test_corner_cases_come_first_then_cases_of_hypothesis_and_only_then_of_a_generator(monkeypatch):
    portions, generated = [], []

    def drawn_together(makers, examples, seed):
        portions.append((len(makers), examples, seed))
        return [drawing.Generated("0")] * len(makers) * examples

    monkeypatch.setattr(drawing, "drawn_together", drawn_together)
    monkeypatch.setattr(drawing, "frozen", lambda case: case)
    monkeypatch.setattr(Builder, "case", lambda *_: generated.append(1))
    made = builder("max-value")
    list(islice(LawCases("max-value", made, 0).endless(), MOST_DRAWN + 100))
    first = len(corners(made))
    assert portions[0][:2] == (first, 1)
    assert {makers for makers, _, _ in portions[1:]} == {TOGETHER}
    assert MOST_DRAWN <= sum(makers * examples for makers, examples, _ in portions) < MOST_DRAWN + TOGETHER
    assert len({seed for _, _, seed in portions}) == len(portions)
    assert len(generated) >= 100 - TOGETHER


def test_corner_cases_are_drawn_before_all_others_and_these_when_they_are_asked_for(monkeypatch):
    portions, together = [], drawing.drawn_together
    monkeypatch.setattr(drawing, "drawn_together", lambda *given: portions.append(given) or together(*given))
    remembered.cache_clear()
    asked = drawn(LAWS["max-value"], PLANES, CALLABLES, 100, 0)
    first = len(corners(builder("max-value")))
    for _ in range(first):
        next(asked)
    assert len(portions) == 1
    next(asked)
    assert len(portions) == 2


SCRIPT = """
import sys
from poolproof.properties.contract import CALLABLES, Declared
from poolproof.properties.lawbook import LAWS
from poolproof.properties.cases.drawing import account, drawn
cases = drawn(LAWS["max-value"], Declared("mine"), CALLABLES, 60, 3)
print([account(case).digest.hex() for case in cases])
"""


@slow
def test_a_seed_gives_the_same_cases_beside_other_code(tmp_path):
    # Hypothesis collects constants of modules that are not installed; none of them may get into cases.
    (tmp_path / "mine.py").write_text("A, B = 117, b'bytes'")
    alone, beside = (
        subprocess.run([sys.executable, "-c", f"{line}\n{SCRIPT}"], cwd=tmp_path, capture_output=True, check=True)
        for line in ("", "sys = __import__('sys'); sys.path.insert(0, '.'); import mine")
    )
    assert alone.stdout == beside.stdout != b""


def test_what_a_case_reaches_is_found_once(monkeypatch):
    looked = []
    monkeypatch.setattr(drawing, "reached", lambda case: looked.append(case) or reached(case))
    first, second = cases(seed=77)[3:5]
    assert account(first) == account(first) != account(second)
    assert looked == [first, second]
    assert account(first).reached == reached(first)


def test_cases_that_differ_anywhere_have_different_checksums():
    case = cases("linearity", seed=3)[7]
    assert case.other is not None
    other = [case.with_arrays(**{name: getattr(case, name) + 1}) for name in ("x", "dy", "other")]
    others = [*other, case.with_arrays(stride=(9, 9)), case.with_arrays(settings={"ceil_mode": True})]
    assert len({account(each).digest for each in (case, *others)}) == 6
    assert account(case).digest != digest(()).to_bytes(4, "big")


def test_nobody_can_change_a_case():
    for case in cases("linearity"):
        for array in (case.x, case.dy, case.other):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 1


class Writing(General):
    """Leaves its input sorted."""

    def max_forward(self, x, *rest, **settings):
        y = super().max_forward(x, *rest, **settings)
        x.sort(axis=-1)
        return y


def test_what_one_target_does_to_its_input_no_other_sees():
    kept = [np.copy(case.x) for case in cases("max-value", wrap(General).declared, 60, 4)]
    assert run(LAWS["max-value"], wrap(Writing), TrialSettings(60, 4)).verdict == "holds"
    assert run(LAWS["max-value"], wrap(General), TrialSettings(60, 4)).verdict == "holds"
    after = cases("max-value", wrap(General).declared, 60, 4)
    assert all(np.array_equal(case.x, x, equal_nan=True) for case, x in zip(after, kept, strict=True))


def test_targets_are_asked_law_by_law_and_what_only_ours_are_asked_they_alone():
    ours = "naive"
    units = plan(Request(("mine.py", ours), laws="max-value,agreement", expect=("ties=first",)))
    assert [unit.key for unit in units] == [
        ("mine.py", "max-value"),
        (ours, "max-value"),
        (ours, "agreement"),
        ("mine.py", "ties=first"),
        (ours, "ties=first"),
    ]
    assert [unit.key for unit in plan(Request(("mine.py", ours)))[-2:]] == [
        ("mine.py", "conventions"),
        (ours, "conventions"),
    ]
