"""Test vectors: their ranges admit right answers and no others, and readers in several languages judge alike."""

import dataclasses
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from places import ROOT
from poolproof.kernels import compiled, img2col
from poolproof.properties import oracle
from poolproof.properties.doors.cli import main
from poolproof.properties.doors.commands import export
from poolproof.properties.report.vectors import chosen as choice
from poolproof.properties.report.vectors import folder as folders
from poolproof.properties.report.vectors.allowed import allowed, ends
from poolproof.properties.report.vectors.chosen import chosen, ranking
from poolproof.properties.report.vectors.flat import flat_file
from poolproof.properties.report.vectors.vector import EXPORTED, LEFT_OUT, Origin, vectors_of
from poolproof.properties.targets.call import Call
from replayed import ANSWERED, answers_file, keys, read, rejected_after, right
from selection import slow
from shell import refused
from strength import vectors as measurement
from strength.asked import PUBLIC

pytestmark = pytest.mark.once

EXAMPLES = ROOT / "examples" / "vectors"
FEW, ENOUGH = 100, 300
"""The vectors of quick tests, and those that reject all faults that files can reject."""


@pytest.fixture(scope="module")
def vectors():
    return chosen(FEW)


@pytest.fixture(scope="module")
def questions(vectors):
    return list(read(b"".join(flat_file(vectors))))


# What is right.


def ranges(function, *arrays, **window):
    """The allowed answers to a call with windows of two cells side by side."""
    names = ("dy", "x") if len(arrays) == 2 else ("x",)
    given = {name: np.array(array)[np.newaxis, np.newaxis] for name, array in zip(names, arrays, strict=True)}
    call = Call(function, given, (2,), (2,), window)
    return allowed(call, window)


def admits(found, answer):
    """Where an answer lies in one of the ranges."""
    answer = np.asarray(answer, found.least.dtype)[np.newaxis, np.newaxis]
    inside = (keys(found.least) <= keys(answer)) & (keys(answer) <= keys(found.most))
    return inside.any(axis=0)[0, 0].tolist()


def test_a_maximum_is_the_only_answer_and_its_zero_has_any_sign():
    found = ranges("max_forward", [1.0, 2.0, 0.0, -0.0])
    assert admits(found, [2, -0.0]) == admits(found, [2, 0.0]) == [True, True]
    assert admits(found, [np.nextafter(2, 3), 5e-324]) == admits(found, [np.nan, -1]) == [False, False]


def test_a_window_with_a_nan_has_any_maximum_and_its_neighbour_its_own():
    found = ranges("max_forward", [1.0, np.nan, 3.0, 4.0])
    for number in (np.nan, -np.nan, np.inf, -np.inf, 0):
        assert admits(found, [number, 4]) == [True, True]
    assert admits(found, [0, np.nan]) == [True, False]


def test_an_index_names_any_of_tied_maxima_and_no_other_cell():
    found = ranges("max_indices", [2.0, 2.0, 5.0, 1.0])
    assert found.least.shape == (2, 1, 1, 2)
    assert admits(found, [0, 2]) == admits(found, [1, 2]) == [True, True]
    assert admits(found, [2, 3]) == admits(found, [-1, 0]) == [False, False]


def test_an_index_of_nothing_above_minus_infinity_lies_in_the_plane():
    found = ranges("max_indices", [-np.inf, -np.inf, np.nan, 1.0])
    assert admits(found, [3, 0]) == [True, True]
    assert admits(found, [4, -1]) == [False, False]


def test_a_window_wholly_in_padding_may_have_an_index_below_zero():
    found = ranges("max_indices", [1.0, 2.0], padding=((2, 0),))
    assert admits(found, [-1, 1]) == admits(found, [1, 1]) == [True, True]
    assert admits(found, [2, 1]) == [False, True]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_mean_has_every_number_within_the_bound_and_none_beside_it(dtype):
    x = np.array([[[0.1, 0.7]]], dtype)
    found, exact = ranges("mean_forward", x[0, 0]), oracle.mean_forward(x, 2, 2)
    for end, outwards in ((found.least, -np.inf), (found.most, np.inf)):
        assert exact.allows(end[0]).all()
        assert not exact.allows(np.nextafter(end[0], x.dtype.type(outwards))).any()


def test_a_mean_that_cannot_round_has_a_single_answer():
    found = ranges("mean_forward", np.array([1, 2], np.float32))
    assert found.least == found.most == 1.5


@pytest.mark.parametrize("x", [[np.inf, 1.0], [1e308, 1e308], [5e-324, 0.0]])
def test_a_mean_that_rests_on_a_convention_may_be_anything(x):
    found = ranges("mean_forward", x)
    assert admits(found, [np.nan]) == admits(found, [7]) == [True]


