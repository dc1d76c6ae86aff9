"""A kernel in a benchmark's format: its own check runs once, and the problem is read before the kernel is loaded."""

from types import SimpleNamespace

import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.run import benchmark
from poolproof.properties.run.benchmark import own_check
from poolproof.properties.run.request import Request
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


def test_the_check_is_made_by_a_target_of_its_own_that_is_ended(monkeypatch):
    ended = []
    target = SimpleNamespace(notes=["KernelBench's check: accepts (5 of 5 trials)"], end=lambda: ended.append(True))
    asked = loading(monkeypatch, lambda: target)
    assert own_check("kernelbench(new.py, old.py)", Request()) == target.notes
    assert (asked, ended) == (["own_check(new.py, old.py)"], [True])


def test_a_check_that_ends_its_process_is_told(monkeypatch):
    def load():
        raise Unusable("killed by SIGSEGV\nand more")

    loading(monkeypatch, load)
    assert own_check("kernelbench(new.py)", Request()) == ["KernelBench's check: not run: killed by SIGSEGV"]


@pytest.mark.parametrize("spec", ["new.py", "module(new.py)"])
def test_other_targets_have_no_such_check(monkeypatch, spec):
    asked = loading(monkeypatch, list)
    assert own_check(spec, Request()) == own_check("kernelbench(new.py)", Request(in_process=True)) == []
    assert asked == []


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
    assert said.count("KernelBench's check: ") == 1
    assert f"note: KernelBench's check: {says} trials)" in said


@slow
def test_a_solution_cannot_change_what_its_problem_asks(folder):
    status, said = judged(folder, patch=PATCH, more=" + 1")
    assert "fixed={'size': (3, 3), 'stride': (2, 2)}" in said
    assert status == 1, said
