"""The textbook chapter's figures worked out by hand, and its own check, which accepts kernels that the laws reject."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from poolproof.kernels import PoolingLayer, compiled, img2col, naive
from poolproof.properties import laws
from selection import slow
from strength.people import agree, document

pytestmark = pytest.mark.once


class Layered:
    """The contract's four functions, computed by one of the layer's two methods."""

    def __init__(self, forward, backward):
        self.forward, self.backward = forward, backward

    def max_forward(self, x, size, stride):
        return self.run("MAX", x, size, stride)

    def mean_forward(self, x, size, stride):
        return self.run("MEAN", x, size, stride)

    def max_backward(self, dy, x, size, stride):
        return self.run("MAX", x, size, stride, dy)

    def mean_backward(self, dy, x, size, stride):
        return self.run("MEAN", x, size, stride, dy)

    def run(self, kind, x, size, stride, dy=None):
        layer = PoolingLayer(x.shape[1:], size, stride, kind)
        y = getattr(layer, self.forward)(x)
        return y if dy is None else getattr(layer, self.backward)(dy, 0)


WAYS = {
    "naive": naive,
    "compiled": compiled,
    "img2col": img2col,
    "layer": Layered("forward", "backward"),
    "layer-numba": Layered("forward_numba", "backward_numba"),
    "layer-img2col": Layered("forward_img2col", "backward_col2img"),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)

FIGURE = [
    [1, 3, 2, 1],
    [0, 2, 4, 1],
    [3, 1, 0, 2],
    [2, 0, 3, 1],
]  # fmt: skip


def image(plane):
    return np.array([[plane]], np.float64)


@every_way
def test_maximum_with_stride_two(way):
    assert way.max_forward(image(FIGURE), 2, 2).tolist() == [[[[3, 4], [3, 3]]]]


@every_way
def test_mean_with_stride_two(way):
    assert way.mean_forward(image(FIGURE), 2, 2).tolist() == [[[[1.5, 2], [1.5, 1.5]]]]


@every_way
def test_maximum_with_stride_one_is_full_of_equal_threes_and_fours(way):
    assert way.max_forward(image(FIGURE), 2, 1).tolist() == [[[[3, 4, 4], [3, 4, 4], [3, 3, 3]]]]


@every_way
def test_mean_with_stride_one(way):
    expected = [[1.5, 2.75, 2], [1.5, 1.75, 1.75], [1.5, 1, 1.5]]
    assert way.mean_forward(image(FIGURE), 2, 1).tolist() == [[expected]]


@every_way
def test_maximum_sends_each_error_to_where_the_maximum_was(way):
    dx = way.max_backward(image([[1, 2], [3, 4]]), image(FIGURE), 2, 2)
    assert dx.tolist() == [[[[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 4, 0]]]]


@every_way
def test_mean_spreads_each_error_over_its_four_places(way):
    dx = way.mean_backward(image([[1, 2], [3, 4]]), image(FIGURE), 2, 2)
    top, bottom = [0.25, 0.25, 0.5, 0.5], [0.75, 0.75, 1, 1]
    assert dx.tolist() == [[[top, top, bottom, bottom]]]


@every_way
def test_errors_of_overlapping_windows_add_up_at_their_common_maximum(way):
    dx = way.max_backward(image([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), image(FIGURE), 2, 1)
    assert dx.tolist() == [[[[0, 1, 0, 0], [0, 0, 16, 0], [11, 0, 0, 0], [0, 0, 17, 0]]]]


@every_way
def test_shares_of_overlapping_windows_add_up(way):
    dx = way.mean_backward(image([[4, 8, 12], [16, 20, 24], [28, 32, 36]]), image(FIGURE), 2, 1)
    assert dx.tolist() == [[[[1, 3, 5, 3], [5, 12, 16, 9], [11, 24, 28, 15], [7, 15, 17, 9]]]]


@every_way
@pytest.mark.parametrize("delta", [1.0, 5.0, -3.0])
def test_of_the_maximum_only_the_largest_has_a_partial_and_it_is_one(way, delta):
    a, b, e, f = 1, 4, 2, 3
    dx = way.max_backward(image([[delta]]), image([[a, b], [e, f]]), 2, 2)
    assert dx.tolist() == [[[[0, delta], [0, 0]]]]


@every_way
@pytest.mark.parametrize("delta", [1.0, 5.0, -3.0])
def test_of_the_mean_all_partials_are_a_quarter(way, delta):
    a, b, e, f = 1, 4, 2, 3
    dx = way.mean_backward(image([[delta]]), image([[a, b], [e, f]]), 2, 2)
    assert dx.tolist() == [[[[delta / 4, delta / 4], [delta / 4, delta / 4]]]]


@every_way
def test_a_four_that_moves_one_pixel_to_the_right_stays_four(way):
    moved = [row.copy() for row in FIGURE]
    moved[1][2:] = [1, 4]
    assert way.max_forward(image(moved), 2, 2).tolist() == [[[[3, 4], [3, 3]]]]


SIZES = [
    (4, 2, 2, 2),
    (4, 2, 1, 3),
    (28, 2, 2, 14),
    (5, 2, 2, 2),
    (6, 3, 2, 2),
    (7, 3, 2, 3),
    (7, 2, 3, 2),
    (3, 3, 2, 1),
    (4, 1, 5, 1),
    (9, 4, 4, 2),
]


@every_way
@pytest.mark.parametrize(("length", "f", "s", "expected"), SIZES)
def test_size_is_input_minus_window_over_stride_plus_one_rounded_down(way, length, f, s, expected):
    wide, tall = np.ones((2, 3, 4, length)), np.ones((2, 3, length, 4))
    assert way.max_forward(wide, (1, f), (1, s)).shape == (2, 3, 4, expected)
    assert way.mean_forward(tall, (f, 1), (s, 1)).shape == (2, 3, expected, 4)


@every_way
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_depth_never_changes(way, depth):
    assert way.max_forward(np.ones((1, depth, 4, 4)), 2, 2).shape == (1, depth, 2, 2)


class Published:
    """The common part of both published kernels: float64 results, and a pooling type that is stored but never read."""

    dtypes = ("float64",)

    def max_forward(self, x, size, stride):
        return taps(x, size, stride).max(axis=-1).astype(np.float64)

    def mean_forward(self, x, size, stride):
        return self.max_forward(x, size, stride)

    def mean_backward(self, dy, x, size, stride):
        return self.max_backward(dy, x, size, stride)


class PublishedNumba(Published):
    """Method 1, reworded: of windows that share their maximum, the last overwrites the others."""

    def max_backward(self, dy, x, size, stride):
        dx = np.zeros(x.shape)
        for pixel, delta in maxima(dy, x, size, stride):
            dx[pixel] = delta
        return dx


class PublishedCol2img(Published):
    """Method 2, reworded: it adds, but the column matrix is float32."""

    def max_backward(self, dy, x, size, stride):
        dx = np.zeros(x.shape)
        for pixel, delta in maxima(dy, x, size, stride):
            dx[pixel] += np.float32(delta)
        return dx


class Zeros(Published):
    """So wrong that the document's check rejects it."""

    def max_backward(self, _dy, x, _size, _stride):
        return np.zeros(x.shape)


