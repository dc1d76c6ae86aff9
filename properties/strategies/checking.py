"""A check of one result against exact arithmetic, for users' own tests."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import Array

from .. import oracle
from ..cases.case import Case
from ..failures.types import Failure
from .complaints import wrong

RESULT = "the result"

JUDGES = {
    "max_forward": "max-value",
    "max_indices": "max-index",
    "max_backward": "max-accumulation",
    "mean_forward": "mean-value",
    "mean_backward": "mean-accumulation",
}
"""For each callable, the law that tells whether the result of a single call is right."""


def check(case: Case, result: Array) -> None:
    """Raise AssertionError if `result` is not what the callable of a case should return, by exact arithmetic.

    `result` is an array in the dtype of `case.x`, (N, C, OH, OW), or like x for a gradient; for max_indices it has any
    integer dtype. Maxima and indices must be exact; means and gradients must lie within a proved bound on rounding. The
    error divided by this bound is a `hypothesis.target`.

    Where maxima are tied, any of them may be the index, and the gradient is that of the first.
    """
    __tracebackhide__ = True
    if not isinstance(case, Case):
        raise wrong("case", case, "a Case; the result is the second argument: check(case, result)")
    from ..lawbook import LAWS
    from ..lawbook.pool import Pool
    from ..targets.target import wrap

    pool = Pool(wrap(SimpleNamespace(**{case.function: lambda *_, **__: result}), RESULT))
    try:
        for law in ("dtype-preserved", JUDGES[case.function]):
            LAWS[law].check(pool, case)
    except Failure as failure:
        raise AssertionError(message(case, failure)) from None
    aim(case, np.asarray(result))


def message(case: Case, failure: Failure) -> str:
    """The first wrong element, and the fact about the comparison, if there is one."""
    headline = failure.headline.replace(f"{case.function} of {RESULT}: ", f"{case.function}: ")
    return "\n".join([headline, *([f"    {failure.fact}"] if failure.fact else [])])


def aim(case: Case, result: Array) -> None:
    """Let Hypothesis look for larger errors relative to their bound; once per test, as Hypothesis allows per label."""
    exact: Any = getattr(oracle, case.function)(*case.call().arrays.values(), **case.window)
    if not isinstance(exact, oracle.Exact) or not hypothesis.currently_in_test_context():
        return
    error, bound = (each.astype(np.float64) for each in (abs(exact.value - result.astype(np.float64)), exact.bound))
    score = float((error[bound > 0] / bound[bound > 0]).max(initial=0))
    # Hypothesis would report a score of 0 as the highest, although there is nothing to look for.
    if score:
        with suppress(InvalidArgument):
            hypothesis.target(score, label=f"{case.function}: error / bound")
