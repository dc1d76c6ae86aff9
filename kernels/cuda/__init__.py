"""Pooling on a GPU by numba's CUDA. This file has the functions; gathers.py says what a thread does.

Importing it needs a GPU or numba's simulator of one: see device.py. Arrays on the device are pooled there, and their
results stay there; all others are copied there and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import MAX, MAX_GRADIENT, MEAN, checked_input
from ..checks import checked_dy
from ..dtypes import ORDERED, index_dtype
from . import gathers
from .device import SIMULATED, adopted, launch, outlined, planes, returned, room, sum_dtype, value_dtype, zero
from .tables import coverings, divisors, windows

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..arguments import MeanSettings, Settings

name = "cuda"
dtypes = ORDERED
ranks = (1, 2, 3)
threads = not SIMULATED
"""Whether two threads may pool at the same time: the simulator refuses a second kernel while one runs."""
max_cells = 1 << 12 if SIMULATED else None
"""The most cells that a test should pass: the simulator takes microseconds for each cell of each window."""


def max_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Any:
    """The largest element of each window: (N, C, H, W) -> (N, C, OH, OW), in the dtype of x. NaN beats everything.

    Images of one or three axes work too. `size` and `stride` are an int, or one int per axis; the settings are
    `padding`, `dilation` and `ceil_mode`. Raises TypeError or ValueError naming a wrong argument.
    """
    x = adopted("x", x)
    outline, geometry, shape = checked_input(outlined(x), size, stride, settings, MAX)
    y = room(shape, value_dtype(outline.dtype))
    launch(gathers.max_forward, planes(x, outline), zero(outline.dtype), *windows(geometry, outline.shape[2:]), y)
    return returned(y, shape, outline.dtype, x)


def max_indices(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Any:
    """Where `max_forward` found each maximum: its row-major index in the unpadded plane, int64, shaped like y."""
    x = adopted("x", x)
    outline, geometry, shape = checked_input(outlined(x), size, stride, settings, MAX)
    places = room(shape, np.dtype(np.int64))
    launch(gathers.max_indices, planes(x, outline), zero(outline.dtype), *windows(geometry, outline.shape[2:]), places)
    return returned(places, shape, places.dtype, x)


def max_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[Settings]) -> Any:
    """Adds each dy to the cell of its window's first maximum; all other cells get 0. dx has the shape of x."""
    x, dy = adopted("x", x), adopted("dy", dy)
    outline, geometry, shape = checked_input(outlined(x), size, stride, settings, MAX_GRADIENT)
    gradient = checked_dy(outlined(dy), shape, outline.dtype)
    spatial = outline.shape[2:]
    places = room(shape, index_dtype(spatial))
    launch(gathers.max_indices, planes(x, outline), zero(outline.dtype), *windows(geometry, spatial), places)
    dx = room(outline.shape, sum_dtype(outline.dtype))
    launch(gathers.max_backward, planes(dy, gradient), places, *coverings(geometry, spatial), dx)
    return returned(dx, outline.shape, outline.dtype, x)


def mean_forward(x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Any:
    """The arithmetic mean of each window: (N, C, H, W) -> (N, C, OH, OW), floats only, in the dtype of x.

    One more setting, `count_include_pad`: whether padded cells, which are zero, count (default: True).
    """
    x = adopted("x", x)
    outline, geometry, shape = checked_input(outlined(x), size, stride, settings, MEAN)
    spatial = outline.shape[2:]
    y = room(shape, sum_dtype(outline.dtype))
    launch(gathers.mean_forward, planes(x, outline), *windows(geometry, spatial), divisors(geometry, spatial), y)
    return returned(y, shape, outline.dtype, x)


def mean_backward(dy: ArrayLike, x: ArrayLike, size: Any, stride: Any, **settings: Unpack[MeanSettings]) -> Any:
    """Adds dy/n to every cell of each window, where n is the divisor of its mean. dx has the shape of x."""
    x, dy = adopted("x", x), adopted("dy", dy)
    outline, geometry, shape = checked_input(outlined(x), size, stride, settings, MEAN)
    gradient = checked_dy(outlined(dy), shape, outline.dtype)
    spatial = outline.shape[2:]
    dx = room(outline.shape, sum_dtype(outline.dtype))
    launch(gathers.mean_backward, planes(dy, gradient), divisors(geometry, spatial), *coverings(geometry, spatial), dx)
    return returned(dx, outline.shape, outline.dtype, x)
