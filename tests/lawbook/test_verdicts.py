"""Which call of a case a law blames, and in which words: kernels with one fault each, one case for each."""

from dataclasses import replace
from fractions import Fraction
from functools import wraps
from types import SimpleNamespace

import numpy as np
import pytest
from faults import SOUND
from poolproof.kernels import naive
from poolproof.properties.cases.case import Case
from poolproof.properties.cases.drawing import drawn
from poolproof.properties.contract import CALLABLES, Fixed
from poolproof.properties.failures.messages import describe
from poolproof.properties.failures.types import Failure
from poolproof.properties.lawbook import LAWS, conduct
from poolproof.properties.lawbook.backward import probed
from poolproof.properties.lawbook.conduct import companions
from poolproof.properties.lawbook.forward import ascending
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.run.runner import run
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import once, once_but, slow

pytestmark = once

X = np.array([[[[1.0, 5, 2, 0]]], [[[3.0, 4, 8, 6]]]])
CASE = Case("max_forward", X, (1, 2), (1, 2), np.ones((2, 1, 1, 2)), "distinct")


class Kernel:
    """The naive kernel as an object."""

    max_forward = staticmethod(naive.max_forward)
    max_indices = staticmethod(naive.max_indices)


def verdict(law, kind, case=CASE):
    """A law's verdict on a kernel, the number of the call, and the message."""
    pool = Pool(wrap(kind))
    pool.begin()
    with pytest.raises(Failure) as caught:
        LAWS[law].check(pool, case)
    return caught.value.verdict, caught.value.call % len(pool.calls), describe(caught.value, pool.calls)


# Indices.


class KeepsIndex(Kernel):
    """Nothing is above -inf, so that a window of it has the index of the window before."""

    @staticmethod
    def max_indices(x, size, stride):
        found, index = naive.max_indices(x, size, stride), 0
        for place, top in np.ndenumerate(naive.max_forward(x, size, stride)):
            index = found[place] if top > -np.inf else index
            found[place] = index
        return found


@slow
def test_a_window_of_nothing_but_minus_infinity_has_an_index_of_its_own():
    x = np.array([[[[1.0, 2, -np.inf, -np.inf]]]])
    case = Case("max_indices", x, (1, 2), (1, 2), np.ones((1, 1, 1, 2)), "bottomless")
    assert "i[0,0,0,1] = 1, but should be 2" in verdict("max-index", KeepsIndex, case)[2]
    target = wrap(SimpleNamespace(max_indices=KeepsIndex.max_indices, dtypes=("float64",)))
    assert run(LAWS["max-index"], target, TrialSettings(seed=0)).counterexample.mistakes == ["lowest-never-wins"]


# Results are kept.


class ClearsEarlier(Kernel):
    """The previous result, if it was the first of all, is overwritten, but its memory is not returned."""

    def __init__(self):
        self.results = []

    def max_forward(self, x, size, stride):
        self.results.append(naive.max_forward(x, size, stride))
        if len(self.results) == 2:
            self.results[0][:] = 0
        return self.results[-1]


class Interns(Kernel):
    """Indices found before are not made again: two callers get the same array."""

    def __init__(self):
        self.known = {}

    def max_indices(self, x, size, stride):
        i = naive.max_indices(x, size, stride)
        return self.known.setdefault(i.tobytes(), i)


class OnlyOnce(Kernel):
    """It fails if it is called again."""

    called = False

    def max_forward(self, x, size, stride):
        if self.called:
            raise RuntimeError("called again")
        self.called = True
        return naive.max_forward(x, size, stride)


@pytest.mark.parametrize("spot", [0.5, 0.95])
def test_the_call_that_overwrites_a_result_is_named(spot):
    found, call, says = verdict("results-kept", ClearsEarlier, replace(CASE, spot=spot))
    assert (found, call) == ("broken", 1)
    assert "changed y, the result of the call of max_forward before it" in says


def test_the_call_that_returns_the_memory_of_a_result_is_named():
    case = replace(CASE, function="max_indices")
    found, call, says = verdict("results-kept", Interns, case)
    assert (found, call) == ("broken", 1)
    assert "returned memory that i, the result of max_indices before it, lives in" in says