def test_a_gradient_goes_to_its_maximum_alone():
    found = ranges("max_backward", [3.0], [1.0, 2.0])
    assert admits(found, [0, 3]) == [True, True]
    assert admits(found, [3, 0]) == [False, False]


@pytest.mark.parametrize(("dx", "good"), [([3, 0], True), ([1, 2], True), ([3, 3], False), ([0, 0], False)])
def test_a_gradient_may_be_shared_by_tied_maxima_if_nothing_is_lost(dx, good):
    found = ranges("max_backward", [3.0], [2.0, 2.0])
    low, high = found.sums[0]
    assert low <= 3 <= high
    assert admits(found, dx) == [True, True]
    assert (low <= sum(dx) <= high) == good
    assert high - low < 1e-12


def test_the_gradient_of_a_nan_has_a_shape_and_nothing_else():
    found = ranges("max_backward", [3.0], [np.nan, 2.0])
    assert found.shape == (1, 1, 2)
    assert admits(found, [np.nan, 9]) == [True, True]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool"])
def test_the_range_of_everything_has_every_number(dtype):
    low, high = (keys(np.array([end], dtype)) for end in ends(np.dtype(dtype)))
    numbers = [np.nan, -np.nan, np.inf, -np.inf, 0] if dtype.startswith("float") else [0, 1]
    for number in numbers:
        assert low <= keys(np.array([number], dtype)) <= high


def test_the_bound_of_a_sum_of_a_plane_is_kept_by_sums_in_any_order():
    dy, x = np.random.default_rng(0).standard_normal((1, 1, 40)) * 1e10, np.zeros((1, 1, 80))
    found = allowed(Call("max_backward", {"dy": dy, "x": x}, (2,), (2,)), {})
    dx = np.repeat(dy / 2, 2, axis=-1)
    for order in (slice(None), slice(None, None, -1), np.argsort(dx[0, 0]), np.argsort(-dx[0, 0])):
        total = 0.0
        for share in dx[0, 0][order]:
            total += share
        assert found.sums[0, 0] <= total <= found.sums[0, 1]
    assert not found.sums[0, 0] <= total * (1 + 1e-9) + 1 <= found.sums[0, 1]


# The set.


@slow
def test_fewer_vectors_are_the_first_of_more(vectors, questions):
    data = b"".join(flat_file(chosen(30)))
    assert [each.number for each in read(data)] == list(range(1, 31))
    assert (
        data.split(b"\n", 1)[1]
        == b"".join(flat_file(vectors)).split(b"\n", 1)[1][: len(data) - len(data.split(b"\n", 1)[0]) - 1]
    )


def test_every_law_has_vectors_or_a_reason_why_not():
    assert {*EXPORTED, *LEFT_OUT} == {*PUBLIC, "agreement", "refusal"}
    assert all(list(vectors_of(Origin(law, "general", 3))) for law in EXPORTED)


@slow
def test_a_vector_that_is_not_ranked_is_small():
    assert all(choice.cells(each) <= choice.MOST_CELLS for each in chosen(400) if each.origin not in ranking())


def test_the_same_vector_twice_is_marked(questions):
    data = b"".join(flat_file(list(vectors_of(Origin("same-twice", "plain", 3)))))
    assert [each.numbers["same as before"] for each in read(data)] == [[0], [1]]


def test_what_a_file_says_is_what_the_vectors_say(vectors, questions):
    for vector, question in zip(vectors, questions, strict=True):
        call = vector.call
        assert (question.function, *question.window) == (call.function, call.size, call.stride)
        assert (question.x == call.arrays["x"]).all() or np.isnan(question.x).any()
        assert question.x.dtype == call.arrays["x"].dtype
        assert question.ranges.shape == (len(vector.allowed.least), 2, *vector.allowed.shape)
        written, meant = (
            oracle.geometry_of(question.x, call.size, call.stride, settings)
            for settings in (question.settings, call.settings)
        )
        # What a mean counts is read where there is padding to count.
        assert dataclasses.replace(written, count_include_pad=meant.count_include_pad) == meant
        if question.function.startswith("mean"):
            assert question.numbers["count_include_pad"] == [meant.count_include_pad]


@pytest.mark.parametrize("kernel", [img2col, compiled, Sound, General], ids=lambda each: each.__name__)
def test_no_vector_rejects_a_right_kernel(kernel, questions):
    assert rejected_after(kernel, questions) == 0


@slow
@pytest.mark.parametrize("name", SOUND)
def test_no_vector_rejects_a_sound_variant(name, questions):
    assert rejected_after(SOUND[name], questions) == 0


