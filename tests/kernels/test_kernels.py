"""The three kernels: equal bit for bit, within the oracle's bounds, and with the arithmetic that defines them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import poolproof.kernels
import pytest
from bits import bits
from drawing import cases_of
from hypothesis import example, given
from hypothesis import strategies as st
from poolproof.kernels import compiled, img2col, naive
from poolproof.kernels.dtypes import FLOATS, ORDERED, finfo, is_float, rounded
from poolproof.properties import oracle
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.plans import EDGE_VALUES, MAX_VALUES, MEAN_VALUES, Plan
from poolproof.properties.contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.data.layouts import LAYOUTS, laid_out
from selection import examples, once_but, slow

KERNELS = (naive, compiled, img2col)
FUNCTIONS = ("max_forward", "max_indices", "mean_forward", "max_backward", "mean_backward")
BACKWARD = ("max_backward", "mean_backward")
EDGES = tuple(dict.fromkeys((*EDGE_VALUES, *MAX_VALUES, "huge", "lattice")))

each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
each_function = pytest.mark.parametrize("function", FUNCTIONS)
each_float = pytest.mark.parametrize("dtype", once_but(FLOATS, "float64"))
each_dtype = pytest.mark.parametrize("dtype", once_but(ORDERED, "float32"))


def image(plane, dtype=np.float64):
    return np.array([[plane]], dtype)


def answer(kernel, function, dy, *question):
    """A kernel's answer to (dy, x, size, stride), without dy for functions that take none."""
    return getattr(kernel, function)(*([dy] if function in BACKWARD else []), *question)


def functions_for(dtype):
    return FUNCTIONS if dtype in FLOATS else FUNCTIONS[:2]


def drawn(dtype, functions=None, **plan):
    """Cases of one dtype, with a gradient if the dtype can have one."""
    functions = functions or (BACKWARD if dtype in FLOATS else ("max_forward",))
    taken = {function: MEAN_SETTINGS if function in MEAN else SETTINGS for function in CALLABLES}
    declared = replace(Declared(), dtypes=(dtype,), ranks=(1, 2, 3), settings=taken)
    wanted = Plan(functions, **plan)
    return cases_of(Builder(wanted, declared, wanted.asked(declared, CALLABLES)))


def asked(kernel, function, case, **arrays):
    """A kernel's answer to a case, under its settings."""
    call = replace(case, **arrays).call(function)
    return getattr(kernel, function)(*call.arrays.values(), call.size, call.stride, **call.settings)


@each_dtype
@given(st.data())
@examples(60)
def test_three_kernels_are_equal_bit_for_bit(dtype, data):
    gradients = ("lattice", "wide", "not_a_number", "subnormal", "highest", "infinite")
    plan = {"values": EDGES, "gradients": gradients, "layouts": tuple(LAYOUTS), "edges": True}
    case = data.draw(drawn(dtype, **plan))
    dy, x = (laid_out(array, case.layouts.get(name, "C")) for name, array in (("dy", case.dy), ("x", case.x)))
    for function in functions_for(dtype):
        expected, *others = (bits(asked(kernel, function, case, dy=dy, x=x)) for kernel in KERNELS)
        assert others == [expected, expected], function


@each_dtype
@given(st.data())
@examples(30)
def test_maxima_and_their_indices_are_the_oracles(dtype, data):
    case = data.draw(drawn(dtype, values=EDGES))
    for kernel in KERNELS:
        y = asked(kernel, "max_forward", case)
        assert np.array_equal(y, asked(oracle, "max_forward", case), equal_nan=is_float(y.dtype))
        indices = asked(kernel, "max_indices", case)
        assert indices.dtype == np.int64
        assert np.array_equal(indices, asked(oracle, "max_indices", case))


@each_float
@given(st.data())
@examples(30)
def test_sums_are_within_the_oracles_bound(dtype, data):
    case = data.draw(drawn(dtype, ("mean_backward",), values=MEAN_VALUES, gradients=("lattice", "wide")))
    for function in ("mean_forward", "mean_backward", "max_backward"):
        exact = asked(oracle, function, case)
        for kernel in KERNELS:
            assert exact.allows(asked(kernel, function, case)).all(), function


