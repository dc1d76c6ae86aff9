"""Mistakes about integers are distinguished from mistakes about their order."""

import numpy as np
import pytest
from planted import named, passed_back, pooled, to_maximum

pytestmark = pytest.mark.once


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8"])
def test_integers_whose_negative_wraps_are_not_said_to_be_minima(dtype):
    def max_forward(x, size, stride):
        return pooled(x, size, stride, lambda cells: np.negative(np.negative(cells).min(keepdims=True)).item())

    assert named("max-value", dtype, max_forward=max_forward) == "negation-wraps"


@pytest.mark.parametrize("kind", ["i", "u"])
def test_floats_that_are_compared_by_their_bits(kind):
    def max_forward(x, size, stride):
        bits = np.ascontiguousarray(x).view(f"{kind}{x.itemsize}")
        return pooled(bits, size, stride, np.max).view(x.dtype)

    assert named("max-value", max_forward=max_forward) == "compared-as-bits"


@pytest.mark.parametrize("margin", [1e-6, 1e-12])
def test_a_cell_that_must_be_larger_by_a_margin(margin):
    def scanned(cells):
        best = cells.flat[0]
        for cell in cells.flat:
            best = cell if cell > best + margin else best
        return best

    assert named("max-value", max_forward=lambda *given: pooled(*given, scanned)) == "larger-by-a-margin"


@pytest.mark.parametrize("narrow", ["float16", "float32"])
@pytest.mark.parametrize("law", ["max-value", "routing"])
def test_floats_that_pass_through_a_narrower_type(narrow, law):
    def max_forward(x, size, stride):
        with np.errstate(over="ignore"):
            return pooled(x.astype(narrow), size, stride, np.max).astype(x.dtype)

    def max_backward(dy, x, size, stride):
        with np.errstate(over="ignore"):
            return passed_back(dy.astype(narrow), x.astype(narrow), size, stride, to_maximum).astype(x.dtype)

    kernels = {"max-value": {"max_forward": max_forward}, "routing": {"max_backward": max_backward}}
    assert named(law, **kernels[law]) == "maximum-in-narrower-type"


def test_integers_that_pass_through_a_float_are_told_from_floats_that_do():
    def max_forward(x, size, stride):
        return pooled(x.astype(np.float64), size, stride, np.max).astype(x.dtype)

    assert named("max-value", "int64", max_forward=max_forward) == "maximum-through-float"


def test_places_of_maxima_among_numbers_rounded_to_half_precision():
    def share(d, cells):
        with np.errstate(over="ignore"):
            return np.where(np.arange(cells.size) == cells.astype(np.float16).argmax(), d, 0).reshape(cells.shape)

    def max_backward(dy, x, size, stride):
        return passed_back(dy, x, size, stride, share)

    assert named("routing", max_backward=max_backward) == "compared-in-float16"
