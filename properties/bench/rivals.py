"""Other libraries: each gets inputs in its own form and its threads set, so that the measured time copies nothing."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from poolproof.kernels.dtypes import Array

from ..contract import Unusable, did_you_mean
from ..targets.peers import PEERS
from .methods import REMEMBERED, STATELESS, BoundWay, Lacking, Way
from .workloads import Workload

READY = "r"
"""The remark that a library writes its results into preallocated memory, as its interface provides."""


def operators(work: Workload, x: Array, dy: Array, threads: int, device: str = "cpu") -> BoundWay:
    """PyTorch by the operators that its functions and autograd call, which have less overhead."""
    import torch

    torch.set_num_threads(threads)
    (leaf, delta), window = placed(device, x, dy), (list(work.size), list(work.stride))
    if work.kind == "mean":
        mean, backward = torch._C._nn.avg_pool2d, torch.ops.aten.avg_pool2d_backward.default
        return BoundWay(
            lambda: (mean(leaf, *window), leaf),
            lambda kept: backward(delta, kept, *window, [0, 0], False, True, None),
            to_numpy,
        )
    maximum, scatter = torch._C._nn.max_pool2d_with_indices, torch.ops.aten.max_pool2d_with_indices_backward.default
    return BoundWay(
        lambda: maximum(leaf, *window),
        lambda kept: scatter(delta, leaf, *window, [0, 0], [1, 1], False, kept),
        to_numpy,
    )


def autograd(work: Workload, x: Array, dy: Array, threads: int, device: str = "cpu") -> BoundWay:
    """PyTorch as users call it: torch.nn.functional forward, autograd backward."""
    import torch

    torch.set_num_threads(threads)
    pool = torch.nn.functional.max_pool2d if work.kind == "max" else torch.nn.functional.avg_pool2d
    leaf, delta = placed(device, x, dy)
    leaf.requires_grad_()

    def forward() -> tuple[Any, Any]:
        y = pool(leaf, work.size, work.stride)
        return y, y

    # The graph is kept, because the backward pass alone runs on one graph again and again.
    return BoundWay(forward, lambda y: torch.autograd.grad(y, leaf, delta, retain_graph=True)[0], to_numpy)


def placed(device: str, *arrays: Array) -> list[Any]:
    """Arrays as tensors, which share their memory on the CPU. Raises Lacking if PyTorch has no such device."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise Lacking("finds no GPU, or is built without CUDA")
    return [torch.from_numpy(array).to(device) for array in arrays]


def to_numpy(tensor: Any) -> Array:
    """A tensor as an array, which shares its memory on the CPU."""
    array: Array = tensor.detach().cpu().numpy()
    return array


def onnxruntime(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:  # noqa: ARG001  (it has no backward)
    """ONNX Runtime, with input and output bound."""
    from onnxruntime import OrtValue

    from ..adapters import onnxruntime as adapter

    refuse(adapter, work)
    operator = {"max": "MaxPool", "mean": "AveragePool"}[work.kind]
    attributes = (("kernel_shape", work.size), ("strides", work.stride))
    session = adapter.session(operator, ("y",), work.dtype, attributes, threads)
    y = OrtValue.ortvalue_from_shape_and_type(work.output, x.dtype)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", OrtValue.ortvalue_from_numpy(x))
    binding.bind_ortvalue_output("y", y)

    def forward() -> tuple[Any, None]:
        session.run_with_iobinding(binding)
        return y, None

    return BoundWay(forward, None, lambda value: value.numpy())


def openvino(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:  # noqa: ARG001  (it has no backward)
    """OpenVINO: one request with its input set, started and waited for."""
    from openvino import Tensor

    from ..adapters import openvino as adapter

    refuse(adapter, work)
    operation = {"max": "max_pool", "mean": "avg_pool"}[work.kind]
    attributes = adapter.attributes_of(operation, work.size, work.stride, {})
    request = adapter.model(operation, 0, work.dtype, work.shape, attributes, threads).create_infer_request()
    request.set_input_tensor(Tensor(x, shared_memory=True))

    def forward() -> tuple[Any, None]:
        request.start_async()
        request.wait()
        return request, None

    return BoundWay(forward, None, lambda done: done.get_output_tensor().data)


def jax(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:
    """JAX: lax.reduce_window and its gradient, both compiled. JAX reads the number of threads once, when it starts."""
    if "jax" not in sys.modules:
        os.environ["NPROC"] = str(threads)
    if os.environ.get("NPROC") != str(threads):
        raise Lacking(f"its threads were set when it started; run it alone with --threads {threads}")
    import jax

    from ..adapters import jax as adapter

    refuse(adapter, work)
    leaf, delta = jax.numpy.asarray(x), jax.numpy.asarray(dy)
    pool = partial(adapter.maxima, size=work.size, stride=work.stride, padding=(), dilation=())
    gradient = jax.jit(lambda delta, leaf: jax.vjp(pool, leaf)[1](delta)[0])
    return BoundWay(
        lambda: (pool(leaf).block_until_ready(), leaf),
        lambda kept: gradient(delta, kept).block_until_ready(),
    )


def refuse(adapter: Any, work: Workload) -> None:
    """Raise Lacking if an adapter does not declare the dtype of a workload."""
    if work.dtype not in adapter.dtypes.get(f"{work.kind}_forward", ()):
        raise Lacking(f"has no {work.kind} of {work.dtype}")


Make = Callable[[Workload, Array, Array, int], BoundWay]
RIVALS: dict[str, list[tuple[str, str, Make, str]]] = {
    "torch": [("torch operators", REMEMBERED, operators, ""), ("torch autograd", REMEMBERED, autograd, "")],
    "onnxruntime": [("onnxruntime", STATELESS, onnxruntime, READY)],
    "openvino": [("openvino", STATELESS, openvino, READY)],
    "jax": [("jax", STATELESS, jax, "")],
}
"""The ways of each library: name, form of max pooling, the function that binds inputs, remark."""


ON_DEVICE: dict[str, list[tuple[str, str, Make, str]]] = {
    "torch": [
        ("torch operators", REMEMBERED, partial(operators, device="cuda"), ""),
        ("torch autograd", REMEMBERED, partial(autograd, device="cuda"), ""),
    ]
}
"""The same on a GPU."""


def rivals(libraries: Sequence[str], kind: str, table: Mapping[str, Any] | None = None) -> list[Way]:
    """The ways of these libraries for "max" or "mean", from `RIVALS` or another table."""
    listed = (each for library in libraries for each in (table or RIVALS)[library])
    return [Way(name, form if kind == "max" else "", make, remark=remark) for name, form, make, remark in listed]


def asked(text: str | None, *, device: bool = False) -> dict[str, str]:
    """The libraries to measure, with their versions: those in a comma-separated text, or all installed ones if None.

    Raises Unusable for an unknown name, or a library that is not installed.
    """
    measured = ON_DEVICE if device else RIVALS
    found = {name: version for name, version in installed().items() if name in measured}
    names = list(found) if text is None else [name for name in text.split(",") if name]
    for name in names:
        if name not in measured:
            raise Unusable(f"unknown library {name!r}; {did_you_mean(name, measured)}")
        if name not in found:
            raise Unusable(f"{name} is not installed: {PEERS[name].install}")
    return {name: found[name] for name in names}


def installed() -> dict[str, str]:
    """The libraries that can be measured here, with their versions."""
    found = {}
    for name in RIVALS:
        try:
            versions = [importlib.metadata.version(each) for each in PEERS[name].distributions]
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = versions[0]
    return found
