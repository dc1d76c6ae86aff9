"""How public benchmarks of generated kernels test pooling: how they call a kernel with their problems, and judge it.

The right answer is a reference kernel's instead of PyTorch's. On these inputs, which have neither NaN nor infinities,
the two are the same; `tests/corpus/test_benchmarks.py` compares them if PyTorch is installed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from poolproof.kernels import img2col

from .kernel import Asked
from .problems import LARGE, SMALL, Problem


@dataclass(frozen=True)
class Benchmark:
    """How a benchmark judges a kernel: on problems, forward and perhaps backward, in trials with fresh numbers."""

    about: str
    source: str
    forward: tuple[Problem, ...]
    draw: Callable
    rule: Callable
    trials: int = 1
    dtype: str = "float32"
    backward: tuple[Problem, ...] = ()
    shares_input: bool = False
    """Whether the kernel is called before the reference, on the same array, and again after it."""
    images: tuple[dict, ...] = (SMALL, LARGE)
    """How images are reduced: for all trials, and for one more trial each."""

    @property
    def directions(self):
        """The tested directions, in words."""
        return "forward only" if not self.backward else "both" if len(self.backward) > 1 else "backward once"

    def __call__(self, implementation):
        """Raise the error of a failing kernel; problems that an implementation does not offer or take are left out."""
        kernel = Asked(implementation)
        for direction in ("forward", "backward"):
            for problem in getattr(self, direction):
                if ask := way(kernel, problem, direction, self.dtype):
                    for trial, cut in enumerate(self.cut(problem)):
                        self.tried(ask, cut, direction, trial)

    def cut(self, problem):
        """The problem of each trial; images that are the same after reduction count once."""
        usual, *more = dict.fromkeys(problem.cut(longest) for longest in self.images)
        return [usual] * self.trials + more

    def tried(self, ask, problem, direction, trial):
        """One trial."""
        arrays = [each.copy() for each in drawn(self.draw, problem, direction, self.dtype, trial)]
        result = ask(*arrays)
        if direction == "forward" and self.shares_input:
            right, again = pooled(problem, direction, *arrays), ask(*arrays)
            self.rule(again, right, problem)
        else:
            right = truth(self.draw, problem, direction, self.dtype, trial)
        self.rule(result, right, problem)


@cache
def drawn(draw, problem, direction, dtype, trial):
    """The arrays of a call: x, or dy and x."""
    random = np.random.default_rng(trial)
    x = draw(random, problem.shape).astype(dtype)
    if direction == "forward":
        return (x,)
    return random.standard_normal(pooled(problem, "forward", x).shape).astype(dtype), x


@cache
def truth(draw, problem, direction, dtype, trial):
    """The right answer."""
    return pooled(problem, direction, *drawn(draw, problem, direction, dtype, trial))


def pooled(problem, direction, *arrays):
    """The result of a reference kernel."""
    return getattr(img2col, f"{problem.kind}_{direction}")(*arrays, problem.size, problem.stride, **problem.settings)


def way(kernel, problem, direction, dtype):
    """How to call a kernel with a problem: a function of the problem's arrays, or None if it is impossible.

    A kernel without padding gets padded images, one without dilation gets the cells of each window side by side, and
    one for planes only gets lines as planes of one row. There is no such way for images of three axes.
    """
    function = f"{problem.kind}_{direction}"
    if kernel.takes(function, dtype, problem.size, problem.settings):
        return lambda *arrays: kernel.ask(function, *arrays, **problem.windows)
    if len(problem.size) == 1:
        plane = way(kernel, as_planes(problem), direction, dtype)
        return plane and (lambda *lines: plane(*(line[:, :, np.newaxis] for line in lines)).squeeze(axis=2))
    if np.any(problem.padding) and problem.counts_padding:
        larger = way(kernel, replace(problem, padding=((0, 0),) * len(problem.size)), direction, dtype)
        return larger and around(larger, problem, direction)
    if max(problem.dilation) > 1 and direction == "forward" and not problem.ceil_mode:
        apart = replace(problem, stride=problem.size, dilation=(1,) * len(problem.size))
        tiles = way(kernel, apart, direction, dtype)
        return tiles and (lambda x: tiles(side_by_side(x, problem)))
    return None


def as_planes(problem):
    """The same pooling on planes of one row."""
    n, c, length = problem.shape
    one = {"shape": (n, c, 1, length), "size": (1, *problem.size), "stride": (1, *problem.stride)}
    return replace(problem, **one, padding=((0, 0), *problem.padding), dilation=(1, *problem.dilation))


def side_by_side(x, problem):
    """An image on which the windows of a problem without padding neither overlap nor have gaps."""
    for axis, (size, stride, gap) in enumerate(zip(problem.size, problem.stride, problem.dilation, strict=True), 2):
        starts = np.arange(0, x.shape[axis] - gap * (size - 1), stride)
        x = x.take((starts[:, np.newaxis] + gap * np.arange(size)).ravel(), axis)
    return x


def around(ask, problem, direction):
    """A call with a padded image; of its gradient, the part of the real cells is returned."""
    fill = -np.inf if problem.kind == "max" else 0
    real = (..., *(slice(before, -after or None) for before, after in problem.padding))

    def padded(*arrays):
        *dy, x = arrays
        result = ask(*dy, np.pad(x, ((0, 0), (0, 0), *problem.padding), constant_values=fill))
        return result if direction == "forward" else result[real]

    return padded
