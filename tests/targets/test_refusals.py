"""Refusals and internal errors: exceptions are classified by their class, not by their words."""

import math

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.lawbook import LAWS
from poolproof.properties.remote.worker import classes_of
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Answer, Call
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from selection import slow

EMPTY = Call("max_forward", {"x": np.zeros((0, 1, 2, 2))}, (2, 2), (2, 2))


def deeper():
    return deeper()


def unbound():
    if not EMPTY:
        value = 1
    return value


class Argument(ValueError):
    """A library's own error about arguments."""


class Missing(KeyError):
    """A library's own name for an internal error."""


class Axis(ValueError, IndexError):
    """Like NumPy's: about an argument, by its first base."""


class Fail(Exception):
    """Like ONNX Runtime's: derived from no class of Python's that says more."""


def throws(error):
    """A function that raises an error."""

    def throw():
        raise error

    return throw


INTERNAL = {
    "IndexError": [].pop,
    "KeyError": lambda: {}["n"],
    "ZeroDivisionError": lambda: 1 // 0,
    "AttributeError": lambda: None.shape,
    "RecursionError": deeper,
    "UnboundLocalError": unbound,
    "NameError": lambda: nowhere,  # noqa: F821
    "AssertionError": throws(AssertionError()),
    "StopIteration": lambda: next(iter(())),
    "UnicodeDecodeError": b"\xff".decode,
    "ModuleNotFoundError": throws(ModuleNotFoundError("No module named 'fast'")),
    "FileNotFoundError": throws(FileNotFoundError(2, "No such file")),
    "MemoryError": throws(MemoryError()),
    "SystemError": throws(SystemError("error return without exception set")),
    "Missing": throws(Missing("n")),
}
REFUSALS = {
    "ValueError": throws(ValueError("no")),
    "TypeError": throws(TypeError("no")),
    "NotImplementedError": throws(NotImplementedError("no")),
    "RuntimeError": throws(RuntimeError("no")),
    "OverflowError": lambda: math.fsum([1e308, 1e308]),
    "FloatingPointError": throws(FloatingPointError("overflow encountered in add")),
    "Argument": throws(Argument("no")),
    "Axis": throws(Axis("axis 4 is out of bounds")),
    "Fail": throws(Fail("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT")),
}


def failing(fails, only_if=lambda x: x.size == 0):
    """The naive kernel, which fails on some arguments."""

    def max_forward(x, size, stride):
        if only_if(x):
            fails()
        return naive.max_forward(x, size, stride)

    return max_forward


def tried(kernel, law="output-size"):
    """The result of a law that draws empty batches."""
    return run(LAWS[law], wrap(type("Kernel", (), {"max_forward": staticmethod(kernel)})), TrialSettings(60, seed=1))


@pytest.mark.parametrize("name", INTERNAL)
def test_an_internal_error_is_raised_even_at_an_edge(name):
    result = tried(failing(INTERNAL[name]))
    assert (result.verdict, result.refused) == ("raised", 0)
    assert f"raised {name}: " in result.message
    assert "np.empty((0, " in result.message


@pytest.mark.parametrize("name", REFUSALS)
def test_an_error_about_arguments_is_a_refusal_at_an_edge(name):
    result = tried(failing(REFUSALS[name]))
    assert result.verdict == "holds"
    assert result.refused > 0


@slow
@pytest.mark.parametrize("name", [*INTERNAL, *REFUSALS])
def test_every_exception_is_raised_on_ordinary_input(name):
    assert tried(failing({**INTERNAL, **REFUSALS}[name], lambda x: x.size), "max-value").verdict == "raised"


def test_an_internal_error_among_infinities_is_raised():
    result = tried(failing(INTERNAL["IndexError"], lambda x: x.size and (x == -np.inf).any()), "dtype-preserved")
    assert result.verdict == "raised"
    assert "-inf" in result.message


@pytest.mark.parametrize(
    ("statement", "internal"),
    [
        ("raise Missing('n')", True),
        ("raise Axis('out of bounds')", False),
        ("raise IndexError('the first')", False),
        ("[].pop()", True),
    ],
)
def test_the_worker_tells_the_classes_of_an_exception(tmp_path, statement, internal):
    (tmp_path / "kernel.py").write_text(
        "class Missing(KeyError): ...\nclass Axis(ValueError, LookupError): ...\n"
        f"def max_forward(x, size, stride):\n    {statement}\n"
        "class IndexError(Exception): ...\n"
    )
    answer = load(str(tmp_path / "kernel.py"), Isolation()).ask(EMPTY)
    assert answer.raised[-3:] == ("Exception", "BaseException", "object")
    assert answer.internal == internal


def test_classes_of_other_modules_are_told_with_these():
    assert classes_of(Argument("no"))[:2] == ["test_refusals.Argument", "ValueError"]


@pytest.mark.parametrize(
    ("error", "internal"),
    [
        ("IndexError: out of range", True),
        ("ConnectionResetError: [Errno 104]", True),
        ("ReferenceError: pool is not defined", True),
        ("KeyError", True),
        ("NotImplementedError: three axes", False),
        ("RangeError: the window is larger than x", False),
        ("RuntimeError: an IndexError: out of range", False),
        ("the window is larger than x", False),
        ("int: no exception at all", False),
        ("", False),
    ],
)
def test_of_a_program_that_tells_no_classes_the_word_before_the_colon_decides(error, internal):
    assert Answer(error=error).internal == internal


def test_what_is_no_error_is_not_internal():
    assert not Answer(value=np.zeros(1)).internal
