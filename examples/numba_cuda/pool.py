"""Max and mean pooling in numba-cuda, forward and backward: the kernels, and the functions on arrays that launch them.

Each thread has one output, and walks through its window cell by cell. The same code runs on a GPU and in numba's CUDA
simulator.
"""

import numpy as np
from numba import cuda

THREADS = 128
NONE = ((0, 0), (0, 0))


@cuda.jit(device=True)
def output_of(o, y):
    """Sample, channel, row and column of an output."""
    channels, rows, columns = y.shape[1], y.shape[2], y.shape[3]
    plane = o // columns // rows
    return plane // channels, plane % channels, o // columns % rows, o % columns


@cuda.jit(device=True)
def is_inside(h, w, x):
    """Whether a row and a column are those of a real cell."""
    return 0 <= h < x.shape[2] and 0 <= w < x.shape[3]


@cuda.jit
def max_forward_kernel(x, y, size, stride, begin, dilation):
    o = cuda.grid(1)
    if o < y.size:
        n, c, row, column = output_of(o, y)
        best = -np.inf
        for i in range(size[0]):
            for j in range(size[1]):
                h = row * stride[0] - begin[0] + i * dilation[0]
                w = column * stride[1] - begin[1] + j * dilation[1]
                # What is larger; and a NaN for good.
                if is_inside(h, w, x) and best == best and not x[n, c, h, w] <= best:
                    best = x[n, c, h, w]
        y[n, c, row, column] = best


@cuda.jit
def max_backward_kernel(dy, x, dx, size, stride, begin, dilation):
    o = cuda.grid(1)
    if o < dy.size:
        n, c, row, column = output_of(o, dy)
        best, top, left = -np.inf, -1, -1
        for i in range(size[0]):
            for j in range(size[1]):
                h = row * stride[0] - begin[0] + i * dilation[0]
                w = column * stride[1] - begin[1] + j * dilation[1]
                # The first real cell, whatever it holds; then what is larger; and a NaN for good.
                if is_inside(h, w, x) and (top < 0 or (best == best and not x[n, c, h, w] <= best)):
                    best, top, left = x[n, c, h, w], h, w
        # Windows may share a cell. One wholly in padding has no maximum, and its gradient is lost.
        if top >= 0:
            cuda.atomic.add(dx, (n, c, top, left), dy[n, c, row, column])


@cuda.jit
def mean_forward_kernel(x, y, size, stride):
    o = cuda.grid(1)
    if o < y.size:
        n, c, row, column = output_of(o, y)
        total = np.float64(0)
        for i in range(size[0]):
            for j in range(size[1]):
                total += x[n, c, row * stride[0] + i, column * stride[1] + j]
        y[n, c, row, column] = total / (size[0] * size[1])


@cuda.jit
def mean_backward_kernel(dy, dx, size, stride):
    o = cuda.grid(1)
    if o < dy.size:
        n, c, row, column = output_of(o, dy)
        share = dy[n, c, row, column] / (size[0] * size[1])
        for i in range(size[0]):
            for j in range(size[1]):
                cuda.atomic.add(dx, (n, c, row * stride[0] + i, column * stride[1] + j), share)


def max_forward(x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """The largest value of each window."""
    y = cuda.device_array(output_shape(x, size, stride, padding, dilation, ceil_mode), x.dtype)
    max_forward_kernel[blocks(y), THREADS](on_device(x), y, size, stride, begins(padding), dilation)
    return y.copy_to_host()


def max_backward(dy, x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """Each dy at the place of its window's maximum, the first of several, summed where windows share it."""
    dx = cuda.to_device(np.zeros(x.shape, x.dtype))
    max_backward_kernel[blocks(dy), THREADS](on_device(dy), on_device(x), dx, size, stride, begins(padding), dilation)
    return dx.copy_to_host()


def mean_forward(x, size, stride):
    """The arithmetic mean of each window."""
    y = cuda.device_array(output_shape(x, size, stride), x.dtype)
    mean_forward_kernel[blocks(y), THREADS](on_device(x), y, size, stride)
    return y.copy_to_host()


def mean_backward(dy, x, size, stride):
    """Each dy spread evenly over its window, summed where windows overlap."""
    dx = cuda.to_device(np.zeros(x.shape, x.dtype))
    mean_backward_kernel[blocks(dy), THREADS](on_device(dy), dx, size, stride)
    return dx.copy_to_host()


def on_device(array):
    """An array on the GPU, which takes no other memory than contiguous."""
    return cuda.to_device(np.require(array, requirements=("C_CONTIGUOUS", "ALIGNED")))


def blocks(y):
    """Enough blocks for all outputs, and one at least."""
    return max(1, -(-y.size // THREADS))


def begins(padding):
    """The cells of padding before each axis."""
    return padding[0][0], padding[1][0]


def output_shape(x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """The shape of y."""
    lengths = map(output_length, x.shape[2:], size, stride, padding, dilation, (ceil_mode, ceil_mode))
    return (*x.shape[:2], *lengths)


def output_length(length, size, stride, padding, dilation, ceil_mode):
    """How many windows lie along an axis. In ceil mode a last one may overhang, if it starts before the end padding."""
    begin, end = padding
    spare = length + begin + end - dilation * (size - 1) - 1
    if size < 1 or stride < 1 or spare < 0:
        raise ValueError(f"size={size}, stride={stride} should be at least 1, and windows fit in {length} cells")
    windows = spare // stride + 1
    overhangs = ceil_mode and spare % stride > 0 and windows * stride < length + begin
    return windows + overhangs
