"""Structural shrinking: the effect of each move; the result still fails and is a valid case for its law."""

import warnings
from dataclasses import replace

import hypothesis
import numpy as np
import pytest
from faults import FAULTS
from hypothesis import strategies as st
from poolproof.properties.cases.case import Case, permitted
from poolproof.properties.cases.drawing import drawn
from poolproof.properties.contract import CALLABLES, Declared
from poolproof.properties.failures.shrink import forms_of, smallest
from poolproof.properties.failures.simpler import costs, lead, ranked
from poolproof.properties.failures.types import Failure, Refused
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.targets.target import wrap
from selection import examples, slow

EVERYTHING = Declared(
    ranks=(1, 2, 3), settings=dict.fromkeys(CALLABLES, ("padding", "dilation", "ceil_mode")), count_include_pad=True
)


def case(function="max_forward", shape=(1, 1, 1, 1), size=(1, 1), stride=(1, 1), values="ties", **more):
    """A case of zeros, with a matching dy of zeros."""
    dtype = np.dtype(more.pop("dtype", "float64"))
    made = Case(function, np.zeros(shape, dtype), size, stride, np.zeros(0, dtype), values, **more)
    return replace(made, dy=np.zeros((*shape[:2], *made.output), dtype))


class Counted:
    """A condition that counts how often it is tested."""

    def __init__(self, condition):
        self.condition, self.calls = condition, 0

    def __call__(self, part):
        self.calls += 1
        return bool(self.condition(part))


# Shapes.


def test_samples_and_channels_are_cut_to_one_at_once():
    fails = Counted(lambda part: True)
    left = smallest(case(shape=(64, 96, 9, 9)), fails)
    assert left.x.shape == (1, 1, 1, 1)
    assert fails.calls <= 4


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("at", [0, 37, 63])
def test_one_sample_or_channel_of_many_is_found_with_few_calls(axis, at):
    shape = [1, 1, 1, 1]
    shape[axis] = 64
    x = np.zeros(shape)
    x.reshape(-1)[at] = 1
    fails = Counted(lambda part: part.x.any())
    assert smallest(replace(case(shape=shape), x=x), fails).x.tolist() == [[[[1]]]]
    assert fails.calls < 40


