"""Devices: tensors are copied there and back, writes to them are seen, and a lost device ends a process."""

import sys
from argparse import ArgumentTypeError
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.contract import Unusable
from poolproof.properties.doors.converters import one_device
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.wrappers import devices
from poolproof.properties.wrappers.frameworks import Framework, in_framework
from poolproof.properties.wrappers.operators import function
from selection import slow
from shell import poolproof

# Without PyTorch.


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:1", "mps", "xpu:12"])
def test_devices_are_named_as_pytorch_names_them(name):
    assert one_device(name) == name


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:x", "meta", "cuda 1"])
def test_other_devices_are_refused(name):
    with pytest.raises(ArgumentTypeError, match="should be cpu, cuda, mps or xpu, perhaps with a number, as cuda:1"):
        one_device(name)


def of_copies(function):
    """A function on copies of arrays, as on a device."""
    copies = Framework(np.copy, np.asarray, None, None, on_device=True)
    return in_framework(copies, function)


def test_what_is_written_to_copies_on_a_device_is_seen(monkeypatch):
    def pool(x, size, stride):
        x[..., 0] = 7
        return x[..., :1] * 1

    x = np.zeros((1, 1, 2, 2))
    of_copies(pool)(x, 2, 2)
    assert (x == 0).all()
    monkeypatch.setenv(devices.VARIABLE, "cpu")
    of_copies(pool)(x, 2, 2)
    assert x[0, 0].tolist() == [[7, 0], [7, 0]]
    x.flags.writeable = False
    x_before = x.copy()
    of_copies(lambda x, size, stride: x.fill(1))(x, 2, 2)
    assert (x == x_before).all()


@pytest.mark.parametrize("name", devices.SIMULATORS)
def test_kernels_in_a_simulator_are_asked_small_cases_one_at_a_time(monkeypatch, name):
    def pool(x, size, stride):
        return naive.max_forward(np.asarray(x), size, stride)

    monkeypatch.setitem(sys.modules, name, SimpleNamespace())
    monkeypatch.setenv(devices.SIMULATORS[name], "1")
    target = function(pool)
    assert (target.threads, target.max_cells) == (False, 4096)
    assert function(pool, threads=True).threads
    monkeypatch.setenv(devices.SIMULATORS[name], "0")
    assert not hasattr(function(pool), "threads")


def test_other_errors_end_no_process(monkeypatch):
    def pool(x, size, stride):
        raise RuntimeError("size should be positive")

    monkeypatch.setenv(devices.VARIABLE, "cuda")
    with pytest.raises(RuntimeError, match="size should be positive"):
        of_copies(pool)(np.zeros((1, 1, 2, 2)), 2, 2)


def test_a_device_needs_a_process_of_its_own_and_tensors():
    with pytest.raises(Unusable, match="--device is for targets in processes of their own"):
        Session(Request(("naive",), device="cpu", in_process=True)).target("naive")


def test_a_target_that_uses_no_device_is_not_judged_on_one(tmp_path):
    (tmp_path / "mine.py").write_text("from poolproof.kernels.naive import max_forward\n")
    with pytest.raises(Unusable, match=r"mine.py does not use the device; --device=cpu is for tensors of PyTorch: "):
        load(f"{tmp_path}/mine.py", Isolation(device="cpu"))


# With PyTorch.

KERNELS = dedent(
    """
    import ctypes

    import torch
    from poolproof.properties.wrappers import module, torch_function
    from torch import nn
    from torch.nn import functional


    def pool(x, size, stride):
        assert x.device.type == "cpu"
        return functional.max_pool2d(x, size, stride)


    def writing(x, size, stride):
        y = functional.max_pool2d(x, size, stride)
        x.detach()[...] = 0
        return y


    def losing(x, size, stride):
        if size[0] == 3:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\\nmore of it")
        return functional.max_pool2d(x, size, stride)


    def careless(x, size, stride):
        return functional.max_pool2d(x.as_strided(x.shape, torch.empty(x.shape).stride()), size, stride)


    def beyond(x, size, stride):
        ctypes.memset(x.data_ptr() + x.numel() * x.element_size(), 0, 1)
        return functional.max_pool2d(x, size, stride)


    sound, wrong, lost = (torch_function(max_forward=each) for each in (pool, writing, losing))
    flat, outside = torch_function(max_forward=careless), torch_function(max_forward=beyond)
    layer = module(nn.AvgPool2d(3, 2, 1))
    """
)


@pytest.fixture
def folder(tmp_path):
    """A folder with kernels of tensors."""
    pytest.importorskip("torch")
    (tmp_path / "kernels.py").write_text(KERNELS)
    return tmp_path


FEW = ("--examples", "20", "--seed", "1", "-n", "0", "--device", "cpu")


@slow
def test_tensors_on_a_device_are_judged(folder):
    laws = ("--laws", "max-value,mean-value,routing,inputs-unchanged,no-aliasing")
    for name in ("sound", "layer"):
        status, said = poolproof(folder, "check", f"kernels.py:{name}", *laws, *FEW)
        assert status == 0, said
        assert "note: on the device cpu" in said


@slow
def test_what_a_kernel_writes_on_a_device_is_seen(folder):
    status, said = poolproof(folder, "check", "kernels.py:wrong", "--laws", "inputs-unchanged", *FEW)
    assert status == 1, said
    assert "inputs-unchanged: broken" in said


@slow
@pytest.mark.parametrize("device", [(), ("--device", "cpu")], ids=["here", "device"])
def test_tensors_keep_strides_and_fences(folder, device):
    words = ("--examples", "40", "--seed", "1", "-n", "0", *device)
    status, said = poolproof(folder, "check", "kernels.py:sound", "--laws", "memory-layouts,inputs-unchanged", *words)
    assert status == 0, said
    status, said = poolproof(folder, "check", "kernels.py:flat", "--laws", "memory-layouts", *words)
    assert "memory-layouts: broken" in said
    status, said = poolproof(folder, "check", "kernels.py:outside", "--laws", "inputs-unchanged", *words)
    assert "wrote beside its input x" in said


@slow
def test_a_lost_device_is_a_crash_after_which_a_new_process_goes_on(folder):
    status, said = poolproof(folder, "check", "kernels.py:lost", "--laws", "max-value,output-size", *FEW)
    assert status == 1, said
    assert "output-size: crashed" in said
    assert "it said: CUDA error: an illegal memory access was encountered\n" in said
    assert said.splitlines()[-1].endswith(": 2 failed (2 crashed)")


@slow
def test_the_adapter_is_judged_on_a_device(folder):
    status, said = poolproof(folder, "check", "torch", "--laws", "max-value,mean-spread", *FEW)
    assert status == 0, said
    assert "note: on the device cpu" in said


@slow
def test_a_device_that_is_not_there_is_one_error(folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    words = ("--laws", "max-value", *FEW[:-1], "cuda")
    status, said = poolproof(folder, "check", "kernels.py:sound", *words)
    assert status == 2, said
    assert "Torch not compiled with CUDA enabled" in said or "NVIDIA" in said
    assert "Traceback" not in said
