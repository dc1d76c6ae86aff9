"""Reports are written completely or not at all; the findings are printed in any case."""

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.data.files import unwritten, writable, write
from poolproof.properties.doors.cli import main
from poolproof.properties.results import Result
from poolproof.properties.run.journal import Journal
from selection import slow
from shell import environment, kernels_in, poolproof, python

pytestmark = pytest.mark.once

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
NO_SPACE = "cannot be written: No space left on device"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def full(monkeypatch):
    """A disk that is full after some bytes."""

    class Sink:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[:3])
            raise FULL

    plain = Path.open

    def opened(path, mode="r", **more):
        return Sink(plain(path, mode)) if mode == "xb" else plain(path, mode, **more)

    monkeypatch.setattr(Path, "open", opened)


# A file.


def test_a_file_is_written_and_replaced(here):
    write("report.json", "first\n")
    write("report.json", b"second")
    assert (here / "report.json").read_bytes() == b"second"
    assert os.listdir(here) == ["report.json"]


@pytest.mark.parametrize("before", [None, "before"])
def test_a_full_disk_leaves_what_was_there(before, here, full):
    if before:
        Path("report.json").write_text(before)
    with pytest.raises(Unusable, match=f"'report.json' {NO_SPACE}"):
        write("report.json", "after")
    assert [file.read_text() for file in here.iterdir()] == ([before] if before else [])


