"""The oracle's entry for all functions: its decisions in float64 equal those of exact integers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poolproof.kernels import naive
from poolproof.properties import oracle
from poolproof.properties.strategies import cases
from selection import once, slow

pytestmark = once

SUMMED = ("max_backward", "mean_forward", "mean_backward")
deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def of(case):
    """The expected answer to a case."""
    arrays = (case.dy, case.x) if case.function.endswith("backward") else (case.x,)
    return oracle.expected(case.function, *arrays, **case.window), arrays


def near(exact, dtype, draw):
    """Results at, inside and outside the bounds, where float64 can hardly decide."""
    found = exact.nearest()
    with np.errstate(over="ignore", invalid="ignore"):
        ends = exact.value + exact.bound * draw(st.sampled_from((-1, 1)))
        edge = np.array([oracle.nearest(each, dtype) for each in ends.flat], dtype).reshape(found.shape)
        steps = draw(st.sampled_from((-np.inf, np.inf)))
        return (
            found,
            edge,
            np.nextafter(edge, dtype.type(steps)),
            np.full_like(found, draw(st.sampled_from((0, np.nan)))),
        )


@slow
@deterministic
@given(st.sampled_from(SUMMED).flatmap(cases), st.data())
def test_float64_decides_as_integers_do(case, data):
    if not all(np.isfinite(array).all() for array in (case.x, case.dy)):
        return
    fast, arrays = of(case)
    exact = getattr(oracle, case.function)(*arrays, **case.window)
    assert fast.nearest().tobytes() == exact.nearest().tobytes()
    assert fast.nearest().dtype == exact.nearest().dtype
    for result in near(exact, case.x.dtype, data.draw):
        assert np.array_equal(fast.allows(result), exact.allows(result))
    assert (fast.value == exact.value).all()
    assert (fast.bound == exact.bound).all()


NUMBERS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    3.0,
    2.0**-149,
    -(2.0**-149),
    2.0**-126,
    2.0**127,
    -(2.0**127),
    1 + 2.0**-23,
    0.1,
    1e-30,
)


@slow
@deterministic
@given(st.data(), st.sampled_from(SUMMED), st.sampled_from(("float16", "float32")))
def test_nor_do_numbers_of_all_sizes_make_a_difference(data, function, dtype):
    numbers = (
        st.sampled_from(NUMBERS)
        | st.floats(-4, 4, width=32)
        | st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
    with np.errstate(over="ignore"):
        x, dy = (
            np.clip(np.array(data.draw(st.lists(numbers, min_size=n, max_size=n))), -6e4, 6e4)
            if dtype == "float16" else np.array(data.draw(st.lists(numbers, min_size=n, max_size=n)))
            for n in (14, 12)
        )  # fmt: skip
    x, dy = x.astype(dtype).reshape(2, 1, 7), dy.astype(dtype).reshape(2, 1, 6)
    size = data.draw(st.sampled_from((2, 3)))
    dy = dy[..., : 8 - size]
    arrays = (dy, x) if function.endswith("backward") else (x,)
    fast = oracle.expected(function, *arrays, size=size, stride=1)
    exact = getattr(oracle, function)(*arrays, size, 1)
    assert fast.nearest().tobytes() == exact.nearest().tobytes()
    for result in near(exact, x.dtype, data.draw):
        assert np.array_equal(fast.allows(result), exact.allows(result))


def test_float64_decides_usual_images_alone(monkeypatch):
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 3, 20, 20)).astype("f"), rng.standard_normal((2, 3, 9, 9)).astype("f")
    for function, arrays in {"mean_forward": (x,), "mean_backward": (dy, x), "max_backward": (dy, x)}.items():
        right = getattr(oracle, function)(*arrays, 3, 2).nearest()
        with monkeypatch.context() as patch:
            patch.setattr(oracle, "FUNCTIONS", {function: None})  # calling it would raise
            found = oracle.expected(function, *arrays, size=3, stride=2)
            assert found.nearest().tobytes() == right.tobytes()
            assert found.allows(right).all()
            assert not found.allows(right + np.float32(1)).any()


def test_the_plane_that_float64_cannot_decide_is_worked_out_exactly():
    x = np.ones((1, 2, 3), np.float32)
    x[0, 1] = 2.0**60, 2.0**-60, -(2.0**60)
    found = oracle.expected("mean_forward", x, size=3, stride=1)
    assert found.sums.sure.ravel().tolist() == [True, False]
    assert found.nearest().ravel().tolist() == [1.0, np.float32(2.0**-60 / 3)]


@pytest.mark.parametrize("halfway", [2**24 + 1, 2**25 - 1, 1 + 2.0**-24, 2.0**-150, 3 * 2.0**-150, 2.0**128 - 2.0**103])
@pytest.mark.parametrize("divisor", [1, 2, 3, 5, 7, 9, 25, 63, 65, 2**28 - 1])
def test_quotients_next_to_the_middle_between_two_numbers_are_rounded_right(halfway, divisor):
    middle = np.float64(halfway) * divisor
    total = np.array([np.nextafter(middle, 0), middle, np.nextafter(middle, np.inf)])
    each = np.full(3, divisor)
    rounded = oracle.Sums(total, total, each, each, each).nearest(np.dtype("float32"))
    assert rounded.tolist() == [oracle.nearest(Fraction(float(t)) / divisor, np.dtype("float32")) for t in total]


def sums(total, size=None, grid=0, terms=1, divisor=1):
    """One sum."""
    return oracle.Sums(*(np.array([each]) for each in (total, total if size is None else size, grid, terms, divisor)))


@pytest.mark.parametrize(
    ("size", "grid", "divisor", "sure"),
    [
        (2.0**52, 0, 1, True),
        (2.0**53, 0, 1, False),
        (1.5 * 2.0**53, 0, 1, False),
        (2.0**54, 0, 1, False),
        (1.0, -54, 1, False),
        (1.0, 0, 2**28 - 1, True),
        (1.0, 0, 2**28, False),
    ],
)
def test_float64_is_sure_of_sums_that_have_not_been_rounded(size, grid, divisor, sure):
    assert sums(size, grid=grid, divisor=divisor).sure.item() is sure


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_all_numbers_are_multiples_of_their_grid(dtype):
    eps = float(np.finfo(dtype).eps)
    x = np.array([1 + eps, 2 - eps, 3, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal], dtype)
    units = np.ldexp(x.astype(np.float64), -oracle.grid_of(x))
    assert (units == np.rint(units)).all()
    assert (units < 2 / eps * 2).all()
    assert oracle.grid_of(np.zeros(1, dtype)).item() > 1000
    with pytest.raises(ValueError, match="finite numbers only"):
        oracle.grid_of(np.array([1, np.inf], dtype))


def test_half_of_a_single_number_is_exact_down_to_the_smallest_normal_one():
    tiny = np.finfo("float32").tiny
    result = np.array([tiny, np.nextafter(tiny, np.float32(1))])
    found = oracle.Sums(*(np.array([each] * 2) for each in (2.0 * tiny, 2.0 * tiny, -160, 1, 2))).allows(result)
    assert [each.tolist() for each in found] == [[True, False], [True, True]]


@pytest.mark.parametrize("off", [-(2.0**-45), 0.0, 2.0**-45])
def test_float64_does_not_decide_at_the_bound(off):
    result, terms = np.array([1.0], np.float32), 9
    relative = float(oracle.relative_bound(terms, result.dtype))
    total = 9.0 - relative * 9 * (1 + off)
    assert not sums(total, 9.0, -40, terms, 9).allows(result)[1].any()
    clear = sums(9.0 - relative * 9 * 1.01, 9.0, -40, terms, 9).allows(result)
    assert (clear[0].item(), clear[1].item()) == (False, True)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("function", oracle.FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_right_kernel_is_allowed_and_a_wrong_one_is_not(function, rank, dtype):
    rng = np.random.default_rng(rank)
    shape = (2, 2) + (5,) * rank
    x = rng.permutation(np.arange(np.prod(shape))).astype(dtype).reshape(shape)
    y = naive.max_forward(x, (2,) * rank, (1,) * rank, padding=1)
    arrays = (y, x) if function.endswith("backward") else (x,)
    found = oracle.expected(function, *arrays, size=2, stride=1, padding=1)
    result = getattr(naive, function)(*arrays, (2,) * rank, (1,) * rank, padding=1)
    assert found.allows(result).all()
    assert found.value.shape == found.bound.shape == result.shape
    wrong = result.copy()
    wrong[0, 0] += 77
    assert found.allows(wrong)[1].all()
    assert not found.allows(wrong)[0, 0].any()


def test_any_of_equal_maxima_may_be_named():
    found = oracle.expected("max_indices", np.array([[[1.0, 1.0, 0.0]]]), size=3, stride=1)
    assert [bool(found.allows(np.array([[[k]]]))) for k in (-1, 0, 1, 2, 3)] == [False, True, True, False, False]
    assert found.value.item() == 0


def test_nan_is_its_window_s_maximum_and_any_may_be_named():
    x = np.array([[[1.0, np.nan, np.nan]]])
    assert oracle.expected("max_forward", x, size=3, stride=1).allows(np.array([[[np.nan]]])).all()
    found = oracle.expected("max_indices", x, size=3, stride=1)
    assert [bool(found.allows(np.array([[[k]]]))) for k in range(3)] == [False, True, True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("max_froward", np.ones((1, 1, 2))), "function 'max_froward' should be one of max_forward, max_backward, "),
        (("max_backward", np.ones((1, 1, 2))), "max_backward takes dy and x, but there are 1 arrays"),
    ],
)
def test_wrong_arguments_are_refused(words, said):
    with pytest.raises(ValueError, match=said):
        oracle.expected(*words, size=1, stride=1)


def test_a_result_of_another_shape_is_refused():
    found = oracle.expected("mean_forward", np.ones((1, 1, 3), np.float32), size=2, stride=1)
    with pytest.raises(ValueError, match=r"the result has shape \(1, 1, 3\); it should have \(1, 1, 2\)"):
        found.allows(np.ones((1, 1, 3)))


def test_a_maximum_has_no_room_for_error_and_a_nan_is_right_where_it_is_expected_alone():
    found = oracle.expected("max_forward", np.array([[[[1.0, np.nan]]]]), size=1, stride=1)
    assert found.bound.tolist() == [[[[0, 0]]]]
    assert found.allows(np.array([[[[1.0, np.nan]]]])).tolist() == [[[[True, True]]]]
    assert found.allows(np.array([[[[np.nan, 1.0]]]])).tolist() == [[[[False, False]]]]


def test_no_index_is_right_for_windows_without_a_cell_alone():
    x = np.array([[[[1.0, 2.0]]]])
    found = oracle.expected("max_indices", x, size=(1, 2), stride=1, padding=((0, 0), (2, 0)))
    assert found.allows(np.array([[[[-1, 0, 1]]]])).tolist() == [[[[True, True, True]]]]
    assert found.allows(np.array([[[[0, -1, -1]]]])).tolist() == [[[[False, False, False]]]]
