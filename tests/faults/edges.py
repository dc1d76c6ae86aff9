"""Miscounted windows, exchanged axes and strides, a forgotten end of a loop, unusual inputs refused or mangled."""

import numpy as np

from .base import Sound
from .general import General


class LengthOverStride(Sound):
    """The number of windows is the length divided by the stride, as if they could begin anywhere."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, size, stride):
        return max(1, length // stride)


class RoundsSize(Sound):
    """The number of windows is rounded to the nearest integer, halves to even."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, size, stride):
        return round((length - size) / stride) + 1


class SwapsWindow(Sound):
    """Height and width of the window are exchanged, if it still fits."""

    laws = ("output-size", "max-value")
    mistake = "axes"

    def grid(self, x, size, stride):
        turned = size[::-1] if size[1] <= x.shape[2] and size[0] <= x.shape[3] else size
        return super().grid(x, turned, stride)


class HeightForBoth(Sound):
    """There are as many windows along a row as along a column."""

    laws = ("output-size",)
    mistake = "axes"

    def grid(self, x, size, stride):
        grid = super().grid(x, size, stride)
        return grid._replace(ow=min(grid.ow, grid.oh))


class ReshapedAcross(Sound):
    """Columns of windows are returned as rows: the shape is right, the order is not."""

    laws = ("max-value",)
    mistake = "axes"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return y.swapaxes(2, 3).reshape(y.shape)


class StrideOfTheWindow(Sound):
    """The stride is ignored: windows tile the image."""

    laws = ("output-size",)
    mistake = "stride"

    def grid(self, x, size, stride):
        return super().grid(x, size, size)


class StrideOfHeight(Sound):
    """The vertical stride is used for both axes."""

    laws = ("output-size",)
    mistake = "stride"

    def grid(self, x, size, stride):
        return super().grid(x, size, (stride[0], stride[0]))


