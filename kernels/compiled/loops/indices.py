"""Loops that add gradients at the indices that a forward pass found, for any windows. Planes are (P, H*W)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import jit


@jit
def max_backward(dy: Any, dx: Any, argmax: Any) -> None:
    """Fill dx (P, H*W): each dy (P, OH*OW) added at its argmax, in float64, rounded once.

    If no two maxima share a cell, there is nothing to add. The loop assumes this until a plane shows otherwise.
    """
    alone, sums = True, np.empty(dx.shape[1])
    for p in range(len(dx)):
        alone = alone and scattered(dy, argmax, p, dx)
        if not alone:
            for cell in range(len(sums)):
                sums[cell] = 0.0
            for o in range(dy.shape[1]):
                sums[np.uintp(argmax[p, o])] += dy[p, o]
            for cell in range(len(sums)):
                dx[p, cell] = sums[cell]


@jit
def scattered(dy: Any, argmax: Any, p: int, dx: Any) -> bool:
    """Put each dy of plane p at its argmax; return False as soon as a cell is already taken."""
    for cell in range(dx.shape[1]):
        dx[p, cell] = 0.0
    for o in range(dy.shape[1]):
        at = np.uintp(argmax[p, o])
        if dx[p, at] != 0.0:
            return False
        dx[p, at] += dy[p, o]
    return True


@jit
def add(dy: Any, argmax: Any, first: int, sums: Any) -> None:
    """Add each dy at its argmax to sums, whose cells are numbered from `first`; skip indices outside them."""
    for o in range(len(dy)):
        at = np.uintp(argmax[o] - first)
        if at < len(sums):
            sums[at] += dy[o]
