"""The public strategies: what they draw, how it shrinks and prints, and how they serve users' own tests."""

import re
from dataclasses import replace
from functools import partial
from inspect import signature
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, find, given, settings, target
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, NoSuchExample
from hypothesis.internal.observability import with_observability_callback
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from hypothesis.vendor.pretty import pretty
from places import ROOT
from poolproof.kernels import compiled, img2col, naive
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.cases.case import permitted
from poolproof.properties.cases.choices import Drawn
from poolproof.properties.cases.palettes import NAMES, OF_FLOATS
from poolproof.properties.contract import BACKWARD, CALLABLES, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.data.layouts import LAYOUTS
from poolproof.properties.data.patterns import bits
from poolproof.properties.lawbook import LAWS
from poolproof.properties.strategies import Case, Pooling, cases, check, gradients, images, poolings
from poolproof.properties.strategies.arguments import GRADIENT_NAMES
from poolproof.properties.strategies.public import PLANS
from selection import scaled, slow

pytestmark = pytest.mark.once

USUAL = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
SHRINKING = settings(USUAL, max_examples=2000, phases=[Phase.generate, Phase.shrink])
ONE = Pooling((1, 1), (1, 1), (1, 1))


def minimal(strategy, condition=lambda _: True):
    """The simplest value with a property, shrunk by Hypothesis alone."""
    return find(strategy, condition, settings=SHRINKING)


def find_any(strategy, condition=lambda _: True):
    """Some value with a property."""
    return find(strategy, condition, settings=settings(SHRINKING, phases=[Phase.generate]))


def assert_all_examples(strategy, predicate, examples=100):
    """Assert that every drawn value has a property."""

    @settings(USUAL, max_examples=scaled(examples))
    @given(strategy)
    def holds(value):
        assert predicate(value), value

    holds()


def assert_no_examples(strategy, condition):
    """Assert that no value has a property."""
    with pytest.raises(NoSuchExample):
        find_any(strategy, condition)


@st.composite
def pooled(draw, **how):
    """Windows, an image that they fit, and a gradient."""
    pooling = draw(poolings(ranks=(1, 2, 3), max_cells=100))
    x = draw(images(pooling, dtypes=FLOATS, **how))
    return pooling, x, draw(gradients(pooling, x, **how))


def axes(pooling):
    """For each axis, the real cells of every window, found by trying each of its cells."""
    rank = len(pooling.size)
    padding = pooling.settings.get("padding", ((0, 0),) * rank)
    dilation = pooling.settings.get("dilation", (1,) * rank)
    for k, count in enumerate(pooling.output):
        starts = [o * pooling.stride[k] - padding[k][0] for o in range(count)]
        taps = [[start + tap * dilation[k] for tap in range(pooling.size[k])] for start in starts]
        yield [[cell for cell in cells if 0 <= cell < pooling.spatial[k]] for cells in taps]


def covered(pooling):
    """The cells of a plane that lie in some window."""
    lines = [{cell for window in windows for cell in window} for windows in axes(pooling)]
    return set(product(*lines))


def padding_of(pooling):
    """The pairs of padding."""
    return pooling.settings.get("padding", ())


def dilation_of(pooling):
    """The dilation along each axis."""
    return pooling.settings.get("dilation", (1,) * len(pooling.size))


def answer(kernel, case):
    """What a kernel returns for a case."""
    return getattr(kernel, case.function)(*case.arguments, **case.settings)


def equal(one, other):
    """Whether two cases have equal fields, arrays bit for bit."""
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape) == (other.dtype, other.shape) and np.array_equal(bits(one), bits(other))
    fields = vars(one), vars(other)
    names = [name for name in Case.__dataclass_fields__ if not isinstance(fields[0][name], np.ndarray)]
    arrays = [name for name in Case.__dataclass_fields__ if name not in names]
    return all(fields[0][k] == fields[1][k] for k in names) and all(equal(fields[0][k], fields[1][k]) for k in arrays)


