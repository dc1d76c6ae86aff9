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
    """Fill y and, unless it is None, argmax (P, OH, OW): the first maximum of each window and its index in the plane.

    A window's first maximum is the first among those of its lines.
    """
    starts = x.shape[2] - wide + 1
    lines, best = np.empty((x.shape[1], starts), x.dtype), np.empty(starts, x.dtype)
    places: Any = None
    at: Any = None
    if argmax is not None:
        places, at = np.empty(lines.shape, argmax.dtype), np.empty(starts, argmax.dtype)
    for p in range(len(x)):
        max_of_lines(x, p, wide, lines, places)
        for row in range(y.shape[1]):
            max_of_columns(lines, places, row * down, tall, best, at)
            for column in range(y.shape[2]):
                y[p, row, column] = best[column * across]
                if argmax is not None:
                    argmax[p, row, column] = at[column * across]


@jit
def max_of_lines(x: Any, p: int, wide: int, lines: Any, places: Any) -> None:
    """Fill lines and places from plane p: the first maximum of `wide` cells from each cell on, and its index."""
    for h in range(lines.shape[0]):
        for start in range(lines.shape[1]):
            lines[h, start] = x[p, h, start]
            if places is not None:
                places[h, start] = h * x.shape[2] + start
        for w in range(1, wide):
            for start in range(lines.shape[1]):
                value, best = x[p, h, start + w], lines[h, start]
                # A NaN is not <= anything, so it is taken; nothing is taken after it.
                larger = (best == best) & (not value <= best)
                lines[h, start] = value if larger else best
                if places is not None:
                    place, at = h * x.shape[2] + start + w, places[h, start]
                    places[h, start] = place if larger else at


@jit
def max_of_columns(lines: Any, places: Any, top: int, tall: int, best: Any, at: Any) -> None:
    """Fill best and at: the first maximum of each column of `tall` lines, and its place."""
    for start in range(len(best)):
        best[start] = lines[top, start]
        if at is not None:
            at[start] = places[top, start]
    for h in range(top + 1, top + tall):
        for start in range(len(best)):
            value, so_far = lines[h, start], best[start]
            larger = (so_far == so_far) & (not value <= so_far)
            best[start] = value if larger else so_far
            if at is not None:
                place, before = places[h, start], at[start]
                at[start] = place if larger else before


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
