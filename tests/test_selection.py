"""The selection of tests: the environments of tox run every test once per Python, or once."""

import configparser
import shlex
from itertools import product

import pytest
from hypothesis import settings
from places import ROOT
from selection import examples, left_out, once, once_but, slow


def wanted(environment):
    """The expression with which an environment of tox selects tests."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    words = shlex.split(tox[environment]["commands"])
    return words[words.index("-m") + 1]


@pytest.mark.parametrize("marks", list(product([False, True], repeat=2)), ids=str)
def test_every_test_is_run_either_under_every_python_or_under_one(marks):
    names = dict(zip(("once", "slow"), marks, strict=True))
    everywhere, under_one = (eval(wanted(name), dict(names)) for name in ("testenv", "testenv:once"))  # noqa: S307
    assert (everywhere, under_one) == (not any(marks), any(marks))


EVERY_PYTHON, BARE = "not once and not slow", "not slow"


@pytest.mark.parametrize(
    ("line", "expressions"),
    [
        ("pytestmark = once", {EVERY_PYTHON}),
        ("pytestmark = pytest.mark.once", {EVERY_PYTHON}),
        ("pytestmark = [once, browser.needed]", {EVERY_PYTHON}),
        ("pytestmark = pytest.mark.slow", {EVERY_PYTHON, BARE}),
        ("    pytestmark = once", set()),
        ("@once", set()),
    ],
)
def test_a_file_is_left_out_if_all_of_its_tests_are(line, expressions):
    text = f"import pytest\n\n{line}\n\n\ndef test():\n    pass\n"
    asked = (EVERY_PYTHON, BARE, "once or slow", "not slow or once", "")
    assert {expression for expression in asked if left_out(text, expression)} == expressions
    assert wanted("testenv") == EVERY_PYTHON


def test_parameters_that_are_kept_have_no_mark_and_the_others_the_mark_that_is_said():
    assert once_but("ab", "a") == ["a", pytest.param("b", marks=once)]
    assert once_but("ab", "b", others=slow) == [pytest.param("a", marks=slow), "b"]


def test_a_parameter_that_is_not_there_cannot_be_kept():
    with pytest.raises(AssertionError, match="c should be one of"):
        once_but("ab", "c")


@pytest.mark.parametrize("usual", [1, 25, 1000])
def test_examples_are_in_proportion_to_the_profile(usual):
    assert examples(usual).max_examples == max(1, usual * settings.default.max_examples // 100)
