"""Conventions: each value is observed on an implementation that has it, whatever the implementation's name."""

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.conventions import CONVENTIONS, check_expected, observe, observed, unobservable
from poolproof.properties.results import stored_call
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from selection import slow

pytestmark = pytest.mark.once


def forward(reduce):
    """A forward kernel that reduces the cells of each window by a function."""

    def kernel(x, size, stride):
        n, c, height, width = x.shape
        rows, columns = (height - size[0]) // stride[0] + 1, (width - size[1]) // stride[1] + 1
        y = np.empty((n, c, rows, columns), x.dtype)
        for place in np.ndindex(y.shape):
            top, left = place[2] * stride[0], place[3] * stride[1]
            y[place] = reduce(x[place[:2]][top : top + size[0], left : left + size[1]].reshape(-1))
        return y

    return kernel


def backward(share):
    """A backward kernel for windows that do not overlap; it gives the cells of each a share of its dy."""

    def kernel(dy, x, size, stride):
        dx = np.zeros(x.shape, x.dtype)
        for place in np.ndindex(dy.shape):
            top, left = place[2] * stride[0], place[3] * stride[1]
            window = (*place[:2], slice(top, top + size[0]), slice(left, left + size[1]))
            dx[window] = np.reshape(share(x[window].reshape(-1), dy[place].item()), size)
        return dx

    return kernel


def constant(value):
    """A forward kernel that returns the same number for every window."""
    return forward(lambda _: value)


def at(place, cells, d):
    """d in one place."""
    return np.where(np.arange(cells.size) == place, d, 0)


def refuse(*_, **settings):
    raise ValueError("no")


def stumble(*arguments, **settings):
    [].pop()


def refuse_if(condition):
    """A maximum that refuses some cells."""
    return forward(lambda cells: refuse() if condition(cells).any() else cells.max())


def answered(value):
    """A kernel that always returns the same number."""
    return lambda x, size, stride, **settings: np.full((1, 1, 1, 1), value)


def unchecked(x, size, stride):
    """A kernel that returns the same answer to everything."""
    return np.zeros((1, 1, 1, 1))


def empty_if_too_large(x, size, stride):
    rows, columns = (max(0, length - f + 1) for length, f in zip(x.shape[2:], size, strict=True))
    return np.zeros((*x.shape[:2], rows, columns))


