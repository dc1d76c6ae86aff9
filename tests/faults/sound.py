"""Sound ways to pool that differ from the base: the laws must accept them."""

import math

import numpy as np

from .base import Sound


class LastMaximum(Sound):
    """The last of several equal maxima wins."""

    def winner(self, taps):
        return len(taps) - 1 - taps[::-1].argmax(axis=0)


class SplitTies(Sound):
    """Equal maxima share the gradient evenly."""

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        tied = taps == taps.max(axis=0)
        return self.spread(tied * (self.gradient(dy) / np.maximum(tied.sum(axis=0), 1)), grid).astype(x.dtype)


class OwnDtypeMean(Sound):
    """Sums are kept in the dtype of x, pairwise."""

    def total(self, taps):
        return taps.sum(axis=0, dtype=taps.dtype)


class ReciprocalMean(Sound):
    """The mean multiplies by 1/n."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        total = self.taps(self.floats(x), grid).sum(axis=0, dtype=x.dtype)
        return total * x.dtype.type(1 / grid.cells)


class DividesFirst(Sound):
    """Every cell is divided before the sum."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        return (self.taps(self.floats(x), grid) / x.dtype.type(grid.cells)).sum(axis=0, dtype=x.dtype)


class CorrectlyRoundedSum(Sound):
    """Sums are correctly rounded."""

    def total(self, taps):
        flat = taps.reshape(len(taps), -1).astype(np.float64)
        return np.array([math.fsum(column) for column in flat.T]).reshape(taps.shape[1:])


class ReversedSum(Sound):
    """Taps are added from the last to the first."""

    def total(self, taps):
        return taps[::-1].sum(axis=0, dtype=np.float64)


class FortranResults(Sound):
    """Results lie in column-major order."""

    def max_forward(self, x, size, stride):
        return np.asfortranarray(super().max_forward(x, size, stride))

    def mean_backward(self, dy, x, size, stride):
        return np.asfortranarray(super().mean_backward(dy, x, size, stride))


class ViewsOfLargerMemory(Sound):
    """Results are views of larger fresh arrays."""

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return np.concatenate((y, y), axis=-1)[..., : y.shape[-1]]


class IgnoresNaN(Sound):
    """A NaN never wins."""

    def winner(self, taps):
        return (
            np.where(np.isnan(taps), -np.inf, taps).argmax(axis=0) if taps.dtype.kind == "f" else super().winner(taps)
        )


class RefusesEdges(Sound):
    """An empty batch, and arrays that are not contiguous, are refused."""

    def grid(self, x, size, stride):
        if not x.size or not x.flags.c_contiguous or not x.flags.writeable:
            raise ValueError("contiguous arrays only")
        return super().grid(x, size, stride)
