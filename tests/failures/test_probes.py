"""What an answer depends on and what is missing, if no known computation explains a failure."""

from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import UNSET
from poolproof.kernels import naive
from poolproof.properties.failures.judging import judged
from poolproof.properties.failures.probes import generic
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap
from selection import once, slow

pytestmark = once


def plus_other_planes(x, size, stride):
    """Maxima, with the first cell of a sample added to its last channel if there are several channels."""
    y = naive.max_forward(x, size, stride)
    if x.shape[1] > 1:
        y[:, -1] += x[:, 0, :1, :1]
    return y


def last_row_missing(x, size, stride):
    """Maxima without the last row, if there are several rows."""
    y = naive.max_forward(x, size, stride)
    y[:, :, 1:] = 0
    return y


def means_in_float32(x, size, stride):
    """Means with each partial sum rounded to float32, columns first."""
    small = x.astype(np.float32)
    rows = naive.mean_forward(small, (1, size[1]), (1, stride[1]))
    return naive.mean_forward(rows, (size[0], 1), (stride[0], 1)).astype(x.dtype)


@np.errstate(over="ignore", invalid="ignore")
def means_in_float16(x, size, stride):
    """Means with each partial sum rounded to float16, columns first."""
    half = x.astype(np.float16)
    rows = naive.mean_forward(half, (1, size[1]), (1, stride[1]))
    return naive.mean_forward(rows, (size[0], 1), (stride[0], 1)).astype(x.dtype)


def last_planes_missing(x, size, stride):
    """Maxima of groups of four planes; those left over stay at -inf."""
    y = naive.max_forward(x, size, stride)
    planes = y.reshape(-1, *y.shape[2:])
    planes[len(planes) // 4 * 4 :] = -np.inf
    return y


def running_mean(x, size, stride):
    """Means updated cell by cell, each time with a division."""
    y = np.zeros(
        (*x.shape[:2], *((n - f) // s + 1 for n, f, s in zip(x.shape[2:], size, stride, strict=True))), x.dtype
    )
    for n, tap in enumerate(np.ndindex(*size), start=1):
        ends = (at + s * (count - 1) + 1 for at, s, count in zip(tap, stride, y.shape[2:], strict=True))
        cells = x[(..., *(slice(at, end, s) for at, end, s in zip(tap, ends, stride, strict=True)))]
        y = y + (cells - y) / x.dtype.type(n)
    return y


def gradients_of_turned_planes(dy, x, size, stride):
    """The gradients of maxima in which dy is read as (OH, OW, N, C)."""
    turned = dy.ravel().reshape(*dy.shape[2:], *dy.shape[:2]).transpose(2, 3, 0, 1)
    return naive.max_backward(np.ascontiguousarray(turned), x, size, stride)


def nearly_right(x, size, stride):
    """Means with an error that is within the bound of float16, but not caused by it."""
    y = naive.mean_forward(x, size, stride)
    return y * (1 + np.sign(y) / 4096)


@slow
@pytest.mark.parametrize(
    ("law", "function", "kernel", "name"),
    [
        ("max-value", "max_forward", plus_other_planes, "planes-mixed"),
        ("max-value", "max_forward", last_row_missing, "results-not-written"),
        ("mean-value", "mean_forward", means_in_float32, "sum-in-narrower-type"),
        ("mean-value", "mean_forward", means_in_float16, "sum-in-narrower-type"),
        ("max-value", "max_forward", last_planes_missing, "results-not-written"),
        ("mean-exact", "mean_forward", running_mean, "rounded-too-often"),
        ("large-divisor", "mean_forward", running_mean, "rounded-too-often"),
        ("tied-maxima", "max_backward", gradients_of_turned_planes, "planes-mixed"),
        ("max-accumulation", "max_backward", gradients_of_turned_planes, "planes-mixed"),
    ],
)
def test_what_all_wrong_answers_have_in_common_is_told(law, function, kernel, name):
    target = wrap(SimpleNamespace(**{function: kernel}, dtypes=("float64",)))
    assert run(LAWS[law], target, TrialSettings(seed=0)).counterexample.mistakes[0] == name


def test_an_answer_that_a_much_narrower_type_does_not_have_is_not_said_to_be_of_it():
    target = wrap(SimpleNamespace(mean_forward=nearly_right, dtypes=("float64",)))
    assert run(LAWS["mean-value"], target, TrialSettings(seed=0)).counterexample.mistakes is UNSET


@pytest.mark.parametrize(("channels", "names"), [(2, ["planes-mixed"]), (1, [])])
def test_a_failure_on_a_single_plane_is_not_explained_by_the_others(channels, names):
    def ask(call):
        x = call.arrays["x"]
        return judged(call, plus_other_planes(x, call.size, call.stride) + (x.shape[1] == 1))

    def asked(channels):
        x = np.arange(1.0, 1.0 + 6 * channels).reshape(1, channels, 2, 3)
        call = Call("max_forward", {"x": x}, (1, 2), (1, 1))
        return call, ask(call)

    assert generic(ask, [asked(2)] * 5, asked(channels)) == names


@pytest.mark.parametrize(("width", "names"), [(3, ["reads-outside-window"]), (2, [])])
def test_a_failure_of_a_window_that_is_the_plane_is_not_explained_by_cells_outside(width, names):
    def ask(call):
        x = call.arrays["x"]
        return judged(call, naive.max_forward(x, call.size, call.stride) + x.max())

    def asked(width):
        call = Call("max_forward", {"x": np.arange(1.0, 1.0 + width).reshape(1, 1, 1, width)}, (1, 2), (1, 1))
        return call, ask(call)

    assert generic(ask, [asked(3)] * 5, asked(width)) == names
