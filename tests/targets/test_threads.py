"""Calls made at the same time: state that one leaves inconsistent is found by another at some moment of it."""

import asyncio
import importlib.util
import json
import logging
import os
import queue
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from poolproof.properties.remote import worker
from poolproof.properties.remote.worker import NUMPY, STDLIB, Host, Standby, in_the_midst, of_target

MOMENTS = [k / 40 for k in range(40)]
CALLS = [("mean_forward", {"x": np.full((1, 1, 2, 2), value)}, (2, 2), {}) for value in (1.0, 5.0)]


class Whole:
    """The mean of all cells, whatever the windows."""

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


def test_the_steps_of_the_standard_library_are_not_counted_but_those_of_the_target_within_it_are():
    def library_alone():
        json.dumps([1])
        return {"value": None}

    def called_back():
        threading.Condition(HELD).wait_for(lambda: True)
        return {"value": None}

    assert in_the_midst(library_alone, Later, 0)[1] == 4
    with HELD:
        # The call of the lambda, its line and its end.
        assert in_the_midst(called_back, Later, 0)[1] == 4 + 3


HELD = threading.RLock()

LIBRARY = [
    threading.Thread.start,
    queue.Queue.put,
    ThreadPoolExecutor.submit,
    logging.getLogger,
    asyncio.run,
    importlib.import_module,
    importlib.util.find_spec,
    os.path.join,
]
"""Functions of the standard library, from its folders and frozen."""


@pytest.mark.parametrize("function", LIBRARY, ids=lambda function: function.__qualname__)
def test_a_call_is_not_stopped_within_the_standard_library(function):
    assert not of_target(function.__code__.co_filename)


def test_a_call_is_stopped_in_the_code_of_a_target_and_of_installed_packages():
    installed = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
    beside = [str(Path(STDLIB) / folder) for folder in ("site-packages", "dist-packages")]
    assert all(of_target(str(Path(folder) / "mine" / "kernel.py")) for folder in installed + beside)
    assert all(map(of_target, [pytest.__file__, __file__, "<string>", STDLIB.rstrip("/\\") + "_of_mine/kernel.py"]))
    assert not any(map(of_target, [np.__file__, worker.__file__, "<frozen importlib._bootstrap>"]))


# The thread that makes the other calls.


def test_whatever_ends_the_other_calls_is_raised_where_they_are_waited_for():
    def interrupted():
        raise KeyboardInterrupt

    standby = Standby(interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            standby.ask().result(60)
    standby.dismiss()


@pytest.mark.parametrize("moments", [[], MOMENTS])
def test_the_thread_ends_with_the_calls_made_together(moments):
    before = set(threading.enumerate())
    list(Host(Whole).interleaved(CALLS, moments, float("inf")))
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()


def test_a_module_that_a_call_is_importing_makes_the_others_wait_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "imported_late.py").write_text("first = 1\nsecond = 2\n")
    monkeypatch.syspath_prepend(tmp_path)

    def importing():
        import imported_late

        return {"value": imported_late.second}

    standby = Standby(lambda: [importing()])
    for at in range(1, 9):
        sys.modules.pop("imported_late", None)
        assert in_the_midst(importing, standby.ask, at)[0] == [{"value": 2}] * 2
    standby.dismiss()


class Later:
    """A call that another thread should make, but never does."""

    def result(self):
        return []
