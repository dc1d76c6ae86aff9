"""Declarations bind everything that makes calls: the smoke test, laws, and conventions, pinned or observed."""

from fnmatch import fnmatchcase
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poolproof.kernels import img2col
from poolproof.kernels.dtypes import FLOATS, IEEE_FLOATS, INTEGERS, ORDERED
from poolproof.properties.cases.drawing import drawn
from poolproof.properties.contract import CALLABLES, MEAN, MEAN_SETTINGS, SETTINGS, Unusable
from poolproof.properties.conventions import CONVENTIONS, not_asked, observed
from poolproof.properties.lawbook import LAWS
from poolproof.properties.report.render import exit_status, last_line
from poolproof.properties.run.pinned import expected
from poolproof.properties.run.runner import replay, run
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import outside, wrap
from selection import once, slow

pytestmark = once

PINNED = [f"{name}={each.values[0]}" for name, each in CONVENTIONS.items()]
LAWS_FOR_ALL = [law for law in LAWS.values() if not law.reference]
PADDINGS = {"none": lambda pair: pair == (0, 0), "symmetric": lambda pair: pair[0] == pair[1], "any": lambda _: True}
LIMITS = {"half": lambda f: f // 2, "window": lambda f: max(f - 1, 0), None: lambda _: 1 << 30}


def subsets(values):
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


DTYPES = subsets(ORDERED) | subsets(FLOATS) | st.just(IEEE_FLOATS)
PATTERNS = st.tuples(
    st.sampled_from((*CALLABLES, "max_*", "mean_*", "*_backward", "*")),
    st.sampled_from((*ORDERED, "*", "float*", "*int*")),
    st.sampled_from(("1", "2", "3", "*")),
)


@st.composite
def declarations(draw):
    """The callables of a target and its declarations, some of which are rare."""
    offers = draw(subsets(CALLABLES) | st.just(CALLABLES))
    passed = {name: draw(st.just(()) | subsets(MEAN_SETTINGS if name in MEAN else SETTINGS)) for name in offers}
    declared = {
        "dtypes": draw(DTYPES | st.fixed_dictionaries({}, optional=dict.fromkeys(offers, DTYPES))),
        "ranks": draw(subsets((1, 2, 3))),
        "lacks": tuple(map(" ".join, draw(st.lists(PATTERNS, max_size=2)))),
        "square": draw(st.booleans()),
        "tiles": draw(st.booleans()),
        "padding": draw(st.sampled_from(("none", "symmetric", "any"))),
        "padding_limit": draw(st.sampled_from(("half", "window", None))),
        "ceil_rule": draw(st.sampled_from(("drop", "keep"))),
        "settings": passed,
        "deterministic": draw(st.booleans()),
        "threads": draw(st.booleans()),
        "layout": draw(st.sampled_from(("C", "channels_last"))),
        "max_cells": draw(st.sampled_from((None, 4096, 20_000))),
    }
    return offers, declared | (draw(fixing(offers)) if draw(st.booleans()) else {})


@st.composite
def fixing(draw, offers):
    """Declarations of a target with fixed windows."""
    fixed = draw(windows())
    passed = {name: MEAN_SETTINGS if name in MEAN else SETTINGS for name in offers}
    free = {"square": False, "tiles": False, "padding": "any", "padding_limit": None, "ceil_rule": "drop"}
    return {**free, "fixed": fixed, "ranks": (len(fixed["size"]),), "settings": passed}


@st.composite
def windows(draw):
    """Windows that a target fixes."""
    rank = draw(st.integers(1, 3))
    size, stride, dilation = (draw(st.tuples(*(st.integers(1, 3),) * rank)) for _ in range(3))
    gaps = draw(st.booleans())
    reach = [(d if gaps else 1) * (f - 1) for f, d in zip(size, dilation, strict=True)]
    pads = st.tuples(*(st.tuples(*(st.integers(0, most),) * 2) for most in reach))
    others = {"padding": pads, "ceil_mode": st.booleans(), "count_include_pad": st.booleans()}
    settings = draw(st.fixed_dictionaries({}, optional=others))
    return {"size": size, "stride": stride, **settings, **({"dilation": dilation} if gaps else {})}


class Recorder:
    """Sound kernels that record every call outside of their declarations."""

    def __init__(self, offers, declared):
        self.asked, self.outside = [], []
        self.target = wrap(SimpleNamespace(**{name: self.kernel(name) for name in offers}, **declared), "recorder")
        self.told = {"dtypes": IEEE_FLOATS, "ranks": (2,), "lacks": (), "settings": {}, **declared}

    def kernel(self, name):
        def call(*arguments, **passed):
            *arrays, size, stride = arguments
            x = arrays[-1]
            self.asked.append((name, x.dtype.name, size))
            wrong = self.wrong(name, x.dtype.name, size, stride, passed)
            wrong += ["layout"] * (not all(map(self.lies_right, arrays)))
            wrong += ["max_cells"] * (x.size > (self.told.get("max_cells") or x.size))
            self.outside += [(name, x.dtype.name, size, stride, passed, each) for each in wrong]
            return getattr(img2col, name)(*arguments, **passed)

        return call

    def wrong(self, name, dtype, size, stride, passed):
        """The undeclared parts of a call."""
        told, rank, passable = self.target.declared, len(size), self.told["settings"].get(name, ())
        padding, dilation = passed.get("padding", ((0, 0),) * rank), passed.get("dilation", (1,) * rank)
        most = [LIMITS[told.padding_limit](f) for f in size]
        found = {
            "dtype or rank": not (self.takes(name, dtype, rank) or self.mean_of_integers(name, dtype, rank)),
            "float": dtype not in FLOATS and name not in ("max_forward", "max_indices", "mean_forward"),
            "settings": not set(passed) <= set(passable),
            "square": told.square and any(len(set(each)) > 1 for each in (size, stride, padding, dilation)),
            "tiles": told.tiles and (size != stride or set(dilation) != {1}),
            "padding": not all(map(PADDINGS[told.padding], padding)),
            "padding_limit": any(max(pair) > limit for pair, limit in zip(padding, most, strict=True)),
        }
        if fixed := self.told.get("fixed"):
            counts = {} if name in MEAN else {"count_include_pad": fixed.get("count_include_pad")}
            found["fixed"] = {"size": size, "stride": stride, **counts, **passed} != {**counts, **fixed}
        return [word for word, is_so in found.items() if is_so]

    def lies_right(self, array):
        """Whether an array has the declared memory layout; without a declaration any is right."""
        return self.told.get("layout") != "channels_last" or np.moveaxis(array, 1, -1).flags.c_contiguous

    def takes(self, name, dtype, rank):
        """Whether a dtype and a rank are declared, computed independently from the declarations."""
        dtypes = self.told["dtypes"]
        dtypes = dtypes.get(name, IEEE_FLOATS) if isinstance(dtypes, dict) else dtypes
        return dtype in dtypes and rank in self.told["ranks"] and not self.lacks(name, dtype, rank)

    def lacks(self, name, dtype, rank):
        return any(fnmatchcase(f"{name} {dtype} {rank}", pattern) for pattern in self.told["lacks"])

    def mean_of_integers(self, name, dtype, rank):
        """Whether a convention covers this call, and the declarations do not exclude it."""
        of_floats = any(self.takes(name, each, rank) for each in FLOATS)
        return name == "mean_forward" and dtype in INTEGERS and of_floats and not self.lacks(name, dtype, rank)


@slow
@settings(max_examples=4)  # each makes all kinds of calls
@given(declarations())
def test_nothing_is_asked_that_is_not_declared(told):
    recorder = Recorder(*told)
    target = recorder.target
    if not any(map(target.declared.plainest, target.offers)):
        with pytest.raises(Unusable, match="leave no dtype and rank for"):
            smoke_test(target)
        assert recorder.asked == []
    else:
        smoke_test(target)
    assert {run(law, target, TrialSettings(examples=3)).verdict for law in LAWS_FOR_ALL} <= {"holds", "unsupported"}
    observed(target)
    for name in PINNED:
        assert expected(target, *name.split("=")).verdict in ("holds", "broken", "unsupported")
    assert recorder.outside == []


ALL_SETTINGS = {name: MEAN_SETTINGS if name in MEAN else SETTINGS for name in CALLABLES}


@slow
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_every_convention_is_observed_of_square_windows_as_of_others(rank):
    recorder = Recorder(CALLABLES, {"square": True, "ranks": (rank,), "settings": ALL_SETTINGS})
    usual = Recorder(CALLABLES, {"ranks": (rank,), "settings": ALL_SETTINGS})
    found, usually = observed(recorder.target)[0], observed(usual.target)[0]
    assert recorder.outside == []
    assert {name: each.value for name, each in found.items()} == {name: each.value for name, each in usually.items()}
    assert set(found) == set(CONVENTIONS)


@pytest.mark.parametrize("rank", [1, 3])
def test_a_target_of_square_windows_keeps_what_is_pinned(rank):
    def max_forward(x, size, stride):
        assert len({*size}) == 1 or rank == 1, "no cube"
        return img2col.max_forward(x, size, stride)

    target = wrap(SimpleNamespace(max_forward=max_forward, square=True, ranks=(rank,)))
    for name in ("nan=propagates", "all-minus-infinity=-inf", "layouts=accepted", "empty-batch=accepted"):
        assert expected(target, *name.split("=")).verdict == "holds"


@slow
@pytest.mark.parametrize(
    ("lacks", "asked"),
    [("max_backward *", False), ("max_backward * 2", True), ("max_backward float* *", False), ("* * 2", True)],
)
def test_what_is_lacking_is_neither_asked_nor_an_end(lacks, asked):
    recorder = Recorder(CALLABLES, {"lacks": (lacks,), "ranks": (1, 2), "settings": ALL_SETTINGS})
    smoke_test(recorder.target)
    found, left = observed(recorder.target)
    assert (recorder.outside, left) == ([], [])
    assert any(name == "max_backward" for name, _, _ in recorder.asked) == ("ties" in found) == asked
    assert expected(recorder.target, "ties", "first").verdict == ("holds" if asked else "unsupported")


@pytest.mark.parametrize(
    "narrowed",
    [{"lacks": ("*",)}, {"dtypes": ()}, {"dtypes": dict.fromkeys(CALLABLES, ())}, {"dtypes": ("int8",)}],
)
def test_declarations_that_leave_nothing_to_ask_are_told(narrowed):
    offers = ("max_backward", "mean_forward")
    recorder = Recorder(offers, narrowed)
    with pytest.raises(Unusable, match="leave no dtype and rank for mean_forward or max_backward"):
        smoke_test(recorder.target)
    assert observed(recorder.target) == ({}, [])
    results = [run(law, recorder.target, TrialSettings(examples=1)) for law in LAWS_FOR_ALL]
    assert {result.verdict for result in results} == {"unsupported"}
    assert exit_status(results, interrupted=False, unusable=False) == 2
    assert "all passed" not in last_line(results, partial=False)
    assert recorder.asked == []


def test_no_rank_at_all_cannot_be_declared():
    with pytest.raises(Unusable, match=r"declaration ranks=\(\) should name at least one of 1, 2, 3"):
        Recorder(("max_forward",), {"ranks": ()})


def test_what_is_lacking_may_come_from_a_generator():
    assert wrap(
        SimpleNamespace(max_forward=img2col.max_forward, lacks=(each for each in ("* * 3",)))
    ).declared.lacks == ("* * 3",)


def test_square_windows_have_no_other_rank_to_agree_with():
    recorder = Recorder(CALLABLES, {"square": True, "ranks": (1, 2, 3)})
    result = run(LAWS["ranks-agree"], recorder.target, TrialSettings(examples=5))
    assert (result.verdict, result.reason) == ("unsupported", "it declares square=True")


@pytest.mark.parametrize("law", ["neutral-settings", "other-settings"])
def test_what_a_mean_divides_by_is_no_setting_without_padding(law):
    recorder = Recorder(("mean_forward",), {"settings": {"mean_forward": ("count_include_pad",)}})
    assert run(LAWS[law], recorder.target, TrialSettings(examples=5)).verdict == "unsupported"


@slow
def test_cubes_are_not_larger_than_needed():
    recorder = Recorder(("max_forward",), {"square": True, "ranks": (3,)})
    law = LAWS["max-value"]
    cases = drawn(law, recorder.target.declared, recorder.target.offers, 400, 0)
    assert max(case.x[0, 0].size for case in cases) < 1 << 18


# Findings on one target, tried on another that declares less.

OTHERS = {
    "square": ({"square": True}, "it declares square=True"),
    "tiles": ({"tiles": True}, "it declares tiles=True"),
    "padding": ({"padding": "symmetric"}, "it declares padding='symmetric'"),
    "limit": ({"padding_limit": "half"}, "it declares padding_limit='half'"),
    "dtype": ({"dtypes": ("float32",)}, "it takes no float64 in max_forward"),
    "rank": ({"ranks": (1, 3)}, "it takes no float64 at rank 2 in max_forward"),
    "lacks": ({"lacks": ("* float64 2",)}, "it takes no float64 at rank 2 in max_forward"),
    "settings": ({"settings": {"max_forward": ()}}, "max_forward takes no padding"),
    "keep": ({"ceil_rule": "keep"}, ""),
}


@pytest.mark.parametrize(("declared", "reason"), OTHERS.values(), ids=OTHERS)
def test_a_call_is_within_what_a_target_declares_or_the_reason_is_told(declared, reason):
    call = Call("max_forward", {"x": np.zeros((1, 1, 3, 4))}, (2, 3), (1, 1), {"padding": ((0, 0), (2, 1))})
    target = Recorder(("max_forward",), {"settings": ALL_SETTINGS, **declared}).target
    assert outside(target, call) == reason


@slow
def test_a_failure_found_on_another_target_is_not_replayed_beyond_the_declarations():
    broken = wrap(SimpleNamespace(max_forward=lambda x, size, stride: 1 + img2col.max_forward(x, size, stride)))
    found = run(LAWS["max-value"], broken, TrialSettings(examples=5)).counterexample
    recorder = Recorder(("max_forward",), {"dtypes": ("float16",)})
    result = replay(LAWS["max-value"], recorder.target, found)
    assert (result.verdict, result.reason) == ("unsupported", "it takes no float64 in max_forward")
    assert recorder.asked == []
    assert replay(LAWS["max-value"], Recorder(("max_forward",), {}).target, found).verdict == "holds"


@slow
def test_conventions_are_not_replayed_beyond_the_declarations():
    found, _ = observed(Recorder(CALLABLES, {"settings": ALL_SETTINGS}).target)
    same = Recorder(CALLABLES, {"settings": ALL_SETTINGS}).target
    assert [not_asked(name, same, each) for name, each in found.items()] == [""] * len(CONVENTIONS)
    other = Recorder(CALLABLES, {"square": True, "settings": ALL_SETTINGS}).target
    assert not_asked("ties", other, found["ties"]) == "it declares square=True"
    assert not_asked("ties", Recorder(("max_forward",), {}).target, found["ties"]) == "it offers no max_backward"
    assert not_asked("knots", same, found["ties"]) == "there is no convention 'knots' here"


@slow
@pytest.mark.parametrize("limit", ["half", "window"])
def test_a_window_of_size_0_is_within_every_limit_of_padding(limit):
    target = wrap(SimpleNamespace(max_forward=img2col.max_forward, padding_limit=limit))
    found = observed(target)[0]["size-zero"]
    assert not_asked("size-zero", target, found) == ""
