"""Mistakes about where cells lie in memory are named, for every array in which they are made."""

import numpy as np
import pytest
from planted import each_window, named, passed_back, pooled, spread_evenly, to_maximum
from poolproof.kernels import naive
from selection import slow

pytestmark = pytest.mark.once


def by_height(array):
    """The positions of the cells in the whole array if each row is as long as a column."""
    n, c, i, j = np.indices(array.shape)
    height, width = array.shape[2:]
    return (n * array.shape[1] + c) * height * width + i * height + j


@slow
def test_an_image_whose_rows_are_as_long_as_its_columns():
    def max_forward(x, size, stride):
        return pooled(np.take(x, by_height(x), mode="clip"), size, stride, np.max)

    assert named("max-value", max_forward=max_forward) == "rows-of-wrong-length"


def test_results_whose_rows_are_as_long_as_their_columns():
    def max_forward(x, size, stride):
        y = pooled(x, size, stride, np.max)
        flat, where = np.zeros(y.size), by_height(y)
        flat[where[where < y.size]] = y[where < y.size]
        return flat.reshape(y.shape)

    assert named("max-value", max_forward=max_forward) == "results-in-rows-of-wrong-length"


@slow
def test_gradients_in_the_order_of_columns():
    def mean_backward(dy, x, size, stride):
        return passed_back(dy.swapaxes(2, 3).reshape(dy.shape), x, size, stride, spread_evenly)

    assert named("mean-spread", mean_backward=mean_backward) == "rows-and-columns-confused"


def test_gradients_whose_rows_are_taken_for_columns():
    def max_backward(dy, x, size, stride):
        n, c, height, width = dy.shape
        return passed_back(dy.reshape(n, c, width, height).swapaxes(2, 3), x, size, stride, to_maximum)

    assert named("routing", max_backward=max_backward) == "rows-and-columns-confused"


def test_results_with_height_and_width_exchanged():
    def max_forward(x, size, stride):
        return pooled(x, size, stride, np.max).swapaxes(2, 3)

    assert named("output-size", max_forward=max_forward) == "results-transposed"


@slow
def test_the_place_in_a_window_split_by_its_height():
    def max_backward(dy, x, size, stride):
        dx = np.zeros(x.shape, dy.dtype)
        for (n, c, i, j), cells in each_window(x, size, stride):
            row, column = divmod(int(x[cells].argmax()), size[0])
            place = i * stride[0] + row, j * stride[1] + column
            if place[0] < x.shape[2] and place[1] < x.shape[3]:
                dx[(n, c, *place)] += dy[n, c, i, j]
        return dx

    assert named("routing", max_backward=max_backward) == "window-split-wrongly"


@slow
@pytest.mark.parametrize("apart", [lambda size: size, lambda _: (1, 1)])
def test_the_place_of_a_window_by_another_stride(apart):
    def max_backward(dy, x, size, stride):
        dx, step = np.zeros(x.shape, dy.dtype), apart(size)
        for (n, c, i, j), cells in each_window(x, size, stride):
            row, column = divmod(int(x[cells].argmax()), size[1])
            place = i * step[0] + row, j * step[1] + column
            if place[0] < x.shape[2] and place[1] < x.shape[3]:
                dx[(n, c, *place)] += dy[n, c, i, j]
        return dx

    assert named("routing", max_backward=max_backward) == "place-by-other-stride"


@slow
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_that_are_found_by_the_reciprocal_of_the_width(kind):
    def max_forward(x, size, stride):
        y = pooled(x, size, stride, np.max)
        number = np.arange(y.shape[2] * y.shape[3])
        row = (number.astype(kind) * (kind(1) / kind(y.shape[3]))).astype(int)
        return y[:, :, row, number % y.shape[3]].reshape(y.shape)

    assert named("max-value", max_forward=max_forward) == "row-by-reciprocal"


def test_a_result_that_loses_all_its_axes_of_length_one():
    def mean_forward(x, size, stride):
        return pooled(x, size, stride, np.mean).squeeze()

    assert named("output-size", mean_forward=mean_forward) == "axes-of-one-dropped"


def test_indices_that_have_been_half_floats_as_the_image_is():
    def max_indices(x, size, stride):
        return naive.max_indices(x, size, stride).astype(x.dtype).astype(np.int64)

    assert named("max-index", "float16", max_indices=max_indices) == "index-in-type-of-image"


def test_indices_in_a_volume_with_the_depth_for_the_height():
    def max_indices(x, size, stride):
        d, h, w = np.unravel_index(naive.max_indices(x, size, stride), x.shape[2:])
        return (d * x.shape[2] + h) * x.shape[4] + w

    assert named("max-index", max_indices=max_indices, ranks=(3,)) == "index-by-height"
