"""The public strategies: what they draw."""

from functools import partial
from itertools import product
from math import prod

import numpy as np
import pytest
from drawn import ONE, answer, assert_all_examples, axes, dilation_of, find_any, padding_of, pooled
from poolproof.kernels import img2col, naive
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.cases.case import permitted
from poolproof.properties.cases.palettes import NAMES, OF_FLOATS
from poolproof.properties.contract import BACKWARD, CALLABLES, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.data.layouts import LAYOUTS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.strategies import Pooling, cases, check, gradients, images, poolings
from poolproof.properties.strategies.public import PLANS
from selection import slow

pytestmark = pytest.mark.once


def covered(pooling):
    """The cells of a plane that lie in some window."""
    lines = [{cell for window in windows for cell in window} for windows in axes(pooling)]
    return set(product(*lines))


# Windows.


@slow
def test_every_window_fits_its_image_and_has_a_real_cell():
    def fits(pooling):
        return all(windows and all(windows) for windows in axes(pooling))

    assert_all_examples(poolings(ranks=(1, 2, 3)), fits, 100)


def test_every_reference_kernel_takes_every_pooling():
    def taken(pooling):
        x = np.zeros((1, 1, *pooling.spatial))
        y = img2col.max_forward(x, pooling.size, pooling.stride, **pooling.settings)
        return y.shape[2:] == pooling.output

    assert_all_examples(poolings(ranks=(1, 2, 3)), taken, 150)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_ranks_are_those_wanted(rank):
    assert_all_examples(poolings(ranks=(rank,)), lambda p: len(p.size) == len(p.stride) == len(p.spatial) == rank)
    assert len(find_any(poolings(ranks=(1, 2, 3)), lambda p: len(p.size) == rank).size) == rank


@pytest.mark.parametrize("wanted", [(), ("padding",), ("dilation", "ceil_mode"), SETTINGS])
def test_settings_are_those_wanted(wanted):
    assert_all_examples(poolings(settings=wanted), lambda p: set(p.settings) <= set(wanted), 100)
    for name in wanted:
        find_any(poolings(settings=wanted), lambda p, name=name: name in p.settings)


@slow
def test_square_means_everything_along_all_axes():
    def square(p):
        return all(len(set(each)) <= 1 for each in (p.size, p.stride, padding_of(p), dilation_of(p)))

    assert_all_examples(poolings(ranks=(2, 3), square=True), square, 150)
    find_any(poolings(), lambda p: not square(p))


@slow
def test_tiles_have_strides_of_their_size_and_no_gaps():
    assert_all_examples(poolings(tiles=True), lambda p: p.size == p.stride and "dilation" not in p.settings, 150)
    find_any(poolings(tiles=True), lambda p: any(map(any, padding_of(p))) and max(p.size) > 1)
    find_any(poolings(), lambda p: p.size != p.stride)


@slow
def test_symmetric_padding_is_as_much_before_as_after():
    def symmetric(p):
        return all(begin == end for begin, end in padding_of(p))

    assert_all_examples(poolings(padding="symmetric"), symmetric, 150)
    find_any(poolings(padding="symmetric"), lambda p: any(map(any, padding_of(p))))
    find_any(poolings(), lambda p: not symmetric(p))


def test_without_padding_there_is_none():
    assert_all_examples(poolings(padding="none"), lambda p: "padding" not in p.settings, 100)


