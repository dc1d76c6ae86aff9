"""Cases as they are built: what they reach by construction, what they avoid, and how they shrink."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import hypothesis
import numpy as np
import pytest
from drawing import cases_of
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from poolproof.kernels.dtypes import FLOATS, ORDERED, finfo, is_float
from poolproof.properties.cases.build import Builder
from poolproof.properties.cases.case import permitted
from poolproof.properties.cases.choices import Generated
from poolproof.properties.cases.contents import paint
from poolproof.properties.cases.corners import corners
from poolproof.properties.cases.drawing import digest, drawn
from poolproof.properties.cases.plans import Plan
from poolproof.properties.cases.triggers import TRIGGERS, overhang, reached
from poolproof.properties.contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.failures.shrink import MOVES, smallest
from poolproof.properties.lawbook import LAWS
from poolproof.properties.targets.call import empty_window
from selection import slow

pytestmark = pytest.mark.once

TAKEN = {function: MEAN_SETTINGS if function in MEAN else SETTINGS for function in CALLABLES}
TILED = {function: tuple(s for s in taken if s != "dilation") for function, taken in TAKEN.items()}
LACKS = ("mean_* float16 3", "max_indices * 1", "max_backward * 2", "* float32 1")
EVERYTHING = Declared(dtypes=ORDERED, ranks=(1, 2, 3), settings=TAKEN)
NARROW = {
    "lacks": Declared(lacks=LACKS, ranks=(1, 2, 3), settings=TAKEN),
    "square": Declared(square=True, ranks=(1, 2, 3), settings=TAKEN),
    "tiles": Declared(tiles=True, ranks=(1, 2, 3), settings=TILED),
    "symmetric": Declared(padding="symmetric", settings=TAKEN),
    "half": Declared(padding="symmetric", padding_limit="half", ranks=(1, 2, 3), settings=TAKEN),
    "window": Declared(padding_limit="window", settings=TAKEN),
    "keeps": Declared(ceil_rule="keep", ranks=(1, 2, 3), settings=TAKEN),
    "rank 1": Declared(ranks=(1,), settings=TAKEN),
    "rank 3": Declared(ranks=(3,), settings=TAKEN),
}
DECLARED = {
    **NARROW,
    "defaults": Declared(),
    "everything": EVERYTHING,
    "float16": Declared(dtypes=("float16",)),
    "square float16": Declared(dtypes=("float16",), square=True),
    "int8": Declared(dtypes=("int8",)),
    "bool": Declared(dtypes=("bool",)),
}
EDGES = {"not_a_number", "subnormal", "infinite", "lowest", "highest"}
"""Palettes that a law about every implementation may use for maxima, or where any answer of the right form will do."""

TAME = [law for law in LAWS.values() if not EDGES & {*law.plan.values, *law.plan.mean_values, *law.plan.gradients}]
MAXIMA = [law for law in LAWS.values() if law.name == "max-value"]

DETERMINISTIC = hypothesis.settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=10_000,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
UNSHRUNK = hypothesis.settings(DETERMINISTIC, phases=[Phase.generate])

laws = pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
tame = pytest.mark.parametrize("law", TAME, ids=lambda law: law.name)
TAME_MEANS = [law for law in TAME if set(MEAN) & set(law.plan.functions)]
tame_means = pytest.mark.parametrize("law", TAME_MEANS, ids=lambda law: law.name)
tame_sums = pytest.mark.parametrize(
    "law", [law for law in TAME if "mean_forward" in law.plan.functions], ids=lambda law: law.name
)


SAMPLES = {}


def sample(plan, declared=EVERYTHING, count=60, offers=CALLABLES):
    """Cases of a plan, drawn once."""
    key = repr((plan, declared, count, offers))
    if key not in SAMPLES:
        SAMPLES[key] = drawn_anew(plan, declared, count, offers)
    return SAMPLES[key]


def builder(plan, declared=EVERYTHING, offers=CALLABLES):
    """The builder of a plan's cases."""
    return Builder(plan, declared, plan.asked(declared, offers))


def cases(plan, declared=EVERYTHING, offers=CALLABLES):
    """A strategy for the cases of a plan."""
    return cases_of(builder(plan, declared, offers))


class Sparse(Generated):
    """Choices of which most are the simplest, as after shrinking."""

    def upto(self, most):
        return super().upto(most) if self.source.random() < 0.3 else 0


