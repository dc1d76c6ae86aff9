"""Recipes: how a case gets padding, dilation and ceil mode, with the rare combinations by name.

A recipe changes the wishes for the axes: for the chosen one, and for the others. What it is named after happens along
the chosen axis, unless the declarations of a target rule it out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from .axes import Window, Wish
from .choices import Range

SOME: Range = (0, 2)
PADDING, DILATION, CEIL = "padding", "dilation", "ceil_mode"


class Recipe(NamedTuple):
    """The settings that calls of such a case pass, and how it changes the wish for an axis, chosen or not."""

    name: str
    settings: tuple[str, ...]
    wish: Callable[[Wish, bool], Wish]


def at_least(within: object, least: int) -> Range:
    """A range cut off below `least`."""
    low, high = within if isinstance(within, tuple) else (1, 4)
    return max(low, least), max(high, least)


def as_begin(window: Window) -> Range:
    """As much padding at the end as at the begin."""
    return window.begin, window.begin


def not_as_begin(window: Window) -> Range:
    """Another padding at the end than at the begin."""
    return (0, window.begin - 1) if window.begin else (1, 2)


def as_size(window: Window) -> Range:
    """A stride equal to the size: windows that tile."""
    return window.size, window.size


def as_wished(wish: Wish, _: bool) -> Wish:
    """No settings, or neutral ones, which should change nothing."""
    return wish


def symmetric(wish: Wish, chosen: bool) -> Wish:
    """The same padding at both ends."""
    size = at_least(wish.size, 2) if chosen else wish.size
    return wish._replace(size=size, begin=(1, 2) if chosen else SOME, end=as_begin)


def uneven(wish: Wish, chosen: bool) -> Wish:
    """Different padding at the two ends."""
    if not chosen:
        return wish._replace(begin=SOME, end=SOME)
    return wish._replace(size=at_least(wish.size, 2), begin=SOME, end=not_as_begin)


def end_only(wish: Wish, chosen: bool) -> Wish:
    """Padding at the end only."""
    return wish._replace(size=at_least(wish.size, 2), end=(1, 2)) if chosen else wish._replace(end=SOME)


def wide(wish: Wish, chosen: bool, size: Range, begin: Range) -> Wish:
    """Wide padding with a still larger window; little of everything along other axes."""
    if not chosen:
        return wish._replace(size=(1, 2), outputs=(1, 2))
    return wish._replace(size=size, begin=begin, end=(0, 2), outputs=(1, 2), rest=(0, 1))


def padding_of_a_byte(wish: Wish, chosen: bool) -> Wish:
    """Padding around the limit of a signed byte."""
    return wide(wish, chosen, (130, 132), (127, 129))


def padding_beyond_a_byte(wish: Wish, chosen: bool) -> Wish:
    """Padding around the limit of an unsigned byte."""
    return wide(wish, chosen, (258, 260), (255, 257))


def tiled(wish: Wish, _: bool) -> Wish:
    """Windows that would tile the image, but are shifted by padding: as many windows as without it."""
    return wish._replace(size=(3, 3), stride=(3, 3), begin=(1, 1), end=(0, 1), rest=padded)


def padded(window: Window) -> Range:
    """A remainder of as many cells as are padded."""
    return window.begin + window.end, window.begin + window.end


def single_pixel(wish: Wish, _: bool) -> Wish:
    """An image of a single cell amid padding, under several windows."""
    one: Range = (1, 1)
    return wish._replace(size=(2, 2), stride=one, begin=one, end=one, outputs=(2, 2), rest=(0, 0))


def dilated(wish: Wish, chosen: bool) -> Wish:
    """Dilated windows, along the chosen axis at least; no padding."""
    return wish._replace(size=at_least(wish.size, 2), dilation=(2, 3)) if chosen else wish._replace(dilation=(1, 3))


def far_apart(wish: Wish, chosen: bool, dilation: Range) -> Wish:
    """A large dilation; little of everything along other axes."""
    if not chosen:
        return wish._replace(size=(1, 2), outputs=(1, 2))
    return wish._replace(size=(2, 3), dilation=dilation, stride=(1, 2), outputs=(1, 2), rest=(0, 1))


def dilation_of_a_byte(wish: Wish, chosen: bool) -> Wish:
    """Dilation around the limit of a signed byte."""
    return far_apart(wish, chosen, (127, 129))


def dilation_beyond_a_byte(wish: Wish, chosen: bool) -> Wish:
    """Dilation around the limit of an unsigned byte."""
    return far_apart(wish, chosen, (255, 257))


def dilated_padding(wish: Wish, chosen: bool) -> Wish:
    """Dilated windows over padding."""
    return dilated(wish, chosen)._replace(begin=(1, 2) if chosen else SOME, end=SOME)


def ceil_that_divides(wish: Wish, _: bool) -> Wish:
    """Ceil mode without a remainder."""
    return wish._replace(rest=(0, 0))


def ceil_beside_gaps(wish: Wish, chosen: bool) -> Wish:
    """A last window in ceil mode although windows do not touch: K < S and a large remainder."""
    if not chosen:
        return wish
    return wish._replace(size=at_least(wish.size, 2), stride=wider, rest=largest)


def wider(window: Window) -> Range:
    """A stride larger than the window."""
    return window.size + 1, window.size + 2


def largest(window: Window) -> Range:
    """The largest remainder."""
    return window.stride - 1, window.stride - 1


def ceil_overhang(wish: Wish, chosen: bool) -> Wish:
    """A last window that reaches at least two cells past the end."""
    return wish._replace(size=at_least(wish.size, 3), stride=overhanging, rest=(1, 1)) if chosen else wish


def overhanging(window: Window) -> Range:
    """A stride of at least three, but no larger than the window."""
    return min(3, window.size), window.size


def ceil_padding(wish: Wish, chosen: bool) -> Wish:
    """Ceil mode over padding, with a window past the padded end."""
    if not chosen:
        return wish._replace(begin=SOME, end=SOME)
    return wish._replace(size=at_least(wish.size, 2), stride=(2, 4), begin=(1, 2), end=as_begin, rest=some)


def some(window: Window) -> Range:
    """A remainder of at least one cell."""
    return 1, window.stride - 1


def ceil_in_end_padding(wish: Wish, chosen: bool) -> Wish:
    """A last window that is dropped, because it would start in the end padding."""
    if not chosen:
        return wish._replace(begin=SOME, end=SOME)
    return wish._replace(size=at_least(wish.size, 2), stride=as_size, begin=SOME, end=(1, 2), rest=(1, 1))


def everything(wish: Wish, _: bool) -> Wish:
    """Any padding and dilation, with ceil mode."""
    return wish._replace(dilation=(1, 3), begin=SOME, end=SOME)


def wholly_in_padding(wish: Wish, chosen: bool) -> Wish:
    """A single cell that a dilated window steps over, so that the window has no real cell."""
    if not chosen:
        return wish
    one: Range = (1, 1)
    return wish._replace(dilation=(2, 2), size=(2, 2), begin=one, end=one, outputs=one, rest=(0, 0))


def dilated_overhang(wish: Wish, _: bool) -> Wish:
    """Dilated windows, the last of which ends in ceil mode three cells past the padded end, between two of its taps."""
    wish = wish._replace(dilation=(2, 2), size=(3, 3), stride=(4, 4), outputs=(1, 2), rest=(1, 1))
    return wish._replace(begin=(0, 1), end=(0, 1))


PLAIN = Recipe("plain", (), as_wished)
FIXED = Recipe("fixed", (), as_wished)
EDGE = Recipe("wholly in padding", (PADDING, DILATION), wholly_in_padding)
SYMMETRIC = Recipe("symmetric padding", (PADDING,), symmetric)
OVERHANG = Recipe("dilated overhang", (PADDING, DILATION, CEIL), dilated_overhang)
"""A recipe for a corner case alone."""

RECIPES: tuple[Recipe, ...] = (
    SYMMETRIC,
    Recipe("uneven padding", (PADDING,), uneven),
    Recipe("end padding", (PADDING,), end_only),
    Recipe("padding of a byte", (PADDING,), padding_of_a_byte),
    Recipe("padding beyond a byte", (PADDING,), padding_beyond_a_byte),
    Recipe("single pixel", (PADDING,), single_pixel),
    Recipe("tiles and padding", (PADDING,), tiled),
    Recipe("dilation", (DILATION,), dilated),
    Recipe("dilation of a byte", (DILATION,), dilation_of_a_byte),
    Recipe("dilation beyond a byte", (DILATION,), dilation_beyond_a_byte),
    Recipe("dilation and padding", (PADDING, DILATION), dilated_padding),
    Recipe("ceil", (CEIL,), as_wished),
    Recipe("ceil that divides", (CEIL,), ceil_that_divides),
    Recipe("ceil beside gaps", (CEIL,), ceil_beside_gaps),
    Recipe("ceil overhang", (CEIL,), ceil_overhang),
    Recipe("ceil and padding", (PADDING, CEIL), ceil_padding),
    Recipe("ceil in end padding", (PADDING, CEIL), ceil_in_end_padding),
    Recipe("everything", (PADDING, DILATION, CEIL), everything),
)
NAMES = tuple(recipe.name for recipe in (PLAIN, *RECIPES, EDGE))
PADDED = tuple(recipe.name for recipe in RECIPES if recipe.settings[:1] == (PADDING,) and CEIL not in recipe.settings)
DILATED = tuple(recipe.name for recipe in RECIPES if recipe.settings == (DILATION,))
CEILED = tuple(recipe.name for recipe in RECIPES if CEIL in recipe.settings)
"""Names of recipes, for plans restricted to these."""

FAR = tuple(recipe.name for recipe in RECIPES if "a byte" in recipe.name)
"""Names of the recipes whose windows reach far."""

PLAIN_CASES, PLAIN_LARGE, PLAIN_AT_EDGES = 10, 20, 4
"""Plain cases for each case of a recipe: usually, with large images, and at edges."""


@lru_cache(maxsize=256)
def allowed(
    names: tuple[str, ...], settings: tuple[str, ...], *, symmetric: bool, large: bool, in_padding: bool
) -> tuple[Recipe, ...]:
    """The recipes to draw from: those with these names (default: all) whose settings can be passed."""
    able = [recipe for recipe in RECIPES if set(recipe.settings) <= set(settings)]
    if symmetric:
        able = [recipe for recipe in able if recipe.name not in ("uneven padding", "end padding")]
    if names:
        return tuple(recipe for recipe in (PLAIN, *able) if recipe.name in names)
    often = PLAIN_AT_EDGES if in_padding else PLAIN_LARGE if large else PLAIN_CASES
    edges = (EDGE, EDGE, EDGE) if in_padding and set(EDGE.settings) <= set(settings) else ()
    return (*(PLAIN,) * often, *able, *edges)
