"""Wrappers: one-line adapters for pooling functions whose arguments have other shapes than the contract's.

A wrapper takes an object with some of the contract's callables, or these by name, and returns a namespace of the same
callables in the contract's form: `planes(my_module)`, or `planes(max_forward=my_pool, dtypes=("float32",))`.
Declarations may be given by name as well. Wrappers can be nested, the one nearest to the function innermost:
`nhwc(ints(my_module))`. Settings that a function names among its parameters are tested as if it were not wrapped.

A function's results are not cast, clipped or repaired; a result that is not an array is passed on as it is.
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
