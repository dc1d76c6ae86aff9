"""Numbers of every dtype that are hard to write down, and bitwise equality of arrays."""

import numpy as np
from poolproof.kernels.dtypes import finfo, is_float


def identical(one, other):
    """Whether two arrays are the same, bit for bit."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def edges(dtype):
    """Numbers of a dtype that are hard to write down."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([True, False, False])
    if not is_float(dtype):
        return np.array([0, 1, np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    info = finfo(dtype)
    simple = [0.0, -0.0, 1.0, 0.1, 1 / 3, np.nan, np.inf, -np.inf]
    return np.array([*simple, info.max, info.min, info.tiny, info.smallest_subnormal, 1 + info.eps], dtype)
