"""The layer of the teaching framework: its whole interface, compared with the naive kernel."""

from __future__ import annotations

import gc
import json
import os
import pickle
import weakref

import numpy as np
import pytest
from poolproof.kernels import PoolingLayer, PoolingType, cache, compiled, img2col, naive
from poolproof.kernels.compiled.loops import overlapping, separate
from poolproof.kernels.dtypes import ORDERED
from selection import once_but, slow

SHAPE, SIZE, STRIDE = (3, 5, 6), (2, 3), (1, 2)
METHODS = {
    "numba": ("forward_numba", "backward_numba"),
    "img2col": ("forward_img2col", "backward_col2img"),
    "default": ("forward", "backward"),
}
each_method = pytest.mark.parametrize(("forward", "backward"), METHODS.values(), ids=METHODS)
each_kind = pytest.mark.parametrize("kind", ["MAX", "MEAN"])
each_float = pytest.mark.parametrize("dtype", once_but(["float16", "float32", "float64"], "float64"))


def sample(n=2, seed=0, dtype="float64"):
    """x and a delta for it."""
    normal = np.random.default_rng(seed).standard_normal
    return normal((n, *SHAPE)).astype(dtype), normal((n, 3, 4, 2)).astype(dtype)


def layer(kind="MAX"):
    return PoolingLayer(SHAPE, SIZE, STRIDE, kind)


def kernel(kind, direction):
    return getattr(naive, f"{kind.lower()}_{direction}")


def same(result, expected):
    return (result.dtype, result.shape, result.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())


@each_method
@each_kind
@each_float
@pytest.mark.parametrize("n", [0, 1, 3])
def test_both_directions_are_those_of_the_naive_kernel(forward, backward, kind, dtype, n):
    pooling, (x, delta) = layer(kind), sample(n, dtype=dtype)
    assert same(getattr(pooling, forward)(x), kernel(kind, "forward")(x, SIZE, STRIDE))
    assert same(getattr(pooling, backward)(delta, 0), kernel(kind, "backward")(delta, x, SIZE, STRIDE))


@each_method
def test_mean_means_and_its_error_is_spread(forward, backward):
    pooling = PoolingLayer((1, 2, 2), 2, 2, PoolingType.MEAN)
    assert getattr(pooling, forward)(np.array([[[[1.0, 2], [3, 10]]]])).tolist() == [[[[4]]]]
    assert getattr(pooling, backward)(np.array([[[[2.0]]]]), 0).tolist() == [[[[0.5, 0.5], [0.5, 0.5]]]]


@each_method
def test_errors_of_overlapping_windows_add_up(forward, backward):
    pooling = PoolingLayer((1, 1, 3), (1, 2), 1, "MAX")
    assert getattr(pooling, forward)(np.array([[[[0.0, 9, 0]]]])).tolist() == [[[[9, 9]]]]
    assert getattr(pooling, backward)(np.array([[[[1.0, 2]]]]), 0).tolist() == [[[[0, 3, 0]]]]


@pytest.mark.parametrize("kind", PoolingType)
def test_enum_and_string_make_the_same_layer(kind):
    x, _ = sample()
    by_enum, by_string = layer(kind), layer(kind.value)
    assert by_enum.pooling_type is by_string.pooling_type is kind
    assert same(by_enum.forward(x), by_string.forward(x))


@pytest.mark.parametrize("kind", ["max", "AVG", "", None, 0, []], ids=repr)
def test_another_pooling_type_is_refused(kind):
    with pytest.raises(ValueError, match=r"^pooling_type=.* should be 'MAX' or 'MEAN'$"):
        layer(kind)


