"""One plane of a call: the cells of each window, its maximum, and the panel of the image."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, product

import numpy as np
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis, Geometry

from .. import oracle
from ..contract import BACKWARD, MEAN
from ..targets.call import Call
from .numbers import texts
from .picture import Outline, Panel, Place, panel

MOST_CELLS = 16
"""The most rows and columns of an image that is drawn."""

MOST_AROUND = 2
"""With its padding, an image may have at most this many times as many rows and columns."""

MOST_WEAK = 4
"""The most overlapping windows that are all outlined if the picture is about none of them."""


@dataclass(frozen=True)
class View:
    """One plane of a call on images of two axes."""

    call: Call
    plane: Place

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry of its windows."""
        return Geometry.of(self.call.size, self.call.stride, **self.call.settings)

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """The windows along both axes."""
        rows, columns = self.geometry.axes(self.spatial)
        return rows, columns

    @property
    def spatial(self) -> Place:
        """Height and width of the image."""
        height, width = self.x.shape
        return height, width

    @cached_property
    def outputs(self) -> list[Place]:
        """All windows, in row-major order."""
        height, width = self.geometry.output(self.spatial)
        return list(product(range(height), range(width)))

    @cached_property
    def x(self) -> Array:
        """The image."""
        found: Array = self.call.arrays["x"][self.plane]
        return found

    @property
    def overlap(self) -> bool:
        """Whether windows overlap."""
        return self.geometry.overlap(self.spatial)

    @property
    def takes_maxima(self) -> bool:
        """Whether the call is about maxima, not means."""
        return self.call.function not in MEAN

    @property
    def goes_back(self) -> bool:
        """Whether the call is about gradients."""
        return self.call.function in BACKWARD

    @cached_property
    def maxima(self) -> dict[Place, Place]:
        """The first maximum of each window that has one."""
        given = self.geometry
        settings = {"padding": given.padding, "dilation": given.dilation, "ceil_mode": given.ceil_mode}
        found = oracle.max_indices(self.x[np.newaxis, np.newaxis], given.size, given.stride, **settings)[0, 0]
        width = self.spatial[1]
        return {o: divmod(int(found[o]), width) for o in self.outputs if found[o] >= 0}

    def tied(self, output: Place) -> set[Place]:
        """All maxima of a window: several if they are tied."""
        if output not in self.maxima:
            return set()
        first = self.maxima[output]
        return {cell for cell in self.cells(output) if self.x[cell] == self.x[first]} or {first}

    def cells(self, output: Place) -> list[Place]:
        """The cells of a window in the image."""
        (rows, columns), (i, j) = self.axes, output
        return list(product(rows.cells(i), columns.cells(j)))

    def taps(self, output: Place) -> list[Place]:
        """All cells of a window, including those outside the image."""
        (rows, columns), (i, j) = self.axes, output
        return list(product(taps(rows, i), taps(columns, j)))

    def around(self, cell: Place) -> list[Place]:
        """The windows that contain a cell of the image."""
        return [output for output in self.outputs if cell in self.cells(output)]

    def share(self, output: Place) -> float:
        """The share of a window's gradient that each of its cells gets, as a factor."""
        return 1.0 if self.takes_maxima else 1.0 / float(self.geometry.divisors(self.spatial)[output])

    def area(self) -> tuple[range, range]:
        """The rows and columns to draw: the image, its padding, and whatever windows reach beyond that."""
        rows, columns = self.axes
        return reach(rows), reach(columns)

    def image(self, windows: Collection[Place] = (), more: dict[str, set[Place]] | None = None) -> Panel:
        """The panel of the image with its padding, with these windows marked, and `more` cells by mark."""
        rows, columns = self.area()
        marked = {
            "window": {tap for window in windows for tap in self.taps(window)},
            "maximum": {cell for window in windows for cell in self.tied(window)} if self.takes_maxima else set(),
            **self.outside(),
            **(more or {}),
        }
        moved = {mark: {(i - rows.start, j - columns.start) for i, j in places} for mark, places in marked.items()}
        drawn = windows if self.overlap and (windows or len(self.outputs) > MOST_WEAK) else self.outputs
        outlines = tuple(self.outline(output, output in windows) for output in drawn)
        return replace(panel("x", self.texts(), moved), outlines=outlines)

    def texts(self) -> list[list[str]]:
        """The numbers of the area to draw, empty outside the image."""
        rows, columns = self.area()
        inside = dict(zip(np.ndindex(self.spatial), chain(*texts(self.x)), strict=True))
        return [[inside.get((i, j), "") for j in columns] for i in rows]

    def outside(self) -> dict[str, set[Place]]:
        """The drawn cells that are padding, and those past the padded end."""
        drawn = set(product(*self.area())) - set(product(*map(range, self.spatial)))
        ends = [axis.length + axis.end for axis in self.axes]
        past = {place for place in drawn if any(k >= end for k, end in zip(place, ends, strict=True))}
        return {"padding": drawn - past, "overhang": past}

    def outline(self, output: Place, strong: bool) -> Outline:
        """The rectangle of a window in the panel of the image."""
        (rows, columns), (i, j), area = self.axes, output, self.area()
        top, left = rows.start(i) - area[0].start, columns.start(j) - area[1].start
        return Outline(top, left, rows.extent, columns.extent, strong)


def fits(view: View, most: int = MOST_CELLS) -> bool:
    """Whether an image has at most `most` cells along each axis, and not many more with its padding."""
    return max(view.spatial) <= most and max(map(len, view.area())) <= most * MOST_AROUND


def taps(axis: Axis, output: int) -> range:
    """The cells of a window along an axis, inside the image or not."""
    return range(axis.start(output), axis.start(output) + axis.extent, axis.dilation)


def reach(axis: Axis) -> range:
    """The cells to draw along an axis."""
    last = axis.start(axis.count() - 1) + axis.extent
    return range(-axis.begin, max(axis.length + axis.end, last))
