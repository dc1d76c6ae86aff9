"""However the suite or a target ends, nothing is left behind, and nothing is lost that could be kept."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.report.render import exit_status
from poolproof.properties.results import Result
from poolproof.properties.run.persistence import CurrentCase, CurrentCaseFile, DeathCount
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from sample import REPORT
from selection import slow
from shell import FAULTY, environment, kernels_in, poolproof
from watched import WINDOW, marked, waited, without_more_time, written

pytestmark = slow

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are adopted on Linux alone")


def started(folder, *words, **more):
    """Start the command in a process of its own; everything it starts keeps temporary files in `tmp`."""
    (folder / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "poolproof.properties", *words]
    return subprocess.Popen(
        command, cwd=folder, env=environment(TMPDIR=str(folder / "tmp"), **more), stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


# Signals to the suite.


def sleeper(folder):
    """A kernel that sleeps in its 40th call, and the file that it then writes."""
    asleep = folder / "asleep"
    return written(folder, f"if calls == 40:\n    open({str(asleep)!r}, 'w').close()\n    time.sleep(1000)"), asleep


@pytest.mark.parametrize(("ending", "n"), [("SIGTERM", "0"), ("SIGTERM", "1"), ("SIGTERM", "2"), ("SIGINT", "2")])
def test_a_signal_ends_the_suite_with_a_partial_report_that_counts_the_cases_in_hand(tmp_path, ending, n):
    spec, asleep = sleeper(tmp_path)
    words = ["check", spec, "-n", n, "--laws", "output-size,max-value", "--timeout", "60", "--json", "report.json"]
    with started(tmp_path, *words, "--seed", "1") as suite:
        assert waited(asleep.exists)
        # Only to the suite, as from a supervisor; test_doors tests Ctrl-C, which all processes get.
        suite.send_signal(signal.Signals[ending])
        said = suite.communicate(timeout=60)[0]
    assert suite.returncode == 130, said
    assert said.splitlines()[-1].endswith("(partial)")
    (target,) = json.loads((tmp_path / "report.json").read_text())["targets"]
    in_hand = [law for law in target["laws"] if law["reason"].startswith("interrupted after")]
    assert any(law["examples"] > 0 for law in in_hand)
    for law in in_hand:
        assert (law["verdict"], law["reason"]) == ("not run", f"interrupted after {law['examples']} cases")


@pytest.mark.parametrize(("ending", "n"), [("SIGKILL", "0"), ("SIGKILL", "1"), ("SIGKILL", "2"), ("SIGTERM", "2")])
def test_the_case_in_hand_is_kept_however_the_suite_ends(tmp_path, ending, n):
    spec, asleep = sleeper(tmp_path)
    with started(tmp_path, "check", spec, "-n", n, "--laws", "max-value", "--timeout", "60") as suite:
        assert waited(asleep.exists)
        suite.send_signal(signal.Signals[ending])
        suite.communicate(timeout=60)
    (kept,) = (tmp_path / ".poolproof" / "inhand").iterdir()
    found = CurrentCaseFile(kept.parent, spec, "max-value").found
    # The first two calls are those of the smoke test.
    assert found.number == 37


@LINUX
@pytest.mark.parametrize("n", ["0", "2"])
def test_no_process_and_no_folder_outlives_a_killed_suite(tmp_path, n):
    spec, asleep = sleeper(tmp_path)
    mark = f"killed-{os.getpid()}-{n}"
    with started(tmp_path, "check", spec, "-n", n, "--laws", "max-value", "--timeout", "60", POOL_MARK=mark) as suite:
        assert waited(asleep.exists)
        suite.kill()
    assert waited(lambda: not marked(mark), 10), marked(mark)
    assert waited(lambda: not list((tmp_path / "tmp").iterdir()), 10)


@pytest.mark.parametrize("mode", ["--in-process", "--timeout=60"])
def test_an_interruption_while_a_target_loads_is_an_interruption(tmp_path, mode):
    asleep = tmp_path / "asleep"
    (tmp_path / "slow.py").write_text(f"import time\nopen({str(asleep)!r}, 'w').close()\ntime.sleep(1000)\n")
    with started(tmp_path, "check", "slow.py", "-n", "0", mode, "--json", "report.json") as suite:
        assert waited(asleep.exists)
        suite.send_signal(signal.SIGINT)
        said = suite.communicate(timeout=60)[0]
    assert suite.returncode == 130
    assert "interrupted while targets were loaded" in said
    assert json.loads((tmp_path / "report.json").read_text())["targets"] == []


# Processes that a target starts.

CHILDREN = {
    "a child": "subprocess.Popen(command)",
    "in a session of its own": "subprocess.Popen(command, start_new_session=True)",
    "an orphan": "subprocess.Popen(['sh', '-c', 'setsid sleep 1000 & exit'])",
    "deaf": "subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; setsid sh -c \"sleep 1000\" & sleep 1000'])",
}
ENDINGS = {"an exit": ("os._exit(3)", "crashed"), "a hang": ("time.sleep(1000)", "hung"), "none": ("pass", None)}


@LINUX
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("child", CHILDREN)
def test_no_child_of_a_target_outlives_it_or_hides_its_end(tmp_path, monkeypatch, child, ending):
    body, death = ENDINGS[ending]
    mark = f"child-{os.getpid()}-{child}-{ending}"
    monkeypatch.setenv("POOL_MARK", mark)
    start = f"import subprocess\ncommand = ['sleep', '1000']\n{CHILDREN[child]}\ntime.sleep(0.2)\n{body}"
    target = load(written(tmp_path, start), Isolation(timeout=2))
    without_more_time(target)
    assert target.ask(WINDOW).death == death
    target.end()
    assert waited(lambda: set(marked(mark)) <= {os.getpid()}, 10), marked(mark)


@LINUX
def test_a_target_that_kills_its_guard_has_crashed_or_cannot(tmp_path):
    target = load(written(tmp_path, "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1000)"), Isolation())
    answer = target.ask(WINDOW)
    killed = ("crashed", "killed together with its guard")
    assert (answer.death, answer.error) in (killed, (None, "PermissionError: [Errno 1] Operation not permitted"))


def test_a_program_is_started_with_the_usual_signals(tmp_path):
    status = written(
        tmp_path, "return np.array([int(open('/proc/self/status').read().split('SigIgn:')[1].split()[0], 16)])"
    )
    ignored = int(load(status, Isolation()).ask(WINDOW).value[0])
    # Python itself ignores SIGPIPE and SIGXFSZ, and a run under nohup ignores more; nothing else is ignored. Signals
    # from 32 on belong to the C library.
    usual = {each for each in signal.Signals if signal.getsignal(each) is signal.SIG_IGN}
    found = {each for each in range(1, 32) if ignored >> (each - 1) & 1}
    assert found <= usual | {signal.SIGPIPE, signal.SIGXFSZ}


# The case in hand.

IN_HAND = CurrentCase(seed=123456, number=78)


@pytest.fixture
def folder(tmp_path):
    """A folder in which a case was left."""
    CurrentCaseFile(tmp_path / "inhand", "kernel.py", "max-value").hold(IN_HAND.seed, IN_HAND.number)
    return tmp_path / "inhand"


def again(folder):
    """The same case, seen by another run."""
    return CurrentCaseFile(folder, "kernel.py", "max-value")


def test_a_case_in_hand_is_found_again_and_gone_when_its_law_has_ended(folder):
    in_hand = again(folder)
    assert in_hand.found == IN_HAND
    in_hand.hold(1, 2)
    assert again(folder).found == CurrentCase(1, 2)
    in_hand.done()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 18])
def test_a_file_that_was_cut_holds_no_case(folder, length):
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:length])
    assert again(folder).found is None


def test_a_file_with_other_bytes_holds_no_case(folder):
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert again(folder).found is None


def symlink(file):
    file.with_name("elsewhere").write_bytes(b"mine")
    file.symlink_to(file.with_name("elsewhere"))


PLACES = {
    "a link": symlink,
    "a dangling link": lambda file: file.symlink_to("nowhere"),
    "a folder": lambda file: file.mkdir(),
    "a fifo": os.mkfifo,
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_of_ours_is_neither_read_nor_written(folder, place):
    (file,) = folder.iterdir()
    file.unlink()
    PLACES[place](file)
    in_hand = again(folder)
    in_hand.hold(1, 2)
    in_hand.done()
    assert in_hand.found is None
    assert file.is_symlink() or file.exists()
    assert not file.with_name("nowhere").exists()
    assert not file.with_name("elsewhere").exists() or file.with_name("elsewhere").read_bytes() == b"mine"


# Working folders in which nothing can be kept.

STATES = {
    "a file": lambda kept: kept.write_text("mine"),
    "a fifo": os.mkfifo,
    "a dangling link": lambda kept: kept.symlink_to("nowhere"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_run_that_can_keep_nothing_says_so_once_and_judges_all_the_same(tmp_path, state):
    kernels_in(tmp_path)
    STATES[state](tmp_path / ".poolproof")
    given = ["check", "faulty.py", "fixed.py", "--laws", "conservation", "-n", "0", "--in-process"]
    status, said = poolproof(tmp_path, *given)
    assert (status, said.splitlines()[-1].endswith("1 passed, 1 failed")) == (1, True), said
    assert [line for line in said.splitlines() if "warning" in line] == [
        line
        for line in said.splitlines()
        if line.startswith("warning: failing cases are not kept: '.poolproof' should")
    ]
    assert said.count("failing cases are not kept") == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("n", ["0", "1"])
def test_a_working_folder_that_is_removed_during_a_run_costs_no_verdict(tmp_path, n):
    folder = tmp_path / "here"
    folder.mkdir()
    remove = f"if calls == 5:\n    import shutil\n    shutil.rmtree({str(folder)!r})\nx = x[:, :, :, ::-1]"
    written(tmp_path, remove)
    status, said = poolproof(folder, "check", "../kernel.py", "--laws", "max-value", "-n", n, "--seed", "1")
    assert not folder.exists()
    assert (status, said.splitlines()[-1].endswith(": 1 failed")) == (1, True), said
    assert "Traceback" not in said


def test_a_working_folder_that_is_gone_when_a_target_is_loaded_again_is_said_in_a_line(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "kernel.py").write_text(FAULTY + f"import shutil\nshutil.rmtree({str(folder)!r}, ignore_errors=True)\n")
    status, said = poolproof(
        folder, "check", "../kernel.py", "--laws", "conservation,routing", "-n", "1", "--seed", "1"
    )
    assert status == 2
    assert "2 not run; the working folder has been removed" in said
    assert "Traceback" not in said


# Streams.

STREAMS = {"input": "0<&-", "errors": "2>&-", "both": "0<&- 2>&-", "all": "0<&- 1>&- 2>&-", "a closed pipe": "| true"}


@pytest.mark.parametrize("n", ["0", "1"])
@pytest.mark.parametrize("streams", STREAMS)
def test_streams_that_are_closed_change_no_verdict(tmp_path, streams, n):
    kernels_in(tmp_path)
    words = f"check fixed.py faulty.py --laws conservation --examples 20 --seed 1 -n {n} --json report.json"
    line = f"set -o pipefail; {sys.executable} -m poolproof.properties {words} {STREAMS[streams]}"
    given = {"cwd": tmp_path, "env": environment(), "capture_output": True, "text": True, "timeout": 100}
    done = subprocess.run(["bash", "-c", line], **given, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    targets = json.loads((tmp_path / "report.json").read_text())["targets"]
    assert [law["verdict"] for target in targets for law in target["laws"]] == ["holds", "broken"]


HELP = [[], ["--help"], ["--version"], *([name, "-h"] for name in COMMANDS)]
UNREAD = {
    **{" ".join(words): (words, 141) for words in HELP},
    "laws": (["laws"], 141),
    "cases": (["cases", "--laws", "routing"], 141),
    "peers": (["peers"], 141),
    "replay": (["replay", "report.json"], 141),
    "shrink": (["shrink", "naive", "input.npz", "--call", "max_forward", "--size", "1", "--in-process"], 141),
    "bench": (["bench", "W5", "--rounds", "1", "--threads", "1", "--libraries", ""], 141),
    "bench --document": (["bench", "--document", "--repeats", "1"], 141),
    "proofs": (["check", "naive", "--exhaustive", "--length", "1", "-n", "0", "--in-process"], 141),
    # A run goes on, for the report and for the status.
    "check": (["check", "naive", "--laws", "routing", "--examples", "1", "-n", "0", "--in-process"], 0),
    "matrix": (["matrix", "naive", "--laws", "routing", "--examples", "1", "-n", "0", "--in-process"], 0),
    "matrix of a report": (["matrix", "report.json"], 141),
}


@pytest.mark.parametrize(("words", "status"), UNREAD.values(), ids=UNREAD)
def test_a_command_that_nobody_reads_ends_quietly(tmp_path, words, status):
    """As in `poolproof laws | head -1`, except that here the reader is gone before the first line."""
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    np.savez(tmp_path / "input.npz", x=np.ones((1, 1, 2, 2)))
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "poolproof.properties", *words]
    # Help is buffered, as usual, and written at the end.
    buffered = environment(PYTHONUNBUFFERED="")
    given = {"cwd": tmp_path, "env": buffered, "stderr": subprocess.PIPE, "text": True, "timeout": 100}
    done = subprocess.run(command, stdout=write, check=False, **given)
    os.close(write)
    assert (done.returncode, done.stderr) == (status, "")


# Python without assertions and docstrings.


def test_assertions_and_docstrings_that_python_drops_change_no_verdict(tmp_path):
    kernels_in(tmp_path)
    given = ["--laws", "backward", "--examples", "20", "--seed", "1", "-n", "0", "--in-process"]
    ends = []
    for level in ("", "1", "2"):
        status, said = poolproof(tmp_path, "check", "faulty.py", "fixed.py", *given, PYTHONOPTIMIZE=level)
        ends.append((status, said.splitlines()[-1]))
    assert ends == ends[:1] * 3
    assert ends[0][0] == 1


def test_laws_without_docstrings_are_refused_in_a_line(tmp_path):
    status, said = poolproof(tmp_path, "laws", PYTHONOPTIMIZE="2")
    assert status == 2
    assert said.startswith("poolproof laws: the laws stand in docstrings")
    assert len(said.splitlines()) == 1


# Deaths are counted where a target cannot count them.


def test_a_target_is_given_up_after_its_deaths_alone():
    toll = DeathCount()
    for _ in range(2):
        toll.add("mine", "hung")
        toll.add("other", "hung")
    assert toll.reached("mine") == ""
    assert toll.seen("mine") == ("hung",)
    toll.add("mine", "hung")
    assert toll.reached("mine") == "it hung 3 times before"
    assert toll.reached("other") == ""


def test_laws_that_were_not_run_because_of_deaths_are_never_status_0():
    known = Result("kernel.py", "max-value", "known", "listed")
    given_up = Result("kernel.py", "routing", "not run", "it hung 3 times before", abandoned=True)
    holds = Result("kernel.py", "depth", "holds", examples=1)
    assert exit_status([known, holds], interrupted=False, unusable=False) == 0
    assert exit_status([known, holds, given_up], interrupted=False, unusable=False) == 1


FORGE = """
import glob, os, tempfile, zlib
name = f"crashed-{zlib.crc32(b'kernel.py'):08x}"
for folder in glob.glob(os.path.join(tempfile.gettempdir(), "poolproof*")):
    open(os.path.join(folder, name), "wb").write(bytes(20))
"""


def test_a_target_cannot_forge_a_count_of_its_deaths(tmp_path):
    (tmp_path / "kernel.py").write_text(FAULTY + FORGE)
    with started(tmp_path, "check", "kernel.py", "--laws", "backward", "-n", "1", "--seed", "1") as suite:
        said = suite.communicate(timeout=100)[0]
    assert suite.returncode == 1
    assert "not run" not in said
