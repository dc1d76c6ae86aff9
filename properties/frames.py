"""Shapes of cases: built up from the number of windows and what remains beside them, so that everything fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from poolproof.kernels.geometry import Ints

T = TypeVar("T")

USUAL = ((2, 2), (2, 2), (3, 2), (3, 3))
"""Window and stride of most networks, and so of special paths in most libraries."""

LONG_AXES = (7, 8, 9, 15, 16, 17, 31, 32, 33) * 3 + (255, 256, 257)
"""Output widths on both sides of the widths of vector registers, and of what a byte counts."""

MANY_PLANES = ((9, 1), (1, 17), (2, 33), (17, 2))
"""Samples and channels of more than a vector register, or a block of threads, takes at once."""

INEXACT_RECIPROCALS = ((49, 41), (41, 49), (47, 98), (98, 47))
"""Strides S with S * (1/S) < 1 in double (49, 98) and in single precision (41, 47)."""

MANY_OUTPUTS = 66_000
"""More windows than a 16-bit integer counts."""

LARGE_WINDOWS = ((17, 17), (1, 300), (300, 1), (16, 32))
LARGE_PLANES = (33_000, 66_000)
"""Cells of a plane: more than a signed, and more than an unsigned 16-bit index can name."""


@dataclass
class Frame:
    """A shape in the making. `rest` is the part of a stride that remains beyond the last window of each axis;
    `axis` and `extra` (0 .. 255) are drawn for the kinds that need them."""

    n: int
    c: int
    outputs: list[int]
    size: list[int]
    stride: list[int]
    rest: list[float]
    axis: int
    extra: int

    def choose(self, options: tuple[T, ...]) -> T:
        """One of the options, by `extra`."""
        return options[self.extra * len(options) >> 8]

    @property
    def spatial(self) -> Ints:
        """(H, W)."""
        axes = zip(self.outputs, self.stride, self.size, self.rest, strict=True)
        return tuple((o - 1) * s + f + int(r * s) for o, s, f, r in axes)


def usual(frame: Frame) -> None:
    """F = S = 2 and its like, over several windows."""
    f, s = frame.choose(USUAL)
    frame.size, frame.stride, frame.outputs = [f, f], [s, s], [1 + o for o in frame.outputs]


def long_axis(frame: Frame) -> None:
    """Many windows along one axis."""
    axis = frame.axis
    frame.outputs[axis], frame.outputs[1 - axis] = frame.choose(LONG_AXES), min(frame.outputs[1 - axis], 2)
    frame.n, frame.c, frame.size[axis] = min(frame.n, 2), min(frame.c, 2), min(frame.size[axis], 3)


def whole(frame: Frame) -> None:
    """One window over the whole plane."""
    frame.outputs, frame.size, frame.rest = [1, 1], [2 * f - 1 for f in frame.size], [0.0, 0.0]
    frame.size[frame.axis] += frame.extra // 16


def wide_stride(frame: Frame) -> None:
    """Strides up to 256 along one axis, and a long axis with them."""
    axis = frame.axis
    frame.n, frame.c, frame.outputs[1 - axis] = 1, min(frame.c, 2), 1
    frame.stride[axis], frame.outputs[axis] = 1 + frame.extra, 1 + 11 * frame.outputs[axis]


def many_planes(frame: Frame) -> None:
    """Many samples or channels of small images."""
    frame.n, frame.c = frame.choose(MANY_PLANES)
    frame.size, frame.outputs = [min(f, 2) for f in frame.size], [min(o, 2) for o in frame.outputs]


def large_window(frame: Frame) -> None:
    """Windows of more than 256 cells."""
    frame.n = frame.c = 1
    frame.size, frame.outputs = list(frame.choose(LARGE_WINDOWS)), [1, 1]
    frame.outputs[frame.axis] = 1 + frame.extra % 2


def large_plane(frame: Frame) -> None:
    """Planes of more than 32767 cells, by strides so wide that windows stay few."""
    frame.n, frame.c = 1, min(frame.c, 2)
    height = (frame.outputs[0] - 1) * frame.stride[0] + frame.size[0]
    frame.stride[1] = frame.choose(LARGE_PLANES) // (height * max(frame.outputs[1] - 1, 1)) + 1
    frame.rest = [0.0, 0.99]


def many_outputs(frame: Frame) -> None:
    """More windows in a plane than 16 bits count."""
    frame.n = frame.c = 1
    frame.size, frame.stride, frame.outputs = [min(f, 2) for f in frame.size], [1, 1], [1, 1]
    frame.outputs[frame.axis] = MANY_OUTPUTS


def inexact_reciprocal(frame: Frame) -> None:
    """Two windows along each axis that just fit, by strides of which a multiple times the reciprocal is too small."""
    frame.n, frame.c = 1, min(frame.c, 2)
    frame.stride, frame.outputs, frame.rest = list(frame.choose(INEXACT_RECIPROCALS)), [2, 2], [0.0, 0.0]


def small(_: Frame) -> None:
    """As drawn."""


Kind = Callable[[Frame], None]

KINDS: tuple[Kind, ...] = (
    *((small,) * 10 + (usual,) * 3 + (long_axis,) * 3 + (whole,) * 2),
    *(wide_stride, many_planes, inexact_reciprocal),
)
LARGE_KINDS: tuple[Kind, ...] = (*KINDS, *(large_window,) * 4, large_plane, large_plane)
MANY_KINDS: tuple[Kind, ...] = (*KINDS, *(many_outputs,) * 4)


def one_cell(frame: Frame) -> None:
    """F = S = 1."""
    frame.size, frame.stride, frame.rest = [1, 1], [1, 1], [0.0, 0.0]


def powers_of_two(frame: Frame, most: int) -> None:
    """Windows whose number of cells is a power of two, neither axis above `most`."""
    frame.size = [min(1 << (f.bit_length() - 1), most) for f in frame.size]


def overlapping(frame: Frame) -> None:
    """S < F and at least two windows on one axis; on both, if they are alike."""
    for k in axes(frame):
        frame.size[k] = max(frame.size[k], 2)
        frame.stride[k] = min(frame.stride[k], frame.size[k] - 1)
        frame.outputs[k] = max(frame.outputs[k], 2)


def gaps(frame: Frame) -> None:
    """Pixels that no window covers: between windows, or beyond the last."""
    for k in axes(frame):
        frame.stride[k] = max(frame.stride[k], 2)
        if frame.outputs[k] == 1 or frame.size[k] >= frame.stride[k]:
            frame.rest[k] = max(frame.rest[k], 1 / frame.stride[k])


def axes(frame: Frame) -> tuple[int, ...]:
    """The drawn axis; both where size and stride are square, and should stay so."""
    square = frame.size[0] == frame.size[1] and frame.stride[0] == frame.stride[1]
    return (0, 1) if square else (frame.axis,)
