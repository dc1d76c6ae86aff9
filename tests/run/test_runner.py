"""One law on one target: the verdicts, the result of shrinking, seeds, time, and results as JSON."""

import json
import re
import time
from functools import cache
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from msgspec import UNSET, structs, to_builtins
from poolproof.kernels import naive
from poolproof.kernels.dtypes import ORDERED, is_float
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.case import Case
from poolproof.properties.cases.choices import Generated
from poolproof.properties.contract import CALLABLES, FORWARD, MEAN, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.data.typed import decoded, encoded
from poolproof.properties.lawbook import LAWS
from poolproof.properties.results import Result, StoredCase, stored_case
from poolproof.properties.run import trial
from poolproof.properties.run.runner import replay, run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Answer
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from selection import once_but, slow

FUNCTIONS = {name: getattr(naive, name) for name in CALLABLES}
ASKED = [law for law in LAWS.values() if not law.reference]
laws = pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)


def target(**changed):
    """A target like the naive kernel, except for these callables and declarations; None removes one."""
    return wrap(SimpleNamespace(**{k: v for k, v in {**FUNCTIONS, **changed}.items() if v is not None}), "mine")


def tried(law, subject, examples=60, seed=0, **settings):
    """The result of a law on a target."""
    return run(LAWS[law], subject, TrialSettings(examples, seed, **settings))


def windows(dy, size, stride):
    """Each output and its window, an index into x."""
    for n, c, row, column in np.ndindex(dy.shape):
        top, left = row * stride[0], column * stride[1]
        yield (n, c, row, column), (n, c, slice(top, top + size[0]), slice(left, left + size[1]))


def overwriting_max(dy, x, size, stride):
    dx = np.zeros_like(x)
    for output, window in windows(dy, size, stride):
        at = np.unravel_index(x[window].argmax(), size)
        dx[window][at] = dy[output]
    return dx


def overwriting_mean(dy, x, size, stride):
    dx = np.zeros_like(x)
    for output, window in windows(dy, size, stride):
        dx[window] = dy[output] / dx[window].size
    return dx


def to_every_tie(dy, x, size, stride):
    dx = np.zeros_like(x)
    for output, window in windows(dy, size, stride):
        dx[window] += dy[output] * (x[window] == x[window].max())
    return dx


def to_the_last(dy, x, size, stride):
    """Sound: ties are a convention."""
    dx = np.zeros(x.shape)
    for output, window in windows(dy, size, stride):
        at = x[window].size - 1 - x[window].reshape(-1)[::-1].argmax()
        dx[window][np.unravel_index(at, size)] += dy[output]
    return dx.astype(x.dtype)


def undivided(dy, x, size, stride):
    return naive.mean_backward(dy, x, size, stride) * x.dtype.type(size[0] * size[1])


def from_zero(x, size, stride):
    return np.maximum(naive.max_forward(x, size, stride), 0).astype(x.dtype)


def in_float64(x, size, stride):
    return naive.max_forward(x, size, stride).astype(np.float64)


def identity_returned(x, size, stride):
    return x if size == stride == (1, 1) else naive.max_forward(x, size, stride)


def sorting(x, size, stride):
    y = naive.max_forward(x, size, stride)
    x.sort()
    return y


def leave(*_):
    raise SystemExit(0)


# Verdicts.


@laws
def test_every_law_holds_for_the_naive_kernel(law):
    result = run(law, load("naive"), TrialSettings(examples=15))
    assert (result.verdict, result.examples, result.counterexample) == ("holds", 15, None)


@slow
@pytest.mark.parametrize("law", ASKED, ids=lambda law: law.name)
def test_every_law_for_everybody_holds_where_the_last_maximum_gets_the_gradient(law):
    result = run(law, target(max_backward=to_the_last), TrialSettings(examples=25))
    expected = "unsupported" if law.plan.ranks > 1 else "holds"
    assert result.verdict == expected, result.message


@slow
@pytest.mark.parametrize("seed", range(3))
def test_routing_holds_in_float16_where_the_last_maximum_gets_the_gradient(seed):
    result = tried("routing", target(max_backward=to_the_last, dtypes=("float16",)), seed=seed)
    assert result.verdict == "holds", result.message


