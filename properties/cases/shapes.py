"""Kinds of shapes: the batch, the windows along each axis and their number, as wishes that axes are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from .axes import Window, Wish, any_rest
from .choices import Choices, Range, one_of

Batch = tuple[int, int]
"""Samples and channels."""


class Shape(NamedTuple):
    """The wishes for a case's shape: batches to draw from, and a wish for each axis."""

    batches: Sequence[Batch]
    axes: tuple[Wish, ...]


Kind = Callable[[Choices, int, int], Shape]
"""Makes the wishes for a shape from choices, the rank and the number of the chosen axis."""

SMALL = (1, 1, 2, 2, 3)
BATCHES = tuple(product(SMALL, SMALL))
FEW = tuple(product((1, 1, 2, 2), (1, 1, 2, 2)))
SINGLE = ((1, 1),)
NARROW = ((1, 1), (1, 2))

USUAL = ((2, 2), (2, 2), (3, 2), (3, 3))
"""Sizes and strides of most networks, which have special paths in most libraries."""

INEXACT_LENGTHS = (41, 47, 49, 55, 61)
"""Lengths n for which k // n is not k * (1/n) for some k: 49 in double precision, the others in single precision."""

LONG_AXES = (7, 8, 9, 15, 16, 17, 31, 32, 33) * 3 + INEXACT_LENGTHS + (255, 256, 257)
"""Output widths: around the widths of vector registers, around the limit of a byte, and with inexact reciprocals."""

BLOCKS = (32, 48, 64, 128, 256)
"""Numbers of channels that kernels process at once."""

MANY_PLANES = (
    *((9, 1), (1, 17), (1, 8), (2, 16), (2, 33), (17, 2)),
    *((1, block + beyond) for block in BLOCKS for beyond in (1, -1, 0)),
)
"""Samples and channels: as many as a vector register or a block of threads processes at once, one more, one less."""

COUNTLESS_PLANES = ((2, 33_000), (1, 33_000), (66_000, 1), (257, 257), (1, 66_000))
"""More planes than 15 bits can count, and more than 16 bits can."""

INEXACT_RECIPROCALS = ((49, 41), (41, 49), (47, 98), (98, 47))
"""Strides S with S * (1/S) < 1 in double (49, 98) and in single precision (41, 47)."""

MANY_OUTPUTS = 66_000
"""More windows than a 16-bit integer can count."""

LARGE_WINDOWS = ((17, 17), (1, 300), (300, 1), (16, 32), (1, 1025), (1025, 1), (65, 65))
"""Windows of more than 256 cells, of more than 1,024 along an axis, and of several thousand."""

VAST_WINDOWS = tuple(
    (few,) * 3 + (more,) * 4 + (most,) for few, more, most in ((512, 4096, 32768), (32, 64, 128), (8, 16, 32))
)
"""By rank, the length of all axes of windows with more cells than bfloat16 (256) or float16 (2048) can count one by
one, but no more than float16 can represent."""

LARGE_PLANES = (33_000, 66_000, 66_000)
"""Cells of a plane: too many for a signed 16-bit index, and too many for an unsigned one."""


def exactly(value: int) -> Range:
    """A range of one integer."""
    return value, value


def at_most(within: int, most: int) -> Range:
    """From one to the smaller of two integers."""
    return 1, min(within, most)


def usual_most(rank: int) -> int:
    """The largest window, and the most windows, along an axis of a small image."""
    return (4, 4, 3)[rank - 1]


def everywhere(rank: int, chosen: int, there: Wish, elsewhere: Wish) -> tuple[Wish, ...]:
    """A wish for the chosen axis, and another for all others."""
    return tuple(there if k == chosen else elsewhere for k in range(rank))


def small(_: Choices, rank: int, chosen: int) -> Shape:
    """A few windows of a few cells."""
    most = usual_most(rank)
    wish = Wish(size=(1, most), outputs=(1, most))
    return Shape(BATCHES, everywhere(rank, chosen, wish, wish))


def usual(choices: Choices, rank: int, chosen: int) -> Shape:
    """F = S = 2 and similar windows, several of them."""
    size, stride = one_of(choices, USUAL)
    wish = Wish(size=exactly(size), stride=exactly(stride), outputs=(2, 1 + usual_most(rank)))
    return Shape(BATCHES, everywhere(rank, chosen, wish, wish))


def odd_width(_: Choices, rank: int, __: int) -> Shape:
    """F = S = 2 on a row of odd width, so that a vector loop may reach its tail well before the end."""
    two = exactly(2)
    row = Wish(size=two, stride=two, outputs=(7, 22), rest=exactly(1))
    return Shape(BATCHES, everywhere(rank, rank - 1, row, Wish(size=two, stride=two)))


