"""Checks of a method's results before it is timed: ours must be equal, others within the rounding error of both."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels import compiled, img2col
from poolproof.kernels.dtypes import Array

from ..lawbook.pool import number
from ..oracle import relative_bound, smallest
from .workloads import Workload


@dataclass(frozen=True)
class Answers:
    """y and dx from our img2col kernel, and how far those of a correct implementation may be from them."""

    y: Array
    dx: Array
    y_slack: Array
    dx_slack: Array

    def complaint(self, name: str, got: Array, *, exact: bool) -> str:
        """A description of the first wrong element of a y or dx; empty if none is wrong."""
        expected, slack = getattr(self, name), getattr(self, f"{name}_slack")
        if got.shape != expected.shape:
            return f"{name}.shape = {got.shape}, but should be {expected.shape}"
        alike = got == expected if exact else np.abs(got.astype(np.float64) - expected) <= slack
        if alike.all():
            return ""
        where = tuple(np.argwhere(~alike)[0].tolist())
        place = ",".join(map(str, where))
        differ = f"({np.count_nonzero(~alike)} of {alike.size} differ)"
        return f"{name}[{place}] = {number(got[where])}, but should be {number(expected[where])} {differ}"


def right(work: Workload, x: Array, dy: Array) -> Answers:
    """The expected answers to a workload.

    Ours and another's may each be off by the oracle's bound, so they may differ by twice as much.
    """
    window = (work.size, work.stride)
    y = getattr(img2col, f"{work.kind}_forward")(x, *window)
    dx = getattr(img2col, f"{work.kind}_backward")(dy, x, *window)
    back = getattr(compiled, f"{work.kind}_backward")
    divisor = 1 if work.kind == "max" else prod(work.size)

    def gathered(values: Array) -> Array:
        """The sum of these values at each cell of dx, in float64."""
        result: Array = back(values, x.astype(np.float64), *window)
        return result

    shares = np.rint(gathered(np.ones(dy.shape)) * divisor).astype(np.int64)
    dx_slack = slack(shares, gathered(np.abs(dy.astype(np.float64))), x.dtype)
    if divisor & (divisor - 1) == 0:
        dx_slack[shares <= 1] = 0
    if work.kind == "max":
        return Answers(y, dx, np.zeros(y.shape), dx_slack)
    sizes = compiled.mean_forward(np.abs(x.astype(np.float64)), *window)
    return Answers(y, dx, slack(np.full(y.shape, divisor), sizes, x.dtype), dx_slack)


def slack(terms: Array, sizes: Array, dtype: np.dtype[Any]) -> Array:
    """Twice the oracle's bound for sums of this many `terms`, whose absolute values add up to `sizes`."""
    relative = np.array([float(relative_bound(n, dtype)) for n in range(int(terms.max(initial=0)) + 1)])
    return np.asarray(2 * (relative[terms] * sizes + (terms + 1) * float(smallest(dtype))))
