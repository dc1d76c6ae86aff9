"""The book of laws: to which implementations a law applies, and what it says when it fails."""

from types import SimpleNamespace

import pytest
from poolproof.kernels import naive
from poolproof.kernels.geometry import Axis
from poolproof.properties.cases.plans import Plan
from poolproof.properties.contract import CALLABLES, Declared
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.registry import OTHER_WINDOWS, law
from poolproof.properties.lawbook.shape import worked_out
from poolproof.properties.remote.worker import EVIDENCE
from poolproof.properties.targets.target import wrap


def reason(name, *offers, evidence=EVIDENCE, **declarations):
    """Why a law does not apply to a kernel with these callables and declarations."""
    given = {"ranks": (1, 2, 3), **declarations, **{each: getattr(naive, each) for each in offers or CALLABLES}}
    target = wrap(SimpleNamespace(**given))
    return LAWS[name].unsupported(target.declared, target.offers, evidence)


ROOMY = {"ranks": (2,)}
TILES = {"size": (2, 2), "stride": (2, 2)}
NINTHS = {"size": (3, 3), "stride": (3, 3)}
"""Windows whose means are not sums of powers of two."""


# To which implementations a law applies.


@pytest.mark.parametrize("name", LAWS)
def test_who_offers_everything_is_asked_everything(name):
    assert reason(name) == ""


def test_one_of_the_callables_that_a_law_is_about_is_enough():
    assert reason("output-size", "mean_forward") == ""
    assert reason("output-size", "max_backward", "mean_backward") == (
        "it offers no max_forward or mean_forward or max_indices"
    )


def test_what_a_law_needs_besides_must_be_there():
    assert reason("max-adjoint", "max_backward", "max_forward") == ""
    assert reason("max-adjoint", "max_backward") == "it offers no max_backward with max_forward"
    assert reason("max-adjoint", "max_forward") == "it offers no max_backward with max_forward"


@pytest.mark.parametrize(
    ("name", "declarations", "said"),
    [
        ("ranks-agree", {"ranks": (2,)}, "it declares rank 2 alone"),
        ("ranks-agree", {"ranks": (1, 3)}, ""),
        ("same-twice", {"deterministic": False}, "it declares deterministic=False"),
        ("two-threads", {"threads": False}, "it declares threads=False"),
        ("same-twice", {"threads": False}, ""),
        ("max-accumulation", {"tiles": True}, "it declares tiles=True"),
        ("routing", {"tiles": True}, ""),
        ("routing", {"dtypes": ("int8",)}, "it declares no floating-point dtype for max_backward"),
        ("max-value", {**ROOMY, "fixed": TILES}, ""),
        ("max-accumulation", {**ROOMY, "fixed": TILES}, OTHER_WINDOWS),
        ("other-settings", {**ROOMY, "fixed": TILES}, OTHER_WINDOWS),
        (
            "routing",
            {**ROOMY, "fixed": TILES, "dtypes": ("int8",)},
            "it declares no floating-point dtype for max_backward",
        ),
        (
            "linearity",
            {**ROOMY, "fixed": NINTHS, "dtypes": {"max_backward": ("int8",), "mean_backward": ("float32",)}},
            "it declares no floating-point dtype for max_backward or mean_backward",
        ),
    ],
)
def test_a_declaration_excuses_from_the_laws_about_it(name, declarations, said):
    assert reason(name, **declarations) == said


def test_a_law_about_settings_is_not_asked_of_who_takes_none():
    def max_forward(x, size, stride):
        return naive.max_forward(x, size, stride)

    target = wrap(SimpleNamespace(max_forward=max_forward))
    said = {name: LAWS[name].unsupported(target.declared, target.offers) for name in LAWS}
    assert said["padding-with-lowest"] == "max_forward takes no padding"
    assert said["ceil-extends-floor"] == "max_forward or mean_forward or max_indices takes no ceil_mode"
    assert said["max-value"] == ""


def test_a_law_about_memory_is_not_asked_where_the_process_tells_nothing_of_it():
    assert reason("inputs-unchanged", evidence=("shares",)) == "its process cannot tell of changed"
    assert reason("results-kept", evidence=()) == "its process cannot tell of stale and reuses"
    assert reason("results-kept", evidence=("reuses",)) == "its process cannot tell of stale"
    assert reason("no-aliasing", evidence=("shares",)) == ""


def test_two_laws_are_for_the_reference_kernels_alone():
    assert [name for name, each in LAWS.items() if each.reference] == ["agreement", "refusal"]


def max_value(pool, case):
    """A second law of this name"""


def nameless(pool, case):
    pass


@pytest.mark.parametrize("check", [max_value, nameless])
def test_a_law_needs_a_name_of_its_own_and_a_formula(check):
    with pytest.raises(ValueError, match="needs a name of its own and a formula"):
        law(Plan(("max_forward",)))(check)


# What it says.


@pytest.mark.parametrize(
    ("axis", "formula"),
    [
        (Axis(7, 2, 3, 0, 0, 1, False), "(7 - 2)//3 + 1 = 2"),
        (Axis(7, 3, 2, 1, 2, 2, False), "(10 - 5)//2 + 1 = 3"),
        (Axis(7, 3, 2, 0, 0, 1, True), "(7 - 3)//2 + 1 = 3"),
        (Axis(8, 3, 2, 0, 0, 1, True), "(8 - 3)//2 + 1 = 3, in ceil mode 4,"),
        (Axis(7, 3, 4, 2, 1, 1, True), "(10 - 3)//4 + 1 = 2, in ceil mode 3,"),
        (Axis(4, 2, 3, 2, 1, 1, True), "(7 - 2)//3 + 1 = 2 (in ceil mode one more would start at 4 of 4 cells: none)"),
    ],
)
def test_the_size_formula_is_told_with_its_numbers(axis, formula):
    assert worked_out(axis) == formula


def test_square_targets_are_asked_every_law_but_the_one_of_several_ranks():
    square = Declared(ranks=(1, 2, 3), square=True)
    excused = [law.name for law in LAWS.values() if law.excused(square)]
    assert excused == ["ranks-agree"]