def test_a_call_that_raises_after_others_is_named():
    assert verdict("results-kept", OnlyOnce)[:2] == ("raised", 1)


class Waits(Kernel):
    """The results are kept during calls, and the first is overwritten later."""

    def __init__(self):
        self.results = []

    def max_forward(self, x, size, stride):
        self.results.append(naive.max_forward(x, size, stride))
        return self.results[-1]

    def wake(self, _):
        self.results[0][:] = 0


def test_now_and_then_results_are_looked_at_again_after_a_while(monkeypatch):
    waits = Waits()
    monkeypatch.setattr(conduct.time, "sleep", waits.wake)
    found, call, _ = verdict("results-kept", waits, replace(CASE, spot=0.95))
    # The last call; one before it is about indices.
    assert (found, call) == ("broken", len(waits.results))
    assert conduct.LINGER < 0.1
    pool = Pool(wrap(Waits()))
    pool.begin()
    monkeypatch.setattr(conduct.time, "sleep", lambda _: pytest.fail("waited"))
    LAWS["results-kept"].check(pool, replace(CASE, spot=0.5))


# Nothing is remembered.


class ByAddress(Kernel):
    """It assumes that an array seen before still has the values that it had."""

    x = y = None

    def max_forward(self, x, size, stride):
        if x is not self.x:
            self.x, self.y = x, naive.max_forward(x, size, stride)
        return self.y.copy()


class ByEnds(Kernel):
    """It assumes that an array with the same shape, first cell and last cell has the same values."""

    def __init__(self):
        self.known = {}

    def max_forward(self, x, size, stride):
        ends = (x.shape, x.flat[0], x.flat[-1])
        return self.known.setdefault(ends, naive.max_forward(x, size, stride)).copy()


class TiredOfIt(Kernel):
    """When it gets the same arguments for the third time, it returns something else."""

    def __init__(self):
        self.times = {}

    def max_forward(self, x, size, stride):
        key = x.shape, x.tobytes()
        self.times[key] = self.times.get(key, 0) + 1
        return naive.max_forward(x, size, stride) + (self.times[key] == 3)


class NoAxes(Kernel):
    """Its results have no axes."""

    def max_forward(self, x, size, stride):
        return np.array(1.0)


def test_an_array_that_is_recognised_by_its_ends_is_told_with_its_own_call():
    pool = Pool(wrap(ByEnds()))
    pool.begin()
    with pytest.raises(Failure, match=r"y\[0,0,0,0\] = 5\.0, but should be 2\.0") as caught:
        LAWS["nothing-remembered"].check(pool, CASE)
    assert caught.value.call % len(pool.calls) == len(pool.calls) - 2
    assert "with the same first and last cells" in describe(caught.value, pool.calls)


def test_an_array_with_other_values_in_the_same_memory_is_told_from_what_was_there():
    _, call, says = verdict("nothing-remembered", ByAddress)
    assert call == calls_of("nothing-remembered", Kernel) - 3
    assert "these are the samples of the first call in reverse order" in says


def test_the_last_call_is_held_against_the_first():
    _, call, says = verdict("nothing-remembered", TiredOfIt)
    assert call == calls_of("nothing-remembered", Kernel) - 1
    assert "the same call gave another answer before the calls between" in says


def test_a_first_result_of_another_shape_is_the_fault_of_the_first_call():
    assert verdict("nothing-remembered", NoAxes)[:2] == ("broken", 0)


def calls_of(law, kind):
    """How many calls a law makes for the case if nothing is wrong."""
    pool = Pool(wrap(kind))
    pool.begin()
    LAWS[law].check(pool, CASE)
    return len(pool.calls)


# Two threads.


class RightAloneOnly(Kernel):
    """It is wrong after three calls, and so for the calls made together, starting with the first."""

    called = 0

    def max_forward(self, x, size, stride):
        self.called += 1
        return naive.max_forward(x, size, stride) + (self.called > 2)


def test_the_first_of_two_calls_made_together_is_named():
    _, call, says = verdict("two-threads", RightAloneOnly)
    assert (call, calls_of("two-threads", Kernel)) == (2, 4)
    assert "another call ran at the same time; alone, this one gave another answer" in says


