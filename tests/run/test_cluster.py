"""A campaign on a real Dask scheduler and workers: whatever dies, nothing is lost and nothing is done twice."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from places import TESTS
from poolproof.properties.run.executor import Task, run_tasks
from poolproof.properties.run.processes import Lost
from selection import slow
from shell import FAULTY, called, environment, poolproof

pytest.importorskip("distributed")
from poolproof.properties.run.cluster import Cluster

pytestmark = [pytest.mark.once, slow]

LAWS = "max-value,max-index,output-size,depth-preserved"
WORDS = ["check", "k.py", "--laws", LAWS, "--examples", "20", "--timeout", "1000"]
GATED = """
import os
import time
from pathlib import Path

from poolproof.kernels import naive

FOLDER = Path({folder!r})


def max_forward(x, size, stride):
    if "ON_A_WORKER" in os.environ and x.size > 100 and not (FOLDER / "go").exists():
        (FOLDER / f"begun-{{os.getpid()}}").touch()
        while not (FOLDER / "go").exists():
            time.sleep(0.02)
    return naive.max_forward(x, size, stride)
"""
"""A kernel that, on a worker and while cases are tried, waits for a file."""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(holds, what, limit=600):
    """Wait until a condition is true."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.05)


class Dask:
    """A scheduler and workers in processes of their own; `inside`: a prefix of their commands, and of a client's."""

    def __init__(self, stack, folder, inside=(), host="127.0.0.1"):
        self.stack, self.folder, self.inside = stack, folder, inside
        self.address = f"tcp://{host}:{free_port()}"
        self.scheduler = self.start_scheduler()

    def start(self, *words, inside=(), folder=None):
        """Start a process that leads a process group of its own and ends with the test."""
        paths = os.pathsep.join([str(Path(__file__).parent), str(TESTS)])
        settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1", "PYTHONPATH": paths, "ON_A_WORKER": "1"}
        command = [*inside, sys.executable, "-m", *words]
        process = subprocess.Popen(
            command,
            cwd=folder or self.folder,
            env=environment(**settings),
            stdout=-3,
            stderr=-3,
            start_new_session=True,
        )
        self.stack.callback(ended, process)
        return process

    def start_scheduler(self):
        host, port = self.address.removeprefix("tcp://").split(":")
        words = ["distributed.cli.dask_scheduler", "--host", host, "--port", port, "--no-dashboard"]
        return self.start(*words, inside=self.inside)

    def start_worker(self, inside=None, folder=None):
        words = ["distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard"]
        return self.start(*words, inside=self.inside if inside is None else inside, folder=folder)

    def client(self, *words, folder=None):
        """Start the command."""
        command = [*self.inside, sys.executable, "-m", "poolproof.properties", *words, "--cluster", self.address]
        process = subprocess.Popen(
            command, cwd=folder or self.folder, env=environment(), stdout=-1, stderr=-2, text=True
        )
        self.stack.callback(ended, process)
        return process


