"""Failures in words: the call, the place, the whole input, ready to be pasted, and what is probably wrong."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from .failures import Failure
from .suspects import suspicion
from .target import Call

INDENT = "    "
WIDTH = 100
RECIPE_FROM = 256
"""An array of more cells than this is written as a recipe, where one with few exceptions gives it exactly."""


def describe(failure: Failure, calls: list[Call]) -> str:
    """The message of a failure: headline, arguments, hint, and the calls of the case before the one that failed."""
    at = failure.call % len(calls) if calls else 0
    lines = [failure.headline, *(arguments(calls[at]) if calls else [])]
    # Looked for here, and not where a law fails: most failures are steps of shrinking, which nobody reads.
    hint = suspicion(calls, at, failure.got, failure.expected) or failure.hint
    lines += [INDENT + hint] if hint else []
    if at:
        lines.append(f"{INDENT}before it, in the same case:")
        for call in calls[:at]:
            lines += [f"{INDENT}{call.function}", *arguments(call, 2 * INDENT)]
    return "\n".join(lines)


def arguments(call: Call, indent: str = INDENT) -> list[str]:
    """The arguments of a call: window and dtype, then each array as Python."""
    settings = "".join(f" {name}={value!r}" for name, value in call.settings.items())
    layouts = "".join(f", {name} is {layout} in memory" for name, layout in call.layouts.items())
    first = f"{indent}size={call.size} stride={call.stride}{settings} {call.arrays['x'].dtype}{layouts}"
    names = sorted(call.arrays, reverse=True)
    width = max(map(len, names))
    return [first, *(assignment(indent + f"{name:{width}} = ", call.arrays[name], name) for name in names)]


def assignment(start: str, array: Array, name: str) -> str:
    """`start`, and an array as Python text, complete: nested lists, or for a large one a recipe with exceptions."""
    if array.size == 0:
        return f"{start}np.empty({array.shape}, {array.dtype.name!r})"
    if array.size > RECIPE_FROM and (recipe := as_recipe(array, name)):
        return start + recipe
    # A bfloat16 prints as a float32 of the same value: NumPy has no words of its own for its zeros and fractions.
    shown = array.astype(np.float32) if array.dtype.name == "bfloat16" else array
    text = np.array2string(
        shown, separator=", ", threshold=sys.maxsize, floatmode="unique", max_line_width=sys.maxsize, sign="-"
    )
    one_line = re.sub(r"\s+", " ", text).replace("[ ", "[")
    return start + (one_line if len(one_line) <= WIDTH else re.sub(r"\n\s*\n|\n", "\n" + " " * len(start), text))


def as_recipe(array: Array, name: str) -> str:
    """np.full or np.arange with the cells that differ; empty if more than a tenth do."""
    counts = np.unique(array[array == array], return_counts=True)
    bases: list[tuple[str, Any]] = []
    if counts[0].size:
        common = counts[0][counts[1].argmax()]
        bases.append((f"np.full({array.shape}, {common.item()!r}, {array.dtype.name!r})", common))
    start = array.flat[0]
    with np.errstate(invalid="ignore", over="ignore"):
        ramp = (np.arange(array.size) + float(start)).astype(array.dtype).reshape(array.shape)
    bases.append(
        (f"(np.arange({array.size}) + {start.item()!r}).astype({array.dtype.name!r}).reshape({array.shape})", ramp)
    )
    text, base = min(bases, key=lambda pair: np.count_nonzero(unlike(array, pair[1])))
    exceptions = np.argwhere(unlike(array, base))
    if len(exceptions) > array.size / 10:
        return ""
    cells = [tuple(int(k) for k in place) for place in exceptions]
    return "; ".join([text, *(f"{name}[{', '.join(map(str, cell))}] = {array[cell].item()!r}" for cell in cells)])


def unlike(array: Array, base: Any) -> Array:
    """Where an array differs from a number or an array, the sign of a zero being a difference."""
    mask: Array = array != base
    return mask | (np.signbit(array) != np.signbit(base)) if is_float(array.dtype) else mask
