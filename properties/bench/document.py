"""The textbook chapter's measurement on our kernels: a batch of 64 samples, forward and backward, 5000 times.

The document reports 17.54 s for its numba method and 22.52 s for its img2col method (5000 passes over a batch of shape
(64, 3, 28, 28), window 2x2, stride 2, max), its own compile time included.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from poolproof.kernels import naive
from poolproof.kernels.dtypes import Array
from poolproof.kernels.layer import PoolingLayer

SHAPE, SIZE, STRIDE = (64, 3, 28, 28), (2, 2), (2, 2)
NAIVE_SHARE = 500
"""The naive kernel runs one pass for this many passes of the others."""

ROUNDS = 10
"""The number of rounds in which methods take turns, so that a slow moment of the machine affects all of them."""

Pass = Callable[[], tuple[Array, Array]]


def bench(repeats: int) -> Iterator[str]:
    """The measurement, line by line."""
    source = np.random.default_rng(0)
    x = source.standard_normal(SHAPE)
    delta = source.random((*SHAPE[:2], 14, 14))
    yield f"{repeats:,} x forward + backward, max, x {SHAPE} {x.dtype}, window 2x2, stride 2"
    layer = PoolingLayer(SHAPE[1:], SIZE, STRIDE, "MAX")
    methods: dict[str, Pass] = {
        "numba": lambda: (layer.forward_numba(x), layer.backward_numba(delta, 0)),
        "img2col": lambda: (layer.forward_img2col(x), layer.backward_col2img(delta, 0)),
    }
    first = {name: timed(method) for name, method in methods.items()}
    yield f"first call of numba, compiling or loading from the cache: {first['numba'][0]:.3f} s, not counted below"
    spent = measured(methods, repeats)
    yield from (line(name, seconds, repeats) for name, seconds in spent.items())
    yield naive_line(x, delta, repeats)
    yield f"img2col / numba: {spent['img2col'] / spent['numba']:.2f} (the document: 22.52 s / 17.54 s = 1.28)"
    yield from agreement(x, delta, {name: answer for name, (_, answer) in first.items()})


def measured(methods: dict[str, Pass], repeats: int) -> dict[str, float]:
    """Seconds that each method spends on all its passes: the median of interleaved rounds, scaled to all passes."""
    rounds = min(ROUNDS, repeats)
    share = repeats / rounds
    spent: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            spent[name].append(repeated(method, max(1, round(share))))
    return {name: statistics.median(each) * repeats for name, each in spent.items()}


def repeated(method: Pass, count: int) -> float:
    """Seconds per pass, averaged over `count` passes."""
    began = time.perf_counter()
    for _ in range(count):
        method()
    return (time.perf_counter() - began) / count


def naive_line(x: Array, delta: Array, repeats: int) -> str:
    """The naive kernel's line, scaled from fewer passes and marked as such."""
    count = max(1, repeats // NAIVE_SHARE)
    seconds = repeated(lambda: passes(naive, x, delta), count)
    return f"{line('naive', seconds * repeats, repeats)} (scaled from {count})"


def agreement(x: Array, delta: Array, answers: dict[str, tuple[Array, Array]]) -> Iterator[str]:
    """Whether every method returns the bits of the naive kernel."""
    expected = passes(naive, x, delta)
    for place, what in enumerate(("forward", "backward")):
        same = all(answer[place].tobytes() == expected[place].tobytes() for answer in answers.values())
        yield f"{what}: {same}"


def passes(kernel: ModuleType, x: Array, delta: Array) -> tuple[Array, Array]:
    """One pass of a kernel, whose backward remembers nothing of its forward."""
    return kernel.max_forward(x, SIZE, STRIDE), kernel.max_backward(delta, x, SIZE, STRIDE)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that `work` takes, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def line(name: str, seconds: float, repeats: int) -> str:
    """The line of one method."""
    return f"{name:8} {seconds:9.2f} s   {seconds / repeats * 1e6:8.0f} us a pass"
