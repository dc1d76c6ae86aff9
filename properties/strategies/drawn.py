"""The strategies behind the public ones: each takes one value, which prints as the arguments of the public strategy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from math import prod
from typing import Any, Generic, NamedTuple, TypeVar

import hypothesis
import numpy as np
from hypothesis import strategies as st
from poolproof.kernels.dtypes import Array

from ..cases import case as internal
from ..cases.build import Builder, passed, spot_of
from ..cases.choices import Drawn, one_of
from ..cases.contents import SEEDS, paint
from ..cases.written import value_text
from ..contract import CALLABLES, SETTINGS
from ..data.layouts import laid_out, made_alike
from .case import Case, checked
from .pooling import Pooling

T = TypeVar("T")


class Asked(Generic[T]):
    """The input of a strategy. Its repr is what the caller wrote, because Hypothesis prints strategies with it."""

    def __init__(self, function: Callable[..., Any], given: dict[str, Any], made: T) -> None:
        self.function, self.given, self.made = function, given, made

    def __repr__(self) -> str:
        return ", ".join(text for each in signature(self.function).parameters.values() for text in self.written(each))

    def written(self, parameter: Any) -> list[str]:
        """An argument as it is written in a call; empty if it has its default."""
        value = self.given[parameter.name]
        if parameter.kind == parameter.VAR_POSITIONAL:
            return list(map(repr, value))
        if parameter.kind == parameter.KEYWORD_ONLY:
            return [] if value is parameter.default else [f"{parameter.name}={value!r}"]
        return [value_text(value)]


class Images(NamedTuple):
    """The options for drawn images."""

    pooling: Pooling
    dtypes: Sequence[str]
    palettes: Sequence[str]
    layouts: Sequence[str]
    batches: Sequence[tuple[int, int]]


class Gradients(NamedTuple):
    """The options for drawn gradients."""

    pooling: Pooling
    x: Array
    palettes: Sequence[str]
    layouts: Sequence[str]


class Cases(NamedTuple):
    """The options for drawn cases: a builder for each name, and the most cells of x, or None."""

    names: Sequence[str]
    builders: Sequence[Builder]
    max_cells: int | None


@st.composite
def poolings(draw: Any, asked: Asked[Builder]) -> Pooling:
    """Windows, drawn as for cases."""
    choices, made = Drawn(draw), asked.made
    sketch = made.sketch(choices, {"values": "distinct", "layouts": ()})
    _, axes = made.frame(choices, sketch, (1, 1))
    size, stride = tuple(axis.size for axis in axes), tuple(axis.stride for axis in axes)
    spatial = tuple(axis.length for axis in axes)
    within(made.most_cells, prod(spatial))
    return Pooling(size, stride, spatial, passed(sketch, axes, SETTINGS))


@st.composite
def images(draw: Any, asked: Asked[Images]) -> Array:
    """Images, drawn as for cases."""
    choices, made = Drawn(draw), asked.made
    dtype, palette, layout = (one_of(choices, each) for each in (made.dtypes, made.palettes, made.layouts))
    batch, seed = one_of(choices, made.batches), choices.upto(SEEDS - 1)
    x = np.zeros((*batch, *made.pooling.spatial), dtype)
    # Painted as for a mean, so that no sum over a window overflows.
    case = case_of("mean_forward", made.pooling, x, np.zeros((*batch, *made.pooling.output), dtype), values=palette)
    paint(case, seed, "lattice", "lattice")
    return in_memory(x, layout)


@st.composite
def gradients(draw: Any, asked: Asked[Gradients]) -> Array:
    """Gradients, drawn as for cases."""
    choices, (pooling, x, palettes, layouts) = Drawn(draw), asked.made
    palette, layout, seed = one_of(choices, palettes), one_of(choices, layouts), choices.upto(SEEDS - 1)
    dy = np.zeros((*x.shape[:2], *pooling.output), x.dtype)
    case = case_of("mean_backward", pooling, np.zeros_like(x), dy, values="lattice", spot=spot_of(choices))
    paint(case, seed, palette, "lattice")
    return in_memory(dy, layout)


@st.composite
def cases(draw: Any, asked: Asked[Cases]) -> Case:
    """Cases, with Hypothesis events that say what each is about."""
    names, builders, max_cells = asked.made
    choices = Drawn(draw)
    place = choices.index(len(names))
    law = names[place] not in CALLABLES
    # Only laws look at the spot.
    case = checked(builders[place].case(choices), **({} if law else {"spot": 0.0}))
    within(max_cells, case.x.size)
    if law:
        hypothesis.event("law", names[place])
    hypothesis.event("callable", case.function)
    hypothesis.event("settings", ", ".join(case.settings) or "none")
    return case


def within(most: int | None, cells: int) -> None:
    """Reject an image with more cells. Few have more than a builder allows: those with wide windows and padding."""
    hypothesis.assume(most is None or cells <= most)


def case_of(function: str, pooling: Pooling, x: Array, dy: Array, **about: Any) -> internal.Case:
    """A case with these windows."""
    return internal.Case(function, x, pooling.size, pooling.stride, dy, settings=dict(pooling.settings), **about)


def in_memory(array: Array, layout: str) -> Array:
    """An array in a layout, with elements made equal if the layout requires it."""
    made_alike(array, layout)
    return laid_out(array, layout)
