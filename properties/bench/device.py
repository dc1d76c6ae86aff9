"""The bench on a GPU: our CUDA kernel beside PyTorch, on arrays in device memory, timed until the device is done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from poolproof.kernels.dtypes import Array

from ..contract import Unusable
from .methods import STATELESS, BoundWay, Way
from .rivals import ON_DEVICE, rivals
from .rounds import Call
from .trial import Place
from .workloads import Workload


def gpu() -> Place:
    """The GPU. Raises Unusable if there is none, or if it is simulated."""
    try:
        from poolproof.kernels.cuda import device
    except ImportError as error:
        raise Unusable(str(error)) from None
    if device.SIMULATED:
        raise Unusable("--device cuda needs a GPU: times on the one that numba simulates mean nothing")
    from numba import cuda

    name = cuda.get_current_device().name
    # Numba itself returns bytes, newer versions of numba-cuda text.
    return place(name.decode() if isinstance(name, bytes) else name)


def place(name: str) -> Place:
    """The device that numba uses, under this name."""
    from numba import cuda

    return Place(ways, copying, device=name, wait=cuda.synchronize)


def ways(kind: str, libraries: Sequence[str]) -> list[Way]:
    """Our kernel and these libraries."""
    form = STATELESS if kind == "max" else ""
    return [Way("cuda", form, by_kernel, exact=True), *rivals(libraries, kind, ON_DEVICE)]


def by_kernel(work: Workload, x: Array, dy: Array, _: int) -> BoundWay:
    """The kernel through the functions of the contract, on arrays in device memory."""
    from numba import cuda
    from poolproof.kernels import cuda as kernel

    there, delta = cuda.to_device(x), cuda.to_device(dy)
    forward, backward = getattr(kernel, f"{work.kind}_forward"), getattr(kernel, f"{work.kind}_backward")
    return BoundWay(
        lambda: (forward(there, work.size, work.stride), there),
        lambda kept: backward(delta, kept, work.size, work.stride),
        lambda array: array.copy_to_host(),
    )


def copying(x: Array) -> Call:
    """A call that copies x to another place on the device."""
    from numba import cuda

    return partial(cuda.device_array(x.shape, x.dtype).copy_to_device, cuda.to_device(x))