def taps(x, size, stride):
    """(N, C, OH, OW, F*F)"""
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return windows.reshape(*windows.shape[:4], -1)


def maxima(dy, x, size, stride):
    """The first maximum in x of each window, with its delta, in row-major order of the windows."""
    winners = taps(x, size, stride).argmax(axis=-1)
    for n, c, i, j in np.ndindex(dy.shape):
        h, w = divmod(int(winners[n, c, i, j]), size[1])
        yield (n, c, i * stride[0] + h, j * stride[1] + w), dy[n, c, i, j]


def broken(implementation, law):
    """The message with which a law rejects an implementation, or None if it passes."""
    [bound] = laws(implementation, seed=0, pattern=law)
    try:
        bound()
    except AssertionError as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def reference():
    """The reference kernel, restricted to what the published ones can take."""

    class Reference:
        dtypes = ("float64",)
        max_forward, max_backward = staticmethod(compiled.max_forward), staticmethod(compiled.max_backward)
        mean_forward, mean_backward = staticmethod(compiled.mean_forward), staticmethod(compiled.mean_backward)

    return Reference


def test_the_documents_check_accepts_the_published_pair():
    agree(PublishedNumba, PublishedCol2img)


@pytest.mark.parametrize("published", [PublishedNumba, PublishedCol2img])
def test_the_documents_check_accepts_each_published_kernel_beside_a_right_one(published, reference):
    agree(published, reference)
    document(published)


def test_the_documents_check_is_not_blind_to_everything():
    with pytest.raises(AssertionError):
        agree(PublishedNumba, Zeros)
    with pytest.raises(AssertionError):
        document(Zeros)


REJECTED = [
    (PublishedNumba, "max-accumulation"),
    (PublishedNumba, "conservation"),
    (PublishedNumba, "mean-value"),
    (PublishedCol2img, "max-accumulation"),
    (PublishedCol2img, "mean-value"),
]


@slow
@pytest.mark.parametrize(("published", "law"), REJECTED, ids=lambda value: getattr(value, "__name__", value))
def test_the_laws_reject_the_published_kernels(published, law):
    assert broken(published, law)


@slow
@pytest.mark.parametrize("law", sorted({law for _, law in REJECTED}))
def test_the_same_laws_hold_for_a_right_kernel(law, reference):
    assert broken(reference, law) is None


def test_the_published_methods_disagree_as_soon_as_windows_overlap():
    x, dy = image([[0, 1, 0]]), image([[1, 2]])
    assert PublishedNumba().max_backward(dy, x, (1, 2), (1, 1)).tolist() == [[[[0, 2, 0]]]]
    assert PublishedCol2img().max_backward(dy, x, (1, 2), (1, 1)).tolist() == [[[[0, 3, 0]]]]


@every_way
def test_ours_add_where_the_published_one_overwrites(way):
    assert way.max_backward(image([[1, 2]]), image([[0, 1, 0]]), (1, 2), (1, 1)).tolist() == [[[[0, 3, 0]]]]


@every_way
def test_ours_keep_what_the_published_one_rounds_through_float32(way):
    delta = 1 + 2.0**-40
    assert way.max_backward(image([[delta]]), image([[0, 1]]), (1, 2), 1).tolist() == [[[[0, delta]]]]
