"""How much of added workers' time goes to cases, and how many units client and scheduler handle: docs/campaigns.md.

`python tests/efficiency.py` prints it, in about ten minutes; nothing asserts it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice

from poolproof.properties.results import Result
from poolproof.properties.run import cluster
from poolproof.properties.run.campaign import Campaign, Fingerprint, Turn, tried, versions
from poolproof.properties.run.cluster import Cluster
from poolproof.properties.run.executor import Task, run_tasks
from poolproof.properties.run.journal import Journal, identity
from poolproof.properties.run.persistence import KEPT
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import session
from poolproof.properties.run.units import plan

WORKERS = (1, 2, 4)
ROUNDS = 3
LAWS = "max-value,routing,conservation,mean-value"
THOUSAND = 1000
SYNTHETIC = ((1, 1), (8, 10), (100, 10), (THOUSAND, 10))
"""The threads of workers that only wait, and the seconds of a unit there."""
PER_THREAD, UNITS = 10, 10_000


@contextmanager
def dask(workers: int, threads: int) -> Iterator[str]:
    """The address of a scheduler with this many workers."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        for words in (
            ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port)],
            *[["dask_worker", address, "--nthreads", str(threads), "--memory-limit", "0"]] * workers,
        ):
            command = [sys.executable, "-m", f"distributed.cli.{words[0]}", *words[1:], "--no-dashboard"]
            process = stack.enter_context(subprocess.Popen(command, stdout=-3, stderr=-3))
            stack.callback(process.terminate)
        yield address


def arrived(crew: Cluster, threads: int) -> None:
    """Wait until all workers are there."""
    while sum(crew.client.nthreads().values()) < threads:
        time.sleep(0.1)


def waited(seconds: float) -> dict[str, str]:
    """A unit that takes this many seconds, but no processor time."""
    time.sleep(seconds)
    return {}


def directly(call: partial[dict[str, str]]) -> dict[str, str]:
    """A call in the worker itself: a thousand processes would not fit on one machine."""
    return call()


def seconds_for(crew: Cluster, tasks: list[Task]) -> float:
    """The time that tasks take."""
    begun = time.perf_counter()
    for _, future in run_tasks(tasks, crew):
        future.result()
    return time.perf_counter() - begun


def real(workers: int) -> float:
    """Cases per second of the plain kernel, after a round in which everything is loaded."""
    request = Request(("naive",), seed=0, laws=LAWS)
    origin = Fingerprint(identity(session(request).target("naive")), versions())
    rounds = [
        [Task(tried, (request, Turn(unit, number), origin, None)) for number in range(*span) for unit in plan(request)]
        for span in ((0, workers), (workers, workers + ROUNDS))
    ]
    with dask(workers, 1) as address, Cluster(address) as crew:
        arrived(crew, workers)
        seconds_for(crew, rounds[0])
        return len(rounds[1]) * request.examples / seconds_for(crew, rounds[1])


def synthetic(threads: int, seconds: float, units: int) -> tuple[float, float, float]:
    """The time for this many units on this many threads, and the processor time of client and scheduler per unit."""
    cluster.made_there = directly
    processes = min(4, threads)
    with dask(processes, threads // processes) as address, Cluster(address) as crew:
        arrived(crew, threads)
        here, there = time.process_time(), crew.client.run_on_scheduler(time.process_time)
        took = seconds_for(crew, [Task(waited, (seconds,))] * units)
        here, there = time.process_time() - here, crew.client.run_on_scheduler(time.process_time) - there
        return took, here / units, there / units


def planning(units: int) -> float:
    """Seconds to choose one unit after this many laws have been tried."""
    request = Request(("naive",), seed=0, end=time.time() + 1e6, cluster="here")
    planned = plan(request)
    reached = {f"trigger {k}": k + 1 for k in range(70)}
    this = Campaign(request, planned, {"naive": 0}, Journal(KEPT / "none.jsonl", print, resume=False))
    for unit in planned:
        this.add(Turn(unit, 0), Result(*unit.key, "holds", examples=100, seconds=1.0, reached=reached))
    begun = time.perf_counter()
    for _ in islice(this.tasks(), units):
        pass
    return (time.perf_counter() - begun) / units


def main() -> None:
    """Print the figures."""
    print(f"choosing a unit: {1e3 * planning(1000):.2f} ms")
    alone = {workers: real(workers) for workers in WORKERS}
    for workers, pace in alone.items():
        print(f"{workers} workers, {LAWS}: {pace:,.0f} cases a second, {pace / alone[1]:.2f} times one")
    for threads, seconds in SYNTHETIC:
        units = UNITS if threads == THOUSAND else threads * PER_THREAD
        took, here, there = synthetic(threads, seconds, units)
        at_work = 100 * units * seconds / threads / took
        print(
            f"{threads} threads, {units:,} units of {seconds} s: {at_work:.0f} % at work; "
            f"processor time for a unit: client {1e3 * here:.1f} ms, scheduler {1e3 * there:.1f} ms"
        )


if __name__ == "__main__":
    main()
