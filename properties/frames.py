"""Shapes of cases: built up from the number of windows and what remains beside them, so that everything fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import TypeVar

from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Axis

T = TypeVar("T")

USUAL = ((2, 2), (2, 2), (3, 2), (3, 3))
"""Window and stride of most networks, and so of special paths in most libraries."""

LONG_AXES = (7, 8, 9, 15, 16, 17, 31, 32, 33) * 3 + (255, 256, 257)
"""Output widths on both sides of the widths of vector registers, and of what a byte counts."""

MANY_PLANES = ((9, 1), (1, 17), (1, 8), (2, 16), (2, 33), (17, 2))
"""Samples and channels of as many, or more, than a vector register or a block of threads takes at once."""

INEXACT_RECIPROCALS = ((49, 41), (41, 49), (47, 98), (98, 47))
"""Strides S with S * (1/S) < 1 in double (49, 98) and in single precision (41, 47)."""

MANY_OUTPUTS = 66_000
"""More windows than a 16-bit integer counts."""

LARGE_WINDOWS = ((17, 17), (1, 300), (300, 1), (16, 32))
VAST_WINDOWS = tuple(
    (few,) * 3 + (more,) * 4 + (most,) for few, more, most in ((512, 4096, 32768), (32, 64, 128), (8, 16, 32))
)
"""Lengths of the axes of windows, by rank, that have more cells than bfloat16 (256) or float16 (2048) can count one by
one, and no more than float16 has a number for."""

LARGE_PLANES = (33_000, 66_000, 66_000)
"""Cells of a plane: more than a signed, and more than an unsigned 16-bit index can name."""


@dataclass
class Frame:
    """A shape in the making, with one entry of each list for each spatial axis.

    `outputs` counts windows as without ceil mode; `rest` is the part of a stride that remains beyond the last of them;
    `axis` and `extra` (0 .. 255) are drawn for the kinds that need them.
    """

    n: int
    c: int
    outputs: list[int]
    size: list[int]
    stride: list[int]
    rest: list[float]
    axis: int
    extra: int
    begin: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    dilation: list[int] = field(default_factory=list)
    ceil_mode: bool = False

    def choose(self, options: tuple[T, ...]) -> T:
        """One of the options, by `extra`."""
        return options[self.extra * len(options) >> 8]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.size)

    @property
    def others(self) -> list[int]:
        """All axes but the drawn one."""
        return [k for k in range(self.rank) if k != self.axis]

    @property
    def extent(self) -> Ints:
        """Cells from the first to the last of a window, along each axis."""
        return tuple([self.dilation[k] * (self.size[k] - 1) + 1 for k in range(self.rank)])

    @property
    def spatial(self) -> Ints:
        """(H, W)."""
        return tuple([self.length(k) for k in range(self.rank)])

    def length(self, k: int) -> int:
        """The length of an axis."""
        return self.padded(k) - self.begin[k] - self.end[k]

    def remainder(self, k: int) -> int:
        """What of a stride remains beyond the last window along an axis."""
        return int(self.rest[k] * self.stride[k])

    def padded(self, k: int) -> int:
        """The length of an axis with its padding."""
        extent = self.dilation[k] * (self.size[k] - 1) + 1
        return (self.outputs[k] - 1) * self.stride[k] + extent + self.remainder(k)

    def leave(self, k: int, cells: int) -> None:
        """So many cells beyond the last window along an axis, as far as they are less than a stride."""
        self.rest[k] = (min(max(cells, 0), self.stride[k] - 1) + 0.5) / self.stride[k]

    def undilate(self, k: int) -> None:
        """Take the gaps out of windows along an axis; a stride that is a multiple of them meets the same taps after."""
        if self.stride[k] % self.dilation[k] == 0:
            self.stride[k] //= self.dilation[k]
        self.dilation[k] = 1

    def along(self, k: int) -> Axis:
        """The windows along an axis."""
        shape = (self.length(k), self.size[k], self.stride[k], self.begin[k], self.end[k], self.dilation[k])
        return Axis(*shape, self.ceil_mode)


def usual(frame: Frame) -> None:
    """F = S = 2 and its like, over several windows."""
    f, s = frame.choose(USUAL)
    frame.size, frame.stride = [f] * frame.rank, [s] * frame.rank
    frame.outputs = [1 + o for o in frame.outputs]


def odd_width(frame: Frame) -> None:
    """F = S = 2 on a row of odd width, far from whose end a vector loop may turn to its tail."""
    frame.size, frame.stride = [2] * frame.rank, [2] * frame.rank
    frame.outputs[-1], frame.rest[-1] = 7 + frame.extra // 16, 0.5


def long_axis(frame: Frame) -> None:
    """Many windows along one axis."""
    axis = frame.axis
    frame.outputs = [min(o, 2) for o in frame.outputs]
    frame.outputs[axis] = frame.choose(LONG_AXES)
    frame.n, frame.c, frame.size[axis] = min(frame.n, 2), min(frame.c, 2), min(frame.size[axis], 3)


def whole(frame: Frame) -> None:
    """One window over the whole plane."""
    frame.outputs, frame.rest = [1] * frame.rank, [0.0] * frame.rank
    frame.size = [2 * f - 1 if frame.rank < 3 else f for f in frame.size]
    frame.size[frame.axis] += frame.extra // 16


def wide_stride(frame: Frame) -> None:
    """Strides up to 256 along one axis, and a long axis with them."""
    axis, count = frame.axis, frame.outputs[frame.axis]
    frame.n, frame.c, frame.outputs = 1, min(frame.c, 2), [1] * frame.rank
    frame.stride[axis], frame.outputs[axis] = 1 + frame.extra, 1 + 11 * count


def many_planes(frame: Frame) -> None:
    """Many samples or channels of small images."""
    frame.n, frame.c = frame.choose(MANY_PLANES)
    frame.size, frame.outputs = [min(f, 2) for f in frame.size], [min(o, 2) for o in frame.outputs]


def large_window(frame: Frame) -> None:
    """Windows of more than 256 cells."""
    frame.n = frame.c = 1
    tall, wide = frame.choose(LARGE_WINDOWS)
    frame.size = [1, tall, wide][3 - frame.rank :] if frame.rank > 1 else [tall * wide]
    frame.outputs = [1] * frame.rank
    frame.outputs[frame.axis] = 1 + frame.extra % 2


def large_plane(frame: Frame) -> None:
    """Planes of more than 32767 cells, by strides so wide that windows stay few."""
    frame.n, frame.c = 1, min(frame.c, 2)
    rows = prod((o - 1) * s + f for o, s, f in list(zip(frame.outputs, frame.stride, frame.size, strict=True))[:-1])
    frame.stride[-1] = frame.choose(LARGE_PLANES) // (rows * max(frame.outputs[-1] - 1, 1)) + 1
    frame.rest = [0.0] * (frame.rank - 1) + [0.99]


def many_outputs(frame: Frame) -> None:
    """More windows in a plane than 16 bits count."""
    frame.n = frame.c = 1
    frame.size, frame.stride = [min(f, 2) for f in frame.size], [1] * frame.rank
    frame.outputs = [1] * frame.rank
    frame.outputs[frame.axis] = MANY_OUTPUTS


def inexact_reciprocal(frame: Frame) -> None:
    """Two windows along each axis that just fit, by strides of which a multiple times the reciprocal is too small."""
    frame.n, frame.c = 1, min(frame.c, 2)
    strides = [*frame.choose(INEXACT_RECIPROCALS), 1][: frame.rank]
    frame.stride, frame.outputs, frame.rest = strides, [2] * frame.rank, [0.0] * frame.rank


def small(_: Frame) -> None:
    """As drawn."""


Kind = Callable[[Frame], None]

KINDS: tuple[Kind, ...] = (
    *((small,) * 10 + (usual,) * 3 + (long_axis,) * 3 + (whole,) * 2),
    *(odd_width, wide_stride, many_planes, inexact_reciprocal),
)
LARGE_KINDS: tuple[Kind, ...] = (*KINDS, *(large_window,) * 10, *(large_plane,) * 12)
MANY_KINDS: tuple[Kind, ...] = (*KINDS, *(many_outputs,) * 7)
SETTING_KINDS: tuple[Kind, ...] = (*(small,) * 8, *(usual,) * 3, long_axis, whole)
"""The kinds for cases with settings, which are about the edges of small images."""


def one_cell(frame: Frame) -> None:
    """F = S = 1."""
    frame.size, frame.stride, frame.rest = [1] * frame.rank, [1] * frame.rank, [0.0] * frame.rank


def powers_of_two(frame: Frame, most: int) -> None:
    """Windows whose number of cells is a power of two, no axis above `most`."""
    frame.size = [min(1 << (f.bit_length() - 1), most) for f in frame.size]


def vast(frame: Frame) -> None:
    """One window of a power of two of cells, more than a narrow float type counts."""
    frame.n, frame.c, frame.outputs, frame.rest = 1, 1, [1] * frame.rank, [0.0] * frame.rank
    frame.size = [frame.choose(VAST_WINDOWS[frame.rank - 1])] * frame.rank


def overlapping(frame: Frame) -> None:
    """S < F and at least two windows on one axis; on all, if they are alike."""
    for k in axes(frame):
        frame.size[k] = max(frame.size[k], 2)
        # A multiple of the dilation, or windows would pass each other by.
        frame.stride[k] = min(frame.stride[k], frame.size[k] - 1) * frame.dilation[k]
        frame.outputs[k] = max(frame.outputs[k], 2)


def gaps(frame: Frame) -> None:
    """Pixels that no window covers: between windows, or beyond the last, where no window of ceil mode reaches them."""
    for k in axes(frame):
        frame.begin[k], frame.end[k] = 0, 0
        frame.stride[k] = max(frame.stride[k], 2)
        if frame.ceil_mode:
            frame.outputs[k], frame.stride[k] = max(frame.outputs[k], 2), frame.extent[k] + 1
        elif frame.outputs[k] == 1 or frame.extent[k] >= frame.stride[k]:
            frame.rest[k] = max(frame.rest[k], 1 / frame.stride[k])


def axes(frame: Frame) -> tuple[int, ...]:
    """The drawn axis; all where size and stride are square, and should stay so."""
    square = len(set(frame.size)) == len(set(frame.stride)) == 1
    return tuple(range(frame.rank)) if square else (frame.axis,)
