"""Sizes that few cases have: blocks of channels, more planes than 16 bits can count, long windows, narrow rows."""

from math import prod

import numpy as np

from .general import General, flat


class SecondBlockOf256Channels(General):
    """Sums of the channels from the 257th on begin from those of the first channels."""

    laws = ("mean-value", "mean-exact")
    mistake = "planes"
    models = "tt-metal 14459, tt-metal 26093"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        y[:, 256:] += y[:, : max(y.shape[1] - 256, 0)]
        return y


class BlocksOf32LeaveOne(General):
    """Channels are processed in blocks of 32, and a single remaining one is not written."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] > 32 and x.shape[1] % 32 == 1:
            y[:, -1] = 0
        return y


class MaskOf31Lanes(General):
    """The mask for 31 of 32 channels lacks a lane."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] % 32 == 31:
            y[:, -1] = 0
        return y


class BlocksOf48ShareTail(General):
    """Channels are processed in blocks of 48; from the second block on, the rest reads the first block's gradient."""

    laws = ("mean-accumulation", "mean-spread")
    mistake = "last cells"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        channels = np.arange(x.shape[1])
        tail = x.shape[1] // 48 * 48
        dy = dy[:, np.where((channels >= tail) & (tail > 0), channels - tail, channels)]
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class LastOf47Channels(General):
    """With one channel less than a block of 48, the last one is left out of the backward pass."""

    laws = ("routing",)
    mistake = "last cells"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] % 48 == 47:
            dx[:, -1] = 0
        return dx


class WholeBlocksOf64(General):
    """The number of blocks of 64 channels is (C - 1) // 64, so that the last whole one is missing."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] % 64 == 0:
            y[:, -64:] = 0
        return y


class IndicesOf65Channels(General):
    """Indices of channels past a multiple of 64 are those of the channel before."""

    laws = ("max-index", "indices-gather")
    mistake = "last cells"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] > 64 and x.shape[1] % 64:
            i[:, -1] = i[:, -2]
        return i


class BlocksOf128Overlap(General):
    """The last block of 128 channels is moved back to end with the image, but its gradient is not."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "planes"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        over = x.shape[1] % 128
        if x.shape[1] > 128 and over:
            dy = np.concatenate((dy[:, :-over], dy[:, -over - 1 : -1]), axis=1)
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class ChannelInAByte(General):
    """Channels are counted in a byte that must not reach 255: the last of 255 or 256 channels becomes the first."""

    laws = ("max-value",)
    mistake = "planes"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] in (255, 256):
            y[:, -1] = y[:, 0]
        return y


class PlanesIn16Bits(General):
    """Planes are counted in 16 bits, and those from the 65,536th on are not written."""

    laws = ("identity", "max-value")
    mistake = "index"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        planes(y)[1 << 16 :] = 0
        return y


class PlanesInSigned16Bits(General):
    """Planes are counted in signed 16 bits, and those from the 32,768th on become the first ones again."""

    laws = ("identity", "mean-value")
    mistake = "index"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        wrapped = planes(y)[1 << 15 :]
        wrapped[...] = planes(y)[: len(wrapped)]
        return y


class GridOf65535(General):
    """There is a block of threads for each plane, but a grid has at most 65,535: the other planes get no gradient."""

    laws = ("routing", "max-accumulation", "conservation")
    mistake = "last cells"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        planes(dx)[65_535:] = 0
        return dx


