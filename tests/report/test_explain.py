"""Every law is explained in words, as a formula, and where possible with a drawing."""

import shlex

import numpy as np
import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.conventions import CONVENTIONS, check_expected
from poolproof.properties.doors.cli import main
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.huge import EVERY
from poolproof.properties.report.explain import explained, illustration
from selection import once, slow

FEW = ("overhang", "max-adjoint", "huge-max-bytes")

UNDRAWN = {"large-divisor"}
"""Laws whose cases are all too large to draw."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=once if name in FEW else slow) for name in EVERY])
def test_a_law_is_explained(name):
    title, claim, formula, about, *example = explained(name, "utf-8")
    assert title.startswith(f"{name}, ")
    assert claim.endswith(".")
    assert formula.strip() == EVERY[name].formula
    assert about.startswith("    about ")
    assert bool(example) == (name not in UNDRAWN and not name.startswith("huge"))


@once
def test_an_example_is_drawn():
    text = "\n".join(explained("overhang", "utf-8"))
    assert "ceil_mode=True" in text
    assert "┏" in text
    assert "".join(explained("overhang", "ascii")).isascii()


def test_the_example_of_tied_maxima_has_some():
    call, _ = illustration(LAWS["tied-maxima"])
    x, (n, c, i, j) = call.arrays["x"], np.argwhere(call.arrays["dy"])[0]
    window = x[n, c, i * call.stride[0] :, j * call.stride[1] :][: call.size[0], : call.size[1]]
    assert (window == window.max()).sum() > 1


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_is_explained_with_its_values(name):
    first, question, functions, values, law = explained(name, "utf-8")
    assert first == f"{name}, a convention"
    assert question.strip() == CONVENTIONS[name].question
    assert all(each in functions for each in CONVENTIONS[name].functions)
    assert all(each in values for each in CONVENTIONS[name].values)
    assert check_expected(shlex.split(law)[4])[0] == name


def test_a_misspelt_law_or_convention_is_told():
    for name, meant in (("max-valeu", "max-value"), ("tie", "ties")):
        with pytest.raises(Unusable, match=f"there is no law or convention '{name}'; did you mean '{meant}'"):
            list(explained(name, "utf-8"))
    with pytest.raises(Unusable, match="`poolproof laws` prints them all"):
        list(explained("\x1b[31m", "utf-8"))


@once
def test_the_command_explains(capsys):
    assert main(["explain", "max-value"]) == 0
    assert "Each output is the largest value of its window." in capsys.readouterr().out
