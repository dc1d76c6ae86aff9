"""PaddlePaddle on the CPU: max_pool and avg_pool of one to three axes, differentiated by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle.nn import functional

paddle.set_device("cpu")
paddle.base.core.set_num_threads(1)

name = "paddle"
version = paddle.__version__
WIDE = ("float32", "float64")
EVERY = ("float16", *WIDE)
dtypes = {
    "max_forward": EVERY,
    "max_backward": EVERY,
    "max_indices": WIDE,
    "mean_forward": EVERY,
    "mean_backward": EVERY,
}
ranks = (1, 2, 3)
ceil_rule = "keep"
threads = False

MAXIMA = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
MEANS = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)


def max_forward(x: Any, size: Any, stride: Any, padding: Any = (), ceil_mode: Any = False) -> Any:
    """paddle.nn.functional.max_pool1d, max_pool2d or max_pool3d."""
    return maxima(tensor(x), size, stride, padding, ceil_mode).numpy()


def max_indices(x: Any, size: Any, stride: Any, ceil_mode: Any = False) -> Any:
    """The same with return_mask, which takes symmetric padding only, so that padding is not passed here."""
    return maxima(tensor(x), size, stride, (), ceil_mode, return_mask=True)[1].numpy()


def max_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = (), ceil_mode: Any = False) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: maxima(leaf, size, stride, padding, ceil_mode))


def mean_forward(
    x: Any, size: Any, stride: Any, padding: Any = (), ceil_mode: Any = False, count_include_pad: Any = True
) -> Any:
    """paddle.nn.functional.avg_pool1d, avg_pool2d or avg_pool3d."""
    return means(tensor(x), size, stride, padding, ceil_mode, count_include_pad).numpy()


def mean_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = (), ceil_mode: Any = False, count_include_pad: Any = True
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: means(leaf, size, stride, padding, ceil_mode, count_include_pad))


def maxima(x: Any, size: Any, stride: Any, padding: Any, ceil_mode: Any, **more: Any) -> Any:
    """The max_pool for the rank of `size`."""
    return MAXIMA[len(size) - 1](x, size, stride, flat(padding), ceil_mode=ceil_mode, **more)


def means(x: Any, size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
    """The avg_pool for the rank of `size`."""
    pool = MEANS[len(size) - 1]
    return pool(x, size, stride, flat(padding), ceil_mode=ceil_mode, exclusive=not count_include_pad)


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """The gradient that autograd passes back to x."""
    leaf = tensor(x)
    leaf.stop_gradient = False
    return paddle.grad(forward(leaf), leaf, tensor(dy))[0].numpy()


def flat(padding: Any) -> Any:
    """Pairs (begin, end) as one list of numbers."""
    return [cells for pair in padding for cells in pair] or 0


def tensor(a: Any) -> Any:
    """A tensor with memory of its own."""
    return paddle.to_tensor(np.array(a, order="C", copy=True))
