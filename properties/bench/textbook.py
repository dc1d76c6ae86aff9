"""Pooling as textbooks write it: obvious loops under numba, and a float64 column matrix whose rows are the windows.

Results are float64, and gradients of windows that share a cell add up. Size and stride are (FH, FW) and (SH, SW).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from poolproof.kernels.dtypes import Array, Ints

# Method 1: loops. Forward takes np.max of each window, backward searches the window again.


@numba.njit
def output_length(length: Any, f: Any, s: Any) -> Any:
    """The number of windows along an axis."""
    return (length - f) // s + 1


@numba.njit
def max_forward(x: Any, size: Any, stride: Any) -> Any:
    """y (N, C, OH, OW)."""
    lines, columns = output_length(x.shape[2], size[0], stride[0]), output_length(x.shape[3], size[1], stride[1])
    y = np.zeros((x.shape[0], x.shape[1], lines, columns))
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    top, left = i * stride[0], j * stride[1]
                    y[n, c, i, j] = np.max(x[n, c, top : top + size[0], left : left + size[1]])
    return y


@numba.njit
def max_backward(dy: Any, x: Any, size: Any, stride: Any) -> Any:
    """dx (N, C, H, W)."""
    dx = np.zeros(x.shape)
    for n in range(dy.shape[0]):
        for c in range(dy.shape[1]):
            for i in range(dy.shape[2]):
                for j in range(dy.shape[3]):
                    top, left = i * stride[0], j * stride[1]
                    row, column = top, left
                    for h in range(top, top + size[0]):
                        for w in range(left, left + size[1]):
                            if x[n, c, h, w] > x[n, c, row, column]:
                                row, column = h, w
                    dx[n, c, row, column] += dy[n, c, i, j]
    return dx


@numba.njit
def mean_forward(x: Any, size: Any, stride: Any) -> Any:
    """y (N, C, OH, OW)."""
    lines, columns = output_length(x.shape[2], size[0], stride[0]), output_length(x.shape[3], size[1], stride[1])
    y = np.zeros((x.shape[0], x.shape[1], lines, columns))
    for n in range(y.shape[0]):
        for c in range(y.shape[1]):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    top, left = i * stride[0], j * stride[1]
                    y[n, c, i, j] = np.mean(x[n, c, top : top + size[0], left : left + size[1]])
    return y


@numba.njit
def mean_backward(dy: Any, x: Any, size: Any, stride: Any) -> Any:
    """dx (N, C, H, W)."""
    dx = np.zeros(x.shape)
    for n in range(dy.shape[0]):
        for c in range(dy.shape[1]):
            for i in range(dy.shape[2]):
                for j in range(dy.shape[3]):
                    top, left = i * stride[0], j * stride[1]
                    for h in range(top, top + size[0]):
                        for w in range(left, left + size[1]):
                            dx[n, c, h, w] += dy[n, c, i, j] / (size[0] * size[1])
    return dx


# Method 2: img2col, one reduction over the rows of a matrix, and col2img.


def img2col(x: Array, size: Ints, stride: Ints) -> Array:
    """The column matrix (N*C*OH*OW, FH*FW), with a row for each window."""
    rows, columns = ((x.shape[2 + axis] - size[axis]) // stride[axis] + 1 for axis in (0, 1))
    matrix = np.zeros((*x.shape[:2], rows, columns, *size))
    for h, w, cells in taps((rows, columns), size, stride):
        matrix[..., h, w] = x[cells]
    return matrix.reshape(-1, size[0] * size[1])


def col2img(matrix: Array, dy: Array, shape: Ints, size: Ints, stride: Ints) -> Array:
    """dx: every row of the matrix added to the cells of its window."""
    dx, windows = np.zeros(shape), matrix.reshape(*dy.shape, *size)
    for h, w, cells in taps(dy.shape[2:], size, stride):
        dx[cells] += windows[..., h, w]
    return dx


def taps(output: Ints, size: Ints, stride: Ints) -> Iterator[tuple[int, int, Any]]:
    """Each tap (h, w) of a window, and the index of the cells that all windows have at that tap."""
    for h in range(size[0]):
        for w in range(size[1]):
            rows, columns = (
                slice(h, h + stride[0] * output[0], stride[0]),
                slice(w, w + stride[1] * output[1], stride[1]),
            )
            yield h, w, (..., rows, columns)


def max_forward_columns(x: Array, size: Ints, stride: Ints, output: Ints) -> tuple[Array, Array]:
    """y, and the tap of each window's maximum."""
    matrix = img2col(x, size, stride)
    return matrix.max(axis=1).reshape(output), matrix.argmax(axis=1)


def max_backward_columns(dy: Array, place: Array, shape: Ints, size: Ints, stride: Ints) -> Array:
    """dx from the taps that the forward pass found."""
    matrix = np.zeros((dy.size, size[0] * size[1]))
    matrix[np.arange(dy.size), place] = dy.reshape(-1)
    return col2img(matrix, dy, shape, size, stride)


def mean_forward_columns(x: Array, size: Ints, stride: Ints, output: Ints) -> tuple[Array, None]:
    """y, and None: backward needs nothing."""
    return img2col(x, size, stride).mean(axis=1).reshape(output), None


def mean_backward_columns(dy: Array, _: None, shape: Ints, size: Ints, stride: Ints) -> Array:
    """dx: each window's share at all its taps."""
    taps_of_window = size[0] * size[1]
    matrix = np.repeat(dy.reshape(-1, 1) / taps_of_window, taps_of_window, axis=1)
    return col2img(matrix, dy, shape, size, stride)
