"""Hints over the corpus: a sample of faults is named correctly; `python -m strength --hints` measures all of them."""

import pytest
from faults import FAULTS, REPORTED
from poolproof.properties.failures.mistakes import MISTAKES
from selection import slow
from strength.classes import CLASSES
from strength.hints import NONE, RIGHT, WRONG, named, recorded, verdict
from strength.page import hints
from strength.record import load

pytestmark = pytest.mark.once

SAMPLE = [
    "corners.LowestInt8NotSearched",
    "edges.StrideOfTheWindow",
    "gradients.ClipsGradient",
    "history.DivisorsByShape",
    "indices.ColumnMajorIndex",
    "integers.BytesComparedSigned",
    "layouts.GradientReadAsImageLies",
    "memory.DividesGradientInPlace",
    "others.ChannelsMixed",
    "overhang.DilationsExchanged",
    "overlap.AssignsMeanGradient",
    "rare.SaturatesShares",
    "settings.PaddedIndex",
    "sizes.MaskOf31Lanes",
    "ties.EveryTie",
    "values.GradientsAreDouble",
]


@slow
@pytest.mark.parametrize("name", SAMPLE)
def test_a_fault_is_named_rightly(name):
    assert verdict(name, named(name)) == RIGHT


def test_every_fault_has_classes_that_exist_or_none_that_is_known():
    assert {*CLASSES} == {*FAULTS, *REPORTED}
    unknown = {"cells-without-gradient", "index-of-two-ties"}
    assert {name for names in CLASSES.values() for name in names} - {*MISTAKES} == unknown


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"a": "max-begins-at-zero"}, RIGHT),
        ({"a": "max-begins-at-zero", "b": ""}, RIGHT),
        ({"a": "max-begins-at-zero", "b": "first-cell"}, WRONG),
        ({"a": ""}, NONE),
    ],
)
def test_a_fault_is_named_wrongly_if_any_of_its_failures_is(said, expected):
    assert verdict("others.ZeroSentinel", said) == expected


def test_faults_that_are_not_named_rightly_are_recorded_by_name():
    record = recorded({"others.ZeroSentinel": {"a": ""}, "others.MeanIsMax": {"a": "mean-is-maximum"}})
    assert record[0] == {"faults": "corpus", "right": 1, "wrong": 0, "none": 1, "odd": {"others.ZeroSentinel": []}}


def test_the_page_has_both_figures():
    text = hints(
        {"hints": [{"faults": "corpus", "right": 3, "wrong": 1, "none": 0, "odd": {"ties.EveryTie": ["first-cell"]}}]}
    )
    assert "| corpus | 3 | 75 % | 1 | 25 % | 0 |" in text
    assert "`ties.EveryTie` (first-cell)" in text


def test_on_record_nine_faults_of_ten_are_named_rightly_and_none_wrongly():
    for each in load()["hints"]:
        total = each["right"] + each["wrong"] + each["none"]
        assert each["right"] >= 0.9 * total
        assert each["wrong"] == 0