def ended(process):
    """End a process and its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture
def dask(tmp_path):
    """A scheduler without workers, in a folder with a kernel that waits."""
    (tmp_path / "k.py").write_text(GATED.format(folder=str(tmp_path)))
    with ExitStack() as stack:
        yield Dask(stack, tmp_path)


def begun(folder):
    return list(folder.glob("begun-*"))


def finished(client):
    """The exit status of a command, and its output."""
    said, _ = client.communicate(timeout=600)
    return client.returncode, said


def verdicts(file):
    """The results of each law in a report, without their times."""
    (target,) = json.loads(file.read_text())["targets"]
    return [{**law, "seconds": 0} for law in target["laws"]]


def undisturbed(folder, seed="1"):
    """The verdicts of an ordinary run on this machine."""
    (folder / "go").touch()
    assert called(folder, *WORDS, "--seed", seed, "-n", "0", "--json", "usual.json")[0] == 0
    return verdicts(folder / "usual.json")


def test_a_worker_that_is_killed_costs_nothing(dask, tmp_path):
    workers = [dask.start_worker() for _ in range(2)]
    client = dask.client(*WORDS, "--seed", "1", "--json", "c.json")
    until(lambda: begun(tmp_path), "a unit")
    ended(workers[0])
    (tmp_path / "go").touch()
    status, said = finished(client)
    assert status == 0, said
    assert verdicts(tmp_path / "c.json") == undisturbed(tmp_path)


def test_a_scheduler_that_is_restarted_costs_nothing(dask, tmp_path):
    old = dask.start_worker()
    client = dask.client(*WORDS, "--seed", "1", "--json", "c.json")
    until(lambda: begun(tmp_path), "a unit")
    ended(dask.scheduler)
    (tmp_path / "go").touch()
    until(lambda: old.poll() is not None, "the end of a worker without a scheduler")
    dask.start_scheduler()
    dask.start_worker()
    status, said = finished(client)
    assert status == 0, said
    assert verdicts(tmp_path / "c.json") == undisturbed(tmp_path)


def test_a_client_that_is_killed_goes_on_where_it_was(dask, tmp_path):
    dask.start_worker()
    (tmp_path / "go").touch()
    journal = tmp_path / ".poolproof" / "campaign.jsonl"
    client = dask.client(*WORDS, "--seed", "1")
    until(lambda: journal.exists() and journal.read_text().count("\n"), "a unit")
    ended(client)
    done = [json.loads(line)["result"] for line in journal.read_text().splitlines()]
    status, said = finished(dask.client(*WORDS, "--resume", "--json", "c.json"))
    assert status == 0, said
    assert f"{len(done)} unit{'s' * (len(done) > 1)} done before" in said
    laws = {law["law"]: law for law in json.loads((tmp_path / "c.json").read_text())["targets"][0]["laws"]}
    assert all(laws[each["law"]]["seconds"] == round(each["seconds"], 3) for each in done)
    assert verdicts(tmp_path / "c.json") == undisturbed(tmp_path)


def test_a_failure_is_the_same_wherever_it_is_found(dask, tmp_path):
    (tmp_path / "k.py").write_text(FAULTY)
    dask.start_worker()
    words = ["check", "k.py", "--laws", "conservation", "--examples", "20", "--seed", "1"]
    status, said = finished(dask.client(*words))
    assert (status, said) == poolproof(tmp_path, *words, "-n", "0")
    assert status == 1


def test_a_budget_is_spent_on_fresh_seeds(dask, tmp_path):
    (tmp_path / "go").touch()
    dask.start_worker()
    words = ["check", "k.py", "--laws", "output-size", "--seed", "1", "--examples", "5", "--budget", "0.25m"]
    status, said = finished(dask.client(*words, "--json", "c.json"))
    assert status == 0, said
    (law,) = verdicts(tmp_path / "c.json")
    assert law["examples"] > 10


def test_another_kernel_on_a_worker_is_not_judged(dask, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "k.py").write_text(GATED.format(folder=str(tmp_path)) + "\n# another\n")
    (tmp_path / "go").touch()
    dask.start_worker(folder=other)
    status, said = finished(dask.client("check", "k.py", "--laws", "output-size", "--seed", "1"))
    assert status == 2
    assert "another version of the target; the same file should be on every machine" in said


# Calls.


def kill_worker():
    """Kill the worker that this process belongs to."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def raise_error():
    raise ValueError("of ours")


def answer():
    return {"answer": 3}


def test_what_kills_workers_is_given_up_and_costs_no_other(dask):
    dask.start_worker()
    with Cluster(dask.address) as cluster:
        tasks = [Task(kill_worker, ()), Task(answer, ())]
        found = {task.function.__name__: future.exception() for task, future in run_tasks(tasks, cluster)}
    assert found["answer"] is None
    assert isinstance(found["kill_worker"], Lost)
    assert str(found["kill_worker"]) == "4 workers of the cluster died with it"


def test_an_error_of_ours_comes_back_with_its_traceback(dask):
    dask.start_worker()
    with Cluster(dask.address) as cluster:
        ((_, future),) = run_tasks([Task(raise_error, ())], cluster)
        with pytest.raises(RuntimeError, match="ValueError: of ours"):
            future.result()


def test_there_is_room_for_workers_that_come_later(dask):
    with Cluster(dask.address) as cluster:
        assert cluster.room() == 1
        dask.start_worker()
        until(lambda: cluster.room() > 1, "a worker")


# Two machines.


@contextmanager
def namespaces():
    """Two connected network namespaces; the test is skipped if they cannot be made."""
    first, second = (f"pool{os.getpid()}{letter}" for letter in "ab")
    steps = [
        f"ip netns add {first}",
        f"ip netns add {second}",
        f"ip link add {first} netns {first} type veth peer name {second} netns {second}",
        f"ip -n {first} addr add 10.99.0.1/24 dev {first}",
        f"ip -n {second} addr add 10.99.0.2/24 dev {second}",
        *(f"ip -n {name} link set {device} up" for name in (first, second) for device in (name, "lo")),
    ]
    try:
        for step in steps:
            try:
                subprocess.run(step.split(), check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                pytest.skip("network namespaces cannot be made here")
        yield first, second
    finally:
        for name in (first, second):
            with suppress(OSError):
                subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def test_a_worker_may_be_on_another_machine(tmp_path):
    (tmp_path / "k.py").write_text(GATED.format(folder=str(tmp_path)))
    with namespaces() as (first, second), ExitStack() as stack:
        dask = Dask(stack, tmp_path, ("ip", "netns", "exec", first), "10.99.0.1")
        dask.start_worker(inside=("ip", "netns", "exec", second))
        lost = dask.start_worker()
        client = dask.client(*WORDS, "--seed", "1", "--json", "c.json")
        until(lambda: len(begun(tmp_path)) == 2, "a unit on each")
        ended(lost)
        (tmp_path / "go").touch()
        status, said = finished(client)
    assert status == 0, said
    assert verdicts(tmp_path / "c.json") == undisturbed(tmp_path)
