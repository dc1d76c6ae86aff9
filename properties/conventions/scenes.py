"""Scenes: the same windows everywhere in an image, in every way in which implementations take another path.

A window with something special in it is repeated along the axes and over the channels, so that it falls into every lane
of a vector register, and is laid out, spaced, padded and typed in the ways that a target takes. Where all places give
one answer it is a convention; where they do not, the answer depends on position, layout, path or size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ..contract import BACKWARD, MEAN, SETTINGS, WIDEST_FIRST, Declared, Fixed
from ..data.layouts import layouts_taken
from ..targets.call import Call
from .ask import Ask, call_of

MANY = 33
"""More windows, or channels, than any vector register has lanes; the last of them is in the tail of a loop."""

COUNTS = (1, 2, 3, 4, 5, 8, 9, 16, 17, 32)
"""So many windows are tried where fewer may do: lanes of vector registers, and one more."""

FEW = 3
"""So many sizes of windows are repeated."""

LANES = (2, 3, 5, 7, 15, 31)
"""So many windows are before one that is looked at, where windows are fixed."""

MOST_CELLS = 1 << 20
"""Cells of an image that is shown; no usual one has as many."""

COPIES = (1, 4, 16)
"""So many copies of a window are tried, each in a sample of its own, where one of many is looked for."""

Windows = Callable[[str, Ints], Array]
"""Windows of a dtype and a size, one or several: an array (P, *size)."""

Name = Callable[[Array, Array], str]
"""What an answer is called: from the cells of a window, and its y (0-d) or dx (the cells)."""


@dataclass(frozen=True)
class Scene:
    """How windows are shown: so many tiles along the axes, on so many channels."""

    dtype: str
    rank: int
    tiles: Ints = (1, 1)
    channels: int = 1
    layout: str = "C"
    setting: str = ""
    spaced: bool = False

    @property
    def alone(self) -> bool:
        """Whether this is one plain window."""
        return self.channels == 1 and self.tiles == (1, 1) and not self.setting

    def call(self, function: str, windows: Array) -> Call:
        """All windows (P, *size), each in a sample of its own."""
        size, settings = windows.shape[1:], dict[str, Any]()
        x = np.tile(np.pad(windows, (*((0, 0),) * len(size), (0, int(self.spaced)))), (1, *self.along(size)))
        stride = self.pitch(size)
        if self.setting == "padding":
            settings["padding"] = tuple((int(f > 1),) * 2 for f in size)
            settings.update({"count_include_pad": False} if function in MEAN else {})
            size = stride = tuple(f + 2 if f > 1 else f for f in size)
        if self.setting == "dilation":
            settings["dilation"] = (2,) * len(size)
            x = dilated(x)
        if self.setting == "ceil_mode":
            settings["ceil_mode"] = True
        return call_of(function, np.repeat(x[:, None], self.channels, axis=1), size, stride, settings, self.layout)

    def read(self, result: Array, size: Ints, *, gradient: bool) -> Array:
        """What the result has for every window of this size: an array (P, places), or for dx (P, places, *size)."""
        tiles = self.along(size)
        places = (len(result), self.channels * prod(tiles))
        if not gradient:
            return result.reshape(places)
        step = 2 if self.setting == "dilation" else 1
        lines = [
            (np.arange(count)[:, np.newaxis] * pitch + step * np.arange(f)).ravel()
            for count, pitch, f in zip(tiles, self.pitch(size), size, strict=True)
        ]
        everywhere: Any = (slice(None), slice(None), *np.ix_(*lines))
        cells: Array = result[everywhere]
        apart = cells.reshape(*cells.shape[:2], *(n for pair in zip(tiles, size, strict=True) for n in pair))
        counts, within = (range(first, apart.ndim, 2) for first in (2, 3))
        return apart.transpose(0, 1, *counts, *within).reshape(*places, *size)

    def along(self, size: Ints) -> Ints:
        """The tiles along each axis of windows of this size."""
        return (1, *self.tiles)[-len(size) :]

    def pitch(self, size: Ints) -> Ints:
        """Cells from one window of this size to the next."""
        return (*size[:-1], size[-1] + self.spaced)

    def where(self, sample: int, place: int, size: Ints, *, gradient: bool) -> Ints:
        """Where a result has what `read` has there: the output, or the first cell of the window."""
        channel, *tile = map(int, np.unravel_index(place, (self.channels, *self.along(size))))
        pitch = self.pitch(size) if gradient else (1,) * len(size)
        return (sample, channel, *(k * p for k, p in zip(tile, pitch, strict=True)))

    def simpler(self) -> Iterator[Scene]:
        """Scenes with fewer windows, the smallest first."""
        for k in COUNTS:
            if k < max(self.tiles[1], self.channels):
                yield replace(self, tiles=(1, min(k, self.tiles[1])), channels=min(k, self.channels))


@dataclass(frozen=True)
class FixedScene:
    """How windows are shown to a target that fixes them: each whole in an image, `before` more windows before it."""

    dtype: str
    rank: int
    fixed: Fixed
    before: int = 0
    channels: int = 1
    layout: str = "C"

    @property
    def alone(self) -> bool:
        """Whether no window is before this one that need not be there."""
        return self.channels == 1 and not self.before

    @property
    def window(self) -> Ints:
        """The window that is looked at."""
        *others, last = self.fixed.first_whole
        return (*others, last + self.before)

    @property
    def output(self) -> Any:
        """Its place in a result, as an index."""
        return (..., *self.window)

    @property
    def starts(self) -> Ints:
        """Its first cell."""
        return tuple(axis.start(o) for axis, o in zip(self.fixed.axes, self.window, strict=True))

    @property
    def cells(self) -> Any:
        """Its cells, as an index of the image."""
        ends = zip(self.starts, self.fixed.axes, strict=True)
        return (..., *(slice(start, start + axis.extent, axis.dilation) for start, axis in ends))

    def call(self, function: str, windows: Array) -> Call:
        """All windows (P, *size), each in a sample of its own; the gradient of others is zero."""
        lengths = tuple(start + extent for start, extent in zip(self.starts, self.fixed.extents, strict=True))
        x = np.zeros((len(windows), self.channels, *lengths), windows.dtype)
        x[self.cells] = windows[:, np.newaxis]
        call = call_of(function, x, self.fixed.size, self.fixed.stride, self.fixed.passed(function))
        if function in BACKWARD:
            call.arrays["dy"][...] = 0
            call.arrays["dy"][self.output] = 1
        return call

    def read(self, result: Array, size: Ints, *, gradient: bool) -> Array:  # noqa: ARG002  (as Scene.read)
        """What the result has for every window: an array (P, places), or for dx (P, places, *size)."""
        part: Array = result[self.cells if gradient else self.output]
        return part

    def where(self, sample: int, place: int, size: Ints, *, gradient: bool) -> Ints:  # noqa: ARG002  (as Scene.where)
        """Where a result has what `read` has there: the output, or the first cell of the window."""
        return (sample, place, *(self.starts if gradient else self.window))

    def simpler(self) -> Iterator[FixedScene]:
        """Scenes with fewer windows, the smallest first."""
        for k in (0, *COUNTS):
            if k < max(self.before, self.channels):
                yield replace(self, before=min(k, self.before), channels=min(max(k, 1), self.channels))


AnyScene = Scene | FixedScene


def dilated(x: Array) -> Array:
    """Images (P, ...) with a zero between any two neighbouring cells."""
    wide = np.zeros((len(x), *(2 * n - 1 for n in x.shape[1:])), x.dtype)
    wide[(slice(None), *(slice(None, None, 2),) * (x.ndim - 1))] = x
    return wide


def scenes(declared: Declared, function: str, dtypes: tuple[str, ...]) -> Sequence[AnyScene]:
    """The scenes that a target can be shown, those with one window first."""
    return (
        of_fixed(declared.fixed, declared, function, dtypes) if declared.fixed else of_any(declared, function, dtypes)
    )


def of_fixed(fixed: Fixed, declared: Declared, function: str, dtypes: tuple[str, ...]) -> list[FixedScene]:
    """The scenes for windows that are fixed."""
    rank = len(fixed.size)
    plain = [FixedScene(dtype, rank, fixed) for dtype in dtypes if declared.takes(function, dtype, rank)]
    # A vector register has up to so many lanes, and a special number may be lost in some of them.
    lanes = [replace(scene, before=before) for scene in plain for before in (1, *LANES)]
    return [*plain, *lanes, *(replace(scene, channels=MANY) for scene in plain)]


def of_any(declared: Declared, function: str, dtypes: tuple[str, ...]) -> list[Scene]:
    """The scenes for windows of every size."""
    way = declared.first_taken(function, dtypes)
    if way is None:
        return []
    rank = way[1]
    own = [dtype for dtype in dtypes if declared.takes(function, dtype, rank)]
    usual = "float32" if "float32" in own else own[0]
    found = [Scene(dtype, rank) for dtype in own]
    found += [Scene(usual, other) for other in declared.ranks_of(usual, function) if other != rank]
    taken = declared.settings_of(function)
    settings = [name for name in SETTINGS if name in taken]
    if function in MEAN and "count_include_pad" not in taken:
        settings = [name for name in settings if name != "padding"]
    found += [Scene(dtype, rank, setting=setting) for dtype in dict.fromkeys((own[0], usual)) for setting in settings]
    found += [Scene(dtype, rank, tiles=(1, MANY)) for dtype in own]
    found += [Scene(dtype, rank, channels=MANY) for dtype in own]
    if rank > 1:
        found += [
            Scene(usual, rank, tiles=(3, 5), channels=3, layout=layout) for layout in layouts_taken(declared.layout)
        ]
        found += [Scene(usual, rank, tiles=(3, MANY), channels=2)]
    if not declared.tiles and (rank == 1 or not declared.square):
        found += [Scene(usual, rank, tiles=(1, MANY), spaced=True)]
    return found


@dataclass(frozen=True)
class Showing:
    """Windows to show, so many of them named `together`, and what the answers are called."""

    ask: Ask
    function: str
    name: Name
    together: int

    def names(self, scene: AnyScene, batch: Array) -> dict[str, tuple[int, Ints | None]]:
        """What the answers in one scene are called, each with the first window that shows it and where that is."""
        result = self.ask.right(scene.call(self.function, batch))
        if isinstance(result, str):
            # To refuse a layout is a convention of its own.
            return {} if result == "refused" and scene.layout != "C" else {result: (0, None)}
        found: dict[str, tuple[int, Ints | None]] = {}
        size, gradient = batch.shape[1:], self.function in BACKWARD
        for sample, windows, parts in self.shown(batch, scene.read(result, size, gradient=gradient)):
            for place in first_of_each(parts):
                where = scene.where(sample, place, size, gradient=gradient)
                found.setdefault(self.name(windows, parts[place]), (sample, where))
        return found

    def shown(self, batch: Array, parts: Array) -> Iterator[tuple[int, Array, Array]]:
        """The windows that are named together: the number of the first, their cells, and the result at each place."""
        for first in range(0, len(batch), self.together):
            if self.together == 1:
                yield first, batch[first], parts[first]
            else:
                several = slice(first, first + self.together)
                yield first, batch[several], parts[several].swapaxes(0, 1)

    def simpler(self, scene: AnyScene, batch: Array, sample: int) -> Iterator[str]:
        """Make smaller and smaller calls of what one sample of a batch showed, and yield what each shows."""
        alone = batch[sample : sample + self.together]
        for count in COPIES:
            for simpler in (*scene.simpler(), scene):
                yield from self.each(simpler, np.concatenate([alone] * count))

    def each(self, scene: AnyScene, batch: Array) -> Iterator[str]:
        """What one scene shows; while a name is looked at, the call that showed it is the last."""
        found = self.names(scene, batch)
        last = self.ask.last
        for called, (sample, where) in found.items():
            self.ask.last, self.ask.where = last, where
            self.ask.simpler = partial(self.simpler, scene, batch, sample)
            yield called


def show(
    ask: Ask,
    function: str,
    windows: Windows,
    shapes: Iterable[Ints],
    name: Name,
    dtypes: tuple[str, ...] = WIDEST_FIRST,
    *,
    together: int = 1,
) -> Iterator[str]:
    """What the answers to windows of these shapes of two axes are called, in every scene."""
    showing, shapes = Showing(ask, function, name, together), list(shapes)
    most = ask.declared.max_cells or MOST_CELLS
    for scene in scenes(ask.declared, function, dtypes):
        # Libraries that compile for every shape take their time: only single windows are shown in all sizes.
        for size in ask.shapes(shapes if scene.alone else shapes[:FEW], scene.rank):
            batch = windows(scene.dtype, size)
            if scene.call(function, batch).arrays["x"].size <= most:
                yield from showing.each(scene, batch)


def first_of_each(parts: Array) -> Iterable[int]:
    """The places at which something is for the first time."""
    first: dict[bytes, int] = {}
    for place, part in enumerate(parts):
        first.setdefault(part.tobytes(), place)
    return first.values()