@pytest.mark.parametrize(
    ("input_shape", "size", "stride", "expected"),
    [((1, 28, 28), 2, 2, (1, 14, 14)), ((3, 5, 6), (2, 3), (1, 2), (3, 4, 2)), ((2, 7, 3), 3, 5, (2, 1, 1))],
)
def test_output_shape_and_size_are_known_beforehand(input_shape, size, stride, expected):
    pooling = PoolingLayer(input_shape, size, stride, "MAX")
    assert (pooling.output_shape, pooling.output_size) == (expected, expected[0] * expected[1] * expected[2])
    assert pooling.forward(np.zeros((4, *input_shape))).shape == (4, *pooling.output_shape)


def test_input_shape_may_be_a_list():
    assert PoolingLayer([3, 5, 6], 2, 2, "MAX").input_shape == (3, 5, 6)


BAD_SHAPES = {
    "two axes": (28, 28),
    "four axes": (1, 3, 28, 28),
    "an int": 28,
    "None": None,
    "a string": "abc",
    "no channels": (0, 28, 28),
    "no rows": (1, 0, 28),
    "negative": (1, 28, -1),
    "float": (1, 28.0, 28),
}


@pytest.mark.parametrize("input_shape", BAD_SHAPES.values(), ids=BAD_SHAPES)
def test_an_input_shape_that_cannot_be_is_refused(input_shape):
    with pytest.raises((TypeError, ValueError), match=r"shape=.* should be . positive ints"):
        PoolingLayer(input_shape, 2, 2, "MAX")


@pytest.mark.parametrize("what", ["no channels", "no rows", "negative", "float"])
def test_an_impossible_length_is_refused_by_the_name_of_the_argument(what):
    with pytest.raises((TypeError, ValueError), match=r"^input_shape=\([^()]*\) should be 3 positive ints"):
        PoolingLayer(BAD_SHAPES[what], 2, 2, "MAX")


def test_a_truth_value_is_no_length():
    with pytest.raises((TypeError, ValueError), match="shape="):
        PoolingLayer((1, 4, True), 1, 1, "MAX")


def test_lengths_may_be_numpy_integers():
    assert PoolingLayer((np.int64(3), 5, 6), 2, 2, "MAX").input_shape == (3, 5, 6)


@pytest.mark.parametrize(
    ("size", "words"), [((6, 1), "the height of input_shape"), ((1, 7), "the width of input_shape")]
)
def test_a_window_larger_than_the_input_is_refused_at_once(size, words):
    with pytest.raises(ValueError, match=rf"^pool_shape=.* should be at most ., {words}"):
        PoolingLayer(SHAPE, size, 1, "MAX")


WRONG = {
    "a float": ({"pool_shape": 2.0}, "pool_shape=2.0 should be an int or 2 ints, not float"),
    "nothing": ({"pool_shape": None}, "pool_shape=None should be an int or 2 ints, not NoneType"),
    "zero": ({"pool_shape": 0}, "pool_shape=0 should be at least 1"),
    "three entries": ({"pool_shape": (2, 2, 2)}, "pool_shape=(2, 2, 2) has 3 entries, but should be an int or 2 ints"),
    "one stride": ({"stride": (1,)}, "stride=(1,) has 1 entries, but should be an int or 2 ints"),
    "no stride": ({"stride": 0}, "stride=0 should be at least 1"),
    "negative padding": ({"padding": -1}, "padding=-1 should be at least 0"),
    "padding alone": (
        {"padding": 2},
        "padding=((2, 2), (2, 2)): window 0 along the height of input_shape, which has 4 cells, lies wholly in padding "
        "(pool_shape=(2, 2), stride=(2, 2), dilation=(1, 1)); every window should have a cell of input_shape",
    ),
    "far apart": (
        {"dilation": 4},
        "pool_shape=(2, 2): dilation=(4, 4): the extent 5 along axis 0 should be at most 4, the height of input_shape",
    ),
    "a number for a flag": ({"ceil_mode": 1}, "ceil_mode=1 should be True or False, not int"),
    "no setting": ({"foo": 1}, "foo=1 is not a setting here; the settings are padding, dilation, ceil_mode"),
    "threads": ({"threads": 0}, "threads=0 should be at least 1"),
    "a shape of one axis too few": ({"input_shape": (4, 4)}, "input_shape=(4, 4) should be 3 positive ints: (C, H, W)"),
}


