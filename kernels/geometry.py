"""Where windows lie, and what a pooling kernel may be asked: written once, used by every kernel."""

from __future__ import annotations

import operator
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ORDERED = ("bool", *INTEGERS, *FLOATS)
"""Every dtype whose elements have a maximum; means and gradients exist for FLOATS only."""

RANK = 2
AXES = ("height", "width")
LARGEST = sys.maxsize

Ints = tuple[int, ...]
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Geometry:
    """Window size, stride and settings, one entry for each spatial axis.

    Build one with `Geometry.of`, which checks its arguments. The fields `padding`, `dilation` and `ceil_mode` are
    there so that the meaning of a window is written in one place; so far only their neutral values are accepted.
    """

    size: Ints
    stride: Ints
    padding: tuple[tuple[int, int], ...] = ((0, 0),) * RANK
    dilation: Ints = (1,) * RANK
    ceil_mode: bool = False

    @classmethod
    def of(cls, size: Any, stride: Any, *, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False) -> Geometry:
        """Geometry from what a user passes: `size` and `stride` are an int or one int for each spatial axis.

        Raises TypeError for what is no integer, ValueError for an integer that cannot be.
        """
        # Compared as text, because an array compares element by element.
        for setting, value, neutral in (
            ("padding", padding, (0, cls.padding)),
            ("dilation", dilation, (1, cls.dilation)),
            ("ceil_mode", ceil_mode, (False,)),
        ):
            if show(value) not in map(str, neutral):
                raise ValueError(f"{setting}={show(value)} is not implemented yet; should be {neutral[0]}")
        return cls(per_axis("size", size), per_axis("stride", stride))

    def output(self, spatial: Ints) -> Ints:
        """Number of windows along each spatial axis: (W - F)//S + 1.

        Raises ValueError where the window is larger than the input.
        """
        for axis, (length, size) in enumerate(zip(spatial, self.size, strict=True)):
            if size > length:
                raise ValueError(f"size={self.size}: size[{axis}] should be at most {length}, the {AXES[axis]} of x")
        return tuple(
            (length - size) // stride + 1 for length, size, stride in zip(spatial, self.size, self.stride, strict=True)
        )


def forward_arguments(x: ArrayLike, size: Any, stride: Any, dtypes: tuple[str, ...]) -> tuple[Array, Geometry, Ints]:
    """Check the arguments of a forward kernel; return x as an array, the geometry and the shape of the result.

    Raises TypeError or ValueError naming the argument, its value and what would be right.
    """
    array = checked_x(x, dtypes)
    geometry = Geometry.of(size, stride)
    return array, geometry, array.shape[:2] + geometry.output(array.shape[2:])


def backward_arguments(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any) -> tuple[Array, Array, Geometry]:
    """Check the arguments of a backward kernel; return dy and x as arrays, and the geometry.

    Raises TypeError or ValueError naming the argument, its value and what would be right.
    """
    array, geometry, shape = forward_arguments(x, size, stride, FLOATS)
    return checked_dy(dy, shape, array.dtype), array, geometry


def checked_x(x: ArrayLike, dtypes: tuple[str, ...]) -> Array:
    """The input as an array (N, C, H, W) of one of `dtypes`, in native byte order, with no empty axis but N."""
    array = checked_array("x", x, dtypes)
    if array.ndim != 2 + RANK:
        raise ValueError(f"x has shape {array.shape}, but should have {2 + RANK} axes: (N, C, H, W)")
    if 0 in array.shape[1:]:
        raise ValueError(f"x has shape {array.shape}, but only the first axis, N, should ever be 0")
    return array


def checked_array(name: str, value: ArrayLike, dtypes: tuple[str, ...]) -> Array:
    """`value` as an array of one of `dtypes`, in native byte order."""
    array = as_array(name, value)
    if array.dtype.name not in dtypes:
        raise TypeError(f"{name} has dtype {array.dtype}, but should have one of {', '.join(dtypes)}")
    if not array.dtype.isnative:
        raise TypeError(f"{name} has dtype {array.dtype.str} in foreign byte order, but should have {array.dtype.name}")
    return array


def checked_shape(shape: Any, name: str = "shape", axes: str = "(N, C, H, W)") -> Ints:
    """The lengths of these axes, as ints, none of them empty but N."""
    count = len(axes.split(","))
    what = f"{count} positive ints: {axes}" + (", of which only N may be 0" if "N" in axes else "")
    if not isinstance(shape, (tuple, list)) or len(shape) != count:
        raise ValueError(f"{name}={show(shape)} should be {what}")
    least = [int(axis != "N") for axis in axes.strip("()").split(", ")]
    if any(isinstance(length, (bool, np.bool_)) or not hasattr(length, "__index__") for length in shape):
        raise TypeError(f"{name}={show(shape)} should be {what}")
    lengths = tuple(map(operator.index, shape))
    if any(not low <= length <= LARGEST for low, length in zip(least, lengths, strict=True)):
        raise ValueError(f"{name}={show(shape)} should be {what}")
    return lengths


def checked_dy(dy: ArrayLike, shape: Ints, dtype: np.dtype[Any], name: str = "dy") -> Array:
    """The gradient as an array of the forward result's shape and dtype; nested sequences are converted to it."""
    if dtype.name not in FLOATS:
        raise TypeError(f"x has dtype {dtype}, which has no gradient; should have one of {', '.join(FLOATS)}")
    array = as_array(name, dy)
    if not isinstance(dy, np.ndarray) and array.dtype.kind in "iuf":
        with np.errstate(over="ignore"):
            array = array.astype(dtype)
    if array.dtype != dtype:
        raise TypeError(f"{name} has dtype {array.dtype}, but should have {dtype}, as x")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but should have {shape}, as the forward result")
    return array


def as_array(name: str, value: ArrayLike) -> Array:
    """`value` as a plain array; TypeError where that would lose something."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; should be a plain array")
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}={show(value)} should be an array: {error}") from None


def per_axis(name: str, value: Any) -> Ints:
    """`value` as one positive int for each spatial axis."""
    values = value if isinstance(value, (tuple, list)) else (value,) * RANK
    if len(values) != RANK:
        raise ValueError(f"{name}={show(value)} has {len(values)} entries, but should be an int or {RANK} ints")
    return tuple(positive(name, value, entry) for entry in values)


def positive(name: str, whole: Any, entry: Any) -> int:
    """`entry` as an int that an index can hold."""
    if isinstance(entry, (bool, np.bool_)) or not hasattr(entry, "__index__"):
        raise TypeError(f"{name}={show(whole)} should be an int or {RANK} ints, not {type(entry).__name__}")
    try:
        number = operator.index(entry)
    except TypeError:
        raise TypeError(f"{name}={show(whole)} should be an int or {RANK} ints") from None
    if not 1 <= number <= LARGEST:
        raise ValueError(f"{name}={show(whole)} should be at least 1 and at most {LARGEST}")
    return number


def show(value: Any) -> str:
    """A short repr, for messages; an int may be too long to print, and an object's repr may raise."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."
