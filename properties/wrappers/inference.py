"""Finds the windows of a function of images: the pooling that fits its answers best."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from .black_box import SLACK, Answering, AxisView, BlackBox, Unknown, middle
from .known_pooling import KnownPooling, Line

EVERYTHING = {"kind", "size", "stride", "padding", "dilation", "ceil_mode", "count_include_pad"}
"""The properties of a pooling that may be given; if all are, none need to be seen."""

RANKS = (2, 3, 1)
"""Ranks in the order in which they are tried: a function of volumes may take an image for a volume of channels."""

MOST_ENDS = 6
"""The end paddings of an axis that are compared."""


def infer(ask: Answering, *, ranks: Sequence[int] = RANKS, dtype: str = "float32", **said: Any) -> KnownPooling:
    """The pooling that a function does; what is given about it, such as `kind` and the contract's names, is believed.

    Raises Unknown if its answers fit none.
    """
    asked = BlackBox(ask, dtype)
    rank, length = asked.taken(ranks_said(said) or ranks)
    if said.keys() >= EVERYTHING:
        return as_said(rank, said)
    try:
        return seen(asked, rank, length, said)
    except Unknown:
        # A function that mixes planes gets one at a time.
        asked.single = True
    try:
        return seen(asked, rank, length, said)
    except Unknown:
        if {"kind", "size"} <= said.keys():
            return as_said(rank, said)
        raise


def ranks_said(said: Dict[str, Any]) -> Sequence[int]:
    """The rank of windows that are given for each of several axes."""
    tuples = (value for name, value in said.items() if name in ("size", "stride") and isinstance(value, (tuple, list)))
    return next(((len(value),) for value in tuples if len(value) > 1), ())


def seen(asked: BlackBox, rank: int, length: int, said: Dict[str, Any]) -> KnownPooling:
    """The pooling that fits the answers best, and at least half of those to fresh images. Raises Unknown."""
    views = [asked.along(axis, rank, length) for axis in range(rank)]
    kind = said.get("kind") or kind_of(views)
    lines = [overlaid(view.line, axis, rank, said) for axis, view in enumerate(views)]
    counts = [asked.counts(axis, rank, length, view) for axis, view in enumerate(views)]
    best = min(poolings(kind, lines, counts, said), key=lambda each: misfit(each, counts, asked.ones))
    if not said:
        confirm(best, asked, length)
    if not said and all(axis[:2] == (1, 1) for axis in best.axes):
        raise Unknown("it answers cell by cell, as if its windows were single cells")
    return best


def as_said(rank: int, said: Dict[str, Any]) -> KnownPooling:
    """The pooling as given, if the answers show nothing."""
    line = Line(1, 0)
    axes = [overlaid(line, axis, rank, said) for axis in range(rank)]
    axes = [axis._replace(stride=axis.stride or axis.size) for axis in axes]
    flags = {name: bool(said[name]) for name in ("ceil_mode", "count_include_pad") if name in said}
    return KnownPooling(said["kind"], tuple(axes), **flags)


def overlaid(line: Line, axis: int, rank: int, said: Dict[str, Any]) -> Line:
    """The windows along an axis: as given, or else as seen."""
    told: Dict[str, Any] = {
        name: spread(said[name], rank)[axis] for name in ("size", "stride", "dilation") if name in said
    }
    if "padding" in said:
        padding = spread(said["padding"], rank)[axis]
        told["begin"], told["end"] = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    return line._replace(**told)


def spread(value: Any, rank: int) -> Sequence[Any]:
    """A value for each axis. Raises Unknown if there are several values, but another number than axes."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if len(values) not in (1, rank):
        raise Unknown(f"{value} was given for its windows, but they have {rank} {'axis' if rank == 1 else 'axes'}")
    return values if len(values) == rank else (values[0],) * rank


