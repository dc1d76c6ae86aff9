"""Processes of the suite: what they import, what they return, and how they end."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from places import TESTS
from poolproof.properties.run.executor import Here, Task, run_tasks
from poolproof.properties.run.processes import Lost, Processes
from selection import once_but, slow
from shell import FAULTY, FORWARD, environment

COMMAND = Path(sysconfig.get_path("scripts")) / "poolproof"
SHADOWS = (
    "random", "json", "calendar", "platform", "signal", "select", "pytest", "types", "queue", "struct", "threading",
    "pickle", "ctypes", "socket", "tempfile", "subprocess", "traceback", "hashlib", "numpy", "hypothesis", "xdist",
)  # fmt: skip


def run(folder, *words, **more):
    """Run the installed command in a folder. Returns its exit status and output."""
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


# The import path.

DOORS = {
    "in this process": ("check", "-n", "0"),
    "one process": ("check", "-n", "1"),
    "two processes": ("check", "-n", "2"),
    "called there": ("check", "-n", "2", "--in-process"),
    "a table": ("matrix", "-n", "1"),
    "proofs": ("check", "--exhaustive", "--length", "2", "-n", "2"),
}


def shadowed(folder):
    """Put modules beside a kernel that record their importers. Returns the file with the records."""
    notes = folder / "notes"
    text = f"import sys\nwith open({str(notes)!r}, 'a') as file:\n    print(__name__, sys.orig_argv, file=file)\n"
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(text + "raise ImportError('a module of the working folder')\n")
    return notes


@pytest.mark.parametrize("name", once_but(DOORS, "two processes", others=slow))
def test_modules_beside_a_kernel_are_not_imported_by_the_suite(tmp_path, name):
    door = DOORS[name]
    (tmp_path / "kernel.py").write_text(FORWARD)
    notes = shadowed(tmp_path)
    if "--in-process" in door:
        # A target that is loaded into a process of the suite imports modules from its own folder.
        (tmp_path / "numpy.py").unlink()
    status, said = run(tmp_path, door[0], "kernel.py", "--laws", "max-value", *door[1:])
    assert not notes.exists(), notes.read_text()
    assert status == 0, said


@slow
@pytest.mark.parametrize("n", ["0", "2"])
def test_modules_beside_a_kernel_are_not_imported_by_pytest_workers(tmp_path, n):
    (tmp_path / "kernel.py").write_text(FORWARD)
    notes = shadowed(tmp_path)
    words = [
        "--poolproof-impl=kernel.py",
        "--pyargs",
        "poolproof.properties",
        "-n",
        n,
        "--poolproof-laws=max-value",
        "-q",
    ]
    done = subprocess.run(
        [COMMAND.with_name("pytest"), "-p", "no:cacheprovider", *words],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert not notes.exists(), notes.read_text()
    assert "1 passed" in done.stdout, done.stdout


def test_modules_of_the_working_folder_are_not_imported_by_peers(tmp_path):
    notes = shadowed(tmp_path)
    status, said = run(tmp_path, "peers")
    assert not notes.exists(), notes.read_text()
    assert status == 0, said


@slow
@pytest.mark.parametrize("n", ["0", "1", "2"])
def test_modules_that_a_kernel_writes_change_no_verdict(tmp_path, n):
    hostile = "import os, pathlib\n"
    hostile += f"for name in {SHADOWS!r}:\n"
    hostile += "    for folder in (pathlib.Path(__file__).parent, pathlib.Path.cwd()):\n"
    hostile += "        (folder / (name + '.py')).write_text('import os; os._exit(0)')\n"
    (tmp_path / "kernel.py").write_text(FAULTY + hostile)
    status, said = run(tmp_path, "check", "kernel.py", "--laws", "conservation,max-accumulation", "-n", n, "--seed=1")
    assert (status, said.splitlines()[-1][-10:]) == (1, ": 2 failed")


# Calls.


def square(number):
    return {"square": number * number, "process": os.getpid()}


def text(value):
    return value


def end(marker):
    with Path(marker).open("a") as file:
        file.write(".")
    os._exit(3)


def fail(number):
    raise ValueError(f"no {number}")


def done(tasks, count):
    """Each task, by its function, with its future when it is done, in this many processes."""
    with Processes(count) as executor:
        yield from run_tasks((Task(*task) for task in tasks), executor)


def results(function, arguments, count=2):
    return [future.result() for _, future in done([(function, (each,)) for each in arguments], count)]


def test_calls_are_made_in_other_processes_and_each_gives_its_result():
    found = results(square, range(6))
    assert sorted(each["square"] for each in found) == [0, 1, 4, 9, 16, 25]
    assert os.getpid() not in {each["process"] for each in found}
    assert len({each["process"] for each in found}) <= 2


VALUES = [-(2**31) - 1, -(2**40), 2**64 - 1, 1.5e308, "caf\udce9", "\x1b[31m\x00", ["\u202e", None, True], -0.0]


def test_every_value_comes_back_as_it_was():
    assert repr(results(text, VALUES, 1)) == repr(VALUES)


def test_a_call_whose_process_dies_is_made_once_more_and_costs_no_other(tmp_path):
    marker = str(tmp_path / "tries")
    found = done([(end, (marker,)), (square, (3,)), (square, (4,))], 1)
    outcomes = {task.function.__name__: future.exception() for task, future in found}
    assert isinstance(outcomes["end"], Lost)
    assert outcomes["square"] is None
    assert Path(marker).read_text() == ".."


def test_an_error_of_ours_comes_back_with_its_traceback():
    ((_, future),) = done([(fail, (7,))], 1)
    with pytest.raises(RuntimeError, match="ValueError: no 7"):
        future.result()


def sleep(marker):
    Path(marker).write_text("")
    time.sleep(1000)


def test_an_interruption_ends_the_calls_and_is_one_here(tmp_path):
    marker = tmp_path / "asleep"
    code = "import sys\nfrom test_processes import done, sleep, square\n"
    code += f"for task, future in done([(square, (3,)), (sleep, ({str(marker)!r},))], 2):\n"
    code += "    print(future.result()['square'], flush=True)\n"
    paths = environment(PYTHONPATH=os.pathsep.join([str(Path(__file__).parent), str(TESTS)]))
    with subprocess.Popen([sys.executable, "-c", code], env=paths, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline() == "9\n"
        while not marker.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert complaint.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode == -signal.SIGINT


def test_an_interruption_of_processes_that_are_just_starting_prints_nothing(capfd):
    processes = Processes(2)
    for _ in range(2):
        processes.submit(square, 3)
    while len(processes.started) < 2:
        time.sleep(0.001)
    processes.interrupt()
    time.sleep(0.2)
    processes.interrupt()
    processes.shutdown()
    assert capfd.readouterr().err == ""


# In this process.


def test_here_a_task_is_done_when_the_next_is_taken():
    taken = []

    def tasks():
        for number in (1, 2):
            taken.append(number)
            yield Task(text, (number,))

    seen = [(future.result(), list(taken)) for _, future in run_tasks(tasks(), Here())]
    assert seen == [(1, [1]), (2, [1, 2])]


def test_here_an_error_is_the_result_of_its_task_alone():
    found = [future.exception() for _, future in run_tasks([Task(fail, (7,)), Task(text, (1,))], Here())]
    assert str(found[0]) == "no 7"
    assert found[1] is None
