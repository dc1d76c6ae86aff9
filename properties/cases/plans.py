"""Plans: the cases that a law needs, in words that are checked when a plan is made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from math import prod
from typing import Any, get_args

import numpy as np
from poolproof.kernels.dtypes import FLOATS, INTEGERS, ORDERED, is_float

from ..contract import CALLABLES, MEAN, OF_INTEGERS, SETTINGS, Declared, Fixed, did_you_mean
from ..data.layouts import LAYOUTS
from . import recipes
from .axes import Windows
from .palettes import NAMES, ONE_HOT, room

MAX_VALUES = ("distinct", "ties", "close", "negative", "relu", "wide", "lowest", "highest", "infinite")
MEAN_VALUES = ("wide", "lattice", "huge", "huge", "relu", "negative", "remote")
EDGE_VALUES = ("distinct", "ties", "not_a_number", "infinite", "subnormal", "wide", "highest", "lowest")

BOTTOMLESS = ("not_a_number", "bottomless", "bottomless", "infinite", "distinct")
"""Palettes for places of maxima: NaN, and windows in which nothing is larger than the value of padding."""

WINDOWS = get_args(Windows)

ORDER = ("float64", "float32", "float16", "bfloat16", *INTEGERS, "bool")
"""The dtypes, the commonest first."""


@dataclass(frozen=True)
class Plan:
    """The cases that a law needs. Raises ValueError for an unknown word.

    `functions`: each case is about one of these, drawn among those that the target offers, which must offer `also` too.
    `values`, `gradients`, `others`: palettes for x, dy and a third array, which has the shape of `others_like`;
    `mean_values`: palettes for x if the function is a mean, unless they are the same.
    `windows`: "any", "overlapping" (S < F and at least two windows, on some axis), "powers of two" (so that division
    is exact), "gaps" (pixels that no window covers), "one cell" (F = S = 1) or "vast" (a power of two of cells, more
    than narrow types count).
    `layouts`: memory layouts of the arrays, each drawn independently.
    `needs`: settings that the function must take; `settable`: it must take some; `recipes`: names from recipes.py, all
    if empty.
    `ranks`: the number of ranks that the target must take; with two, cases leave a higher rank free.
    `repeated`: at least two windows on one axis; `crowded`: at least two samples and two channels.
    `large`: now and then windows of more than 256 cells, planes of more than 32767, or as many planes.
    `edges`: now and then N = 0; `in_padding`: now and then a window that lies wholly in padding.
    `floats`: floats only, as always for gradients.
    """

    functions: tuple[str, ...]
    also: tuple[str, ...] = ()
    values: tuple[str, ...] = ("distinct",)
    mean_values: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ("lattice",)
    others: tuple[str, ...] = ()
    others_like: str = "x"
    windows: Windows = "any"
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

    def __post_init__(self) -> None:
        palettes = {"values": NAMES, "mean_values": NAMES, "gradients": (*NAMES, ONE_HOT), "others": NAMES}
        words: dict[str, tuple[str, ...]] = {"functions": CALLABLES, "also": CALLABLES, **palettes}
        words |= {"layouts": tuple(LAYOUTS), "needs": SETTINGS, "recipes": recipes.NAMES}
        words |= {"windows": WINDOWS, "others_like": ("x", "dy")}
        for each in fields(self):
            for word in listed(getattr(self, each.name)) if each.name in words else ():
                if word not in words[each.name]:
                    raise ValueError(
                        f"plan: {each.name} {word!r} means nothing; {did_you_mean(word, words[each.name])}"
                    )

    def palettes(self, function: str) -> tuple[str, ...]:
        """The palettes for x in cases about this function."""
        return self.mean_values if self.mean_values and function in MEAN else self.values

    def asked(self, declared: Declared, offers: tuple[str, ...]) -> tuple[str, ...]:
        """The functions that this plan can test on a target with these declarations and callables."""
        if not set(self.also) <= set(offers) or (declared.tiles and not self.by_tiles):
            return ()
        able = (f for f in self.functions if f in offers and dtypes(self, declared, f))
        able = (f for f in able if not declared.fixed or self.suits(declared.fixed, f))
        return tuple(f for f in able if self.taken(declared, f))

    def suits(self, fixed: Fixed, function: str) -> bool:
        """Whether the plan can do with these windows alone."""
        return WANTED[self.windows](fixed, function) and (not self.recipes or of_recipes(fixed, self.recipes))

    @property
    def by_tiles(self) -> bool:
        """Whether the plan allows strides equal to the size."""
        return self.windows != "overlapping" and "dilation" not in self.needs

    def taken(self, declared: Declared, function: str) -> bool:
        """Whether a function takes the settings that the plan needs."""
        settings = declared.settings_of(function, *self.also)
        # `count_include_pad` alone does not count as a setting: without padding it changes nothing.
        return set(self.needs) <= set(settings) and (bool({*SETTINGS} & {*settings}) or not self.settable)


def overlap(fixed: Fixed, _: str) -> bool:
    """Whether neighbouring windows share cells along an axis."""
    return any(stride < extent for stride, extent in zip(fixed.stride, fixed.extents, strict=True))


def leave_gaps(fixed: Fixed, _: str) -> bool:
    """Whether there may be cells that no window covers."""
    return max(fixed.stride) > 1


def divide_exactly(fixed: Fixed, function: str) -> bool:
    """Whether every divisor of a mean is a power of two. A maximum has no divisor.

    At edges, any number of a window's cells may count, unless padded cells count and none lies past the padded end.
    """
    settings = fixed.passed(function)
    real_alone = any(map(any, settings.get("padding", ()))) and not settings.get("count_include_pad", False)
    if function not in MEAN:
        return True
    return max(fixed.size) <= 2 if real_alone or settings.get("ceil_mode") else prod(fixed.size).bit_count() == 1


WANTED = {
    "any": lambda *_: True,
    "overlapping": overlap,
    "powers of two": divide_exactly,
    "gaps": leave_gaps,
    "one cell": lambda *_: False,
    "vast": lambda *_: False,
}
"""For each word about windows, whether the windows that a target fixes are such."""


def holds_window(dtype: np.dtype[Any], fixed: Fixed) -> bool:
    """Whether a dtype has distinct numbers for all cells within the extent of a window."""
    return not is_float(dtype) or prod(fixed.extents) <= room(dtype)


def of_recipes(fixed: Fixed, names: tuple[str, ...]) -> bool:
    """Whether some recipe with one of these names has exactly the settings of the fixed windows."""
    neutral = {"padding": ((0, 0),) * len(fixed.size), "dilation": (1,) * len(fixed.size), "ceil_mode": False}
    changed = {name for name, value in fixed.settings if name in neutral and value != neutral[name]}
    return any(set(recipe.settings) == changed for recipe in (recipes.PLAIN, *recipes.RECIPES) if recipe.name in names)


def listed(words: Any) -> tuple[str, ...]:
    """One word or several as a tuple."""
    return (words,) if isinstance(words, str) else words


COMPARABLE = Plan(CALLABLES, mean_values=("lattice",), windows="powers of two")
"""Cases on which two results for the same window must be equal: maxima, and sums that cannot round."""


@lru_cache(maxsize=1024)
def dtypes(plan: Plan, declared: Declared, function: str) -> tuple[str, ...]:
    """The dtypes to draw from, the commonest first; floats only if the function or the law requires it."""
    known = tuple(dtype for dtype in ORDER if dtype in ORDERED and ranks(plan, declared, function, dtype))
    if declared.fixed:
        known = tuple(dtype for dtype in known if holds_window(np.dtype(dtype), declared.fixed))
    floats = tuple(dtype for dtype in known if dtype in FLOATS)
    if plan.floats or function not in OF_INTEGERS:
        return floats
    # Floats in half of the cases, however many integer types there are.
    others = tuple(dtype for dtype in known if dtype not in FLOATS)
    return floats * max(1, len(others) // max(1, len(floats))) + others


@lru_cache(maxsize=1024)
def ranks(plan: Plan, declared: Declared, function: str, dtype: str) -> tuple[int, ...]:
    """The ranks to draw from, mostly 2."""
    taken = declared.ranks_of(dtype, function, *plan.also)
    return tuple(rank for rank in (2, 2, 2, 1, 3) if rank in taken and (plan.ranks == 1 or rank < max(taken)))
