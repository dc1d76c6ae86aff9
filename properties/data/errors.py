"""The error for what cannot be judged, read or written: one line, which the doors print."""

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError)
"""What Python and NumPy raise when they are to make an array, a call or a case of something else."""


class Unusable(Exception):
    """A target that cannot be judged, or a file that cannot be read or written. The message names it and says why.

    A target cannot be judged if it is not found, cannot be imported, declares nonsense, or fails its smoke test.
    """
