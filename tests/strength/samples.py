"""The sample inputs of PyTorch's pooling operators, with what its tests assert of every operator on them."""

from itertools import product
from typing import NamedTuple

import numpy as np

from .kernel import Asked

STEP, ATOL, RTOL = 1e-6, 1e-5, 1e-3
"""The step and the tolerances of gradcheck."""


def operator_samples(implementation):
    """The sample inputs of PyTorch's max_pool and avg_pool: gradients against numerical ones, and memory with gaps.

    Source: sample_inputs_max_pool and sample_inputs_avgpool1d to 3d in common_methods_invocations.py of PyTorch 2.13,
    gradcheck in torch/autograd/gradcheck.py, test_noncontiguous_samples in test/test_ops.py. As there, gradients of
    max_pool2d and max_pool3d are compared along one direction, all others number by number. No result is compared
    with a right one: derivatives are held against the implementation's own forward pass. Left out are images without
    a batch, and divisor_override, which the contract has not and which would scale result and gradient alike.

    A sound kernel that refuses memory with gaps or an empty batch fails: an operator of PyTorch must take both.
    """
    kernel = Asked(implementation)
    random = np.random.default_rng(0)
    for sample in SAMPLES:
        if takes(kernel, sample, "forward", "float64") and takes(kernel, sample, "backward", "float64"):
            gradients_agree(kernel, sample, random)
        if takes(kernel, sample, "forward", "float32") and not sample.channels_last:
            gaps_make_no_difference(kernel, sample, random)


class Sample(NamedTuple):
    """An image's shape and layout, and the windows on it, for the pooling of one `kind`, max or mean."""

    kind: str
    shape: tuple
    size: tuple
    stride: tuple
    settings: dict
    channels_last: bool = False


def takes(kernel, sample, direction, dtype):
    """Whether an implementation takes a sample."""
    return kernel.takes(f"{sample.kind}_{direction}", dtype, sample.size, sample.settings)


def ask(kernel, sample, what, *arrays):
    """An implementation's forward or backward pass, or its indices."""
    windows = {"size": sample.size, "stride": sample.stride, "settings": sample.settings}
    return kernel.ask(f"{sample.kind}_{what}", *arrays, **windows)


def image(sample, random, dtype):
    """Uniform numbers."""
    x = random.uniform(-9, 9, sample.shape).astype(dtype)
    return np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1) if sample.channels_last else x


def gradients_agree(kernel, sample, random):
    """gradcheck: along directions u of x and v of y, the derivative of forward equals the result of backward, u'J'v."""
    x = image(sample, random, "float64")
    y = ask(kernel, sample, "forward", x)
    nothing = ask(kernel, sample, "backward", np.zeros_like(y), x)
    assert (nothing.shape, nothing.dtype) == (x.shape, x.dtype)
    assert not nothing.any()
    if not x.size:
        return
    along_one = sample.kind == "max" and len(sample.size) > 1
    us, vs = (directions(each.size, random, along_one) for each in (x, y))
    numerical = np.array([derivative(kernel, sample, x, u.reshape(x.shape)) for u in us]) @ vs.T
    analytical = us @ np.array([gradient(kernel, sample, x, v.reshape(y.shape)) for v in vs]).T
    bound = ATOL * np.outer(us.sum(axis=1), vs.sum(axis=1)) + RTOL * np.abs(numerical)
    assert (np.abs(analytical - numerical) <= bound).all()


def directions(count, random, along_one):
    """One random direction without negative components, or all unit vectors."""
    if not along_one:
        return np.eye(count)
    direction = random.random((1, count))
    return direction / np.linalg.norm(direction)


def derivative(kernel, sample, x, u):
    """The central difference of the forward pass along u; x is changed in place and back."""
    kept = x.copy()
    x[...] = kept - STEP * u
    below = ask(kernel, sample, "forward", x)
    x[...] = kept + STEP * u
    above = ask(kernel, sample, "forward", x)
    x[...] = kept
    assert (below.shape, below.dtype) == (above.shape, above.dtype)
    return ((above - below) / (2 * STEP)).ravel()


def gradient(kernel, sample, x, v):
    """The backward pass, asserted to be the same twice."""
    once, again = (ask(kernel, sample, "backward", v, x) for _ in range(2))
    assert (once == again).all()
    return once.ravel()


