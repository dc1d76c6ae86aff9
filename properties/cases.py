"""Cases: what a law is tried on. A plan says which a law needs; `cases` is the Hypothesis strategy that draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from poolproof.kernels.geometry import FLOATS, INTEGERS, Array, Geometry, Ints

from .contract import BACKWARD, Declared
from .frames import KINDS, LARGE_KINDS, MANY_KINDS, Frame, Kind, gaps, one_cell, overlapping, powers_of_two
from .knobs import LENGTH, Knobs
from .target import Call
from .values import DISTINCT, distinct, painted, room, unit

MAX_VALUES = ("distinct", "ties", "close", "negative", "relu", "wide", "lowest", "highest", "infinite")
MEAN_VALUES = ("wide", "lattice", "huge", "relu", "negative", "remote")
EDGE_VALUES = ("distinct", "ties", "not_a_number", "infinite", "subnormal", "wide", "highest", "lowest")

LARGE = 256
"""A plane of more cells has a maximum near its end, where a narrow index cannot count."""


@dataclass(frozen=True)
class Plan:
    """Which cases a law needs.

    `functions`: the law is about one of these, drawn among those the target offers; `also` must be offered besides.
    `values`, `gradients`, `others`: palettes for x, dy and a third array (`others_like` says whose shape it has);
    `mean_values`: palettes for x where the function is a mean, if not the same.
    `windows`: "any", "overlapping" (S < F and at least two windows, on some axis), "powers of two" (so that division
    is exact), "gaps" (pixels that no window covers) or "one cell" (F = S = 1).
    `repeated`: at least two windows on one axis; `crowded`: at least two samples and two channels.
    `large`: now and then windows of more than 256 cells and planes of more than 32767; `empty`: now and then N = 0.
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
    repeated: bool = False
    crowded: bool = False
    large: bool = False
    empty: bool = False
    floats: bool = False

    def palettes(self, function: str) -> tuple[str, ...]:
        """The palettes for x in cases about this function."""
        return self.mean_values if self.mean_values and function.startswith("mean") else self.values

    def asked(self, declared: Declared, offers: tuple[str, ...]) -> tuple[str, ...]:
        """The functions this plan can ask of a target with these declarations and callables."""
        if not set(self.also) <= set(offers):
            return ()
        return tuple(f for f in self.functions if f in offers and dtypes(self, declared, f))


@dataclass(frozen=True)
class Case:
    """One input: a function, its arguments, and for some laws another array and a spot in it; `data` made it."""

    function: str
    x: Array
    size: tuple[int, int]
    stride: tuple[int, int]
    dy: Array
    values: str
    other: Array | None = None
    layouts: dict[str, str] = field(default_factory=dict)
    spot: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)

    @property
    def geometry(self) -> Geometry:
        """The geometry of the case."""
        return Geometry.of(self.size, self.stride)

    @property
    def output(self) -> Ints:
        """(OH, OW)."""
        return self.geometry.output(self.x.shape[2:])

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
        return Call(function, arrays, case.size, case.stride, case.settings, case.layouts)

    def with_arrays(self, **changed: Array) -> Case:
        """This case with another x or dy."""
        return replace(self, **changed) if changed else self  # type: ignore[arg-type]

    def spot_in(self, shape: Ints) -> Ints:
        """The drawn spot as an index into an array of this shape."""
        flat = min(int(self.spot * prod(shape)), prod(shape) - 1)
        return tuple(int(k) for k in np.unravel_index(flat, shape))


def cases(plan: Plan, declared: Declared, offers: tuple[str, ...]) -> st.SearchStrategy[Case]:
    """Cases for a plan, as far as a target with these declarations and callables can take them."""
    data = st.binary(min_size=LENGTH, max_size=LENGTH)
    return data.map(partial(decode, plan, declared, plan.asked(declared, offers)))


def decode(plan: Plan, declared: Declared, functions: tuple[str, ...], data: bytes) -> Case:
    """The case that these bytes stand for."""
    knobs = Knobs(data)
    function = knobs.pick(functions)
    dtype = np.dtype(knobs.pick(dtypes(plan, declared, function)))
    made = frame(knobs, plan, declared, dtype)
    palettes = plan.palettes(function)
    if prod(made.spatial) > LARGE and "distinct" in palettes:
        palettes = ("distinct",)
    size, stride = (made.size[0], made.size[1]), (made.stride[0], made.stride[1])
    x_shape = (made.n, made.c, *made.spatial)
    y_shape = (made.n, made.c, *made.outputs)
    case = Case(
        function=function,
        x=np.empty(x_shape, dtype),
        size=size,
        stride=stride,
        dy=np.empty(y_shape, dtype),
        values=knobs.pick(palettes),
        layouts=layouts(knobs, plan, function),
        spot=(knobs.byte() * 256 + knobs.byte()) / 65536,
        data=data,
    )
    return filled(case, plan, knobs)


def layouts(knobs: Knobs, plan: Plan, function: str) -> dict[str, str]:
    """The arrays that do not lie in C order, with their layouts: x and dy alike, or one of them alone."""
    layout, who = knobs.pick(plan.layouts), knobs.pick((("dy", "x"), ("x",), ("dy",)))
    return {} if layout == "C" else dict.fromkeys(who if function in BACKWARD else ("x",), layout)


