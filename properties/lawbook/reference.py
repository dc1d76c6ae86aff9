"""Laws for the reference kernels alone, because sound implementations may differ here."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from ..cases.case import Case
from ..cases.plans import EDGE_VALUES, MAX_VALUES, Plan
from ..contract import CALLABLES, RESULT
from ..data.layouts import LAYOUTS
from ..remote.worker import dtype_of, named
from ..targets.call import Call
from ..targets.loading import REFERENCE
from .pool import Pool
from .registry import law

EVERYTHING = (*dict.fromkeys((*EDGE_VALUES, *MAX_VALUES, "huge", "lattice", "bottomless", "remote", "neighbours")),)
BITS = 3 * ("not_a_number", "zeros", "wide")
"""Palettes whose differences only bits show, and only in floats; repeated, because most dtypes are integers."""


@law(
    Plan(
        CALLABLES,
        values=(*EVERYTHING, *BITS, *2 * ("bottomless",)),
        gradients=("lattice", "wide", "not_a_number", "subnormal", "highest"),
        layouts=tuple(LAYOUTS),
        large=True,
        edges=True,
    ),
    reference=True,
)
def agreement(pool: Pool, case: Case) -> None:
    """naive(x) = compiled(x) = img2col(x), bit for bit, including the places of NaN and the signs of zeros"""
    result = pool(case.call())
    for name in REFERENCE:
        if name != pool.target.name:
            kernel = importlib.import_module(f"poolproof.kernels.{name}")
            call = case.call()
            expected = getattr(kernel, call.function)(*call.arrays.values(), call.size, call.stride, **call.settings)
            pool.equal(bits(result), bits(expected), why=f"{name} gives another answer, as bits")
            if call.function != "max_indices" and result.dtype != expected.dtype:
                pool.fail(f"{RESULT[call.function]}.dtype = {result.dtype}, but {name} gives {expected.dtype}")


@law(Plan(CALLABLES, recipes=("plain",), floats=True), reference=True)
def refusal(pool: Pool, case: Case) -> None:
    """F > W, F < 1, S < 1, wrong rank, dtype or setting, a window wholly in padding: an exception, never numbers"""
    # A target in its own process need not refuse what it cannot be sent.
    calls = [(what, call) for what, call in wrong_calls(case) if sendable(call) or pool.target.renewal != "process"]
    name, call = calls[int(case.spot * len(calls))]
    answer = pool.watch(call)
    if answer.error is None:
        pool.fail(f"returned an answer for {name}, but should raise")
    elif not answer.error.startswith(("TypeError: ", "ValueError: ")):
        pool.fail(f"raised {answer.error} for {name}, but should raise TypeError or ValueError")


def sendable(call: Call) -> bool:
    """Whether another process can receive the same arrays: not objects, nor bfloat16 in foreign byte order."""
    dtypes = [array.dtype for array in call.arrays.values()]
    return not any(dtype.hasobject or dtype_of(named(dtype)) != dtype for dtype in dtypes)


def wrong_calls(case: Case) -> list[tuple[str, Call]]:
    """Calls that should be refused, each with a description of what is wrong with it."""
    call, length, ones = case.call(), case.x.shape[2], (1,) * (len(case.size) - 1)
    windows: list[tuple[str, Any]] = [
        ("a window larger than the input", (length + 1, *ones)),
        ("an empty window", (0, *ones)),
        ("a negative window", (*ones, -1)),
        ("a window that is no integer", (1.0, *ones)),
        ("a window of type bool", (True, *ones)),
        ("a window with an axis too many", (1, 1, *ones)),
        ("no window", None),
    ]
    strides = [("stride 0", (*ones, 0)), ("a negative stride", (-1, *ones)), ("a broken stride", (*ones, 1.5))]
    settings: list[tuple[str, dict[str, Any]]] = [
        ("negative padding", {"padding": ((0, -1), *((0, 0) for _ in ones))}),
        ("broken padding", {"padding": ((0.5, 0), *((0, 0) for _ in ones))}),
        ("a window wholly in padding", {"padding": ((case.size[0], 0), *((0, 0) for _ in ones))}),
        ("dilation 0", {"dilation": (0, *ones)}),
        ("a dilation with an axis too many", {"dilation": (1, 1, *ones)}),
        ("a ceil_mode that is no bool", {"ceil_mode": 1}),
        ("an unknown setting", {"pading": 1}),
    ]
    arrays: list[tuple[str, Array]] = [
        ("an x with an axis too few", case.x[0]),
        ("a complex x", case.x.astype(complex)),
        ("an x of objects", case.x.astype(object)),
        ("an x of foreign byte order", case.x.astype(case.x.dtype.newbyteorder())),
        ("an empty plane", case.x[:, :, :0]),
        ("no channels", case.x[:, :0]),
    ]
    return [
        *((what, replace(call, size=size)) for what, size in windows),
        *((what, replace(call, stride=stride)) for what, stride in strides),
        *((what, replace(call, settings=wrong)) for what, wrong in settings),
        *((what, replace(call, arrays={**call.arrays, "x": x})) for what, x in arrays),
    ]


def bits(array: Array) -> Array:
    """An array as unsigned integers, so that equality is that of bits, except for the payload and sign of a NaN."""
    if not is_float(array.dtype):
        return array
    plain = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return np.ascontiguousarray(plain).view(f"u{array.dtype.itemsize}")
