"""Loops that numba compiles, for the common windows: blocks of real cells, on planes (P, H, W).

They see preallocated results; checks live in compiled.py. Windows of every other kind are for loops.py.
"""

from __future__ import annotations

from typing import Any

from .jit import jit


@jit
def max_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """Fill y and argmax (P, OH, OW): the first maximum of each window and its row-major index in the plane."""
    for p in range(y.shape[0]):
        for row in range(y.shape[1]):
            for column in range(y.shape[2]):
                top, left = row * down, column * across
                best, at = x[p, top, left], top * x.shape[2] + left
                for h in range(top, top + tall):
                    for w in range(left, left + wide):
                        value = x[p, h, w]
                        # A NaN is not <= anything, so it is taken; nothing is taken after it.
                        if best == best and not value <= best:
                            best, at = value, h * x.shape[2] + w
                y[p, row, column] = best
                argmax[p, row, column] = at


@jit
def max_backward(dy: Any, argmax: Any, sums: Any, dx: Any) -> None:
    """Fill dx (P, H*W): each dy (P, OH*OW) added at its argmax, in the float64 scratch `sums` (H*W), rounded once."""
    for p in range(dx.shape[0]):
        sums[:] = 0.0
        for o in range(dy.shape[1]):
            sums[argmax[p, o]] += dy[p, o]
        dx[p] = sums


@jit
def mean_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any) -> None:
    """Fill y (P, OH, OW): float64 sums in row-major order, divided once, rounded once."""
    for p in range(y.shape[0]):
        for row in range(y.shape[1]):
            for column in range(y.shape[2]):
                total = 0.0
                for h in range(row * down, row * down + tall):
                    for w in range(column * across, column * across + wide):
                        total += x[p, h, w]
                y[p, row, column] = total / (tall * wide)


@jit
def mean_backward(dy: Any, tall: int, wide: int, down: int, across: int, sums: Any, dx: Any) -> None:
    """Fill dx (P, H, W): dy/n added over each window, in the float64 scratch `sums` (H, W), rounded once."""
    for p in range(dx.shape[0]):
        sums[:] = 0.0
        for row in range(dy.shape[1]):
            for column in range(dy.shape[2]):
                share = float(dy[p, row, column]) / (tall * wide)
                for h in range(row * down, row * down + tall):
                    for w in range(column * across, column * across + wide):
                        sums[h, w] += share
        dx[p] = sums
