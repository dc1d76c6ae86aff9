"""Interpreters and programs as users name them: by relative paths, through symbolic links, or by PATH."""

import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from places import TESTS
from poolproof.properties.contract import Unusable
from poolproof.properties.data.text import sendable
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.programs import interpreter, program
from selection import once_but, slow
from shell import FORWARD, poolproof, python

KERNEL = """
import os, sys
assert os.path.basename(sys.prefix) == "env", sys.prefix
import numpy as np

def max_forward(x, size, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))
"""
EXE = "../env/bin/python"
FEW = ["--laws", "max-value", "--examples", "2", "--seed", "1", "-n", "0"]
PEER = TESTS / "peer.py"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder beside an environment whose Python is a symbolic link; the kernel needs that environment."""
    site = tmp_path / "env" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for folder in (site, tmp_path / "env" / "bin", tmp_path / "work"):
        folder.mkdir(parents=True)
    (site / "numpy.pth").write_text(str(Path(np.__file__).parent.parent))
    base = os.path.realpath(sys.executable)
    (tmp_path / "env" / "pyvenv.cfg").write_text(f"home = {os.path.dirname(base)}\n")
    (tmp_path / "env" / "bin" / "python").symlink_to(base)
    (tmp_path / "work" / "kernel.py").write_text(KERNEL)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


DOORS = {
    "check": ["check", "kernel.py", "--python", EXE, *FEW],
    "check-at": ["check", f"kernel.py@{EXE}", *FEW],
    "proofs": ["check", "kernel.py", "--python", EXE, "--exhaustive", "--length", "1", "-n", "0"],
    "matrix": ["matrix", "kernel.py", "--python", EXE, *FEW],
    "matrix-at": ["matrix", f"kernel.py@{EXE}", "naive", *FEW],
    "cases": ["cases", "kernel.py", "--python", EXE, "--laws", "max-value", "--examples", "1"],
    "cases-at": ["cases", f"kernel.py@{EXE}", "--laws", "max-value", "--examples", "1"],
    "peers": ["peers", "--python", EXE],
}


@pytest.mark.parametrize("door", once_but(DOORS, "check-at", "peers", others=slow))
def test_a_relative_interpreter_is_one_of_the_working_folder(door, here):
    status, said = poolproof(here, *DOORS[door])
    assert status == 0, said


@slow
@pytest.mark.parametrize("words", [["kernel.py", "--python", EXE], [f"kernel.py@{EXE}"]], ids=["option", "at"])
def test_a_replay_takes_a_relative_interpreter(words, here):
    (here / "wrong.py").write_text(KERNEL.replace(".max(", ".min("))
    assert poolproof(here, "check", "wrong.py", "--python", EXE, "--json", "report.json", *FEW)[0] == 1
    status, said = poolproof(here, "replay", "report.json", *words)
    assert status == 0, said
    assert "holds now" in said


@slow
def test_pytest_takes_a_relative_interpreter(here):
    ours = ["--poolproof-impl=kernel.py", f"--poolproof-python={EXE}", "--poolproof-laws=max-value"]
    given = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "poolproof.properties"]
    status, said = python(here, *given, *ours, "--poolproof-examples=2")
    assert status == 0, said


def test_the_functions_take_a_relative_interpreter(here):
    target = load("kernel.py", Isolation(python=EXE))
    assert target.offers == ("max_forward",)


def test_a_bare_name_is_looked_up_on_the_path_and_not_here(here, monkeypatch):
    (here / "python-here").symlink_to(EXE)
    with pytest.raises(Unusable, match="'python-here' should be an interpreter"):
        interpreter("python-here")
    monkeypatch.setenv("PATH", f"../env/bin{os.pathsep}{os.environ['PATH']}")
    assert interpreter("python") == str(here / EXE)
    assert interpreter("./python-here") == str(here / "python-here")


def test_a_link_to_a_folder_is_followed_before_its_parent_is_taken(here):
    (here / "deep" / "folder").mkdir(parents=True)
    (here / "link").symlink_to("deep/folder")
    (here / "deep" / "python").symlink_to(Path("../..") / "env" / "bin" / "python")
    assert os.path.samefile(interpreter("link/../python"), here / "deep" / "python")


@pytest.mark.parametrize("python", ["nowhere/python", "", ".", "kernel.py", "a\0b", "\udcff"])
def test_what_is_no_interpreter_is_told(python, here):
    with pytest.raises(Unusable, match="should be an interpreter"):
        load("kernel.py", Isolation(python=python))


@pytest.mark.parametrize("name", ["./prog", "prog", "sub/prog", "../work/sub/prog"])
def test_a_program_of_the_working_folder_is_started(name, here):
    (here / "sub").mkdir()
    for file in (here / "prog", here / "sub" / "prog"):
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PEER}" "$@"\n')
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    assert load(f"command:{name} right", Isolation()).offers == ("max_forward",)


def test_files_among_the_words_of_a_command_are_made_absolute(here):
    (here / "a file").write_text("")
    assert program("node 'a file' --x=kernel.py kernel.py none.js") == [
        "node", str(here / "a file"), "--x=kernel.py", str(here / "kernel.py"), "none.js",
    ]  # fmt: skip
    with pytest.raises(Unusable, match="cannot be split into words: No closing quotation"):
        program("node 'a file")


EXITS = {
    "exit": "import sys\nsys.exit(3)",
    "subclass": "class E(SystemExit): pass\nraise E",
    "base": "class B(BaseException): pass\nraise B('\\x1b[2J')",
    "generator": "raise GeneratorExit",
    "class": "class K:\n    def __init__(self): raise SystemExit(4)",
}


@pytest.mark.parametrize("isolation", [None, Isolation()], ids=["here", "apart"])
@pytest.mark.parametrize("text", EXITS.values(), ids=EXITS)
def test_a_target_may_exit_when_it_is_imported(text, isolation, here):
    (here / "exits.py").write_text(text)
    with pytest.raises(Unusable, match=r"exits\.py"):
        load("exits.py:K" if "K" in text else "exits.py", isolation)


def test_proofs_take_a_kernel_whose_name_is_no_text(here):
    file = os.fsdecode(b"caf\xe9.py")
    (here / file).write_text(FORWARD)
    words = ["--exhaustive", "--length", "1", "--in-process", "-n", "0", "--json", "report.json"]
    status, said = poolproof(here, "check", file, *words)
    assert status == 0, said
    assert json.loads((here / "report.json").read_text())["targets"][0]["target"] == sendable(file)
