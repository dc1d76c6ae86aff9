"""Mistakes that pooling code is known for: the name, what is wrong, what is right, and the wrong answers of each."""

from . import (
    ceil_mode,
    conduct,
    dilation,
    divisors,
    gradients,
    indices,
    maxima,
    means,
    orders,
    overlaps,
    padded_cells,
    padding,
    planes,
    refusals,
    shape,
    types,
    winners,
)
from .mistake import Mistake, Scope, by_name, whole

SETTINGS = (padding, dilation, ceil_mode, padded_cells, divisors)

EVERYWHERE = (shape, orders, planes, *SETTINGS, indices)
"""Where mistakes are about a whole call: its windows, its planes, and what an index counts in."""

ABOUT_GRADIENTS = (overlaps, winners, gradients)

ROOMS = (shape, *SETTINGS, *ABOUT_GRADIENTS, indices, orders, means, maxima, planes, types, refusals, conduct)

MISTAKES: dict[str, Mistake] = by_name(
    [each for room in ROOMS for each in (whole(room.MISTAKES) if room in EVERYWHERE else room.MISTAKES)]
)
"""All mistakes by name, those that say most of a failure first."""

__all__ = ["MISTAKES", "Mistake", "Scope"]
