"""Loops for the mean of windows as large as the plane: one window per plane (P, H*W)."""

from __future__ import annotations

from typing import Any

from .jit import jit


@jit
def mean_forward(x: Any, y: Any) -> None:
    """Fill y (P, 1). Four planes are summed at once, because each addition has to wait for the one before it."""
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
def mean_backward(dy: Any, dx: Any) -> None:
    """Fill dx (P, H*W) with dy/n. Adding 0.0 turns a negative zero into a positive one, as summing from 0.0 does."""
    for p in range(len(dx)):
        share = dy[p, 0] / dx.shape[1] + 0.0
        for cell in range(dx.shape[1]):
            dx[p, cell] = share
