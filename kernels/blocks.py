"""Loops that numba compiles, for windows that are blocks of real cells, on planes (P, H, W).

They see preallocated results; checks, and which loop serves which windows, are in compiled.py.

The usual windows are written out: a loop over taps whose number is known is unrolled, and the loop over columns around
it then takes several outputs at once, each still in row-major order of its own taps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import jit


@jit
def max_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """Fill y and, unless it is None, argmax (P, OH, OW): the first maximum of each window and where it is."""
    for p in range(len(x)):
        if (tall, wide, down, across) == (2, 2, 2, 2):
            ordered = largest(x, p, 2, 2, 2, 2, y, argmax)
        elif (tall, wide, down, across) == (3, 3, 2, 2):
            ordered = largest(x, p, 3, 3, 2, 2, y, argmax)
        else:
            ordered = False
        if not ordered:
            first_largest(x, p, tall, wide, down, across, y, argmax)


@jit
def largest(x: Any, p: int, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> bool:
    """The first maxima of plane p if it has no NaN, and whether that is so."""
    ordered = True
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            best, at = x[p, row * down, column * across], 0
            for h in range(tall):
                for w in range(wide):
                    value = x[p, row * down + h, column * across + w]
                    ordered &= value == value
                    larger = value > best
                    best = value if larger else best
                    at = h * x.shape[2] + w if larger else at
            y[p, row, column] = best
            if argmax is not None:
                argmax[p, row, column] = at
        if argmax is not None:
            # Not in the loop above, which takes twice as many outputs at once while indices stay within the window.
            for column in range(y.shape[2]):
                argmax[p, row, column] += row * down * x.shape[2] + column * across
    return ordered


@jit
def first_largest(x: Any, p: int, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """The first NaN of each window of plane p, or else its first maximum."""
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
            if argmax is not None:
                argmax[p, row, column] = at


@jit
def max_backward(dy: Any, dx: Any, argmax: Any) -> None:
    """Fill dx (P, H*W): each dy (P, OH*OW) added at its argmax, in float64, rounded once.

    Where no two maxima share a cell there is nothing to add; that is assumed until a plane shows that they do.
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
    """Put each dy of plane p at its argmax, and say whether there was no other."""
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
    """Add each dy at its argmax to sums, whose cells count from `first`; those beyond them are left out."""
    for o in range(len(dy)):
        at = np.uintp(argmax[o] - first)
        if at < len(sums):
            sums[at] += dy[o]


@jit
def mean_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any) -> None:
    """Fill y (P, OH, OW): float64 sums in row-major order, divided once, rounded once."""
    for p in range(len(x)):
        if (tall, wide, down, across) == (2, 2, 2, 2):
            means(x, p, 2, 2, 2, 2, y)
        else:
            means(x, p, tall, wide, down, across, y)


@jit
def means(x: Any, p: int, tall: int, wide: int, down: int, across: int, y: Any) -> None:
    """The means of plane p."""
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            total = 0.0
            for h in range(tall):
                for w in range(wide):
                    total += x[p, row * down + h, column * across + w]
            y[p, row, column] = total / (tall * wide)


@jit
def mean_of_planes(x: Any, y: Any) -> None:
    """Fill y (P, 1) from x (P, H*W), windows as large as planes: four at once, as an addition waits for the last."""
    size = x.shape[1]
    for p in range(0, len(x) - 3, 4):
        a = b = c = d = 0.0
        for cell in range(size):
            a += x[p, cell]
            b += x[p + 1, cell]
            c += x[p + 2, cell]
            d += x[p + 3, cell]
        y[p, 0], y[p + 1, 0], y[p + 2, 0], y[p + 3, 0] = a / size, b / size, c / size, d / size
    for p in range(len(x) // 4 * 4, len(x)):
        total = 0.0
        for cell in range(size):
            total += x[p, cell]
        y[p, 0] = total / size


@jit
def mean_to_planes(dy: Any, dx: Any) -> None:
    """Fill dx (P, H*W) from dy (P, 1), for windows as large as planes; 0.0 is added as below."""
    for p in range(len(dx)):
        share = dy[p, 0] / dx.shape[1] + 0.0
        for cell in range(dx.shape[1]):
            dx[p, cell] = share


@jit
def mean_backward(dy: Any, tall: int, wide: int, down: int, across: int, dx: Any) -> None:
    """Fill dx (P, H, W) for windows that do not overlap: dy/n in each cell of a window, rounded once."""
    tiled = dy.shape[1] * tall == dx.shape[1] and dy.shape[2] * wide == dx.shape[2]
    for p in range(len(dx)):
        if not tiled:
            dx[p] = 0.0
        if (tall, wide, down, across) == (2, 2, 2, 2):
            spread(dy, p, 2, 2, 2, 2, dx)
        else:
            spread(dy, p, tall, wide, down, across, dx)


@jit
def spread(dy: Any, p: int, tall: int, wide: int, down: int, across: int, dx: Any) -> None:
    """The shares of plane p; adding 0.0 makes a negative zero positive, as a sum that starts from 0.0 is."""
    for row in range(dy.shape[1]):
        for h in range(tall):
            for column in range(dy.shape[2]):
                share = dy[p, row, column] / (tall * wide) + 0.0
                for w in range(wide):
                    dx[p, row * down + h, column * across + w] = share
