"""Cases: what a law is tried on. A plan says which a law needs; `decode` makes them of bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from math import ceil, lcm, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from poolproof.kernels.dtypes import FLOATS, INTEGERS, ORDERED, Array, Ints, is_float, lowest
from poolproof.kernels.geometry import Axis, Geometry

from .contract import BACKWARD, MEAN, SETTINGS, Declared
from .frames import (
    KINDS,
    LARGE_KINDS,
    MANY_KINDS,
    SETTING_KINDS,
    Frame,
    Kind,
    gaps,
    one_cell,
    overlapping,
    powers_of_two,
    vast,
)
from .knobs import LENGTH, Knobs
from .oracle import in_windows, windows
from .recipes import EDGE, PLAIN, Recipe, allowed, fill, narrow
from .target import Call
from .values import DISTINCT, alone, distinct, painted, room, unit

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MAX_VALUES = ("distinct", "ties", "close", "negative", "relu", "wide", "lowest", "highest", "infinite")
MEAN_VALUES = ("wide", "lattice", "huge", "huge", "relu", "negative", "remote")
EDGE_VALUES = ("distinct", "ties", "not_a_number", "infinite", "subnormal", "wide", "highest", "lowest")

LARGE = 256
"""A plane of more cells has a maximum near its end, where a narrow index cannot count."""

MOST_SQUARE = 1 << 17
"""Cells of an image above which wide strides that square windows have along every axis leave one window there."""


@dataclass(frozen=True)
class Plan:
    """Which cases a law needs.

    `functions`: the law is about one of these, drawn among those the target offers; `also` must be offered besides.
    `values`, `gradients`, `others`: palettes for x, dy and a third array (`others_like` says whose shape it has);
    `mean_values`: palettes for x where the function is a mean, if not the same.
    `windows`: "any", "overlapping" (S < F and at least two windows, on some axis), "powers of two" (so that division
    is exact), "gaps" (pixels that no window covers), "one cell" (F = S = 1) or "vast" (a power of two of cells, more
    than narrow types count).
    `needs`: settings that the function must take; `settable`: it must take some; `recipes`: names of recipes.py, all if
    empty.
    `ranks`: at how many ranks the target must be asked; with two, cases leave a higher one free.
    `repeated`: at least two windows on one axis; `crowded`: at least two samples and two channels.
    `large`: now and then windows of more than 256 cells and planes of more than 32767.
    `edges`: now and then N = 0; `in_padding`: now and then a window that lies wholly in padding.
    `floats`: floats only, as gradients are always.
    """

    functions: tuple[str, ...]
    also: tuple[str, ...] = ()
    values: tuple[str, ...] = ("distinct",)
    mean_values: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ("lattice",)
    others: tuple[str, ...] = ()
    others_like: str = "x"
    windows: str = "any"
    layouts: tuple[str, ...] = ("C",)
    needs: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    settable: bool = False
    ranks: int = 1
    repeated: bool = False
    crowded: bool = False
    large: bool = False
    edges: bool = False
    in_padding: bool = False
    floats: bool = False

    def palettes(self, function: str) -> tuple[str, ...]:
        """The palettes for x in cases about this function."""
        return self.mean_values if self.mean_values and function in MEAN else self.values

    def asked(self, declared: Declared, offers: tuple[str, ...]) -> tuple[str, ...]:
        """The functions this plan can ask of a target with these declarations and callables."""
        if not set(self.also) <= set(offers) or (declared.tiles and not self.by_tiles):
            return ()
        able = (f for f in self.functions if f in offers and dtypes(self, declared, f))
        return tuple(f for f in able if self.taken(declared, f))

    @property
    def by_tiles(self) -> bool:
        """Whether there are such cases with strides equal to the size."""
        return self.windows != "overlapping" and "dilation" not in self.needs

    def taken(self, declared: Declared, function: str) -> bool:
        """Whether a function takes the settings that the plan needs."""
        settings = declared.settings_of(function, *self.also)
        # What a mean divides by is no setting of its own: without padding it changes nothing.
        return set(self.needs) <= set(settings) and (bool({*SETTINGS} & {*settings}) or not self.settable)


@dataclass(frozen=True, eq=False)
class Case:
    """One input: a function, its arguments, and for some laws another array and a spot in it; `data` made it.

    `assumed`: a setting that the function does not take, but is known to follow.
    """

    function: str
    x: Array
    size: Ints
    stride: Ints
    dy: Array
    values: str
    other: Array | None = None
    layouts: dict[str, str] = field(default_factory=dict)
    spot: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    assumed: dict[str, Any] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)

    @property
    def window(self) -> dict[str, Any]:
        """Size, stride and settings, as the oracle takes them."""
        return {"size": self.size, "stride": self.stride, **self.assumed, **self.settings}

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry of the case."""
        return geometry_of(tuple(self.window.items()))

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The windows along each spatial axis."""
        return self.geometry.axes(self.x.shape[2:])

    @cached_property
    def output(self) -> Ints:
        """(OH, OW)."""
        return self.geometry.output(self.x.shape[2:])

    @cached_property
    def in_windows(self) -> tuple[Array, Array]:
        """The cells of each window and x there, as the oracle has them; beside the image lies the lowest element."""
        return in_windows(self.geometry, self.x, lowest(self.x.dtype))

    @property
    def another(self) -> Array:
        """The third array, where the plan asks for `others`."""
        if self.other is None:
            raise ValueError("the plan of this law asks for no third array")
        return self.other

    def call(self, function: str | None = None, **changed: Array) -> Call:
        """The call of this case, or one that differs in the function or in arrays (`x`, `dy`)."""
        case = self.with_arrays(**changed)
        function = function or case.function
        arrays = {"dy": case.dy, "x": case.x} if function in BACKWARD else {"x": case.x}
        passed = {k: v for k, v in case.settings.items() if k != "count_include_pad" or function in MEAN}
        return Call(function, arrays, case.size, case.stride, passed, case.layouts)

    def with_arrays(self, **changed: Array) -> Case:
        """This case with another x or dy."""
        return replace(self, **changed) if changed else self  # type: ignore[arg-type]

    def spot_in(self, shape: Ints) -> Ints:
        """The drawn spot as an index into an array of this shape."""
        flat = min(int(self.spot * prod(shape)), prod(shape) - 1)
        return tuple(int(k) for k in np.unravel_index(flat, shape))


@lru_cache(maxsize=256)
def geometry_of(window: tuple[tuple[str, Any], ...]) -> Geometry:
    """The geometry of windows; remembered, because a case and those made of it have the same."""
    return Geometry.of(**dict(window))


def cases(plan: Plan, declared: Declared, offers: tuple[str, ...]) -> SearchStrategy[Case]:
    """Cases for a plan, as far as a target with these declarations and callables can take them, for Hypothesis."""
    from hypothesis import strategies as st

    data = st.binary(min_size=LENGTH, max_size=LENGTH)
    return data.map(partial(decode, plan, declared, plan.asked(declared, offers)))


def decode(plan: Plan, declared: Declared, functions: tuple[str, ...], data: bytes) -> Case:
    """The case that these bytes stand for."""
    knobs = Knobs(data)
    function = knobs.pick(functions)
    dtype = np.dtype(knobs.pick(dtypes(plan, declared, function)))
    settings = declared.settings_of(function, *plan.also)
    symmetric = declared.padding == "symmetric"
    recipe = knobs.pick(
        allowed(plan.recipes, settings, symmetric=symmetric, large=plan.large, in_padding=plan.in_padding)
    )
    made = frame(knobs, plan, declared, dtype, recipe, knobs.pick(ranks(plan, declared, function, dtype.name)))
    palettes = plan.palettes(function)
    if prod(made.spatial) > LARGE and "distinct" in palettes:
        palettes = ("distinct",)
    passed = passed_settings(knobs, made, recipe, function, settings)
    unsaid = function in MEAN and "count_include_pad" not in declared.settings_of(function)
    x = np.empty((made.n, made.c, *made.spatial), dtype)
    dy = np.empty((made.n, made.c, *(made.along(k).count() for k in range(made.rank))), dtype)
    case = Case(
        function=function,
        x=x,
        size=tuple(made.size),
        stride=tuple(made.stride),
        dy=dy,
        values=knobs.pick(palettes),
        other=np.empty_like(x if plan.others_like == "x" else dy) if plan.others else None,
        layouts=layouts(knobs, plan, function),
        spot=(knobs.byte() * 256 + knobs.byte()) / 65536,
        settings=passed,
        assumed={"count_include_pad": declared.count_include_pad} if unsaid else {},
        data=data,
    )
    paint(case, plan, knobs)
    return case


def permitted(case: Case, plan: Plan, declared: Declared) -> bool:
    """Whether a case that was cut smaller is still one that the target declares to take, and the law to want."""
    return is_declared(case, declared) and is_planned(case, plan)


def is_declared(case: Case, declared: Declared) -> bool:
    """Whether a target declares to take the windows and the padding of a case."""
    if declared.outside(case.size, case.stride, case.geometry.padding, case.geometry.dilation):
        return False
    dropped = any(axis.drops_window() for axis in case.axes)
    return not (dropped and declared.ceil_rule == "keep")


def is_planned(case: Case, plan: Plan) -> bool:
    """Whether a case has the windows and the settings that a plan asks for."""
    if plan.windows in ("powers of two", "vast") and prod(case.size).bit_count() > 1:
        return False
    if not set(plan.needs) <= set(case.settings):
        return False
    multiple = not any(s % d for s, d in zip(case.stride, case.geometry.dilation, strict=True))
    return multiple or plan.needs != ("dilation",)


def passed_settings(knobs: Knobs, made: Frame, recipe: Recipe, function: str, taken: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a case: those that its recipe is about, and for a mean over edges what it divides by."""
    counted = knobs.pick((True, False))
    drawn: dict[str, Any] = {
        "padding": tuple(zip(made.begin, made.end, strict=True)),
        "dilation": tuple(made.dilation),
        "ceil_mode": made.ceil_mode,
    }
    passed = {name: drawn[name] for name in recipe.settings}
    if passed and function in MEAN and "count_include_pad" in taken:
        # With a window wholly in padding there is nothing to divide by but padding.
        passed["count_include_pad"] = counted or recipe is EDGE
    return passed


