"""Mistakes about how much of a gradient is passed on: its sign, factors, clipping and narrower types."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ...targets.call import Call
from .mistake import BACKWARD, MAX_GRADIENT, SUM_GRADIENT, Mistake, Scope
from .steps import (
    RIGHT,
    Gather,
    PooledWindows,
    added,
    counted,
    each,
    first_maximum,
    first_weights,
    planes,
    same,
    summed,
    wrong,
)

RIGHT_PASSED = "Every gradient is passed on as it is."


def turned(windows: PooledWindows) -> Array:
    """The weights of windows turned by half."""
    return first_weights(windows)[..., ::-1]


def backwards(dy: Array) -> Array:
    """dy from its last window to the first."""
    return np.flip(dy, tuple(range(2, dy.ndim)))


def clipped(most: float) -> Callable[[Array], Array]:
    """Gradients no larger than this."""
    return lambda dy: np.clip(dy.astype(np.float64), -most, most)


def of_narrow(dtype: str) -> Callable[[Array], Array]:
    """An array rounded to a narrower type. Raises ValueError for one of no wider type."""

    def rounded(array: Array) -> Array:
        if array.dtype.itemsize <= np.dtype(dtype).itemsize:
            raise ValueError("no narrower type")
        with np.errstate(all="ignore"):
            return array.astype(dtype)

    return rounded


def shares_in(dtype: str) -> Gather:
    """Shares rounded to a narrower type, and added in a wide one."""
    return lambda windows, shares: added(windows, narrowed(windows, shares, dtype))


def narrowed(windows: PooledWindows, shares: Array, dtype: str) -> Array:
    """Shares rounded to a type. Raises ValueError for images of no wider type."""
    if windows.image.dtype.itemsize <= np.dtype(dtype).itemsize:
        raise ValueError("no narrower type")
    return shares.astype(dtype).astype(np.float64)


def added_in(dtype: str, order: Callable[[Array], Array]) -> Gather:
    """Shares added one by one in a narrower type, taken in some order of (windows, taps)."""

    def gather(windows: PooledWindows, shares: Array) -> Array:
        shares = planes(windows, narrowed(windows, shares, dtype))
        sums = np.zeros((len(shares), windows.image.shape[2]), dtype)
        real = order(windows.real)
        for plane, share in zip(sums, shares, strict=True):
            np.add.at(plane, order(windows.cells)[real], order(share)[real].astype(dtype))
        return sums.astype(np.float64)

    return gather


def flushed(array: Array) -> Array:
    """Zeros for what is below the smallest normal float32."""
    return np.where(np.abs(array) < float(np.finfo(np.float32).tiny), 0, array)


def saturated(array: Array) -> Array:
    """Nothing above the largest float32."""
    most = float(np.finfo(np.float32).max)
    return np.clip(array, -most, most)


def twice_at_the_end(block: int) -> Gather:
    """Gradients of which those of a last block that is moved back to fit are added twice where it meets the one before.

    Raises ValueError for rows of whole blocks, and for those shorter than one.
    """

    def gather(windows: PooledWindows, shares: Array) -> Array:
        width = windows.output[-1]
        if width < block or width % block == 0:
            raise ValueError("no block is moved")
        column = np.arange(len(windows.cells)) % width
        again = (column >= width - block) & (column < width - width % block)
        return added(windows, np.where(again[:, np.newaxis], 2 * shares, shares))

    return gather


def over_batch(call: Call) -> Array:
    """The gradient divided by the number of samples."""
    return RIGHT.answer(call) / max(len(call.arrays["x"]), 1)


def cut_off(call: Call) -> Array:
    """The gradient as far as windows reach."""
    right = RIGHT.answer(call)
    axes = RIGHT.windows(call).geometry.axes(right.shape[2:])
    reach: Any = (slice(0, max(axis.start(axis.count() - 1) + axis.extent, 1)) for axis in axes)
    return right[(..., *reach)]


def gaps_keep(call: Call) -> Array:
    """x where no window lies."""
    windows = RIGHT.windows(call)
    met = np.zeros(windows.image.shape[2], bool)
    met[windows.cells[windows.real]] = True
    return np.where(met.reshape(call.arrays["x"].shape[2:]), RIGHT.answer(call), call.arrays["x"])


def times_x(call: Call) -> Array:
    """NaN where x is not finite."""
    x = call.arrays["x"]
    if np.isfinite(x).all():
        raise ValueError("finite")
    return np.where(np.isfinite(x), RIGHT.answer(call), np.nan)


def multiplied(factor: Callable[[PooledWindows], Array]) -> Gather:
    """Shares multiplied by a factor of each window, or of each of its taps."""
    return lambda windows, shares: added(windows, shares * factor(windows))


def times_image(call: Call) -> Array:
    """The gradient multiplied by x."""
    return RIGHT.answer(call) * call.arrays["x"]


def cells_of_window(windows: PooledWindows) -> Array:
    """The divisor of the mean of each window."""
    return counted(windows)[:, np.newaxis].astype(np.float64)


FACTORS: list[Callable[[PooledWindows], Any]] = [
    cells_of_window,
    lambda windows: 1 / cells_of_window(windows),
    lambda windows: prod(windows.geometry.stride),
    lambda windows: 1 / prod(windows.geometry.stride),
    lambda windows: windows.call.arrays["x"].shape[1],
    lambda windows: 1 / windows.call.arrays["x"].shape[1],
    lambda windows: len(windows.cells),
    lambda windows: 1 / len(windows.cells),
]
"""Numbers by which gradients of maxima are multiplied by mistake."""


MISTAKES = [
    Mistake(
        "gradient-turned",
        BACKWARD,
        "The gradient is turned by half, as that of a convolution: it goes to the cell opposite the right one.",
        "Pooling has no weights to turn: the gradient of a window goes to its own cells, as they lie.",
        (
            wrong(weights=turned),
            wrong(gradient=backwards),
            wrong(gather=lambda w, shares: added(w, shares).reshape(w.image.shape)[..., ::-1]),
        ),
    ),
    Mistake(
        "negative-gradients-dropped",
        BACKWARD,
        "Negative gradients are dropped.",
        RIGHT_PASSED,
        (wrong(gradient=lambda dy: np.maximum(dy, 0)), wrong(finish=lambda dx: np.maximum(dx, 0))),
    ),
    Mistake(
        "gradient-sign-lost",
        BACKWARD,
        "Gradients lose their sign.",
        RIGHT_PASSED,
        (wrong(gradient=np.abs), wrong(finish=np.abs), wrong(gradient=np.negative)),
    ),
    Mistake(
        "gradients-clipped",
        BACKWARD,
        "Gradients are clipped.",
        RIGHT_PASSED,
        (
            *each("gradient", [clipped(most) for most in (1, 5, 10, 100, 1000)]),
            *each("finish", [clipped(most) for most in (1, 5, 10, 100, 1000)]),
        ),
    ),
    Mistake(
        "gradient-times-input",
        BACKWARD,
        "The gradient is multiplied by the values of x, or of the result.",
        "A gradient does not depend on how large the values are.",
        (
            times_image,
            wrong(gather=multiplied(lambda w: w.summands)),
            wrong(gather=multiplied(lambda w: first_maximum(w)[..., np.newaxis].astype(np.float64))),
            wrong(gather=multiplied(lambda w: (summed(w) / counted(w))[..., np.newaxis])),
            wrong(gather=multiplied(lambda w: summed(w)[..., np.newaxis])),
        ),
    ),
    Mistake(
        "gradient-scaled",
        MAX_GRADIENT,
        "The gradient is multiplied or divided by a number, such as that of the cells of the window.",
        "The maximum of a window gets the whole gradient of that window, no more and no less.",
        each("gather", [multiplied(factor) for factor in FACTORS]),
    ),
    Mistake(
        "last-block-overlaps",
        BACKWARD,
        "Windows are taken in blocks, the last is moved back to fit, and where blocks overlap gradients count twice.",
        "Every window passes its gradient once.",
        each("gather", [twice_at_the_end(block) for block in (2, 4, 8, 16, 32, 64)]),
    ),
    Mistake(
        "dy-ignored",
        BACKWARD,
        "dy is ignored: every window passes a gradient of one.",
        "The gradient that a window passes is its own dy.",
        (wrong(gradient=np.ones_like),),
        scope=Scope.ALWAYS,
    ),
    Mistake(
        "gradient-divided-by-batch",
        BACKWARD,
        "The gradient is divided by the number of samples.",
        "The gradient of one sample does not depend on how many there are.",
        (over_batch,),
    ),
    Mistake(
        "gradient-in-narrower-type",
        BACKWARD,
        "Gradients are computed in a narrower type than that of dy.",
        "Gradients are added up in a type at least as precise as that of dy.",
        (
            *each("gradient", [of_narrow("float32"), of_narrow("float16")]),
            *each("gather", [shares_in("float32"), shares_in("float16")]),
            *each("gather", [added_in(to, order) for to in ("float32", "float16") for order in (same, np.transpose)]),
            *each("finish", [of_narrow("float32"), of_narrow("float16")]),
        ),
    ),
    Mistake(
        "gradient-saturates",
        BACKWARD,
        "Gradients saturate at the largest float32.",
        RIGHT_PASSED,
        each("finish", [saturated]),
    ),
    Mistake(
        "gradient-flushed",
        BACKWARD,
        "Gradients below the smallest normal float32 become zero.",
        RIGHT_PASSED,
        each("finish", [flushed]),
    ),
    Mistake(
        "gradient-cut-off",
        BACKWARD,
        "dx ends where the last window does.",
        "dx has the shape of x; cells that no window covers have a gradient of zero.",
        (cut_off,),
    ),
    Mistake(
        "gaps-keep-values",
        BACKWARD,
        "Cells that no window covers keep their values of x in dx.",
        "Cells that no window covers have a gradient of zero.",
        (gaps_keep,),
    ),
    Mistake(
        "gradient-depends-on-values",
        SUM_GRADIENT,
        "The gradient of a mean is computed from x, and lost where x is not finite.",
        "The gradient of a mean does not depend on x.",
        (times_x,),
        of_nan=True,
    ),
    Mistake(
        "nothing-passed-back",
        BACKWARD,
        "No gradient is passed back at all.",
        "The gradient of every window reaches its cells.",
        (wrong(gather=lambda w, _: np.zeros(w.image.shape)),),
        scope=Scope.ALWAYS,
    ),
]
