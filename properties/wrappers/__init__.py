"""Wrappers: targets made of pooling functions that take other shapes of arguments than the contract, each in one line.

A wrapper takes an object with some of the contract's callables, or these by name, and returns a namespace of the same
callables as the contract has them: `planes(my_module)`, or `planes(max_forward=my_pool, dtypes=("float32",))`. Any
declaration may be given by name as well. Wrappers go around one another, the one nearest to the function inside:
`nhwc(ints(my_module))`. The settings that a function names are asked of it as if it were not wrapped.

Nothing that a function returns is cast, clipped or repaired: what is no array is handed on as it is.
"""

from __future__ import annotations

from .frameworks import jax_function, torch_function
from .layers import layer
from .model import onnx_model
from .modules import module
from .shapes import arranged, cached, first, images, ints, nhwc, planes

__all__ = [
    "arranged", "cached", "first", "images", "ints", "jax_function", "layer", "module", "nhwc", "onnx_model", "planes",
    "torch_function",
]  # fmt: skip
