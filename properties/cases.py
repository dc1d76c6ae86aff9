"""Cases: what a law is tried on. A plan says which cases a law needs; `cases` is the Hypothesis strategy that draws them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
from hypothesis import strategies as st

from poolproof.kernels.geometry import FLOATS, INTEGERS, Array, Geometry, Ints

from .contract import BACKWARD, Declared
from .knobs import LENGTH, Knobs
from .target import Call
from .values import distinct, painted, room, sunk, unit

MAX_VALUES = ("distinct", "ties", "close", "negative", "relu", "wide", "lowest", "highest", "infinite")
MEAN_VALUES = ("wide", "lattice", "huge", "relu", "negative")
EDGE_VALUES = ("distinct", "ties", "not_a_number", "infinite", "subnormal", "wide", "highest", "lowest")

KINDS = (*("small",) * 10, *("usual",) * 3, *("long axis",) * 3, *("global",) * 2, "wide stride", "many planes")
LARGE_KINDS = (*KINDS, *("large window",) * 2, *("large plane",) * 2)
USUAL = ((2, 2), (2, 2), (3, 2), (3, 3))
"""Window and stride of most networks, and so of special paths in most libraries."""

LONG_AXES = (7, 8, 9, 15, 16, 17, 31, 32, 33) * 3 + (255, 256, 257)
"""Output widths on both sides of the widths of vector registers, and of what a byte counts."""

MANY_PLANES = ((9, 1), (1, 17), (2, 33), (17, 2))
"""Samples and channels of more than a vector register, or a block of threads, takes at once."""

LARGE_WINDOWS = ((17, 17), (1, 300), (300, 1), (16, 32))
LARGE_PLANES = (33_000, 66_000)
"""Cells of a plane: more than a signed, and more than an unsigned 16-bit index can name."""


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
    """One input: a function, its arguments, and for some laws another array and a spot in it."""

    function: str
    x: Array
    size: tuple[int, int]
    stride: tuple[int, int]
    dy: Array
    values: str
    other: Array | None = None
    layout: str = "C"
    spot: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)

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
        return Call(function, arrays, case.size, case.stride, case.settings, case.layout)

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
    kind = knobs.pick(LARGE_KINDS if plan.large and dtype.itemsize > 2 else KINDS)
    n, c, size, stride, spatial = shape(knobs, plan, declared, kind, dtype)
    palettes = plan.palettes(function)
    if kind.startswith("large") and "distinct" in palettes:
        palettes = ("distinct",)
    x_shape = (n, c, *spatial)
    y_shape = (n, c, *Geometry.of(size, stride).output(spatial))
    case = Case(
        function=function,
        x=np.empty(x_shape, dtype),
        size=size,
        stride=stride,
        dy=np.empty(y_shape, dtype),
        values=knobs.pick(palettes),
        layout=knobs.pick(plan.layouts),
        spot=(knobs.byte() * 256 + knobs.byte()) / 65536,
    )
    return filled(case, plan, knobs)


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


def shape(knobs: Knobs, plan: Plan, declared: Declared, kind: str, dtype: Any) -> tuple[int, int, tuple[int, int], tuple[int, int], Ints]:
    """N, C, size, stride and (H, W): built up from the number of windows and what remains, so that all of them fit."""
    n, c = knobs.pick((1, 1, 2, 2, 3)), knobs.pick((1, 1, 2, 2, 3))
    outputs = [1 + knobs.upto(3), 1 + knobs.upto(3)]
    size = [1 + knobs.upto(3), 1 + knobs.upto(3)]
    stride = [1 + knobs.upto(3), 1 + knobs.upto(3)]
    rest = [knobs.byte() / 256, knobs.byte() / 256]
    axis, extra = knobs.upto(1), knobs.byte()
    if plan.empty and extra >= 240:
        n = 0
    if plan.crowded:
        n, c = max(n, 2), max(c, 2)
    if kind == "long axis":
        outputs[axis], outputs[1 - axis] = LONG_AXES[extra * len(LONG_AXES) >> 8], min(outputs[1 - axis], 2)
        n, c, size[axis] = min(n, 2), min(c, 2), min(size[axis], 3)
    elif kind == "usual":
        f, s = USUAL[extra * len(USUAL) >> 8]
        size, stride, outputs = [f, f], [s, s], [1 + o for o in outputs]
    elif kind == "global":
        outputs, size, rest = [1, 1], [2 * f - 1 for f in size], [0.0, 0.0]
        size[axis] += extra // 16
    elif kind == "wide stride":
        n, c, outputs[1 - axis] = 1, min(c, 2), 1
        stride[axis], outputs[axis] = 1 + extra, 1 + 11 * outputs[axis]
    elif kind == "many planes":
        n, c = MANY_PLANES[extra * len(MANY_PLANES) >> 8]
        size, outputs = [min(f, 2) for f in size], [min(o, 2) for o in outputs]
    elif kind == "large window":
        size, outputs = list(LARGE_WINDOWS[extra * len(LARGE_WINDOWS) >> 8]), [min(o, 2) for o in outputs]
        n = c = 1
    elif kind == "large plane":
        n, c = 1, min(c, 2)
    if declared.square:
        size[1], stride[1] = size[0], stride[0]
    constrain(plan, size, stride, outputs, rest, axis, dtype)
    if kind == "large plane" and not declared.square:
        height = (outputs[0] - 1) * stride[0] + size[0]
        stride[1] = LARGE_PLANES[extra * len(LARGE_PLANES) >> 8] // (height * max(outputs[1] - 1, 1)) + 1
        rest = [0.0, 0.99]
    spatial = [(o - 1) * s + f + int(r * s) for o, s, f, r in zip(outputs, stride, size, rest, strict=True)]
    return n, c, (size[0], size[1]), (stride[0], stride[1]), tuple(spatial)


def constrain(
    plan: Plan, size: list[int], stride: list[int], outputs: list[int], rest: list[float], axis: int, dtype: Any
) -> None:
    """Change a geometry, in place, into one of the windows that the plan asks for; equal axes stay equal."""
    axes = (0, 1) if size[0] == size[1] and stride[0] == stride[1] else (axis,)
    if plan.windows == "one cell":
        size[:] = stride[:] = [1, 1]
        rest[:] = [0.0, 0.0]
    elif plan.windows == "powers of two":
        size[:] = [power_of_two(f, 2 if unit(dtype) < 20 else 32) for f in size]
    elif plan.windows == "overlapping":
        for k in axes:
            size[k] = max(size[k], 2)
            stride[k] = min(stride[k], size[k] - 1)
            outputs[k] = max(outputs[k], 2)
    elif plan.windows == "gaps":
        for k in axes:
            stride[k] = max(stride[k], 2)
            if outputs[k] == 1 or size[k] >= stride[k]:
                rest[k] = max(rest[k], 1 / stride[k])
    if plan.repeated:
        outputs[axis] = max(outputs[axis], 2)


def power_of_two(number: int, most: int) -> int:
    """The largest power of two that is neither above `number` nor above `most`."""
    return min(1 << (number.bit_length() - 1), most)


def values(case: Case, cells: Array, n: int) -> Array:
    """x by its palette; "distinct" needs more integers in a window than bool and the narrowest types may have."""
    dtype = case.x.dtype
    if case.values == "sunk":
        return sunk(cells, dtype, case.size)
    if case.values != "distinct":
        return painted(case.values, cells, dtype, n)
    return distinct(cells, dtype, case.size) if prod(case.size) <= room(dtype) else painted("ties", cells, dtype, n)


def sound(x: Array, case: Case, knobs: Knobs) -> Array:
    """x without windows of only -inf, and in large windows and planes with a maximum near the end."""
    late = 1 + knobs.upto(31)
    if case.values == "infinite" and x.size and x.min() == -np.inf:
        for window in windows(case):
            lowest = x[window].max(axis=(2, 3)) == -np.inf
            x[window][..., 0, 0][lowest] = -3
    if x.size and prod(x.shape[2:]) > 256 and case.values in ("distinct", "ties"):
        flat = x.reshape(*x.shape[:2], prod(x.shape[2:]))
        flat[..., -late] = flat.max() + np.asarray(1, x.dtype)
    return x


def windows(case: Case) -> list[tuple[Any, ...]]:
    """The index of each window, output by output in row-major order."""
    (rows, columns), (down, across), (tall, wide) = case.output, case.stride, case.size
    return [
        (..., slice(top, top + tall), slice(left, left + wide))
        for top in range(0, rows * down, down)
        for left in range(0, columns * across, across)
    ]


def one_hot(case: Case, value: float) -> Array:
    """A dy that is zero but for `value` at the drawn spot."""
    dy = np.zeros_like(case.dy)
    if dy.size:
        dy[case.spot_in(dy.shape)] = value
    return dy
