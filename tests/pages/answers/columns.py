"""Exercise 3: maxima by columns, and the place of each in its plane, taken from the matrix of places."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def img2col(x, size, stride):
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    shape = windows.shape[:4]
    return windows.transpose(4, 5, 0, 1, 2, 3).reshape(size[0] * size[1], np.prod(shape)), shape


def max_forward(x, size, stride):
    matrix, shape = img2col(x, size, stride)
    return matrix.max(axis=0).reshape(shape)


def max_indices(x, size, stride):
    matrix, shape = img2col(x, size, stride)
    plane = np.arange(np.prod(x.shape[2:])).reshape(x.shape[2:])
    places, _ = img2col(np.broadcast_to(plane, x.shape), size, stride)
    return np.take_along_axis(places, matrix.argmax(axis=0)[np.newaxis], axis=0).reshape(shape)
