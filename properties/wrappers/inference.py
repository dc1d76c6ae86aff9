"""Windows found by asking: what a function of images pools, from its answers to images made for the purpose.

Most mistakes in kernels are about padding, negative numbers, ties and edges, and none of them should hide what was
meant. So these images are positive, one line of cells differs from all others, and windows count where they are whole.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

Answering = Callable[[Any], Any]
"""A function from images (N, C, ...) to their pooled images; it may raise, and return anything."""

KINDS = ("max", "mean")
EVERYTHING = {"kind", "size", "stride", "padding", "dilation", "ceil_mode", "count_include_pad"}
"""What may be said of a pooling; nothing is left to be seen then."""

RANKS = (2, 3, 1)
"""Ranks in the order in which they are tried: a function of volumes may take an image for a volume of channels."""

FIRST_LENGTHS = (8, 16, 32, 64, 128)
LENGTHS = (16, 32, 64, 128, 256)
"""Lengths of an axis: the first that is long enough for any window at all, and for several whole ones."""

WHOLE = 3
"""Whole windows along an axis from which their size and stride are read."""

MOST_STEPS = 9
"""Lengths, one cell apart, for which windows are counted along an axis."""

MOST_ENDS = 6
"""Paddings at the end of an axis that are compared."""

SLACK = 1e-2
"""Relative difference of two numbers that count as the same: float16 has three digits."""


class Unknown(Exception):
    """Answers that fit no pooling; the message says what was seen."""


class Line(NamedTuple):
    """The windows along one axis: size, stride, padded cells before and after, and the distance between cells."""

    size: int
    stride: int
    begin: int = 0
    end: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        """The number of cells from the first of a window to its last."""
        return self.dilation * (self.size - 1) + 1

    def outputs(self, length: int, ceil_mode: bool) -> int:
        """The number of windows on so many cells."""
        room = length + self.begin + self.end - self.extent
        if room < 0:
            return 0
        whole = room // self.stride + 1
        return whole + (ceil_mode and room % self.stride > 0 and whole * self.stride < length + self.begin)

    def cells(self, output: int, length: int) -> List[int]:
        """The real cells of a window."""
        start = output * self.stride - self.begin
        return [cell for cell in range(start, start + self.extent, self.dilation) if 0 <= cell < length]

    def within(self, output: int, length: int) -> int:
        """The number of real and padded cells of a window; those past the padded end do not count."""
        start = output * self.stride - self.begin
        return len(range(start, min(start + self.extent, length + self.end), self.dilation))


class Window(NamedTuple):
    """The real cells of a window along one axis, and its divisor if this were the only axis."""

    cells: List[int]
    divisor: int


class Pooling(NamedTuple):
    """A pooling with one geometry: its kind, the windows along each axis, and the two flags."""

    kind: str
    axes: Tuple[Line, ...]
    ceil_mode: bool = False
    count_include_pad: bool = True

    def output(self, lengths: Sequence[int]) -> Tuple[int, ...]:
        """The number of windows along each axis of an image with these lengths."""
        return tuple(axis.outputs(length, self.ceil_mode) for axis, length in zip(self.axes, lengths))

    def answer(self, x: Any) -> Any:
        """What it makes of images (N, C, ...): pooled along one axis after another."""
        reduced, start = (np.max, -np.inf) if self.kind == "max" else (np.sum, 0)
        y, divisors = x, np.ones(())
        for k, line in enumerate(self.axes, start=2):
            windows = self.along(line, x.shape[k])
            cells = [y.take(window.cells, axis=k) for window in windows]
            y = np.stack([reduced(each, axis=k, initial=start) for each in cells], axis=k)
            divisors = np.multiply.outer(divisors, [window.divisor for window in windows])
        return y if self.kind == "max" else y / np.maximum(divisors, 1)

    def along(self, line: Line, length: int) -> List[Window]:
        """The windows along an axis of so many cells."""
        every = [line.cells(output, length) for output in range(line.outputs(length, self.ceil_mode))]
        divisors = [line.within(output, length) if self.count_include_pad else len(c) for output, c in enumerate(every)]
        return list(map(Window, every, divisors))

    def fixed(self) -> Dict[str, Any]:
        """The declaration of these windows, with the settings that differ from the default or may matter."""
        padding = tuple((axis.begin, axis.end) for axis in self.axes)
        dilation = tuple(axis.dilation for axis in self.axes)
        found: Dict[str, Any] = {
            "size": tuple(axis.size for axis in self.axes),
            "stride": tuple(axis.stride for axis in self.axes),
        }
        padded = any(map(any, padding))
        found.update({"padding": padding} if padded else {})
        found.update({"dilation": dilation} if set(dilation) != {1} else {})
        found.update({"ceil_mode": True} if self.ceil_mode else {})
        divides = self.kind == "mean" and (padded or self.ceil_mode)
        return {**found, **({"count_include_pad": self.count_include_pad} if divides else {})}

    def words(self) -> str:
        """The pooling, as `fixed` declares it, in words."""
        return f"{self.kind} pooling with " + ", ".join(f"{name}={value}" for name, value in self.fixed().items())


def infer(ask: Answering, *, ranks: Sequence[int] = RANKS, dtype: str = "float32", **said: Any) -> Pooling:
    """The pooling that a function does; what is said of it, by the names of `Pooling` and the contract, is believed.

    Raises Unknown where its answers fit none.
    """
    asked = Asked(ask, dtype)
    rank, length = asked.taken(ranks_said(said) or ranks)
    if said.keys() >= EVERYTHING:
        return as_said(rank, said)
    try:
        return seen(asked, rank, length, said)
    except Unknown:
        # A function that mixes up planes is asked with one at a time.
        asked.single = True
    try:
        return seen(asked, rank, length, said)
    except Unknown:
        if {"kind", "size"} <= said.keys():
            return as_said(rank, said)
        raise


def ranks_said(said: Dict[str, Any]) -> Sequence[int]:
    """The rank of windows that are said for each of several axes."""
    tuples = (value for name, value in said.items() if name in ("size", "stride") and isinstance(value, (tuple, list)))
    return next(((len(value),) for value in tuples if len(value) > 1), ())


def seen(asked: Asked, rank: int, length: int, said: Dict[str, Any]) -> Pooling:
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


def as_said(rank: int, said: Dict[str, Any]) -> Pooling:
    """The pooling that is said, where what is seen tells nothing."""
    line = Line(1, 0)
    axes = [overlaid(line, axis, rank, said) for axis in range(rank)]
    axes = [axis._replace(stride=axis.stride or axis.size) for axis in axes]
    flags = {name: bool(said[name]) for name in ("ceil_mode", "count_include_pad") if name in said}
    return Pooling(said["kind"], tuple(axes), **flags)


def overlaid(line: Line, axis: int, rank: int, said: Dict[str, Any]) -> Line:
    """The windows along an axis, with what is said of them in place of what was seen."""
    told: Dict[str, Any] = {
        name: spread(said[name], rank)[axis] for name in ("size", "stride", "dilation") if name in said
    }
    if "padding" in said:
        padding = spread(said["padding"], rank)[axis]
        told["begin"], told["end"] = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    return line._replace(**told)


def spread(value: Any, rank: int) -> Sequence[Any]:
    """A value for each axis. Raises Unknown where there are several, but not so many."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if len(values) not in (1, rank):
        raise Unknown(f"{value} is said of its windows, but they have {rank} {'axis' if rank == 1 else 'axes'}")
    return values if len(values) == rank else (values[0],) * rank


