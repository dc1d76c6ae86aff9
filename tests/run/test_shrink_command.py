"""`poolproof shrink`: a user's own input, from the file to the few cells that show the mistake."""

import json
import re

import numpy as np
import pytest
from poolproof.kernels import img2col, naive
from poolproof.properties.doors.cli import main
from poolproof.properties.run.own_input import EXACT, WindowArguments, case_of, judged, to_try, without_ties
from poolproof.properties.run.planes import single, suspects
from poolproof.properties.targets.target import wrap
from selection import once, slow
from shell import refused

pytestmark = once

KERNEL = """
import numpy as np
from poolproof.kernels import img2col
from poolproof.kernels.img2col import max_forward, mean_backward

def max_backward(dy, x, size, stride):
    dx, planes = np.zeros((x.shape[0] * x.shape[1], x.shape[2] * x.shape[3]), x.dtype), len(x) * x.shape[1]
    where = img2col.max_indices(x, size, stride).reshape(planes, -1)
    dx[np.arange(planes)[:, np.newaxis], where] = dy.reshape(planes, -1)
    return dx.reshape(x.shape)

def mean_forward(x, size, stride, padding=((0, 0), (0, 0)), ceil_mode=False):
    return img2col.mean_forward(x, size, stride, padding=padding, ceil_mode=ceil_mode)

def max_indices(x, size, stride):
    return img2col.max_indices(x, size, stride).astype(np.uint8)
"""
CALL = ["--call", "max_backward", "--size", "3", "--stride", "2"]


