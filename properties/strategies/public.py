"""The strategies for people's own tests: windows, images, gradients and whole cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import FLOATS as KNOWN_FLOATS
from poolproof.kernels.dtypes import Array

from ..cases.build import MOST_CELLS as MANY_CELLS
from ..cases.build import Builder, passed, spot_of
from ..cases.case import Case
from ..cases.choices import Drawn, one_of
from ..cases.contents import SEEDS, paint
from ..cases.palettes import NAMES
from ..cases.plans import MAX_VALUES, MEAN_VALUES, Plan
from ..contract import CALLABLES, MEAN_SETTINGS, OF_INTEGERS, SETTINGS, Declared, did_you_mean
from ..data.layouts import laid_out, made_alike
from . import arguments
from .pooling import Pooling

Dtype = str | type[Any] | np.dtype[Any]
"""The name of a dtype, or NumPy's own."""

FLOATS = ("float64", "float32", "float16")
GRADIENTS = ("lattice", "wide")
MOST_CELLS = 1000
"""The default of `max_cells`."""

PLANS = {
    "max_forward": Plan(("max_forward",), values=MAX_VALUES),
    "max_indices": Plan(("max_indices",), values=MAX_VALUES),
    "max_backward": Plan(("max_backward",), gradients=GRADIENTS),
    "mean_forward": Plan(("mean_forward",), values=MEAN_VALUES),
    "mean_backward": Plan(("mean_backward",), values=("lattice",), gradients=GRADIENTS),
}
"""Cases on which `check` can judge every sound implementation."""


def poolings(
    *,
    ranks: Collection[int] = (2,),
    settings: Collection[str] = SETTINGS,
    windows: str = "any",
    square: bool = False,
    tiles: bool = False,
    padding: str = "any",
    padding_limit: str | None = None,
    max_cells: int = MOST_CELLS,
) -> st.SearchStrategy[Pooling]:
    """Strategy for window sizes, strides and settings that fit together, and an image that they fit: see `Pooling`.

    No window lies wholly in padding. Sizes, strides and images shrink to 1, settings to none.

    - `ranks`: numbers of spatial axes: 1, 2, 3.
    - `settings`: the keywords that may be passed: "padding", "dilation", "ceil_mode"; () for none.
    - `windows`: "any"; "overlapping" (a stride smaller than the size, and two windows or more, along some axis);
      "gaps" (pixels that no window covers); "powers of two" (cells in a window); "one cell".
    - `square`: size, stride, padding and dilation are equal along all axes.
    - `tiles`: the stride is equal to the size, and there is no dilation.
    - `padding`: "any"; "symmetric" (as much before as after each axis); "none".
    - `padding_limit`: "half" (at most half of the size), "window" (less than the size), or None (less than the extent
      of a dilated window).
    - `max_cells`: the most cells of a plane.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    arguments.several("settings", settings, SETTINGS, least=0)
    limits = arguments.limits(ranks, FLOATS, settings, square, tiles, padding, padding_limit)
    return poolings_of(builder(PLANS["max_forward"], limits, max_cells, windows=windows))


@st.composite
def poolings_of(draw: Any, made: Builder) -> Pooling:
    """The windows of cases."""
    choices = Drawn(draw)
    sketch = made.sketch(choices, {"values": "distinct", "layouts": ()})
    _, axes = made.frame(choices, sketch, (1, 1))
    size, stride = tuple(axis.size for axis in axes), tuple(axis.stride for axis in axes)
    spatial = tuple(axis.length for axis in axes)
    within(made.most_cells, prod(spatial))
    return Pooling(size, stride, spatial, passed(sketch, axes, SETTINGS))


def images(
    pooling: Pooling,
    *,
    dtypes: Collection[Dtype] = FLOATS,
    palettes: Collection[str] = ("distinct", "ties", "wide"),
    layouts: Collection[str] = ("C",),
    max_samples: int = 3,
    max_channels: int = 3,
) -> st.SearchStrategy[Array]:
    """Strategy for arrays (N, C, *pooling.spatial).

    - `pooling`: the windows that fit.
    - `dtypes`: floats, integers or bool, such as "float32" or np.float32; "bfloat16" where ml_dtypes is installed.
    - `palettes`: what stands in the cells. Numbers of "distinct" differ within each window, "ties" has many equal
      ones, sums of "wide" numbers round; docs/strategies.md lists all.
    - `layouts`: how the array lies in memory: "C", "channels last", "negative strides", ...; docs/strategies.md lists
      all. Under "broadcast" and the "expanded" ones some cells are equal.
    - `max_samples`: the most samples, N >= 1.
    - `max_channels`: the most channels, C >= 1.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    arguments.fits(pooling)
    names, memory = arguments.dtypes(dtypes), arguments.several("layouts", layouts, arguments.LAYOUT_NAMES)
    contents, some = arguments.several("palettes", palettes, NAMES), arguments.batches(max_samples, max_channels)
    return images_of(pooling, names, contents, memory, some)