@slow
@pytest.mark.parametrize(("limit", "most"), [("half", lambda f: f // 2), ("window", lambda f: f - 1)])
def test_padding_has_its_limit(limit, most):
    def within(p):
        return all(max(pair) <= most(f) for f, pair in zip(p.size, padding_of(p), strict=False))

    assert_all_examples(poolings(padding_limit=limit), within, 150)
    find_any(poolings(padding_limit=limit), lambda p: any(map(any, padding_of(p))))
    find_any(poolings(), lambda p: not within(p))


@slow
@pytest.mark.parametrize("most", [1, 5, 50])
def test_no_image_has_more_cells_than_wanted(most):
    assert_all_examples(poolings(ranks=(1, 2, 3), max_cells=most), lambda p: prod(p.spatial) <= most, 100)
    assert_all_examples(cases(ranks=(1, 2, 3), max_cells=most), lambda case: case.x.size <= most, 100)
    find_any(poolings(), lambda p: prod(p.spatial) > most)
    find_any(cases(), lambda case: case.x.size > most)


@slow
@pytest.mark.parametrize(
    ("windows", "condition"),
    [
        (
            "overlapping",
            lambda p: any(
                s < f * d and o > 1 for f, s, d, o in zip(p.size, p.stride, dilation_of(p), p.output, strict=True)
            ),
        ),
        ("gaps", lambda p: len(covered(p)) < prod(p.spatial)),
        ("powers of two", lambda p: prod(p.size).bit_count() == 1),
        ("one cell", lambda p: set(p.size) == set(p.stride) == {1}),
    ],
)
def test_windows_are_of_the_kind_wanted(windows, condition):
    assert_all_examples(poolings(windows=windows), condition, 150)
    find_any(poolings(), lambda p: not condition(p))


def test_a_pooling_says_the_shape_of_its_result():
    assert Pooling((2, 2), (2, 1), (5, 4)).output == (2, 3)
    assert Pooling((2,), (2,), (5,), {"ceil_mode": True}).output == (3,)
    assert hash(Pooling((2,), (2,), (5,), {"ceil_mode": True})) is not None


# Images and gradients.


@slow
def test_images_and_gradients_fit_their_windows():
    def fit(drawn):
        pooling, x, dy = drawn
        shapes = x.shape[2:] == pooling.spatial, dy.shape == (*x.shape[:2], *pooling.output)
        return all(shapes) and dy.dtype == x.dtype and np.isfinite(x).all() and np.isfinite(dy).all()

    assert_all_examples(pooled(), fit, 150)


@pytest.mark.parametrize("dtype", ORDERED)
def test_images_have_the_dtype_wanted(dtype):
    assert_all_examples(images(ONE, dtypes=(dtype,)), lambda x: x.dtype.name == dtype, 20)


def test_dtypes_of_numpy_are_taken_as_they_are():
    strategy = images(ONE, dtypes=(np.float32, np.dtype("int8")))
    assert {find_any(strategy, lambda x, k=k: x.dtype.kind == k).dtype.name for k in "fi"} == {"float32", "int8"}


def test_images_have_no_more_samples_and_channels_than_wanted():
    assert_all_examples(images(ONE, max_samples=2, max_channels=1), lambda x: x.shape[0] <= 2 and x.shape[1] == 1)
    find_any(images(ONE, max_samples=5), lambda x: x.shape[0] == 5)
    find_any(images(ONE, max_channels=5), lambda x: x.shape[1] == 5)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_distinct_numbers_differ_within_each_plane_of_a_window(dtype):
    strategy = images(Pooling((3, 3), (1, 1), (5, 5)), palettes=("distinct",), dtypes=(dtype,))
    assert_all_examples(strategy, lambda x: all(len(np.unique(plane)) == 25 for plane in x.reshape(-1, 25)))


def test_ties_are_ties():
    strategy = images(Pooling((3, 3), (1, 1), (3, 3)), palettes=("ties",))
    assert_all_examples(strategy, lambda x: all(len(np.unique(plane)) < 9 for plane in x.reshape(-1, 9)))


@pytest.mark.parametrize("palette", NAMES)
def test_every_palette_can_be_painted(palette):
    for dtype in FLOATS if palette in OF_FLOATS else ORDERED:
        assert_all_examples(images(Pooling((2,), (1,), (3,)), palettes=(palette,), dtypes=(dtype,)), np.ndim, 5)


def test_a_one_hot_gradient_is_zero_but_for_one_element():
    pooling = Pooling((1, 1), (1, 1), (3, 3))
    strategy = gradients(pooling, np.zeros((2, 2, 3, 3)), palettes=("one-hot",))
    assert_all_examples(strategy, lambda dy: np.count_nonzero(dy) == 1)
    assert np.count_nonzero(find_any(gradients(pooling, np.zeros((2, 2, 3, 3))), lambda dy: (dy != 0).sum() > 1)) > 1


@slow
def test_images_lie_in_memory_as_wanted():
    pooling = Pooling((1, 1), (1, 1), (3, 4))
    backwards = images(pooling, layouts=("negative strides",))
    assert_all_examples(backwards, lambda x: min(x.strides[2:]) < 0)
    last = gradients(pooling, np.zeros((2, 3, 3, 4)), layouts=("channels last",))
    assert_all_examples(last, lambda dy: dy.strides[1] == dy.itemsize)
    assert_all_examples(images(pooling, layouts=("broadcast",)), lambda x: set(x.strides) == {0} and np.ptp(x) == 0)
    assert_all_examples(images(pooling), lambda x: x.flags.c_contiguous and x.flags.writeable)


@slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_case_hands_over_its_arrays_as_they_should_lie(layout):
    def alike(case):
        fresh = case.arguments
        return np.array_equal(fresh[0], case.dy) and np.array_equal(fresh[1], case.x) and fresh[0] is not case.dy

    strategy = cases("max_backward", layouts=(layout,))
    assert_all_examples(strategy, alike, 50)
    assert_all_examples(strategy, lambda case: set(case.layouts.values()) <= {layout}, 50)


def test_layouts_reach_the_arguments_of_a_case():
    strategy = cases("max_forward", layouts=("C", "negative strides"))
    find_any(strategy, lambda case: min(case.arguments[0].strides) < 0)
    find_any(strategy, lambda case: case.arguments[0].flags.c_contiguous)


# Cases.


@slow
@pytest.mark.parametrize("function", CALLABLES)
def test_cases_of_a_callable_are_about_it_and_sound_kernels_pass_the_check(function):
    def passes(case):
        check(case, answer(img2col, case))
        return case.function == function

    assert_all_examples(cases(function, ranks=(1, 2, 3)), passes, 100)


@slow
def test_integers_can_be_checked_too():
    dtypes = tuple(dtype for dtype in ORDERED if dtype not in FLOATS)
    assert_all_examples(cases(dtypes=dtypes), lambda case: check(case, answer(naive, case)) is None, 100)
    assert_all_examples(cases(dtypes=dtypes), lambda case: case.function in ("max_forward", "max_indices"))


@pytest.mark.parametrize("name", LAWS)
def test_cases_of_every_law_are_drawn_and_permitted(name):
    plan, ranks = LAWS[name].plan, (1, 2, 3)
    taken = {f: MEAN_SETTINGS if f.startswith("mean") else SETTINGS for f in CALLABLES}
    declared = Declared(ranks=ranks, settings=taken)
    assert_all_examples(
        cases(name), lambda case: permitted(case, plan, declared) and case.function in plan.functions, 20
    )


@slow
def test_cases_are_about_all_that_is_named_and_by_default_about_every_callable():
    for function in CALLABLES:
        find_any(cases(), lambda case, function=function: case.function == function)
    both = cases("max_forward", "mean-adjoint")
    assert_all_examples(both, lambda case: case.function in ("max_forward", "mean_backward"))
    find_any(both, lambda case: case.function == "mean_backward")


@slow
def test_cases_keep_to_what_is_wanted():
    holds = partial(assert_all_examples, examples=40)
    narrow = cases(dtypes=("float32",), settings=("padding",), square=True, padding="symmetric", padding_limit="half")
    limited = Declared(square=True, padding="symmetric", padding_limit="half")
    holds(narrow, lambda case: permitted(case, PLANS[case.function], limited))
    holds(narrow, lambda case: set(case.settings) <= {"padding", "count_include_pad"} - {"count_include_pad"})
    holds(narrow, lambda case: case.x.dtype == case.dy.dtype == np.float32)
    holds(cases(tiles=True), lambda case: case.size == case.stride)
    holds(
        cases(palettes=("ties",), gradients=("ones",), max_cells=200),
        lambda case: (case.dy == (case.function in BACKWARD)).all() and abs(case.x).max() <= 2,
    )
    holds(cases("linearity", "same-twice", palettes=("ones",)), lambda case: (case.x == 1).all())
    holds(cases(windows="one cell"), lambda case: prod(case.size) == 1)


def test_cases_are_larger_where_a_law_needs_it():
    find_any(cases("large-divisor"), lambda case: prod(case.size) > 2000)
