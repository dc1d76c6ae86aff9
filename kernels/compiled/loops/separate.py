"""Loops for plain windows that do not overlap, and for the maximum of the usual ones. Planes are (P, H, W).

A window is plain if it is a rectangle of contiguous cells of the image: no padding, no dilation, nothing past the
end. It is given by its rows, its columns, the stride down and the stride across. All arguments have been checked.

If the size of a window is known at compile time, the loop over its cells is unrolled. The loop over columns around it
then computes several outputs at once, and each output still meets its cells in row-major order.
"""

from __future__ import annotations

from typing import Any

from .jit import jit

TWO_BY_TWO, THREE_BY_THREE = (2, 2, 2, 2), (3, 3, 2, 2)
USUAL = (TWO_BY_TWO, THREE_BY_THREE)
"""The windows of most networks, for which loops are compiled separately: rows, columns, both strides."""


@jit
def max_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any, argmax: Any) -> None:
    """Fill y (P, OH, OW) with the first maximum of each window, and argmax, unless it is None, with its index."""
    window = (tall, wide, down, across)
    for p in range(len(x)):
        if window == TWO_BY_TWO:
            ordered = largest(x, p, TWO_BY_TWO, y, argmax)
        elif window == THREE_BY_THREE:
            ordered = largest(x, p, THREE_BY_THREE, y, argmax)
        else:
            ordered = False
        if not ordered:
            first_largest(x, p, window, y, argmax)


@jit
def largest(x: Any, p: int, window: Any, y: Any, argmax: Any) -> bool:
    """Find the first maxima of plane p as if it had no NaN; return whether it has none."""
    tall, wide, down, across = window
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
            # Not in the loop above: it computes twice as many outputs at once while indices count from the window.
            for column in range(y.shape[2]):
                argmax[p, row, column] += row * down * x.shape[2] + column * across
    return ordered


@jit
def first_largest(x: Any, p: int, window: Any, y: Any, argmax: Any) -> None:
    """Find the first NaN of each window of plane p, or else its first maximum."""
    tall, wide, down, across = window
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
def mean_forward(x: Any, tall: int, wide: int, down: int, across: int, y: Any) -> None:
    """Fill y (P, OH, OW): float64 sums in row-major order, divided once, rounded once."""
    window = (tall, wide, down, across)
    for p in range(len(x)):
        if window == TWO_BY_TWO:
            means(x, p, TWO_BY_TWO, y)
        else:
            means(x, p, window, y)


@jit
def means(x: Any, p: int, window: Any, y: Any) -> None:
    """Compute the means of plane p."""
    tall, wide, down, across = window
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            total = 0.0
            for h in range(tall):
                for w in range(wide):
                    total += x[p, row * down + h, column * across + w]
            y[p, row, column] = total / (tall * wide)


@jit
def mean_backward(dy: Any, tall: int, wide: int, down: int, across: int, dx: Any) -> None:
    """Fill dx (P, H, W): dy/n in each cell of a window, rounded once, and 0 in the gaps between windows."""
    window = (tall, wide, down, across)
    tiled = dy.shape[1] * tall == dx.shape[1] and dy.shape[2] * wide == dx.shape[2]
    for p in range(len(dx)):
        if not tiled:
            dx[p] = 0.0
        if window == TWO_BY_TWO:
            write_shares(dy, p, TWO_BY_TWO, dx)
        else:
            write_shares(dy, p, window, dx)


@jit
def write_shares(dy: Any, p: int, window: Any, dx: Any) -> None:
    """Write the shares of plane p. Adding 0.0 turns a negative zero into a positive one, as summing from 0.0 does."""
    tall, wide, down, across = window
    for row in range(dy.shape[1]):
        for h in range(tall):
            for column in range(dy.shape[2]):
                share = dy[p, row, column] / (tall * wide) + 0.0
                for w in range(wide):
                    dx[p, row * down + h, column * across + w] = share
