"""Mistakes about the form of a result: its dtype, and axes of length one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ...contract import BACKWARD, FORWARD
from ...targets.call import Call
from .mistake import ANY, INDEX, MAX, Mistake, Prediction
from .steps import RIGHT

RIGHT_DTYPE = "A result has the dtype of x."
VALUES = (*FORWARD, *BACKWARD)


def always(dtype: str) -> Prediction:
    """Right numbers in a fixed dtype."""
    return lambda call: RIGHT.answer(call).astype(dtype)


def of_integers(dtype: str) -> Prediction:
    """Right integers in a fixed dtype. Raises ValueError for floats."""

    def answer(call: Call) -> Array:
        right = RIGHT.answer(call)
        if right.dtype.kind not in "iub":
            raise ValueError("integers alone")
        return right.astype(dtype)

    return answer


def of_bool(dtype: Any) -> Prediction:
    """Right bool results in another dtype."""

    def answer(call: Call) -> Array:
        right = RIGHT.answer(call)
        if right.dtype.kind != "b":
            raise ValueError("bool alone")
        return right.astype(dtype)

    return answer


def named(name: str, functions: tuple[str, ...], dtype: str, made: Callable[[str], Prediction]) -> Mistake:
    """The mistake of returning results in a fixed dtype."""
    return Mistake(name, functions, f"Results are {dtype}, whatever x is.", RIGHT_DTYPE, (made(dtype),))


def without_axes(axes: Iterable[int]) -> Prediction:
    """Right numbers without those of these axes that have length one. Raises ValueError if none has."""

    def answer(call: Call) -> Array:
        right = RIGHT.answer(call)
        single = tuple(axis for axis in axes if axis < right.ndim and right.shape[axis] == 1)
        if not single:
            raise ValueError("no axis is dropped")
        return right.squeeze(single)

    return answer


MISTAKES = [
    Mistake(
        "single-axes-dropped",
        ANY,
        "Axes of length one are missing from the result.",
        "A result has as many axes as x, also if some have length one.",
        tuple(map(without_axes, (range(5), (0,), (1,), (2, 3, 4)))),
    ),
    named("result-is-float64", VALUES, "float64", always),
    named("result-is-float32", VALUES, "float32", always),
    named("result-is-int64", MAX, "int64", of_integers),
    named("result-is-int32", MAX, "int32", of_integers),
    Mistake(
        "bool-becomes-bytes",
        MAX,
        "Maxima of bool are integers.",
        RIGHT_DTYPE,
        tuple(of_bool(dtype) for dtype in (np.uint8, np.int8, np.int64)),
    ),
    Mistake(
        "indices-are-floats",
        INDEX,
        "Indices are floating-point numbers.",
        "Indices are integers.",
        (always("float64"), always("float32")),
    ),
]
