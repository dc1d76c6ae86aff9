"""The kernel for a GPU: the same bits as the naive kernel, the laws, and arrays that stay on the device.

Numba's simulator of a GPU is tested everywhere, with few examples, because it is slow. POOLPROOF_GPU=1 selects a GPU.
"""

import os
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from bits import bits
from drawing import cases_of
from hypothesis import given
from hypothesis import strategies as st
from poolproof.kernels import naive
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.plans import EDGE_VALUES, MAX_VALUES, Plan
from poolproof.properties.contract import BACKWARD, CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Declared, Unusable
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import is_kernel, load
from selection import examples, once_but, slow
from shell import poolproof, python

GPU = bool(os.environ.get("POOLPROOF_GPU"))
PLACE = {"NUMBA_ENABLE_CUDASIM": "0" if GPU else "1"}
"""The environment that decides where the kernel runs. Numba reads it at import, so other processes run the kernel."""

LAWFUL = 100 if GPU else 3
"""Examples per law."""
EDGES = tuple(dict.fromkeys((*EDGE_VALUES, *MAX_VALUES, "huge", "lattice")))


@pytest.fixture(scope="module")
def cuda():
    """The kernel."""
    with patch.dict(os.environ, PLACE):
        target = loaded()
        yield target
        target.end()


def loaded():
    """The kernel in a process of its own; a test that needs a GPU is skipped if there is none."""
    try:
        return load("cuda", Isolation(timeout=100))
    except Unusable as error:
        if not GPU:
            raise
        pytest.skip(str(error))


def drawn(dtype):
    """Cases of one dtype under all settings."""
    gradients = ("lattice", "wide", "not_a_number", "subnormal", "highest", "infinite")
    functions = BACKWARD if dtype in FLOATS else ("max_forward",)
    taken = {function: MEAN_SETTINGS if function in MEAN else SETTINGS for function in CALLABLES}
    declared = replace(Declared(), dtypes=(dtype,), ranks=(1, 2, 3), settings=taken)
    plan = Plan(functions, values=EDGES, gradients=gradients, edges=True)
    return cases_of(Builder(plan, declared, plan.asked(declared, CALLABLES)))


@pytest.mark.parametrize("dtype", once_but(ORDERED, "float32"))
@given(st.data())
@examples(20)
def test_the_kernel_for_a_gpu_is_equal_to_naive_bit_for_bit(cuda, dtype, data):
    case = data.draw(drawn(dtype))
    for function in CALLABLES if dtype in FLOATS else ("max_forward", "max_indices"):
        call = case.call(function)
        cuda.begin()
        answer = cuda.ask(call)
        assert answer.error is None
        expected = getattr(naive, function)(*call.arrays.values(), call.size, call.stride, **call.settings)
        assert bits(answer.value) == bits(expected), function


WINDOWS = {
    "one axis": ((2, 1, 23), (5,), (1,), {}),
    "two axes": ((1, 2, 7, 8), (3, 3), (1, 1), {"padding": ((1, 1), (0, 2)), "ceil_mode": True}),
    "three axes": ((1, 1, 4, 5, 6), (2, 2, 3), (1, 2, 1), {}),
    "gaps": ((1, 1, 12, 13), (3, 3), (1, 2), {"dilation": (2, 3)}),
}


