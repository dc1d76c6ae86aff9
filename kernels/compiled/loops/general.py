"""Loops for all windows: with padding, dilation or overhang, or of three axes. Planes are (P, D, H, W).

The windows along an axis are given as an array (O, 3): for each output the range (start, stop, step) of its window's
real cells. So all settings are data, and absent axes have length one. All arguments have been checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import jit


@jit
def max_forward(x: Any, deep: Any, tall: Any, wide: Any, y: Any, argmax: Any) -> None:
    """Fill y (P, OD, OH, OW) with the first maximum of each window, and argmax, unless it is None, with its index."""
    for p in range(y.shape[0]):
        for a in range(y.shape[1]):
            for b in range(y.shape[2]):
                for c in range(y.shape[3]):
                    best, at = x[p, deep[a, 0], tall[b, 0], wide[c, 0]], -1
                    for d in range(deep[a, 0], deep[a, 1], deep[a, 2]):
                        for h in range(tall[b, 0], tall[b, 1], tall[b, 2]):
                            for w in range(wide[c, 0], wide[c, 1], wide[c, 2]):
                                value = x[p, d, h, w]
                                # A NaN is not <= anything, so it is taken; nothing is taken after it.
                                if at < 0 or (best == best and not value <= best):
                                    best, at = value, (d * x.shape[2] + h) * x.shape[3] + w
                    y[p, a, b, c] = best
                    if argmax is not None:
                        argmax[p, a, b, c] = at


@jit
def mean_forward(x: Any, deep: Any, tall: Any, wide: Any, divisors: Any, y: Any) -> None:
    """Fill y (P, OD, OH, OW): float64 sums in row-major order, divided once by divisors (OD, OH, OW), rounded once."""
    for p in range(y.shape[0]):
        for a in range(y.shape[1]):
            for b in range(y.shape[2]):
                for c in range(y.shape[3]):
                    total = 0.0
                    for d in range(deep[a, 0], deep[a, 1], deep[a, 2]):
                        for h in range(tall[b, 0], tall[b, 1], tall[b, 2]):
                            for w in range(wide[c, 0], wide[c, 1], wide[c, 2]):
                                total += x[p, d, h, w]
                    y[p, a, b, c] = total / divisors[a, b, c]


@jit
def mean_backward(dy: Any, deep: Any, tall: Any, wide: Any, divisors: Any, dx: Any) -> None:
    """Fill dx (P, D, H, W): each dy/n added to the cells of its window, in float64, rounded once."""
    sums = np.zeros(dx.shape[1:])
    for p in range(dx.shape[0]):
        for a in range(dy.shape[1]):
            for b in range(dy.shape[2]):
                for c in range(dy.shape[3]):
                    share = dy[p, a, b, c] / divisors[a, b, c]
                    for d in range(deep[a, 0], deep[a, 1], deep[a, 2]):
                        for h in range(tall[b, 0], tall[b, 1], tall[b, 2]):
                            for w in range(wide[c, 0], wide[c, 1], wide[c, 2]):
                                sums[d, h, w] += share
        hand_over(sums, p, dx)


@jit
def hand_over(sums: Any, p: int, dx: Any) -> None:
    """Round the sums into plane p and clear them, cell by cell: numba needs five seconds to compile slices."""
    for d in range(sums.shape[0]):
        for h in range(sums.shape[1]):
            for w in range(sums.shape[2]):
                dx[p, d, h, w] = sums[d, h, w]
                sums[d, h, w] = 0.0
