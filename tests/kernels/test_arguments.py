"""Bad arguments: the same TypeError or ValueError from all kernels, saying what is wrong and what would be right."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from poolproof.kernels import PoolingLayer, compiled, img2col, naive
from selection import once, once_but

KERNELS = (naive, compiled, img2col)
FORWARD = ("max_forward", "max_indices", "mean_forward")
BACKWARD = ("max_backward", "mean_backward")
EVERY = (*FORWARD, *BACKWARD)
METHODS = (("forward_numba", "backward_numba"), ("forward_img2col", "backward_col2img"))
each_method = pytest.mark.parametrize("methods", once_but(METHODS, METHODS[1]), ids=["numba", "img2col"])


@dataclass(frozen=True)
class Bad:
    """Arguments of which one is bad, the expected error, and the expected message."""

    error: type[Exception]
    says: str
    x: Any = field(default_factory=lambda: np.ones((2, 3, 4, 5)))
    size: Any = 2
    stride: Any = 1
    dy: Any = field(default_factory=lambda: np.ones((2, 3, 3, 4)))


class Fails:
    """An object whose repr fails."""

    def __repr__(self):
        raise RuntimeError("no repr")


class Index:
    """An object that looks like an int, but is not one."""

    __index__ = None

    def __repr__(self):
        return "Index()"


HUGE = 10**30
ENDLESS = 10**6000
LARGEST = "should be at least 1 and at most 9223372036854775807"
NO_INT = "should be an int or 2 ints"

NUMBERS = {
    "zero": (ValueError, 0, LARGEST),
    "negative": (ValueError, -1, LARGEST),
    "zero in a pair": (ValueError, (1, 0), LARGEST),
    "negative in a pair": (ValueError, (-3, 1), LARGEST),
    "numpy zero": (ValueError, np.int64(0), LARGEST),
    "larger than an index": (ValueError, 2**63, LARGEST),
    "10**30": (ValueError, HUGE, LARGEST),
    "10**30 in a pair": (ValueError, (1, HUGE), LARGEST),
    "10**6000": (ValueError, ENDLESS, LARGEST),
    "10**6000 in a pair": (ValueError, (ENDLESS, 1), LARGEST),
    "minus 10**6000": (ValueError, -ENDLESS, LARGEST),
    "one entry": (ValueError, (2,), "has 1 entries, but " + NO_INT),
    "three entries": (ValueError, [1, 1, 1], "has 3 entries, but " + NO_INT),
    "no entry": (ValueError, (), "has 0 entries, but " + NO_INT),
    "float": (TypeError, 2.0, NO_INT + ", not float"),
    "float in a pair": (TypeError, (2, 2.0), NO_INT + ", not float"),
    "numpy float": (TypeError, np.float64(2), NO_INT + ", not float64"),
    "bool": (TypeError, True, NO_INT + ", not bool"),
    "bool in a pair": (TypeError, (True, 1), NO_INT + ", not bool"),
    "numpy bool": (TypeError, np.True_, NO_INT + ", not bool"),
    "complex": (TypeError, 2j, NO_INT + ", not complex"),
    "string": (TypeError, "2", NO_INT + ", not str"),
    "string of two": (TypeError, "22", NO_INT + ", not str"),
    "bytes": (TypeError, b"22", NO_INT + ", not bytes"),
    "None": (TypeError, None, NO_INT + ", not NoneType"),
    "None in a pair": (TypeError, (2, None), NO_INT + ", not NoneType"),
    "nested": (TypeError, [[2, 2], [2, 2]], NO_INT + ", not list"),
    "set": (TypeError, {2, 3}, NO_INT + ", not set"),
    "dict": (TypeError, {2: 3}, NO_INT + ", not dict"),
    "array of rank 1": (TypeError, np.array([2, 2]), NO_INT),
    "array of rank 0, float": (TypeError, np.array(2.0), NO_INT),
    "index that is none": (TypeError, Index(), NO_INT),
    "no repr": (TypeError, Fails(), "<Fails> " + NO_INT),
}

WINDOWS = {
    f"{name}: {what}": Bad(error, f"{name}=.*{re.escape(says)}", **{name: value})
    for name in ("size", "stride")
    for what, (error, value, says) in NUMBERS.items()
} | {
    "size: taller than x": Bad(
        ValueError, r"size=\(5, 1\): size\[0\] should be at most 4, the height of x", size=(5, 1)
    ),
    "size: wider than x": Bad(ValueError, r"size=\(1, 6\): size\[1\] should be at most 5, the width of x", size=(1, 6)),
    "size: larger than x": Bad(ValueError, r"size=\(9, 9\): size\[0\] should be at most 4, the height of x", size=9),
    "size: the largest index": Bad(
        ValueError, r"size=.*: size\[1\] should be at most 5, the width of x", size=(1, 2**63 - 1)
    ),
}

WORDS = "x has dtype {}, but should have one of .*float16, float32, float64.*"
RANK = r"x has shape {}, but should have 4 axes: \(N, C, H, W\)"
EMPTY = r"x has shape {}, but only the first axis, N, should ever be 0"

DTYPES = {
    "object": ("O", "object"),
    "complex": ("c16", "complex128"),
    "string": ("U1", "<U1"),
    "bytes": ("S1", r"\|S1"),
    "date": ("M8[s]", r"datetime64\[s\]"),
    "duration": ("m8[s]", r"timedelta64\[s\]"),
    "record": ("i4,i4", r"\[\('f0'.*\]"),
    "nothing": ("V4", r"\|V4"),
}
"""Dtypes without a maximum."""

INPUTS = {
    **{
        f"x: {what}": Bad(TypeError, WORDS.format(said), x=np.zeros((2, 3, 4, 5), dtype))
        for what, (dtype, said) in DTYPES.items()
    },
    **{
        f"x: foreign {dtype}": Bad(
            TypeError,
            f"x has dtype .* in foreign byte order, but should have {dtype}",
            x=np.ones((2, 3, 4, 5), dtype).astype(np.dtype(dtype).newbyteorder()),
        )
        for dtype in ("float16", "float32", "float64")
    },
    "x: masked": Bad(TypeError, "x is a masked array, .* should be a plain array", x=np.ma.ones((2, 3, 4, 5))),
}

LONG_DOUBLE = np.dtype(np.longdouble)
if LONG_DOUBLE.name not in ("float64",):
    INPUTS["x: long double"] = Bad(TypeError, WORDS.format(LONG_DOUBLE.name), x=np.ones((2, 3, 4, 5), LONG_DOUBLE))

SHAPES = {
    "x: None": Bad(TypeError, WORDS.format("object"), x=None),
    "x: a word": Bad(TypeError, WORDS.format("<U5"), x="image"),
    "x: strings": Bad(TypeError, WORDS.format("<U1"), x=[[[["a", "b"]]]]),
    "x: int beyond every dtype": Bad(TypeError, WORDS.format("object"), x=[[[[HUGE, 1]]]]),
    "x: ragged": Bad(TypeError, "x=.* should be an array: .*", x=[[[[1.0, 2.0], [3.0]]]]),
    "x: ragged and endless": Bad(TypeError, "x=<list> should be an array: .*", x=[[[[ENDLESS, 2.0], [3.0]]]]),
    "x: a number": Bad(ValueError, RANK.format(r"\(\)"), x=3.0),
    "x: a plane": Bad(ValueError, RANK.format(r"\(4, 5\)"), x=np.ones((4, 5))),
    "x: an image": Bad(ValueError, RANK.format(r"\(3, 4, 5\)"), x=np.ones((3, 4, 5))),
    "x: rank 5": Bad(ValueError, RANK.format(r"\(1, 2, 3, 4, 5\)"), x=np.ones((1, 2, 3, 4, 5))),
    "x: no list": Bad(ValueError, RANK.format(r"\(0,\)"), x=[]),
    "x: no channels": Bad(ValueError, EMPTY.format(r"\(2, 0, 4, 5\)"), x=np.ones((2, 0, 4, 5))),
    "x: no rows": Bad(ValueError, EMPTY.format(r"\(2, 3, 0, 5\)"), x=np.ones((2, 3, 0, 5))),
    "x: no columns": Bad(ValueError, EMPTY.format(r"\(2, 3, 4, 0\)"), x=np.ones((2, 3, 4, 0))),
    "x: no samples, no rows": Bad(ValueError, EMPTY.format(r"\(0, 3, 0, 5\)"), x=np.ones((0, 3, 0, 5))),
}
"""Inputs that a layer refuses in its own words, because it knows the shape that they should have."""

INTEGERS = {
    f"x: {dtype}": Bad(
        TypeError,
        f"x has dtype {dtype}, but should have one of float16, float32, float64(, bfloat16)?$",
        x=np.ones((2, 3, 4, 5), dtype),
    )
    for dtype in ("bool", "int8", "int64", "uint8", "uint64")
}
"""Dtypes that have a maximum, but neither a mean nor a gradient."""

DELTA_SHAPES = {
    "shape of x": (2, 3, 4, 5),
    "axes exchanged": (2, 3, 4, 3),
    "would broadcast": (1, 1, 1, 1),
    "no samples": (0, 3, 3, 4),
    "one axis too few": (3, 3, 4),
    "one axis too many": (1, 2, 3, 3, 4),
}
DELTA_DTYPES = {
    "float32": ("f4", "float32"),
    "float16": ("f2", "float16"),
    "int64": ("i8", "int64"),
    "bool": ("?", "bool"),
    "complex": ("c16", "complex128"),
    "object": ("O", "object"),
    "string": ("U1", "<U1"),
    "foreign byte order": (np.dtype("f8").newbyteorder(), ".f8"),
}
WRONG_SHAPE = r"dy has shape {}, but should have \(2, 3, 3, 4\), like the forward result"
WRONG_DTYPE = "dy has dtype {}, but should have float64, like x"

GRADIENTS = {
    **{
        f"dy: {what}": Bad(ValueError, WRONG_SHAPE.format(re.escape(str(shape))), dy=np.ones(shape))
        for what, shape in DELTA_SHAPES.items()
    },
    **{
        f"dy: {what}": Bad(TypeError, WRONG_DTYPE.format(said), dy=np.ones((2, 3, 3, 4), dtype))
        for what, (dtype, said) in DELTA_DTYPES.items()
    },
    "dy: a number": Bad(ValueError, WRONG_SHAPE.format(r"\(\)"), dy=1.0),
    "dy: None": Bad(TypeError, WRONG_DTYPE.format("object"), dy=None),
    "dy: list of truth values": Bad(TypeError, WRONG_DTYPE.format("bool"), dy=np.ones((2, 3, 3, 4), bool).tolist()),
    "dy: ragged": Bad(TypeError, "dy=.* should be an array: .*", dy=[[1.0], [2.0, 3.0]]),
    "dy: masked": Bad(TypeError, "dy is a masked array, .* should be a plain array", dy=np.ma.ones((2, 3, 3, 4))),
}

TABLE = [
    *((EVERY, what, bad) for what, bad in (WINDOWS | INPUTS | SHAPES).items()),
    *((("mean_forward", *BACKWARD), what, bad) for what, bad in INTEGERS.items()),
    *((BACKWARD, what, bad) for what, bad in GRADIENTS.items()),
]
LINES = [
    pytest.param(name, bad, id=f"{name}-{what}", marks=[] if name == functions[0] else once)
    for functions, what, bad in TABLE
    for name in functions
]


GOOD = Bad(Exception, "")


def ask(kernel, function, bad):
    arrays = (bad.dy, bad.x) if function in BACKWARD else (bad.x,)
    return getattr(kernel, function)(*arrays, bad.size, bad.stride)


def refusal(call, *arguments):
    """The single exception of a call, without any chained to it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (its exact type is what we want to know)
        call(*arguments)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(("function", "bad"), LINES)
