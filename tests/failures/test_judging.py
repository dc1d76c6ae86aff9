"""An answer compared with the right one: what is wrong, what is a convention, and which mistakes explain it."""

import numpy as np
import pytest
from poolproof.properties.contract import Declared
from poolproof.properties.failures.judging import Agreement, Fault, fits, judged, meant
from poolproof.properties.failures.mistakes import MISTAKES
from poolproof.properties.targets.call import Call


def call(function="max_forward", x=(1, 2, 3), size=2, stride=1, dy=None, dtype="float64", **settings):
    """A call on one row."""
    row = np.array([[x]], dtype)
    arrays = {"x": row} if dy is None else {"dy": np.array([[dy]], dtype), "x": row}
    return Call(function, arrays, (size,), (stride,), settings)


def fault(asked, *answer, dtype=None):
    """What is wrong with an answer of one row."""
    return judged(asked, np.array([[answer]], dtype or asked.arrays["x"].dtype)).fault


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        (call(), (2, 3), Fault.NOTHING),
        (call(), (2, 2), Fault.VALUES),
        (call(), (2,), Fault.SHAPE),
        (call("mean_forward"), (1.5, 2.5), Fault.NOTHING),
        (call("mean_forward"), (1.5, 2.4), Fault.VALUES),
        (call("max_indices"), (1, 2), Fault.NOTHING),
        (call("max_indices", x=(1, 1, 1)), (1, 1), Fault.NOTHING),
        (call("max_indices"), (0, 2), Fault.VALUES),
        (call("max_backward", dy=(1, 1)), (0, 1, 1), Fault.NOTHING),
        (call("max_backward", x=(0, 2, 2), dy=(0, 1)), (0, 0, 1), Fault.NOTHING),
        (call("max_backward", x=(0, 2, 2), dy=(0, 1)), (0, 0.5, 0.5), Fault.NOTHING),
        (call("max_backward", x=(0, 2, 2), dy=(0, 1)), (0, 1, 1), Fault.VALUES),
        (call("mean_backward", dy=(1, 1)), (0.5, 1, 0.5), Fault.NOTHING),
    ],
)
def test_an_answer_is_judged(asked, answer, expected):
    assert fault(asked, *answer, dtype="int64" if asked.function == "max_indices" else None) is expected


def test_another_dtype_is_a_fault_of_its_own():
    assert fault(call(dtype="float32"), 2, 3, dtype="float64") is Fault.DTYPE
    assert fault(call("max_indices"), 1, 2, dtype="float64") is Fault.DTYPE


@pytest.mark.parametrize("kept", [np.nan, 1])
def test_whether_a_nan_is_kept_or_skipped_is_a_convention(kept):
    assert fault(call(x=(np.nan, 1, 2)), kept, 2) is Fault.NOTHING
    assert fault(call(x=(np.nan, 1, 2)), kept, 3) is Fault.VALUES


def test_a_maximum_beside_a_nan_is_no_other_number():
    assert fault(call(x=(np.nan, 1, 2)), 7, 2) is Fault.VALUES


def test_the_maximum_of_nan_and_minus_infinity_is_a_convention():
    assert fault(call(x=(np.nan, -np.inf, 2)), 7, 2) is Fault.NOTHING


def test_the_index_of_a_nan_must_lie_in_the_plane():
    assert fault(call("max_indices", x=(np.nan, 1, 2)), 1, 2, dtype="int64") is Fault.NOTHING
    assert fault(call("max_indices", x=(np.nan, 1, 2)), -1, 2, dtype="int64") is Fault.VALUES


@pytest.mark.parametrize("answer", [None, 3, [[1.0]], np.array(["a"])], ids=["none", "number", "list", "text"])
def test_nothing_is_said_of_what_is_no_array_of_numbers(answer):
    assert judged(call(), answer) is None


def test_sums_that_may_overflow_are_not_judged():
    assert judged(call("mean_forward", x=(3e38, 3e38), dtype="float32"), np.zeros((1, 1, 1), "float32")) is None


def test_the_mean_of_one_number_is_exact_however_large_the_window():
    x = [1.0, *[0.0] * 4095]
    assert fault(call("mean_forward", x=x, size=4096, dtype="float16"), 2**-12) is Fault.NOTHING
    assert fault(call("mean_forward", x=x, size=4096, dtype="float16"), 2**-11) is Fault.VALUES


EPS = np.finfo("float64").eps


@pytest.mark.parametrize(
    ("x", "answer", "expected"),
    [
        ((1, 1, -1, -4), -0.75, Fault.NOTHING),
        ((1, 1, -1, -4), -0.75 * (1 - EPS), Fault.VALUES),
        # A partial sum needs more bits than there are.
        ((1, 2**53, 2, 2), 2**51 + 1, Fault.NOTHING),
        ((1, 2**53, 2, 2), 2**51 + 2, Fault.NOTHING),
        ((0, 0, 0, 0), 0, Fault.NOTHING),
        ((0, 0, 0, 0), 5e-324, Fault.VALUES),
        ((np.inf, 1, 2, 3), 7, Fault.NOTHING),
    ],
)
def test_a_mean_is_exact_where_no_partial_sum_is_rounded(x, answer, expected):
    assert fault(call("mean_forward", x=x, size=4), answer) is expected


def test_a_divisor_that_is_no_power_of_two_rounds():
    assert fault(call("mean_forward", x=(1, 0, 0), size=3), 1 / 3 * (1 - EPS)) is Fault.NOTHING


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        (call("mean_forward", x=(1, 1, -1, -4), size=4), -0.75 * (1 - EPS), True),
        (call("mean_forward", x=(1, 1, -1, -4), size=4), -0.75 * (1 - 1e-9), False),
        (call("mean_forward", x=(1, 1, -1, -4), size=4), -0.75, False),
        (call(x=(1, 3)), 3 * (1 - EPS), False),
    ],
)
def test_an_error_in_the_last_bits_of_a_sum_is_one_of_rounding(asked, answer, expected):
    assert judged(asked, np.array([[[answer]]], "float64")).only_rounded is expected


def test_what_a_mean_counts_without_a_keyword_is_as_declared():
    asked = call("mean_forward", padding=((1, 0),))
    assert meant(asked, Declared(count_include_pad=False)).settings["count_include_pad"] is False
    assert meant(call(), Declared(count_include_pad=False)).settings == {}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [((1, 2), Agreement.WHOLLY), ((1, 3), Agreement.PARTLY), ((0, 2), Agreement.NOT), ((1,), Agreement.NOT)],
)
def test_a_mistake_fits_wholly_partly_or_not(answer, expected):
    found = judged(call(), np.array([[answer]], float))
    assert fits(found, MISTAKES["max-is-minimum"].answers[0]) is expected


def test_a_mistake_without_an_answer_does_not_fit():
    assert fits(judged(call(), np.zeros((1, 1, 2))), MISTAKES["truth-counted-in-a-byte"].answers[0]) is Agreement.NOT