def filled(case: Case, plan: Plan, knobs: Knobs) -> Case:
    """The case with its arrays painted."""
    n, dtype, maximum = prod(case.size), case.x.dtype, case.function.startswith("max")
    # Maxima are not added up; their gradients are, but not divided: only the windows on a pixel limit them.
    terms, divisor = (1, ceil(sqrt(n))) if maximum else (n, n)
    x = sound(values(case, knobs.cells(case.x.shape), terms), case, knobs)
    gradient, palette = knobs.pick(plan.gradients), knobs.pick(plan.others or ("lattice",))
    other = None
    if plan.others:
        like = case.x.shape if plan.others_like == "x" else case.dy.shape
        other = painted(palette, knobs.cells(like, 2), dtype, divisor)
    case = replace(case, x=x, other=other)
    if dtype.kind != "f":
        return case
    if gradient == "one-hot":
        return replace(case, dy=one_hot(case, knobs.pick((1, -1, 3, -2, 200, -0.125))))
    return replace(case, dy=painted(gradient, knobs.cells(case.dy.shape, 1), dtype, divisor))


def dtypes(plan: Plan, declared: Declared, function: str) -> tuple[str, ...]:
    """The dtypes to draw from, the commonest first; floats only, where the function or the law wants them."""
    order = ("float64", "float32", "float16", *INTEGERS, "bool")
    taken = declared.dtypes_of(function, *plan.also)
    known = tuple(dtype for dtype in order if dtype in taken)
    floats = tuple(dtype for dtype in known if dtype in FLOATS)
    if plan.floats or function not in ("max_forward", "max_indices"):
        return floats
    # Half of the cases floats, however many integer types there are.
    others = tuple(dtype for dtype in known if dtype not in FLOATS)
    return floats * max(1, len(others) // max(1, len(floats))) + others


def kinds(plan: Plan, declared: Declared, dtype: Any) -> tuple[Kind, ...]:
    """The kinds of shapes to draw from; many windows only where each is a cell, so that the answer is plain."""
    if not plan.large or dtype.itemsize <= 2 or declared.square:
        return KINDS
    return MANY_KINDS if plan.windows == "one cell" else LARGE_KINDS


def frame(knobs: Knobs, plan: Plan, declared: Declared, dtype: Any) -> Frame:
    """The shape of a case, as the plan and the declarations want it."""
    kind = knobs.pick(kinds(plan, declared, dtype))
    made = Frame(
        n=knobs.pick((1, 1, 2, 2, 3)),
        c=knobs.pick((1, 1, 2, 2, 3)),
        outputs=[1 + knobs.upto(3), 1 + knobs.upto(3)],
        size=[1 + knobs.upto(3), 1 + knobs.upto(3)],
        stride=[1 + knobs.upto(3), 1 + knobs.upto(3)],
        rest=[knobs.byte() / 256, knobs.byte() / 256],
        axis=knobs.upto(1),
        extra=knobs.byte(),
    )
    kind(made)
    if declared.square:
        made.size[1], made.stride[1] = made.size[0], made.stride[0]
    constrain(made, plan, dtype)
    if plan.empty and made.extra >= 240:
        made.n = 0
    return made


def constrain(made: Frame, plan: Plan, dtype: Any) -> None:
    """Change a shape into one of the windows and batches that the plan asks for."""
    if plan.windows == "one cell":
        one_cell(made)
    elif plan.windows == "powers of two":
        powers_of_two(made, 2 if unit(dtype) < 20 else 32)
    elif plan.windows == "overlapping":
        overlapping(made)
    elif plan.windows == "gaps":
        gaps(made)
    if plan.repeated:
        made.outputs[made.axis] = max(made.outputs[made.axis], 2)
    if plan.crowded:
        made.n, made.c = max(made.n, 2), max(made.c, 2)


def values(case: Case, cells: Array, n: int) -> Array:
    """x by its palette; "distinct" needs more integers in a window than bool and the narrowest types may have."""
    dtype = case.x.dtype
    if case.values in DISTINCT and dtype.kind == "f":
        return DISTINCT[case.values](cells, dtype, case.size)
    if case.values not in DISTINCT:
        return painted(case.values, cells, dtype, n)
    return distinct(cells, dtype, case.size) if prod(case.size) <= room(dtype) else painted("ties", cells, dtype, n)


def sound(x: Array, case: Case, knobs: Knobs) -> Array:
    """x without windows of only -inf, and in large windows and planes with a maximum near the end."""
    late = 1 + knobs.upto(31)
    if case.values == "infinite" and x.size and x.min() == -np.inf:
        for window in windows(case):
            lowest = x[window].max(axis=(2, 3)) == -np.inf
            x[window][..., 0, 0][lowest] = -3
    if x.size and prod(x.shape[2:]) > LARGE and case.values in ("distinct", "ties"):
        flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
        flat[..., -late] = flat.max() + np.asarray(1, x.dtype)
    return x


def windows(case: Case) -> Iterator[tuple[Any, ...]]:
    """The index of each window, output by output in row-major order."""
    (rows, columns), (down, across), (tall, wide) = case.output, case.stride, case.size
    for top, left in product(range(0, rows * down, down), range(0, columns * across, across)):
        yield ..., slice(top, top + tall), slice(left, left + wide)


def one_hot(case: Case, value: float) -> Array:
    """A dy that is zero but for `value` at the drawn spot."""
    dy = np.zeros_like(case.dy)
    if dy.size:
        dy[case.spot_in(dy.shape)] = value
    return dy
