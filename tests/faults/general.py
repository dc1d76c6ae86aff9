"""One sound implementation for every rank and setting, in short methods: faults in the settings override a few."""

from math import prod

import numpy as np

FLOATS = ("float16", "float32", "float64")
PADDED, PAST = -1, -2
"""Markers in place of a cell: a padded one, and one past the padded end."""


class General:
    """Windows are rows of a matrix (windows, taps) of places in the plane; the first maximum wins, sums are float64."""

    ranks = (1, 2, 3)

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return self.taken(x, self.winners(x, size, stride, padding, dilation, ceil_mode))

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return self.winners(x, size, stride, padding, dilation, ceil_mode)

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = self.winners(x, size, stride, padding, dilation, ceil_mode)
        return self.scattered(dy, winners, x)

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        if x.dtype.name not in FLOATS:
            raise TypeError(f"no mean of {x.dtype}")
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        plane = flat(x).astype(np.float64)
        sums = np.where(windows >= 0, plane[..., np.maximum(windows, 0)], 0).sum(axis=-1)
        means = sums / self.divisor(windows, size, count_include_pad)
        return means.reshape(*x.shape[:2], *shape).astype(x.dtype)

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        windows, _ = self.windows(x, size, stride, padding, dilation, ceil_mode)
        share = flat(dy).astype(np.float64) / self.backward_divisor(windows, size, count_include_pad)
        dx = np.zeros((prod(x.shape[:2]), prod(x.shape[2:])))
        window, tap = np.nonzero(windows >= 0)
        np.add.at(dx, (slice(None), windows[window, tap]), share.reshape(len(dx), len(windows))[:, window])
        return dx.reshape(x.shape).astype(x.dtype)

    def winners(self, x, size, stride, padding, dilation, ceil_mode):
        """The place of each window's first maximum."""
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        if (windows < 0).all(axis=1).any():
            return self.without_maximum(x, windows, shape)
        return self.first_maxima(x, windows).reshape(*x.shape[:2], *shape)

    def first_maxima(self, x, windows):
        """The places of first maxima, (N, C, windows): real cells precede others, so that the others win no tie."""
        order = np.argsort(windows < 0, axis=1, kind="stable")
        windows = np.take_along_axis(windows, order, axis=1)
        lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min if x.dtype.kind in "iu" else False
        cells = np.where(windows >= 0, flat(x)[..., np.maximum(windows, 0)], np.asarray(lowest, x.dtype))
        return windows[np.arange(len(windows)), cells.argmax(axis=-1)]

    def without_maximum(self, x, windows, shape):
        """What to do with windows wholly in padding."""
        raise ValueError("a window lies wholly in padding")

    def taken(self, x, winners):
        """The elements at these places."""
        return np.take_along_axis(flat(x), flat(winners), axis=-1).reshape(winners.shape)

    def scattered(self, dy, winners, x):
        """Each dy added at its place."""
        dx = np.zeros((prod(x.shape[:2]), prod(x.shape[2:])))
        planes, shape = np.arange(len(dx))[:, np.newaxis], (len(dx), prod(dy.shape[2:]))
        np.add.at(dx, (planes, winners.reshape(shape)), dy.reshape(shape).astype(np.float64))
        return dx.reshape(x.shape).astype(x.dtype)

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        """All windows in row-major order, and how many there are along each axis."""
        rank = len(size)
        padding, dilation = padding or ((0, 0),) * rank, dilation or (1,) * rank
        if min(*size, *stride, *dilation) < 1 or x.ndim != 2 + rank:
            raise ValueError("sizes, strides and dilations should be positive, one for each axis")
        each = zip(x.shape[2:], size, stride, self.padding(padding), self.dilation(dilation), strict=True)
        places = np.zeros((1, 1), np.int64)
        shape = []
        for axis, length in zip([self.axis(*one, ceil_mode) for one in each], x.shape[2:], strict=True):
            shape.append(len(axis))
            places = self.combined(places[:, np.newaxis, :, np.newaxis], axis[np.newaxis, :, np.newaxis, :], length)
        return places, tuple(shape)

    def combined(self, outer, inner, length):
        """The places of cells with one more axis."""
        places = np.where(np.minimum(outer, inner) < 0, np.minimum(outer, inner), outer * length + inner)
        return places.reshape(places.shape[0] * places.shape[1], -1)

    def padding(self, padding):
        """The padding that is used."""
        return padding

    def dilation(self, dilation):
        """The dilation that is used."""
        return dilation

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        """The cells of each window along an axis, (windows, taps)."""
        extent = self.extent(size, dilation)
        room = length + sum(pair) - extent
        if room < 0:
            raise ValueError(f"no window of {extent} fits into {length + sum(pair)}")
        starts = np.arange(self.count(length, room, stride, pair, ceil_mode)) * stride - pair[0]
        cells = starts[:, np.newaxis] + np.arange(size) * dilation
        return np.where((cells >= 0) & (cells < length), cells, np.where(cells < length + pair[1], PADDED, PAST))

    def extent(self, size, dilation):
        """The number of cells from the first to the last of a window."""
        return dilation * (size - 1) + 1

    def count(self, length, room, stride, pair, ceil_mode):
        """The number of windows along an axis."""
        count = room // stride + 1
        return count + bool(ceil_mode and room % stride and count * stride < length + pair[0])

    def divisor(self, windows, size, count_include_pad):
        """The divisor of a mean."""
        return (windows > PAST).sum(axis=1) if count_include_pad else (windows >= 0).sum(axis=1)

    def backward_divisor(self, windows, size, count_include_pad):
        """The divisor of its gradient."""
        return self.divisor(windows, size, count_include_pad)


def flat(array):
    """All axes except the first two as one."""
    return array.reshape(*array.shape[:2], prod(array.shape[2:]))
