"""More mistakes at the end of an axis in ceil mode, in padding and in dilation."""

import numpy as np

from .general import PADDED, PAST, General


class BlocksFilledWithZeros(General):
    """A last, partial block is filled with zeros, which may win a maximum."""

    laws = ("max-value",)
    mistake = "ceil overhang"
    models = "skimage-partial-blocks, scikit-image 4940"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        past = (windows == PAST).any(axis=1).reshape(shape)
        return np.where(past, np.maximum(y, 0), y).astype(x.dtype)


class CeilMovesWindows(General):
    """In ceil mode all windows begin too early, by half of what the last one extends past the end."""

    laws = ("overhang", "mean-value")
    mistake = "ceil overhang"
    models = "onnx-ceil-moves-windows"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        early = (cells[-1] == PAST).sum() // 2
        starts = np.arange(len(cells)) * stride - pair[0] - early
        cells = starts[:, np.newaxis] + np.arange(size) * dilation
        return np.where((cells >= 0) & (cells < length), cells, np.where(cells < length + pair[1], PADDED, PAST))


class CeilNeedsOverlap(General):
    """Ceil mode adds no window unless windows touch."""

    laws = ("output-size",)
    mistake = "ceil overhang"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        return super().axis(length, size, stride, pair, dilation, ceil_mode and stride <= size)


class OverhangRepeatsLastCell(General):
    """In the sum of a mean, but not in its divisor, cells past the end are copies of the last one."""

    laws = ("mean-value", "mean-exact", "overhang")
    mistake = "ceil overhang"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        copies = (windows == PAST).sum(axis=1) / np.maximum(self.divisor(windows, size, count_include_pad), 1)
        last = x[(..., *(slice(-1, None) for _ in shape))]
        return (y + last * copies.reshape(shape)).astype(x.dtype)


class OverhangCountsAtGaps(General):
    """The divisor counts cells past the end, unless there is padding."""

    laws = ("mean-value", "overhang")
    mistake = "ceil overhang"

    def divisor(self, windows, size, count_include_pad):
        padded = (windows == PADDED).any()
        return super().divisor(windows, size, count_include_pad) if padded else int(np.prod(size))


class DilatedOverhangFloored(General):
    """The taps past the end are counted by floor division: where taps are two cells apart, three cells make one."""

    laws = ("mean-value", "overhang", "mean-spread")
    mistake = "ceil overhang"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        last = np.arange(len(cells)) * stride - pair[0] + (size - 1) * dilation
        beyond, past = np.maximum(last + 1 - length - pair[1], 0), (cells == PAST).sum(axis=1)
        missed = np.flatnonzero(past > beyond // dilation)
        cells[missed, size - past[missed]] = PADDED
        return cells


class EvenlySpread(General):
    """Ceil mode spreads its windows evenly over the padded image, as adaptive pooling does."""

    laws = ("ceil-extends-floor", "max-value")
    mistake = "ceil overhang"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        if not ceil_mode:
            return cells
        last = length + sum(pair) - self.extent(size, dilation)
        starts = np.linspace(0, last, len(cells)).astype(int)[:, np.newaxis] - pair[0]
        cells = starts + np.arange(size) * dilation
        return np.where((cells >= 0) & (cells < length), cells, PADDED)


class DepthOneIsAPlane(General):
    """Images of depth one take the path for planes, with the first two axes of the window."""

    laws = ("ranks-agree",)
    mistake = "axes"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        if x.ndim == 5 and x.shape[2] == 1:
            size, stride = (1, *size[:2]), (1, *stride[:2])
        return super().windows(x, size, stride, padding, dilation, ceil_mode)


class MaxGradientIgnoresDilation(General):
    """The backward pass of the maximum searches windows without gaps, if as many of them fit."""

    laws = ("max-accumulation",)
    mistake = "dilation"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        windows, shape = self.windows(x, size, stride, padding, None, ceil_mode)
        near = dilation if shape != dy.shape[2:] or (windows < 0).all(axis=1).any() else None
        return super().max_backward(dy, x, size, stride, padding, near, ceil_mode)


class DilationsExchanged(General):
    """The dilations of the axes are in reverse order."""

    laws = ("output-size", "dilation-by-gathering")
    mistake = "dilation"

    def dilation(self, dilation):
        return dilation[::-1]


class PadsReadAsSides(General):
    """The numbers of begins and ends are read as top, bottom, left and right."""

    laws = ("padding-with-lowest", "output-size")
    mistake = "padding"
    models = "onnx-pads-in-pairs"

    def padding(self, padding):
        if len(padding) != 2:
            return padding
        begins, ends = zip(*padding, strict=True)
        return begins, ends


class PadsWithLowestFloat32(General):
    """Padded cells hold the lowest float32, which wins over lower float64 numbers."""

    laws = ("padding-with-lowest",)
    mistake = "padding"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        wide = padding and np.any(padding) and x.dtype == np.float64
        return np.maximum(y, np.finfo(np.float32).min.astype(np.float64)) if wide else y


class DropByHeight(General):
    """Whether the last column of windows is dropped in ceil mode is decided by the height: a line that was copied."""

    laws = ("output-size",)
    mistake = "ceil overhang"
    ranks = (2,)

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        self.first = None
        return super().windows(x, size, stride, padding, dilation, ceil_mode)

    def count(self, length, room, stride, pair, ceil_mode):
        self.first = self.first or (length, pair[0])
        last = -(-room // stride)
        return last + (last * stride < sum(self.first)) if ceil_mode else room // stride + 1
