"""Functions of a framework's arrays, which the framework differentiates."""

from __future__ import annotations

from functools import wraps
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple

import numpy as np

from ..vocabulary import BACKWARD, FORWARD
from .given import Function, taken


def torch_function(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """PyTorch functions pool(x, size, stride) on tensors (N, C, H, W); each backward that is not given is autograd's.

    Settings are passed as in the contract, padding as pairs. A tensor shares the memory of an array in C order, so that
    the laws of conduct see what the function writes; any other array is copied. TypeError if there is no function.
    """
    return differentiated("torch_function", Framework(tensor, array_of_tensor, torch_gradient), implementation, given)


def jax_function(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """JAX functions pool(x, size, stride) on arrays (N, C, H, W); each backward that is not given is that of jax.vjp.

    Settings are passed as in the contract, padding as pairs. Arrays are copied, as JAX never writes to one. Unless
    `dtypes` are declared, float64 is asked only if `jax_enable_x64` is set by now. TypeError if there is no function.
    """
    from jax import config

    dtypes = ("float16", "float32", "float64") if config.jax_enable_x64 else ("float16", "float32")
    framework = Framework(jax_array, array_of_jax, jax_gradient)
    return differentiated("jax_function", framework, implementation, given, dtypes=dtypes)


class Framework(NamedTuple):
    """How arrays go into a framework and come out, and what makes of a forward pass its backward pass."""

    inward: Function
    outward: Function
    gradient: Callable[[Function], Function]


def differentiated(
    wrapper: str, framework: Framework, implementation: Any, given: dict[str, Any], **defaults: Any
) -> SimpleNamespace:
    """A target of a framework's functions, with the gradients that they lack."""
    found = taken(wrapper, implementation, given)
    pairs = zip(FORWARD, BACKWARD)
    gradients = {dx: framework.gradient(found.functions[y]) for y, dx in pairs if y in found.functions}
    functions = {**gradients, **found.functions}
    return found.made({name: in_framework(framework, function) for name, function in functions.items()}, **defaults)


def in_framework(framework: Framework, function: Function) -> Function:
    """A function of a framework's arrays, as one of NumPy's."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        *arrays, size, stride = arguments
        return framework.outward(function(*map(framework.inward, arrays), size, stride, **settings))

    return call


def torch_gradient(forward: Function) -> Function:
    """What autograd passes back to x."""

    @wraps(forward, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        from torch.autograd import grad

        return grad(forward(x.requires_grad_(True), size, stride, **settings), x, dy)[0]

    return call


def tensor(a: Any) -> Any:
    """A tensor: in the same memory if that is in C order, aligned and writeable; torch reads bfloat16 as bits."""
    import torch

    own = a if a.flags.carray else a.copy()
    if a.dtype.name == "bfloat16":
        return torch.from_numpy(own.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(own)


def array_of_tensor(t: Any) -> Any:
    """A tensor as an array; what is none as it is."""
    import torch

    if not isinstance(t, torch.Tensor):
        return t
    if t.dtype == torch.bfloat16:
        return t.detach().contiguous().view(torch.int16).numpy().view(np.dtype("bfloat16"))
    return t.detach().numpy()


def jax_gradient(forward: Function) -> Function:
    """What jax.vjp passes back to x."""

    @wraps(forward, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        from jax import vjp

        return vjp(lambda a: forward(a, size, stride, **settings), x)[1](dy)[0]

    return call


def jax_array(a: Any) -> Any:
    """A copy for JAX."""
    from jax import numpy

    return numpy.array(a, copy=True)


def array_of_jax(a: Any) -> Any:
    """An array of JAX as one of NumPy; what is none as it is."""
    from jax import Array

    return np.asarray(a) if isinstance(a, Array) else a
