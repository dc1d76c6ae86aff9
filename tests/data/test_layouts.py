"""Memory layouts: equal values in fresh memory, with the property in each layout's name."""

import numpy as np
import pytest
from poolproof.kernels import img2col
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties.conventions import observed
from poolproof.properties.data.layouts import ALIKE, LAYOUTS, laid_out, made_alike
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from selection import once_but, slow

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
    """Distinct numbers, or as many as the dtype has."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("shape", once_but(SHAPES, SHAPES[0]), ids=str)
@layouts
def test_every_layout_has_the_same_values(layout, shape):
    array = numbers(shape)
    laid = laid_out(array, layout)
    assert laid.shape == array.shape
    assert laid.dtype == array.dtype
    assert np.array_equal(laid, array)


@pytest.mark.parametrize("dtype", once_but(ORDERED, "float32"))
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


@pytest.mark.parametrize("shape", once_but([shape for shape in SHAPES if 0 not in shape], SHAPES[0]), ids=str)
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
    "spaced channels": lambda a: a.strides == (960, 320, 40, 8),
    "reversed channels": lambda a: a.strides[1] < 0 < a.strides[3],
    "spaced": lambda a: a.strides[3] == 2 * a.itemsize,
    "cropped": lambda a: a.strides[2] > a.shape[3] * a.itemsize and a.strides[3] == a.itemsize,
    "slice of channels last": lambda a: a.strides == (640, 8, 160, 32),
    "crop of channels last": lambda a: a.strides == (1152, 8, 192, 24),
    "offset": lambda a: a.flags.c_contiguous and a.base is not None and a.base.size == a.size + 3,
    "odd unit strides": lambda a: a.flags.c_contiguous,
    "broadcast": lambda a: a.flags.c_contiguous,
    "expanded samples": lambda a: a.flags.c_contiguous,
    "expanded channels": lambda a: a.flags.c_contiguous,
    "expanded rows": lambda a: a.flags.c_contiguous,
    "expanded columns": lambda a: a.flags.c_contiguous,
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


@pytest.mark.parametrize("layout", ALIKE)
def test_what_is_the_same_along_some_axes_has_strides_of_0_there_and_is_else_a_copy(layout):
    array = numbers((2, 3, 4, 5))
    made_alike(array, layout)
    laid = laid_out(array, layout)
    assert np.array_equal(laid, array)
    assert [k for k, stride in enumerate(laid.strides) if stride == 0] == list(ALIKE[layout](4))


def test_axes_of_length_one_have_strides_of_which_nothing_follows():
    laid = laid_out(numbers((1, 3, 1, 5)), "odd unit strides")
    usual = np.empty((1, 3, 1, 5)).strides
    assert [laid.strides[k] for k in (1, 3)] == [usual[k] for k in (1, 3)]
    assert not {laid.strides[0], laid.strides[2]} & {*usual}


class ChannelsLast:
    """A sound kernel that records whether its arrays had the declared layout."""

    layout = "channels_last"

    def max_forward(self, x, size, stride):
        SEEN.append(np.moveaxis(x, 1, -1).flags.c_contiguous)
        return img2col.max_forward(x, size, stride)


SEEN = []


@slow
def test_a_target_that_declares_a_layout_gets_arrays_in_no_other():
    target = wrap(ChannelsLast)
    SEEN.clear()
    smoke_test(target)
    for law in LAWS.values():
        if not law.reference:
            assert run(law, target, TrialSettings(30)).verdict in ("holds", "unsupported")
    observed(target)
    assert SEEN
    assert all(SEEN)
    assert run(LAWS["memory-layouts"], target, TrialSettings(30)).reason == "it declares layout=channels_last"


STRICT = """
import numpy as np
from poolproof.kernels import img2col

layout = "channels_last"

def max_forward(x, size, stride):
    if not np.moveaxis(x, 1, -1).flags.c_contiguous:
        raise AssertionError(x.strides)
    return img2col.max_forward(x, size, stride)
"""


def test_arrays_arrive_in_a_declared_layout_in_a_process_of_its_own(tmp_path):
    (tmp_path / "strict.py").write_text(STRICT)
    target = load(str(tmp_path / "strict.py"), Isolation())
    for name in ("max-value", "two-threads", "same-twice"):
        assert run(LAWS[name], target, TrialSettings(20)).verdict == "holds"


@pytest.mark.parametrize(
    "layout", ["spaced", "spaced channels", "cropped", "slice of channels last", "crop of channels last", "offset"]
)
def test_what_lies_between_the_elements_would_be_noticed(layout):
    laid = laid_out(np.zeros((1, 1, 2, 2)), layout)
    memory = laid.base
    assert memory is not None
    assert np.count_nonzero(memory == 77) == memory.size - laid.size
