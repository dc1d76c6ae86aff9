"""Gradients turned, scaled or clipped, and samples and channels that affect one another."""

import numpy as np

from .base import Sound


class WindowTurned(Sound):
    """The backward pass turns the window by half, like that of a convolution."""

    laws = ("routing",)
    mistake = "backward"

    def scatter(self, dy, pixels, grid):
        return super().scatter(dy[:, :, ::-1, ::-1], pixels[:, :, ::-1, ::-1], grid)[..., ::-1, ::-1]


class DividedByBatch(Sound):
    """Gradients are averaged over the batch."""

    laws = ("routing", "mean-spread")
    mistake = "backward"

    def gradient(self, dy):
        return super().gradient(dy) / max(len(dy), 1)


class ClipsGradient(Sound):
    """Gradients are clipped to 100, against explosions."""

    laws = ("routing", "max-accumulation")
    mistake = "backward"

    def gradient(self, dy):
        return np.clip(super().gradient(dy), -100, 100)


class SignLost(Sound):
    """The gradient of a mean loses its sign."""

    laws = ("mean-spread", "linearity")
    mistake = "backward"

    def mean_backward(self, dy, x, size, stride):
        return super().mean_backward(abs(dy), x, size, stride)


class OnlyCoveredPixels(Sound):
    """dx ends where the last window does."""

    laws = ("gradient-shape",)
    mistake = "backward"

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        dx = super().max_backward(dy, x, size, stride)
        return dx[..., : (grid.oh - 1) * grid.sh + grid.fh, : (grid.ow - 1) * grid.sw + grid.fw].copy()


class SeesSampleBefore(Sound):
    """The maximum of a sample is at least that of the sample before it."""

    laws = ("sample-independence", "batch-independence")
    mistake = "planes"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        y[1:] = np.maximum(y[1:], y[:-1])
        return y


class SamplesForChannels(Sound):
    """Samples and channels are exchanged in the result."""

    laws = ("depth-preserved", "mean-value")
    mistake = "planes"

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x, size, stride).swapaxes(0, 1)


class ChannelsPastEightLost(Sound):
    """Channels are processed in blocks of 8; those beyond the last whole block stay zero."""

    laws = ("max-adjoint", "max-value")
    mistake = "planes"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        if y.shape[1] > 8:
            y[:, y.shape[1] // 8 * 8 :] = 0
        return y


class DivisorOfHeight(Sound):
    """A mean divides by the height of the window squared."""

    laws = ("mean-value", "mean-exact")
    mistake = "divisor"

    def divisor(self, x, grid):
        return grid.fh**2


class NarrowDivisorBackward(Sound):
    """The cells of a window are counted in the dtype of dy, where adding one to 2048 gives 2048."""

    laws = ("large-divisor",)
    mistake = "divisor"

    def backward_divisor(self, x, grid):
        return min(grid.cells, 2048) if x.dtype == np.float16 else grid.cells


class LeftOverInFront(Sound):
    """The rows and columns that no window reaches are put before the gradient, not after it."""

    laws = ("mean-accumulation", "uncovered-pixels")
    mistake = "backward"

    def spread(self, shares, grid):
        dx = super().spread(shares, grid)
        beyond = (grid.h - grid.fh) % grid.sh, (grid.w - grid.fw) % grid.sw
        return np.roll(dx, beyond, axis=(2, 3))