@pytest.mark.parametrize(("changed", "says"), WRONG.values(), ids=WRONG)
def test_an_argument_that_cannot_be_is_refused_by_its_own_name(changed, says):
    arguments = {"input_shape": (1, 4, 4), "pool_shape": 2, "stride": 2, "pooling_type": "MAX"}
    with pytest.raises((TypeError, ValueError)) as caught:
        PoolingLayer(**{**arguments, **changed})
    assert str(caught.value).startswith(says)
    assert "size=" not in str(caught.value)


ODD = {"an object": object(), "a string": "a", "ragged": [[1], [1, 2]], "complex": np.zeros((2, 3, 5, 6), complex)}
ODD |= {"masked": np.ma.zeros((2, 3, 5, 6)), "foreign": np.zeros((2, 3, 5, 6), np.dtype("f8").newbyteorder())}


@each_method
@each_kind
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_no_input_or_delta_is_refused_by_its_own_name(forward, backward, kind, odd):
    pooling = layer(kind)
    with pytest.raises(TypeError, match=r"^x[ =]"):
        getattr(pooling, forward)(odd)
    getattr(pooling, forward)(sample()[0])
    with pytest.raises(TypeError, match=r"^delta_in[ =]"):
        getattr(pooling, backward)(odd, 0)


@each_method
@pytest.mark.parametrize("dtype", ORDERED)
def test_an_input_of_another_shape_is_refused_in_every_dtype(forward, backward, dtype):
    with pytest.raises(ValueError, match=r"^x has shape \(2, 3, 9, 9\), but should have \(N, 3, 5, 6\)$"):
        getattr(layer(), forward)(np.zeros((2, 3, 9, 9), dtype))


@each_method
@pytest.mark.parametrize("shape", [(2, 3, 5, 5), (2, 3, 6, 5), (2, 4, 5, 6), (3, 5, 6), (1, 2, 3, 5, 6), ()], ids=str)
def test_an_input_of_another_shape_is_refused(forward, backward, shape):
    with pytest.raises(ValueError, match=r"^x has shape \(.*\), but should have \(N, 3, 5, 6\)$"):
        getattr(layer(), forward)(np.zeros(shape))
    with pytest.raises(RuntimeError):
        getattr(layer(), backward)(np.zeros((2, 3, 4, 2)), 0)


@each_method
@each_kind
def test_backward_needs_a_forward_before_it(forward, backward, kind):
    x, delta = sample()
    pooling = layer(kind)
    with pytest.raises(RuntimeError, match=r"^backward needs forward_\w+\(x, train=True\) before it; there was none$"):
        getattr(pooling, backward)(delta, 0)
    getattr(pooling, forward)(x)
    getattr(pooling, backward)(delta, 0)


@each_method
@each_kind
def test_a_forward_that_does_not_train_pools_the_same_and_remembers_nothing(forward, backward, kind):
    x, delta = sample()
    pooling = layer(kind)
    trained = getattr(pooling, forward)(x)
    assert same(getattr(pooling, forward)(x, train=False), trained)
    with pytest.raises(RuntimeError, match=r"before it; there was none$"):
        getattr(pooling, backward)(delta, 0)


@each_method
@each_kind
@pytest.mark.parametrize("shape", [(2, 3, 2, 4), (1, 3, 4, 2), (2, 3, 5, 6), (3, 4, 2), (2, 3, 4, 2, 1)], ids=str)
def test_a_delta_of_another_shape_is_refused(forward, backward, kind, shape):
    pooling = layer(kind)
    getattr(pooling, forward)(sample()[0])
    with pytest.raises(
        ValueError, match=r"^delta_in has shape .* but should have \(2, 3, 4, 2\), like the forward result$"
    ):
        getattr(pooling, backward)(np.zeros(shape), 0)


