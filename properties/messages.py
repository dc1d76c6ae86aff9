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
MOST_MESSAGE = 50_000
"""Characters of a message."""

MOST_LINE = 2000
"""Characters of the headline of a message, and of its hint."""

MOST_CALLS = 20
"""Calls shown before the one that failed."""

MOST_RECIPE = 4000
"""Characters of a recipe, which is a single line."""

FIRST = 8
"""Cells shown of an array that does not fit into a message."""

RECIPE_FROM = 256
"""An array of more cells than this is written as a recipe, where one with few exceptions gives it exactly."""


def describe(failure: Failure, calls: list[Call]) -> str:
    """The message of a failure: headline, arguments, hint, and the calls of the case before the one that failed.

    It has at most MOST_MESSAGE characters: arrays, and then calls, that do not fit are left to the JSON report.
    """
    at = failure.call % len(calls) if calls else 0
    # Looked for here, and not where a law fails: most failures are steps of shrinking, which nobody reads.
    hint = suspicion(calls, at, failure.got, failure.expected) or failure.hint
    lines = [cut(failure.headline)]
    lines += arguments(calls[at], room=MOST_MESSAGE - 3 * MOST_LINE) if calls else []
    lines += [INDENT + cut(hint)] if hint else []
    return "\n".join([*lines, *before(calls[:at], MOST_MESSAGE - MOST_LINE - length(lines))])


def cut(text: str) -> str:
    """At most MOST_LINE characters of a text."""
    return text if len(text) <= MOST_LINE else text[: MOST_LINE - 3] + "..."


def length(lines: list[str]) -> int:
    """The characters of some lines."""
    return sum(len(line) + 1 for line in lines)


def before(calls: list[Call], room: int) -> list[str]:
    """The calls before the one that failed, the first of them, as many as fit into so many characters."""
    lines = [f"{INDENT}before it, in the same case:"] if calls else []
    for place, call in enumerate(calls):
        more = [f"{INDENT}{call.function}", *arguments(call, 2 * INDENT, room)]
        room -= length(more)
        if room < 0 or place == MOST_CALLS:
            return [*lines, f"{INDENT}and {len(calls) - place} more, complete in the JSON report"]
        lines += more
    return lines


def arguments(call: Call, indent: str = INDENT, room: int = MOST_MESSAGE) -> list[str]:
    """The arguments of a call: window and dtype, then each array as Python, in about `room` characters."""
    settings = "".join(f" {name}={value!r}" for name, value in call.settings.items())
    layouts = "".join(f", {name} is {layout} in memory" for name, layout in call.layouts.items())
    lines = [f"{indent}size={call.size} stride={call.stride}{settings} {call.arrays['x'].dtype}{layouts}"]
    names = sorted(call.arrays, reverse=True)
    width = max(map(len, names))
    for name in names:
        start = indent + f"{name:{width}} = "
        lines.append(assignment(start, call.arrays[name], name, room - length(lines) - len(start)))
    return lines


def assignment(start: str, array: Array, name: str, room: int = sys.maxsize) -> str:
    """`start`, and an array as Python text, complete: nested lists, or for a large one a recipe with exceptions.

    Of an array that does not fit into `room` characters only its form and its first cells.
    """
    if array.size == 0:
        return f"{start}np.empty({array.shape}, {array.dtype.name!r})"
    if array.size > RECIPE_FROM and 0 < len(recipe := as_recipe(array, name)) <= min(MOST_RECIPE, room):
        return start + recipe
    if array.size * len("0, ") > room:
        return start + in_short(array)
    # A bfloat16 prints as a float32 of the same value: NumPy has no words of its own for its zeros and fractions.
    shown = array.astype(np.float32) if array.dtype.name == "bfloat16" else array
    text = np.array2string(
        shown, separator=", ", threshold=sys.maxsize, floatmode="unique", max_line_width=sys.maxsize, sign="-"
    )
    one_line = re.sub(r"\s+", " ", text).replace("[ ", "[")
    text = one_line if len(one_line) <= WIDTH else re.sub(r"\n\s*\n|\n", "\n" + " " * len(start), text)
    return start + (text if len(text) <= room else in_short(array))


def in_short(array: Array) -> str:
    """The form of an array and its first cells, after an ellipsis that Python accepts in its place."""
    first = ", ".join(str(each) for each in array.flat[:FIRST].tolist())
    return f"...  # shape {array.shape}, {array.dtype}, begins {first}; complete in the JSON report"


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
