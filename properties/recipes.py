"""Recipes: how padding, dilation and ceil mode come into the shape of a case, with the rare combinations by name.

A frame comes with padding and dilation drawn for every axis; a recipe keeps some of it and sees to it that what it is
named for really happens. What a law or a target does not want is narrowed afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from .frames import Frame


class Recipe(NamedTuple):
    """What to make of a frame, and the settings that the calls of such a case pass."""

    name: str
    make: Callable[[Frame], None]
    settings: tuple[str, ...]


def plain(frame: Frame) -> None:
    """No settings; or neutral ones, which should change nothing."""
    frame.begin, frame.end, frame.dilation = [0] * frame.rank, [0] * frame.rank, [1] * frame.rank


def symmetric(frame: Frame) -> None:
    """As much padding before as after, at least along one axis."""
    undilated(frame)
    widened(frame)
    frame.begin[frame.axis] = max(frame.begin[frame.axis], 1)
    frame.end = list(frame.begin)


def uneven(frame: Frame) -> None:
    """Other padding before than after."""
    undilated(frame)
    widened(frame)
    k = frame.axis
    if frame.begin[k] == frame.end[k]:
        frame.begin[k], frame.end[k] = (1, 0) if frame.extra % 2 else (0, 1)


def end_only(frame: Frame) -> None:
    """Padding after the image alone."""
    uneven(frame)
    frame.begin, frame.end[frame.axis] = [0] * frame.rank, max(frame.end[frame.axis], 1)


def tiled(frame: Frame) -> None:
    """Windows that would tile the image but for the padding, by which they are shifted: as many as without it."""
    undilated(frame)
    frame.size, frame.stride = [3] * frame.rank, [3] * frame.rank
    frame.begin, frame.end = [1] * frame.rank, [frame.extra % 2] * frame.rank
    for k in range(frame.rank):
        frame.leave(k, frame.begin[k] + frame.end[k])


def dilated(frame: Frame) -> None:
    """Windows with gaps along one axis at least, of another width than along the others; no padding."""
    frame.begin, frame.end = [0] * frame.rank, [0] * frame.rank
    k = frame.axis
    frame.size[k], frame.dilation[k] = max(frame.size[k], 2), max(frame.dilation[k], 2)
    for other in frame.others:
        if frame.dilation[other] == frame.dilation[k]:
            frame.dilation[other] = 1 + frame.dilation[k] % 3


def dilated_padding(frame: Frame) -> None:
    """Windows with gaps, over padding."""
    begin, end = list(frame.begin), list(frame.end)
    dilated(frame)
    frame.begin, frame.end = begin, end
    frame.begin[frame.axis] = max(begin[frame.axis], 1)


def ceil(frame: Frame) -> None:
    """Ceil mode, whatever remains; no padding."""
    plain(frame)
    frame.ceil_mode = True


def ceil_that_divides(frame: Frame) -> None:
    """Ceil mode where nothing remains."""
    ceil(frame)
    frame.rest = [0.0] * frame.rank


def ceil_beside_gaps(frame: Frame) -> None:
    """A last window in ceil mode although windows do not touch: K < S and a large remainder."""
    ceil(frame)
    k = frame.axis
    frame.size[k] = max(frame.size[k], 2)
    frame.stride[k] = frame.size[k] + 1 + frame.extra % 2
    frame.leave(k, frame.stride[k] - 1)


def ceil_overhang(frame: Frame) -> None:
    """A last window that reaches two cells or more past the end."""
    ceil(frame)
    k = frame.axis
    frame.size[k] = max(frame.size[k], 3)
    frame.stride[k] = min(max(frame.stride[k], 3), frame.size[k])
    frame.leave(k, 1)


def ceil_padding(frame: Frame) -> None:
    """Ceil mode over padding, with a window past the padded end."""
    undilated(frame)
    widened(frame)
    frame.ceil_mode = True
    k = frame.axis
    frame.begin[k], frame.stride[k] = max(frame.begin[k], 1), max(frame.stride[k], 2)
    frame.end[k] = frame.begin[k]
    frame.leave(k, 1 + frame.extra % (frame.stride[k] - 1))


def ceil_in_end_padding(frame: Frame) -> None:
    """A last window that would start in the end padding, and so is none."""
    undilated(frame)
    widened(frame)
    frame.ceil_mode = True
    k = frame.axis
    frame.end[k], frame.stride[k] = max(frame.end[k], 1), frame.size[k]
    frame.leave(k, 1)


def everything(frame: Frame) -> None:
    """Padding, dilation and ceil mode as drawn."""
    frame.ceil_mode = True


def wholly_in_padding(frame: Frame) -> None:
    """A single cell that a dilated window steps over: no real cell is left in it."""
    plain(frame)
    k = frame.axis
    frame.size[k], frame.dilation[k], frame.outputs[k], frame.rest[k] = 2, 2, 1, 0.0
    frame.begin[k] = frame.end[k] = 1


def undilated(frame: Frame) -> None:
    """Windows without gaps."""
    frame.dilation = [1] * frame.rank


def widened(frame: Frame) -> None:
    """A window of two cells at least along the drawn axis: padding is narrower than a window."""
    frame.size[frame.axis] = max(frame.size[frame.axis], 2)


PADDING, DILATION, CEIL = "padding", "dilation", "ceil_mode"

PLAIN = Recipe("plain", plain, ())
EDGE = Recipe("wholly in padding", wholly_in_padding, (PADDING, DILATION))

RECIPES: tuple[Recipe, ...] = (
    Recipe("symmetric padding", symmetric, (PADDING,)),
    Recipe("uneven padding", uneven, (PADDING,)),
    Recipe("end padding", end_only, (PADDING,)),
    Recipe("tiles and padding", tiled, (PADDING,)),
    Recipe("dilation", dilated, (DILATION,)),
    Recipe("dilation and padding", dilated_padding, (PADDING, DILATION)),
    Recipe("ceil", ceil, (CEIL,)),
    Recipe("ceil that divides", ceil_that_divides, (CEIL,)),
    Recipe("ceil beside gaps", ceil_beside_gaps, (CEIL,)),
    Recipe("ceil overhang", ceil_overhang, (CEIL,)),
    Recipe("ceil and padding", ceil_padding, (PADDING, CEIL)),
    Recipe("ceil in end padding", ceil_in_end_padding, (PADDING, CEIL)),
    Recipe("everything", everything, (PADDING, DILATION, CEIL)),
)
PADDED = tuple(recipe.name for recipe in RECIPES if recipe.settings[:1] == (PADDING,) and CEIL not in recipe.settings)
DILATED = ("dilation",)
CEILED = tuple(recipe.name for recipe in RECIPES if CEIL in recipe.settings)
"""Names of recipes, for plans that want nothing else."""

PLAIN_CASES, PLAIN_LARGE, PLAIN_AT_EDGES = 10, 20, 4
"""So many cases without settings to one of each recipe: usually, where images may be large, and at edges."""


@lru_cache(maxsize=256)
def allowed(
    names: tuple[str, ...], settings: tuple[str, ...], *, symmetric: bool, large: bool, in_padding: bool
) -> tuple[Recipe, ...]:
    """The recipes to draw from: those of these names (all, if none are given) whose settings can be passed."""
    able = [recipe for recipe in RECIPES if set(recipe.settings) <= set(settings)]
    if symmetric:
        able = [recipe for recipe in able if recipe.make not in (uneven, end_only)]
    if names:
        return tuple(recipe for recipe in (PLAIN, *able) if recipe.name in names)
    often = PLAIN_AT_EDGES if in_padding else PLAIN_LARGE if large else PLAIN_CASES
    edges = (EDGE, EDGE, EDGE) if in_padding and set(EDGE.settings) <= set(settings) else ()
    return (*(PLAIN,) * often, *able, *edges)


def narrow(frame: Frame, limit: str | None, symmetric: bool, keep: bool) -> None:
    """Bring padding within what is declared, and within the extent of a window."""
    for k in range(frame.rank):
        most = {"half": frame.size[k] // 2, "window": frame.size[k] - 1}.get(str(limit), frame.extent[k] - 1)
        frame.begin[k], frame.end[k] = min(frame.begin[k], most), min(frame.end[k], most)
        if symmetric:
            frame.begin[k] = frame.end[k] = min(frame.begin[k], frame.end[k])
        leave_a_cell(frame, k)
        if keep and frame.along(k).drops_window():
            frame.rest[k] = 0.0


def fill(frame: Frame) -> None:
    """Take the gaps out of windows along axes where one would lie wholly in padding."""
    for k in range(frame.rank):
        if frame.along(k).all_in_padding() is not None:
            frame.undilate(k)
            frame.begin[k], frame.end[k] = (min(side[k], frame.size[k] - 1) for side in (frame.begin, frame.end))
            leave_a_cell(frame, k)


def leave_a_cell(frame: Frame, k: int) -> None:
    """Take padding away until the image has a cell along an axis."""
    while frame.length(k) < 1:
        frame.begin[k], frame.end[k] = max(frame.begin[k] - 1, 0), max(frame.end[k] - 1, 0)
