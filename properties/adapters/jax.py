"""JAX with 64-bit types: lax.reduce_window with lax.max, differentiated by jax.vjp; JAX has no mean of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

jax.config.update("jax_enable_x64", True)

name = "jax"
version = jax.__version__
FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
dtypes = {"max_forward": (*INTEGERS, *FLOATS), "max_backward": FLOATS}
ranks = (1, 2, 3)


def max_forward(x: Any, size: Any, stride: Any, padding: Any = (), dilation: Any = ()) -> Any:
    """lax.reduce_window."""
    return np.array(maxima(jnp.array(x), size, stride, padding, dilation))


def max_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = ()) -> Any:
    """Its gradient, which JAX lacks with dilation."""
    _, pull = jax.vjp(lambda leaf: maxima(leaf, size, stride, padding, ()), jnp.array(x))
    return np.array(pull(jnp.array(dy))[0])


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def maxima(x: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The largest value of each window, starting from the smallest of the dtype; compiled for each shape."""
    whole = ((1, 1, *size), (1, 1, *stride))
    pads = ((0, 0), (0, 0), *(padding or [(0, 0)] * len(size)))
    apart = (1, 1, *(dilation or [1] * len(size)))
    return lax.reduce_window(x, smallest(x.dtype), lax.max, *whole, pads, window_dilation=apart)


def smallest(dtype: Any) -> Any:
    """The smallest value of a dtype."""
    if dtype.kind in "bu":
        return np.array(0, dtype)
    return np.array(np.iinfo(dtype).min if dtype.kind == "i" else -np.inf, dtype)