FAULTS = [
    ("max-value", "broken", {"max_forward": from_zero}),
    ("dtype-preserved", "broken", {"max_forward": in_float64}),
    ("no-aliasing-of-identity", "broken", {"max_forward": identity_returned}),
    ("inputs-unchanged", "broken", {"max_forward": sorting}),
    ("max-accumulation", "broken", {"max_backward": overwriting_max}),
    ("conservation", "broken", {"max_backward": overwriting_max}),
    ("max-adjoint", "broken", {"max_backward": overwriting_max}),
    ("max-differences", "broken", {"max_backward": overwriting_max}),
    ("tied-maxima", "broken", {"max_backward": to_every_tie}),
    ("conservation", "broken", {"max_backward": to_every_tie}),
    ("mean-accumulation", "broken", {"mean_backward": overwriting_mean}),
    ("mean-adjoint", "broken", {"mean_backward": overwriting_mean}),
    ("mean-differences", "broken", {"mean_backward": overwriting_mean}),
    ("mean-spread", "broken", {"mean_backward": undivided}),
    ("conservation", "broken", {"mean_backward": undivided}),
    ("max-value", "raised", {"max_forward": lambda *_: 1 // 0}),
    ("output-size", "crashed", {"max_forward": leave}),
    ("mean-value", "crashed", {"mean_forward": leave}),
]
faults = pytest.mark.parametrize(
    "fault", range(len(FAULTS)), ids=[f"{law}-{next(iter(changed.values())).__name__}" for law, _, changed in FAULTS]
)


@cache
def judged(fault):
    """The result of the law on the fault."""
    law, _, changed = FAULTS[fault]
    return tried(law, target(**changed))


@slow
@faults
def test_a_fault_is_found(fault):
    assert judged(fault).verdict == FAULTS[fault][1]
    assert judged(fault).failed


@slow
@faults
def test_a_fault_is_found_again_by_a_replay_where_the_naive_kernel_is_right(fault):
    law, verdict, changed = FAULTS[fault]
    again = replay(LAWS[law], target(**changed), judged(fault).counterexample)
    sound = replay(LAWS[law], target(), judged(fault).counterexample)
    assert (again.verdict, sound.verdict) == (verdict, "holds"), sound.message
    # A replay tries only the one case, and so says nothing about other callables.
    one_case = structs.replace(judged(fault).counterexample, callables=UNSET, in_process=UNSET)
    assert again.counterexample == one_case


@slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("law", ["tied-maxima", "routing", "conservation", "linearity"])
def test_what_is_left_after_shrinking_is_still_a_case_of_its_law(law, seed):
    found = tried(law, target(max_backward=overwriting_max), seed=seed).counterexample
    assert found is None or replay(LAWS[law], target(), found).verdict == "holds"


@faults
def test_the_counterexample_of_a_fault_is_small_and_complete(fault):
    found = judged(fault).counterexample
    call = found.calls[found.failing_call]
    assert np.prod(call.args["x"].shape) <= 6
    parts = {"seed", "calls", "failing_call", "expected", "got", "where", "message", "case", "callables", "in_process"}
    # A mistake explains each wrong answer; a kernel that always raises or dies needs nothing of its case.
    parts |= {"mistakes"} if judged(fault).verdict == "broken" else set()
    assert parts <= set(to_builtins(found)) <= parts | {"needs"}
    assert set(to_builtins(call)) == {"call", "args", "size", "stride", "settings"}
    assert list(call.args) == (["dy", "x"] if call.function.endswith("backward") else ["x"])
    assert found.message.startswith(f"{call.function} of mine: ")


@slow
@pytest.mark.parametrize("law", ["max-accumulation", "conservation", "max-adjoint", "max-differences"])
@pytest.mark.parametrize("seed", [1, 2])
def test_gradients_that_overwrite_each_other_are_shown_in_at_most_four_cells(law, seed):
    found = tried(law, target(max_backward=overwriting_max), examples=80, seed=seed)
    assert found.verdict == "broken"
    case = found.counterexample.case.case()
    assert case.x.size <= 4
    assert sorted(case.size) == [1, 2]


def test_a_wrong_value_is_reported_with_its_place_and_both_arrays():
    found = tried("max-value", target(max_forward=from_zero)).counterexample
    assert (found.got, found.expected, found.where) == ([[[[0.0]]]], [[[[-1.0]]]], [0, 0, 0, 0])


def test_what_is_not_offered_is_unsupported():
    result = tried("max-accumulation", target(max_backward=None))
    assert (result.verdict, result.reason, result.examples) == ("unsupported", "it offers no max_backward", 0)
    assert not result.failed


def test_what_is_needed_besides_is_asked_for_too():
    result = tried("max-adjoint", target(max_forward=None))
    assert (result.verdict, result.reason) == ("unsupported", "it offers no max_backward with max_forward")


def test_gradients_are_not_asked_of_a_target_without_floats():
    result = tried("routing", target(dtypes=("int8",)))
    assert result.verdict == "unsupported"
    assert "floating-point dtype" in result.reason


@pytest.mark.parametrize("law", [law.name for law in ASKED])
@pytest.mark.parametrize(
    "dtypes", once_but([("int8",), ("bool",), ("float16",), ORDERED], ORDERED, others=slow), ids=str
)
def test_no_declaration_of_dtypes_is_too_narrow_to_be_tried(dtypes, law):
    assert tried(law, target(dtypes=dtypes), examples=6).verdict in ("holds", "unsupported")


@pytest.mark.parametrize(
    ("law", "declaration"), [("same-twice", "deterministic"), ("two-threads", "threads")], ids=["twice", "threads"]
)
def test_a_declaration_excuses_from_a_law(law, declaration):
    result = tried(law, target(**{declaration: False}))
    assert (result.verdict, result.reason) == ("unsupported", f"it declares {declaration}=False")


# Answers that differ between calls.


class Once:
    """Gives one wrong answer: the seventh of all instances together."""

    calls = 0
    dtypes = ("float64",)

    def max_forward(self, x, size, stride):
        Once.calls += 1
        return naive.max_forward(x, size, stride) + x.dtype.type(Once.calls == 7)


def test_a_failure_that_does_not_come_back_is_broken_and_reported_whole():
    Once.calls = 0
    result = tried("max-value", wrap(Once))
    assert result.verdict == "broken"
    assert "differs between calls" in result.message
    assert result.counterexample.once is True
    assert result.counterexample.where is not None
    assert isinstance(result.counterexample.case.case(), Case)


class Now:
    """Gives a wrong answer now and then."""

    def __init__(self):
        self.calls = 0

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride) + x.dtype.type(self.calls % 7 == 0)


@slow
def test_a_failure_that_comes_back_now_and_then_is_found_by_a_replay():
    result = tried("max-value", wrap(Now), examples=100)
    assert result.verdict == "broken"
    assert replay(LAWS["max-value"], wrap(Now), structs.replace(result.counterexample, once=True)).verdict == "broken"


# Refusals.


def only_full_batches(x, size, stride):
    if len(x) == 0:
        raise ValueError("empty batch")
    return naive.max_forward(x, size, stride)


def test_a_refused_edge_counts_as_refused():
    result = tried("output-size", wrap(SimpleNamespace(max_forward=only_full_batches)), examples=150)
    assert result.verdict == "holds"
    assert 0 < result.refused == result.reached["N = 0"] < result.examples == 150


def test_a_target_that_refuses_whatever_is_not_ordinary_is_unsupported():
    def strict(x, size, stride):
        strict.calls += 1
        if strict.calls % 2 == 0:
            raise ValueError("no")
        return naive.max_forward(x, size, stride)

    strict.calls = 0
    result = tried("memory-layouts", wrap(SimpleNamespace(max_forward=strict)), examples=30)
    assert (result.verdict, result.reason, result.refused) == ("unsupported", "it refused every case", 30)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_failure_on_an_empty_batch_is_reported(channels):
    def wide_if_empty(x, size, stride):
        y = naive.max_forward(x, size, stride)
        return y if len(x) or x.shape[1] < channels else y.astype(np.int64)

    result = tried("dtype-preserved", wrap(SimpleNamespace(max_forward=wide_if_empty)), examples=200)
    assert result.verdict == "broken"
    assert re.search(rf"np\.empty\(\(0, {channels}, 1, 1\), 'float\d\d'\)", result.message)


def test_a_refusal_of_an_ordinary_input_is_raised():
    def never_two(x, size, stride):
        if size == (2, 2):
            raise NotImplementedError("2x2")
        return naive.max_forward(x, size, stride)

    result = tried("max-value", wrap(SimpleNamespace(max_forward=never_two)), examples=100)
    assert result.verdict == "raised"
    assert "raised NotImplementedError: 2x2" in result.message


# State.


class Remembering:
    """Knows which law makes each call, because every law has an instance of its own."""

    instances: ClassVar[list] = []

    def __init__(self):
        self.calls = 0
        self.instances.append(self)

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride)