@pytest.mark.parametrize("windows", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("function", ["mean_forward", "mean_backward", "max_backward"])
def test_sums_keep_their_order(cuda, function, windows):
    shape, size, stride, settings = windows
    source = np.random.default_rng(0)
    # Few distinct values, so that maxima are tied; or widely different ones, so that the last bits reveal the order.
    x = source.integers(0, 3, shape).astype(np.float64)
    if function == "mean_forward":
        x = source.standard_normal(shape) * 2.0 ** source.integers(-20, 20, shape)
    y = naive.max_forward(x, size, stride, **settings)
    dy = source.standard_normal(y.shape) * 2.0 ** source.integers(-20, 20, y.shape)
    arrays = {"x": x} if function == "mean_forward" else {"dy": dy, "x": x}
    cuda.begin()
    answer = cuda.ask(Call(function, arrays, size, stride, settings))
    assert bits(answer.value) == bits(getattr(naive, function)(*arrays.values(), size, stride, **settings))


def asked(cuda, function, x, *rest, **settings):
    """The kernel's answer, with the naive kernel's."""
    cuda.begin()
    answer = cuda.ask(Call(function, {"x": x}, *rest, settings))
    return bits(answer.value), bits(getattr(naive, function)(x, *rest, **settings))


@pytest.mark.parametrize(
    ("dtype", "tie", "more"), [("bfloat16", -8, -30), ("float16", -11, -26), ("float32", -24, -50)]
)
def test_a_mean_is_rounded_once(cuda, dtype, tie, more):
    # The mean lies just above the midpoint of 1 and the next number. If it is first rounded to a narrower midpoint, it
    # is 1.
    x = np.array([[[4.0, 4 * 2.0**tie, 4 * 2.0**more, 0.0]]]).astype(dtype)
    found, expected = asked(cuda, "mean_forward", x, (4,), (4,))
    assert found == expected == bits(np.array([[[1 + 2.0 ** (tie + 1)]]]).astype(dtype))


@pytest.mark.parametrize(("dtype", "largest"), [("int64", 2**63 - 1), ("uint64", 2**64 - 1)])
def test_integers_of_64_bits_are_told_apart(cuda, dtype, largest):
    x = np.array([[[largest - 2, largest, largest - 1]]], dtype)
    for function, right in (("max_forward", largest), ("max_indices", 1)):
        found, expected = asked(cuda, function, x, (3,), (1,))
        assert found == expected == bits(np.array([[[right]]], dtype if function == "max_forward" else np.int64))


HUGE = {
    "stride": ((1, 2), (1 << 62, 1 << 62), {}),
    "dilation": ((1, 2), (1, 1), {"dilation": (1 << 62, 2)}),
    "window": (((1 << 61) + 2, 2), (1 << 61, 1), {"padding": ((1 << 61, 1 << 61), (1, 0))}),
}


@pytest.mark.parametrize("window", HUGE.values(), ids=HUGE)
def test_windows_may_be_as_huge_as_an_index(cuda, window):
    x, (size, stride, settings) = (
        np.array([[[[1.0, 3.0, 2.0, 4.0], [5.0, 0.0, 7.0, 6.0], [9.0, 8.0, 9.0, 1.0]]]]),
        window,
    )
    dy = np.random.default_rng(0).standard_normal(naive.max_forward(x, size, stride, **settings).shape)
    for function in CALLABLES:
        arrays = {"dy": dy, "x": x} if function in BACKWARD else {"x": x}
        cuda.begin()
        answer = cuda.ask(Call(function, arrays, size, stride, settings))
        assert answer.error is None
        assert bits(answer.value) == bits(getattr(naive, function)(*arrays.values(), size, stride, **settings))


def test_it_is_asked_everything(cuda):
    assert (cuda.name, cuda.offers) == ("cuda", CALLABLES)
    assert is_kernel(cuda.spec)
    assert (cuda.declared.dtypes, cuda.declared.ranks, cuda.declared.threads) == (ORDERED, (1, 2, 3), GPU)
    assert all(cuda.declared.settings[each] == (MEAN_SETTINGS if each in MEAN else SETTINGS) for each in CALLABLES)


@slow
@pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
def test_it_keeps_every_law(cuda, law):
    lacking = law.unsupported(cuda.declared, cuda.offers, cuda.evidence)
    assert bool(lacking) == (law.name == "two-threads" and not GPU)
    if not lacking:
        result = run(law, cuda, TrialSettings(examples=LAWFUL, seed=1))
        assert result.verdict == "holds", result


@slow
def test_it_refuses_every_wrong_call_that_reaches_its_process(cuda):
    # Enough examples for each of some twenty wrong calls to occur.
    result = run(LAWS["refusal"], cuda, TrialSettings(examples=200, seed=1))
    assert (result.verdict, result.examples) == ("holds", 200), result


@slow
@pytest.mark.parametrize("how", [(), ("--in-process",)])
def test_without_a_device_one_line_says_what_it_needs(here, how):
    status, said = poolproof(here, "check", "cuda", *how, NUMBA_DISABLE_CUDA="1", NUMBA_ENABLE_CUDASIM="0")
    (line,) = [line for line in said.splitlines() if "GPU" in line]
    assert status == 2
    assert "pip install 'poolproof[cuda]'" in line
    assert "NUMBA_ENABLE_CUDASIM=1" in line
    assert "did you mean" not in line


ON_DEVICE = """
import numpy as np
from numba import cuda
from poolproof.kernels import cuda as kernel
from poolproof.kernels import naive

x = np.random.default_rng(0).integers(-3, 4, (2, 3, 5, 6)).astype({dtype!r})
there = cuda.to_device(x)
question = (2, 3), (1, 2)


def same(found, expected):
    assert not isinstance(found, np.ndarray)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert np.array_equal(found.copy_to_host(), expected)


y = naive.max_forward(x, *question)
same(kernel.max_forward(there, *question), y)
same(kernel.max_indices(there, *question), naive.max_indices(x, *question))
if x.dtype != bool:
    same(kernel.mean_forward(there, *question), naive.mean_forward(x, *question))
    for name in ("max_backward", "mean_backward"):
        expected = getattr(naive, name)(y, x, *question)
        same(getattr(kernel, name)(cuda.to_device(y), there, *question), expected)
        same(getattr(kernel, name)(y, there, *question), expected)
        assert np.array_equal(getattr(kernel, name)(cuda.to_device(y), x, *question), expected)
assert np.array_equal(there.copy_to_host(), x)
"""


@pytest.mark.parametrize("dtype", once_but(("bool", "float16", "float32", "float64"), "float32"))
def test_arrays_on_the_device_stay_there(here, cuda, dtype):
    assert python(here, "-W", "error", "-c", ON_DEVICE.format(dtype=dtype), **PLACE) == (0, "")


REFUSED = """
import numpy as np
from numba import cuda
from poolproof.kernels import cuda as kernel

x = cuda.to_device(np.zeros((2, 3, 5, 6)))
for wrong in (
    lambda: kernel.max_forward(x, 7, 1),
    lambda: kernel.max_forward(cuda.to_device(np.zeros((2, 3), complex)), 1, 1),
    lambda: kernel.mean_forward(cuda.to_device(np.zeros((2, 3, 5, 6), int)), 1, 1),
    lambda: kernel.max_backward(x, x, 2, 1),
    lambda: kernel.max_forward(x[:, :, :, ::2], 1, 1),
    lambda: kernel.max_forward(x, 1, 1, pading=1),
):
    try:
        print(wrong())
    except (TypeError, ValueError) as error:
        print(error)
"""


@slow
def test_wrong_arrays_on_the_device_are_refused_as_any_others(here, cuda):
    status, said = python(here, "-c", REFUSED, **PLACE)
    assert status == 0
    assert said.splitlines() == [
        "size=(7, 7): size[0] should be at most 5, the height of x",
        "x has dtype complex128, but should have one of bool, int8, int16, int32, int64, uint8, uint16, uint32, "
        f"uint64, {', '.join(FLOATS)}",
        f"x has dtype int64, but should have one of {', '.join(FLOATS)}",
        "dy has shape (2, 3, 5, 6), but should have (2, 3, 4, 5), like the forward result",
        "x lies on the device with strides (720, 240, 48, 16), but should be contiguous",
        "pading=1 is not a setting here; the settings are padding, dilation, ceil_mode",
    ]
