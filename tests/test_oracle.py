"""The oracle against brute force with fractions, and the bound against sound and unsound ways to compute a mean."""

from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poolproof.properties import oracle
from selection import slow

FLOATS = ("float16", "float32", "float64")
ROUNDOFF = {"float16": Fraction(1, 2**11), "float32": Fraction(1, 2**24), "float64": Fraction(1, 2**53)}
ETA = {"float16": Fraction(1, 2**24), "float32": Fraction(1, 2**149), "float64": Fraction(1, 2**1074)}
NORMAL = {"float16": Fraction(1, 2**14), "float32": Fraction(1, 2**126), "float64": Fraction(1, 2**1022)}
LARGEST = {name: float(np.finfo(name).max) for name in FLOATS}

deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=60)
floats = pytest.mark.parametrize("dtype", FLOATS)


@st.composite
def questions(draw, dtypes=FLOATS, most=None):
    """x, a dy of any values, size and stride; `most` limits the magnitudes."""
    dtype = draw(st.sampled_from(dtypes))
    n, c, height, width = (draw(st.integers(1, limit)) for limit in (2, 2, 4, 4))
    size = draw(st.integers(1, height)), draw(st.integers(1, width))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rows, columns = (height - size[0]) // stride[0] + 1, (width - size[1]) // stride[1] + 1
    most = LARGEST[dtype] if most is None else most
    numbers = st.floats(-most, most, width=int(dtype[5:])) | st.sampled_from((0.0, -0.0, 1.0, -1.0, 3.0))

    def array(*shape):
        return np.array(draw(st.lists(numbers, min_size=prod(shape), max_size=prod(shape))), dtype).reshape(shape)

    return array(n, c, height, width), array(n, c, rows, columns), size, stride


def cells(place, size, stride):
    """The pixels (n, c, h, w) of the window of output (n, c, row, column), in row-major order."""
    n, c, row, column = place
    return [(n, c, row * stride[0] + h, column * stride[1] + w) for h, w in product(range(size[0]), range(size[1]))]


def error_bound(terms, n, dtype):
    """The bound of DESIGN for a sum of these terms divided by n; zero where the arithmetic is exact."""
    u, eta, k = ROUNDOFF[dtype], ETA[dtype], len(terms)
    magnitude = sum(map(abs, terms)) / n
    if magnitude == 0 or (k == 1 and n in (1, 2, 4, 8, 16) and magnitude >= NORMAL[dtype]):
        return 0
    return ((1 + (k - 1) * u) * (1 + u) ** 3 - 1) * magnitude + (k + 1) * eta


def holds(exact, shares, shape, n, dtype):
    """Whether `exact` is, at each place of `shape`, the sum of `shares` there divided by n, with its bound."""
    for place in np.ndindex(shape):
        terms = shares.get(place, [])
        assert exact.value[place] == sum(terms, Fraction(0)) / n
        assert exact.bound[place] == error_bound(terms, n, dtype)
    return exact.value.shape == exact.bound.shape == shape


@deterministic
@given(questions())
def test_means_and_their_bounds_are_those_of_brute_force(question):
    x, dy, size, stride = question
    shares = {o: [Fraction(float(x[p])) for p in cells(o, size, stride)] for o in np.ndindex(dy.shape)}
    assert holds(oracle.mean_forward(x, size, stride), shares, dy.shape, prod(size), x.dtype.name)


@deterministic
@given(questions())
def test_mean_gradients_and_their_bounds_are_those_of_brute_force(question):
    x, dy, size, stride = question
    shares = {}
    for o in np.ndindex(dy.shape):
        for p in cells(o, size, stride):
            shares.setdefault(p, []).append(Fraction(float(dy[o])))
    assert holds(oracle.mean_backward(dy, x, size, stride), shares, x.shape, prod(size), x.dtype.name)


@deterministic
@given(questions())
def test_max_gradients_and_their_bounds_are_those_of_brute_force(question):
    x, dy, size, stride = question
    shares = {}
    for o in np.ndindex(dy.shape):
        if dy[o] != 0:
            first = max(cells(o, size, stride), key=lambda p: x[p])
            shares.setdefault(first, []).append(Fraction(float(dy[o])))
    assert holds(oracle.max_backward(dy, x, size, stride), shares, x.shape, 1, x.dtype.name)