def poolings(
    kind: str, lines: Sequence[Line], counts: Sequence[Dict[int, int]], said: Dict[str, Any]
) -> Iterator[Pooling]:
    """Poolings with these windows, and every end and flag that may be, as far as nothing is said of them."""
    counting = flags("count_include_pad", said, (True, False)) if kind == "mean" else [True]
    for ceil_mode in flags("ceil_mode", said, (False, True)):
        ends = [likely_ends(line, seen_there, ceil_mode) for line, seen_there in zip(lines, counts)]
        for chosen in product(*([[line.end] for line in lines] if "padding" in said else ends)):
            axes = tuple(line._replace(end=end) for line, end in zip(lines, chosen))
            yield from (Pooling(kind, axes, ceil_mode, counted) for counted in counting)


def flags(name: str, said: Dict[str, Any], values: Sequence[bool]) -> List[bool]:
    """The values that a flag may have."""
    return [bool(said[name])] if name in said else list(values)


def likely_ends(line: Line, counts: Dict[int, int], ceil_mode: bool) -> List[int]:
    """The paddings at the end with which most counts of windows come out; as much as at the beginning comes first."""
    every = range(line.extent)
    agreeing = {end: agreement(line._replace(end=end), counts, ceil_mode) for end in every}
    most_agreeing = max(agreeing.values())
    likely = [end for end in every if agreeing[end] == most_agreeing]
    return sorted(likely, key=lambda end: abs(end - line.begin))[:MOST_ENDS]


