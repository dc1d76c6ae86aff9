"""Mistakes about what an index counts in, and in which type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints
from poolproof.kernels.geometry import Geometry

from .maxima import MISSING
from .mistake import INDEX, MAX_GRADIENT, Mistake
from .places import placed_under, spatial_of
from .steps import PooledWindows, each, first_maximum, plane_index, wrong

RIGHT_BASE = "An index is the row-major place of the maximum in its own unpadded plane, counted from zero."


def places(windows: PooledWindows, tap: Array) -> tuple[Array, ...]:
    """The place of the maximum along each axis."""
    index = np.maximum(plane_index(windows, tap), 0)
    # NumPy 2.4.6 unravels more than 8,192 indices wrongly where the last axis of their array has length one.
    return tuple(each.reshape(index.shape) for each in np.unravel_index(index.ravel(), spatial_of(windows)))


def column_major(windows: PooledWindows, tap: Array) -> Array:
    """Indices that count down the columns."""
    return np.ravel_multi_index(places(windows, tap)[::-1], spatial_of(windows)[::-1])


def in_padded(windows: PooledWindows, tap: Array) -> Array:
    """Indices in the padded plane."""
    padding = windows.geometry.padding
    moved = [place + begin for place, (begin, _) in zip(places(windows, tap), padding, strict=True)]
    lengths = [n + sum(pair) for n, pair in zip(spatial_of(windows), padding, strict=True)]
    return np.ravel_multi_index(tuple(moved), tuple(lengths))


Offsets = Callable[[Sequence[tuple[int, int]]], list[int]]
"""By how many cells places are off along each axis, as a function of the padding."""

COUNTED: tuple[Offsets, ...] = (
    lambda padding: [begin for begin, _ in padding],
    lambda padding: [padding[0][0], *(0 for _ in padding[1:])],
    lambda padding: [*(0 for _ in padding[:-1]), padding[-1][0]],
)
"""The padding before all axes, the first or the last is left in."""

OTHERS: tuple[Offsets, ...] = (
    lambda padding: [begin - padding[at - 1][0] for at, (begin, _) in enumerate(padding)],
    lambda padding: [begin - padding[0][0] for begin, _ in padding],
    lambda padding: [begin - padding[-1][0] for begin, _ in padding],
    lambda padding: [begin - end for begin, end in padding],
)
"""The padding of another axis, or after the axis, is subtracted."""


def of_another_axis(name: str) -> list[Callable[[Geometry], Any]]:
    """A setting with the entries of its axes exchanged, or with that of the first or the last axis everywhere."""
    return [
        lambda g: getattr(g, name)[::-1],
        lambda g: getattr(g, name)[:1] * g.rank,
        lambda g: getattr(g, name)[-1:] * g.rank,
    ]


def off_by(offsets: Offsets) -> Callable[[PooledWindows, Array], Array]:
    """Indices of places that are off. Raises ValueError if all are right."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        off = offsets(windows.geometry.padding)
        if not any(off):
            raise ValueError("every place is right")
        found = np.zeros(tap.shape, np.int64)
        for place, length, more in zip(places(windows, tap), spatial_of(windows), off, strict=True):
            found = found * length + place + more
        return found

    return index


def by_padded_width(windows: PooledWindows, tap: Array) -> Array:
    """Indices computed with the lengths of the padded plane."""
    found = np.zeros(tap.shape, np.int64)
    for place, length, pair in zip(places(windows, tap), spatial_of(windows), windows.geometry.padding, strict=True):
        found = found * (length + sum(pair)) + place
    return found


