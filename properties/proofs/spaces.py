"""The finite sets of images and windows that proofs go through, from the smallest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import gcd, prod
from typing import Any, NamedTuple

from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Axis, Geometry

CELLS = 6
"""Windows of at most so many cells are asked in every order: 4,683 of six, and 47,293 of seven would be too many."""

SOLID = 2
"""The longest axis of an image with three."""

LENGTH, SIZE, STRIDE, PADDING, DILATION = 4, 3, 3, 2, 2
"""Along an axis with settings nothing is larger than this."""

ROUNDS = (1, 5, 11)
"""How far turned the windows along one axis are put beside those along another, in a plane; a solid has one round."""


class Space(NamedTuple):
    """An image and the windows on it: the lengths of its axes, and the arguments that calls pass beside arrays."""

    spatial: Ints
    size: Ints
    stride: Ints
    settings: dict[str, Any]

    @property
    def geometry(self) -> Geometry:
        """Where the windows lie; `count_include_pad` is of no matter to that."""
        return Geometry.of(self.size, self.stride, **self.settings)

    @property
    def output(self) -> Ints:
        """Windows along each axis."""
        return self.geometry.output(self.spatial)

    @property
    def cells(self) -> int:
        """Cells of the image."""
        return prod(self.spatial)

    @property
    def windows(self) -> int:
        """Windows on it."""
        return prod(self.output)


def single_windows(rank: int, most: int) -> Iterator[Space]:
    """Images that are one window of at most so many cells, and of every shape."""
    shapes = (shape for shape in product(range(1, most + 1), repeat=rank) if prod(shape) <= most)
    for shape in sorted(shapes, key=prod):
        yield Space(shape, shape, (1,) * rank, {})


def without_settings(rank: int, longest: int) -> Iterator[Space]:
    """Every image with axes up to this length, every window that fits, every stride up to one that leaves it alone."""
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
    """Images with every combination of settings along each axis, and beside each other every pair of their values.

    Not the product over the axes, which is no larger a proof where axes do not meet, and takes millions of cases.
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
    """The k-th of so many entries in another order: a permutation, because the step has no divisor with the count."""
    step = next(s for s in range(7 * turn + 1, 7 * turn + 1 + count) if gcd(s, count) == 1)
    return (k * step + turn) % count


def axes_with_settings(longest: int, taken: Sequence[str]) -> list[tuple[int, int, int, int, int, int]]:
    """(length, size, stride, begin, end, dilation) of an axis, at small bounds: the window fits, and ends before
    padding alone could hold it."""
    most_padding, most_dilation = PADDING * ("padding" in taken), DILATION if "dilation" in taken else 1
    padding, dilations = range(most_padding + 1), range(1, most_dilation + 1)
    lengths, sizes, strides = (range(1, most + 1) for most in (longest, SIZE, STRIDE))
    every = product(lengths, sizes, strides, padding, padding, dilations)
    return sorted((each for each in every if fits(*each)), key=sum)


def fits(length: int, size: int, stride: int, begin: int, end: int, dilation: int) -> bool:
    """Whether an axis has such windows, none of which could lie wholly in the padding before or after."""
    axis = Axis(length, size, stride, begin, end, dilation, ceil_mode=False)
    return axis.room >= 0 and max(begin, end) < axis.extent and (dilation == 1 or size > 1)


def counted(met: Sequence[Ints], ceil_mode: bool, taken: Sequence[str]) -> Iterator[Space]:
    """The space with these axes; two where it can be said whether padded cells count."""
    spatial, size, stride, begin, end, dilation = zip(*met, strict=True)
    every = {"padding": tuple(zip(begin, end, strict=True)), "dilation": dilation, "ceil_mode": ceil_mode}
    settings = {name: value for name, value in every.items() if name in taken}
    if "count_include_pad" not in taken:
        yield Space(spatial, size, stride, settings)
        return
    for count_include_pad in (True, False):
        yield Space(spatial, size, stride, {**settings, "count_include_pad": count_include_pad})
