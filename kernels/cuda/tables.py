"""Window geometry as tables for the threads: the cells of each window, and the windows that contain each cell.

A table has a row for each position along an axis: a range (start, stop, step). Ranges count in row-major numbers of the
plane, so that a cell is the sum of one number from each of three axes. An absent axis has one row, the range of zero.
The tables are computed in Python's ints, so that padding, strides and dilations of any size are right; the numbers that
remain fit the plane.
"""

from __future__ import annotations

from math import gcd, prod

import numpy as np

from ..cache import cached
from ..dtypes import Array, Ints
from ..geometry import Axis, Geometry

Tables = tuple[Array, Array, Array]


@cached
def windows(geometry: Geometry, spatial: Ints) -> Tables:
    """For each output along each axis, the real cells of its window."""
    ranges = [[axis.cells(output) for output in range(axis.count())] for axis in geometry.axes(spatial)]
    return tabled(ranges, spatial)


@cached
def coverings(geometry: Geometry, spatial: Ints) -> Tables:
    """For each cell along each axis, the windows that contain it."""
    ranges = [[covering(axis, cell) for cell in range(axis.length)] for axis in geometry.axes(spatial)]
    return tabled(ranges, geometry.output(spatial))


@cached
def divisors(geometry: Geometry, spatial: Ints) -> Array:
    """The divisor of each window's mean, by the window's number."""
    return geometry.divisors(spatial).reshape(-1)


def covering(axis: Axis, cell: int) -> range:
    """The windows that contain a cell: of those whose extent covers it, every `period`-th has a tap on it."""
    near = axis.touching(range(cell, cell + 1))
    period = axis.dilation // gcd(axis.dilation, axis.stride)
    first = next((o for o in near[:period] if (cell - axis.start(o)) % axis.dilation == 0), near.stop)
    return range(first, near.stop, period)


def tabled(ranges: list[list[range]], lengths: Ints) -> Tables:
    """The ranges along each axis of a plane with these lengths, as a table for each of three axes."""
    absent = [np.array([(0, 1, 1)], np.int64)] * (3 - len(lengths))
    units = [prod(lengths[k + 1 :]) for k in range(len(lengths))]
    present = [np.array([scaled(r, unit) for r in axis], np.int64) for axis, unit in zip(ranges, units, strict=True)]
    deep, tall, wide = (*absent, *present)
    return deep, tall, wide


def scaled(numbers: range, unit: int) -> Ints:
    """A range of `unit` times these numbers. A single one needs no step; that of a huge dilation overflows an int64."""
    step = unit * (numbers.step if len(numbers) > 1 else 1)
    start = unit * numbers.start
    return start, start + step * len(numbers), step