def by_lengths(order: Callable[[Ints], Ints]) -> Callable[[PooledWindows, Array], Array]:
    """Indices computed with the lengths of other axes. Raises ValueError for one axis."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        spatial = spatial_of(windows)
        if len(spatial) < 2:
            raise ValueError("one axis")
        found = np.zeros(tap.shape, np.int64)
        for place, length in zip(places(windows, tap), order(spatial), strict=True):
            found = found * length + place
        return found

    return index


def taken_from(axes: tuple[int, int]) -> Callable[[Ints], Ints]:
    """The lengths of an image with the inner ones, up to two, replaced by those of other axes."""
    return lambda spatial: (spatial[0], *(spatial[axis % len(spatial)] for axis in axes[-len(spatial) + 1 :]))


INNER_LENGTHS = [taken_from((outer, inner)) for outer, inner in product(range(3), repeat=2)]


def channels_innermost(samples: int) -> Callable[[PooledWindows, Array], Array]:
    """Indices in a channels-last array of one sample (0) or of all (1)."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        n, c, cells = windows.image.shape
        before = samples * np.arange(n)[:, np.newaxis, np.newaxis] * cells
        return np.asarray((before + plane_index(windows, tap)) * c + np.arange(c)[:, np.newaxis])

    return index


def by_output_width(windows: PooledWindows, tap: Array) -> Array:
    """Indices computed with the lengths of the output."""
    found = np.zeros(tap.shape, np.int64)
    for place, length in zip(places(windows, tap), windows.output, strict=True):
        found = found * length + place
    return found


def window_by_output_width(windows: PooledWindows, tap: Array) -> Array:
    """Indices in which the place of the window is computed with the width of the output."""
    spatial, output = spatial_of(windows), windows.output
    starts = np.indices(output).reshape(len(output), -1) * np.array(windows.geometry.stride)[:, np.newaxis]
    in_window = [p - s for p, s in zip(places(windows, tap), starts, strict=True)]
    first = inside = np.zeros(tap.shape, np.int64)
    for start, place, length, count in zip(starts, in_window, spatial, output, strict=True):
        first, inside = first * count + start, inside * length + place
    return first + inside


def in_tensor(per: Callable[[PooledWindows], Array]) -> Callable[[PooledWindows, Array], Array]:
    """Indices with an offset for each plane."""
    return lambda windows, tap: plane_index(windows, tap) + per(windows)[..., np.newaxis]


def planes_before(windows: PooledWindows) -> Array:
    """How many cells lie before each plane in the whole array."""
    n, c, cells = windows.image.shape
    return np.asarray(np.arange(n * c).reshape(n, c) * cells)


def channels_before(windows: PooledWindows) -> Array:
    """How many cells lie before each plane in its sample."""
    n, c, cells = windows.image.shape
    return np.broadcast_to(np.arange(c) * cells, (n, c))


def within_slice(windows: PooledWindows, tap: Array) -> Array:
    """Indices within the last two axes. Raises ValueError if there are no others."""
    spatial = spatial_of(windows)
    if len(spatial) < 3:
        raise ValueError("planes alone")
    return plane_index(windows, tap) % prod(spatial[1:])