def test_a_bad_argument_is_refused_by_all_kernels_in_the_same_words(function, bad):
    [(error, message)] = {refusal(ask, kernel, function, bad) for kernel in KERNELS}
    assert error is bad.error
    assert re.match(bad.says, message)
    assert len(message) < 300


@pytest.mark.parametrize("function", EVERY)
def test_the_arguments_of_the_table_are_good_but_for_the_bad_one(function):
    for kernel in KERNELS:
        assert ask(kernel, function, GOOD).shape[:2] == (2, 3)


def layered(function, methods, bad):
    kind = "MEAN" if function.startswith("mean") else "MAX"
    layer = PoolingLayer((3, 4, 5), bad.size, bad.stride, kind)
    getattr(layer, methods[0])(bad.x)


@each_method
@pytest.mark.parametrize(
    ("function", "bad"),
    [
        pytest.param(f, bad, id=f"{f}-{what}")
        for what, bad in (WINDOWS | INPUTS).items()
        for f in ("max_forward", "mean_forward")
    ]
    + [pytest.param("mean_forward", bad, id=f"mean_forward-{what}") for what, bad in INTEGERS.items()],
)
def test_a_layer_refuses_as_the_kernels_do_but_by_its_own_names(function, bad, methods):
    error, message = refusal(layered, function, methods, bad)
    in_words_of_kernels = message.replace("pool_shape", "size").replace("input_shape", "x")
    assert (error, in_words_of_kernels) == refusal(ask, naive, function, bad)
    assert not re.match(r"size|.*(the height|the width) of x", message)


