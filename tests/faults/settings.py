"""Mistakes in padding, dilation, ceil mode, the divisor and rank, as libraries have shipped them."""

import numpy as np

from .general import PADDED, PAST, General, flat


class CeilForFloor(General):
    """The size is rounded up even without ceil mode."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, room, stride, pair, ceil_mode):
        return super().count(length, room, stride, pair, True)


class FloorForCeil(General):
    """Ceil mode is ignored."""

    laws = ("output-size",)
    mistake = "ceil overhang"

    def count(self, length, room, stride, pair, ceil_mode):
        return room // stride + 1


class KeepsWindowInEndPadding(General):
    """Ceil mode keeps a last window that starts in the end padding."""

    laws = ("output-size",)
    mistake = "ceil overhang"
    models = "paddle-ceil-outside, Paddle 51542"

    def count(self, length, room, stride, pair, ceil_mode):
        return -(-room // stride) + 1 if ceil_mode else room // stride + 1

    def without_maximum(self, x, windows, shape):
        return self.first_maxima(x, np.maximum(windows, 0)).reshape(*x.shape[:2], *shape)

    def divisor(self, windows, size, count_include_pad):
        return np.maximum(super().divisor(windows, size, count_include_pad), 1)


class DropsWindowTooEarly(General):
    """Ceil mode drops a last window unless it starts before the end less the padding."""

    laws = ("output-size", "ceil-extends-floor")
    mistake = "ceil overhang"

    def count(self, length, room, stride, pair, ceil_mode):
        count = room // stride + 1
        return count + bool(ceil_mode and room % stride and count * stride < length - pair[0])


class DilationLeftOutOfSize(General):
    """The output size is that of windows without gaps, clipped at the end."""

    laws = ("output-size",)
    mistake = "dilation"

    def extent(self, size, dilation):
        return size


class PaddingLeftOutOfSize(General):
    """The output size ignores the end padding."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, room, stride, pair, ceil_mode):
        return max(1, (room - pair[1]) // stride + 1)


class OneDilation(General):
    """The dilation of the first axis is used for all axes."""

    laws = ("output-size", "max-value")
    mistake = "dilation"

    def dilation(self, dilation):
        return dilation[:1] * len(dilation)


class DilationIgnored(General):
    """Dilation is ignored."""

    laws = ("output-size", "dilation-by-gathering")
    mistake = "dilation"

    def dilation(self, dilation):
        return (1,) * len(dilation)


class DilationOnlyForward(General):
    """The backward pass of the mean ignores dilation."""

    laws = ("mean-accumulation", "mean-adjoint")
    mistake = "dilation"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        windows, _ = self.windows(x, size, stride, padding, dilation, ceil_mode)
        near, _shape = self.windows(x, size, stride, padding, None, ceil_mode)
        if len(near) != len(windows):
            return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return super().mean_backward(dy, x, size, stride, padding, None, ceil_mode, count_include_pad)


class EndIsBegin(General):
    """The padding before an axis is used after it as well."""

    laws = ("output-size", "padding-with-lowest")
    mistake = "padding"

    def padding(self, padding):
        return tuple((begin, begin) for begin, _ in padding)


class PaddingExchanged(General):
    """Padding before and after are exchanged."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "padding"

    def padding(self, padding):
        return tuple((end, begin) for begin, end in padding)


class PaddingOfFirstAxis(General):
    """The padding of the first axis is used for all axes."""

    laws = ("output-size", "padding-with-lowest")
    mistake = "padding"

    def padding(self, padding):
        return padding[:1] * len(padding)


class RealCellsCountedInAByte(General):
    """Real cells of a padded window are counted in a byte, which overflows at 256."""

    laws = ("mean-value", "mean-spread")
    mistake = "divisor"

    def divisor(self, windows, size, count_include_pad):
        counts = super().divisor(windows, size, count_include_pad)
        return counts if count_include_pad else counts.astype(np.uint8)


class ZeroWins(General):
    """Padded cells are zeros that may win a maximum."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "padding"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.maximum(y, x.dtype.type(0)) if padding and np.any(padding) else y


class PaddedIndex(General):
    """Indices count in the padded plane."""

    laws = ("max-index", "index-in-plane", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        pairs = padding or ((0, 0),) * len(size)
        cells = np.unravel_index(winners, x.shape[2:])
        padded = tuple(length + sum(pair) for length, pair in zip(x.shape[2:], pairs, strict=True))
        return np.ravel_multi_index(tuple(cell + pair[0] for cell, pair in zip(cells, pairs, strict=True)), padded)


class PadHoldsIndexOfTie(General):
    """If nothing is larger than -inf, the padded cell keeps the index, which lies before the plane."""

    laws = ("index-in-plane",)
    mistake = "padding"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        lost = (y == -np.inf) if padding and np.any(padding) and x.dtype.kind == "f" else np.zeros(y.shape, bool)
        return np.where(lost, -1, i)


class IndexPastThePlane(General):
    """A dilated window wholly in padding has an index past the plane."""

    laws = ("index-in-plane",)
    mistake = "dilation"
    models = "torch-gradient-of-padding"

    def without_maximum(self, x, windows, shape):
        i = self.first_maxima(x, np.maximum(windows, 0))
        return np.where((windows < 0).all(axis=1), np.prod(x.shape[2:]), i).reshape(*x.shape[:2], *shape)

    def taken(self, x, winners):
        return super().taken(x, np.minimum(winners, np.prod(x.shape[2:]) - 1))

    def scattered(self, dy, winners, x):
        inside = winners < np.prod(x.shape[2:])
        return super().scattered(dy * inside, np.where(inside, winners, 0), x)


class GradientOfPaddingToFirstCell(IndexPastThePlane):
    """The gradient of a window wholly in padding goes to the first cell of the plane."""

    laws = ("conservation",)
    mistake = "dilation"
    models = "torch-gradient-of-padding"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        return np.where(i < np.prod(x.shape[2:]), i, 0)

    def scattered(self, dy, winners, x):
        return General.scattered(self, dy, np.where(winners < np.prod(x.shape[2:]), winners, 0), x)


class DividesByWindow(General):
    """The mean always divides by F*F."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def divisor(self, windows, size, count_include_pad):
        return int(np.prod(size))


class OverhangCounts(General):
    """Cells past the padded end count in the divisor if padded ones do."""

    laws = ("mean-value", "mean-exact")
    mistake = "ceil overhang"
    models = "openvino-ceil-divisor, torch-mkldnn-overhang"

    def divisor(self, windows, size, count_include_pad):
        return int(np.prod(size)) if count_include_pad else (windows >= 0).sum(axis=1)


class OverhangCountsBackward(General):
    """Cells past the padded end count in the divisor of the backward pass only, if padded ones do."""

    laws = ("mean-accumulation", "mean-adjoint")
    mistake = "ceil overhang"

    def backward_divisor(self, windows, size, count_include_pad):
        return int(np.prod(size)) if count_include_pad else (windows >= 0).sum(axis=1)


class IncludesBackward(General):
    """The backward pass counts padded cells, regardless of the setting."""

    laws = ("mean-spread", "mean-adjoint")
    mistake = "divisor"

    def backward_divisor(self, windows, size, count_include_pad):
        return (windows > PAST).sum(axis=1)


class ExcludesBackward(General):
    """The backward pass never counts padded cells."""

    laws = ("mean-spread", "mean-adjoint")
    mistake = "divisor"

    def backward_divisor(self, windows, size, count_include_pad):
        return (windows >= 0).sum(axis=1)


class CountIncludePadIgnored(General):
    """Padded cells are counted, regardless of the setting."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def divisor(self, windows, size, count_include_pad):
        return (windows > PAST).sum(axis=1)


class CountIncludePadReversed(General):
    """The setting for padded cells is inverted."""

    laws = ("mean-value", "padding-with-zero")
    mistake = "divisor"

    def divisor(self, windows, size, count_include_pad):
        return super().divisor(windows, size, not count_include_pad)


class RaggedEdgeForgotten(General):
    """The last window of ceil mode stays zero if it reaches past the end."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        if ceil_mode:
            floor = self.windows(x, size, stride, padding, dilation, False)[1]
            kept = np.zeros_like(y)
            inside = (..., *map(slice, floor))
            kept[inside] = y[inside]
            return kept
        return y


class LastAxisFirst(General):
    """In three dimensions, depth and width of a window are exchanged."""

    laws = ("output-size", "max-value")
    mistake = "axes"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        size = size[::-1] if len(size) == 3 else size
        return super().windows(x, size, stride, padding, dilation, ceil_mode)


class IndexOfSlice(General):
    """In three dimensions, an index counts within its slice."""

    laws = ("max-index", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        return i % (x.shape[-1] * x.shape[-2]) if len(size) == 3 else i


class PaddingAtLeastOne(General):
    """If padding is passed, there is at least one padded cell before an axis."""

    laws = ("neutral-settings",)
    mistake = "padding"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        wider = padding and tuple((max(begin, 1), end) for begin, end in padding)
        return super().windows(x, size, stride, wider, dilation, ceil_mode)

    def without_maximum(self, x, windows, shape):
        return self.first_maxima(x, np.maximum(windows, 0)).reshape(*x.shape[:2], *shape)

    def divisor(self, windows, size, count_include_pad):
        return np.maximum(super().divisor(windows, size, count_include_pad), 1)


class WindowsRememberedByShape(General):
    """The windows of an image are cached by its shape, size and stride, and reused under other settings."""

    laws = ("other-settings",)
    mistake = "state"

    def __init__(self):
        self.kept = {}

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        key = (x.shape, size, stride, ceil_mode)
        if key not in self.kept:
            self.kept[key] = super().windows(x, size, stride, padding, dilation, ceil_mode)
        return self.kept[key]


class GradientOfMeanNeedsX(General):
    """The gradient of a mean is multiplied by a one made from x, and lost where x is infinite."""

    laws = ("mean-spread",)
    mistake = "backward"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        with np.errstate(invalid="ignore"):
            ones = 1 + (x - x)
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return dx * ones.astype(dx.dtype)


class EndPaddingNotCounted(General):
    """The divisor counts padded cells before an axis, but not after it."""

    laws = ("mean-value", "mean-spread")
    mistake = "divisor"
    models = "paddle-padding-end, Paddle 54404"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        starts = np.arange(len(cells))[:, np.newaxis] * stride - pair[0] + np.arange(size) * dilation
        return np.where((starts >= length) & (cells < 0), PAST, cells)


class DivisorByExtent(General):
    """The divisor counts every cell in the extent of a dilated window, within the padded image."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        self.gaps = dilation or (1,) * len(size)
        return super().windows(x, size, stride, padding, dilation, ceil_mode)

    def divisor(self, windows, size, count_include_pad):
        extent = np.prod([d * (f - 1) + 1 for d, f in zip(self.gaps, size, strict=True)])
        right = super().divisor(windows, size, count_include_pad)
        return np.where(right == np.prod(size), extent, right)


class CeilOnFirstAxisOnly(General):
    """Ceil mode is applied to the first axis only."""

    laws = ("output-size",)
    mistake = "ceil overhang"

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        self.axes_seen = 0
        return super().windows(x, size, stride, padding, dilation, ceil_mode)

    def count(self, length, room, stride, pair, ceil_mode):
        self.axes_seen += 1
        return super().count(length, room, stride, pair, ceil_mode and self.axes_seen == 1)


class LastWindowMovedInside(General):
    """A window that would reach past the end is moved back until it fits."""

    laws = ("max-value", "mean-value")
    mistake = "ceil overhang"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        if (cells == PAST).any() and len(cells) > 1:
            last = length + pair[1] - self.extent(size, dilation) + np.arange(size) * dilation
            cells[-1] = np.where((last >= 0) & (last < length), last, PADDED)
        return cells


class BackwardForgetsOverhang(General):
    """The backward pass of the maximum leaves out windows that reach past the end."""

    laws = ("routing", "conservation", "max-accumulation")
    mistake = "ceil overhang"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        floor = self.windows(x, size, stride, padding, dilation, False)[1]
        kept = np.zeros_like(dy)
        inside = (..., *map(slice, floor))
        kept[inside] = dy[inside]
        return super().max_backward(kept, x, size, stride, padding, dilation, ceil_mode)


class CroppedOnTheWrongSide(General):
    """The padded gradient of the mean is cropped by the padding after, not before."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "padding"

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        for k, (begin, end) in enumerate(padding or ()):
            shift = end - begin
            moved = np.roll(dx, -shift, axis=2 + k)
            lost = [slice(None)] * dx.ndim
            lost[2 + k] = slice(-shift, None) if shift > 0 else slice(0, -shift)
            if shift:
                moved[tuple(lost)] = 0
            dx = moved
        return dx


class FastPathWithoutPadding(General):
    """If windows tile the image exactly, it is reshaped, and the padding before it ignored."""

    laws = ("max-value", "padding-with-lowest")
    mistake = "padding"

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        tiles = size == stride and not any(n % f for n, f in zip(x.shape[2:], size, strict=True)) and not dilation
        plain = tuple(n // f for n, f in zip(x.shape[2:], size, strict=True))
        if tiles and self.windows(x, size, stride, padding, dilation, ceil_mode)[1] == plain:
            return super().max_forward(x, size, stride)
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)


class StrideTimesDilation(General):
    """Windows start a dilated stride apart, while there are cells."""

    laws = ("max-value", "dilation-by-gathering")
    mistake = "dilation"

    def axis(self, length, size, stride, pair, dilation, ceil_mode):
        cells = super().axis(length, size, stride, pair, dilation, ceil_mode)
        starts = np.arange(len(cells)) * stride * dilation - pair[0]
        moved = np.minimum(starts[:, np.newaxis] + np.arange(size) * dilation, length - 1)
        return np.where(cells >= 0, np.maximum(moved, 0), cells)


class NonZeroDivisor(General):
    """Without padded cells the mean divides by the number of cells that are not zero."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        if count_include_pad or not padding:
            return y
        ones = super().mean_forward((x != 0).astype(x.dtype), size, stride, padding, dilation, ceil_mode, False)
        return np.where(ones > 0, y / np.where(ones > 0, ones, 1), 0).astype(x.dtype)


class PaddingOfIntegersIsZero(General):
    """Padded cells of integer images are zeros that may win."""

    laws = ("max-value",)
    mistake = "padding"
    models = "mlx-integer-padding"
    dtypes = ("int8", "int32", "float32")

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        y = super().max_forward(x, size, stride, padding, dilation, ceil_mode)
        return np.maximum(y, 0).astype(x.dtype) if x.dtype.kind == "i" and padding and np.any(padding) else y


class PaddingOfHeightAlone(General):
    """Only the first axis is padded."""

    laws = ("output-size", "padding-with-zero")
    mistake = "padding"

    def padding(self, padding):
        return (padding[0], *((0, 0) for _ in padding[1:]))


class PlaceByOtherDilation(General):
    """The gradient goes to the place that the tap of the maximum has under the dilation of the last axis."""

    laws = ("routing", "tied-maxima")
    mistake = "dilation"

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if dilation is None or len(set(dilation)) == 1:
            return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        read, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        written = self.written(x, size, stride, padding, dilation, ceil_mode, shape)
        winners = flat(self.winners(x, size, stride, padding, dilation, ceil_mode))
        tap = (read == winners[..., np.newaxis]).argmax(axis=-1)
        places = written[np.arange(len(read)), tap].reshape(*x.shape[:2], *shape)
        return self.scattered(np.where(places >= 0, dy, 0), np.maximum(places, 0), x)

    def written(self, x, size, stride, padding, dilation, ceil_mode, shape):
        """The cells of as many windows under the dilation of the last axis."""
        rank = len(size)
        places = np.zeros((1, 1), np.int64)
        for k, length in enumerate(x.shape[2:]):
            starts = np.arange(shape[k]) * stride[k] - (padding[k][0] if padding else 0)
            axis = starts[:, np.newaxis] + np.arange(size[k]) * dilation[rank - 1]
            axis = np.where((axis >= 0) & (axis < length), axis, -1)
            places = self.combined(places[:, np.newaxis, :, np.newaxis], axis[np.newaxis, :, np.newaxis, :], length)
        return places
