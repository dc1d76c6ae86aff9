"""Mistakes at the edges of windows, in divisors and in the order of axes are named."""

from itertools import product
from math import prod

import numpy as np
import pytest
from planted import named, output, pooled
from poolproof.kernels import naive
from selection import slow

pytestmark = pytest.mark.once

NO_PADDING = ((0, 0), (0, 0))


def extents(size, dilation):
    """The extents of dilated windows."""
    return tuple((f - 1) * d + 1 for f, d in zip(size, dilation, strict=True))


def counts(x, size, stride, padding=NO_PADDING, dilation=(1, 1)):
    """The number of windows along each axis."""
    lengths = zip(x.shape[2:], padding, extents(size, dilation), stride, strict=True)
    return tuple((n + begin + end - extent) // s + 1 for n, (begin, end), extent, s in lengths)


def maxima(x, windows, places):
    """The maxima of windows whose cells along an axis are `places(axis, number)`; -inf where there is no cell."""
    y = np.full((*x.shape[:2], *windows), -np.inf, x.dtype)
    for i, j in np.ndindex(*windows):
        cells = [
            c for c in product(places(0, i), places(1, j)) if c[0] in range(x.shape[2]) and c[1] in range(x.shape[3])
        ]
        for row, column in cells:
            y[:, :, i, j] = np.maximum(y[:, :, i, j], x[:, :, row, column])
    return y


def padded(x, padding, **how):
    """The image with padding around it."""
    return np.pad(x, ((0, 0), (0, 0), *padding), **how)


def test_dilated_windows_that_end_too_early():
    def max_forward(x, size, stride, dilation=(1, 1)):
        shorter = tuple(-(-f // d) for f, d in zip(size, dilation, strict=True))
        rows, columns = counts(x, size, stride, dilation=dilation)
        return naive.max_forward(x, shorter, stride, dilation=dilation)[:, :, :rows, :columns].copy()

    assert named("max-value", max_forward=max_forward) == "dilated-window-cut-short"


def test_dilated_windows_without_gaps():
    def mean_backward(dy, x, size, stride, dilation=(1, 1)):
        wide = extents(size, dilation)
        return naive.mean_backward(dy * (prod(wide) / prod(size)), x, wide, stride).astype(x.dtype)

    assert named("mean-accumulation", mean_backward=mean_backward) == "gaps-belong-to-window"


def test_dilated_cells_counted_from_the_edge():
    def max_forward(x, size, stride, padding=NO_PADDING, dilation=(1, 1)):
        def places(axis, number):
            start = number * stride[axis] - padding[axis][0]
            return range(max(start, 0), start + extents(size, dilation)[axis], dilation[axis])

        return maxima(x, counts(x, size, stride, padding, dilation), places)

    assert named("max-value", max_forward=max_forward) == "dilation-counted-from-edge"


@slow
def test_windows_in_begin_padding_moved_inside():
    def max_forward(x, size, stride, padding=NO_PADDING):
        def places(axis, number):
            start = max(number * stride[axis] - padding[axis][0], 0)
            return range(start, start + size[axis])

        return maxima(x, counts(x, size, stride, padding), places)

    assert named("max-value", max_forward=max_forward) == "first-window-moved-inside"


def test_a_window_of_ceil_mode_kept_at_the_very_end():
    def max_forward(x, size, stride, padding=NO_PADDING, ceil_mode=False):
        windows = list(counts(x, size, stride, padding))
        for axis, (n, (begin, end), f, s) in enumerate(zip(x.shape[2:], padding, size, stride, strict=True)):
            remains = (n + begin + end - f) % s > 0
            windows[axis] += ceil_mode and remains and windows[axis] * s <= n + begin

        def places(axis, number):
            start = number * stride[axis] - padding[axis][0]
            return range(start, start + size[axis])

        return maxima(x, windows, places)

    assert named("max-value", max_forward=max_forward) == "ceil-window-kept-at-end"


@slow
def test_ceil_mode_along_the_last_axis_alone():
    def max_forward(x, size, stride, ceil_mode=False):
        y = naive.max_forward(x, size, stride, ceil_mode=ceil_mode)
        return y[:, :, : output(x, size, stride)[0]].copy()

    assert named("max-value", max_forward=max_forward) == "ceil-mode-on-first-axis-only"


def test_zeros_after_the_image_that_win():
    def max_forward(x, size, stride, padding=NO_PADDING):
        (top, bottom), (left, right) = padding
        ended = padded(x, ((0, bottom), (0, right)))
        return naive.max_forward(ended, size, stride, padding=((top, 0), (left, 0)))

    assert named("max-value", max_forward=max_forward) == "zeros-past-the-end-win"


@slow
def test_padding_of_unsigned_integers_that_wraps():
    def max_forward(x, size, stride, padding=NO_PADDING):
        return naive.max_forward(padded(x, padding, constant_values=np.iinfo(x.dtype).max), size, stride)

    assert named("max-value", "uint8", max_forward=max_forward) == "padding-not-low-enough"


@slow
def test_divisors_by_the_padding_of_the_other_side():
    def mean_forward(x, size, stride, padding=NO_PADDING, count_include_pad=True):
        y = naive.mean_forward(x, size, stride, padding=padding, count_include_pad=count_include_pad)
        for place in np.ndindex(*y.shape[2:]) if count_include_pad else ():
            axes = zip(place, x.shape[2:], padding, size, stride, strict=True)
            inside = [sum(i * s - begin + k < n + begin for k in range(f)) for i, n, (begin, _), f, s in axes]
            y[(..., *place)] *= prod(size) / max(prod(inside), 1)
        return y

    assert named("mean-exact", mean_forward=mean_forward) == "divisor-by-other-padding"


def test_divisors_of_dilated_windows_rounded_down():
    def mean_forward(x, size, stride, dilation=(1, 1)):
        rounded = [max(extent // d, 1) for extent, d in zip(extents(size, dilation), dilation, strict=True)]
        y = naive.mean_forward(x, size, stride, dilation=dilation)
        return (y * (prod(size) / prod(rounded))).astype(x.dtype)

    assert named("mean-value", mean_forward=mean_forward) == "divisor-rounded-down"


@slow
@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
def test_means_padded_with_copies(mode):
    def mean_forward(x, size, stride, padding=NO_PADDING):
        return naive.mean_forward(padded(x, padding, mode=mode), size, stride)

    assert named("mean-value", mean_forward=mean_forward) == "padding-copies-cells"


def test_means_padded_as_maxima_are():
    def mean_forward(x, size, stride, padding=NO_PADDING):
        return naive.mean_forward(padded(x, padding, constant_values=-np.inf), size, stride)

    assert named("mean-value", mean_forward=mean_forward) == "padding-of-maximum-in-mean"


def test_a_divisor_of_three_axes_that_leaves_one_out():
    def mean_forward(x, size, stride):
        return naive.mean_forward(x, size, stride) * size[0]

    assert named("mean-value", ranks=(3,), mean_forward=mean_forward) == "divisor-leaves-out-axis"


@slow
def test_a_summed_area_table_without_its_corner():
    def mean_forward(x, size, stride):
        area = padded(x.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
        y = np.zeros((*x.shape[:2], *output(x, size, stride)), x.dtype)
        for i, j in np.ndindex(*y.shape[2:]):
            top, left = i * stride[0], j * stride[1]
            bottom, right = top + size[0], left + size[1]
            y[:, :, i, j] = (area[:, :, bottom, right] - area[:, :, top, right] - area[:, :, bottom, left]) / prod(size)
        return y

    assert named("mean-value", mean_forward=mean_forward) == "summed-area-corner-lost"


@slow
@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 0), (2, 1), (1, 2)])
def test_gradients_gathered_from_a_wrong_range_of_windows(first, last):
    def mean_backward(dy, x, size, stride):
        dx = np.zeros(x.shape, x.dtype)
        for cell in np.ndindex(*x.shape[2:]):
            axes = zip(cell, size, stride, dy.shape[2:], strict=True)
            ranges = [range(max((c - f) // s + first, 0), min(c // s + last, n)) for c, f, s, n in axes]
            for window in product(*ranges):
                dx[(..., *cell)] += dy[(..., *window)] / prod(size)
        return dx

    assert named("conservation", mean_backward=mean_backward) == "windows-of-cell-off-by-one"


@slow
def test_a_stride_of_one_taken_for_none():
    def max_forward(x, size, stride):
        return naive.max_forward(x, size, tuple(s if s > 1 else f for s, f in zip(stride, size, strict=True)))

    assert named("max-value", max_forward=max_forward) == "stride-of-one-is-window"


@slow
def test_windows_as_large_as_their_stride():
    def max_forward(x, size, stride):
        ends = [min(s, n) for s, n in zip(stride, x.shape[2:], strict=True)]
        return pooled(x, size, stride, np.max, window=ends)

    assert named("max-value", max_forward=max_forward) == "size-is-stride"


@slow
def test_windows_of_adaptive_pooling():
    def max_forward(x, size, stride):
        windows = output(x, size, stride)

        def places(axis, number):
            n, o = x.shape[2 + axis], windows[axis]
            return range(number * n // o, -(-(number + 1) * n // o))

        return maxima(x, windows, places)

    assert named("max-value", max_forward=max_forward) == "windows-of-adaptive-pooling"


def test_a_result_with_channels_last_that_is_reshaped():
    def max_forward(x, size, stride):
        y = naive.max_forward(x, size, stride)
        return np.ascontiguousarray(np.moveaxis(y, 1, -1)).reshape(y.shape)

    assert named("max-value", max_forward=max_forward) == "channels-first-and-last-confused"


@slow
def test_an_image_read_as_one_with_channels_last():
    def max_forward(x, size, stride):
        n, c, height, width = x.shape
        read = np.moveaxis(np.ascontiguousarray(x).reshape(n, height, width, c), -1, 1)
        return naive.max_forward(read, size, stride)

    assert named("max-value", max_forward=max_forward) == "channels-first-and-last-confused"


@slow
@pytest.mark.parametrize("axes", [(0, 1), (0,), (1,)])
def test_indices_from_which_padding_is_not_subtracted(axes):
    def max_indices(x, size, stride, padding=NO_PADDING):
        found = naive.max_indices(x, size, stride, padding=padding)
        rows, columns = (padding[axis][0] * (axis in axes) for axis in (0, 1))
        return np.where(found < 0, found, found + rows * x.shape[3] + columns)

    assert named("max-index", max_indices=max_indices) == "index-counts-padding"


def test_indices_by_the_height():
    def max_indices(x, size, stride):
        row, column = np.divmod(naive.max_indices(x, size, stride), x.shape[3])
        return row * x.shape[2] + column

    assert named("max-index", max_indices=max_indices) == "index-by-height"


@slow
@pytest.mark.parametrize("samples", [False, True])
def test_indices_with_channels_innermost(samples):
    def max_indices(x, size, stride):
        n, c = x.shape[:2]
        found = naive.max_indices(x, size, stride)
        before = np.arange(n).reshape(n, 1, 1, 1) * prod(x.shape[2:]) * samples
        return (before + found) * c + np.arange(c).reshape(1, c, 1, 1)

    assert named("max-index", max_indices=max_indices) == "index-in-whole-array"


def test_gradients_in_single_precision_where_that_overflows():
    def mean_backward(dy, x, size, stride):
        with np.errstate(all="ignore"):
            single = dy.astype(np.float32).astype(np.float64)
            return naive.mean_backward(single, x, size, stride).astype(np.float32).astype(x.dtype)

    assert named("mean-accumulation", mean_backward=mean_backward) == "gradient-in-narrower-type"


@slow
@pytest.mark.parametrize("odd", [0, 1])
def test_padding_split_evenly(odd):
    def max_forward(x, size, stride, padding=NO_PADDING):
        half = tuple(((sum(pair) + odd) // 2, (sum(pair) + 1 - odd) // 2) for pair in padding)
        return naive.max_forward(x, size, stride, padding=half)

    assert named("max-value", max_forward=max_forward) == "padding-split-evenly"


def test_padding_cut_down_to_half_the_window():
    def max_forward(x, size, stride, padding=NO_PADDING):
        def places(axis, number):
            start = number * stride[axis] - min(padding[axis][0], size[axis] // 2)
            return range(start, start + size[axis])

        return maxima(x, counts(x, size, stride, padding), places)

    assert named("max-value", max_forward=max_forward) == "padding-limited"


def test_padding_that_does_not_count_in_ceil_mode():
    def mean_forward(x, size, stride, padding=NO_PADDING, ceil_mode=False, count_include_pad=True):
        included = count_include_pad and not ceil_mode
        return naive.mean_forward(x, size, stride, padding=padding, ceil_mode=ceil_mode, count_include_pad=included)

    assert named("mean-value", mean_forward=mean_forward) == "padding-not-counted-in-ceil-mode"


def test_sums_of_whole_blocks_alone():
    def mean_forward(x, size, stride):
        def mean(window):
            cells = window.ravel().astype(np.float64)
            return cells[: max(cells.size // 4 * 4, cells.size % 4 * (cells.size < 4))].sum() / cells.size

        return pooled(x, size, stride, mean)

    assert named("mean-value", mean_forward=mean_forward) == "sum-cut-off"


@slow
def test_bounds_that_are_checked_for_the_offset_in_the_plane():
    def max_forward(x, size, stride, padding=NO_PADDING):
        begins = [begin for begin, _ in padding]
        y = naive.max_forward(x, size, stride, padding=padding)
        for n, c, i, j in np.ndindex(y.shape):
            top, left = i * stride[0] - begins[0], j * stride[1] - begins[1]
            offsets = [(top + k) * x.shape[3] + left + m for k, m in np.ndindex(size)]
            y[n, c, i, j] = max(x[n, c].flat[at] for at in offsets if 0 <= at < x[n, c].size)
        return y

    assert named("max-value", max_forward=max_forward) == "bounds-of-flat-offset"


@slow
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_padding_of_minus_infinity_converted_to_small_integers():
    def max_forward(x, size, stride, padding=NO_PADDING):
        lengths = [n + sum(pair) for n, pair in zip(x.shape[2:], padding, strict=True)]
        padded = np.full((*x.shape[:2], *lengths), -np.inf).astype(x.dtype)
        (top, _), (left, _) = padding
        padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
        return pooled(padded, size, stride, np.max)

    assert named("max-value", "uint32", max_forward=max_forward) == "padding-cast-from-infinity"


@slow
@pytest.mark.parametrize("dtype", ["bool", "uint8"])
def test_padding_of_minus_one_in_a_type_without_sign(dtype):
    def max_forward(x, size, stride, padding=NO_PADDING):
        padded = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=np.array(-1).astype(x.dtype))
        return pooled(padded, size, stride, np.max)

    assert named("max-value", dtype, max_forward=max_forward) == "padding-not-low-enough"


def test_the_last_window_of_ceil_mode_that_is_kept_by_the_padding_at_the_other_end():
    def max_forward(x, size, stride, padding=NO_PADDING, ceil_mode=False):
        rooms = [n + sum(pair) - f for n, pair, f in zip(x.shape[2:], padding, size, strict=True)]
        counts = [
            room // s + 1 + bool(ceil_mode and room % s and (room // s + 1) * s < n + end)
            for room, s, n, (_, end) in zip(rooms, stride, x.shape[2:], padding, strict=True)
        ]
        lengths = [(count - 1) * s + f for count, s, f in zip(counts, stride, size, strict=True)]
        lowest = [
            (0, 0),
            (0, 0),
            *((begin, max(m - n - begin, 0)) for m, n, (begin, _) in zip(lengths, x.shape[2:], padding, strict=True)),
        ]
        return pooled(np.pad(x, lowest, constant_values=-np.inf), size, stride, np.max, count=tuple(counts))

    assert named("output-size", max_forward=max_forward) == "ceil-window-by-end-padding"


def test_windows_with_the_cell_before_their_first():
    def max_forward(x, size, stride):
        y = pooled(x, size, stride, np.max)
        for n, c, i, j in np.ndindex(y.shape):
            top, left = i * stride[0], j * stride[1]
            y[n, c, i, j] = x[n, c, max(top - 1, 0) : top + size[0], max(left - 1, 0) : left + size[1]].max()
        return y

    assert named("max-value", max_forward=max_forward) == "window-too-large"


@pytest.mark.parametrize("side", [0, 1])
def test_windows_that_are_counted_with_the_padding_of_one_side(side):
    def max_forward(x, size, stride, padding=NO_PADDING):
        lengths = zip(x.shape[2:], padding, size, stride, strict=True)
        rows, columns = (max((n + 2 * pair[side] - f) // s + 1, 0) for n, pair, f, s in lengths)
        y = naive.max_forward(x, size, stride, padding=padding)
        more = ((0, 0), (0, 0), (0, max(rows - y.shape[2], 0)), (0, max(columns - y.shape[3], 0)))
        return np.pad(y, more, constant_values=-np.inf)[:, :, :rows, :columns].copy()

    assert named("output-size", max_forward=max_forward) == "window-count-by-one-padding"
