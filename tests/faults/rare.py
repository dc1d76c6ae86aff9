"""Mistakes that few inputs show: rare sizes, extreme numbers, neighbouring numbers, other memory, other threads."""

import numpy as np

from .base import Sound
from .ties import _Masked


class ReciprocalSize(Sound):
    """The number of windows is a product with 1/S: 49 * (1/49) is less than 1."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, size, stride):
        return int((length - size) * (1 / stride)) + 1


class SingleReciprocalSize(Sound):
    """The same in float32: 41 * (1/41) is less than 1."""

    laws = ("output-size",)
    mistake = "output size"

    def count(self, length, size, stride):
        return int(np.float32(length - size) * (np.float32(1) / np.float32(stride))) + 1


class RunningSum(Sound):
    """Sums of a row are updated by adding cells that enter a window and subtracting those that leave: NaN stays."""

    laws = ("locality",)
    mistake = "accumulation"
    models = "scipy-running-sum, scipy 7818"

    def mean_forward(self, x, size, stride):
        sums = np.cumsum(np.pad(x.astype(np.float64), ((0, 0), (0, 0), (0, 0), (1, 0))), axis=-1)
        rows = super().mean_forward(sums[..., size[1] :] - sums[..., : -size[1]], (size[0], 1), (stride[0], stride[1]))
        return (rows / size[1]).astype(x.dtype)


class NarrowDivisor(Sound):
    """The cells of a window are counted in the dtype of x, where adding one to 2048 gives 2048."""

    laws = ("large-divisor",)
    mistake = "divisor"
    models = "tensorflow-divisor-in-own-dtype"

    def divisor(self, x, grid):
        return min(grid.cells, 2048) if x.dtype == np.float16 else grid.cells


class SharedScratch(Sound):
    """All calls gather their windows in one buffer, even from different threads."""

    laws = ("two-threads",)
    mistake = "state"

    def __init__(self):
        self.scratch = {}

    def max_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        shape = (grid.cells, *grid.result)
        columns = self.scratch.setdefault((shape, x.dtype), np.empty(shape, x.dtype))
        columns[...] = self.taps(x, grid)
        return columns.max(axis=0)


class SharedArguments(Sound):
    """The arguments are attributes of the object, which a call from another thread replaces."""

    laws = ("two-threads",)
    mistake = "state"

    def mean_forward(self, x, size, stride):
        self.x, self.size, self.stride = x, size, stride
        grid = self.grid(self.x, self.size, self.stride)
        return (self.total(self.taps(self.floats(self.x), grid)) / grid.cells).astype(x.dtype)


class ShortOutputIndex(Sound):
    """Outputs are counted in 16 bits: those of a plane beyond 65535 are never written."""

    laws = ("identity",)
    mistake = "index"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        y.reshape(*y.shape[:2], -1)[..., 1 << 16 :] = 0
        return y


class ShortOutputOffset(Sound):
    """Windows are found through a signed 16-bit count of outputs, which wraps to the front."""

    laws = ("identity",)
    mistake = "index"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        flat = y.reshape(*y.shape[:2], -1)
        flat[..., 1 << 15 :] = flat[..., : max(flat.shape[-1] - (1 << 15), 0)]
        return y


class TilesWithoutHalo(Sound):
    """A row is computed in tiles of 64 windows, which see none of the cells that they share with the next tile."""

    laws = ("max-value", "mean-value", "max-accumulation")
    mistake = "last cells"

    def columns(self, grid):
        tile = np.arange(grid.ow) // 64
        end = np.where(tile == tile[-1], grid.w, (tile + 1) * 64 * grid.sw)
        return np.minimum(super().columns(grid), end - 1)


class NoIndexForNaN(Sound):
    """A window in which nothing is larger than the initial -inf has the index -1."""

    laws = ("index-in-plane",)
    mistake = "NaN"
    models = "paddle-index-minus-one"

    def max_indices(self, x, size, stride):
        taps = self.taps(x, self.grid(x, size, stride))
        i = super().max_indices(x, size, stride)
        return np.where((taps > (-np.inf if x.dtype.kind == "f" else -1e30)).any(axis=0), i, -1)


class NoIndexForMinusInfinity(Sound):
    """The scan for the index begins past the plane, and a window of only -inf leaves it there."""

    laws = ("index-in-plane",)
    mistake = "index"

    def max_indices(self, x, size, stride):
        i = super().max_indices(x, size, stride)
        return np.where(self.max_forward(x, size, stride) == -np.inf, x.shape[2] * x.shape[3], i)


class TrustsGradientLayout(Sound):
    """The backward pass checks that x is contiguous, and reads dy as if it were too."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def max_backward(self, dy, x, size, stride):
        return super().max_backward(trusted(dy, x), x, size, stride)

    def mean_backward(self, dy, x, size, stride):
        return super().mean_backward(trusted(dy, x), x, size, stride)


def trusted(dy, x):
    """dy in memory order, if x is contiguous."""
    return dy.ravel(order="K").reshape(dy.shape) if x.flags.c_contiguous else dy


class SaturatesSums(Sound):
    """Sums saturate at the largest float32, also those of float64."""

    laws = ("mean-value",)
    mistake = "accumulation"

    def total(self, taps):
        return np.clip(super().total(taps), -3.4e38, 3.4e38)


class SaturatesShares(Sound):
    """Gradients saturate at the largest float32, also those of float64."""

    laws = ("mean-accumulation", "max-accumulation")
    mistake = "accumulation"

    def gradient(self, dy):
        return np.clip(super().gradient(dy), -3.4e38, 3.4e38)


class FlushesSmallShares(Sound):
    """Gradients below the smallest normal float32 are flushed, also those of float64."""

    laws = ("max-accumulation", "mean-accumulation")
    mistake = "accumulation"

    def gradient(self, dy):
        wide = super().gradient(dy)
        return np.where(np.abs(wide) < 1.2e-38, 0, wide)


class TiesWithinOneUlp(_Masked):
    """Cells within a unit in the last place of the maximum count as maxima; the first of them wins."""

    laws = ("routing",)
    mistake = "ties"

    def weights(self, taps, grid):
        largest = taps.max(axis=0)
        near = taps >= largest - np.abs(largest) * np.finfo(taps.dtype).eps
        return np.arange(len(taps)).reshape(-1, 1, 1, 1, 1) == near.argmax(axis=0)


class ComparesInFloat32(_Masked):
    """The argmax of float64 is found in float32, where neighbouring numbers are equal."""

    laws = ("routing",)
    mistake = "accumulation"

    def weights(self, taps, grid):
        return super().weights(taps.astype(np.float32), grid)


class SamplesOfLaterChunks(Sound):
    """The backward pass takes 128 samples at a time, and adds the gradients of all to the first ones."""

    laws = ("routing", "tied-maxima")
    mistake = "planes"

    def max_backward(self, dy, x, size, stride):
        dx = np.zeros_like(x)
        for first in range(0, len(x), 128):
            some = slice(first, first + 128)
            dx[: len(x[some])] += super().max_backward(dy[some], x[some], size, stride)
        return dx


class PlanesLeftOver(Sound):
    """Planes are divided among four threads, and those that are left over are computed by none."""

    laws = ("max-value", "batch-independence")
    mistake = "planes"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        planes = y.reshape(-1, *y.shape[2:])
        left = len(planes) % 4 if len(planes) > 4 else 0
        planes[len(planes) - left :] = -np.inf if x.dtype.kind == "f" else 0
        return y
