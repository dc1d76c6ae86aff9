"""The dtypes that can be pooled, their properties, and the single rounding at the end of a kernel."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .cache import cached

try:
    import ml_dtypes
except ImportError:  # optional: without it there is no bfloat16
    ml_dtypes = None

Array = np.ndarray[Any, np.dtype[Any]]
Ints = tuple[int, ...]

IEEE_FLOATS = ("float16", "float32", "float64")
FLOATS = IEEE_FLOATS if ml_dtypes is None else (*IEEE_FLOATS, "bfloat16")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ORDERED = ("bool", *INTEGERS, *FLOATS)
"""The dtypes whose elements have a maximum. Means and gradients exist for FLOATS only."""


def by_dtype(names: tuple[str, ...]) -> dict[np.dtype[Any], str]:
    """The names of dtypes in native byte order, by dtype."""
    return {np.dtype(name): name for name in names}


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is a binary floating-point format."""
    return dtype.kind == "f" or (dtype.kind == "V" and dtype.name == "bfloat16")


def is_number(dtype: np.dtype[Any]) -> bool:
    """Whether the elements of a dtype are booleans, integers or floating-point numbers."""
    return dtype.kind in "biu" or is_float(dtype)


def index_dtype(spatial: Ints) -> np.dtype[Any]:
    """int32 if it holds every index of a plane, otherwise int64."""
    return np.dtype(np.int32 if prod(spatial) <= np.iinfo(np.int32).max else np.int64)


@cached
def finfo(dtype: np.dtype[Any]) -> Any:
    """The limits of a float dtype, as np.finfo gives them."""
    return ml_dtypes.finfo(dtype) if dtype.name == "bfloat16" else np.finfo(dtype)


def lowest(dtype: np.dtype[Any]) -> Any:
    """The smallest element of a dtype: -inf, the minimum of an integer type, or False."""
    if is_float(dtype):
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


def rounded(exact: Any, dtype: np.dtype[Any]) -> Array:
    """Numbers of float64 or narrower, each rounded once to `dtype`. Overflow gives infinity, as in IEEE 754."""
    numbers = np.asarray(exact)
    if numbers.dtype == dtype:
        return numbers
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype.name == "bfloat16" and numbers.dtype == np.float64:
            numbers = rounded_to_odd(numbers)
        return numbers.astype(dtype, copy=False)


def rounded_to_odd(exact: Array) -> Array:
    """Float64 rounded to odd in float32: an inexact number becomes the one of its neighbours whose last bit is 1.

    NumPy converts float64 to bfloat16 through float32 and so rounds twice. After rounding to odd, the second rounding
    gives the same as a single one would (Boldo & Melquiond, Emulation of a FMA and correctly rounded sums: proved
    algorithms using rounding to odd, IEEE Transactions on Computers 57, 2008).
    """
    near = exact.astype(np.float32)
    bits = near.view(np.int32)
    # Step back by one unit where rounding went away from zero: magnitudes are ordered like their bits.
    truncated = bits - (np.abs(near.astype(np.float64)) > np.abs(exact))
    inexact = near.astype(np.float64) != exact
    odd = np.where(inexact & np.isfinite(exact), truncated | 1, bits)
    return np.asarray(odd, np.int32).view(np.float32)
