"""Fresh cases for a hypothesis: the failing call with other numbers, and cases as a law draws them."""

from dataclasses import replace

import numpy as np
import pytest
from poolproof.properties.cases.plans import Plan
from poolproof.properties.contract import Declared, Fixed
from poolproof.properties.failures.fresh import (
    BEYOND,
    DRAWN,
    MOST_CELLS,
    FailingCall,
    drawn,
    lengthened,
    overlapped,
    repadded,
    repainted,
    resized,
)
from poolproof.properties.targets.call import Call


def failing(x, size=(2,), values="ties", function="max_forward", **more):
    """A failing call with this array."""
    return FailingCall(Call(function, {"x": np.asarray(x)}, size, (1,) * len(size), **more), values)


def test_a_call_is_asked_with_other_numbers_and_is_otherwise_the_same():
    given = failing(np.arange(8.0).reshape(1, 2, 4), settings={"padding": ((1, 0),)}, layouts={"x": "Fortran"})
    calls = list(repainted(given))
    assert len({call.arrays["x"].tobytes() for call in calls}) > 10
    assert {(call.arrays["x"].shape, call.size, *call.layouts.items()) for call in calls} == {
        ((1, 2, 4), (2,), ("x", "Fortran"))
    }
    assert all(call.settings == given.call.settings for call in calls)


def test_the_largest_cell_and_what_is_not_finite_stay_in_their_places():
    x = np.array([[[0.0, 7.0, np.nan, 1.0]]])
    kept = [call.arrays["x"] for call in repainted(failing(x)) if np.isnan(call.arrays["x"]).any()]
    assert kept
    assert all(np.isnan(each[0, 0, 2]) for each in kept)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32"])
def test_numbers_are_met_that_narrower_floats_and_tolerances_do_not_tell_apart(dtype):
    calls = list(repainted(failing(np.arange(4).reshape(1, 1, 4).astype(dtype))))
    assert BEYOND[np.dtype(dtype)]
    for offset in BEYOND[np.dtype(dtype)]:
        assert any(abs(int(call.arrays["x"].max()) - offset) < 100 for call in calls)


def test_an_empty_batch_is_asked_with_two_samples():
    assert {len(call.arrays["x"]) for call in repainted(failing(np.zeros((0, 1, 4))))} == {2}


def test_drawn_cases_are_small_and_often_of_the_failing_dtype():
    declared = Declared(dtypes=("float64", "int8"), ranks=(1, 2, 3))
    calls = list(drawn(Plan(("max_forward",)), declared, failing(np.zeros((1, 1, 4), "int8"))))
    assert DRAWN // 2 < len(calls) <= DRAWN
    assert all(0 < call.arrays["x"].size <= MOST_CELLS for call in calls)
    assert sum(call.arrays["x"].dtype == "int8" for call in calls) >= len(calls) // 2


@pytest.mark.parametrize("dtype", ["int8", "uint64"])
def test_both_ends_of_an_integer_type_and_what_lies_between_are_met(dtype):
    numbers = {n for call in repainted(failing(np.zeros((1, 2, 4), dtype))) for n in call.arrays["x"].ravel().tolist()}
    ends = np.iinfo(dtype)
    assert numbers >= {int(ends.min), 0, int(ends.max)}
    assert any(ends.max // 4 < n < 3 * (ends.max // 4) for n in numbers)


def test_windows_are_made_longer_and_shorter_along_each_axis():
    calls = list(resized(failing(np.zeros((1, 1, 3, 4)), (2, 1)), Declared(ranks=(2,))))
    assert {call.size for call in calls} == {(3, 1), (1, 1), (2, 2), (2, 1)}
    assert {call.arrays["x"].shape for call in calls} == {(1, 1, 4, 5)}


def test_windows_are_asked_that_overlap_along_all_axes():
    given = failing(np.zeros((1, 1, 2, 4)), (2, 1))
    calls = list(overlapped(replace(given, call=replace(given.call, stride=(2, 4))), Declared(ranks=(2,))))
    assert {(call.size, call.stride, call.arrays["x"].shape[2:]) for call in calls} == {((3, 2), (1, 1), (5, 4))}


def test_a_window_that_becomes_too_large_for_distinct_numbers_gets_ties():
    given = failing(np.zeros((1, 1, 22, 22), "float16"), (22, 22))
    calls = list(overlapped(given, Declared(ranks=(2,))))
    assert {call.size for call in calls} == {(23, 23)}
    assert all(np.isfinite(call.arrays["x"]).all() for call in calls)


def test_an_image_is_asked_that_has_one_window_more_along_each_axis():
    given = failing(np.zeros((1, 1, 2, 4)), (2, 1))
    calls = list(lengthened(replace(given, call=replace(given.call, stride=(2, 3))), Declared(ranks=(2,))))
    assert {(call.size, call.stride, call.arrays["x"].shape[2:]) for call in calls} == {((2, 1), (2, 3), (4, 7))}


def test_a_dilated_call_is_tried_on_an_image_with_room_for_one_more_cell_of_the_window_too():
    given = failing(np.zeros((1, 1, 6)), settings={"dilation": (5,)})
    lengths = {call.arrays["x"].shape[2] for call in lengthened(given, Declared(ranks=(1,)))}
    assert lengths == {7, 12}


def test_fixed_windows_are_not_made_to_overlap():
    declared = Declared(ranks=(1,), fixed=Fixed((2,), (1,), ()))
    assert not list(overlapped(failing(np.zeros((1, 1, 4))), declared))


def test_fixed_windows_stay_as_they_are_and_find_larger_images():
    fixed = Fixed((3,), (2,), (("padding", ((1, 1),)),))
    given = failing(np.zeros((1, 1, 1)), (3,), settings={"padding": ((1, 1),)})
    given = replace(given, call=replace(given.call, stride=(2,)))
    calls = list(resized(given, Declared(ranks=(1,), fixed=fixed)))
    assert {call.arrays["x"].shape[2] for call in calls} == {4, 6}
    assert {(call.size, call.stride, call.settings["padding"]) for call in calls} == {((3,), (2,), ((1, 1),))}


def test_gradients_of_resized_windows_have_the_shape_of_the_result():
    given = failing(np.zeros((1, 1, 4)), function="max_backward")
    call = replace(given.call, arrays={"dy": np.zeros((1, 1, 3)), **given.call.arrays})
    for other in resized(replace(given, call=call), Declared(ranks=(1,))):
        assert other.arrays["dy"].shape[2] == other.arrays["x"].shape[2] - other.size[0] + 1


def test_numbers_that_differ_within_a_window_are_met():
    images = [call.arrays["x"] for call in repainted(failing(np.zeros((1, 1, 4))))]
    assert any(np.unique(x).size == x.size and x.min() < 0 <= x.max() < 9 for x in images)


def test_padding_on_one_side_is_asked_on_the_other_and_on_both():
    given = failing(np.zeros((1, 1, 4)), settings={"padding": ((0, 1),)}, function="mean_forward")
    declared = Declared(dtypes=("float64",), ranks=(1,))
    assert {call.settings["padding"] for call in repadded(given, declared)} == {((1, 0),), ((1, 1),)}


@pytest.mark.parametrize("padding", [((1, 1),), ((0, 0),)])
def test_padding_alike_on_both_sides_stays(padding):
    declared = Declared(dtypes=("float64",), ranks=(1,))
    assert not list(repadded(failing(np.zeros((1, 1, 4)), settings={"padding": padding}), declared))