@deterministic
@given(questions())
def test_maxima_and_their_indices_are_those_of_brute_force(question):
    x, dy, size, stride = question
    y, i = oracle.max_forward(x, size, stride), oracle.max_indices(x, size, stride)
    assert y.shape == i.shape == dy.shape
    assert y.dtype == x.dtype
    for o in np.ndindex(dy.shape):
        first = max(cells(o, size, stride), key=lambda p: x[p])
        assert y[o] == x[first]
        assert i[o] == first[2] * x.shape[3] + first[3]


@deterministic
@given(questions())
def test_coverage_counts_the_windows_of_each_pixel(question):
    x, dy, size, stride = question
    count = np.zeros(x.shape, int)
    for o in np.ndindex(dy.shape):
        for p in cells(o, size, stride):
            count[p] += 1
    assert np.array_equal(oracle.coverage(x.shape, size, stride), count)


@deterministic
@given(questions(most=8))
def test_maxima_are_told_for_each_window_with_all_places_that_tie(question):
    x, dy, size, stride = question
    places, tied = oracle.maxima(x, size, stride)
    plane = list(np.ndindex(x.shape[2:]))
    for n, c, row, column in np.ndindex(dy.shape):
        window = cells((n, c, row, column), size, stride)
        output = row * dy.shape[3] + column
        assert [(n, c, *plane[place]) for place in places[output]] == window
        values = [x[p] for p in window]
        assert tied[n, c, output].tolist() == [value == max(values) for value in values]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "int64"])
def test_maxima_exist_for_every_ordered_dtype(dtype):
    info = (False, True) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    x = np.array([[[[info[0], info[1], info[0]]]]], dtype)
    assert oracle.max_forward(x, (1, 2), 1).tolist() == [[[[info[1], info[1]]]]]
    assert oracle.max_forward(x, (1, 2), 1).dtype == dtype
    assert oracle.max_indices(x, (1, 2), 1).tolist() == [[[[1, 1]]]]


def test_any_nan_is_the_maximum_of_its_window_and_the_first_its_place():
    x = np.array([[[[np.inf, np.nan, 1.0, np.nan]]]])
    assert np.isnan(oracle.max_forward(x, (1, 4), 1)).all()
    assert oracle.max_indices(x, (1, 4), 1).item() == 1


@pytest.mark.parametrize("first", [0.0, -0.0], ids=["positive", "negative"])
def test_the_first_of_equal_zeros_is_the_maximum(first):
    x = np.array([[[[first, -first]]]])
    assert np.signbit(oracle.max_forward(x, (1, 2), 1)).item() == np.signbit(first)


def test_size_and_stride_may_be_one_int():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert oracle.mean_forward(x, 2, 2).value.tolist() == oracle.mean_forward(x, (2, 2), (2, 2)).value.tolist()
    assert oracle.mean_forward(x, 2, 2).value.tolist() == [
        [[[Fraction(5, 2), Fraction(9, 2)], [Fraction(21, 2), Fraction(25, 2)]]]
    ]


def test_an_empty_batch_has_no_means():
    exact = oracle.mean_forward(np.zeros((0, 2, 3, 3)), 2, 1)
    assert exact.value.shape == exact.bound.shape == exact.nearest().shape == (0, 2, 2, 2)


@floats
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (1, 8)], ids=str)
def test_one_gradient_over_a_power_of_two_has_no_room_for_error(dtype, size):
    x, dy = np.zeros((1, 1, *size), dtype), np.full((1, 1, 1, 1), 3, dtype)
    assert set(oracle.mean_backward(dy, x, size, 1).bound.flat) == {0}


@floats
def test_one_gradient_over_three_may_be_rounded(dtype):
    x, dy = np.zeros((1, 1, 1, 3), dtype), np.full((1, 1, 1, 1), 5, dtype)
    assert min(oracle.mean_backward(dy, x, (1, 3), 1).bound.flat) > 0


