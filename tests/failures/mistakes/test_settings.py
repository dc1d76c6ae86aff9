"""Mistakes about padding are named, also along one axis only."""

from itertools import product

import numpy as np
import pytest
from planted import named, passed_back, spread_evenly
from poolproof.kernels import naive
from selection import slow

pytestmark = pytest.mark.once

NO_PADDING = ((0, 0), (0, 0))


def test_padding_cut_off_with_a_negative_end():
    def mean_backward(dy, x, size, stride, padding=NO_PADDING):
        dx = passed_back(dy, np.pad(x, ((0, 0), (0, 0), *padding)), size, stride, spread_evenly)
        if not np.any(padding):
            return dx
        (top, bottom), (left, right) = padding
        return dx[:, :, top:-bottom, left:-right].copy()

    assert named("gradient-shape", mean_backward=mean_backward) == "gradient-cropped-to-nothing"


@slow
def test_padding_exchanged_along_columns_alone():
    def max_forward(x, size, stride, padding=NO_PADDING):
        return naive.max_forward(x, size, stride, padding=(padding[0], padding[1][::-1]))

    assert named("max-value", max_forward=max_forward) == "padding-sides-exchanged"


def shared(best):
    """Equal shares for all maxima."""
    return best / best.sum()


def to_last(best):
    """Everything to the last maximum."""
    return np.arange(best.size).reshape(best.shape) == np.flatnonzero(best)[-1]


@slow
@pytest.mark.parametrize("weights", [shared, to_last])
def test_the_gradient_of_zeros_in_padding_that_tie(weights):
    def max_backward(dy, x, size, stride, padding=NO_PADDING):
        padded = np.pad(x, ((0, 0), (0, 0), *padding))
        dx = passed_back(dy, padded, size, stride, lambda d, cells: d * weights(cells == cells.max()))
        (top, _), (left, _) = padding
        return dx[:, :, top : top + x.shape[2], left : left + x.shape[3]].copy()

    assert named("routing", max_backward=max_backward) == "zero-padding-wins"