def drawn_anew(plan, declared=EVERYTHING, count=60, offers=CALLABLES):
    """Cases from random choices, the same in every run; in every fourth case most choices are the simplest."""
    made = builder(plan, declared, offers)
    usual, sparse = Generated(repr(plan)), Sparse(repr(plan))
    return [made.case(sparse if k % 4 == 3 else usual) for k in range(count)]


def windows(case):
    """The index of the real cells of every window of every plane, found by trying each of its cells."""
    rank = len(case.size)
    padding = case.settings.get("padding", ((0, 0),) * rank)
    dilation = case.settings.get("dilation", (1,) * rank)
    axes = []
    for k, count in enumerate(case.dy.shape[2:]):
        starts = [o * case.stride[k] - padding[k][0] for o in range(count)]
        inside = [[a + tap * dilation[k] for tap in range(case.size[k])] for a in starts]
        axes.append([real_part([p for p in cells if 0 <= p < case.x.shape[2 + k]], dilation[k]) for cells in inside])
    for n, c in np.ndindex(case.x.shape[:2]):
        for window in product(*axes):
            yield (n, c, *window)


def real_part(cells, step):
    """A slice of the real cells among those that lie `step` apart."""
    return slice(cells[0], cells[-1] + 1, step) if cells else slice(0)


def arrays(case):
    """The arrays of a case that are passed to a target."""
    return [case.x, *([case.dy] if is_float(case.x.dtype) else []), *([] if case.other is None else [case.other])]


def covered(case):
    """How many windows contain each pixel of a plane."""
    counts = np.zeros(case.x.shape[2:], int)
    for n, c, *window in windows(case):
        if n == c == 0:
            counts[tuple(window)] += 1
    return counts


def significand(dtype):
    """The number of bits of a significand, p."""
    return {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}[dtype.name]


# What cases reach.


@slow
@pytest.mark.parametrize("name", TRIGGERS)
def test_some_law_reaches(name):
    every_law = st.sampled_from(list(LAWS.values())).flatmap(lambda law: cases(law.plan, EVERYTHING, CALLABLES))
    assert name in reached(hypothesis.find(every_law, lambda case: name in reached(case), settings=UNSHRUNK))


@pytest.mark.parametrize("dtype", ORDERED)
@pytest.mark.parametrize("function", ["max_forward", "max_indices"])
def test_maxima_are_asked_of_every_dtype(function, dtype):
    law = LAWS["max-value" if function == "max_forward" else "max-index"]
    assert any(case.x.dtype == dtype for case in sample(law.plan, count=300))


@pytest.mark.parametrize("function", CALLABLES)
def test_a_law_about_several_callables_asks_each(function):
    assert any(case.function == function for case in sample(LAWS["same-twice"].plan))


def test_a_callable_that_is_not_offered_is_not_asked():
    offers = ("mean_forward", "max_backward")
    assert {case.function for case in sample(LAWS["same-twice"].plan, offers=offers)} == set(offers)


# Building cannot fail.


def at_corners(plan, declared):
    """The corner cases of a plan."""
    made = builder(plan, declared)
    return [made.case(Generated(str(k)), **decided) for k, decided in enumerate(corners(made))]


@slow
@pytest.mark.parametrize(
    ("law", "declared"),
    [
        pytest.param(law, declared, id=f"{law.name}-{name}")
        for law in LAWS.values()
        for name, declared in DECLARED.items()
        if not law.unsupported(declared, CALLABLES)
    ],
)
def test_any_choices_are_a_case(law, declared):
    for case in [*sample(law.plan, declared, count=24), *at_corners(law.plan, declared)]:
        assert case.x.dtype.name in declared.dtypes
        assert case.dy.shape == (*case.x.shape[:2], *case.output)
        assert case.dy.dtype == case.x.dtype
        assert 0 not in case.x.shape[1:]
        assert min(case.output) > 0
        assert law.plan.in_padding or empty_window(case.call()) is False


@laws
def test_the_same_choices_are_the_same_case(law):
    for one, other in zip(sample(law.plan, count=8), drawn_anew(law.plan, count=8), strict=True):
        assert digest([*arrays(one), one.size, one.stride, one.spot]) == digest(
            [*arrays(other), other.size, other.stride, other.spot]
        )


