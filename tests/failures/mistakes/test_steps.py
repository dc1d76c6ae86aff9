"""Pooling in small steps is right, so that a mistake is exactly what replaces a step."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties import oracle
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.choices import Generated
from poolproof.properties.cases.plans import Plan
from poolproof.properties.contract import CALLABLES, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.failures.judging import Fault, judged, predicted
from poolproof.properties.failures.mistakes import MISTAKES
from poolproof.properties.failures.mistakes.steps import (
    ALONE,
    MOST_TAPS,
    RIGHT,
    rightly_counted,
    under,
    window_count,
    wrong,
)
from poolproof.properties.targets.call import Call
from selection import slow

EVERYTHING = Declared(
    ranks=(1, 2, 3),
    dtypes=ORDERED,
    settings={name: MEAN_SETTINGS if name.startswith("mean") else SETTINGS for name in CALLABLES},
)
DRAWN = 60


def drawn(function, values):
    """Calls of all dtypes, ranks and settings."""
    plan = Plan((function,), values=(values,), gradients=("wide", "lattice"))
    builder, choices = Builder(plan, EVERYTHING, (function,)), Generated("steps")
    return [builder.case(choices).call() for _ in range(DRAWN)]


@pytest.mark.parametrize("function", CALLABLES)
def test_without_a_mistake_answers_are_right(function):
    values = ("lattice", "wide") if function.startswith("mean") else ("distinct", "ties", "lowest")
    for call in [call for each in values for call in drawn(function, each)]:
        assert judged(call, RIGHT.answer(call)).fault is Fault.NOTHING


@pytest.mark.parametrize("function", CALLABLES)
def test_an_empty_batch_has_an_empty_answer(function):
    x, dy = np.zeros((0, 2, 3, 4)), np.zeros((0, 2, 2, 3))
    arrays = {"dy": dy, "x": x} if "backward" in function else {"x": x}
    assert RIGHT.answer(Call(function, arrays, (2, 2), (1, 1))).size == 0


def test_a_step_is_replaced_by_name():
    call = Call("mean_forward", {"x": np.array([[[1.0, 3.0]]])}, (2,), (1,))
    assert wrong(divisor=lambda windows: np.ones(len(windows.cells)))(call) == 4


def test_a_geometry_without_a_window_has_no_answer():
    call = Call("max_forward", {"x": np.zeros((1, 1, 2))}, (3,), (1,))
    with pytest.raises(ValueError, match="larger"):
        RIGHT.answer(call)


def test_what_is_too_large_has_no_answer():
    call = Call("max_forward", {"x": np.zeros((1, 1, MOST_TAPS + 1))}, (1,), (1,))
    with pytest.raises(ValueError, match="too large"):
        RIGHT.answer(call)


def test_windows_past_the_end_have_the_lowest_maximum():
    call = Call("max_forward", {"x": np.ones((1, 1, 2))}, (1,), (1,))
    assert window_count(lambda axis: axis.count() + 1)(call).tolist() == [[[1, 1, -np.inf]]]


def test_sums_are_those_of_the_oracle():
    call = Call("mean_backward", {"dy": np.array([[[1.0, 2, 4]]]), "x": np.zeros((1, 1, 4))}, (2,), (1,))
    exact = oracle.mean_backward(*call.arrays.values(), call.size, call.stride)
    assert (RIGHT.answer(call) == exact.nearest()).all()


ONE_CELL_APART = under(stride=lambda g: (1,) * g.rank)


def image(function="max_forward", size=(1, 1), **more):
    """A call on an image of five rows and five columns, with windows two cells apart."""
    return Call(function, {"x": np.arange(25.0).reshape(1, 1, 5, 5), **more}, size, (2, 2))


@pytest.mark.parametrize(("axis", "shape"), [(0, (5, 3)), (-2, (5, 3)), (-1, (3, 5)), (None, (5, 5))])
def test_windows_may_be_wrong_along_one_axis_alone(axis, shape):
    assert replace(ONE_CELL_APART, only=axis)(image()).shape[2:] == shape


def test_an_axis_that_an_image_lacks_has_no_answer():
    with pytest.raises(IndexError):
        replace(ONE_CELL_APART, only=-3)(image())


def test_windows_may_be_as_many_as_they_should():
    assert replace(ONE_CELL_APART, keeps_count=True)(image())[0, 0].tolist() == [[0, 1, 2], [5, 6, 7], [10, 11, 12]]


def test_sums_of_other_windows_may_be_divided_by_the_right_number():
    smaller = under(size=lambda g: (1,) * g.rank, stride=lambda g: g.stride)
    found = replace(smaller, keeps_count=True, divisor=rightly_counted)(image("mean_forward", (2, 2)))
    assert found[0, 0].tolist() == [[0, 0.5], [2.5, 3]]


def test_mistakes_about_windows_have_variants_and_others_none():
    assert len([*ONE_CELL_APART.variants("max_forward")]) == 2 * (1 + len(ALONE)) - 1
    assert len([*ONE_CELL_APART.variants("mean_forward")]) == 3 * (1 + len(ALONE)) - 1
    assert not [*wrong(finish=np.abs).variants("mean_forward")]


def test_gradients_of_windows_that_are_not_visited_are_lost():
    few = window_count(lambda axis: axis.count() - 1)
    assert few(image("max_backward", dy=np.ones((1, 1, 3, 3)))).sum() == 4


def test_windows_of_too_many_cells_have_no_answer():
    call = Call("max_forward", {"x": np.zeros((1, 1, 1, 5))}, (1, 1), (1, 1))
    with pytest.raises(ValueError, match="too large"):
        replace(under(size=lambda _: (1, MOST_TAPS + 1)), keeps_count=True)(call)


def test_indices_of_more_planes_than_numpy_buffers_at_once_are_unravelled_rightly():
    x = np.zeros((1, 8194, 1, 2))
    x[..., 1] = np.arange(8194).reshape(1, -1, 1) % 2
    (in_padded_plane,) = MISTAKES["index-in-padded-plane"].answers
    call = Call("max_indices", {"x": x}, (1, 2), (1, 1))
    assert np.array_equal(in_padded_plane(call), naive.max_indices(x, (1, 2), (1, 1)))


@slow
@pytest.mark.parametrize("function", CALLABLES)
def test_no_mistake_takes_much_memory_for_a_call_of_many_taps(function):
    x, dy = np.zeros((1, 1, 1, 120_000)), np.zeros((1, 1, 1, 119_881))
    arrays = {"dy": dy, "x": x} if "backward" in function else {"x": x}
    call = Call(function, arrays, (1, 120), (1, 1))
    tracemalloc.start()
    for mistake in MISTAKES.values():
        for answer in mistake.answers if function in mistake.functions else ():
            predicted(answer, call)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A table of all taps would take 115 MB.
    assert most < 40e6