@each_method
@pytest.mark.parametrize("bad", SHAPES.values(), ids=SHAPES)
def test_a_layer_names_x_and_what_it_should_be(bad, methods):
    error, message = refusal(layered, "max_forward", methods, bad)
    assert error is bad.error
    assert re.match(rf"{bad.says}|x has shape .*, but should have \(N, 3, 4, 5\)", message)


@each_method
@pytest.mark.parametrize("kind", ["MAX", "MEAN"])
@pytest.mark.parametrize(
    "bad",
    [pytest.param(bad, id=what) for what, bad in GRADIENTS.items()],
)
def test_a_layer_refuses_a_delta_as_the_kernels_do_but_by_its_own_name(bad, kind, methods):
    layer = PoolingLayer((3, 4, 5), 2, 1, kind)
    getattr(layer, methods[0])(np.ones((2, 3, 4, 5)))
    error, message = refusal(getattr(layer, methods[1]), bad.dy, 0)
    assert (error, message.replace("delta_in", "dy")) == refusal(ask, naive, "max_backward", bad)
    assert message.startswith("delta_in")


def test_of_several_bad_arguments_all_kernels_name_the_same():
    everything, windows = {"x": np.ones(3), "size": 0, "stride": 0.5, "dy": None}, {"size": 0, "stride": 0}
    for bad in replace(GOOD, **everything), replace(GOOD, **windows):
        assert len({refusal(ask, kernel, "max_backward", bad) for kernel in KERNELS}) == 1
        assert len({refusal(ask, kernel, "mean_backward", bad) for kernel in KERNELS}) == 1


@once
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("function", BACKWARD)
def test_a_nested_gradient_too_large_for_the_dtype_becomes_infinite_silently(kernel, function):
    bad = replace(GOOD, x=np.ones((1, 1, 1, 1), "float16"), dy=[[[[1e6]]]], size=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask(kernel, function, bad).item() == np.inf
