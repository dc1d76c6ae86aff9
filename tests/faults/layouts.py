"""Layouts taken on trust: channels last, expanded, cropped, sliced, offset, and axes of length one."""

import numpy as np

from .addresses import changed, expanded, is_last, last, lies, owner, packed, read
from .general import General


class ExpandedGradientReadAsDense(General):
    """Beside an image with channels last, an expanded gradient is read as if it were dense."""

    laws = ("gradient-layouts",)
    mistake = "layout"
    models = "PyTorch 175190"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dy = read(dy, last(dy)) if is_last(x) and expanded(dy) else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class ExpandedGradientBesidePlainImage(General):
    """Beside an image in C order, a gradient expanded along some of its axes is read as if it were dense."""

    laws = ("gradient-layouts",)
    mistake = "layout"
    models = "PyTorch 175190"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        some = x.flags.c_contiguous and expanded(dy) and any(dy.strides)
        return super().max_backward(read(dy, packed(dy)) if some else dy, x, size, stride, padding, dilation, ceil_mode)


class ExpandedChannels(General):
    """An image with one channel, expanded to several, is read as if each lay after the other."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        one = expanded(x) == [1]
        return super().max_forward(read(x, packed(x)) if one else x, size, stride, padding, dilation, ceil_mode)


class ExpandedRows(General):
    """An image whose rows are one row, expanded, is read beyond that row."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, packed(x)) if x.ndim > 3 and expanded(x) == [x.ndim - 2] else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class GradientReadAsImageLies(General):
    """Beside an image with channels last, a gradient in C order is read with channels last."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dy = read(dy, last(dy)) if is_last(x) and dy.flags.c_contiguous else dy
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class GradientInUnlikeOrder(General):
    """Beside an image in C order, a gradient with channels last is read in C order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dy = read(dy, packed(dy)) if is_last(dy) and x.flags.c_contiguous else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class GradientOfImageLiesLikeThatOfResult(General):
    """dx is written in C order, and handed out with channels last if dy has them so and x has not."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        return read(dx, last(dx)) if is_last(dy) and not is_last(x) else dx


class WinnersInAnotherOrder(General):
    """The backward pass finds the maxima of an image with channels last, and reads them back in C order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = self.winners(x, size, stride, padding, dilation, ceil_mode)
        if is_last(x):
            winners = np.moveaxis(winners, 1, -1).reshape(winners.shape)
        return self.scattered(dy, winners, x)


class CropOfChannelsReadAsPacked(General):
    """Some of the channels of an image with channels last are read as if there were no others."""

    laws = ("memory-layouts",)
    mistake = "layout"
    models = "PyTorch 174345, PyTorch 180984"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        part = x.strides[-1] > x.itemsize * x.shape[1] and (x.strides[1] == x.itemsize or x.shape[1] == 1)
        return super().max_forward(read(x, last(x)) if part else x, size, stride, padding, dilation, ceil_mode)


class CropOfRowsWithChannelsLast(General):
    """Some columns of an image with channels last are read as if rows followed each other at once."""

    laws = ("memory-layouts",)
    mistake = "layout"
    models = "PyTorch 174345, PyTorch 180984"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        pixels = x.shape[1] > 1 and x.strides[1] == x.itemsize and x.strides[-1] == x.itemsize * x.shape[1]
        x = read(x, last(x)) if pixels and not lies(x, last(x)) else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class CropOfGradientWithChannelsLast(General):
    """A gradient that is a part of one with channels last is read as if it were the whole."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        part = dy.shape[1] > 1 and dy.strides[1] == dy.itemsize and dy.strides[-1] > dy.itemsize
        dy = read(dy, last(dy)) if part else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class FewerChannelsThanMemory(General):
    """The first channels of an image in C order: samples are looked for right after each other."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        whole = packed(x)
        part = lies(x[:1], whole) and not lies(x, whole)
        return super().max_indices(read(x, whole) if part else x, size, stride, padding, dilation, ceil_mode)


