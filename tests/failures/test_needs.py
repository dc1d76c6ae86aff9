"""What a failure needs of its case: each feature of a case is removed by itself."""

import numpy as np
import pytest
from poolproof.kernels import compiled
from poolproof.properties.cases.case import Case
from poolproof.properties.cases.drawing import drawn
from poolproof.properties.cases.plans import Plan
from poolproof.properties.contract import CALLABLES, MEAN_SETTINGS, SETTINGS, Declared
from poolproof.properties.failures.needs import MOST_CELLS, simplifications
from poolproof.properties.lawbook import LAWS
from poolproof.properties.results.calls import check
from poolproof.properties.run.trial import Trial, TrialSettings
from poolproof.properties.targets.target import wrap
from selection import slow

EVERYTHING = Declared(
    dtypes=("float64", "float32", "float16", "int8"),
    ranks=(1, 2, 3),
    settings={name: MEAN_SETTINGS if name.startswith("mean") else SETTINGS for name in CALLABLES},
)


def case(shape=(1, 1, 4), size=(2,), stride=(2,), function="max_forward", **more):
    """A case of distinct numbers, and a dy of ones."""
    x = more.pop("x", np.arange(np.prod(shape), dtype=more.pop("dtype", "float64")).reshape(shape))
    made = Case(function, x, size, stride, np.zeros(0), **more)
    return Case(function, x, size, stride, np.ones((*x.shape[:2], *made.output), x.dtype), **more)


def without(word, given, declared=EVERYTHING):
    """The cases without one feature."""
    return dict(simplifications(given, declared, Plan((given.function,))))[word]


HAVING = {
    "overlapping windows": (case(stride=(1,)), lambda c: c.stride == (2,) and c.x.shape == (1, 1, 6)),
    "padding": (case(settings={"padding": ((1, 0),)}), lambda c: c.settings["padding"] == ((0, 0),)),
    "dilation": (case(settings={"dilation": (2,)}), lambda c: c.settings["dilation"] == (1,)),
    "ceil mode": (case((1, 1, 5), settings={"ceil_mode": True}), lambda c: c.settings["ceil_mode"] is False),
    "ties": (case(x=np.array([[[1.0, 1, 0, 3]]])), lambda c: c.x.tolist() == [[[1, 2, 0, 3]]]),
    "several channels": (case((1, 2, 4)), lambda c: c.x.shape == (1, 1, 4)),
    "several samples": (case((3, 1, 4)), lambda c: c.x.shape == (1, 1, 4)),
    "a layout other than C order": (case(layouts={"x": "Fortran"}), lambda c: c.layouts == {}),
    "values that are not finite": (case(x=np.array([[[np.inf, 1, np.nan, 3]]])), lambda c: np.isfinite(c.x).all()),
    "unequal axes": (
        case((1, 1, 4, 5), (2, 3), (1, 2)),
        lambda c: c.size[0] == c.size[1] and c.stride[0] == c.stride[1],
    ),
    "dtype float16": (case(dtype="float16"), lambda c: c.x.dtype == "float64"),
    "dtype float64": (case(), lambda c: c.x.dtype == "float32"),
}


@pytest.mark.parametrize("word", HAVING)
def test_one_thing_is_taken_from_a_case(word):
    given, simpler = HAVING[word]
    parts = without(word, given)
    assert parts
    assert all(simpler(part) for part in parts)
    assert all(part.dy.shape == (*part.x.shape[:2], *part.output) for part in parts)


@pytest.mark.parametrize("word", [word for word in HAVING if not word.startswith("dtype")])
def test_what_a_case_does_not_have_cannot_be_taken_from_it(word):
    assert without(word, case()) == []


def test_every_sample_is_tried_by_itself():
    assert [part.x.tolist() for part in without("several samples", case((2, 1, 2)))] == [[[[0, 1]]], [[[2, 3]]]]


def test_a_dtype_that_the_target_does_not_take_is_not_tried():
    assert without("dtype int8", case(dtype="int8"), Declared(dtypes=("int8",), ranks=(1,))) == []


def test_numbers_that_float32_does_not_have_stay():
    assert without("dtype float64", case(x=np.array([[[1e300, 0.0]]]))) == []


def test_an_image_that_would_be_too_large_is_not_made():
    assert without("overlapping windows", case((1, 1, MOST_CELLS), (3,), (1,))) == []


@slow
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_every_simpler_case_can_be_tried(law):
    # A sound kernel may fail on it: a simpler case that fails for another reason hides a need, but invents none.
    target = wrap(compiled)
    trial = Trial(law, target, TrialSettings())
    for case in drawn(law, target.declared, target.offers, 12, 1):
        for _, parts in simplifications(case, target.declared, law.plan):
            for part in parts:
                check(part)
                trial.failure(part)
