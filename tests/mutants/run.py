"""Every mutant in a process of its own, some side by side; verdicts are kept, so that a run can be continued."""

import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import numba

from .judges import ROOT, noticed
from .operators import mutants

KEPT = ROOT / ".mutants"
MEMORY = 4 << 30
"""Bytes for one process: a mutant may ask for windows without end."""

ENVIRONMENT = {
    "CI": "1",  # the same cases every time
    "OPENBLAS_NUM_THREADS": "1",  # a process that is forked has no threads
    "NUMBA_CACHE_DIR": str(KEPT / "numba"),
}
LOOPS = "kernels/compiled/loops/"
"""The folder of files that are run as plain Python: compiling takes longer than judging."""

NOTICED, HUNG, SURVIVED, UNJUDGED = "noticed", "hung", "survived", "not judged"


def verdicts(file, processes, *, again=False):
    """The verdict on each mutant of a file, by function and the lines before and after.

    `again`: what survived an earlier run is tried again. Raises RuntimeError where the file fails without a mutant.
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    kept = Kept(file, source)
    found = {mutant[:3]: mutant for mutant in mutants(source)}
    waiting = [key for key in found if kept.verdicts.get(key) is None or (again and kept.verdicts[key] == SURVIVED)]
    seconds = time_for(file, source) if waiting else 0
    with ThreadPoolExecutor(processes) as pool:
        futures = {pool.submit(verdict, file, found[key].source, found[key].function, seconds): key for key in waiting}
        for count, future in enumerate(as_completed(futures), 1):
            kept.add(futures[future], future.result())
            print(f"{file}: {count} of {len(waiting)}, {future.result()}", flush=True)
    return {key: kept.verdicts[key] for key in found}


def kept(file):
    """The verdicts of earlier runs on the mutants of a file as it is."""
    source = (ROOT / file).read_text(encoding="utf-8")
    known = Kept(file, source).verdicts
    return {mutant[:3]: known.get(mutant[:3], UNJUDGED) for mutant in mutants(source)}


def time_for(file, source):
    """Seconds that a mutant may take: some times more than the file itself."""
    began = time.monotonic()
    log = KEPT / "log"
    if verdict(file, source, "", 1800, log) != SURVIVED:
        raise RuntimeError(f"{file}: its judges find fault with it as it is; {log} says what")
    return 30 + 5 * (time.monotonic() - began)


def verdict(file, source, function, seconds, log=os.devnull):
    """What becomes of a source in a process of its own; what that prints goes to a file."""
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


class Kept:
    """The verdicts on the mutants of one file, in a file that is dropped when that changes."""

    def __init__(self, file, source):
        KEPT.mkdir(exist_ok=True)
        os.environ.update(ENVIRONMENT)
        self.path = KEPT / f"{file.replace('/', '.')}.json"
        self.source = hashlib.sha256(source.encode()).hexdigest()
        read = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.verdicts = (
            {tuple(key): each for key, each in read["verdicts"]} if read.get("source") == self.source else {}
        )

    def add(self, key, verdict):
        """Keep one more, at once."""
        self.verdicts[key] = verdict
        self.path.write_text(json.dumps({"source": self.source, "verdicts": list(self.verdicts.items())}, indent=1))
