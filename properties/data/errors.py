"""The error for what cannot be judged, read or written: one line, which the doors print."""


class Unusable(Exception):
    """A target that cannot be judged, or a file that cannot be read or written. The message names it and says why.

    A target cannot be judged if it is not found, cannot be imported, declares nonsense, or fails its smoke test.
    """
