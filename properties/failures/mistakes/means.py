"""Mistakes about sums and divisors."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis

from .maxima import halved, without_taps
from .mistake import MAXIMA, MEAN, SUM, SUM_GRADIENT, Mistake, wrapped
from .steps import PADDED, RIGHT, PooledWindows, added, axis_table, counted, each, first_maximum, summed, wrong

RIGHT_DIVISOR = "The sum of a window is divided by the number of its cells."
RIGHT_SUM = "Sums are kept in a type at least as precise as the dtype of x."


def of_window(divisor: Callable[[PooledWindows], Any]) -> Callable[[PooledWindows], Array]:
    """The same divisor for every window."""
    return lambda windows: np.full(len(windows.cells), divisor(windows))


def first_side(windows: PooledWindows) -> int:
    """The side of the window along the first axis."""
    return windows.geometry.size[0]


def last_side(windows: PooledWindows) -> int:
    """The side of the window along the last axis."""
    return windows.geometry.size[-1]


def power_of(side: Callable[[PooledWindows], int]) -> Callable[[PooledWindows], int]:
    """The number of cells of a window whose sides are all equal."""
    return lambda windows: side(windows) ** windows.geometry.rank


def plus(epsilon: float) -> Callable[[PooledWindows], Array]:
    """Divisors with a small number added."""
    return lambda windows: counted(windows) + epsilon


def non_zero(windows: PooledWindows) -> Array:
    """The cells of each window that are not zero."""
    return np.asarray(np.maximum((windows.summands != 0).sum(axis=-1), 1))


def in_steps(dtype: str) -> Callable[[PooledWindows], Array]:
    """Sums rounded to a type after each addition. Raises ValueError for images of no wider type."""

    def total(windows: PooledWindows) -> Array:
        if windows.image.dtype.itemsize <= np.dtype(dtype).itemsize:
            raise ValueError("no narrower type")
        found = np.zeros(windows.summands.shape[:-1], dtype)
        for tap in np.moveaxis(windows.summands, -1, 0):
            found = found + tap.astype(dtype)
        return found.astype(np.float64)

    return total


def narrow(dtype: str) -> Callable[[Array], Array]:
    """Results or images rounded to a type. Raises ValueError for those of no wider type."""

    def rounded(array: Array) -> Array:
        if array.dtype.itemsize <= np.dtype(dtype).itemsize:
            raise ValueError("no narrower type")
        return array.astype(dtype)

    return rounded


def saturated(windows: PooledWindows) -> Array:
    """Sums no larger than the largest float32."""
    most = float(np.finfo(np.float32).max)
    return np.clip(summed(windows), -most, most)


def counted_in(dtype: str) -> Callable[[PooledWindows], Array]:
    """Divisors counted one by one in a float type: beyond some number, adding one changes nothing."""
    most = 2 ** (np.finfo(dtype).nmant + 1)
    return lambda windows: np.minimum(counted(windows), most)


def wrapped_in(dtype: str) -> Callable[[PooledWindows], Array]:
    """Divisors in an integer type, where they wrap."""
    return lambda windows: wrapped(counted(windows), dtype)


def twice_where_halves_meet(windows: PooledWindows) -> Array:
    """How often each tap is added by doubling: twice where the last two runs of each axis meet.

    Raises ValueError if all sides are powers of two.
    """
    times = np.ones(())
    for size in windows.geometry.size:
        run = 1 << (size.bit_length() - 1)
        taps = np.arange(size)
        times = np.multiply.outer(times, 1 + ((taps < run) & (taps >= size - run) & (run < size)))
    if (times == 1).all():
        raise ValueError("no runs meet")
    return times.ravel()


def up_to(most: int) -> Callable[[PooledWindows], Array]:
    """Sums of the first `most` cells. Raises ValueError for windows that have no others."""

    def total(windows: PooledWindows) -> Array:
        if windows.summands.shape[-1] <= most:
            raise ValueError("a small window")
        return np.asarray(windows.summands[..., :most].sum(axis=-1))

    return total


def without_partial_block(block: int) -> Callable[[PooledWindows], Array]:
    """Sums of whole blocks of a window's cells. Raises ValueError if no window has a rest after them."""

    def total(windows: PooledWindows) -> Array:
        number = windows.real.cumsum(axis=-1)
        count = number[:, -1:]
        if ((count <= block) | (count % block == 0)).all():
            raise ValueError("whole blocks")
        whole = windows.real & ((number <= count // block * block) | (count <= block))
        return np.asarray(np.where(whole, windows.summands, 0).sum(axis=-1))

    return total


def without_axis(left_out: int) -> Callable[[PooledWindows], Array]:
    """Divisors that leave out one axis of a window of three. Raises ValueError for fewer axes."""

    def divisor(windows: PooledWindows) -> Array:
        axes = windows.geometry.axes(windows.call.arrays["x"].shape[2:])
        if len(axes) < 3:
            raise ValueError("one or two axes")
        least = PADDED if windows.geometry.count_include_pad else 0
        counts = [(axis_table(axis) >= least).sum(axis=-1) for axis in axes]
        counts[left_out] = np.ones_like(counts[left_out])
        return np.asarray(np.maximum(reduce(np.multiply.outer, counts).reshape(-1), 1))

    return divisor


def without_corner(windows: PooledWindows) -> Array:
    """Sums from a summed-area table of two axes in which the corner subtracted twice is not added back."""
    axes = windows.geometry.axes(windows.call.arrays["x"].shape[2:])
    if len(axes) != 2 or any(axis.dilation > 1 for axis in axes):
        raise ValueError("no such table")
    image = windows.image.astype(np.float64).reshape(windows.call.arrays["x"].shape)
    area = np.pad(image, ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
    (top, bottom), (left, right) = map(ends_inside, axes)
    found = area[:, :, bottom][..., right] - area[:, :, top][..., right] - area[:, :, bottom][..., left]
    return np.asarray(found.reshape(*image.shape[:2], -1))


def halved_sum(windows: PooledWindows) -> Array:
    """Sums of the cells that take part if they are added in halves, with an odd number rounded down."""
    return np.asarray(np.where(halved(windows), windows.summands, 0).sum(axis=-1))


def ends_inside(axis: Axis) -> tuple[Array, Array]:
    """Where the windows along an axis begin and end inside the image."""
    starts = np.arange(axis.count()) * axis.stride - axis.begin
    return np.clip(starts, 0, axis.length), np.clip(starts + axis.size, 0, axis.length)


def by_differences(windows: PooledWindows) -> Array:
    """Sums as differences of running sums, along one axis after another. Raises ValueError for dilation."""
    x = windows.call.arrays["x"]
    axes = windows.geometry.axes(x.shape[2:])
    if any(axis.dilation > 1 for axis in axes):
        raise ValueError("no running sums")
    found = x.astype(np.float64)
    for at, axis in enumerate(axes, 2):
        none = np.zeros_like(np.take(found, [0], at))
        running = np.concatenate([none, found.cumsum(at)], at)
        first, past = ends_inside(axis)
        found = np.take(running, past, at) - np.take(running, first, at)
    return found.reshape(*x.shape[:2], -1)


MISTAKES = [
    Mistake(
        "mean-is-maximum",
        SUM,
        "The result is the maximum of the window.",
        "Mean pooling gives the sum of each window divided by the number of its cells.",
        (wrong(total=lambda w: first_maximum(w).astype(np.float64) * counted(w)),),
    ),
    Mistake(
        "mean-not-divided",
        MEAN,
        "The sum is not divided by the number of cells.",
        RIGHT_DIVISOR,
        (wrong(divisor=of_window(lambda _: 1)),),
    ),
    Mistake(
        "divisor-skips-zeros",
        MEAN,
        "The divisor is the number of cells that are not zero.",
        RIGHT_DIVISOR,
        (wrong(divisor=non_zero),),
    ),
    Mistake(
        "divisor-is-stride",
        MEAN,
        "The divisor is the product of the strides.",
        RIGHT_DIVISOR,
        (wrong(divisor=of_window(lambda w: prod(w.geometry.stride))),),
    ),
    Mistake(
        "divisor-off-by-one",
        MEAN,
        "The divisor is one too large or too small.",
        RIGHT_DIVISOR,
        (
            wrong(divisor=lambda w: np.maximum(counted(w) - 1, 1)),
            wrong(divisor=lambda w: counted(w) + 1),
        ),
    ),
    Mistake(
        "divisor-of-one-axis",
        MEAN,
        "The divisor is worked out from one side of the window.",
        RIGHT_DIVISOR,
        tuple(
            wrong(divisor=of_window(side))
            for side in (first_side, last_side, power_of(first_side), power_of(last_side))
        ),
    ),
    Mistake(
        "divisor-leaves-out-axis",
        MEAN,
        "The divisor of a window of three axes leaves out one of them.",
        RIGHT_DIVISOR,
        each("divisor", [without_axis(left_out) for left_out in range(3)]),
    ),
    Mistake(
        "divisor-is-image",
        MEAN,
        "The divisor is the number of cells, or of windows, of the whole plane.",
        RIGHT_DIVISOR,
        (
            wrong(divisor=of_window(lambda w: w.image.shape[2])),
            wrong(divisor=of_window(lambda w: len(w.cells))),
        ),
    ),
    Mistake(
        "divisor-with-epsilon",
        MEAN,
        "A small number is added to the divisor.",
        "A window has at least one cell, so that no divisor can be zero.",
        tuple(wrong(divisor=plus(epsilon)) for epsilon in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)),
    ),
    Mistake(
        "divisor-in-narrow-type",
        MEAN,
        "The cells of a window are counted in a type that is too narrow for large windows.",
        "The number of cells is counted in an integer type as wide as an index.",
        (
            *each("divisor", [counted_in(dtype) for dtype in ("float16", "float32")]),
            wrong(divisor=lambda w: np.minimum(counted(w), 256)),
            *each("divisor", [wrapped_in(dtype) for dtype in ("int8", "uint8", "int16", "uint16")]),
        ),
    ),
    Mistake(
        "sum-cut-off",
        SUM,
        "Not all cells of a large window are added up.",
        "The mean is taken over all cells of the window.",
        each(
            "total",
            [
                *(up_to(most) for most in (255, 256, 512, 1024)),
                *(without_partial_block(block) for block in (2, 4, 8, 16, 32)),
            ],
        ),
    ),
    Mistake(
        "sums-are-differences",
        SUM,
        "The sum of a window is a difference of running sums, which a large or infinite cell before the window spoils.",
        "A sum is made of the cells of its window alone.",
        (wrong(total=by_differences),),
        of_nan=True,
    ),
    Mistake(
        "doubled-runs-overlap",
        MEAN,
        "Sums of runs are made by doubling, and cells where the last two runs overlap count twice.",
        "The sum of a window contains each of its cells once; only a maximum may be taken of runs that overlap.",
        (
            wrong(
                total=lambda w: (w.summands * twice_where_halves_meet(w)).sum(axis=-1),
                gather=lambda w, shares: added(w, shares * twice_where_halves_meet(w)),
            ),
        ),
    ),
    Mistake(
        "odd-cells-left-out",
        (*MAXIMA, *SUM),
        "Cells are combined in halves, and where their number is odd one is left out.",
        "Every cell of the window takes part, whatever their number.",
        (wrong(**without_taps(halved), total=halved_sum),),
    ),
    Mistake(
        "summed-area-corner-lost",
        SUM,
        "Sums come from a summed-area table, and the corner that is taken off twice is not added back.",
        "The sum of a window is S[bottom, right] - S[top, right] - S[bottom, left] + S[top, left].",
        (wrong(total=without_corner),),
    ),
    Mistake(
        "sum-in-narrower-type",
        SUM,
        "Means are computed in a narrower type than that of x.",
        RIGHT_SUM,
        (
            *each("total", [in_steps("float32"), in_steps("float16")]),
            *each("image", [narrow("float32"), narrow("float16")]),
            *each("finish", [narrow("float32"), narrow("float16")]),
        ),
    ),
    Mistake(
        "sum-saturates",
        SUM,
        "Sums saturate at the largest float32.",
        RIGHT_SUM,
        (
            wrong(total=saturated),
            wrong(finish=lambda y: np.clip(y, -float(np.finfo(np.float32).max), float(np.finfo(np.float32).max))),
        ),
    ),
    Mistake(
        "mean-of-absolute-values",
        SUM,
        "Absolute values are averaged.",
        "Cells are added up with their signs.",
        (wrong(total=lambda w: np.abs(w.summands).sum(-1)),),
    ),
    Mistake(
        "mean-rounded",
        MEAN,
        "The division is one of integers.",
        "Means of floating-point numbers are fractions.",
        (wrong(finish=np.trunc), wrong(finish=np.floor), wrong(finish=np.rint)),
    ),
    Mistake(
        "gradient-to-maximum",
        SUM_GRADIENT,
        "The gradient goes to the maximum of the window, as for max pooling.",
        "The gradient of a mean goes to every cell of the window, divided by their number.",
        (wrong(gather=lambda w, _: routed(w)),),
    ),
]


def routed(windows: PooledWindows) -> Array:
    """The gradient of the maxima."""
    return RIGHT.max_backward(windows)