def along(axis: int) -> Callable[[PooledWindows, Array], Array]:
    """Places along one axis only."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        if axis >= len(spatial_of(windows)):
            raise ValueError("no such axis")
        return places(windows, tap)[axis]

    return index


def narrow(dtype: str) -> Callable[[PooledWindows, Array], Array]:
    """Indices in an integer type, where they wrap."""
    return lambda windows, tap: plane_index(windows, tap).astype(dtype).astype(np.int64)


def in_type_of_image(windows: PooledWindows, tap: Array) -> Array:
    """Indices after a conversion to the dtype of x."""
    return plane_index(windows, tap).astype(windows.image.dtype).astype(np.int64)


def of_nan(missing: Callable[[PooledWindows], int]) -> Callable[[PooledWindows, Array], Array]:
    """Indices that are `missing` for a NaN."""

    def index(windows: PooledWindows, tap: Array) -> Array:
        lost = np.isnan(first_maximum(windows).astype(np.float64))
        return np.where(lost, missing(windows), plane_index(windows, tap))

    return index


def of_padding(windows: PooledWindows, tap: Array) -> Array:
    """Indices that lie past the plane for a window wholly in padding."""
    return np.where(windows.real.any(axis=-1), plane_index(windows, tap), windows.image.shape[2])


MISTAKES = [
    Mistake(
        "nan-has-no-index",
        INDEX,
        "The index of a NaN lies outside the plane.",
        "A NaN that wins a window has its own place in the plane as its index.",
        each("index", [of_nan(missing) for missing in MISSING]),
    ),
    Mistake(
        "index-without-cell",
        INDEX,
        "A window wholly in padding has an index past the plane.",
        "A window without a real cell has no maximum: it is refused, or has the index -1.",
        each("index", [of_padding]),
    ),
    Mistake(
        "index-from-one",
        INDEX,
        "Indices count from one.",
        RIGHT_BASE,
        (wrong(index=lambda w, tap: plane_index(w, tap) + 1),),
    ),
    Mistake(
        "index-in-window",
        INDEX,
        "Indices count within the window.",
        RIGHT_BASE,
        (wrong(index=lambda _, tap: tap),),
    ),
    Mistake(
        "index-in-padded-plane",
        INDEX,
        "Indices count in the padded plane.",
        RIGHT_BASE,
        (wrong(index=in_padded),),
    ),
    Mistake(
        "index-counts-padding",
        INDEX,
        "An index is computed without subtracting the padding before an axis.",
        RIGHT_BASE,
        each("index", list(map(off_by, COUNTED))),
    ),
    Mistake(
        "index-by-other-padding",
        INDEX,
        "An index is computed by subtracting the padding of another axis, or that after the axis.",
        "The padding before an axis is subtracted from the place along that axis.",
        each("index", list(map(off_by, OTHERS))),
    ),
    Mistake(
        "place-by-other-axis",
        (*INDEX, *MAX_GRADIENT),
        "The maximum is found in its window, but its place is worked out with a setting of another axis.",
        "The maximum under tap k of window i lies at i * stride + k * dilation - begin padding along an axis.",
        tuple(
            placed_under(**{name: change})
            for name in ("stride", "dilation", "padding")
            for change in of_another_axis(name)
        ),
    ),
    Mistake(
        "index-by-height",
        INDEX,
        "Indices are worked out with the length of another axis, such as the height instead of the width.",
        RIGHT_BASE,
        each("index", [by_lengths(lambda n: n[::-1]), *map(by_lengths, INNER_LENGTHS)]),
    ),
    Mistake(
        "index-by-padded-width",
        INDEX,
        "Indices are worked out with the width of the padded plane.",
        RIGHT_BASE,
        each("index", [by_padded_width]),
    ),
    Mistake(
        "index-in-whole-array",
        INDEX,
        "Indices count through the whole array, across channels and samples.",
        RIGHT_BASE,
        each(
            "index",
            [in_tensor(planes_before), in_tensor(channels_before), channels_innermost(0), channels_innermost(1)],
        ),
    ),
    Mistake(
        "index-column-major",
        INDEX,
        "Indices count down the columns.",
        RIGHT_BASE,
        (wrong(index=column_major),),
    ),
    Mistake(
        "index-by-output-width",
        INDEX,
        "Indices are worked out with the width of the output.",
        RIGHT_BASE,
        each("index", [by_output_width, window_by_output_width]),
    ),
    Mistake(
        "index-in-slice",
        INDEX,
        "Indices count within a slice of the image.",
        RIGHT_BASE,
        each("index", [within_slice]),
    ),
    Mistake(
        "index-along-one-axis",
        INDEX,
        "Indices are places along one axis alone.",
        RIGHT_BASE,
        each("index", [along(0), along(1), along(2)]),
    ),
    Mistake(
        "index-in-narrow-type",
        INDEX,
        "Indices are kept in an integer type that is too narrow for the plane.",
        "Indices have a type that holds every place of a plane.",
        each("index", [narrow(dtype) for dtype in ("int8", "uint8", "int16", "uint16")]),
    ),
    Mistake(
        "index-in-type-of-image",
        INDEX,
        "Indices are kept in the dtype of x, which does not hold every place of the plane.",
        "Indices have a type that holds every place of a plane, whatever that of x is.",
        each("index", [in_type_of_image]),
    ),
]
