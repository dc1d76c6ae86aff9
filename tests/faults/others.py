"""One or two of every other kind of mistake: values, sizes, state, memory, divisors, dtypes."""

import numpy as np

from .base import Sound


class ZeroSentinel(Sound):
    """The scan for the maximum begins with zero."""

    laws = ("max-value",)
    mistake = "initial value"

    def max_forward(self, x, size, stride):
        return np.maximum(super().max_forward(x, size, stride), x.dtype.type(0))


class Float32Sentinel(Sound):
    """The scan begins with the lowest float32, also for float64."""

    laws = ("max-value",)
    mistake = "initial value"
    models = "paddle-float32-lowest-in-float64"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return np.where(y < -3.4e38, -3.4e38, y).astype(x.dtype) if x.dtype == np.float64 else y


class CeilsOutputSize(Sound):
    """There is one more window if the division leaves a remainder."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, size, stride):
        return -((size - length) // stride) + 1


class SwapsStride(Sound):
    """The strides of both axes are exchanged."""

    laws = ("output-size", "max-value")
    mistake = "axes"

    def grid(self, x, size, stride):
        return super().grid(x, size, stride[::-1])


class MeanIsMax(Sound):
    """The pooling type is stored but never read: a mean is a maximum."""

    laws = ("mean-value",)
    mistake = "divisor"

    def mean_forward(self, x, size, stride):
        return self.max_forward(self.floats(x), size, stride)


class OneFastColumn(Sound):
    """The last window of a row of more than 16 stays zero: a vector loop without its tail."""

    laws = ("max-value",)
    mistake = "last cells"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        if y.shape[3] > 16 and y.shape[3] % 16:
            y[..., -1] = 0
        return y


class ByteArgmax(Sound):
    """The winning tap is stored in a byte."""

    laws = ("routing",)
    mistake = "index"

    def winner(self, taps):
        return super().winner(taps).astype(np.uint8).astype(np.int64)


class ShortIndices(Sound):
    """Indices of a plane are stored in 16 bits."""

    laws = ("max-index",)
    mistake = "index"

    def max_indices(self, x, size, stride):
        return super().max_indices(x, size, stride).astype(np.uint16)


class TensorIndices(Sound):
    """Indices count through the whole tensor."""

    laws = ("max-index",)
    mistake = "index"

    def max_indices(self, x, size, stride):
        n, c, h, w = x.shape
        return super().max_indices(x, size, stride) + np.arange(n * c).reshape(n, c, 1, 1) * (h * w)


class StaleArgmax(Sound):
    """The argmax is cached by shape, and reused for other data."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.memory = {}

    def winner(self, taps):
        return self.memory.setdefault(taps.shape, super().winner(taps))


class ReusedBuffer(Sound):
    """Results of one shape and dtype share one buffer."""

    laws = ("results-kept",)
    mistake = "state"

    def __init__(self):
        self.buffers = {}

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        buffer = self.buffers.setdefault((y.shape, y.dtype), np.empty_like(y))
        buffer[...] = y
        return buffer


class MutatesInput(Sound):
    """The input is sorted in place."""

    laws = ("inputs-unchanged",)
    mistake = "state"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        x.sort(axis=-1)
        return y


class ReturnsInput(Sound):
    """With F = S = 1 the input itself is returned."""

    laws = ("no-aliasing-of-identity",)
    mistake = "state"

    def max_forward(self, x, size, stride):
        return x if size == stride == (1, 1) else super().max_forward(x, size, stride)


class ReadsMemoryOrder(Sound):
    """dy is read in memory order."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def gradient(self, dy):
        return dy.ravel(order="K").reshape(dy.shape).astype(np.float64)


class ChannelsMixed(Sound):
    """The last channel is affected by the first."""

    laws = ("channel-independence",)
    mistake = "planes"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        y[:, -1] = np.maximum(y[:, -1], y[:, 0])
        return y


class DividesByStrideArea(Sound):
    """A mean divides by the area of the stride."""

    laws = ("mean-value",)
    mistake = "divisor"

    def divisor(self, x, grid):
        return grid.sh * grid.sw


class BackwardNotDivided(Sound):
    """The gradient of a mean is not divided."""

    laws = ("mean-spread",)
    mistake = "backward"

    def backward_divisor(self, x, grid):
        return 1


class SmallEpsilon(Sound):
    """The divisor is n + 1e-12."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def divisor(self, x, grid):
        return grid.cells + 1e-12


class Float32Mean(Sound):
    """Means of float64 are computed in float32."""

    laws = ("mean-value",)
    mistake = "accumulation"

    def total(self, taps):
        return taps.astype(np.float32).sum(axis=0)


class RunningSum(Sound):
    """Means come from a summed-area table."""

    laws = ("mean-value",)
    mistake = "accumulation"

    def mean_forward(self, x, size, stride):
        grid = self.grid(self.floats(x), size, stride)
        table = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
        top = np.arange(grid.oh)[:, np.newaxis] * grid.sh
        left = np.arange(grid.ow) * grid.sw
        below, right = top + grid.fh, left + grid.fw
        total = table[:, :, below, right] - table[:, :, top, right] - table[:, :, below, left] + table[:, :, top, left]
        return (total / grid.cells).astype(x.dtype)


class WidensDtype(Sound):
    """A mean of float32 is float64."""

    laws = ("dtype-preserved",)
    mistake = "dtype"

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x, size, stride).astype(np.float64)


class DropsNegativeGradients(Sound):
    """Negative gradients are dropped."""

    laws = ("routing", "mean-spread")
    mistake = "backward"

    def gradient(self, dy):
        return np.maximum(super().gradient(dy), 0)


class GarbageInGaps(Sound):
    """Pixels in no window keep their values in dx."""

    laws = ("uncovered-pixels",)
    mistake = "backward"

    def max_backward(self, dy, x, size, stride):
        dx = super().max_backward(dy, x, size, stride)
        grid = self.grid(x, size, stride)
        covered = np.zeros(grid.image, bool)
        covered[:, :, self.rows(grid).reshape(-1, 1), self.columns(grid).ravel()] = True
        return np.where(covered, dx, x)


class GradientAccumulates(Sound):
    """dx of one call is added to the next one of its shape."""

    laws = ("same-twice",)
    mistake = "state"

    def __init__(self):
        self.sums = {}

    def max_backward(self, dy, x, size, stride):
        self.sums[x.shape] = self.sums.get(x.shape, 0) + super().max_backward(dy, x, size, stride)
        return self.sums[x.shape].astype(x.dtype)


class RaisesOnFullWidth(Sound):
    """A window as wide as the input is refused as too large."""

    laws = ("max-value",)
    mistake = "robustness"

    def grid(self, x, size, stride):
        if size[1] >= x.shape[3] > 1:
            raise ValueError("window too large")
        return super().grid(x, size, stride)


class WrongOnceIn37(Sound):
    """One call in 37 is off by one."""

    laws = ("max-value",)
    mistake = "state"

    def __init__(self):
        self.calls = 0

    def max_forward(self, x, size, stride):
        self.calls += 1
        y = super().max_forward(x, size, stride)
        return y + y.dtype.type(1) if self.calls % 37 == 0 else y
