"""Proofs by exhaustion: the finite sets are what they claim to be, wrong kernels fail, and runs can be resumed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from poolproof.kernels import compiled, img2col, naive
from poolproof.properties.contract import SETTINGS
from poolproof.properties.doors.cli import main
from poolproof.properties.proofs import PROOFS
from poolproof.properties.proofs.attempt import attempt
from poolproof.properties.proofs.methods import fubini, weak_orders
from poolproof.properties.proofs.run import DONE, Run
from poolproof.properties.proofs.spaces import single_windows, with_settings, without_settings
from poolproof.properties.run.request import Request
from poolproof.properties.targets.target import wrap
from selection import slow
from shell import FAULTY

pytestmark = pytest.mark.once

ALL = 10**9


def proved(name, implementation, longest=3):
    """The result of a proof."""
    return attempt(PROOFS[name], wrap(implementation), longest, 0, ALL)


class Trap(Sound):
    """Made of comparisons only, right on zeros and ones, and yet not a maximum: `b if a < b < c else max(a, b, c)`."""

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        if size != (1, 3):
            return y
        a, b, c = self.taps(x, self.grid(x, size, stride))
        return np.where((a < b) & (b < c), b, y)


class TouchedByTwo(Sound):
    """A window's maximum, or the smallest cell outside of it if that is larger: wrong from two outside cells on."""

    def max_forward(self, x, size, stride):
        y, grid = super().max_forward(x, size, stride), self.grid(x, size, stride)
        for i, j in np.ndindex(y.shape[2:]):
            outside = np.ones(x.shape[2:], bool)
            outside[i * grid.sh : i * grid.sh + grid.fh, j * grid.sw : j * grid.sw + grid.fw] = False
            if outside.sum() > 1:
                y[..., i, j] = np.maximum(y[..., i, j], x[..., outside].min(axis=-1))
        return y


class FarLooking(Sound):
    """A mean that becomes infinite if there is an infinity anywhere in the image."""

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x, size, stride) + np.where(np.isinf(x).any(), np.inf, 0).astype(x.dtype)


class FarRouting(Sound):
    """A gradient that goes to the largest cell of the whole plane if that is infinite."""

    def max_backward(self, dy, x, size, stride):
        infinite = np.isposinf(x)
        return np.where(infinite.any(), dy.sum() * infinite, super().max_backward(dy, x, size, stride)).astype(x.dtype)


# The finite sets.


@pytest.mark.parametrize("n", range(1, 6))
def test_weak_orders_are_all_ways_to_rank_cells(n):
    ranked = {tuple(np.unique(each, return_inverse=True)[1].tolist()) for each in product(range(n), repeat=n)}
    orders = list(weak_orders(n))
    assert set(orders) == ranked
    assert len(orders) == len(ranked) == fubini(n)


def test_there_are_as_many_orders_as_known():
    # OEIS A000670.
    assert [fubini(n) for n in range(1, 7)] == [1, 3, 13, 75, 541, 4683]


