"""Arguments of the public strategies, checked by name before anything is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import Any

import numpy as np
from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import INTEGERS, ORDERED, Array, is_float

from ..cases.palettes import NAMES, ONE_HOT
from ..cases.plans import Plan
from ..contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Declared, declared, did_you_mean
from ..data.layouts import LAYOUTS
from ..data.text import shown
from .pooling import Pooling

RANKS = (1, 2, 3)
WINDOWS = ("any", "overlapping", "gaps", "powers of two", "one cell")
PADDING = ("any", "symmetric", "none")
LIMITS = ("half", "window", None)
GRADIENT_NAMES = (*NAMES, ONE_HOT)
LAYOUT_NAMES = tuple(LAYOUTS)
LEAST_CELLS = 3
"""Cells in two windows that overlap, and in tiles of two with one cell left over."""


def wrong(name: str, value: Any, right: str) -> InvalidArgument:
    """The error about an argument."""
    return InvalidArgument(f"{name}={shown(value)} should be {right}")


def listed(allowed: Sequence[Any]) -> str:
    """Values as Python writes them."""
    return ", ".join(map(repr, allowed))


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal and of one type: True is no 1."""
    return type(value) is type(other) and bool(value == other)


def several(name: str, values: Any, allowed: Sequence[Any], least: int = 1) -> tuple[Any, ...]:
    """A tuple of at least this many of the values allowed. Raises InvalidArgument."""
    few = "one or more" if least else "any"
    if isinstance(values, (str, bytes)) or not isinstance(values, Collection) or len(values) < least:
        raise wrong(name, values, f"a tuple of {few} of {listed(allowed)}")
    for value in values:
        if not any(same(value, each) for each in allowed):
            raise InvalidArgument(f"{name}={shown(values)} has {shown(value)}; {instead(value, allowed)}")
    return tuple(dict.fromkeys(values))


def instead(value: Any, allowed: Sequence[Any]) -> str:
    """What may stand in the place of a value."""
    return did_you_mean(value, allowed) if isinstance(value, str) else f"there are: {listed(allowed)}"


def one(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """One of the values allowed. Raises InvalidArgument."""
    if not any(same(value, each) for each in allowed):
        raise wrong(name, value, f"one of {listed(allowed)}")
    return value


def positive(name: str, value: Any) -> int:
    """An integer of at least 1. Raises InvalidArgument."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise wrong(name, value, "an integer of at least 1")
    return int(value)


def enough(max_cells: int, plan: Plan) -> None:
    """Raise InvalidArgument if the windows of a plan need more cells."""
    if plan.windows in ("overlapping", "gaps") and max_cells < LEAST_CELLS:
        raise wrong("max_cells", max_cells, f"at least {LEAST_CELLS} for windows={plan.windows!r}")


def dtypes(values: Any, allowed: Sequence[str] = ORDERED) -> tuple[str, ...]:
    """Names of dtypes, which may also be given as NumPy's own. Raises InvalidArgument."""
    if isinstance(values, Collection) and not isinstance(values, (str, bytes)):
        values = tuple(map(dtype_name, values))
        if "bfloat16" in values and "bfloat16" not in ORDERED:
            raise wrong("dtypes", values, "other dtypes: bfloat16 needs the package ml_dtypes")
    return several("dtypes", values, allowed)


def dtype_name(value: Any) -> Any:
    """The name of a dtype of NumPy; anything else as it is."""
    return np.dtype(value).name if isinstance(value, (type, np.dtype)) else value


def batches(max_samples: Any, max_channels: Any) -> tuple[tuple[int, int], ...]:
    """Samples and channels, up to these. Raises InvalidArgument."""
    most = positive("max_samples", max_samples), positive("max_channels", max_channels)
    return tuple(product(range(1, most[0] + 1), range(1, most[1] + 1)))


def limits(
    ranks: Any, dtypes: Any, settings: Any, square: Any, tiles: Any, padding: Any, padding_limit: Any
) -> Declared:
    """What may be drawn, as if a target declared it. Raises InvalidArgument."""
    named = several("settings", settings, MEAN_SETTINGS, least=0)
    stated = {
        "ranks": several("ranks", ranks, RANKS),
        "dtypes": dtypes,
        "square": one("square", square, (False, True)),
        "tiles": one("tiles", tiles, (False, True)),
        "padding": one("padding", padding, PADDING),
        "padding_limit": one("padding_limit", padding_limit, LIMITS),
        "settings": {f: [name for name in named if f in MEAN or name in SETTINGS] for f in CALLABLES},
    }
    return declared(stated, "", {})


def conflict(plan: Plan, within: Declared) -> str:
    """Why no case of a plan is within these limits, in terms of the arguments."""
    functions, dtypes = " or ".join(plan.functions), within.dtypes_of(*plan.functions)
    if within.tiles and not plan.by_tiles:
        return f"tiles=True: strides equal to the size fit no {plan.windows} windows, and no dilation"
    if set(dtypes) <= {"bool", *INTEGERS}:
        return f"dtypes={dtypes!r} should have a float, for {functions}"
    if plan.ranks >= len(within.ranks) > 0 and plan.ranks > 1:
        return f"ranks={within.ranks!r} should be {plan.ranks} or more of {listed(RANKS)}"
    needed = listed(plan.needs) if plan.needs else f"one of {listed(SETTINGS)}"
    return f"settings should have {needed}, which padding='none' and tiles=True may rule out, for {functions}"


def fits(pooling: Any) -> None:
    """Raise InvalidArgument unless this is a Pooling whose windows fit its image."""
    if not isinstance(pooling, Pooling):
        raise wrong("pooling", pooling, "a Pooling, such as poolings() draws")
    if not all(isinstance(each, tuple) for each in (pooling.size, pooling.stride, pooling.spatial)):
        raise wrong("pooling", pooling, "made of tuples: size, stride and spatial")
    if len(pooling.size) not in RANKS or len(pooling.spatial) != len(pooling.size):
        raise wrong("pooling", pooling, "of one, two or three axes, the same for size and spatial")
    try:
        least = min(pooling.output)
    except (TypeError, ValueError) as error:
        raise wrong("pooling", pooling, f"windows that fit: {error}") from None
    if least < 1:
        raise wrong("pooling", pooling, "windows that fit into the image")


def pooled(pooling: Pooling, x: Any) -> Array:
    """x, if it is an image of floats that these windows fit. Raises InvalidArgument."""
    right = f"an array (N, C, {', '.join(map(str, pooling.spatial))}) of floats"
    if not isinstance(x, np.ndarray) or not is_float(x.dtype):
        raise wrong("x", x, right)
    if x.shape[2:] != tuple(pooling.spatial):
        raise InvalidArgument(f"x has the shape {x.shape}, but should be {right}")
    return x
