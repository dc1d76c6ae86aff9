"""Builds cases from choices: first a sketch, which decides what a case is about, then its axes and its arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Ints, is_float
from poolproof.kernels.geometry import Axis

from ..contract import BACKWARD, MEAN, Declared, Fixed
from ..data.layouts import FLAT
from .axes import Rules, Window, Wish, axis, window
from .case import Case
from .choices import Choices, one_of
from .contents import LARGE, SEEDS, paint
from .palettes import room, unit
from .plans import Plan, dtypes, ranks
from .recipes import CEIL, EDGE, FAR, FIXED, PLAIN, Recipe, allowed
from .shapes import FIXED_KINDS, KINDS, LARGE_KINDS, MANY_KINDS, SETTING_KINDS, Batch, Kind, Shape, vast

SPOTS = 99
"""The number of equal steps from the first spot, 0, to the last."""

LAST = 1 - 1e-8
"""The spot of an array's last element."""

MOST_CELLS = 1 << 18
"""The most cells of an image, unless its windows are large themselves."""

WIDEST_SQUARE = (MOST_CELLS, 48, 16)
"""By rank, the largest extent of a square window: over padding, there may be as many windows as it has cells."""

PLACES = ("max_backward", "max_indices")
"""The functions whose results depend on where a maximum is."""

SPARE = 4
"""Drawn images have at most a `SPARE`-th of the cells that a target takes."""

ALONE = 5
"""How many times likelier an unusual layout of one array alone is than unusual layouts of both."""

EMPTY = 8
"""If a plan allows empty batches, one in this many is empty."""


@dataclass(frozen=True)
class Sketch:
    """What a case is about. Every field is one independent decision."""

    function: str
    dtype: str
    values: str
    gradient: str
    other: str
    layouts: tuple[tuple[str, str], ...]
    recipe: Recipe
    rank: int
    chosen: int
    kind: Kind
    counted: bool