def test_a_gradient_of_zero_is_no_term_and_leaves_no_room_for_error():
    x, dy = np.array([[[0.0, 9, 0]]]), np.array([[[0.1, 0.0]]])
    exact = oracle.max_backward(dy, x, (2,), (1,))
    assert exact.value.tolist() == [[[0, Fraction(0.1), 0]]]
    assert exact.bound.tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize("function", ["max_backward", "mean_backward"])
def test_the_gradient_of_a_window_wholly_in_padding_goes_nowhere(function):
    x, dy = np.array([[[1.0, 2]]]), np.array([[[4.0, 8]]])
    exact = getattr(oracle, function)(dy, x, (2,), (2,), padding=((0, 2),))
    assert exact.value.tolist() == {"max_backward": [[[0, 4]]], "mean_backward": [[[2, 2]]]}[function]
    assert oracle.max_indices(x, (2,), (2,), padding=((0, 2),)).tolist() == [[[1, -1]]]
    assert oracle.max_forward(x, (2,), (2,), padding=((0, 2),)).tolist() == [[[2, -np.inf]]]


@pytest.mark.parametrize("counted", [True, False])
def test_the_mean_of_a_window_wholly_in_padding_is_zero(counted):
    exact = oracle.mean_forward(np.array([[[1.0, 2]]]), (2,), (2,), padding=((0, 2),), count_include_pad=counted)
    assert exact.value.tolist() == [[[Fraction(3, 2), 0]]]
    assert exact.allows(np.array([[[1.5, 0]]])).all()


def test_the_cells_of_windows_which_are_remembered_cannot_be_written_to():
    cells = oracle.cells_of(oracle.Geometry.of(2, 1), (3, 3))
    with pytest.raises(ValueError, match="read-only"):
        cells[0, 0] = 1


def test_where_no_gradient_was_sent_only_zero_is_allowed():
    exact = oracle.max_backward(np.zeros((1, 1, 1)), np.zeros((1, 1, 5)), (5,), (1,))
    given = np.array([[[0.0, -0.0, 1.0, 5e-324, np.nan]]])
    assert exact.allows(given).tolist() == [[[True, True, False, False, False]]]


@floats
def test_the_smallest_normal_number_over_one_has_no_room_for_error(dtype):
    x = np.full((1, 1, 1, 1), np.finfo(dtype).tiny, dtype)
    assert oracle.mean_forward(x, 1, 1).bound.item() == 0


@floats
def test_the_mean_of_one_cell_has_no_room_for_error(dtype):
    assert oracle.mean_forward(np.full((1, 1, 1, 1), 5, dtype), 1, 1).bound.item() == 0


@floats
def test_a_result_that_must_become_subnormal_may_be_rounded(dtype):
    x, dy = np.zeros((1, 1, 1, 2), dtype), np.full((1, 1, 1, 1), np.finfo(dtype).tiny, dtype)
    assert min(oracle.mean_backward(dy, x, (1, 2), 1).bound.flat) > 0


# Correct rounding, checked with the neighbours of the result.


@slow
@floats
@settings(deterministic, max_examples=150)
@given(data=st.data())
def test_nearest_is_closer_than_its_neighbours_and_even_on_ties(dtype, data):
    below_the_largest = st.floats(-LARGEST[dtype], LARGEST[dtype], width=int(dtype[5:]), exclude_max=True)
    number = np.dtype(dtype).type(data.draw(below_the_largest))
    above = np.nextafter(number, np.dtype(dtype).type(np.inf))
    share = data.draw(st.fractions(0, 1) | st.just(Fraction(1, 2)))
    value = Fraction(float(number)) * (1 - share) + Fraction(float(above)) * share
    rounded = oracle.nearest(value, np.dtype(dtype))
    even = number if int(number.view(f"u{number.itemsize}")) % 2 == 0 else above
    assert rounded == (even if 2 * share == 1 else number if 2 * share < 1 else above)
    assert rounded.dtype == dtype


@settings(deterministic, max_examples=150)
@given(st.fractions())
def test_nearest_float64_is_what_python_rounds_a_fraction_to(value):
    assert oracle.nearest(value, np.dtype("float64")) == float(value)


@floats
def test_half_of_the_smallest_subnormal_is_rounded_to_zero_and_more_up(dtype):
    half, dtype = ETA[dtype] / 2, np.dtype(dtype)
    assert oracle.nearest(half, dtype) == 0
    assert oracle.nearest(half * Fraction(101, 100), dtype) == float(2 * half)
    assert oracle.nearest(3 * half, dtype) == float(4 * half)


