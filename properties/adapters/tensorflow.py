"""TensorFlow on the CPU, channels last: max_pool and avg_pool of one to three axes, differentiated by GradientTape."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

name = "tensorflow"
version = tf.__version__
FLOATS = ("float16", "bfloat16", "float32", "float64")
OF_MAXIMA = ("int8", "int16", "int32", "int64", "uint8", "uint16", *FLOATS)
dtypes = {
    "max_forward": OF_MAXIMA,
    "max_backward": FLOATS,
    "max_indices": (*OF_MAXIMA, "uint32", "uint64"),
    "mean_forward": FLOATS,
    "mean_backward": FLOATS,
}
ranks = (1, 2)
padding_limit = "window"


def max_forward(x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """tf.nn.max_pool1d, max_pool2d or max_pool3d."""
    return channels_first(maxima(channels_last(x), size, stride, padding))


def max_indices(x: Any, size: Any, stride: Any) -> Any:
    """tf.nn.max_pool_with_argmax, which counts channels too; a row becomes an image one cell high, as in max_pool1d."""
    images, row = channels_last(x), len(size) == 1
    window = ((1, *size), (1, *stride)) if row else (size, stride)
    _, indices = tf.nn.max_pool_with_argmax(images[:, None] if row else images, *window, "VALID")
    return channels_first(indices[:, 0] if row else indices) // x.shape[1]


def max_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: maxima(leaf, size, stride, padding))


def mean_forward(x: Any, size: Any, stride: Any) -> Any:
    """tf.nn.avg_pool1d, avg_pool2d or avg_pool3d."""
    return channels_first(means(channels_last(x), size, stride))


def mean_backward(dy: Any, x: Any, size: Any, stride: Any) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: means(leaf, size, stride))


def maxima(x: Any, size: Any, stride: Any, padding: Any) -> Any:
    """The max_pool for the rank of the window."""
    pool = (tf.nn.max_pool1d, tf.nn.max_pool2d, tf.nn.max_pool3d)[len(size) - 1]
    return pool(x, size, stride, [(0, 0), *padding, (0, 0)] if padding else "VALID")


def means(x: Any, size: Any, stride: Any) -> Any:
    """The avg_pool for the rank of the window."""
    pool = (tf.nn.avg_pool1d, tf.nn.avg_pool2d, tf.nn.avg_pool3d)[len(size) - 1]
    return pool(x, size, stride, "VALID")


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """The gradient that the tape passes back to x."""
    leaf = channels_last(x)
    with tf.GradientTape() as tape:
        tape.watch(leaf)
        y = forward(leaf)
    return channels_first(tape.gradient(y, leaf, output_gradients=channels_last(dy)))


def channels_last(a: Any) -> Any:
    """A tensor in the layout that the CPU supports, in memory of its own."""
    return tf.constant(np.array(np.moveaxis(a, 1, -1), order="C"))


def channels_first(t: Any) -> Any:
    """A tensor as an array in the layout of the contract, in memory of its own."""
    return np.moveaxis(np.array(t.numpy()), -1, 1)


volumes = SimpleNamespace(
    name="tensorflow-3d",
    version=version,
    dtypes=("bfloat16", "float32"),
    ranks=(3,),
    padding="none",
    max_forward=max_forward,
    max_backward=max_backward,
    mean_forward=mean_forward,
    mean_backward=mean_backward,
)
"""Three axes, for which TensorFlow supports fewer dtypes and no explicit padding."""