def layouts(knobs: Knobs, plan: Plan, function: str) -> dict[str, str]:
    """The arrays that do not lie in C order, with their layouts: x and dy alike, or one of them alone."""
    layout, who = knobs.pick(plan.layouts), knobs.pick((("dy", "x"), ("x",), ("dy",)))
    return {} if layout == "C" else dict.fromkeys(who if function in BACKWARD else ("x",), layout)


def paint(case: Case, plan: Plan, knobs: Knobs) -> None:
    """Paint the arrays of a case; the dy of integers, which has no meaning, stays as it is."""
    n, dtype, maximum = prod(case.size), case.x.dtype, case.function not in MEAN
    # Maxima are not added up; their gradients are, but not divided: only the windows on a pixel limit them.
    terms, divisor = (1, ceil(sqrt(n))) if maximum else (n, n)
    case.x[...] = sound(values(case, knobs.cells(case.x.shape), terms), case, knobs)
    gradient, palette = knobs.pick(plan.gradients), knobs.pick(plan.others or ("lattice",))
    if case.other is not None:
        case.other[...] = painted(palette, knobs.cells(case.other.shape, 2), dtype, divisor)
    if not is_float(dtype):
        return
    if case.layouts.get("dy") == "broadcast":
        # Of numbers that differ there would be an ordinary copy.
        gradient = "ones"
    if gradient == "one-hot":
        case.dy[...] = one_hot(case, knobs.pick((1, -1, 3, -2, 200, -0.125)))
    else:
        case.dy[...] = painted(gradient, knobs.cells(case.dy.shape, 1), dtype, divisor)


