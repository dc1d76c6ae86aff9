"""Failures in words: the call, the place, the whole input ready to be pasted, and the mistake behind it."""

from __future__ import annotations

import re
import sys

import numpy as np
from poolproof.kernels.dtypes import Array

from ..contract import LEAST_CELLS
from ..data.patterns import as_text, pattern_of
from ..targets.call import Call
from .mistakes import MISTAKES
from .types import Failure

INDENT = "    "
WIDTH = 100
MOST_MESSAGE = 50_000
"""The most characters of a message."""

MOST_LINE = 2000
"""The most characters of a message's headline, and of the fact about the comparison."""

MOST_CALLS = 20
"""The most calls shown before the one that failed."""

MOST_PRINTED = 64
"""The most cells of an array that is printed as nested lists."""

MOST_CELLS = 12
"""The most special cells of a larger array that is printed as a recipe."""


def describe(failure: Failure, calls: list[Call]) -> str:
    """The message of a failure: headline, arguments, and the calls of the case before the one that failed.

    It has at most MOST_MESSAGE characters: calls that do not fit, like large arrays, are left to the JSON report.
    """
    at = failure.call % len(calls) if calls else 0
    lines = [cut(failure.headline)]
    lines += arguments(calls[at]) if calls else []
    lines += [INDENT + cut(failure.fact)] if failure.fact else []
    return "\n".join([*lines, *before(calls[:at], MOST_MESSAGE - MOST_LINE - length(lines))])


def hint(mistakes: list[str]) -> list[str]:
    """What is wrong and what right code does, for the first of these mistakes; empty if there are none."""
    first = [MISTAKES[name] for name in mistakes[:1]]
    return [INDENT + sentence for mistake in first for sentence in (mistake.wrong, mistake.right)]


def advice(verdict: str, calls: list[Call]) -> list[str]:
    """Advice about a target that is slow by nature, if the failure is a time-out on a large image."""
    if verdict != "hung" or all(call.arrays["x"].size <= LEAST_CELLS for call in calls[-1:]):
        return []
    return [
        f"{INDENT}If it is slow by nature, as a simulator is, declare max_cells = {LEAST_CELLS} or raise --timeout."
    ]


def cut(text: str) -> str:
    """A text cut to MOST_LINE characters."""
    return text if len(text) <= MOST_LINE else text[: MOST_LINE - 3] + "..."


def length(lines: list[str]) -> int:
    """The number of characters in these lines."""
    return sum(len(line) + 1 for line in lines)


def before(calls: list[Call], room: int) -> list[str]:
    """The calls before the one that failed: the first of them that fit into `room` characters."""
    lines = [f"{INDENT}before it, in the same case:"] if calls else []
    for place, call in enumerate(calls):
        more = [f"{INDENT}{call.function}", *arguments(call, 2 * INDENT)]
        room -= length(more)
        if room < 0 or place == MOST_CALLS:
            return [*lines, f"{INDENT}and {len(calls) - place} more, complete in the JSON report"]
        lines += more
    return lines


def arguments(call: Call, indent: str = INDENT) -> list[str]:
    """The arguments of a call: window and dtype, then each array as Python."""
    settings = "".join(f" {name}={value!r}" for name, value in call.settings.items())
    layouts = "".join(f", {name} is {layout} in memory" for name, layout in call.layouts.items())
    lines = [f"{indent}size={call.size} stride={call.stride}{settings} {call.arrays['x'].dtype}{layouts}"]
    names = sorted(call.arrays, reverse=True)
    width = max(map(len, names))
    for name in names:
        start = indent + f"{name:{width}} = "
        lines.append(assignment(start, call.arrays[name], name))
    return lines


def assignment(start: str, array: Array, name: str) -> str:
    """`start` and an array as Python text that evaluates to it: nested lists, or a recipe for a large one.

    A large array without a short recipe becomes an ellipsis and its form.
    """
    if array.size == 0:
        return f"{start}np.empty({array.shape}, {array.dtype.name!r})"
    if array.size <= MOST_PRINTED:
        return start + nested(array, len(start))
    pattern = pattern_of(array, MOST_CELLS)
    return start + (as_text(pattern, name) if pattern else stored_elsewhere(array))


def nested(array: Array, indent: int) -> str:
    """A small array as nested lists, in one line or with its rows below each other."""
    # A bfloat16 prints as a float32 of the same value: NumPy has no notation of its own for its zeros and fractions.
    shown = array.astype(np.float32) if array.dtype.name == "bfloat16" else array
    text = np.array2string(
        shown, separator=", ", threshold=sys.maxsize, floatmode="unique", max_line_width=sys.maxsize, sign="-"
    )
    one_line = re.sub(r"\s+", " ", text).replace("[ ", "[")
    return one_line if len(one_line) <= WIDTH else re.sub(r"\n\s*\n|\n", "\n" + " " * indent, text)


def stored_elsewhere(array: Array) -> str:
    """The form of an array after an ellipsis, which Python accepts in its place."""
    return f"...  # shape {array.shape}, {array.dtype}: too large to print, complete in the JSON report"