@pytest.mark.parametrize("length", [17, 300, 65536])
def test_many_windows_are_cut_to_the_few_that_are_needed_with_few_calls(length):
    fails = Counted(lambda part: part.output[1] % 16 == 0)
    assert smallest(case(shape=(1, 1, 1, length // 16 * 16)), fails).x.shape == (1, 1, 1, 16)
    assert fails.calls < 80


def test_a_window_is_cut_to_the_size_that_is_needed_with_few_calls():
    fails = Counted(lambda part: part.size[1] > 256)
    left = smallest(case(shape=(1, 1, 1, 4001), size=(1, 4001)), fails)
    assert (left.size, left.x.shape) == ((1, 257), (1, 1, 1, 257))
    assert fails.calls < 400


def test_a_stride_becomes_small_though_cells_must_be_left_beyond_the_last_window():
    def fails(part):
        return part.axes[1].room % part.stride[1] > 0

    left = smallest(case(shape=(1, 1, 1, 2752), stride=(1, 1834)), fails)
    assert (left.stride, left.x.shape) == ((1, 2), (1, 1, 1, 2))


def test_padding_dilation_and_settings_are_dropped():
    settings = {"padding": ((2, 1), (1, 2)), "dilation": (2, 3), "ceil_mode": True}
    left = smallest(case(shape=(2, 2, 9, 9), size=(3, 3), stride=(2, 2), settings=settings), lambda part: True)
    assert (left.settings, left.size, left.stride, left.x.shape) == ({}, (1, 1), (1, 1), (1, 1, 1, 1))


def test_an_empty_batch_is_cut_to_a_small_one():
    left = smallest(case(shape=(0, 3, 9, 9), size=(4, 2), stride=(3, 2), spot=0.3), lambda part: part.x.size == 0)
    assert (left.x.shape, left.size, left.stride) == ((0, 1, 1, 1), (1, 1), (1, 1))


def test_axes_of_an_empty_batch_are_sorted_though_no_output_can_be_the_spot():
    left = smallest(case(shape=(0, 1, 3, 2), spot=0.3), lambda part: part.x.shape[2:] in ((3, 2), (2, 3)) and part.spot)
    assert (left.x.shape, left.spot) == ((0, 1, 2, 3), 0.3)


def test_arrays_lie_in_c_order_where_they_can():
    laid_out = {"x": "Fortran", "dy": "cropped"}
    given = case("max_backward", (1, 1, 2, 2), layouts=laid_out)
    assert smallest(given, lambda part: True).layouts == {}
    assert smallest(given, lambda part: "dy" in part.layouts).layouts == {"dy": "cropped"}


def test_the_spot_becomes_the_first_cell():
    assert smallest(case(shape=(1, 1, 3, 3), spot=0.7), lambda part: part.x.size == 9).spot == 0.0


# Dtypes and ranks.

FORMS = tuple((dtype, rank) for dtype in ("float64", "float32", "int8") for rank in (1, 2, 3))


def test_a_case_becomes_one_of_float64_and_of_a_lower_rank_where_these_are_taken():
    given = replace(case(shape=(1, 1, 1, 2, 1), size=(1, 1, 1), stride=(1, 1, 1), dtype="int8"))
    given.x[...] = 3
    left = smallest(given, lambda part: part.x.max() == 3, forms=FORMS)
    assert (left.x.dtype, left.dy.dtype, left.x.tolist()) == ("float64", "float64", [[[3]]])


def test_a_case_stays_in_its_dtype_and_rank_where_others_are_not_named():
    left = smallest(case(shape=(1, 1, 1, 1, 1), size=(1,) * 3, stride=(1,) * 3, dtype="int8"), lambda part: True)
    assert (left.x.dtype, left.x.ndim) == ("int8", 5)


def test_integers_that_a_float_lacks_stay_integers():
    given = case(dtype="int64")
    given.x[...] = 2**53 + 1
    assert smallest(given, lambda part: part.x.max() > 2**53, forms=FORMS).x.dtype == "int64"


def test_the_forms_of_a_law_are_those_that_all_its_callables_take():
    declared = Declared(dtypes={"max_backward": ("float32", "float64"), "max_forward": ("float64",)}, ranks=(1, 2))
    assert forms_of(LAWS["max-adjoint"].plan, declared, "max_backward") == (("float64", 1), ("float64", 2))
    assert forms_of(LAWS["ranks-agree"].plan, declared, "max_forward") == (("float64", 1),)


# Values.


def test_all_cells_but_one_become_zero_in_a_large_plane():
    given = case(shape=(1, 1, 1, 65537))
    given.x[...] = np.random.default_rng(0).permutation(65537).reshape(given.x.shape)
    fails = Counted(lambda part: part.x.shape[3] == 65537 and part.x[0, 0, 0, 65536] != 0)
    left = smallest(given, fails)
    assert np.flatnonzero(left.x).tolist() == [65536]
    assert left.x.max() == 1
    assert fails.calls < 200


def test_a_few_special_cells_are_found_by_halves():
    given = case(shape=(1, 1, 64, 64))
    given.x[...] = np.random.default_rng(0).integers(2, 90, given.x.shape)
    wanted = [5, 1000, 4095]
    fails = Counted(lambda part: part.x.size == 4096 and part.x.reshape(-1)[wanted].all())
    assert np.flatnonzero(smallest(given, fails).x).tolist() == wanted
    assert fails.calls < 250


def test_cells_are_not_tried_one_by_one_where_all_are_needed():
    given = case(shape=(1, 1, 100, 100))
    given.x[...] = np.arange(1.0, 10_001).reshape(given.x.shape)
    fails = Counted(lambda part: len(np.unique(part.x)) == 10_000)
    smallest(given, fails)
    assert fails.calls < 1000


@pytest.mark.parametrize("background", [-1, 7])
def test_another_background_than_zero_is_found_where_zero_does_not_fail(background):
    given = case(shape=(1, 1, 30, 30))
    given.x[...] = background
    given.x[0, 0, ::7, ::5] += background
    left = smallest(given, lambda part: part.x.size == 900 and (part.x >= 7 if background > 0 else part.x < 0).all())
    assert (left.x == background).all()


@pytest.mark.parametrize(
    ("value", "least", "simplest"),
    [(5.7, 0.5, 1), (5.7, 1.5, 2), (5.7, 4.5, 5), (0.7, 0.3, 1), (-5.0, None, 0), (np.inf, 100, np.inf)],
)
def test_a_value_becomes_the_simplest_that_fails(value, least, simplest):
    given = case()
    given.x[...] = value
    assert smallest(given, lambda part: least is None or part.x.max() > least).x.max() == simplest


def test_gradients_become_simple_too():
    given = case("mean_backward", (1, 1, 3, 3), (2, 2))
    given.dy[...] = [[[[0.7, -200], [3, 12]]]]
    left = smallest(given, lambda part: part.dy.shape == (1, 1, 2, 2) and part.dy[0, 0, 0, 1] < 0)
    assert left.dy.tolist() == [[[[0, -1], [0, 0]]]]


def test_the_third_array_becomes_simple_and_keeps_its_signs():
    given = replace(case(shape=(1, 1, 1, 3)), other=np.array([[[[3.0, 7, 2]]]]))
    left = smallest(given, lambda part: part.x.shape[3] == 3 and part.other[..., 1].all())
    assert left.other.tolist() == [[[[0, 1, 0]]]]


def test_numbers_have_an_order_of_simplicity():
    found = costs(np.array([0, 1, -1, 2, -2, 3, 0.5, 0.75, 1e300, np.nan]))
    assert (np.diff(found[:8]) > 0).all()
    assert found[9] > found[8] > found[5]


# Requirements of a law on the values.


def overlapping():
    """A gradient of a maximum, with two windows on three distinct cells."""
    given = case("max_backward", (1, 1, 1, 3), (1, 2), values="distinct")
    return replace(given, x=np.array([[[[5.0, 9, 7]]]]), dy=np.array([[[[3.0, 4]]]]))


def test_maxima_stay_single_where_a_gradient_is_sent():
    left = smallest(overlapping(), lambda part: part.size == (1, 2) and part.dy.shape[3] == 2 and part.dy.all())
    assert left.x.tolist() == [[[[0, 1, 0]]]]
    assert left.dy.tolist() == [[[[1, 1]]]]


def test_maxima_may_be_tied_where_no_gradient_is_sent():
    left = smallest(overlapping(), lambda part: part.size == (1, 2) and part.x.size == 3 and not part.dy[..., 0].any())
    assert not left.x.any()
    assert not left.dy.any()


def test_with_settings_maxima_stay_single_in_windows_at_every_place():
    given = case("max_backward", (1, 1, 1, 4), (1, 2), (1, 2), "distinct", settings={"dilation": (1, 1)})
    given.x[...] = [4, 8, 6, 2]
    left = smallest(given, lambda part: part.x.size == 4 and part.settings)
    assert lead(left) >= 1
    assert all(a != b for a, b in zip(left.x.flat, left.x.flat[1:], strict=False))


def test_ties_may_be_made_where_a_law_allows_them():
    given = case("max_forward", (1, 1, 1, 2), (1, 2), values="distinct")
    given.x[...] = [3, 8]
    assert not smallest(given, lambda part: part.x.size == 2).x.any()


def test_ranks_that_a_dtype_cannot_count_stand_for_no_values():
    every = np.arange(2, 6002, dtype=np.uint16).view(np.float16).reshape(1, 1, 1, 6000)
    given = replace(case(shape=every.shape, dtype="float16"), x=every)
    assert list(ranked(given)) == []
    assert len(list(ranked(replace(given, x=every.astype("float32"))))) == 1


@pytest.mark.parametrize(("function", "count"), [("max_forward", 1), ("mean_forward", 0)])
def test_ranks_stand_for_no_smaller_numbers_that_are_added(function, count):
    given = case(function, (1, 1, 1, 3), (1, 3))
    given.x[...] = [0.5, 0.25, 0.75]
    assert len(list(ranked(given))) == count


def test_a_lattice_stays_one():
    given = case("mean_forward", (1, 1, 2, 4), (2, 4), values="lattice", dtype="float16")
    given.x[...] = np.array([0, 1, -1, 2, -2, 3, -3, -3]).reshape(1, 1, 2, 4)
    tried = []
    smallest(given, lambda part: tried.append(part.x) or len(np.unique(part.x)) > 5)
    assert all(abs(x).max() <= 3 for x in tried)
    assert all((x == np.rint(x)).all() for x in tried)


@slow
@pytest.mark.parametrize("name", ["routing", "max-accumulation", "mean-exact", "linearity", "max-differences"])
def test_every_case_that_is_tried_is_one_on_which_a_sound_kernel_holds(name):
    law, pool, source = (
        LAWS[name],
        Pool(wrap(FAULTS["overlap.AssignsMaxGradient"].__mro__[1])),
        np.random.default_rng(0),
    )

    def fails(part):
        pool.begin()
        law.check(pool, part)
        return source.random() < 0.3

    for given in drawn(law, pool.target.declared, pool.target.offers, 30, 3):
        if given.x.size < 3000:
            smallest(given, lambda part: permitted(part, law.plan, pool.target.declared) and fails(part))


IN_ONE_CALL = sorted(k for k in FAULTS if LAWS[FAULTS[k].laws[0]].family in ("shape", "forward", "backward"))
"""Faults that a law about single calls rejects, so that earlier calls do not matter."""


@slow
@examples(25)
@hypothesis.given(name=st.sampled_from(IN_ONE_CALL), seed=st.integers(0, 5))
def test_what_is_left_fails_and_is_permitted(name, seed):
    law, target = LAWS[FAULTS[name].laws[0]], wrap(FAULTS[name])

    def fails(part):
        if not permitted(part, law.plan, target.declared):
            return False
        pool = Pool(target.fresh())
        pool.begin()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                law.check(pool, part)
            except Failure:
                return True
            except Refused:
                pass
        return False

    first = next((each for each in drawn(law, target.declared, target.offers, 60, seed) if fails(each)), None)
    hypothesis.assume(first is not None)
    left = smallest(first, fails)
    assert fails(left)
    assert left.x.size <= first.x.size
    assert left.dy.shape == (*left.x.shape[:2], *left.output)


# The end.


def test_a_condition_that_never_holds_leaves_the_case_as_it_is():
    given = overlapping()
    assert smallest(given, lambda part: False) is given


def test_blank_cases_are_tried_first_for_a_death():
    given = overlapping()
    tried = []
    smallest(given, tried.append, blank=True)
    assert not tried[0].x.any()
    assert not tried[0].dy.any()
