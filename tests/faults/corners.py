"""Corner cases that a run should meet with any seed: ends of types, infinities, changed inputs, groups of settings."""

import numpy as np

from .general import PADDED, PAST, General


class NoIndexBelowFloat32(General):
    """The search for the index begins from the lowest float32: if all float64 cells are below it, the index is 0."""

    laws = ("max-index", "indices-gather")
    mistake = "initial value"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.where(y < -3.4028234663852886e38, 0, i) if x.dtype == np.float64 else i


class BelowFloat32Lost(General):
    """A float64 maximum below the lowest float32 becomes that number."""

    laws = ("max-value",)
    mistake = "initial value"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.maximum(y, -3.4028234663852886e38) if x.dtype == np.float64 else y


class InfinityUnderIdentity(General):
    """Windows of one cell are copied, with infinities replaced by the largest number."""

    laws = ("identity", "max-value")
    mistake = "initial value"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.nan_to_num(y, nan=np.nan) if set(size) == {1} and x.dtype.kind == "f" else y


class HalfInfinitySaturates(General):
    """Infinities of float16 become its largest numbers."""

    laws = ("max-value",)
    mistake = "initial value"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.nan_to_num(y, nan=np.nan) if x.dtype == np.float16 else y


class DividesContiguousGradients(General):
    """dy of float32 is divided in the caller's memory, if that is contiguous and writeable."""

    laws = ("inputs-unchanged",)
    mistake = "state"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        if dy.dtype == np.float32 and dy.flags.c_contiguous and dy.flags.writeable:
            dy /= dy.dtype.type(np.prod(size))
        return dx


class LowestInt8NotSearched(General):
    """The search in int8 begins from -127."""

    laws = ("max-value",)
    mistake = "initial value"
    dtypes = ("int8", "float32", "float64")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.maximum(y, np.int8(-127)) if x.dtype == np.int8 else y


class LowestInt16HasNoIndex(General):
    """Nothing is larger than the lowest int16, so a window of only that number has the index -1."""

    laws = ("max-index", "index-in-plane")
    mistake = "initial value"
    dtypes = ("int16", "float32", "float64")

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.where(y == -(2**15), -1, i) if x.dtype == np.int16 else i


class DivisorWithAxesReversed(General):
    """The divisor of a mean that does not count padding is computed with the axes in reverse order."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"
    models = "torch-mlir PR 4144"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        windows, shape = super().windows(x, size, stride, padding, dilation, ceil_mode)
        self.shape = shape
        return windows, shape

    def divisor(self, windows, size, count_include_pad):
        real = super().divisor(windows, size, count_include_pad)
        if count_include_pad or len(size) != 2:
            return real
        return np.maximum(np.resize(real.reshape(self.shape).T, len(windows)), 1)


class CeilAndPaddingUncounted(General):
    """In ceil mode over padding that is not counted, the divisor is the whole window."""

    laws = ("mean-value", "overhang")
    mistake = "divisor"

    def divisor(self, windows, size, count_include_pad):
        both = (windows == PADDED).any() and (windows == PAST).any()
        if both and not count_include_pad:
            return int(np.prod(size))
        return super().divisor(windows, size, count_include_pad)


class EndPaddingAlwaysCounts(General):
    """End padding counts in the divisor although padding should not, if no axis has begin padding."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        end = bool(padding) and not any(begin for begin, _ in padding)
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad or end)


class DilatedPaddingCountsBackward(General):
    """The gradient of a mean counts padding regardless of the setting, if there is dilation as well."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "divisor"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        counts = count_include_pad or max(dilation or (1,)) > 1
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, counts)


class EvenChannelsNotWritten(General):
    """With an even number of channels, the second half of dx is never written."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "planes"
    models = "burn 5308"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        if x.shape[1] % 2 == 0:
            dx[:, x.shape[1] // 2 :] = 0
        return dx


class DilationMovesPadding(General):
    """The padding before an axis is multiplied by the dilation, if both are given."""

    laws = ("max-index", "indices-gather")
    mistake = "padding"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if padding and dilation:
            moved = ((b, e, b * (d - 1)) for (b, e), d in zip(padding, dilation, strict=True))
            padding = tuple((b + more, e - more) for b, e, more in moved)
        return super().max_indices(x, size, stride, padding, dilation, ceil_mode)
