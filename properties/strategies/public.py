"""The strategies for people's own tests, and a check of a result against exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import ORDERED, Array, Ints
from poolproof.kernels.geometry import Geometry

from .. import oracle
from ..contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Unusable, declared, did_you_mean
from ..failures import Failure
from ..layouts import LAYOUTS, laid_out, made_alike
from .build import Builder, passed, spot_of
from .cases import Case
from .choices import Drawn, one_of
from .contents import SEEDS, paint
from .palettes import NAMES, ONE_HOT
from .plans import MAX_VALUES, MEAN_VALUES, Plan

FLOATS = ("float64", "float32", "float16")
GRADIENTS = ("lattice", "wide")
MOST_CELLS = 1000
"""Cells of an image, unless something else is said."""

PLANS = {
    "max_forward": Plan(("max_forward",), values=MAX_VALUES),
    "max_indices": Plan(("max_indices",), values=MAX_VALUES),
    "max_backward": Plan(("max_backward",), gradients=GRADIENTS),
    "mean_forward": Plan(("mean_forward",), values=MEAN_VALUES),
    "mean_backward": Plan(("mean_backward",), values=("lattice",), gradients=GRADIENTS),
}
"""Cases of which `check` can tell whether a result is right, whatever implementation it is of."""

JUDGES = {
    "max_forward": "max-value",
    "max_indices": "max-index",
    "max_backward": "max-accumulation",
    "mean_forward": "mean-value",
    "mean_backward": "mean-accumulation",
}
"""The law that tells of a single call whether its result is right."""


@dataclass(frozen=True)
class Pooling:
    """Windows, and the spatial shape of an image that they fit.

    `size` and `stride` are tuples of int, one for each spatial axis; `settings` has what else a call passes: `padding`
    as a (begin, end) pair for each axis, `dilation` as a tuple, `ceil_mode` as a bool; `spatial` is (H, W), as many
    axes as `size` has.
    """

    size: Ints
    stride: Ints
    spatial: Ints
    settings: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def output(self) -> Ints:
        """The spatial shape of the result, (OH, OW)."""
        return Geometry.of(self.size, self.stride, **self.settings).output(self.spatial)


def poolings(
    *,
    ranks: Sequence[int] = (2,),
    settings: Sequence[str] = SETTINGS,
    windows: str = "any",
    square: bool = False,
    tiles: bool = False,
    padding: str = "any",
    padding_limit: str | None = None,
    max_cells: int = MOST_CELLS,
) -> st.SearchStrategy[Pooling]:
    """Window sizes, strides and settings that fit together, and an image that they fit: see `Pooling`.

    `ranks`: numbers of spatial axes, of 1, 2 and 3. `settings`: which of `padding`, `dilation` and `ceil_mode` may be
    passed. `windows`: "any", "overlapping", "gaps" (pixels in no window), "powers of two" (cells in a window) or "one
    cell". `square`: the same along all axes; `tiles`: stride equal to size. `padding`: "any", "symmetric" (as much
    before as after) or "none"; `padding_limit`: "half" or "window" (less than it); without one, padding is less than
    the extent of a window. `max_cells`: the most cells of the image, where the windows do not need more.

    No window lies wholly in padding. Raises hypothesis.errors.InvalidArgument naming the argument and its value.
    """
    return poolings_of(
        builder(
            PLANS["max_forward"],
            ranks=ranks,
            settings=settings,
            windows=windows,
            square=square,
            tiles=tiles,
            padding=padding,
            padding_limit=padding_limit,
            max_cells=max_cells,
        )
    )


@st.composite
def poolings_of(draw: Any, made: Builder) -> Pooling:
    """The windows of cases."""
    choices = Drawn(draw)
    sketch = made.sketch(choices, {"values": "distinct", "layouts": ()})
    _, axes = made.frame(choices, sketch)
    size, stride = tuple(axis.size for axis in axes), tuple(axis.stride for axis in axes)
    return Pooling(size, stride, tuple(axis.length for axis in axes), passed(sketch, axes, SETTINGS))


def images(
    pooling: Pooling,
    *,
    dtypes: Sequence[str] = FLOATS,
    palettes: Sequence[str] = ("distinct", "ties", "wide"),
    layouts: Sequence[str] = ("C",),
    max_samples: int = 3,
    max_channels: int = 3,
) -> st.SearchStrategy[Array]:
    """Arrays (N, C, *spatial) that these windows fit.

    `dtypes`: names of NumPy dtypes, or "bfloat16" where ml_dtypes is installed. `palettes`: what stands in them, as
    `palettes.NAMES` lists: "distinct" numbers differ within each window, "ties" has many equal ones, sums of "wide"
    numbers round. `layouts`: how they lie in memory, as `LAYOUTS` in poolproof.properties.layouts lists.

    Raises hypothesis.errors.InvalidArgument naming the argument and its value.
    """
    known("dtypes", dtypes, ORDERED)
    known("palettes", palettes, NAMES)
    known("layouts", layouts, tuple(LAYOUTS))
    return images_of(pooling, tuple(dtypes), tuple(palettes), tuple(layouts), batches(max_samples, max_channels))


@st.composite
def images_of(
    draw: Any,
    pooling: Pooling,
    dtypes: tuple[str, ...],
    palettes: tuple[str, ...],
    layouts: tuple[str, ...],
    some: tuple[tuple[int, int], ...],
) -> Array:
    """The images of cases."""
    choices = Drawn(draw)
    dtype, palette, layout = (one_of(choices, each) for each in (dtypes, palettes, layouts))
    seed, batch = choices.upto(SEEDS - 1), one_of(choices, some)
    x = np.empty((*batch, *pooling.spatial), dtype)
    # Painted for a mean, so that no sum of a window overflows.
    case = case_of("mean_forward", pooling, x, np.empty((*batch, *pooling.output), dtype), values=palette)
    paint(case, seed, "lattice", "lattice")
    return in_memory(x, layout)


def gradients(
    pooling: Pooling, x: Array, *, palettes: Sequence[str] = GRADIENTS, layouts: Sequence[str] = ("C",)
) -> st.SearchStrategy[Array]:
    """Arrays like the result of pooling x, (N, C, *pooling.output) in the dtype of x: what a backward pass is given.

    `palettes`: "lattice" has small integers, of which no sum rounds; "one-hot" is zero but for one element; others as
    for `images`. Raises hypothesis.errors.InvalidArgument naming the argument and its value.
    """
    known("palettes", palettes, (*NAMES, ONE_HOT))
    known("layouts", layouts, tuple(LAYOUTS))
    return gradients_of(pooling, x, tuple(palettes), tuple(layouts))


@st.composite
def gradients_of(draw: Any, pooling: Pooling, x: Array, palettes: tuple[str, ...], layouts: tuple[str, ...]) -> Array:
    """The gradients of cases."""
    choices = Drawn(draw)
    palette, layout, seed = one_of(choices, palettes), one_of(choices, layouts), choices.upto(SEEDS - 1)
    dy = np.empty((*x.shape[:2], *pooling.output), x.dtype)
    case = case_of("mean_backward", pooling, x.copy(), dy, values="lattice", spot=spot_of(choices))
    paint(case, seed, palette, "lattice")
    return in_memory(dy, layout)


def cases(
    *about: str,
    ranks: Sequence[int] = (2,),
    dtypes: Sequence[str] = FLOATS,
    settings: Sequence[str] = MEAN_SETTINGS,
    windows: str | None = None,
    palettes: Sequence[str] = (),
    gradients: Sequence[str] = (),
    layouts: Sequence[str] = (),
    square: bool = False,
    tiles: bool = False,
    padding: str = "any",
    padding_limit: str | None = None,
    max_cells: int = MOST_CELLS,
) -> st.SearchStrategy[Case]:
    """Inputs of a callable ("max_backward"), of one of several, or such as a law wants ("mean-adjoint").

    A case has `function`, `x`, `dy`, `size`, `stride` and `settings`. What is left out is as `check` can judge it, or
    as the law needs it. Integers are drawn for max_forward and max_indices alone, where `dtypes` names them. Other
    arguments: see `poolings` and `images`.

    Raises hypothesis.errors.InvalidArgument naming the argument and its value.
    """
    changed = {"windows": windows, "values": palettes, "gradients": gradients, "layouts": layouts}
    narrowed = {name: tuple(each) if name != "windows" else each for name, each in changed.items() if each}
    makers = [
        builder(
            plan,
            ranks=ranks,
            dtypes=dtypes,
            settings=settings,
            square=square,
            tiles=tiles,
            padding=padding,
            padding_limit=padding_limit,
            max_cells=max_cells,
            **narrowed,
        )
        for plan in map(plan_about, about or CALLABLES)
    ]
    return cases_of(makers)


@st.composite
def cases_of(draw: Any, makers: Sequence[Builder]) -> Case:
    """Cases, with what they are about for those who ask Hypothesis."""
    case = one_of(Drawn(draw), makers).case(Drawn(draw))
    hypothesis.event(f"callable: {case.function}")
    hypothesis.event(f"settings: {', '.join(case.settings) or 'none'}")
    return case


def plan_about(name: str) -> Plan:
    """The plan of a callable or of a law. Raises InvalidArgument for any other name."""
    from ..lawbook import LAWS

    if name in PLANS:
        return PLANS[name]
    if name in LAWS:
        return LAWS[name].plan
    raise InvalidArgument(f"about={name!r} should be a callable or a law; {did_you_mean(name, (*CALLABLES, *LAWS))}")


def builder(
    plan: Plan,
    *,
    ranks: Sequence[int],
    settings: Sequence[str],
    square: bool,
    tiles: bool,
    padding: str,
    padding_limit: str | None,
    max_cells: int,
    dtypes: Sequence[str] = FLOATS,
    **changed: Any,
) -> Builder:
    """What builds such cases. Raises InvalidArgument."""
    known("settings", settings, MEAN_SETTINGS)
    if not isinstance(max_cells, int) or max_cells < 1:
        raise InvalidArgument(f"max_cells={max_cells!r} should be a positive integer")
    taken = {f: [name for name in settings if f in MEAN or name in SETTINGS] for f in CALLABLES}
    stated = {"ranks": ranks, "dtypes": dtypes, "square": square, "tiles": tiles, "settings": taken}
    stated |= {"padding": padding, "padding_limit": padding_limit}
    try:
        limits, wanted = declared(stated, "a strategy", {}), replace(plan, **changed)
    except (Unusable, ValueError) as error:
        raise InvalidArgument(str(error).removeprefix("declaration ").removeprefix("plan: ")) from None
    functions = wanted.asked(limits, CALLABLES)
    if not functions:
        raise InvalidArgument(f"{' or '.join(plan.functions)} takes nothing of this: {stated}")
    return Builder(wanted, limits, functions, max_cells)


def known(name: str, values: Sequence[str], allowed: Sequence[str]) -> None:
    """Raise InvalidArgument for a value that is not among those allowed, or if there is none."""
    if isinstance(values, str) or not values:
        raise InvalidArgument(f"{name}={values!r} should be a tuple of one or more of {', '.join(allowed)}")
    for value in values:
        if value not in allowed:
            raise InvalidArgument(
                f"{name}={values!r}: {value!r} should be something else; {did_you_mean(value, allowed)}"
            )


def batches(max_samples: int, max_channels: int) -> tuple[tuple[int, int], ...]:
    """Samples and channels, up to these. Raises InvalidArgument."""
    for name, most in (("max_samples", max_samples), ("max_channels", max_channels)):
        if not isinstance(most, int) or most < 1:
            raise InvalidArgument(f"{name}={most!r} should be a positive integer")
    return tuple(product(range(1, max_samples + 1), range(1, max_channels + 1)))


def case_of(function: str, pooling: Pooling, x: Array, dy: Array, **about: Any) -> Case:
    """A case of these windows."""
    return Case(function, x, pooling.size, pooling.stride, dy, settings=dict(pooling.settings), **about)


def in_memory(array: Array, layout: str) -> Array:
    """An array in a layout, for which some of its elements may have to be the same."""
    made_alike(array, layout)
    return laid_out(array, layout)


def check(case: Case, result: Array) -> None:
    """Raise AssertionError if this is not the right result of the case's callable, in exact arithmetic.

    `result`: an array (N, C, OH, OW), or like x for a gradient. Maxima and indices must be exact; means and gradients
    must lie within a proved bound on rounding. How near an error comes to its bound is a `hypothesis.target`.
    """
    __tracebackhide__ = True
    from ..lawbook import LAWS
    from ..pool import Pool
    from ..target import wrap

    answering = wrap(SimpleNamespace(**{case.function: lambda *_, **__: result}), "the result")
    aim(case, np.asarray(result))
    try:
        LAWS[JUDGES[case.function]].check(Pool(answering), case)
    except Failure as failure:
        raise AssertionError(failure.headline) from None


def aim(case: Case, result: Array) -> None:
    """Let Hypothesis look for larger errors, in parts of their bound."""
    exact = getattr(oracle, case.function)(*case.call().arrays.values(), **case.window)
    if not isinstance(exact, oracle.Exact) or result.shape != exact.bound.shape:
        return
    error, bound = (each.astype(np.float64) for each in (abs(exact.value - result.astype(np.float64)), exact.bound))
    score = float((error[bound > 0] / bound[bound > 0]).max(initial=0))
    if hypothesis.currently_in_test_context():
        hypothesis.target(score, label=f"{case.function}: error / bound")
