"""Corner cases, the first of every law: what is cheap to reach for certain is not left to chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from ..contract import BACKWARD, MEAN, OF_INTEGERS
from .build import LAST, Builder, Memories, memories
from .plans import dtypes, ranks
from .recipes import FIXED, OVERHANG, PLAIN, SYMMETRIC
from .shapes import (
    BATCH,
    CERTAIN,
    CERTAIN_FIXED,
    CERTAIN_LARGE,
    COUNTED,
    OVERLAPPING,
    TIED,
    Kind,
    one_window,
    pinned,
    single_column,
    small,
    usual,
)

Decisions = dict[str, Any]
"""Decisions of a sketch that are already made; the others are drawn."""

SEVERAL = (2, 3)
"""Samples and channels of a case in an unusual layout, which may differ from C order only if there are several."""

SINGLE = {"odd unit strides": ((1, 3), (2, 1))}
"""Other batches, for a layout that differs from C order only with a single sample or channel."""

APART = ("cropped", "spaced", "channels last")
"""Layouts in which neighbouring rows of one cell each are not adjacent in memory."""

EXPANDED = ("broadcast", "expanded samples", "expanded channels", "expanded rows", "expanded columns")

NEAR_CHANNELS_LAST = ("channels last", "slice of channels last", "crop of channels last")


def corners(builder: Builder) -> list[Decisions]:
    """The decisions for the first cases of a law: each callable, recipe, layout, dtype, palette and rare shape once."""
    parts = (
        *(simplest, plainest, in_turn, in_memory, rare_shapes, shared_by_tiles, far_ties, ends_of_types),
        *(empty_batches, whole_truths, many_counted, taps_past_the_end, many_samples),
    )
    return [decided for part in parts for decided in part(builder)]


def simplest(builder: Builder) -> Iterator[Decisions]:
    """As few cells as possible, with the simplest numbers."""
    function = builder.functions[0]
    recipe, dtype = builder.recipes(function)[0], dtypes_of(builder, function)[0]
    kinds = builder.kinds(dtype, recipe)
    kind = pinned(one_window, 1) if small in kinds else kinds[0]
    batch = (2, 2) if builder.plan.crowded else (1, 1)
    yield {"function": function, "recipe": recipe, "dtype": dtype, "kind": kind, "batch": batch, "seed": 0}


def plainest(builder: Builder) -> Iterator[Decisions]:
    """Every callable on the commonest windows in the commonest dtype."""
    for function in builder.functions:
        recipe, dtype = builder.recipes(function)[0], dtypes_of(builder, function)[0]
        yield {"function": function, "recipe": recipe, "dtype": dtype, "kind": commonest(builder, function)}


def commonest(builder: Builder, function: str) -> Kind:
    """The commonest kind of windows that the builder has."""
    kinds = builder.kinds(dtypes_of(builder, function)[0], builder.recipes(function)[0])
    return usual if usual in kinds else kinds[0]


def in_turn(builder: Builder) -> Iterator[Decisions]:
    """Every recipe, dtype, palette and gradient, in turn over the callables: as many cases as the longest list.

    A plan about layouts has other corners.
    """
    plan = builder.plan
    for turn, function in enumerate(cycled(builder.functions)) if "C" in plan.layouts else ():
        options = {
            "recipe": unique(builder.recipes(function)),
            "dtype": dtypes_of(builder, function),
            "values": unique(plan.palettes(function)),
            "gradient": unique(plan.gradients),
        }
        if turn >= max(map(len, options.values())):
            return
        yield {"function": function, **{name: each[turn % len(each)] for name, each in options.items()}}


def in_memory(builder: Builder) -> Iterator[Decisions]:
    """Every callable in every layout of one of its arrays, and integers in channels last and layouts near it.

    Only for a plan about layouts, which is one that does not name C order.
    """
    if "C" in builder.plan.layouts:
        return
    for function in builder.functions:
        every, integers = dtypes_of(builder, function), integers_of(builder, function)
        usual: Decisions = {"function": function, "kind": commonest(builder, function), "dtype": every[0]}
        usual |= {"recipe": builder.recipes(function)[0]}
        usual |= {"rank": ranks(builder.plan, builder.declared, function, every[0])[0]}
        for layouts in unique(memories(builder.plan.layouts, function)):
            for batch in SINGLE.get(layouts[0][1], (SEVERAL,)) if is_telling(layouts) else ():
                yield {**usual, "layouts": layouts, "batch": batch}
        for layout in APART:
            name = "dy" if function in BACKWARD else "x"
            yield {**usual, "layouts": ((name, layout),), "batch": SEVERAL, "kind": single_column}
        for turn, layout in enumerate(NEAR_CHANNELS_LAST if function == "max_forward" and integers else ()):
            more = {"dtype": integers[turn % len(integers)], "values": "negative"}
            yield {**usual, "layouts": (("x", layout),), "batch": SEVERAL, **more}


def is_telling(layouts: Memories) -> bool:
    """Whether one array alone has an unusual layout, or an expanded gradient comes with x in channels last."""
    return len(layouts) == 1 or (layouts[0][1] in EXPANDED and layouts[1][1] == NEAR_CHANNELS_LAST[0])


def rare_shapes(builder: Builder) -> Iterator[Decisions]:
    """Rare shapes without settings, in the commonest dtype and, where taken, in an integer dtype.

    The law looks at the last of everything: the last gradient, pixel or channel.
    """
    plan = builder.plan
    if plan.windows not in ("any", "powers of two", "overlapping", "one cell") or "C" not in plan.layouts:
        return
    for turn, (kind, function) in enumerate(zip(certain(builder), cycled(builder.functions), strict=False)):
        recipe = builder.recipes(function)[0]
        if recipe in (PLAIN, FIXED):
            integers = integers_of(builder, function) if kind in CERTAIN else ()
            also = integers[turn % len(integers)] if integers else None
            for dtype in filter(None, (dtypes_of(builder, function)[0], also)):
                yield {"function": function, "recipe": recipe, "kind": kind, "dtype": dtype, "spot": LAST}


def certain(builder: Builder) -> tuple[Kind, ...]:
    """The rare shapes; if windows are fixed, those that are rare for another reason."""
    return CERTAIN_FIXED if builder.declared.fixed else CERTAIN_LARGE if builder.large else CERTAIN


def shared_by_tiles(builder: Builder) -> Iterator[Decisions]:
    """More windows along the first axis, and along the last, than kernels compute at once, sharing cells."""
    plan = builder.plan
    if plan.recipes or builder.declared.fixed or not (builder.large or plan.windows == "overlapping"):
        return
    for function in builder.functions:
        dtype = dtypes_of(builder, function)[0]
        case: Decisions = {"function": function, "recipe": PLAIN, "dtype": dtype}
        case |= {"rank": ranks(plan, builder.declared, function, dtype)[0]}
        yield from ({**case, "kind": kind} for kind in OVERLAPPING)


def far_ties(builder: Builder) -> Iterator[Decisions]:
    """Tied maxima in a window of several thousand cells. With an even seed, no other maximum is put near the end."""
    function = builder.functions[0]
    if builder.large and "ties" in builder.plan.palettes(function) and PLAIN in builder.recipes(function):
        dtype = dtypes_of(builder, function)[0]
        yield {"function": function, "recipe": PLAIN, "kind": TIED, "dtype": dtype, "values": "ties", "seed": 2}


def ends_of_types(builder: Builder) -> Iterator[Decisions]:
    """The lowest numbers of every dtype, the highest of integers, and wide integers beyond floats of the same width."""
    planned = builder.plan.values
    for function in builder.functions if "lowest" in planned else ():
        if function in OF_INTEGERS:
            integers = integers_of(builder, function)
            # What is next to the highest is rounded to it, which a conversion that saturates undoes.
            beyond = [dtype for dtype in integers if np.dtype(dtype).itemsize >= 4]
            by_palette = {"lowest": dtypes_of(builder, function), "highest": integers, "wide": beyond}
            # Large planes, which are drawn often, would have another palette.
            case: Decisions = {"function": function, "kind": commonest(builder, function)}
            for values, dtypes in by_palette.items():
                yield from ({**case, "dtype": d, "values": values} for d in dtypes if values in planned)


def empty_batches(builder: Builder) -> Iterator[Decisions]:
    """N = 0, if the plan allows it."""
    if builder.plan.edges:
        yield from ({"function": function, "batch": (0, 2)} for function in builder.functions)


def whole_truths(builder: Builder) -> Iterator[Decisions]:
    """A window with as many True as a byte has values, so that counting them in a byte overflows."""
    function = builder.functions[0]
    if builder.large and "bool" in dtypes_of(builder, function):
        kind = pinned(one_window, 16)
        yield {"function": function, "recipe": PLAIN, "kind": kind, "dtype": "bool", "values": "highest", "seed": 0}


def many_counted(builder: Builder) -> Iterator[Decisions]:
    """A padded window of a mean that divides by its real cells, which are more than a byte can count."""
    for function in builder.functions if builder.large else ():
        if function in MEAN and SYMMETRIC in builder.recipes(function):
            dtype = dtypes_of(builder, function)[0]
            yield {"function": function, "recipe": SYMMETRIC, "kind": COUNTED, "dtype": dtype, "counted": False}


def taps_past_the_end(builder: Builder) -> Iterator[Decisions]:
    """The last of dilated windows in ceil mode, which ends past the padded end, between two of its taps."""
    for function in builder.functions if builder.plan.large and not builder.plan.recipes else ():
        settings = builder.declared.settings_of(function, *builder.plan.also)
        if set(OVERHANG.settings) <= set(settings) and not builder.declared.fixed:
            dtype = dtypes_of(builder, function)[0]
            for counted in (True, False) if function in MEAN else (True,):
                yield {"function": function, "recipe": OVERHANG, "dtype": dtype, "counted": counted, "spot": LAST}


def many_samples(builder: Builder) -> Iterator[Decisions]:
    """More samples than kernels take at once."""
    plan = builder.plan
    for function in builder.functions if plan.large and plan.windows != "one cell" else ():
        recipe, dtype = builder.recipes(function)[0], dtypes_of(builder, function)[0]
        if recipe in (PLAIN, FIXED):
            yield {"function": function, "recipe": recipe, "dtype": dtype, "kind": BATCH, "spot": LAST}


def dtypes_of(builder: Builder, function: str) -> tuple[str, ...]:
    """The dtypes of a callable, the commonest first."""
    return unique(dtypes(builder.plan, builder.declared, function))


def integers_of(builder: Builder, function: str) -> tuple[str, ...]:
    """The integer dtypes of a callable."""
    return tuple(dtype for dtype in dtypes_of(builder, function) if "int" in dtype)


def cycled(functions: tuple[str, ...]) -> Iterator[str]:
    """The functions, over and over."""
    return (functions[k % len(functions)] for k in count())


def unique(options: tuple[Any, ...]) -> tuple[Any, ...]:
    """The options without duplicates."""
    return tuple(dict.fromkeys(options))