def asked_together(cases):
    """The calls, seconds and moments that are requested for two threads."""
    asked = []
    pool = Pool(wrap(naive))
    usual = pool.target.ask_together
    pool.target.ask_together = lambda *question: asked.append(question) or usual(*question)
    for case in cases:
        pool.begin()
        LAWS["two-threads"].check(pool, case)
    return asked


@slow
def test_two_threads_are_given_small_images_and_large_ones_and_values_that_differ():
    law, target = LAWS["two-threads"], wrap(naive)
    cases = list(drawn(law, target.declared, target.offers, 40, seed=1))
    asked = asked_together(cases)
    sizes = [calls[0].arrays["x"].size for calls, _, _ in asked]
    assert sum(size == case.x.size for size, case in zip(sizes, cases, strict=True)) >= 1
    assert sum(size > 500 for size in sizes) >= 10
    assert all((calls[0].arrays["x"] != calls[1].arrays["x"]).any() for calls, _, _ in asked)


@slow
def test_moments_of_a_call_lie_within_it_evenly_and_begin_elsewhere_in_each_case():
    target = wrap(naive)
    cases = drawn(LAWS["two-threads"], target.declared, target.offers, 10, seed=1)
    moments = [sorted(moments) for _, _, moments in asked_together(cases)]
    for each in moments:
        around = [*each, 1 + each[0]]
        assert 0 <= each[0] < 1 / 6
        assert min(np.diff(around)) > 0
        assert max(np.diff(around)) < 1 / 6
        assert each[-1] < 1
    assert len({each[0] for each in moments}) > 5


# Companions.


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, CALLABLES),
        ({"padding": 0, "dilation": 1, "ceil_mode": False}, CALLABLES),
        ({"padding": 0, "count_include_pad": False}, CALLABLES),
    ],
    ids=["none", "all of the maximum", "of the mean"],
)
def test_the_companions_of_a_call_are_all_that_take_its_settings(settings, expected):
    case = replace(CASE, function="mean_forward", settings=settings)
    assert sorted(companions(Pool(wrap(naive)), case)) == sorted(expected)


def test_who_does_not_take_a_setting_or_a_dtype_is_no_companion():
    def mean_forward(x, size, stride, *, padding=0):
        return naive.mean_forward(x, size, stride, padding=padding)

    def max_forward(x, size, stride):
        return naive.max_forward(x, size, stride)

    kernel = SimpleNamespace(mean_forward=mean_forward, max_forward=max_forward, dtypes=("float64",))
    pool = Pool(wrap(kernel))
    padded, counted, plain = (
        replace(CASE, function="mean_forward", settings=settings)
        for settings in ({"padding": 0}, {"padding": 0, "count_include_pad": True}, {})
    )
    assert companions(pool, padded) == ["mean_forward"]
    assert companions(pool, counted) == []
    assert sorted(companions(pool, plain)) == ["max_forward", "mean_forward"]
    assert companions(pool, replace(CASE, x=X.astype(np.float32))) == []


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ((), ()),
        (("padding",), ("max_forward", "max_backward", "max_indices")),
        (("padding", "count_include_pad"), CALLABLES),
    ],
)
def test_companions_with_fixed_windows_are_those_that_pass_no_more_than_the_case(passed, expected):
    always = {"padding": ((0, 0), (0, 0)), "count_include_pad": True}
    target = wrap(naive)
    target.declared = replace(target.declared, fixed=Fixed((1, 2), (1, 2), tuple(always.items())))
    case = replace(CASE, settings={name: always[name] for name in passed})
    assert sorted(companions(Pool(target), case)) == sorted(expected)


# Shapes.


def without_axes(y):
    return y.sum()


def narrower(y):
    return y[..., :-1]


def with_a_sample_more(y):
    return np.concatenate([y, y[-1:]])


@slow
@pytest.mark.parametrize("wrong", [without_axes, narrower, with_a_sample_more], ids=lambda wrong: wrong.__name__)
@pytest.mark.parametrize("law", [law for law in LAWS.values() if not law.reference], ids=lambda law: law.name)
def test_a_law_finds_nothing_else_wrong_with_a_result_of_another_shape(law, wrong):
    alone = [*law.plan.functions, *law.plan.also] if law.plan.also else []
    for among in (CALLABLES, *([name] for name in alone)):
        kernel = SimpleNamespace(**{name: reshaped(name, wrong, among) for name in CALLABLES}, ranks=(1, 2, 3))
        found = run(law, wrap(kernel), TrialSettings(20, brief=True))
        assert found.verdict == "holds" or ".shape = " in found.message


