"""Calls made at the same time: what one leaves lying about is met by another at some moment of it, and nothing else."""

import sys
import threading

import numpy as np
import pytest
from poolproof.properties.worker import NUMPY, Host, in_the_midst

MOMENTS = [k / 40 for k in range(40)]
CALLS = [("mean_forward", {"x": np.full((1, 1, 2, 2), value)}, (2, 2), {}) for value in (1.0, 5.0)]


class Whole:
    """The mean of all that it is given: windows are not what this is about."""

    def mean_forward(self, x, size, stride):
        return self.mean(x)

    def mean(self, x):
        return np.mean(x, axis=(2, 3), keepdims=True)


class Attributes(Whole):
    def mean_forward(self, x, size, stride):
        self.x = x
        return self.mean(self.x)


class Scratch(Whole):
    def __init__(self):
        self.scratch = np.empty((1, 1, 2, 2))

    def mean_forward(self, x, size, stride):
        self.scratch[...] = x
        return self.mean(self.scratch)


class Locked(Attributes):
    def __init__(self):
        self.lock = threading.Lock()

    def mean_forward(self, x, size, stride):
        with self.lock:
            return super().mean_forward(x, size, stride)


class ThreadLocal(Attributes, threading.local):
    pass


class Raising(Whole):
    def __init__(self):
        self.busy = False

    def mean_forward(self, x, size, stride):
        if self.busy:
            raise RuntimeError("one call at a time")
        self.busy = True
        y = self.mean(x)
        self.busy = False
        return y


def results(kind, seconds, moments):
    answers = Host(kind).together(CALLS, seconds, moments)
    return [answer.get("error") or float(answer["value"].item()) for answer in answers]


@pytest.mark.parametrize("kind", [Attributes, Scratch, Raising])
def test_what_another_call_replaces_is_met_at_some_moment_without_any_luck(kind):
    assert results(kind, 0, []) == [1, 5]
    found = [[answer.get("error") or answer["value"].item() for answer in each] for each in interleaved(kind)]
    assert [1, 5] in found
    assert any(each != [1, 5] for each in found)


def interleaved(kind):
    return list(Host(kind).interleaved(CALLS, MOMENTS, float("inf")))


@pytest.mark.parametrize("kind", [Whole, Locked, ThreadLocal])
def test_who_keeps_calls_apart_gives_the_answers_of_calls_alone(kind):
    assert all([answer["value"].item() for answer in each] == [1, 5] for each in interleaved(kind))
    assert results(kind, 0.01, MOMENTS) == [1, 5]


@pytest.mark.parametrize("kind", [Attributes, Scratch])
def test_what_is_met_at_one_moment_is_the_answer(kind):
    assert results(kind, 10, MOMENTS) != [1, 5]


def test_there_is_time_for_one_moment_however_little():
    assert len(list(Host(Whole).interleaved(CALLS, MOMENTS, 0))) == 1


def test_steps_are_counted_and_the_trace_function_is_that_of_before():
    def seen(*_):
        return None

    def twice():
        ran.append(1)
        ran.append(2)
        return {"value": None}

    before, ran = sys.gettrace(), []
    sys.settrace(seen)
    try:
        _, steps = in_the_midst(twice, Later, 0)
        assert sys.gettrace() is seen
    finally:
        sys.settrace(before)
    # The call, its three lines and its end.
    assert (steps, ran) == (5, [1, 2])


def test_the_steps_of_numpy_are_not_counted():
    def numpy_alone():
        np.mean(np.ones(2))
        return {"value": None}

    assert in_the_midst(numpy_alone, Later, 0)[1] == 4


def test_the_steps_of_what_is_only_named_like_numpy_are_counted():
    file = NUMPY.rstrip("/\\") + "_of_mine.py"
    names = {}
    exec(compile("def alike():\n    return {'value': None}\n", file, "exec"), names)
    assert in_the_midst(names["alike"], Later, 0)[1] == 3


class Later:
    """What a call that another thread is to make has become: nothing yet, and nothing in the end."""

    def result(self):
        return []