@lru_cache(maxsize=1024)
def dtypes(plan: Plan, declared: Declared, function: str) -> tuple[str, ...]:
    """The dtypes to draw from, the commonest first; floats only, where the function or the law wants them."""
    order = ("float64", "float32", "float16", "bfloat16", *INTEGERS, "bool")
    known = tuple(dtype for dtype in order if dtype in ORDERED and ranks(plan, declared, function, dtype))
    floats = tuple(dtype for dtype in known if dtype in FLOATS)
    if plan.floats or function not in ("max_forward", "max_indices"):
        return floats
    # Half of the cases floats, however many integer types there are.
    others = tuple(dtype for dtype in known if dtype not in FLOATS)
    return floats * max(1, len(others) // max(1, len(floats))) + others


@lru_cache(maxsize=1024)
def ranks(plan: Plan, declared: Declared, function: str, dtype: str) -> tuple[int, ...]:
    """The ranks to draw from, mostly the plane."""
    taken = declared.ranks_of(dtype, function, *plan.also)
    return tuple(rank for rank in (2, 2, 2, 1, 3) if rank in taken and (plan.ranks == 1 or rank < max(taken)))


def kinds(plan: Plan, declared: Declared, dtype: Any, recipe: Recipe) -> tuple[Kind, ...]:
    """The kinds of shapes to draw from; many windows only where each is a cell, so that the answer is plain."""
    if recipe is not PLAIN:
        return SETTING_KINDS
    if not plan.large or dtype.itemsize <= 2 or declared.square:
        return KINDS
    return MANY_KINDS if plan.windows == "one cell" else LARGE_KINDS


def frame(knobs: Knobs, plan: Plan, declared: Declared, dtype: Any, recipe: Recipe, rank: int) -> Frame:
    """The shape of a case, as the plan and the declarations want it."""
    kind = knobs.pick(kinds(plan, declared, dtype, recipe))
    most = (3, 3, 2)[rank - 1]
    axes = range(3)
    made = Frame(
        n=knobs.pick((1, 1, 2, 2, 3)),
        c=knobs.pick((1, 1, 2, 2, 3)),
        outputs=[1 + knobs.upto(most) for _ in axes][:rank],
        size=[1 + knobs.upto(most) for _ in axes][:rank],
        stride=[1 + knobs.upto(3) for _ in axes][:rank],
        rest=[knobs.byte() / 256 for _ in axes][:rank],
        axis=knobs.upto(rank - 1),
        extra=knobs.byte(),
        begin=[knobs.upto(2) for _ in axes][:rank],
        end=[knobs.upto(2) for _ in axes][:rank],
        dilation=[1 + knobs.upto(2) for _ in axes][:rank],
    )
    if recipe is PLAIN:
        recipe.make(made)
    kind(made)
    if recipe is not PLAIN:
        recipe.make(made)
    if declared.square:
        square(made)
    constrain(made, plan, dtype, recipe)
    if plan.windows != "vast":
        fit(made, dtype, alike=declared.square)
    if declared.tiles:
        tile(made, uncovered=plan.windows == "gaps")
    limits = (declared.padding_limit, declared.padding == "symmetric", declared.ceil_rule == "keep")
    narrow(made, *limits)
    if recipe is not EDGE:
        fill(made)
    if declared.square:
        # What was narrowed along one axis is narrowed along all.
        made.stride = [max(made.stride)] * made.rank
        made.begin, made.end, made.dilation = ([min(e)] * made.rank for e in (made.begin, made.end, made.dilation))
        narrow(made, *limits)
    if plan.edges and made.extra >= 224:
        made.n = 0
    return made


def square(made: Frame) -> None:
    """Square windows, equal strides, dilations and paddings; the image grows no more by it than it must."""
    remainders = [made.remainder(k) for k in range(made.rank)]
    made.size, made.stride, made.dilation, made.begin, made.end = (
        [max(each)] * made.rank for each in (made.size, made.stride, made.dilation, made.begin, made.end)
    )
    for k, cells in enumerate(remainders):
        made.leave(k, cells)
    for k in made.others:
        if prod(made.spatial) > MOST_SQUARE:
            made.outputs[k] = 1


def tile(made: Frame, *, uncovered: bool) -> None:
    """Strides equal to the size, and a pixel beyond the last window, where some should not be covered."""
    if uncovered:
        made.ceil_mode = False
        made.size = [max(f, 2) for f in made.size]
    made.dilation, made.stride = [1] * made.rank, list(made.size)
    for k in range(made.rank) if uncovered else ():
        made.leave(k, max(made.remainder(k), 1))


def constrain(made: Frame, plan: Plan, dtype: Any, recipe: Recipe) -> None:
    """Change a shape into one of the windows and batches that the plan asks for."""
    if plan.windows == "one cell":
        one_cell(made)
    elif plan.windows == "powers of two":
        # Over padding, and past the end, every number of cells up to F is met; 1 and 2 are powers of two.
        powers_of_two(made, 2 if recipe is not PLAIN or unit(dtype) < 20 else 32)
    elif plan.windows == "overlapping":
        overlapping(made)
    elif plan.windows == "gaps":
        gaps(made)
    elif plan.windows == "vast":
        vast(made)
    if plan.needs == ("dilation",):
        made.stride = [s * lcm(*made.dilation) for s in made.stride]
    if plan.repeated:
        made.outputs[made.axis] = max(made.outputs[made.axis], 2)
    if plan.crowded:
        made.n, made.c = max(made.n, 2), max(made.c, 2)


def fit(made: Frame, dtype: Any, *, alike: bool) -> None:
    """Make windows smaller, where a float dtype has too few integers for those of one to differ."""
    while is_float(dtype) and prod(made.extent) > room(dtype):
        largest = max(range(made.rank), key=lambda k: made.extent[k])
        if made.dilation[largest] > 1:
            made.undilate(largest)
        else:
            made.size[largest] = (made.size[largest] + 1) // 2
    if alike:
        made.size = [min(made.size)] * made.rank


def values(case: Case, cells: Array, n: int) -> Array:
    """x by its palette; "distinct" needs more integers in a window than bool and the narrowest types may have."""
    dtype = case.x.dtype
    if case.values == "alone":
        return alone(cells, dtype)
    extent = tuple(axis.extent for axis in case.axes)
    if case.values in DISTINCT and is_float(dtype):
        return DISTINCT[case.values](cells, dtype, extent)
    if case.values not in DISTINCT:
        return painted(case.values, cells, dtype, n)
    return distinct(cells, dtype, extent) if prod(extent) <= room(dtype) else painted("ties", cells, dtype, n)


def sound(x: Array, case: Case, knobs: Knobs) -> Array:
    """x without windows of only -inf, and in large windows and planes with a maximum near the end."""
    late = 1 + knobs.upto(31)
    spatial = tuple(range(2, x.ndim))
    first: Any = (..., *(0 for _ in spatial))
    if case.values == "infinite" and x.size and x.min() == -np.inf:
        for _, window in windows(case.geometry, x.shape):
            if x[window].size:
                lowest = x[window].max(axis=spatial) == -np.inf
                x[window][first][lowest] = -3
    if x.size and prod(x.shape[2:]) > LARGE and case.values in ("distinct", "ties"):
        flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
        flat[..., -late] = flat.max() + np.asarray(1, x.dtype)
    return x


def one_hot(case: Case, value: float) -> Array:
    """A dy that is zero but for `value` at the drawn spot."""
    dy = np.zeros_like(case.dy)
    if dy.size:
        dy[case.spot_in(dy.shape)] = value
    return dy
