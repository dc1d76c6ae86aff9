"""The error for a target or file that cannot be used: one line, which the command line prints."""

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError)
"""The errors that Python and NumPy raise when something cannot be made into an array, a call or a case."""


class Unusable(Exception):
    """A target that cannot be judged, or a file that cannot be read or written. The message names it and says why.

    A target cannot be judged if it is not found, cannot be imported, declares nonsense, or fails its smoke test.
    """


class Unfit(Unusable):
    """A target that was loaded, but does not answer the simplest calls."""
