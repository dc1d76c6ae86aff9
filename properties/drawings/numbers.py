"""Numbers as they stand in cells: short, and longer only where two that differ would look alike."""

from __future__ import annotations

import re
from typing import Any

from poolproof.kernels.dtypes import Array

LONGEST = 6
"""Characters of a number that is written in full."""


PLUS = re.compile(r"e\+?(-?)0*")
"""What an exponent is written with, and can be read without."""


def exact(value: Any) -> str:
    """A number in the fewest digits that give it again, without the zero after a whole one."""
    text = str(value)
    return text.removesuffix(".0")


def short(value: Any) -> str:
    """A number in few characters."""
    text = exact(value)
    if len(text) > LONGEST and text not in ("True", "False"):
        text = f"{float(value):.3g}"
    return PLUS.sub(r"e\1", text)


def texts(plane: Array) -> list[list[str]]:
    """The numbers of a plane, short."""
    return [[short(value) for value in row] for row in plane]


def told_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers as texts, in full where short ones would be equal and the numbers are not."""
    pair = short(one), short(other)
    differ = pair[0] == pair[1] and one != other and not (one != one and other != other)
    return (exact(one), exact(other)) if differ else pair
