"""Kernels in plain loops with one mistake each, and the mistake that a failing law names."""

from types import SimpleNamespace

import numpy as np
from msgspec import UNSET
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap


def named(law, dtype="float64", ranks=(2,), **kernels):
    """The mistake that a law names first for kernels of one dtype; empty if it names none."""
    target = wrap(SimpleNamespace(**kernels, dtypes=(dtype,), ranks=ranks), "planted")
    found = run(LAWS[law], target, TrialSettings(seed=0)).counterexample
    assert found is not None, "the law holds"
    return "" if found.mistakes is UNSET else found.mistakes[0]


def output(x, size, stride):
    """The number of windows along each axis."""
    return tuple((n - f) // s + 1 for n, f, s in zip(x.shape[2:], size, stride, strict=True))


def each_window(x, size, stride, count=None):
    """The place of each window and its cells; `count`: the number of windows along each axis."""
    for n, c in np.ndindex(x.shape[:2]):
        for i, j in np.ndindex(count or output(x, size, stride)):
            rows, columns = slice(i * stride[0], i * stride[0] + size[0]), slice(j * stride[1], j * stride[1] + size[1])
            yield (n, c, i, j), (n, c, rows, columns)


def pooled(x, size, stride, choose, count=None, window=None):
    """The result of `choose` for each window; `window` is the size that is read."""
    y = np.zeros((*x.shape[:2], *(count or output(x, size, stride))), x.dtype)
    for place, cells in each_window(x, window or size, stride, y.shape[2:]):
        y[place] = choose(x[cells])
    return y


def passed_back(dy, x, size, stride, share, count=None, window=None):
    """The gradient in which each window passes back `share` of its own gradient and its cells."""
    dx = np.zeros(x.shape, dy.dtype)
    for place, cells in each_window(x, window or size, stride, count or dy.shape[2:]):
        dx[cells] += share(dy[place], x[cells])
    return dx


def to_maximum(d, cells):
    """The gradient at the first maximum."""
    found = np.zeros(cells.shape, cells.dtype)
    found.flat[cells.argmax()] = d
    return found


def spread_evenly(d, cells):
    """The gradient divided by the number of cells."""
    return np.full(cells.shape, d / cells.size)
