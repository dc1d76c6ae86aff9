"""Mistakes about integers are distinguished from mistakes about their order."""

import numpy as np
import pytest
from planted import named, passed_back, pooled, to_maximum
from selection import slow

pytestmark = pytest.mark.once


@slow
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


@slow
@pytest.mark.parametrize("margin", [1e-6, 1e-12])
def test_a_cell_that_must_be_larger_by_a_margin(margin):
    def scanned(cells):
        best = cells.flat[0]
        for cell in cells.flat:
            best = cell if cell > best + margin else best
        return best

    assert named("max-value", max_forward=lambda *given: pooled(*given, scanned)) == "larger-by-a-margin"


@slow
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


def closest_first(cells):
    """The place of the first cell that np.isclose takes for the maximum."""
    return np.isclose(cells, cells.max()).argmax()


def zero_is_unset(cells):
    """The place at which a scan ends that takes the next cell wherever the maximum so far is zero."""
    best = 0
    for place, cell in enumerate(cells.flat):
        best = place if not cells.flat[best] or cell > cells.flat[best] else best
    return best


@slow
@pytest.mark.parametrize(
    ("place", "mistake"), [(closest_first, "nearly-equal-cells-tie"), (zero_is_unset, "zero-taken-for-unset")]
)
def test_another_cell_than_the_maximum(place, mistake):
    def route(d, cells):
        dx = np.zeros(cells.shape)
        dx.flat[place(cells)] = d
        return dx

    assert named("routing", max_backward=lambda *given: passed_back(*given, route)) == mistake


def test_zero_taken_for_no_maximum_in_windows_of_hundreds_of_cells_as_well():
    def max_forward(x, size, stride):
        return pooled(x, size, stride, lambda cells: cells.flat[zero_is_unset(cells)])

    assert named("increasing-maps", max_forward=max_forward) == "zero-taken-for-unset"


@pytest.mark.parametrize(
    ("law", "function", "combine"), [("max-value", "max_forward", max), ("mean-value", "mean_forward", sum)]
)
def test_halves_that_are_rounded_down(law, function, combine):
    def halved(cells):
        lanes = list(cells.flat)
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [combine(lanes[k : k + half + 1 : half]) for k in range(half)]
        return lanes[0] / (cells.size if combine is sum else 1)

    assert named(law, **{function: lambda *given: pooled(*given, halved)}) == "odd-cells-left-out"


@pytest.mark.filterwarnings("ignore:invalid value encountered in subtract")
def test_windows_summed_as_differences_of_running_sums():
    def mean_forward(x, size, stride):
        for axis, (f, s) in enumerate(zip(size, stride, strict=True), 2):
            running = np.insert(x.cumsum(axis), 0, 0, axis)
            past = np.arange(f, running.shape[axis], s)
            x = running.take(past, axis) - running.take(past - f, axis)
        return x / np.prod(size)

    assert named("locality", mean_forward=mean_forward) == "sums-are-differences"
