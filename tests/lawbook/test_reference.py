"""Laws for the reference kernels alone: what they reject, even if no fault of the corpus needs it."""

from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.reference import sendable
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap
from selection import once, slow

pytestmark = once


def tried(law, examples=100, brief=True, **callables):
    """The result of a law on a kernel with the name, dtypes and ranks of the naive one."""
    subject = SimpleNamespace(name="naive", dtypes=naive.dtypes, ranks=naive.ranks, **callables)
    return run(LAWS[law], wrap(subject), TrialSettings(examples, seed=0, brief=brief))


def changed(function, change):
    """A callable of the naive kernel with its result changed."""
    return {function: lambda *arguments, **settings: change(getattr(naive, function)(*arguments, **settings))}


# Agreement.


def without_minus_zero(result):
    return result + result.dtype.type(0)


def zero_for_nan(result):
    return np.where(result != result, result.dtype.type(0), result)


def larger_by_a_bit(result):
    return np.nextafter(result, np.inf, dtype=result.dtype) if result.dtype.kind == "f" else result


def widened(result):
    return result.astype(np.float64) if result.dtype == np.float32 else result


def reversed_rows(result):
    return result[..., ::-1]


DIFFERENT = [
    ("max_forward", without_minus_zero),
    ("max_forward", zero_for_nan),
    ("max_backward", larger_by_a_bit),
    ("mean_forward", larger_by_a_bit),
    ("mean_backward", larger_by_a_bit),
    ("max_backward", widened),
    ("mean_forward", widened),
    ("max_indices", reversed_rows),
]


@slow
@pytest.mark.parametrize(("function", "change"), DIFFERENT)
def test_agreement_rejects_what_differs_in_a_bit_or_in_dtype(function, change):
    assert tried("agreement", **changed(function, change)).verdict == "broken"


def test_agreement_is_with_the_other_kernels(monkeypatch):
    forward = naive.max_forward
    monkeypatch.setattr(naive, "max_forward", lambda *arguments, **settings: forward(*arguments, **settings)[..., ::-1])
    assert run(LAWS["agreement"], wrap(naive), TrialSettings(seed=0, brief=True)).verdict == "broken"


@slow
def test_agreement_leaves_the_dtype_of_indices_free():
    assert tried("agreement", **changed("max_indices", lambda i: i.astype(np.int32))).verdict == "holds"


# Refusal: kernels that refuse everything except one wrong call.

WRONG = {
    "a window larger than the input": lambda x, size, _: size[0] == x.shape[2] + 1 > 1,
    "an empty window": lambda x, size, _: size[0] == 0,
    "a negative window": lambda x, size, _: size[-1] == -1,
    "a window that is no integer": lambda x, size, _: isinstance(size[0], float),
    "a window of type bool": lambda x, size, _: isinstance(size[0], bool),
    "a window with an axis too many": lambda x, size, _: len(size) == x.ndim - 1,
    "no window": lambda x, size, _: size is None,
    "stride 0": lambda x, _, stride: stride[-1] == 0,
    "a negative stride": lambda x, _, stride: stride[0] == -1,
    "a broken stride": lambda x, _, stride: stride[-1] == 1.5,
    "negative padding": lambda *_, padding=((0, 0),): padding[0] == (0, -1),
    "broken padding": lambda *_, padding=((0, 0),): padding[0] == (0.5, 0),
    "a window wholly in padding": lambda x, size, _, padding=((0, 0),): padding[0] == (size[0], 0),
    "dilation 0": lambda *_, dilation=(1,): dilation[0] == 0,
    "a dilation with an axis too many": lambda x, size, _, dilation=(): len(dilation) == len(size) + 1,
    "a ceil_mode that is no bool": lambda *_, ceil_mode=False: ceil_mode == 1,
    "an unknown setting": lambda *_, pading=0: pading == 1,
    "an x with an axis too few": lambda x, size, _: x.ndim == len(size) + 1 and set(size) != {1},
    "a complex x": lambda x, *_: x.dtype.kind == "c",
    "an x of objects": lambda x, *_: x.dtype.kind == "O",
    "an x of foreign byte order": lambda x, *_: not x.dtype.isnative,
    "an empty plane": lambda x, *_: x.shape[2] == 0,
    "no channels": lambda x, *_: x.shape[1] == 0,
}


def lenient(what):
    """A kernel that answers one wrong call."""

    def max_forward(*arguments, **settings):
        try:
            answers = WRONG[what](*arguments, **settings)
        except (TypeError, IndexError):
            # The condition for this wrong call cannot be evaluated on this one.
            answers = False
        if not answers:
            raise ValueError("refused")
        return np.zeros((1, 1, 1, 1))

    return max_forward


@pytest.mark.parametrize("what", WRONG)
def test_refusal_rejects_who_answers_to_a_wrong_call(what):
    result = tried("refusal", examples=300, max_forward=lenient(what))
    assert result.verdict == "broken"
    assert f"returned an answer for {what}, but should raise" in result.message


def test_refusal_rejects_an_error_that_says_nothing_of_an_argument():
    def fail(*arguments, **settings):
        raise KeyError("size")

    result = tried("refusal", brief=False, mean_backward=fail)
    assert result.verdict == "broken"
    assert "raised KeyError" in result.message
    assert "but should raise TypeError or ValueError" in result.message


@pytest.mark.parametrize(
    ("x", "dy", "sent"),
    [
        ("float32", "float32", True),
        (">f4", ">f4", True),
        ("object", "object", False),
        ("float32", "object", False),
        ("object", "float32", False),
    ],
)
def test_arrays_of_objects_cannot_be_sent(x, dy, sent):
    arrays = {"x": np.zeros((1, 1, 1, 1), x), "dy": np.zeros((1, 1, 1, 1), dy)}
    assert sendable(Call("max_backward", arrays, (1, 1), (1, 1))) is sent


def test_bfloat16_in_foreign_byte_order_cannot_be_sent():
    bfloat16 = np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    for dtype, sent in ((bfloat16, True), (bfloat16.newbyteorder(), False)):
        assert sendable(Call("max_forward", {"x": np.zeros((1, 1, 1, 1), dtype)}, (1, 1), (1, 1))) is sent
