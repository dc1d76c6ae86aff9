"""How the loops are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.compiler import Compiler
from numba.core.errors import NumbaError

Loop = Callable[..., Any]


class Disjoint(Compiler):
    """A compiler that assumes that no two arrays share memory, which is true of inputs and results.

    Without this assumption LLVM checks for overlap before every row, and does not vectorize across short rows.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)  # type: ignore[no-untyped-call]
        self.state.flags.noalias = True


def jit(function: Loop) -> Loop:
    """Compile at the first call, to run without the GIL, and cache on disk if there is a writable place."""
    try:
        return compiled(function, cache=True)
    except (RuntimeError, NumbaError):
        return compiled(function, cache=False)


def compiled(function: Loop, *, cache: bool) -> Loop:
    """Compile with or without a cache; no divisor is ever zero, so there is no check for that."""
    loop: Loop = numba.njit(function, nogil=True, cache=cache, error_model="numpy", pipeline_class=Disjoint)
    return loop