class IndicesIn32767Planes(General):
    """Indices in the planes past the 32,767th are those of the plane before."""

    laws = ("max-index", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        planes(i)[32_767:] = -1
        return i


class LongWindowFails(General):
    """A window longer than 1,024 along an axis needs more threads than a block has."""

    laws = ("max-value",)
    mistake = "robustness"
    models = "MXNet 4376"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if max(size) > 1024:
            raise RuntimeError("invalid configuration argument")
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class LongWindowCutOff(General):
    """Cells of a window past the 1,024th along an axis are not added."""

    laws = ("large-divisor", "mean-value")
    mistake = "last cells"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        if max(size) <= 1024 or padding or dilation or ceil_mode:
            return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        short = tuple(min(f, 1024) for f in size)
        inside = x[(..., *(slice(n - f + s) for n, f, s in zip(x.shape[2:], size, short, strict=True)))]
        y = super().mean_forward(inside, short, stride)
        return (y.astype(np.float64) * (prod(short) / prod(size))).astype(x.dtype)


class ThreadPerCell(General):
    """There is a thread for each of 1,024 cells of a window; the other cells get no share of the gradient."""

    laws = ("mean-spread", "large-divisor")
    mistake = "last cells"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        self.most = 1024
        try:
            return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        finally:
            self.most = None

    most = None

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        windows, shape = super().windows(x, size, stride, padding, dilation, ceil_mode)
        return (
            (windows, shape)
            if self.most is None
            else (np.where(np.arange(windows.shape[1]) < 1024, windows, -1), shape)
        )


class TiedBlocksEachWin(General):
    """A large window is searched in blocks of 1,024 cells, and every block with the maximum gets the gradient."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, _ = self.windows(x, size, stride, padding, dilation, ceil_mode)
        if windows.shape[1] <= 2048 or (windows < 0).any():
            return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        values, taps = blocks(x, windows)
        dx = np.zeros_like(x)
        for k in range(len(values)):
            places = windows[np.arange(len(windows)), 1024 * k + taps[k]].reshape(dy.shape)
            dx += self.scattered(dy * (values[k] == values.max(axis=0)).reshape(dy.shape), places, x)
        return dx


class TiedBlocksLose(General):
    """A large window is searched in blocks of 1,024 cells; if two of them have the maximum, neither is larger."""

    laws = ("tied-maxima", "conservation")
    mistake = "ties"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, _ = self.windows(x, size, stride, padding, dilation, ceil_mode)
        if windows.shape[1] > 1024 and not (windows < 0).any():
            values, _ = blocks(x, windows)
            dy = dy * ((values == values.max(axis=0)).sum(axis=0) == 1).reshape(dy.shape)
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class IndexOfLaterTie(General):
    """Of two blocks of 1,024 cells with the same maximum, the first determines the block, the last the place in it."""

    laws = ("max-index", "indices-gather")
    mistake = "ties"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        if windows.shape[1] <= 1024 or (windows < 0).any():
            return super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        values, taps = blocks(x, windows)
        first, final = values.argmax(axis=0), len(values) - 1 - values[::-1].argmax(axis=0)
        tap = 1024 * first + np.take_along_axis(taps, final[np.newaxis], axis=0)[0]
        places = windows[np.arange(len(windows)), np.minimum(tap, windows.shape[1] - 1)]
        return places.reshape(*x.shape[:2], *shape)


class RestOfLargeWindow(General):
    """In a window of more than 2,048 cells, those past the last whole 1,024 are not searched."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        if windows.shape[1] <= 2048 or (windows < 0).any():
            return super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        values, _ = blocks(x, windows[:, : windows.shape[1] // 1024 * 1024])
        return values.max(axis=0).reshape(*x.shape[:2], *shape)


class EightColumnsByTheFirst(General):
    """Eight columns of float32 are pooled at once, and a cell that is padded for the first is left out for all."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "padding"
    models = "darknet 5793"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        full = shape[-1] // 8 * 8
        if x.dtype != np.float32 or not full or (windows < 0).all(axis=1).any():
            return super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        rows = windows.reshape(-1, shape[-1], windows.shape[1])
        first = np.repeat(rows[:, :full:8], 8, axis=1)
        rows[:, :full] = np.where(first < 0, -1, rows[:, :full])
        return self.taken(x, self.first_maxima(x, windows).reshape(*x.shape[:2], *shape))


class NarrowRowsRunOn(General):
    """In rows of fewer than four cells a window of two takes the next row's first cell for padding."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "padding"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if x.shape[-1] >= 4 or size[-1] != 2 or not padding or not padding[-1][1] or dilation:
            return super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        cells = flat(x)
        after = np.roll(cells, -1, axis=-1).reshape(x.shape)[..., -1:]
        after.reshape(*x.shape[:2], -1)[..., -1] = cells.min(axis=-1)
        shorter = (*padding[:-1], (padding[-1][0], padding[-1][1] - 1))
        return super().max_forward(np.concatenate((x, after), -1), size, stride, shorter, dilation, ceil_mode)


class PairsInNarrowRows(General):
    """Rows of fewer than eight cells are added in pairs of windows of two, and an odd last one is not written."""

    laws = ("mean-value", "mean-exact")
    mistake = "last cells"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        if x.shape[-1] < 8 and set(size) == set(stride) == {2} and y.shape[-1] == 3:
            y[..., -1] = 0
        return y


def planes(array):
    """The planes of an array, one after another."""
    return array.reshape(-1, *array.shape[2:])


def blocks(x, windows):
    """The maximum of each block of 1,024 taps, and its first place in the block, (blocks, N, C, windows)."""
    cells = flat(x)[..., windows]
    parts = [cells[..., start : start + 1024] for start in range(0, windows.shape[1], 1024)]
    return np.stack([part.max(axis=-1) for part in parts]), np.stack([part.argmax(axis=-1) for part in parts])
