"""Tries part of one proof on one target: all cases of some of its spaces, up to the first failure."""

from __future__ import annotations

import time
from itertools import islice

from ..results import Result
from ..run.explain import explained
from ..run.settle import settled
from ..run.trial import Found, Trial, TrialSettings
from ..targets.target import Target
from .methods import Proof


def attempt(proof: Proof, target: Target, longest: int, first: int, last: int) -> Result:
    """The result of trying the spaces from `first` up to `last`, exclusive, with the counterexample if one fails.

    Spaces come in order of size, so that a counterexample is small without shrinking.
    """
    began = time.perf_counter()
    trial = Trial(proof.law, target.fresh(), TrialSettings())
    result = Result(target.spec, proof.name, "holds", about=proof.law.name, assumption=proof.method.assumption)
    for blank in islice(proof.blanks(target.declared, longest), first, last):
        for case in proof.method.cases(blank):
            result.examples += 1
            if found := trial.attempt(case):
                conclude(trial, found, result)
                break
        if result.failed:
            break
    result.refused = trial.refused
    result.seconds = time.perf_counter() - began
    return result


def conclude(trial: Trial, first: Found, result: Result) -> None:
    """Try a failing case once more, explain it, and record the verdict."""
    trial.found = first
    found = explained(trial, settled(trial, first, trial.attempt(first.case)), [])
    result.verdict, result.counterexample = found.verdict, found.counterexample