@each_float
@given(st.data())
@examples(30)
def test_sums_are_exact_on_lattices(dtype, data):
    case = data.draw(drawn(dtype, values=("lattice",), gradients=("lattice",), windows="powers of two"))
    for function in ("mean_forward", "mean_backward", "max_backward"):
        exact = asked(oracle, function, case).nearest()
        for kernel in KERNELS:
            assert np.array_equal(asked(kernel, function, case), exact), function


@pytest.mark.parametrize(
    ("shape", "size", "stride"),
    [((1, 1, 300, 230), (3, 2), (7, 5)), ((1, 1, 20, 20), (17, 18), (1, 2)), ((2, 3, 1, 257), (1, 3), (1, 2))],
    ids=["a plane of more than 65536 cells", "a window of more than 256 cells", "257 columns"],
)
@each_function
def test_large_windows_and_planes_are_equal_bit_for_bit(function, shape, size, stride):
    normal = np.random.default_rng(0).standard_normal
    x = normal(shape)
    dy = normal(naive.max_forward(x, size, stride).shape)
    expected, *others = (bits(answer(kernel, function, dy, x, size, stride)) for kernel in KERNELS)
    assert others == [expected, expected]


NAN = np.nan
FIRST = {
    "unique": ([[1, 2, 0], [4, 5, 3]], 4),
    "all equal": ([[2, 2, 2], [2, 2, 2]], 0),
    "tied in a row": ([[1, 5, 5], [0, 0, 0]], 1),
    "tied in a column": ([[0, 1, 5], [0, 0, 5]], 2),
    "later row, earlier column": ([[0, 0, 5], [5, 0, 0]], 2),
    "all negative": ([[-3, -2, -9], [-2, -4, -5]], 1),
    "all minus infinity": ([[-np.inf] * 3] * 2, 0),
    "infinity": ([[1, 2, 3], [np.inf, 4, np.inf]], 3),
    "zeros of both signs": ([[-1, -0.0, 0.0], [0.0, -0.0, -1]], 1),
    **{f"NaN at {k}": (np.where(np.arange(6) == k, NAN, [9, 1, 2, 8, 0, 9]).reshape(2, 3), k) for k in range(6)},
    "two NaN": ([[7, NAN, 2], [3, NAN, 9]], 1),
    "NaN, then infinity": ([[0, 0, NAN], [np.inf, 0, 0]], 2),
    "infinity, then NaN": ([[0, np.inf, 0], [0, 0, NAN]], 5),
    "minus infinity and NaN": ([[-np.inf, -np.inf, -np.inf], [NAN, -np.inf, NAN]], 3),
    "all NaN": ([[NAN] * 3] * 2, 0),
}


@each_kernel
@each_float
@pytest.mark.parametrize(("window", "place"), FIRST.values(), ids=FIRST)
def test_first_nan_or_first_maximum_wins_and_takes_the_gradient(kernel, dtype, window, place):
    x, h, w = image(window, dtype), *divmod(place, 3)
    assert kernel.max_indices(x, (2, 3), 1).item() == place
    assert bits(kernel.max_forward(x, (2, 3), 1)) == bits(x[:, :, h : h + 1, w : w + 1])
    dx = kernel.max_backward(image([[7]], dtype), x, (2, 3), 1)
    assert dx.ravel().tolist() == [7.0 * (k == place) for k in range(6)]


