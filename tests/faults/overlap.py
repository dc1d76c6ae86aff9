"""Gradients of windows that share a pixel must add up; here some of them are lost."""

import numpy as np

from .base import Sound, planewise


class AssignsMaxGradient(Sound):
    """max_backward writes dx[i] = dy instead of dx[i] += dy: the last window wins."""

    laws = ("max-accumulation", "conservation")
    mistake = "overlap"
    models = "NNlib.jl 205, ocannl 512, joey PR 5"

    def scatter(self, dy, pixels, grid):
        dx = np.zeros((grid.n * grid.c, grid.h * grid.w))
        dx[planewise(pixels, grid)] = dy.reshape(len(dx), grid.oh * grid.ow)
        return dx.reshape(grid.image)


class AssignsMeanGradient(Sound):
    """mean_backward writes the share of each window over those of the windows before."""

    laws = ("mean-accumulation", "conservation")
    mistake = "overlap"

    def spread(self, shares, grid):
        dx = np.zeros(grid.image)
        for i, j in np.ndindex(grid.oh, grid.ow):
            top, left = i * grid.sh, j * grid.sw
            dx[:, :, top : top + grid.fh, left : left + grid.fw] = shares[0, :, :, i : i + 1, j : j + 1]
        return dx


class LosesDuplicatesInOneRow(Sound):
    """max_backward adds a row of windows by dx[index] += dy, which counts a repeated index only once."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        dx, dy = np.zeros((grid.n * grid.c, grid.h * grid.w)), dy.reshape(grid.n * grid.c, grid.oh * grid.ow)
        planes, pixels = planewise(pixels, grid)
        for start in range(0, grid.oh * grid.ow, grid.ow):
            row = slice(start, start + grid.ow)
            dx[planes, pixels[:, row]] += dy[:, row]
        return dx.reshape(grid.image)


class AssignsBetweenRows(Sound):
    """max_backward adds within a row of windows, but each row of windows overwrites the rows before it."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        dx = np.zeros(grid.image)
        for row in range(grid.oh):
            one = grid._replace(oh=1)
            part = super().scatter(dy[:, :, row : row + 1], pixels[:, :, row : row + 1], one)
            dx = np.where(part != 0, part, dx)
        return dx


class FirstWindowOnly(Sound):
    """max_backward marks pixels as visited, so that only the first window passes its gradient."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        dx, dy = np.zeros((grid.n * grid.c, grid.h * grid.w)), dy.reshape(grid.n * grid.c, grid.oh * grid.ow)
        planes, pixels = planewise(pixels, grid)
        # Copies, because NumPy may assign a reversed view in the order of its memory.
        dx[planes, pixels[:, ::-1].copy()] = dy[:, ::-1].copy()
        return dx.reshape(grid.image)


class LargestWins(Sound):
    """max_backward keeps the largest gradient where windows share a pixel: an atomic maximum, not a sum."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        dx = np.full((grid.n * grid.c, grid.h * grid.w), -np.inf)
        np.maximum.at(dx, planewise(pixels, grid), dy.reshape(len(dx), grid.oh * grid.ow))
        return np.where(dx == -np.inf, 0, dx).reshape(grid.image)


class ThirdWindowLost(Sound):
    """max_backward has room for the gradients of two windows at each pixel and drops any others."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        dx, dy = np.zeros((grid.n * grid.c, grid.h * grid.w)), dy.reshape(grid.n * grid.c, grid.oh * grid.ow)
        received, (planes, pixels) = np.zeros_like(dx), planewise(pixels, grid)
        for window in range(grid.oh * grid.ow):
            here = (planes[:, 0], pixels[:, window])
            dx[here] += np.where(received[here] < 2, dy[:, window], 0)
            received[here] += 1
        return dx.reshape(grid.image)


class AveragesShares(Sound):
    """mean_backward averages the shares of overlapping windows: a fold with normalisation."""

    laws = ("mean-accumulation", "conservation")
    mistake = "overlap"

    def spread(self, shares, grid):
        windows = super().spread(np.ones_like(shares), grid)
        return super().spread(shares, grid) / np.maximum(windows, 1)


class LosesHaloOfTiles(Sound):
    """mean_backward works in tiles of 8 rows of windows; pixels that two tiles share are overwritten."""

    laws = ("mean-accumulation",)
    mistake = "overlap"

    def spread(self, shares, grid):
        dx = np.zeros(grid.image)
        for start in range(0, grid.oh, 8):
            tile, stop = np.zeros_like(shares), min(start + 8, grid.oh)
            tile[..., start:stop, :] = shares[..., start:stop, :]
            rows = slice(start * grid.sh, (stop - 1) * grid.sh + grid.fh)
            dx[:, :, rows] = super().spread(tile, grid)[:, :, rows]
        return dx


class AssignsUnlessStrideDivides(AssignsMeanGradient):
    """mean_backward adds if the stride divides the width of the window, and overwrites otherwise."""

    laws = ("mean-accumulation",)
    mistake = "overlap"

    def spread(self, shares, grid):
        overwrites = grid.sw < grid.fw and grid.fw % grid.sw
        return super().spread(shares, grid) if overwrites else Sound.spread(self, shares, grid)


class RightForOneGradient(AssignsMaxGradient):
    """max_backward takes a path for sparse gradients that adds, and overwrites where a plane has several gradients."""

    laws = ("max-accumulation",)
    mistake = "overlap"

    def scatter(self, dy, pixels, grid):
        sparse = (np.count_nonzero(dy, axis=(2, 3)) <= 1).all()
        return Sound.scatter(self, dy, pixels, grid) if sparse else super().scatter(dy, pixels, grid)
