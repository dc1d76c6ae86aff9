"""The kernel for a GPU, in numba's simulator of one: the same bits as the naive kernel, and arrays that stay there."""

import os
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from drawing import cases_of
from hypothesis import given
from hypothesis import strategies as st
from poolproof.kernels import naive
from poolproof.kernels.dtypes import FLOATS, ORDERED, is_float
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.plans import EDGE_VALUES, MAX_VALUES, Plan
from poolproof.properties.contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from selection import examples, once, once_but, slow
from shell import poolproof, python

SIMULATOR = {"NUMBA_ENABLE_CUDASIM": "1"}
EDGES = tuple(dict.fromkeys((*EDGE_VALUES, *MAX_VALUES, "huge", "lattice")))


@pytest.fixture(scope="module")
def cuda():
    """The kernel in a process of its own, because the simulator is chosen when numba is imported."""
    with patch.dict(os.environ, SIMULATOR):
        target = load("cuda", Isolation(timeout=100))
        yield target
        target.end()


def bits(array):
    """Dtype, shape and bits of an array; a NaN's sign and payload alone are free."""
    plain = np.where(np.isnan(array), array.dtype.type(np.nan), array) if is_float(array.dtype) else array
    return array.dtype, array.shape, plain.tobytes()


def drawn(dtype):
    """Cases of one dtype under all settings."""
    gradients = ("lattice", "wide", "not_a_number", "subnormal", "highest", "infinite")
    functions = ("max_backward", "mean_backward") if dtype in FLOATS else ("max_forward",)
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


def test_it_is_asked_everything(cuda):
    assert (cuda.name, cuda.offers, cuda.reference) == ("cuda", CALLABLES, True)
    assert (cuda.declared.dtypes, cuda.declared.ranks, cuda.declared.threads) == (ORDERED, (1, 2, 3), False)
    assert all(cuda.declared.settings[each] == (MEAN_SETTINGS if each in MEAN else SETTINGS) for each in CALLABLES)


@slow
@pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
def test_it_keeps_every_law_but_that_of_threads(cuda, law):
    lacking = law.unsupported(cuda.declared, cuda.offers, cuda.evidence)
    assert bool(lacking) == (law.name == "two-threads")
    if not lacking:
        result = run(law, cuda, TrialSettings(examples=3, seed=1))
        assert result.verdict == "holds", result


@once
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
def test_arrays_on_the_device_stay_there(here, dtype):
    assert python(here, "-W", "error", "-c", ON_DEVICE.format(dtype=dtype), **SIMULATOR) == (0, "")


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


@once
def test_wrong_arrays_on_the_device_are_refused_as_any_others(here):
    status, said = python(here, "-c", REFUSED, **SIMULATOR)
    assert status == 0
    assert said.splitlines() == [
        "size=(7, 7): size[0] should be at most 5, the height of x",
        "x has dtype complex128, but should have one of bool, int8, int16, int32, int64, uint8, uint16, uint32, "
        f"uint64, {', '.join(FLOATS)}",
        f"x has dtype int64, but should have one of {', '.join(FLOATS)}",
        "dy has shape (2, 3, 5, 6), but should have (2, 3, 4, 5), as the forward result",
        "x lies on the device with strides (720, 240, 48, 16), but should be contiguous",
        "pading=1 is no setting here; there are padding, dilation, ceil_mode",
    ]