@each_kernel
@pytest.mark.parametrize("dtype", once_but(sorted(set(ORDERED) - set(FLOATS) - {"bool"}), "int64"))
def test_integer_maxima_keep_their_last_digit(kernel, dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    x = np.array([[[[high - 1, high, low, low + 1, low]]]], dtype)
    y = kernel.max_forward(x, (1, 2), 1)
    assert (y.dtype, y.tolist()) == (np.dtype(dtype), [[[[high, high, low + 1, low + 1]]]])
    assert kernel.max_indices(x, (1, 2), 1).tolist() == [[[[1, 1, 3, 3]]]]


@each_kernel
def test_maximum_of_truth_values_is_whether_any_is_true(kernel):
    x = np.array([[[[False, True, True, False, False]]]])
    assert kernel.max_forward(x, (1, 2), 1).tolist() == [[[[True, True, True, False]]]]
    assert kernel.max_indices(x, (1, 2), 1).tolist() == [[[[1, 1, 2, 3]]]]


def signs(array):
    assert not array.any()
    return np.signbit(array).ravel().tolist()


@each_kernel
@each_float
def test_the_mean_of_negative_zeros_is_positive_zero(kernel, dtype):
    assert signs(kernel.mean_forward(image([[-0.0, -0.0]], dtype), (1, 2), 1)) == [False]


@each_kernel
@each_float
@pytest.mark.parametrize("function", BACKWARD)
def test_a_gradient_of_negative_zero_becomes_positive_zero(kernel, dtype, function):
    dx = answer(kernel, function, image([[-0.0, -0.0]], dtype), image([[1, 2, 3, 4]], dtype), (1, 2), 2)
    assert signs(dx) == [False] * 4


@each_kernel
@each_float
def test_a_mean_that_rounds_to_zero_keeps_its_sign(kernel, dtype):
    eta = finfo(np.dtype(dtype)).smallest_subnormal
    means = kernel.mean_forward(image([[-eta, 0, 0, eta, 0, 0]], dtype), (1, 3), 3)
    assert signs(means) == [True, False]


LAST = (1e30, 1, -1e30, 2)
"""In row-major order their sum is 2; by columns 3, backwards 0, in pairs 0, in float32 2 or 1 or 0."""


def test_the_sums_tell_orders_apart():
    a, b, c, d = LAST
    assert ((a + b) + c) + d == 2
    assert {((a + c) + b) + d, ((d + c) + b) + a, (a + b) + (c + d), (d + b) + (c + a)} & {2.0} == set()


@each_kernel
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("plane", "size"),
    [([LAST[:2], LAST[2:]], (2, 2)), ([LAST], (1, 4)), ([[v] for v in LAST], (4, 1))],
    ids=["square", "row", "column"],
)
@pytest.mark.parametrize("repeat", [(1, 1), (1, 3), (3, 1), (3, 3)], ids=str)
def test_the_mean_adds_in_row_major_order_of_its_cells(kernel, dtype, plane, size, repeat):
    y = kernel.mean_forward(np.tile(image(plane, dtype), repeat), size, size)
    assert y.ravel().tolist() == [0.5] * (repeat[0] * repeat[1])


@each_kernel
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("plane", "deltas", "size"),
    [
        ([[0, 0, 0], [0, 9, 0], [0, 0, 0]], [LAST[:2], LAST[2:]], (2, 2)),
        ([[0, 0, 0, 9, 0, 0, 0]], [LAST], (1, 4)),
        ([[0], [0], [0], [9], [0], [0], [0]], [[v] for v in LAST], (4, 1)),
    ],
    ids=["square", "row", "column"],
)
def test_gradients_are_added_in_row_major_order_of_the_windows(kernel, dtype, plane, deltas, size):
    x, dy = image(plane, dtype), image(deltas, dtype)
    shared = x == 9
    assert kernel.max_backward(dy, x, size, 1)[shared].item() == 2
    assert kernel.mean_backward(dy, x, size, 1)[shared].item() == 0.5


TERMS = [(-1) ** k * 10.0 ** (4 * k % 5) / (k + 3) for k in range(25)]
"""Numbers of both signs and many sizes, so that every order of adding them gives other bits."""


def in_order(numbers):
    total = 0.0
    for number in numbers:
        total += number
    return total


def in_halves(numbers):
    if len(numbers) == 1:
        return numbers[0]
    middle = len(numbers) // 2
    return in_halves(numbers[:middle]) + in_halves(numbers[middle:])


@pytest.mark.parametrize("divisor", [1, 25])
def test_the_terms_tell_orders_apart(divisor):
    terms = [term / divisor for term in TERMS]
    rows = [terms[5 * k : 5 * k + 5] for k in range(5)]
    columns = [terms[k::5] for k in range(5)]
    others = {
        "backwards": in_order(terms[::-1]),
        "by columns": in_order(term for column in columns for term in column),
        "in halves": in_halves(terms),
        "row by row": in_order(map(in_order, rows)),
        "column by column": in_order(map(in_order, columns)),
        "exactly": float(sum(map(Fraction, terms))),
        "divided later": in_order(TERMS) / divisor if divisor > 1 else None,
    }
    assert in_order(terms) not in others.values()


@each_kernel
@pytest.mark.parametrize("size", [(5, 5), (1, 25), (25, 1)], ids=str)
def test_a_single_output_is_added_in_the_same_order(kernel, size):
    x = np.reshape(TERMS, (1, 1, *size))
    assert kernel.mean_forward(x, size, 1).item() == in_order(TERMS) / 25


