"""Implementations to measure side by side: our kernels, each in its forms, and textbook code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from poolproof.kernels import compiled, img2col
from poolproof.kernels.compiled import plans
from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Geometry

from .workloads import Workload

REMEMBERED, STATELESS = "remembered", "stateless"
"""Forms of max pooling: forward finds the indices that backward needs; or only values, and backward searches again.

Mean pooling has one form, the empty one.
"""

MOST_COLUMNS = 1 << 30
"""The most bytes of a textbook's column matrix; a larger one is not tried."""


class Lacking(Exception):
    """A method cannot do a workload. The message says why, in a few words."""


@dataclass(frozen=True)
class BoundWay:
    """A way with its inputs bound: forward() returns y and what it keeps, and backward(kept) returns dx.

    `backward` is None for a method without one. `array` converts y or dx to an array, outside the measured time.
    """

    forward: Callable[[], tuple[Any, Any]]
    backward: Callable[[Any], Any] | None
    array: Callable[[Any], Array] = np.asarray


@dataclass(frozen=True)
class Way:
    """An implementation in one form; `make` binds a workload's x and dy and a number of threads, or raises Lacking.

    `exact`: the results must equal those of our kernels. `remark` is explained below the tables.
    """

    name: str
    form: str
    make: Callable[[Workload, Array, Array, int], BoundWay]
    exact: bool = False
    remark: str = ""


def own(kind: str, threads: int) -> list[Way]:
    """Our kernels and the textbook's methods; with several threads, only those that can use them."""
    one = STATELESS if kind == "max" else ""
    other = REMEMBERED if kind == "max" else ""
    ready = Way(compiled.name, other, by_loops, exact=True, remark="r")
    if threads > 1:
        return [*forms(compiled, kind), ready]
    textbook = [Way("textbook numba", one, textbook_loops), Way("textbook img2col", other, textbook_columns)]
    return [*forms(compiled, kind), ready, *forms(img2col, kind), *textbook]


def forms(kernel: Any, kind: str) -> list[Way]:
    """One of our kernels in each of its forms."""
    if kind == "mean":
        return [Way(kernel.name, "", by_contract(kernel), exact=True)]
    return [
        Way(kernel.name, REMEMBERED, by_memory(kernel), exact=True),
        Way(kernel.name, STATELESS, by_contract(kernel), exact=True),
    ]


def by_loops(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:
    """The loops of the compiled kernel, run as its functions run them, but into results allocated once."""
    geometry = Geometry.of(work.size, work.stride, rank=2)
    y, dx, argmax = np.empty(work.output, x.dtype), np.empty(work.shape, x.dtype), np.empty(work.output, np.int32)
    there = plans.plan(f"{work.kind}_forward", geometry, x.shape, x.dtype)
    back, found, given = plans.plan("mean_backward", geometry, x.shape, x.dtype), [], []
    if work.kind == "max":
        back = plans.scattering_plan(dy.shape, x.shape, x.dtype)
        found, given = [argmax.reshape(there.target)], [plans.as_input(argmax, back.source)]

    def forward() -> tuple[Array, None]:
        plans.run(there, threads, x, y, *found)
        return y, None

    def backward(_: None) -> Array:
        plans.run(back, threads, dy, dx, *given)
        return dx

    return BoundWay(forward, backward)


def by_memory(kernel: Any) -> Callable[[Workload, Array, Array, int], BoundWay]:
    """Maxima as the layer computes them, with what forward remembers."""

    def make(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:
        window, more = (work.size, work.stride), in_threads(threads)
        # The compiled kernel remembers indices in the plane; taps, which img2col remembers, need the window again.
        known = (x.shape, x.dtype) if kernel is compiled else (x.shape, x.dtype, *window)
        return BoundWay(
            lambda: kernel.max_forward_argmax(x, *window, **more),
            lambda kept: kernel.max_backward_argmax(dy, kept, *known, **more),
        )

    return make


def by_contract(kernel: Any) -> Callable[[Workload, Array, Array, int], BoundWay]:
    """The functions of the contract, which remember nothing."""

    def make(work: Workload, x: Array, dy: Array, threads: int) -> BoundWay:
        window, more = (work.size, work.stride), in_threads(threads)
        forward, backward = getattr(kernel, f"{work.kind}_forward"), getattr(kernel, f"{work.kind}_backward")
        return BoundWay(
            lambda: (forward(x, *window, **more), x),
            lambda kept: backward(dy, kept, *window, **more),
        )

    return make


def in_threads(threads: int) -> dict[str, int]:
    """The `threads` keyword of our kernels, unless it has its default of one."""
    return {"threads": threads} if threads > 1 else {}


def textbook_loops(work: Workload, x: Array, dy: Array, _: int) -> BoundWay:
    """The textbook's loops, compiled by numba."""
    from . import textbook

    forward, backward = getattr(textbook, f"{work.kind}_forward"), getattr(textbook, f"{work.kind}_backward")
    return BoundWay(
        lambda: (forward(x, work.size, work.stride), x),
        lambda kept: backward(dy, kept, work.size, work.stride),
    )


def textbook_columns(work: Workload, x: Array, dy: Array, _: int) -> BoundWay:
    """The textbook's column matrix."""
    from . import textbook

    size = work.taps * np.dtype(np.float64).itemsize
    if size > MOST_COLUMNS:
        raise Lacking(f"would need a column matrix of {size / 1e9:.1f} GB")
    forward, backward = (getattr(textbook, f"{work.kind}_{which}_columns") for which in ("forward", "backward"))
    return BoundWay(
        lambda: forward(x, work.size, work.stride, work.output),
        lambda kept: backward(dy, kept, x.shape, work.size, work.stride),
    )
