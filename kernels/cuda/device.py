"""The device: whether there is one, how kernels are compiled and launched, and how arrays get there and back."""

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
"""Threads per block."""

BLOCKS = (2, 2) if SIMULATED else (128, 1 << 16)
"""The fewest and the most blocks per grid. Fewer leave a GPU idle, and numba warns of it; with more cells than threads,
a thread gathers several. The simulator gets few blocks, so that a thread gathers several there in small tests too."""

jit: Callable[[Any], Any] = cuda.jit
"""Compiles a kernel at its first launch with a dtype."""


def jit_device(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that kernels call. The simulator calls it as it is: a device function is far slower."""
    compiled: Callable[..., Any] = function if SIMULATED else cuda.jit(device=True)(function)
    return compiled


def value_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that holds these elements on the device: CUDA has no arrays of bool, and numba no bfloat16."""
    return np.dtype({"bool": np.uint8, "bfloat16": np.float32}.get(dtype.name, dtype))


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which the device stores sums: this one, or float64 for bfloat16, which the host rounds to."""
    return np.dtype(np.float64) if dtype.name == "bfloat16" else dtype


def zero(dtype: np.dtype[Any]) -> Any:
    """Zero in the dtype in which these elements are compared: numba-cuda needs C++ to compare float16."""
    return np.float32(0) if dtype.name == "float16" else value_dtype(dtype).type(0)


def on_device(array: Any) -> bool:
    """Whether this is a device array of numba."""
    return hasattr(array, "__cuda_ndarray__")


def adopted(name: str, array: Any) -> Any:
    """A device array of any library as one of numba's, without a copy; anything else unchanged."""
    if not on_device(array) and not hasattr(array, "__cuda_array_interface__"):
        return array
    there = array if on_device(array) else cuda.as_cuda_array(array)
    if not there.is_c_contiguous():
        raise ValueError(f"{name} lies on the device with strides {there.strides}, but should be contiguous")
    return there


def outlined(array: Any) -> Any:
    """An array whose dtype and shape can be checked: for a device array, a stand-in that takes no memory."""
    return np.broadcast_to(np.zeros((), array.dtype), array.shape) if on_device(array) else array


def planes(array: Any, checked: Array) -> Any:
    """An input as planes (P, cells) on the device: itself if it lies there, or else a copy of `checked` on the host."""
    shape, dtype = flat(checked.shape), value_dtype(checked.dtype)
    if on_device(array):
        return array.reshape(shape).view(dtype)
    return cuda.to_device(np.ascontiguousarray(checked, dtype).reshape(shape))


def room(shape: Ints, dtype: np.dtype[Any]) -> Any:
    """Uninitialized planes (P, cells) on the device for a result of this shape."""
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
    """Launch a kernel; arrays on the host are copied there. The last argument is the result, a thread for each cell."""
    there = [cuda.to_device(each) if isinstance(each, np.ndarray) else each for each in arguments]
    fewest, most = BLOCKS
    blocks = max(fewest, min(most, -(-there[-1].size // THREADS)))
    with quiet():
        kernel[blocks, THREADS](*there)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the simulator: it stores with NumPy, which warns of a sum that overflows, as a GPU does not."""
    if not SIMULATED:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
