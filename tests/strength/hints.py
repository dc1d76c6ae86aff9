"""How often the hint of a failure names what is wrong: over the corpus, and over models of bug reports."""

import multiprocessing
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from faults import FAULTS, REPORTED
from msgspec import UNSET
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap

from .classes import CLASSES

JUDGED = {**FAULTS, **REPORTED}
"""The faults whose hints are measured."""

RIGHT, WRONG, NONE = "right", "wrong", "none"


def named(name):
    """The mistake in the hint of each failing law, or nothing: for all laws of a fault, for the first of a model."""
    laws = JUDGED[name].laws if name in FAULTS else JUDGED[name].laws[:1]
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for law in laws:
            seen = run(LAWS[law], wrap(JUDGED[name]), TrialSettings(seed=0)).counterexample
            if seen is not None:
                found[law] = "" if seen.mistakes is UNSET else seen.mistakes[0]
    return found


def verdict(name, hints):
    """Whether a fault is named rightly: wrong if any failure has a wrong hint, none if no failure has a hint."""
    said = [hint for hint in hints.values() if hint]
    if any(hint not in CLASSES[name] for hint in said):
        return WRONG
    return RIGHT if said else NONE


def measured(names, processes):
    """The hints of each fault."""
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return dict(zip(names, pool.map(named, names), strict=True))


def recorded(hints):
    """The record: how many faults of each collection are named rightly, wrongly or not at all, and the odd ones."""
    found = {name: verdict(name, each) for name, each in hints.items()}
    collections = {"corpus": FAULTS, "models of bug reports": REPORTED}
    return [
        {"faults": collection, **counts(found, members), "odd": odd(hints, found, members)}
        for collection, members in collections.items()
    ]


def counts(found, members):
    """The number of these faults with each verdict."""
    counted = Counter(found[name] for name in members if name in found)
    return {word: counted[word] for word in (RIGHT, WRONG, NONE)}


def odd(hints, found, members):
    """The faults that are not named rightly, with their hints."""
    return {name: sorted({*filter(None, hints[name].values())}) for name in members if found.get(name, RIGHT) != RIGHT}
