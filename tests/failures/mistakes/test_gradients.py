"""Mistakes about how much of a gradient is passed on are named."""

import numpy as np
import pytest
from planted import each_window, named, passed_back, spread_evenly, to_maximum
from selection import slow

pytestmark = pytest.mark.once


def routed(share):
    """A kernel that passes back `share`."""
    return lambda dy, x, size, stride: passed_back(dy, x, size, stride, share)


def test_a_gradient_multiplied_by_the_input():
    assert named("routing", max_backward=lambda *given: routed(to_maximum)(*given) * given[1]) == "gradient-times-input"


def test_a_gradient_divided_by_the_cells_of_the_window():
    kernel = routed(lambda d, cells: to_maximum(d, cells) / cells.size)
    assert named("routing", max_backward=kernel) == "gradient-scaled"


def by_row(d, cells):
    """Tied maxima share the gradient only with those in their row."""
    best = cells == cells.max()
    return d * best / np.maximum(best.sum(axis=1, keepdims=True), 1)


def by_first_row(d, cells):
    """Tied maxima share the gradient as if all of them were in the first row."""
    best = cells == cells.max()
    return d * best / max(best[0].sum(), 1)


@slow
@pytest.mark.parametrize("share", [by_row, by_first_row])
def test_ties_counted_in_a_row_of_the_window(share):
    assert named("tied-maxima", max_backward=routed(share)) == "ties-split-wrongly"


def test_ties_counted_in_the_image():
    def max_backward(dy, x, size, stride):
        dx = np.zeros_like(x)
        for place, cells in each_window(x, size, stride):
            top = x[cells].max()
            dx[cells] += dy[place] * (x[cells] == top) / (x[place[:2]] == top).sum()
        return dx

    assert named("tied-maxima", max_backward=max_backward) == "ties-split-wrongly"


def added_in(dtype, share):
    """A kernel that adds in a buffer of one type."""

    def kernel(dy, x, size, stride):
        dx = np.zeros(x.shape, dtype)
        for place, cells in each_window(x, size, stride):
            dx[cells] += share(dy[place], x[cells]).astype(dtype)
        return dx.astype(x.dtype)

    return kernel


@slow
def test_gradients_added_up_in_a_narrow_buffer():
    name = "gradient-in-narrower-type"
    assert named("max-accumulation", max_backward=added_in("float32", to_maximum)) == name
    assert named("mean-spread", mean_backward=added_in("float16", spread_evenly)) == name


def kept(first, last):
    """Gradients that each cell gathers from its windows except the first ones, or the last ones."""

    def max_backward(dy, x, size, stride):
        dx = np.zeros_like(x)
        for (n, c, i, j), cells in each_window(x, size, stride):
            row, column = np.unravel_index(x[cells].argmax(), size)
            place = i * stride[0] + row, j * stride[1] + column
            ranges = [
                range(max(-((f - 1 - cell) // s), 0) + first, min(cell // s + 1, count) - last)
                for cell, f, s, count in zip(place, size, stride, dy.shape[2:], strict=True)
            ]
            if i in ranges[0] and j in ranges[1]:
                dx[(n, c, *place)] += dy[n, c, i, j]
        return dx

    return max_backward


@pytest.mark.parametrize(("first", "last"), [(1, 0), (0, 1)])
def test_maxima_without_the_gradient_of_the_first_or_last_window(first, last):
    assert named("max-accumulation", max_backward=kept(first, last)) == "window-of-cell-left-out"


@slow
def test_samples_that_pass_no_gradient_are_not_said_to_be_gathered_wrongly():
    def max_backward(dy, x, size, stride):
        dx = passed_back(dy, x, size, stride, to_maximum)
        dx[:-1] = 0
        return dx

    assert named("routing", max_backward=max_backward) in ("results-not-written", "gradients-lost")


def of_overlap(factor):
    """Gradients, multiplied by a factor where another window follows along both axes."""

    def max_backward(dy, x, size, stride):
        dx = np.zeros_like(x)
        for (n, c, i, j), cells in each_window(x, size, stride):
            row, column = np.unravel_index(x[cells].argmax(), size)
            if row >= stride[0] and column >= stride[1]:
                dx[n, c, i * stride[0] + row, j * stride[1] + column] += factor * dy[n, c, i, j]
        return dx

    return max_backward


@slow
@pytest.mark.parametrize("law", ["max-accumulation", "conservation"])
def test_windows_that_pass_a_gradient_where_others_follow_are_not_said_to_pass_none(law):
    assert named(law, max_backward=of_overlap(1)) == "window-of-cell-left-out"
    assert named(law, max_backward=of_overlap(3)) != "nothing-passed-back"


@slow
@pytest.mark.parametrize(("block", "law"), [(4, "mean-spread"), (8, "mean-accumulation")])
def test_the_last_block_of_windows_that_is_moved_back_to_fit(block, law):
    def mean_backward(dy, x, size, stride):
        dx, width = np.zeros(x.shape), dy.shape[3]
        starts = [*range(0, width - block + 1, block), *([width - block] if width > block and width % block else ())]
        columns = [j for start in starts for j in range(start, start + block)] or range(width)
        for n, c, i in np.ndindex(dy.shape[:3]):
            for j in columns:
                rows, across = i * stride[0], j * stride[1]
                dx[n, c, rows : rows + size[0], across : across + size[1]] += dy[n, c, i, j] / np.prod(size)
        return dx

    assert named(law, mean_backward=mean_backward) == "last-block-overlaps"


def test_the_first_window_of_a_cell_by_a_division_that_rounds_towards_zero():
    def mean_backward(dy, x, size, stride):
        dx = np.zeros(x.shape)
        for n, c, h, w in np.ndindex(x.shape):
            i, j = (int((at - f) / s) + 1 for at, f, s in zip((h, w), size, stride, strict=True))
            dx[n, c, h, w] = dy[n, c, max(i, 0) : h // stride[0] + 1, max(j, 0) : w // stride[1] + 1].sum()
        return dx / np.prod(size)

    assert named("mean-accumulation", mean_backward=mean_backward) == "window-of-cell-left-out"


@slow
@pytest.mark.parametrize("last", [False, True])
def test_a_maximum_that_is_sought_in_the_whole_plane(last):
    def max_backward(dy, x, size, stride):
        dx = np.zeros(x.shape)
        for place, cells in each_window(x, size, stride):
            equal = np.flatnonzero(x[place[:2]] == x[cells].max())
            dx[place[:2]].flat[equal[-1 if last else 0]] += dy[place]
        return dx

    assert named("tied-maxima", max_backward=max_backward) == "maximum-sought-in-plane"
