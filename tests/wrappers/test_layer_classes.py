"""Parameters by their names, and layers by their class: of courses, and of Keras and Flax if they are installed."""

import os
import subprocess
import sys

import pytest
from poolproof.kernels import naive
from poolproof.properties import check, laws
from poolproof.properties.wrappers.layer_classes import layer_class
from poolproof.properties.wrappers.operators import function
from poolproof.properties.wrappers.parameters import Parameters, parameters_of, plain_words
from selection import slow

# Parameters.


def words(function, arrays=0):
    """The contract's names for the parameters of a function."""
    return {each.name: each.word for each in parameters_of(function, arrays).every}


def test_parameters_are_known_by_the_names_that_people_give_them():
    def pool(x, kernel_size, strides=None, pad=0, dilations=1, ceil=False, return_indices=False):
        pass

    assert words(pool, 1) == {
        "kernel_size": "size",
        "strides": "stride",
        "pad": "padding",
        "dilations": "dilation",
        "ceil": "ceil_mode",
    }
    assert words(lambda a, k, s: None, 1) == {"k": "size", "s": "stride"}


def test_without_a_known_name_the_first_two_parameters_are_size_and_stride():
    assert words(lambda x, a, b, c=1: None, 1) == {"a": "size", "b": "stride", "c": ""}
    assert words(lambda x, a, stride: None, 1) == {"a": "", "stride": "stride"}
    assert parameters_of(lambda x, a, stride: None, 1).open == ["a"]

    class Hidden:
        def __init__(self, hidden, depth):
            pass

    assert parameters_of(Hidden).open == ["hidden", "depth"]


def test_a_padding_in_words_is_none_of_the_contract():
    def layer(pool_size, strides=None, padding="valid"):
        pass

    assert words(layer) == {"pool_size": "size", "strides": "stride", "padding": ""}
    assert parameters_of(layer).keywords({"size": 2, "stride": 1}) == {"pool_size": 2, "strides": 1}


def test_what_is_called_by_position_has_neutral_settings_and_its_own_defaults():
    def forward(ctx, x, padding, kernel_size, alpha=3, stride=None):
        pass

    assert parameters_of(forward, 1).positional({"size": 2, "stride": 1}) == [0, 2, 3, 1]
    assert parameters_of(forward, 1).positional({"size": (2, 2), "stride": (1, 1)}) == [(0, 0), (2, 2), 3, (1, 1)]


def test_settings_that_are_not_asked_for_are_passed_where_their_defaults_change_something():
    def pool(x, k, s, padding, dilation=2, ceil_mode=False, count_include_pad=False):
        pass

    given = {"size": (3, 2), "stride": (1, 1), "padding": (1, 1)}
    expected = {"k": (3, 2), "s": (1, 1), "padding": (1, 1), "dilation": (1, 1), "count_include_pad": True}
    assert parameters_of(pool, 1).keywords(given) == expected
    assert parameters_of(pool, 1).keywords({"size": 3, "stride": 1})["padding"] == 0


def test_what_has_no_signature_has_no_parameters():
    assert parameters_of(int) == parameters_of(3) == Parameters(())


def test_padding_is_one_number_an_axis_and_single_ints_are_single():
    settings = {"padding": ((1, 1), (1, 1)), "ceil_mode": True}
    assert plain_words((2, 2), (3, 3), settings, ints=False) == {
        "size": (2, 2),
        "stride": (3, 3),
        "padding": (1, 1),
        "ceil_mode": True,
    }
    assert plain_words((2, 2), (3, 3), settings, ints=True) == {"size": 2, "stride": 3, "padding": 1, "ceil_mode": True}


# Functions and layers of NumPy.


def accepted(target, pattern, examples=5):
    """Assert that these laws pass."""
    check(target, examples=examples, seed=1, pattern=pattern)
    assert laws(target, pattern=pattern)


def test_a_function_with_settings_is_asked_for_them():
    def avgpool(x, window, step, padding=0, ceil_mode=False, count_include_pad=True):
        pairs = tuple((p, p) for p in padding) if isinstance(padding, tuple) else padding
        return naive.mean_forward(
            x, window, step, padding=pairs, ceil_mode=ceil_mode, count_include_pad=count_include_pad
        )

    target = function(avgpool)
    assert target.settings["mean_forward"] == ["padding", "ceil_mode", "count_include_pad"]
    assert (target.padding, target.padding_limit, target.square, target.tiles) == ("symmetric", "window", False, False)
    accepted(target, "output-size,mean-value,settings")


def refuses_more_than_half(x, size, stride, padding):
    """Maxima with at most half a window of padding."""
    if any(2 * p > f for p, f in zip(padding, size, strict=True)):
        raise ValueError(f"padding={padding} should be at most half of size={size}")
    return naive.max_forward(x, size, stride, padding=tuple((p, p) for p in padding))


