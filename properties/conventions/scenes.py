"""Scenes: the same windows everywhere in an image, in every way in which implementations take another path.

A window with something special in it is repeated along the axes and over the channels, so that it falls into every lane
of a vector register, and is laid out, spaced, padded and typed in the ways that a target takes. Where all places give
one answer it is a convention; where they do not, the answer depends on position, layout, path or size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import FLOATS, Array, Ints

from ..contract import BACKWARD, MEAN, SETTINGS
from ..layouts import LAYOUTS
from ..target import Call, Target
from .ask import Ask

MANY = 33
"""More windows, or channels, than any vector register has lanes; the last of them is in the tail of a loop."""

COUNTS = (1, 2, 3, 4, 5, 8, 9, 16, 17, 32)
"""So many windows are tried where fewer may do: lanes of vector registers, and one more."""

FEW = 3
"""So many sizes of windows are repeated."""

WIDEST_FIRST = tuple(dtype for dtype in ("float64", "float32", "float16", "bfloat16") if dtype in FLOATS)

Windows = Callable[[str], Array]
"""Windows in a dtype: an array (P, FH, FW)."""

Name = Callable[[Array, Array], str]
"""What an answer is called: from the cells (FH, FW) of a window, and its y (0-d) or dx (FH, FW)."""


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
        """All windows (P, FH, FW), each in a sample of its own; dy are ones."""
        size, gap = windows.shape[1:], int(self.spaced)
        x = np.tile(np.pad(windows, ((0, 0), (0, 0), (0, gap))), (1, *self.tiles))
        stride: Ints = (size[0], size[1] + gap)
        settings: dict[str, Any] = {}
        if self.setting == "padding":
            size = stride = tuple(f + 2 if f > 1 else f for f in size)
            settings["padding"] = tuple((int(f > 1),) * 2 for f in windows.shape[1:])
            settings.update({"count_include_pad": False} if function in MEAN else {})
        if self.setting == "dilation":
            settings["dilation"] = (2, 2)
            spread = np.zeros((len(x), *(2 * n - 1 for n in x.shape[1:])), x.dtype)
            spread[:, ::2, ::2] = x
            x = spread
        if self.setting == "ceil_mode":
            settings["ceil_mode"] = True
        x = np.repeat(x[:, None], self.channels, axis=1)
        arrays = {"dy": np.ones((*x.shape[:2], *self.tiles), x.dtype), "x": x} if function in BACKWARD else {"x": x}
        return Call(function, arrays, size, stride, settings, {} if self.layout == "C" else {"x": self.layout})

    def read(self, result: Array, size: Ints, function: str) -> Array:
        """What the result has for every window of this size: an array (P, places), or for dx (P, places, FH, FW)."""
        places = (len(result), self.channels * prod(self.tiles))
        if function not in BACKWARD:
            return result.reshape(places)
        step = 2 if self.setting == "dilation" else 1
        rows, columns = (
            (np.arange(count)[:, np.newaxis] * pitch + step * np.arange(f)).ravel()
            for count, pitch, f in zip(self.tiles, self.pitch(size), size, strict=True)
        )
        cells = result[:, :, rows[:, np.newaxis], columns]
        apart = cells.reshape(*cells.shape[:2], self.tiles[0], size[0], self.tiles[1], size[1])
        return apart.swapaxes(3, 4).reshape(*places, *size)

    def pitch(self, size: Ints) -> Ints:
        """Cells from one window of this size to the next."""
        return (size[0], size[1] + self.spaced)

    def where(self, sample: int, place: int, size: Ints, function: str) -> Ints:
        """Where a result has what `read` has there: the output, or the first cell of the window."""
        channel, *tile = map(int, np.unravel_index(place, (self.channels, *self.tiles)))
        pitch = self.pitch(size) if function in BACKWARD else (1, 1)
        return (sample, channel, *(k * p for k, p in zip(tile, pitch, strict=True)))

    def shape(self, call: Call) -> Ints:
        """The shape of a right result."""
        x = call.arrays["x"]
        return x.shape if call.function in BACKWARD else (*x.shape[:2], *self.tiles)

    def simpler(self) -> Iterator[Scene]:
        """Scenes with fewer windows, the smallest first."""
        for k in COUNTS:
            if k < max(self.tiles[1], self.channels):
                yield replace(self, tiles=(1, min(k, self.tiles[1])), channels=min(k, self.channels))


def scenes(target: Target, function: str, dtypes: tuple[str, ...], ask: Ask) -> list[Scene]:
    """The scenes that a target can be shown, those with one window first."""
    declared, rank = target.declared, ask.rank
    own = [dtype for dtype in dtypes if declared.takes(function, dtype, rank)]
    if not own:
        return []
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
        found += [Scene(usual, rank, tiles=(3, 5), channels=3, layout=layout) for layout in LAYOUTS]
        found += [Scene(usual, rank, tiles=(3, MANY), channels=2)]
    if not declared.tiles and not declared.square:
        found += [Scene(usual, rank, tiles=(1, MANY), spaced=True)]
    return found


@dataclass(frozen=True)
class Showing:
    """Windows to show, each for itself or all of them at one place `together`, and what the answers are called."""

    function: str
    name: Name
    together: bool = False

    def names(self, ask: Ask, scene: Scene, batch: Array) -> dict[str, tuple[int, Ints]]:
        """What the answers in one scene are called, each with the first window that shows it and where that is."""
        call = scene.call(self.function, batch)
        result = ask.make(call, scene.rank)
        if isinstance(result, str):
            # To refuse a layout is a convention of its own.
            return {} if scene.layout != "C" else {ask.refusal: (0, ())}
        if result.shape != scene.shape(call):
            return {"other": (0, ())}
        found: dict[str, tuple[int, Ints]] = {}
        size = batch.shape[1:]
        for sample, windows, parts in self.shown(batch, scene.read(result, size, self.function)):
            for place in first_of_each(parts):
                where = scene.where(sample, place, size, self.function)
                found.setdefault(self.name(windows, parts[place]), (sample, at_its_rank(where, scene.rank)))
        return found

    def shown(self, batch: Array, parts: Array) -> Iterable[tuple[int, Array, Array]]:
        """Windows, the number of the first, and what a result has for them at each place."""
        return (
            [(0, batch, parts.swapaxes(0, 1))] if self.together else zip(range(len(batch)), batch, parts, strict=True)
        )

    def minimal(self, ask: Ask, scene: Scene, batch: Array, sample: int, called: str) -> None:
        """Make the smallest call that gives this name, so that it is the evidence; the first, if no smaller does."""
        alone = batch if self.together else batch[sample : sample + 1]
        several = [np.repeat(alone, k, axis=0) for k in (1, 4, 16)]
        fewer = [(each, some) for some in several for each in (*scene.simpler(), scene)]
        for simpler, some in [*fewer, (scene, batch)]:
            found = self.names(ask, simpler, some)
            if called in found:
                ask.where = found[called][1] or None
                return


def show(
    ask: Ask,
    function: str,
    windows: Iterable[Windows],
    name: Name,
    dtypes: tuple[str, ...] = WIDEST_FIRST,
    *,
    together: bool = False,
) -> Iterator[str]:
    """What the answers to windows are called, each name once, its evidence being the smallest call that shows it."""
    showing, seen, kinds = Showing(function, name, together), set(), list(windows)
    for scene in scenes(ask.target, function, dtypes, ask):
        # Libraries that compile for every shape take their time: only single windows are shown in all sizes.
        for kind in kinds if scene.alone else kinds[:FEW]:
            batch = kind(scene.dtype)
            if not ask.fits(batch.shape[1:]) or (scene.rank == 1 and batch.shape[1] > 1):
                continue
            for called, (sample, _) in showing.names(ask, scene, batch).items():
                if called not in seen:
                    seen.add(called)
                    showing.minimal(ask, scene, batch, sample, called)
                    yield called


def first_of_each(parts: Array) -> Iterable[int]:
    """The places at which something is for the first time."""
    first: dict[bytes, int] = {}
    for place, part in enumerate(parts):
        first.setdefault(part.tobytes(), place)
    return first.values()


def at_its_rank(where: Ints, rank: int) -> Ints:
    """A place in a result of two axes, in that of the rank that was asked."""
    return {1: (*where[:2], *where[3:]), 2: where, 3: (*where[:2], 0, *where[2:])}[rank]
