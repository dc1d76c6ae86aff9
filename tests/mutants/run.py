"""Judges each mutant in a process of its own, several at a time; verdicts are recorded, so that a run can continue."""

import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numba

from .judges import ROOT, noticed
from .operators import mutants
from .record import HUNG, NOTICED, SURVIVED, UNJUDGED, checksums, home

SCRATCH = ROOT / ".mutants"
MEMORY = 8 << 30
"""Bytes for one process: a mutant may try to make endless windows."""

ENVIRONMENT = {
    "CI": "1",  # the same cases every time
    "OPENBLAS_NUM_THREADS": "1",  # a process that is forked has no threads
    "NUMBA_CACHE_DIR": str(SCRATCH / "numba"),
}
LOOPS = "kernels/compiled/loops/"
"""A folder of files that run as plain Python, because compiling takes longer than judging."""


def judge(file, record, processes, *, again=False):
    """Judge the mutants of a file that are not on record, and record each function when it is done.

    `again`: judge survivors on record again. Raises RuntimeError if the file fails without a mutant.
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    waiting, known = {UNJUDGED, SURVIVED} if again else {UNJUDGED}, record.verdicts(file)
    found = {mutant[:3]: mutant for mutant in mutants(source) if known[mutant[:3]] in waiting}
    seconds = time_for(file, source) if found else 0
    pool = ThreadPoolExecutor(processes)
    ends = {key: pool.submit(verdict, file, each.source, each.function, seconds) for key, each in found.items()}
    try:
        for function in dict.fromkeys(map(home, found)):
            new = {key: ends[key].result() for key in found if home(key) == function}
            print(f"{file}: {function or 'outside functions'}, {', '.join(new.values())}", flush=True)
            old = {key: each for key, each in known.items() if home(key) == function}
            record.add(file, function, checksums(source)[function], old | new)
    finally:
        pool.shutdown(cancel_futures=True)


def time_for(file, source):
    """The seconds that a mutant may take: a multiple of the file's own time."""
    SCRATCH.mkdir(exist_ok=True)
    os.environ.update(ENVIRONMENT)
    began = time.monotonic()
    log = SCRATCH / "log"
    if verdict(file, source, "", 1800, log) != SURVIVED:
        raise RuntimeError(f"{file}: its judges find fault with it as it is; {log} says what")
    return 30 + 5 * (time.monotonic() - began)


def verdict(file, source, function, seconds, log=os.devnull):
    """The verdict on a source, judged in a process of its own whose output goes to a file."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["hypothesis", "numba", "numpy", "pytest"])
    process = context.Process(target=judged, args=(file, source, function, log))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return HUNG
    return NOTICED if process.exitcode else SURVIVED


def judged(file, source, function, log):
    """End this process with status 1 if a mistake is noticed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    to = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(to, 1)
    os.dup2(to, 2)
    numba.config.DISABLE_JIT = file.startswith(LOOPS)
    sys.exit(noticed(file, source, function))
