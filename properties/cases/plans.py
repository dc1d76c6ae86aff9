"""Plans: which cases a law needs, in words that are checked where they are written."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from poolproof.kernels.dtypes import FLOATS, INTEGERS, ORDERED

from ..contract import CALLABLES, MEAN, OF_INTEGERS, SETTINGS, Declared, did_you_mean
from ..data.layouts import LAYOUTS
from . import recipes
from .palettes import NAMES, ONE_HOT

MAX_VALUES = ("distinct", "ties", "close", "negative", "relu", "wide", "lowest", "highest", "infinite")
MEAN_VALUES = ("wide", "lattice", "huge", "huge", "relu", "negative", "remote")
EDGE_VALUES = ("distinct", "ties", "not_a_number", "infinite", "subnormal", "wide", "highest", "lowest")

WINDOWS = ("any", "overlapping", "powers of two", "gaps", "one cell", "vast")

ORDER = ("float64", "float32", "float16", "bfloat16", *INTEGERS, "bool")
"""The dtypes, the commonest first."""


@dataclass(frozen=True)
class Plan:
    """Which cases a law needs. Raises ValueError for a word that means nothing.

    `functions`: the law is about one of these, drawn among those the target offers; `also` must be offered besides.
    `values`, `gradients`, `others`: palettes for x, dy and a third array (`others_like` says whose shape it has);
    `mean_values`: palettes for x where the function is a mean, if not the same.
    `windows`: "any", "overlapping" (S < F and at least two windows, on some axis), "powers of two" (so that division
    is exact), "gaps" (pixels that no window covers), "one cell" (F = S = 1) or "vast" (a power of two of cells, more
    than narrow types count).
    `layouts`: how arrays may lie in memory, each of them drawn by itself.
    `needs`: settings that the function must take; `settable`: it must take some; `recipes`: names of recipes.py, all if
    empty.
    `ranks`: at how many ranks the target must be asked; with two, cases leave a higher one free.
    `repeated`: at least two windows on one axis; `crowded`: at least two samples and two channels.
    `large`: now and then windows of more than 256 cells, planes of more than 32767, or as many planes.
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


def listed(words: Any) -> tuple[str, ...]:
    """One word or several."""
    return (words,) if isinstance(words, str) else words


COMPARABLE = Plan(CALLABLES, mean_values=("lattice",), windows="powers of two")
"""Cases on which two answers about the same window must be equal: maxima, and sums that cannot round."""


@lru_cache(maxsize=1024)
def dtypes(plan: Plan, declared: Declared, function: str) -> tuple[str, ...]:
    """The dtypes to draw from, the commonest first; floats only, where the function or the law wants them."""
    known = tuple(dtype for dtype in ORDER if dtype in ORDERED and ranks(plan, declared, function, dtype))
    floats = tuple(dtype for dtype in known if dtype in FLOATS)
    if plan.floats or function not in OF_INTEGERS:
        return floats
    # Half of the cases floats, however many integer types there are.
    others = tuple(dtype for dtype in known if dtype not in FLOATS)
    return floats * max(1, len(others) // max(1, len(floats))) + others


@lru_cache(maxsize=1024)
def ranks(plan: Plan, declared: Declared, function: str, dtype: str) -> tuple[int, ...]:
    """The ranks to draw from, mostly the plane."""
    taken = declared.ranks_of(dtype, function, *plan.also)
    return tuple(rank for rank in (2, 2, 2, 1, 3) if rank in taken and (plan.ranks == 1 or rank < max(taken)))