class EveryOtherChannel(General):
    """Channels further apart than a plane, in a sample without other gaps, are looked for a plane apart."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        planes = x[:, 0].flags.c_contiguous or lies(x[:1, :1], packed(x))
        apart = planes and x.shape[1] > 1 and x.strides[1] > packed(x)[1]
        x = read(x, changed(x, 1, packed(x)[1])) if apart else x
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class RowsOfGradientFurtherApart(General):
    """Rows of a gradient are taken to follow each other, if cells of a row do."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dy.ndim > 3 and dy.shape[-1] > 1 and dy.strides[-1] == dy.itemsize:
            dy = read(dy, changed(dy, dy.ndim - 2, dy.itemsize * dy.shape[-1]))
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class GradientCellsFurtherApart(General):
    """Beside a contiguous image, cells of a gradient's row are taken to be neighbours in memory."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        spaced = x.flags.c_contiguous and dy.strides[-1] == 2 * dy.itemsize and dy.shape[-1] > 1
        dy = read(dy, changed(dy, dy.ndim - 1, dy.itemsize)) if spaced else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class OffsetIgnored(General):
    """A contiguous image in the midst of other memory is read from the beginning of that memory."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        offset = x.ctypes.data - owner(x).ctypes.data
        late = x.flags.c_contiguous and x.flags.aligned and offset
        return super().max_forward(
            read(x, x.strides, -offset) if late else x, size, stride, padding, dilation, ceil_mode
        )


class OffsetOfGradientIgnored(General):
    """A contiguous gradient in the midst of other memory is read from the beginning of that memory."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        offset = dy.ctypes.data - owner(dy).ctypes.data
        dy = read(dy, dy.strides, -offset) if dy.flags.c_contiguous and dy.flags.aligned and offset else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class VectorsFromRoundedAddress(General):
    """Vectors of 16 bytes are loaded from the address rounded down, also where an aligned image begins between two."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        off = x.ctypes.data % 16 if x.flags.aligned and x.size else 0
        x = read(x, x.strides, -off) if off else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class SamplesByStrideOfOneChannel(General):
    """The next sample lies as many channels further on, also where the stride of a single channel means nothing."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = read(x, changed(x, 0, x.strides[1])) if x.shape[1] == 1 else x
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class ChannelsByStrideOfOneSample(General):
    """The stride of channels is that of samples over their number, also where the one sample's means nothing."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, changed(x, 1, x.strides[0] // x.shape[1])) if len(x) == 1 and lies(x, packed(x)) else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class RowsByStrideOfOneColumn(General):
    """A single column of a gradient is read as if it were all there is of its rows."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dy.ndim > 3 and dy.shape[-1] == 1:
            dy = read(dy, changed(dy, dy.ndim - 2, dy.strides[-1]))
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class SinglePixelCountsAsChannelsLast(General):
    """An image of one pixel lies with channels last as well, and its larger result is handed out so."""

    laws = ("max-value",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return read(y, last(y)) if x.size == x.shape[0] * x.shape[1] and x.size else y


class ChannelsLastByOneStride(General):
    """An image counts as one with channels last if the stride of channels is one element, even of a single one."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, last(x)) if x.strides[1] == x.itemsize else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class FortranGradients(General):
    """Beside a Fortran image, dx is written in C order and handed out in Fortran order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        fortran = packed(x, range(x.ndim)[::-1])
        return read(dx, fortran) if lies(x, fortran) and not x.flags.c_contiguous else dx


class TransposedBesidePlain(General):
    """A transposed image is pooled as it lies; its gradient, in C order, is taken to lie the same way."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        turned = [*range(dy.ndim - 2), dy.ndim - 1, dy.ndim - 2]
        both = x.ndim > 3 and lies(x, packed(x, turned)) and not x.flags.c_contiguous
        dy = read(dy, packed(dy, turned)) if both and dy.flags.c_contiguous else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class ChannelsBackwards(General):
    """The stride of channels is used without its sign."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = x[:, ::-1] if x.shape[1] > 1 and x.strides[1] < 0 else x
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)


class GradientBackwards(General):
    """Rows of a gradient that run backwards in memory, beside an image that does not, are read forwards."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dy = dy[..., ::-1] if dy.strides[-1] < 0 < x.strides[-1] else dy
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
