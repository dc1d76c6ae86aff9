"""SciPy: maximum_filter and uniform_filter of ndimage, where windows lie inside the image; forward only."""

from __future__ import annotations

from typing import Any

import scipy
from scipy import ndimage

name = "scipy"
version = scipy.__version__
FLOATS = ("float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
dtypes = {"max_forward": (*INTEGERS, *FLOATS), "mean_forward": FLOATS}
ranks = (1, 2, 3)


def max_forward(x: Any, size: Any, stride: Any) -> Any:
    """scipy.ndimage.maximum_filter."""
    return inside(ndimage.maximum_filter(x, **window(size)), size, stride)


def mean_forward(x: Any, size: Any, stride: Any) -> Any:
    """scipy.ndimage.uniform_filter."""
    return inside(ndimage.uniform_filter(x, **window(size)), size, stride)


def window(size: Any) -> dict[str, Any]:
    """The arguments of a filter whose window starts at each cell and spans one sample and one channel."""
    whole = (1, 1, *size)
    return {"size": whole, "origin": [-(length // 2) for length in whole], "mode": "constant"}


def inside(filtered: Any, size: Any, stride: Any) -> Any:
    """Every stride-th of the cells at which a window starts and still ends inside the array."""
    ends = [max(0, length - cells + 1) for length, cells in zip(filtered.shape[2:], size, strict=True)]
    return filtered[(..., *(slice(0, end, step) for end, step in zip(ends, stride, strict=True)))].copy()
