"""Misfits: each is recognised by probing, and the suggested lines make a target that keeps the laws."""

import re
from textwrap import dedent

import pytest
from poolproof.properties import check
from poolproof.properties.contract import Unusable
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session
from poolproof.properties.targets.misfits import workshop
from selection import slow

pytestmark = pytest.mark.once

KERNEL = """
import numpy as np
from poolproof.kernels import naive


def channels_last(a):
    return np.moveaxis(a, -1, 1)


def back(a):
    return np.moveaxis(a, 1, -1)
"""
"""The functions that the misfits below are made of; they show only how they take their arguments."""

LAWS = "output-size,max-index,max-value,mean-value,routing,max-accumulation,mean-spread"

MISFITS = {
    "other names": (
        """
        maxpool_forward = naive.max_forward
        maxpool_backward = naive.max_backward
        avgpool_forward = naive.mean_forward
        avgpool_backward = naive.mean_backward
        """,
        "target = SimpleNamespace(",
    ),
    "channels last": (
        """
        def max_forward(x, size, stride):
            return back(naive.max_forward(channels_last(x), size, stride))

        def max_backward(dy, x, size, stride):
            return back(naive.max_backward(channels_last(dy), channels_last(x), size, stride))
        """,
        "target = nhwc(my_pool)",
    ),
    "one image": (
        """
        def mean_pool(image, size, stride):
            return naive.mean_forward(image.transpose(2, 0, 1)[None], size, stride)[0].transpose(1, 2, 0)
        """,
        "target = images(mean_forward=my_pool.mean_pool)",
    ),
    "one sample": (
        """
        def pool(x, size, stride):
            return naive.max_forward(x[None], size, stride)[0]
        """,
        'target = arranged("CHW", max_forward=my_pool.pool)',
    ),
    "one plane": (
        """
        def pool(plane, size, stride):
            return naive.max_forward(plane[None, None], size, stride)[0, 0]
        """,
        "target = planes(max_forward=my_pool.pool)",
    ),
    "ints": (
        """
        def max_forward(x, size, stride):
            return naive.max_forward(x, (int(size), int(size)), (int(stride), int(stride)))
        """,
        "target = ints(my_pool)",
    ),
    "stride before size": (
        """
        def max_forward(x, stride, size):
            return naive.max_forward(x, size, stride)
        """,
        "max_forward=lambda x, size, stride: my_pool.max_forward(x, size=size, stride=stride)",
    ),
    "other keywords": (
        """
        def max_pool(x, pad=0, kernel_size=2, stride=2):
            return naive.max_forward(x, kernel_size, stride, padding=pad)
        """,
        "max_forward=lambda x, size, stride: my_pool.max_pool(x, kernel_size=size, stride=stride)",
    ),
    "x before dy": (
        """
        max_forward = naive.max_forward

        def max_backward(x, dy, size, stride):
            return naive.max_backward(dy, x, size, stride)
        """,
        "max_backward=lambda dy, x, size, stride: my_pool.max_backward(x, dy, size, stride)",
    ),
    "a tuple of one gradient": (
        """
        max_forward = naive.max_forward

        def max_backward(dy, x, size, stride):
            return (naive.max_backward(dy, x, size, stride),)
        """,
        "target = first(my_pool)",
    ),
    "a cache": (
        """
        def forward(x, size, stride):
            return naive.max_forward(x, size, stride), (x, size, stride)

        def backward(dout, cache):
            return naive.max_backward(dout, *cache)
        """,
        "target = cached(max_forward=my_pool.forward, max_backward=my_pool.backward)",
    ),
    "a cache before the gradient": (
        """
        def forward(x, size, stride):
            return naive.mean_forward(x, size, stride), (x, size, stride)

        def backward(cache, dout):
            x, size, stride = cache
            return naive.mean_backward(dout, x, size, stride)
        """,
        "mean_backward=lambda dy, cache: my_pool.backward(cache, dy)",
    ),
    "indices": (
        """
        def argmax_pool(x, size, stride):
            return naive.max_indices(x, size, stride)

        def maxpool(x, size, stride):
            return naive.max_forward(x, size, stride)
        """,
        "SimpleNamespace(max_forward=my_pool.maxpool, max_indices=my_pool.argmax_pool)",
    ),
    "a course": (
        """
        def max_pool_forward_naive(x, pool_param):
            size = pool_param["pool_height"], pool_param["pool_width"]
            return naive.max_forward(x, size, pool_param["stride"]), (x, size, pool_param)

        def max_pool_backward_naive(dout, cache):
            x, size, pool_param = cache
            return naive.max_backward(dout, x, size, pool_param["stride"])
        """,
        '"pool_height": size[0]',
    ),
    "another course": (
        """
        def pool_forward(a, hparameters):
            f, s = hparameters["f"], hparameters["stride"]
            return back(naive.mean_forward(channels_last(a), (f, f), (s, s))).astype(float), (a, hparameters)

        def pool_backward(dA, cache):
            a, hparameters = cache
            f, s = hparameters["f"], hparameters["stride"]
            return back(naive.mean_backward(channels_last(dA), channels_last(a), (f, f), (s, s))).astype(float)
        """,
        "nhwc(ints(cached(",
    ),
    "a layer": (
        """
        class MaxPool:
            def __init__(self, size, stride):
                self.size, self.stride = size, stride

            def forward(self, x):
                self.x = x
                return naive.max_forward(x, self.size, self.stride)

            def backward(self, delta):
                return naive.max_backward(delta, self.x, self.size, self.stride)
        """,
        "target = layer(max_layer=my_pool.MaxPool)",
    ),
    "a layer of four ints": (
        """
        class Pooling:
            def __init__(self, pool_h, pool_w, stride=1, pad=0):
                self.size, self.stride = (pool_h, pool_w), stride

            def forward(self, x):
                self.x = x
                return naive.max_forward(x, self.size, self.stride)

            def backward(self, dout):
                return naive.max_backward(dout, self.x, self.size, self.stride)
        """,
        "max_layer=lambda size, stride: my_pool.Pooling(*size, stride[0])",
    ),
    "a layer that returns a tuple": (
        """
        class AvgPool:
            def __init__(self, size, stride):
                self.size, self.stride = size, stride

            def forward(self, x):
                self.x = x
                return naive.mean_forward(x, self.size, self.stride)

            def backward(self, delta):
                return (naive.mean_backward(delta, self.x, self.size, self.stride),)
        """,
        "target = first(layer(mean_layer=my_pool.AvgPool))",
    ),
    "only the first entries": (
        """
        def max_forward(x, size, stride):
            return naive.max_forward(x, size[0], stride[0])
        """,
        "square = True",
    ),
    "no stride": (
        """
        def pool(x, size):
            return naive.max_forward(x, size, size)
        """,
        "target = SimpleNamespace(max_forward=lambda x, size, stride: my_pool.pool(x, size), tiles=True)",
    ),
    "float64": (
        """
        def mean_forward(x, size, stride):
            return naive.mean_forward(x.astype(float), size, stride)
        """,
        'dtypes = ("float64",)',
    ),
    "channels last and float64": (
        """
        def maxpool(x, size, stride):
            return back(naive.max_forward(channels_last(x).astype(float), size, stride))
        """,
        'target = nhwc(max_forward=my_pool.maxpool, dtypes=("float64",))',
    ),
}


