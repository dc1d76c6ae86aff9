"""Flax on JAX with 64-bit types, channels last: linen.max_pool and avg_pool, differentiated by jax.vjp."""

from __future__ import annotations

from functools import partial
from typing import Any

import flax
import jax
import numpy as np
from flax import linen
from jax import numpy as jnp

jax.config.update("jax_enable_x64", True)

name = "flax"
version = flax.__version__
FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
dtypes = {
    "max_forward": (*INTEGERS, *FLOATS),
    "max_backward": FLOATS,
    "mean_forward": FLOATS,
    "mean_backward": FLOATS,
}
ranks = (1, 2, 3)

maxima = partial(jax.jit, static_argnums=(1, 2, 3))(linen.max_pool)
means = partial(jax.jit, static_argnums=(1, 2, 3, 4))(linen.avg_pool)
"""Both are compiled for each shape."""


def max_forward(x: Any, size: Any, stride: Any, padding: Any = "VALID") -> Any:
    """linen.max_pool."""
    return channels_first(maxima(channels_last(x), size, stride, padding))


def max_backward(dy: Any, x: Any, size: Any, stride: Any, padding: Any = "VALID") -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: maxima(leaf, size, stride, padding))


def mean_forward(x: Any, size: Any, stride: Any, padding: Any = "VALID", count_include_pad: Any = True) -> Any:
    """linen.avg_pool."""
    return channels_first(means(channels_last(x), size, stride, padding, count_include_pad))


def mean_backward(
    dy: Any, x: Any, size: Any, stride: Any, padding: Any = "VALID", count_include_pad: Any = True
) -> Any:
    """Its gradient."""
    return gradient(dy, x, lambda leaf: means(leaf, size, stride, padding, count_include_pad))


def gradient(dy: Any, x: Any, forward: Any) -> Any:
    """The gradient that jax.vjp passes back to x."""
    _, pull = jax.vjp(forward, channels_last(x))
    return channels_first(pull(channels_last(dy))[0])


def channels_last(a: Any) -> Any:
    """An array in the layout of Flax, in memory of its own."""
    return jnp.array(np.moveaxis(a, 1, -1))


def channels_first(a: Any) -> Any:
    """A result in the layout of the contract, in memory of its own."""
    return np.moveaxis(np.array(a), -1, 1)
