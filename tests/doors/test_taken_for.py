"""`--as`: a target is wrapped before it is judged, in whatever way it is given."""

import json
from textwrap import dedent

import pytest
from poolproof.properties import check
from poolproof.properties.contract import Unusable
from poolproof.properties.doors.options import requested
from poolproof.properties.report.reproducer import imported
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import short, split
from poolproof.properties.targets.wrapped import Wrapping, unwrapped, wrapped_as
from selection import once, slow
from shell import poolproof

pytestmark = once

POOLS = dedent(
    """
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view


    def maxpool(images, F, S):
        return sliding_window_view(images, (F, F), axis=(2, 3))[:, :, ::S, ::S].max(axis=(4, 5))


    def from_zero(images, F, S):
        return np.maximum(maxpool(images, F, S), 0)


    class Layer:
        def __init__(self, pool_size, strides):
            self.windows = pool_size, strides

        def forward(self, x):
            self.x = x
            return maxpool(x, *self.windows)

        def backward(self, delta):
            F, S = self.windows
            dx = np.zeros_like(self.x)
            for n, c, i, j in np.ndindex(delta.shape):
                window = self.x[n, c, i * S : i * S + F, j * S : j * S + F]
                h, w = np.unravel_index(window.argmax(), window.shape)
                dx[n, c, i * S + h, j * S + w] += delta[n, c, i, j]
            return dx


    def with_options(images, F, S, options):
        return maxpool(images, F, S)


    class Overwriting(Layer):
        def backward(self, delta):
            return super().backward(delta) * (super().backward(np.ones_like(delta)) == 1)
    """
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with functions and layers that do not keep the contract."""
    (tmp_path / "pools.py").write_text(POOLS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


FEW = ("--examples", "20", "--seed", "1", "-n", "0")


@slow
def test_a_function_and_a_layer_are_judged_without_a_line_of_python(folder):
    laws = ("--laws", "output-size,max-value,routing,max-accumulation")
    status, said = poolproof(folder, "check", "pools.py:maxpool", "--as", "function", *laws, *FEW)
    assert status == 0, said
    assert "pools:maxpool: float16 float32 float64, square=True; not tested" in said
    status, said = poolproof(folder, "check", "pools.py:Layer", "--as", "layer", *laws, *FEW)
    assert status == 0, said
    assert "4 laws, 80 cases: all passed" in said


@slow
def test_what_is_wrong_is_rejected_and_replayed(folder):
    given = ("check", "pools.py:from_zero", "--as", "function", "--laws", "max-value", "--json", "report.json", *FEW)
    status, said = poolproof(folder, *given)
    assert status == 1, said
    assert "max-value: broken" in said
    (target,) = json.loads((folder / "report.json").read_text())["targets"]
    assert target["target"] == "function(pools.py:from_zero)"
    status, said = poolproof(folder, "replay", "report.json", "--yes")
    assert (status, said.splitlines()[-1]) == (1, "1 replayed: 1 still fail")
    status, said = poolproof(folder, "replay", "report.json", "pools.py:maxpool", "--as", "function")
    assert (status, said.splitlines()[-1]) == (0, "1 replayed: 0 still fail")
    status, said = poolproof(folder, "replay", "report.json", "--as", "function")
    assert status == 2
    assert "--as wraps another TARGET" in said


@slow
def test_a_wrong_gradient_of_a_layer_is_rejected(folder):
    status, said = poolproof(folder, "check", "pools.py:Overwriting", "--as", "layer", "--laws", "max-acc*", *FEW)
    assert status == 1, said
    assert "max-accumulation: broken" in said


@slow
def test_targets_side_by_side_may_want_different_wrappers(folder):
    columns = ("function(pools.py:maxpool)", "layer(pools.py:Layer)", "naive")
    status, said = poolproof(folder, "matrix", *columns, "--laws", "max-value", *FEW)
    assert status == 0, said
    assert said.splitlines()[-1] == "3 implementations, 1 law, 60 cases: all passed"


@slow
def test_an_input_is_shrunk_on_a_wrapped_target(folder):
    import numpy as np

    np.savez(folder / "input.npz", x=-np.ones((1, 1, 5, 5)))
    words = ("shrink", "pools.py:from_zero", "input.npz", "--call", "max_forward", "--size", "2", "--as", "function")
    status, said = poolproof(folder, *words)
    assert status == 1, said
    assert "y[0,0,0,0] = 0.0, but should be -1.0" in said


@slow
def test_the_other_doors_take_the_same_text(folder):
    check("layer(pools.py:Layer)", examples=3, seed=1, pattern="max-value")
    with pytest.raises(AssertionError, match=r"^max-value: broken"):
        check("function(pools.py:from_zero)", examples=20, seed=1, pattern="max-value")
    here = load("function(pools.py:maxpool)")
    there = load("function(pools.py:maxpool)", Isolation())
    assert (here.name, here.declared, here.offers) == (there.name, there.declared, there.offers)


@slow
def test_pytest_takes_the_option(folder):
    from shell import python

    words = ("--poolproof-impl", "pools.py:Layer", "--poolproof-as", "layer", "--poolproof-laws", "max-value")
    status, said = python(folder, "-m", "pytest", *words, "--pyargs", "poolproof.properties", "-q", "-p", "no:randomly")
    assert status == 0, said
    assert "1 passed" in said


REFUSED = {
    "nothing named": ((), "'compiled' already keeps the contract, and cannot be wrapped as function"),
    "a program": (("command:pool",), "'command:pool' already keeps the contract"),
    "several functions": (
        ("pools.py",),
        "pools should define one function, but has maxpool, from_zero, with_options; name one",
    ),
    "no function": (("pools.py:np.pi",), "function: float does not pool an image of 4 cells along each axis"),
    "no such name": (("pools.py:maxpol",), "has no 'maxpol'; did you mean 'maxpool'?"),
    "more parameters": (("pools.py:with_options",), "function: with_options needs options, which says nothing about"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_wrapped_gets_one_clear_error(folder, name):
    targets, message = REFUSED[name]
    request = requested(Options(), targets)
    with pytest.raises(Unusable) as caught:
        [Session(request).target(each) for each in request.targets if "naive" not in each]
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert "\n" not in str(caught.value)


class Options:
    """Parsed options that wrap targets as functions."""

    as_, problem = "function", None

    def __getattr__(self, name):
        if name == "as":
            return self.as_
        raise AttributeError(name)


def test_a_problem_is_for_kernelbench_alone(folder):
    with pytest.raises(Unusable, match="--problem is the file with the problem of --as kernelbench"):
        wrapped_as("a.py", "module", "b.py")
    status, said = poolproof(folder, "check", "pools.py", "--problem", "pools.py")
    assert status == 2
    assert said.startswith("--problem is the file") or "--problem is the file" in said


TEXTS = {
    "module(kernel.py:ModelNew)": Wrapping("module", "kernel.py:ModelNew"),
    "module(a(b).py)": Wrapping("module", "a(b).py"),
    "kernelbench(generated.py, problem.py)": Wrapping("kernelbench", "generated.py", "problem.py"),
    "kernelbench(a, b.py:X, c/d.py)": Wrapping("kernelbench", "a, b.py:X", "c/d.py"),
    "kernelbench(a.py:New)": Wrapping("kernelbench", "a.py:New"),
    "module(kernel.py@../bin/python)": Wrapping("module", "kernel.py@../bin/python"),
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_wrapped_target_is_one_text(text):
    assert unwrapped(text) == TEXTS[text]
    assert str(TEXTS[text]) == text


@pytest.mark.parametrize("text", ["kernel.py", "module", "module.py", "modules(kernel.py)", "module()", "module(x).py"])
def test_other_texts_are_targets_as_they_are(text):
    assert unwrapped(text) == Wrapping("", text)


def test_an_unknown_wrapper_is_refused():
    with pytest.raises(Unusable, match=r"'modul\(pool.py\)': there is no wrapper 'modul'; did you mean 'module'\?"):
        load("modul(pool.py)", Isolation())


def test_messages_call_a_wrapped_target_as_if_it_were_not():
    assert short("module(folder/kernel.py:ModelNew)") == "kernel:ModelNew"
    assert split("kernelbench(generated.py, problem.py)") == ("generated.py", "")


def test_a_reproducer_wraps_its_target():
    assert imported("layer(pools.py:Layer)").splitlines() == [
        "import pools",
        "from poolproof.properties.wrappers.named import wrapped",
        "",
        'pool = wrapped("layer", pools.Layer)',
    ]
    assert imported("kernelbench(new.py, old.py)").splitlines()[-1] == 'pool = wrapped("kernelbench", new, old)'
    assert imported("kernelbench(new.py, the-old.py)") == "# pool is the implementation: import it here"


def test_a_request_without_the_option_is_as_before():
    class Nothing:
        pass

    assert requested(Nothing(), ["a.py"]) == Request(("a.py",))
    assert requested(Nothing()) == Request()
