"""Wrappers for functions of a framework's arrays, which the framework differentiates."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from math import prod
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple, Tuple

import numpy as np

from ..remote.vocabulary import BACKWARD, FORWARD
from .devices import device, device_notes, end_if_lost, on_device, simulated, written_back
from .given import Function, taken

FLOATS = ("float64", "float32", "float16", "bfloat16")

NO_FORMULA = "no autograd formula was registered"
"""PyTorch's message for an operator of torch.library without a gradient."""


def torch_function(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """PyTorch functions pool(x, size, stride) on tensors (N, C, H, W); backwards that are not given come from autograd.

    The forward is tried once on a small tensor: if autograd cannot differentiate it, there is no such backward.
    Settings are passed as in the contract, padding as pairs. A tensor shares the memory of an array in C order, so that
    the laws of conduct see what the function writes; any other array is copied. Raises TypeError if there is no
    function.
    """
    return differentiated("torch_function", TORCH, implementation, given)


def jax_function(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """JAX functions pool(x, size, stride) on arrays (N, C, H, W); backwards that are not given come from jax.vjp.

    The forward is tried once on a small array: if jax.vjp cannot differentiate it, there is no such backward. Settings
    are passed as in the contract, padding as pairs. Arrays are copied, as JAX never writes to one. Unless `dtypes` are
    declared, float64 is tested only if `jax_enable_x64` is already set. Raises TypeError if there is no function.
    """
    return differentiated("jax_function", JAX, implementation, given, dtypes=jax_dtypes())


def jax_dtypes() -> Tuple[str, ...]:
    """The dtypes in which JAX computes with its present settings."""
    from jax import config

    return ("float16", "float32", "float64") if config.jax_enable_x64 else ("float16", "float32")


class Framework(NamedTuple):
    """How to pass arrays to and from a framework, how to make a backward from a forward, and whether that is possible.

    `on_device`: whether its tensors are on the device of `--device`.
    """

    inward: Function
    outward: Function
    gradient: Callable[[Function], Function]
    differentiates: Callable[[Function, Any, Any, Any], bool]
    on_device: bool = False


def differentiated(
    wrapper: str,
    framework: Framework,
    implementation: Any,
    given: dict[str, Any],
    tried: list[TrialCall] | None = None,
    **defaults: Any,
) -> SimpleNamespace:
    """A target made from a framework's functions, with the gradients that they lack and the framework provides.

    `tried` are the calls with which forwards are tried (default: a window of two, in all usual forms).
    """
    found, defaults = taken(wrapper, implementation, given), {**simulated(), **defaults}
    functions, declarations = dict(found.functions), {**defaults, **found.declarations}
    notes = device_notes() if framework.on_device else []
    for forward, backward in zip(FORWARD, BACKWARD):
        if forward not in found.functions or backward in found.functions:
            continue
        if is_differentiable(framework, found.functions[forward], tried or trials(forward, declarations)):
            functions[backward] = framework.gradient(found.functions[forward])
        else:
            notes.append(f"{backward} is not tested: the result of {forward} cannot be differentiated")
    wrapped = {name: in_framework(framework, function) for name, function in functions.items()}
    return found.noting(notes).made(wrapped, **defaults)


def is_differentiable(framework: Framework, forward: Function, trials: list[TrialCall]) -> bool:
    """Whether a framework can differentiate a forward, according to the first trial that both can handle."""
    for trial in trials:
        with suppress(Exception):
            x = np.arange(prod(trial.shape)).reshape(trial.shape).astype(trial.dtype)
            return framework.differentiates(forward, framework.inward(x), trial.size, trial.stride)
    return False


class TrialCall(NamedTuple):
    """A call to try a forward with: the dtype and shape of an array, and the windows on it."""

    dtype: str
    shape: Tuple[int, ...]
    size: Any
    stride: Any


def trials(function: str, declarations: dict[str, Any]) -> list[TrialCall]:
    """Calls in the declared float dtypes and ranks, the usual ones first, in several forms.

    Other wrappers may surround this one, so the function may take single ints, and arrays without an axis for samples
    or channels.
    """
    dtypes, ranks = declarations.get("dtypes"), declarations.get("ranks")
    dtypes = dtypes.get(function) if isinstance(dtypes, dict) else dtypes
    asked = dtypes if isinstance(dtypes, (tuple, list)) else FLOATS[:3]
    forms = [
        ((2,) * ndim, size, size)
        for rank in (1, 2, 3)
        if rank in (ranks if isinstance(ranks, (tuple, list)) else (2,))
        for size in ((2,) * rank, 2)
        for ndim in (2 + rank, 1 + rank, rank)
    ]
    return [TrialCall(dtype, *form) for form in forms for dtype in FLOATS if dtype in asked]


def in_framework(framework: Framework, function: Function) -> Function:
    """A function of a framework's arrays, as a function of NumPy arrays."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        *arrays, size, stride = arguments
        inside = [framework.inward(array) for array in arrays]
        if not (framework.on_device and device()):
            return framework.outward(function(*inside, size, stride, **settings))
        try:
            result = framework.outward(function(*inside, size, stride, **settings))
        except Exception as error:
            end_if_lost(error)
            raise
        for array, there in zip(arrays, inside):
            written_back(array, there, framework.outward)
        return result

    return call


def torch_gradient(forward: Function) -> Function:
    """The backward that autograd provides, which may return dy itself; the contract wants a fresh array."""

    @wraps(forward, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        from torch.autograd import grad

        return grad(forward(x.requires_grad_(True), size, stride, **settings), x, dy)[0].clone()

    return call


def torch_differentiates(forward: Function, x: Any, size: Any, stride: Any) -> bool:
    """Whether autograd connects the result with x. A backward that fails in another way exists and is judged."""
    from torch import Tensor
    from torch.autograd import grad

    y = forward(x.requires_grad_(True), size, stride)
    if not isinstance(y, Tensor) or not y.requires_grad:
        return False
    try:
        return grad(y.sum(), x, allow_unused=True)[0] is not None
    except NotImplementedError:
        return False
    except Exception as error:
        return NO_FORMULA not in str(error)


def tensor(a: Any) -> Any:
    """A tensor in the same memory, if PyTorch supports the strides; on a device, in memory with the same layout.

    An array that is read-only, unaligned or reversed is copied. PyTorch reads bfloat16 as bits.
    """
    import torch

    own = a if is_view_of_torch(a) else a.copy()
    bits = own.view(np.int16) if a.dtype.name == "bfloat16" else own
    t = torch.from_numpy(bits)
    return on_device(own, t.view(torch.bfloat16) if a.dtype.name == "bfloat16" else t)


def is_view_of_torch(a: Any) -> bool:
    """Whether a tensor can have the memory layout of an array."""
    forwards = all(step >= 0 and step % a.itemsize == 0 for step in a.strides)
    return bool(a.flags.writeable and a.flags.aligned and forwards)


def array_of_tensor(t: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    import torch

    if not isinstance(t, torch.Tensor):
        return t
    if t.dtype == torch.bfloat16:
        return t.detach().cpu().contiguous().view(torch.int16).numpy().view(np.dtype("bfloat16"))
    return t.detach().cpu().numpy()


def jax_gradient(forward: Function) -> Function:
    """The backward that jax.vjp provides."""

    @wraps(forward, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        from jax import vjp

        return vjp(lambda a: forward(a, size, stride, **settings), x)[1](dy)[0]

    return call


def jax_differentiates(forward: Function, x: Any, size: Any, stride: Any) -> bool:
    """Whether jax.vjp takes the forward. A backward that fails in another way exists and is judged."""
    from jax import numpy, vjp

    y, backward = vjp(lambda a: forward(a, size, stride), x)
    try:
        backward(numpy.ones_like(y))
    except NotImplementedError:
        return False
    except Exception:
        return True
    return True


def jax_array(a: Any) -> Any:
    """A copy for JAX."""
    from jax import numpy

    return numpy.array(a, copy=True)


def array_of_jax(a: Any) -> Any:
    """An array of JAX as one of NumPy; anything else as it is."""
    from jax import Array

    return np.asarray(a) if isinstance(a, Array) else a


def tensorflow_gradient(forward: Function) -> Function:
    """The backward that a gradient tape of TensorFlow provides."""

    @wraps(forward, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        from tensorflow import GradientTape

        with GradientTape() as tape:
            tape.watch(x)
            y = forward(x, size, stride, **settings)
        return tape.gradient(y, x, output_gradients=dy)

    return call


def tensorflow_differentiates(forward: Function, x: Any, size: Any, stride: Any) -> bool:
    """Whether a tape connects the result with x. A backward that fails in another way exists and is judged."""
    from tensorflow import GradientTape

    with GradientTape() as tape:
        tape.watch(x)
        y = forward(x, size, stride)
    try:
        return tape.gradient(y, x) is not None
    except LookupError:
        return False
    except Exception:
        return True


def tensorflow_tensor(a: Any) -> Any:
    """A copy for TensorFlow, which never writes to one."""
    from tensorflow import constant

    return constant(a)


def array_of_tensorflow(t: Any) -> Any:
    """A tensor of TensorFlow as an array; anything else as it is."""
    from tensorflow import is_tensor

    return t.numpy() if is_tensor(t) else t


def no_gradient(forward: Function) -> Function:
    """Raise NotImplementedError: NumPy differentiates nothing."""
    raise NotImplementedError("NumPy differentiates nothing")


def as_it_is(a: Any) -> Any:
    """The array itself."""
    return a


TORCH = Framework(tensor, array_of_tensor, torch_gradient, torch_differentiates, on_device=True)
JAX = Framework(jax_array, array_of_jax, jax_gradient, jax_differentiates)
TENSORFLOW = Framework(tensorflow_tensor, array_of_tensorflow, tensorflow_gradient, tensorflow_differentiates)
NUMPY = Framework(as_it_is, as_it_is, no_gradient, lambda *_: False)
