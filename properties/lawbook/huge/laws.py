"""The registry of huge laws: one for each callable and each limit that arrays exceed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from poolproof.kernels.dtypes import FLOATS, INTEGERS

from ...contract import BACKWARD, OF_INTEGERS, Declared
from ...data.sparse import SparseCall
from ...remote.worker import EVIDENCE
from .exact import result_shape
from .scenes import SCENES, WINDOW, gradient, image

CLAIMS = {
    "max_forward": ("max", "y[o] = max x[window o]"),
    "max_indices": ("index", "i[o] = the place of max x[window o] in its plane"),
    "mean_forward": ("mean", "y[o] = sum x[window o] / n"),
    "max_backward": ("max-gradient", "dx = each dy[o] at the maximum of window o"),
    "mean_backward": ("mean-gradient", "dx = each dy[o] / n in the cells of window o"),
}
"""For each callable, its word in the names of laws, and its formula."""

LIMITS = {"bytes": ("bytes", 0), "cells": ("cells", 0), "unsigned": ("cells", 1)}
"""For the last word of a name, what x has more than 2^31 of, and the number of bits to add to 31."""

BITS = 31
"""A signed 32-bit index counts to 2^31."""

FOUR_BYTES_FIRST = ("float32", "float64", "float16", "bfloat16")
SMALLEST_FIRST = (
    *("int8", "uint8", "float16", "bfloat16", "int16", "uint16"),
    *("float32", "int32", "uint32", "float64", "int64", "uint64"),
)
"""The dtypes by preference: a law uses the first that the callable takes."""


@dataclass(frozen=True)
class HugeLaw:
    """One law: a callable on an x of more than 2^`bits` bytes or cells (`unit`)."""

    name: str
    formula: str
    function: str
    unit: str
    bits: int
    family: ClassVar[str] = "huge"

    def unsupported(self, declared: Declared, offers: tuple[str, ...], evidence: Iterable[str] = EVIDENCE) -> str:
        """Why the law cannot be tried on such a target; empty if it can."""
        if self.function not in offers:
            return f"it offers no {self.function}"
        if declared.tiles:
            return "it declares tiles=True"
        if declared.fixed:
            return "it declares fixed windows"
        if self.way(declared) is None:
            return f"it declares no {'floating-point' if self.unit == 'bytes' else 'numeric'} dtype for {self.function}"
        if declared.max_cells is not None and declared.max_cells < self.cells(declared):
            return f"it declares max_cells={declared.max_cells}"
        return "" if "sparse" in evidence else "its process takes no sparse arrays"

    def way(self, declared: Declared) -> tuple[str, int] | None:
        """The dtype and the rank of its calls; None if the target takes none."""
        wanted = FOUR_BYTES_FIRST if self.unit == "bytes" else SMALLEST_FIRST
        askable = (*FLOATS, *INTEGERS) if self.function in OF_INTEGERS else FLOATS
        return declared.first_taken(self.function, [dtype for dtype in wanted if dtype in askable])

    def calls(self, declared: Declared) -> list[SparseCall]:
        """Its calls: on one plane, and on many planes."""
        name, rank = self.way(declared) or ("", 0)
        dtype = np.dtype(name)
        limit = (1 << self.bits) // (dtype.itemsize if self.unit == "bytes" else 1)
        calls = []
        for make in SCENES:
            scene = make(limit, rank)
            arrays = {"x": image(scene, dtype)}
            if self.function in BACKWARD:
                arrays = {"dy": gradient(scene, dtype), **arrays}
            calls.append(SparseCall(self.function, arrays, (WINDOW,) * rank, (scene.stride,) * rank))
        return calls

    def cells(self, declared: Declared) -> int:
        """The number of cells of the largest x."""
        return max(call.arrays["x"].size for call in self.calls(declared))

    def memory(self, declared: Declared) -> int:
        """Bytes that its largest call needs: the arrays, the result, and a copy of x that a target may make."""
        return max(map(needed, self.calls(declared)))


def needed(call: SparseCall) -> int:
    """Bytes for the arrays of a call, its result and one copy of x."""
    x = call.arrays["x"]
    result = np.prod(result_shape(call), dtype=object) * (8 if call.function == "max_indices" else x.dtype.itemsize)
    return call.nbytes + int(result) + x.nbytes


def registry(bits: int = BITS) -> dict[str, HugeLaw]:
    """All huge laws by name; with fewer bits, the same laws on small arrays."""
    laws = [named(function, word, bits) for word in LIMITS for function in CLAIMS]
    return {law.name: law for law in laws}


def named(function: str, word: str, bits: int) -> HugeLaw:
    """The law for a callable and a limit."""
    (unit, more), (claim, mathematics) = LIMITS[word], CLAIMS[function]
    formula = f"{mathematics}, where x has more than 2^{bits + more} {unit} in one plane, or in many"
    return HugeLaw(f"huge-{claim}-{word}", formula, function, unit, bits + more)


HUGE = registry()
