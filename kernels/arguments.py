"""Argument checks that all kernels share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from .cache import cached
from .checks import all_scalars, checked_array, show
from .dtypes import FLOATS, ORDERED, Array, Ints, by_dtype
from .geometry import Geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    PerAxis = int | Sequence[int]
    Padding = PerAxis | Sequence[tuple[int, int]]


class Settings(TypedDict, total=False):
    """The keywords of every kernel. `Geometry.of` checks them, and geometry.py implements them.

    `padding`: cells added before and after each axis, which never win a maximum; `dilation`: the distance between
    neighbouring cells of a window; `ceil_mode`: whether the last window may reach past the padded end.
    """

    padding: Padding
    dilation: PerAxis
    ceil_mode: bool


class MeanSettings(Settings, total=False):
    """The keywords of a mean. `count_include_pad`: whether the divisor counts padded cells (default: True)."""

    count_include_pad: bool


SETTINGS = ("padding", "dilation", "ceil_mode")
MEAN_SETTINGS = (*SETTINGS, "count_include_pad")


class Accepts(NamedTuple):
    """What a function accepts: the dtypes of x (see `by_dtype`), and the names of its settings."""

    dtypes: dict[np.dtype[Any], str]
    settings: tuple[str, ...]


MAX = Accepts(by_dtype(ORDERED), SETTINGS)
MAX_GRADIENT = Accepts(by_dtype(FLOATS), SETTINGS)
MEAN = Accepts(by_dtype(FLOATS), MEAN_SETTINGS)


def checked_input(
    x: ArrayLike, size: Any, stride: Any, settings: Mapping[str, Any], accepts: Accepts
) -> tuple[Array, Geometry, Ints]:
    """x as an array, the geometry of its windows, and the shape of the forward result.

    Raises TypeError or ValueError naming the argument, its value and what it should be.
    """
    array = checked_array("x", x, accepts.dtypes)
    is_key = is_exact(size) and is_exact(stride) and (not settings or all(map(is_exact, settings.values())))
    check = cached_windows if is_key else checked_windows
    geometry, shape = check(array.shape, size, stride, accepts.settings, **settings)
    return array, geometry, shape


def checked_windows(
    shape: Ints, size: Any, stride: Any, names: tuple[str, ...], **settings: Any
) -> tuple[Geometry, Ints]:
    """The geometry of the windows on an x of this shape, and the shape of the result. `names`: the known settings."""
    check_shape(shape, plane=all_scalars(size, stride, *settings.values()))
    refuse_unknown(settings, names)
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    output = geometry.output(shape[2:])
    geometry.refuse_empty_windows(shape[2:])
    return geometry, shape[:2] + output


cached_windows = cached(checked_windows)


def is_exact(value: Any) -> bool:
    """Whether a value can be part of a cache key: an int, a bool, or a tuple of ints or of tuples of ints.

    Other values may equal one of these and still be wrong: (2.0, 2) equals (2, 2).
    """
    if type(value) is tuple:
        # A list, because a generator takes twice as long, which shows on small images.
        return all([type(each) is int or (type(each) is tuple and is_exact(each)) for each in value])  # noqa: C419
    return type(value) in (int, bool)


def refuse_unknown(settings: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise TypeError for a keyword that is not one of these settings."""
    for name, value in settings.items():
        if name not in names:
            raise TypeError(f"{name}={show(value)} is not a setting here; the settings are {', '.join(names)}")


def check_shape(shape: Ints, *, plane: bool) -> None:
    """Raise ValueError unless x is (N, C, W), (N, C, H, W) or (N, C, D, H, W) and no axis but N is empty.

    `plane`: accept (N, C, H, W) only. If no argument has one entry per axis, three axes could also mean (C, H, W).
    """
    if len(shape) not in ((4,) if plane else (3, 4, 5)):
        also = "; one or three spatial axes need a size of one or three ints" if len(shape) in (3, 5) else ""
        raise ValueError(f"x has shape {shape}, but should have 4 axes: (N, C, H, W){also}")
    if 0 in shape[1:]:
        raise ValueError(f"x has shape {shape}, but only the first axis, N, should ever be 0")