@st.composite
def images_of(
    draw: Any,
    pooling: Pooling,
    dtypes: Sequence[str],
    palettes: Sequence[str],
    layouts: Sequence[str],
    some: Sequence[tuple[int, int]],
) -> Array:
    """The images of cases."""
    choices = Drawn(draw)
    dtype, palette, layout = (one_of(choices, each) for each in (dtypes, palettes, layouts))
    batch, seed = one_of(choices, some), choices.upto(SEEDS - 1)
    x = np.zeros((*batch, *pooling.spatial), dtype)
    # Painted for a mean, so that no sum of a window overflows.
    case = case_of("mean_forward", pooling, x, np.zeros((*batch, *pooling.output), dtype), values=palette)
    paint(case, seed, "lattice", "lattice")
    return in_memory(x, layout)


def gradients(
    pooling: Pooling, x: Array, *, palettes: Collection[str] = GRADIENTS, layouts: Collection[str] = ("C",)
) -> st.SearchStrategy[Array]:
    """Strategy for arrays like the result of pooling x: (N, C, *pooling.output), in the dtype of x.

    - `pooling`: the windows.
    - `x`: an array (N, C, *pooling.spatial) of floats.
    - `palettes`: what stands in the cells: "lattice" has small integers, of which no sum rounds; "one-hot" is zero but
      for one element; others as for `images`.
    - `layouts`: how the array lies in memory, as for `images`.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    arguments.fits(pooling)
    contents = arguments.several("palettes", palettes, arguments.GRADIENT_NAMES)
    memory = arguments.several("layouts", layouts, arguments.LAYOUT_NAMES)
    return gradients_of(pooling, arguments.pooled(pooling, x), contents, memory)


@st.composite
def gradients_of(draw: Any, pooling: Pooling, x: Array, palettes: Sequence[str], layouts: Sequence[str]) -> Array:
    """The gradients of cases."""
    choices = Drawn(draw)
    palette, layout, seed = one_of(choices, palettes), one_of(choices, layouts), choices.upto(SEEDS - 1)
    dy = np.zeros((*x.shape[:2], *pooling.output), x.dtype)
    case = case_of("mean_backward", pooling, np.zeros_like(x), dy, values="lattice", spot=spot_of(choices))
    paint(case, seed, palette, "lattice")
    return in_memory(dy, layout)


def cases(
    *about: str,
    ranks: Collection[int] | None = None,
    dtypes: Collection[Dtype] = FLOATS,
    settings: Collection[str] = MEAN_SETTINGS,
    windows: str | None = None,
    palettes: Collection[str] | None = None,
    gradients: Collection[str] | None = None,
    layouts: Collection[str] | None = None,
    square: bool = False,
    tiles: bool = False,
    padding: str = "any",
    padding_limit: str | None = None,
    max_cells: int | None = None,
) -> st.SearchStrategy[Case]:
    """Strategy for whole inputs: see `Case`.

    The defaults give inputs that `check` can judge for every sound implementation; a law gets those that it needs.

    - `*about`: callables ("max_backward") or laws ("mean-adjoint"), one of which each case is about; default: all five
      callables, of which those are left out that take none of `dtypes`.
    - `ranks`: numbers of spatial axes; default: (2,), or as many as a law needs.
    - `dtypes`: as for `images`. Integers and bool are drawn for max_forward and max_indices alone.
    - `settings`: the keywords that calls may pass: "padding", "dilation", "ceil_mode" and, for means,
      "count_include_pad"; () for none.
    - `windows`, `square`, `tiles`, `padding`, `padding_limit`: as for `poolings`.
    - `palettes`: what stands in x, as for `images`; default: as the callable or the law needs.
    - `gradients`: what stands in dy, as for `gradients`; default: as the callable or the law needs.
    - `layouts`: how x and dy lie in memory when they are in `case.arguments`, as for `images`.
    - `max_cells`: the most cells of x; default: about 1,000, or as many as a law needs.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    changed = {
        "windows": windows,
        "values": None if palettes is None else arguments.several("palettes", palettes, NAMES),
        "gradients": None if gradients is None else arguments.several("gradients", gradients, arguments.GRADIENT_NAMES),
        "layouts": None if layouts is None else arguments.several("layouts", layouts, arguments.LAYOUT_NAMES),
    }
    changed = {name: value for name, value in changed.items() if value is not None}
    if palettes is not None:
        changed["mean_values"] = ()
    named = arguments.dtypes(dtypes)
    makers = []
    for name in about or able(named):
        plan = plan_about(name)
        some = ranks if ranks is not None else (2,) if plan.ranks == 1 else arguments.RANKS
        limits = arguments.limits(some, named, settings, square, tiles, padding, padding_limit)
        usual = MANY_CELLS if plan.windows == "vast" else MOST_CELLS
        makers.append(builder(plan, limits, usual if max_cells is None else max_cells, **changed))
    return cases_of(makers, about, max_cells)