def agreement(line: Line, counts: Dict[int, int], ceil_mode: bool) -> int:
    """For how many lengths the number of windows is as counted."""
    return sum(line.outputs(length, ceil_mode) == count for length, count in counts.items())


def misfit(pooling: Pooling, counts: Sequence[Dict[int, int]], ones: Sequence[Tuple[Any, Any]]) -> Tuple[Any, ...]:
    """How ill a pooling fits what was seen, for comparisons: the plain and symmetric is better where both fit."""
    agreeing = sum(agreement(axis, each, pooling.ceil_mode) for axis, each in zip(pooling.axes, counts))
    right = sum(matching(pooling, x, y) for x, y in ones)
    perfect = agreeing == sum(map(len, counts)) and right == len(ones)
    lopsided = sum(abs(axis.end - axis.begin) for axis in pooling.axes)
    return (not perfect, -agreeing, lopsided, -right, pooling.ceil_mode, not pooling.count_include_pad)


def matching(pooling: Pooling, x: Any, y: Any) -> float:
    """The share of the cells of an answer that are as they should be."""
    if pooling.output(x.shape[2:]) != y.shape[2:]:
        return 0.0
    right = pooling.answer(x)
    return float((np.abs(y - right) <= SLACK * right).mean())


def confirm(pooling: Pooling, asked: Asked, least: int) -> None:
    """Raise Unknown unless at least half of the cells of the answers to fresh images are as they should be."""
    shares, seen_there = [], ""
    for more in (1, 2):
        lengths = [max(least, axis.extent + 2 * axis.stride) + more for axis in pooling.axes]
        x = 1.0 + np.arange(prod(lengths)).reshape(1, 1, *lengths) * 37 % 97
        y = asked.answer(x)
        shares.append(0.0 if y is None else matching(pooling, x, y))
        seen_there = asked.said if y is None else compared(pooling, x, y)
    if sum(shares) < 1:
        raise Unknown(f"its windows look like {pooling.words()}, but other images do not agree: {seen_there}")


def compared(pooling: Pooling, x: Any, y: Any) -> str:
    """How an answer differs from what it should be, in words."""
    output = pooling.output(x.shape[2:])
    if output != y.shape[2:]:
        return f"an image of {x.shape[2:]} has {y.shape[2:]} windows and not {output}"
    return f"most of its answers are {middle(y / pooling.answer(x)):.3g} of what they should be"


class View(NamedTuple):
    """What was seen along one axis of so many cells: the windows there, and the share of a cell in a whole one."""

    length: int
    line: Line
    share: float