def narrow_rows(_: Choices, rank: int, __: int) -> Shape:
    """Rows up to the width of a vector register, with windows of two cells."""
    row = Wish(size=exactly(2), stride=(1, 2), outputs=(1, 9), rest=any_rest)
    return Shape(BATCHES, everywhere(rank, rank - 1, row, Wish(size=(1, 2), stride=(1, 2), outputs=(1, 2))))


def far_strides(_: Choices, rank: int, __: int) -> Shape:
    """Several windows along each row, with strides as wide as a word or wider."""
    row = Wish(size=(1, 3), stride=(4, 9), outputs=(2, 3))
    return Shape(BATCHES, everywhere(rank, rank - 1, row, Wish(size=(1, 2), stride=(1, 2), outputs=(1, 2))))


def long_axis(choices: Choices, rank: int, chosen: int) -> Shape:
    """Many windows along one axis."""
    most = usual_most(rank)
    long = Wish(size=at_most(most, 3), outputs=exactly(one_of(choices, LONG_AXES)))
    return Shape(FEW, everywhere(rank, chosen, long, Wish(size=(1, most), outputs=(1, 2))))


def whole(_: Choices, rank: int, chosen: int) -> Shape:
    """One window over the whole plane."""
    one, most = exactly(1), 2 * usual_most(rank) - 1 if rank < 3 else usual_most(rank)
    wish = Wish(size=(1, most), outputs=one, rest=exactly(0))
    return Shape(BATCHES, everywhere(rank, chosen, wish._replace(size=(1, most + 15)), wish))


def wide_stride(_: Choices, rank: int, chosen: int) -> Shape:
    """Strides up to 256 along one axis, which is long accordingly."""
    wide = Wish(stride=(1, 256), outputs=(12, 45))
    return Shape(NARROW, everywhere(rank, chosen, wide, Wish(outputs=exactly(1))))


def many_planes(choices: Choices, rank: int, chosen: int) -> Shape:
    """Many samples or channels of small images."""
    return planes(one_of(choices, MANY_PLANES), rank, chosen)


def planes(batch: Batch, rank: int, chosen: int) -> Shape:
    """Small images with this many samples and channels."""
    wish = Wish(size=(1, 2), outputs=(1, 2))
    return Shape((batch,), everywhere(rank, chosen, wish, wish))


def countless_planes(choices: Choices, rank: int, chosen: int) -> Shape:
    """More planes than a 16-bit integer can count."""
    return single_cells(one_of(choices, COUNTLESS_PLANES), rank, chosen)


def single_cells(batch: Batch, rank: int, chosen: int) -> Shape:
    """Images of a cell or two with this many samples and channels."""
    one = Wish(size=exactly(1), outputs=exactly(1), stride=exactly(1))
    return Shape((batch,), everywhere(rank, chosen, one._replace(size=(1, 2)), one))


def inexact_reciprocal(choices: Choices, rank: int, _: int) -> Shape:
    """Two windows along each axis that just fit, with strides S for which S * (1/S) < 1."""
    strides = (*one_of(choices, INEXACT_RECIPROCALS), 1)[:rank]
    axes = tuple(Wish(stride=exactly(stride), outputs=exactly(2), rest=exactly(0)) for stride in strides)
    return Shape(NARROW, axes)


def large_window(choices: Choices, rank: int, chosen: int) -> Shape:
    """Windows of more than 256 cells."""
    return windows_of(one_of(choices, LARGE_WINDOWS), rank, chosen)


def windows_of(size: tuple[int, int], rank: int, chosen: int) -> Shape:
    """One or two windows of this height and width."""
    sizes = (1, *size)[3 - rank :] if rank > 1 else (prod(size),)
    outputs = ((1, 2) if k == chosen else (1, 1) for k in range(rank))
    return Shape(SINGLE, tuple(Wish(size=exactly(f), outputs=o) for f, o in zip(sizes, outputs, strict=True)))


def rows_of(columns: int, rank: int, _: int) -> Shape:
    """Three rows of this many windows, or one row if there is one axis."""
    rows = everywhere(
        rank, rank - 1, Wish(size=(1, 2), outputs=exactly(columns)), Wish(size=(1, 2), outputs=exactly(3))
    )
    return Shape(SINGLE, (*(Wish(outputs=exactly(1)),) * (rank - 2), *rows[-2:]))


def overlapping(along: int, rank: int, _: int) -> Shape:
    """More windows along one axis than kernels compute at once, each of which shares cells with the next."""
    many = Wish(size=exactly(3), stride=exactly(1), outputs=exactly(259))
    return Shape(SINGLE, everywhere(rank, along % rank, many, Wish(size=(1, 2), outputs=(1, 2))))


