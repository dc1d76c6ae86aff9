"""Checks of single arguments: each converts its argument, or raises an error that says what it should be."""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .dtypes import FLOATS, Array, Ints, is_float, rounded

LARGEST = sys.maxsize
SEQUENCES = (tuple, list)


def rank_of(*arguments: Any) -> int:
    """The length of the first argument with one entry per axis; 2 if there is none or its length is not 1, 2 or 3."""
    counts = [len(each) for each in arguments if isinstance(each, SEQUENCES)]
    return counts[0] if counts and counts[0] in (1, 2, 3) else 2


def all_scalars(*arguments: Any) -> bool:
    """Whether no argument has one entry per axis, so that images must have two."""
    return not any(isinstance(each, SEQUENCES) for each in arguments)


def per_axis(name: str, value: Any, rank: int) -> Ints:
    """`value` as one positive int per spatial axis."""
    if not isinstance(value, SEQUENCES):
        return (integer(name, value, value, rank, least=1),) * rank
    if len(value) != rank:
        raise ValueError(f"{name}={show(value)} has {len(value)} entries, but should be {wanted(rank, least=1)}")
    return tuple([integer(name, value, entry, rank, least=1) for entry in value])


def pairs_per_axis(name: str, value: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """`value` as one pair (begin, end) of nonnegative ints per spatial axis."""
    if not isinstance(value, SEQUENCES):
        width = integer(name, value, value, rank, least=0)
        return ((width, width),) * rank
    if len(value) != rank:
        raise ValueError(f"{name}={show(value)} has {len(value)} entries, but should be {wanted(rank, least=0)}")
    pairs = [entry if isinstance(entry, SEQUENCES) else (entry, entry) for entry in value]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{name}={show(value)} should be {wanted(rank, least=0)}")
    begins, ends = ([integer(name, value, pair[side], rank, least=0) for pair in pairs] for side in (0, 1))
    return tuple(zip(begins, ends, strict=True))


def integer(name: str, whole: Any, entry: Any, rank: int, *, least: int) -> int:
    """One entry of the argument `whole` as an int that fits an index."""
    if isinstance(entry, (bool, np.bool_)) or not hasattr(entry, "__index__"):
        raise TypeError(f"{name}={show(whole)} should be {wanted(rank, least)}, not {type(entry).__name__}")
    try:
        number = operator.index(entry)
    except TypeError:
        raise TypeError(f"{name}={show(whole)} should be {wanted(rank, least)}") from None
    if not least <= number <= LARGEST:
        raise ValueError(f"{name}={show(whole)} should be at least {least} and at most {LARGEST}")
    return number


def wanted(rank: int, least: int) -> str:
    """What an argument with one entry per axis should be. If 0 is allowed, so are pairs."""
    if least:
        return f"an int or {quantity(rank, 'int')}"
    return f"an int, {quantity(rank, 'int')} or {quantity(rank, 'pair')} (begin, end)"


def flag(name: str, value: Any) -> bool:
    """`value` as a bool. Numbers and strings are refused, because they may mean something else."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={show(value)} should be True or False, not {type(value).__name__}")
    return bool(value)


def checked_array(name: str, value: ArrayLike, dtypes: dict[np.dtype[Any], str]) -> Array:
    """`value` as an array of one of `dtypes` (see `by_dtype`), in native byte order."""
    array = value if type(value) is np.ndarray else as_array(name, value)
    if array.dtype in dtypes:
        return array
    if array.dtype.name not in dtypes.values():
        raise TypeError(f"{name} has dtype {array.dtype}, but should have one of {', '.join(dtypes.values())}")
    raise TypeError(f"{name} has dtype {array.dtype.str} in foreign byte order, but should have {array.dtype.name}")


def checked_shape(shape: Any, name: str, before: tuple[str, ...], *, plane: bool) -> Ints:
    """A shape as ints: the axes named in `before`, then one to three spatial ones. No axis but N may be empty.

    `plane`: accept two spatial axes only, because no argument has one entry per axis.
    """
    axes = (*before, "H", "W")
    what = f"{len(axes)} positive ints: ({', '.join(axes)})" + (", of which only N may be 0" if "N" in axes else "")
    if not isinstance(shape, SEQUENCES) or len(shape) - len(before) not in ((2,) if plane else (1, 2, 3)):
        raise ValueError(f"{name}={show(shape)} should be {what}")
    if any(isinstance(length, (bool, np.bool_)) or not hasattr(length, "__index__") for length in shape):
        raise TypeError(f"{name}={show(shape)} should be {what}")
    lengths = tuple(map(operator.index, shape))
    least = (int(axes[0] != "N"), *(1 for _ in lengths[1:]))
    if any(not low <= length <= LARGEST for low, length in zip(least, lengths, strict=True)):
        raise ValueError(f"{name}={show(shape)} should be {what}")
    return lengths


def checked_dy(dy: ArrayLike, shape: Ints, dtype: np.dtype[Any], name: str = "dy") -> Array:
    """The gradient as an array with the shape and dtype of the forward result. Nested sequences are converted."""
    if not is_float(dtype):
        raise TypeError(f"x has dtype {dtype}, which has no gradient; should have one of {', '.join(FLOATS)}")
    array = dy if type(dy) is np.ndarray else as_gradient(name, dy, dtype)
    if array.dtype != dtype:
        raise TypeError(f"{name} has dtype {array.dtype}, but should have {dtype}, like x")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but should have {shape}, like the forward result")
    return array


def as_gradient(name: str, dy: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """A gradient converted to a plain array. Numbers in nested sequences have no dtype, so they get `dtype`."""
    array = as_array(name, dy)
    return rounded(array, dtype) if not isinstance(dy, np.ndarray) and array.dtype.kind in "iuf" else array


def as_array(name: str, value: ArrayLike) -> Array:
    """`value` as a plain array. Raises TypeError if the conversion would lose something."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; should be a plain array")
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}={show(value)} should be an array: {error}") from None


def quantity(number: int, noun: str) -> str:
    """ "1 int", "2 ints"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show(value: Any) -> str:
    """A short repr for messages. An int may be too long to print, and the repr of an object may raise."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."
