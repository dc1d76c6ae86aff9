"""Arguments of the public strategies, checked by name before anything is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import Any

import numpy as np
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from poolproof.kernels.dtypes import FLOATS, INTEGERS, ORDERED, Array, is_float

from ..cases.palettes import NAMES, OF_FLOATS, ONE_HOT
from ..cases.plans import Plan
from ..contract import BACKWARD, CALLABLES, CHOICES, MEAN, SETTINGS, Declared, declared, did_you_mean
from ..data.layouts import LAYOUTS
from ..data.text import shown
from .complaints import listed, one, positive, several, wrong
from .pooling import RANKS, Pooling

WINDOWS = ("any", "overlapping", "gaps", "powers of two", "one cell")
PADDING = ("any", "symmetric", "none")
GRADIENT_NAMES = (*NAMES, ONE_HOT)
LAYOUT_NAMES = tuple(LAYOUTS)
LEAST_CELLS = 3
"""The cells of two windows that overlap, and of a tile of two with one cell left over."""


def enough(max_cells: int, plan: Plan) -> None:
    """Raise InvalidArgument if the windows of a plan need more cells than this."""
    if plan.windows in ("overlapping", "gaps") and max_cells < LEAST_CELLS:
        raise wrong("max_cells", max_cells, f"at least {LEAST_CELLS} for windows={plan.windows!r}")


def dtypes(values: Any, allowed: Sequence[str] = ORDERED) -> tuple[str, ...]:
    """Names of dtypes, which may also be given as NumPy dtypes. Raises InvalidArgument."""
    if isinstance(values, Collection) and not isinstance(values, (str, bytes)):
        values = tuple(map(dtype_name, values))
        if "bfloat16" in values and "bfloat16" not in ORDERED:
            raise wrong("dtypes", values, "other dtypes: bfloat16 needs the package ml_dtypes")
    return several("dtypes", values, allowed)


def dtype_name(value: Any) -> Any:
    """The name of a NumPy dtype; anything else unchanged."""
    return np.dtype(value).name if isinstance(value, (type, np.dtype)) else value


def palettes_of(values: Any, dtypes: Sequence[str]) -> tuple[str, ...]:
    """Names of palettes that exist for these dtypes. Raises InvalidArgument."""
    names = several("palettes", values, NAMES)
    alien = [name for name in names if name in OF_FLOATS]
    if alien and not {*dtypes} & {*FLOATS}:
        raise InvalidArgument(f"palettes={shown(values)} has {alien[0]!r}, which needs floats; dtypes={dtypes!r}")
    return names


def batches(max_samples: Any, max_channels: Any) -> tuple[tuple[int, int], ...]:
    """All pairs of samples and channels up to these numbers. Raises InvalidArgument."""
    most = positive("max_samples", max_samples), positive("max_channels", max_channels)
    return tuple(product(range(1, most[0] + 1), range(1, most[1] + 1)))


def settings(values: Any, known: Sequence[str]) -> tuple[str, ...]:
    """Names of settings; all of them by default. Raises InvalidArgument."""
    return tuple(known) if values is None else several("settings", values, known, least=0)


def limits(
    ranks: Any, dtypes: Any, settings: Sequence[str], square: Any, tiles: Any, padding: Any, padding_limit: Any
) -> Declared:
    """What may be drawn, as if a target declared it. Raises InvalidArgument."""
    stated = {
        "ranks": several("ranks", ranks, RANKS),
        "dtypes": dtypes,
        "square": one("square", square, (False, True)),
        "tiles": one("tiles", tiles, (False, True)),
        "padding": one("padding", padding, PADDING),
        "padding_limit": one("padding_limit", padding_limit, CHOICES["padding_limit"]),
        "settings": {f: [name for name in settings if f in MEAN or name in SETTINGS] for f in CALLABLES},
    }
    return declared(stated, "", {})


def changes(windows: Any, palettes: Any, gradients: Any, layouts: Any, dtypes: Sequence[str]) -> dict[str, Any]:
    """The fields of plans that are changed by arguments other than None. Raises InvalidArgument."""
    changed: dict[str, Any] = {}
    if windows is not None:
        changed["windows"] = one("windows", windows, WINDOWS)
    if palettes is not None:
        changed |= {"values": palettes_of(palettes, dtypes), "mean_values": ()}
    if gradients is not None:
        changed["gradients"] = several("gradients", gradients, GRADIENT_NAMES)
    if layouts is not None:
        changed["layouts"] = several("layouts", layouts, LAYOUT_NAMES)
    return changed


def effective(settings: Collection[str] | None, tiles: bool, padding: str, padding_limit: str | None) -> None:
    """Raise InvalidArgument if one of these arguments rules out what another asks for."""
    excluded = {"padding": "padding='none'" if padding == "none" else "", "dilation": "tiles=True" if tiles else ""}
    for name in settings or ():
        if excluded.get(name):
            raise InvalidArgument(f"settings={shown(settings)} has {name!r}, which {excluded[name]} rules out")
    if padding_limit is not None and padding == "none":
        raise InvalidArgument(f"padding_limit={padding_limit!r} has no effect with padding='none'")
    limited = [f"padding_limit={padding_limit!r}"] if padding_limit is not None else []
    limited += [f"padding={padding!r}"] if padding == "symmetric" else []
    if limited and settings is not None and "padding" not in settings:
        raise wrong("settings", settings, f"a tuple with 'padding': without it {limited[0]} has no effect")


def of_use(settings: Collection[str] | None, gradients: Collection[str] | None, plans: Sequence[Plan]) -> None:
    """Raise InvalidArgument for settings or gradients that no case of these plans uses."""
    functions = {function for plan in plans for function in plan.functions}
    if settings is not None and "count_include_pad" in settings:
        if not functions & {*MEAN}:
            raise InvalidArgument(f"settings={shown(settings)} has 'count_include_pad', which only means take")
        if not {*settings} & {*SETTINGS}:
            right = f"a tuple with one of {listed(SETTINGS)}: 'count_include_pad' is only passed beside these"
            raise wrong("settings", settings, right)
    if gradients is not None and not functions & {*BACKWARD}:
        raise InvalidArgument(f"gradients={shown(gradients)} has no effect: only {' and '.join(BACKWARD)} take dy")


def named_instead(name: Any, known: Sequence[str]) -> str:
    """Advice on what to write instead of something that is not the name of a callable or a law."""
    if isinstance(name, (list, tuple, set)):
        return f"pass several as separate arguments: cases({', '.join(map(repr, name))})"
    return did_you_mean(name, known) if isinstance(name, str) else f"there are: {listed(CALLABLES)}, and laws"


def conflict(plan: Plan, within: Declared) -> str:
    """Why no case of a plan is within these limits, in terms of the arguments."""
    functions, dtypes = " or ".join(plan.functions), within.dtypes_of(*plan.functions)
    if within.tiles and not plan.by_tiles:
        return f"tiles=True, strides equal to the size, rules out windows={plan.windows!r} and dilation"
    if set(dtypes) <= {"bool", *INTEGERS}:
        return f"dtypes={dtypes!r} should have a float, for {functions}"
    if plan.ranks >= len(within.ranks) > 0 and plan.ranks > 1:
        return f"ranks={within.ranks!r} should be {plan.ranks} or more of {listed(RANKS)}"
    needed = listed(plan.needs) if plan.needs else f"one of {listed(SETTINGS)}"
    return f"settings should have {needed}, which padding='none' and tiles=True may rule out, for {functions}"


def drawn_pooling(pooling: Any) -> None:
    """Raise InvalidArgument unless this is a Pooling."""
    if isinstance(pooling, SearchStrategy):
        raise wrong("pooling", pooling, "a Pooling, but is a strategy; draw from it first")
    if not isinstance(pooling, Pooling):
        raise wrong("pooling", pooling, "a Pooling, such as poolings() draws")


def pooled(pooling: Pooling, x: Any) -> Array:
    """x, if it is an image of floats that these windows fit. Raises InvalidArgument."""
    right = f"an array (N, C, {', '.join(map(str, pooling.spatial))}) of floats"
    if not isinstance(x, np.ndarray):
        raise wrong("x", x, right)
    if not is_float(x.dtype) or x.shape[2:] != pooling.spatial:
        raise InvalidArgument(f"x has shape {x.shape} and dtype {x.dtype}, but should be {right}")
    return x
