"""PyTorch on the CPU: max_pool and avg_pool of one to three axes, in three memory layouts; gradients by autograd."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch.nn import functional

torch.set_num_threads(1)
DEVICE = os.environ.get("POOLPROOF_DEVICE", "cpu")  # --device sets it
FLOATS = ("float16", *(["bfloat16"] if find_spec("ml_dtypes") else []), "float32", "float64")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
DTYPES = {
    **dict.fromkeys(("max_forward", "max_indices"), INTEGERS + FLOATS),
    **dict.fromkeys(("max_backward", "mean_forward", "mean_backward"), FLOATS),
}
MAXIMA = dict.fromkeys(("max_forward", "max_backward"), ("padding", "ceil_mode"))


class Functional:
    """The functions of torch.nn.functional, on tensors in one memory layout."""

    version = torch.__version__
    __notes__ = [f"on the device {DEVICE}"] if "POOLPROOF_DEVICE" in os.environ else []
    padding = "symmetric"
    padding_limit = "half"

    def __init__(self, name: str, ranks: tuple[int, ...], arrange: Callable[[Any], Any]) -> None:
        self.name, self.ranks, self.arrange = name, ranks, arrange

    def max_forward(
        self, x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False
    ) -> Any:
        """max_pool1d, max_pool2d or max_pool3d."""
        return array(maxima(self.tensor(x), size, stride, padding, dilation, ceil_mode))

    def max_backward(
        self, dy: Any, x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False
    ) -> Any:
        """Its gradient."""
        return self.gradient(dy, x, lambda t: maxima(t, size, stride, padding, dilation, ceil_mode))

    def mean_forward(
        self, x: Any, size: Any, stride: Any, padding: Any = 0, ceil_mode: Any = False, count_include_pad: Any = True
    ) -> Any:
        """avg_pool1d, avg_pool2d or avg_pool3d."""
        return array(means(self.tensor(x), size, stride, padding, ceil_mode, count_include_pad))

    def mean_backward(
        self,
        dy: Any,
        x: Any,
        size: Any,
        stride: Any,
        padding: Any = 0,
        ceil_mode: Any = False,
        count_include_pad: Any = True,
    ) -> Any:
        """Its gradient."""
        return self.gradient(dy, x, lambda t: means(t, size, stride, padding, ceil_mode, count_include_pad))

    def gradient(self, dy: Any, x: Any, forward: Callable[[Any], Any]) -> Any:
        """The gradient that autograd passes back to x."""
        leaf = tensor(x).requires_grad_(True)
        forward(self.arrange(leaf)).backward(self.tensor(dy))
        return array(leaf.grad)

    def tensor(self, a: Any) -> Any:
        """A tensor in the layout."""
        return self.arrange(tensor(a))


class WithIndices(Functional):
    """The same in contiguous memory, which supports all dtypes and return_indices."""

    dtypes = DTYPES
    lacks = ("max_forward *int* 1", "mean_* *float16 3")

    def max_indices(
        self, x: Any, size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False
    ) -> Any:
        """The indices of max_pool1d, max_pool2d or max_pool3d with return_indices."""
        return array(maxima(self.tensor(x), size, stride, padding, dilation, ceil_mode, return_indices=True)[1])


class OneDNN(Functional):
    """The same in oneDNN's memory format."""

    dtypes = ("float32",)
    settings = MAXIMA


def maxima(x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any, **more: Any) -> Any:
    """The max_pool for the rank of x."""
    pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[len(size) - 1]
    return pool(x, size, stride, one_side(padding), dilation, ceil_mode, **more)


def means(x: Any, size: Any, stride: Any, padding: Any, ceil_mode: Any, count_include_pad: Any) -> Any:
    """The avg_pool for the rank of x."""
    pool = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(size) - 1]
    return pool(x, size, stride, one_side(padding), ceil_mode, count_include_pad)


def one_side(padding: Any) -> Any:
    """Pairs (begin, end) as one number per axis; both are equal, as declared."""
    return tuple(begin for begin, _ in padding) if padding else 0


def channels_last_(t: Any) -> Any:
    """The tensor with its channels innermost in memory."""
    return t.contiguous(memory_format=torch.channels_last if t.ndim == 4 else torch.channels_last_3d)


def tensor(a: Any) -> Any:
    """A contiguous tensor with memory of its own; torch imports bfloat16 as bits."""
    bits = a.dtype.name == "bfloat16"
    own = torch.from_numpy(np.array(a.view(np.int16) if bits else a, order="C", copy=True)).to(DEVICE)
    return own.view(torch.bfloat16) if bits else own


def array(t: Any) -> Any:
    """A tensor as an array."""
    t = (t.to_dense() if t.is_mkldnn else t).detach().cpu()
    if t.dtype == torch.bfloat16:
        import ml_dtypes

        return t.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return t.numpy()


contiguous = WithIndices("torch", (1, 2, 3), lambda t: t)
channels_last = WithIndices("torch-channels-last", (2, 3), channels_last_)
mkldnn = OneDNN("torch-mkldnn", (2, 3), lambda t: t.to_mkldnn())
