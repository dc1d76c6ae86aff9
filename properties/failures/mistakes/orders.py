"""Mistakes about where cells lie in memory: rows of the wrong length, and columns mistaken for rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ...targets.call import Call
from .mistake import ANY, BACKWARD, FORWARD, INDEX, MAX_GRADIENT, Mistake, Prediction
from .places import at_cells, placed_by
from .steps import RIGHT, PooledWindows, axis_table, crossed

RIGHT_PITCH = "Cell (i, j) of a plane lies at i * width + j."

Length = Callable[[Call], int]
"""A length that a mistake uses as that of a row."""

Change = Callable[[Array, int], Array]


def height_of(name: str) -> Length:
    """The height of an array."""
    return lambda call: int(call.arrays[name].shape[-2])


def width_of(name: str) -> Length:
    """The width of an array."""
    return lambda call: int(call.arrays[name].shape[-1])


def output_height(call: Call) -> int:
    """The height of the result of a forward call."""
    return RIGHT.windows(call).output[-2]


def output_width(call: Call) -> int:
    """The width of the result of a forward call."""
    return RIGHT.windows(call).output[-1]


def places(shape: Ints, length: int) -> Array:
    """Where each cell lies in the whole array if rows have another length, possibly past its end."""
    if len(shape) < 4:
        raise ValueError("one row alone")
    height, width = shape[-2:]
    return planes_before(shape) + np.arange(height)[:, np.newaxis] * length + np.arange(width)


def planes_before(shape: Ints) -> Array:
    """How many cells lie before each plane."""
    return np.arange(prod(shape[:-2])).reshape(*shape[:-2], 1, 1) * prod(shape[-2:])


def read(mode: Any) -> Change:
    """The array as it is read. Reading past its end is an error, wraps around, or gives the last cell."""
    return lambda array, length: np.asarray(np.take(array.reshape(-1), places(array.shape, length), mode=mode))


def read_in_plane(mode: Any) -> Change:
    """The array as it is read plane by plane. Reading past the end of a plane wraps around or gives its last cell."""

    def change(array: Array, length: int) -> Array:
        first, cells = planes_before(array.shape), prod(array.shape[-2:])
        inside = places(array.shape, length) - first
        inside = inside % cells if mode == "wrap" else np.minimum(inside, cells - 1)
        return np.asarray(array.reshape(-1)[first + inside])

    return change


READ: list[Change] = [*map(read, ("raise", "wrap", "clip")), *map(read_in_plane, ("wrap", "clip"))]
"""Ways to read rows of another length."""


def written(array: Array, length: int) -> Array:
    """The array as it is written, up to its end; if cells collide, the last one stays."""
    where, flat = places(array.shape, length), np.zeros(array.size, array.dtype)
    inside = where < array.size
    flat[where[inside]] = array[inside]
    return flat.reshape(array.shape)


def accumulated(array: Array, length: int) -> Array:
    """The array as it is accumulated, up to its end; cells that collide are added."""
    where, flat = places(array.shape, length), np.zeros(array.size, array.dtype)
    inside = where < array.size
    np.add.at(flat, where[inside], array[inside])
    return flat.reshape(array.shape)


def given(name: str, change: Change, length: Length) -> Prediction:
    """Answers to calls in which one array is read in another order. Raises ValueError for calls without it."""

    def answer(call: Call) -> Array:
        if name not in call.arrays:
            raise ValueError("no such array")
        return RIGHT.answer(replace(call, arrays={**call.arrays, name: change(call.arrays[name], length(call))}))

    return answer


def result(change: Change, length: Length, pooled: Prediction = RIGHT) -> Prediction:
    """Answers that are written in another order."""
    return lambda call: change(pooled(call), length(call))


def by_reciprocal(kind: Any) -> Prediction:
    """Answers whose windows are numbered in a plane, and their rows found by the reciprocal of the width in a type.

    Raises ValueError where that is exact.
    """

    def answer(call: Call) -> Array:
        right = RIGHT.answer(call)
        width = right.shape[-1]
        number = np.arange(prod(right.shape[2:]))
        row = (number.astype(kind) * (kind(1) / kind(width))).astype(np.int64)
        if (row == number // width).all():
            raise ValueError("exact")
        planes = right.reshape(*right.shape[:2], -1, width)
        return planes[..., np.minimum(row, planes.shape[2] - 1), number % width].reshape(right.shape)

    return answer


def transposed_shape(array: Array) -> Ints:
    """The shape with height and width exchanged. Raises ValueError for a single row."""
    if array.ndim < 4:
        raise ValueError("one row alone")
    return (*array.shape[:-2], array.shape[-1], array.shape[-2])


def columns_as_rows(array: Array, _: int) -> Array:
    """The cells in the order of columns, in rows of the same length."""
    transposed_shape(array)
    return np.ascontiguousarray(array.swapaxes(-1, -2)).reshape(array.shape)


def rows_as_columns(array: Array, _: int) -> Array:
    """The cells in the order of rows, in columns of the same length."""
    return np.ascontiguousarray(array).reshape(transposed_shape(array)).swapaxes(-1, -2)


def exchanged(array: Array, _: int) -> Array:
    """The array with height and width exchanged, including its shape."""
    transposed_shape(array)
    return array.swapaxes(-1, -2)


def no_length(_: Call) -> int:
    """No length, for changes that need none."""
    return 0


def split(rows_and_columns: Callable[[Array, Ints], tuple[Array, Array]]) -> Callable[[PooledWindows], Array]:
    """The cells of windows of two axes whose taps are split into rows and columns in another way."""

    def cells(windows: PooledWindows) -> Array:
        size = windows.geometry.size
        if len(size) != 2:
            raise ValueError("not two axes")
        spatial = windows.call.arrays["x"].shape[2:]
        taps = rows_and_columns(np.arange(prod(size)), size)
        axes = windows.geometry.axes(spatial)
        longer = [replace(axis, size=int(tap.max()) + 1) for axis, tap in zip(axes, taps, strict=True)]
        tables = [axis_table(axis, right.count()) for axis, right in zip(longer, axes, strict=True)]
        return crossed(tables, spatial)[:, taps[0] * longer[1].size + taps[1]]

    return cells


def by_height(taps: Array, size: Ints) -> tuple[Array, Array]:
    """Rows and columns computed with the height of the window."""
    return np.divmod(taps, size[0])


def in_columns(taps: Array, size: Ints) -> tuple[Array, Array]:
    """Rows and columns of taps that count down the columns."""
    column, row = np.divmod(taps, size[0])
    return row, column


def the_other_way_round(taps: Array, size: Ints) -> tuple[Array, Array]:
    """Rows and columns exchanged."""
    row, column = np.divmod(taps, size[1])
    return column, row


MISTAKES = [
    Mistake(
        "row-by-reciprocal",
        FORWARD,
        "The row of a window is its number times a rounded reciprocal of the width, which falls short of some rows.",
        "The row of a window is its number divided by the width, as integers.",
        (by_reciprocal(np.float32), by_reciprocal(np.float64)),
    ),
    Mistake(
        "rows-of-wrong-length",
        ANY,
        "Places in memory are computed with the wrong row length, such as the height.",
        RIGHT_PITCH,
        (
            *(given("x", change, length) for length in (height_of("x"), output_width) for change in READ),
            *(given("dy", change, length) for length in (height_of("dy"), width_of("x")) for change in READ),
        ),
    ),
    Mistake(
        "results-in-rows-of-wrong-length",
        (*FORWARD, *INDEX, *BACKWARD),
        "Results are written to places computed with the wrong row length, such as the height.",
        RIGHT_PITCH,
        (
            *(result(written, length) for length in (output_height, output_width, height_of("x"), width_of("x"))),
            *(result(accumulated, length) for length in (height_of("x"), output_width)),
            *(
                result(accumulated, length, given("x", read("raise"), length))
                for length in (height_of("x"), output_width)
            ),
        ),
    ),
    Mistake(
        "rows-and-columns-confused",
        ANY,
        "An array is read column by column, or its rows are taken for columns.",
        "Arrays are read in row-major order: cell (i, j) of a plane is x[..., i, j].",
        tuple(given(name, change, no_length) for name in ("x", "dy") for change in (columns_as_rows, rows_as_columns)),
    ),
    Mistake(
        "results-transposed",
        (*FORWARD, *INDEX, *BACKWARD),
        "The results are written column by column, or with rows and columns exchanged.",
        "Results lie in row-major order: window (i, j) gives y[..., i, j], and cell (i, j) has its gradient in "
        "dx[..., i, j].",
        tuple(result(change, no_length) for change in (columns_as_rows, rows_as_columns, exchanged)),
    ),
    Mistake(
        "window-split-wrongly",
        (*INDEX, *MAX_GRADIENT),
        "The place of the maximum in its window is split into row and column in the wrong way.",
        "Cell k of a window lies in row k // width and column k % width of it, where width is that of the window.",
        tuple(at_cells(split(way)) for way in (by_height, in_columns, the_other_way_round)),
    ),
    Mistake(
        "place-by-other-stride",
        (*INDEX, *MAX_GRADIENT),
        "The place of a maximum is computed with another stride than that of its window, such as the size or one.",
        "The maximum under tap k of window i lies at i * stride + k * dilation - begin padding along an axis.",
        (
            placed_by(lambda axis: replace(axis, stride=axis.size)),
            placed_by(lambda axis: replace(axis, stride=1)),
        ),
    ),
]