def test_a_class_is_instantiated_anew_for_each_law():
    Remembering.instances.clear()
    subject = wrap(Remembering)
    before = len(Remembering.instances)
    for law in ("max-value", "output-size"):
        assert tried(law, subject, examples=10).verdict == "holds"
    assert [each.calls for each in Remembering.instances[before:]] == [10, 10]
    assert [each.calls for each in Remembering.instances[:before]] == [0] * before


class Broke:
    """Wrong from its fifth call on."""

    def __init__(self):
        self.calls = 0

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride) if self.calls <= 4 else np.zeros((1,))


def test_what_one_law_breaks_another_does_not_meet():
    subject = wrap(Broke)
    assert tried("max-value", subject, examples=10).verdict == "broken"
    assert tried("output-size", subject, examples=4).verdict == "holds"


# Seeds and time.


def known(result):
    """A result without its time."""
    return structs.replace(result, seconds=0.0)


@slow
@pytest.mark.parametrize("law", ["max-value", "linearity", "same-twice", "memory-layouts"])
def test_one_seed_gives_the_same_cases_to_every_target(law):
    def negated(dy, x, size, stride, **settings):
        return -naive.max_backward(-dy, x, size, stride, **settings)

    one, other = tried(law, target()), tried(law, target(max_backward=negated, name="another"))
    assert one.digest == other.digest != 0
    assert one.reached == other.reached