@each_kernel
@pytest.mark.parametrize("size", [(5, 5), (1, 25), (25, 1)], ids=str)
def test_many_windows_on_one_pixel_are_added_in_the_same_order(kernel, size):
    x = np.zeros((1, 1, 2 * size[0] - 1, 2 * size[1] - 1))
    x[0, 0, size[0] - 1, size[1] - 1] = 1
    dy = np.reshape(TERMS, (1, 1, *size))
    assert kernel.max_backward(dy, x, size, 1)[x == 1].item() == in_order(TERMS)
    assert kernel.mean_backward(dy, x, size, 1)[x == 1].item() == in_order([delta / 25 for delta in TERMS])


def test_dividing_each_share_is_not_dividing_their_sum():
    assert 1 / 3 + 4 / 3 != (1 + 4) / 3
    assert 5 / 3 != 5 * (1 / 3)


@each_kernel
def test_each_share_is_divided_before_it_is_added(kernel):
    dx = kernel.mean_backward(image([[1, 4]]), image([[0, 0, 0, 0]]), (1, 3), 1)
    assert dx.tolist() == [[[[1 / 3, 1 / 3 + 4 / 3, 1 / 3 + 4 / 3, 4 / 3]]]]


@each_kernel
def test_the_sum_is_divided_once_and_not_its_terms(kernel):
    assert kernel.mean_forward(image([[1, 4, 0, 5, 0, 0]]), (1, 3), 3).tolist() == [[[[5 / 3, 5 / 3]]]]


@each_kernel
def test_float32_is_divided_in_float64_before_it_is_rounded(kernel):
    delta, n = np.float32(1), 7
    in_float32 = (
        np.float32(delta / np.float32(n)) + np.float32(delta / np.float32(n)) + np.float32(delta / np.float32(n))
    )
    in_float64 = np.float32(1 / n + 1 / n + 1 / n)
    dx = kernel.mean_backward(image([[delta] * 3], "float32"), image([[0] * 9], "float32"), (1, n), 1)
    assert in_float32 != in_float64
    assert dx[0, 0, 0, 4] == in_float64


@each_kernel
def test_float32_means_are_accumulated_in_float64(kernel):
    assert kernel.mean_forward(image([[2.0**24, 1, 1, 2]], "float32"), (1, 4), 1).item() == 2.0**22 + 1


@each_kernel
def test_float16_means_are_accumulated_in_float64(kernel):
    assert kernel.mean_forward(np.full((1, 1, 1, 4096), 60000, "float16"), (1, 4096), 1).item() == 60000
    assert kernel.mean_forward(image([[2048, 1, 1, 2]], "float16"), (1, 4), 1).item() == 513


TWICE = (4, 2.0**-9, 2.0**-23, 0)
"""Their mean is just above the midpoint of two float16 numbers; rounded to float32 first, it is the midpoint."""


def test_the_float16_mean_shows_double_rounding():
    mean = sum(TWICE) / 4
    assert [float(np.float16(v)) for v in TWICE] == list(TWICE)
    assert np.float16(mean) == 1 + 2.0**-10
    assert np.float16(np.float32(mean)) == 1


@each_kernel
def test_float16_is_rounded_once(kernel):
    peak, dy = image([[0, 0, 0], [0, 9, 0], [0, 0, 0]], "float16"), image([TWICE[:2], TWICE[2:]], "float16")
    assert kernel.mean_forward(dy, 2, 1).item() == 1 + 2.0**-10
    assert kernel.mean_backward(dy, peak, 2, 1)[0, 0, 1, 1] == 1 + 2.0**-10
    assert kernel.max_backward(dy / 2, peak, 2, 1)[0, 0, 1, 1] == 2 + 2.0**-9


@each_kernel
@each_function
@each_float
def test_an_empty_batch_gives_an_empty_result(kernel, function, dtype):
    x, dy = np.zeros((0, 3, 5, 4), dtype), np.zeros((0, 3, 2, 2), dtype)
    result = answer(kernel, function, dy, x, 2, 2)
    assert result.shape == ((0, 3, 5, 4) if function in BACKWARD else (0, 3, 2, 2))
    assert result.dtype.kind == "i" if function == "max_indices" else result.dtype == dtype


