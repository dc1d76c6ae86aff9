"""The CUDA kernels: each thread gathers the result for one output, or one cell of a gradient, then for another.

Inputs and results are planes (P, cells); tables.py describes `deep`, `tall` and `wide`.

Nothing is scattered. Scattering takes atomic additions on a GPU, which come in any order, so that the last bits of a
sum are left to chance. Instead, the thread of a cell adds the contributions of the windows that contain the cell, in
row-major order of the windows. The price: a dy is read once for each cell of its window, and in a mean divided as
often. Where windows do not overlap, that is one read for each cell of dx, which must be written anyway; windows of 3
x 3 with stride 1 take nine, most of them from the cache.

Sums are float64, and rounded when they are stored. They contain no product that could be contracted to a fused
multiply-add, which rounds once instead of twice: CUDA's compiler contracts unless an option forbids it, and numba does
not expose that option. All indices have 64 bits.
"""

from __future__ import annotations

from typing import Any

from numba import cuda

from .device import jit, jit_device


@jit
def max_forward(x: Any, zero: Any, deep: Any, tall: Any, wide: Any, y: Any) -> None:
    """Fill y (P, windows) with the largest element of each window."""
    count, windows = y.shape
    for number in range(cuda.grid(1), count * windows, cuda.gridsize(1)):
        p, window = number // windows, number % windows
        a, b, c = place(window, len(tall), len(wide))
        y[p, window] = x[p, first_maximum(x[p], zero, deep[a], tall[b], wide[c])]


@jit
def max_indices(x: Any, zero: Any, deep: Any, tall: Any, wide: Any, places: Any) -> None:
    """Fill places (P, windows) with the cell of the first maximum of each window."""
    count, windows = places.shape
    for number in range(cuda.grid(1), count * windows, cuda.gridsize(1)):
        p, window = number // windows, number % windows
        a, b, c = place(window, len(tall), len(wide))
        places[p, window] = first_maximum(x[p], zero, deep[a], tall[b], wide[c])


@jit
def mean_forward(x: Any, deep: Any, tall: Any, wide: Any, divisors: Any, y: Any) -> None:
    """Fill y (P, windows) with the sum of each window, in row-major order, divided by its divisor."""
    count, windows = y.shape
    for number in range(cuda.grid(1), count * windows, cuda.gridsize(1)):
        p, window = number // windows, number % windows
        a, b, c = place(window, len(tall), len(wide))
        total = 0.0
        for d in range(deep[a, 0], deep[a, 1], deep[a, 2]):
            for h in range(tall[b, 0], tall[b, 1], tall[b, 2]):
                for w in range(wide[c, 0], wide[c, 1], wide[c, 2]):
                    total += float(x[p, d + h + w])
        y[p, window] = total / divisors[window]


@jit
def max_backward(dy: Any, places: Any, deep: Any, tall: Any, wide: Any, dx: Any) -> None:
    """Fill dx (P, cells): each dy whose maximum is in the cell, added in the row-major order of the windows."""
    count, cells = dx.shape
    for number in range(cuda.grid(1), count * cells, cuda.gridsize(1)):
        p, cell = number // cells, number % cells
        d, h, w = place(cell, len(tall), len(wide))
        total = 0.0
        for a in range(deep[d, 0], deep[d, 1], deep[d, 2]):
            for b in range(tall[h, 0], tall[h, 1], tall[h, 2]):
                for c in range(wide[w, 0], wide[w, 1], wide[w, 2]):
                    if places[p, a + b + c] == cell:
                        total += float(dy[p, a + b + c])
        dx[p, cell] = total


@jit
def mean_backward(dy: Any, divisors: Any, deep: Any, tall: Any, wide: Any, dx: Any) -> None:
    """Fill dx (P, cells): the shares dy/n of the windows that contain the cell, added in their row-major order."""
    count, cells = dx.shape
    for number in range(cuda.grid(1), count * cells, cuda.gridsize(1)):
        p, cell = number // cells, number % cells
        d, h, w = place(cell, len(tall), len(wide))
        total = 0.0
        for a in range(deep[d, 0], deep[d, 1], deep[d, 2]):
            for b in range(tall[h, 0], tall[h, 1], tall[h, 2]):
                for c in range(wide[w, 0], wide[w, 1], wide[w, 2]):
                    total += float(dy[p, a + b + c]) / divisors[a + b + c]
        dx[p, cell] = total


@jit_device
def place(number: Any, rows: Any, columns: Any) -> Any:
    """A row-major number as one along each of three axes; the last two have this many rows and columns."""
    return number // (rows * columns), number // columns % rows, number % columns


@jit_device
def first_maximum(plane: Any, zero: Any, deep: Any, tall: Any, wide: Any) -> Any:
    """The first cell with the largest element of a window. NaN counts as larger than everything: the first NaN wins.

    Elements are compared in the dtype that adding `zero` gives them.
    """
    best = deep[0] + tall[0] + wide[0]
    largest = plane[best] + zero
    for d in range(deep[0], deep[1], deep[2]):
        for h in range(tall[0], tall[1], tall[2]):
            for w in range(wide[0], wide[1], wide[2]):
                value = plane[d + h + w] + zero
                # A NaN is not <= anything, so it is taken; nothing is taken after it.
                if largest == largest and not value <= largest:
                    best, largest = d + h + w, value
    return best