@each_method
@each_kind
def test_a_delta_may_be_a_nested_list_and_takes_the_dtype_of_x(forward, backward, kind):
    x, delta = sample(dtype="float32")
    pooling = layer(kind)
    getattr(pooling, forward)(x)
    assert same(getattr(pooling, backward)(delta.tolist(), 0), kernel(kind, "backward")(delta, x, SIZE, STRIDE))


@each_method
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers_have_a_maximum_and_no_gradient(forward, backward, dtype):
    x, delta = sample()
    x, pooling = (8 * x).astype(dtype), layer()
    assert same(getattr(pooling, forward)(x), naive.max_forward(x, SIZE, STRIDE))
    with pytest.raises(
        TypeError,
        match=f"^x has dtype {dtype}, which has no gradient; should .*float16, float32, float64(, bfloat16)?$",
    ):
        getattr(pooling, backward)(delta, 0)


@each_method
def test_nested_lists_are_inputs(forward, backward):
    pooling = PoolingLayer((1, 1, 4), (1, 2), 2, "MEAN")
    assert getattr(pooling, forward)([[[[1.0, 2.0, 3.0, 5.0]]]]).tolist() == [[[[1.5, 4]]]]
    assert getattr(pooling, backward)([[[[2, 4]]]], 0).tolist() == [[[[1, 1, 2, 2]]]]


@each_method
@each_kind
def test_the_place_of_the_layer_makes_no_difference(forward, backward, kind):
    x, delta = sample()
    pooling = layer(kind)
    getattr(pooling, forward)(x)
    assert same(getattr(pooling, backward)(delta, 0), getattr(pooling, backward)(delta, layer_idx=7))


@each_method
@each_kind
def test_backward_answers_for_x_as_it_was_in_forward(forward, backward, kind):
    x, delta = sample()
    expected = kernel(kind, "backward")(delta, x, SIZE, STRIDE)
    pooling = layer(kind)
    y = getattr(pooling, forward)(x)
    x[...], y[...] = -x, 0
    assert same(getattr(pooling, backward)(delta, 0), expected)


def searches(*_):
    raise AssertionError("backward searches for the maximum again")


@each_method
def test_backward_does_not_search_for_the_maximum_again(forward, backward, monkeypatch):
    x, delta = sample()
    pooling = layer()
    getattr(pooling, forward)(x)
    for module in (compiled, img2col):
        for name in ("max_forward", "max_forward_argmax", "max_indices", "max_backward"):
            monkeypatch.setattr(module, name, searches)
    for loops in (separate, overlapping):
        monkeypatch.setattr(loops, "max_forward", searches)
    cache.result.cache_clear()
    monkeypatch.setattr(img2col, "img2col", searches)
    assert same(getattr(pooling, backward)(delta, 0), naive.max_backward(delta, x, SIZE, STRIDE))


@each_method
@each_kind
@pytest.mark.parametrize("layout", once_but(["C", "F"], "C", others=slow))
def test_the_layer_does_not_keep_its_input_alive(forward, backward, kind, layout):
    x = np.asarray(sample()[0], order=layout)
    x = x.copy(order=layout)
    pooling, kept = layer(kind), weakref.ref(x)
    getattr(pooling, forward)(x)
    del x
    gc.collect()
    assert kept() is None


@each_method
@each_kind
def test_the_layer_changes_neither_x_nor_delta_and_shares_no_memory(forward, backward, kind):
    x, delta = sample()
    before = x.copy(), delta.copy()
    pooling = PoolingLayer(SHAPE, 1, 1, kind)
    y = getattr(pooling, forward)(x)
    dx = getattr(pooling, backward)(x, 0)
    assert same(x, before[0])
    assert same(delta, before[1])
    assert not np.shares_memory(y, x)
    assert not np.shares_memory(dx, x)
    assert y.flags.writeable
    assert dx.flags.writeable


