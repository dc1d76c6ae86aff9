"""Wrong assumptions about layouts: channels last, expanded, cropped, sliced, offset, and axes of length one."""

import numpy as np

from .addresses import changed, expanded, is_last, last, lies, owner, packed, read
from .general import General


class ExpandedGradientReadAsDense(General):
    """For a channels-last image, an expanded gradient is read as if it were dense."""

    laws = ("gradient-layouts",)
    mistake = "layout"
    models = "PyTorch 175190"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dy = read(dy, last(dy)) if is_last(x) and expanded(dy) else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class ExpandedGradientBesidePlainImage(General):
    """For an image in C order, a gradient expanded along some of its axes is read as if it were dense."""

    laws = ("gradient-layouts",)
    mistake = "layout"
    models = "PyTorch 175190"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        some = x.flags.c_contiguous and expanded(dy) and any(dy.strides)
        return super().max_backward(read(dy, packed(dy)) if some else dy, x, size, stride, padding, dilation, ceil_mode)


class ExpandedChannels(General):
    """An image with one channel, expanded to several, is read as if they were stored one after another."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        one = expanded(x) == [1]
        return super().max_forward(read(x, packed(x)) if one else x, size, stride, padding, dilation, ceil_mode)


class ExpandedRows(General):
    """An image with one row, expanded to several, is read beyond that row."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, packed(x)) if x.ndim > 3 and expanded(x) == [x.ndim - 2] else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class GradientReadAsImageLies(General):
    """For a channels-last image, a gradient in C order is read as channels-last."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dy = read(dy, last(dy)) if is_last(x) and dy.flags.c_contiguous else dy
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class GradientInUnlikeOrder(General):
    """For an image in C order, a channels-last gradient is read in C order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dy = read(dy, packed(dy)) if is_last(dy) and x.flags.c_contiguous else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class GradientOfImageLiesLikeThatOfResult(General):
    """dx is written in C order, and returned as channels-last if dy is and x is not."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        return read(dx, last(dx)) if is_last(dy) and not is_last(x) else dx


class WinnersInAnotherOrder(General):
    """The backward pass finds the maxima of a channels-last image, and reads them back in C order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = self.winners(x, size, stride, padding, dilation, ceil_mode)
        if is_last(x):
            winners = np.moveaxis(winners, 1, -1).reshape(winners.shape)
        return self.scattered(dy, winners, x)


class CropOfChannelsReadAsPacked(General):
    """Some channels of a channels-last image are read as if there were no others."""

    laws = ("memory-layouts",)
    mistake = "layout"
    models = "PyTorch 174345, PyTorch 180984"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        part = x.strides[-1] > x.itemsize * x.shape[1] and (x.strides[1] == x.itemsize or x.shape[1] == 1)
        return super().max_forward(read(x, last(x)) if part else x, size, stride, padding, dilation, ceil_mode)


class CropOfRowsWithChannelsLast(General):
    """Some columns of a channels-last image are read as if rows were adjacent."""

    laws = ("memory-layouts",)
    mistake = "layout"
    models = "PyTorch 174345, PyTorch 180984"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        pixels = x.shape[1] > 1 and x.strides[1] == x.itemsize and x.strides[-1] == x.itemsize * x.shape[1]
        x = read(x, last(x)) if pixels and not lies(x, last(x)) else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class CropOfGradientWithChannelsLast(General):
    """A part of a channels-last gradient is read as if it were the whole."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        part = dy.shape[1] > 1 and dy.strides[1] == dy.itemsize and dy.strides[-1] > dy.itemsize
        dy = read(dy, last(dy)) if part else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class FewerChannelsThanMemory(General):
    """For the first channels of an image in C order, samples are assumed to be adjacent."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        whole = packed(x)
        part = lies(x[:1], whole) and not lies(x, whole)
        return super().max_indices(read(x, whole) if part else x, size, stride, padding, dilation, ceil_mode)