class Asked:
    """A function, asked with positive images; `ones` are the images of ones that it was given, and its answers.

    `single`: each plane is asked in a call of its own.
    """

    def __init__(self, ask: Answering, dtype: str) -> None:
        self.ask, self.dtype, self.single = ask, dtype, False
        self.ones: List[Tuple[Any, Any]] = []
        self.said = ""

    def answer(self, x: Any) -> Any:
        """The answer to images, as float64; None if it is none, or not of so many samples, channels and axes."""
        try:
            y = self.ask(x.astype(self.dtype))
        except Exception as error:
            self.said = f"{type(error).__name__}: {error}"
            return None
        if not isinstance(y, np.ndarray):
            self.said = f"it returned a {type(y).__name__}"
            return None
        if y.ndim != x.ndim or y.shape[:2] != x.shape[:2] or not y.size:
            self.said = f"images of shape {x.shape} gave an array of shape {y.shape}"
            return None
        return y.astype(np.float64)

    def planes(self, planes: Any) -> Any:
        """The answers to planes (K, ...), asked as channels of one image or by themselves; None if there are none."""
        if not self.single:
            y = self.answer(planes[None])
            return None if y is None else y[0]
        answers = [self.answer(plane[None, None]) for plane in planes]
        if any(y is None or y.shape != answers[0].shape for y in answers):
            return None
        return np.stack([y[0, 0] for y in answers])

    def taken(self, ranks: Sequence[int]) -> Tuple[int, int]:
        """The rank of the images that it takes, and a length of all their axes. Raises Unknown."""
        ways = [(rank, length) for rank in ranks if (length := self.first_length(rank))]
        if not ways:
            raise Unknown(f"it takes no images: {self.said}")
        return next((way for way in ways if not self.mixes_channels(*way)), ways[0])

    def first_length(self, rank: int) -> int:
        """The first length that images of a rank may have; 0 if there is none."""
        lengths = FIRST_LENGTHS[: {1: 5, 2: 5, 3: 3}[rank]]
        return next((n for n in lengths if self.answer(np.ones((1, 3, *(n,) * rank))) is not None), 0)

    def mixes_channels(self, rank: int, length: int) -> bool:
        """Whether a channel matters to the others, as where the channels are taken for an axis of the image."""
        x = np.ones((1, 3, *(length,) * rank))
        x[0, 1] = 2
        y = self.answer(x)
        return y is None or bool((y[0, [0, 2]] != 1).any())

    def along(self, axis: int, rank: int, length: int) -> View:
        """What is seen along an axis, with the others of this length. Raises Unknown."""
        for n in (each for each in LENGTHS if each >= length):
            shares = self.shares(axis, [n if k == axis else length for k in range(rank)])
            line = line_of(shares) if shares is not None else None
            # Where an axis is hardly longer than its windows, none may be whole.
            if line and 2 * line.extent <= n:
                return View(n, line, middle(shares[shares > SLACK]))
        if shares is None:
            raise Unknown(f"it answers no images with an axis of {n} cells: {self.said}")
        if shares.shape[1] == 1:
            raise Unknown(
                f"one window covers axis {axis} of the image, whatever its length: global pooling has no size"
            )
        if not (shares > SLACK).any():
            raise Unknown(f"raising one line of cells from 1 to 2 changes nothing along axis {axis} of the image")
        raise Unknown(f"along axis {axis} of the image its windows are no steps of one length: {covered(shares)}")

    def shares(self, axis: int, lengths: Sequence[int]) -> Any:
        """What a line of cells across an axis adds to each window in the middle of the others, if it is raised by 1."""
        planes = np.ones((lengths[axis] + 1, *lengths))
        for line in range(lengths[axis]):
            np.moveaxis(planes[line], axis, 0)[line] = 2
        y = self.planes(planes)
        if y is None:
            return None
        kept = np.moveaxis(y, 1 + axis, 1)
        kept = kept[(slice(None), slice(None), *(n // 2 for n in kept.shape[2:]))]
        with np.errstate(all="ignore"):
            return np.nan_to_num(kept[:-1] / kept[-1] - 1)

    def counts(self, axis: int, rank: int, length: int, view: View) -> Dict[int, int]:
        """How many windows there are along an axis, by its length, for the lengths of one stride."""
        found = {}
        for n in range(view.length, view.length + min(view.line.stride + 1, MOST_STEPS)):
            x = np.ones((1, 1, *(n if k == axis else length for k in range(rank))))
            y = self.answer(x)
            if y is not None:
                self.ones.append((x, y))
                found[n] = y.shape[2 + axis]
        return found


def middle(values: Any) -> float:
    """The median of some numbers."""
    return float(np.median(values))


def most(values: Iterable[Any]) -> Any:
    """The value that is met most often."""
    return Counter(values).most_common(1)[0][0]


def line_of(shares: Any) -> Any:
    """The windows along an axis, as most of the whole ones show them; None if too few are whole."""
    windows = [np.flatnonzero(column > SLACK) for column in shares.T]
    size = max(map(len, windows), default=0)
    whole = [(o, cells) for o, cells in enumerate(windows) if size and len(cells) == size]
    if len(whole) < WHOLE:
        return None
    starts = {o: int(cells[0]) for o, cells in whole}
    steps = [starts[o + 1] - start for o, start in starts.items() if o + 1 in starts]
    stride = most(steps) if steps else 0
    if stride < 1 or 2 * steps.count(stride) < len(steps):
        return None
    dilation = most(int(gap) for _, cells in whole for gap in np.diff(cells)) if size > 1 else 1
    begin = most(o * stride - int(cells[0]) for o, cells in whole)
    return Line(size, stride, max(0, begin), max(0, begin), dilation)


def covered(shares: Any) -> str:
    """The cells of the first windows, in words."""
    windows = [np.flatnonzero(column > SLACK).tolist() for column in shares.T[:3]]
    return "; ".join(f"window {o} has cells {cells}" for o, cells in enumerate(windows))


def kind_of(views: Sequence[View]) -> str:
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
