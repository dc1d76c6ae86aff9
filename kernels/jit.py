"""How the loops of the compiled kernel are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.compiler import Compiler
from numba.core.errors import NumbaError

Loop = Callable[..., Any]


class Disjoint(Compiler):
    """Compiles for arrays that share no memory, as inputs and results never do.

    Without that promise LLVM asks before every row whether they overlap, and takes outputs of short rows one by one.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)  # type: ignore[no-untyped-call]
        self.state.flags.noalias = True


def jit(function: Loop) -> Loop:
    """Compile at the first call, without the GIL, cached on disk where there is a writable place for it."""
    try:
        return compiled(function, cache=True)
    except (RuntimeError, NumbaError):
        return compiled(function, cache=False)


def compiled(function: Loop, *, cache: bool) -> Loop:
    """The same with a cache or without; a division by zero, which never happens, need not be looked for."""
    loop: Loop = numba.njit(function, nogil=True, cache=cache, error_model="numpy", pipeline_class=Disjoint)
    return loop