@laws
def test_a_square_target_gets_square_windows_and_equal_strides(law):
    for case in sample(law.plan, DECLARED["square"], count=12):
        assert len(set(case.size)) == len(set(case.stride)) == 1
        assert len(set(case.geometry.padding)) == len(set(case.geometry.dilation)) == 1
        assert permitted(case, law.plan, DECLARED["square"])


@laws
def test_a_target_is_asked_nothing_that_it_lacks(law):
    if law.unsupported(DECLARED["lacks"], CALLABLES):
        assert "max_backward" in law.plan.functions
        return
    for case in sample(law.plan, DECLARED["lacks"], count=24):
        assert DECLARED["lacks"].takes(case.function, case.x.dtype.name, len(case.size))


@laws
def test_a_target_that_tiles_gets_strides_equal_to_the_size(law):
    if law.unsupported(DECLARED["tiles"], CALLABLES) == "it declares tiles=True":
        assert law.plan.windows == "overlapping" or law.plan.needs == ("dilation",)
        return
    for case in sample(law.plan, DECLARED["tiles"], count=12):
        assert case.stride == case.size
        assert permitted(case, law.plan, DECLARED["tiles"])


@laws
def test_gradients_and_means_are_asked_of_floats_alone(law):
    for case in sample(law.plan, count=40):
        assert case.x.dtype.name in FLOATS or case.function in ("max_forward", "max_indices")


# What cases avoid.


@tame
def test_every_number_is_finite(law):
    for case in sample(law.plan):
        assert all(np.isfinite(array).all() for array in arrays(case))


@tame
def test_no_number_is_below_the_smallest_normal(law):
    for case in sample(law.plan):
        for array in arrays(case):
            tiny = finfo(array.dtype).tiny if is_float(array.dtype) else 0
            assert (np.abs(array[array != 0].astype(np.longdouble)) >= tiny).all()


@tame_means
def test_no_share_of_a_mean_is_below_the_smallest_normal(law):
    means = [case for case in sample(law.plan) if case.function in MEAN]
    assert means
    for case in means:
        for array in arrays(case):
            shares = np.abs(array[array != 0].astype(np.float64)) / prod(case.size)
            assert (shares >= finfo(array.dtype).tiny).all()


@tame
def test_no_sum_over_a_window_overflows_its_dtype(law):
    for case in sample(law.plan):
        limit = float(finfo(case.x.dtype).max) if case.function == "mean_forward" else np.inf
        if float(np.abs(case.x.astype(np.float64)).max(initial=0)) * prod(case.size) > limit:
            for window in windows(case):
                assert sum(map(abs, case.x[window].flat), Fraction(0)) <= limit


@tame_sums
def test_no_sum_of_a_window_is_below_the_smallest_normal_on_the_way(law):
    sums = [case for case in sample(law.plan, count=40) if case.function == "mean_forward" and case.x.size < 3000]
    assert sums
    for case in sums:
        tiny = Fraction(float(finfo(case.x.dtype).tiny))
        for window in windows(case):
            total = Fraction(0)
            for number in case.x[window].flat:
                total += Fraction(float(number))
                assert total == 0 or abs(total) / prod(case.size) >= tiny


@tame
def test_no_sum_of_gradients_on_a_pixel_overflows(law):
    for case in sample(law.plan):
        if is_float(case.x.dtype) and case.dy.size:
            largest, limit = float(np.abs(case.dy.astype(np.float64)).max()), float(finfo(case.x.dtype).max)
            # A pixel lies in no more windows than a window has cells; counting is needed only if that is too many.
            assert largest * prod(case.size) <= limit or largest * float(covered(case).max()) <= limit


@slow
@pytest.mark.parametrize("law", MAXIMA, ids=lambda law: law.name)
def test_infinities_never_fill_a_window_below_everything(law):
    infinite = [case for case in sample(law.plan, count=600) if case.values == "infinite" and is_float(case.x.dtype)]
    assert any(np.isinf(case.x).any() for case in infinite)
    for case in infinite:
        assert all(case.x[window].max() > -np.inf for window in windows(case))


@pytest.mark.parametrize("law", MAXIMA, ids=lambda law: law.name)
def test_maxima_are_never_asked_of_nan(law):
    assert not any(np.isnan(case.x).any() for case in sample(law.plan, count=300) if is_float(case.x.dtype))


# Palettes.


