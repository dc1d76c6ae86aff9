"""A kernel in a benchmark's format: its own check runs once, and the problem is read before the kernel is loaded."""

import time
from types import SimpleNamespace

import pytest
from poolproof.kernels import naive
from poolproof.properties import laws
from poolproof.properties.contract import Declared, Unusable
from poolproof.properties.run import benchmark
from poolproof.properties.run.benchmark import own_check
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import BENCHMARK_ITEM, plan
from selection import slow
from shell import poolproof

PROBLEM = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, size, stride):
        super().__init__()
        self.pool = nn.MaxPool2d(size, stride)

    def forward(self, x):
        return self.pool(x)


def get_inputs():
    return [torch.rand(2, 3, 9, 9)]


def get_init_inputs():
    return [3, 2]
"""
SOLUTION = """
from torch import nn
{patch}

class ModelNew(nn.Module):
    def __init__(self, size, stride):
        super().__init__()
        self.window = size, stride

    def forward(self, x):
        return nn.functional.max_pool2d(x{more}, *self.window)
"""
PATCH = """
nn.MaxPool2d.forward = lambda self, x: nn.functional.max_pool2d(x, 1, 1)
nn.MaxPool2d.__init__ = lambda self, *_: nn.Module.__init__(self)
"""


def loading(monkeypatch, load):
    """What is loaded for the check."""
    asked = []
    monkeypatch.setattr(benchmark, "load", lambda spec, _: asked.append(spec) or load())
    return asked


def checked(verdict):
    """A target that has been checked with this verdict, and whether it was ended."""
    ended = []
    note = f"KernelBench's check: {verdict} (some trials)"
    return SimpleNamespace(declared=Declared(version=verdict), notes=[note], end=lambda: ended.append(True)), ended


@pytest.mark.parametrize(
    ("said", "verdict", "cases"), [("accepts", "holds", 1), ("rejects", "broken", 1), ("not run", "unsupported", 0)]
)
def test_the_check_is_made_by_a_target_of_its_own_that_is_ended(monkeypatch, said, verdict, cases):
    target, ended = checked(said)
    asked = loading(monkeypatch, lambda: target)
    result = own_check("kernelbench(new.py, old.py)", Request(), None)
    assert (result.verdict, result.message, result.examples) == (verdict, target.notes[0], cases)
    assert (asked, ended) == (["own_check(new.py, old.py)"], [True])


def test_a_check_that_ends_its_process_is_told(monkeypatch):
    def load():
        raise Unusable("killed by SIGSEGV\nand more")

    loading(monkeypatch, load)
    result = own_check("kernelbench(new.py)", Request(), None)
    assert (result.verdict, result.reason) == ("unsupported", "KernelBench's check: not run: killed by SIGSEGV")


def test_a_process_that_gives_no_verdict_is_told(monkeypatch):
    target, ended = checked("approves")
    loading(monkeypatch, lambda: target)
    result = own_check("kernelbench(new.py)", Request(), None)
    assert (result.verdict, ended) == ("unsupported", [True])
    assert result.reason == "KernelBench's check: not run: its process gave no verdict"


def test_a_check_whose_time_is_up_is_not_made(monkeypatch):
    asked = loading(monkeypatch, list)
    result = own_check("kernelbench(new.py)", Request(), time.time() - 1)
    assert (result.verdict, result.partial, asked) == ("not run", True, [])


@pytest.mark.parametrize("spec", ["new.py", "module(new.py)", "kernelbench(new.py, old.py)"])
def test_only_targets_in_its_format_have_such_a_check_in_a_process_of_their_own(spec):
    def names(**more):
        return [unit.name for unit in plan(Request(targets=(spec,), laws="max-value", **more))]

    assert names() == ["max-value", *([BENCHMARK_ITEM] if spec.startswith("kernelbench") else [])]
    assert names(in_process=True) == ["max-value"]


def test_an_object_in_hand_has_no_such_check():
    kernel = SimpleNamespace(__name__="kernelbench(Kernel)", max_forward=naive.max_forward)
    assert [law.name for law in laws(kernel, pattern="max-value")] == ["max-value"]


@pytest.fixture
def folder(tmp_path):
    """A folder with a problem."""
    pytest.importorskip("torch")
    (tmp_path / "problem.py").write_text(PROBLEM)
    return tmp_path


def judged(folder, **parts):
    """The output about a solution with these parts."""
    (folder / "new.py").write_text(SOLUTION.format(**{"patch": "", "more": "", **parts}))
    words = ("new.py", "--as", "kernelbench", "--problem", "problem.py", "--laws", "output-size,max-value")
    return poolproof(folder, "check", *words, "--examples", "10", "--seed", "1", "-n", "0")


@slow
@pytest.mark.parametrize(("more", "status", "says"), [("", 0, "accepts (5 of 5"), (" * 2", 1, "rejects (0 of 5")])
def test_the_check_is_said_beside_the_laws(folder, more, status, says):
    found, said = judged(folder, more=more)
    assert found == status, said
    assert f"benchmark    KernelBench's check: {says} trials)" in said


@slow
def test_a_solution_cannot_change_what_its_problem_asks(folder):
    status, said = judged(folder, patch=PATCH, more=" + 1")
    assert "fixed={'size': (3, 3), 'stride': (2, 2)}" in said
    assert status == 1, said
