"""The device of PyTorch's tensors, which `--device` names, and the treatment of errors on it."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List

import numpy as np

from ..remote.worker import CACHE_LINE, address_of, block_of

VARIABLE = "POOLPROOF_DEVICE"
"""The environment variable with the device; it is set only in the process of a target."""

LOST = "CUDA error"
"""The messages of PyTorch's errors after which a process can no longer use its device."""

ENDED = 70
"""The exit status of a process that ends because its device is lost."""

SIMULATORS = {"triton": "TRITON_INTERPRET", "numba": "NUMBA_ENABLE_CUDASIM"}
"""The environment variables that make modules run their kernels without a GPU."""

ON = ("1", "true", "yes", "on", "y")
"""The values of a variable that switch something on."""


def device() -> str:
    """The requested device; empty if none."""
    return os.environ.get(VARIABLE, "")


def on_device(array: Any, t: Any) -> Any:
    """A copy of a tensor on the requested device, or the tensor itself without one.

    It is the tensor of an array. The memory around the array is copied too, as laws look at what is written there.
    """
    if not device():
        return t
    block = block_of(array)
    if block is None:
        return t.to(device(), copy=True)
    import torch

    first = place_of(block)
    there = torch.zeros(CACHE_LINE + block.nbytes, dtype=torch.uint8, device=device())
    there[first : first + block.nbytes] = torch.from_numpy(block).to(device())
    offset = first + address_of(array) - address_of(block)
    return t.new_empty(0, device=device()).set_(there.untyped_storage(), offset // t.itemsize, t.shape, t.stride())


def place_of(block: Any) -> int:
    """Where to place a block in memory on a device so that its arrays are aligned as they are here."""
    return address_of(block) % CACHE_LINE


def device_notes() -> List[str]:
    """A note that names the requested device, if any; a run checks for it."""
    return [f"on the device {device()}"] if device() else []


def simulated() -> Dict[str, Any]:
    """Declarations for kernels that a simulator runs: it is slow, and runs one kernel at a time."""
    here = [module for module in SIMULATORS if module in sys.modules]
    switched_on = any(os.environ.get(SIMULATORS[module], "").lower() in ON for module in here)
    return {"threads": False, "max_cells": 4096} if switched_on else {}


def written_back(array: Any, there: Any, outward: Callable[[Any], Any]) -> None:
    """Copy back to an array, and to the memory around it, what was written on a device, for the laws of conduct."""
    block = block_of(array)
    if not array.flags.writeable:
        return
    if block is None or not hasattr(there, "untyped_storage"):
        np.copyto(array, outward(there))
        return
    import torch

    stored = torch.empty(0, dtype=torch.uint8, device=there.device).set_(there.untyped_storage())
    if len(stored) == CACHE_LINE + block.nbytes:
        block[...] = stored[place_of(block) :][: block.nbytes].cpu().numpy()
    else:
        np.copyto(array, outward(there))


def end_if_lost(error: Exception) -> None:
    """End the process, so that it is replaced, if an error says that its device is lost."""
    if device() and LOST in str(error):
        sys.stderr.write(f"{error}\n".split("\n", 1)[0] + "\n")
        sys.stderr.flush()
        os._exit(ENDED)
