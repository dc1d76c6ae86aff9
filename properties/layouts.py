"""Memory layouts: the same values, laid out as real programs hand them over."""

from __future__ import annotations

from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array


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


def spaced(array: Array) -> Array:
    """Every second element of a larger array, whose other elements would be seen if they were read."""
    larger: Array = np.full((*array.shape[:-1], 2 * array.shape[-1]), 77, array.dtype)
    larger[..., ::2] = array
    return larger[..., ::2]


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
    """Strides of 0 along every axis, where all elements are the same; else an ordinary copy."""
    if len({element.tobytes() for element in array.flat}) != 1:
        return array.copy()
    return np.broadcast_to(array.reshape(-1)[0].copy(), array.shape)


def cropped(array: Array) -> Array:
    """The inside of a larger array, whose rows lie further apart than they are long."""
    larger: Array = np.full((*array.shape[:-2], array.shape[-2] + 2, array.shape[-1] + 3), 77, array.dtype)
    larger[..., 1:-1, 1:-2] = array
    return larger[..., 1:-1, 1:-2]


LAYOUTS: dict[str, Any] = {
    "C": np.copy,
    "Fortran": fortran,
    "channels last": channels_last,
    "transposed": transposed,
    "negative strides": reversed_,
    "spaced": spaced,
    "cropped": cropped,
    "broadcast": broadcast,
    "read-only": read_only,
    "unaligned": unaligned,
}
"""How a fresh copy of an array is laid out, by name; "C" is the ordinary one."""


def laid_out(array: Array, layout: str) -> Array:
    """A fresh copy of `array` in that layout."""
    copy: Array = LAYOUTS[layout](array)
    return copy