def poolings(
    kind: str, lines: Sequence[Line], counts: Sequence[Dict[int, int]], said: Dict[str, Any]
) -> Iterator[KnownPooling]:
    """Poolings with these windows, and every end padding and flag that is possible and not given."""
    counting = flags("count_include_pad", said, (True, False)) if kind == "mean" else [True]
    for ceil_mode in flags("ceil_mode", said, (False, True)):
        ends = [likely_ends(line, seen_there, ceil_mode) for line, seen_there in zip(lines, counts)]
        for chosen in product(*([[line.end] for line in lines] if "padding" in said else ends)):
            axes = tuple(line._replace(end=end) for line, end in zip(lines, chosen))
            yield from (KnownPooling(kind, axes, ceil_mode, counted) for counted in counting)


def flags(name: str, said: Dict[str, Any], values: Sequence[bool]) -> List[bool]:
    """The possible values of a flag."""
    return [bool(said[name])] if name in said else list(values)


def likely_ends(line: Line, counts: Dict[int, int], ceil_mode: bool) -> List[int]:
    """The end paddings that fit most counts of windows; a padding equal to the begin padding comes first."""
    every = range(line.extent)
    agreeing = {end: agreement(line._replace(end=end), counts, ceil_mode) for end in every}
    most_agreeing = max(agreeing.values())
    likely = [end for end in every if agreeing[end] == most_agreeing]
    return sorted(likely, key=lambda end: abs(end - line.begin))[:MOST_ENDS]


def agreement(line: Line, counts: Dict[int, int], ceil_mode: bool) -> int:
    """For how many lengths the number of windows is as counted."""
    return sum(line.outputs(length, ceil_mode) == count for length, count in counts.items())


def misfit(pooling: KnownPooling, counts: Sequence[Dict[int, int]], ones: Sequence[Tuple[Any, Any]]) -> Tuple[Any, ...]:
    """How badly a pooling fits the observations, for comparisons; if two fit, plain and symmetric ones are better."""
    agreeing = sum(agreement(axis, each, pooling.ceil_mode) for axis, each in zip(pooling.axes, counts))
    right = sum(matching(pooling, x, y) for x, y in ones)
    perfect = agreeing == sum(map(len, counts)) and right == len(ones)
    lopsided = sum(abs(axis.end - axis.begin) for axis in pooling.axes)
    return (not perfect, -agreeing, lopsided, -right, pooling.ceil_mode, not pooling.count_include_pad)


def matching(pooling: KnownPooling, x: Any, y: Any) -> float:
    """The fraction of an answer's cells that are as they should be."""
    if pooling.output(x.shape[2:]) != y.shape[2:]:
        return 0.0
    right = pooling.answer(x)
    return float((np.abs(y - right) <= SLACK * right).mean())


def confirm(pooling: KnownPooling, asked: BlackBox, least: int) -> None:
    """Raise Unknown unless at least half of the cells in the answers to fresh images are as they should be."""
    shares, seen_there = [], ""
    for more in (1, 2):
        lengths = [max(least, axis.extent + 2 * axis.stride) + more for axis in pooling.axes]
        x = 1.0 + np.arange(prod(lengths)).reshape(1, 1, *lengths) * 37 % 97
        y = asked.answer(x)
        shares.append(0.0 if y is None else matching(pooling, x, y))
        seen_there = asked.said if y is None else compared(pooling, x, y)
    if sum(shares) < 1:
        raise Unknown(f"its windows look like {pooling.words()}, but other images do not agree: {seen_there}")


def compared(pooling: KnownPooling, x: Any, y: Any) -> str:
    """How an answer differs from the right one, in words."""
    output = pooling.output(x.shape[2:])
    if output != y.shape[2:]:
        return f"an image of {x.shape[2:]} has {y.shape[2:]} windows and not {output}"
    return f"most of its answers are {middle(y / pooling.answer(x)):.3g} of what they should be"


def kind_of(views: Sequence[AxisView]) -> str:
    """Whether whole windows answer like a maximum or like a mean; a maximum if each has a single cell."""
    told = [view for view in views if view.line.size > 1]
    if all(abs(view.share - 1) < SLACK for view in told):
        return "max"
    if all(abs(view.share * view.line.size - 1) < 0.1 for view in told):
        return "mean"
    seen = ", ".join(f"{1 + view.share:.3g}" for view in told)
    raise Unknown(
        f"windows of ones in which one line is raised to 2 give {seen} of what they gave: no maximum, no mean"
    )
