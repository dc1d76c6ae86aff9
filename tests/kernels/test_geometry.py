"""Where windows lie: the size formula against windows counted one by one, and what a geometry accepts."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from poolproof.kernels import compiled, img2col, naive
from poolproof.kernels.geometry import Divisors, Geometry
from selection import examples

KERNELS = (naive, compiled, img2col)


@st.composite
def settled(draw):
    """Length, size, stride, padding, dilation and ceil mode of one axis."""
    numbers = [draw(st.integers(1, most)) for most in (12, 4, 5)]
    pair = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    return (*numbers, pair, draw(st.integers(1, 4)), draw(st.booleans()))


def windows_by_trying(length, size, stride, pair, dilation, ceil_mode):
    """The real cells of each window, and how many of its cells are not past the padded end; None if no window fits."""
    begin, end = pair
    reach = dilation * (size - 1)
    starts = [start for start in range(-begin, length + end, stride) if start + reach < length + end]
    if not starts:
        return None
    if ceil_mode and starts[-1] + reach < length + end - 1 and starts[-1] + stride < length:
        starts.append(starts[-1] + stride)
    windows = [[start + tap * dilation for tap in range(size)] for start in starts]
    return [([p for p in cells if 0 <= p < length], len([p for p in cells if p < length + end])) for cells in windows]


@st.composite
def axes(draw):
    """Length, window and stride of one axis; the window is no longer than the axis."""
    length = draw(st.integers(1, 40))
    return length, draw(st.integers(1, length)), draw(st.integers(1, 50))


def counted(length, size, stride):
    """The number of windows on an axis, found by trying every start."""
    starts = [start for start in range(length) if start + size <= length]
    return len([start for start in starts if start % stride == 0])


def same_count_as_by_trying(height, width):
    """`Geometry.output` on two axes gives as many windows as trying every start."""
    geometry = Geometry.of((height[1], width[1]), (height[2], width[2]))
    assert geometry.output((height[0], width[0])) == (counted(*height), counted(*width))


@given(axes(), axes())
@example((5, 2, 2), (4, 2, 2))
@example((3, 3, 7), (1, 1, 1))
def test_output_has_as_many_windows_as_start_inside(height, width):
    same_count_as_by_trying(height, width)


def with_ceil(self, spatial):
    return tuple(-((f - length) // s) + 1 for length, f, s in zip(spatial, self.size, self.stride, strict=True))


def one_too_many(self, spatial):
    return tuple((length - f) // s + 2 for length, f, s in zip(spatial, self.size, self.stride, strict=True))


def one_too_few(self, spatial):
    return tuple(max((length - f) // s, 1) for length, f, s in zip(spatial, self.size, self.stride, strict=True))


def window_forgotten(self, spatial):
    return tuple((length - 1) // s + 1 for length, s in zip(spatial, self.stride, strict=True))


def axes_exchanged(self, spatial):
    (h, w), (fh, fw), (sh, sw) = spatial, self.size, self.stride
    return max((w - fw) // sw + 1, 1), max((h - fh) // sh + 1, 1)


def one_stride_for_both(self, spatial):
    return tuple((length - f) // self.stride[0] + 1 for length, f in zip(spatial, self.size, strict=True))


FAULTS = (with_ceil, one_too_many, one_too_few, window_forgotten, axes_exchanged, one_stride_for_both)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_count_notices_a_wrong_formula(fault, monkeypatch):
    monkeypatch.setattr(Geometry, "output", fault)
    quick = settings(deadline=None, database=None, derandomize=True, max_examples=100, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        quick(given(axes(), axes())(same_count_as_by_trying))()


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
@given(axes(), axes())
@examples(20)
def test_kernels_give_as_many_outputs_as_windows_start_inside(kernel, height, width):
    x = np.zeros((1, 1, height[0], width[0]))
    expected = (1, 1, counted(*height), counted(*width))
    assert kernel.max_forward(x, (height[1], width[1]), (height[2], width[2])).shape == expected
    assert kernel.mean_forward(x, (height[1], width[1]), (height[2], width[2])).shape == expected


PAIRS = {
    "int": 3,
    "tuple": (3, 3),
    "list": [3, 3],
    "int8": np.int8(3),
    "uint64": np.uint64(3),
    "pair of int32": (np.int32(3), np.int32(3)),
    "array of rank 0": np.array(3),
}


@pytest.mark.parametrize("given_", PAIRS.values(), ids=PAIRS)
def test_size_and_stride_become_pairs_of_plain_ints(given_):
    geometry = Geometry.of(given_, given_)
    assert (geometry.size, geometry.stride) == ((3, 3), (3, 3))
    assert {type(number) for number in (*geometry.size, *geometry.stride)} == {int}


def test_first_entry_is_for_rows_and_second_for_columns():
    geometry = Geometry.of((2, 3), (1, 5))
    assert geometry.output((4, 13)) == (3, 3)


def test_an_object_that_is_an_index_is_an_int():
    class Three:
        def __index__(self):
            return 3

    assert Geometry.of(Three(), 1) == Geometry.of(3, 1)


@pytest.mark.parametrize("stride", [2**31, 2**62, 2**63 - 1])
def test_a_stride_beyond_the_input_leaves_one_window(stride):
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    assert Geometry.of(2, stride).output((3, 4)) == (1, 1)
    for kernel in KERNELS:
        assert kernel.max_forward(x, 2, stride).tolist() == [[[[5]]]]
        assert kernel.mean_backward(np.ones((1, 1, 1, 1)), x, 1, stride).sum() == 1


TOO_LARGE = {
    "taller": ({"size": (5, 1)}, (4, 9), "size=(5, 1): size[0] should be at most 4, the height of x"),
    "wider": ({"size": (1, 5)}, (9, 4), "size=(1, 5): size[1] should be at most 4, the width of x"),
    "than the padded input": (
        {"size": (5,), "padding": 1},
        (2,),
        "size=(5,): size[0] should be at most 4, the width of x with its padding",
    ),
    "dilated": (
        {"size": (3,), "dilation": 2},
        (4,),
        "size=(3,): dilation=(2,): the extent 5 along axis 0 should be at most 4, the width of x",
    ),
}


@pytest.mark.parametrize(("window", "spatial", "words"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_window_larger_than_the_input_is_refused(window, spatial, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        Geometry.of(**window, stride=1).output(spatial)


def test_a_window_as_large_as_the_input_is_one_window():
    assert Geometry.of((4, 9), 3).output((4, 9)) == (1, 1)


@pytest.mark.parametrize("setting", ["padding", "dilation"])
def test_a_setting_that_is_an_array_is_refused_in_words(setting):
    with pytest.raises((TypeError, ValueError), match=f"^{setting}="):
        Geometry.of(2, 2, **{setting: np.array([1, 2])})


def test_neutral_settings_change_nothing():
    explicit = Geometry.of(2, 2, padding=((0, 0), (0, 0)), dilation=(1, 1), ceil_mode=False)
    assert explicit == Geometry.of(2, 2) == Geometry.of(2, 2, padding=0, dilation=1)


def test_a_geometry_cannot_be_changed_and_serves_as_a_key():
    geometry = Geometry.of(2, 2)
    with pytest.raises(AttributeError):
        geometry.size = (3, 3)
    assert {geometry: "here"}[Geometry.of((2, 2), [2, 2])] == "here"


@given(settled())
@examples(1000)
def test_windows_have_the_cells_that_are_found_by_trying(case):
    length, size, stride, pair, dilation, ceil_mode = case
    geometry = Geometry.of((size,), (stride,), padding=(pair,), dilation=(dilation,), ceil_mode=ceil_mode)
    expected = windows_by_trying(*case)
    (axis,) = geometry.axes((length,))
    if expected is None:
        with pytest.raises(ValueError, match="should be at most"):
            geometry.output((length,))
        return
    assert geometry.output((length,)) == (len(expected),)
    starts = [output * stride - pair[0] for output in range(len(expected))]
    blocks = [list(range(start, start + size)) for start in starts]
    assert geometry.is_plain((length,)) is ([cells for cells, _ in expected] == blocks and not sum(pair))
    if dilation == 1:
        assert geometry.overlap((length,)) is any(b < a + size for a, b in pairwise(starts))
    assert [list(axis.cells(o)) for o in range(axis.count())] == [cells for cells, _ in expected]
    assert geometry.divisors((length,)).tolist() == [count for _, count in expected]
    excluded = replace(geometry, count_include_pad=False)
    assert excluded.divisors((length,)).tolist() == [len(cells) for cells, _ in expected]
    empty = [o for o, (cells, _) in enumerate(expected) if not cells]
    if empty:
        assert axis.all_in_padding() in empty
        with pytest.raises(ValueError, match="lies wholly in padding"):
            geometry.refuse_empty_windows((length,))
    else:
        assert axis.all_in_padding() is None


@given(settled())
@examples(300)
def test_a_tap_meets_the_outputs_in_whose_windows_it_is_real(case):
    length, size, stride, pair, dilation, ceil_mode = case
    assume(windows_by_trying(*case) is not None)
    (axis,) = Geometry.of((size,), (stride,), padding=(pair,), dilation=(dilation,), ceil_mode=ceil_mode).axes(
        (length,)
    )
    everywhere = range(axis.count())
    for tap, among in product(range(size), (None, *(range(k, axis.count()) for k in everywhere))):
        outputs, cells = axis.tap(tap, among)
        met = [(o, axis.start(o) + tap * dilation) for o in among or everywhere]
        real = [(o, cell) for o, cell in met if 0 <= cell < length]
        assert list(among or everywhere)[outputs] == [o for o, _ in real]
        assert list(range(length))[cells] == [cell for _, cell in real]


@given(settled(), st.data())
@examples(300)
def test_a_part_of_an_axis_has_its_windows_alone(case, data):
    length, size, stride, pair, dilation, ceil_mode = case
    expected = windows_by_trying(*case)
    assume(expected is not None and all(cells for cells, _ in expected))
    (axis,) = Geometry.of((size,), (stride,), padding=(pair,), dilation=(dilation,), ceil_mode=ceil_mode).axes(
        (length,)
    )
    first = data.draw(st.integers(0, len(expected) - 1))
    part = axis.part(range(first, data.draw(st.integers(first + 1, len(expected)))))
    assert (part.axis.length, part.axis.count()) == (len(part.cells), len(part.outputs))
    assert part.axis.room >= 0
    found = [[part.cells[cell] for cell in part.axis.cells(o)] for o in range(part.axis.count())]
    assert found == [expected[o][0] for o in part.outputs]
    for counted in (True, False):
        inside = part.axis.divisors(counted, range(part.axis.count()))
        assert inside == axis.divisors(counted, part.outputs)


@given(settled(), st.data())
@examples(300)
def test_cells_are_touched_by_the_windows_that_have_one_of_them(case, data):
    length, size, stride, pair, dilation, ceil_mode = case
    expected = windows_by_trying(*case)
    assume(expected is not None)
    (axis,) = Geometry.of((size,), (stride,), padding=(pair,), dilation=(dilation,), ceil_mode=ceil_mode).axes(
        (length,)
    )
    first = data.draw(st.integers(0, length - 1))
    band = range(first, data.draw(st.integers(first + 1, length)))
    touching = axis.touching(band)
    assert {o for o, (cells, _) in enumerate(expected) if set(cells) & set(band)} <= set(touching)
    assert all(axis.start(o) < band.stop and axis.start(o) + axis.extent > band.start for o in touching)
    for tap in range(size):
        outputs, cells = axis.tap(tap, touching, band)
        real = [(o, axis.start(o) + tap * dilation) for o in touching if axis.start(o) + tap * dilation in band]
        assert list(touching)[outputs] == [o for o, _ in real]
        assert list(band)[cells] == [cell for _, cell in real]


@pytest.mark.parametrize("included", [True, False])
def test_divisors_of_lines_are_those_of_all(included):
    geometry = Geometry.of((3, 2), (2, 1), padding=((1, 2), 1), ceil_mode=True, count_include_pad=included)
    whole = geometry.divisors((8, 5))
    assert np.array_equal(Divisors(geometry, (8, 5)).of_lines(range(1, 3)), whole[1:3])


def test_geometry_is_exact_beyond_64_bits():
    geometry = Geometry.of((2**62,), (2**62,), padding=((2**62 - 1, 0),), ceil_mode=True)
    assert geometry.output((2**62 + 2,)) == (3,)
    assert geometry.divisors((2**62 + 2,)).tolist() == [2**62, 2**62, 1]


def test_a_divisor_beyond_the_integers_of_float64_is_rounded_once():
    size = (260985094, 236119913, 29)
    geometry = Geometry.of(size, size, padding=tuple((f - 1, 0) for f in size))
    once, again = float(260985094 * 236119913 * 29), 260985094.0 * 236119913.0 * 29.0
    assert once != again
    assert geometry.divisors((1, 1, 1)).item() == once


SETTINGS = {
    "padding of one int": ({"padding": 1}, ((1, 1), (1, 1))),
    "padding of an int an axis": ({"padding": (1, 2)}, ((1, 1), (2, 2))),
    "padding of pairs": ({"padding": [(0, 1), (2, 0)]}, ((0, 1), (2, 0))),
    "padding of both": ({"padding": (1, (2, 0))}, ((1, 1), (2, 0))),
}


@pytest.mark.parametrize(("given_", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_padding_becomes_a_pair_for_each_axis(given_, expected):
    assert Geometry.of(3, 1, **given_).padding == expected


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_rank_is_that_of_the_first_argument_with_entries(rank):
    assert Geometry.of((2,) * rank, 1).rank == Geometry.of(2, (1,) * rank).rank == rank
    assert Geometry.of(2, 1, dilation=(1,) * rank).rank == rank
    assert Geometry.of(2, 1, rank=rank).stride == (1,) * rank
