"""Sound ways to add and divide: any order, any sufficient width, any trick; the laws must accept them."""

import math

import numpy as np

from .base import Sound
from .general import General


class OwnDtypeMean(Sound):
    """Sums are kept in the dtype of x, one tap after another."""

    def total(self, taps):
        return taps.sum(axis=0, dtype=taps.dtype)


class ReciprocalMean(Sound):
    """The mean multiplies by 1/n."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        total = self.taps(self.floats(x), grid).sum(axis=0, dtype=x.dtype)
        return total * x.dtype.type(1 / grid.cells)


class DividesFirst(Sound):
    """Every cell is divided before it is added."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        return (self.taps(self.floats(x), grid) / x.dtype.type(grid.cells)).sum(axis=0, dtype=x.dtype)


class CorrectlyRoundedSum(Sound):
    """Sums are correctly rounded."""

    def total(self, taps):
        flat = taps.reshape(len(taps), -1).astype(np.float64)
        return np.array([math.fsum(column) for column in flat.T]).reshape(taps.shape[1:])


class ReversedSum(Sound):
    """Taps are added from the last to the first."""

    def total(self, taps):
        return taps[::-1].sum(axis=0, dtype=np.float64)


class PairwiseSum(Sound):
    """Neighbours are added, then neighbouring sums, and so on, in the dtype of x."""

    def total(self, taps):
        while len(taps) > 1:
            taps = np.concatenate((taps[: len(taps) // 2 * 2 : 2] + taps[1::2], taps[len(taps) // 2 * 2 :]))
        return taps[0]


class CompensatedBlocks(Sound):
    """Sixteen blocks of taps are added, and their sums with Kahan's compensation, in the dtype of x.

    An infinite sum has no compensation.
    """

    def total(self, taps):
        total = lost = np.zeros(taps.shape[1:], taps.dtype)
        for block in np.array_split(taps, 16):
            term = block.sum(axis=0, dtype=taps.dtype) - lost
            raised = total + term
            lost = np.where(np.isfinite(raised), (raised - total) - term, 0).astype(taps.dtype)
            total = raised
        return total


class StridedLanes(Sound):
    """Four sums are computed side by side, as in the lanes of a vector register, and added at the end."""

    def total(self, taps):
        lanes = [taps[lane::4].sum(axis=0, dtype=taps.dtype) for lane in range(4)]
        return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])


class ColumnsFirst(Sound):
    """The columns of a window are added, then their sums, in the dtype of x."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(self.floats(x), size, stride)
        columns = self.taps(x, grid).reshape(grid.fh, grid.fw, *grid.result).sum(axis=0, dtype=x.dtype)
        return columns.sum(axis=0, dtype=x.dtype) / x.dtype.type(grid.cells)


class MeanOfMeans(Sound):
    """The mean of each row of a window, then the mean of these."""

    def mean_forward(self, x, size, stride):
        rows = super().mean_forward(x, (1, size[1]), (1, stride[1]))
        return super().mean_forward(rows, (size[0], 1), (stride[0], 1))


class SingleSumsOfHalf(Sound):
    """Sums of float16 are kept in float32, others in their own dtype."""

    def total(self, taps):
        return taps.sum(axis=0, dtype=np.float32 if taps.dtype == np.float16 else taps.dtype)


class ExtendedSums(Sound):
    """Sums are kept in the widest float that the machine has."""

    def total(self, taps):
        return taps.sum(axis=0, dtype=np.longdouble)

    def gradient(self, dy):
        return dy.astype(np.longdouble)


class FusedMultiplyAdd(Sound):
    """Every cell times 1/n is added without rounding in between, as by a fused multiply-add."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(self.floats(x), size, stride)
        weight = x.dtype.type(1 / grid.cells)
        return (self.taps(x, grid).astype(np.longdouble) * weight).sum(axis=0).astype(x.dtype)


class MatrixProduct(Sound):
    """The mean is a product with a vector of weights 1/n."""

    def mean_forward(self, x, size, stride):
        grid = self.grid(self.floats(x), size, stride)
        return np.tensordot(np.full(grid.cells, 1 / grid.cells, x.dtype), self.taps(x, grid), axes=1)


class OwnDtypeGradient(Sound):
    """Shares are divided and added in the dtype of x."""

    def gradient(self, dy):
        return dy.copy()

    def spread(self, shares, grid):
        dx, rows, columns = np.zeros(grid.image, shares.dtype), self.rows(grid), self.columns(grid)
        for tap, share in enumerate(shares):
            dx[:, :, rows[tap // grid.fw][:, np.newaxis], columns[tap % grid.fw]] += share
        return dx


class LastWindowFirst(Sound):
    """Gradients are added from the last window to the first."""

    def scatter(self, dy, pixels, grid):
        return super().scatter(dy[:, :, ::-1, ::-1], pixels[:, :, ::-1, ::-1], grid)


class ReciprocalDivisors(General):
    """The gradient of a mean is multiplied by 1/n in its own dtype, for any n that the settings give."""

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        windows, shape = self.windows(x, size, stride, padding, dilation, ceil_mode)
        divisor = np.broadcast_to(self.divisor(windows, size, count_include_pad), len(windows))
        dy = dy * (1 / divisor).reshape(shape).astype(dy.dtype)
        return super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)

    def backward_divisor(self, windows, size, count_include_pad):
        return 1


class ZerosAround(General):
    """A mean that counts padding is taken of a copy with zeros around it."""

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        if padding and count_include_pad and not ceil_mode:
            return super().mean_forward(np.pad(x, ((0, 0), (0, 0), *padding)), size, stride, None, dilation)
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