@floats
@pytest.mark.parametrize("sign", [1, -1], ids=["up", "down"])
def test_what_is_half_a_unit_beyond_the_largest_is_infinite(dtype, sign):
    info = np.finfo(dtype)
    limit = Fraction(float(info.max)) + Fraction(2) ** (info.maxexp - 1) * ROUNDOFF[dtype]
    assert oracle.nearest(sign * limit, np.dtype(dtype)) == sign * np.inf
    assert oracle.nearest(sign * (limit - ETA[dtype]), np.dtype(dtype)) == sign * info.max


@floats
def test_all_exact_values_are_rounded_to_the_dtype_of_the_input(dtype):
    x = np.array([[[[1, 1, 0, 0, 5]]]], dtype)
    rounded = oracle.mean_forward(x, (1, 3), (1, 1)).nearest()
    assert rounded.dtype == dtype
    assert rounded.tolist() == [[[[np.dtype(dtype).type(v).item() for v in (2 / 3, 1 / 3, 5 / 3)]]]]


# What a result may be.


def exactly(value, bound, dtype="float64"):
    """One exact value with its bound, in eighths."""
    value, bound = (np.array([int(8 * number)], object) for number in (value, bound))
    return oracle.Exact(np.ones(1, bool), value, bound, Fraction(1, 8), np.dtype(dtype))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("value", [0, 1], ids=["zero", "one"])
def test_what_is_not_finite_is_never_allowed(value, wrong):
    assert not exactly(value, 10**400).allows(np.array([wrong])).any()


@pytest.mark.parametrize("sign", [1, -1], ids=["above", "below"])
def test_a_result_at_the_bound_is_allowed_and_the_next_number_not(sign):
    edge = 1 + sign / 8
    exact = exactly(1, Fraction(1, 8))
    assert exact.allows(np.array([edge])).all()
    assert not exact.allows(np.array([np.nextafter(edge, sign * np.inf)])).any()


def test_without_a_bound_only_the_value_itself_is_allowed():
    assert exactly(Fraction(1, 2), 0).allows(np.array([0.5])).all()
    assert not exactly(Fraction(1, 2), 0).allows(np.array([np.nextafter(0.5, 1)])).any()


def test_zero_may_have_either_sign_and_nothing_may_stand_for_it():
    assert exactly(0, 0).allows(np.array([-0.0])).all()
    assert not exactly(0, 0).allows(np.array([ETA["float64"]], float)).any()


@pytest.mark.parametrize("value", [1, 300, -2])
def test_a_result_in_integers_is_held_against_the_value_as_well(value):
    assert exactly(value, 0).allows(np.array([value])).all()
    assert not exactly(value, 0).allows(np.array([value + 1])).any()
    assert exactly(1, 0).allows(np.array([True])).all()
    assert not exactly(2, 0).allows(np.array([True])).any()


def test_a_result_with_more_digits_than_a_float64_is_held_against_the_value_as_well():
    one = np.ones(1, np.longdouble)
    assert exactly(1, 0).allows(one).all()
    assert not exactly(1, 0).allows(np.nextafter(one, 2)).any()


def test_each_element_is_judged_alone():
    x = np.array([[[[1.0, 2.0, 4.0]]]])
    assert oracle.mean_forward(x, (1, 1), 1).allows(x * [1, 2, 1]).tolist() == [[[[True, False, True]]]]


# Sound ways to compute a mean, using only the dtype of the numbers.


def in_order(cells):
    return reduce(lambda a, b: a + b, cells) / cells.dtype.type(cells.size)


def backwards(cells):
    return in_order(cells[::-1])


