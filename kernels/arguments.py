"""What a kernel may be asked: the arguments of a call checked together, the same way by every kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from numpy.typing import ArrayLike

from .checks import checked_array, checked_dy, plain, show
from .dtypes import FLOATS, Array, Ints
from .geometry import Geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    PerAxis = int | Sequence[int]
    Padding = PerAxis | Sequence[tuple[int, int]]


class Settings(TypedDict, total=False):
    """The settings of every kernel, by keyword. `Geometry.of` says what they may be, geometry.py what they mean.

    `padding`: cells before and after each axis, which never win a maximum; `dilation`: the distance between two cells
    of a window; `ceil_mode`: whether a last window may reach past the padded end.
    """

    padding: Padding
    dilation: PerAxis
    ceil_mode: bool


class MeanSettings(Settings, total=False):
    """One setting more for the mean: `count_include_pad`, whether the divisor counts padded cells; True if not said."""

    count_include_pad: bool


SETTINGS = ("padding", "dilation", "ceil_mode")
MEAN_SETTINGS = (*SETTINGS, "count_include_pad")


def max_arguments(
    x: ArrayLike, size: Any, stride: Any, dtypes: tuple[str, ...], settings: Mapping[str, Any]
) -> tuple[Array, Geometry, Ints]:
    """Check the arguments of max pooling; return x as an array, the geometry and the shape of the result.

    Raises TypeError or ValueError naming the argument, its value and what would be right.
    """
    return forward_arguments(x, size, stride, dtypes, settings, SETTINGS)


def mean_arguments(x: ArrayLike, size: Any, stride: Any, settings: Mapping[str, Any]) -> tuple[Array, Geometry, Ints]:
    """The same for a mean."""
    return forward_arguments(x, size, stride, FLOATS, settings, MEAN_SETTINGS)


def max_gradient_arguments(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, settings: Mapping[str, Any]
) -> tuple[Array, Array, Geometry]:
    """Check the arguments of the backward pass of max pooling; return dy and x as arrays, and the geometry."""
    array, geometry, shape = max_arguments(x, size, stride, FLOATS, settings)
    return checked_dy(dy, shape, array.dtype), array, geometry


def mean_gradient_arguments(
    dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, settings: Mapping[str, Any]
) -> tuple[Array, Array, Geometry]:
    """The same for a mean."""
    array, geometry, shape = mean_arguments(x, size, stride, settings)
    return checked_dy(dy, shape, array.dtype), array, geometry


def forward_arguments(
    x: ArrayLike,
    size: Any,
    stride: Any,
    dtypes: tuple[str, ...],
    settings: Mapping[str, Any],
    known: tuple[str, ...],
) -> tuple[Array, Geometry, Ints]:
    """Check the arguments of a forward pass that knows these settings."""
    array = checked_x(x, dtypes, plane=plain(size, stride, *settings.values()))
    refuse_unknown(settings, known)
    geometry = Geometry.of(size, stride, **settings, rank=array.ndim - 2)
    spatial = array.shape[2:]
    shape = array.shape[:2] + geometry.output(spatial)
    geometry.refuse_empty_windows(spatial)
    return array, geometry, shape


def refuse_unknown(settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise TypeError where a keyword is no setting."""
    for name, value in settings.items():
        if name not in known:
            raise TypeError(f"{name}={show(value)} is no setting here; there are {', '.join(known)}")


def checked_x(x: ArrayLike, dtypes: tuple[str, ...], *, plane: bool) -> Array:
    """The input as an array (N, C, W), (N, C, H, W) or (N, C, D, H, W) with no empty axis but N.

    `plane`: (N, C, H, W) alone, as where no argument has an entry for each axis; (C, H, W) would be taken for another.
    """
    array = checked_array("x", x, dtypes)
    if array.ndim not in ((4,) if plane else (3, 4, 5)):
        also = "; one or three spatial axes need a size of one or three ints" if array.ndim in (3, 5) else ""
        raise ValueError(f"x has shape {array.shape}, but should have 4 axes: (N, C, H, W){also}")
    if 0 in array.shape[1:]:
        raise ValueError(f"x has shape {array.shape}, but only the first axis, N, should ever be 0")
    return array