def reshaped(name, wrong, among):
    """A callable of the naive kernel; if it is among these, its results have another shape."""
    pool = getattr(naive, name)
    return (
        wraps(pool)(lambda *given, **settings: np.asarray(wrong(pool(*given, **settings)))) if name in among else pool
    )


# Values.


class CountsPlanes(Kernel):
    """Its indices continue from plane to plane."""

    def max_indices(self, x, size, stride):
        i = naive.max_indices(x, size, stride)
        return i + x[0, 0].size * np.arange(i.shape[0] * i.shape[1]).reshape(*i.shape[:2], 1, 1)


class NoneForTheFirst(Kernel):
    """The index of the first cell is -1."""

    def max_indices(self, x, size, stride):
        i = naive.max_indices(x, size, stride)
        return np.where(i == 0, -1, i)


class NeighboursShine(Kernel):
    """The last sample of a batch contains something of the first."""

    def max_forward(self, x, size, stride):
        y = naive.max_forward(x, size, stride)
        y[1:] += y[:1] / 8
        return y


class LargestMagnitude(Kernel):
    """The element farthest from zero."""

    def max_forward(self, x, size, stride):
        high, low = naive.max_forward(x, size, stride), -naive.max_forward(-x, size, stride)
        return np.where(high >= -low, high, low)


class Nowhere(Kernel):
    """One maximum lies between two cells, or above them all."""

    def __init__(self, more):
        self.more = more

    def max_forward(self, x, size, stride):
        y = naive.max_forward(x, size, stride)
        y[0, 0, 0, 0] += self.more
        return y


INDICES = replace(CASE, function="max_indices")


def test_an_index_of_another_plane_is_beyond_its_own():
    assert verdict("index-in-plane", CountsPlanes, INDICES)[:2] == ("broken", 0)
    assert verdict("max-index", CountsPlanes, INDICES)[:2] == ("broken", 0)


def test_no_index_at_all_is_for_windows_without_a_cell():
    first = replace(INDICES, x=np.array([[[[9.0, 5, 2, 0]]], [[[3.0, 4, 8, 6]]]]))
    assert verdict("index-in-plane", NoneForTheFirst, first)[:2] == ("broken", 0)


NAN = replace(CASE, x=np.array([[[[5.0, np.nan, 2, 0]]], [[[np.nan, -np.inf, 8, 6]]]]), values="not_a_number")


class Pairwise(Kernel):
    """Windows of two cells, by a function of both."""

    def __init__(self, larger):
        self.larger = larger

    def max_forward(self, x, size, stride):
        return self.larger(x[..., ::2], x[..., 1::2])


@pytest.mark.parametrize(
    "larger",
    [
        np.maximum,
        np.fmax,
        lambda a, b: np.where(np.isnan(a), a, np.fmax(a, b)),
        lambda a, b: np.where(np.isnan(a + b) & (np.fmax(a, b) == -np.inf), 7, np.fmax(a, b)),
        lambda a, b: np.where(np.isnan(a + b), np.nan, 7 if np.isnan(a + b).any() else np.maximum(a, b)),
    ],
    ids=["kept", "skipped", "kept in first place", "NaN and -inf alone", "windows without NaN"],
)
def test_a_nan_may_be_the_maximum_or_not(larger):
    pool = Pool(wrap(Pairwise(larger)))
    pool.begin()
    LAWS["nan-kept-or-skipped"].check(pool, NAN)
    assert len(pool.calls) == 2


def test_a_nan_hides_no_other_number():
    hidden = Pairwise(lambda a, b: np.where(np.isnan(a), np.fmax(a, b), np.where(np.isnan(b), -1, np.fmax(a, b))))
    found, call, said = verdict("nan-kept-or-skipped", hidden, NAN)
    assert (found, call) == ("broken", 0)
    assert "y[0,0,0,0] = -1.0, but should be 5.0" in said
    assert "or NaN; the second call has -inf in place of NaN" in said