def sample(dtype, shape=(2, 3, 5, 6), size=(2, 3), stride=(1, 2)):
    """dy, x, size, stride: normals, or small integers if the dtype is not a float."""
    normal = np.random.default_rng(0).standard_normal
    x = (4 * normal(shape)).astype(dtype)
    dy = normal(naive.max_forward(x, size, stride).shape).astype(dtype)
    return dy, x, size, stride


@each_kernel
@each_float
@pytest.mark.parametrize("layout", once_but(LAYOUTS, "negative strides"))
def test_every_memory_layout_gives_the_same_bits(kernel, dtype, layout):
    dy, x, size, stride = sample(dtype)
    for function in FUNCTIONS:
        plain = answer(kernel, function, dy, x, size, stride)
        laid = answer(kernel, function, laid_out(dy, layout), laid_out(x, layout), size, stride)
        assert bits(laid) == bits(plain), function


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"C", "offset", "odd unit strides"}))
def test_a_layout_really_is_unusual(layout):
    flags = laid_out(np.ones((2, 3, 5, 6)), layout).flags
    assert not (flags.c_contiguous and flags.writeable and flags.aligned)


@each_kernel
@each_function
@each_float
def test_inputs_are_unchanged(kernel, function, dtype):
    dy, x, size, stride = sample(dtype)
    before = bits(dy), bits(x)
    answer(kernel, function, dy, x, size, stride)
    assert (bits(dy), bits(x)) == before


@each_kernel
@each_function
@each_float
@pytest.mark.parametrize("layout", ["C", "read-only"])
@pytest.mark.parametrize("size", [1, 2], ids=["one cell", "four cells"])
def test_a_result_is_writeable_memory_of_its_own(kernel, function, dtype, size, layout):
    dy, x, _, _ = sample(dtype, size=(size, size), stride=(1, 1))
    dy, x = laid_out(dy, layout), laid_out(x, layout)
    one, two = (answer(kernel, function, dy, x, size, 1) for _ in range(2))
    assert one.flags.writeable
    assert type(one) is np.ndarray
    assert not any(np.shares_memory(one, array) for array in (dy, x, two))


@each_kernel
@each_function
def test_cells_of_a_result_do_not_share_memory(kernel, function):
    result = answer(kernel, function, *sample("float64"))
    result[...] = 0
    result[0, 0, 0, 0] = 1
    assert result.sum() == 1


@each_kernel
@each_function
def test_two_threads_get_the_answers_of_one(kernel, function):
    small, large = sample("float64"), sample("float64", (2, 2, 11, 13))
    alone = [bits(answer(kernel, function, *question)) for question in (small, large)]
    with ThreadPoolExecutor(2) as pool:
        together = [pool.submit(answer, kernel, function, *question) for _ in range(10) for question in (small, large)]
        assert [bits(future.result()) for future in together] == alone * 10


@each_kernel
def test_nested_lists_are_arrays(kernel):
    integers, floats = [[[[1, 5, 2, 0]]]], [[[[1.0, 5.0, 2.0, 0.0]]]]
    assert bits(kernel.max_forward(integers, (1, 2), 2)) == bits(image([[5, 2]], np.array(integers).dtype))
    assert kernel.max_indices(floats, (1, 2), 2).tolist() == [[[[1, 2]]]]
    assert bits(kernel.mean_forward(floats, (1, 2), 2)) == bits(image([[3, 1]]))


@each_kernel
@each_float
@pytest.mark.parametrize(
    "delta", [[[[[1, 2]]]], [[[[1.0, 2.0]]]], ((((np.float32(1), 2),),),)], ids=["int", "float", "tuple"]
)
def test_a_nested_gradient_takes_the_dtype_of_x(kernel, dtype, delta):
    x = image([[1, 5, 2, 0]], dtype)
    assert bits(kernel.max_backward(delta, x, (1, 2), 2)) == bits(image([[0, 1, 2, 0]], dtype))
    assert bits(kernel.mean_backward(delta, x, (1, 2), 2)) == bits(image([[0.5, 0.5, 1, 1]], dtype))


@each_kernel
def test_a_subclass_of_array_becomes_a_plain_array(kernel):
    class Tagged(np.ndarray):
        pass

    assert type(kernel.max_forward(np.ones((1, 1, 2, 2)).view(Tagged), 2, 2)) is np.ndarray