class BackwardWithoutStride(Sound):
    """The backward pass of the mean places windows one pixel apart."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "stride"

    def spread(self, shares, grid):
        return super().spread(shares, grid._replace(sh=1, sw=1))


class StrideAtMostWindow(Sound):
    """A stride larger than the window is cut down to it."""

    laws = ("max-value",)
    mistake = "stride"

    def columns(self, grid):
        return super().columns(grid._replace(sw=min(grid.sw, grid.fw)))


class RefusesStrideBeyondImage(Sound):
    """A stride larger than the image is refused, although one window fits."""

    laws = ("max-value",)
    mistake = "stride"

    def grid(self, x, size, stride):
        if stride[0] > x.shape[2] or stride[1] > x.shape[3]:
            raise ValueError("stride larger than the image")
        return super().grid(x, size, stride)


class TailAlignedToTheEnd(Sound):
    """Of at least 8 windows, the last is read at the end of its row, where it would lie if the stride divided."""

    laws = ("max-value",)
    mistake = "last cells"

    def columns(self, grid):
        columns = super().columns(grid)
        if grid.ow >= 8:
            columns[:, -1] = np.arange(grid.w - grid.fw, grid.w)
        return columns


class TailNotDivided(Sound):
    """Means beyond the last whole block of 8 in a row are sums."""

    laws = ("mean-value",)
    mistake = "last cells"

    def mean_forward(self, x, size, stride):
        y = super().mean_forward(x, size, stride)
        if y.shape[3] > 8:
            y[..., y.shape[3] // 8 * 8 :] *= x.dtype.type(size[0] * size[1])
        return y


class TailWithoutGradient(Sound):
    """Gradients beyond the last whole block of 16 in a row are left out."""

    laws = ("max-accumulation", "conservation")
    mistake = "last cells"

    def gradient(self, dy):
        wide = super().gradient(dy)
        if dy.shape[3] > 16:
            wide[..., dy.shape[3] // 16 * 16 :] = 0
        return wide


class WholeBlocksLoseTheirLast(Sound):
    """If blocks of 16 fill the row exactly, the last window is mistaken for a tail that is already done."""

    laws = ("identity",)
    mistake = "last cells"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        if y.shape[3] % 16 == 0:
            y[..., -1] = 0
        return y


class ByteCounter(Sound):
    """Windows of a row are counted in a byte: the 257th begins at the front again."""

    laws = ("identity",)
    mistake = "last cells"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return y[..., np.arange(y.shape[3]) % 256]


class RestGetsGradient(Sound):
    """The last window of a row spreads its gradient to the end of the row, over pixels outside of all windows."""

    laws = ("uncovered-pixels", "conservation")
    mistake = "last cells"

    def spread(self, shares, grid):
        dx = super().spread(shares, grid)
        end = (grid.ow - 1) * grid.sw + grid.fw
        dx[..., end:] = dx[..., end - 1 : end]
        return dx


class OddRowReadTwice(Sound):
    """With F = S = 2, the last window of an odd row begins a cell late, and reads one that lies in no window."""

    laws = ("max-value",)
    mistake = "last cells"

    def columns(self, grid):
        columns = super().columns(grid)
        if grid.fw == grid.sw == 2 and grid.w % 2:
            columns[:, -1] += 1
        return columns


class EmptyBatchHasOneSample(Sound):
    """An empty batch gives one sample of zeros, so that later layers have something to work on."""

    laws = ("depth-preserved",)
    mistake = "robustness"

    def max_forward(self, x, size, stride):
        return super().max_forward(x if len(x) else np.zeros((1, *x.shape[1:]), x.dtype), size, stride)

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x if len(x) else np.zeros((1, *x.shape[1:]), x.dtype), size, stride)


class EmptyBatchHasNoPlane(Sound):
    """An empty batch is returned at once, as it is."""

    laws = ("output-size",)
    mistake = "robustness"

    def max_forward(self, x, size, stride):
        return super().max_forward(x, size, stride) if x.size else x.copy()

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x, size, stride) if x.size else x.copy()


class EmptyGradientIsFlat(Sound):
    """The gradient of an empty batch is an empty list."""

    laws = ("gradient-shape",)
    mistake = "robustness"

    def mean_backward(self, dy, x, size, stride):
        return super().mean_backward(dy, x, size, stride) if dy.size else np.zeros(0, x.dtype)


class LocksInput(Sound):
    """The image is made read-only, so that nobody changes it before the backward pass."""

    laws = ("inputs-unchanged",)
    mistake = "robustness"

    def max_forward(self, x, size, stride):
        x.flags.writeable = False
        return super().max_forward(x, size, stride)


class OnlyByteManyCells(Sound):
    """Only the first 256 cells of a window are read."""

    laws = ("max-value",)
    mistake = "robustness"

    def max_forward(self, x, size, stride):
        return self.taps(x, self.grid(x, size, stride))[:256].max(axis=0)


class RefusesLargeWindows(Sound):
    """Windows of more than 256 cells are refused: the stack has no room for them."""

    laws = ("max-value", "routing")
    mistake = "robustness"

    def grid(self, x, size, stride):
        if size[0] * size[1] > 256:
            raise ValueError("the window is too large")
        return super().grid(x, size, stride)


class SqueezesSingleCells(Sound):
    """Axes of length one are squeezed out before the scan, and missed after it."""

    laws = ("max-value",)
    mistake = "robustness"

    def max_forward(self, x, size, stride):
        n, c, h, w = x.squeeze().shape if x.squeeze().ndim > 2 else x.shape
        return super().max_forward(x.reshape(n, c, h, w), size, stride)


class WindowBeyondImageIsZero(General):
    """A window that fits into the padded image, but not into the image, gives zero."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "robustness"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.zeros_like(y) if any(f > n for f, n in zip(size, x.shape[2:], strict=True)) else y


class RunsCountTwice(Sound):
    """Sums of runs are made by doubling; the last two runs of a window overlap, as they may for a maximum."""

    laws = ("mean-value",)
    mistake = "last cells"

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        weights = np.multiply.outer(*map(self.times, size)).reshape(-1, 1, 1, 1, 1)
        return (self.total(self.taps(self.floats(x), grid) * weights) / grid.cells).astype(x.dtype)

    def times(self, size):
        """How often each tap along an axis is added."""
        run = 1 << (size.bit_length() - 1)
        return 1.0 + ((np.arange(size) < run) & (np.arange(size) >= size - run) & (run < size))


class RunsTooShort(Sound):
    """Windows are made of runs by doubling, and the last step covers a single cell, however many are left."""

    laws = ("max-value", "routing")
    mistake = "last cells"

    def taps(self, x, grid):
        # What is left out is replaced by the first tap, which wins no tie against itself.
        return super().taps(x, grid)[self.covered(grid)]

    def covered(self, grid):
        """The taps to read, with the first in place of those that are left out."""
        rows, columns = (np.arange(size) < self.run(size) for size in (grid.fh, grid.fw))
        inside = np.multiply.outer(rows, columns).ravel()
        return np.where(inside, np.arange(grid.cells), 0)

    def run(self, size):
        """How many cells along an axis are covered."""
        power = 1 << (size.bit_length() - 1)
        return min(size, power + 1)

    def mean_forward(self, x, size, stride):
        return Sound.mean_forward(Sound(), x, size, stride)
