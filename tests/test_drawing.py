"""The cases of a law: the same for every target that takes the same, drawn once, and changed by nobody."""

import random
import zlib

import numpy as np
import pytest
from faults.general import General
from poolproof.properties import drawing
from poolproof.properties.contract import CALLABLES, Declared
from poolproof.properties.drawing import MOST, Drawn, account, drawn, remembered
from poolproof.properties.knobs import LENGTH, digest
from poolproof.properties.lawbook import LAWS
from poolproof.properties.runner import run
from poolproof.properties.session import Request, plan
from poolproof.properties.target import wrap
from poolproof.properties.trial import Settings, Trial
from poolproof.properties.triggers import reached

PLANES, VOLUMES = Declared("mine"), Declared("other", ranks=(3,))


def cases(law="max-value", declared=PLANES, examples=20, seed=0):
    """The cases that a law draws, as a list."""
    return list(drawn(LAWS[law], declared, CALLABLES, examples, seed))


def same(one, other):
    """Whether two lists of cases are made of the same bytes, and have the same shapes."""
    return [(case.data, case.x.shape) for case in one] == [(case.data, case.x.shape) for case in other]


@pytest.mark.parametrize("name", ["max-value", "routing", "mean-exact"])
def test_what_is_drawn_is_what_a_run_tries(name):
    target = wrap(General)
    result = run(LAWS[name], target, Settings(examples=30, seed=5))
    remembered.cache_clear()
    trial = Trial(LAWS[name], target, Settings())
    for case in drawn(LAWS[name], target.declared, target.offers, 30, 5):
        trial.count(case)
    assert (trial.tried, trial.digest, trial.reached) == (30, result.digest, result.reached)


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


def test_a_long_run_remembers_no_more_than_a_usual_one_and_goes_on_alike():
    known = Drawn("max-value", LAWS["max-value"].plan, PLANES, ("max_forward",), 0)
    first, again = list(known.first(MOST + 20)), list(known.first(MOST + 20))
    assert known.cases == first[:MOST] == again[:MOST]
    assert not set(first[MOST:]) & set(again[MOST:])
    source = random.Random(zlib.crc32(b"0 max-value"))
    assert [case.data for case in first] == [bytes(LENGTH), *(source.randbytes(LENGTH) for _ in first[1:])]
    assert same(first, again)


def test_a_case_is_drawn_when_it_is_asked_for_and_not_before(monkeypatch):
    made, decode = [], drawing.decode
    monkeypatch.setattr(drawing, "decode", lambda *given: made.append(given) or decode(*given))
    remembered.cache_clear()
    asked = drawn(LAWS["max-value"], PLANES, CALLABLES, 100, 0)
    next(asked), next(asked)
    assert len(made) == 2


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
    assert run(LAWS["max-value"], wrap(Writing), Settings(60, 4)).verdict == "holds"
    assert run(LAWS["max-value"], wrap(General), Settings(60, 4)).verdict == "holds"
    after = cases("max-value", wrap(General).declared, 60, 4)
    assert all(np.array_equal(case.x, x, equal_nan=True) for case, x in zip(after, kept, strict=True))


def test_targets_are_asked_law_by_law_and_what_only_ours_are_asked_they_alone():
    ours = "naive"
    units = plan(Request(("mine.py", ours), laws="max-value,agreement", expect=("ties=first",)))
    assert units == [
        ("mine.py", "max-value"),
        (ours, "max-value"),
        (ours, "agreement"),
        ("mine.py", "ties=first"),
        (ours, "ties=first"),
    ]
    assert plan(Request(("mine.py", ours)))[-2:] == [("mine.py", "conventions"), (ours, "conventions")]
