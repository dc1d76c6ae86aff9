"""Tied maxima share one gradient; here they get too much of it, too little, or it goes to the wrong cells."""

import numpy as np

from .base import Sound


class _Masked(Sound):
    """max_backward with weights for the taps of each window."""

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        return self.spread(self.weights(taps, grid) * self.gradient(dy), grid).astype(x.dtype)

    def weights(self, taps, grid):
        """The weights of the taps in the gradient of their window: one for the first maximum, zero for the others."""
        return np.arange(len(taps)).reshape(-1, 1, 1, 1, 1) == self.winner(taps)


def maxima(taps):
    """Where the maxima of each window are."""
    return taps == taps.max(axis=0)


class EveryTie(_Masked):
    """Every tied maximum gets the whole gradient."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"
    models = "Theano 5248"

    def weights(self, taps, grid):
        return maxima(taps)


class EveryTieWhereWindowsTile(_Masked):
    """Every tied maximum gets the whole gradient on the fast path for a stride that equals the window."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        tiling = (grid.fh, grid.fw) == (grid.sh, grid.sw)
        return maxima(taps) if tiling else super().weights(taps, grid)


class EqualPixelsOfPlane(Sound):
    """Every pixel of the plane that equals the maximum of a window gets its gradient."""

    laws = ("tied-maxima",)
    mistake = "ties"

    def max_backward(self, dy, x, size, stride):
        dx, y = np.zeros(x.shape), self.max_forward(x, size, stride)
        for i, j in np.ndindex(y.shape[2:]):
            dx += (x == y[:, :, i : i + 1, j : j + 1]) * self.gradient(dy)[:, :, i : i + 1, j : j + 1]
        return dx.astype(x.dtype)


class EqualCellsOfBatch(_Masked):
    """A cell that equals the maximum of the same window in any sample counts as a maximum too."""

    laws = ("tied-maxima", "routing")
    mistake = "planes"

    def weights(self, taps, grid):
        highest = taps.max(axis=0)
        equal = [taps == highest[sample] for sample in range(grid.n)]
        return np.any(equal, axis=0) if equal else maxima(taps)


class TiesDropped(_Masked):
    """A window with tied maxima passes no gradient."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        return maxima(taps) & (maxima(taps).sum(axis=0) == 1)


class SplitByArea(_Masked):
    """Tied maxima get the gradient divided by the cells of the window, not by the number of ties."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        tied = maxima(taps)
        return np.where(tied.sum(axis=0) > 1, tied / len(taps), tied)


class SplitByCountOfBatch(_Masked):
    """Tied maxima get the gradient divided by the number of maxima in the same window of all samples."""

    laws = ("routing", "conservation")
    mistake = "planes"

    def weights(self, taps, grid):
        tied = maxima(taps)
        return tied / np.maximum(tied.sum(axis=(0, 1), keepdims=True), 1)


class HalvesForThree(_Masked):
    """Tied maxima get half of the gradient each, however many there are."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        tied = maxima(taps)
        return np.where(tied.sum(axis=0) > 1, tied / 2, tied)


class FirstAndLast(_Masked):
    """A scan from either end marks its winner: the first and the last of tied maxima both get the whole gradient."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        return super().weights(taps, grid) | super().weights(taps[::-1], grid)[::-1]


class FirstOfEachRow(_Masked):
    """The first maximum in each row of the window gets the whole gradient, where the row reaches the maximum."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        tied = maxima(taps).reshape(grid.fh, grid.fw, *grid.result)
        return (tied & (tied.cumsum(axis=1) == 1)).reshape(taps.shape)


class NoGradientAtZero(_Masked):
    """A ReLU fused into the backward pass: where the maximum is zero, no gradient passes."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def weights(self, taps, grid):
        return super().weights(taps, grid) & (taps.max(axis=0) != 0)


class NearlyEqual(_Masked):
    """All cells within a relative 1e-5 of the maximum get the whole gradient."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"
    models = "tensorflow-max-pool3d-gradient"

    def weights(self, taps, grid):
        return np.isclose(taps, taps.max(axis=0), rtol=1e-5, atol=0)


class RowAndColumnApart(Sound):
    """The first row and the first column that hold the maximum are sought apart: of two ties, they may name a third."""

    laws = ("max-index", "tied-maxima")
    mistake = "ties"

    def max_indices(self, x, size, stride):
        return self.where(x, self.grid(x, size, stride))

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        return self.scatter(self.gradient(dy), self.where(x, grid), grid).astype(x.dtype)

    def where(self, x, grid):
        """The pixels in the first row and the first column of each window that hold its maximum."""
        taps = self.taps(x, grid)
        best = (taps == taps.max(axis=0)).reshape(grid.fh, grid.fw, *grid.result)
        return self.pixels(best.any(axis=1).argmax(axis=0) * grid.fw + best.any(axis=0).argmax(axis=0), grid)
