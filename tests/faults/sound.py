"""Sound ways to choose, refuse and answer that differ from the base; those of adding are in sums.py."""

import numpy as np
from poolproof.kernels.dtypes import lowest

from .base import Sound
from .general import General


class LastMaximum(Sound):
    """The last of tied maxima wins."""

    def winner(self, taps):
        return len(taps) - 1 - taps[::-1].argmax(axis=0)


class FirstDownTheColumns(Sound):
    """The first of tied maxima in column-major order wins."""

    def max_indices(self, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid).reshape(grid.fh, grid.fw, *grid.result).swapaxes(0, 1)
        column, row = np.divmod(self.winner(taps.reshape(grid.cells, *grid.result)), grid.fh)
        return self.pixels(row * grid.fw + column, grid)

    def max_backward(self, dy, x, size, stride):
        pixels = self.max_indices(x, size, stride)
        return self.scatter(self.gradient(dy), pixels, self.grid(x, size, stride)).astype(x.dtype)


class ShuffledTaps(Sound):
    """Windows are searched in an order without any pattern, the same in every call."""

    def winner(self, taps):
        order = np.random.default_rng(len(taps)).permutation(len(taps))
        return order[taps[order].argmax(axis=0)]


class SplitTies(Sound):
    """Tied maxima share the gradient evenly."""

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        tied = taps == taps.max(axis=0)
        return self.spread(tied * (self.gradient(dy) / np.maximum(tied.sum(axis=0), 1)), grid).astype(x.dtype)


class UnevenSplit(Sound):
    """Each later one of tied maxima gets more of the gradient: the k-th of m gets k / (1 + 2 + ... + m)."""

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        tied = taps == taps.max(axis=0)
        weights = tied * tied.cumsum(axis=0)
        return self.spread(weights / np.maximum(weights.sum(axis=0), 1) * self.gradient(dy), grid).astype(x.dtype)


class LastMaximumEverywhere(General):
    """The last of tied maxima wins, under all settings."""

    def first_maxima(self, x, windows):
        return super().first_maxima(x, windows[:, ::-1])


class IgnoresNaN(Sound):
    """A NaN never wins."""

    def winner(self, taps):
        return (
            np.where(np.isnan(taps), -np.inf, taps).argmax(axis=0) if taps.dtype.kind == "f" else super().winner(taps)
        )


class IgnoresNaNEverywhere(General):
    """A NaN never wins, under all settings; in a mean it does not count."""

    def winners(self, x, size, stride, padding, dilation, ceil_mode):
        x = np.where(np.isnan(x), lowest(x.dtype), x)
        return super().winners(x, size, stride, padding, dilation, ceil_mode)

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = np.where(np.isnan(x), x.dtype.type(0), x)
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class LowestAround(General):
    """The maximum is taken of a copy with the lowest number of the type around it."""

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if padding and not ceil_mode:
            around = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=lowest(x.dtype))
            return super().max_forward(around, size, stride, None, dilation)
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class AnswersInPadding(General):
    """A window wholly in padding has the lowest maximum, the index -1, the mean 0, and no gradient."""

    def without_maximum(self, x, windows, shape):
        i = self.first_maxima(x, windows)
        return np.where((windows < 0).all(axis=1), -1, i).reshape(*x.shape[:2], *shape)

    def taken(self, x, winners):
        return np.where(winners < 0, lowest(x.dtype), super().taken(x, np.maximum(winners, 0))).astype(x.dtype)

    def scattered(self, dy, winners, x):
        return super().scattered(np.where(winners < 0, 0, dy), np.maximum(winners, 0), x)

    def divisor(self, windows, size, count_include_pad):
        return np.maximum(super().divisor(windows, size, count_include_pad), 1)


class RefusesEdges(Sound):
    """Empty batches and arrays that are not contiguous are refused."""

    def grid(self, x, size, stride):
        if not x.size or not x.flags.c_contiguous or not x.flags.writeable:
            raise ValueError("contiguous arrays only")
        return super().grid(x, size, stride)


class RefusesMore(General):
    """Non-finite numbers are refused, as are windows larger than the image without its padding."""

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        gaps = dilation or (1,) * len(size)
        extents = [d * (f - 1) + 1 for d, f in zip(gaps, size, strict=True)]
        if not np.isfinite(x).all() or any(e > n for e, n in zip(extents, x.shape[2:], strict=True)):
            raise ValueError("finite numbers, and windows within the image")
        return super().windows(x, size, stride, padding, dilation, ceil_mode)


class FortranResults(Sound):
    """Results lie in column-major order."""

    def max_forward(self, x, size, stride):
        return np.asfortranarray(super().max_forward(x, size, stride))

    def mean_backward(self, dy, x, size, stride):
        return np.asfortranarray(super().mean_backward(dy, x, size, stride))


class _Formed(Sound):
    """All results take another form with the same values."""

    def max_forward(self, x, size, stride):
        return self.form(super().max_forward(x, size, stride))

    def max_backward(self, dy, x, size, stride):
        return self.form(super().max_backward(dy, x, size, stride))

    def mean_forward(self, x, size, stride):
        return self.form(super().mean_forward(x, size, stride))

    def mean_backward(self, dy, x, size, stride):
        return self.form(super().mean_backward(dy, x, size, stride))

    def max_indices(self, x, size, stride):
        return self.form(super().max_indices(x, size, stride))


class ChannelsLastResults(_Formed):
    """Channels lie next to each other in results."""

    def form(self, result):
        return np.moveaxis(np.moveaxis(result, 1, -1).copy(), -1, 1)


class TransposedResults(_Formed):
    """Columns of results lie next to each other."""

    def form(self, result):
        return result.swapaxes(2, 3).copy().swapaxes(2, 3)


class BackwardsResults(_Formed):
    """Results lie backwards in memory."""

    def form(self, result):
        return result[..., ::-1, ::-1].copy()[..., ::-1, ::-1]


class ViewsOfLargerMemory(_Formed):
    """Results are views of larger fresh arrays."""

    def form(self, result):
        return np.concatenate((result, result), axis=-1)[..., : result.shape[-1]]


class LockedResults(_Formed):
    """Results are read-only."""

    def form(self, result):
        result.flags.writeable = False
        return result


class _Image(np.ndarray):
    """An array of a library's own."""


class SubclassResults(_Formed):
    """Results are of a subclass of NumPy's arrays."""

    def form(self, result):
        return result.view(_Image)


class UnsignedIndices(Sound):
    """Indices are unsigned."""

    def max_indices(self, x, size, stride):
        return super().max_indices(x, size, stride).astype(np.uint32)
