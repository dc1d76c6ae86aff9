"""Exported tests: without poolproof they pass on right kernels and fail on the wrong one, and say what is left out."""

import dataclasses
import io
import json
import subprocess
import sys
import types

import msgspec
import numpy as np
import pytest
import sample
from faults import FAULTS, REPORTED
from pictured import MISPLACED, OVERWRITTEN, failing
from poolproof.kernels import naive
from poolproof.properties import oracle
from poolproof.properties.data.layouts import LAYOUTS, laid_out
from poolproof.properties.doors.cli import main
from poolproof.properties.failures.mistakes.conduct import WRITES_BESIDE
from poolproof.properties.lawbook import LAWS
from poolproof.properties.report.checks import HELPERS
from poolproof.properties.report.exported import exported, strided
from poolproof.properties.report.rightness import Places, Range, Shares, right
from poolproof.properties.results import LawReport, Report, TargetReport
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap
from selection import slow
from shell import FAULTY, FIXED, poolproof, refused

pytestmark = pytest.mark.once


def report_of(results, target="the_pool"):
    """A report of results on one target."""
    laws = [LawReport.of(each) for each in results]
    return Report(schema=3, targets=[TargetReport(target=target, name=target, version="", laws=laws, conventions={})])


def tried(made, pool):
    """Which exported tests fail on an implementation."""
    module = types.ModuleType("the_pool")
    module.__dict__.update({name: getattr(pool, name) for name in dir(pool) if name.startswith(("max_", "mean_"))})
    names = {"__file__": "nowhere.py"}
    patched = pytest.MonkeyPatch()
    with patched.context() as patch:
        patch.setitem(sys.modules, "the_pool", module)
        if made.arrays is not None:
            arrays = dict(np.load(io.BytesIO(made.arrays)))
            patch.setattr(np, "load", lambda _: arrays)
        exec(compile(made.text, "exported", "exec"), names)
    return [name for name, test in names.items() if name.startswith("test_") and not passes(test)]


def passes(test):
    """Whether a test raises nothing."""
    try:
        test()
    except Exception:
        return False
    return True


UNTRIED = ("two-threads", "agreement", "refusal", "nothing-remembered", "other-settings", "same-twice")
"""Laws without tests, and laws about memory of earlier calls: faults of the latter may already have had enough calls in
this process."""

CORPUS = {**FAULTS, **REPORTED}
CHOSEN = {
    law: name
    for name, fault in sorted(CORPUS.items(), reverse=True)
    for law in fault.laws[:1]
    if law in LAWS and law not in UNTRIED and "Padding" not in name
}
"""For each law, one fault that it is there for."""


@pytest.mark.slow
@pytest.mark.parametrize(("law", "name"), CHOSEN.items(), ids=CHOSEN)
def test_an_exported_test_fails_on_the_fault_and_passes_on_a_right_kernel(law, name):
    fault = CORPUS[name]
    result = run(LAWS[law], wrap(fault()), TrialSettings(200, 1))
    assert result.failed
    made = exported(report_of([result]))
    assert made.tests == 1, made.left
    assert tried(made, fault())
    assert not tried(made, naive)


REMEMBERING = """
import numpy as np
from poolproof.kernels import naive

before = {}


def max_forward(x, size, stride):
    return before.setdefault(KEY, naive.max_forward(x, size, stride)).copy()
"""


@slow
@pytest.mark.parametrize("key", ["(x.shape, size)", "(x.ctypes.data, x.shape, size)"], ids=["shape", "address"])
def test_what_a_kernel_remembers_is_seen_from_the_calls_of_the_report(key, here):
    source = REMEMBERING.replace("KEY", key)
    (here / "remembering.py").write_text(source)
    words = ("remembering.py", "--laws", "nothing-remembered", "--seed", "1", "--json", "report.json", "-n", "0")
    assert poolproof(here, "check", *words)[0] == 1
    made = exported(msgspec.json.decode((here / "report.json").read_bytes(), type=Report))
    assert made.tests == 1
    text = made.text.replace("import remembering as pool", "import the_pool as pool")
    names = {}
    exec(source, names)
    made = dataclasses.replace(made, text=text)
    assert tried(made, types.SimpleNamespace(max_forward=names["max_forward"])) == ["test_nothing_remembered"]
    assert tried(made, naive) == []