def pasted(value):
    """The value of a repr when it is evaluated."""
    return eval(repr(value), {"np": np, "Case": Case, "Pooling": Pooling})  # noqa: S307


# Windows.


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


def test_square_means_everything_along_all_axes():
    def square(p):
        return all(len(set(each)) <= 1 for each in (p.size, p.stride, padding_of(p), dilation_of(p)))

    assert_all_examples(poolings(ranks=(2, 3), square=True), square, 150)
    find_any(poolings(), lambda p: not square(p))


def test_tiles_have_strides_of_their_size_and_no_gaps():
    assert_all_examples(poolings(tiles=True), lambda p: p.size == p.stride and "dilation" not in p.settings, 150)
    find_any(poolings(tiles=True), lambda p: any(map(any, padding_of(p))) and max(p.size) > 1)
    find_any(poolings(), lambda p: p.size != p.stride)


def test_symmetric_padding_is_as_much_before_as_after():
    def symmetric(p):
        return all(begin == end for begin, end in padding_of(p))

    assert_all_examples(poolings(padding="symmetric"), symmetric, 150)
    find_any(poolings(padding="symmetric"), lambda p: any(map(any, padding_of(p))))
    find_any(poolings(), lambda p: not symmetric(p))


def test_without_padding_there_is_none():
    assert_all_examples(poolings(padding="none"), lambda p: "padding" not in p.settings, 100)