@slow
@pytest.mark.parametrize("law", ["max-value", "linearity"])
def test_another_seed_gives_other_cases(law):
    assert tried(law, target(), seed=1).digest != tried(law, target(), seed=2).digest


def test_one_seed_gives_the_same_counterexample():
    subject = target(max_backward=overwriting_max)
    assert known(tried("conservation", subject, seed=5)) == known(tried("conservation", subject, seed=5))


def test_two_laws_of_one_plan_see_different_cases():
    assert tried("max-differences", target()).digest != tried("max-adjoint", target()).digest


def test_no_case_is_tried_when_the_time_is_over():
    result = tried("max-value", target(), end=time.time() - 1)
    assert (result.verdict, result.examples, result.partial) == ("not run", 0, True)
    assert result.reason


def test_what_was_tried_before_the_time_was_over_counts():
    def slow(x, size, stride):
        time.sleep(0.02)
        return naive.max_forward(x, size, stride)

    result = tried("max-value", target(max_forward=slow), examples=5000, end=time.time() + 0.5)
    assert (result.verdict, result.partial) == ("holds", True)
    assert 0 < result.examples < 100


@slow
def test_shrinking_a_slow_failure_ends_in_time(monkeypatch):
    monkeypatch.setitem(trial.SHRINKING, "broken", 0.5)

    calls = []

    def slow(dy, x, size, stride):
        calls.append(x)
        time.sleep(0.2)
        return overwriting_max(dy, x, size, stride)

    result = tried("max-accumulation", target(max_backward=slow))
    assert result.verdict == "broken"
    # Half a second allows three calls. To make the case smaller: these, the one during which it ends, and the last for
    # the report. For the mistake: six that are always made, and those of half a second. For what it needs: the latter.
    assert len(calls) <= result.examples + (3 + 2) + (6 + 3) + 3


# Results as JSON.


def through_json(data):
    """Plain data after it has been text, which cannot hold NaN or infinity."""
    return json.loads(json.dumps(data, allow_nan=False))


@pytest.mark.parametrize(
    "result",
    [
        lambda: tried("max-value", target()),
        lambda: tried("max-value", target(max_forward=from_zero)),
        lambda: tried("max-value", target(max_forward=lambda x, *w: naive.max_forward(x, *w) * np.float64(np.nan))),
        lambda: tried("max-value", target(max_forward=leave)),
        lambda: tried("routing", target(max_backward=None)),
        lambda: tried("max-value", target(), end=1.0),
    ],
    ids=["holds", "broken", "nan", "crashed", "unsupported", "not run"],
)
def test_a_result_survives_json(result):
    found = result()
    assert Result.from_json(through_json(found.as_json())) == found == Result.from_text(found.as_text())