def painted_over(case, spatial):
    """The case with a few planes of another height and width, painted with the simplest seed."""
    shape = (*(min(length, 2) for length in case.x.shape[:2]), *spatial)
    case = replace(case, x=np.empty(shape, case.x.dtype), size=(1, 2), stride=(1, 2))
    case = replace(case, dy=np.zeros((*shape[:2], *case.output), case.x.dtype))
    paint(case, 0, "lattice", "lattice")
    return case


def different(cells):
    """Whether no two cells are equal."""
    return len(set(cells.reshape(-1).tolist())) == cells.size


@slow
@pytest.mark.parametrize("dtype", [dtype for dtype in ORDERED if dtype != "bool"])
def test_distinct_numbers_differ_within_each_window(dtype):
    plan = Plan(("max_forward",), values=("distinct",), large=True)
    room = 128 if dtype.endswith("int8") else 2**15
    for case in sample(plan, Declared(dtypes=(dtype,)), count=150):
        assert prod(case.size) > room or all(different(case.x[window]) for window in windows(case))


@slow
@pytest.mark.parametrize("dtype", FLOATS)
def test_sunk_numbers_differ_within_each_window_and_are_near_the_lowest(dtype):
    plan = Plan(("max_backward",), values=("sunk",), large=True)
    for case in sample(plan, Declared(dtypes=(dtype,)), count=150):
        assert (case.x <= finfo(np.dtype(dtype)).min / 4).all()
        assert all(different(case.x[window]) for window in windows(case))


@slow
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_quarter_more_or_less_than_a_distinct_number_is_exact(dtype):
    plan = Plan(("max_backward",), values=("distinct",), large=True)
    drawn = sample(plan, Declared(dtypes=(dtype,)), count=200)
    for case in [
        *drawn,
        *(painted_over(case, shape) for case in drawn[:30] for shape in ((2, 256), (4, 128), (1, 513))),
    ]:
        for step in (0.25, -0.25):
            moved = case.x + case.x.dtype.type(step)
            assert np.array_equal(moved.astype(np.float64), case.x.astype(np.float64) + step)


@slow
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", ["mean_forward", "mean_backward"])
def test_lattices_leave_no_sum_of_a_mean_to_rounding(function, dtype):
    plan = Plan((function,), values=("lattice",), others=("lattice",), windows="powers of two", floats=True, large=True)
    for case in sample(plan, Declared(dtypes=(dtype,)), count=150):
        n, room = prod(case.size), 2 ** significand(case.x.dtype)
        for array in (case.x, case.another):
            assert all(4 * n * float(np.abs(array[w].astype(np.float64)).sum()) <= room for w in windows(case))
        assert (4 * n * shares(case) <= room).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_lattices_leave_no_sum_of_gradients_of_maxima_to_rounding(dtype):
    plan = Plan(("max_backward",), gradients=("lattice",), floats=True)
    for case in sample(plan, Declared(dtypes=(dtype,)), count=150):
        assert (4 * shares(case) <= 2 ** significand(case.x.dtype)).all()


@pytest.mark.parametrize("law", [law for law in TAME if law.plan.windows == "powers of two"], ids=lambda law: law.name)
def test_the_lattices_of_laws_leave_no_sum_to_rounding(law):
    for case in (case for case in sample(law.plan) if is_float(case.x.dtype)):
        n, room = prod(case.size), 2 ** significand(case.x.dtype)
        if case.function == "mean_forward":
            assert all(4 * n * float(np.abs(case.x[w].astype(np.float64)).sum()) <= room for w in windows(case))
        divided = n if case.function == "mean_backward" else 1
        if case.function.endswith("backward"):
            assert (4 * divided * shares(case) <= room).all()


def shares(case):
    """For each pixel, the sum of the absolute gradients of its windows."""
    sums = np.zeros(case.x.shape)
    outputs = product(*map(range, case.dy.shape))
    for output, window in zip(outputs, windows(case), strict=True):
        sums[window] += abs(float(case.dy[output]))
    return sums


@pytest.mark.parametrize("dtype", FLOATS)
def test_lattices_are_not_all_zero(dtype):
    plan = Plan(("mean_forward",), values=("lattice",), windows="powers of two")
    # The simplest seed, which every fourth case of a sample may have, paints zeros.
    drawn = [case for k, case in enumerate(sample(plan, Declared(dtypes=(dtype,)), count=100)) if k % 4 < 3]
    assert all(case.x.any() for case in drawn if case.x.size > 30)


