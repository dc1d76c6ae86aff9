"""Which exceptions refuse the arguments of a call, and which are mistakes inside the code that raised them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

DELIBERATE = ("ValueError", "TypeError", "NotImplementedError", "OverflowError", "FloatingPointError")
"""Errors that code raises about its arguments. The last two are about numbers too large: math.fsum raises
OverflowError, and NumPy raises FloatingPointError only for callers that want it."""

INTERNAL = (
    *("AssertionError", "AttributeError", "BufferError", "EOFError", "ImportError", "LookupError", "MemoryError"),
    *("NameError", "OSError", "RecursionError", "ReferenceError", "StopAsyncIteration", "StopIteration"),
    *("SyntaxError", "SystemError", "UnicodeError", "ZeroDivisionError"),
    *("numba.core.errors.InternalError", "numba.core.errors.LoweringError"),
    "tensorflow.python.framework.errors_impl.InternalError",
)
"""Errors that no code raises about its arguments on purpose."""


def is_internal(classes: Sequence[str]) -> bool:
    """Whether an exception is an internal error. `classes` names its class and the bases, nearest first.

    The nearest class that is listed above decides. An exception without one, such as the RuntimeError of PyTorch or the
    InvalidArgument of ONNX Runtime, is a framework's own error about arguments.
    """
    return next((name in INTERNAL for name in classes if name in INTERNAL or name in DELIBERATE), False)


def classes_named(error: str) -> tuple[str, ...]:
    """The class named at the start of a text such as "IndexError: out of range", and its bases if Python has them."""
    name = error.partition(":")[0].strip()
    kind = getattr(builtins, name, None)
    return tuple(base.__name__ for base in kind.__mro__) if isinstance(kind, type) else (name,)
