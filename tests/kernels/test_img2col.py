"""The column matrix: its shape and memory, its adjoint, and that pooling uses nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poolproof.kernels import img2col, naive
from poolproof.kernels.dtypes import FLOATS, ORDERED

IMAGE = np.array([[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]])


@st.composite
def windows(draw):
    """A shape (N, C, H, W) with a size and a stride that fit."""
    plane = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *plane)
    size = tuple(draw(st.integers(1, length)) for length in plane)
    return shape, size, draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))


def integers(shape, seed):
    """Integers small enough for every sum of their products to be exact in float64."""
    return np.random.default_rng(seed).integers(-1000, 1000, shape).astype(np.float64)


def output(shape, size, stride):
    return tuple(len(range(0, length - f + 1, s)) for length, f, s in zip(shape[2:], size, stride, strict=True))


def test_each_tap_of_all_windows_is_a_row():
    columns = img2col.img2col(IMAGE, 2, 1)
    expected = [[[0, 1], [3, 4]], [[1, 2], [4, 5]], [[3, 4], [6, 7]], [[4, 5], [7, 8]]]
    assert columns.reshape(4, 2, 2).tolist() == expected


def test_padded_cells_of_columns_are_zero():
    columns = img2col.img2col(IMAGE + 1, 2, 2, padding=((1, 0), (0, 1)))
    assert columns.reshape(4, 4).tolist() == [[0, 0, 4, 6], [0, 0, 5, 0], [1, 3, 7, 9], [2, 0, 8, 0]]


def test_col2img_adds_every_tap_back_to_its_pixel():
    columns = np.arange(16.0).reshape(4, 1, 1, 2, 2)
    image = img2col.col2img(columns, (1, 1, 3, 3), 2, 1)
    assert image.tolist() == [[[[0, 1 + 4, 5], [2 + 8, 3 + 6 + 9 + 12, 7 + 13], [10, 11 + 14, 15]]]]


def test_a_negative_zero_comes_back_as_zero():
    image = img2col.col2img(np.full((4, 1, 1, 1, 1), -0.0), (1, 1, 2, 2), 2, 2)
    assert not np.signbit(image).any()


@given(windows(), st.sampled_from(ORDERED))
@settings(deadline=None)
def test_columns_are_contiguous_memory_of_their_own_in_the_dtype_of_x(window, dtype):
    shape, size, stride = window
    x = integers(shape, 0).astype(dtype)
    columns = img2col.img2col(x, size, stride)
    assert columns.shape == (size[0] * size[1], *shape[:2], *output(shape, size, stride))
    assert columns.dtype == dtype
    assert columns.flags.c_contiguous
    assert columns.flags.owndata
    assert columns.flags.writeable
    assert not np.shares_memory(columns, x)


@given(windows(), st.integers(0, 99))
@settings(deadline=None)
def test_each_column_is_its_window_in_row_major_order(window, seed):
    shape, size, stride = window
    x = integers(shape, seed)
    columns = img2col.img2col(x, size, stride)
    for n, c, i, j in np.ndindex(columns.shape[1:]):
        cells = x[n, c, i * stride[0] :, j * stride[1] :][: size[0], : size[1]]
        assert columns[:, n, c, i, j].tolist() == cells.ravel().tolist()


@given(windows(), st.integers(0, 99))
@settings(deadline=None)
def test_img2col_and_col2img_are_adjoint(window, seed):
    shape, size, stride = window
    x, columns = (
        integers(shape, seed),
        integers((size[0] * size[1], *shape[:2], *output(shape, size, stride)), seed + 1),
    )
    assert np.vdot(columns, img2col.img2col(x, size, stride)) == np.vdot(
        img2col.col2img(columns, shape, size, stride), x
    )


def test_adjoint_is_not_asked_of_zeros():
    x, columns = integers((1, 1, 3, 3), 0), integers((4, 1, 1, 2, 2), 1)
    assert np.vdot(columns, img2col.img2col(x, 2, 1)) != 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_col2img_keeps_the_dtype_and_the_columns(dtype, order):
    columns = np.ones((4, 2, 3, 2, 2), dtype, order)
    image = img2col.col2img(columns, (2, 3, 3, 3), 2, 1)
    assert image.dtype == dtype
    assert not np.shares_memory(image, columns)
    assert (columns == 1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_col2img_adds_in_row_major_order_of_the_windows(dtype):
    columns = np.zeros((4, 1, 1, 2, 2), dtype)
    # The centre is the last tap of the first window, and the first tap of the last.
    for tap, (row, column), value in zip([3, 2, 1, 0], np.ndindex(2, 2), [1e30, 1, -1e30, 2], strict=True):
        columns[tap, 0, 0, row, column] = value
    assert img2col.col2img(columns, (1, 1, 3, 3), 2, 1)[0, 0, 1, 1] == 2


def test_col2img_rounds_float16_once():
    columns = np.array([2, 2.0**-10, 2.0**-24], "float16").reshape(3, 1, 1, 1, 1)
    spread = np.zeros((3, 1, 1, 1, 3), "float16")
    spread[[2, 1, 0], 0, 0, 0, [0, 1, 2]] = columns.ravel()
    assert img2col.col2img(spread, (1, 1, 1, 5), (1, 3), 1)[0, 0, 0, 2] == 2 + 2.0**-9


@pytest.fixture
def altered(monkeypatch):
    """Replace the columns that pooling sees by a function of the true ones."""
    true = img2col.columns_of

    def alter(function):
        monkeypatch.setattr(img2col, "columns_of", lambda *arguments: function(true(*arguments)))

    return alter


def test_the_maximum_is_taken_of_the_columns_alone(altered):
    altered(lambda columns: columns + 100)
    assert img2col.max_forward(IMAGE, 2, 1).tolist() == [[[[104, 105], [107, 108]]]]


def test_the_index_is_found_in_the_columns_alone(altered):
    altered(lambda columns: -columns)
    assert img2col.max_indices(IMAGE, 2, 1).tolist() == [[[[0, 1], [3, 4]]]]


def test_the_mean_is_taken_of_the_columns_alone(altered):
    altered(lambda columns: columns + 100)
    assert img2col.mean_forward(IMAGE.astype(float), 2, 1).tolist() == [[[[102, 103], [105, 106]]]]


def test_the_gradient_goes_where_the_columns_say(altered):
    altered(lambda columns: -columns)
    dx = img2col.max_backward(np.ones((1, 1, 1, 1)), IMAGE.astype(float), 3, 1)
    assert dx.ravel().tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("function", ["max_backward", "mean_backward"])
def test_gradients_are_what_col2img_makes_of_them(function, monkeypatch):
    true = img2col.image_of
    monkeypatch.setattr(img2col, "image_of", lambda columns, *rest: 2 * true(columns, *rest))
    x, dy = integers((1, 1, 4, 4), 0), integers((1, 1, 3, 3), 1)
    once = getattr(naive, function)(dy, x, 2, 1)
    assert getattr(img2col, function)(dy, x, 2, 1).tolist() == (2 * once).tolist()


COLUMNS = np.ones((4, 2, 3, 2, 2))
SHAPE = (2, 3, 3, 3)
OF_FLOATS = "columns has dtype {}, but should have one of float16, float32, float64"

BAD = {
    "columns: ints": (TypeError, OF_FLOATS.format("int64"), (COLUMNS.astype("int64"), SHAPE, 2, 1)),
    "columns: complex": (TypeError, OF_FLOATS.format("complex128"), (COLUMNS.astype(complex), SHAPE, 2, 1)),
    "columns: objects": (TypeError, OF_FLOATS.format("object"), (COLUMNS.astype(object), SHAPE, 2, 1)),
    "columns: None": (TypeError, OF_FLOATS.format("object"), (None, SHAPE, 2, 1)),
    "columns: masked": (TypeError, "columns is a masked array", (np.ma.array(COLUMNS), SHAPE, 2, 1)),
    "columns: ragged": (TypeError, "columns=.* should be an array", ([[1.0], [1.0, 2.0]], SHAPE, 2, 1)),
    "columns: two-dimensional": (
        ValueError,
        r"columns has shape \(24, 4\), but should have \(4, 2, 3, 2, 2\)",
        (COLUMNS.reshape(24, 4), SHAPE, 2, 1),
    ),
    "columns: of another stride": (
        ValueError,
        r"columns has shape \(4, 2, 3, 2, 2\), but should have \(4, 2, 3, 1, 1\)",
        (COLUMNS, SHAPE, 2, 2),
    ),
    "columns: of another size": (
        ValueError,
        r"columns has shape \(4, 2, 3, 2, 2\), but should have \(2, 2, 3, 2, 3\)",
        (COLUMNS, SHAPE, (2, 1), 1),
    ),
    "shape: of a plane": (ValueError, r"shape=\(3, 3\) should be 4 ", (COLUMNS, (3, 3), 2, 1)),
    "shape: an int": (ValueError, "shape=3 should be 4 ", (COLUMNS, 3, 2, 1)),
    "shape: None": (ValueError, "shape=None should be 4 ", (COLUMNS, None, 2, 1)),
    "shape: floats": (TypeError, r"shape=\(2, 3, 3, 3.0\) should be 4 ", (COLUMNS, (2, 3, 3, 3.0), 2, 1)),
    "shape: no channels": (ValueError, r"shape=\(2, 0, 3, 3\) should be 4 ", (COLUMNS, (2, 0, 3, 3), 2, 1)),
    "shape: no rows": (ValueError, r"shape=\(2, 3, 0, 3\) should be 4 ", (COLUMNS, (2, 3, 0, 3), 2, 1)),
    "shape: negative": (ValueError, r"shape=\(-1, 3, 3, 3\) should be 4 ", (COLUMNS, (-1, 3, 3, 3), 2, 1)),
    "shape: smaller than the window": (
        ValueError,
        r"size=\(2, 2\): size\[1\] should be at most 1",
        (COLUMNS, (2, 3, 3, 1), 2, 1),
    ),
    "size: zero": (ValueError, "size=0 should be at least 1", (COLUMNS, SHAPE, 0, 1)),
    "size: float": (TypeError, "size=2.0 should be an int", (COLUMNS, SHAPE, 2.0, 1)),
    "stride: zero": (ValueError, "stride=0 should be at least 1", (COLUMNS, SHAPE, 2, 0)),
    "stride: None": (TypeError, "stride=None should be an int", (COLUMNS, SHAPE, 2, None)),
}


@pytest.mark.parametrize(("error", "says", "arguments"), BAD.values(), ids=BAD)
def test_col2img_refuses_bad_arguments_in_words(error, says, arguments):
    with pytest.raises(error, match=f"^{says}"):
        img2col.col2img(*arguments)


SLIPS = {
    "foreign byte order": (
        "columns .*byte order",
        (COLUMNS.astype(COLUMNS.dtype.newbyteorder()), SHAPE, 2, 1),
    ),
    "True as a length": ("shape=", (np.ones((1, 2, 3, 3, 1)), (2, 3, 3, True), 1, 1)),
    "an endless length": ("shape=", (COLUMNS, (2, 3, 3, 10**6000), 2, 1)),
}


@pytest.mark.parametrize(("says", "arguments"), SLIPS.values(), ids=SLIPS)
def test_col2img_refuses_what_slips_through(says, arguments):
    with pytest.raises((TypeError, ValueError), match=f"^{says}"):
        img2col.col2img(*arguments)


@pytest.mark.parametrize("size", [0, 4, 2.0, None], ids=str)
def test_img2col_refuses_what_the_kernels_refuse(size):
    with pytest.raises((TypeError, ValueError)) as kernel:
        naive.max_forward(IMAGE, size, 1)
    with pytest.raises(type(kernel.value)) as columns:
        img2col.img2col(IMAGE, size, 1)
    assert str(columns.value) == str(kernel.value)


def test_columns_may_be_nested_lists_and_size_a_pair():
    columns = [[[[[1.0, 2.0]]]], [[[[3.0, 4.0]]]]]
    assert img2col.col2img(columns, (1, 1, 1, 3), (1, 2), (1, 1)).tolist() == [[[[1, 2 + 3, 4]]]]
