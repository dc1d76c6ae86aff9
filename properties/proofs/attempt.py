"""Part of one proof on one target: all cases of some of its spaces, up to the first failure. Knows nothing of doors."""

from __future__ import annotations

import time
from itertools import islice

from ..failures import Failure
from ..results import Result
from ..runner import ONCE, Settings, Trial, alone, noted
from ..strategies.cases import Case
from ..target import Target
from .methods import Proof


def attempt(proof: Proof, target: Target, longest: int, first: int, last: int) -> Result:
    """Try the spaces from the first to before the last; the verdict on them, with the counterexample if it fails.

    Spaces come from the smallest on, so that a counterexample is small without being made smaller.
    """
    began = time.perf_counter()
    trial = Trial(proof.law, target.fresh(), Settings())
    result = Result(target.spec, proof.name, "holds", assumption=proof.method.assumption)
    for blank in islice(proof.blanks(target.declared, longest), first, last):
        for case in proof.method.cases(blank):
            result.examples += 1
            if not holds(trial, case):
                conclude(trial, case, result)
                break
        if result.failed:
            break
    result.refused = trial.refused
    result.seconds = time.perf_counter() - began
    return result


def holds(trial: Trial, case: Case) -> bool:
    """Whether a law holds on a case, or its target may refuse it."""
    try:
        trial.attempt(case)
    except Failure:
        return False
    return True


def conclude(trial: Trial, case: Case, result: Result) -> None:
    """The verdict on a case that failed, which is tried once more."""
    assert trial.first is not None
    first = trial.first
    if holds(trial, case):
        first = noted(first, f"{ONCE}: the same case, tried again, gave another answer")
    else:
        first = alone(trial, case, first)
    failure, found = first
    result.verdict, result.counterexample = failure.verdict, {"seed": None, **found}
