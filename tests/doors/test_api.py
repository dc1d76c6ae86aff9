"""The Python functions for tests of one's own: `check`, and `laws`, each a callable."""

import warnings
from types import SimpleNamespace
from unittest import SkipTest

import pytest
from poolproof.kernels import naive
from poolproof.properties.doors import api
from poolproof.properties.targets.target import InProcess
from shell import FAULTY, python

pytestmark = pytest.mark.once


def overwriting(dy, x, size, stride):
    names = {}
    exec(FAULTY, names)
    return names["max_backward"](dy, x, size, stride)


def test_check_raises_one_error_with_the_message_of_every_law():
    with pytest.raises(AssertionError) as caught:
        api.check(
            SimpleNamespace(name="mine", max_backward=overwriting), examples=40, seed=1, pattern="conservation,max-acc*"
        )
    text = str(caught.value)
    assert "conservation: broken\nmax_backward of mine: sum(dx[0,0]) = " in text
    assert "max-accumulation: broken\nmax_backward of mine: dx[0,0,0,1] = " in text
    assert text.endswith("2 of 2 laws failed")


def test_check_is_silent_about_a_sound_implementation():
    assert api.check(naive, examples=10, seed=1, pattern="shape,routing", expect=("ties=first",)) is None


def test_check_of_an_expected_convention_raises():
    with pytest.raises(AssertionError, match="seen 'first', but should be 'last'"):
        api.check(naive, examples=5, seed=1, pattern="routing", expect=("ties=last",))


def test_check_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="no law applies"):
        api.check(SimpleNamespace(max_forward=naive.max_forward), pattern="routing")


@pytest.mark.parametrize("law", api.laws(naive, examples=5, seed=1, pattern="shape"), ids=str)
def test_laws_parametrise_a_test(law):
    law()


def test_the_functions_of_the_python_door_stay_functions_when_they_have_been_called(tmp_path):
    door = "from poolproof.properties import check, laws"
    lines = ["from poolproof.kernels import naive", door, "laws(naive, examples=1)", door, "print(callable(laws))"]
    assert python(tmp_path, "-c", "; ".join(lines)) == (0, "True\n")


def test_laws_are_those_that_can_be_asked():
    names = [str(law) for law in api.laws(SimpleNamespace(max_forward=naive.max_forward), seed=1)]
    assert "max-value" in names
    assert "routing" not in names
    assert "agreement" not in names


def test_a_law_whose_every_case_is_refused_is_skipped():
    def refusing(x, size, stride):
        refusing.calls += 1
        if refusing.calls % 2 == 0:
            raise ValueError("no")
        return naive.max_forward(x, size, stride)

    refusing.calls = 0
    (law,) = api.laws(SimpleNamespace(max_forward=refusing), pattern="memory-layouts", seed=1, examples=10)
    refusing.calls = 0
    with pytest.raises(SkipTest, match="memory-layouts: unsupported: it refused every case"):
        law()


@pytest.mark.parametrize("evidence", [("changed",), ()])
def test_laws_about_what_a_process_cannot_tell_are_left_out(monkeypatch, evidence):
    monkeypatch.setattr(InProcess, "evidence", evidence)
    names = [str(law) for law in api.laws(SimpleNamespace(max_forward=naive.max_forward), pattern="inputs-unchanged")]
    assert names == ["inputs-unchanged"] * len(evidence)


def test_a_law_that_does_not_hold_raises_with_its_message():
    (law,) = api.laws(SimpleNamespace(max_backward=overwriting), examples=40, seed=1, pattern="conservation")
    with pytest.raises(AssertionError, match="conservation: broken\nmax_backward of SimpleNamespace: sum"):
        law()


WRONG_ARGUMENTS = {
    "examples": ({"examples": 0}, ValueError, "got examples=0, but it should be a whole number from 1"),
    "seed": ({"seed": "1"}, TypeError, "got seed='1', but it should be a whole number"),
    "pattern": ({"pattern": ["shape"]}, TypeError, r"got pattern=\['shape'\], but it should be a text"),
    "expect": ({"expect": "ties=first"}, TypeError, r"several texts, as in expect=\('ties=first',\)"),
    "known": ({"known": ["none.toml"]}, ValueError, "'none.toml' cannot be read"),
    "huge": ({"huge": 1}, TypeError, "got huge=1, but it should be True or False"),
}


@pytest.mark.parametrize("function", [api.laws, api.check])
@pytest.mark.parametrize(("given", "error", "words"), WRONG_ARGUMENTS.values(), ids=WRONG_ARGUMENTS)
def test_a_wrong_argument_is_an_exception_that_names_it(function, given, error, words):
    with pytest.raises(error, match=words):
        function(naive, **given)


@pytest.fixture
def known(tmp_path):
    """A file with a known failure of a kernel that calls itself `mine`."""
    file = tmp_path / "known.toml"
    file.write_text('[[known]]\ntarget = "mine"\nlaw = "conservation"\nreason = "rewritten in May"\n')
    return file


def test_a_law_on_a_list_of_known_failures_passes_until_it_holds(known):
    given = {"examples": 40, "seed": 1, "pattern": "conservation", "known": [known]}
    assert api.check(SimpleNamespace(name="mine", max_backward=overwriting), **given) is None
    with pytest.raises(AssertionError, match="remove the entry"):
        api.check(SimpleNamespace(name="mine", max_backward=naive.max_backward), **given)


def test_a_list_of_known_failures_for_another_is_a_warning(known):
    another = SimpleNamespace(name="other", max_backward=naive.max_backward)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        api.laws(another, pattern="conservation", known=[known])
    (warning,) = told
    assert str(warning.message).startswith("known failures of 'mine' met no target of this run")