@pytest.mark.parametrize(("limit", "most"), [("half", lambda f: f // 2), ("window", lambda f: f - 1)])
def test_padding_has_its_limit(limit, most):
    def within(p):
        return all(max(pair) <= most(f) for f, pair in zip(p.size, padding_of(p), strict=False))

    assert_all_examples(poolings(padding_limit=limit), within, 150)
    find_any(poolings(padding_limit=limit), lambda p: any(map(any, padding_of(p))))
    find_any(poolings(), lambda p: not within(p))


@pytest.mark.parametrize("most", [1, 5, 50])
def test_no_image_has_more_cells_than_wanted(most):
    assert_all_examples(poolings(ranks=(1, 2, 3), max_cells=most), lambda p: prod(p.spatial) <= most, 100)
    assert_all_examples(cases(ranks=(1, 2, 3), max_cells=most), lambda case: case.x.size <= most, 100)
    find_any(poolings(), lambda p: prod(p.spatial) > most)
    find_any(cases(), lambda case: case.x.size > most)


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


def test_images_lie_in_memory_as_wanted():
    pooling = Pooling((1, 1), (1, 1), (3, 4))
    backwards = images(pooling, layouts=("negative strides",))
    assert_all_examples(backwards, lambda x: min(x.strides[2:]) < 0)
    last = gradients(pooling, np.zeros((2, 3, 3, 4)), layouts=("channels last",))
    assert_all_examples(last, lambda dy: dy.strides[1] == dy.itemsize)
    assert_all_examples(images(pooling, layouts=("broadcast",)), lambda x: set(x.strides) == {0} and np.ptp(x) == 0)
    assert_all_examples(images(pooling), lambda x: x.flags.c_contiguous and x.flags.writeable)


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


@pytest.mark.parametrize("function", CALLABLES)
def test_cases_of_a_callable_are_about_it_and_sound_kernels_pass_the_check(function):
    def passes(case):
        check(case, answer(img2col, case))
        return case.function == function

    assert_all_examples(cases(function, ranks=(1, 2, 3)), passes, 100)


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


def test_cases_are_about_all_that_is_named_and_by_default_about_every_callable():
    for function in CALLABLES:
        find_any(cases(), lambda case, function=function: case.function == function)
    both = cases("max_forward", "mean-adjoint")
    assert_all_examples(both, lambda case: case.function in ("max_forward", "mean_backward"))
    find_any(both, lambda case: case.function == "mean_backward")


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


# What they shrink to.


def test_the_simplest_are_one_cell():
    assert minimal(poolings()) == ONE
    x = minimal(images(ONE))
    assert (x.shape, x.dtype, x.item()) == ((1, 1, 1, 1), np.float64, 0)
    assert minimal(gradients(ONE, x)).item() == 0
    for function in CALLABLES:
        case = minimal(cases(function, ranks=(2, 1, 3)))
        assert (case.x.shape, case.size, case.stride, case.settings) == ((1, 1, 1, 1), (1, 1), (1, 1), {})


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


# How they are written.


@pytest.mark.parametrize("name", [*CALLABLES, "linearity", "increasing-maps", "index-in-plane", "gradient-layouts"])
def test_the_repr_of_a_case_runs_and_gives_an_equal_case(name):
    dtypes = ORDERED if name in ("max_forward", "max_indices") else FLOATS
    strategy = cases(name, ranks=(1, 2, 3), dtypes=dtypes)
    # An array that is too large for words becomes an ellipsis.
    assert_all_examples(strategy, lambda case: "=..." in repr(case) or equal(pasted(case), case), 100)


def test_the_repr_of_a_pooling_runs_and_gives_an_equal_one():
    assert_all_examples(poolings(ranks=(1, 2, 3)), lambda pooling: pasted(pooling) == pooling)


def made(x, **more):
    """A case with these cells."""
    return Case("max_forward", x, (1,) * (x.ndim - 2), (1,) * (x.ndim - 2), **more)


def test_what_has_its_default_is_left_out_of_a_repr():
    x = np.array([[[1.0, 2.5]]])
    text = "Case('max_forward', x=np.array([[[1.0, 2.5]]]), size=(1,), stride=(1,)"
    assert repr(made(x)) == f"{text})"
    assert (
        repr(made(x, values="wide", settings={"ceil_mode": True}))
        == f"{text}, values='wide', settings={{'ceil_mode': True}})"
    )


@pytest.mark.parametrize(
    ("values", "dtype", "text"),
    [
        ([0.1, np.nan, -0.0], "float32", "np.array([[[0.1, np.nan, -0.0]]], 'float32')"),
        ([np.inf, -np.inf], "float16", "np.array([[[np.inf, -np.inf]]], 'float16')"),
        *[([-0.0, 0.5], "bfloat16", "np.array([[[-0.0, 0.5]]], 'bfloat16')") for each in ORDERED if each == "bfloat16"],
        ([True, False], "bool", "np.array([[[True, False]]], 'bool')"),
        ([2**63, 0], "uint64", "np.array([[[9223372036854775808, 0]]], 'uint64')"),
        (np.zeros((0, 1, 2)), "float64", "np.zeros((0, 1, 2), 'float64')"),
        (np.zeros(65537), "float64", "np.zeros((1, 1, 65537))"),
        (np.arange(70), "int8", "np.arange(70).astype('int8').reshape(1, 1, 70)"),
        ([*[0] * 70, 1], "float32", "np.repeat(np.array([0.0, 1.0], 'float32'), [70, 1]).reshape((1, 1, 71))"),
    ],
)
def test_an_array_is_written_briefly_and_exactly(values, dtype, text):
    x = np.array(values, dtype)
    case = made(x if x.ndim == 3 else x.reshape(1, 1, -1))
    assert f"x={text}, " in repr(case)
    assert equal(pasted(case), case)


def test_a_large_array_that_no_recipe_gives_is_written_in_full():
    case = made(np.random.default_rng(0).standard_normal((1, 2, 300)).astype("float32"))
    assert equal(pasted(case), case)


def test_a_very_large_array_that_no_recipe_gives_is_an_ellipsis():
    case = made(np.random.default_rng(0).standard_normal((1, 2, 3000)))
    assert repr(case).startswith("Case('max_forward', x=..., size=(1,), ")


@pytest.mark.parametrize("function", [f for f in CALLABLES if f not in BACKWARD])
def test_where_a_gradient_means_nothing_it_is_left_out_and_zeros(function):
    case = Case(function, np.array([[[1.0, 2.0, 4.0]]], "float32"), (2,), (1,))
    assert (case.dy.shape, case.dy.dtype, case.dy.any()) == ((1, 1, 2), np.float32, False)
    assert_all_examples(cases(function), lambda drawn: "dy=" not in repr(drawn) and not drawn.dy.any(), 20)


def test_a_case_can_be_changed_in_some_fields():
    changed = replace(made(np.array([[[1.0, 2.0, 4.0]]])), size=(2,))
    assert isinstance(changed, Case)
    assert changed.output == changed.dy.shape[2:] == (2,)


def test_a_long_case_is_printed_line_by_line_and_a_short_one_is_not():
    short, long = made(np.ones((1, 1, 1))), made(np.ones((1, 1, 20)))
    assert pretty(short) == repr(short)
    assert pretty(long).splitlines() == [
        "Case(", "    'max_forward',", f"    x=np.array([[{[1.0] * 20}]]),", "    size=(1,),", "    stride=(1,)", ")"
    ]  # fmt: skip
    assert repr(long) == " ".join(pretty(long).split()).replace("( ", "(").replace(" )", ")")


# In users' own tests.


def test_they_compose_and_can_be_targets_beside_explicit_examples():
    tried = []

    @settings(USUAL, max_examples=50)
    @example((Pooling((2,), (1,), (3,)), np.zeros((1, 1, 3)), np.zeros((1, 1, 2))))
    @given(pooled())
    def test(drawn):
        pooling, x, dy = drawn
        tried.append(x)
        target(float(x.size), label="cells")
        dx = img2col.max_backward(dy, x, pooling.size, pooling.stride, **pooling.settings)
        assert dx.shape == x.shape

    test()
    assert tried[0].shape == (1, 1, 3)
    assert len(tried) > 30


def test_a_case_that_was_printed_is_an_explicit_example():
    seen = []

    @settings(USUAL, max_examples=1, phases=[Phase.explicit])
    @example(case=Case("max_forward", np.array([[[1.0, 2.0]]]), (2,), (1,)))
    @given(case=cases("max_forward"))
    def test(case):
        seen.append(case)
        check(case, answer(compiled, case))

    test()
    assert len(seen) == 1


def test_they_serve_a_stateful_machine():
    class Machine(RuleBasedStateMachine):
        pooling = x = None
        steps = 0

        @initialize(pooling=poolings(max_cells=30))
        def windows(self, pooling):
            self.pooling = pooling

        @rule(data=st.data())
        def image(self, data):
            self.x = data.draw(images(self.pooling))

        @precondition(lambda self: self.x is not None)
        @rule()
        def forward(self):
            y = img2col.max_forward(self.x, self.pooling.size, self.pooling.stride, **self.pooling.settings)
            assert y.shape[2:] == self.pooling.output
            Machine.steps += 1

        @rule(case=cases(max_cells=30))
        def check(self, case):
            check(case, answer(img2col, case))
            check(case, answer(img2col, case))

    run_state_machine_as_test(Machine, settings=settings(USUAL, max_examples=10))
    assert Machine.steps > 0


def observed(strategy, test):
    """Hypothesis' report on each example of a test."""
    seen = []
    with with_observability_callback(seen.append):
        settings(USUAL, max_examples=30)(given(strategy)(test))()
    return [each for each in seen if each.type == "test_case" and each.status == "passed"]


def test_observability_says_law_callable_and_settings_and_how_near_the_bound_an_error_is():
    def test(case):
        check(case, answer(img2col, case))

    found = observed(cases("mean-value", dtypes=("float32",)), test)
    assert found
    assert {each.features["law"] for each in found} == {"mean-value"}
    assert {each.features["callable"] for each in found} == {"mean_forward"}
    about = {each.features["settings"] for each in found}
    assert "none" in about
    assert any("count_include_pad" in settings for settings in about)
    scores = (
        [each.features["target"]["mean_forward: error / bound"] for each in found]
        if "target" in found[0].features
        else []
    )
    scores = scores or [value for each in found for name, value in each.features.items() if "error / bound" in name]
    assert 0 < max(scores) <= 1


def test_a_callable_is_named_once_and_a_result_without_error_is_no_target():
    found = observed(cases("max_backward", gradients=("ones",)), lambda case: check(case, answer(img2col, case)))
    assert found
    assert {name for each in found for name in each.features} == {"callable", "settings"}


def test_a_result_may_be_checked_twice_and_outside_of_any_test():
    x = np.array([[[1.0, 2.0, 4.0]]])
    case = Case("mean_forward", x, (3,), (1,))
    check(case, np.array([[[7 / 3]]]))

    @settings(USUAL, max_examples=2)
    @given(st.booleans())
    def twice(_):
        check(case, np.array([[[7 / 3]]]))
        check(case, np.array([[[7 / 3]]]))

    twice()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (np.array([[[2.0]]]), r"^mean_forward: y\[0,0,0\] = 2.0, but should be 2.33\d+ within "),
        (np.array([[[np.nan]]]), r"y\[0,0,0\] = nan"),
        (np.array([[[7 / 3]]], "float32"), "^mean_forward: y.dtype = float32, but should be float64"),
        (np.array([7 / 3]), r"y.shape = \(1,\), but should be \(1, 1, 1\)"),
        ([[[7 / 3]]], "list"),
        (None, "None"),
    ],
)
def test_a_wrong_result_is_an_assertion_error(result, text):
    case = Case("mean_forward", np.array([[[1.0, 2.0, 4.0]]]), (3,), (1,))
    with pytest.raises(AssertionError, match=text):
        check(case, result)


# Arguments.


TWO = Pooling((1,), (1,), (2,))

WRONG = [
    (lambda: poolings(ranks=2), "ranks=2 should be a tuple of one or more of 1, 2, 3"),
    (lambda: poolings(ranks=()), r"ranks=\(\) should be a tuple of one or more"),
    (lambda: poolings(ranks=(4,)), r"ranks=\(4,\) has 4; there are: 1, 2, 3"),
    (lambda: poolings(ranks=(True,)), "has True"),
    (lambda: poolings(settings="padding"), "settings='padding' should be a tuple of any of 'padding', "),
    (lambda: poolings(settings=("paddings",)), "did you mean 'padding'"),
    (lambda: poolings(settings=("count_include_pad",)), "has 'count_include_pad'; there are: padding, "),
    (lambda: poolings(windows="overlaping"), "windows='overlaping' should be one of 'any', 'overlapping'"),
    (lambda: poolings(windows="vast"), "windows='vast'"),
    (lambda: poolings(windows="overlapping", tiles=True), "tiles=True, .* rules out windows='overlapping'"),
    (lambda: poolings(square=1), "square=1 should be one of False, True"),
    (lambda: poolings(tiles=None), "tiles=None should be one of False, True"),
    (lambda: poolings(padding="some"), "padding='some' should be one of 'any', 'symmetric', 'none'"),
    (lambda: poolings(padding_limit="whole"), "padding_limit='whole' should be one of 'half', 'window', None"),
    (lambda: poolings(max_cells=0), "max_cells=0 should be an integer of at least 1"),
    (lambda: poolings(max_cells=True), "max_cells=True should be an integer"),
    (lambda: poolings(max_cells=2.5), "max_cells=2.5 should be an integer"),
    (
        lambda: poolings(max_cells=2, windows="overlapping"),
        "max_cells=2 should be at least 3 for windows='overlapping'",
    ),
    (lambda: cases("uncovered-pixels", max_cells=1), "max_cells=1 should be at least 3 for windows='gaps'"),
    (lambda: poolings(rank=2), "poolings: rank=2 is not a keyword; did you mean 'ranks'"),
    (lambda: images(TWO, dtype="int8"), "images: dtype='int8' is not a keyword; did you mean 'dtypes'"),
    (lambda: gradients(TWO, ROW, palette=("lattice",)), "is not a keyword; did you mean 'palettes'"),
    (lambda: cases("max_forward", shape=(2, 2)), r"cases: shape=\(2, 2\) is not a keyword; there are: ranks, dtypes, "),
    (lambda: images((2, 2)), r"pooling=\(2, 2\) should be a Pooling"),
    (lambda: images(poolings()), r"pooling=poolings\(\) should be a Pooling, but is a strategy; draw from it first"),
    (lambda: images(TWO, dtypes="float32"), "dtypes='float32' should be a tuple of one or more of 'bool', "),
    (lambda: images(TWO, dtypes=("float33",)), "has 'float33'; did you mean 'float32'"),
    (lambda: images(TWO, dtypes=(np.complex64,)), "has 'complex64'; there are: "),
    (lambda: images(TWO, palettes=("tie",)), "palettes=.* did you mean 'ties'"),
    (lambda: images(TWO, layouts=("channels_last",)), "layouts=.* did you mean 'channels last'"),
    (lambda: images(TWO, max_samples=0), "max_samples=0 should be an integer of at least 1"),
    (lambda: images(TWO, max_channels="3"), "max_channels='3' should be an integer"),
    (lambda: gradients(TWO, np.zeros((1, 1, 3))), r"x has shape \(1, 1, 3\) .* should be an array \(N, C, 2\)"),
    (
        lambda: gradients(TWO, np.zeros((1, 1, 2), int)),
        "x has .* dtype int64, but should be an array .* of floats",
    ),
    (lambda: gradients(TWO, np.zeros(2)), r"x has shape \(2,\)"),
    (lambda: gradients(TWO, np.zeros((1, 1, 2)), palettes=("onehot",)), "did you mean 'one-hot'"),
    (lambda: cases("max_forwards"), "about='max_forwards' should be a callable or a law; did you mean 'max_forward'"),
    (lambda: cases(["max_forward"]), r"about=.* pass several as separate arguments: cases\('max_forward'\)"),
    (lambda: cases(3), "about=3 should be a callable or a law; there are: 'max_forward', "),
    (lambda: cases("max_forward", settings=("count_include_pad",)), "'count_include_pad', which only means take"),
    (lambda: cases(settings=("count_include_pad",)), "settings=.* should be a tuple with one of 'padding', "),
    (lambda: cases("max_forward", gradients=("lattice",)), r"gradients=\('lattice',\) has no effect"),
    (lambda: cases(dtypes=("int8",), palettes=("not_a_number",)), "palettes=.* has 'not_a_number', which needs floats"),
    (lambda: images(TWO, dtypes=("bool",), palettes=("ties", "infinite")), "palettes=.* has 'infinite'"),
    (lambda: poolings(settings=(), padding="symmetric"), "without it padding='symmetric' has no effect"),
    (lambda: poolings(settings=(), padding_limit="half"), "without it padding_limit='half' has no effect"),
    (lambda: poolings(padding="none", padding_limit="half"), "padding_limit='half' has no effect with padding='none'"),
    (lambda: poolings(padding="none", settings=("padding",)), "has 'padding', which padding='none' rules out"),
    (lambda: poolings(tiles=True, settings=("dilation",)), "has 'dilation', which tiles=True rules out"),
    (lambda: cases(palettes=()), r"palettes=\(\) should be a tuple of one or more"),
    (lambda: cases(palettes=(["ties"],)), r"has \['ties'\]; there are: 'ties', "),
    (lambda: cases(gradients=("one_hot",)), "gradients=.* did you mean 'one-hot'"),
    (lambda: cases("mean_forward", dtypes=("int8",)), r"dtypes=\('int8',\) should have a float, for mean_forward"),
    (lambda: cases("max_forward", "mean_forward", dtypes=("int8",)), "should have a float, for mean_forward"),
    (lambda: cases("padding-with-lowest", settings=()), "settings should have 'padding'"),
    (lambda: cases("neutral-settings", settings=()), "settings should have one of 'padding', 'dilation', 'ceil_mode'"),
    (lambda: cases("ranks-agree", ranks=(2,)), r"ranks=\(2,\) should be 2 or more of 1, 2, 3"),
    (lambda: cases("dilation-by-gathering", tiles=True), "tiles=True, .* rules out .* dilation"),
]


ROW = np.array([[[1.0, 2.0]]])

WRITTEN = [
    (lambda: Pooling(2, 1, (2, 2)), "size=2 should be a tuple of integers .* one for each of the 2 spatial axes"),
    (lambda: Pooling((1,), (1,), 4), "spatial=4 should be a tuple of one to three integers"),
    (lambda: Pooling((1,), (0,), (4,)), r"stride=\(0,\) should be a tuple of integers of at least 1"),
    (lambda: Pooling((1.5,), (1,), (2,)), r"size=\(1.5,\) should be"),
    (lambda: Pooling((1, 1), (1, 1), (2,)), r"size=\(1, 1\) should be .* one for the spatial axis"),
    (lambda: Pooling((3,), (1,), (2,)), "should be at most 2, the width of the image"),
    (lambda: Pooling((2,), (1,), (2,), {"dilation": (2,)}), "should be at most 2, the width of the image"),
    (lambda: Pooling((1,), (1,), (2,), {"padding": 1}), r"padding=1 should be a pair .* such as \(\(1, 1\),\)"),
    (lambda: Pooling((1,), (1,), (2,), {"padding": ((1, -1),)}), "padding=.* should be a pair"),
    (lambda: Pooling((1,), (1,), (2,), {"dilation": 2}), "dilation=2 should be a tuple"),
    (lambda: Pooling((1,), (1,), (2,), {"ceil_mode": 1}), "ceil_mode=1 should be True or False"),
    (lambda: Pooling((1,), (1,), (2,), {"pading": 1}), "settings=.* did you mean 'padding'"),
    (lambda: Pooling((1,), (1,), (2,), ("padding",)), "settings=.* should be a dict"),
    (lambda: Case("max_backwrd", ROW, (1,), (1,)), "function='max_backwrd' .* did you mean 'max_backward'"),
    (lambda: Case("max_forward", [[[1.0]]], (1,), (1,)), "x=.* should be an array"),
    (lambda: Case("max_forward", ROW[0], (1,), (1,)), r"x has shape \(1, 2\) .* should be an array \(N, C, H, W\)"),
    (lambda: Case("max_forward", ROW[:, :, :0], (1,), (1,)), r"x has shape \(1, 1, 0\)"),
    (lambda: Case("mean_forward", ROW.astype(int), (1,), (1,)), "x has .* dtype int64, but should be .* of floats,"),
    (lambda: Case("max_forward", ROW.astype(complex), (1,), (1,)), "dtype complex128, but should be .* or bool"),
    (lambda: Case("max_forward", ROW, (1,), 1), "stride=1 should be a tuple"),
    (lambda: Case("max_forward", ROW, (3,), (1,)), "should be at most 2, the width of the image"),
    (lambda: made(ROW, settings={"count_include_pad": True}), "has 'count_include_pad'; there are: padding, "),
    (lambda: made(ROW, layouts={"x": "F"}), "layouts=.* has 'F'; there are: C, Fortran, "),
    (lambda: made(ROW, layouts={"dy": "Fortran"}), "layouts=.* has 'dy'; there are: x"),
    (lambda: made(ROW, layouts="Fortran"), "layouts='Fortran' should be a dict"),
    (lambda: made(ROW, values="tie"), "values='tie' should be one of 'ties', "),
    (lambda: made(ROW, spot=1), "spot=1 should be a float"),
    (lambda: Case("max_backward", ROW, (1,), (1,)), r"dy is missing: .* shape \(1, 1, 2\) and dtype float64"),
    (lambda: Case("max_backward", ROW, (1,), (1,), [1.0]), "dy=.* should be an array of shape"),
    (lambda: Case("max_backward", ROW, (2,), (1,), ROW), r"dy has shape \(1, 1, 2\) .* should be .* shape \(1, 1, 1\)"),
    (lambda: Case("max_backward", ROW, (1,), (1,), ROW.astype("float32")), "dtype float32, but should be .* float64"),
    (lambda: replace(made(ROW), size=(3,)), "should be at most 2"),
    (lambda: check(ROW, made(ROW)), r"case=.* should be a Case; .* check\(case, result\)"),
]


@pytest.mark.parametrize(("call", "text"), WRONG + WRITTEN, ids=[text[:40] for _, text in WRONG + WRITTEN])
def test_a_wrong_argument_is_an_error_at_once_with_its_name_and_value(call, text):
    with pytest.raises(InvalidArgument, match=text):
        call()


@pytest.mark.parametrize("strategy", [poolings, images, gradients])
def test_options_are_keywords_only(strategy):
    with pytest.raises(TypeError, match="positional argument"):
        strategy(ONE, np.zeros((1, 1, 1, 1)), (2,))


@pytest.mark.parametrize("windows", ["overlapping", "gaps"])
@pytest.mark.parametrize("tiles", [False, True])
def test_the_least_number_of_cells_is_enough(windows, tiles):
    if windows == "gaps" or not tiles:
        least = poolings(windows=windows, tiles=tiles, max_cells=3)
        assert_all_examples(least, lambda p: prod(p.spatial) <= 3)


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        (poolings(), "poolings()"),
        (poolings(ranks=(1, 2), tiles=True), "poolings(ranks=(1, 2), tiles=True)"),
        (images(TWO, max_samples=1), f"images({TWO}, max_samples=1)"),
        (gradients(TWO, ROW), f"gradients({TWO}, np.array([[[1.0, 2.0]]]))"),
        (cases("max_forward", "linearity", settings=()), "cases('max_forward', 'linearity', settings=())"),
    ],
)
def test_a_strategy_prints_as_it_was_written(strategy, text):
    assert repr(strategy) == text


