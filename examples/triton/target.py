"""The kernels of pool.py as poolproof's contract has them: on NumPy arrays, in Triton's interpreter or on a GPU."""

import os
from functools import wraps

# Read by Triton when it is imported. With TRITON_INTERPRET=0 the kernels are compiled, and run on a GPU.
INTERPRETED = os.environ.setdefault("TRITON_INTERPRET", "1") != "0"

import pool  # noqa: E402
import torch  # noqa: E402

name = "pool.py in Triton's interpreter" if INTERPRETED else "pool.py in Triton"
dtypes = ("float16", "float32")
# The interpreter patches Triton itself while a kernel runs, and takes a millisecond for each cell of a window.
threads = not INTERPRETED
max_cells = 4096 if INTERPRETED else None
# On a GPU atomic additions come in any order.
deterministic = INTERPRETED


def on_arrays(function):
    """A function on tensors as one on arrays."""

    @wraps(function)
    def call(*arguments, **settings):
        *arrays, size, stride = arguments
        return function(*map(tensor, arrays), size, stride, **settings).cpu().numpy()

    return call


def tensor(array):
    """A tensor in the memory of an array, with its strides; or of a copy, where torch takes no such memory."""
    fits = array.flags.behaved and all(step >= 0 and step % array.itemsize == 0 for step in array.strides)
    return torch.from_numpy(array if fits else array.copy()).to("cpu" if INTERPRETED else "cuda")


max_forward = on_arrays(pool.max_forward)
max_backward = on_arrays(pool.max_backward)
mean_forward = on_arrays(pool.mean_forward)
mean_backward = on_arrays(pool.mean_backward)
