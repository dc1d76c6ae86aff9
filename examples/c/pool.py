"""The kernels of pool.c as poolproof's contract has them: ctypes, NumPy and the checks that C leaves to its caller.

C sees doubles alone: float32 is widened before, which is exact, and results are rounded once after.
"""

import ctypes
from pathlib import Path

import numpy as np

name = "pool.c"
dtypes = ("float32", "float64")

LIBRARY = Path(__file__).with_name("libpool.so")
BUILD = "cc -O2 -shared -fPIC -o libpool.so pool.c"


class Geometry(ctypes.Structure):
    """Lengths and steps, as in pool.c."""

    _fields_ = tuple(
        (field, ctypes.c_int64)
        for field in ("planes", "height", "width", "rows", "columns", "tall", "wide", "down", "across")
    )


DOUBLES = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS, ALIGNED")
INDICES = np.ctypeslib.ndpointer(np.int64, flags="C_CONTIGUOUS, ALIGNED")
ARRAYS = {
    "max_forward": (DOUBLES, DOUBLES),
    "max_indices": (DOUBLES, INDICES),
    "mean_forward": (DOUBLES, DOUBLES),
    "max_backward": (DOUBLES, DOUBLES, DOUBLES),
    "mean_backward": (DOUBLES, DOUBLES),
}


def load():
    """The library, its functions knowing their arguments. Raises ImportError with the command that builds it."""
    if not LIBRARY.is_file():
        raise ImportError(f"there is no {LIBRARY}; build it there with: {BUILD}")
    library = ctypes.CDLL(str(LIBRARY))
    for function, arrays in ARRAYS.items():
        getattr(library, function).argtypes = (ctypes.POINTER(Geometry), *arrays)
        getattr(library, function).restype = None
    return library


C = load()


def max_forward(x, size, stride):
    """The largest value of each window."""
    g = geometry(x, size, stride)
    y = np.empty(output_shape(x, g))
    C.max_forward(g, doubles(x), y)
    return rounded(y, x.dtype)


def max_indices(x, size, stride):
    """Where `max_forward` found each maximum: the row-major index in its plane."""
    g = geometry(x, size, stride)
    indices = np.empty(output_shape(x, g), np.int64)
    C.max_indices(g, doubles(x), indices)
    return indices


def mean_forward(x, size, stride):
    """The arithmetic mean of each window."""
    g = geometry(x, size, stride)
    y = np.empty(output_shape(x, g))
    C.mean_forward(g, doubles(x), y)
    return rounded(y, x.dtype)


def max_backward(dy, x, size, stride):
    """Each dy at the place of its window's maximum, summed where windows share it."""
    g = geometry(x, size, stride)
    dx = np.zeros(x.shape)
    C.max_backward(g, gradients(dy, x, g), doubles(x), dx)
    return rounded(dx, x.dtype)


def mean_backward(dy, x, size, stride):
    """Each dy spread evenly over its window, summed where windows overlap."""
    g = geometry(x, size, stride)
    dx = np.zeros(x.shape)
    C.mean_backward(g, gradients(dy, x, g), dx)
    return rounded(dx, x.dtype)


def geometry(x, size, stride):
    """Where the windows lie. Raises TypeError or ValueError where C would read what is not there."""
    if x.dtype.name not in dtypes:
        raise TypeError(f"x has dtype {x.dtype}, but should have one of {', '.join(dtypes)}")
    if x.ndim != 4:
        raise ValueError(f"x has {x.ndim} axes, but should have 4: (N, C, H, W)")
    (n, c, height, width), (tall, wide), (down, across) = x.shape, size, stride
    if not (1 <= tall <= height and 1 <= wide <= width):
        raise ValueError(f"size={size} should be at least 1 and at most ({height}, {width}), as x")
    if min(stride) < 1:
        raise ValueError(f"stride={stride} should be at least 1")
    rows, columns = (height - tall) // down + 1, (width - wide) // across + 1
    return Geometry(n * c, height, width, rows, columns, tall, wide, down, across)


def output_shape(x, g):
    """The shape of y."""
    return (*x.shape[:2], g.rows, g.columns)


def gradients(dy, x, g):
    """The elements of dy, which has the shape and dtype of y."""
    if dy.shape != output_shape(x, g) or dy.dtype != x.dtype:
        raise ValueError(f"dy is {dy.dtype} {dy.shape}, but should be {x.dtype} {output_shape(x, g)}, as y")
    return doubles(dy)


def doubles(array):
    """The elements in row-major order. Not np.ascontiguousarray, which leaves unaligned memory as it is."""
    return np.require(array, np.float64, ("C_CONTIGUOUS", "ALIGNED"))


def rounded(array, dtype):
    """Doubles rounded to `dtype`; what is too large becomes infinite, as IEEE 754 says."""
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)
