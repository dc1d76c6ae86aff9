"""One sound implementation, in short methods: each fault and each sound variant overrides a few of them."""

from typing import NamedTuple

import numpy as np

FLOATS = ("float16", "float32", "float64")


class Grid(NamedTuple):
    """The windows on an image: its shape, their size and stride, and how many there are."""

    n: int
    c: int
    h: int
    w: int
    fh: int
    fw: int
    sh: int
    sw: int
    oh: int
    ow: int

    @property
    def cells(self):
        """The number of cells of a window."""
        return self.fh * self.fw

    @property
    def image(self):
        """The shape of x."""
        return (self.n, self.c, self.h, self.w)

    @property
    def result(self):
        """The shape of y."""
        return (self.n, self.c, self.oh, self.ow)


class Sound:
    """The first maximum wins, NaN propagates, sums are in float64, results are fresh and have the dtype of x."""

    def max_forward(self, x, size, stride):
        taps = self.taps(x, self.grid(x, size, stride))
        return np.take_along_axis(taps, self.winner(taps)[np.newaxis], axis=0)[0]

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        pixels = self.pixels(self.winner(self.taps(x, grid)), grid)
        return self.scatter(self.gradient(dy), pixels, grid).astype(x.dtype)

    def mean_forward(self, x, size, stride):
        grid = self.grid(x, size, stride)
        return (self.total(self.taps(self.floats(x), grid)) / self.divisor(x, grid)).astype(x.dtype)

    def mean_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        share = self.gradient(dy) / self.backward_divisor(self.floats(x), grid)
        return self.spread(np.broadcast_to(share, (grid.cells, *grid.result)), grid).astype(x.dtype)

    def max_indices(self, x, size, stride):
        grid = self.grid(x, size, stride)
        return self.pixels(self.winner(self.taps(x, grid)), grid)

    def grid(self, x, size, stride):
        """The windows of a call. Raises ValueError if none fits."""
        if x.ndim != 4 or min(*size, *stride) < 1 or size[0] > x.shape[2] or size[1] > x.shape[3]:
            raise ValueError(f"no window of {size} with stride {stride} fits into {x.shape}")
        return Grid(*x.shape, *size, *stride, *map(self.count, x.shape[2:], size, stride))

    def count(self, length, size, stride):
        """The number of windows along an axis."""
        return (length - size) // stride + 1

    def rows(self, grid):
        """The row of x under each row of each window, (FH, OH); a fault may read wrong pixels, but not beyond x."""
        return np.minimum(np.arange(grid.fh)[:, np.newaxis] + np.arange(grid.oh) * grid.sh, grid.h - 1)

    def columns(self, grid):
        """The column of x under each column of each window, (FW, OW)."""
        return np.minimum(np.arange(grid.fw)[:, np.newaxis] + np.arange(grid.ow) * grid.sw, grid.w - 1)

    def taps(self, x, grid):
        """The cells of all windows, (FH * FW, N, C, OH, OW): a copy, made one tap of all windows at a time."""
        rows, columns = self.rows(grid)[:, np.newaxis, :, np.newaxis], self.columns(grid)[:, np.newaxis]
        cells = x[:, :, rows, columns].transpose(2, 3, 0, 1, 4, 5)
        return cells.reshape(grid.cells, *grid.result)

    def winner(self, taps):
        """The tap of the first maximum, or of the first NaN."""
        return taps.argmax(axis=0)

    def pixels(self, winner, grid):
        """The row-major index in its plane of the pixel under the winning tap of each window."""
        rows = self.rows(grid)[winner // grid.fw, np.arange(grid.oh)[:, np.newaxis]]
        columns = self.columns(grid)[winner % grid.fw, np.arange(grid.ow)]
        return rows * grid.w + columns

    def gradient(self, dy):
        """dy in float64: a copy."""
        return dy.astype(np.float64)

    def scatter(self, dy, pixels, grid):
        """Each dy added to the pixel that its window selected."""
        dx = np.zeros((grid.n * grid.c, grid.h * grid.w))
        np.add.at(dx, planewise(pixels, grid), dy.reshape(len(dx), grid.oh * grid.ow))
        return dx.reshape(grid.image)

    def spread(self, shares, grid):
        """Shares (FH * FW, N, C, OH, OW) added to the pixels under their taps."""
        dx, rows, columns = np.zeros(grid.image), self.rows(grid), self.columns(grid)
        shares = shares.reshape(grid.fh, grid.fw, *grid.result).transpose(2, 3, 0, 4, 1, 5)
        np.add.at(dx, (slice(None), slice(None), rows[:, :, np.newaxis, np.newaxis], columns), shares)
        return dx

    def total(self, taps):
        """The sum of each window."""
        return taps.sum(axis=0, dtype=np.float64)

    def divisor(self, x, grid):
        """The divisor of a window's sum."""
        return grid.cells

    def backward_divisor(self, x, grid):
        """The divisor of a mean's gradient."""
        return grid.cells

    def floats(self, x):
        """x, if its dtype can hold a mean."""
        if x.dtype.name not in FLOATS:
            raise TypeError(f"no mean of {x.dtype}")
        return x


def planewise(pixels, grid):
    """Pixels (N, C, OH, OW), indices in their planes, as an index into an array (N * C, H * W)."""
    planes = np.arange(grid.n * grid.c)[:, np.newaxis]
    return planes, pixels.reshape(grid.n * grid.c, grid.oh * grid.ow)
