"""How the loops of the compiled kernel are compiled."""

from __future__ import annotations

from collections.abc import Callable

import numba
from numba.core.errors import NumbaError


def jit(function: Callable[..., None]) -> Callable[..., None]:
    """Compile at the first call, without the GIL, cached on disk where there is a writable place for it."""
    try:
        compiled: Callable[..., None] = numba.njit(nogil=True, cache=True)(function)
    except (RuntimeError, NumbaError):
        compiled = numba.njit(nogil=True)(function)
    return compiled
