"""Sound ways that are unusual where models of reports go wrong: layouts, blocks, locks, caches, wide integers."""

import threading

import numpy as np

from .addresses import is_last
from .general import General, flat

EVERY_DTYPE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


class _Through(General):
    """Arrays change their form, but not their values, before a call."""

    dtypes = EVERY_DTYPE

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return super().max_forward(self.form(x), size, stride, padding, dilation, ceil_mode)

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return super().max_indices(self.form(x), size, stride, padding, dilation, ceil_mode)

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        return super().mean_forward(self.form(x), size, stride, padding, dilation, ceil_mode, count_include_pad)

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return super().max_backward(self.form(dy), self.form(x), size, stride, padding, dilation, ceil_mode)

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dy, x = self.form(dy), self.form(x)
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class CopiesToCOrder(_Through):
    """Arrays that are not in C order are copied first."""

    def form(self, array):
        return np.ascontiguousarray(array)


class CopiesToChannelsLast(_Through):
    """All arrays are copied to channels-last."""

    def form(self, array):
        return np.moveaxis(np.moveaxis(array, 1, -1).copy(order="C"), -1, 1)


class RefusesLayouts(_Through):
    """Arrays that are not in C order are refused."""

    def form(self, array):
        if not array.flags.c_contiguous:
            raise ValueError("x and dy should be in C order")
        return array


class LiesLikeImage(General):
    """dx is channels-last if x is."""

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        return like(x, super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode))

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        return like(x, super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad))


class BlocksOf48Channels(General):
    """Channels are pooled in blocks of 48, the last of which may be shorter."""

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        pool = super().max_forward
        parts = [pool(x[:, c], size, stride, padding, dilation, ceil_mode) for c in blocks(x)]
        return np.concatenate(parts, axis=1)

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        pool = super().max_backward
        parts = [pool(dy[:, c], x[:, c], size, stride, padding, dilation, ceil_mode) for c in blocks(x)]
        return np.concatenate(parts, axis=1)


class PartialMaxima(General):
    """Large windows are searched in blocks of 1,024 cells, and the first block with the largest maximum wins."""

    dtypes = EVERY_DTYPE

    def first_maxima(self, x, windows):
        blocks = [windows[:, start : start + 1024] for start in range(0, windows.shape[1], 1024)]
        if len(blocks) == 1 or (windows < 0).any():
            return super().first_maxima(x, windows)
        places = np.stack([super(PartialMaxima, self).first_maxima(x, block) for block in blocks])
        values = np.stack([np.take_along_axis(flat(x), each, axis=-1) for each in places])
        return np.take_along_axis(places, values.argmax(axis=0)[np.newaxis], axis=0)[0]


class LockedScratch(General):
    """All calls share one buffer, behind a lock."""

    dtypes = EVERY_DTYPE

    def __init__(self):
        self.lock, self.scratch = threading.Lock(), {}

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        with self.lock:
            scratch = self.scratch.setdefault((x.shape, x.dtype), np.empty_like(x, order="C"))
            scratch[...] = x
            return super().max_forward(scratch, size, stride, padding, dilation, ceil_mode)


class ScratchOfEachThread(General):
    """Each thread has a buffer of its own."""

    dtypes = EVERY_DTYPE

    def __init__(self):
        self.own = threading.local()

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        self.own.scratch = np.empty_like(x, order="C")
        self.own.scratch[...] = x
        return super().max_indices(self.own.scratch, size, stride, padding, dilation, ceil_mode)


class ClearedSums(General):
    """Gradients are summed in memory that is reused, cleared before each call, and copied after it."""

    def __init__(self):
        self.lock, self.sums = threading.RLock(), np.zeros(0)

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        with self.lock:
            self.sums = self.sums if len(self.sums) >= x.size else np.empty(x.size)
            self.sums[...] = 0
            self.sums[: x.size] += dx.ravel()
            return self.sums[: x.size].reshape(x.shape).astype(x.dtype)


class RemembersWhole(General):
    """Answers are cached by everything that they depend on, and returned as copies."""

    dtypes = EVERY_DTYPE

    def __init__(self):
        self.kept = {}

    def winners(self, x, size, stride, padding, dilation, ceil_mode):
        key = (x.tobytes(), x.shape, x.dtype, size, stride, padding, dilation, ceil_mode)
        if key not in self.kept:
            self.kept[key] = super().winners(x, size, stride, padding, dilation, ceil_mode)
        return self.kept[key].copy()


class WideIntegers(General):
    """Integers are compared as Python's, which have any width."""

    dtypes = EVERY_DTYPE

    def first_maxima(self, x, windows):
        if x.dtype.kind not in "iub" or (windows < 0).any():
            return super().first_maxima(x, windows)
        cells = flat(x).astype(object)[..., windows]
        best = (cells == cells.max(axis=-1, keepdims=True)).argmax(axis=-1)
        return windows[np.arange(len(windows)), best]


def like(x, dx):
    """dx as channels-last, if x is."""
    return np.moveaxis(np.moveaxis(dx, 1, -1).copy(order="C"), -1, 1) if is_last(x) else dx


def blocks(x):
    """Blocks of 48 channels, the last of which may be shorter."""
    return [slice(start, start + 48) for start in range(0, x.shape[1], 48)]
