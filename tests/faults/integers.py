"""Integers: narrower types on the way, signs, and code paths that lack something that those of floats have."""

import numpy as np

from .addresses import is_last, packed, read
from .general import General, flat
from .sound import AnswersInPadding


def whole(x):
    """Whether x is of an integer type."""
    return x.dtype.kind in "iu"


class MaximumFromZeroWithChannelsLast(General):
    """Maxima of channels-last integers begin from 0."""

    laws = ("memory-layouts",)
    mistake = "initial value"
    models = "PyTorch 109586"
    dtypes = ("int8", "int16", "int32", "int64", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.maximum(y, y.dtype.type(0)) if whole(x) and is_last(x) else y


class LeftoverChannels(General):
    """Channels of int8 beyond the last four are compared the wrong way round."""

    laws = ("max-value",)
    mistake = "last cells"
    models = "CMSIS_5 511"
    dtypes = ("int8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.dtype == np.int8:
            least = ~super().max_forward(~x, size, stride, padding, dilation, ceil_mode)
            y[:, x.shape[1] // 4 * 4 :] = least[:, x.shape[1] // 4 * 4 :]
        return y


class PaddingInAByte(AnswersInPadding):
    """The padding before an axis is cast to int8 where windows are placed."""

    laws = ("mean-value", "padding-with-zero")
    mistake = "padding"
    models = "ONE PR 14166"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        begin = (pair[0] + 128) % 256 - 128
        moved = np.arange(len(cells))[:, np.newaxis] * stride - begin + np.arange(size) * dilation
        return cells if begin == pair[0] else np.where((moved >= 0) & (moved < length), moved, np.minimum(cells, -1))


class PaddingInAnUnsignedByte(General):
    """The end padding is stored in a byte when cells are counted, so that 256 becomes 0."""

    laws = ("mean-value",)
    mistake = "padding"

    def divisor(self, windows, size, count_include_pad):
        padded = (windows == -1).sum(axis=1) // 256 * 256
        return np.maximum(super().divisor(windows, size, count_include_pad) - padded * bool(count_include_pad), 1)


class DilationInAByte(AnswersInPadding):
    """Dilation is cast to int8 when cells are looked up: 128 leads backwards, out of the image."""

    laws = ("max-value",)
    mistake = "dilation"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dilation and max(dilation) > 127:
            ones = tuple(1 if d > 127 else f for f, d in zip(size, dilation, strict=True))
            lost = tuple(
                (b, e - d * (f - g)) for (b, e), d, f, g in zip(pairs(padding, size), dilation, size, ones, strict=True)
            )
            return super().max_forward(x, ones, stride, lost, dilation, ceil_mode)
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class GradientDilationInAByte(General):
    """The backward pass of the mean stores the dilation in a byte: 256 becomes 0."""

    laws = ("mean-spread",)
    mistake = "dilation"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return dx if max(dilation or (1,)) < 256 else np.zeros_like(dx)


class Int8IgnoresDilation(AnswersInPadding):
    """The int8 path places windows by their dilation, but looks up their cells without it."""

    laws = ("max-value", "dilation-by-gathering")
    mistake = "dilation"
    dtypes = ("int8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if x.dtype == np.int8 and dilation:
            closed = zip(pairs(padding, size), size, dilation, strict=True)
            padding, dilation = tuple((b, e - (d - 1) * (f - 1)) for (b, e), f, d in closed), None
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class Int16LeavesOverhang(General):
    """The int16 path does not write the windows that ceil mode adds."""

    laws = ("max-value", "ceil-extends-floor")
    mistake = "ceil overhang"
    dtypes = ("int16", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if ceil_mode and x.dtype == np.int16:
            written = (..., *map(slice, self.windows(x, size, stride, padding, dilation, False)[1]))
            only = np.zeros_like(y)
            only[written] = y[written]
            return only
        return y


class CeilOfIntegersMovesWindows(General):
    """In ceil mode, int32 windows begin one cell late if the last one is not whole."""

    laws = ("max-index", "ceil-extends-floor")
    mistake = "ceil overhang"
    dtypes = ("int32", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        past = ceil_mode and (self.windows(x, size, stride, padding, dilation, True)[0] == -2).any()
        return np.minimum(i + 1, flat(x).shape[-1] - 1) if past and x.dtype == np.int32 else i


class IntegersShareScratch(General):
    """Integers are copied into memory that all calls of their shape share."""

    laws = ("two-threads",)
    mistake = "state"
    dtypes = ("int8", "int32", "uint8", "float32", "float64")

    def __init__(self):
        self.scratch = {}

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if whole(x):
            scratch = self.scratch.setdefault((x.shape, x.dtype), np.empty_like(x))
            scratch[...] = x
            x = scratch
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class LastIntegersRemembered(General):
    """Integers of a shape are converted to int32 once, and reused for other images of that shape."""

    laws = ("nothing-remembered", "padding-with-lowest")
    mistake = "state"
    dtypes = ("int8", "int16", "float32", "float64")

    def __init__(self):
        self.wide = {}

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if whole(x):
            wide = self.wide.setdefault((x.shape, x.dtype), x.astype(np.int32))
            return super().max_forward(wide, size, stride, padding, dilation, ceil_mode).astype(x.dtype)
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class IntegerIndicesRemembered(General):
    """Indices in integer images are cached by the first and the last cell of the image."""

    laws = ("nothing-remembered", "increasing-maps")
    mistake = "state"
    dtypes = ("int32", "int64", "float32", "float64")

    def __init__(self):
        self.kept = {}

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        if not whole(x) or not x.size:
            return i
        key = (x.shape, int(x.flat[0]), int(x.flat[-1]), size, stride, padding, dilation, ceil_mode)
        return self.kept.setdefault(key, i).copy()


class IntegerWindowsByShape(General):
    """Windows on integer images are cached by shape, size and stride, but not by padding."""

    laws = ("other-settings",)
    mistake = "state"
    dtypes = ("int8", "uint8", "float32", "float64")

    def __init__(self):
        self.kept = {}

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        found = super().windows(x, size, stride, padding, dilation, ceil_mode)
        return self.kept.setdefault((x.shape, size, stride, found[1]), found) if whole(x) else found


class IntegerResultsShareMemory(General):
    """Maxima of integers are returned in the memory of the last ones of their shape."""

    laws = ("results-kept",)
    mistake = "state"
    dtypes = ("int16", "uint16", "float32", "float64")

    def __init__(self):
        self.results = {}

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if not whole(x):
            return y
        result = self.results.setdefault((y.shape, y.dtype), np.empty_like(y))
        result[...] = y
        return result


class PairsOfChannels(General):
    """Two channels of int8 are compared as one word, in which the second decides."""

    laws = ("max-value", "channel-independence")
    mistake = "planes"
    dtypes = ("int8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = self.winners(x, size, stride, padding, dilation, ceil_mode)
        if x.dtype == np.int8:
            pairs = winners.shape[1] // 2 * 2
            winners[:, 0:pairs:2] = winners[:, 1:pairs:2]
        return self.taken(x, winners)


class SamplesOfBytesTogether(General):
    """A sample of uint8 that has the largest number somewhere puts it there in all samples."""

    laws = ("max-value", "sample-independence", "batch-independence")
    mistake = "planes"
    dtypes = ("uint8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.where((y == 255).any(axis=0), y.dtype.type(255), y) if x.dtype == np.uint8 else y


class LargestByteOfPlane(General):
    """A uint8 plane that contains the largest number is not searched: every maximum is that number."""

    laws = ("max-value", "locality")
    mistake = "initial value"
    dtypes = ("uint8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.dtype == np.uint8 and x.size:
            y[flat(x).max(axis=-1) == 255] = 255
        return y


class WordsOfFourBytes(General):
    """Rows of int8 are read in words of four: windows begin at a multiple of four, unless there is padding."""

    laws = ("translation", "max-value")
    mistake = "stride"
    dtypes = ("int8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if x.dtype != np.int8 or padding or dilation or ceil_mode or stride[-1] < 4:
            return super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        y = super().max_forward(x, size, (*stride[:-1], 1))
        return y[..., np.arange(0, y.shape[-1], stride[-1]) // 4 * 4]


class DifferenceOfInt16(General):
    """Two int16 are compared by the sign of their difference, which wraps."""

    laws = ("max-value", "increasing-maps")
    mistake = "accumulation"
    dtypes = ("int16", "float32", "float64")

    def first_maxima(self, x, windows):
        if x.dtype != np.int16 or (windows < 0).any():
            return super().first_maxima(x, windows)
        cells, found = flat(x)[..., windows], np.zeros((*x.shape[:2], len(windows)), np.int64)
        for tap in range(1, windows.shape[1]):
            best = np.take_along_axis(cells, found[..., np.newaxis], axis=-1)[..., 0]
            found[cells[..., tap] - best > 0] = tap
        return windows[np.arange(len(windows)), found]


class SlicesOfUint16(General):
    """Only the first slice of a uint16 window in three dimensions is searched."""

    laws = ("max-value", "ranks-agree")
    mistake = "axes"
    dtypes = ("uint16", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if x.dtype == np.uint16 and len(size) == 3 and not (padding or dilation or ceil_mode):
            return super().max_forward(x[:, :, : x.shape[2] - size[0] + 1], (1, *size[1:]), stride)
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class LinesOfInt64(General):
    """Lines of int64 are padded by zeros, which may win."""

    laws = ("max-value", "ranks-agree")
    mistake = "padding"
    dtypes = ("int64", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        line = x.dtype == np.int64 and len(size) == 1 and np.any(padding or 0)
        return np.maximum(y, 0) if line else y


class BytesComparedUnsigned(General):
    """Indices in images of int8 are those of the largest unsigned byte."""

    laws = ("max-index",)
    mistake = "accumulation"
    dtypes = ("int8", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = np.ascontiguousarray(x).view(np.uint8) if x.dtype == np.int8 else x
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)


class BytesComparedSigned(General):
    """Maxima of uint8 are found as if it were int8: 200 is less than 100."""

    laws = ("max-value",)
    mistake = "accumulation"
    dtypes = ("uint8", "float32", "float64")

    def winners(self, x, size, stride, padding, dilation, ceil_mode):
        x = np.ascontiguousarray(x).view(np.int8) if x.dtype == np.uint8 else x
        return super().winners(x, size, stride, padding, dilation, ceil_mode)


class Uint64ComparedSigned(General):
    """Maxima of uint64 are found as if it were int64."""

    laws = ("max-value",)
    mistake = "accumulation"
    dtypes = ("uint64", "float32", "float64")

    def winners(self, x, size, stride, padding, dilation, ceil_mode):
        x = np.ascontiguousarray(x).view(np.int64) if x.dtype == np.uint64 else x
        return super().winners(x, size, stride, padding, dilation, ceil_mode)


class IndicesOfInt64ThroughFloat64(General):
    """Indices in images of int64 are found in float64, where 2**53 + 1 equals 2**53."""

    laws = ("max-index",)
    mistake = "accumulation"
    dtypes = ("int64", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = x.astype(np.float64) if x.dtype == np.int64 else x
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)


class IndicesOfInt32ThroughFloat32(General):
    """Indices in images of int32 are found in float32, where 2**24 + 1 equals 2**24."""

    laws = ("max-index",)
    mistake = "accumulation"
    dtypes = ("int32", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = x.astype(np.float32) if x.dtype == np.int32 else x
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)


class TruthCountedInAByte(General):
    """The True cells of a bool window are counted in a byte: 256 of them become 0."""

    laws = ("max-value",)
    mistake = "accumulation"
    dtypes = ("bool", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.dtype != bool:
            return y
        windows, _ = self.windows(x, size, stride, padding, dilation, ceil_mode)
        trues = (flat(x)[..., np.maximum(windows, 0)] & (windows >= 0)).sum(axis=-1)
        return (trues.astype(np.uint8) > 0).reshape(y.shape)


class IndicesInBytes(General):
    """Indices in images of int8 are stored in int8."""

    laws = ("index-in-plane", "max-index")
    mistake = "index"
    dtypes = ("int8", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        return i.astype(np.int8) if x.dtype == np.int8 else i


class PaddedBytesHold128(General):
    """Padding of uint8 holds the lowest int8, which is 128 there."""

    laws = ("padding-with-lowest",)
    mistake = "padding"
    dtypes = ("uint8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if x.dtype != np.uint8:
            return y
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        return np.where((windows < 0).any(axis=1).reshape(shape), np.maximum(y, 128), y).astype(x.dtype)


class CroppedBytes(General):
    """Rows of uint8 are assumed to be adjacent in memory."""

    laws = ("memory-layouts",)
    mistake = "layout"
    dtypes = ("uint8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = read(x, packed(x)) if x.dtype == np.uint8 else x
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class TransposedInt32(General):
    """Indices in images of int32 are searched in C order, whatever the image's layout."""

    laws = ("memory-layouts",)
    mistake = "layout"
    dtypes = ("int32", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        x = read(x, packed(x)) if x.dtype == np.int32 else x
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)


def pairs(padding, size):
    """The padding, or zeros by default."""
    return padding or ((0, 0),) * len(size)