def clipped(reduce):
    """A kernel that also answers windows that are too large, from the cells that they have."""

    def kernel(x, size, stride):
        counts = [max(1, (length - f) // s + 1) for length, f, s in zip(x.shape[2:], size, stride, strict=True)]
        y = np.empty((*x.shape[:2], *counts))
        for n, c, row, column in np.ndindex(y.shape):
            top, left = row * stride[0], column * stride[1]
            y[n, c, row, column] = reduce(x[n, c, top : top + size[0], left : left + size[1]])
        return y

    return kernel


def past_the_row(reduce):
    """A kernel that, for windows that are too large, reads past the end of a row, up to the end of the array."""

    def kernel(x, size, stride):
        places = np.arange(size[0])[:, None] * x.shape[3] + np.arange(size[1])
        starts = np.arange(0, x.size, x.shape[2] * x.shape[3])
        cells = x.reshape(-1)[np.minimum(starts[:, None, None] + places, x.size - 1)]
        return reduce(cells, axis=(1, 2)).reshape(*x.shape[:2], 1, 1)

    return kernel


def empty_or_clipped(x, size, stride):
    return clipped(np.max)(x, size, stride) if size[1] <= x.shape[3] else empty_if_too_large(x, size, stride)


TURN = count()


def in_turn(x, size, stride):
    """A kernel whose last bit alternates."""
    return forward(np.max)(x, size, stride) * (1 + next(TURN) % 2 * np.finfo(x.dtype).eps)


def strict(x, size, stride):
    if x.ndim != 4 or min(*size, *stride) < 1 or size[0] > x.shape[2] or size[1] > x.shape[3]:
        refuse()
    return forward(np.max)(x, size, stride)


def plain(cells):
    """The cells other than NaN."""
    return cells[cells == cells]


def last(cells):
    """The place of the last maximum."""
    return cells.size - 1 - cells[::-1].argmax()


def ties(cells):
    return cells == cells.max()


def indices(choose):
    """A kernel that returns the index for one window."""
    return lambda x, size, stride: np.full((1, 1, 1, 1), choose(x.reshape(-1)))


MAXIMUM, MEAN = forward(np.max), forward(np.mean)


def own_sum(cells):
    """The sum in the cells' own dtype."""
    return np.add.reduce(cells, dtype=cells.dtype)


def highest(cells):
    """The largest finite number of the cells' dtype."""
    return np.finfo(cells.dtype).max


OWN = forward(lambda cells: own_sum(cells) / cells.dtype.type(cells.size))

SHOWN = {
    ("ties", "first"): backward(lambda cells, d: at(cells.argmax(), cells, d)),
    ("ties", "last"): backward(lambda cells, d: at(last(cells), cells, d)),
    ("ties", "split"): backward(lambda cells, d: ties(cells) * d / ties(cells).sum()),
    ("ties", "all"): backward(lambda cells, d: ties(cells) * d),
    ("ties", "refused"): refuse,
    ("ties", "other"): backward(lambda cells, d: at(cells.argmax(), cells, d / 2)),
    ("nan", "propagates"): MAXIMUM,
    ("nan", "ignored"): forward(np.nanmax),
    ("nan", "refused"): refuse_if(np.isnan),
    ("nan", "other"): constant(77.0),
    ("nan-gradient", "to the nan"): backward(lambda cells, d: at(cells.argmax(), cells, d)),
    ("nan-gradient", "to the largest"): backward(lambda cells, d: at(np.nanargmax(cells), cells, d)),
    ("nan-gradient", "nowhere"): backward(lambda cells, d: d * (cells == cells.max())),
    ("nan-gradient", "refused"): refuse,
    ("nan-gradient", "other"): backward(lambda cells, d: np.full(cells.shape, d)),
    ("nan-mean", "propagates"): MEAN,
    ("nan-mean", "ignored"): forward(np.nanmean),
    ("nan-mean", "refused"): refuse,
    ("nan-mean", "other"): answered(1.0),
    ("minus-infinity-gradient", "inside"): backward(lambda cells, d: at(last(cells), cells, d)),
    ("minus-infinity-gradient", "nowhere"): backward(lambda cells, d: d * (cells > -np.inf)),
    ("minus-infinity-gradient", "refused"): refuse,
    ("minus-infinity-gradient", "other"): backward(lambda cells, d: ties(cells) * d),
    ("mean-subnormals", "kept"): MEAN,
    ("mean-subnormals", "flushed"): constant(0.0),
    ("mean-subnormals", "refused"): refuse,
    ("mean-subnormals", "other"): constant(1.0),
    ("ties-index", "first"): indices(np.argmax),
    ("ties-index", "last"): indices(last),
    ("ties-index", "refused"): refuse,
    ("ties-index", "other"): answered(-1),
    ("nan-index", "the nan"): indices(np.argmax),
    ("nan-index", "the largest"): indices(np.nanargmax),
    ("nan-index", "inside"): indices(lambda cells: (np.isnan(cells) | (cells == np.nanmax(cells))).argmin()),
    ("nan-index", "outside"): answered(-1),
    ("nan-index", "refused"): refuse,
    ("nan-index", "other"): lambda *_: np.zeros((1, 1, 1, 2), int),
    ("mean-overflow", "other"): lambda *_: np.zeros((1, 1, 1, 2)),
    ("all-minus-infinity", "-inf"): MAXIMUM,
    ("all-minus-infinity", "lowest"): forward(lambda cells: max(np.finfo(cells.dtype).min, cells.max())),
    ("all-minus-infinity", "nan"): constant(np.nan),
    ("all-minus-infinity", "refused"): refuse_if(np.isinf),
    ("all-minus-infinity", "other"): constant(0.0),
    ("subnormals", "kept"): MAXIMUM,
    ("subnormals", "flushed"): forward(
        lambda cells: cells.max() if abs(cells.max()) >= np.finfo(cells.dtype).tiny else 0
    ),
    ("subnormals", "refused"): refuse,
    ("subnormals", "other"): constant(1.0),
    ("signed-zero", "first"): forward(lambda cells: cells[cells.argmax()]),
    ("signed-zero", "last"): forward(lambda cells: cells[last(cells)]),
    ("signed-zero", "positive"): forward(lambda cells: abs(cells.max())),
    ("signed-zero", "negative"): forward(lambda cells: -abs(cells.max())),
    ("signed-zero", "refused"): refuse,
    ("signed-zero", "other"): lambda *_: np.zeros((1, 1, 1, 2)),
    ("mean-overflow", "infinite"): OWN,
    ("mean-overflow", "finite"): forward(lambda cells: (cells / cells.size).sum()),
    ("mean-overflow", "clamped"): forward(lambda cells: min(cells.sum(), highest(cells)) / cells.size),
    ("mean-overflow", "nan"): constant(np.nan),
    ("mean-overflow", "refused"): refuse,
    ("infinite-mean", "inf"): MEAN,
    ("infinite-mean", "nan"): forward(lambda cells: np.nan if np.isinf(cells).any() else cells.mean()),
    ("infinite-mean", "refused"): refuse,
    ("infinite-mean", "other"): forward(lambda cells: cells[np.isfinite(cells)].mean()),
    ("accumulator", "wider"): forward(lambda cells: cells.astype(np.float64).mean()),
    ("accumulator", "own"): OWN,
    ("accumulator", "clamped"): forward(lambda cells: min(own_sum(cells), highest(cells)) / cells.size),
    ("accumulator", "refused"): refuse,
    ("accumulator", "other"): constant(1.0),
    ("integer-mean", "float"): lambda x, size, stride: MEAN(x.astype(float), size, stride),
    ("integer-mean", "truncated"): MEAN,
    ("integer-mean", "rounded"): forward(lambda cells: round(float(cells.mean()))),
    ("integer-mean", "wrapped"): forward(lambda cells: int(own_sum(cells)) / cells.size),
    ("integer-mean", "refused"): refuse,
    ("integer-mean", "other"): answered(3),
    ("empty-batch", "accepted"): MAXIMUM,
    ("empty-batch", "refused"): lambda x, size, stride: MAXIMUM(x, size, stride) if len(x) else refuse(),
    ("empty-batch", "other"): answered(0.0),
    ("layouts", "accepted"): MAXIMUM,
    ("layouts", "refused"): refuse,
    ("layouts", "other"): unchecked,
    ("repeated", "same"): MAXIMUM,
    ("repeated", "differs"): in_turn,
    ("repeated", "refused"): refuse,
    ("repeated", "other"): stumble,
    ("window-too-large", "refused"): strict,
    ("window-too-large", "empty"): empty_if_too_large,
    ("window-too-large", "answered"): clipped(np.max),
    ("window-too-large", "other"): stumble,
    ("size-zero", "refused"): strict,
    ("size-zero", "answered"): unchecked,
    ("size-zero", "other"): stumble,
    ("stride-zero", "refused"): strict,
    ("stride-zero", "answered"): unchecked,
    ("stride-zero", "other"): stumble,
    ("wrong-rank", "refused"): strict,
    ("wrong-rank", "answered"): unchecked,
    ("wrong-rank", "other"): stumble,
    ("ceil-rule", "dropped"): naive.max_forward,
    ("ceil-rule", "kept"): lambda x, size, stride, **settings: np.zeros(
        (1, 1, *(n if n > 1 else 1 for n in x.shape[2:]))
    ),
    ("ceil-rule", "refused"): refuse,
    ("ceil-rule", "other"): answered(1.0),
    ("divisor-default", "counted"): naive.mean_forward,
    ("divisor-default", "not counted"): answered(1.0),
    ("divisor-default", "refused"): refuse,
    ("divisor-default", "other"): answered(3.0),
    **{
        (name, value): answered(number)
        for name in ("max-of-padding", "mean-of-padding")
        for value, number in (
            ("-inf", -np.inf),
            ("lowest", np.finfo(np.float64).min),
            ("zero", 0.0),
            ("nan", np.nan),
            ("other", 3.0),
        )
    },
    ("index-of-padding", "inside"): lambda *_, **settings: np.full((1, 2, 1, 1), 0),
    ("index-of-padding", "negative"): lambda *_, **settings: np.full((1, 2, 1, 1), -1),
    ("index-of-padding", "past the end"): lambda *_, **settings: np.full((1, 2, 1, 1), 1),
    ("index-of-padding", "refused"): refuse,
    ("index-of-padding", "other"): lambda *_, **settings: np.zeros((1, 1, 1, 0)),
    ("max-of-padding", "refused"): naive.max_forward,
    ("mean-of-padding", "refused"): naive.mean_forward,
}
VARYING = {
    ("ties", "first", "last"): backward(
        lambda cells, d: at(last(cells) if cells.size == 9 else cells.argmax(), cells, d)
    ),
    ("nan", "propagates", "ignored"): forward(lambda cells: max(cells.tolist())),
    ("nan", "ignored", "propagates"): forward(lambda cells: np.nanmax(cells) if cells.size < 30 else cells.max()),
    ("nan-gradient", "to the nan", "to the largest"): backward(
        lambda cells, d: at(0 if np.isnan(cells[0]) else np.nanargmax(cells), cells, d)
    ),
    ("layouts", "accepted", "refused"): lambda x, *window: MAXIMUM(x, *window) if x.flags.c_contiguous else refuse(),
    ("window-too-large", "empty", "answered"): empty_or_clipped,
    ("infinite-mean", "nan", "inf"): forward(lambda cells: cells[0] - cells[0] + cells.mean()),
}


BLIND = {
    "the mean is clamped": ("mean-overflow", "clamped", forward(lambda cells: min(own_sum(cells) / 4, highest(cells)))),
    "the narrow mean is clamped": (
        "accumulator",
        "clamped",
        forward(lambda cells: min(own_sum(cells) / 4, highest(cells))),
    ),
    "one finite number for all": ("mean-overflow", "other", constant(1.0)),
    "-inf for a sum": ("mean-overflow", "other", constant(-np.inf)),
    "NaN makes -inf": ("nan-mean", "other", forward(lambda cells: np.fmin(cells.mean(), -np.inf))),
    "NaN makes a number": ("nan-mean", "other", constant(77.0)),
    "the next row is a maximum's": ("window-too-large", "other", past_the_row(np.max)),
    "the next row is a mean's": ("window-too-large", "other", past_the_row(np.mean)),
    "ones": ("window-too-large", "other", lambda x, size, stride: np.ones((*x.shape[:2], 1, 1))),
    "one sample": ("window-too-large", "other", lambda x, *_: x[:1, :, :1, :1]),
}
"""Kernels that look sound to probes with ones, or with only the largest number: convention, value, kernel."""


def implementation(name, kernel):
    """A target that uses this kernel for every callable of a convention."""
    functions = CONVENTIONS[name].functions or ("max_forward",)
    return wrap(SimpleNamespace(**dict.fromkeys(functions, kernel)), "crafted")


def seen_on(implementation):
    """The conventions of an implementation, all of them observed."""
    found, left = observed(implementation)
    assert left == []
    return found


def test_every_value_of_every_convention_is_shown_here():
    assert {(each.name, value) for each in CONVENTIONS.values() for value in each.values} == set(SHOWN)


@slow
@pytest.mark.parametrize(("name", "value"), SHOWN)
def test_a_convention_is_observed(name, value):
    found = observe(CONVENTIONS[name], implementation(name, SHOWN[name, value]))
    assert found.value == value


@slow
@pytest.mark.parametrize("name", BLIND)
def test_a_probe_sees_what_an_unlucky_number_hides(name):
    about, value, kernel = BLIND[name]
    offered = dict.fromkeys(CONVENTIONS[about].functions or ("max_forward", "mean_forward"), kernel)
    assert observe(CONVENTIONS[about], wrap(SimpleNamespace(**offered))).value == value


@slow
def test_a_nan_that_counts_as_zero_is_ignored():
    mean = forward(lambda cells: np.nansum(cells) / cells.size)
    assert observe(CONVENTIONS["nan-mean"], implementation("nan-mean", mean)).value == "ignored"


@pytest.mark.parametrize("mean", [np.mean, lambda cells: cells.sum() / 9])
def test_a_mean_of_a_window_too_large_divides_by_its_cells_or_by_all(mean):
    kernel = clipped(mean)
    target = wrap(SimpleNamespace(mean_forward=kernel, square=True))
    assert observe(CONVENTIONS["window-too-large"], target).value == "answered"


WIDTHS = {
    "its own": (lambda dtype: dtype, "int8", (2, 2)),
    "16 bits for 8": (lambda dtype: "int16" if dtype == "int8" else "int64", "int8", (26, 26)),
    "32 bits for 64": (lambda dtype: "uint32" if dtype == "int64" else "int64", "int64", (2, 2)),
}


@pytest.mark.parametrize("name", WIDTHS)
def test_a_sum_that_wraps_is_seen_in_the_dtype_where_it_does(name):
    width, dtype, size = WIDTHS[name]

    def mean(cells):
        if cells.dtype != dtype:
            refuse()
        return int(cells.astype(width(dtype)).sum(dtype=width(dtype))) // cells.size

    found = observe(CONVENTIONS["integer-mean"], implementation("integer-mean", forward(mean)))
    shown = dict(found.each)["wrapped"]
    assert (shown.args["x"].dtype, tuple(shown.size)) == (dtype, size)


def test_integers_of_one_dtype_alone_are_enough_for_a_value():
    mean = forward(lambda cells: int(cells.astype(object).mean()) if cells.dtype == np.int64 else refuse())
    found = observe(CONVENTIONS["integer-mean"], implementation("integer-mean", mean))
    assert (found.value, found.evidence.args["x"].dtype) == ("truncated", "int64")


def test_no_integer_mean_is_asked_where_all_are_lacking():
    target = wrap(SimpleNamespace(mean_forward=MEAN, lacks=("mean_* *int* *",)))
    assert observe(CONVENTIONS["integer-mean"], target) is None


@pytest.mark.parametrize("name", CONVENTIONS)
def test_an_internal_error_is_no_refusal(name):
    found = observe(CONVENTIONS[name], implementation(name, stumble))
    assert (found.value, found.evidence.got) == ("other", "IndexError: pop from empty list")


@slow
@pytest.mark.parametrize(("name", "first", "second"), VARYING)
def test_a_convention_that_varies_is_told_with_evidence_of_both(name, first, second):
    found = observe(CONVENTIONS[name], implementation(name, VARYING[name, first, second]))
    assert found.value == "varies"
    assert found.values == [first, second]
    assert found.evidence != found.other


def test_evidence_is_the_call_and_what_it_gave():
    found = observe(CONVENTIONS["ties"], implementation("ties", SHOWN["ties", "last"])).evidence
    arrays = {"dy": np.ones((1, 1, 1, 1)), "x": np.ones((1, 1, 1, 2))}
    assert found.alone == stored_call(Call("max_backward", arrays, (1, 2), (1, 2)))
    assert found.got.data == [[[[0.0, 1.0]]]]


def test_evidence_of_a_refusal_is_the_exception():
    found = observe(CONVENTIONS["stride-zero"], implementation("stride-zero", refuse))
    assert found.evidence.got == "ValueError: no"


@slow
def test_a_target_of_another_name_has_the_same_conventions():
    def kernel(x, size, stride):
        return MAXIMUM(x, size, stride)

    one, other = SimpleNamespace(max_forward=kernel, name="torch"), SimpleNamespace(max_forward=kernel, name="mine")
    assert seen_on(wrap(one)) == seen_on(wrap(other))


@slow
@pytest.mark.parametrize("name", ["compiled", "img2col"])
def test_the_reference_kernels_have_the_same_conventions(name):
    values = [{key: found.value for key, found in seen_on(load(each)).items()} for each in ("naive", name)]
    assert values[0] == values[1]
    assert values[0]["ties"] == values[0]["signed-zero"] == "first"


@slow
def test_only_conventions_about_what_is_offered_are_observed():
    found = seen_on(wrap(SimpleNamespace(mean_forward=MEAN)))
    assert set(found) == {
        name for name, each in CONVENTIONS.items() if each.functions in ((), ("mean_forward",)) and not each.needs
    }


def test_a_convention_about_a_setting_is_observed_where_it_is_taken():
    def mean_forward(x, size, stride, padding=((0, 0), (0, 0))):
        return naive.mean_forward(x, size, stride, padding=padding, count_include_pad=False)

    found = seen_on(wrap(SimpleNamespace(mean_forward=mean_forward)))
    assert found["divisor-default"].value == "not counted"
    assert "mean-of-padding" not in found


def test_what_cannot_be_observed_is_told_when_it_is_expected():
    target = wrap(SimpleNamespace(max_forward=MAXIMUM))
    assert unobservable(CONVENTIONS["ceil-rule"], target) == "max_forward takes no padding with ceil_mode"
    assert unobservable(CONVENTIONS["ties"], target) == "it offers no max_backward"


def test_a_target_of_rank_3_alone_is_observed_too():
    found = seen_on(wrap(SimpleNamespace(max_forward=naive.max_forward, ranks=(3,))))
    assert {found[name].value for name in ("nan", "ceil-rule", "max-of-padding")} == {
        "propagates",
        "dropped",
        "refused",
    }


def test_a_target_without_floats_has_no_conventions():
    assert seen_on(wrap(SimpleNamespace(max_forward=MAXIMUM, dtypes=("int8",)))) == {}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_target_is_probed_with_a_dtype_that_it_takes(dtype):
    seen = set()

    def kernel(x, size, stride):
        seen.add(x.dtype.name)
        return MAXIMUM(x, size, stride)

    observed(wrap(SimpleNamespace(max_forward=kernel, dtypes=(dtype,))))
    assert seen == {dtype}


def test_a_target_that_ends_its_process_is_observed_as_refusing():
    def leave(*_):
        raise SystemExit(1)

    assert observe(CONVENTIONS["nan"], implementation("nan", leave)).value == "refused"


@pytest.mark.parametrize(("name", "value"), SHOWN)
def test_every_value_can_be_expected(name, value):
    assert check_expected(f"{name}={value}") == (name, value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tie=first", "expect 'tie=first': there is no convention 'tie'; did you mean 'ties'?"),
        ("xyzzy=1", "there is no convention 'xyzzy'; there are: ties, ties-index, nan, "),
        ("ties=frist", "ties should be one of first, last, split, all, refused, other; did you mean 'first'?"),
        ("ties", "ties should be one of first, last, split, all, refused, other"),
        ("ties=", "ties should be one of first, last, split, all, refused, other"),
        ("ties=varies", "ties should be one of first, last, split, all, refused, other"),
        ("", "there is no convention ''"),
    ],
)
def test_what_cannot_be_expected_is_told(text, complaint):
    with pytest.raises(ValueError, match=r"^expect") as caught:
        check_expected(text)
    assert complaint in str(caught.value)


# Conventions that depend on position, layout, path or size.


def ignoring_nan(x, size, stride, **settings):
    return naive.max_forward(np.where(np.isnan(x), -np.inf, x), size, stride, **settings)


def late_columns(x, y):
    return np.arange(y.shape[-1]) >= 8


def late_channels(x, y):
    return np.arange(y.shape[1])[:, None, None] >= 16


SOMETIMES = {
    "column": (late_columns, {}, lambda call: call.size[1] * 9 == call.args["x"].shape[3]),
    "channel": (late_channels, {}, lambda call: call.args["x"].shape[:2] == [1, 17]),
    "dtype": (lambda x, y: x.dtype == np.float32, {}, lambda call: call.args["x"].dtype == "float32"),
    "layout": (lambda x, y: not x.flags.c_contiguous, {}, lambda call: call.args["x"].layout != "C"),
    "rank": (lambda x, y: x.ndim == 5, {"ranks": (2, 3)}, lambda call: len(call.size) == 3),
    "stride": (lambda x, y, stride, size: stride != size, {}, lambda call: call.size != call.stride),
    **{
        name: (
            lambda x, y, name=name, **settings: name in settings,
            {},
            lambda call, name=name: name in call.settings,
        )
        for name in ("padding", "dilation", "ceil_mode")
    },
}


@slow
@pytest.mark.parametrize("name", SOMETIMES)
def test_a_nan_that_is_lost_on_one_path_alone_is_found_there(name):
    when, declared, shown_by = SOMETIMES[name]

    def max_forward(x, size, stride, padding=0, dilation=1, ceil_mode=False):
        given = {"padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
        passed = {k: v for k, v in given.items() if v is True or v not in (0, 1)}
        y = naive.max_forward(x, size, stride, **given)
        told = {"size": size, "stride": stride} if name == "stride" else passed if name in given else {}
        return np.where(when(x, y, **told), ignoring_nan(x, size, stride, **given), y)

    found = observe(CONVENTIONS["nan"], wrap(SimpleNamespace(max_forward=max_forward, **declared)))
    assert found.values == ["propagates", "ignored"]
    assert shown_by(found.other)
    largest = max(value for value in found.other.args["x"].array().flat if value == value)
    assert found.other.got.cell(tuple(found.other.where)) == largest


@pytest.mark.parametrize("declared", [{"square": True}, {"tiles": True}, {"ranks": (1,)}, {"padding_limit": "half"}])
def test_a_target_is_probed_with_what_it_declares_to_take(declared):
    asked = []

    def max_forward(x, size, stride, padding=0, dilation=1, ceil_mode=False):
        asked.append((size, stride, padding))
        return naive.max_forward(x, size, stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)

    found = seen_on(wrap(SimpleNamespace(max_forward=max_forward, **declared)))
    assert found["nan"].value == "propagates"
    valid = [(size, stride, padding) for size, stride, padding in asked if stride and min(stride) > 0]
    assert all(len(set(size)) == len(set(stride)) == 1 for size, stride, _ in valid) or "square" not in declared
    assert {found[name].value for name in ("signed-zero", "subnormals")} == {"first", "kept"} or "ranks" in declared
    assert all(size == stride for size, stride, _ in valid) or "tiles" not in declared
    assert {len(size) for size, _, _ in valid} == set(declared.get("ranks", (2,)))
