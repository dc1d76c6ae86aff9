"""Memory read in an order that it does not have, and memory that calls share."""

import numpy as np

from .base import Sound


class ReadsImageInMemoryOrder(Sound):
    """The image is read from the first to the last of its memory."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride):
        return super().max_forward(x.ravel(order="K").reshape(x.shape), size, stride)


class StridesWithoutSign(Sound):
    """Rows that are reversed in memory are read forwards."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def taps(self, x, grid):
        return super().taps(x[..., ::-1] if x.strides[3] < 0 else x, grid)


class NextToEachOther(Sound):
    """The cells of a row are assumed to be adjacent in memory."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def taps(self, x, grid):
        if x.strides[3] == 2 * x.itemsize:
            x = np.lib.stride_tricks.as_strided(x, x.shape, (*x.strides[:3], x.itemsize))
        return super().taps(x, grid)


class RoundsAddressDown(Sound):
    """An unaligned image is read from the aligned address before it: every cell is the one before."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def taps(self, x, grid):
        return super().taps(x if x.flags.aligned else np.roll(x, 1), grid)


class AnswersInOrderOfInput(Sound):
    """A Fortran image is pooled as it is stored, and its result returned as if it were in C order."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_forward(self, x, size, stride):
        return in_order_of(x, super().max_forward(x, size, stride))

    def mean_forward(self, x, size, stride):
        return in_order_of(x, super().mean_forward(x, size, stride))


class IndicesOfMemory(Sound):
    """Indices of a transposed plane count in memory order."""

    laws = ("memory-layouts",)
    mistake = "layout"

    def max_indices(self, x, size, stride):
        i, (height, width) = super().max_indices(x, size, stride), x.shape[2:]
        return i % width * height + i // width if 0 < x.strides[2] < x.strides[3] else i


class GradientOfOnesIsScalar(Sound):
    """A gradient with a stride of zero, as from a sum, is treated as a scalar, with its sum as the value."""

    laws = ("gradient-layouts",)
    mistake = "layout"

    def gradient(self, dy):
        wide = super().gradient(dy)
        return wide * wide.shape[3] if dy.strides[3] == 0 and dy.shape[3] > 1 else wide


class RememberedByAddress(Sound):
    """The argmax of an image is cached by the address of the image."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.memory = {}

    def winner(self, taps):
        return self.memory.setdefault(self.key, super().winner(taps))

    def taps(self, x, grid):
        self.key = x.ctypes.data, x.strides, x.dtype, grid
        self.image = x
        return super().taps(x, grid)


class RingOfBuffers(Sound):
    """Results come from four buffers in turn."""

    laws = ("results-kept",)
    mistake = "state"

    def __init__(self):
        self.buffers, self.turn = {}, 0

    def mean_forward(self, x, size, stride):
        y = super().mean_forward(x, size, stride)
        self.turn = (self.turn + 1) % 4
        buffer = self.buffers.setdefault((self.turn, y.shape, y.dtype), np.empty_like(y))
        buffer[...] = y
        return buffer


class DividesGradientInPlace(Sound):
    """dy is divided in place, in the caller's memory."""

    laws = ("inputs-unchanged",)
    mistake = "state"

    def mean_backward(self, dy, x, size, stride):
        dx = super().mean_backward(dy, x, size, stride)
        dy /= dy.dtype.type(size[0] * size[1])
        return dx


class ViewOfTiles(Sound):
    """Windows of one cell are returned as a view of the image."""

    laws = ("no-aliasing-of-identity",)
    mistake = "state"

    def mean_forward(self, x, size, stride):
        y = super().mean_forward(x, size, stride)
        return self.floats(x)[:, :, :: stride[0], :: stride[1]] if size == (1, 1) else y


class TiesByChance(Sound):
    """Which of tied maxima wins differs from call to call."""

    laws = ("same-twice",)
    mistake = "ties"

    def __init__(self):
        self.source = np.random.default_rng(0)

    def winner(self, taps):
        order = self.source.permutation(len(taps))
        return order[taps[order].argmax(axis=0)]


def in_order_of(x, y):
    """y if its memory is filled in the order of a Fortran image."""
    return y.ravel(order="F").reshape(y.shape) if x.flags.f_contiguous and not x.flags.c_contiguous else y


class ArgmaxRememberedByIdentity(Sound):
    """The backward pass uses the argmax that the forward pass has kept for the same object, whatever is in it now."""

    laws = ("nothing-remembered",)
    mistake = "state"

    def __init__(self):
        self.kept = {}

    def max_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        self.kept = {id(x): (grid, taps.argmax(axis=0))}
        return taps.max(axis=0)

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        of, winner = self.kept.pop(id(x), (None, None))
        if of != grid:
            return super().max_backward(dy, x, size, stride)
        return self.scatter(self.gradient(dy), self.pixels(winner, grid), grid).astype(x.dtype)
