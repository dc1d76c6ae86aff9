"""Failures in words: the form, arrays that can be pasted back, and the mistakes that are named."""

from types import SimpleNamespace

import numpy as np
import pytest
from edges import edges, identical
from poolproof.kernels import naive
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.cases.case import Case
from poolproof.properties.failures.hints import MISTAKES
from poolproof.properties.failures.messages import MOST_CELLS, MOST_PRINTED, assignment, describe
from poolproof.properties.failures.types import Broken, Crashed, Failure, Raised
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap


def windows(x, size, stride):
    """Output (row, column) and its window as an index of x."""
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
    """The failure of a law on one case, with the calls made for it."""
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
        "    dy = [[[[1., 2.]]]]\n"
        "    windows share their maximum: their gradients must be added, but the last window overwrote the first"
    )


def test_an_answer_off_by_more_than_rounding_tells_how_much_is_allowed():
    third = forward(lambda cells: 1.5 * cells.mean())
    text = message("mean-value", [[[[1.0, 2, 3]]]], [[[[0.0]]]], (1, 3), (1, 1), mean_forward=third)
    assert text == (
        "mean_forward of my_pool: y[0,0,0,0] = 3.0, but should be 2.0 within 1.11e-15   (1 of 1 differ)\n"
        "    size=(1, 3) stride=(1, 1) float64\n"
        "    x = [[[[1., 2., 3.]]]]\n"
        "    this is the maximum of the window, not its mean"
    )


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
    """The array that the text of an assignment gives."""
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
    """The array that its recipe gives in a session that has NumPy alone."""
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


# Mistakes.

X = [[[[-3, -1, 2, 2, 1], [1, 2, 2, -2, 0], [3, -2, -4, -2, -5], [-2, -4, -2, -1, -4], [-1, -3, -1, -5, -2]]]]
X = np.array(X, float)
DY = [[[[1.0, -2], [3, -4]]]]
"""With windows of 2x3 and strides of 3 and 2 the windows of each row overlap; exchanged, there are as many."""


def nonzero_mean(cells):
    return cells.sum() / max(np.count_nonzero(cells), 1)


def swapped(kernel):
    """A kernel that takes the axes of size and stride in the wrong order."""
    return lambda *arrays_and_window: kernel(*arrays_and_window[:-2], *(pair[::-1] for pair in arrays_and_window[-2:]))


def positive_only(share):
    return lambda d, cells: share(max(d, 0), cells)


MADE = {
    ("max_forward", "this is the mean of the window, not its maximum"): forward(np.mean),
    ("max_forward", "zero seems to take part in the maximum: is it the initial value, or that of padding?"): forward(
        lambda c: max(c.max(), 0)
    ),
    ("max_forward", "this is the minimum of the window"): forward(np.min),
    ("max_forward", "the largest absolute value seems to win"): forward(lambda c: np.abs(c).max()),
    ("max_forward", "the axes of size and stride seem to be exchanged"): swapped(forward(np.max)),
    ("mean_forward", "this is the maximum of the window, not its mean"): forward(np.max),
    ("mean_forward", "this is the sum of the window, not divided"): forward(np.sum),
    ("mean_forward", "the sum seems to be divided by the number of cells that are not zero"): forward(nonzero_mean),
    ("mean_forward", "the axes of size and stride seem to be exchanged"): swapped(forward(np.mean)),
    (
        "max_backward",
        "windows share their maximum: their gradients must be added, but the last window overwrote the first",
    ): backward(to_first, assign=True),
    (
        "max_backward",
        "every tied maximum seems to get the whole gradient; together they should get it once",
    ): backward(to_every_tie),
    ("max_backward", "the gradient seems to be spread over the window, as for the mean"): backward(evenly),
    ("max_backward", "negative gradients seem to be dropped"): backward(positive_only(to_first)),
    ("max_backward", "the axes of size and stride seem to be exchanged"): swapped(backward(to_first)),
    ("max_backward", "nothing seems to be passed back at all"): backward(lambda _, cells: np.zeros(cells.shape)),
    (
        "mean_backward",
        "windows overlap: their gradients must be added, but the last window overwrote the first",
    ): backward(evenly, assign=True),
    ("mean_backward", "the gradient goes to the maximum, as for max pooling"): backward(to_first),
    ("mean_backward", "the gradient seems not to be divided by n"): backward(lambda d, cells: np.full(cells.shape, d)),
    ("mean_backward", "negative gradients seem to be dropped"): backward(positive_only(evenly)),
    ("mean_backward", "the axes of size and stride seem to be exchanged"): swapped(backward(evenly)),
    ("mean_backward", "nothing seems to be passed back at all"): backward(lambda _, cells: np.zeros(cells.shape)),
}
JUDGE = {
    "max_forward": "max-value",
    "mean_forward": "mean-value",
    "max_backward": "max-accumulation",
    "mean_backward": "mean-accumulation",
}


