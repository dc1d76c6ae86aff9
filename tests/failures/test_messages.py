"""Failures in words: the form, arrays that can be pasted back, and the mistakes that are named."""

from types import SimpleNamespace

import numpy as np
import pytest
from edges import edges, identical
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.cases.case import Case
from poolproof.properties.failures.messages import MOST_CELLS, MOST_PRINTED, advice, assignment, describe, hint
from poolproof.properties.failures.types import Broken, Crashed, Failure, Raised
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap


def windows(x, size, stride):
    """Each output (row, column) and its window as an index into x."""
    for row in range((x.shape[2] - size[0]) // stride[0] + 1):
        for column in range((x.shape[3] - size[1]) // stride[1] + 1):
            top, left = row * stride[0], column * stride[1]
            yield row, column, (..., slice(top, top + size[0]), slice(left, left + size[1]))


def forward(reduce):
    """A forward kernel that reduces each window (F*F cells) by a function."""

    def kernel(x, size, stride):
        n, c, height, width = x.shape
        y = np.zeros((n, c, (height - size[0]) // stride[0] + 1, (width - size[1]) // stride[1] + 1), x.dtype)
        for row, column, window in windows(x, size, stride):
            for k in np.ndindex(n, c):
                y[(*k, row, column)] = reduce(x[window][k].reshape(-1))
        return y

    return kernel


def backward(share, *, assign=False):
    """A backward kernel that adds `share(dy, cells)` to each window, or assigns it where it is not zero."""

    def kernel(dy, x, size, stride):
        dx = np.zeros(x.shape)
        for row, column, window in windows(x, size, stride):
            for k in np.ndindex(x.shape[:2]):
                part = share(float(dy[(*k, row, column)]), x[window][k])
                dx[window][k] = np.where(part != 0, part, dx[window][k]) if assign else dx[window][k] + part
        return dx.astype(x.dtype)

    return kernel


def to_first(d, cells):
    part = np.zeros(cells.shape)
    part.reshape(-1)[cells.argmax()] = d
    return part


def to_last(d, cells):
    part = np.zeros(cells.shape)
    part.reshape(-1)[cells.size - 1 - cells.reshape(-1)[::-1].argmax()] = d
    return part


def to_every_tie(d, cells):
    return d * (cells == cells.max())


def evenly(d, cells):
    return np.full(cells.shape, d / cells.size)


def failure(law, x, dy, size, stride, settings=None, **functions):
    """The failure of a law on one case, with the calls made for the case."""
    pool = Pool(wrap(SimpleNamespace(**functions), "my_pool"))
    x, dy = np.array(x), np.array(dy)
    pool.begin()
    case = Case(next(iter(functions)), x, size, stride, dy.astype(x.dtype), "distinct", settings=settings or {})
    with pytest.raises(Failure) as caught:
        LAWS[law].check(pool, case)
    return caught.value, pool.calls


def message(*arguments, **functions):
    """The message of that failure."""
    return describe(*failure(*arguments, **functions))


# The form.


def test_a_failure_reads_as_in_the_design():
    overwriting = backward(to_first, assign=True)
    text = message("max-accumulation", [[[[0.0, 1, 0]]]], [[[[1.0, 2]]]], (1, 2), (1, 1), max_backward=overwriting)
    assert text == (
        "max_backward of my_pool: dx[0,0,0,1] = 2.0, but should be 3.0 within 1.33e-15   (1 of 3 differ)\n"
        "    size=(1, 2) stride=(1, 1) float64\n"
        "    x  = [[[[0., 1., 0.]]]]\n"
        "    dy = [[[[1., 2.]]]]"
    )


def test_an_answer_off_by_more_than_rounding_tells_how_much_is_allowed():
    third = forward(lambda cells: 1.5 * cells.mean())
    text = message("mean-value", [[[[1.0, 2, 3]]]], [[[[0.0]]]], (1, 3), (1, 1), mean_forward=third)
    assert text == (
        "mean_forward of my_pool: y[0,0,0,0] = 3.0, but should be 2.0 within 1.11e-15   (1 of 1 differ)\n"
        "    size=(1, 3) stride=(1, 1) float64\n"
        "    x = [[[[1., 2., 3.]]]]"
    )


def test_a_hang_on_a_large_image_alone_comes_with_advice():
    large, small = (Call("max_forward", {"x": np.zeros((1, 1, 1, n))}, (1, 1), (1, 1)) for n in (5000, 2))
    assert "declare max_cells = 4096 or raise --timeout" in advice("hung", [small, large])[0]
    assert advice("hung", [large, small]) == advice("broken", [large]) == advice("hung", []) == []


def test_a_wrong_shape_is_said_in_one_line():
    text = message(
        "max-value", [[[[1.0, 2]]]], [[[[0.0]]]], (1, 2), (1, 1), max_forward=lambda *_: np.zeros((1, 1, 2, 2))
    )
    assert text.splitlines()[0] == "max_forward of my_pool: y.shape = (1, 1, 2, 2), but should be (1, 1, 1, 1)"


def test_an_exception_is_told_with_its_type():
    def refuse(*_):
        raise KeyError("stride")

    found, calls = failure("max-value", [[[[1.0]]]], [[[[0.0]]]], (1, 1), (1, 1), max_forward=refuse)
    assert isinstance(found, Raised)
    assert describe(found, calls).splitlines()[0] == "max_forward of my_pool: raised KeyError: 'stride'"


def test_an_attempt_to_end_the_process_is_told():
    def leave(*_):
        raise SystemExit(3)

    found, calls = failure("max-value", [[[[1.0]]]], [[[[0.0]]]], (1, 1), (1, 1), max_forward=leave)
    assert isinstance(found, Crashed)
    assert describe(found, calls).startswith(
        "max_forward of my_pool: ended its process with sys.exit(3)\n    size=(1, 1)"
    )


@pytest.mark.parametrize("answer", [None, 3, [[1.0]]], ids=["none", "number", "list"])
def test_what_is_no_array_is_called_by_its_type(answer):
    text = message("max-value", [[[[1.0]]]], [[[[0.0]]]], (1, 1), (1, 1), max_forward=lambda *_: answer)
    kind = type(answer).__name__
    assert text.splitlines()[0] == f"max_forward of my_pool: returned {kind}, but should return an array of numbers"


def test_the_calls_before_the_failing_one_are_told_in_their_order():
    answers = iter((np.zeros((1, 1, 1, 1)), np.ones((1, 1, 1, 1))))
    text = message("same-twice", [[[[0.0]]]], [[[[0.0]]]], (1, 1), (1, 1), max_forward=lambda *_: next(answers))
    assert text == (
        "max_forward of my_pool: y[0,0,0,0] = 1.0, but should be 0.0   (1 of 1 differ)\n"
        "    size=(1, 1) stride=(1, 1) float64\n"
        "    x = [[[[0.]]]]\n"
        "    the same call gave another answer the first time\n"
        "    before it, in the same case:\n"
        "    max_forward\n"
        "        size=(1, 1) stride=(1, 1) float64\n"
        "        x = [[[[0.]]]]"
    )


def test_an_unusual_layout_and_settings_are_told():
    call = Call(
        "max_forward",
        {"x": np.zeros((1, 1, 1, 1), "float32")},
        (1, 1),
        (1, 1),
        {"padding": ((0, 1),)},
        {"x": "Fortran"},
    )
    lines = describe(Broken("what is wrong"), [call]).splitlines()
    assert lines[:2] == [
        "what is wrong",
        "    size=(1, 1) stride=(1, 1) padding=((0, 1),) float32, x is Fortran in memory",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (np.float64(2), "2.0"),
        (np.float64(0.1), "0.1"),
        (np.float64(1e300), "1e+300"),
        (np.int8(-5), "-5"),
        (np.nan, "nan"),
    ],
    ids=str,
)
def test_numbers_are_written_as_python_writes_them(number, text):
    dtype = np.asarray(number).dtype
    wrong = np.full((1, 1, 1, 1), number)
    found = message(
        "max-value", np.full((1, 1, 1, 1), 7, dtype), [[[[0.0]]]], (1, 1), (1, 1), max_forward=lambda *_: wrong
    )
    assert f"y[0,0,0,0] = {text}, but should be 7" in found


# Arrays.


def read_back(array):
    """The array that the text of an assignment evaluates to."""
    names = {"np": np, "nan": np.nan, "inf": np.inf}
    exec(assignment("x = ", array, "x"), names)
    return np.asarray(names["x"], array.dtype).reshape(array.shape)


@pytest.mark.parametrize("dtype", ORDERED)
def test_literals_of_every_dtype_are_read_back(dtype):
    array = edges(dtype).reshape(1, 1, 1, -1)
    assert identical(read_back(array), array)


@pytest.mark.parametrize("dtype", ORDERED)
def test_long_literals_of_every_dtype_are_read_back(dtype):
    array = np.resize(edges(dtype), (2, 2, 4, 4))
    assert array.size == MOST_PRINTED
    assert identical(read_back(array), array)


@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_that_need_all_their_digits_are_read_back(dtype):
    array = (np.random.default_rng(0).standard_normal((1, 2, 3, 9)) * 10.0 ** np.arange(-4, 5)).astype(dtype)
    assert identical(read_back(array), array)


@pytest.mark.parametrize("shape", [(0, 1, 2, 3), (2, 1, 0, 3), (0, 0, 0, 0)], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "bool"])
def test_empty_arrays_are_read_back_with_their_shape(dtype, shape):
    assert identical(read_back(np.zeros(shape, dtype)), np.zeros(shape, dtype))


@pytest.mark.parametrize("dtype", ["float64", "uint64", "int8", "bool"])
def test_a_large_array_without_a_recipe_is_not_printed(dtype):
    array = np.resize(edges(dtype), (1, 1, 5, 13))
    told = assignment("x = ", array, "x")
    assert told == f"x = ...  # shape (1, 1, 5, 13), {dtype}: too large to print, complete in the JSON report"


def test_a_large_array_is_printed_as_a_statement_that_runs():
    array = np.zeros((1, 1, 1, 65537))
    array[0, 0, 0, 65536] = 1
    assert assignment("x = ", array, "x") == "x = np.zeros((1, 1, 1, 65537)); x[0, 0, 0, 65536] = 1"


def pasted(array):
    """The array that its recipe evaluates to in a session with only NumPy."""
    names = {"np": np}
    exec(assignment("x = ", array, "x"), names)
    return names["x"]


@pytest.mark.parametrize("dtype", ORDERED)
@pytest.mark.parametrize("edge", range(13))
def test_any_number_may_stand_everywhere_or_alone_in_a_recipe(dtype, edge):
    numbers = edges(dtype)
    for many, one in ((numbers[edge % len(numbers)], numbers[0]), (numbers[0], numbers[edge % len(numbers)])):
        array = np.full((1, 2, 40, 40), many, dtype)
        array[0, 1, 3, 4] = one
        told = pasted(array)
        assert told.dtype == (np.float32 if dtype == "bfloat16" else array.dtype)
        assert identical(told.astype(dtype), array)


@pytest.mark.parametrize("special", [MOST_CELLS, MOST_CELLS + 1])
def test_a_recipe_has_few_special_cells(special):
    array = np.zeros((1, 1, 20, 20))
    array[0, 0, 3, :special] = 1
    assert ("..." in assignment("x = ", array, "x")) == (special > MOST_CELLS)


@pytest.mark.parametrize("dtype", ["int16", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("start", [-100, 0, 7])
def test_counted_numbers_in_a_large_array_are_a_recipe(dtype, start):
    array = np.arange(start, start + 600).astype(dtype).reshape(1, 1, 20, 30)
    array[0, 0, 7, 7] = edges(dtype)[1]
    assert len(assignment("x = ", array, "x")) < 120
    assert identical(pasted(array), array)


@pytest.mark.parametrize("start", [2**53 - 3, 2**53 + 1, 2**62])
def test_counted_numbers_beyond_what_a_float_holds_are_read_back(start):
    array = (np.arange(300) + start).reshape(1, 1, 1, 300)
    assert identical(pasted(array), array)


def test_numbers_near_the_end_of_uint64_are_read_back():
    array = (np.arange(300, dtype=np.uint64) + np.uint64(2**64 - 300)).reshape(1, 1, 1, 300)
    assert identical(pasted(array), array)


def test_a_number_that_is_one_of_many_nans_is_no_recipe():
    array = np.zeros((1, 1, 20, 20))
    array.view(np.uint64)[0, 0, 0, 0] = 0x7FF8_0000_0000_0001
    assert "..." in assignment("x = ", array, "x")


def test_the_arguments_of_a_message_are_read_back_from_it():
    x = np.full((1, 1, 40, 40), -0.0)
    x[0, 0, 3, 5] = 0.1
    text = message("max-value", x, np.zeros((1, 1, 20, 20)), (2, 2), (2, 2), max_forward=forward(np.min))
    names = {"np": np}
    exec("\n".join(text.splitlines()[2:3]).strip(), names)
    assert identical(names["x"], x)


def test_no_message_is_a_flood():
    x = np.random.default_rng(1).standard_normal((1, 1, 400, 400))
    text = message("max-value", x, np.zeros((1, 1, 200, 200)), (2, 2), (2, 2), max_forward=forward(np.min))
    assert len(text) < 500


# Hints.


def test_a_hint_is_two_sentences_of_the_first_mistake():
    assert hint(["gradients-overwritten", "first-window-only"]) == [
        "    Windows share a cell, and the last window overwrote the gradient of the first.",
        "    Where windows share a cell, their gradients are added.",
    ]


def test_without_a_mistake_there_is_no_hint():
    assert hint([]) == []
