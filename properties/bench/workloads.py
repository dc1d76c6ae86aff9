"""Workloads: those with a name, series of them, those that the user writes out, and their inputs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints
from poolproof.kernels.geometry import Geometry

from ..contract import Unusable, did_you_mean

LARGEST_PLANE = 1 << 24
"""The most pixels of a plane: float32 might not give more distinct normal numbers than that."""


@dataclass(frozen=True)
class Workload:
    """One pooling: `kind` is "max" or "mean", `shape` (N, C, H, W), `size` and `stride` are pairs, `dtype` a name.

    `series` and `place`: the series that it belongs to, and its place on the axis of that. Raises ValueError if the
    window does not fit.
    """

    name: str
    kind: str
    shape: Ints
    size: Ints
    stride: Ints
    dtype: str = "float32"
    series: str = ""
    place: int = 0

    def __post_init__(self) -> None:
        Geometry.of(self.size, self.stride, rank=2).output(self.shape[2:])

    @property
    def output(self) -> Ints:
        """(N, C, OH, OW), the shape of y and dy."""
        return self.shape[:2] + Geometry.of(self.size, self.stride, rank=2).output(self.shape[2:])

    @property
    def taps(self) -> int:
        """The amount of work by the definition: the cells of all windows."""
        return prod(self.output) * prod(self.size)

    @property
    def moved(self) -> dict[str, int]:
        """The bytes that each pass must read and write: x and y, dy and dx, or all four."""
        one_way = (prod(self.shape) + prod(self.output)) * np.dtype(self.dtype).itemsize
        return {"forward": one_way, "backward": one_way, "both": 2 * one_way}

    def inputs(self) -> tuple[Array, Array]:
        """x and dy. Every plane of x has the same normal numbers in an order of its own, all distinct: no ties."""
        source = np.random.default_rng(0)
        planes, pixels = prod(self.shape[:2]), prod(self.shape[2:])
        numbers = np.unique(source.standard_normal(2 * pixels).astype(self.dtype))
        x = np.tile(source.permutation(numbers)[:pixels], (planes, 1))
        source.permuted(x, axis=1, out=x)
        return x.reshape(self.shape), source.standard_normal(self.output).astype(self.dtype)

    def __str__(self) -> str:
        return f"{self.kind} {by(self.shape)} {self.dtype} F{by(self.size)} S{by(self.stride)}"


@dataclass(frozen=True)
class Series:
    """Workloads that differ only in one quantity, the `axis`; forward and backward together are measured."""

    name: str
    axis: str
    workloads: tuple[Workload, ...]


def square(name: str, kind: str, shape: Ints, f: int, s: int, dtype: str = "float32") -> Workload:
    """A workload with a square window and equal strides."""
    return Workload(name, kind, shape, (f, f), (s, s), dtype)


def series(name: str, axis: str, points: dict[int, Workload]) -> Series:
    """A series over these places."""
    named = (replace(work, name=f"{name}-{at}", series=name, place=at) for at, work in points.items())
    return Series(name, axis, tuple(named))


WORKLOADS = {
    work.name: work
    for work in (
        square("W1", "max", (64, 3, 28, 28), 2, 2, "float64"),
        square("W1-float32", "max", (64, 3, 28, 28), 2, 2),
        square("W2", "max", (64, 96, 55, 55), 3, 2),
        square("W3", "max", (32, 64, 112, 112), 2, 2),
        square("W3-mean", "mean", (32, 64, 112, 112), 2, 2),
        square("W4-plane", "mean", (64, 512, 7, 7), 7, 7),
        square("W4-max", "max", (8, 16, 128, 128), 15, 1),
        square("W4-mean", "mean", (8, 16, 128, 128), 15, 1),
        square("W5", "max", (1, 1, 4, 4), 2, 2),
    )
}
"""W1 is from the textbook chapter; W2 and W3 are layers of common networks, W4 large windows, W5 a call's overhead."""

WINDOWS, IMAGES = (2, 3, 5, 7, 11, 15), (8, 16, 32, 64, 128, 256)
SERIES = {
    each.name: each
    for each in (
        series("window-max", "F", {f: square("", "max", (4, 16, 64, 64), f, 1) for f in WINDOWS}),
        series("window-mean", "F", {f: square("", "mean", (4, 16, 64, 64), f, 1) for f in WINDOWS}),
        series("image-max", "H = W", {n: square("", "max", (4, 16, n, n), 2, 2) for n in IMAGES}),
    )
}
NAMES = (*WORKLOADS, *SERIES)


def chosen(words: Sequence[str]) -> list[Workload | Series]:
    """The workloads and series that words name, each once: names, patterns, or written out. Without words, all.

    Raises Unusable for a word that names none.
    """
    found: list[Workload | Series] = []
    for word in words or ["*"]:
        named = [name for name in NAMES if fnmatchcase(name, word)]
        found += [WORKLOADS.get(name) or SERIES[name] for name in named] or [written(word)]
    return list(dict.fromkeys(found))


def written(text: str) -> Workload:
    """A workload written as 64x3x28x28,F3,S2,mean,float64. The defaults are S = F, max and float32."""
    first, *words = text.split(",")
    if not re.fullmatch(r"\d+(x\d+)*", first):
        raise Unusable(f"unknown workload {text!r}; {did_you_mean(text, NAMES)}, or write one as 64x3x28x28,F2,S2")
    shape = numbers(first)
    if len(shape) != 4 or 0 in shape:
        raise Unusable(f"workload {text!r}: {first!r} should be four numbers of at least 1, N x C x H x W")
    if prod(shape[2:]) > LARGEST_PLANE:
        raise Unusable(f"workload {text!r}: H*W should be at most {LARGEST_PLANE:,}")
    meant = dict(understood(text, word) for word in words)
    if "size" not in meant:
        raise Unusable(f"workload {text!r} should have a window: F2, or F2x3")
    try:
        return Workload(**{"name": text, "kind": "max", "shape": shape, "stride": meant["size"], **meant})
    except ValueError as error:
        raise Unusable(f"workload {text!r}: {error}") from None


FORMS = {"size": r"F([1-9]\d*(?:x[1-9]\d*)?)", "stride": r"S([1-9]\d*(?:x[1-9]\d*)?)"}
CHOICES = {"kind": ("max", "mean"), "dtype": ("float32", "float64")}


def understood(text: str, word: str) -> tuple[str, Any]:
    """The field that a word of a workload sets, and its value."""
    for field, form in FORMS.items():
        if match := re.fullmatch(form, word):
            pair = numbers(match[1])
            return field, pair * (3 - len(pair))
    for field, choices in CHOICES.items():
        if word in choices:
            return field, word
    raise Unusable(f"workload {text!r}: {word!r} should be F2 or F2x3, S2 or S2x3, max, mean, float32 or float64")


def numbers(text: str) -> Ints:
    """A text like 64x3x28x28 as ints."""
    return tuple(map(int, text.split("x")))


def by(whole: Ints) -> str:
    """Ints as a text like 64x3x28x28; a pair of equal ints as one."""
    return str(whole[0]) if len(whole) == 2 and whole[0] == whole[1] else "x".join(map(str, whole))