def test_dilated_windows_that_are_taken_to_stretch_too_far():
    def max_forward(x, size, stride, dilation=(1, 1)):
        y = naive.max_forward(x, size, stride, dilation=dilation)
        lengths = zip(x.shape[2:], size, stride, dilation, strict=True)
        rows, columns = (max((n - f * d) // s + 1, 0) for n, f, s, d in lengths)
        return y[:, :, :rows, :columns].copy()

    assert named("output-size", max_forward=max_forward) == "dilated-extent-too-long"


def test_stride_and_dilation_taken_for_each_other():
    def max_forward(x, size, stride, dilation=(1, 1)):
        return naive.max_forward(x, size, dilation, dilation=stride)

    assert named("output-size", max_forward=max_forward) == "dilation-taken-for-stride"


@slow
def test_the_place_of_a_maximum_without_dilation():
    def max_indices(x, size, stride, dilation=(1, 1)):
        found = naive.max_indices(x, size, stride, dilation=dilation)
        starts = np.arange(found.shape[2])[:, np.newaxis] * stride[0], np.arange(found.shape[3]) * stride[1]
        row, column = (at - start for at, start in zip(divmod(found, x.shape[3]), starts, strict=True))
        return (starts[0] + row // dilation[0]) * x.shape[3] + starts[1] + column // dilation[1]

    assert named("max-index", max_indices=max_indices) == "place-without-dilation"


def test_the_place_of_a_maximum_that_counts_padding():
    def max_backward(dy, x, size, stride, padding=NO_PADDING):
        (top, _), (left, _) = padding
        dx = np.pad(naive.max_backward(dy, x, size, stride, padding=padding), ((0, 0), (0, 0), (top, 0), (left, 0)))
        return dx[:, :, : x.shape[2], : x.shape[3]].copy()

    assert named("routing", max_backward=max_backward) == "place-counts-padding"


def test_indices_by_the_padded_width():
    def max_indices(x, size, stride, padding=NO_PADDING):
        row, column = divmod(naive.max_indices(x, size, stride, padding=padding), x.shape[3])
        return row * (x.shape[3] + sum(padding[1])) + column

    assert named("max-index", max_indices=max_indices) == "index-by-padded-width"


def test_flags_taken_for_each_other():
    def mean_forward(x, size, stride, padding=NO_PADDING, ceil_mode=False, count_include_pad=True):
        flags = {"ceil_mode": count_include_pad, "count_include_pad": ceil_mode}
        return naive.mean_forward(x, size, stride, padding=padding, **flags)

    assert named("output-size", mean_forward=mean_forward) == "flags-taken-for-each-other"


def test_the_divisor_of_the_first_window_for_all():
    def mean_forward(x, size, stride, padding=NO_PADDING, count_include_pad=True):
        y = naive.mean_forward(x, size, stride, padding=padding)
        if count_include_pad:
            return y
        inside = [min(f - begin, n) for f, (begin, _), n in zip(size, padding, x.shape[2:], strict=True)]
        return y * (np.prod(size) / np.prod(inside)).astype(y.dtype)

    assert named("mean-value", mean_forward=mean_forward) == "divisor-of-one-window"


def test_padding_that_is_told_by_its_zeros():
    def mean_forward(x, size, stride, padding=NO_PADDING, count_include_pad=True):
        y = naive.mean_forward(x, size, stride, padding=padding)
        if count_include_pad:
            return y
        real = naive.mean_forward((x != 0).astype(x.dtype), size, stride, padding=padding)
        return np.where(real > 0, y / np.where(real > 0, real, 1), y)

    assert named("mean-value", mean_forward=mean_forward) == "zeros-taken-for-padding"


def in_memory(x, place, masked):
    """The element at a place, even past the rows of its plane, as far as masks allow; otherwise -inf."""
    n, c, row, column = place
    inside = (row >= 0 or not masked[0], row < x.shape[2], column >= 0 or not masked[1], column < x.shape[3])
    at = ((n * x.shape[1] + c) * x.shape[2] + row) * x.shape[3] + column
    return x.reshape(-1)[at] if all(inside) and 0 <= at < x.size else -np.inf


@slow
@pytest.mark.parametrize("masked", [(False, False), (True, False), (False, True)])
def test_places_before_the_image_that_are_read_from_memory(masked):
    def max_forward(x, size, stride, padding=NO_PADDING):
        y = naive.max_forward(x, size, stride, padding=padding)
        for n, c, i, j in np.ndindex(y.shape):
            top, left = i * stride[0] - padding[0][0], j * stride[1] - padding[1][0]
            cells = [(n, c, top + h, left + w) for h, w in np.ndindex(size)]
            y[n, c, i, j] = max(in_memory(np.ascontiguousarray(x), cell, masked) for cell in cells)
        return y

    assert named("max-value", max_forward=max_forward) == "places-not-masked"


def from_end(place, length):
    """A place along an axis as Python indexes it, if it exists."""
    return place if -length <= place < length else None


def to_edge(place, length):
    """The nearest place along an axis."""
    return min(max(place, 0), length - 1)


@slow
@pytest.mark.parametrize(("taken", "name"), [(from_end, "places-not-masked"), (to_edge, "padding-copies-cells")])
def test_the_gradient_of_places_outside_the_image_that_goes_inside(taken, name):
    def mean_backward(dy, x, size, stride, padding=NO_PADDING):
        dx = np.zeros(x.shape, dy.dtype)
        for (i, j), cell in product(np.ndindex(dy.shape[2:]), np.ndindex(size)):
            starts = i * stride[0] - padding[0][0], j * stride[1] - padding[1][0]
            places = [taken(start + k, n) for start, k, n in zip(starts, cell, x.shape[2:], strict=True)]
            if None not in places:
                dx[(..., *places)] += dy[:, :, i, j] / np.prod(size)
        return dx

    assert named("mean-spread", mean_backward=mean_backward) == name
