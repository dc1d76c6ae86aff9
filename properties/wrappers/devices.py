"""The device of PyTorch's tensors, which `--device` names, and what becomes of errors on it."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List

import numpy as np

from ..remote.worker import CACHE_LINE, address_of, block_of

VARIABLE = "POOLPROOF_DEVICE"
"""The variable of the environment that has the device, in the process of a target alone."""

LOST = "CUDA error"
"""What PyTorch says of an error after which a process can use its device no longer."""

ENDED = 70
"""The exit status of a process that ends for this reason."""

SIMULATORS = {"triton": "TRITON_INTERPRET", "numba": "NUMBA_ENABLE_CUDASIM"}
"""The variables of the environment by which modules run their kernels without a GPU."""

ON = ("1", "true", "yes", "on", "y")
"""Values of a variable that switch something on."""


def device() -> str:
    """The device that was asked for; empty if none."""
    return os.environ.get(VARIABLE, "")


def on_device(array: Any, t: Any) -> Any:
    """A copy of a tensor on the device that was asked for, or the tensor itself if none was.

    It is the tensor of an array. The memory around that goes with it, as laws look at what is written there.
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
    """Where in memory on a device a block begins, so that its arrays have as many zeros in their addresses as here."""
    return address_of(block) % CACHE_LINE


def device_notes() -> List[str]:
    """A note that names the device, if one was asked for; a run looks for it."""
    return [f"on the device {device()}"] if device() else []


def simulated() -> Dict[str, Any]:
    """What is declared of kernels that a simulator runs: it is slow, and runs one kernel at a time."""
    here = [module for module in SIMULATORS if module in sys.modules]
    switched_on = any(os.environ.get(SIMULATORS[module], "").lower() in ON for module in here)
    return {"threads": False, "max_cells": 4096} if switched_on else {}


def written_back(array: Any, there: Any, outward: Callable[[Any], Any]) -> None:
    """An array, and the memory around it, get what was written to their copies on a device, for the laws of conduct."""
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
    """End the process, which is to be replaced, if an error says that its device is lost."""
    if device() and LOST in str(error):
        sys.stderr.write(f"{error}\n".split("\n", 1)[0] + "\n")
        sys.stderr.flush()
        os._exit(ENDED)
