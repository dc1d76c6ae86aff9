"""The device: whether there is one, how kernels are compiled and started, and arrays on their way there and back."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
from numba import cuda
from numba.core import config

from ..dtypes import Array, Ints, rounded

SIMULATED: bool = config.ENABLE_CUDASIM
"""Whether numba simulates a GPU in Python."""

if not cuda.is_available():
    raise ImportError(
        "the cuda kernel needs an NVIDIA GPU with its driver, and numba-cuda (pip install 'poolproof[cuda]'); "
        "without a GPU, NUMBA_ENABLE_CUDASIM=1 in the environment simulates one, slowly"
    )

THREADS = 2 if SIMULATED else 256
"""Threads of a block."""

BLOCKS = (2, 2) if SIMULATED else (128, 1 << 16)
"""The fewest and the most blocks of a grid. Fewer leave a GPU idle, which numba warns of; with more cells than that, a
thread gathers several. The simulator's threads are Python's, so it has few, and each gathers several of a few cells."""

jit: Callable[[Any], Any] = cuda.jit
"""Compiles a kernel at its first start with a dtype."""


def jit_device(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that kernels call. The simulator calls it as it is: on a device, it would take far longer."""
    compiled: Callable[..., Any] = function if SIMULATED else cuda.jit(device=True)(function)
    return compiled


def value_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype on the device that has the elements of this one: CUDA has no array of bool, and numba no bfloat16."""
    return np.dtype({"bool": np.uint8, "bfloat16": np.float32}.get(dtype.name, dtype))


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which the device stores sums: this one, or float64 for bfloat16, to which the host then rounds."""
    return np.dtype(np.float64) if dtype.name == "bfloat16" else dtype


def zero(dtype: np.dtype[Any]) -> Any:
    """Zero in the dtype in which elements of this one are compared: numba-cuda needs C++ to compare float16."""
    return np.float32(0) if dtype.name == "float16" else value_dtype(dtype).type(0)


def on_device(array: Any) -> bool:
    """Whether an array is one of numba's on the device."""
    return hasattr(array, "__cuda_ndarray__")


def adopted(name: str, array: Any) -> Any:
    """An array on the device, whoever made it, as one of numba's, not copied; anything else as it is."""
    if not on_device(array) and not hasattr(array, "__cuda_array_interface__"):
        return array
    there = array if on_device(array) else cuda.as_cuda_array(array)
    if not there.is_c_contiguous():
        raise ValueError(f"{name} lies on the device with strides {there.strides}, but should be contiguous")
    return there


def outlined(array: Any) -> Any:
    """An array whose dtype and shape can be checked; that of one on the device has its outline and takes no memory."""
    return np.broadcast_to(np.zeros((), array.dtype), array.shape) if on_device(array) else array


def planes(array: Any, checked: Array) -> Any:
    """An input as planes (P, cells) on the device: as it lies there, or else `checked`, the same on the host, sent."""
    shape, dtype = flat(checked.shape), value_dtype(checked.dtype)
    if on_device(array):
        return array.reshape(shape).view(dtype)
    return cuda.to_device(np.ascontiguousarray(checked, dtype).reshape(shape))


def room(shape: Ints, dtype: np.dtype[Any]) -> Any:
    """Planes (P, cells) on the device for a result of this shape."""
    return cuda.device_array(flat(shape), dtype)


def returned(result: Any, shape: Ints, dtype: np.dtype[Any], like: Any) -> Any:
    """A result in its shape and dtype: on the device if `like` is there, otherwise on the host."""
    if on_device(like):
        return result.view(dtype).reshape(shape)
    return rounded(result.copy_to_host().reshape(shape), dtype)


def flat(shape: Ints) -> Ints:
    """A shape (N, C, ...) as planes (P, cells)."""
    return prod(shape[:2]), prod(shape[2:])


def launch(kernel: Any, *arguments: Any) -> None:
    """Start a kernel, to which arrays on the host are sent. The last argument is the result, a cell for each thread."""
    there = [cuda.to_device(each) if isinstance(each, np.ndarray) else each for each in arguments]
    fewest, most = BLOCKS
    blocks = max(fewest, min(most, -(-there[-1].size // THREADS)))
    with quiet():
        kernel[blocks, THREADS](*there)


@contextmanager
def quiet() -> Iterator[None]:
    """The simulator stores with NumPy, which warns where a sum overflows; a GPU does not."""
    if not SIMULATED:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
