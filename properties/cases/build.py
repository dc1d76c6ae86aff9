"""Cases built from choices: first a sketch, which decides what a case is about, then its axes and its arrays."""

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
"""A spot is at one of as many equal steps from the first place, 0, to the last."""

LAST = 1 - 1e-8
"""The last place of an array."""

MOST_CELLS = 1 << 18
"""Cells of an image whose windows are not large themselves."""

WIDEST_SQUARE = (MOST_CELLS, 48, 16)
"""The widest of windows that are as wide along all axes, by rank: over padding there may be as many of them."""

PLACES = ("max_backward", "max_indices")
"""The functions that tell where a maximum is."""

SPARE = 4
"""Drawn images have at most this fraction of the cells that a target takes: one in so many."""

ALONE = 5
"""How much likelier an unusual layout of one array alone is than that of one beside another of some other array."""

EMPTY = 8
"""One of as many batches is empty, where a plan wants such."""


@dataclass(frozen=True)
class Sketch:
    """What a case is about. Every field is one decision, made by itself."""

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
    """Cases for a plan, as far as a target with these declarations and callables takes them."""

    plan: Plan
    declared: Declared
    functions: tuple[str, ...]
    usual_cells: int = MOST_CELLS

    @cached_property
    def most_cells(self) -> int:
        """The most cells of an image. Laws may ask for larger ones, with padding around it or several times."""
        declared = self.declared.max_cells
        return self.usual_cells if declared is None else min(self.usual_cells, declared // SPARE)

    @property
    def limited(self) -> bool:
        """Whether it is a declaration by which images are small."""
        return self.most_cells < self.usual_cells

    @property
    def large(self) -> bool:
        """Whether there are cases of large windows and planes."""
        declared = self.declared
        return self.plan.large and not (declared.square or declared.fixed or self.limited)

    def case(self, choices: Choices, **decided: Any) -> Case:
        """A case built from choices; some decisions of its sketch may have been made."""
        sketch = self.sketch(choices, decided)
        return self.built(choices, sketch, decided)

    def sketch(self, choices: Choices, decided: dict[str, Any]) -> Sketch:
        """The decisions, each from its options unless it has been made."""

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
        """The kinds of shapes to draw from; many windows only where each is a cell, so that the answer is plain."""
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
        """The case of a sketch; its batch, its spot and the seed of its contents may have been decided."""
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
        """The batch, unless it has been decided, and the axes of a sketch."""
        shape = sketch.kind(choices, sketch.rank, sketch.chosen)
        n, c = batch or self.batch(choices, shape)
        axes = self.axes(choices, sketch, shape, n * c)
        return self.fitting(n, c, prod(each.length for each in axes)) if self.limited else (n, c), axes

    def fitting(self, n: int, c: int, cells: int) -> Batch:
        """As many of so many samples and channels as there may be of a plane with these cells."""
        least, planes = 2 if self.plan.crowded else 1, self.most_cells // cells
        n = min(n, max(planes, least))
        return n, min(c, max(planes // max(n, 1), least))

    def batch(self, choices: Choices, shape: Shape) -> Batch:
        """Samples and channels."""
        n, c = map(choices.fewer, one_of(choices, few_enough(shape.batches, self.most_cells)))
        if self.plan.crowded:
            n, c = max(n, 2), max(c, 2)
        empty = self.plan.edges and choices.upto(EMPTY - 1) == EMPTY - 1
        return (0, c) if empty else (n, c)

    def axes(self, choices: Choices, sketch: Sketch, shape: Shape, planes: int) -> tuple[Axis, ...]:
        """The axes of the image, one after another; where windows must be square, all with those of the chosen one."""
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
                # What the same windows take along the axes to come is no longer free.
                rules = rules._replace(cells=max(rules.cells // alike.extent ** (sketch.rank - 1 - k), 1))
            windows = replace(alike, before=before) if alike else window(choices, wish, rules, before)
            made.append(axis(choices, windows, wish, rules))
        return tuple(made)

    def fixed_axes(self, choices: Choices, wishes: Sequence[Wish], fixed: Fixed, planes: int) -> tuple[Axis, ...]:
        """The axes of an image whose windows a target fixes: how many of them there are, and what remains."""
        cells, made = max(self.most_cells // max(planes, 1), 1), list[Axis]()
        least = 2 if self.plan.repeated or self.plan.windows == "overlapping" else 1
        for wish, each in zip(wishes, fixed.axes, strict=True):
            before = prod(axis.length for axis in made)
            windows = Window(before, each.dilation, each.size, each.stride, each.begin, each.end)
            rules = Rules(ceil_mode=each.ceil_mode, cells=cells, outputs=least)
            made.append(axis(choices, windows, wish, rules))
        return tuple(made)

    def widest(self, dtype: Any, rank: int, made: Sequence[Axis]) -> int:
        """How far a window may reach along the next axis.

        The numbers in it must differ, of which narrow floats have few; one that is as wide along all axes must fit.
        """
        if self.plan.windows == "vast":
            return MOST_CELLS
        most = WIDEST_SQUARE[rank - 1] if self.declared.square else MOST_CELLS
        if not is_float(dtype):
            return most
        left = room(dtype) // prod(each.extent for each in made)
        return min(int(left ** (1 / (rank - len(made)))), most)

    def rules(self, sketch: Sketch, planes: int, made: Sequence[Axis], *, chosen: bool) -> Rules:
        """What holds of an axis, after those that are made, whatever is wished."""
        plan, declared, dtype = self.plan, self.declared, np.dtype(sketch.dtype)
        here = chosen or declared.square or plan.windows not in ("overlapping", "gaps")
        return Rules(
            windows=plan.windows if here else "any",
            ceil_mode=CEIL in sketch.recipe.settings and not (declared.tiles and plan.windows == "gaps"),
            widest=self.widest(dtype, sketch.rank, made),
            # Over padding, and past the end, every number of cells up to F is met; 1 and 2 are powers of two.
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
    """A place between the first and the last."""
    return LAST * choices.upto(SPOTS) / SPOTS


@lru_cache(maxsize=256)
def few_enough(batches: Sequence[Batch], most: int) -> Sequence[Batch]:
    """Those of some batches that have no more planes than there may be cells."""
    return tuple((n, c) for n, c in batches if n * c <= most) or ((1, 1),)


def palette_for(drawn: str, palettes: tuple[str, ...], spatial: Ints) -> str:
    """The palette that was drawn; in large planes one whose maximum can be late, where there is one."""
    late = drawn in ("distinct", "ties") or "distinct" not in palettes
    return drawn if late or prod(spatial) <= LARGE else "distinct"


def passed(sketch: Sketch, axes: tuple[Axis, ...], taken: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a case: those that its recipe is about, and for a mean over edges what it divides by."""
    every: dict[str, Any] = {
        "padding": tuple((each.begin, each.end) for each in axes),
        "dilation": tuple(each.dilation for each in axes),
        "ceil_mode": axes[0].ceil_mode,
    }
    settings = {name: every[name] for name in sketch.recipe.settings}
    if settings and sketch.function in MEAN and "count_include_pad" in taken:
        # With a window wholly in padding there is nothing to divide by but padding.
        settings["count_include_pad"] = sketch.counted or sketch.recipe is EDGE
    return settings


Memories = tuple[tuple[str, str], ...]
"""The arrays that do not lie in C order, each with its layout."""


@lru_cache(maxsize=64)
def memories(layouts: tuple[str, ...], function: str) -> tuple[Memories, ...]:
    """The layouts to draw from: every one of x beside every one of dy; in half of all cases C order, if it is one."""
    # Whose gradient, or index, that of tied maxima is, may depend on how they lie.
    for_x = tuple(layout for layout in layouts if layout not in FLAT or function not in PLACES)
    for_dy = layouts if function in BACKWARD else ("C",)
    usual = ("C",) if "C" not in layouts else ()
    every = [unusual({"dy": dy, "x": x}) for dy, x in product((*usual, *for_dy), (*usual, *for_x))]
    # One array alone is what most mistakes are about.
    odd = [layouts for layouts in every for _ in range(ALONE if len(layouts) == 1 else 1) if layouts]
    return tuple(odd) if usual else ((),) * max(len(odd), 1) + tuple(odd)


def unusual(layouts: dict[str, str]) -> Memories:
    """Those that are not C order."""
    return tuple((name, layout) for name, layout in layouts.items() if layout != "C")
