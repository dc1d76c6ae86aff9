"""Methods of proof: for each, a finite set of cases, and the assumption under which it proves a law for all cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import comb
from typing import Any, NamedTuple

import numpy as np
from poolproof.kernels.dtypes import FLOATS, Array, Ints, finfo

from .. import oracle
from ..cases.case import Case, permitted
from ..contract import BACKWARD, MEAN, Declared
from ..lawbook import LAWS, Law
from .spaces import CELLS, LENGTH, SOLID, Space, single_windows, with_settings, without_settings

CHANNELS = 3
"""The number of values around a window: the law of locality takes another one in each channel."""

ALONE = 4
"""The longest axis of an image whose windows are tried one by one."""

SOLID_CELLS = 4
"""The most cells of a window of three axes."""

OUTSIDE = (np.inf, -np.inf)
"""Values around a window that should not affect its gradient. NaN is left out, because it is a convention there."""


class Method(NamedTuple):
    """One way to prove: a name, its assumption, the spaces that it goes through, and their cases.

    `spaces` takes the rank, the longest axis and the settings of a callable. `bound` describes how far they go, given
    the longest axis and whether there are settings and three dimensions. A blank case has the shapes of a space, filled
    with zeros: `cases` makes the cases from it, and `count` counts them.
    """

    name: str
    assumption: str
    spaces: Callable[[int, int, tuple[str, ...]], Iterator[Space]]
    bound: Callable[[int, bool, bool], str]
    count: Callable[[Case], int]
    cases: Callable[[Case], Iterator[Case]]


class Proof(NamedTuple):
    """A proof of one law for one callable by one method."""

    law: Law
    function: str
    method: Method

    @property
    def name(self) -> str:
        """Its name in reports, with the callable only if the law is about several."""
        several = len(self.law.plan.functions) > 1
        return f"{self.law.name}/{self.method.name}{f' of {self.function}' if several else ''}"

    def unsupported(self, declared: Declared, offers: tuple[str, ...]) -> str:
        """Why it cannot be tried on such a target; empty if it can."""
        if reason := self.law.unsupported(declared, offers):
            return reason
        return "" if self.function in self.law.plan.asked(declared, offers) else f"it offers no {self.function}"

    def bound(self, declared: Declared, longest: int) -> str:
        """How far the cases for such a target go: it may still be wrong beyond that."""
        ranks = declared.ranks_of(widest(declared, self.function), self.function)
        return self.method.bound(longest, bool(declared.settings_of(self.function)), 3 in ranks)

    def blanks(self, declared: Declared, longest: int) -> Iterator[Case]:
        """A blank case for each space that a target takes."""
        dtype = widest(declared, self.function)
        taken = declared.settings_of(self.function)
        for rank in declared.ranks_of(dtype, self.function):
            for space in self.method.spaces(rank, longest, taken):
                case = blank(space, self.function, np.dtype(dtype), declared)
                if permitted(case, self.law.plan, declared):
                    yield case


def widest(declared: Declared, function: str) -> str:
    """The widest float that a callable takes."""
    order = ("float64", "float32", "float16", "bfloat16")
    return next(dtype for dtype in order if dtype in FLOATS and dtype in declared.dtypes_of(function))


def blank(space: Space, function: str, dtype: np.dtype[Any], declared: Declared) -> Case:
    """The blank case of a space: nothing but zeros."""
    unsaid = function in MEAN and "count_include_pad" not in space.settings
    return Case(
        function=function,
        x=np.zeros((1, 1, *space.spatial), dtype),
        size=space.size,
        stride=space.stride,
        dy=np.zeros((1, 1, *space.output), dtype),
        values="exhaustive",
        settings=dict(space.settings),
        assumed={"count_include_pad": declared.count_include_pad} if unsaid else {},
    )


# A: every order of the cells of a window.


def every_window(rank: int, longest: int, taken: tuple[str, ...]) -> Iterator[Space]:  # noqa: ARG001  (one signature)
    """Images that are one window."""
    return single_windows(rank, min(most_ordered(longest), SOLID_CELLS if rank == 3 else CELLS))


def bound_of_windows(longest: int, settings: bool, solids: bool) -> str:  # noqa: ARG001  (one signature)
    """The bound on the size of these windows, in words."""
    most = most_ordered(longest)
    cells = "cell" if most == 1 else "cells"
    return bounded(f"windows of up to {{}} {cells}", most, solids=SOLID_CELLS if solids else None)


def most_ordered(longest: int) -> int:
    """The cells of the largest window that is tried in every order, if axes are at most this long."""
    return min(CELLS, longest * longest)


def number_of_orders(case: Case) -> int:
    """1, 3, 13, 75, 541, 4683: the ways to rank n cells, ties allowed (Fubini numbers, OEIS A000670)."""
    return fubini(case.x.size)


def fubini(n: int) -> int:
    """The number of weak orders of n cells: choose the k lowest cells, which are equal, and rank the others."""
    return 1 if n == 0 else sum(comb(n, k) * fubini(n - k) for k in range(1, n + 1))


def every_order(case: Case) -> Iterator[Case]:
    """All cells in every weak order, below zero, so that no search may start from 0; for a gradient, with dy = 1."""
    for ranks in weak_orders(case.x.size):
        x = np.array(ranks, case.x.dtype).reshape(case.x.shape) - case.x.size
        yield replace(case, x=x, dy=np.ones_like(case.dy))


def weak_orders(n: int) -> Iterator[Ints]:
    """All tuples of n ranks that skip none between 0 and the highest."""
    for highest in range(n):
        yield from surjections(n, highest + 1)


def surjections(n: int, ranks: int) -> Iterator[Ints]:
    """All tuples of n entries that use each of this many ranks."""
    if n < ranks:
        return
    if n == 0:
        yield ()
        return
    for rest in surjections(n - 1, ranks):
        yield from ((*rest, rank) for rank in range(ranks))
    # Or the last entry alone has its rank.
    for rest in surjections(n - 1, ranks - 1) if ranks else ():
        yield from ((*(r + (r >= rank) for r in rest), rank) for rank in range(ranks))


# B: images of zeros and ones.


def every_image(rank: int, longest: int, taken: tuple[str, ...]) -> Iterator[Space]:
    """Every geometry within small bounds, with settings too if the callable takes any."""
    yield from without_settings(rank, min(longest, SOLID) if rank == 3 else longest)
    if taken:
        yield from with_settings(rank, longest, taken)


def bound_of_images(longest: int, settings: bool, solids: bool) -> str:
    """The bound on the axes of these images, in words."""
    return bounded("axes up to {}", longest, settings=LENGTH if settings else None, solids=SOLID if solids else None)


def bounded(text: str, most: int, settings: int | None = None, solids: int | None = None) -> str:
    """A bound in words, with any smaller bounds for settings and for three dimensions."""
    less = {"with settings": settings, "in three dimensions": solids}
    exceptions = [f"{bound} {where}" for where, bound in less.items() if bound is not None and bound < most]
    return f"for {text.format(most)}" + (f" ({', '.join(exceptions)})" if exceptions else "")


def zero_and_one(case: Case) -> Iterator[Case]:
    """x all zero; x zero except at one cell; and for each window, x zero inside and one outside."""
    yield case
    yield from (replace(case, x=x) for x in ones(case.x))
    for _, window in oracle.windows(case.geometry, case.x.shape):
        x = np.ones_like(case.x)
        x[window] = 0
        yield replace(case, x=x)


def one_maximum(case: Case) -> Iterator[Case]:
    """x zero except at one cell; dy a distinct power of two for each window with that cell, and zero for the others."""
    bits = int(finfo(case.dy.dtype).nmant) + 1
    powers = np.exp2(np.arange(case.dy.size) % bits).reshape(case.dy.shape).astype(case.dy.dtype)
    for x in ones(case.x):
        held = [bool(x[window].any()) for _, window in oracle.windows(case.geometry, x.shape)]
        yield replace(case, x=x, dy=powers * np.reshape(held, case.dy.shape).astype(case.dy.dtype))


def ones(array: Array) -> Iterator[Array]:
    """Zeros with a one at each place in turn."""
    for k in range(array.size):
        one = np.zeros_like(array)
        one.flat[k] = 1
        yield one


# C: impulses.


def impulses(case: Case) -> Iterator[Case]:
    """The operand zero except for a power of two, which differs from place to place; and one dense lattice."""
    name = "dy" if case.function in BACKWARD else "x"
    like = getattr(case, name)
    yield case.with_arrays(**{name: lattice(like)})
    for k, one in enumerate(ones(like)):
        yield case.with_arrays(**{name: one * like.dtype.type(2.0 ** (k % 8))})


def lattice(like: Array) -> Array:
    """Small integers of both signs, in which no two neighbours are equal."""
    return ((np.arange(like.size) * 7) % 11 - 5).astype(like.dtype).reshape(like.shape)


# D: surroundings of a window.


def small_images(rank: int, longest: int, taken: tuple[str, ...]) -> Iterator[Space]:
    """The same geometries, but with shorter axes, because windows are tried one by one."""
    return every_image(rank, min(longest, ALONE), taken)


def bound_of_small_images(longest: int, settings: bool, solids: bool) -> str:
    """The bound on the axes of these images, in words."""
    return bound_of_images(min(longest, ALONE), settings, solids)


def surroundings(case: Case) -> Iterator[Case]:
    """Each window in turn, with NaN and both infinities around it, one in each of three channels."""
    shape = (1, CHANNELS, *case.x.shape[2:])
    x = np.broadcast_to(lattice(case.x), shape).copy()
    wide = replace(case, x=x, dy=np.zeros((*shape[:2], *case.dy.shape[2:]), case.dy.dtype))
    for k in range(wide.dy.size):
        yield replace(wide, spot=(k + 0.5) / wide.dy.size)


def gradient_surroundings(case: Case) -> Iterator[Case]:
    """The same for a gradient: dy = 1 for that window alone."""
    for (_, window), dy in zip(oracle.windows(case.geometry, case.x.shape), ones(case.dy), strict=True):
        for outside in OUTSIDE:
            x = np.full_like(case.x, outside)
            x[window] = np.arange(case.x[window].size).reshape(case.x[window].shape)
            yield replace(case, x=x, dy=dy)


ORDER = Method(
    "every-order",
    "the answer depends only on the order of the window's cells (A)",
    every_window, bound_of_windows, number_of_orders, every_order,
)  # fmt: skip
MONOTONE = Method(
    "zero-and-one",
    "the function commutes with every non-decreasing map (B)",
    every_image, bound_of_images, lambda case: 1 + case.x.size + case.dy.size, zero_and_one,
)  # fmt: skip
UNIQUE = Method(
    "one-maximum",
    "dx is linear in dy, and where one cell of a window is largest its place decides (B)",
    every_image, bound_of_images, lambda case: case.x.size, one_maximum,
)  # fmt: skip
LINEAR = Method(
    "impulses",
    "the function is linear, up to rounding, which one dense case for each geometry samples (C)",
    every_image, bound_of_images, lambda case: 1 + (case.dy if case.function in BACKWARD else case.x).size, impulses,
)  # fmt: skip
LOCAL = Method(
    "surroundings",
    "what matters outside of a window matters as NaN or infinity all around it (D)",
    small_images, bound_of_small_images, lambda case: CHANNELS * case.dy.size, surroundings,
)  # fmt: skip
LOCAL_GRADIENT = Method(
    "surroundings",
    "what matters to a gradient outside of its window matters as infinity all around it (D)",
    small_images, bound_of_small_images, lambda case: len(OUTSIDE) * case.dy.size, gradient_surroundings,
)  # fmt: skip


def proofs() -> Iterator[Proof]:
    """All proofs: each law with its callables and methods."""
    plans = (
        (ORDER, ("max-value", "max-index", "tied-maxima")),
        (MONOTONE, ("max-value", "max-index")),
        (UNIQUE, ("max-accumulation",)),
        (LINEAR, ("mean-value", "mean-spread")),
        (LOCAL, ("locality",)),
        (LOCAL_GRADIENT, ("routing", "mean-spread")),
    )
    for method, laws in plans:
        for law in laws:
            for function in LAWS[law].plan.functions:
                yield Proof(LAWS[law], function, method)


PROOFS = {proof.name: proof for proof in proofs()}
