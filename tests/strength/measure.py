"""The corpus under all laws, seed by seed and in several processes; results are kept, so that a run can continue."""

import hashlib
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from math import prod
from pathlib import Path

from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap

from .asked import laws_about
from .people import CHECKS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEPT = ROOT / ".poolproof" / "strength.jsonl"

BASES = {"base.Sound": Sound, "general.General": General}
CORPUS = {**BASES, **SOUND, **FAULTS}


def tried(name, seed):
    """The laws about an implementation with the default number of cases: {law: [verdict, cases, seconds]}."""
    settings = TrialSettings(seed=seed, brief=True, explain=False)
    results = [run(LAWS[law], wrap(CORPUS[name]), settings) for law in laws_about(CORPUS[name])]
    return {result.law: [result.verdict, result.examples, result.seconds] for result in results}


def shrunk(name, law, seed):
    """The number of cells of the image in the counterexample that a user would see."""
    found = run(LAWS[law], wrap(CORPUS[name]), TrialSettings(seed=seed, explain=False)).counterexample
    return prod(found.case.x.shape)


def judged(name):
    """The checks used by people that reject an implementation."""
    return [check for check in CHECKS if rejects(CHECKS[check], CORPUS[name])]


def rejects(check, implementation):
    """Whether a check raises."""
    try:
        check(implementation)
    except Exception:
        return True
    return False


TASKS = {task.__name__: task for task in (tried, shrunk, judged)}


def done(unit):
    """The result of one unit of work: the name of a task, and its arguments."""
    task, *arguments = unit
    return TASKS[task](*arguments)


class Kept:
    """Results of units of work in a file of JSON lines; those from other sources than the present ones do not count."""

    def __init__(self, file):
        self.file, self.results = file, {}
        file.parent.mkdir(exist_ok=True)
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            entry = json.loads(line)
            self.results[(entry["sources"], *entry["unit"])] = entry["result"]

    def add(self, unit, result):
        """Save a result at once, so that an interruption loses nothing."""
        self.results[key(unit)] = result
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"sources": key(unit)[0], "unit": unit, "result": result}) + "\n")

    def complete(self, units, processes):
        """The results of these units; missing ones are computed, with progress on standard error."""
        left = [unit for unit in units if key(unit) not in self.results]
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            futures = {pool.submit(done, unit): unit for unit in left}
            try:
                for count, future in enumerate(as_completed(futures), 1):
                    self.add(futures[future], future.result())
                    print(f"{count} of {len(left)}: {' '.join(map(str, futures[future]))}", file=sys.stderr)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return {unit: self.results[key(unit)] for unit in units}


def key(unit):
    """The key of a result: a unit of work, and the sources that it was computed from."""
    task, name, *_ = unit
    return (sources(name, checks=task == "judged"), *unit)


@cache
def sources(name, *, checks):
    """A checksum of all sources that determine an implementation's results, under the laws or people's checks."""
    own = {Path(sys.modules[each.__module__].__file__) for each in CORPUS[name].__mro__ if each is not object}
    people = [HERE / file for file in ("people.py", "kernel.py", "nodes.py", "samples.py")]
    judges = people if checks else [HERE / "asked.py", *(ROOT / "properties").rglob("*.py")]
    below = [ROOT / "kernels" / file for file in ("checks.py", "dtypes.py", "geometry.py")]
    contents = b"".join(file.read_bytes() for file in sorted({*own, *judges, *below}))
    return hashlib.sha256(contents).hexdigest()[:16]
