"""Which loop serves which windows, and the arguments it gets about them.

A window is plain if it is a rectangle of contiguous cells of the image: no padding, no dilation, nothing past the
end. The files of loops/ serve

- whole_plane.py: means whose plain window is as large as the plane;
- separate.py: other plain windows that do not overlap, and the maximum of the usual ones even if they do;
- overlapping.py: all other plain windows;
- general.py: windows that are not plain, and those of three axes.

Once the indices are known, the gradient of a maximum does not depend on the windows: indices.py adds it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array, Ints
from ..geometry import Geometry


class Choice(NamedTuple):
    """A loop, its arguments about the windows, and the number of spatial axes of its planes (1: all in a line)."""

    loop: Callable[..., Any]
    windows: tuple[Any, ...]
    axes: int


def choice(function: str, geometry: Geometry, spatial: Ints) -> Choice:
    """The loop for these windows. Loops are imported here, at the first call, because importing numba is slow."""
    from .loops import general, overlapping, separate, whole_plane

    if not in_plane(geometry, spatial):
        return Choice(getattr(general, function), cells(function, geometry, spatial), 3)
    if function != "max_forward" and geometry.size == spatial:
        return Choice(getattr(whole_plane, function), (), 1)
    loops = separate if is_separate(function, geometry, spatial) else overlapping
    return Choice(getattr(loops, function), rows_and_columns(geometry), 2)


def in_plane(geometry: Geometry, spatial: Ints) -> bool:
    """Whether windows are plain and have at most two axes."""
    return geometry.rank < 3 and geometry.is_plain(spatial)


def is_separate(function: str, geometry: Geometry, spatial: Ints) -> bool:
    """Whether separate.py or whole_plane.py serves these windows: their loops allocate no arrays."""
    from .loops import separate

    if not in_plane(geometry, spatial):
        return False
    return not geometry.overlap(spatial) or (function == "max_forward" and rows_and_columns(geometry) in separate.USUAL)


def rows_and_columns(geometry: Geometry) -> Ints:
    """Rows and columns of a window, stride down and stride across. An image of one axis is a single row."""
    one = (1,) * (2 - geometry.rank)
    return (*one, *geometry.size, *one, *geometry.stride)


def cells(function: str, geometry: Geometry, spatial: Ints) -> tuple[Array, ...]:
    """For each of three axes the real cells of every window, as (start, stop, step); absent axes have length one.

    For a mean also the divisors, (OD, OH, OW).
    """
    ranges = [[axis.cells(output) for output in range(axis.count())] for axis in geometry.axes(spatial)]
    absent = [[range(1)]] * (3 - geometry.rank)
    each = tuple(np.array([(r.start, r.stop, r.step) for r in axis], np.int64) for axis in (*absent, *ranges))
    if function == "max_forward":
        return each
    divisors = geometry.divisors(spatial)
    return (*each, divisors.reshape((1,) * len(absent) + divisors.shape))
