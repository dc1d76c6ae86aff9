"""The type of a mistake: its name, what is wrong, what right code does, and the wrong answers that it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from ...contract import BACKWARD, CALLABLES, FORWARD, MEAN
from ...targets.call import Call

ANY = CALLABLES
MAXIMA = ("max_forward", "max_backward", "max_indices")
MAX, INDEX, MAX_GRADIENT = ("max_forward",), ("max_indices",), ("max_backward",)
SUM, SUM_GRADIENT = ("mean_forward",), ("mean_backward",)

__all__ = [
    "ANY",
    "BACKWARD",
    "FORWARD",
    "INDEX",
    "MAX",
    "MAXIMA",
    "MAX_GRADIENT",
    "MEAN",
    "SUM",
    "SUM_GRADIENT",
    "Mistake",
    "Prediction",
    "Refusal",
    "Scope",
]  # fmt: skip

Prediction = Callable[[Call], Array]
"""The answer to a call under a mistake. Raises ValueError if the mistake gives none."""

Refusal = Callable[[Call], bool]
"""Whether a call is refused under a mistake."""


class Scope(Enum):
    """Where a mistake is made: in some cells, as beyond the last whole block; in all cells of some calls; or always."""

    CELLS = "cells"
    CALLS = "calls"
    ALWAYS = "always"


@dataclass(frozen=True)
class Mistake:
    """A mistake that pooling code is known for.

    `functions`: the callables in which it is made. `wrong` and `right`: what is wrong, and what right code does, one
    sentence each. `answers`: the variants of the mistake; empty if it shows in how a target behaves, not in one answer.
    `scope`: how many of its predictions must come true. `of_nan`: it is about NaN; a wrong NaN says nothing about other
    mistakes, as any of them may read one. `refuses`: variants that refuse some calls.
    """

    name: str
    functions: tuple[str, ...]
    wrong: str
    right: str
    answers: tuple[Prediction, ...] = ()
    scope: Scope = Scope.CELLS
    of_nan: bool = False
    refuses: tuple[Refusal, ...] = ()


def whole(mistakes: list[Mistake]) -> list[Mistake]:
    """The mistakes, made in all cells of a call or in none."""
    return [replace(each, scope=Scope.CALLS) if each.scope is Scope.CELLS else each for each in mistakes]


def by_name(mistakes: list[Mistake]) -> dict[str, Mistake]:
    """Mistakes by name. Raises ValueError if two of them share one."""
    found = {mistake.name: mistake for mistake in mistakes}
    if len(found) < len(mistakes):
        raise ValueError("every mistake needs a name of its own")
    return found


def wrapped(numbers: Any, dtype: Any) -> Any:
    """Integers as a narrower type holds them."""
    return np.asarray(numbers, np.int64).astype(dtype).astype(np.int64)
