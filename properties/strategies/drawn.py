"""What the strategies draw: each from one value, which is printed as the arguments of the public strategy."""

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
    """What is drawn from; its repr is what the caller wrote, because Hypothesis prints strategies with it."""

    def __init__(self, function: Callable[..., Any], given: dict[str, Any], made: T) -> None:
        self.function, self.given, self.made = function, given, made

    def __repr__(self) -> str:
        return ", ".join(text for each in signature(self.function).parameters.values() for text in self.written(each))

    def written(self, parameter: Any) -> list[str]:
        """An argument as it is written in a call; nothing if it has its default."""
        value = self.given[parameter.name]
        if parameter.kind == parameter.VAR_POSITIONAL:
            return list(map(repr, value))
        if parameter.kind == parameter.KEYWORD_ONLY:
            return [] if value is parameter.default else [f"{parameter.name}={value!r}"]
        return [value_text(value)]


class Images(NamedTuple):
    """What images are drawn from."""

    pooling: Pooling
    dtypes: Sequence[str]
    palettes: Sequence[str]
    layouts: Sequence[str]
    batches: Sequence[tuple[int, int]]


class Gradients(NamedTuple):
    """What gradients are drawn from."""

    pooling: Pooling
    x: Array
    palettes: Sequence[str]
    layouts: Sequence[str]


class Cases(NamedTuple):
    """What cases are drawn from: a builder for each name, and the most cells of x if they are limited."""

    names: Sequence[str]
    builders: Sequence[Builder]
    max_cells: int | None


@st.composite
def poolings(draw: Any, asked: Asked[Builder]) -> Pooling:
    """The windows of cases."""
    choices, made = Drawn(draw), asked.made
    sketch = made.sketch(choices, {"values": "distinct", "layouts": ()})
    _, axes = made.frame(choices, sketch, (1, 1))
    size, stride = tuple(axis.size for axis in axes), tuple(axis.stride for axis in axes)
    spatial = tuple(axis.length for axis in axes)
    within(made.most_cells, prod(spatial))
    return Pooling(size, stride, spatial, passed(sketch, axes, SETTINGS))


@st.composite
def images(draw: Any, asked: Asked[Images]) -> Array:
    """The images of cases."""
    choices, made = Drawn(draw), asked.made
    dtype, palette, layout = (one_of(choices, each) for each in (made.dtypes, made.palettes, made.layouts))
    batch, seed = one_of(choices, made.batches), choices.upto(SEEDS - 1)
    x = np.zeros((*batch, *made.pooling.spatial), dtype)
    # Painted for a mean, so that no sum of a window overflows.
    case = case_of("mean_forward", made.pooling, x, np.zeros((*batch, *made.pooling.output), dtype), values=palette)
    paint(case, seed, "lattice", "lattice")
    return in_memory(x, layout)


@st.composite
def gradients(draw: Any, asked: Asked[Gradients]) -> Array:
    """The gradients of cases."""
    choices, (pooling, x, palettes, layouts) = Drawn(draw), asked.made
    palette, layout, seed = one_of(choices, palettes), one_of(choices, layouts), choices.upto(SEEDS - 1)
    dy = np.zeros((*x.shape[:2], *pooling.output), x.dtype)
    case = case_of("mean_backward", pooling, np.zeros_like(x), dy, values="lattice", spot=spot_of(choices))
    paint(case, seed, palette, "lattice")
    return in_memory(dy, layout)


@st.composite
def cases(draw: Any, asked: Asked[Cases]) -> Case:
    """Cases; events say what each is about."""
    names, builders, max_cells = asked.made
    choices = Drawn(draw)
    place = choices.place(len(names))
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
    """Reject an image of more cells: few have more than a builder allows, under wide windows and padding."""
    hypothesis.assume(most is None or cells <= most)


def case_of(function: str, pooling: Pooling, x: Array, dy: Array, **about: Any) -> internal.Case:
    """A case of these windows."""
    return internal.Case(function, x, pooling.size, pooling.stride, dy, settings=dict(pooling.settings), **about)


def in_memory(array: Array, layout: str) -> Array:
    """An array in a layout, for which some of its elements may have to be the same."""
    made_alike(array, layout)
    return laid_out(array, layout)
