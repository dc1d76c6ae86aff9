"""The first cases of every law: what is cheap to meet for certain is not left to chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from ..contract import OF_INTEGERS
from .build import Builder, memories
from .plans import dtypes
from .recipes import PLAIN
from .shapes import CERTAIN, CERTAIN_LARGE, usual

Decisions = dict[str, Any]
"""Decisions of a sketch that are made; the others are drawn."""


def corners(builder: Builder) -> list[Decisions]:
    """What the first cases of a law are about: each callable, recipe, layout, dtype, palette and rare shape once.

    The least number of each integer type is among them where the plan has it.
    """
    return [*plainest(builder), *turns(builder), *shapes(builder), *least_numbers(builder)]


def plainest(builder: Builder) -> Iterator[Decisions]:
    """Every callable on the commonest windows of the commonest dtype."""
    for function in builder.functions:
        recipe = builder.recipes(function)[0]
        dtype = dtypes(builder.plan, builder.declared, function)[0]
        kinds = builder.kinds(dtype, recipe)
        yield {
            "function": function,
            "recipe": recipe,
            "dtype": dtype,
            "kind": usual if usual in kinds else kinds[0],
            "empty": False,
        }


def turns(builder: Builder) -> Iterator[Decisions]:
    """Every recipe, dtype, palette, gradient and layout, in turn: as many cases as the longest list has."""
    plan = builder.plan
    for turn, function in enumerate(cycled(builder.functions)):
        options = {
            "recipe": unique(builder.recipes(function)),
            "dtype": unique(dtypes(plan, builder.declared, function)),
            "values": unique(plan.palettes(function)),
            "gradient": unique(plan.gradients),
            "layouts": unique(memories(plan.layouts, function)),
        }
        if turn >= max(map(len, options.values())):
            return
        yield {"function": function, **{name: each[turn % len(each)] for name, each in options.items()}}


def shapes(builder: Builder) -> Iterator[Decisions]:
    """Shapes that are rare, without settings."""
    if builder.plan.windows not in ("any", "powers of two", "overlapping", "one cell"):
        return
    large = builder.plan.large and not builder.declared.square
    for kind, function in zip(CERTAIN_LARGE if large else CERTAIN, cycled(builder.functions), strict=False):
        if PLAIN in builder.recipes(function):
            dtype = dtypes(builder.plan, builder.declared, function)[0]
            yield {"function": function, "recipe": PLAIN, "kind": kind, "dtype": dtype, "empty": False}


def least_numbers(builder: Builder) -> Iterator[Decisions]:
    """The lowest numbers of every dtype."""
    for function in builder.functions:
        if function in OF_INTEGERS and "lowest" in builder.plan.palettes(function):
            for dtype in unique(dtypes(builder.plan, builder.declared, function)):
                yield {"function": function, "dtype": dtype, "values": "lowest", "empty": False}


def cycled(functions: tuple[str, ...]) -> Iterator[str]:
    """The functions, again and again."""
    return (functions[k % len(functions)] for k in count())


def unique(options: tuple[Any, ...]) -> tuple[Any, ...]:
    """Options without repetition."""
    return tuple(dict.fromkeys(options))