def pairwise(cells):
    def total(part):
        return part[0] if part.size == 1 else total(part[: part.size // 2]) + total(part[part.size // 2 :])

    return total(cells) / cells.dtype.type(cells.size)


def by_reciprocal(cells):
    return reduce(lambda a, b: a + b, cells) * (cells.dtype.type(1) / cells.dtype.type(cells.size))


def divided_first(cells):
    return reduce(lambda a, b: a + b, cells / cells.dtype.type(cells.size))


def wider(cells):
    return cells.astype(np.longdouble).mean().astype(cells.dtype)


SOUND = [in_order, backwards, pairwise, by_reciprocal, divided_first, wider]


@slow
@pytest.mark.parametrize("mean", SOUND, ids=lambda mean: mean.__name__)
@deterministic
@given(question=questions(most=1024))
def test_a_sound_mean_is_allowed(mean, question):
    x, dy, size, stride = question
    y = np.empty(dy.shape, x.dtype)
    for o in np.ndindex(dy.shape):
        y[o] = mean(np.array([x[p] for p in cells(o, size, stride)]))
    assert oracle.mean_forward(x, size, stride).allows(y).all()


@pytest.mark.parametrize("mean", SOUND, ids=lambda mean: mean.__name__)
@floats
def test_a_sound_mean_of_many_is_allowed(mean, dtype):
    x = (np.arange(300.0) * 37 % 101 / 64).astype(dtype).reshape(1, 1, 1, 300)
    assert oracle.mean_forward(x, (1, 300), 1).allows(mean(x.reshape(-1)).reshape(1, 1, 1, 1)).all()


# Unsound ones.


def test_a_float32_mean_of_float64_numbers_is_not_allowed():
    x = np.array([[[[1 + 2.0**-30, 1.0, 1.0, 2.0]]]])
    assert not oracle.mean_forward(x, (1, 4), 1).allows(x.astype(np.float32).mean(axis=-1, keepdims=True)).any()


def test_a_mean_in_float16_of_float32_numbers_is_not_allowed():
    x = np.array([[[[1.0009, 1.0, 1.0, 2.0]]]], np.float32)
    assert not oracle.mean_forward(x, (1, 4), 1).allows(x.astype(np.float16).mean(axis=-1, keepdims=True)).any()


BESIDE = np.array([2.0**80, 1.0, 1.0, 1.0])
"""A huge number among small ones."""


def test_a_running_sum_is_not_allowed_after_a_huge_number():
    total, y = BESIDE[0] + BESIDE[1], []
    for k in range(3):
        y.append(total / 2)
        total = total - BESIDE[k] + BESIDE[k + 2] if k < 2 else total
    allowed = oracle.mean_forward(BESIDE.reshape(1, 1, 1, 4), (1, 2), 1).allows(np.reshape(y, (1, 1, 1, 3)))
    assert allowed.tolist() == [[[[True, False, False]]]]


def test_a_summed_area_table_is_not_allowed_after_a_huge_number():
    table = np.concatenate(([0.0], np.cumsum(BESIDE)))
    y = ((table[2:] - table[:-2]) / 2).reshape(1, 1, 1, 3)
    allowed = oracle.mean_forward(BESIDE.reshape(1, 1, 1, 4), (1, 2), 1).allows(y)
    assert allowed.tolist() == [[[[True, False, False]]]]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf], ids=str)
def test_sums_of_what_is_not_finite_are_refused(wrong):
    x, dy = np.zeros((1, 1, 2, 2)), np.full((1, 1, 1, 1), wrong)
    with pytest.raises(ValueError, match="finite numbers only"):
        oracle.mean_forward(np.full_like(x, wrong), 2, 2)
    with pytest.raises(ValueError, match="finite numbers only"):
        oracle.mean_backward(dy, x, 2, 2)
    with pytest.raises(ValueError, match="finite numbers only"):
        oracle.max_backward(dy, x, 2, 2)


@pytest.mark.parametrize("number", [np.int64(-3), np.uint64(2**64 - 1), np.float16(1.5), np.float64(0.1), 7, 0.1])
def test_a_number_of_any_type_is_a_fraction(number):
    assert oracle.fraction(number) == Fraction(number.item() if isinstance(number, np.generic) else number)


def test_no_digit_of_a_long_number_is_lost_in_a_fraction():
    step = np.finfo(np.longdouble).eps
    assert oracle.fraction(1 + step) == 1 + Fraction(*step.as_integer_ratio())


def test_a_bfloat16_is_a_fraction():
    types = pytest.importorskip("ml_dtypes")
    assert oracle.fraction(types.bfloat16(-2.5)) == Fraction(-5, 2)
