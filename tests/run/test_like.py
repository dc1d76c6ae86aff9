"""`--like`: the conventions of another target become laws, as far as both targets can be tried alike."""

import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties.conventions import CONVENTIONS
from poolproof.properties.conventions.likeness import PROCESS, common, within
from poolproof.properties.run.like import Like, like, with_pins
from poolproof.properties.run.pinned import pinned
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import CONVENTIONS_ITEM, plan
from poolproof.properties.targets.target import wrap
from selection import slow
from shell import FORWARD, check, poolproof, python
from working import working_in

pytestmark = pytest.mark.once


def sums_in(wide):
    """Means of non-overlapping windows that add float16 in the given dtype, and others in their own."""

    def mean_forward(x, size, stride):
        h, w = (n // f for n, f in zip(x.shape[2:], size, strict=True))
        cells = x[:, :, : h * size[0], : w * size[1]].reshape(*x.shape[:2], h, size[0], w, size[1])
        dtype = wide if x.dtype == np.float16 else x.dtype.type
        with np.errstate(over="ignore"):
            return (cells.sum(axis=(3, 5), dtype=dtype) / dtype(size[0] * size[1])).astype(x.dtype)

    return mean_forward


def reversed_ties(dy, x, size, stride):
    """The gradient of windows side by side; the last of equal maxima gets it."""
    h, w = (n // f for n, f in zip(x.shape[2:], size, strict=True))
    own, dx = x[:, :, : h * size[0], : w * size[1]][:, :, ::-1, ::-1], np.zeros_like(x)
    turned = naive.max_backward(dy[:, :, ::-1, ::-1], own, size, stride)
    dx[:, :, : h * size[0], : w * size[1]] = turned[:, :, ::-1, ::-1]
    return dx


def target(name="mine", **offered):
    """A target in this process that pools windows side by side."""
    return wrap(SimpleNamespace(name=name, tiles=True, **offered), name)


def held(judged, other, **asked):
    """The pinned conventions of a target, and the results by name."""
    likeness, units = Like(other, Request(**asked)).likeness(judged)
    return likeness, {unit.name: pinned(unit, judged) for unit in units}


# What is pinned.


@slow
def test_a_convention_of_another_target_is_a_law():
    likeness, results = held(target(max_backward=reversed_ties), wrap(naive, "naive"))
    assert likeness.pinned["ties"] == "first"
    broken = [name for name, result in results.items() if result.verdict == "broken"]
    assert broken == ["ties=first"]
    headline, answer, *_ = results["ties=first"].message.splitlines()
    assert headline == "ties=first of mine: seen 'last', but should be 'first', like naive"
    assert answer == "    max_backward gives dx[0,0,0,0] = 0.0"
    assert {result.like for result in results.values()} == {"naive"}


@slow
def test_who_does_as_the_other_does_is_like_it():
    likeness, results = held(target(max_backward=naive.max_backward), wrap(naive, "naive"))
    assert {"ties", "nan-gradient", "empty-batch"} <= set(likeness.pinned)
    assert {result.verdict for result in results.values()} == {"holds"}


@slow
@pytest.mark.parametrize(("size", "alike"), [((2, 2), True), ((2, 3), False)])
def test_windows_that_one_of_both_fixes_are_asked_of_both(size, alike):
    fixed = {"size": size, "stride": size}
    judged = target(max_backward=reversed_ties, fixed=fixed)
    asked = []

    def max_backward(dy, x, size, stride):
        asked.append(size)
        return naive.max_backward(dy, x, size, stride)

    likeness, results = held(judged, wrap(SimpleNamespace(max_backward=max_backward, square=True), "squares"))
    assert set(asked) == ({size} if alike else set())
    assert ("ties" in likeness.pinned) == alike
    assert [name for name, result in results.items() if result.verdict == "broken"] == ["ties=first"] * alike


def mean_of_windows(counted, size, stride, **settings):
    """A target in this process with fixed windows, whose means divide by all cells or by real ones."""
    fixed = {"size": size, "stride": stride, **settings, "count_include_pad": counted}

    def mean_forward(x, size, stride, padding=0, dilation=1, ceil_mode=False, count_include_pad=counted):
        assert count_include_pad == counted
        return naive.mean_forward(x, size, stride, **settings, count_include_pad=counted)

    return wrap(SimpleNamespace(name="mine", mean_forward=mean_forward, fixed=fixed), "mine")


FIXED = {
    "3x3": ((3, 3), (2, 2), {"padding": ((1, 1), (1, 1))}),
    "the end alone": ((2, 2), (2, 2), {"padding": ((0, 0), (0, 1))}),
    "dilated": ((2, 2), (3, 3), {"padding": ((1, 1), (1, 1)), "dilation": (2, 2)}),
    "no overhang": ((3, 3), (2, 2), {"padding": ((1, 1), (0, 0)), "ceil_mode": True}),
}


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(("size", "stride", "settings"), FIXED.values(), ids=FIXED)
def test_the_divisor_of_fixed_windows_is_pinned(size, stride, settings, counted):
    likeness, results = held(mean_of_windows(counted, size, stride, **settings), wrap(naive, "naive"))
    assert likeness.pinned["divisor-default"] == "counted"
    assert results["divisor-default=counted"].verdict == ("holds" if counted else "broken")


def test_fixed_windows_without_padding_have_one_divisor():
    settings = {"padding": ((0, 0), (0, 0)), "ceil_mode": True}
    likeness, _ = held(mean_of_windows(True, (3, 3), (2, 2), **settings), wrap(naive, "naive"))
    assert likeness.left["divisor-default"] == "nothing that both declare shows it"


@slow
def test_every_convention_is_pinned_or_left_with_a_reason():
    likeness, results = held(target(max_forward=naive.max_forward), wrap(naive, "naive"))
    assert likeness.pinned.keys() | likeness.left.keys() == CONVENTIONS.keys()
    assert not likeness.pinned.keys() & likeness.left.keys()
    assert all(likeness.left.values())
    assert list(results) == [f"{name}={value}" for name, value in likeness.pinned.items()]


@slow
def test_what_either_does_not_offer_is_left():
    less, more = target(max_forward=naive.max_forward), wrap(naive, "naive")
    assert held(less, more)[0].left["ties"] == "mine: it offers no max_backward"
    assert held(more, less)[0].left["ties"] == "mine: it offers no max_backward"
    plain = target(max_forward=naive.max_forward, settings={"max_forward": ()})
    assert held(plain, more)[0].left["max-of-padding"] == "mine: max_forward takes no padding"


@slow
def test_what_the_user_pins_comes_first():
    judged, other = target(max_backward=reversed_ties), wrap(naive, "naive")
    likeness, results = held(judged, other, expect=("ties=last",))
    assert likeness.left["ties"] == "--expect ties=last pins it"
    assert "ties=first" not in results


def lanes(x, size, stride):
    """Maxima that lose a NaN from the eighth column on."""
    lost = naive.max_forward(np.where(np.isnan(x), -np.inf, x), size, stride)
    y = naive.max_forward(x, size, stride)
    return np.where(np.arange(y.shape[-1]) >= 8, lost, y)


ODD = {
    "varies": (lanes, "nan", "other shows 'propagates' and 'ignored'"),
    "other": (lambda x, *_: naive.max_forward(np.where(np.isnan(x), 999, x), *_), "nan", "other shows 'other'"),
    "process": (naive.max_forward, "subnormals", PROCESS),
}


@slow
@pytest.mark.parametrize(("forward", "name", "reason"), ODD.values(), ids=ODD)
def test_what_is_no_rule_is_left(forward, name, reason):
    likeness, _ = held(wrap(naive, "naive"), target("other", max_forward=forward))
    assert likeness.left[name] == reason
    assert "all-minus-infinity" in likeness.pinned


def dividing(error):
    """Maxima that raise an error where a stride is zero."""

    def max_forward(x, size, stride):
        if 0 in stride:
            raise error
        return naive.max_forward(x, size, stride)

    return wrap(SimpleNamespace(name="mine", max_forward=max_forward), "mine")


def test_why_an_error_is_no_refusal_is_said():
    results = held(dividing(ZeroDivisionError("division by zero")), wrap(naive, "naive"))[1]
    _, answer, why, *_ = results["stride-zero=refused"].message.splitlines()
    assert answer == "    max_forward gives ZeroDivisionError: division by zero"
    assert why == "    this error looks like a mistake in the kernel, and not like a refusal, such as a ValueError"
    assert held(dividing(ValueError("no stride")), wrap(naive, "naive"))[1]["stride-zero=refused"].verdict == "holds"


def test_an_index_outside_of_the_image_is_nothing_to_be_like():
    outside = target(
        "other", max_indices=lambda x, *_: naive.max_indices(np.nan_to_num(x), *_) + 99 * np.isnan(x).any()
    )
    assert held(wrap(naive, "naive"), outside)[0].left["nan-index"] == "other shows 'outside'"


# Both are tried on what both take.


@slow
def test_a_kernel_of_one_dtype_is_like_another_in_that_dtype():
    narrow, wide = (
        target(mean_forward=sums_in(np.float32), dtypes=("float32",)),
        target(mean_forward=sums_in(np.float32)),
    )
    for judged, other in ((narrow, wide), (wide, narrow)):
        likeness, results = held(judged, other)
        assert likeness.pinned["accumulator"] == "own"
        assert results["accumulator=own"].verdict == "holds"
    # They differ only in float16.
    likeness, results = held(target(mean_forward=sums_in(np.float16)), wide)
    assert likeness.pinned["accumulator"] == "wider"
    assert results["accumulator=wider"].verdict == "broken"


def test_means_of_integers_are_left_to_the_user():
    other = target("other", mean_forward=lambda x, *_: x.mean((2, 3), keepdims=True), dtypes=("int32", "float64"))
    assert held(wrap(naive, "naive"), other)[0].left["integer-mean"] == "no declaration says that means take integers"


def test_what_two_targets_share_is_within_both():
    one = target(max_forward=naive.max_forward, dtypes=("float32", "int8"), ranks=(1, 2), padding_limit="half").declared
    other = wrap(SimpleNamespace(max_forward=naive.max_forward, padding="symmetric", lacks=("max_* float64 2",)), "o")
    shared = one.shared_with(other.declared)
    assert shared == other.declared.shared_with(one)
    assert (shared.dtypes_of("max_forward"), shared.ranks, shared.tiles) == (("float32",), (2,), True)
    assert (shared.padding, shared.padding_limit, shared.lacks) == ("symmetric", "half", ("max_* float64 2",))
    # Windows that are tiles have no gaps.
    assert shared.settings["max_forward"] == ("padding", "ceil_mode")


def test_a_target_is_as_before_when_it_was_asked_for_less():
    judged, other = target(max_forward=naive.max_forward), wrap(naive, "naive")
    before = other.declared, other.offers
    with within(other, common(judged, other)):
        assert other.fresh().offers == ("max_forward",)
        assert other.declared.tiles
    assert (other.declared, other.offers) == before


# A run.


@slow
def test_pins_stand_among_those_of_the_user_before_what_is_observed():
    request = Request(("naive", "img2col"), laws="*", expect=("nan=propagates",), like="compiled")
    with like(request) as other:
        pins = {spec: other.likeness(wrap(naive, spec))[1] for spec in request.targets}
        assert len(other.shown) == 1
    names = [(unit.name, unit.target) for unit in with_pins(plan(request), pins)]
    at = names.index(("ties=first", "naive"))
    assert names[at + 1] == ("ties=first", "img2col")
    assert names.index(("nan=propagates", "img2col")) < at < names.index((CONVENTIONS_ITEM, "naive"))


@pytest.fixture
def here(tmp_path):
    """A folder with a mean that divides by real cells, and a sound kernel that records when it is loaded and called."""
    (tmp_path / "cells.py").write_text(
        "from poolproof.kernels import naive\n\n\n"
        "def mean_forward(x, size, stride, padding=0, ceil_mode=False):\n"
        "    more = {'ceil_mode': ceil_mode, 'count_include_pad': False}\n"
        "    return naive.mean_forward(x, size, stride, padding=padding, **more)\n"
    )
    (tmp_path / "truth.py").write_text(
        "from poolproof.kernels.naive import mean_forward\nversion = '2.1'\n"
        f"with open({str(tmp_path / 'loaded')!r}, 'a') as file:\n    file.write('.')\n"
    )
    return tmp_path


@slow
def test_a_mean_with_another_divisor_holds_alone_and_is_broken_beside_another(here):
    laws = ["--laws", "mean-value,overhang,padding-with-zero", "--examples", "40"]
    status, said = check(here, "cells.py", *laws)
    assert (status, "all passed" in said.splitlines()[-1]) == (0, True)
    status, said = check(here, "cells.py", *laws, "--like", "truth.py", "--json", "report.json")
    assert status == 1
    assert "cells: 11 conventions pinned, like truth 2.1, 16 not" in said.splitlines()
    assert "divisor-default=counted of cells: seen 'not counted', but should be 'counted', like truth.py" in said
    (found,) = json.loads((here / "report.json").read_text())["targets"]
    assert (found["like"]["target"], found["like"]["version"]) == ("truth.py", "2.1")
    assert found["like"]["pinned"]["divisor-default"] == "counted"
    assert found["like"]["left"]["ties"] == "cells: it offers no max_backward"
    by = {law["law"]: law["like"] for law in found["laws"]}
    assert (by["divisor-default=counted"], by["mean-value"]) == ("truth.py", "")
    assert check(here, "cells.py", *laws, "--like", "truth.py", "--expect", "divisor-default=not counted")[0] == 0


@slow
def test_the_other_is_loaded_and_asked_once_in_a_run(here):
    given = ["check", "cells.py", "naive", "--like", "truth.py", "--laws", "output-size", "--examples", "1", "-n", "2"]
    status, said = poolproof(here, *given, "--seed", "1")
    assert (status, said.count("pinned, like truth 2.1")) == (1, 2)
    assert (here / "loaded").read_text() == "."


@slow
def test_why_a_convention_is_not_pinned_is_said_on_request(here):
    words = ["--laws", "output-size", "--like", "naive"]
    assert "not pinned: ties (cells: it offers no max_backward)" in check(here, "cells.py", *words, "-v")[1]
    assert "not pinned" not in check(here, "cells.py", *words)[1]


@slow
@pytest.mark.parametrize("door", [["check"], ["matrix"]], ids=["check", "matrix"])
def test_another_that_cannot_be_loaded_ends_the_run(here, door):
    status, said = poolproof(here, *door, "cells.py", "--like", "truht.py", "--laws", "output-size", "-n", "0")
    assert status == 2
    assert "there is no such file" in said
    assert "did you mean 'truth.py'?" in said.splitlines()[-1]
    assert "holds" not in said


@slow
def test_a_replay_says_how_a_pinned_convention_is_tried_again(here):
    given = ["--in-process", "-n", "0", "--seed", "1", "--laws", "output-size", "--json", "report.json"]
    poolproof(here, "check", "cells.py", "--like", "truth.py", *given)
    said = poolproof(here, "replay", "--yes", "report.json")[1]
    assert "a pinned convention has no case: check --like truth.py tries it" in said


DOOR = ["-m", "pytest", "--pyargs", "poolproof.properties", "-p", "no:cacheprovider", "-q"]


@slow
@pytest.mark.parametrize("n", ["0", pytest.param("2", marks=slow)])
def test_pytest_holds_a_target_to_another_that_is_asked_once(here, n):
    ours = ["--poolproof-impl=cells.py", "--poolproof-like=truth.py", "--poolproof-laws=output-size"]
    status, said = python(here, *DOOR, *ours, "--poolproof-json=report.json", "-n", n)
    assert (status, said.splitlines()[-1].split(" in ")[0]) == (1, "1 failed, 11 passed")
    assert (here / "loaded").read_text() == "."
    (found,) = json.loads((here / "report.json").read_text())["targets"]
    assert found["like"]["pinned"]["divisor-default"] == "counted"
    assert sum(law["like"] == "truth.py" for law in found["laws"]) == 11


@slow
def test_pytest_ends_where_the_other_cannot_be_loaded(here):
    status, said = python(here, *DOOR, "--poolproof-impl=cells.py", "--poolproof-like=truht.py")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "did you mean 'truth.py'?" in said


@slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_kernels_are_like_torch_but_for_windows_wholly_in_padding(here):
    (here / "sound.py").write_text(FORWARD)
    status, said = check(here, "sound.py", "--like", "torch", "--laws", "max-value", n="1")
    assert status == 1, said
    assert "max-of-padding=-inf of sound: seen 'refused', but should be '-inf', like torch" in said
    assert said.splitlines()[-1].endswith(" 1 failed")
    with working_in(here):
        assert check(here, "cells.py", "--like", "torch", "--laws", "mean-value", n="1")[0] == 1
