"""Cases for users to write and change: checked when they are made, and without dy where none is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import ORDERED, Array, Ints, is_float

from ..cases import case as internal
from ..cases.palettes import NAMES
from ..contract import BACKWARD, CALLABLES, MEAN, MEAN_SETTINGS, OF_INTEGERS, SETTINGS, did_you_mean
from ..data.layouts import LAYOUTS
from .complaints import listed, one, several, wrong
from .pooling import RANKS, fit

ABSENT: Array = np.zeros(0)
"""Stands for a dy that was left out."""


@dataclass(frozen=True, eq=False, repr=False)
class Case(internal.Case):
    """One call of a callable: `kernel(*case.arguments, **case.settings)`.

    - `function`: the callable, such as "max_backward".
    - `x`: an array (N, C, W), (N, C, H, W) or (N, C, D, H, W).
    - `size`, `stride`: tuples of int, one for each spatial axis.
    - `dy`: for a gradient, an array like the result, (N, C, OH, OW), in the dtype of x; zeros otherwise.
    - `values`: the palette of x.
    - `layouts`: how x and dy lie in memory in `arguments`, if not in C order: {"x": "channels last"}.
    - `settings`: the keywords of the call: `padding`, a pair (before, after) for each axis; `dilation`, a tuple of int;
      `ceil_mode` and, for means, `count_include_pad`, bools.
    - `other`, `spot`, `assumed`: what some laws also need: a third array, a place in it (0 to 1), and a setting
      that the callable does not take.

    The `repr` is a Python expression for an equal case, with `np` for NumPy. An array of more than 5,000 cells without
    a short description is written as an ellipsis. Cases are compared by identity. Raises
    hypothesis.errors.InvalidArgument if something does not fit.
    """

    dy: Array = field(default_factory=lambda: ABSENT)

    def __post_init__(self) -> None:
        if self.function not in CALLABLES:
            raise wrong("function", self.function, f"a callable; {did_you_mean(str(self.function), CALLABLES)}")
        pooled(self.x, self.function)
        known = MEAN_SETTINGS if self.function in MEAN else SETTINGS
        fit(self.size, self.stride, self.x.shape[2:], self.settings, known)
        self.fill()
        arranged(self.layouts, self.function)
        one("values", self.values, NAMES)
        if not isinstance(self.spot, float) or not 0 <= self.spot < 1:
            raise wrong("spot", self.spot, "a float from 0 to 1, without 1")

    def fill(self) -> None:
        """Set dy to zeros if the callable takes none; otherwise raise InvalidArgument unless it is like the result."""
        shape = (*self.x.shape[:2], *self.output)
        if self.function not in BACKWARD:
            object.__setattr__(self, "dy", np.zeros(shape, self.x.dtype))
        elif self.dy is ABSENT:
            raise InvalidArgument(f"dy is missing: {self.function} takes {kind(shape, self.x.dtype)}")
        elif not isinstance(self.dy, np.ndarray) or (self.dy.shape, self.dy.dtype) != (shape, self.x.dtype):
            raise misshapen("dy", self.dy, kind(shape, self.x.dtype))


def checked(case: internal.Case, **changed: Any) -> Case:
    """A drawn case as a public one, with some fields changed."""
    return Case(**{each.name: getattr(case, each.name) for each in fields(case)} | changed)


def kind(shape: Ints, dtype: np.dtype[Any]) -> str:
    """An array of this shape and dtype, in words."""
    return f"an array of shape {shape} and dtype {dtype}"


def misshapen(name: str, value: Any, right: str) -> InvalidArgument:
    """The error about an array, which names its shape and dtype, or about a value that is not an array."""
    if not isinstance(value, np.ndarray):
        return wrong(name, value, right)
    return InvalidArgument(f"{name} has shape {value.shape} and dtype {value.dtype}, but should be {right}")


def pooled(x: Any, function: str) -> None:
    """Raise InvalidArgument unless this is an image that the callable takes."""
    numbers = "floats, integers or bool" if function in OF_INTEGERS else "floats"
    right = f"an array (N, C, H, W) of {numbers}, with one to three spatial axes"
    taken = isinstance(x, np.ndarray) and x.dtype.name in ORDERED and (is_float(x.dtype) or function in OF_INTEGERS)
    if not taken or x.ndim - 2 not in RANKS or not all(x.shape[1:]):
        raise misshapen("x", x, right)


def arranged(layouts: Any, function: str) -> None:
    """Raise InvalidArgument unless this is a dict of layouts of a callable's arrays."""
    names = ("dy", "x") if function in BACKWARD else ("x",)
    if not isinstance(layouts, Mapping):
        raise wrong("layouts", layouts, f"a dict of a layout for any of {listed(names)}")
    several("layouts", tuple(layouts), names, least=0)
    several("layouts", tuple(layouts.values()), tuple(LAYOUTS), least=0)
