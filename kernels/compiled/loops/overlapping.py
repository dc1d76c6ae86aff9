"""Loops for plain windows (rectangles of contiguous cells) that overlap, line by line. Planes are (P, H, W).

A window is given by its rows, its columns, the stride down and the stride across. All arguments have been checked.

The innermost loop always runs along a line and takes one tap (one position inside the window) of all its windows. So
it computes several outputs at once, and each output still meets its own taps in row-major order. For this, a window
starts at every cell of the line; the stride only selects which results are kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import jit


@jit
def max_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """Fill y (P, OH, OW) with the first maximum of each window, and argmax, unless it is None, with its index.

    Windows grow by doubling. Start with windows of one cell, at every cell. The maximum of a window of width 2 is that
    of two neighbours of width 1, one of width 4 that of two of width 2, and so on; the last step is shorter if the
    width is no power of two, and its two windows overlap: 1, 2, 4, 5. Then the height grows likewise. A window of
    15 x 15 takes 8 steps instead of 225 taps.
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
    """Start with windows of one cell in plane p: each is its own maximum."""
    for h in range(x.shape[1]):
        for w in range(x.shape[2]):
            best[h, w] = x[p, h, w]
            if at is not None:
                at[h, w] = h * x.shape[2] + w


@jit
def merge(best: Any, at: Any, down: int, right: int, larger: Any, place: Any) -> None:
    """The first maximum of each window and its neighbour `down` rows or `right` columns on, taken together.

    The two windows touch or overlap, so that together they are a window. The second one wins only if it is larger:
    on a tie the first maximum of both is in the first.
    """
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

    If every sum is exact, its order does not matter. Then lines are summed first, once for all windows they belong to.
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
    """Whether every sum of `count` elements of plane p fits in the 53 bits of a float64.

    All elements are multiples of the last bit of the smallest one, which is larger than the smallest times 2**-bits.
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
    """Fill a row of totals: for each cell of line `top` of plane p, the sum of the tall x wide cells from there."""
    for start in range(totals.shape[2]):
        totals[0, row, start] = 0.0
    for h in range(top, top + tall):
        for w in range(wide):
            for start in range(totals.shape[2]):
                totals[0, row, start] += source[p, h, start + w]


@jit
def mean_backward(dy: Any, tall: int, wide: int, down: int, across: int, dx: Any) -> None:
    """Fill dx (P, H, W): each dy/n added to the cells of its window, in float64, rounded once."""
    sums, shares = np.empty(dx.shape[1:]), np.zeros(dx.shape[2] + wide - 1)
    for p in range(len(dx)):
        add_shares(dy, p, tall, wide, down, across, shares, sums)
        for h in range(dx.shape[1]):
            for w in range(dx.shape[2]):
                dx[p, h, w] = sums[h, w]


@jit
def add_shares(dy: Any, p: int, tall: int, wide: int, down: int, across: int, shares: Any, sums: Any) -> None:
    """Fill sums (H, W) from plane p: every cell adds the shares of its windows in their row-major order.

    `shares` holds those of one row of windows, each where its window ends, and 0.0 elsewhere, which changes no sum.
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