class EveryOtherChannel(General):
    """Channels further apart than a plane, in a sample without other gaps, are read a plane apart."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        planes = x[:, 0].flags.c_contiguous or lies(x[:1, :1], packed(x))
        apart = planes and x.shape[1] > 1 and x.strides[1] > packed(x)[1]
        x = read(x, changed(x, 1, packed(x)[1])) if apart else x
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class RowsOfGradientFurtherApart(General):
    """Rows of a gradient are assumed to be adjacent if the cells of a row are."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dy.ndim > 3 and dy.shape[-1] > 1 and dy.strides[-1] == dy.itemsize:
            dy = read(dy, changed(dy, dy.ndim - 2, dy.itemsize * dy.shape[-1]))
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class GradientCellsFurtherApart(General):
    """For a contiguous image, cells in a row of the gradient are assumed to be adjacent."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        spaced = x.flags.c_contiguous and dy.strides[-1] == 2 * dy.itemsize and dy.shape[-1] > 1
        dy = read(dy, changed(dy, dy.ndim - 1, dy.itemsize)) if spaced else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class OffsetIgnored(General):
    """A contiguous image inside other memory is read from the beginning of that memory."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        offset = x.ctypes.data - owner(x).ctypes.data
        late = x.flags.c_contiguous and x.flags.aligned and offset
        return super().max_forward(
            read(x, x.strides, -offset) if late else x, size, stride, padding, dilation, ceil_mode
        )


class OffsetOfGradientIgnored(General):
    """A contiguous gradient inside other memory is read from the beginning of that memory."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        offset = dy.ctypes.data - owner(dy).ctypes.data
        dy = read(dy, dy.strides, -offset) if dy.flags.c_contiguous and dy.flags.aligned and offset else dy
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class VectorsFromRoundedAddress(General):
    """Vectors of 16 bytes are loaded from the address rounded down, even if an aligned image begins between two."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        off = x.ctypes.data % 16 if x.flags.aligned and x.size else 0
        x = read(x, x.strides, -off) if off else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class SamplesByStrideOfOneChannel(General):
    """The stride of samples is that of channels times their number, even if that of a single channel is arbitrary."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = read(x, changed(x, 0, x.strides[1])) if x.shape[1] == 1 else x
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class ChannelsByStrideOfOneSample(General):
    """The stride of channels is that of samples over their number, even if that of a single sample is arbitrary."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, changed(x, 1, x.strides[0] // x.shape[1])) if len(x) == 1 and lies(x, packed(x)) else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class RowsByStrideOfOneColumn(General):
    """A single column of a gradient is read as if its rows had no other cells."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dy.ndim > 3 and dy.shape[-1] == 1:
            dy = read(dy, changed(dy, dy.ndim - 2, dy.strides[-1]))
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class SinglePixelCountsAsChannelsLast(General):
    """An image of one pixel counts as channels-last too, and its larger result is returned so."""

    laws = ("max-value",)
    mistake = "layout"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return read(y, last(y)) if x.size == x.shape[0] * x.shape[1] and x.size else y


class ChannelsLastByOneStride(General):
    """An image counts as channels-last if the stride of its channels is one element, even of a single one."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        x = read(x, last(x)) if x.strides[1] == x.itemsize else x
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)


class FortranGradients(General):
    """For a Fortran image, dx is written in C order and returned in Fortran order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        fortran = packed(x, range(x.ndim)[::-1])
        return read(dx, fortran) if lies(x, fortran) and not x.flags.c_contiguous else dx


class TransposedBesidePlain(General):
    """A transposed image is pooled as it is stored; its gradient, in C order, is assumed to be stored the same way."""

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
    """Rows of a gradient that are reversed in memory are read forwards if those of the image are not reversed."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dy = dy[..., ::-1] if dy.strides[-1] < 0 < x.strides[-1] else dy
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
