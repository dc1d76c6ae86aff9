"""Probes: a few calls whose right answers tell in what form a function takes its arguments."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels.dtypes import Array, Ints
from poolproof.kernels.geometry import Geometry

from ... import oracle
from ...contract import BACKWARD, RESULT
from ..call import Answer, Call

SHAPE = (2, 3, 5, 4)
"""No two axes have the same length, nor do those of any result, so that axes in another order give another shape."""

PRIME = 127
"""A prime larger than the number of cells of an image: the multiples of a number modulo it are all different."""

Names = tuple[str, ...]
"""Declarations that restrict the windows of a target: "square", "tiles"."""


class Windows(NamedTuple):
    """A size and a stride."""

    size: Ints
    stride: Ints


WINDOWS: dict[Names, tuple[Windows, ...]] = {
    (): (Windows((2, 3), (1, 2)), Windows((3, 1), (2, 1)), Windows((2, 2), (3, 2))),
    ("square",): (Windows((2, 2), (1, 1)), Windows((3, 3), (2, 2)), Windows((1, 1), (2, 2))),
    ("tiles",): (Windows((2, 3), (2, 3)), Windows((3, 1), (3, 1)), Windows((1, 4), (1, 4))),
    ("square", "tiles"): (Windows((2, 2), (2, 2)), Windows((3, 3), (3, 3))),
}
"""Windows for each set of declarations; sets with more declarations come last."""


def probe(function: str, windows: Windows, dtype: str = "float64") -> Call:
    """A call on images of distinct whole numbers, in an order without a simple pattern."""
    x = mixed(SHAPE, 101, dtype)
    output = Geometry.of(*windows).output(SHAPE[2:])
    arrays = {"dy": mixed((*SHAPE[:2], *output), 37, dtype), "x": x} if function in BACKWARD else {"x": x}
    return Call(function, arrays, *windows)


def mixed(shape: Ints, factor: int, dtype: str) -> Array:
    """Distinct whole numbers from 1 on."""
    cells = np.arange(1, prod(shape) + 1) * factor % PRIME
    return cells.reshape(shape).astype(dtype)


def is_right(call: Call, answer: Answer) -> bool:
    """Whether an answer equals the oracle's in shape and dtype, and in values within the bounds."""
    if not has_shape(call, answer):
        return False
    dtype = answer.value.dtype
    of_right_kind = dtype.kind in "iu" if RESULT[call.function] == "i" else dtype == call.arrays["x"].dtype
    return of_right_kind and has_values(call, answer.value)


def has_shape(call: Call, answer: Answer) -> bool:
    """Whether an answer is an array of the right shape."""
    return isinstance(answer.value, np.ndarray) and answer.value.shape == shape_of(call)


def shape_of(call: Call) -> Ints:
    """The shape of the right answer."""
    if call.function in BACKWARD:
        return SHAPE
    return (*SHAPE[:2], *Geometry.of(call.size, call.stride).output(SHAPE[2:]))


def has_values(call: Call, value: Array) -> bool:
    """Whether an array of the right shape has the oracle's values, within its bounds."""
    exact: Any = getattr(oracle, call.function)(*call.arrays.values(), call.size, call.stride)
    right = exact.allows(value) if isinstance(exact, oracle.Exact) else exact == value
    return bool(np.all(right))


def narrowed(windows: Windows, names: Names) -> Windows:
    """The windows that a function uses in place of others if it ignores what these declarations exclude."""
    size, stride = windows
    if "square" in names:
        size, stride = size[:1] * len(size), stride[:1] * len(stride)
    return Windows(size, size if "tiles" in names else stride)


def is_widened(call: Call, answer: Answer) -> bool:
    """Whether an answer is right except for its dtype, which is float64 although that of x is not."""
    if not has_shape(call, answer) or answer.value.dtype != np.float64 or call.arrays["x"].dtype == np.float64:
        return False
    return has_values(call, answer.value)
