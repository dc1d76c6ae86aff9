"""The examples: built and judged by the commands of their READMEs, sound as they stand, rejected with a line broken."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from places import ROOT

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
TOOLS = {"c": "cc", "cpp": "c++", "node": "node"}
PINS = {
    "ties": "first",
    "nan": "propagates",
    "nan-gradient": "to the nan",
    "accumulator": "wider",
    "window-too-large": "refused",
    "size-zero": "refused",
    "stride-zero": "refused",
    "wrong-rank": "refused",
    "integer-mean": "refused",
}
"""What the examples promise beyond the laws."""

FAULTS = {
    "c-assigns": (
        ("c", "pool.c", "max-accumulation"),
        "dx[first_maximum(g, x, o)] += dy[o];",
        "dx[first_maximum(g, x, o)] = dy[o];",
    ),
    "c-returns-doubles": (
        ("c", "pool.py", "dtype-preserved"),
        "return array.astype(dtype, copy=False)",
        "return array",
    ),
    "cpp-assigns": (
        ("cpp", "pool.cpp", "mean-accumulation"),
        "dx[cell] += dy[o] / g.cells();",
        "dx[cell] = dy[o] / g.cells();",
    ),
    "node-assigns": (
        ("node", "pool.mjs", "conservation"),
        "dx[firstMaximum(g, x.values, o)] += share;",
        "dx[firstMaximum(g, x.values, o)] = share;",
    ),
    "node-swaps-axes": (
        ("node", "pool.mjs", "max-value"),
        "return (plane * g.height + row * g.down) * g.width + column * g.across;",
        "return (plane * g.height + row * g.across) * g.width + column * g.down;",
    ),
}


def environment():
    """The environment without what an outer pytest or a CI leaves in it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_")) and k != "CI"}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "80"}


def run(folder, words):
    """Run a command in a folder; its status and all it printed."""
    done = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


def commands(folder):
    """The commands in an example's README: those that build it, and the one that judges it."""
    page = (folder / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    *building, judging = [shlex.split(line) for line in block.splitlines()]
    return building, judging


def copied(example, folder):
    """The folder, with the files of an example but nothing that was built beside them."""
    leftovers = shutil.ignore_patterns("libpool.so", "pool", "__pycache__", ".poolproof")
    return shutil.copytree(EXAMPLES / example, folder, ignore=leftovers, dirs_exist_ok=True)


def built(folder):
    """The same folder, after the commands that build what is in it."""
    for command in commands(folder)[0]:
        status, said = run(folder, command)
        assert (status, said) == (0, "")
    return folder


def judged(folder, *words):
    """Run the command that judges an example, with few cases."""
    program, *given = commands(folder)[1]
    assert program == "poolproof"
    few = ["--seed", "1", "--examples", "20", "-n", "1"]
    return run(folder, [sys.executable, "-m", "poolproof.properties", *given, *few, *words])


def needing(example, *more, name):
    """Parameters of a test that is skipped where the compiler or interpreter of an example is missing."""
    tool = TOOLS[example]
    missing = pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")
    return pytest.param(example, *more, marks=missing, id=name)


def test_every_example_is_tested():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == set(TOOLS)


@pytest.mark.parametrize("example", [needing(example, name=example) for example in TOOLS])
def test_an_example_keeps_every_law_it_can_be_asked_and_what_it_promises_beyond_them(tmp_path, example):
    pins = [f"--expect={name}={value}" for name, value in PINS.items()]
    status, said = judged(built(copied(example, tmp_path)), *pins)
    assert status == 0, said
    assert "all hold" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("example", "file", "law", "old", "new"),
    [needing(*where, old, new, name=name) for name, (where, old, new) in FAULTS.items()],
)
def test_an_example_with_one_line_broken_is_rejected(tmp_path, example, file, law, old, new):
    source = copied(example, tmp_path) / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1
    source.write_text(text.replace(old, new), encoding="utf-8")
    status, said = judged(built(tmp_path), "--laws", law)
    assert status == 1, said
    assert f"\n{law}: broken after " in said


def test_a_library_that_is_not_built_is_told_with_the_command_that_builds_it(tmp_path):
    status, said = judged(copied("c", tmp_path))
    (building,), _ = commands(tmp_path)
    assert status == 2
    assert f"build it there with: {shlex.join(building)}" in said
    assert "Traceback" not in said
