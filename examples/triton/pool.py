"""Max and mean pooling in Triton, forward and backward: the kernels, and the functions on tensors that launch them.

Each lane of a program has one output, and walks through its window cell by cell. A tensor x (N, C, H, W) may lie in
memory as it likes: kernels are given its strides. Sums are float32. The same code runs on a GPU and in Triton's
interpreter.
"""

import torch
import triton
import triton.language as tl

BLOCK = 256
NONE = ((0, 0), (0, 0))


@triton.jit
def first_cell(o, columns, rows, down, across, top, left):
    """The row and the column in which the windows of outputs begin, which may lie in padding."""
    return o // columns % rows * down - top, o % columns * across - left


@triton.jit
def plane_of(o, x, columns, rows, channels, x_n, x_c):
    """Where the planes of outputs begin in x."""
    plane = o // columns // rows
    return x + plane // channels * x_n + plane % channels * x_c


@triton.jit
def cell(x, h, w, height, width, x_h, x_w, mine):
    """What is in a row and a column of x, and whether it is a real cell."""
    inside = mine & (h >= 0) & (h < height) & (w >= 0) & (w < width)
    return tl.load(x + h * x_h + w * x_w, mask=inside, other=-float("inf")), inside


@triton.jit
def max_forward_kernel(
    x, y, outputs, channels, height, width, rows, columns, x_n, x_c, x_h, x_w,
    tall, wide, down, across, top, left, apart_h, apart_w, BLOCK: tl.constexpr,
):  # fmt: skip
    # In 64 bits, because a tensor may have more than 2^31 cells.
    o = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mine = o < outputs
    plane = plane_of(o, x, columns, rows, channels, x_n, x_c)
    h, w = first_cell(o, columns, rows, down, across, top, left)
    best = tl.full((BLOCK,), -float("inf"), x.dtype.element_ty)
    for i in range(tall):
        for j in range(wide):
            value, _ = cell(plane, h + i * apart_h, w + j * apart_w, height, width, x_h, x_w, mine)
            best = tl.maximum(best, value, propagate_nan=tl.PropagateNan.ALL)
    tl.store(y + o, best, mask=mine)


@triton.jit
def max_backward_kernel(
    dy, x, dx, outputs, channels, height, width, rows, columns, x_n, x_c, x_h, x_w,
    tall, wide, down, across, top, left, apart_h, apart_w, BLOCK: tl.constexpr,
):  # fmt: skip
    o = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mine = o < outputs
    plane = plane_of(o, x, columns, rows, channels, x_n, x_c)
    h, w = first_cell(o, columns, rows, down, across, top, left)
    best = tl.full((BLOCK,), -float("inf"), x.dtype.element_ty)
    place = tl.full((BLOCK,), -1, tl.int64)
    for i in range(tall):
        for j in range(wide):
            value, inside = cell(plane, h + i * apart_h, w + j * apart_w, height, width, x_h, x_w, mine)
            # The first real cell, whatever it holds; then what is larger; and a NaN for good.
            larger = (best == best) & ((value > best) | (value != value))
            better = inside & (larger | (place < 0))
            best = tl.where(better, value, best)
            place = tl.where(better, (h + i * apart_h) * width + w + j * apart_w, place)
    share = tl.load(dy + o, mask=mine, other=0.0).to(tl.float32)
    # Windows may share a cell. One wholly in padding has no maximum, and its gradient is lost.
    tl.atomic_add(dx + o // columns // rows * height * width + place, share, mask=mine & (place >= 0))


@triton.jit
def mean_forward_kernel(
    x, y, outputs, channels, rows, columns, x_n, x_c, x_h, x_w, tall, wide, down, across, cells, BLOCK: tl.constexpr
):
    o = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mine = o < outputs
    plane = plane_of(o, x, columns, rows, channels, x_n, x_c)
    h, w = first_cell(o, columns, rows, down, across, 0, 0)
    total = tl.zeros((BLOCK,), tl.float32)
    for i in range(tall):
        for j in range(wide):
            total += tl.load(plane + (h + i) * x_h + (w + j) * x_w, mask=mine, other=0.0).to(tl.float32)
    # A plain / is not rounded correctly on a GPU.
    tl.store(y + o, tl.div_rn(total, cells), mask=mine)


@triton.jit
def mean_backward_kernel(
    dy, dx, outputs, height, width, rows, columns, tall, wide, down, across, cells, BLOCK: tl.constexpr
):
    o = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mine = o < outputs
    h, w = first_cell(o, columns, rows, down, across, 0, 0)
    corner = dx + (o // columns // rows * height + h) * width + w
    share = tl.div_rn(tl.load(dy + o, mask=mine, other=0.0).to(tl.float32), cells)
    for i in range(tall):
        for j in range(wide):
            tl.atomic_add(corner + i * width + j, share, mask=mine)


def max_forward(x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """The largest value of each window."""
    y = outputs_of(x, size, stride, padding, dilation, ceil_mode)
    max_forward_kernel[programs(y)](
        x, y, y.numel(), *x.shape[1:], *y.shape[2:], *x.stride(), *size, *stride, *begins(padding), *dilation, BLOCK
    )
    return y


def max_backward(dy, x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """Each dy at the place of its window's maximum, the first of several, summed where windows share it."""
    dy, dx = dy.contiguous(), torch.zeros(x.shape, device=x.device)
    max_backward_kernel[programs(dy)](
        dy, x, dx, dy.numel(), *x.shape[1:], *dy.shape[2:], *x.stride(),
        *size, *stride, *begins(padding), *dilation, BLOCK,
    )  # fmt: skip
    return dx.to(x.dtype)


def mean_forward(x, size, stride):
    """The arithmetic mean of each window."""
    y = outputs_of(x, size, stride)
    mean_forward_kernel[programs(y)](
        x, y, y.numel(), x.shape[1], *y.shape[2:], *x.stride(), *size, *stride, cells_of(size), BLOCK
    )
    return y


def mean_backward(dy, x, size, stride):
    """Each dy spread evenly over its window, summed where windows overlap."""
    dy, dx = dy.contiguous(), torch.zeros(x.shape, device=x.device)
    mean_backward_kernel[programs(dy)](
        dy, dx, dy.numel(), *x.shape[2:], *dy.shape[2:], *size, *stride, cells_of(size), BLOCK
    )
    return dx.to(x.dtype)


def programs(y):
    """The grid: enough programs for all outputs."""
    return (triton.cdiv(y.numel(), BLOCK),)


def begins(padding):
    """The cells of padding before each axis."""
    return padding[0][0], padding[1][0]


def cells_of(size):
    """The cells of a window, as a float to divide by."""
    return float(size[0] * size[1])


def outputs_of(x, size, stride, padding=NONE, dilation=(1, 1), ceil_mode=False):
    """Memory for y."""
    lengths = map(output_length, x.shape[2:], size, stride, padding, dilation, (ceil_mode, ceil_mode))
    return torch.empty((*x.shape[:2], *lengths), dtype=x.dtype, device=x.device)


def output_length(length, size, stride, padding, dilation, ceil_mode):
    """How many windows lie along an axis. In ceil mode a last one may overhang, if it starts before the end padding."""
    begin, end = padding
    spare = length + begin + end - dilation * (size - 1) - 1
    if size < 1 or stride < 1 or spare < 0:
        raise ValueError(f"size={size}, stride={stride} should be at least 1, and windows fit in {length} cells")
    windows = spare // stride + 1
    overhangs = ceil_mode and spare % stride > 0 and windows * stride < length + begin
    return windows + overhangs
