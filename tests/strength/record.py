"""docs/data/strength.json: what was measured, as `tox -e strength` records it, and what follows from it alone.

- `runs`: how many seeds each fault had, and how many runs all sound variants together.
- `faults`: for each fault the median `cases` of the laws that reject it with most seeds, the quickest first; the laws
  that do so with fewer (`seldom`); the median `seconds` of the first law; the `cells` of the image in the
  counterexample; the `checks` of other people that reject it.
- `hints`: for the corpus, and for models of bug reports, of how many faults the hint names what is wrong (`right`),
  something else (`wrong`) or nothing (`none`); `odd` has those that are not named rightly, with their hints.
- `benchmarks`: for each benchmark how many faults and sound variants it was asked about (`faults`, `sound`), the faults
  that it `rejects`, and the sound variants that it `condemns`.
- `laws`: for each law how many faults it is `among the three` quickest to reject, and the faults that some seed would
  accept without it (`needed`).
"""

import json

from faults import SOUND
from written import dumped

from .asked import PUBLIC
from .measure import ROOT
from .verdicts import NEVER

DATA = ROOT / "docs" / "data" / "strength.json"


def recorded(measured, shrunk, judged):
    """The record. `shrunk`: cells by fault; `judged`: the checks of people that reject a fault."""
    return {
        "runs": [{"seeds": seeds(measured), "sound": sound_runs(measured)}],
        "faults": [fault(measured, name, shrunk[name], judged[name]) for name in measured.faults],
        "laws": [law(measured, name) for name in PUBLIC],
    }


def seeds(measured):
    """The number of seeds for a fault."""
    return max(len(measured.runs[name]) for name in measured.faults)


def sound_runs(measured):
    """The total number of runs of sound variants."""
    return sum(len(runs) for name, runs in measured.runs.items() if name in SOUND)


def with_sound(record, measured):
    """A record with other runs of the sound variants."""
    [runs] = record["runs"]
    return record | {"runs": [runs | {"sound": sound_runs(measured)}]}


def fault(measured, name, cells, checks):
    """The record of a fault."""
    rejecting = measured.rejecting(name)
    seldom = [law for law in PUBLIC if law not in rejecting and min(measured.column(name, law)) < NEVER]
    return {
        "fault": name,
        "cases": {law: measured.cases(name, law) for law in rejecting},
        "seldom": seldom,
        "seconds": round(measured.seconds(name, rejecting[0]), 2),
        "cells": cells,
        "checks": checks,
    }


def law(measured, name):
    """The record of a law."""
    return {"law": name, "among the three": len(measured.among_first(name)), "needed": measured.needing(name)}


def first(fault):
    """The law that rejects a fault most quickly, and the cases it needs."""
    return next(iter(fault["cases"].items()))


def load():
    """The record in the repository."""
    return json.loads(DATA.read_text(encoding="utf-8"))


def save(record):
    """Write a record to the repository."""
    DATA.write_text(dumped(record), encoding="utf-8")
