"""Whatever a target answers, observing its conventions gives values, and the report can be printed and written."""

import json
import random
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.contract import CALLABLES, Unusable
from poolproof.properties.conventions import CONVENTIONS, as_before, observe, observed
from poolproof.properties.data.typed import decoded, encoded
from poolproof.properties.report import render
from poolproof.properties.results import VERDICTS, Report, Result
from poolproof.properties.run.pinned import conventions_of, expected
from poolproof.properties.run.request import Request
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.targets.call import Answer
from poolproof.properties.targets.target import wrap
from selection import once_but, slow

SOME = ("ties", "signed-zero", "accumulator", "ceil-rule", "stride-zero")
"""Conventions that are pinned as well."""

DEATHS = ("hung", "killed by SIGSEGV")


def refuse(*_):
    raise ValueError("no")


def fail(*_):
    raise IndexError("beyond the end")


def leave(*_):
    raise SystemExit(3)


def like(right, value, dtype):
    """An array of the right shape with another value in it."""
    return np.full(right.shape, value, dtype)


ODD = {
    "bool": lambda right: like(right, True, bool),
    "complex": lambda right: like(right, 1j, complex),
    "objects": lambda right: like(right, None, object),
    "strings": lambda right: like(right, "one", "U3"),
    "bytes": lambda right: like(right, b"one", "S3"),
    "times": lambda right: like(right, 1, "M8[s]"),
    "structures": lambda right: like(right, 0, [("a", float), ("b", int)]),
    "extended": lambda right: like(right, 1, np.longdouble),
    "foreign byte order": lambda right: like(right, 1, ">f8"),
    "integers": lambda right: like(right, 1, int),
    "nan": lambda right: like(right, np.nan, float),
    "infinite": lambda right: like(right, -np.inf, np.float32),
    "negative": lambda right: like(right, -1, np.int64),
    "beyond 2^63": lambda right: like(right, 2**63, np.uint64),
    "masked": lambda right: np.ma.masked_array(like(right, 1, float), True),
    "0-d": lambda right: np.array(1.0),
    "32 axes": lambda right: np.ones((1,) * 32),
    "an axis more": lambda right: right[None],
    "an axis fewer": lambda right: right[0] if len(right) else right,
    "longer": lambda right: np.concatenate([right, right], axis=-1),
    "empty": lambda right: right[..., :0],
    "large": lambda right: np.zeros((1, 1 << 17), bool),
    "scalar": lambda right: np.float64(1),
    "number": lambda right: 1,
    "text": lambda right: "one",
    "list": lambda right: [1.0],
    "nothing": lambda right: None,
    "refused": refuse,
    "an error": fail,
    "an exit": leave,
}
"""Answers that no implementation should give, made from the right one."""


def target(choose, **declared):
    """Sound kernels whose answers pass through the functions that `choose` returns."""

    def odd(sound):
        def call(*arguments, **passed):
            change = choose()
            return change(sound(*arguments, **passed)) if change else sound(*arguments, **passed)

        return call

    offered = {name: odd(getattr(naive, name)) for name in CALLABLES}
    names = dict.fromkeys(CALLABLES, ("padding", "dilation", "ceil_mode"))
    names |= {name: (*names[name], "count_include_pad") for name in ("mean_forward", "mean_backward")}
    return wrap(SimpleNamespace(**offered, **{"settings": names, **declared}), "odd")


def at_every(count, change):
    """Returns `change` for one in `count` answers."""
    asked = iter(range(1 << 30))
    return lambda: change if next(asked) % count == count - 1 else None


def judged(target, names):
    """Observe, pin, print and write the conventions of a target."""
    result = conventions_of(target, None)
    pinned = [expected(target, name, CONVENTIONS[name].values[0]) for name in names]
    assert {each.verdict for each in pinned} <= set(VERDICTS)
    for name, found in result.conventions.items():
        assert set(found.all_values) <= {*CONVENTIONS[name].values, *DEATHS}, name
        assert as_before(target, found) in (True, False)
    called = {target.spec: target.name}
    assert len(render.conventions([result], called)) == len(result.conventions)
    render.varying([result, *pinned], called)
    document = render.document(Request((target.spec,)), {target.spec: target}, [result, *pinned], partial=False)
    read = Result.from_json(json.loads(json.dumps(result.as_json())))
    assert decoded(encoded(document), Report).targets[0].conventions.keys() >= read.conventions.keys()
    assert render.varying([read], called) == render.varying([result], called)
    return result.conventions


