"""Mistakes about the maximum that gets a gradient: ties, near ties, other cells, and where its place is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from .maxima import by_keys
from .mistake import INDEX, MAX_GRADIENT, Mistake, Prediction
from .steps import PooledWindows, Undetermined, added, each, first_weights, plane_index, wrong

RIGHT_TIE = "The gradient of a window goes to its maximum once, however many cells are equal to it."


def tied(windows: PooledWindows) -> Array:
    """Where the maxima of each window are."""
    return np.asarray((windows.values == windows.values.max(axis=-1, keepdims=True)) & windows.real)


def if_tied(share: Callable[[Array], Any]) -> Callable[[PooledWindows], Array]:
    """Weights of tied maxima, as a function of where they are; a single maximum gets the whole gradient."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        return np.where(best.sum(axis=-1, keepdims=True) > 1, share(best), best)

    return weights


def ends(best: Array) -> Array:
    """The first and the last of tied maxima."""
    return np.asarray((best.cumsum(-1) == 1) & best | (best[..., ::-1].cumsum(-1)[..., ::-1] == 1) & best)


def first_of_each_row(windows: PooledWindows) -> Array:
    """The first maximum in each row of the window."""
    width = windows.geometry.size[-1]
    best = tied(windows)
    rows = best.reshape(*best.shape[:-1], best.shape[-1] // width, width)
    return np.asarray((rows & (rows.cumsum(axis=-1) == 1)).reshape(best.shape), np.float64)


def by_blocks(size: int, keep: Callable[[Array], Array]) -> Callable[[PooledWindows], Array]:
    """The first maximum of each block of taps. Raises ValueError for windows of one block."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        if best.shape[-1] <= size:
            raise ValueError("one block")
        found = np.zeros(best.shape, bool)
        for start in range(0, best.shape[-1], size):
            part = best[..., start : start + size]
            found[..., start : start + size] = part & (part.cumsum(-1) == 1)
        return np.asarray(keep(found), np.float64)

    return weights


def nearly(windows: PooledWindows) -> Array:
    """All cells within a relative 1e-5 of the maximum."""
    values = windows.values.astype(np.float64)
    return np.asarray(np.isclose(values, values.max(axis=-1, keepdims=True), rtol=1e-5, atol=0) & windows.real)


def equal_cells(windows: PooledWindows) -> Array:
    """Which cells of its plane equal the maximum of each window, (N, C, windows, cells)."""
    return np.asarray(windows.image[..., np.newaxis, :] == windows.values.max(axis=-1)[..., np.newaxis])


def equal_in_plane(windows: PooledWindows, _: Array) -> Array:
    """Each gradient added to every cell of the plane that equals the maximum of its window."""
    equal = equal_cells(windows)
    dy = windows.call.arrays["dy"].astype(np.float64).reshape(equal.shape[:-1])
    return np.asarray((equal * dy[..., np.newaxis]).sum(axis=-2))


def sought_in_plane(last: bool) -> Prediction:
    """Answers that look up the maximum in the plane: at the first cell equal to it, or the last."""

    def place(windows: PooledWindows) -> Array:
        equal = equal_cells(windows)
        return np.asarray(equal.shape[-1] - 1 - equal[..., ::-1].argmax(-1) if last else equal.argmax(-1))

    def gather(windows: PooledWindows, _: Array) -> Array:
        cells = place(windows)
        dx = np.zeros(windows.image.shape)
        n, c, _windows = np.indices(cells.shape)
        np.add.at(dx, (n, c, cells), windows.call.arrays["dy"].astype(np.float64).reshape(cells.shape))
        return dx

    return wrong(gather=gather, index=lambda windows, _: place(windows))


def row_and_column_apart(windows: PooledWindows) -> Array:
    """The taps in the first row and in the first column that hold the maximum. Raises ValueError for one axis."""
    size = windows.geometry.size
    if len(size) < 2:
        raise ValueError("one axis")
    best = tied(windows)
    in_rows = best.reshape(*best.shape[:-1], -1, size[-1])
    rows, columns = in_rows.any(axis=-1).argmax(axis=-1), in_rows.any(axis=-2).argmax(axis=-1)
    return np.asarray(rows * size[-1] + columns)


def no_gradient_at_zero(windows: PooledWindows) -> Array:
    """The first maximum, unless it is zero."""
    return np.asarray(first_weights(windows) * (windows.values.max(axis=-1, keepdims=True) != 0))


def short_place(dtype: str) -> Prediction:
    """The gradient of maxima whose places wrap in an integer type."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        numbers = windows.cells.astype(dtype).astype(np.int64)
        cells = np.where(windows.real, np.maximum(numbers, 0) % windows.image.shape[2], windows.cells)
        return added(replace(windows, cells=cells), shares)

    return wrong(gather=gather)


def saturating_place(most: int) -> Prediction:
    """The gradient of maxima where places above `most` become the first place."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        return added(replace(windows, cells=np.where(windows.cells > most, 0, windows.cells)), shares)

    return wrong(gather=gather)


def tap_in(dtype: str) -> Callable[[PooledWindows], Array]:
    """The winning tap stored in an integer type, where it wraps.

    Raises Undetermined if it becomes that of a padded cell, where code may find any cell or none.
    """

    def weights(windows: PooledWindows) -> Array:
        tap = windows.first.astype(dtype).astype(np.int64) % windows.cells.shape[1]
        if not windows.real[np.arange(len(windows.cells)), tap][tap != windows.first].all():
            raise Undetermined("a padded cell")
        return windows.one_hot(tap)

    return weights


def nothing_to_first(windows: PooledWindows, shares: Array) -> Array:
    """The gradient of windows without a value above -inf added to the first cell."""
    nothing = np.asarray(~(windows.values > -np.inf).any(axis=-1))
    if not nothing.any():
        raise ValueError("every window has a larger value")
    dx = added(windows, np.where(nothing[..., np.newaxis], 0, shares))
    dx[..., 0] += np.where(nothing, shares.sum(axis=-1), 0).sum(axis=-1)
    return dx


def tied_in_row(best: Array, width: int) -> Array:
    """How many tied maxima are in the same row as each cell of a window."""
    rows = best.reshape(*best.shape[:-1], best.shape[-1] // width, width)
    return np.broadcast_to(rows.sum(axis=-1, keepdims=True), rows.shape).reshape(best.shape)


def divided_by_edge(row: int) -> Callable[[PooledWindows], Array]:
    """The gradient of each tied maximum divided by how many are in one row of the window."""

    def weights(windows: PooledWindows) -> Array:
        best = tied(windows)
        counts = tied_in_row(best, windows.geometry.size[-1])[..., row : row + 1 or None]
        return np.asarray(best / np.maximum(counts, 1))

    return weights


def divided_by_row(windows: PooledWindows) -> Array:
    """The gradient of each tied maximum divided by how many are in its row."""
    best = tied(windows)
    return np.asarray(best / np.maximum(tied_in_row(best, windows.geometry.size[-1]), 1))


def divided_by_plane(windows: PooledWindows) -> Array:
    """The gradient of each tied maximum divided by the number of cells of the plane equal to it."""
    return np.asarray(tied(windows) / np.maximum(equal_cells(windows).sum(-1), 1)[..., np.newaxis])


MISTAKES = [
    Mistake(
        "gradient-of-nothing-found",
        MAX_GRADIENT,
        "A window in which nothing is larger than -inf passes its gradient to the first cell of the plane.",
        "The gradient of a window goes to a cell of that window, also if no value is larger than the initial one.",
        (wrong(gather=nothing_to_first),),
    ),
    Mistake(
        "every-tie-gets-gradient",
        MAX_GRADIENT,
        "Every tied maximum gets the whole gradient.",
        RIGHT_TIE,
        (wrong(weights=lambda w: tied(w).astype(np.float64)),),
    ),
    Mistake(
        "several-ties-get-gradient",
        MAX_GRADIENT,
        "Several tied maxima get the whole gradient.",
        RIGHT_TIE,
        (
            wrong(weights=if_tied(ends)),
            wrong(weights=first_of_each_row),
            wrong(weights=by_blocks(1024, lambda found: found)),
            wrong(weights=by_blocks(256, lambda found: found)),
        ),
    ),
    Mistake(
        "ties-get-nothing",
        MAX_GRADIENT,
        "A window with tied maxima passes no gradient.",
        RIGHT_TIE,
        (
            wrong(weights=if_tied(lambda best: best & False)),
            wrong(weights=by_blocks(1024, lambda found: found & (found.sum(-1, keepdims=True) == 1))),
        ),
    ),
    Mistake(
        "ties-split-wrongly",
        MAX_GRADIENT,
        "The gradient is divided among tied maxima, but by another number than theirs.",
        "Shares of tied maxima add up to the gradient of the window.",
        (
            wrong(weights=if_tied(lambda best: best / 2)),
            wrong(weights=if_tied(lambda best: best / best.shape[-1])),
            wrong(weights=lambda w: tied(w) / w.cells.shape[1]),
            wrong(weights=if_tied(lambda best: best / best.sum(-1, keepdims=True) ** 2)),
            wrong(weights=if_tied(lambda best: best / (best.sum(-1, keepdims=True) + 1))),
            *each("weights", [divided_by_row, divided_by_plane, divided_by_edge(0), divided_by_edge(-1)]),
        ),
    ),
    Mistake(
        "equal-cells-of-plane-get-gradient",
        MAX_GRADIENT,
        "Cells outside the window that equal its maximum get its gradient.",
        "The gradient of a window goes to a cell of that window.",
        (wrong(gather=equal_in_plane),),
    ),
    Mistake(
        "maximum-sought-in-plane",
        (*MAX_GRADIENT, *INDEX),
        "The place of a maximum is sought by its value in the whole plane, and a cell outside the window may equal it.",
        "The place of a maximum is a cell of its own window.",
        (sought_in_plane(last=False), sought_in_plane(last=True)),
    ),
    Mistake(
        "row-and-column-apart",
        (*MAX_GRADIENT, *INDEX),
        "The row and the column of a maximum are sought apart, and those of two equal cells name a third.",
        "The place of a maximum is that of one cell.",
        (
            wrong(
                weights=lambda w: w.one_hot(row_and_column_apart(w)),
                index=lambda w, _: plane_index(w, row_and_column_apart(w)),
            ),
        ),
    ),
    Mistake(
        "nearly-equal-cells-get-gradient",
        MAX_GRADIENT,
        "Cells close to the maximum get the whole gradient as well.",
        "Only the largest cell is the maximum; a neighbouring number is another number.",
        (wrong(weights=nearly),),
    ),
    Mistake(
        "no-gradient-at-zero",
        MAX_GRADIENT,
        "No gradient passes where the maximum is zero.",
        "The gradient of a maximum does not depend on how large it is.",
        (wrong(weights=no_gradient_at_zero),),
    ),
    Mistake(
        "gradient-spread-over-window",
        MAX_GRADIENT,
        "Every cell of the window gets a gradient, as for the mean.",
        "The gradient of a window goes to its maximum alone.",
        (
            wrong(weights=lambda w: np.broadcast_to(1.0 / np.maximum(w.real.sum(-1), 1)[:, np.newaxis], w.cells.shape)),
            wrong(weights=lambda w: np.ones(w.cells.shape)),
        ),
    ),
    Mistake(
        "gradient-to-minimum",
        MAX_GRADIENT,
        "The gradient goes to the smallest cell of the window.",
        "The gradient of a window goes to its maximum.",
        (wrong(weights=lambda w: w.one_hot(by_keys(lambda v: -v.astype(np.float64))(w))),),
    ),
    Mistake(
        "place-in-narrow-type",
        MAX_GRADIENT,
        "The place of the maximum is kept in an integer type that is too narrow for it.",
        "Places are kept in a type that has every index of a window and of a plane.",
        (
            *each("weights", [tap_in(dtype) for dtype in ("int8", "uint8", "int16", "uint16")]),
            *map(short_place, ("uint8", "int16", "uint16")),
            *map(saturating_place, (255, 32767, 65535)),
        ),
    ),
]