def one_window(size: int, rank: int, chosen: int) -> Shape:
    """One window of this size along every axis, over the whole image."""
    wish = Wish(size=exactly(size), outputs=exactly(1), rest=exactly(0))
    return Shape(SINGLE, everywhere(rank, chosen, wish, wish))


def large_plane(choices: Choices, rank: int, chosen: int) -> Shape:
    """Planes of more than 32,767 cells, with strides so wide that windows stay few."""
    return plane_of((one_of(choices, LARGE_PLANES), one_of(choices, (1, 2, 3, 4))), rank, chosen)


def plane_of(cells_and_outputs: tuple[int, int], rank: int, _: int) -> Shape:
    """A plane of at least this many cells, with a row of this many windows."""
    (cells, outputs), most = cells_and_outputs, usual_most(rank)

    def wide(window: Window) -> Range:
        return exactly(cells // (window.before * max(outputs - 1, 1)) + 1)

    row = Wish(size=(1, most), stride=wide, outputs=exactly(outputs), rest=lambda window: exactly(window.stride - 1))
    rows = Wish(size=(1, most), outputs=(1, most), rest=exactly(0))
    return Shape(NARROW, everywhere(rank, rank - 1, row, rows))


def single_column(_: Choices, rank: int, __: int) -> Shape:
    """Several windows, but only one in each row."""
    row = Wish(size=exactly(2), outputs=exactly(1))
    return Shape(BATCHES, everywhere(rank, rank - 1, row, Wish(size=(1, 2), stride=(1, 2), outputs=(2, 3))))


def many_outputs(_: Choices, rank: int, chosen: int) -> Shape:
    """More windows in a plane than 16 bits can count."""
    one = Wish(size=(1, 2), stride=exactly(1), outputs=exactly(1), rest=exactly(0))
    return Shape(SINGLE, everywhere(rank, chosen, one._replace(outputs=exactly(MANY_OUTPUTS)), one))


def vast(choices: Choices, rank: int, chosen: int) -> Shape:
    """One window with a power of two of cells, more than a narrow float type can count."""
    return one_window(one_of(choices, VAST_WINDOWS[rank - 1]), rank, chosen)


KINDS: tuple[Kind, ...] = (
    *((small,) * 10 + (usual,) * 3 + (long_axis,) * 3 + (whole,) * 2),
    *(odd_width, narrow_rows, far_strides, wide_stride, many_planes, inexact_reciprocal),
)
LARGE_KINDS: tuple[Kind, ...] = (*KINDS, *(large_window,) * 10, *(large_plane,) * 12, countless_planes)
MANY_KINDS: tuple[Kind, ...] = (*KINDS, *(many_outputs,) * 7)
FIXED_KINDS: tuple[Kind, ...] = (*(small,) * 10, *(usual,) * 3, *(long_axis,) * 3, many_planes)
SETTING_KINDS: tuple[Kind, ...] = (*(small,) * 8, *(usual,) * 3, narrow_rows, long_axis, whole)
"""The kinds for fixed windows, of which only the number is free, and those for cases with settings, which are about
the edges of small images."""


def pinned(shape: Callable[[Any, int, int], Shape], to: Any) -> Kind:
    """A kind of shape that leaves nothing to choose."""
    return lambda _, rank, chosen: shape(to, rank, chosen)


CERTAIN: tuple[Kind, ...] = (narrow_rows, far_strides, pinned(planes, (1, 257)), pinned(planes, (1, 255)))
"""Kinds that every law has a case of. 257 and 255 channels are next to multiples of all smaller powers of two."""

CERTAIN_FIXED: tuple[Kind, ...] = (odd_width, pinned(planes, (1, 257)), pinned(planes, (1, 255)))
"""The same for fixed windows."""

CERTAIN_LARGE: tuple[Kind, ...] = (
    *CERTAIN,
    *(pinned(planes, (1, channels)) for channels in (49, 48, 47, 256)),
    *(pinned(windows_of, (1, 1025)), pinned(windows_of, (65, 65))),
    *(large_plane, pinned(plane_of, (66_000, 2)), pinned(single_cells, (2, 33_000))),
    *(pinned(rows_of, 61), pinned(rows_of, 49)),
)
"""The same for laws about large images."""

BATCH: Kind = pinned(planes, (259, 1))
"""A batch of more samples than kernels take at once, or than a byte can number."""

OVERLAPPING: tuple[Kind, ...] = (pinned(overlapping, 0), pinned(overlapping, -1))
"""More columns and more rows of windows than a tile of a kernel has, whose halo is therefore needed."""

COUNTED: Kind = pinned(windows_of, (21, 21))
"""A window with more real cells than a byte can count, even without two cells of padding on every side."""

TIED: Kind = pinned(windows_of, (65, 65))
"""A window whose tied maxima are far apart."""
