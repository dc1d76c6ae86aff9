"""Laws for the reference kernels alone: what they reject, which no fault of the corpus needs to be."""

from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.contract import CALLABLES
from poolproof.properties.lawbook import LAWS
from poolproof.properties.runner import Settings, run
from poolproof.properties.target import wrap

FUNCTIONS = {name: getattr(naive, name) for name in CALLABLES}


def tried(law, examples=100, **changed):
    """The result of a law on the naive kernel with some of its callables replaced."""
    known = {"name": "naive", "dtypes": naive.dtypes, "ranks": naive.ranks}
    subject = SimpleNamespace(**{**known, **FUNCTIONS, **changed})
    return run(LAWS[law], wrap(subject), Settings(examples=examples, seed=0, brief=True))


def after(function, change):
    """A callable of the naive kernel whose result is changed."""
    return {function: lambda *arguments, **settings: change(FUNCTIONS[function](*arguments, **settings))}


def without_minus_zero(result):
    return result + result.dtype.type(0) if result.dtype.kind == "f" else result


def without_nan(result):
    return np.where(result != result, result.dtype.type(0), result)


def one_bit_up(result):
    return np.nextafter(result, np.inf, dtype=result.dtype) if result.dtype.name != "bfloat16" else result


def widened(result):
    return result.astype(np.float64) if result.dtype == np.float32 else result


def as_short(result):
    return result.astype(np.int32)


DIFFERENT = [
    ("max_forward", without_minus_zero),
    ("max_forward", without_nan),
    ("mean_forward", one_bit_up),
    ("mean_backward", one_bit_up),
    ("max_backward", widened),
    ("mean_forward", widened),
    ("max_indices", lambda result: result[..., ::-1]),
]


@pytest.mark.parametrize(("function", "change"), DIFFERENT)
def test_agreement_rejects_what_differs_in_bits(function, change):
    assert tried("agreement", examples=400, **after(function, change)).verdict == "broken"


def test_agreement_leaves_the_dtype_of_indices_free():
    assert tried("agreement", **after("max_indices", as_short)).verdict == "holds"


def test_refusal_rejects_an_answer_to_what_should_be_refused():
    result = tried("refusal", max_forward=lambda x, size, stride, **settings: x)
    assert result.verdict == "broken"
    assert "returned an answer for " in result.message


def test_refusal_rejects_an_error_that_says_nothing_of_an_argument():
    def fail(*arguments, **settings):
        raise KeyError("size")

    result = tried("refusal", mean_backward=fail)
    assert result.verdict == "broken"
    assert "raised KeyError" in result.message
    assert "but should raise TypeError or ValueError" in result.message


LENIENT = {
    "a window larger than the input": lambda x, size, stride: size[0] > x.shape[2],
    "an empty window": lambda x, size, stride: size[0] == 0,
    "a negative window": lambda x, size, stride: size[-1] == -1,
    "stride 0": lambda x, size, stride: stride[-1] == 0,
    "a negative stride": lambda x, size, stride: stride[0] == -1,
    "a complex x": lambda x, size, stride: x.dtype.kind == "c",
    "an x of objects": lambda x, size, stride: x.dtype.kind == "O",
    "an empty plane": lambda x, size, stride: 0 in x.shape[2:],
    "no channels": lambda x, size, stride: x.shape[1] == 0,
    "an x with an axis too few": lambda x, size, stride: x.ndim < 2 + len(size),
    "no window": lambda x, size, stride: size is None,
    "a broken stride": lambda x, size, stride: stride[-1] == 1.5,
    "a window that is no integer": lambda x, size, stride: type(size[0]) is float,
    "a window of type bool": lambda x, size, stride: type(size[0]) is bool,
}
SETTINGS = {
    "negative padding": lambda padding=((0, 0),), **_: padding[0][1] == -1,
    "broken padding": lambda padding=((0, 0),), **_: padding[0][0] == 0.5,
    "a window wholly in padding": lambda padding=((0, 0),), **_: padding[0][0] >= 1,
    "dilation 0": lambda dilation=(1,), **_: dilation[0] == 0,
    "a ceil_mode that is no bool": lambda ceil_mode=False, **_: ceil_mode == 1,
    "an unknown setting": lambda pading=0, **_: pading == 1,
}


@pytest.mark.parametrize("what", [*LENIENT, *SETTINGS])
def test_refusal_asks_every_wrong_call(what):
    def lenient(x, size, stride, **settings):
        answers = SETTINGS[what](**settings) if what in SETTINGS else wrong(x, size, stride)
        return x if answers else naive.max_forward(x, size, stride, **settings)

    def wrong(x, size, stride):
        try:
            return LENIENT[what](x, size, stride)
        except (TypeError, IndexError):
            return False

    callables = dict.fromkeys(CALLABLES) | {"max_forward": lenient}
    result = tried("refusal", examples=300, **callables)
    assert result.verdict == "broken"
    assert f"returned an answer for {what}" in result.message