@each_method
@each_kind
def test_backward_answers_for_the_last_forward_whatever_its_batch(forward, backward, kind):
    pooling = layer(kind)
    for n, seed, dtype in [(2, 1, "float64"), (2, 2, "float64"), (5, 3, "float32"), (1, 4, "float64")]:
        x, delta = sample(n, seed, dtype)
        getattr(pooling, forward)(x)
        expected = kernel(kind, "backward")(delta, x, SIZE, STRIDE)
        assert same(getattr(pooling, backward)(delta, 0), expected)
        assert same(getattr(pooling, backward)(delta, 0), expected)


@each_kind
def test_both_methods_remember_their_own_forward(kind):
    pooling, (first, delta), (second, other) = layer(kind), sample(2, 1), sample(3, 2)
    pooling.forward_numba(first)
    pooling.forward_img2col(second)
    assert same(pooling.backward_numba(delta, 0), kernel(kind, "backward")(delta, first, SIZE, STRIDE))
    assert same(pooling.backward_col2img(other, 0), kernel(kind, "backward")(other, second, SIZE, STRIDE))


@pytest.mark.parametrize(
    ("forward", "backward"), [("forward_numba", "backward_col2img"), ("forward_img2col", "backward_numba")]
)
def test_one_method_does_not_remember_for_the_other(forward, backward):
    pooling, (x, delta) = layer(), sample()
    getattr(pooling, forward)(x)
    with pytest.raises(RuntimeError, match="there was none"):
        getattr(pooling, backward)(delta, 0)


def test_a_method_that_does_not_train_forgets_nothing_of_the_other():
    pooling, (x, delta) = layer(), sample()
    pooling.forward_numba(x)
    pooling.forward_img2col(-x, train=False)
    assert same(pooling.backward_numba(delta, 0), naive.max_backward(delta, x, SIZE, STRIDE))


@pytest.mark.parametrize("last", ["numba", "img2col"])
def test_backward_goes_by_the_method_of_the_last_forward(last):
    pooling, (x, delta) = layer(), sample()
    getattr(pooling, METHODS["img2col" if last == "numba" else "numba"][0])(-x)
    getattr(pooling, METHODS[last][0])(x)
    assert same(pooling.backward(delta, 0), naive.max_backward(delta, x, SIZE, STRIDE))


@pytest.mark.parametrize("method", ["numba", "img2col"])
@each_kind
def test_each_method_uses_its_own_kernel(method, kind, monkeypatch):
    other = compiled if method == "img2col" else img2col
    for name in ("max_forward", "max_forward_argmax", "mean_forward", "max_backward_argmax", "mean_backward"):
        monkeypatch.setattr(other, name, searches)
    pooling, (x, delta) = layer(kind), sample()
    getattr(pooling, METHODS[method][0])(x)
    getattr(pooling, METHODS[method][1])(delta, 0)


def test_two_layers_remember_apart():
    one, two, (x, delta) = layer(), layer(), sample()
    one.forward(x)
    two.forward(-x)
    assert same(one.backward(delta, 0), naive.max_backward(delta, x, SIZE, STRIDE))


SETTINGS = {
    "input_shape": ((3, 5, 7), SIZE, STRIDE, "MAX"),
    "pool_shape": (SHAPE, (3, 3), STRIDE, "MAX"),
    "stride": (SHAPE, SIZE, (2, 2), "MAX"),
    "pooling_type": (SHAPE, SIZE, STRIDE, "MEAN"),
}


def saved(folder, pooling):
    pooling.initialize(folder, "pool")
    pooling.save_parameters()
    return pooling