def written(folder, shape=(4, 6, 21, 21), dtype="float32", relu=False):
    """Write a faulty kernel and an input for it."""
    (folder / "kernel.py").write_text(KERNEL)
    source = np.random.default_rng(0)
    x = source.standard_normal(shape).astype(dtype)
    outputs = [(length - 3) // 2 + 1 for length in shape[2:]]
    dy = source.standard_normal((*shape[:2], *outputs)).astype(dtype)
    np.savez(folder / "input.npz", x=np.maximum(x, 0) if relu else x, dy=dy)


def run(words, capsys):
    """The exit status of a command, and its output."""
    status = main(["shrink", *words])
    return status, capsys.readouterr().out


@slow
@pytest.mark.parametrize("how", [["--in-process"], []], ids=["in-process", "isolated"])
@pytest.mark.parametrize("relu", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("shape", [(2, 3, 9, 9), (4, 40, 21, 21)], ids=["small", "large"])
def test_an_input_is_cut_to_three_cells_and_replayed(how, relu, shape, here, capsys):
    written(here, shape, relu=relu)
    status, said = run(["kernel.py", "input.npz", *CALL, "--json", "report.json", *how], capsys)
    assert status == 1
    lines = said.splitlines()
    assert lines[0] == f"max-accumulation: broken, cut from {np.prod(shape):,} cells of x to 3"
    assert lines[1].startswith("max_backward of kernel: dx[0,0,0,1] = ")
    assert "x  = [[[[0., 1., 0.]]]]" in said
    assert "are added" in said
    report = json.loads((here / "report.json").read_text())
    found = report["targets"][0]["laws"][0]["counterexample"]
    assert found["case"]["x"]["shape"] == [1, 1, 1, 3]
    assert found["seed"] is None
    assert main(["replay", "report.json", "--yes", "--in-process"]) == 1
    assert "1 replayed: 1 still fail" in capsys.readouterr().out
    assert main(["replay", "report.json", "img2col"]) == 0


NARROW = """
import numpy as np
from poolproof.kernels import naive

def mean_forward(x, size, stride):
    return naive.mean_forward(x.astype(np.float32), size, stride).astype(x.dtype)
"""


@slow
def test_a_mistake_that_only_full_significands_show_is_named(here, capsys):
    written(here, dtype="float64")
    (here / "narrow.py").write_text(NARROW)
    status, said = run(["narrow.py", "input.npz", "--call", "mean_forward", "--size", "2", "--stride", "2"], capsys)
    assert status == 1
    assert said.splitlines()[-2] == "    Means are computed in a narrower type than that of x."


@slow
def test_what_shows_in_large_planes_alone_is_printed_as_a_recipe(here, capsys):
    written(here, (1, 2, 41, 41))
    status, said = run(["kernel.py", "input.npz", "--call", "max_indices", "--size", "3", "--in-process"], capsys)
    assert status == 1
    assert re.search(r"x = np.zeros\(\(1, 1, \d+, \d+\)\); x\[0, 0, ", said)
    assert len(said) < 1000


@pytest.mark.parametrize("function", ["max_forward", "mean_forward", "mean_backward"])
@pytest.mark.parametrize("shape", [(2, 3, 9, 9), (4, 40, 21, 21)], ids=["small", "large"])
def test_an_answer_that_is_right_holds(function, shape, here, capsys):
    written(here, shape)
    words = ["kernel.py", "input.npz", "--call", function, "--size", "3", "--stride", "2", "--in-process"]
    status, said = run([*words, "--json", "report.json"], capsys)
    assert (status, said.partition(":")[2]) == (0, " holds: the answer is right on this input\n")
    assert json.loads((here / "report.json").read_text())["targets"][0]["laws"][0]["verdict"] == "holds"


def test_the_stride_is_the_size_if_none_is_given(here, capsys):
    written(here)
    words = ["kernel.py", "input.npz", "--call", "mean_forward", "--size", "3,2", "--in-process"]
    settings = ["--padding", "1,0:1", "--ceil-mode"]
    assert run([*words, *settings], capsys)[0] == 0


@slow
def test_a_crash_is_cut_too(here, capsys):
    written(here)
    (here / "kernel.py").write_text(
        "import os\nfrom poolproof.kernels import naive\n"
        "def max_forward(x, size, stride):\n"
        "    if x.shape[3] > 12: os._exit(3)\n    return naive.max_forward(x, size, stride)\n"
    )
    status, said = run(["kernel.py", "input.npz", "--call", "max_forward", "--size", "3"], capsys)
    assert (status, said.splitlines()[0]) == (1, "max-value: crashed, cut from 10,584 cells of x to 13")


# Refusals.

PLAIN = "def max_backward(dy, x, size, stride): return naive.max_backward(dy, x, size, stride)"
X, DY = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
BAD = {
    "no x": ({"y": X}, [], "input 'input.npz' has no array 'x', which max_backward takes; it has 'y'"),
    "no dy": ({"x": X}, [], "has no array 'dy', which max_backward takes; it has 'x'"),
    "nothing": ({}, [], "it has nothing"),
    "a vector": ({"x": X[0, 0], "dy": DY}, [], "x has shape (4, 4), but should have (N, C) and one to three spatial"),
    "no cells": ({"x": X[:0], "dy": DY}, [], "x has shape (0, 1, 4, 4), but should have cells"),
    "wrong dy": ({"x": X, "dy": X}, [], "dy has shape (1, 1, 4, 4), but should have that of y, (1, 1, 2, 2)"),
    "other dtype": ({"x": X, "dy": DY.astype("float32")}, [], "dy is of dtype float32, but should be of that of x"),
    "integers": ({"x": X.astype(int), "dy": DY.astype(int)}, [], "x is of dtype int64, but max_backward takes float16"),
    "complex": ({"x": X * 1j, "dy": DY}, [], "x is of dtype complex128"),
    "NaN": ({"x": X * np.nan, "dy": DY}, [], "x has NaN or infinities, on which sound libraries differ"),
    "infinite dy": ({"x": X, "dy": DY * np.inf}, [], "dy has NaN or infinities"),
    "overflow": ({"x": X, "dy": DY * 1e308}, [], "sums of 4 such numbers may overflow"),
    "large window": ({"x": X, "dy": DY}, ["--size", "5"], "size=(5, 5) is larger than the image, (4, 4)"),
    "axes": ({"x": X, "dy": DY}, ["--size", "2,2,2"], "--size has 3 entries, but x has 2 spatial axes"),
    "one stride": (
        {"x": X[:, :, 0], "dy": DY},
        ["--stride", "2,2"],
        "--stride has 2 entries, but x has 1 spatial axis",
    ),
    "padding": ({"x": X, "dy": DY}, ["--padding", "9"], "leaves a window of size=(2, 2) without a real cell"),
    "a setting": (
        {"x": X, "dy": np.ones((1, 1, 3, 3))},
        ["--padding", "1"],
        "plain takes no such call: max_backward takes no padding",
    ),
}


@pytest.mark.parametrize(("arrays", "words", "why"), BAD.values(), ids=BAD)
def test_an_input_that_does_not_fit_is_refused_in_one_line(arrays, words, why, here, capsys):
    np.savez(here / "input.npz", **arrays)
    (here / "plain.py").write_text("from poolproof.kernels import naive\n" + PLAIN)
    options = ["--size", "2", *words] if "--size" not in words else words
    said = refused(["shrink", "plain.py", "input.npz", "--call", "max_backward", *options, "--in-process"], capsys)
    assert why in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "cannot be read: it is no npz file of numbers"),
        (b"x" * 100, "cannot be read: it is no npz file of numbers"),
        (b"PK\x03\x04 and no more", "cannot be read: it is no npz file of numbers"),
    ],
    ids=["missing", "empty", "text", "cut"],
)
def test_a_file_that_is_none_is_refused_in_one_line(content, why, here, capsys):
    if content is not None:
        (here / "input.npz").write_bytes(content)
    assert why in refused(["shrink", "naive", "input.npz", *CALL], capsys)


