"""`poolproof draw`: reports as text, as SVG and as a page, and the figures of the textbook chapter."""

import json
from xml.etree import ElementTree

import msgspec
import pytest
import sample
from pictured import MISPLACED, OVERWRITTEN, failing
from poolproof.properties.doors.cli import main
from poolproof.properties.drawings.chapter import figures
from shell import refused

pytestmark = pytest.mark.once


def law(name, found):
    """A law that fails."""
    return {**sample.LAW, "law": name, "counterexample": msgspec.to_builtins(found)}


@pytest.fixture
def reports(here):
    """A folder with two reports."""
    for name, laws in {"one": [law("max-value", MISPLACED)], "two": [law("routing", OVERWRITTEN)]}.items():
        target = {**sample.TARGET, "target": name, "name": name, "laws": laws}
        (here / f"{name}.json").write_text(json.dumps({**sample.REPORT, "targets": [target]}))
    return here


def test_failing_cases_are_printed(reports, capsys):
    assert main(["draw", "one.json", "two.json"]) == 0
    said = capsys.readouterr().out
    assert said.index("max-value on one") < said.index("│ 4 ┃ 4!┃") < said.index("routing on two") < said.index("┃ 2!┃")


TIED = failing("max_backward", [[0, 0]], (1, 2), (1, 1), dy=[[1]], got=[[1.0, 1.0]])
"""Both of two equal maxima get the gradient, and no one cell is wrong."""

THREE_AXES = failing("max_forward", [[[1, 2], [3, 4]]] * 2, (1, 1, 1), (1, 1, 1), got=[[[1.0, 2.0], [3.0, 3.0]]] * 2)


def test_a_case_without_a_wrong_cell_is_printed_too_but_not_one_of_three_axes(reports, capsys):
    laws = [law("tied-maxima", TIED), law("max-value", THREE_AXES)]
    (reports / "one.json").write_text(json.dumps({**sample.REPORT, "targets": [{**sample.TARGET, "laws": laws}]}))
    assert main(["draw", "one.json"]) == 0
    said = capsys.readouterr().out
    assert "│ 0 │ 0 │   │ 1 │   │ 1 │ 1 │" in said
    assert said.endswith("not drawn: it is no image of two axes with at most 8 cells along each\n")


def test_one_law_is_printed(reports, capsys):
    assert main(["draw", "one.json", "two.json", "--law", "routing"]) == 0
    assert "max-value" not in capsys.readouterr().out


def test_a_case_is_written_as_svg(reports, capsys):
    assert main(["draw", "one.json", "two.json", "--law", "routing", "-o", "case.svg"]) == 0
    titles = [each.get("data-title") for each in ElementTree.parse(reports / "case.svg").iter()]
    assert "got dx" in titles
    assert capsys.readouterr().out == ""


def test_reports_are_written_as_one_page(reports):
    assert main(["draw", "one.json", "two.json", "--html", "page.html"]) == 0
    text = (reports / "page.html").read_text(encoding="utf-8")
    assert "2 failures, 2 causes" in text
    assert "poolproof replay one.json" in text


def test_the_figures_are_written(here):
    assert main(["draw", "--chapter", "new/figures"]) == 0
    assert {path.stem for path in (here / "new" / "figures").iterdir()} == set(figures())


def test_a_target_of_two_reports_is_called_by_its_file_too(reports):
    (reports / "again.json").write_bytes((reports / "one.json").read_bytes())
    assert main(["draw", "one.json", "again.json", "two.json", "two.json", "--html", "page.html"]) == 0
    text = (reports / "page.html").read_text(encoding="utf-8")
    assert "one of one.json" in text
    assert "one of again.json" in text
    assert "two of" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "draw takes a REPORT, or --chapter FOLDER"),
        (["--chapter", "f", "--law", "routing"], "--law, -o and --html are about a REPORT, which should be given"),
        (
            ["one.json", "--law", "max-valeu"],
            "--law 'max-valeu' has no failing case in the report; did you mean 'max-value'?",
        ),
        (["none.json"], "report 'none.json' cannot be read: No such file or directory"),
        (["one.json", "-o", "no/folder.svg"], "-o 'no/folder.svg' cannot be written: "),
        (["one.json", "--html", "."], "--html '.' is a folder; it should be a file"),
        (["--chapter", "one.json"], "--chapter 'one.json' cannot be made: File exists"),
        (["sound.json"], "there is nothing to draw: no law of the report has a failing case"),
        (["large.json", "-o", "large.svg"], "no failing case can be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_line(words, said, reports, capsys):
    (reports / "sound.json").write_text(json.dumps({**sample.REPORT, "targets": []}))
    large = msgspec.structs.replace(MISPLACED, calls=[])
    target = {**sample.TARGET, "laws": [law("max-value", large)]}
    (reports / "large.json").write_text(json.dumps({**sample.REPORT, "targets": [target]}))
    assert said in refused(["draw", *words], capsys)
