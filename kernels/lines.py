"""Loops that numba compiles, for overlapping windows that are blocks of real cells, on planes (P, H, W): line by line.

They see preallocated results; checks, and which loop serves which windows, are in compiled.py.

The innermost loop always goes along a line, with one tap for all its windows: so several are taken at once, while each
meets its own taps in row-major order. Windows start at every cell there; the stride only picks what is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import jit


@jit
def max_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """Fill y and, unless it is None, argmax (P, OH, OW): the first maximum of each window and where it is.

    Windows grow from single cells to twice the width with each step, and then to the height likewise.
    """
    best, other = np.empty(x.shape[1:], x.dtype), np.empty(x.shape[1:], x.dtype)
    at: Any = None
    place: Any = None
    if argmax is not None:
        at, place = np.empty(x.shape[1:], argmax.dtype), np.empty(x.shape[1:], argmax.dtype)
    for p in range(len(x)):
        take(x, p, best, at)
        size = 1
        while size < wide:
            step = min(size, wide - size)
            merge(best, at, 0, step, other, place)
            best, other, at, place, size = other, best, place, at, size + step
        size = 1
        while size < tall:
            step = min(size, tall - size)
            merge(best, at, step, 0, other, place)
            best, other, at, place, size = other, best, place, at, size + step
        for row in range(y.shape[1]):
            for column in range(y.shape[2]):
                y[p, row, column] = best[row * down, column * across]
                if argmax is not None:
                    argmax[p, row, column] = at[row * down, column * across]


@jit
def take(x: Any, p: int, best: Any, at: Any) -> None:
    """Plane p as windows of one cell: each is its own maximum."""
    for h in range(x.shape[1]):
        for w in range(x.shape[2]):
            best[h, w] = x[p, h, w]
            if at is not None:
                at[h, w] = h * x.shape[2] + w


@jit
def merge(best: Any, at: Any, down: int, right: int, larger: Any, place: Any) -> None:
    """Of each window and the one so many cells further on, whose cells meet or overlap, the first maximum of both."""
    for h in range(best.shape[0] - down):
        for w in range(best.shape[1] - right):
            first, second = best[h, w], best[h + down, w + right]
            # A NaN is not <= anything, so it is taken; nothing is taken after it.
            later = (first == first) & (not second <= first)
            larger[h, w] = second if later else first
            if at is not None:
                before, after = at[h, w], at[h + down, w + right]
                place[h, w] = after if later else before


@jit
def mean_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any) -> None:
    """Fill y (P, OH, OW): float64 sums in row-major order, divided once, rounded once.

    Where every sum is exact, and so the same in any order, lines are summed first, for all windows that share them.
    """
    starts = x.shape[2] - wide + 1
    lines, totals = np.empty((1, x.shape[1], starts)), np.empty((1, 1, starts))
    for p in range(len(x)):
        exact = sums_are_exact(x, p, tall * wide)
        if exact:
            for h in range(x.shape[1]):
                add(x, p, h, 1, wide, lines, h)
        for row in range(y.shape[1]):
            if exact:
                add(lines, 0, row * down, tall, 1, totals, 0)
            else:
                add(x, p, row * down, tall, wide, totals, 0)
            for column in range(y.shape[2]):
                y[p, row, column] = totals[0, 0, column * across] / (tall * wide)


@jit
def sums_are_exact(x: Any, p: int, count: int) -> bool:
    """Whether all sums of `count` elements of plane p fit in the 53 bits of a float64.

    Each element is a multiple of the last bit of the smallest, which is larger than that one's 2**-bits.
    """
    smallest, largest, bits = np.inf, 0.0, np.finfo(x.dtype).nmant + 1
    for h in range(x.shape[1]):
        for w in range(x.shape[2]):
            magnitude = abs(x[p, h, w])
            largest = max(largest, magnitude)
            smallest = min(smallest, magnitude if magnitude > 0 else np.inf)
    return count * largest <= 2.0 ** (53 - bits) * smallest


@jit
def add(source: Any, p: int, top: int, tall: int, wide: int, totals: Any, row: int) -> None:
    """Fill a row of totals: the sums of tall x wide cells of plane p, from each cell of line `top` on."""
    for start in range(totals.shape[2]):
        totals[0, row, start] = 0.0
    for h in range(top, top + tall):
        for w in range(wide):
            for start in range(totals.shape[2]):
                totals[0, row, start] += source[p, h, start + w]


@jit
def mean_backward(dy: Any, tall: int, wide: int, down: int, across: int, dx: Any) -> None:
    """Fill dx (P, H, W): dy/n added over each window, in float64, rounded once."""
    sums, shares = np.empty(dx.shape[1:]), np.zeros(dx.shape[2] + wide - 1)
    for p in range(len(dx)):
        add_shares(dy, p, tall, wide, down, across, shares, sums)
        for h in range(dx.shape[1]):
            for w in range(dx.shape[2]):
                dx[p, h, w] = sums[h, w]


@jit
def add_shares(dy: Any, p: int, tall: int, wide: int, down: int, across: int, shares: Any, sums: Any) -> None:
    """Fill sums (H, W) from plane p: each cell adds the shares of its windows, in their row-major order.

    `shares` has those of one row of windows, each where its window ends, and 0.0 elsewhere, which changes no sum.
    """
    for h in range(sums.shape[0]):
        for w in range(sums.shape[1]):
            sums[h, w] = 0.0
    for row in range(dy.shape[1]):
        for column in range(dy.shape[2]):
            shares[column * across + wide - 1] = dy[p, row, column] / (tall * wide)
        for h in range(row * down, row * down + tall):
            for ahead in range(wide):
                for w in range(sums.shape[1]):
                    sums[h, w] += shares[w + ahead]