@each_kind
def test_saved_settings_load_into_an_equal_layer(kind, tmp_path):
    saved(tmp_path / "new" / "folder", layer(kind))
    other = layer(PoolingType(kind))
    other.initialize(str(tmp_path / "new" / "folder"), "pool")
    assert other.load_parameters() is None
    assert json.loads((tmp_path / "new" / "folder" / "pool.json").read_text("utf-8")) == {
        "input_shape": [3, 5, 6],
        "pool_shape": [2, 3],
        "stride": [1, 2],
        "pooling_type": kind,
        "padding": [[0, 0], [0, 0]],
        "dilation": [1, 1],
        "ceil_mode": False,
        "count_include_pad": True,
    }


@pytest.mark.parametrize(("setting", "arguments"), SETTINGS.items(), ids=SETTINGS)
def test_a_setting_that_differs_is_named_with_both_values(setting, arguments, tmp_path):
    saved(tmp_path, PoolingLayer(*arguments))
    other = layer()
    other.initialize(tmp_path, "pool")
    with pytest.raises(
        ValueError, match=rf"pool\.json has {setting}=.+, but should have .+, like this layer$"
    ) as caught:
        other.load_parameters()
    values = [dict(zip(SETTINGS, given, strict=True))[setting] for given in (arguments, (SHAPE, SIZE, STRIDE, "MAX"))]
    for value in values:
        assert (repr(list(value)) if isinstance(value, tuple) else repr(value)) in str(caught.value)


@pytest.mark.parametrize("text", ["{}", '{"pool_shape": [2, 3]}'])
def test_a_file_without_the_settings_is_refused_by_the_first_that_is_missing(text, tmp_path):
    pooling = saved(tmp_path, layer())
    (tmp_path / "pool.json").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"pool\.json has no input_shape, but should have input_shape=\[3, 5, 6\]"):
        pooling.load_parameters()


@pytest.mark.parametrize(("old", "new"), [("[2, 3]", "[2.0, 3]"), ("false", "0"), ("true", "1"), ("[2, 3]", "null")])
def test_a_value_that_only_equals_the_saved_one_is_refused(old, new, tmp_path):
    pooling = saved(tmp_path, layer())
    text = json.dumps(json.loads((tmp_path / "pool.json").read_text("utf-8")))
    (tmp_path / "pool.json").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match=r"like this layer$"):
        pooling.load_parameters()


BROKEN = {
    "empty": b"",
    "cut": b'{"input_shape": [3, 5',
    "a pickle": pickle.dumps({"input_shape": [3, 5, 6]}),
    "a zip": b"PK\x03\x04",
    "zeros": bytes(100),
    "not UTF-8": b"\xff\xfe{}",
    "deep": b"[" * 200_000,
    "deep under a name": b'{"input_shape":' * 100_000,
    "a number too long to read": b'{"input_shape": ' + b"9" * 10_000 + b"}",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a long text": b'"' + b"a" * 100_000 + b'"',
}


