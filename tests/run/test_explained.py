"""A result explains a failure beside its smallest case: mistakes, their descriptions, and what the failure needs."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import UNSET
from poolproof.kernels import naive
from poolproof.properties.failures import evidence
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run import runner, trial
from poolproof.properties.run.runner import replay, run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import once, slow

pytestmark = once


def doubled_where_windows_overlap(x, size, stride):
    """Means that are not divided where windows overlap along the last axis."""
    y = naive.mean_forward(x, size, stride)
    return y * y.dtype.type(np.prod(size)) if stride[-1] < size[-1] and y.shape[3] > 1 else y


OVERLAPPING = SimpleNamespace(mean_forward=doubled_where_windows_overlap, dtypes=("float64",))


def result(law, implementation, **settings):
    """The result of one law."""
    return run(LAWS[law], wrap(implementation, "mine"), TrialSettings(seed=0, **settings))


@slow
def test_a_failure_has_its_mistakes_its_hint_and_its_needs():
    found = result("mean-value", OVERLAPPING).counterexample
    assert found.mistakes == ["mean-not-divided"]
    assert "overlapping windows" in found.needs
    assert found.message.splitlines()[-2:] == [
        "    The sum is not divided by the number of cells.",
        "    The sum of a window is divided by the number of its cells.",
    ]


@slow
def test_a_replay_explains_a_failure_again():
    found = result("mean-value", OVERLAPPING).counterexample
    assert replay(LAWS["mean-value"], wrap(OVERLAPPING, "mine"), found).counterexample.mistakes == ["mean-not-divided"]


def wide_rows_off_by_one(x, size, stride):
    """Maxima, one too high where rows have more than three cells."""
    y = naive.max_forward(x, size, stride)
    return y + 1 if x.shape[3] > 3 else y


@slow
@pytest.mark.parametrize("law", ["max-value", "translation", "increasing-maps", "nothing-remembered"])
def test_of_the_calls_that_a_law_compares_one_with_a_wrong_answer_is_shown(law):
    """The last call of translation has shorter rows than the first, and a right answer."""
    found = result(law, SimpleNamespace(max_forward=wide_rows_off_by_one, dtypes=("float64",))).counterexample
    shown = found.calls[found.failing_call].call()
    right = naive.max_forward(*shown.arrays.values(), shown.size, shown.stride)
    assert np.array_equal(found.got, right + 1)
    compared = "found by comparison with the answer to another call, which is right"
    assert (compared in found.message) is (law == "translation")
    assert law != "translation" or (found.failing_call, found.expected) == (0, right.tolist())


def cells(found):
    """The cells of the image of a counterexample."""
    return np.prod(found.case.x.shape)


@slow
def test_a_mistake_that_was_told_before_is_recognised_and_its_case_is_not_made_smaller():
    first = result("mean-value", OVERLAPPING).counterexample
    again = result("mean-value", OVERLAPPING, told=("mean-not-divided",)).counterexample
    assert again.mistakes == first.mistakes == ["mean-not-divided"]
    assert cells(again) > cells(first)
    assert again.needs is UNSET


@slow
@pytest.mark.parametrize("told", [("result-shares-input",), ("mean-is-maximum",)])
def test_a_mistake_that_was_told_before_and_explains_nothing_changes_nothing(told):
    first, again = (result("mean-value", OVERLAPPING, told=each).counterexample for each in ((), told))
    assert again.message == first.message
    assert again.needs == first.needs


@slow
def test_where_another_callable_fails_too_what_was_told_is_not_enough(monkeypatch):
    monkeypatch.setattr(runner, "failing_too", lambda trial, _: {"max_forward": trial.found})
    found = result("mean-value", OVERLAPPING, told=("mean-not-divided",)).counterexample
    assert "overlapping windows" in found.needs


def test_calls_that_meet_in_an_input_that_one_of_them_writes_to_have_this_for_their_cause():
    def scaled(dy, x, size, stride):
        """The gradient of a mean, for which the gradient that arrives is divided where it lies."""
        dy /= np.prod(size)
        return naive.mean_backward(dy, x, size, stride) * np.prod(size).astype(x.dtype)

    found = result("two-threads", SimpleNamespace(mean_backward=scaled, dtypes=("float64",))).counterexample
    assert found.mistakes == ["input-changed"]


@slow
@pytest.mark.parametrize(("deadline", "explained"), [(100.0, True), (11.0, False)])
def test_a_failure_at_the_end_of_its_law_is_explained_in_half_of_what_the_run_has_left(
    monkeypatch, deadline, explained
):
    clock = SimpleNamespace(now=0.0, time=lambda: clock.now, monotonic=time.monotonic, thread_time=time.thread_time)
    for module in (trial, evidence):
        monkeypatch.setattr(module, "time", clock)

    def late(x, size, stride):
        """The first wrong answer comes after the end of the law."""
        y = doubled_where_windows_overlap(x, size, stride)
        clock.now = max(clock.now, 11.0 if not np.array_equal(y, naive.mean_forward(x, size, stride)) else 0.0)
        return y

    kernel = SimpleNamespace(mean_forward=late, dtypes=("float64",))
    found = result("mean-value", kernel, end=10.0, deadline=deadline).counterexample
    assert (found.mistakes == ["mean-not-divided"]) is explained
    assert (cells(found) <= 3, found.needs is not UNSET) == (explained, explained)


@slow
def test_a_known_failure_has_mistakes_and_no_needs():
    found = result("mean-value", OVERLAPPING, brief=True).counterexample
    assert found.mistakes == ["mean-not-divided"]
    assert found.needs is UNSET


@pytest.mark.parametrize(
    ("law", "function", "kernel", "mistake"),
    [
        ("no-aliasing-of-identity", "max_forward", lambda x, *_: x, "result-shares-input"),
        ("inputs-unchanged", "max_forward", lambda x, *w: [naive.max_forward(x, *w), x.fill(0)][0], "input-changed"),
    ],
)
def test_what_a_law_sees_itself_needs_no_hypothesis(law, function, kernel, mistake):
    assert result(law, SimpleNamespace(**{function: kernel})).counterexample.mistakes == [mistake]


def test_calls_made_at_the_same_time_are_told():
    class Shared:
        def max_forward(self, x, size, stride):
            self.x = x
            for _ in range(100):
                pass
            return naive.max_forward(self.x, size, stride)

    found = result("two-threads", Shared).counterexample
    assert found is None or found.mistakes == ["not-thread-safe"]


def test_memory_that_is_not_initialised_is_not_taken_for_threads():
    class Uncleared:
        memory = np.zeros(1 << 16)

        def max_forward(self, x, size, stride):
            y = naive.max_forward(x, size, stride)
            left, self.memory[: y.size] = self.memory[: y.size].copy(), y.ravel()
            return np.where(np.arange(y.size).reshape(y.shape) % 2, left.reshape(y.shape).astype(y.dtype), y)

    found = result("two-threads", Uncleared).counterexample
    assert found is not None
    assert "not-thread-safe" not in found.mistakes


@slow
def test_an_exception_that_no_rule_explains_has_no_hint():
    def max_forward(*_):
        raise ValueError("never")

    found = result("max-value", SimpleNamespace(max_forward=max_forward)).counterexample
    assert (found.mistakes, found.message.splitlines()[0]) == (UNSET, "max_forward of mine: raised ValueError: never")


@slow
def test_a_failure_after_earlier_calls_needs_these():
    class Counting:
        calls = 0

        def max_forward(self, x, size, stride):
            self.calls += 1
            return naive.max_forward(x, size, stride) + (self.calls > 2)

    found = result("max-value", Counting).counterexample
    assert (found.mistakes, found.needs) == (["depends-on-earlier-calls"], ["earlier calls"])


def test_failures_that_need_no_reason_are_not_explained():
    found = result("mean-value", OVERLAPPING, explain=False).counterexample
    assert (found.mistakes, found.needs) == (UNSET, UNSET)