@st.composite
def cases_of(draw: Any, makers: Sequence[Builder], about: Sequence[str] = (), max_cells: int | None = None) -> Case:
    """Cases of these builders; events say what each is about, as far as it is named."""
    choices = Drawn(draw)
    place = choices.place(len(makers))
    case = makers[place].case(choices)
    within(max_cells, case.x.size)
    hypothesis.event("about", about[place] if about else case.function)
    hypothesis.event("callable", case.function)
    hypothesis.event("settings", ", ".join(case.settings) or "none")
    return case


def within(most: int | None, cells: int) -> None:
    """Reject an image of more cells: few have more than a builder allows, under wide windows and padding."""
    hypothesis.assume(most is None or cells <= most)


def able(dtypes: Sequence[str]) -> tuple[str, ...]:
    """The callables that take some of these dtypes."""
    return CALLABLES if {*dtypes} & {*KNOWN_FLOATS} else OF_INTEGERS


def plan_about(name: str) -> Plan:
    """The plan of a callable or of a law. Raises InvalidArgument for any other name."""
    from ..lawbook import LAWS

    known = (*CALLABLES, *LAWS)
    if isinstance(name, str) and name in known:
        return PLANS[name] if name in PLANS else LAWS[name].plan
    raise arguments.wrong("about", name, f"a callable or a law; {did_you_mean(str(name), known)}")


def builder(plan: Plan, limits: Declared, max_cells: int, **changed: Any) -> Builder:
    """What builds cases of a plan, changed in some fields, within limits. Raises InvalidArgument."""
    if "windows" in changed:
        arguments.one("windows", changed["windows"], arguments.WINDOWS)
    most, wanted = arguments.positive("max_cells", max_cells), replace(plan, **changed)
    arguments.enough(most, wanted)
    functions = wanted.asked(limits, CALLABLES)
    if not functions:
        raise InvalidArgument(arguments.conflict(wanted, limits))
    return Builder(wanted, limits, functions, most)


def case_of(function: str, pooling: Pooling, x: Array, dy: Array, **about: Any) -> Case:
    """A case of these windows."""
    return Case(function, x, pooling.size, pooling.stride, dy, settings=dict(pooling.settings), **about)


def in_memory(array: Array, layout: str) -> Array:
    """An array in a layout, for which some of its elements may have to be the same."""
    made_alike(array, layout)
    return laid_out(array, layout)