def refused(pooling):
    """The one line with which a file is refused, without a chained exception."""
    with pytest.raises(ValueError, match="should be a file that save_parameters wrote: ") as caught:
        pooling.load_parameters()
    assert caught.type is ValueError
    assert caught.value.__suppress_context__
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    return str(caught.value)


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_in_one_line(content, tmp_path):
    pooling = layer()
    pooling.initialize(tmp_path, "pool")
    (tmp_path / "pool.json").write_bytes(content)
    assert refused(pooling).startswith(str(tmp_path / "pool.json"))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    pooling = layer()
    pooling.initialize(tmp_path, "pool")
    (tmp_path / "pool.json").mkdir()
    assert refused(pooling).endswith("it is not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path):
    pooling = layer()
    pooling.initialize(tmp_path, "pool")
    os.mkfifo(tmp_path / "pool.json")
    assert refused(pooling).endswith("it is not a file")


def test_a_second_save_replaces_the_first(tmp_path):
    saved(tmp_path, layer("MEAN"))
    saved(tmp_path, layer("MAX")).load_parameters()


@pytest.mark.parametrize("call", ["save_parameters", "load_parameters"])
def test_saving_and_loading_need_a_place(call):
    with pytest.raises(RuntimeError, match=r"^initialize\(folder, name\) should come before"):
        getattr(layer(), call)()


def test_loading_what_was_never_saved_says_which_file_is_missing(tmp_path):
    pooling = layer()
    pooling.initialize(tmp_path, "pool")
    assert (
        refused(pooling)
        == f"{tmp_path / 'pool.json'} should be a file that save_parameters wrote: there is no such file"
    )


def test_saving_and_loading_leave_what_backward_needs(tmp_path):
    pooling, (x, delta) = layer(), sample()
    pooling.forward(x)
    saved(tmp_path, pooling).load_parameters()
    assert same(pooling.backward(delta, 0), naive.max_backward(delta, x, SIZE, STRIDE))


# Settings.

GIVEN = {
    "padding": {"padding": ((1, 0), (0, 1))},
    "dilation": {"dilation": (2, 1)},
    "ceil": {"ceil_mode": True},
    "all": {"padding": 1, "dilation": (1, 2), "ceil_mode": True},
}


@each_kind
@pytest.mark.parametrize("method", ["numba", "img2col"])
@pytest.mark.parametrize("given_", GIVEN.values(), ids=GIVEN)
def test_a_layer_with_settings_is_the_naive_kernel_with_them(kind, method, given_):
    counted = {"count_include_pad": False} if kind == "MEAN" else {}
    built = PoolingLayer((3, 5, 6), (2, 3), (2, 2), kind, **given_, **counted)
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    name = "max" if kind == "MAX" else "mean"
    y = getattr(built, f"forward_{method}")(x)
    assert y.tolist() == getattr(naive, f"{name}_forward")(x, (2, 3), (2, 2), **given_, **counted).tolist()
    assert y.shape == (2, *built.output_shape)
    delta = np.random.default_rng(1).standard_normal(y.shape)
    dx = getattr(built, "backward_numba" if method == "numba" else "backward_col2img")(delta, 0)
    assert dx.tolist() == getattr(naive, f"{name}_backward")(delta, x, (2, 3), (2, 2), **given_, **counted).tolist()


@each_kind
@pytest.mark.parametrize("shape", [(2, 7), (2, 3, 4, 5)], ids=["one axis", "three axes"])
def test_a_layer_for_images_of_one_and_three_axes(kind, shape):
    rank = len(shape) - 1
    built = PoolingLayer(shape, (2,) * rank, 2, kind)
    x = np.random.default_rng(0).standard_normal((3, *shape))
    y = built.forward(x)
    assert y.shape == (3, *built.output_shape)
    assert built.backward(np.ones_like(y), 0).sum() == y.size


def test_settings_of_a_layer_are_refused():
    with pytest.raises(TypeError, match="count_include_pad=True is not a setting here"):
        PoolingLayer((1, 4, 4), 2, 2, "MAX", count_include_pad=True)
    with pytest.raises(ValueError, match="lies wholly in padding"):
        PoolingLayer((1, 4, 4), 2, 2, "MEAN", padding=2)
    with pytest.raises(ValueError, match="padding=-1 should be at least 0"):
        PoolingLayer((1, 4, 4), 2, 2, "MEAN", padding=-1)


def test_a_saved_setting_that_differs_is_named(tmp_path):
    one, other = PoolingLayer((1, 4, 4), 2, 2, "MEAN", padding=1), PoolingLayer((1, 4, 4), 2, 2, "MEAN")
    for each in (one, other):
        each.initialize(tmp_path, "pool")
    one.save_parameters()
    with pytest.raises(ValueError, match=r"has padding=\[\[1, 1\], \[1, 1\]\], but should have \[\[0, 0\], \[0, 0\]\]"):
        other.load_parameters()