def test_a_one_hot_gradient_has_one_number_where_the_spot_is():
    for case in sample(LAWS["routing"].plan, count=100):
        assert np.count_nonzero(case.dy) == 1
        assert case.dy[case.spot_in(case.dy.shape)] != 0


# Windows.


def with_windows(kind):
    """Cases of every law whose plan wants such windows, and of a plain plan that does."""
    plans = [
        Plan(CALLABLES, windows=kind, floats=True),
        *(law.plan for law in LAWS.values() if law.plan.windows == kind),
    ]
    for plan in plans:
        yield from sample(plan, count=60)
        yield from sample(plan, DECLARED["square"], count=60)


def test_overlapping_windows_overlap():
    for case in with_windows("overlapping"):
        axes = case.axes
        assert any(axis.stride < axis.extent and axis.count() >= 2 for axis in axes)
        assert covered(case).max() > 1


def test_gaps_leave_a_pixel_to_no_window():
    assert all(covered(case).min() == 0 for case in with_windows("gaps"))


@slow
def test_one_cell_is_a_window_and_a_stride_of_one():
    for case in with_windows("one cell"):
        assert set(case.size) == set(case.stride) == {1}
        assert case.output == case.x.shape[2:]


@slow
def test_windows_of_powers_of_two_have_a_power_of_two_of_cells():
    assert all(prod(case.size).bit_count() == 1 for case in with_windows("powers of two"))


def test_repeated_windows_are_two_on_some_axis():
    assert all(max(case.output) >= 2 for case in sample(LAWS["translation"].plan, count=200))


@pytest.mark.parametrize("law", [law for law in LAWS.values() if law.plan.crowded], ids=lambda law: law.name)
def test_crowds_have_two_samples_and_two_channels(law):
    assert all(min(case.x.shape[:2]) >= 2 for case in sample(law.plan, count=200))


# Shrinking.


def simplest(plan, condition=lambda _: True, declared=EVERYTHING):
    """The case to which Hypothesis shrinks, cut like a counterexample."""
    return smallest(hypothesis.find(cases(plan, declared, CALLABLES), condition, settings=DETERMINISTIC), condition)


def overlapping(case):
    """Whether two windows overlap."""
    return any(s < f and o > 1 for s, f, o in zip(case.stride, case.size, case.output, strict=True))


@slow
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("max-value", (1, 1)),
        ("same-twice", (1, 1)),
        ("translation", (1, 2)),
        ("mean-accumulation", (3, 3)),
        ("uncovered-pixels", (2, 2)),
    ],
)
def test_the_simplest_case_can_be_drawn_even_before_it_is_cut(name, most):
    case = hypothesis.find(cases(LAWS[name].plan, EVERYTHING, CALLABLES), lambda _: True, settings=DETERMINISTIC)
    assert case.x.shape[:2] == (1, 1)
    assert sorted(case.x.shape[2:]) <= sorted(most)
    assert case.x.dtype == np.float64


@slow
@pytest.mark.parametrize("name", ["max-value", "routing", "mean-spread", "agreement"])
def test_two_overlapping_windows_shrink_to_three_cells(name):
    case = simplest(LAWS[name].plan, overlapping)
    assert case.x.size == 3
    assert sorted(case.size) in ([2], [1, 2])
    assert case.dy.size == 2


def simpler(case):
    """All cases that one move of structural shrinking makes from a case."""
    return [part for move in MOVES for part in move(case)]


@pytest.mark.parametrize("name", ["max-value", "routing", "max-adjoint", "nothing-remembered"])
def test_what_is_cut_from_a_case_is_a_case(name):
    for case in sample(LAWS[name].plan, count=30):
        for part in simpler(case) if case.x.size < 2000 else ():
            assert part.dy.shape == (*part.x.shape[:2], *part.output)
            assert part.other is None or part.other.shape in (part.x.shape, part.dy.shape)
            assert part.x.dtype == part.dy.dtype == case.x.dtype


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_cut_from_distinct_numbers_is_distinct(dtype):
    for case in sample(LAWS["routing"].plan, Declared(dtypes=(dtype,)), count=30):
        for part in simpler(case) if case.x.size < 1000 else ():
            assert all(different(part.x[window]) for window in windows(part))


