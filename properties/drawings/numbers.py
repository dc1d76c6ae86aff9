"""Numbers as text in cells: short, and longer only if two different ones would look alike."""

from __future__ import annotations

import re
from typing import Any

from poolproof.kernels.dtypes import Array

LONGEST = 6
"""The most characters of a number that is written in full."""


PLUS = re.compile(r"e\+?(-?)0*")
"""The part of an exponent that is not needed to read it."""


def exact(value: Any) -> str:
    """A number in the fewest digits that read back, without the .0 of a whole number."""
    text = str(value)
    return text.removesuffix(".0")


def short(value: Any) -> str:
    """A number in few characters."""
    text = exact(value)
    if len(text) > LONGEST and text not in ("True", "False"):
        text = f"{float(value):.3g}"
    return PLUS.sub(r"e\1", text)


def texts(plane: Array) -> list[list[str]]:
    """The numbers of a plane as short texts."""
    return [[short(value) for value in row] for row in plane]


def told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers as texts, in full if they differ but their short texts do not."""
    pair = short(one), short(other)
    differ = pair[0] == pair[1] and one != other and not (one != one and other != other)
    return (exact(one), exact(other)) if differ else pair
