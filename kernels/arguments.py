"""What a kernel may be asked: the arguments of a call checked together, the same way by every kernel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
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
    array = checked_array("x", x, dtypes)
    known_by_value = is_exact(size) and is_exact(stride) and (not settings or all(map(is_exact, settings.values())))
    ask = asked if known_by_value else asked.__wrapped__
    geometry, shape = ask(array.shape, size, stride, known, **settings)
    return array, geometry, shape


@lru_cache(maxsize=1024, typed=True)
def asked(shape: Ints, size: Any, stride: Any, known: tuple[str, ...], **settings: Any) -> tuple[Geometry, Ints]:
    """The geometry of windows on an x of this shape, and the shape of the result.

    Remembered, because a small image is pooled in less time than all of this is checked.
    """
    check_shape(shape, plane=plain(size, stride, *settings.values()))
    refuse_unknown(settings, known)
    geometry = Geometry.of(size, stride, **settings, rank=len(shape) - 2)
    output = geometry.output(shape[2:])
    geometry.refuse_empty_windows(shape[2:])
    return geometry, shape[:2] + output


def is_exact(value: Any) -> bool:
    """Whether an equal value of the same type means the same: an int, a bool, or a tuple in which only ints are."""
    if type(value) is tuple:
        # A list, because a generator takes twice as long, and small images feel it.
        return all([type(each) is int or (type(each) is tuple and is_exact(each)) for each in value])  # noqa: C419
    return type(value) in (int, bool)


def refuse_unknown(settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise TypeError where a keyword is no setting."""
    for name, value in settings.items():
        if name not in known:
            raise TypeError(f"{name}={show(value)} is no setting here; there are {', '.join(known)}")


def check_shape(shape: Ints, *, plane: bool) -> None:
    """Refuse an x that is not (N, C, W), (N, C, H, W) or (N, C, D, H, W) with no empty axis but N.

    `plane`: (N, C, H, W) alone, as where no argument has an entry for each axis; (C, H, W) would be taken for another.
    """
    if len(shape) not in ((4,) if plane else (3, 4, 5)):
        also = "; one or three spatial axes need a size of one or three ints" if len(shape) in (3, 5) else ""
        raise ValueError(f"x has shape {shape}, but should have 4 axes: (N, C, H, W){also}")
    if 0 in shape[1:]:
        raise ValueError(f"x has shape {shape}, but only the first axis, N, should ever be 0")
