"""Memory layouts: equal values in fresh memory, each with the property it is named after."""

import numpy as np
import pytest
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties.layouts import LAYOUTS, laid_out

SHAPES = [
    (2, 3, 4, 5),
    (1, 1, 1, 1),
    (1, 3, 4, 5),
    (2, 1, 4, 5),
    (2, 3, 1, 5),
    (2, 3, 4, 1),
    (1, 1, 4, 5),
    (1, 1, 1, 5),
    (0, 2, 3, 3),
]
layouts = pytest.mark.parametrize("layout", LAYOUTS)


def numbers(shape, dtype="float64"):
    """Different numbers, as far as the dtype has them."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@layouts
def test_every_layout_has_the_same_values(layout, shape):
    array = numbers(shape)
    laid = laid_out(array, layout)
    assert laid.shape == array.shape
    assert laid.dtype == array.dtype
    assert np.array_equal(laid, array)


@pytest.mark.parametrize("dtype", ORDERED)
@layouts
def test_every_dtype_can_be_laid_out(layout, dtype):
    array = numbers((2, 2, 3, 3), dtype)
    laid = laid_out(array, layout)
    assert laid.dtype == array.dtype
    assert np.array_equal(laid, array)


@pytest.mark.parametrize(
    "array",
    [np.array([np.nan, np.inf, -0.0, 1.0]), np.full(4, np.nan), np.array([0.0, -0.0, 0.0, -0.0])],
    ids=["mixed", "nan", "zeros"],
)
@layouts
def test_values_are_kept_bit_for_bit(layout, array):
    array = array.reshape(1, 1, 2, 2)
    assert laid_out(array, layout).tobytes() == array.tobytes()


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if 0 not in shape], ids=str)
@layouts
def test_every_layout_is_a_fresh_copy(layout, shape):
    array = numbers(shape)
    assert not np.shares_memory(laid_out(array, layout), array)
    assert not np.shares_memory(laid_out(array, layout), laid_out(array, layout))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 1, 1), (2, 3, 4, 1)], ids=str)
@layouts
def test_an_array_that_is_written_to_leaves_the_original_alone(layout, shape):
    array = np.ones(shape)
    laid = laid_out(array, layout)
    if laid.flags.writeable:
        laid[...] = 5
    assert (array == 1).all()
    assert array.flags.writeable


PROPERTIES = {
    "C": lambda a: a.flags.c_contiguous and a.flags.writeable and a.flags.aligned and a.flags.owndata,
    "Fortran": lambda a: a.flags.f_contiguous and not a.flags.c_contiguous,
    "channels last": lambda a: a.transpose(0, 2, 3, 1).flags.c_contiguous and not a.flags.c_contiguous,
    "transposed": lambda a: a.swapaxes(2, 3).flags.c_contiguous and not a.flags.c_contiguous,
    "negative strides": lambda a: a.strides[2] < 0 and a.strides[3] < 0,
    "spaced": lambda a: a.strides[3] == 2 * a.itemsize,
    "cropped": lambda a: a.strides[2] > a.shape[3] * a.itemsize and a.strides[3] == a.itemsize,
    "broadcast": lambda a: a.flags.c_contiguous,
    "read-only": lambda a: not a.flags.writeable and a.flags.c_contiguous,
    "unaligned": lambda a: not a.flags.aligned and a.flags.c_contiguous,
}


@layouts
def test_a_layout_is_what_its_name_says(layout):
    assert PROPERTIES[layout](laid_out(numbers((2, 3, 4, 5)), layout))


def test_one_and_the_same_value_is_broadcast():
    laid = laid_out(np.ones((2, 3, 4, 5)), "broadcast")
    assert laid.strides == (0, 0, 0, 0)
    assert not laid.flags.writeable


@pytest.mark.parametrize("layout", ["spaced", "cropped"])
def test_what_lies_between_the_elements_would_be_noticed(layout):
    laid = laid_out(np.zeros((1, 1, 2, 2)), layout)
    memory = laid.base
    assert memory is not None
    assert np.count_nonzero(memory == 77) == memory.size - laid.size
