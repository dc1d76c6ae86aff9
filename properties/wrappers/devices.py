"""The device of PyTorch's tensors, which `--device` names, and what becomes of errors on it."""

from __future__ import annotations

import os
import sys
from typing import Any, Iterable, List, Tuple

import numpy as np

VARIABLE = "POOLPROOF_DEVICE"
"""The variable of the environment that has the device, in the process of a target alone."""

LOST = "CUDA error"
"""What PyTorch says of an error after which a process can use its device no longer."""

ENDED = 70
"""The exit status of a process that ends for this reason."""


def device() -> str:
    """The device that was asked for; empty if none."""
    return os.environ.get(VARIABLE, "")


def on_device(t: Any) -> Any:
    """A copy of a tensor on the device that was asked for; the tensor itself if none was."""
    return t.to(device(), copy=True) if device() else t


def device_notes() -> List[str]:
    """A note that names the device, if one was asked for; a run looks for it."""
    return [f"on the device {device()}"] if device() else []


def written_back(pairs: Iterable[Tuple[Any, Any]]) -> None:
    """Arrays get what was written to their copies on a device, (array, copy) as arrays, for the laws of conduct."""
    for array, copy in pairs:
        if array.tobytes() != copy.tobytes() and array.flags.writeable:
            np.copyto(array, copy)


def end_if_lost(error: Exception) -> None:
    """End the process, which is to be replaced, if an error says that its device is lost."""
    if device() and LOST in str(error):
        sys.stderr.write(f"{error}\n".split("\n", 1)[0] + "\n")
        sys.stderr.flush()
        os._exit(ENDED)
