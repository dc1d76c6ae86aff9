"""Mistakes that pooling code is known for: each a name, what is wrong, what is right, and the wrong answers it gives."""

from . import conduct, gradients, indices, maxima, means, planes, refusals, settings, shape, types
from .mistake import Mistake, by_name

ROOMS = (shape, settings, gradients, indices, means, maxima, planes, types, refusals, conduct)

MISTAKES: dict[str, Mistake] = by_name([mistake for room in ROOMS for mistake in room.MISTAKES])
"""All mistakes by name, those that say most of a failure first."""

__all__ = ["MISTAKES", "Mistake"]
