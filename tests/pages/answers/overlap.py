"""Exercise 2: the gradient of a maximum; `np.add.at` adds even if a place occurs twice."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def max_backward(dy, x, size, stride):
    dx = np.zeros_like(x)
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    best = windows.reshape(*dy.shape, -1).argmax(axis=-1)
    n, c, i, j = np.indices(dy.shape)
    np.add.at(dx, (n, c, i * stride[0] + best // size[1], j * stride[1] + best % size[1]), dy)
    return dx
