"""Indices that count in the wrong plane, window, order or type."""

import numpy as np

from .base import Sound


class IndexInWindow(Sound):
    """An index counts within the window."""

    laws = ("max-index", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride):
        return self.winner(self.taps(x, self.grid(x, size, stride)))


class IndexByOutputShape(Sound):
    """The place of the window is computed with the width of the output."""

    laws = ("max-index", "indices-gather")
    mistake = "index"
    models = "onnx-indices-by-output-shape"

    def max_indices(self, x, size, stride):
        grid = self.grid(x, size, stride)
        i = super().max_indices(x, size, stride)
        return i // grid.w * grid.ow + i % grid.w


class ColumnMajorIndex(Sound):
    """Indices count down the columns."""

    laws = ("max-index", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride):
        i, (height, width) = super().max_indices(x, size, stride), x.shape[2:]
        return i % width * height + i // width


class CountsFromOne(Sound):
    """The first cell has the index 1."""

    laws = ("max-index", "index-in-plane", "indices-gather")
    mistake = "index"

    def max_indices(self, x, size, stride):
        return super().max_indices(x, size, stride) + 1


class IndexOfInputType(Sound):
    """Small integers have indices of their own type, so that larger planes are refused."""

    laws = ("max-value",)
    mistake = "index"
    models = "torch-channels-last-integers, executorch 21820"
    dtypes = ("int8", "float32")

    def max_forward(self, x, size, stride):
        if x.dtype == np.int8 and x.shape[2] * x.shape[3] > np.iinfo(np.int8).max:
            raise ValueError("the plane is too large for its indices")
        return super().max_forward(x, size, stride)


class ShortArgmaxInGradient(Sound):
    """The backward pass finds its pixels by unsigned 16-bit numbers: those beyond 65535 become the first."""

    laws = ("routing",)
    mistake = "index"

    def scatter(self, dy, pixels, grid):
        return super().scatter(dy, pixels.astype(np.uint16), grid)
