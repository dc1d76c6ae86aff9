"""The measurement, `python -m strength`; it fails, and says where, if the laws are not as strong as they must be."""

import argparse
import os
import sys
from fnmatch import fnmatch
from pathlib import Path

from faults import FAULTS, SOUND

from . import benchmarks, hints, vectors
from .measure import CORPUS, KEPT, Kept
from .page import PAGE, page
from .record import load, recorded, save, with_sound
from .verdicts import NEVER, SOUND_RUNS, Measured, condemned, problems, too_few

SEEDS = 5


def arguments():
    """What to measure; by default, everything."""
    parser = argparse.ArgumentParser(prog="python -m strength", description=__doc__)
    parser.add_argument("--only", default="*", help="names of the implementations to measure; * for all")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds of each fault")
    parser.add_argument("-n", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--kept", type=Path, default=KEPT, help="results of an interrupted run, to go on with")
    parser.add_argument("--sound", action="store_true", help="measure the sound variants alone")
    parser.add_argument("--hints", action="store_true", help="measure the hints of failures alone")
    parser.add_argument("--benchmarks", action="store_true", help="measure the checks of public benchmarks alone")
    parser.add_argument("--vectors", action="store_true", help="rank the test vectors, and measure them alone")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page from the record")
    return parser.parse_args()


def runs(names, seeds):
    """Units of work: every fault with all seeds, and every sound one with enough seeds for 200 runs of variants.

    They are ordered by seed, so that the results of an interrupted run are useful.
    """
    sound = max(seeds, -(-SOUND_RUNS * seeds // (SEEDS * len(SOUND))))
    for seed in range(sound):
        yield from (("tried", name, seed) for name in names if seed < (seeds if name in FAULTS else sound))


def of_faults(measured):
    """Units of work: the smallest counterexample of each fault by its first law, and people's checks on each."""
    for name in measured.faults:
        laws = measured.rejecting(name)
        if laws:
            seed = next(seed for seed, cases in enumerate(measured.column(name, laws[0])) if cases < NEVER)
            yield "shrunk", name, laws[0], seed
        yield "judged", name


def all_tried(names, seeds, kept, processes):
    """The runs of these implementations."""
    by_name = {name: {} for name in names}
    for (_, name, seed), run in kept.complete(list(runs(names, seeds)), processes).items():
        by_name[name][seed] = run
    return Measured(by_name)


def gathered(names, seeds, kept, processes):
    """All measurements: runs, cells of the smallest counterexamples, and the checks that reject each fault."""
    measured = all_tried(names, seeds, kept, processes)
    rest = kept.complete(list(of_faults(measured)), processes)
    shrunk = {unit[1]: cells for unit, cells in rest.items() if unit[0] == "shrunk"}
    judged = {unit[1]: checks for unit, checks in rest.items() if unit[0] == "judged"}
    return measured, shrunk, judged


def main():
    """Measure, and write record and page, or print the page of a part. Returns 1 if a requirement is violated."""
    asked = arguments()
    if record := part(asked):
        return write(record)
    if asked.vectors:
        vectors.record(asked.n)
        return 0
    return of_sound(asked) if asked.sound else of_faults_and_sound(asked)


def part(asked):
    """The record with one part measured again, or unchanged if only the page should be written; None for the rest."""
    if asked.hints:
        return load() | {"hints": hints.recorded(hints.measured(list(hints.JUDGED), asked.n))}
    if asked.benchmarks:
        return load() | {"benchmarks": benchmarks.recorded(benchmarks.measured([*FAULTS, *SOUND], asked.n))}
    return load() if asked.page else None


def of_sound(asked):
    """Measure the sound variants and their bases. Returns the status."""
    names = [name for name in CORPUS if name not in FAULTS]
    measured = all_tried(names, SEEDS, Kept(asked.kept), asked.n)
    return told([*condemned(measured), *too_few(measured)]) or write(with_sound(load(), measured))


def of_faults_and_sound(asked):
    """Measure the corpus, or the named part of it. Returns the status."""
    names = [name for name in CORPUS if fnmatch(name, asked.only)]
    if not any(name in FAULTS for name in names):
        sys.exit(f"--only {asked.only!r} should match some fault of {', '.join(FAULTS)}")
    complete = len(names) == len(CORPUS) and asked.seeds >= SEEDS
    measured, shrunk, judged = gathered(names, asked.seeds, Kept(asked.kept), asked.n)
    if told(problems(measured, complete=complete)):
        return 1
    apart = {name: each for name, each in load().items() if name in {"hints", "benchmarks"}}
    record = recorded(measured, shrunk, judged) | apart
    if complete:
        return write(record)
    print(page(record))
    return 0


def told(failed):
    """The status after printing what requirements are violated."""
    for problem in failed:
        print(problem, file=sys.stderr)
    return 1 if failed else 0


def write(record):
    """Write the record of the whole corpus, and its page. Returns the status 0."""
    save(record)
    PAGE.write_text(page(record), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