def gaps_make_no_difference(kernel, sample, random):
    """test_noncontiguous_samples: forward, backward and indices do not change if every other number is NaN."""
    x = image(sample, random, "float32")
    apart = with_gaps(x)
    y = ask(kernel, sample, "forward", x)
    equal(ask(kernel, sample, "forward", apart), y)
    if kernel.takes(f"{sample.kind}_indices", "float32", sample.size, sample.settings):
        equal(ask(kernel, sample, "indices", apart), ask(kernel, sample, "indices", x))
    if takes(kernel, sample, "backward", "float32"):
        dy = random.standard_normal(y.shape, "float32")
        equal(ask(kernel, sample, "backward", with_gaps(dy), apart), ask(kernel, sample, "backward", dy, x))


def with_gaps(array):
    """The array as every other element of a memory of NaN."""
    wide = np.full((*array.shape, 2), np.nan, array.dtype)
    wide[..., 1] = array
    return wide[..., 1]


def equal(actual, expected):
    """assertEqual for tensors, with its tolerances for float32."""
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(actual, expected, rtol=1.3e-6, atol=1e-5)


def max_samples(sizes, strides, dilations, tail):
    """Every combination, with and without ceil mode and padding, for small images; the default stride is the size."""
    rank = len(tail) + 1
    for n, length, size, stride, ceil_mode, pad, dilation in product(
        (1, 2), (3, 6), sizes, strides, (True, False), (0, 1), dilations
    ):
        settings = {"padding": ((pad, pad),) * rank, "dilation": dilation, "ceil_mode": ceil_mode}
        for channels_last in (False, True) if rank == 2 else (False,):
            yield Sample("max", (n, 2, length, *tail), size, stride or size, settings, channels_last)


def mean_sample(shape, size, stride=None, pads=None, **settings):
    """A sample with the same padding before and after each axis."""
    if pads:
        settings["padding"] = tuple((pad, pad) for pad in pads)
    return Sample("mean", shape, size, stride or size, settings)


CEIL, REAL = {"ceil_mode": True}, {"count_include_pad": False}

SAMPLES = [
    *max_samples([(3,)], [(2,), None], [(1,)], ()),
    *max_samples([(3, 3), (3, 2)], [(2, 2), None, (2, 1)], [(1, 1), (1, 2)], (6,)),
    *max_samples([(3, 3, 3), (3, 2, 3)], [(2, 2, 2), None, (2, 1, 2)], [(1, 1, 1), (1, 2, 1)], (6, 5)),
    mean_sample((2, 3, 9), (3,)),
    mean_sample((1, 3, 9), (3,), (1,), (1,), **CEIL, **REAL),
    mean_sample((1, 3, 9), (6,), (3,), (2,), **CEIL),
    mean_sample((2, 3, 9), (3,), (1,), (1,)),
    mean_sample((0, 3, 9), (6,), (3,), (2,)),
    mean_sample((1, 2, 9), (7,), (3,), (2,)),
    mean_sample((1, 2, 9), (7,), (3,), (3,), **CEIL),
    mean_sample((1, 2, 9), (7,), (3,)),
    mean_sample((1, 2, 9), (7,), (3,), **CEIL),
    mean_sample((1, 3, 9, 9), (3, 3), (1, 1), (1, 1), **CEIL, **REAL),
    mean_sample((1, 3, 9, 9), (4, 4), (2, 3), (1, 1), **CEIL, **REAL),
    mean_sample((1, 3, 9, 9), (6, 6), (3, 3), (2, 3), **CEIL),
    mean_sample((2, 3, 9, 9), (3, 3), (1, 1), (1, 1), **CEIL, **REAL),
    mean_sample((1, 1, 4, 4), (2, 2)),
    mean_sample((1, 2, 6, 6), (4, 4), (2, 2), (2, 2), **CEIL),
    mean_sample((1, 3, 9, 9), (3, 3)),
    mean_sample((2, 3, 3, 4, 4), (2, 2, 2)),
    mean_sample((1, 2, 4, 4, 4), (2, 2, 2), (1, 1, 1), (1, 1, 1), **CEIL, **REAL),
    mean_sample((1, 2, 5, 5, 5), (2, 3, 4), (1, 2, 2), (0, 1, 2), **CEIL),
    mean_sample((1, 2, 5, 5, 5), (2, 3, 4), (1, 2, 2), (0, 1, 2)),
    mean_sample((1, 1, 7, 5, 7), (6, 3, 4), (2, 3, 2), (3, 1, 0), **REAL),
    mean_sample((1, 1, 4, 5, 4), (2, 2, 3), (2, 2, 1)),
    mean_sample((1, 1, 6, 5, 6), (4, 5, 6), (2, 3, 2), (2, 2, 2), **CEIL),
    mean_sample((0, 1, 4, 5, 4), (2, 3, 1), (2, 1, 2)),
]
