"""Mistakes of refusing valid calls: which calls are refused."""

from __future__ import annotations

from math import prod

import numpy as np
from poolproof.kernels.dtypes import is_float

from ...targets.call import Call, axes_of
from .mistake import ANY, Mistake, Refusal

RIGHT = "The contract allows this; a kernel that does not support it should declare so."


def larger_than(most: int) -> Refusal:
    """Windows of more than `most` cells."""
    return lambda call: prod(call.size) > most


def longer_than(most: int) -> Refusal:
    """Windows longer than `most` cells along an axis."""
    return lambda call: max(call.size) > most


def full_along(axes: slice, least: int) -> Refusal:
    """A window as long as the image along one of these axes, if the image has at least `least` cells there."""
    return lambda call: any(a.extent >= a.length >= least for a in axes_of(call)[axes])


def full_size(call: Call) -> bool:
    """A window as large as the image."""
    return all(axis.extent >= axis.length for axis in axes_of(call))


def beyond_image(call: Call) -> bool:
    """A stride larger than the image along an axis."""
    return any(stride > length for stride, length in zip(call.stride, call.arrays["x"].shape[2:], strict=True))


def beyond_window(call: Call) -> bool:
    """A stride larger than the window along an axis."""
    return any(stride > size for stride, size in zip(call.stride, call.size, strict=True))


def of_integers(call: Call) -> bool:
    """Dtypes other than floating-point ones."""
    return not is_float(call.arrays["x"].dtype)


def of_large_planes(reserve: int) -> Refusal:
    """Integer planes with more cells than their own type can count, minus some numbers held in reserve."""

    def refuses(call: Call) -> bool:
        x = call.arrays["x"]
        return x.dtype.kind in "iu" and prod(x.shape[2:]) + reserve > int(np.iinfo(x.dtype).max)

    return refuses


def single_spatial(call: Call) -> bool:
    """An axis of length one."""
    return 1 in call.arrays["x"].shape[2:]


def single(call: Call) -> bool:
    """An axis of length one, including samples and channels, if there are others."""
    shape = call.arrays["x"].shape
    return 1 in shape and len(shape) - shape.count(1) > 2


def empty(call: Call) -> bool:
    """No sample."""
    return len(call.arrays["x"]) == 0


def named(name: str, wrong: str, *refuses: Refusal) -> Mistake:
    """The mistake of refusing these calls."""
    return Mistake(name, ANY, wrong, RIGHT, refuses=refuses)


MISTAKES = [
    named("refuses-integers", "Images of integers are refused.", of_integers),
    named(
        "refuses-large-planes",
        "Planes of more cells than their integer type counts are refused.",
        *map(of_large_planes, (-1, 0, 1)),
    ),
    named(
        "refuses-full-width",
        "A window as long as the image is refused.",
        *(full_along(axes, least) for axes in (slice(None), slice(-1, None), slice(1)) for least in (1, 2)),
        full_size,
    ),
    named(
        "refuses-long-strides",
        "A stride larger than the image, or than the window, is refused.",
        beyond_image,
        beyond_window,
    ),
    named("refuses-single-cells", "Axes of length one are refused.", single_spatial, single),
    named(
        "refuses-large-windows",
        "Large windows are refused.",
        *map(larger_than, (64, 128, 255, 256, 512, 1023, 1024)),
        *map(longer_than, (255, 256, 512, 1023, 1024)),
    ),
    named("refuses-empty-batches", "Empty batches are refused.", empty),
]
