"""Images of one axis, and of three of which one has a single cell, are drawn in two dimensions."""

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.drawings.flat import flat
from poolproof.properties.targets.call import Call


def answer(call):
    """The reference kernel's answer."""
    return getattr(naive, call.function)(*call.arrays.values(), call.size, call.stride, **call.settings)


X = np.random.default_rng(0).integers(0, 9, (2, 1, 4, 5)).astype(float)
SETTINGS = {"padding": ((1, 0), (0, 1)), "dilation": (1, 2), "ceil_mode": True}


@pytest.mark.parametrize("function", ["max_forward", "mean_forward", "max_indices", "max_backward"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_of_one_cell_is_left_out(axis, function):
    def with_axis(values, entry):
        return (*values[:axis], entry, *values[axis:])

    settings = {
        "padding": with_axis(SETTINGS["padding"], (0, 0)),
        "dilation": with_axis(SETTINGS["dilation"], 3),
        "ceil_mode": True,
    }
    arrays = {"x": np.expand_dims(X, 2 + axis)}
    window = with_axis((2, 2), 1), with_axis((1, 2), 5)
    if function == "max_backward":
        arrays = {"dy": answer(Call("max_forward", arrays, *window, settings)), **arrays}
    call = Call(function, arrays, *window, settings)
    found = flat(call)
    assert found.call.settings == SETTINGS
    assert np.array_equal(found.array(answer(call)), answer(found.call))
    place = (1, 0, *with_axis((2, 1), 0))
    assert found.place(place) == (1, 0, 2, 1)


def test_an_image_of_one_axis_is_a_row():
    call = Call("max_forward", {"x": X[:, :, 0]}, (2,), (1,))
    found = flat(call)
    assert np.array_equal(found.array(answer(call)), answer(found.call))
    assert found.place((1, 0, 3)) == (1, 0, 0, 3)


@pytest.mark.parametrize(
    ("shape", "size", "settings"),
    [
        ((2, 2, 2), (1, 1, 1), {}),
        ((1, 2, 2), (2, 1, 1), {"padding": ((1, 0), (0, 0), (0, 0))}),
        ((1, 2, 2), (1, 1, 1), {"padding": ((0, 1), (0, 0), (0, 0))}),
    ],
)
def test_three_axes_that_all_matter_are_not_drawn(shape, size, settings):
    with pytest.raises(ValueError, match="three axes"):
        flat(Call("max_forward", {"x": np.zeros((1, 1, *shape))}, size, (1, 1, 1), settings))


def test_answers_of_other_axes_are_not_drawn():
    found = flat(Call("max_forward", {"x": X[:, :, np.newaxis]}, (1, 2, 2), (1, 1, 1)))
    assert found.array(np.zeros((2, 1, 3, 4))) is None
    assert found.array(np.zeros((2, 1, 2, 3, 4))) is None
    assert found.place((0, 0, 0, 0)) is None
    assert found.array(None) is None
