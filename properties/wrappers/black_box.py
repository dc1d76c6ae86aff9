"""A function of images as a black box: what its answers to specially made images show of its windows.

Most mistakes in kernels are about padding, negative numbers, ties and edges, and none of them should hide what was
intended. So these images are positive, one line of cells differs from all others, and windows count where they are
whole.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np

from .known_pooling import Line

Answering = Callable[[Any], Any]
"""A function from images (N, C, ...) to their pooled images; it may raise, and may return anything."""

FIRST_LENGTHS = (8, 16, 32, 64, 128)
LENGTHS = (16, 32, 64, 128, 256)
"""Lengths of an axis: the first that is long enough for any window at all, and one for several whole windows."""

WHOLE = 3
"""Whole windows along an axis from which their size and stride are read."""

MOST_STEPS = 9
"""How many lengths, one cell apart, windows are counted for along an axis."""

SLACK = 1e-2
"""The relative difference up to which two numbers count as equal: float16 has three digits."""


class Unknown(Exception):
    """The answers fit no pooling; the message says what was seen."""


class AxisView(NamedTuple):
    """What was seen along one axis of this length: its windows, and the share of a cell in a whole one."""

    length: int
    line: Line
    share: float


class BlackBox:
    """A function, called with positive images; `ones` has the images of ones that it was given, and its answers.

    `single`: each plane is passed in a call of its own.
    """

    def __init__(self, ask: Answering, dtype: str) -> None:
        self.ask, self.dtype, self.single = ask, dtype, False
        self.ones: List[Tuple[Any, Any]] = []
        self.said = ""

    def answer(self, x: Any) -> Any:
        """The answer to images, as float64; None unless it is an array with as many samples, channels and axes."""
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
        """The answers to planes (K, ...), passed as channels of one image or alone; None if there are none."""
        if not self.single:
            y = self.answer(planes[None])
            return None if y is None else y[0]
        answers = [self.answer(plane[None, None]) for plane in planes]
        if any(y is None or y.shape != answers[0].shape for y in answers):
            return None
        return np.stack([y[0, 0] for y in answers])

    def taken(self, ranks: Sequence[int]) -> Tuple[int, int]:
        """The rank of images that the function takes, and a length for all their axes. Raises Unknown."""
        ways = [(rank, length) for rank in ranks if (length := self.first_length(rank))]
        if not ways:
            raise Unknown(f"it takes no images: {self.said}")
        return next((way for way in ways if not self.mixes_channels(*way)), ways[0])

    def first_length(self, rank: int) -> int:
        """The first length that images of this rank may have, or 0."""
        return next((n for n in first_lengths(rank) if self.answer(np.ones((1, 3, *(n,) * rank))) is not None), 0)

    def mixes_channels(self, rank: int, length: int) -> bool:
        """Whether a channel affects the others, for example because channels are treated as an axis of the image."""
        x = np.ones((1, 3, *(length,) * rank))
        x[0, 1] = 2
        y = self.answer(x)
        return y is None or bool((y[0, [0, 2]] != 1).any())

    def along(self, axis: int, rank: int, length: int) -> AxisView:
        """What is seen along an axis while the others have this length. Raises Unknown."""
        for n in (each for each in LENGTHS if each >= length):
            shares = self.shares(axis, [n if k == axis else length for k in range(rank)])
            line = line_of(shares) if shares is not None else None
            # If an axis is hardly longer than its windows, none may be whole.
            if line and 2 * line.extent <= n:
                return AxisView(n, line, middle(shares[shares > SLACK]))
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
        """How much each window in the middle of the others grows if a line of cells across this axis is raised by 1."""
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

    def counts(self, axis: int, rank: int, length: int, view: AxisView) -> Dict[int, int]:
        """The number of windows along an axis, by its length, for all lengths within one stride."""
        found = {}
        for n in range(view.length, view.length + min(view.line.stride + 1, MOST_STEPS)):
            x = np.ones((1, 1, *(n if k == axis else length for k in range(rank))))
            y = self.answer(x)
            if y is not None:
                self.ones.append((x, y))
                found[n] = y.shape[2 + axis]
        return found


def first_lengths(rank: int) -> Sequence[int]:
    """The lengths with which images of this rank are tried first; volumes soon become large."""
    return FIRST_LENGTHS[: {1: 5, 2: 5, 3: 3}[rank]]


def middle(values: Any) -> float:
    """The median of some numbers."""
    return float(np.median(values))


def most(values: Iterable[Any]) -> Any:
    """The most frequent value."""
    return Counter(values).most_common(1)[0][0]


def line_of(shares: Any) -> Any:
    """The windows along an axis, according to most of the whole ones; None if too few are whole."""
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