def test_without_nan_there_are_as_many_windows():
    def fewer(a, b):
        return np.fmax(a, b) if np.isnan(a + b).any() else np.fmax(a, b)[..., :1]

    assert verdict("nan-kept-or-skipped", Pairwise(fewer), NAN)[:2] == ("broken", 1)


BOTTOM = replace(
    CASE, function="max_backward", x=np.full((2, 1, 1, 4), -np.inf), dy=np.array([[[[0.0, 0]]], [[[0.0, 3]]]])
)


def sends(place):
    """A kernel that passes its only gradient to one cell."""

    def max_backward(dy, x, size, stride):
        dx = np.zeros_like(x)
        dx[place] = dy.sum()
        return dx

    return SimpleNamespace(max_backward=max_backward)


@pytest.mark.parametrize("column", [2, 3])
def test_a_gradient_may_go_anywhere_in_its_window(column):
    pool = Pool(wrap(sends((1, 0, 0, column))))
    pool.begin()
    LAWS["gradient-in-window"].check(pool, BOTTOM)


@pytest.mark.parametrize("place", [(1, 0, 0, 1), (0, 0, 0, 3)])
def test_a_gradient_does_not_leave_its_window(place):
    found, call, said = verdict("gradient-in-window", sends(place), BOTTOM)
    assert (found, call) == ("broken", 0)
    assert f"dx[{','.join(map(str, place))}] = 3.0, but should be 0.0" in said


def test_the_sample_that_is_pooled_alone_is_drawn_among_all():
    assert verdict("batch-independence", NeighboursShine, replace(CASE, spot=0.9))[:2] == ("broken", 1)