def test_an_answer_of_another_dtype_or_shape_is_wrong(questions):
    question = next(each for each in questions if each.function == "max_forward" and each.dtype == np.float64)
    y = question.ranges[0, 0].astype(np.float64)
    assert right(question, ANSWERED, y)
    assert not right(question, ANSWERED, np.zeros(y.shape, np.float32))
    assert not right(question, ANSWERED, y[..., np.newaxis])


# The measurement.


def test_the_vectors_reject_what_was_measured():
    needs = measurement.load()
    assert set(needs) == set(FAULTS), "run tox -e strength -- --vectors"
    assert sum(bool(each) and each <= ENOUGH for each in needs.values()) >= 180


@pytest.mark.parametrize("name", [*FAULTS][::12])
def test_the_measurement_is_current(name, questions):
    recorded = measurement.load()[name]
    expected = recorded if recorded and recorded <= FEW else 0
    assert rejected_after(FAULTS[name], questions) == expected, "run tox -e strength -- --vectors"


def test_the_page_has_the_curve_that_was_measured():
    text = (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8")
    assert measurement.CURVE.search(text)[0] == measurement.curve(measurement.load())


def test_the_ranking_takes_most_faults_per_vector_first_and_then_begins_anew():
    found = {"a": (1, 5, ["f"]), "b": (4, 5, ["f", "g"]), "c": (1, 4, ["f"]), "d": (1, 9, [])}
    assert measurement.ranked(found) == ["c", "b", "a"]


# Readers.


def built(folder, *sources, replaced=()):
    """The C reader with a kernel in which a text is replaced."""
    shutil.copytree(EXAMPLES / "c", folder, dirs_exist_ok=True)
    replace(folder / sources[-1], *replaced)
    done = subprocess.run(
        ["cc", "-O1", "-Wall", "-Wextra", "-Werror", *sources, "-o", "reader"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [str(folder / "reader")]


def replace(file, old="", new=""):
    """Replace the only occurrence of a text in a file."""
    text = file.read_text(encoding="utf-8")
    assert not old or text.count(old) == 1
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")


def ended(command, folder, **more):
    """The exit status of a reader of the vectors in a folder."""
    given = {"cwd": folder, "env": more or None, "text": True, "timeout": 300}
    return subprocess.run([*command, "vectors.bin"], check=False, capture_output=True, **given)


def asked(command, data, folder, **more):
    """A reader's output about a file, and its exit status."""
    (folder / "vectors.bin").write_bytes(data)
    done = ended(command, folder, **more)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


@pytest.fixture(scope="module")
def content(vectors):
    return b"".join(flat_file(vectors))


needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="cc is not installed")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
needs_rust = pytest.mark.skipif(not shutil.which("rustc"), reason="rustc is not installed")

VALUE, BEST = "load(v, v->x, plane * cells + c)", "load(v, v->x, plane * cells + best)"
"""Texts of the right kernel."""

WRONG_IN_C = {
    "assigns": ("dx[plane * cells + best] += ", "dx[plane * cells + best] = "),
    "assigns the mean": ("dx[plane * cells + c] += ", "dx[plane * cells + c] = "),
    "compares in single": (f"{VALUE} > {BEST}", f"(float){VALUE} > (float){BEST}"),
    "padding that wins": ("if (c < 0)\n", "if (c < 0 && best < 0)\n best = 0;\n if (c < 0)\n"),
    "begins at zero": (f"best < 0 ? 0 : {BEST}", f"best < 0 || {BEST} < 0 ? 0 : {BEST}"),
    "divides by the window": ("divisor += counts;", "divisor += 1;"),
    "never counts padding": ("v->n[COUNTED] ? within : real", "real"),
    "counts the overhang": ("within &= place < x[axis] + padding[2 * axis + 1];", "within &= !!padding;"),
    "stride of the other axis": ("v->n[STRIDE + axis] -", "v->n[STRIDE + (axis + 1) % 3] -"),
    "padding at the end": ("- padding[2 * axis] +", "- padding[2 * axis + 1] +"),
    "no dilation": ("of[axis] * v->n[DILATION + axis]", "of[axis]"),
    "rounds to single": ("((double *)array)[i] = number;", "((double *)array)[i] = (float)number;"),
    "writes to its input": ("free(dx);", "free(dx);\n    if (planes * cells > 0) v->x[0] ^= 1;"),
    "index of all planes": ("((int64_t *)answer)[k] = best;", "((int64_t *)answer)[k] = plane * cells + best;"),
    "forgets the first window": ("dx[plane * cells + best] += load", "dx[plane * cells + best] += !!k * load"),
    "leaves the last window out": (
        "if (indices)\n", "if (k && k == planes * windows - 1 && !v->dy)\n            continue;\n        if (indices)\n"
    ),
    "writes past the end": (
        "free(dx);", "free(dx);\n    answer[(v->dy ? planes * cells : planes * windows) * v->n[ANSWER_ITEM]] = 0;"
    ),
    "indices in 16 bits": ("((int64_t *)answer)[k] = best;", "((int64_t *)answer)[k] = (int16_t)best;"),
}  # fmt: skip


@slow
@needs_cc
def test_the_c_reader_accepts_the_right_kernel(tmp_path, content):
    status, said = asked(built(tmp_path, "vectors.c", "kernel.c"), content, tmp_path)
    assert status == 0, said
    assert int(said[-1].split()[0]) > FEW // 2
    assert said[-1].endswith(" vectors asked, 0 wrong")


@slow
@needs_cc
@pytest.mark.parametrize("name", WRONG_IN_C)
def test_the_c_reader_rejects_a_wrong_kernel(name, tmp_path, content):
    status, said = asked(built(tmp_path, "vectors.c", "kernel.c", replaced=WRONG_IN_C[name]), content, tmp_path)
    assert status == 1, said
    assert re.fullmatch(r"vector \d+ is wrong: \w+ of \w+(, element \d+)?", said[0])


@needs_cc
def test_a_kernel_that_takes_no_vector_passes_nothing(tmp_path, content):
    everything = ('strcmp(v->dtype, "float32") && strcmp(v->dtype, "float64")', "*v->dtype")
    status, said = asked(built(tmp_path, "vectors.c", "kernel.c", replaced=everything), content, tmp_path)
    assert (status, said) == (1, ["0 vectors asked, 0 wrong"])


@needs_cc
@pytest.mark.parametrize("data", [b"", b"poolproof vectors 2 5\n", b"poolproof vectors 1 1\n1 max_forward"])
def test_the_c_reader_says_what_is_wrong_with_a_file(data, tmp_path):
    command = built(tmp_path, "vectors.c", "kernel.c")
    (tmp_path / "vectors.bin").write_bytes(data)
    done = ended(command, tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def in_c(command, implementation, questions, folder):
    """The numbers of the vectors for which the C reader rejects an implementation's answers."""
    (folder / "answers.bin").write_bytes(answers_file(implementation, questions))
    done = ended(command, folder, ANSWERS="answers.bin")
    assert done.returncode in (0, 1), done.stderr
    return [int(line.split()[1]) for line in done.stdout.splitlines()[:-1]]


@needs_cc
@pytest.mark.parametrize("kernel", [img2col, Sound, General], ids=lambda each: each.__name__)
def test_the_c_reader_accepts_the_answers_of_right_kernels(kernel, tmp_path, content, questions):
    command = built(tmp_path, "vectors.c", "answers.c")
    (tmp_path / "vectors.bin").write_bytes(content)
    assert in_c(command, kernel, questions, tmp_path) == []


@slow
@needs_cc
def test_the_c_reader_rejects_at_least_180_of_the_faults(tmp_path):
    content = b"".join(flat_file(chosen(ENOUGH)))
    questions, needs = list(read(content)), measurement.load()
    command = built(tmp_path, "vectors.c", "answers.c")
    (tmp_path / "vectors.bin").write_bytes(content)
    rejected = {name for name in FAULTS if in_c(command, FAULTS[name], questions, tmp_path)}
    assert len(rejected) >= 180
    assert rejected >= {name for name, each in needs.items() if each and each <= ENOUGH}


@slow
@needs_node
def test_the_reader_in_javascript_accepts_the_right_kernel_and_rejects_a_wrong_one(tmp_path, content):
    shutil.copytree(EXAMPLES / "javascript", tmp_path, dirs_exist_ok=True)
    status, said = asked(["node", "vectors.mjs"], content, tmp_path)
    assert (status, said[-1].split(", ")[1]) == (0, "0 wrong"), said
    assert int(said[-1].split()[0]) > 10
    replace(tmp_path / "kernel.mjs", "largest = -Infinity", "largest = 0")
    status, said = asked(["node", "vectors.mjs"], content, tmp_path)
    assert status == 1
    assert said[0].startswith("vector ")


@slow
@needs_rust
def test_the_reader_in_rust_accepts_the_right_kernel_and_rejects_a_wrong_one(tmp_path, content):
    shutil.copytree(EXAMPLES / "rust", tmp_path, dirs_exist_ok=True)
    command = ["rustc", "--edition", "2021", "-D", "warnings", "vectors.rs"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    status, said = asked(["./vectors"], content, tmp_path)
    assert (status, said[-1].split(", ")[1]) == (0, "0 wrong"), said
    assert int(said[-1].split()[0]) > 10
    replace(tmp_path / "kernel.rs", "f64::NEG_INFINITY, f64::max", "0.0, f64::max")
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    status, said = asked(["./vectors"], content, tmp_path)
    assert status == 1
    assert said[0].startswith("vector ")


def test_readers_are_short():
    lengths = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in EXAMPLES.glob("*/vectors.*")}
    assert set(lengths) == {"vectors.c", "vectors.h", "vectors.rs", "vectors.mjs"}
    assert all(length < 90 for length in lengths.values())


# The folder.


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of vectors in all formats except ONNX."""
    made = tmp_path_factory.mktemp("exported") / "vectors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", open_null())
        assert main(["export", "--vectors", str(made), "--count", str(FEW)]) == 0
    return made


def open_null():
    """A stream to which everything is discarded."""
    return io.StringIO()


@slow
def test_the_manifest_has_the_checksum_of_every_file(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {each["file"] for each in manifest["files"]} == {"vectors.bin", "vectors.npz", "vectors.jsonl"}
    for each in manifest["files"]:
        data = (folder / each["file"]).read_bytes()
        assert (each["bytes"], each["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["count"] == len(manifest["vectors"]) == FEW
    assert manifest["conventions"] == folders.CONVENTIONS
    assert manifest["left out"] == LEFT_OUT
    assert {each["law"] for each in manifest["vectors"]} == set(manifest["laws"])
    assert all(each["claim"] and each["formula"] for each in manifest["laws"].values())


@slow
def test_all_forms_have_the_same_numbers(folder, vectors, content):
    assert (folder / "vectors.bin").read_bytes() == content
    arrays = np.load(folder / "vectors.npz")
    lines = (folder / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    for number, (vector, line) in enumerate(zip(vectors, lines, strict=True), 1):
        written = json.loads(line)
        for name, array in {**vector.call.arrays, "least": vector.allowed.least, "most": vector.allowed.most}.items():
            np.testing.assert_array_equal(arrays[f"{number}_{name}"], array)
            values = [
                np.nan if each is None else float(each) if isinstance(each, str) else each
                for each in written[name]["values"]
            ]
            np.testing.assert_array_equal(np.array(values, array.dtype).reshape(written[name]["shape"]), array)


def test_node_tests_of_onnx_are_what_its_reference_answers(tmp_path, capsys):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    main(["export", "--vectors", str(tmp_path / "made"), "--count", "60", "--formats", "onnx"])
    equal = 0
    for node in (tmp_path / "made" / "onnx").iterdir():
        x, y = (array_in(node / "test_data_set_0" / f"{name}_0.pb", onnx) for name in ("input", "output"))
        model = onnx.load(node / "model.onnx")
        onnx.checker.check_model(model)
        (got,) = reference.ReferenceEvaluator(model).run(None, {"x": x})
        # The reference evaluator is wrong under some settings: docs/findings.md.
        if {each.name for each in model.graph.node[0].attribute} <= {"kernel_shape", "strides", "count_include_pad"}:
            np.testing.assert_array_equal(got, y)
            equal += 1
    assert equal > 5


def array_in(file, onnx):
    """The array in a file of a node test."""
    return onnx.numpy_helper.to_array(onnx.load_tensor(file))


def test_without_onnx_its_format_is_refused_before_anything_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    said = refused(["export", "--vectors", str(tmp_path / "made"), "--formats", "flat,onnx"], capsys)
    assert "pip install 'poolproof[onnx]'" in said
    assert not (tmp_path / "made").exists()


ODD = {
    "nothing": ([], "--test"),
    "both": (["--vectors", "a", "--test", "b"], "not allowed with"),
    "a format that does not exist": (["--vectors", "a", "--formats", "flat,xml"], "'xml' should be one of flat"),
    "no vectors": (["--vectors", "a", "--count", "0"], "'0' should be at least 1"),
    "a report": (["report.json", "--vectors", "a"], "'report.json'"),
    "no report": (["--test", "a.py"], "a report"),
    "a number of tests": (["--test", "a.py", "report.json", "--count", "3"], "--count goes with --vectors"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_arguments_are_refused(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, part = ODD[name]
    assert part in refused(["export", *words], capsys)


def test_the_command_names_the_formats_that_there_are():
    assert export.FORMATS == folders.FORMATS


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "new or empty folder" in refused(["export", "--vectors", str(tmp_path)], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