def guidance(folder, text, spec="my_pool.py"):
    """The guidance for a file with this kernel, in the error that it cannot be judged or in a warning."""
    (folder / "my_pool.py").write_text(KERNEL + dedent(text))
    try:
        return "\n".join(Session(Request()).target(spec).warnings)
    except Unusable as error:
        return str(error)


def code(told):
    """The lines of Python in a message."""
    return "\n".join(line[4:] for line in told.splitlines() if line.startswith("    ") or not line)


@pytest.mark.slow
@pytest.mark.parametrize("name", MISFITS)
def test_a_misfit_is_told_the_lines_that_make_it_a_target(name, here):
    text, words = MISFITS[name]
    told = guidance(here, text)
    assert words in told
    lines = code(told)
    assert len(re.findall(r"^\S", lines, re.MULTILINE)) <= 4
    if "target =" in lines:
        (here / "wrapped.py").write_text(lines)
        check(f"{here}/wrapped.py:target", examples=3, seed=1, pattern=LAWS)
    else:
        with (here / "my_pool.py").open("a") as file:
            file.write(lines)
        check(f"{here}/my_pool.py", examples=3, seed=1, pattern=LAWS)


BROKEN = {
    "channels last, and the last row is left out": (
        """
        def max_forward(x, size, stride):
            return back(naive.max_forward(channels_last(x)[:, :, :-1], size, stride))
        """
    ),
    "ceil for floor": (
        """
        def max_forward(x, size, stride):
            return naive.max_forward(x, size, stride, ceil_mode=True)
        """
    ),
    "a sum for a mean": (
        """
        def mean_forward(x, size, stride):
            return naive.mean_forward(x, size, stride) * size[0]
        """
    ),
    "the window of the other axis": (
        """
        def max_forward(x, size, stride):
            return naive.max_forward(x, size[::-1], stride)
        """
    ),
    "float64, and wrong": (
        """
        def mean_forward(x, size, stride):
            return naive.mean_forward(x.astype(float), size, stride) + 1
        """
    ),
    "a layer that is wrong": (
        """
        class MaxPool:
            def __init__(self, size, stride):
                self.size, self.stride = size, stride

            def forward(self, x):
                return -naive.max_forward(x, self.size, self.stride)
        """
    ),
    "it dies of other arguments": (
        """
        def maxpool(x, size, stride):
            import os

            os.kill(os.getpid(), 9)
        """
    ),
    "it ends the process": (
        """
        def maxpool(x, size, stride):
            raise SystemExit(1)
        """
    ),
}


@slow
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told_no_lines(text, here):
    told = guidance(here, text)
    assert "\n" not in told
    assert "=" not in told


@slow
def test_a_target_that_keeps_the_contract_is_told_nothing(here):
    assert guidance(here, "from poolproof.kernels.naive import *") == ""


