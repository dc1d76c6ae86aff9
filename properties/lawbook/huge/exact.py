"""Exact results for windows that do not overlap and have at most one nonzero cell each, from these cells alone."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
from poolproof.kernels.dtypes import Ints

from ...contract import BACKWARD
from ...data.sparse import Sparse, SparseCall


def output(call: SparseCall) -> Ints:
    """The shape of y."""
    shape = call.arrays["x"].shape
    spatial = zip(shape[2:], call.size, call.stride, strict=True)
    return (*shape[:2], *((length - size) // stride + 1 for length, size, stride in spatial))


def result_shape(call: SparseCall) -> Ints:
    """The shape of the result."""
    return call.arrays["x"].shape if call.function in BACKWARD else output(call)


def marked(call: SparseCall) -> dict[int, int]:
    """The row-major place of each nonzero cell of x, keyed by that of its window.

    Raises ValueError if two cells share a window, or one lies in none.
    """
    x, found = call.arrays["x"], dict[int, int]()
    for place in x.places.tolist():
        n, c, *cell = x.index(place)
        window = [k // stride for k, stride in zip(cell, call.stride, strict=True)]
        if any(k % stride >= size for k, size, stride in zip(cell, call.size, call.stride, strict=True)):
            raise ValueError(f"cell {x.index(place)} of x should lie in a window")
        found[int(np.ravel_multi_index((n, c, *window), output(call)))] = place
    if len(found) < len(x.places):
        raise ValueError("no two cells of x should share a window")
    return found


def expected(call: SparseCall) -> Sparse:
    """The exact result; for `max_indices`, only for windows with a nonzero cell."""
    x, windows = call.arrays["x"], marked(call)
    values, dtype = x.cells(), x.dtype
    if call.function == "max_indices":
        plane = prod(x.shape[2:])
        cells: dict[int, float] = {window: cell % plane for window, cell in windows.items()}
        dtype = np.dtype(np.int64)
    elif call.function in BACKWARD:
        shares = call.arrays["dy"].cells()
        cells = routed(windows, shares) if call.function == "max_backward" else shared_evenly(call, shares)
    else:
        divisor = prod(call.size) if call.function == "mean_forward" else 1
        cells = {window: values[cell] / divisor for window, cell in windows.items()}
    return Sparse.of(dtype, result_shape(call), cells)


def routed(windows: dict[int, int], shares: dict[int, float]) -> dict[int, float]:
    """Each dy at the nonzero cell of its window."""
    return {windows[window]: share for window, share in shares.items()}


def shared_evenly(call: SparseCall, shares: dict[int, float]) -> dict[int, float]:
    """Each dy, divided evenly among the cells of its window."""
    shape, found = call.arrays["x"].shape, dict[int, float]()
    for window, share in shares.items():
        n, c, *at = call.arrays["dy"].index(window)
        starts = [o * stride for o, stride in zip(at, call.stride, strict=True)]
        for cell in product(*(range(start, start + size) for start, size in zip(starts, call.size, strict=True))):
            found[int(np.ravel_multi_index((n, c, *cell), shape))] = share / prod(call.size)
    return found