def test_a_single_array_and_objects_are_refused(here, capsys):
    np.save(here / "one.npy", X)
    assert "is a single array" in refused(["shrink", "naive", "one.npy", *CALL], capsys)
    np.savez(here / "input.npz", x=np.array([None]), dy=DY)
    assert "no npz file of numbers" in refused(["shrink", "naive", "input.npz", *CALL], capsys)


def test_a_refusal_at_an_edge_is_said(here, capsys):
    (here / "kernel.py").write_text(
        "from poolproof.kernels import naive\n"
        "def max_forward(x, size, stride, padding=((0, 0), (0, 0))):\n"
        "    if size[0] > x.shape[2]: raise ValueError('too small')\n"
        "    return naive.max_forward(x, size, stride, padding=padding)\n"
    )
    np.savez(here / "input.npz", x=np.ones((1, 1, 2, 2)))
    words = ["kernel.py", "input.npz", "--call", "max_forward", "--size", "3", "--padding", "1", "--in-process"]
    assert "kernel refuses this input, as it may" in refused(["shrink", *words], capsys)


# The quick check of large answers.


def large(function, dtype="float64", settings=None):
    """A call on more cells than the oracle checks."""
    source = np.random.default_rng(1)
    window = WindowArguments((3,), (2,), **(settings or {}))
    passed = window.at(2)
    x = source.standard_normal((3, 4, 45, 45)).astype(dtype)
    assert x.size > EXACT
    y = img2col.max_forward(x, **passed)
    np.savez("given.npz", x=x, dy=source.standard_normal(y.shape).astype(dtype))
    return case_of("given.npz", function, window)


SETTINGS = [{}, {"padding": ((1, 0),), "flags": {"ceil_mode": True}}, {"dilation": (2, 1)}]


@pytest.mark.parametrize("settings", SETTINGS, ids=["plain", "padding", "dilation"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("function", ["max_forward", "mean_forward", "max_indices", "max_backward", "mean_backward"])
def test_a_quick_look_finds_the_plane_that_is_wrong_and_no_other(function, dtype, settings, here):
    case = large(function, dtype, settings)
    call = case.call()
    right = getattr(naive, function)(*call.arrays.values(), call.size, call.stride, **call.settings)
    assert suspects(case, right) == []
    wrong = right.copy()
    where = (2, 1, 7, 9) if function != "max_backward" else tuple(np.argwhere(right[2, 1])[5].tolist())
    wrong[2, 1][where[-2:]] += 1 if function == "max_indices" else max(abs(wrong[2, 1][where[-2:]]), 1) * 0.01
    assert suspects(case, wrong) == [(2, 1)]


def test_a_gradient_among_tied_maxima_is_right_however_it_is_split(here):
    case = large("max_backward")
    case.x[...] = np.round(case.x)
    assert not single(case).all()
    right = naive.max_backward(case.dy, case.x, case.size, case.stride)
    last = naive.max_backward(case.dy[..., ::-1, ::-1], case.x[..., ::-1, ::-1], case.size, case.stride)
    assert suspects(case, right) == suspects(case, last[..., ::-1, ::-1]) == []
    assert suspects(case, np.zeros_like(right)) != []


@slow
def test_a_mistake_that_no_plane_shows_alone_is_found_in_the_whole(here):
    class Crossed:
        def max_forward(self, x, size, stride):
            y = naive.max_forward(x, size, stride)
            return y[::-1] if len(x) > 2 else y

    case = large("max_forward")
    target = wrap(Crossed)
    assert [part.x.shape[:2] for part in to_try(target, case)][-1] == (3, 4)
    result = judged(target, case)
    assert result.counterexample.case.x.shape == [3, 1, 1, 1]


def test_ties_are_broken_in_the_order_of_the_cells():
    x = np.array([[[[2.0, 5, 2, 5]]]])
    assert without_ties(x).tolist() == [[[[1, 3, 0, 2]]]]


@slow
def test_every_tie_getting_the_whole_gradient_is_shown_with_a_tie(here):
    class Every:
        def max_backward(self, dy, x, size, stride):
            dx = np.zeros_like(x)
            for row, column in np.ndindex(dy.shape[2:]):
                top, left = row * stride[0], column * stride[1]
                window = (..., slice(top, top + size[0]), slice(left, left + size[1]))
                best = x[window].max(axis=(2, 3), keepdims=True)
                dx[window] += (x[window] == best) * dy[..., row : row + 1, column : column + 1]
            return dx

    case = large("max_backward")
    case.x[...] = np.round(case.x)
    result = judged(wrap(Every), case)
    assert (result.law, result.verdict) == ("tied-maxima", "broken")
    assert result.counterexample.case.x.data == [[[[0, 0]]]]