def test_a_pixel_in_no_window_shrinks_to_two_cells():
    assert simplest(LAWS["uncovered-pixels"].plan, lambda case: covered(case).min() == 0).x.size == 2


@slow
def test_a_tie_shrinks_to_two_equal_cells():
    case = simplest(Plan(("max_backward",), values=("ties",)), lambda case: "tied maxima" in reached(case))
    assert case.x.reshape(-1).tolist() == [0, 0]


@slow
def test_a_nan_shrinks_to_one_cell_that_may_lie_beside_another():
    case = simplest(LAWS["same-twice"].plan, lambda case: "NaN" in reached(case))
    assert case.x.size <= 2
    assert case.dy.size == 1


@slow
def test_a_maximum_at_the_end_shrinks_to_two_cells():
    case = simplest(LAWS["max-value"].plan, lambda case: case.x.size > 1 and case.x.argmax() == case.x.size - 1)
    assert case.x.size == 2


@slow
@pytest.mark.parametrize("function", CALLABLES)
def test_the_simplest_numbers_are_small_integers(function):
    case = simplest(Plan((function,), floats=True, mean_values=("wide",)), lambda case: case.x.size >= 4)
    assert case.x.size == 4
    assert np.abs(case.x).max() <= 3
    assert not case.dy.any()


# How often a run reaches rare situations, for the laws that fail in them.

VALUE = ("max-value", "mean-value", "mean-exact", "increasing-maps", "padding-with-lowest", "padding-with-zero")
GRADIENT = (
    "routing",
    "max-accumulation",
    "mean-accumulation",
    "mean-spread",
    "conservation",
    "max-adjoint",
    "max-differences",
)
DIVISOR = ("mean-value", "mean-exact", "mean-spread", "mean-accumulation", "conservation", "mean-adjoint")
INDEX = ("max-index", "index-in-plane", "indices-gather")
SIZE = ("output-size", *VALUE, *GRADIENT, *INDEX)
ANYWHERE = (
    *SIZE,
    *DIVISOR,
    "tied-maxima",
    "linearity",
    "uncovered-pixels",
    "identity",
    "ranks-agree",
    "ceil-extends-floor",
)

SHOWN_BY = {
    "S > W": SIZE,
    "H, F and S all not square": (*VALUE, *GRADIENT),
    "F = S, H a multiple, H != W": (*VALUE, *GRADIENT),
    "odd width, F = S = 2, far": (*VALUE, *GRADIENT, *INDEX),
    "output width 7 to 9": (*VALUE, *GRADIENT, *INDEX),
    "output width 15 to 17": (*VALUE, *GRADIENT, *INDEX),
    "output width 31 to 33": (*VALUE, *GRADIENT, *INDEX),
    "pixels in no window": ("uncovered-pixels", "conservation"),
    "window over 256 cells": (*INDEX, "max-value", "routing"),
    "its maximum late": (*INDEX, "max-value", "routing"),
    "plane over 32767 cells": (*INDEX, "routing"),
    "plane over 65535 cells": (*INDEX, "routing"),
    "more than 65535 windows": ("identity",),
    "S * (1/S) < 1": SIZE,
    "N = 0": ("output-size", "depth-preserved", "gradient-shape", "dtype-preserved"),
    "rank 1": ANYWHERE,
    "rank 3": ANYWHERE,
    "padding, begin != end": (*VALUE, *GRADIENT, *INDEX),
    "padding at the end alone": (*VALUE, *GRADIENT, *INDEX),
    "padding shifts tiles": (
        "max-value",
        "mean-value",
        "padding-with-lowest",
        "routing",
        "max-index",
        "indices-gather",
    ),
    "padding differs by axis": (*VALUE, *GRADIENT, *INDEX),
    "padding of an all negative x": ("max-value", "padding-with-lowest", "indices-gather", "max-index"),
    "padding tied with -inf": INDEX,
    "dh != dw": (*VALUE, *GRADIENT, *INDEX, "dilation-by-gathering"),
    "dilation and padding": (*VALUE, *GRADIENT, *INDEX),
    "window wholly in padding": ("index-in-plane", "conservation"),
    "ceil mode, divides": ("output-size", "ceil-extends-floor"),
    "ceil mode, K < S": ("output-size", "ceil-extends-floor", *VALUE, *GRADIENT),
    "ceil mode, starts in padding": ("output-size", "ceil-extends-floor"),
    "ceil mode and padding": (*VALUE, *GRADIENT),
    "overhang of two or more": (*VALUE, *GRADIENT),
    "overhang, mean": DIVISOR,
    "overhang, padding not counted": DIVISOR,
    "padding, counted": DIVISOR,
    "padding, not counted": DIVISOR,
    "tied maxima": ("tied-maxima", "conservation"),
    "window all negative": ("max-value", "max-index", "indices-gather"),
    "mostly zeros": ("mean-value", "mean-exact", "tied-maxima"),
    "huge beside small": ("mean-value",),
    "lowest of the type": ("max-value", "max-index", "indices-gather", "padding-with-lowest"),
    "beyond float32": ("max-value", "routing", "mean-value", "max-accumulation", "mean-accumulation"),
    "neighbouring numbers": ("routing", "max-value"),
    "full significands": ("mean-value", "mean-spread", "identity"),
    "dy of both signs": GRADIENT,
    "unusual layout": ("memory-layouts", "gradient-layouts"),
    "layout of dy alone": ("gradient-layouts",),
}
FLOOR = 10


