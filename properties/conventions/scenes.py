"""Scenes: the same windows all over an image, in every arrangement for which implementations take another path.

A window with something special in it is repeated along the axes and over the channels, so that it falls into every lane
of a vector register, and comes in every layout, spacing, padding and dtype that a target takes. If all places give the
same answer, that is a convention; otherwise the answer depends on position, layout, path or size.
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
"""Numbers of windows to try when fewer may do: the lanes of vector registers, and one more."""

FEW = 3
"""The number of window sizes that are shown in repetition."""

LANES = (2, 3, 5, 7, 15, 31)
"""Numbers of windows before the one in question, if windows are fixed."""

MOST_CELLS = 1 << 20
"""The most cells of an image to show; usual images have fewer."""

COPIES = (1, 4, 16)
"""Numbers of copies of a window to try, each in a sample of its own, if only one of many shows an answer."""

Windows = Callable[[str, Ints], Array]
"""Makes one or several windows of a dtype and a size: an array (P, *size)."""

Name = Callable[[Array, Array], str]
"""Names the value that an answer shows, given the cells of a window and its y (0-d) or dx (of its cells)."""


@dataclass(frozen=True)
class Scene:
    """How windows are shown: `tiles` of them along the last two axes, on each of `channels` channels."""

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
        apart = np.pad(windows, (*((0, 0),) * len(size), (0, 1))) if self.spaced else windows
        x = np.tile(apart, (1, *self.along(size)))
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
        """The part of a result for each window of this size: an array (P, places), or for dx (P, places, *size)."""
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
        """The number of tiles along each axis, for windows of this size."""
        return (1, *self.tiles)[-len(size) :]

    def pitch(self, size: Ints) -> Ints:
        """Cells from one window of this size to the next."""
        return (*size[:-1], size[-1] + self.spaced)

    def where(self, sample: int, place: int, size: Ints, *, gradient: bool) -> Ints:
        """The place in a result of what `read` has there: the output, or the first cell of the window."""
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
    """How windows are shown to a target that fixes them: each whole in an image, after `before` more windows."""

    dtype: str
    rank: int
    fixed: Fixed
    before: int = 0
    channels: int = 1
    layout: str = "C"

    @property
    def alone(self) -> bool:
        """Whether there are no more windows before this one than there must be."""
        return self.channels == 1 and not self.before

    @property
    def window(self) -> Ints:
        """The window in question."""
        *others, last = self.fixed.first_whole
        return (*others, last + self.before)

    @property
    def output(self) -> Any:
        """The index of its place in a result."""
        return (..., *self.window)

    @property
    def starts(self) -> Ints:
        """Its first cell."""
        return tuple(axis.start(o) for axis, o in zip(self.fixed.axes, self.window, strict=True))

    @property
    def cells(self) -> Any:
        """The index of its cells in the image."""
        ends = zip(self.starts, self.fixed.axes, strict=True)
        return (..., *(slice(start, start + axis.extent, axis.dilation) for start, axis in ends))

    def call(self, function: str, windows: Array) -> Call:
        """All windows (P, *size), each in a sample of its own; the gradient of all other windows is zero."""
        lengths = tuple(start + extent for start, extent in zip(self.starts, self.fixed.extents, strict=True))
        x = np.zeros((len(windows), self.channels, *lengths), windows.dtype)
        x[self.cells] = windows[:, np.newaxis]
        call = call_of(function, x, self.fixed.size, self.fixed.stride, self.fixed.passed(function))
        if function in BACKWARD:
            call.arrays["dy"][...] = 0
            call.arrays["dy"][self.output] = 1
        return call

    def read(self, result: Array, size: Ints, *, gradient: bool) -> Array:  # noqa: ARG002  (as Scene.read)
        """The part of a result for each window: an array (P, places), or for dx (P, places, *size)."""
        part: Array = result[self.cells if gradient else self.output]
        return part

    def where(self, sample: int, place: int, size: Ints, *, gradient: bool) -> Ints:  # noqa: ARG002  (as Scene.where)
        """The place in a result of what `read` has there: the output, or the first cell of the window."""
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
    """The scenes that can be shown to a target, those with one window first."""
    return (
        of_fixed(declared.fixed, declared, function, dtypes) if declared.fixed else of_any(declared, function, dtypes)
    )


def of_fixed(fixed: Fixed, declared: Declared, function: str, dtypes: tuple[str, ...]) -> list[FixedScene]:
    """The scenes for fixed windows."""
    rank = len(fixed.size)
    plain = [FixedScene(dtype, rank, fixed) for dtype in dtypes if declared.takes(function, dtype, rank)]
    # A vector register has several lanes, and a special number may be lost in some of them.
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
    """Shows windows and names the answers; `together` is the number of windows that get one name.

    `most`: the most cells of an image that is shown.
    """

    ask: Ask
    function: str
    name: Name
    together: int
    most: int

    def names(self, scene: AnyScene, batch: Array) -> dict[str, tuple[int, Ints | None]]:
        """The names of the answers in one scene, each with the first window that shows it and the place."""
        call = scene.call(self.function, batch)
        if call.arrays["x"].size > self.most:
            return {}
        result = self.ask.right(call)
        if isinstance(result, str):
            # Refusing a layout is a convention of its own.
            return {} if result == "refused" and scene.layout != "C" else {result: (0, None)}
        found: dict[str, tuple[int, Ints | None]] = {}
        size, gradient = batch.shape[1:], self.function in BACKWARD
        for sample, windows, parts in self.shown(batch, scene.read(result, size, gradient=gradient)):
            for place in first_of_each(parts):
                where = scene.where(sample, place, size, gradient=gradient)
                found.setdefault(self.name(windows, parts[place]), (sample, where))
        return found

    def shown(self, batch: Array, parts: Array) -> Iterator[tuple[int, Array, Array]]:
        """The windows to be named together: the number of the first, their cells, and the result at each place."""
        for first in range(0, len(batch), self.together):
            if self.together == 1:
                yield first, batch[first], parts[first]
            else:
                several = slice(first, first + self.together)
                yield first, batch[several], parts[several].swapaxes(0, 1)

    def simpler(self, scene: AnyScene, batch: Array, sample: int) -> Iterator[str]:
        """Show one sample of a batch in other calls, the smallest first, and yield the names of the answers."""
        alone = batch[sample : sample + self.together]
        for count in COPIES:
            for simpler in (*scene.simpler(), scene):
                yield from self.each(simpler, np.concatenate([alone] * count))

    def each(self, scene: AnyScene, batch: Array) -> Iterator[str]:
        """The names that one scene shows; as each is yielded, `ask.last` is the call that showed it."""
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
    """The names of the answers to windows of these two-axis shapes, in every scene."""
    showing = Showing(ask, function, name, together, ask.declared.max_cells or MOST_CELLS)
    shapes = list(shapes)
    for scene in scenes(ask.declared, function, dtypes):
        # Libraries that compile for every shape are slow, so only single windows are shown in all sizes.
        for size in ask.shapes(shapes if scene.alone else shapes[:FEW], scene.rank):
            yield from showing.each(scene, windows(scene.dtype, size))


def first_of_each(parts: Array) -> Iterable[int]:
    """The first place of each distinct part."""
    first: dict[bytes, int] = {}
    data, size = parts.tobytes(), parts.nbytes // max(len(parts), 1)
    for place in range(len(parts)):
        first.setdefault(data[place * size : (place + 1) * size], place)
    return first.values()
