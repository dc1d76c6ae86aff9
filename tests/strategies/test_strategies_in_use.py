"""The public strategies: how their values print, and how they serve users' own tests."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import USUAL, answer, assert_all_examples, equal, made, pasted, pooled
from hypothesis import Phase, example, given, settings, target
from hypothesis import strategies as st
from hypothesis.internal.observability import with_observability_callback
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from hypothesis.vendor.pretty import pretty
from poolproof.kernels import compiled, img2col
from poolproof.kernels.dtypes import FLOATS, ORDERED
from poolproof.properties.contract import BACKWARD, CALLABLES
from poolproof.properties.strategies import Case, Pooling, cases, check, images, poolings
from selection import slow

pytestmark = pytest.mark.once


# How they are written.


@slow
@pytest.mark.parametrize("name", [*CALLABLES, "linearity", "increasing-maps", "index-in-plane", "gradient-layouts"])
def test_the_repr_of_a_case_runs_and_gives_an_equal_case(name):
    dtypes = ORDERED if name in ("max_forward", "max_indices") else FLOATS
    strategy = cases(name, ranks=(1, 2, 3), dtypes=dtypes)
    # An array that is too large for words becomes an ellipsis.
    assert_all_examples(strategy, lambda case: "=..." in repr(case) or equal(pasted(case), case), 100)


@slow
def test_the_repr_of_a_pooling_runs_and_gives_an_equal_one():
    assert_all_examples(poolings(ranks=(1, 2, 3)), lambda pooling: pasted(pooling) == pooling)


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


@slow
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


@slow
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


@slow
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


@slow
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