def run_of(plan):
    """As many cases as a run has, corner cases first."""
    first = at_corners(plan, EVERYTHING)
    return [*first, *sample(plan, count=100)][: max(100, len(first))]


@slow
@pytest.mark.parametrize("name", SHOWN_BY)
def test_a_run_of_the_default_size_reaches(name):
    counts = {law: sum(map(TRIGGERS[name], run_of(LAWS[law].plan))) for law in set(SHOWN_BY[name])}
    assert sum(counts.values()) >= FLOOR, counts


HALOED = ("max-value", "max-index", "mean-value", "max-accumulation", "mean-accumulation")


@pytest.mark.parametrize("law", HALOED)
def test_overlapping_windows_are_more_than_those_of_a_tile_along_the_first_axis_and_the_last(law):
    long = {
        axis
        for case in at_corners(LAWS[law].plan, EVERYTHING)
        for axis in (0, len(case.size) - 1)
        if case.output[axis] > 256 and case.stride[axis] < case.size[axis]
    }
    assert long >= {0, 1}


@pytest.mark.parametrize("law", ["max-value", "max-index", "mean-value", "routing", "mean-spread"])
@pytest.mark.parametrize("name", ["everything", "square", "defaults"])
def test_a_batch_has_more_samples_than_kernels_take_at_once(law, name):
    plan = LAWS[law].plan
    assert {case.function for case in at_corners(plan, DECLARED[name]) if len(case.x) > 256} == set(plan.functions)


@pytest.mark.parametrize("law", ["mean-value", "mean-spread"])
def test_a_mean_divides_by_more_real_cells_than_a_byte_can_count(law):
    excluding = [
        case for case in at_corners(LAWS[law].plan, EVERYTHING) if case.settings.get("count_include_pad") is False
    ]
    assert any((case.in_windows[0] >= 0).sum(axis=-1).max() > 255 for case in excluding)


def ends_between_taps(axis):
    """Whether the last window ends past the padded end, between two of its taps."""
    return overhang(axis) > axis.dilation and overhang(axis) % axis.dilation != 0


@pytest.mark.parametrize("law", ["max-value", "mean-value", "mean-spread"])
def test_a_dilated_window_ends_past_the_padded_end_between_two_taps(law):
    found = [case for case in at_corners(LAWS[law].plan, EVERYTHING) if any(map(ends_between_taps, case.axes))]
    counted = {case.settings.get("count_include_pad", True) for case in found}
    assert counted == ({True, False} if "mean" in law else {True})


@pytest.mark.parametrize("law", ["index-in-plane", "conservation"])
@pytest.mark.parametrize("square", [True, False])
def test_windows_that_tile_may_be_padded_and_reach_a_real_cell(law, square):
    settings = {name: MEAN_SETTINGS if name in MEAN else SETTINGS for name in CALLABLES}
    stated = Declared("mine", square=square, tiles=True, padding="symmetric", settings=settings)
    found = list(drawn(LAWS[law], stated, CALLABLES, 60, 0))
    assert all(min(case.x.shape[2:]) > 0 for case in found)
    assert any(any(map(any, case.settings.get("padding", ()))) for case in found)