@pytest.mark.parametrize("name", once_but(ODD, "objects", "structures", "nothing", "an exit", others=slow))
def test_one_odd_answer_to_everything_is_a_value_of_every_convention(name):
    assert set(judged(target(lambda: ODD[name]), ["nan", "ceil-rule"])) == set(CONVENTIONS)


@pytest.mark.parametrize("rank", once_but([1, 2, 3], 2))
@pytest.mark.parametrize("seed", once_but([0, 1], 0))
def test_odd_answers_in_any_order_are_values_of_every_convention(seed, rank):
    source = random.Random(seed)
    odd = [*ODD.values(), *[None] * 20]
    assert set(judged(target(lambda: source.choice(odd), ranks=(rank,)), SOME)) == set(CONVENTIONS)


@pytest.mark.parametrize("count", once_but([2, 37], 37))
@pytest.mark.parametrize("name", once_but(["nan", "negative", "longer", "refused", "strings"], "strings"))
def test_an_answer_that_is_odd_now_and_then_ends_no_observation(name, count):
    source = target(at_every(count, ODD[name]), dtypes=("float32",))
    assert set(judged(source, ["signed-zero"])) == set(CONVENTIONS)


def test_a_value_that_no_smaller_call_shows_keeps_the_call_that_showed_it():
    found = observe(CONVENTIONS["signed-zero"], target(at_every(37, lambda y: y + 77), dtypes=("float64",)))
    shown = dict(found.each)
    assert set(shown) == {"first", "other"}
    assert shown["other"].got.cell(tuple(shown["other"].where)) == 77


@pytest.mark.parametrize("death", ["hung", "crashed"])
@pytest.mark.parametrize("count", [1, 2, 4, 50])
def test_a_death_at_some_call_is_a_value_beside_those_before(death, count):
    mortal = target(lambda: None)
    plain, asked = mortal.ask, iter(range(1, 1 << 30))
    dead = Answer(death=death, error="no answer" if death == "hung" else DEATHS[1])
    mortal.ask = lambda call: dead if next(asked) % count == 0 else plain(call)
    mortal.fresh = lambda: mortal
    found, left = observed(mortal)
    assert (left == []) == (death == "crashed")
    for name, each in found.items():
        assert set(each.all_values) <= {*CONVENTIONS[name].values, *DEATHS}
    shown = [value for each in found.values() for value in each.all_values]
    assert DEATHS[death == "crashed"] in shown


def test_a_death_while_a_smaller_call_is_looked_for_leaves_what_was_shown():
    mortal = target(lambda: None)
    plain, asked = mortal.ask, iter(range(1, 1 << 30))
    mortal.ask = lambda call: Answer(death="crashed", error=DEATHS[1]) if next(asked) == 2 else plain(call)
    mortal.fresh = lambda: mortal
    assert observe(CONVENTIONS["nan"], mortal).values == ["propagates", DEATHS[1]]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_about_padding_ends_no_smoke_test(name):
    asked = iter(range(1 << 30))

    def mean_forward(x, size, stride, padding=0):
        right = naive.mean_forward(x, size, stride, padding=padding)
        return ODD[name](right) if next(asked) else right

    padded = wrap(SimpleNamespace(mean_forward=mean_forward))
    smoke_test(padded)
    assert padded.declared.count_include_pad in (True, False)


NO_ARRAY = ("objects", "scalar", "number", "text", "list", "nothing", "refused", "an error", "an exit")


@pytest.mark.parametrize("name", NO_ARRAY)
def test_an_answer_that_is_no_array_fails_the_smoke_test(name):
    with pytest.raises(Unusable, match="odd fails its smoke test, one 2x2 window: max_forward: "):
        smoke_test(target(lambda: ODD[name]))


@pytest.mark.parametrize("name", sorted(set(ODD) - set(NO_ARRAY)))
def test_an_array_of_any_form_passes_the_smoke_test(name):
    smoke_test(target(lambda: ODD[name]))


def test_a_pinned_convention_that_varies_is_shown_by_what_it_should_not_be():
    odd = target(at_every(37, ODD["refused"]))
    result = expected(odd, "nan", "propagates")
    assert result.verdict == "broken"
    assert result.counterexample.got == "ValueError: no"