def test_an_interrupted_write_leaves_nothing(here, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write("report.json", "text")
    assert os.listdir(here) == []


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_permissions(mode, here):
    Path("report.json").write_text("before")
    Path("report.json").chmod(mode)
    write("report.json", "after")
    assert stat.S_IMODE(Path("report.json").stat().st_mode) == mode


def test_a_new_file_has_the_permissions_that_the_user_gives(here):
    Path("usual").write_text("")
    write("report.json", "text")
    assert Path("report.json").stat().st_mode == Path("usual").stat().st_mode


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed(exists, here):
    (here / "there").mkdir()
    if exists:
        (here / "there" / "file").write_text("before")
    (here / "link").symlink_to("there/file")
    write("link", "after")
    assert (here / "link").is_symlink()
    assert (here / "there" / "file").read_text() == "after"


def test_a_device_is_written_to(here):
    write("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@needs_full
def test_a_full_device_is_told():
    with pytest.raises(Unusable, match=f"'/dev/full' {NO_SPACE}"):
        write("/dev/full", "text")


def test_a_pipe_is_written_to(here):
    os.mkfifo("pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    write("pipe", "text" * 100_000)
    reader.join()
    assert read == ["text" * 100_000]
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_text_that_cannot_be_encoded_is_escaped(here):
    write("table.md", "caf\udce9")
    assert Path("table.md").read_text() == "caf\\udce9"


def test_every_output_is_tried(here):
    Path("folder").mkdir()
    outputs = [("--json", "folder", lambda: "1"), ("--plot", None, lambda: "2"), ("--markdown", "table", lambda: "3")]
    (complaint,) = unwritten(outputs)
    assert complaint.startswith("--json 'folder' cannot be written: ")
    assert Path("table").read_text() == "3"


def test_what_is_tried_before_the_run_leaves_nothing(here):
    writable("--json", "report.json")
    Path("other.json").write_text("before")
    writable("--json", "other.json")
    assert {file.name: file.read_text() for file in here.iterdir()} == {"other.json": "before"}


# The doors: the verdicts are printed, one line names the missing file, the status is 2.

FEW = ["--laws", "conservation", "--examples", "20", "--seed", "1", "-n", "0"]


@pytest.fixture
def kernels(tmp_path):
    """A folder with kernels, one of which removes the folder for reports when it is loaded in a run."""
    kernels_in(tmp_path)
    (tmp_path / "out").mkdir()
    counting = "import os, shutil\ncalls = 0\n"
    fixed = (tmp_path / "fixed.py").read_text()
    body = fixed.replace("    dx = ", "    global calls\n    calls += 1\n    if calls > 1:\n        GONE\n    dx = ")
    body = body.replace("GONE", f"shutil.rmtree({str(tmp_path / 'out')!r}, ignore_errors=True)")
    (tmp_path / "removing.py").write_text(counting + body)
    return tmp_path


LOST = {
    "check": (["check", "--json", "out/report.json", *FEW], "1 implementation, 1 law, 20 cases: all passed"),
    "matrix": (["matrix", "--markdown", "out/table.md", *FEW], "1 implementation, 1 law, 20 cases: all passed"),
    "proofs": (
        ["check", "--json", "out/report.json", "--exhaustive", "--length", "1", "-n", "0"],
        "1 implementation, 12 proofs, 4 cases (axes up to 1, every order of up to 1 cell): all passed, 9 unsupported",
    ),
}


@slow
@pytest.mark.parametrize(("words", "last"), LOST.values(), ids=LOST)
def test_a_folder_that_vanishes_loses_no_verdict(words, last, kernels):
    status, said = poolproof(kernels, words[0], "removing.py", "--in-process", *words[1:])
    option = "--markdown" if "--markdown" in words else "--json"
    complaints = [line for line in said.splitlines() if line.startswith(option)]
    assert status == 2
    assert len(complaints) == 1
    assert complaints[0].endswith("cannot be written: No such file or directory")
    assert said.splitlines()[-1] == last
    assert "Traceback" not in said


@slow
@needs_full
@pytest.mark.parametrize("words", [["check", "--json"], ["matrix", "--json"], ["matrix", "--markdown"]], ids=" ".join)
def test_a_full_disk_loses_no_verdict(words, kernels):
    status, said = poolproof(kernels, words[0], "fixed.py", "--in-process", *words[1:], "/dev/full", *FEW)
    assert status == 2
    assert f"\n{words[1]} '/dev/full' {NO_SPACE}\n" in said
    assert said.splitlines()[-1] == "1 implementation, 1 law, 20 cases: all passed"


@slow
def test_the_report_goes_to_standard_output_among_what_is_printed(kernels):
    status, said = poolproof(kernels, "check", "fixed.py", "--in-process", "--json", "/dev/stdout", *FEW)
    assert status == 0
    report = said[said.index("\n{\n") : said.rindex("\n}\n") + 2]
    assert json.loads(report)["targets"][0]["target"] == "fixed.py"
    assert said.splitlines()[-1] == "1 implementation, 1 law, 20 cases: all passed"


@slow
def test_the_report_may_be_the_file_that_standard_output_goes_to(kernels):
    words = ["check", "fixed.py", "--in-process", "--json", "said", *FEW]
    with (kernels / "said").open("wb") as sink:
        command = [sys.executable, "-m", "poolproof.properties", *words]
        assert subprocess.run(command, cwd=kernels, env=environment(), stdout=sink, check=False).returncode == 0
    said = (kernels / "said").read_text()
    assert said.startswith("poolproof ")
    assert "\n}\n" in said
    assert said.splitlines()[-1] == "1 implementation, 1 law, 20 cases: all passed"


TINY = "2x1x4x4,F2,S2,max,float64"


@slow
@needs_full
def test_a_bench_tells_its_times_although_they_cannot_be_kept(here, capsys):
    assert main(["bench", TINY, "--rounds", "1", "--threads", "1", "--libraries", "", "--json", "/dev/full"]) == 2
    said = capsys.readouterr().out
    assert "forward" in said
    assert said.splitlines()[-1] == f"--json '/dev/full' {NO_SPACE}"


# pytest.


def door(folder, *words):
    """Run pytest on one law of a sound kernel, which removes the folder for reports."""
    given = ["-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "poolproof.properties", "--poolproof-in-process"]
    ours = ["--poolproof-impl=removing.py", "--poolproof-laws=conservation", "--poolproof-examples=20"]
    return python(folder, *given, *ours, *words)


@slow
def test_pytest_says_that_its_report_is_lost(kernels):
    status, said = door(kernels, "--poolproof-json=out/report.json")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "1 passed" in said
    assert "--poolproof-json 'out/report.json' cannot be written: No such file or directory" in said
    assert "Traceback" not in said


def test_pytest_says_beforehand_what_cannot_be_written(kernels):
    status, said = door(kernels, "--poolproof-json=none/report.json")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --poolproof-json 'none/report.json' cannot be written: " in said
    assert "passed" not in said


EMPTY = (
    "impl", "laws", "expect", "like", "known", "json", "python", "examples", "seed", "budget", "timeout", "memory",
)  # fmt: skip


@pytest.mark.parametrize("option", EMPTY)
def test_pytest_takes_no_empty_value(option, tmp_path, capsys):
    status = pytest.main(["-p", "no:cacheprovider", "-c", os.devnull, f"--poolproof-{option}="])
    assert status == pytest.ExitCode.USAGE_ERROR
    assert f"argument --poolproof-{option}: '' should " in capsys.readouterr().err


# The journal of proofs.

PROOFS = ["check", "right.py", "--exhaustive", "--length", "2", "-n", "0", "--in-process"]
KEPT = Path(".poolproof") / "proofs.jsonl"
KERNEL = """
import numpy as np

def max_forward(x, size, stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))
"""


@pytest.fixture
def proofs(here):
    """A folder with a kernel, and the folder in which a journal is kept."""
    (here / "right.py").write_text(KERNEL)
    KEPT.parent.mkdir()
    return here


HELD = "1 implementation, 12 proofs, 423 cases (axes up to 2, every order of up to 4 cells): all passed, 9 unsupported"
DAMAGED = {
    "binary": bytes(range(256)),
    "numbers": b"3\n[]\nnull\n",
    "deep": b"[" * 100_000 + b"\n",
    "of-others": b'{"key": {"target": 3}}\n',
    "wrong": b'{"key": 3}\n',
    "cut": b'{"key": {"target": "right.py", "law": ',
    "empty": b"",
}


@slow
@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_journal_is_no_hindrance(data, proofs, capsys):
    KEPT.write_bytes(data)
    assert main([*PROOFS, "--resume"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].endswith(
        "423 cases (axes up to 2, every order of up to 4 cells): all passed, 9 unsupported"
    )
    assert said.err == ""


def test_what_follows_a_line_that_was_cut_is_not_lost(proofs, capsys):
    KEPT.write_text('{"key": {"target": "right.py", ')
    Journal(KEPT, print, resume=True).write("a key", Result("right.py", "max-value/every-order", "holds"))
    assert list(Journal(KEPT, print, resume=True).entries) == ["a key"]
    assert len(KEPT.read_text().splitlines()) == 1
    assert capsys.readouterr().out == ""


def in_the_way(kind):
    """Put something in the journal's place."""
    if kind == "folder":
        KEPT.mkdir()
    elif kind == "pipe":
        os.mkfifo(KEPT)
    elif kind == "link":
        KEPT.symlink_to("../precious")
    elif kind == "dangling":
        KEPT.symlink_to("nowhere")
    else:
        KEPT.parent.rmdir()
        KEPT.parent.write_text("a file")


@slow
@pytest.mark.parametrize("resume", [[], ["--resume"]], ids=["anew", "resumed"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "dangling", "file"])
def test_proofs_are_made_whatever_is_where_the_journal_belongs(kind, resume, proofs, capsys):
    (proofs / "precious").write_text("precious")
    in_the_way(kind)
    assert main([*PROOFS, *resume]) == 0
    said = capsys.readouterr()
    warnings = [line for line in said.out.splitlines() if line.startswith("warning")]
    assert len(warnings) == (kind in ("folder", "file"))
    assert all(
        "'.poolproof/proofs.jsonl' cannot be kept, so --resume will not go on from here: " in w for w in warnings
    )
    assert said.out.splitlines()[-1].endswith(": all passed, 9 unsupported")
    assert (proofs / "precious").read_text() == "precious"