def drawn(law, count):
    """Cases of a law from random choices."""
    taken = {function: MEAN_SETTINGS if function in MEAN else SETTINGS for function in CALLABLES}
    declared, choices = Declared(dtypes=ORDERED, ranks=(1, 2, 3), settings=taken), Generated(law.name)
    builder = Builder(law.plan, declared, law.plan.asked(declared, CALLABLES))
    return [builder.case(choices) for _ in range(count)]


def identical(one, other):
    """Whether two arrays are the same, bit for bit; None equals None."""
    if one is None or other is None:
        return one is other
    return (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())


@laws
def test_a_case_survives_json(law):
    for case in drawn(law, 20):
        if case.x.size < 5000:
            again = decoded(encoded(stored_case(case)), StoredCase).case()
            assert identical(again.x, case.x)
            assert identical(again.other, case.other)
            assert again.dy.shape == case.dy.shape
            assert not is_float(case.x.dtype) or identical(again.dy, case.dy)
            for name in ("function", "size", "stride", "values", "layouts", "spot", "settings", "assumed"):
                assert getattr(again, name) == getattr(case, name)


@pytest.mark.parametrize(
    "values",
    [
        np.array([np.nan, np.inf, -np.inf, -0.0]),
        np.array([65504, 6e-8, np.nan, 0], np.float16),
        np.array([0, 2**64 - 1, 2**63, 1], np.uint64),
        np.array([-(2**63), 2**63 - 1, 0, 1]),
        np.array([True, False, False, True]),
    ],
    ids=lambda values: values.dtype.name,
)
def test_numbers_that_json_lacks_survive_it(values):
    x = values.reshape(1, 1, 2, 2)
    case = Case("max_forward", x, (1, 1), (1, 1), x if x.dtype.kind == "f" else np.zeros_like(x), "wide", other=x)
    again = decoded(encoded(stored_case(case)), StoredCase).case()
    assert identical(again.x, x)
    assert identical(again.other, x)


def test_a_nan_in_an_answer_is_a_string_in_the_report():
    broken = target(max_forward=lambda x, *w: np.full_like(naive.max_forward(x, *w), np.nan, float))
    assert tried("max-value", broken, examples=20).counterexample.got == [[[["nan"]]]]


# A callable that fails does not hide the others of the same law.


def off(name):
    """A callable whose results are one too large."""
    return lambda *arguments: getattr(naive, name)(*arguments) + 1


def offset(*names, **more):
    return target(**{name: off(name) for name in names}, **more)


WRONG = [("max_forward",), ("mean_forward",), ("max_forward", "mean_forward")]


@slow
@pytest.mark.parametrize("names", WRONG, ids=" and ".join)
def test_a_failure_names_every_callable_for_which_the_law_fails(names):
    found = tried("identity", offset(*names)).counterexample
    shown = found.case.function
    others = [name for name in names if name != shown]
    assert shown in names
    assert found.callables == list(names)
    assert [f"identity fails for {name} as well" in found.message for name in FORWARD] == [
        name in others for name in FORWARD
    ]


def test_callables_that_die_are_named_too_but_not_after_a_hang():
    deaths = {"max_forward": "hung", "mean_forward": "hung"}
    mortal = target()
    plain, asked = mortal.ask, []

    def ask(call):
        asked.append(call.function)
        return Answer(death="hung", error="no answer") if call.function in deaths else plain(call)

    mortal.ask = ask
    mortal.fresh = mortal.afresh = lambda: mortal
    found = tried("identity", mortal, examples=40).counterexample
    assert found.callables == [found.case.function]


def test_known_failures_take_no_time_for_other_callables():
    found = tried("identity", offset(*WRONG[-1]), brief=True).counterexample
    assert found.callables == [found.case.function]


def test_the_cases_of_other_callables_are_not_counted():
    full, brief = (tried("identity", offset(*WRONG[-1]), brief=brief) for brief in (False, True))
    assert (full.examples, full.digest, full.reached) == (brief.examples, brief.digest, brief.reached)
