"""scikit-image: measure.block_reduce, whose windows neither overlap nor leave gaps; forward only."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import skimage
from skimage import measure

name = "skimage"
version = skimage.__version__
FLOATS = ("float16", *(["bfloat16"] if find_spec("ml_dtypes") else []), "float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
dtypes = {"max_forward": (*INTEGERS, *FLOATS), "mean_forward": FLOATS}
ranks = (1, 2, 3)
tiles = True


def max_forward(x: Any, size: Any, _stride: Any, ceil_mode: Any = False) -> Any:
    """block_reduce with numpy.max."""
    return measure.block_reduce(x if ceil_mode else whole_blocks(x, size), (1, 1, *size), np.max)


def mean_forward(x: Any, size: Any, _stride: Any, ceil_mode: Any = False) -> Any:
    """block_reduce with numpy.mean."""
    return measure.block_reduce(x if ceil_mode else whole_blocks(x, size), (1, 1, *size), np.mean)


def whole_blocks(x: Any, size: Any) -> Any:
    """The part of x that whole blocks cover; block_reduce itself would pad x to the next whole block."""
    return x[(..., *(slice(0, length - length % cells) for length, cells in zip(x.shape[2:], size, strict=True)))]
