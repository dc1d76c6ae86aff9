"""The strategies for users' own tests: windows, images, gradients and whole cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import FLOATS as KNOWN_FLOATS
from poolproof.kernels.dtypes import Array

from ..cases.build import MOST_CELLS as MANY_CELLS
from ..cases.build import Builder
from ..cases.plans import MAX_VALUES, MEAN_VALUES, Plan
from ..contract import CALLABLES, MEAN_SETTINGS, OF_INTEGERS, SETTINGS, Declared
from . import arguments, drawn
from .case import Case
from .complaints import keywords_checked, one, positive, several, wrong
from .drawn import Asked
from .pooling import RANKS, Pooling

Dtype = str | type[Any] | np.dtype[Any]
"""The name of a dtype, or a NumPy dtype."""

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


@keywords_checked
def poolings(
    *,
    ranks: Collection[int] = (2,),
    settings: Collection[str] | None = None,
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
    - `settings`: the keywords that may be passed: "padding", "dilation", "ceil_mode"; () for none; default: all.
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
    given = dict(locals())
    named = arguments.settings(settings, SETTINGS)
    limits = arguments.limits(ranks, FLOATS, named, square, tiles, padding, padding_limit)
    arguments.effective(settings, tiles, padding, padding_limit)
    made = builder(PLANS["max_forward"], limits, max_cells, windows=one("windows", windows, arguments.WINDOWS))
    return drawn.poolings(Asked(poolings, given, made))


@keywords_checked
def images(
    pooling: Pooling,
    *,
    dtypes: Collection[Dtype] = FLOATS,
    palettes: Collection[str] = ("distinct", "ties", "wide"),
    layouts: Collection[str] = ("C",),
    max_samples: int = 3,
    max_channels: int = 3,
) -> st.SearchStrategy[Array]:
    """Strategy for arrays `(N, C, *pooling.spatial)`.

    - `pooling`: the windows that fit.
    - `dtypes`: floats, integers or bool, such as "float32" or np.float32; "bfloat16" where ml_dtypes is installed.
    - `palettes`: the values of the cells. Numbers of "distinct" differ within each window, "ties" has many equal
      ones, sums of "wide" numbers round; docs/strategies.md lists all.
    - `layouts`: the memory layout of the array: "C", "channels last", "negative strides", ...; docs/strategies.md lists
      all. In "broadcast" and the "expanded" ones some cells are equal.
    - `max_samples`: the most samples, N >= 1.
    - `max_channels`: the most channels, C >= 1.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    given = dict(locals())
    arguments.drawn_pooling(pooling)
    names, memory = arguments.dtypes(dtypes), several("layouts", layouts, arguments.LAYOUT_NAMES)
    contents, some = arguments.palettes_of(palettes, names), arguments.batches(max_samples, max_channels)
    return drawn.images(Asked(images, given, drawn.Images(pooling, names, contents, memory, some)))


@keywords_checked
def gradients(
    pooling: Pooling, x: Array, *, palettes: Collection[str] = GRADIENTS, layouts: Collection[str] = ("C",)
) -> st.SearchStrategy[Array]:
    """Strategy for arrays like the result of pooling x: `(N, C, *pooling.output)`, in the dtype of x.

    - `pooling`: the windows.
    - `x`: an array `(N, C, *pooling.spatial)` of floats.
    - `palettes`: the values of the cells: "lattice" has small integers, whose sums do not round; "one-hot" is zero
      except at one element; others as for `images`.
    - `layouts`: the memory layout of the array, as for `images`.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    given = dict(locals())
    arguments.drawn_pooling(pooling)
    contents = several("palettes", palettes, arguments.GRADIENT_NAMES)
    memory = several("layouts", layouts, arguments.LAYOUT_NAMES)
    made = drawn.Gradients(pooling, arguments.pooled(pooling, x), contents, memory)
    return drawn.gradients(Asked(gradients, given, made))


@keywords_checked
def cases(
    *about: str,
    ranks: Collection[int] | None = None,
    dtypes: Collection[Dtype] = FLOATS,
    settings: Collection[str] | None = None,
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

    The defaults give inputs that `check` can judge for every sound implementation; a law gets the inputs that it needs.

    - `*about`: callables ("max_backward") or laws ("mean-adjoint"), one of which each case is about; default: those of
      the five callables that take some of `dtypes`.
    - `ranks`: numbers of spatial axes; default: (2,), or as many as a law needs.
    - `dtypes`: as for `images`. Integers and bool are drawn for max_forward and max_indices only.
    - `settings`: the keywords that calls may pass: "padding", "dilation", "ceil_mode" and, for means,
      "count_include_pad"; () for none; default: all.
    - `windows`, `square`, `tiles`, `padding`, `padding_limit`: as for `poolings`.
    - `palettes`: the values of x, as for `images`; default: as the callable or the law needs.
    - `gradients`: the values of dy, as for `gradients`; default: as the callable or the law needs.
    - `layouts`: the memory layouts of x and dy in `case.arguments`, as for `images`.
    - `max_cells`: the most cells of x; default: about 1,000, or as many as a law needs.

    Raises hypothesis.errors.InvalidArgument naming the argument, its value and what would be right.
    """
    given = dict(locals())
    named, taken = arguments.dtypes(dtypes), arguments.settings(settings, MEAN_SETTINGS)
    arguments.effective(settings, tiles, padding, padding_limit)
    changed = arguments.changes(windows, palettes, gradients, layouts, named)
    names = about or able(named)
    plans = [plan_about(name) for name in names]
    arguments.of_use(settings, gradients, plans)
    makers = []
    for plan in plans:
        some = ranks if ranks is not None else (2,) if plan.ranks == 1 else RANKS
        limits = arguments.limits(some, named, taken, square, tiles, padding, padding_limit)
        usual = MANY_CELLS if plan.windows == "vast" else MOST_CELLS
        makers.append(builder(plan, limits, usual if max_cells is None else max_cells, **changed))
    return drawn.cases(Asked(cases, given, drawn.Cases(names, makers, max_cells)))


def able(dtypes: Sequence[str]) -> tuple[str, ...]:
    """The callables that take some of these dtypes."""
    return CALLABLES if {*dtypes} & {*KNOWN_FLOATS} else OF_INTEGERS


def plan_about(name: str) -> Plan:
    """The plan of a callable or of a law. Raises InvalidArgument for any other name."""
    from ..lawbook import LAWS

    known = (*CALLABLES, *LAWS)
    if isinstance(name, str) and name in known:
        return PLANS[name] if name in PLANS else LAWS[name].plan
    raise wrong("about", name, f"a callable or a law; {arguments.named_instead(name, known)}")


def builder(plan: Plan, limits: Declared, max_cells: int, **changed: Any) -> Builder:
    """The builder of cases within limits, for a plan with some fields changed. Raises InvalidArgument."""
    most, wanted = positive("max_cells", max_cells), replace(plan, **changed)
    arguments.enough(most, wanted)
    functions = wanted.asked(limits, CALLABLES)
    if not functions:
        raise InvalidArgument(arguments.conflict(wanted, limits))
    return Builder(wanted, limits, functions, most)