BEYOND = {
    "overflow": ([[1, 1, 1, 1]], [[1, 1, 1]]),
    "both signs": ([[1, -1, -1, -1]], [[1, -1, 1]]),
    "infinities": ([[np.inf, -np.inf, 1, np.inf]], [[np.inf, -np.inf, np.inf]]),
    "NaN": ([[NAN, 1, NAN, -1]], [[NAN, 1, -1]]),
}


@each_kernel
@each_function
@each_float
@pytest.mark.parametrize(("x", "dy"), BEYOND.values(), ids=BEYOND)
def test_no_warning_of_any_kind(kernel, function, dtype, x, dy):
    most = finfo(np.dtype(dtype)).max
    with warnings.catch_warnings(), np.errstate(over="warn", invalid="warn", divide="warn", under="ignore"):
        warnings.simplefilter("error")
        question = image(dy, dtype) * most, image(x, dtype) * most, (1, 2), 1
        result = answer(kernel, function, *question)
    assert bits(result) == bits(answer(naive, function, *question))


@each_kernel
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradients_too_large_for_the_dtype_become_infinite(kernel, dtype):
    most = finfo(np.dtype(dtype)).max
    dx = kernel.max_backward(image([[most, most]], dtype), image([[0, 1, 0]], dtype), (1, 2), 1)
    assert dx.tolist() == [[[[0, np.inf, 0]]]]


@each_kernel
def test_a_sum_too_large_for_float64_becomes_infinite_but_for_float32_does_not(kernel):
    most, least = np.finfo("float64").max, np.finfo("float32").max
    assert kernel.mean_forward(image([[most, most]]), (1, 2), 1).item() == np.inf
    assert kernel.mean_forward(image([[least, least]], "float32"), (1, 2), 1).item() == least


@each_kernel
def test_a_nan_in_a_mean_stays_in_its_windows(kernel):
    y = kernel.mean_forward(image([[NAN, 1, 1, 1, np.inf, -np.inf]]), (1, 2), 1)
    assert np.isnan(y).ravel().tolist() == [True, False, False, False, True]


def python(code, **environment):
    """A fresh interpreter in which every warning is an error: its exit status, output and error output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **{k: str(v) for k, v in environment.items()}},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


USES_ALL_BUT_COMPILED = """
import sys
import numpy as np
from poolproof.kernels import PoolingLayer, compiled, img2col, naive
x = np.ones((1, 1, 4, 4))
naive.max_forward(x, 2, 2), img2col.mean_backward(x, x, 1, 1)
PoolingLayer((1, 4, 4), 2, 2, "MAX").forward_img2col(x)
try:
    compiled.max_forward(x, 5, 1)
except ValueError:
    print("refused", "numba" in sys.modules)