def test_the_maximum_of_the_mapped_is_held_against_the_mapped_maximum():
    signed = replace(CASE, x=np.array([[[[1.0, -5, 2, 0]]], [[[3.0, 4, -8, 6]]]]), other=np.ones((1, 1, 1, 8)))
    assert verdict("increasing-maps", LargestMagnitude, signed)[:2] == ("broken", 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint8", "bool"])
def test_the_numbers_of_a_long_image_ascend(dtype):
    # np.unique cannot sort this many float16 numbers on every processor.
    cells = (np.arange(6000) * 7919 % 11 + (0 if dtype in ("uint8", "bool") else -5)).astype(dtype)
    assert ascending(cells.reshape(2, 1, 3000)).tolist() == sorted(set(cells.tolist()))
    assert ascending(cells[:0]).tolist() == []


@pytest.mark.parametrize("more", [0.5, 100])
def test_a_maximum_that_is_nowhere_is_the_fault_of_the_first_call(more):
    _, call, says = verdict("increasing-maps", Nowhere(more), replace(CASE, other=np.ones((1, 1, 1, 8))))
    assert call == 0
    assert "y has a value that is nowhere in x" in says


# Gradients.


TIED = Case("max_backward", np.array([[[[5.0, 5, 1]]]]), (1, 3), (1, 1), np.full((1, 1, 1, 1), 0.5), "ties")


@pytest.mark.parametrize("shares", [(1, 0, 0), (0, 1, 0), (0.25, 0.75, 0)])
def test_tied_maxima_may_have_any_shares_of_a_gradient(shares):
    LAWS["tied-maxima"].check(Pool(wrap(giving(shares))), TIED)


def test_shares_may_be_rounded():
    case = replace(TIED, x=np.full((1, 1, 1, 3), 5.0), dy=np.full((1, 1, 1, 1), 0.1))
    assert 3 * Fraction(0.1 * (1 / 3)) != Fraction(0.1)
    LAWS["tied-maxima"].check(Pool(wrap(giving((1 / 3, 1 / 3, 1 / 3)))), case)


@pytest.mark.parametrize("shares", [(0, 0, 1), (0.5, 0.25, 0.25), (2, -1, 0), (0.5, 0, 0)])
def test_none_has_less_than_nothing_of_a_gradient_or_is_no_maximum(shares):
    assert verdict("tied-maxima", giving(shares), TIED)[:2] == ("broken", 0)


def giving(shares):
    """A kernel that divides the gradient of its only window in this way."""
    return SimpleNamespace(max_backward=lambda dy, x, size, stride: dy * np.array(shares))


# One wrong call.


class WrongAt:
    """The naive kernel, except for one of its calls."""

    ranks = (1, 2, 3)

    def __init__(self, number, wrong):
        self.left, self.wrong = number, wrong

    def __getattr__(self, name):
        if name not in CALLABLES:
            raise AttributeError(name)
        pool = getattr(naive, name)

        @wraps(pool)
        def asked(*arguments, **settings):
            result = pool(*arguments, **settings)
            self.left -= 1
            return result if self.left else self.wrong(result)

        return asked

    def __dir__(self):
        return CALLABLES


def one_more(y):
    return y + 1


def a_little_more(dx):
    return np.nextafter(dx, np.inf)


def infinite_somewhere(dx):
    dx[0, 0, 0, 0] = np.inf
    return dx


PADDED = replace(CASE, settings={"padding": ((0, 0), (1, 1))}, dy=np.ones((2, 1, 1, 3)))
MEAN = {"function": "mean_forward"}
DILATED = replace(CASE, stride=(1, 2), settings={"dilation": (1, 2)}, dy=np.ones((2, 1, 1, 1)))
CEILED = replace(CASE, x=X[..., :3], settings={"ceil_mode": True})
LINE = replace(CASE, x=X[:, :, 0], size=(2,), stride=(2,), dy=np.ones((2, 1, 2)))
GRADIENT = replace(CASE, function="mean_backward", other=2 * CASE.dy)
ROUTED = replace(CASE, function="max_backward")
WIDER = replace(CASE, x=np.tile(X, 2), other=np.tile(X, 2) + 1, dy=np.ones((2, 1, 1, 4)))

WRONG_CALLS = [
    ("neutral-settings", CASE, 2, one_more, 1),
    ("neutral-settings", CASE, 4, one_more, 3),
    ("padding-with-lowest", PADDED, 1, one_more, 0),
    ("padding-with-lowest", PADDED, 2, one_more, 0),
    ("padding-with-zero", replace(PADDED, **MEAN), 1, one_more, 0),
    ("dilation-by-gathering", DILATED, 1, one_more, 0),
    ("ceil-extends-floor", CEILED, 1, one_more, 1),
    ("ceil-extends-floor", CEILED, 1, narrower, 0),
    ("ceil-extends-floor", CEILED, 2, narrower, 1),
    ("ranks-agree", LINE, 1, one_more, 0),
    ("indices-gather", INDICES, 1, one_more, 0),
    ("indices-gather", INDICES, 1, narrower, 0),
    ("indices-gather", INDICES, 2, narrower, 1),
    ("other-settings", PADDED, 1, one_more, 0),
    ("other-settings", PADDED, 2, one_more, 1),
    ("other-settings", PADDED, 3, one_more, 2),
    ("linearity", GRADIENT, 1, one_more, 0),
    ("linearity", GRADIENT, 2, narrower, 1),
    ("linearity", GRADIENT, 3, narrower, 2),
    ("locality", CASE, 2, narrower, 1),
    ("sample-independence", WIDER, 2, narrower, 1),
    ("channel-independence", WIDER, 2, narrower, 1),
    ("max-differences", ROUTED, 1, narrower, 0),
    ("max-differences", ROUTED, 2, narrower, 1),
    ("max-differences", ROUTED, 3, narrower, 2),
    ("conservation", GRADIENT, 1, a_little_more, 0),
    ("conservation", GRADIENT, 1, infinite_somewhere, 0),
    ("overhang", replace(CEILED, **MEAN), 1, one_more, 0),
    ("overhang", replace(CEILED, function="mean_backward"), 1, one_more, 0),
]


@pytest.mark.parametrize(("law", "case", "number", "wrong", "call"), WRONG_CALLS)
def test_the_call_that_is_at_fault_is_named(law, case, number, wrong, call):
    assert verdict(law, WrongAt(number, wrong), case)[:2] == ("broken", call)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "should be 2.0, the sum of dy"),
        ({"padding": ((0, 0), (1, 1))}, "should be 2.0, the sum of what of dy reaches a real cell"),
    ],
    ids=["all", "some"],
)
def test_the_sum_that_gradients_should_have_is_told_as_what_it_is(settings, says):
    case = replace(PADDED if settings else CASE, function="mean_backward", settings=settings)
    assert says in verdict("conservation", WrongAt(1, one_more), case)[2]