def test_the_page_names_every_keyword_palette_and_layout():
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    strategies = (poolings, images, gradients, cases)
    keywords = {
        name for each in strategies for name, p in signature(each).parameters.items() if p.kind == p.KEYWORD_ONLY
    }
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    assert not {*keywords, *NAMES, *LAYOUTS, "one-hot"} - {*re.findall(r"`([^`]+)`", prose)}


def table(heading):
    """The cells of each row under a heading of the page, as the names in them."""
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    rows = page[page.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[tuple(re.findall(r"`([^`]+)`", cell)) for cell in row.strip("|").split("|")] for row in rows]


def test_the_page_lists_palettes_in_the_order_of_messages():
    assert tuple(name for (name,), _ in table("| palette |")) == GRADIENT_NAMES


def test_the_page_has_the_defaults_of_palettes():
    plans = {f'cases("{name}")': plan for name, plan in PLANS.items()}
    default = {each.__name__: signature(each).parameters["palettes"].default for each in (images, gradients)}
    expected = {name: (tuple(dict.fromkeys(plan.values)), plan.gradients) for name, plan in plans.items()}
    expected |= {"images": (default["images"], ()), "gradients": ((), default["gradients"])}
    found = {name: (x, dy) for names, x, dy in table("| default of |") for name in names}
    assert found == {
        name: (x, dy if "forward" not in name and "indices" not in name else ()) for name, (x, dy) in expected.items()
    }


@pytest.mark.parametrize("count", [1, 2, 11, 12, 28, 99])
def test_every_option_is_drawn_and_the_first_is_the_simplest(count):
    @st.composite
    def places(draw):
        return Drawn(draw).place(count)

    drawn = []
    Drawn(lambda strategy: drawn.append(strategy.wrapped_strategy.end) or 0).place(count)
    assert max(drawn) <= 10
    assert_all_examples(places(), lambda place: 0 <= place < count)
    assert minimal(places()) == 0
    assert find_any(places(), lambda place: place == count - 1) == count - 1


def test_lists_and_sets_are_taken_as_tuples_are():
    assert_all_examples(poolings(ranks=[1], settings=set()), lambda p: len(p.size) == 1 and not p.settings)
