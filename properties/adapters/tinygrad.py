"""tinygrad on its default device: max_pool2d and avg_pool2d, which take any rank, and their gradients."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any

import numpy as np
from tinygrad import Tensor

name = "tinygrad"
version = version_of("tinygrad")
FLOATS = ("float16", "float32", "float64")
OF_MAXIMA = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", *FLOATS)
dtypes = {
    "max_forward": OF_MAXIMA,
    "max_backward": FLOATS,
    "max_indices": OF_MAXIMA,
    "mean_forward": FLOATS,
    "mean_backward": FLOATS,
}
ranks = (1, 2, 3)


def max_forward(x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = 1, ceil_mode: Any = False) -> Any:
    """Tensor.max_pool2d."""
    return array(Tensor(x).max_pool2d(size, stride, dilation, flat(padding), ceil_mode))


def max_indices(x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = 1, ceil_mode: Any = False) -> Any:
    """The same with return_indices."""
    return array(Tensor(x).max_pool2d(size, stride, dilation, flat(padding), ceil_mode, return_indices=True)[1])


def max_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = 1, ceil_mode: Any = False
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: leaf.max_pool2d(size, stride, dilation, flat(padding), ceil_mode))


def mean_forward(x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = 1, **settings: Any) -> Any:
    """Tensor.avg_pool2d."""
    return array(Tensor(x).avg_pool2d(size, stride, dilation, flat(padding), **settings))


def mean_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = 1, **settings: Any
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: leaf.avg_pool2d(size, stride, dilation, flat(padding), **settings))


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """The gradient that Tensor.gradient passes back to x."""
    leaf = Tensor(x)
    return array(forward(leaf).gradient(leaf, gradient=Tensor(dy))[0])


def flat(padding: Any) -> Any:
    """Pairs (begin, end) as one tuple, the last axis first."""
    return tuple(cells for pair in reversed(padding) for cells in pair) if padding else 0


def array(t: Any) -> Any:
    """A tensor as an array in memory of its own."""
    return np.array(t.numpy())