@slow
@pytest.mark.parametrize("law", ["padding-with-zero", "mean-value"])
@pytest.mark.parametrize("counts", [False, True])
def test_a_mean_that_always_or_never_counts_padding_is_right_by_its_own_divisors(law, counts):
    def mean_forward(x, size, stride, *, padding=0):
        return naive.mean_forward(x, size, stride, padding=padding, count_include_pad=counts)

    target = wrap(SimpleNamespace(mean_forward=mean_forward, ranks=(1, 2, 3)))
    smoke_test(target)
    assert run(LAWS[law], target, TrialSettings(60, seed=1)).verdict == "holds"


def test_the_first_cell_of_a_plane_is_probed_where_it_is_the_maximum():
    case = Case("max_backward", np.array([[[[5.0, 1, 1]]]]), (1, 3), (1, 1), np.ones((1, 1, 1, 1)), spot=0.75)
    assert case.spot_in(case.x.shape) == (0, 0, 0, 2)
    assert probed(case, "max_forward") == (0, 0, 0, 0)


def changed_gradient(change):
    """The naive kernel with another gradient, made of the right one."""

    class Changed(Kernel):
        def max_backward(self, dy, x, size, stride):
            dx = naive.max_backward(dy, x, size, stride)
            change(dx)
            return dx

    return Changed()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda dx: dx[1].put(0, 3), "sum(dx[1,0]) = 3.0, but should be 0.0"),
        (lambda dx: dx[0].fill(0), "sum(dx[0,0]) = 0.0, but should be 2.0"),
    ],
    ids=["appears", "lost"],
)
def test_a_gradient_that_appears_or_is_lost_in_one_plane_is_not_conserved(change, message):
    dy = np.array([[[[2.0, 0]]], [[[0.0, 0]]]])
    case = replace(CASE, function="max_backward", dy=dy)
    assert message in verdict("conservation", changed_gradient(change), case)[2]


def test_the_sum_of_a_large_gradient_may_be_off_by_a_part_of_it():
    x, dy = np.float32([[[[0, 1, 0]]]]), np.float32([[[[4096, 2**-12]]]])
    assert naive.max_backward(dy, x, (1, 2), (1, 1)).sum() == 4096
    pool = Pool(wrap(changed_gradient(lambda dx: None)))
    LAWS["conservation"].check(pool, Case("max_backward", x, (1, 2), (1, 1), dy))


def test_a_pixel_is_probed_also_where_a_window_lies_wholly_in_padding():
    one, settings = np.ones((1, 1, 1, 1)), {"padding": ((0, 0), (1, 1)), "dilation": (1, 2)}
    case = Case("max_backward", one, (1, 2), (1, 1), one, settings=settings)
    assert probed(case, "max_forward") == (0, 0, 0, 0)


# Sound ways to choose among tied maxima, each with one callable alone, so that all cases of a law are about it.

TIE_BREAKERS = ("sound.LastMaximum", "sound.LastMaximumEverywhere", "sound.FirstDownTheColumns", "sound.UnevenSplit")
CHOOSING = {"max_backward", "max_indices"}
OF_TIES = [name for name, law in LAWS.items() if CHOOSING & {*law.plan.functions} and not law.reference]


@slow
@pytest.mark.parametrize("law", once_but(OF_TIES, "nothing-remembered", others=slow))
@pytest.mark.parametrize("name", TIE_BREAKERS)
@pytest.mark.parametrize("function", sorted(CHOOSING))
def test_no_law_rejects_a_sound_choice_among_tied_maxima(function, name, law):
    sound = SOUND[name]()
    attributes = {each: getattr(sound, each) for each in ("dtypes", "settings", "ranks") if hasattr(sound, each)}
    target = wrap(SimpleNamespace(**{function: getattr(sound, function)}, **attributes))
    seeds = range(6) if law == "nothing-remembered" else range(1)
    results = [run(LAWS[law], target, TrialSettings(seed=seed, explain=False)) for seed in seeds]
    assert {result.verdict for result in results} <= {"holds", "unsupported"}, results
