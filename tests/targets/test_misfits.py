"""Misfits: each is recognised by asking, and the lines that it is told make a target that keeps the laws."""

import re
from textwrap import dedent

import pytest
from poolproof.properties import check
from poolproof.properties.contract import Unusable
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session

pytestmark = pytest.mark.once

KERNEL = """
import numpy as np
from poolproof.kernels import naive


def channels_last(a):
    return np.moveaxis(a, -1, 1)


def back(a):
    return np.moveaxis(a, 1, -1)
"""
"""What the misfits below are made of; they show only how they take their arguments."""

LAWS = "output-size,max-value,mean-value,routing,max-accumulation,mean-spread"

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
    """What a file with this kernel is told: by the error that it cannot be judged, or by a warning."""
    (folder / "my_pool.py").write_text(KERNEL + dedent(text))
    try:
        return "\n".join(Session(Request()).target(spec).warnings)
    except Unusable as error:
        return str(error)


def code(told):
    """The lines of Python in a message."""
    return "\n".join(line[4:] for line in told.splitlines() if line.startswith("    ") or not line)


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
