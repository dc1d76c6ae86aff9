"""Mistakes about windows along one axis only, in the gradient, and in shortcuts, are named."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from planted import each_window, named, output, passed_back, pooled, spread_evenly, to_maximum
from selection import slow

pytestmark = pytest.mark.once


def one_row_less(dy):
    """The number of windows without the last row of windows."""
    return max(dy.shape[2] - 1, 1), dy.shape[3]


def test_a_row_of_windows_too_few():
    def max_forward(x, size, stride):
        rows, columns = output(x, size, stride)
        return pooled(x, size, stride, np.max, (max(rows - 1, 1), columns))

    assert named("output-size", max_forward=max_forward) == "one-window-too-few"


@slow
def test_a_row_of_windows_that_passes_no_gradient():
    def max_backward(dy, x, size, stride):
        return passed_back(dy, x, size, stride, to_maximum, one_row_less(dy))

    def mean_backward(dy, x, size, stride):
        return passed_back(dy, x, size, stride, spread_evenly, one_row_less(dy))

    assert named("routing", max_backward=max_backward) == "one-window-too-few"
    assert named("mean-spread", mean_backward=mean_backward) == "one-window-too-few"


def test_windows_whose_end_is_taken_in_along_columns():
    def max_forward(x, size, stride):
        return pooled(x, size, stride, np.max, window=(size[0], size[1] + 1))

    assert named("max-value", max_forward=max_forward) == "window-too-large"


def test_sums_of_another_window_divided_by_the_right_number():
    def mean_forward(x, size, stride):
        return pooled(x, size, stride, lambda cells: cells.sum() / np.prod(size), window=(size[1], size[1]))

    assert named("mean-value", mean_forward=mean_forward) == "size-of-one-axis"


@slow
def test_windows_that_are_cut_off_where_the_image_ends():
    def max_backward(dy, x, size, stride):
        return passed_back(dy, x, size, stride, to_maximum, window=size[::-1])

    assert named("routing", max_backward=max_backward) == "sizes-exchanged"


@slow
def test_windows_past_the_image_that_keep_the_lowest_number():
    def max_forward(x, size, stride):
        found = output(x, size, stride)
        return pooled(x, size, (stride[0], stride[0]), lambda cells: cells.max(initial=-np.inf), found)

    assert named("max-value", max_forward=max_forward) == "stride-of-one-axis"


@slow
def test_a_shortcut_for_the_whole_image_where_one_axis_is_covered():
    def max_forward(x, size, stride):
        if size[1] == x.shape[3]:
            y = np.empty((*x.shape[:2], *output(x, size, stride)), x.dtype)
            y[...] = x.max(axis=(2, 3), keepdims=True)
            return y
        return pooled(x, size, stride, np.max)

    def mean_forward(x, size, stride):
        if size[0] == x.shape[2] or size[1] == x.shape[3]:
            return x.mean(axis=(2, 3), keepdims=True)
        return pooled(x, size, stride, np.mean)

    assert named("max-value", max_forward=max_forward) == "shortcut-taken-wrongly"
    assert named("mean-value", mean_forward=mean_forward) == "shortcut-taken-wrongly"


@slow
def test_a_shortcut_for_single_cells_where_windows_are_one_cell_wide():
    def max_forward(x, size, stride):
        if size[1] == 1:
            return pooled(x, size, stride, lambda cells: cells[0, 0])
        return pooled(x, size, stride, np.max)

    assert named("max-value", max_forward=max_forward) == "shortcut-taken-wrongly"


@slow
def test_a_window_rounded_up_to_a_power_of_two():
    def block(size):
        return tuple(1 << (f - 1).bit_length() for f in size)

    def max_forward(x, size, stride):
        return pooled(x, size, stride, np.max, window=block(size))

    def mean_backward(dy, x, size, stride):
        return passed_back(dy, x, size, stride, lambda d, _: d / np.prod(size), window=block(size))

    assert named("max-value", max_forward=max_forward) == "window-rounded-up"
    assert named("mean-spread", mean_backward=mean_backward) == "window-rounded-up"


@slow
def test_windows_that_end_where_the_next_begins():
    def max_forward(x, size, stride):
        for axis, count in enumerate(output(x, size, stride), 2):
            x = np.maximum.reduceat(x, np.arange(count) * stride[axis - 2], axis=axis)
        return x

    assert named("max-value", max_forward=max_forward) == "window-ends-at-next"


def test_sums_without_the_first_row_and_column():
    def mean_forward(x, size, stride):
        return pooled(x, size, stride, lambda cells: cells[1:, 1:].sum() / cells.size)

    assert named("mean-value", mean_forward=mean_forward) == "window-begins-late"


def test_gradients_without_the_last_row_and_column():
    def mean_backward(dy, x, size, stride):
        def share(d, cells):
            found = np.full(cells.shape, d / cells.size)
            found[-1], found[:, -1] = 0, 0
            return found

        return passed_back(dy, x, size, stride, share)

    assert named("mean-spread", mean_backward=mean_backward) == "window-too-small"


@slow
def test_columns_that_are_bounded_by_the_height():
    def max_forward(x, size, stride):
        y = np.full((*x.shape[:2], *output(x, size, stride)), -np.inf, x.dtype)
        square = x[..., : x.shape[2]]
        for (n, c, i, j), (_, _, rows, columns) in each_window(x, size, stride):
            y[n, c, i, j] = square[n, c, rows, columns].max(initial=-np.inf)
        return y

    assert named("max-value", max_forward=max_forward) == "bounded-by-other-axis"


def test_size_and_stride_taken_for_each_other():
    def mean_forward(x, size, stride):
        fits = all(s <= n for s, n in zip(stride, x.shape[2:], strict=True))
        return pooled(x, stride, size, np.mean) if fits else pooled(x, size, stride, np.mean)

    assert named("output-size", mean_forward=mean_forward) == "size-taken-for-stride"


def taken_for_each_other(x, size, stride):
    """Windows of another library's argument order: an image too small for them raises an error."""
    return sliding_window_view(x, stride, axis=(2, 3))[:, :, :: size[0], :: size[1]].max(axis=(4, 5))


def taken_for_each_other_in_loops(x, size, stride):
    """The same in a loop, where an image just too small has no window."""
    return pooled(x, stride, size, np.max)


@pytest.mark.parametrize("max_forward", [taken_for_each_other, taken_for_each_other_in_loops])
def test_size_and_stride_taken_for_each_other_even_where_that_raises(max_forward):
    assert named("output-size", max_forward=max_forward) == "size-taken-for-stride"
    assert named("max-value", max_forward=max_forward) == "size-taken-for-stride"


def test_tiles_that_miss_the_cells_they_share_with_the_next():
    def mean_forward(x, size, stride):
        rows, columns = output(x, size, stride)
        y = np.zeros((*x.shape[:2], rows, columns), x.dtype)
        for (n, c, i, j), cells in each_window(x, size, stride):
            tile = j // 16
            end = x.shape[3] if tile == (columns - 1) // 16 else (tile + 1) * 16 * stride[1]
            y[n, c, i, j] = x[cells][:, : end - j * stride[1]].sum() / np.prod(size)
        return y

    assert named("mean-value", mean_forward=mean_forward) == "tiles-without-halo"