@slow
def test_a_broken_backward_beside_a_misfit_is_left_out_and_named(here):
    text = """
        def maxpool(x, size, stride):
            return back(naive.max_forward(channels_last(x), size, stride))

        def maxpool_grad(dy, x, size, stride):
            return 2 * back(naive.max_backward(channels_last(dy), channels_last(x), size, stride))
    """
    told = guidance(here, text)
    assert "maxpool_grad is left out, because it is wrong in every form that was tried" in told
    assert code(told).endswith("target = nhwc(max_forward=my_pool.maxpool)")


@slow
def test_a_broken_backward_of_the_contract_comes_along_for_the_laws_to_see(here):
    text = """
        def max_forward(x, size, stride):
            return back(naive.max_forward(channels_last(x), size, stride))

        def max_backward(dy, x, size, stride):
            return 2 * back(naive.max_backward(channels_last(dy), channels_last(x), size, stride))
    """
    (here / "wrapped.py").write_text(code(guidance(here, text)))
    with pytest.raises(AssertionError, match="routing: broken"):
        check(f"{here}/wrapped.py:target", examples=3, seed=1, pattern="max-value,routing")


@slow
@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("my_pool.py:MaxPool", "target = layer(max_layer=my_pool.MaxPool)"),
        ("my_pool.py:Kernel", "target = ints(my_pool.Kernel)"),
        ("my_pool.py:kernel", "target = ints(my_pool.kernel)"),
        ("my_pool.py:Other", "target = SimpleNamespace(max_forward=my_pool.Other().maxpool)"),
        ("my_pool.py:maxpool", "target = SimpleNamespace(max_forward=my_pool.maxpool)"),
        ("my_pool:maxpool", "target = SimpleNamespace(max_forward=my_pool.maxpool)"),
    ],
)
def test_an_object_of_a_file_is_told_its_own_line(here, spec, words):
    text = """
        class MaxPool:
            def __init__(self, size, stride):
                self.size, self.stride = size, stride

            def forward(self, x):
                return naive.max_forward(x, self.size, self.stride)

        class Kernel:
            def max_forward(self, x, size, stride):
                return naive.max_forward(x, (int(size),) * 2, (int(stride),) * 2)

        class Other:
            def maxpool(self, x, size, stride):
                return naive.max_forward(x, size, stride)

        kernel = Kernel()
        maxpool = naive.max_forward
    """
    assert words in guidance(here, text, spec)


@pytest.mark.slow
def test_a_file_may_be_called_as_the_wrapper_that_it_needs(here):
    text, words = MISFITS["a layer"]
    (here / "layer.py").write_text(KERNEL + dedent(text))
    with pytest.raises(Unusable) as caught:
        Session(Request()).target("layer.py")
    assert words.replace("my_pool", "my_layer") in str(caught.value)
    (here / "wrapped.py").write_text(code(str(caught.value)))
    check(f"{here}/wrapped.py:target", examples=3, seed=1, pattern="max-value,routing")


def test_a_file_whose_name_cannot_be_imported_is_told_nothing(here):
    (here / "my-pool.py").write_text(KERNEL + "maxpool = naive.max_forward\n")
    with pytest.raises(Unusable, match=r"^my-pool offers none of [\w, ]+\.$"):
        Session(Request()).target("my-pool.py")


@slow
def test_guidance_that_takes_too_long_is_not_given(here, monkeypatch):
    monkeypatch.setattr(workshop, "PATIENCE", -1.0)
    assert "target =" not in guidance(here, "maxpool = naive.max_forward")


TORCH = """
import torch
from torch.nn import functional


class MaxPool(torch.nn.Module):
    def __init__(self, kernel_size, stride):
        super().__init__()
        self.windows = kernel_size, stride

    def forward(self, x):
        return functional.max_pool2d(x, *self.windows)


def avg_pool(x, size, stride):
    return functional.avg_pool2d(x, size, stride)
"""


def test_a_function_of_pytorch_is_differentiated_by_autograd(here):
    pytest.importorskip("torch")
    told = guidance(here, TORCH, "my_pool.py:avg_pool")
    assert "target = torch_function(mean_forward=my_pool.avg_pool)" in told
    (here / "wrapped.py").write_text(code(told))
    check(f"{here}/wrapped.py:target", examples=2, seed=1, pattern=LAWS)


SORTS = """
class Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, kernel_size, stride):
        return functional.avg_pool2d(x, kernel_size, stride, divisor_override=1)

    @staticmethod
    def backward(ctx, dy):
        return dy, None, None
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "It has a PyTorch module: check it with --as module$"),
        (":MaxPool", "It is a PyTorch module: check it with --as module$"),
        (
            ":Sum",
            "with --as autograd_function. That says now: .* are 4 of what",
        ),
    ],
)
def test_what_a_framework_has_for_layers_and_gradients_is_taken_by_its_name(here, name, told):
    pytest.importorskip("torch")
    assert re.search(told, guidance(here, TORCH + SORTS, f"my_pool.py{name}"), re.MULTILINE)
