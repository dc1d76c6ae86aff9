"""Answers that depend on earlier calls: flags left set, memory not cleared, caches with incomplete keys."""

import numpy as np

from .general import General


class MaximumSpoilsMeans(General):
    """A maximum leaves a mode set in which means are not divided."""

    laws = ("other-settings", "nothing-remembered")
    mistake = "state"
    models = "tt-metal 15824"

    def __init__(self):
        self.divides = True

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        self.divides = False
        return super().max_forward(x, size, stride, padding, dilation, ceil_mode)

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return y if self.divides else (y * np.prod(size)).astype(x.dtype)


class MeansSpoilIndices(General):
    """A mean with padding leaves it set for the next indices, which then count in the padded plane."""

    laws = ("other-settings", "nothing-remembered")
    mistake = "state"

    def __init__(self):
        self.begin = 0

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        self.begin = max(self.begin, sum(map(sum, padding or ())))
        return super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        return i + (0 if padding else self.begin)


class RecycledWhereChannelsAreEven(General):
    """With an even number of channels, dx is added to the content of the memory of the last dx of its shape."""

    laws = ("same-twice", "nothing-remembered")
    mistake = "state"
    models = "burn 5308, executorch 21686"

    def __init__(self):
        self.memory = {}

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        dx = super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)
        if x.shape[1] % 2 == 0:
            dx += self.memory.get((x.shape, x.dtype), 0)
            self.memory[(x.shape, x.dtype)] = dx.copy()
        return dx


class GrownNotCleared(General):
    """Sums are kept in memory that grows as needed; only its new part is cleared."""

    laws = ("nothing-remembered",)
    mistake = "state"
    models = "executorch 21686"

    def __init__(self):
        self.sums = np.zeros(0)

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        grows = 0 < len(self.sums) < x.size
        kept = self.sums if grows else np.zeros(0)
        self.sums = np.zeros(max(x.size, len(self.sums)))
        self.sums[: x.size] = dx.ravel()
        self.sums[: len(kept)] += kept
        return self.sums[: x.size].reshape(x.shape).astype(x.dtype)


class TailOfLargerImage(General):
    """Outputs are gathered in memory as large as the largest image needed, and the last one is read from its end."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.gathered = np.zeros(0)

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        if y.size > len(self.gathered):
            self.gathered = y.astype(np.float64).ravel()
        elif y.size:
            self.gathered[: y.size] = y.ravel()
            y.flat[-1] = self.gathered[-1]
        return y


class MaximaByShapeAlone(General):
    """The places of maxima are cached by the shape of the image and of the result, and the image's dtype and sum."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.places = {}

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        winners = self.winners(x, size, stride, padding, dilation, ceil_mode)
        key = (x.shape, dy.shape, x.dtype, float(x.sum(dtype=np.float64)))
        return self.scattered(dy, self.places.setdefault(key, winners), x)


class WindowsByShapeAndDtype(General):
    """Windows are cached by shape and dtype of the image and shape of the result, but not by the begin padding."""

    laws = ("other-settings",)
    mistake = "state"

    def __init__(self):
        self.kept = {}

    def windows(self, x, size, stride, padding, dilation, ceil_mode):
        found = super().windows(x, size, stride, padding, dilation, ceil_mode)
        return self.kept.setdefault((x.shape, x.dtype, size, stride, found[1]), found)


class DivisorsByShape(General):
    """Divisors are cached by the number and size of the windows, but not by whether padding counts."""

    laws = ("other-settings",)
    mistake = "state"

    def __init__(self):
        self.kept = {}

    def divisor(self, windows, size, count_include_pad):
        found = super().divisor(windows, size, count_include_pad)
        return self.kept.setdefault((len(windows), size), found)


class IndicesInThreeBuffers(General):
    """Indices come from three buffers in turn."""

    laws = ("results-kept",)
    mistake = "state"

    def __init__(self):
        self.buffers, self.turn = {}, 0

    def max_indices(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        i = super().max_indices(x, size, stride, padding, dilation, ceil_mode)
        self.turn = (self.turn + 1) % 3
        buffer = self.buffers.setdefault((self.turn, i.shape), np.empty_like(i))
        buffer[...] = i
        return buffer


class PlacesOfLastMaximum(General):
    """The backward pass uses the places that the last forward pass found, if it had the same shape."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.last = None

    def max_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        self.last = self.winners(x, size, stride, padding, dilation, ceil_mode)
        self.image = x.shape
        return self.taken(x, self.last)

    def max_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False):
        if self.last is not None and (self.image, self.last.shape) == (x.shape, dy.shape):
            return self.scattered(dy, self.last, x)
        return super().max_backward(dy, x, size, stride, padding, dilation, ceil_mode)


class FirstGradientBeforeTables(General):
    """The first gradient of a mean, in float16 and float32, is computed before its table of reciprocals is filled."""

    laws = ("same-twice",)
    mistake = "state"

    def __init__(self):
        self.filled = set()

    def mean_backward(self, dy, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        ready = x.dtype in self.filled or x.dtype == np.float64
        self.filled.add(x.dtype)
        dx = super().mean_backward(dy, x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return dx if ready else np.zeros_like(dx)
