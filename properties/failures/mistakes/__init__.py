"""The mistakes that pooling code is known for, each with its name, what is wrong, what is right, and wrong answers."""

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
"""The mistakes about a whole call: its windows, its planes, and what an index counts in."""

ABOUT_GRADIENTS = (overlaps, winners, gradients)

ROOMS = (shape, *SETTINGS, *ABOUT_GRADIENTS, indices, orders, means, maxima, planes, types, refusals, conduct)

MISTAKES: dict[str, Mistake] = by_name(
    [each for room in ROOMS for each in (whole(room.MISTAKES) if room in EVERYWHERE else room.MISTAKES)]
)
"""All mistakes by name, the most informative first."""

__all__ = ["MISTAKES", "Mistake", "Scope"]
