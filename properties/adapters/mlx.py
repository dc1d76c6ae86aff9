"""MLX on the CPU: the pooling layers of mlx.nn for one to three axes, channels last, differentiated by mx.vjp."""

from __future__ import annotations

from importlib.metadata import version as version_of
from importlib.util import find_spec
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn

mx.set_default_device(mx.cpu)

name = "mlx"
version = version_of("mlx")
FLOATS = ("float16", *(["bfloat16"] if find_spec("ml_dtypes") else []), "float32", "float64")
INTEGERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
dtypes = {
    "max_forward": (*FLOATS, *INTEGERS),
    "max_backward": FLOATS,
    "mean_forward": FLOATS,
    "mean_backward": FLOATS,
}
ranks = (1, 2, 3)
padding = "symmetric"

MAXIMA = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
MEANS = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


def max_forward(x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """MaxPool1d, MaxPool2d or MaxPool3d."""
    return array(layer(MAXIMA, size, stride, padding)(channels_last(x)))


def max_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """Its gradient."""
    return gradient(dy, x, layer(MAXIMA, size, stride, padding))


def mean_forward(x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """AvgPool1d, AvgPool2d or AvgPool3d."""
    return array(layer(MEANS, size, stride, padding)(channels_last(x)))


def mean_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """Its gradient."""
    return gradient(dy, x, layer(MEANS, size, stride, padding))


def layer(kinds: Any, size: Any, stride: Any, padding: Any) -> Any:
    """The layer for the rank of `size`; begin and end of each padding are equal, as declared."""
    return kinds[len(size) - 1](size, stride, tuple(begin for begin, _ in padding) or 0)


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """The gradient that mx.vjp passes back to x."""
    return array(mx.vjp(forward, [channels_last(x)], [channels_last(dy)])[1][0])


def channels_last(a: Any) -> Any:
    """An MLX array with channels last; by default, MLX would convert float64 to float32."""
    return mx.array(np.ascontiguousarray(np.moveaxis(a, 1, -1)), getattr(mx, a.dtype.name.replace("bool", "bool_")))


def array(a: Any) -> Any:
    """A NumPy array with channels second; MLX exports bfloat16 only as bits."""
    if a.dtype == mx.bfloat16:
        import ml_dtypes

        return np.moveaxis(np.array(a.view(mx.uint16)).view(ml_dtypes.bfloat16), -1, 1)
    return np.moveaxis(np.array(a), -1, 1)