def test_single_windows_have_every_shape():
    assert {space.size for space in single_windows(2, 4)} == {
        (1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (3, 1), (4, 1),
    }  # fmt: skip
    assert all(space.output == (1, 1) and space.cells <= 4 for space in single_windows(2, 4))


def test_plain_spaces_are_all_that_differ():
    spaces = list(without_settings(2, 3))
    drawn = product(*(range(1, 4) for _ in range(6)))
    fitting = [((h, w), (fh, fw), (sh, sw)) for h, w, fh, fw, sh, sw in drawn if fh <= h and fw <= w]
    # A larger stride than the one that leaves a single window does not change the windows.
    cells = [tuple(min(s, n - f + 1) for n, f, s in zip(*each, strict=True)) for each in fitting]
    expected = {(*each[:2], stride) for each, stride in zip(fitting, cells, strict=True)}
    assert Counter((space.spatial, space.size, space.stride) for space in spaces) == Counter(expected)
    assert [space.cells for space in spaces] == sorted(space.cells for space in spaces)


def values_along(space, axis):
    """The settings along one axis, by name."""
    begin, end = space.settings["padding"][axis]
    own = {"length": space.spatial[axis], "size": space.size[axis], "stride": space.stride[axis]}
    return {**own, "begin": begin, "end": end, "dilation": space.settings["dilation"][axis]}


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_settings_of_one_axis_meet_in_all_combinations_and_those_of_two_in_all_pairs(ceil_mode):
    spaces = [space for space in with_settings(2, 4, SETTINGS) if space.settings["ceil_mode"] == ceil_mode]
    along = [[values_along(space, axis) for space in spaces] for axis in (0, 1)]
    lines = [space for space in with_settings(1, 4, SETTINGS) if space.settings["ceil_mode"] == ceil_mode]
    alone = {tuple(values_along(line, 0).values()) for line in lines}
    assert all({tuple(each.values()) for each in axis} == alone for axis in along)
    for one, other in product(along[0][0], repeat=2):
        met = {(a[one], b[other]) for a, b in zip(*along, strict=True)}
        everything = product({a[one] for a in along[0]}, {b[other] for b in along[1]})
        assert met == set(everything), (one, other)


@slow
@pytest.mark.parametrize("name", PROOFS)
def test_cases_are_counted_as_they_are_made(name):
    proof = PROOFS[name]
    for blank in islice(proof.blanks(wrap(General).declared, 2), 0, None, 7):
        assert len(list(proof.method.cases(blank))) == proof.method.count(blank)


# What is proved, and what is not.


@slow
@pytest.mark.parametrize("name", PROOFS)
@pytest.mark.parametrize("base", [Sound, General], ids=["plain", "general"])
def test_sound_kernels_hold(base, name):
    result = attempt(PROOFS[name], wrap(base), 2, 0, 40)
    assert result.verdict == "holds", result.message
    assert result.examples > 20


@slow
@pytest.mark.parametrize("name", SOUND)
def test_sound_variants_hold(name):
    for proof in PROOFS.values():
        if not proof.unsupported(wrap(SOUND[name]).declared, wrap(SOUND[name]).offers):
            result = attempt(proof, wrap(SOUND[name]), 2, 0, 15)
            assert not result.failed, result.message


@slow
def test_comparisons_alone_make_no_maximum():
    assert proved("max-value/zero-and-one", Trap).verdict == "holds"
    assert proved("max-value/every-order", Trap).verdict == "broken"


def test_a_failing_proof_names_the_mistake():
    result = attempt(PROOFS["tied-maxima/every-order"], wrap(FAULTS["ties.EveryTie"]), 2, 0, 40)
    assert result.counterexample.mistakes[0] == "every-tie-gets-gradient"


def test_cells_outside_are_asked_together():
    result = proved("max-value/zero-and-one", TouchedByTwo)
    assert result.verdict == "broken"
    assert result.counterexample.calls[0].args["x"].data == [[[[0.0, 1.0, 1.0]]]]


@slow
def test_what_lies_around_a_window_is_varied():
    assert proved("mean-value/impulses", FarLooking).verdict == "holds"
    assert proved("locality/surroundings of mean_forward", FarLooking).verdict == "broken"
    assert proved("tied-maxima/every-order", FarRouting, 2).verdict == "holds"
    assert proved("routing/surroundings", FarRouting).verdict == "broken"


@slow
@pytest.mark.parametrize(
    ("proof", "fault"),
    [
        ("max-value/every-order", "others.ZeroSentinel"),
        ("max-index/every-order", "settings.IndexOfSlice"),
        ("tied-maxima/every-order", "ties.EveryTie"),
        ("tied-maxima/every-order", "ties.HalvesForThree"),
        ("max-value/zero-and-one", "settings.StrideTimesDilation"),
        ("max-value/zero-and-one", "settings.OneDilation"),
        ("max-index/zero-and-one", "settings.PaddedIndex"),
        ("max-accumulation/one-maximum", "overlap.AssignsMaxGradient"),
        ("max-accumulation/one-maximum", "overlap.ThirdWindowLost"),
        ("mean-value/impulses", "settings.OverhangCounts"),
        ("mean-value/impulses", "others.DividesByStrideArea"),
        ("mean-spread/impulses", "settings.ExcludesBackward"),
        ("mean-spread/impulses", "others.BackwardNotDivided"),
        ("locality/surroundings of mean_forward", "rare.RunningSum"),
        ("routing/surroundings", "others.GarbageInGaps"),
        ("mean-spread/surroundings", "settings.GradientOfMeanNeedsX"),
    ],
)
def test_a_fault_fails_the_proof_about_it(proof, fault):
    result = proved(proof, FAULTS[fault], 3 if fault.startswith("overlap") else 2)
    assert result.verdict in ("broken", "raised")
    assert result.assumption
    assert sum(np.size(array.data) for array in result.counterexample.calls[0].args.values()) <= 60


@slow
@pytest.mark.parametrize("kernel", [naive, compiled, img2col], ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("name", PROOFS)
def test_the_reference_kernels_hold_on_the_smallest_images(kernel, name):
    # The environment `proofs` of tox goes through all.
    result = attempt(PROOFS[name], wrap(kernel), 2, 0, 60)
    assert result.verdict == "holds", result.message


# The command.

BOUND = "axes up to 2, every order of up to 4 cells"
KERNEL = """
import numpy as np
{comment}
def max_forward(x, size, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a kernel, in which commands run."""
    (tmp_path / "right.py").write_text(KERNEL.format(comment=""))
    (tmp_path / "wrong.py").write_text(KERNEL.format(comment="").replace(".max(", ".min("))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_prints_its_assumptions_and_counts_before_it_begins(folder, capsys):
    assert main(["check", "right.py", "--exhaustive", "--length", "2", "-n", "0", "--in-process"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("by exhaustion: axes up to 2, every order of up to 4 cells; 423 cases")
    held = [k for k, text in enumerate(said) if " holds " in text]
    assert len(held) == 3
    assert all(said[k + 1].strip().startswith("if ") for k in held)
    assert [said[k].rpartition(", ")[2] for k in held] == [
        "for windows of up to 4 cells", "for axes up to 2", "for axes up to 2",
    ]  # fmt: skip
    assert said[-1] == f"1 implementation, 12 proofs, 423 cases ({BOUND}): all passed, 9 unsupported"
    assert not DONE.exists()


BOUNDS = {
    ("max-value/every-order", 6): "for windows of up to 6 cells (4 in three dimensions)",
    ("max-value/every-order", 2): "for windows of up to 4 cells",
    ("max-value/zero-and-one", 6): "for axes up to 6 (4 with settings, 2 in three dimensions)",
    ("max-value/zero-and-one", 3): "for axes up to 3 (2 in three dimensions)",
    ("routing/surroundings", 6): "for axes up to 4 (2 in three dimensions)",
}


@pytest.mark.parametrize(("name", "longest"), BOUNDS, ids=str)
def test_a_verdict_says_how_far_the_cases_go(name, longest):
    assert PROOFS[name].bound(wrap(naive).declared, longest) == BOUNDS[name, longest]


@pytest.mark.parametrize("longest", [1, 3, 5])
@pytest.mark.parametrize("name", PROOFS)
def test_no_case_lies_beyond_the_bound(name, longest):
    bound = PROOFS[name].bound(wrap(Sound).declared, longest)
    axes, most = "axes" in bound, int(re.search(r"\d+", bound)[0])
    sizes = {max(case.x.shape) if axes else case.x.size for case in PROOFS[name].blanks(wrap(Sound).declared, longest)}
    assert max(sizes) == most


def test_the_smallest_cases_of_each_proof_come_first(folder):
    run = Run(Request(("right.py", "wrong.py"), in_process=True), 4, lambda *_: None)
    run.begin()
    seen, turns = Counter(), []
    for part in run.parts:
        turns.append(seen[part.target, part.proof])
        seen[part.target, part.proof] += 1
    assert turns == sorted(turns)
    assert max(turns) > 0


def test_a_failure_is_printed_when_it_is_found(folder, capsys):
    assert main(["check", "wrong.py", "--exhaustive", "--length", "2", "-n", "0", "--in-process"]) == 1
    said = capsys.readouterr().out
    failure, verdict = "max_forward of wrong: y[0,0,0,0]", "max-value/zero-and-one                BROKEN"
    assert 0 < said.index(failure) < said.index(verdict)


def test_a_known_failure_of_a_proof_is_not_printed(folder, capsys):
    (folder / "known.toml").write_text("[[known]]\ntarget = 'wrong'\nlaw = 'max-value'\nreason = 'rewritten in May'\n")
    words = ["--exhaustive", "--length", "2", "-n", "0", "--in-process", "--laws", "max-value", "--known", "known.toml"]
    assert main(["check", "wrong.py", *words]) == 0
    said = capsys.readouterr().out
    assert "max_forward of wrong: y" not in said
    assert said.splitlines()[-1].endswith(": 2 known")


@slow
def test_a_failure_is_reported_and_can_be_replayed(folder, capsys):
    command = ["check", "wrong.py", "--exhaustive", "--length", "2", "-n", "0", "--json", "report.json"]
    assert main(command) == 1
    said = capsys.readouterr().out
    assert "max_forward of wrong: y[0,0,0,0] = 0.0, but should be 1.0" in said
    report = json.loads(Path("report.json").read_text())
    assert report["bound"] == BOUND
    laws = {law["law"]: law for law in report["targets"][0]["laws"]}
    assert laws["max-value/every-order"]["assumption"].endswith("(A)")
    assert main(["replay", "report.json", "--yes"]) == 1
    assert "still broken" in capsys.readouterr().out
    assert main(["replay", "report.json", "right.py"]) == 0


@slow
def test_the_wrong_kernel_of_the_readme_needs_an_axis_of_three(folder, capsys):
    """Overlapping windows need three cells: with two the last line states the bound; with the default it is found."""
    (folder / "my_pool.py").write_text(FAULTY)
    command = ["check", "my_pool.py", "--exhaustive", "-n", "0", "--in-process", "--laws", "max-accumulation"]
    assert main([*command, "--length", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"1 implementation, 1 proof, 49 cases ({BOUND}): all passed"
    assert main(command) == 1
    said = capsys.readouterr().out
    assert "max_backward of my_pool: dx[0,0,0,1] = 2.0, but should be 3.0" in said
    assert "(axes up to 6, every order of up to 6 cells): 1 failed" in said.splitlines()[-1]


def test_a_run_that_ended_early_is_resumed(folder, capsys):
    command = ["check", "right.py", "--exhaustive", "--length", "2", "-n", "0", "--in-process"]
    assert main([*command, "--budget", "0.000001"]) == 2
    assert "the time limit was reached after 0 of" in capsys.readouterr().out
    assert main([*command, "--resume"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"423 cases ({BOUND}): all passed, 9 unsupported")


def interrupted(folder):
    """A run that was interrupted by Ctrl-C after its first part."""
    command = ["check", "right.py", "--exhaustive", "--length", "4", "-n", "1"]
    program = [sys.executable, "-m", "poolproof.properties", *command]
    with subprocess.Popen(program, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        deadline = time.monotonic() + 120
        while not (folder / DONE).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(run.pid, signal.SIGINT)
        said, complaint = run.communicate(timeout=120)
    return run.returncode, said, complaint


@slow
def test_ctrl_c_loses_nothing(folder, capsys):
    status, said, complaint = interrupted(folder)
    assert (status, complaint) == (130, "")
    assert said.splitlines()[-1].endswith("(partial)")
    assert "--resume goes on" in said
    entries = (folder / DONE).read_text().splitlines()
    done = sum(json.loads(line)["result"]["examples"] for line in entries)
    budget = ["--budget", "0.000001"]
    again = ["check", "right.py", "--exhaustive", "--length", "4", "-n", "0", "--in-process", "--resume"]
    main([*again, *budget])
    assert f"{done:,} cases were tried before" in capsys.readouterr().out
    # Another file is another kernel, about which nothing is known.
    (folder / "right.py").write_text(KERNEL.format(comment="# changed"))
    main([*again, *budget])
    assert "tried before" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--length", "3"], "should come with --exhaustive"),
        (["--resume"], "should come with --exhaustive"),
        (["--exhaustive", "--seed", "0"], "--seed is about drawn cases, and should not come with --exhaustive"),
        (["--exhaustive", "--huge"], "--huge is about laws of its own, and should not come with --exhaustive"),
        (["-v", "-q"], "-v is about more output, and should not come with -q"),
        (["--exhaustive", "--expect", "ties=first"], "should not come with --exhaustive"),
        (["--exhaustive", "--like", "naive"], "should not come with --exhaustive"),
        (["--exhaustive", "--length", "0"], "'0' should be at least 1"),
        (["--exhaustive", "--laws", "same-twice"], "no proof is of such a law"),
    ],
)
def test_options_that_do_not_fit_are_told(words, told, folder, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["check", "right.py", *words])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_target_that_cannot_be_loaded_is_told(folder, capsys):
    assert main(["check", "none.py", "--exhaustive"]) == 2
    assert "none.py" in capsys.readouterr().out