@dataclass(frozen=True)
class Builder:
    """Builds the cases of a plan that a target with these declarations and callables takes."""

    plan: Plan
    declared: Declared
    functions: tuple[str, ...]
    usual_cells: int = MOST_CELLS

    @cached_property
    def most_cells(self) -> int:
        """The most cells of an image. It leaves room, because laws may surround an image with padding or repeat it."""
        declared = self.declared.max_cells
        return self.usual_cells if declared is None else min(self.usual_cells, declared // SPARE)

    @property
    def limited(self) -> bool:
        """Whether a declaration limits images further than usual."""
        return self.most_cells < self.usual_cells

    @property
    def large(self) -> bool:
        """Whether some cases have large windows or planes."""
        declared = self.declared
        return self.plan.large and not (declared.square or declared.fixed or self.limited)

    def case(self, choices: Choices, **decided: Any) -> Case:
        """A case built from choices; `decided` has those decisions that are already made."""
        sketch = self.sketch(choices, decided)
        return self.built(choices, sketch, decided)

    def sketch(self, choices: Choices, decided: dict[str, Any]) -> Sketch:
        """The decisions, each chosen from its options unless it is already made."""

        def decide(name: str, options: Any) -> Any:
            return decided[name] if name in decided else one_of(choices, options)

        plan = self.plan
        function = decide("function", self.functions)
        dtype = decide("dtype", dtypes(plan, self.declared, function))
        values = decide("values", plan.palettes(function))
        gradient, other = decide("gradient", plan.gradients), decide("other", plan.others or ("lattice",))
        layouts = decide("layouts", memories(plan.layouts, function))
        recipe = decide("recipe", self.recipes(function))
        rank = decide("rank", ranks(plan, self.declared, function, dtype))
        kind = decide("kind", self.kinds(dtype, recipe))
        counted = decide("counted", (True, False) if function in MEAN and recipe.settings else (True,))
        chosen = decide("chosen", range(rank))
        return Sketch(function, dtype, values, gradient, other, layouts, recipe, rank, chosen, kind, counted)

    def recipes(self, function: str) -> tuple[Recipe, ...]:
        """The recipes to draw from."""
        plan, declared = self.plan, self.declared
        if declared.fixed:
            return (FIXED,)
        taken, symmetric = declared.settings_of(function, *plan.also), declared.padding == "symmetric"
        found = allowed(plan.recipes, taken, symmetric=symmetric, large=plan.large, in_padding=plan.in_padding)
        return tuple(recipe for recipe in found if recipe.name not in FAR) if self.limited else found

    def kinds(self, dtype: str, recipe: Recipe) -> tuple[Kind, ...]:
        """The kinds of shapes to draw from. Very many windows only if each is one cell, whose answer is x itself."""
        if self.plan.windows == "vast":
            return (vast,)
        if recipe is FIXED:
            return FIXED_KINDS
        if recipe is not PLAIN:
            return SETTING_KINDS
        narrow = is_float(np.dtype(dtype)) and np.dtype(dtype).itemsize <= 2
        if not self.large or narrow:
            return KINDS
        return MANY_KINDS if self.plan.windows == "one cell" else LARGE_KINDS

    def built(self, choices: Choices, sketch: Sketch, decided: dict[str, Any]) -> Case:
        """The case of a sketch; its batch, its spot and the seed of its contents may already be decided."""
        plan, dtype, fixed = self.plan, np.dtype(sketch.dtype), self.declared.fixed
        drawn: dict[str, Any] = {"spot": spot_of(choices), "seed": choices.upto(SEEDS - 1), "batch": None}
        spot, seed, batch = (decided.get(name, each) for name, each in drawn.items())
        (n, c), axes = self.frame(choices, sketch, batch)
        spatial = tuple(each.length for each in axes)
        x = np.empty((n, c, *spatial), dtype)
        dy = np.zeros((n, c, *(each.count() for each in axes)), dtype)
        taken = self.declared.settings_of(sketch.function)
        unsaid = sketch.function in MEAN and "count_include_pad" not in taken
        case = Case(
            function=sketch.function,
            x=x,
            size=tuple(each.size for each in axes),
            stride=tuple(each.stride for each in axes),
            dy=dy,
            values=palette_for(sketch.values, plan.palettes(sketch.function), spatial),
            other=np.empty_like(x if plan.others_like == "x" else dy) if plan.others else None,
            layouts=dict(sketch.layouts),
            spot=spot,
            settings=fixed.passed(sketch.function) if fixed else passed(sketch, axes, taken),
            assumed={"count_include_pad": self.declared.count_include_pad} if unsaid else {},
        )
        paint(case, seed, sketch.gradient, sketch.other)
        return case

    def frame(self, choices: Choices, sketch: Sketch, batch: Batch | None = None) -> tuple[Batch, tuple[Axis, ...]]:
        """The batch, unless it is already decided, and the axes of a sketch."""
        shape = sketch.kind(choices, sketch.rank, sketch.chosen)
        n, c = batch or self.batch(choices, shape)
        axes = self.axes(choices, sketch, shape, n * c)
        return self.fitting(n, c, prod(each.length for each in axes)) if self.limited else (n, c), axes

    def fitting(self, n: int, c: int, cells: int) -> Batch:
        """As many of these samples and channels as the limit allows for planes of this many cells."""
        least, planes = 2 if self.plan.crowded else 1, self.most_cells // cells
        n = min(n, max(planes, least))
        return n, min(c, max(planes // max(n, 1), least))

    def batch(self, choices: Choices, shape: Shape) -> Batch:
        """The number of samples and channels."""
        n, c = map(choices.fewer, one_of(choices, few_enough(shape.batches, self.most_cells)))
        if self.plan.crowded:
            n, c = max(n, 2), max(c, 2)
        empty = self.plan.edges and choices.upto(EMPTY - 1) == EMPTY - 1
        return (0, c) if empty else (n, c)

    def axes(self, choices: Choices, sketch: Sketch, shape: Shape, planes: int) -> tuple[Axis, ...]:
        """The axes of the image, one after another; if windows must be square, all with those of the chosen axis."""
        wishes = [sketch.recipe.wish(wish, k == sketch.chosen) for k, wish in enumerate(shape.axes)]
        if self.declared.fixed:
            return self.fixed_axes(choices, wishes, self.declared.fixed, planes)
        made: list[Axis] = []
        alike = None
        if self.declared.square:
            alike = window(choices, wishes[sketch.chosen], self.rules(sketch, planes, made, chosen=True))
        for k, wish in enumerate(wishes):
            rules = self.rules(sketch, planes, made, chosen=k == sketch.chosen)
            before = prod(each.length for each in made)
            if alike:
                # Leave room for the same windows along the axes that follow.
                rules = rules._replace(cells=max(rules.cells // alike.extent ** (sketch.rank - 1 - k), 1))
            windows = replace(alike, before=before) if alike else window(choices, wish, rules, before)
            made.append(axis(choices, windows, wish, rules))
        return tuple(made)

    def fixed_axes(self, choices: Choices, wishes: Sequence[Wish], fixed: Fixed, planes: int) -> tuple[Axis, ...]:
        """The axes of an image whose windows a target fixes: only their number and the remainder are free."""
        cells, made = max(self.most_cells // max(planes, 1), 1), list[Axis]()
        least = 2 if self.plan.repeated or self.plan.windows == "overlapping" else 1
        for wish, each in zip(wishes, fixed.axes, strict=True):
            before = prod(axis.length for axis in made)
            windows = Window(before, each.dilation, each.size, each.stride, each.begin, each.end)
            rules = Rules(ceil_mode=each.ceil_mode, cells=cells, outputs=least)
            made.append(axis(choices, windows, wish, rules))
        return tuple(made)

    def widest(self, dtype: Any, rank: int, made: Sequence[Axis]) -> int:
        """The largest extent of a window along the next axis.

        The numbers in a window must be distinct, and narrow floats have few; a square window must fit along all axes.
        """
        if self.plan.windows == "vast":
            return MOST_CELLS
        most = WIDEST_SQUARE[rank - 1] if self.declared.square else MOST_CELLS
        if not is_float(dtype):
            return most
        left = room(dtype) // prod(each.extent for each in made)
        return min(int(left ** (1 / (rank - len(made)))), most)

    def rules(self, sketch: Sketch, planes: int, made: Sequence[Axis], *, chosen: bool) -> Rules:
        """The rules for the next axis after those already made, whatever the wish."""
        plan, declared, dtype = self.plan, self.declared, np.dtype(sketch.dtype)
        here = chosen or declared.square or plan.windows not in ("overlapping", "gaps")
        return Rules(
            windows=plan.windows if here else "any",
            ceil_mode=CEIL in sketch.recipe.settings and not (declared.tiles and plan.windows == "gaps"),
            widest=self.widest(dtype, sketch.rank, made),
            # Over padding and past the end, any number of cells up to F may count; up to 2, all are powers of two.
            power=2 if sketch.recipe is not PLAIN or (is_float(dtype) and unit(dtype) < 20) else 32,
            cells=max(self.most_cells // max(planes, 1), 1),
            outputs=2 if plan.repeated and chosen else 1,
            multiple=plan.needs == ("dilation",),
            empty=sketch.recipe is EDGE,
            tiles=declared.tiles,
            symmetric=declared.padding == "symmetric",
            limit=declared.padding_limit,
            keep=declared.ceil_rule == "keep",
        )


def spot_of(choices: Choices) -> float:
    """A spot between the first and the last."""
    return LAST * choices.upto(SPOTS) / SPOTS


@lru_cache(maxsize=256)
def few_enough(batches: Sequence[Batch], most: int) -> Sequence[Batch]:
    """The batches that have no more planes than there may be cells."""
    return tuple((n, c) for n, c in batches if n * c <= most) or ((1, 1),)


def palette_for(drawn: str, palettes: tuple[str, ...], spatial: Ints) -> str:
    """The drawn palette; for a large plane, one whose maximum can be late, if the plan has one."""
    late = drawn in ("distinct", "ties") or "distinct" not in palettes
    return drawn if late or prod(spatial) <= LARGE else "distinct"


def passed(sketch: Sketch, axes: tuple[Axis, ...], taken: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a case: those of its recipe, and `count_include_pad` for a mean that takes it."""
    every: dict[str, Any] = {
        "padding": tuple((each.begin, each.end) for each in axes),
        "dilation": tuple(each.dilation for each in axes),
        "ceil_mode": axes[0].ceil_mode,
    }
    settings = {name: every[name] for name in sketch.recipe.settings}
    if settings and sketch.function in MEAN and "count_include_pad" in taken:
        # A window wholly in padding has no cells to divide by unless padded ones count.
        settings["count_include_pad"] = sketch.counted or sketch.recipe is EDGE
    return settings


Memories = tuple[tuple[str, str], ...]
"""The arrays that are not in C order, each with its layout."""


@lru_cache(maxsize=64)
def memories(layouts: tuple[str, ...], function: str) -> tuple[Memories, ...]:
    """The layouts to draw from: each of x with each of dy. If C order is among them, half of all cases have it."""
    # Which of several tied maxima gets the gradient, or is the index, may depend on the layout.
    for_x = tuple(layout for layout in layouts if layout not in FLAT or function not in PLACES)
    for_dy = layouts if function in BACKWARD else ("C",)
    usual = ("C",) if "C" not in layouts else ()
    every = [unusual({"dy": dy, "x": x}) for dy, x in product((*usual, *for_dy), (*usual, *for_x))]
    # Most mistakes concern a single array.
    odd = [layouts for layouts in every for _ in range(ALONE if len(layouts) == 1 else 1) if layouts]
    return tuple(odd) if usual else ((),) * max(len(odd), 1) + tuple(odd)


def unusual(layouts: dict[str, str]) -> Memories:
    """The layouts that are not C order."""
    return tuple((name, layout) for name, layout in layouts.items() if layout != "C")