compiled.max_forward(x, 2, 2)
print("computed", "numba" in sys.modules)
"""


def test_numba_is_imported_at_the_first_compiled_call_and_not_before():
    assert python(USES_ALL_BUT_COMPILED) == (0, "refused False\ncomputed True\n", "")


FIRST_CALLS = """
import threading
import numpy as np
from {package} import compiled
x = np.arange(16.0).reshape(1, 1, 4, 4)
threads = [threading.Thread(target=compiled.max_forward, args=(x, 2, 2)) for _ in range(2)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert compiled.max_forward(x, 2, 2).tolist() == [[[[5, 7], [13, 15]]]]
from {package}.compiled.loops import separate
print("cached", separate.max_forward._cache.cache_path is not None)
"""


@slow
def test_the_first_compiled_calls_are_silent_and_fill_the_cache(tmp_path):
    code = FIRST_CALLS.format(package="poolproof.kernels")
    assert python(code, NUMBA_CACHE_DIR=tmp_path) == (0, "cached True\n", "")
    assert list(tmp_path.rglob("separate.max_forward*.nbi"))


@slow
def test_a_bogus_cache_directory_is_no_obstacle(tmp_path):
    (tmp_path / "file").touch()
    code = FIRST_CALLS.format(package="poolproof.kernels")
    status, _, complaints = python(code, NUMBA_CACHE_DIR=tmp_path / "file" / "below")
    assert (status, complaints) == (0, "")


@slow
def test_no_writable_place_for_a_cache_is_no_obstacle(tmp_path):
    source = Path(poolproof.kernels.__file__).parent
    copy = shutil.copytree(source, tmp_path / "installed", ignore=shutil.ignore_patterns("__pycache__"))
    # Nothing can be written below a regular file, not even by root.
    loops = copy / "compiled" / "loops" / "__pycache__"
    loops.touch()
    nowhere = loops / "below"
    places = dict.fromkeys(("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE"), nowhere)
    code = FIRST_CALLS.format(package="installed")
    assert python(code, PYTHONPATH=tmp_path, **places) == (0, "cached False\n", "")


# Settings, worked out by hand.

PLANE = np.arange(1.0, 13).reshape(1, 1, 3, 4)
BY_HAND = {
    "padding": ({"padding": 1}, 2, 2, [[1, 3, 4], [9, 11, 12]], [[0.25, 1.25, 1], [3.5, 8.5, 5]]),
    "padding at the end": ({"padding": ((0, 1), (0, 0))}, 2, 2, [[6, 8], [10, 12]], [[3.5, 5.5], [4.75, 5.75]]),
    "padding not counted": (
        {"padding": 1, "count_include_pad": False},
        *(2, 2),
        [[1, 3, 4], [9, 11, 12]],
        [[1, 2.5, 4], [7, 8.5, 10]],
    ),
    "dilation": ({"dilation": (2, 3)}, 2, 1, [[12]], [[(1 + 4 + 9 + 12) / 4]]),
    "ceil": ({"ceil_mode": True}, 2, 2, [[6, 8], [10, 12]], [[3.5, 5.5], [9.5, 11.5]]),
    "ceil and padding": (
        {"padding": ((0, 0), (1, 0)), "ceil_mode": True},
        *((1, 3), (1, 3)),
        [[2, 4], [6, 8], [10, 12]],
        [[1, 3.5], [11 / 3, 7.5], [19 / 3, 11.5]],
    ),
}


@each_kernel
@pytest.mark.parametrize(("given_", "size", "stride", "maxima", "means"), BY_HAND.values(), ids=BY_HAND)
def test_settings_by_hand(kernel, given_, size, stride, maxima, means):
    shared = {name: value for name, value in given_.items() if name != "count_include_pad"}
    assert kernel.max_forward(PLANE, size, stride, **shared)[0, 0].tolist() == maxima
    assert kernel.max_indices(PLANE, size, stride, **shared)[0, 0].tolist() == (np.array(maxima) - 1).tolist()
    assert kernel.mean_forward(PLANE, size, stride, **given_)[0, 0].tolist() == means
    n, covered = len(maxima) * len(maxima[0]), np.ones(np.shape(maxima))[np.newaxis, np.newaxis]
    assert kernel.max_backward(covered, PLANE, size, stride, **shared).sum() == n


@each_kernel
def test_padding_never_holds_the_index_of_a_tie(kernel):
    x = np.full((1, 1, 2, 2), -np.inf)
    assert kernel.max_indices(x, 2, 2, padding=1)[0, 0].tolist() == [[0, 1], [2, 3]]
    least = np.full((1, 1, 2, 2), -128, np.int8)
    assert kernel.max_indices(least, 2, 2, padding=1)[0, 0].tolist() == [[0, 1], [2, 3]]


@each_kernel
def test_the_share_of_a_mean_is_that_of_its_forward_overhang_included(kernel):
    dy, x = np.ones((1, 1, 1, 2)), np.ones((1, 1, 1, 4))
    dx = kernel.mean_backward(dy, x, (1, 3), (1, 2), padding=((0, 0), (0, 0)), ceil_mode=True)
    assert dx[0, 0, 0].tolist() == [1 / 3, 1 / 3, 1 / 3 + 1 / 2, 1 / 2]


@each_kernel
@pytest.mark.parametrize("rank", [1, 3])
def test_ranks_one_and_three(kernel, rank):
    x = np.arange(1.0, 1 + 4**rank).reshape(1, 1, *(4,) * rank)
    size = (2,) * rank
    assert kernel.max_forward(x, size, 2).max() == 4**rank
    assert kernel.mean_forward(x, size, 2).mean() == x.mean()
    indices = kernel.max_indices(x, size, 2)
    assert x.reshape(-1)[indices.reshape(-1)].tolist() == kernel.max_forward(x, size, 2).reshape(-1).tolist()


@each_kernel
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 3, 3, 3)])
def test_one_and_three_spatial_axes_need_a_size_that_says_so(kernel, shape):
    with pytest.raises(ValueError, match=r"should have 4 axes.*need a size of one or three ints"):
        kernel.max_forward(np.ones(shape), 2, 2)


REFUSED = {
    "negative padding": ({"padding": -1}, ValueError, "padding=-1 should be at least 0 and at most"),
    "padding of three": ({"padding": (1, 1, 1)}, ValueError, "has 3 entries, but should be an int, 2 ints or 2 pairs"),
    "padding of triples": ({"padding": ((1, 1, 1), (0, 0, 0))}, ValueError, "should be an int, 2 ints or 2 pairs"),
    "padding in words": ({"padding": "same"}, TypeError, "padding='same' should be .*, not str"),
    "dilation 0": ({"dilation": 0}, ValueError, "dilation=0 should be at least 1"),
    "broken dilation": ({"dilation": 1.5}, TypeError, "dilation=1.5 should be an int or 2 ints, not float"),
    "ceil_mode 1": ({"ceil_mode": 1}, TypeError, "ceil_mode=1 should be True or False, not int"),
    "unknown": (
        {"pading": 1},
        TypeError,
        "pading=1 is not a setting here; the settings are padding, dilation, ceil_mode",
    ),
    "counted in a maximum": ({"count_include_pad": True}, TypeError, "count_include_pad=True is not a setting here"),
    "wholly in padding": ({"padding": 2}, ValueError, "window 0 along the height of x, .*, lies wholly in padding"),
    "stepped over": ({"padding": 1, "dilation": 9}, ValueError, "the extent 10 along axis 0 should be at most"),
}


@each_kernel
@pytest.mark.parametrize(("given_", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_a_setting_that_cannot_be_is_refused_in_words(kernel, given_, error, words):
    with pytest.raises(error, match=words):
        kernel.max_forward(PLANE, 2, 2, **given_)


@pytest.mark.skipif("bfloat16" not in FLOATS, reason="ml_dtypes is not installed")
@each_kernel
def test_bfloat16_is_rounded_once(kernel):
    # Half a unit and a little more: float32 would lose the little, and the half would then be rounded to even.
    x = np.array([[[[1, 2.0**-8, 2.0**-30, 0]]]]).astype("bfloat16")
    ones = np.array([[[[4, 4 * 2.0**-8, 4 * 2.0**-30, 0]]]]).astype("bfloat16")
    assert kernel.mean_forward(ones, (1, 4), 1).item() == 1 + 2.0**-7
    assert kernel.mean_forward(x, (1, 4), 1).item() == 0.25 * (1 + 2.0**-7)


@pytest.mark.skipif("bfloat16" not in FLOATS, reason="ml_dtypes is not installed")
@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
@example([1 + 2.0**-8 + 2.0**-30, 1 + 2.0**-8 - 2.0**-30, -1 - 2.0**-8 - 2.0**-40, 3.39e38, 3.4e38, 1e39, 4e-41, -0.0])
def test_rounding_to_bfloat16_is_that_of_the_oracle(numbers):
    dtype = np.dtype("bfloat16")
    for number, result in zip(numbers, rounded(np.array(numbers), dtype).tolist(), strict=True):
        if np.isfinite(number):
            assert result == float(oracle.nearest(number, dtype))
        else:
            assert np.array_equal(result, number, equal_nan=True)


@each_kernel
@each_dtype
@pytest.mark.parametrize("spatial", [(7,), (5, 6), (4, 3, 5)], ids=["rank 1", "rank 2", "rank 3"])
def test_indices_are_int64_whatever_is_pooled(kernel, dtype, spatial):
    twos = (2,) * len(spatial)
    for n, given_ in product([0, 1, 2], [{}, {"padding": 1}, {"dilation": 2}, {"ceil_mode": True}]):
        x = np.arange(n * 2 * np.prod(spatial)).reshape(n, 2, *spatial) % 2
        indices = kernel.max_indices(x.astype(dtype), twos, twos, **given_)
        assert indices.dtype == np.int64, (n, given_)
        assert indices.shape == kernel.max_forward(x, twos, twos, **given_).shape, (n, given_)
