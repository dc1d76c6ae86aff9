"""Every law is explained in words, as a formula, and where possible with a drawing."""

import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.doors.cli import main
from poolproof.properties.lawbook.huge import EVERY
from poolproof.properties.report.explain import explained
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


def test_a_misspelt_law_is_told():
    with pytest.raises(Unusable, match="there is no law 'max-valeu'; did you mean 'max-value'"):
        list(explained("max-valeu", "utf-8"))
    with pytest.raises(Unusable, match="`poolproof laws` prints them all"):
        list(explained("\x1b[31m", "utf-8"))


@once
def test_the_command_explains(capsys):
    assert main(["explain", "max-value"]) == 0
    assert "Each output is the largest value of its window." in capsys.readouterr().out
