"""Calls on images of one or three axes as calls on two: with an axis of length one added or dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from poolproof.kernels.dtypes import Array, Ints
from poolproof.kernels.geometry import Geometry

from ..targets.call import Call, with_axes


@dataclass(frozen=True)
class Flat:
    """A call on images of two axes that stands for one of any `rank`; `dropped`: the axis left out, if there is one."""

    call: Call
    rank: int
    dropped: int | None = None

    def array(self, array: Array | None) -> Array | None:
        """An answer to the original call as one to this call; None if its axes do not fit."""
        if array is None or array.ndim != self.rank + 2:
            return None
        if self.dropped is not None:
            return array.squeeze(2 + self.dropped) if array.shape[2 + self.dropped] == 1 else None
        return array.reshape(*array.shape[:2], *(1,) * (2 - self.rank), *array.shape[2:])

    def place(self, where: Ints | None) -> Ints | None:
        """A place in an answer to the original call, as one in an answer to this call."""
        if where is None or len(where) != self.rank + 2:
            return None
        if self.dropped is not None:
            return without(where, 2 + self.dropped)
        return (*where[:2], *(0,) * (2 - self.rank), *where[2:])


def flat(call: Call) -> Flat:
    """A call as one on two axes. Raises ValueError for images of three axes none of which can be dropped."""
    rank = call.arrays["x"].ndim - 2
    if rank in (1, 2):
        return Flat(with_axes(call, 2 - rank), rank)
    geometry = Geometry.of(call.size, call.stride, **call.settings, rank=rank)
    for axis, (length, size, padding) in enumerate(
        zip(call.arrays["x"].shape[2:], geometry.size, geometry.padding, strict=True)
    ):
        if length == size == 1 and not any(padding):
            return Flat(without_axis(call, axis), rank, axis)
    raise ValueError("images of three axes are not drawn")


def without_axis(call: Call, axis: int) -> Call:
    """A call without one of its spatial axes, along which there is only one cell."""
    arrays = {name: array.squeeze(2 + axis) for name, array in call.arrays.items()}
    along = {name: without(value, axis) for name, value in call.settings.items() if isinstance(value, tuple)}
    size, stride = without(call.size, axis), without(call.stride, axis)
    return replace(call, arrays=arrays, size=size, stride=stride, settings={**call.settings, **along})


def without(values: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    """A tuple without the entry at a place."""
    return (*values[:place], *values[place + 1 :])
