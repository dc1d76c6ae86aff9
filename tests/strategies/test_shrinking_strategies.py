"""The public strategies: what their values shrink to, under Hypothesis alone."""

from math import prod

import numpy as np
import pytest
from drawn import ONE, SHRINKING, answer, dilation_of, minimal, padding_of
from hypothesis import given, settings
from poolproof.kernels import img2col
from poolproof.properties.contract import CALLABLES
from poolproof.properties.strategies import Pooling, cases, check, gradients, images, poolings
from selection import slow

pytestmark = pytest.mark.once


@slow
def test_the_simplest_are_one_cell():
    assert minimal(poolings()) == ONE
    x = minimal(images(ONE))
    assert (x.shape, x.dtype, x.item()) == ((1, 1, 1, 1), np.float64, 0)
    assert minimal(gradients(ONE, x)).item() == 0
    for function in CALLABLES:
        case = minimal(cases(function, ranks=(2, 1, 3)))
        assert (case.x.shape, case.size, case.stride, case.settings) == ((1, 1, 1, 1), (1, 1), (1, 1), {})


@slow
@pytest.mark.parametrize(
    ("condition", "simplest"),
    [
        (lambda p: p.size[0] >= 3, Pooling((3, 1), (1, 1), (3, 1))),
        (lambda p: p.stride[1] >= 3, Pooling((1, 1), (1, 3), (1, 1))),
        (lambda p: p.output[1] >= 3, Pooling((1, 1), (1, 1), (1, 3))),
        (lambda p: p.stride[1] < p.size[1] and p.output[1] > 1, Pooling((1, 2), (1, 1), (1, 3))),
        (lambda p: p.stride[0] > p.size[0] and p.output[0] > 1, Pooling((1, 1), (2, 1), (3, 1))),
        (lambda p: "ceil_mode" in p.settings, Pooling((1, 1), (1, 1), (1, 1), {"ceil_mode": True})),
    ],
)
def test_poolings_shrink_to_the_simplest(condition, simplest):
    settings = ("ceil_mode",) if simplest.settings else ()
    assert minimal(poolings(settings=settings), condition) == simplest


@slow
def test_settings_shrink_to_the_one_that_matters_at_its_least():
    padded = minimal(poolings(), lambda p: any(map(any, padding_of(p))))
    assert (prod(padded.size), padded.stride, prod(padded.spatial)) == (2, (1, 1), 1)
    assert sorted(padded.settings) == ["padding"]
    assert sum(map(sum, padded.settings["padding"])) <= 2
    dilated = minimal(poolings(), lambda p: max(dilation_of(p)) > 1 and max(p.size) > 1)
    assert (prod(dilated.size), dilated.stride, prod(dilated.spatial)) == (2, (1, 1), 3)
    assert dilated.settings in ({"dilation": (2, 1)}, {"dilation": (1, 2)})


@slow
@pytest.mark.parametrize(
    ("condition", "simplest"),
    [
        (lambda p: p.output[1] > 20, Pooling((1, 1), (1, 1), (1, 21))),
        (lambda p: p.stride[0] > 20 and p.output[0] > 1, Pooling((1, 1), (21, 1), (22, 1))),
        (
            lambda p: dilation_of(p)[0] > 100 and p.size[0] > 1,
            Pooling((2, 1), (1, 1), (102, 1), {"dilation": (101, 1)}),
        ),
        (
            lambda p: bool(padding_of(p)) and padding_of(p)[0][0] > 100,
            Pooling((102, 1), (1, 1), (1, 1), {"padding": ((101, 0), (0, 0))}),
        ),
    ],
)
def test_numbers_of_rare_kinds_shrink_below_what_such_a_kind_is_drawn_with(condition, simplest):
    assert minimal(poolings(), condition) == simplest


@slow
@pytest.mark.parametrize(
    ("function", "broken", "cells"),
    [
        ("max_forward", lambda case: case.x.shape[1] > 8, 9),
        ("max_forward", lambda case: case.x.shape[0] > 1, 2),
        ("max_forward", lambda case: case.x.shape[1] > 1, 2),
        ("max_forward", lambda case: case.x.max() != case.x.min(), 2),
        ("mean_forward", lambda case: prod(case.size) > 2, 3),
        ("max_backward", lambda case: case.dy.size > 1 and case.stride[1] < case.size[1], 4),
    ],
)
def test_users_own_assertions_shrink_to_a_few_cells(function, broken, cells):
    case = minimal(cases(function, settings=()), broken)
    assert case.x.size <= cells
    assert set(case.stride) == {1}
    assert case.settings == {}


class Assigning:
    """Keeps the last gradient of windows that share their maximum."""

    @staticmethod
    def max_backward(dy, x, size, stride, **settings):
        dx, places = np.zeros_like(x), img2col.max_indices(x, size, stride, **settings)
        for n, c, *o in np.ndindex(dy.shape):
            dx[n, c].flat[places[n, c][tuple(o)]] = dy[n, c][tuple(o)]
        return dx


@slow
def test_a_wrong_kernel_is_rejected_with_a_readable_message_on_a_few_cells():
    seen = []

    @settings(SHRINKING)
    @given(cases("max_backward"))
    def correct(case):
        seen.append(case)
        check(case, answer(Assigning, case))

    with pytest.raises(AssertionError, match=r"^max_backward: dx\[0,0,\d,\d\] = ") as raised:
        correct()
    assert seen[-1].x.size <= 6
    written = [line.strip() for line in raised.value.__notes__[0].splitlines()]
    start = written.index("case=Case(")
    assert written[start + 1 : start + 3] == ["'max_backward',", f"x=np.array({seen[-1].x.tolist()}),"]
