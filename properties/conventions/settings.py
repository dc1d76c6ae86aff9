"""Conventions about settings: where ceil mode ends, what a mean divides by, windows wholly in padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .ask import Ask
from .registry import convention


@convention(("max_forward",), "dropped", "kept", "refused", "other", needs=("padding", "ceil_mode"))
def ceil_rule(ask: Ask, dtype: str) -> Iterable[str]:
    """In ceil mode, what becomes of a last window that would start in the end padding?"""
    # Of 3 cells and one on each side windows of 2 start at -1 and 1; one more would start at 3.
    for shape in filter(ask.fits, ((1, 3), (3, 1), (3, 3))):
        size, pair = tuple(min(2, n) for n in shape), tuple((int(n > 1),) * 2 for n in shape)
        y = ask("max_forward", np.ones(shape, dtype), size, settings={"padding": pair, "ceil_mode": True})
        counts = () if isinstance(y, str) else tuple(zip(shape, y.shape[2:], strict=True))
        named = {2: "dropped", 3: "kept"}
        names = {named.get(count, "other") for n, count in counts if n > 1}
        yield "refused" if isinstance(y, str) else names.pop() if len(names) == 1 else "other"


@convention(("mean_forward",), "counted", "not counted", "refused", "other", needs=("padding",))
def divisor_default(ask: Ask, dtype: str) -> Iterable[str]:
    """Does the mean count padded cells in its divisor, if nothing is said?"""
    for pair in one_padded(ask):
        y = ask("mean_forward", np.ones((1, 1), dtype), (1, 2), settings={"padding": pair})
        if isinstance(y, str) or y.size == 0:
            yield "refused" if isinstance(y, str) else "other"
        else:
            yield {0.5: "counted", 1.0: "not counted"}.get(float(y.reshape(-1)[0]), "other")


def one_padded(ask: Ask) -> Iterable[tuple[tuple[int, int], ...]]:
    """Paddings of one cell beside a single column: before and after it, or on either side, if that may be."""
    if not ask.fits((1, 2)):
        return
    yield (0, 0), (1, 1)
    if ask.target.declared.padding == "any":
        yield (0, 0), (1, 0)
        yield (0, 0), (0, 1)


def beside_everything(ask: Ask, function: str) -> Iterable[dict[str, Any]]:
    """Settings under which a window of two columns, the first, has no real cell of a single column.

    It steps over it, by a gap; or it lies before it, where padding may be as wide as a window.
    """
    if not ask.fits((1, 2)):
        return
    if "dilation" in ask.target.declared.settings_of(function):
        yield {"padding": ((0, 0), (1, 1)), "dilation": (1, 2)}
    elif ask.target.declared.padding_limit is None:
        yield {"padding": ((0, 0), (2, 2))}


@convention(("max_forward",), "-inf", "lowest", "zero", "nan", "refused", "other", needs=("padding",))
def max_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the maximum of a window wholly in padding?"""
    for settings in beside_everything(ask, "max_forward"):
        yield of_nothing(ask("max_forward", np.full((1, 1), 3, dtype), (1, 2), settings=settings), dtype)


@convention(("max_indices",), "inside", "negative", "past the end", "refused", "other", needs=("padding",))
def index_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """Which index has a window wholly in padding?"""
    for settings in beside_everything(ask, "max_indices"):
        i = ask("max_indices", np.full((1, 2, 1, 1), 3, dtype), (1, 2), settings=settings)
        if isinstance(i, str) or i.ndim != 4 or i.shape[:2] != (1, 2) or i.size == 0:
            yield "refused" if isinstance(i, str) else "other"
        else:
            # The first window of both planes: what lies before the second plane is no place in it either.
            least, most = i[:, :, 0, 0].min(), i[:, :, 0, 0].max()
            yield "past the end" if most > 0 else "inside" if least == 0 else "negative" if most < 0 else "other"


@convention(
    ("mean_forward",),
    *("-inf", "lowest", "zero", "nan", "refused", "other"),
    needs=("padding", "count_include_pad"),
)
def mean_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the mean of a window wholly in padding that is not counted?"""
    for settings in beside_everything(ask, "mean_forward"):
        uncounted = {**settings, "count_include_pad": False}
        yield of_nothing(ask("mean_forward", np.full((1, 1), 3, dtype), (1, 2), settings=uncounted), dtype)


def of_nothing(y: Any, dtype: str) -> str:
    """What the first window, without a real cell, gave."""
    if isinstance(y, str) or y.size == 0:
        return "refused" if isinstance(y, str) else "other"
    value = float(y.reshape(-1)[0])
    names = {-np.inf: "-inf", float(np.finfo(dtype).min): "lowest", 0.0: "zero"}
    return "nan" if np.isnan(value) else names.get(value, "other")