# The file, in a folder from which poolproof cannot be imported.


def pytest_without_poolproof(folder):
    """The exit status of pytest in a folder in which poolproof cannot be imported."""
    (folder / "poolproof.py").write_text("raise ImportError('poolproof is not here')\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:poolproof", "test_exported.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def reported(here):
    """A folder with a report of two failures of a kernel."""
    laws = {"routing": OVERWRITTEN, "max-value": MISPLACED}
    found = [{**sample.LAW, "law": k, "counterexample": msgspec.to_builtins(v)} for k, v in laws.items()]
    target = {**sample.TARGET, "target": "some/where/faulty_here.py", "laws": found[:1], "conventions": {}}
    (here / "one.json").write_text(json.dumps({**sample.REPORT, "targets": [target]}))
    (here / "two.json").write_text(json.dumps({**sample.REPORT, "targets": [target, {**target, "target": "b"}]}))
    (here / "none.json").write_text(json.dumps({**sample.REPORT, "targets": []}))
    return here


@slow
def test_the_file_needs_numpy_alone(reported, capsys):
    assert main(["export", "--test", "test_exported.py", "one.json"]) == 0
    assert capsys.readouterr().out == "1 test in 'test_exported.py'\n"
    assert not (reported / "test_exported.npz").exists()
    assert "poolproof" not in (reported / "test_exported.py").read_text()
    (reported / "faulty_here.py").write_text(FAULTY)
    status, said = pytest_without_poolproof(reported)
    assert (status, "1 failed" in said) == (1, True), said
    (reported / "faulty_here.py").write_text(FIXED)
    status, said = pytest_without_poolproof(reported)
    assert (status, "1 passed" in said) == (0, True), said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["two.json"], "takes a report with failures of one target, but this one has failures of 2 targets"),
        (["none.json"], "takes a report with failures of one target, but this one has failures of no target"),
        (["gone.json"], "report 'gone.json' cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_line(words, said, reported, capsys):
    assert said in refused(["export", "--test", "test_exported.py", *words], capsys)
    assert not (reported / "test_exported.py").exists()


def failed(law, found, **more):
    """What is exported for one failure."""
    result = msgspec.convert(
        {**sample.LAW, "law": law, "counterexample": msgspec.to_builtins(found), **more}, LawReport
    )
    return exported(report_of([result]))


@pytest.mark.parametrize(
    ("law", "left"),
    [
        ("two-threads", "two-threads: calls that interrupt one another make no small test"),
        ("ties=first", "ties=first: a pinned convention and a law of huge arrays have no small test"),
        ('x"""\nimport os', "a pinned convention and a law of huge arrays have no small test"),
    ],
)
def test_what_is_left_out_is_said_in_a_comment(law, left):
    made = failed(law, OVERWRITTEN)
    assert made.tests == 0
    assert left in made.left[0]
    assert f"# {made.left[0]}\n" in made.text
    assert tried(made, naive) == []


def test_a_failure_that_did_not_come_again_is_left_out():
    made = failed("routing", msgspec.structs.replace(OVERWRITTEN, earlier_calls=[]))
    assert made.left == ["routing: it did not recur"]


def test_what_numpy_cannot_see_is_left_out():
    made = failed("inputs-unchanged", msgspec.structs.replace(MISPLACED, mistakes=[WRITES_BESIDE.name]))
    assert made.left == ["inputs-unchanged: NumPy cannot see what is written beside an array"]


def test_a_window_wholly_in_padding_is_left_out_because_it_may_be_refused():
    found = failing("max_indices", [[0]], (1, 2), (1, 1), padding=((0, 0), (1, 1)), dilation=(1, 2))
    assert failed("index-in-plane", found).left == ["index-in-plane: a window wholly in padding may also be refused"]


@pytest.mark.parametrize(("got", "tests"), [(0.2, 0), (0.3, 1)])
def test_a_comparison_of_answers_is_left_out_if_the_failing_one_is_right(got, tests):
    found = failing("mean_forward", [[0.1, 0.2, 0.3]], (1, 3), (1, 1), got=[[got]])
    made = failed("ranks-agree", found)
    assert made.tests == tests
    assert ("it is their comparison that fails" in "".join(made.left)) == (tests == 0)


def test_where_the_call_raised_the_test_makes_it():
    made = failed("max-value", MISPLACED, verdict="raised")
    assert "assert" not in made.text
    assert tried(made, naive) == []
    assert tried(made, types.SimpleNamespace(max_forward=lambda *_: 1 / 0)) == ["test_max_value"]


def test_the_calls_before_are_made_before():
    found = msgspec.structs.replace(OVERWRITTEN, earlier_calls=MISPLACED.calls)
    text = failed("routing", found).text
    assert text.index("pool.max_forward(x_before_1") < text.index("pool.max_backward(dy")


def test_a_large_array_lies_beside_the_file():
    x = np.random.default_rng(1).random((40, 40))
    x[0, :2] = 3, 2
    made = failed("max-value", failing("max_forward", x, (2, 2), (1, 1)))
    assert 'x = ARRAYS["test_max_value_x"]' in made.text
    assert tried(made, naive) == []
    assert tried(made, types.SimpleNamespace(max_forward=lambda x, *_: x)) == ["test_max_value"]


# Layouts.


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_lies_as_its_layout_says(layout):
    array = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    names = {"np": np, "array": array}
    exec(f"{HELPERS['in_memory']}\nmade = {strided('array', array, layout)}", names)
    made, meant = names["made"], laid_out(array, layout)
    assert np.array_equal(made, array)
    assert made.strides == meant.strides
    for flag in ("writeable", "aligned", "c_contiguous"):
        assert getattr(made.flags, flag) == getattr(meant.flags, flag)


# What is right.


def answer(function, x, size, stride, dy=None, **settings):
    """What is right for a call."""
    arrays = {"x": x} if dy is None else {"dy": dy, "x": x}
    return right(Call(function, arrays, size, stride, settings), settings)


def test_a_mean_that_may_round_has_the_numbers_within_its_bound():
    x = np.array([[[0.1, 0.2, 0.3]]], np.float32)
    found, exact = answer("mean_forward", x, (3,), (1,)), oracle.mean_forward(x, (3,), (1,))
    assert isinstance(found, Range)
    assert found.least.dtype == np.float32
    assert exact.allows(found.least).all()
    assert exact.allows(found.most).all()
    assert not exact.allows(np.nextafter(found.least, np.float32(0))).any()
    assert not exact.allows(np.nextafter(found.most, np.float32(1))).any()


def test_a_mean_that_cannot_round_has_one_value():
    assert answer("mean_forward", np.array([[[1.0, 2.0]]]), (2,), (1,)).unique
    assert not answer("mean_forward", np.array([[[1.0, 2.0, 3.0]]]), (3,), (1,)).unique


@pytest.mark.parametrize(
    ("dx", "admitted"),
    [([1, 0], True), ([0, 1], True), ([0.5, 0.5], True), ([1, 1], False), ([2, -1], False), ([0, 0], False)],
)
def test_tied_maxima_share_a_gradient(dx, admitted):
    found = answer("max_backward", np.zeros((1, 1, 2)), (2,), (1,), np.ones((1, 1, 1)))
    assert isinstance(found, Shares)
    assert found.admits(np.array([[dx]], float)) == admitted


def test_any_of_tied_maxima_may_be_named():
    found = answer("max_indices", np.array([[[1.0, 1.0, 0.0]]]), (3,), (1,))
    assert found == Places((1, 1, 1), [[0, 1]])
    assert [found.admits(np.array([[[k]]])) for k in range(3)] == [True, True, False]
