"""PyTorch on the CPU, contiguous tensors: max_pool and avg_pool of one to three axes, differentiated by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

torch.set_num_threads(1)

name = "torch"
version = torch.__version__
WIDE = ("float32", "float64")
EVERY = ("float16", "bfloat16", *WIDE)
dtypes = {
    "max_forward": EVERY,
    "max_backward": EVERY,
    "max_indices": EVERY,
    "mean_forward": WIDE,
    "mean_backward": WIDE,
}
ranks = (1, 2, 3)
padding = "symmetric"
padding_limit = "half"


def max_forward(x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False) -> Any:
    """torch.nn.functional.max_pool2d and its like."""
    return array(maxima(tensor(x), size, stride, padding, dilation, ceil_mode))


def max_indices(x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False) -> Any:
    """The same with return_indices."""
    return array(maxima(tensor(x), size, stride, padding, dilation, ceil_mode, return_indices=True)[1])


def max_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: maxima(leaf, size, stride, padding, dilation, ceil_mode))


def mean_forward(
    x: Any, size: Any, stride: Any, padding: Any = 0, ceil_mode: Any = False, count_include_pad: Any = True
) -> Any:
    """torch.nn.functional.avg_pool2d and its like."""
    return array(means(tensor(x), size, stride, padding, ceil_mode, count_include_pad))


def mean_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = 0, ceil_mode: Any = False, count_include_pad: Any = True
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: means(leaf, size, stride, padding, ceil_mode, count_include_pad))


def maxima(x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any, **more: Any) -> Any:
    """max_pool of the rank of x."""
    pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[x.ndim - 3]
    return pool(x, size, stride, one_side(padding), dilation, ceil_mode, **more)


def means(x: Any, size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
    """avg_pool of the rank of x."""
    pool = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[x.ndim - 3]
    return pool(x, size, stride, one_side(padding), ceil_mode, count_include_pad)


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """What autograd passes back to x."""
    leaf = tensor(x).requires_grad_(True)
    forward(leaf).backward(tensor(dy))
    return array(leaf.grad)


def one_side(padding: Any) -> Any:
    """Pairs (begin, end) as one number an axis; they are equal, as declared."""
    return tuple(begin for begin, _ in padding) if padding else 0


def tensor(a: Any) -> Any:
    """A contiguous tensor with memory of its own; torch reads bfloat16 as bits."""
    if a.dtype.name == "bfloat16":
        return torch.from_numpy(np.array(a.view(np.int16), order="C", copy=True)).view(torch.bfloat16)
    return torch.from_numpy(np.array(a, order="C", copy=True))


def array(t: Any) -> Any:
    """A tensor as an array."""
    if t.dtype == torch.bfloat16:
        import ml_dtypes

        return t.detach().contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return t.detach().numpy()
