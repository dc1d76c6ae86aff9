"""Memory layouts: the same values, laid out as real programs pass them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints


def fortran(array: Array) -> Array:
    """Column-major."""
    return array.copy(order="F")


def channels_last(array: Array) -> Array:
    """An (N, C, ...) view of (N, ..., C) memory."""
    return np.moveaxis(np.moveaxis(array, 1, -1).copy(order="C"), -1, 1)


def transposed(array: Array) -> Array:
    """A view with the last two axes exchanged."""
    return array.swapaxes(-1, -2).copy(order="C").swapaxes(-1, -2)


def reversed_(array: Array) -> Array:
    """Negative strides along both image axes."""
    backwards = (..., slice(None, None, -1), slice(None, None, -1))
    return array[backwards].copy(order="C")[backwards]


def reversed_channels(array: Array) -> Array:
    """A negative stride along channels."""
    return array[:, ::-1].copy(order="C")[:, ::-1]


def spaced(array: Array) -> Array:
    """Every second element of a larger array, whose other elements would show in a result if they were read."""
    larger: Array = np.full((*array.shape[:-1], 2 * array.shape[-1]), 77, array.dtype)
    larger[..., ::2] = array
    return larger[..., ::2]


def spaced_channels(array: Array) -> Array:
    """Every second channel of a larger array."""
    larger: Array = np.full((array.shape[0], 2 * array.shape[1], *array.shape[2:]), 77, array.dtype)
    larger[:, ::2] = array
    return larger[:, ::2]


def read_only(array: Array) -> Array:
    """Not writeable."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def unaligned(array: Array) -> Array:
    """One byte off its natural alignment."""
    memory = np.zeros(array.nbytes + 1, np.uint8)[1:]
    view: Array = memory.view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def broadcast(array: Array) -> Array:
    """Strides of 0 along every axis if all elements are equal; otherwise an ordinary copy."""
    return expanded(array, ALIKE["broadcast"](array.ndim))


def expanded(array: Array, axes: Ints) -> Array:
    """Strides of 0 along these axes if elements are equal along them; otherwise an ordinary copy."""
    first = array[tuple(slice(1) if axis in axes else slice(None) for axis in range(array.ndim))]
    if np.broadcast_to(first, array.shape).tobytes() != array.tobytes():
        return array.copy()
    return np.broadcast_to(first.copy(), array.shape)


def expanded_samples(array: Array) -> Array:
    """One sample for all, by a stride of 0."""
    return expanded(array, (0,))


def expanded_channels(array: Array) -> Array:
    """One channel for all, by a stride of 0."""
    return expanded(array, (1,))


def expanded_rows(array: Array) -> Array:
    """One element for each row, by a stride of 0."""
    return expanded(array, (array.ndim - 1,))


def cropped(array: Array) -> Array:
    """The interior of a larger array, whose rows are further apart than they are long."""
    larger: Array = np.full((*array.shape[:-2], array.shape[-2] + 2, array.shape[-1] + 3), 77, array.dtype)
    larger[..., 1:-1, 1:-2] = array
    return larger[..., 1:-1, 1:-2]


def expanded_columns(array: Array) -> Array:
    """One row for all, by a stride of 0."""
    return expanded(array, (array.ndim - 2,))


def sliced_channels_last(array: Array) -> Array:
    """All channels but the last of channels-last memory."""
    larger: Array = np.full((array.shape[0], array.shape[1] + 1, *array.shape[2:]), 77, array.dtype)
    larger[:, :-1] = array
    return channels_last(larger)[:, :-1]


def cropped_channels_last(array: Array) -> Array:
    """The interior of channels-last memory."""
    larger: Array = np.full((*array.shape[:-2], array.shape[-2] + 2, array.shape[-1] + 3), 77, array.dtype)
    larger[..., 1:-1, 1:-2] = array
    return channels_last(larger)[..., 1:-1, 1:-2]


def offset(array: Array) -> Array:
    """In C order, a few elements into its memory."""
    memory: Array = np.full(array.size + 3, 77, array.dtype)
    view = memory[3:].reshape(array.shape)
    view[...] = array
    return view


def odd_unit_strides(array: Array) -> Array:
    """In C order, but with meaningless strides along axes of length one."""
    copy = array.copy()
    odd = range(3 * array.itemsize, 3 * array.itemsize + 2 * array.ndim, 2)
    strides = [other if n == 1 else s for n, s, other in zip(copy.shape, copy.strides, odd, strict=True)]
    return np.lib.stride_tricks.as_strided(copy, copy.shape, strides)


LAYOUTS: dict[str, Any] = {
    "C": np.copy,
    "Fortran": fortran,
    "channels last": channels_last,
    "slice of channels last": sliced_channels_last,
    "crop of channels last": cropped_channels_last,
    "transposed": transposed,
    "negative strides": reversed_,
    "reversed channels": reversed_channels,
    "spaced": spaced,
    "spaced channels": spaced_channels,
    "cropped": cropped,
    "offset": offset,
    "odd unit strides": odd_unit_strides,
    "broadcast": broadcast,
    "expanded samples": expanded_samples,
    "expanded channels": expanded_channels,
    "expanded rows": expanded_rows,
    "expanded columns": expanded_columns,
    "read-only": read_only,
    "unaligned": unaligned,
}
"""Functions that return a fresh copy of an array in a layout, by name; "C" is the ordinary one."""

DECLARED = {"C": "C", "channels_last": "channels last"}
"""The layouts that a target may declare as the only one it takes, by the word for them."""


def layouts_taken(declared: str) -> tuple[str, ...]:
    """The layouts that a target takes: all of them, or the one that it declares."""
    return tuple(LAYOUTS) if declared == "C" else (DECLARED[declared],)


ALIKE: dict[str, Callable[[int], Ints]] = {
    "broadcast": lambda ndim: tuple(range(ndim)),
    "expanded samples": lambda _: (0,),
    "expanded channels": lambda _: (1,),
    "expanded rows": lambda ndim: (ndim - 1,),
    "expanded columns": lambda ndim: (ndim - 2,),
}
"""Functions from the number of axes to those along which elements must be equal in a layout."""

FLAT = ("broadcast", "expanded rows", "expanded columns")
"""Layouts that make cells of an image equal, and so tie maxima."""


def laid_out(array: Array, layout: str) -> Array:
    """A fresh copy of `array` in this layout."""
    copy: Array = LAYOUTS[layout](array)
    return copy


def made_alike(array: Array, layout: str) -> None:
    """Make elements equal along the axes along which a layout stores only one."""
    axes = ALIKE[layout](array.ndim) if layout in ALIKE else ()
    for axis in axes:
        first = (slice(None),) * axis + (slice(1),)
        array[...] = array[first]