def made(function, kernel):
    """The message about a kernel on a case that shows every mistake."""
    return message(JUDGE[function], X, DY, (2, 3), (3, 2), **{function: kernel})


UNEVEN = {"padding": ((1, 0), (0, 1))}
COUNTED = {**UNEVEN, "count_include_pad": True}
GAPS = {"dilation": (1, 2)}
TALL = {"dilation": (2, 1)}
CEIL = {"ceil_mode": True}

UNDER_SETTINGS = {
    "dilation seems to be ignored": (GAPS, lambda given: {"dilation": (1, 1)}),
    "padding seems to be ignored": (UNEVEN, lambda given: {"padding": ((0, 0), (0, 0))}),
    "ceil_mode seems to be ignored": (CEIL, lambda given: {"ceil_mode": False}),
    "the padding before seems to be used after as well": (UNEVEN, lambda given: {"padding": ((1, 1), (0, 0))}),
    "the padding before and after seem to be exchanged": (UNEVEN, lambda given: {"padding": ((0, 1), (1, 0))}),
    "the dilation of the first axis seems to be used for all": (TALL, lambda given: {"dilation": (2, 2)}),
    "padding seems to be counted in the divisor, or not, against count_include_pad": (
        COUNTED,
        lambda given: {"count_include_pad": False},
    ),
}
"""For each sentence about settings some of them, and what a mistake makes of these."""

WHOLE = "the divisor seems to be F*F for every window, past the end and over padding too"


def test_every_mistake_is_made_here():
    sentences = {sentence for _, sentence in MADE} | set(UNDER_SETTINGS) | {WHOLE}
    assert {sentence for _, sentence, _ in MISTAKES} == sentences


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (function, sentence)
        for sentence, (settings, _) in UNDER_SETTINGS.items()
        for function in ("max_forward", "mean_forward")
        if function == "mean_forward" or "count_include_pad" not in settings
    ],
)
def test_a_mistake_about_settings_is_named(function, sentence):
    settings, mistaken = UNDER_SETTINGS[sentence]

    def kernel(x, size, stride, **given):
        return getattr(naive, function)(x, size, stride, **{**given, **mistaken(given)})

    size, stride = ((1, 2), (1, 2)) if settings in (GAPS, CEIL) else ((2, 2), (1, 1))
    text = message(JUDGE[function], X, DY, size, stride, settings, **{function: kernel})
    assert text.splitlines()[-1].strip() == sentence


def test_a_divisor_that_is_the_same_for_every_window_is_named():
    def mean_forward(x, size, stride, ceil_mode):
        y = naive.mean_forward(x, size, stride, ceil_mode=ceil_mode)
        return np.concatenate([y[..., :-1], y[..., -1:] / 2], axis=-1)

    x = np.array([[[[1.0, 2, 3]]]])
    text = message("mean-value", x, np.zeros((1, 1, 1, 2)), (1, 2), (1, 2), CEIL, mean_forward=mean_forward)
    assert text.splitlines()[-1].strip() == WHOLE


@pytest.mark.parametrize(("function", "sentence"), MADE, ids=lambda word: word.partition(":")[0][:40].replace(" ", "-"))
def test_a_mistake_is_named(function, sentence):
    assert made(function, MADE[function, sentence]).splitlines()[-1].strip() == sentence


@pytest.mark.parametrize("function", ["max_forward", "mean_forward", "max_backward", "mean_backward"])
def test_a_mistake_that_nobody_knows_is_not_named(function):
    wrong = (
        forward(lambda c: c[0] + 17)
        if function.endswith("forward")
        else backward(lambda d, c: np.full(c.shape, d + 17))
    )
    assert not any(sentence in made(function, wrong) for _, sentence, _ in MISTAKES)


def test_what_is_not_finite_is_not_explained():
    x = [[[[np.inf, 1.0, 2.0]]]]
    text = message("max-value", x, [[[[0.0, 0.0]]]], (1, 2), (1, 1), max_forward=forward(np.min))
    assert text.splitlines()[-1] == "    x = [[[[inf, 1., 2.]]]]"