def drops_cells_beyond_half(x, size, stride, padding):
    """The same, but more padding is cut down, so that there are fewer windows."""
    return refuses_more_than_half(x, size, stride, tuple(min(p, f // 2) for p, f in zip(padding, size, strict=True)))


@pytest.mark.parametrize("pool", [refuses_more_than_half, drops_cells_beyond_half])
def test_a_function_that_pads_no_more_than_half_a_window_is_not_asked_for_more(pool):
    assert function(pool).padding_limit == "half"
    accepted(function(pool), "output-size,max-value")


def test_a_function_of_volumes_or_sequences_is_asked_for_them():
    def pool(x, size, stride):
        if x.ndim != 5:
            raise ValueError(f"x.ndim={x.ndim} should be 5")
        return naive.max_forward(x, size, stride)

    assert function(pool).ranks == (3,)
    accepted(function(pool), "max-value")

    def sequence(x, size, stride):
        return naive.max_forward(x, (size,), (stride,)) if x.ndim == 3 else None

    assert function(sequence).ranks == (1,)
    accepted(function(sequence), "max-value")


def test_a_kind_that_cannot_be_seen_is_taken_from_the_name_or_asked_for():
    def nothing(x, size, stride):
        return naive.max_forward(x, size, stride) * 0

    with pytest.raises(
        TypeError, match=r"function: nothing: .* say what it should pool, with kind='max' or kind='mean'"
    ):
        function(nothing)
    assert hasattr(function(nothing, kind="mean"), "mean_forward")
    nothing.__name__ = "maxpool"
    target = function(nothing)
    assert hasattr(target, "max_forward")
    with pytest.raises(AssertionError, match=r"^max-value: broken"):
        check(target, examples=5, seed=1, pattern="max-value")


class MaxPool:
    """A layer of a course."""

    def __init__(self, size, stride):
        self.windows = size, stride

    def forward(self, x):
        self.x = x
        return naive.max_forward(x, *self.windows)

    def backward(self, delta):
        return naive.max_backward(delta, self.x, *self.windows)


class Doubling(MaxPool):
    def backward(self, delta):
        return 2 * super().backward(delta)


def test_a_layer_of_a_course_has_its_own_backward():
    accepted(layer_class(MaxPool), "max-value,routing,max-accumulation")
    with pytest.raises(AssertionError, match=r"^routing: broken"):
        check(layer_class(Doubling), examples=5, seed=1, pattern="routing")
    with pytest.raises(TypeError, match=r"layer: .* should be a class of layers"):
        layer_class(MaxPool(2, 2))


# Layers of libraries, each in a process of its own, as they take a while to import.

KERAS = """
import keras
from poolproof.properties import check
from poolproof.properties.wrappers.layer_classes import layer_class

class Halved(keras.layers.MaxPooling2D):
    def call(self, x):
        return super().call(x) / 2

target = layer_class(keras.layers.AveragePooling2D)
assert (target.dtypes, target.ranks) == (("float32",), (2,))
check(target, examples=2, seed=1, pattern="output-size,mean-value,mean-spread")
check(layer_class(keras.layers.MaxPooling1D), examples=2, seed=1, pattern="output-size,max-value,routing")
try:
    check(layer_class(Halved, kind="max"), examples=5, seed=1, pattern="max-value")
except AssertionError as error:
    print(str(error).split("\\n")[0])
"""

FLAX = """
from flax import linen, nnx
from poolproof.properties import check
from poolproof.properties.wrappers.layer_classes import layer_class
from poolproof.properties.wrappers.operators import function
from jax import lax

class Mean(linen.Module):
    window_shape: tuple
    strides: tuple

    @linen.compact
    def __call__(self, x):
        return linen.avg_pool(x, self.window_shape, self.strides)

class Max(nnx.Module):
    def __init__(self, size, stride):
        self.windows = size, stride

    def __call__(self, x):
        return linen.max_pool(x, *self.windows)

def pool(x, size, stride):
    return lax.reduce_window(x, -float("inf"), lax.max, (1, 1, *size), (1, 1, *stride), "VALID")

assert layer_class(Mean).dtypes == ("float16", "float32")
check(layer_class(Mean), examples=2, seed=1, pattern="output-size,mean-value,mean-spread")
check(layer_class(Max), examples=2, seed=1, pattern="output-size,max-value,routing")
check(function(pool), examples=2, seed=1, pattern="output-size,max-value,routing")
"""


def run(code, **environment):
    """Run Python in a process of its own and return its output."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_layers_of_keras_are_judged_on_each_of_its_backends(backend):
    pytest.importorskip("keras")
    pytest.importorskip(backend)
    assert run(KERAS, KERAS_BACKEND=backend).startswith("max-value: broken")


@slow
def test_modules_of_flax_are_judged():
    pytest.importorskip("flax")
    run(FLAX)
