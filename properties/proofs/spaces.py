"""The finite sets of images and windows that proofs go through, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import gcd, prod
from typing import Any, NamedTuple

from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Axis, Geometry

CELLS = 6
"""The most cells of a window that is tried in every order: six have 4,683 orders, and seven have 47,293, too many."""

SOLID = 2
"""The longest axis of an image with three axes."""

LENGTH, SIZE, STRIDE, PADDING, DILATION = 4, 3, 3, 2, 2
"""The largest values along an axis with settings."""

ROUNDS = (1, 5, 11)
"""The turns at which the windows along one axis of a plane are paired with those along the other; a solid has one."""


class Space(NamedTuple):
    """An image and its windows: the lengths of its axes, and the arguments that calls pass besides arrays."""

    spatial: Ints
    size: Ints
    stride: Ints
    settings: dict[str, Any]

    @property
    def geometry(self) -> Geometry:
        """The geometry of the windows."""
        return Geometry.of(self.size, self.stride, **self.settings)

    @property
    def output(self) -> Ints:
        """The number of windows along each axis."""
        return self.geometry.output(self.spatial)

    @property
    def cells(self) -> int:
        """The number of cells of the image."""
        return prod(self.spatial)

    @property
    def windows(self) -> int:
        """The number of windows."""
        return prod(self.output)


def single_windows(rank: int, most: int) -> Iterator[Space]:
    """Images that are a single window, of every shape with at most this many cells."""
    shapes = (shape for shape in product(range(1, most + 1), repeat=rank) if prod(shape) <= most)
    for shape in sorted(shapes, key=prod):
        yield Space(shape, shape, (1,) * rank, {})


def without_settings(rank: int, longest: int) -> Iterator[Space]:
    """Every image with axes up to this length, every window that fits, every stride up to one that allows no second."""
    axes = [
        (length, size, stride)
        for length in range(1, longest + 1)
        for size in range(1, length + 1)
        for stride in range(1, length - size + 2)
    ]
    for met in sorted(product(axes, repeat=rank), key=lambda each: prod(length for length, _, _ in each)):
        spatial, size, stride = zip(*met, strict=True)
        yield Space(spatial, size, stride, {})


def with_settings(rank: int, longest: int, taken: Sequence[str]) -> Iterator[Space]:
    """Images with every combination of settings along each axis, and every pair of their values along two axes.

    Not the full product over the axes: it takes millions of cases, and proves no more if the axes are independent.
    `taken`: the settings that a callable takes.
    """
    for ceil_mode in (False, True) if "ceil_mode" in taken else (False,):
        every = axes_with_settings(min(longest, LENGTH), taken)
        axes = [axis for axis in every if Axis(*axis, ceil_mode).all_in_padding() is None]
        for turn in ROUNDS if rank == 2 else ROUNDS[:1]:
            for k in range(len(axes)):
                met = [axes[turned(k, turn * axis, len(axes))] for axis in range(rank)]
                yield from counted(met, ceil_mode, taken)


def turned(k: int, turn: int, count: int) -> int:
    """The k-th of `count` entries in another order: a permutation, because the step and the count are coprime."""
    step = next(s for s in range(7 * turn + 1, 7 * turn + 1 + count) if gcd(s, count) == 1)
    return (k * step + turn) % count


def axes_with_settings(longest: int, taken: Sequence[str]) -> list[tuple[int, int, int, int, int, int]]:
    """(length, size, stride, begin, end, dilation) of an axis within small bounds, the smallest first, with windows
    that fit and whose extent exceeds the padding on either side."""
    most_padding, most_dilation = PADDING * ("padding" in taken), DILATION if "dilation" in taken else 1
    padding, dilations = range(most_padding + 1), range(1, most_dilation + 1)
    lengths, sizes, strides = (range(1, most + 1) for most in (longest, SIZE, STRIDE))
    every = product(lengths, sizes, strides, padding, padding, dilations)
    return sorted((each for each in every if fits(*each)), key=sum)


def fits(length: int, size: int, stride: int, begin: int, end: int, dilation: int) -> bool:
    """Whether an axis can have such windows, and none of them fits wholly in the padding before or after."""
    axis = Axis(length, size, stride, begin, end, dilation, ceil_mode=False)
    return axis.room >= 0 and max(begin, end) < axis.extent and (dilation == 1 or size > 1)


def counted(met: Sequence[Ints], ceil_mode: bool, taken: Sequence[str]) -> Iterator[Space]:
    """The space with these axes; two if the callable takes `count_include_pad`."""
    spatial, size, stride, begin, end, dilation = zip(*met, strict=True)
    every = {"padding": tuple(zip(begin, end, strict=True)), "dilation": dilation, "ceil_mode": ceil_mode}
    settings = {name: value for name, value in every.items() if name in taken}
    if "count_include_pad" not in taken:
        yield Space(spatial, size, stride, settings)
        return
    for count_include_pad in (True, False):
        yield Space(spatial, size, stride, {**settings, "count_include_pad": count_include_pad})
