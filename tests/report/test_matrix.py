"""The matrix: many targets side by side, each with the results of `check`, and marks for what was not finished."""

import json

import pytest
from poolproof.properties.report.matrix import Column, as_markdown, as_text
from selection import slow
from shell import called, kernels_in, poolproof

pytestmark = pytest.mark.once

WORDS = ("--examples", "20", "--seed", "1", "-n", "0", "--in-process")


@pytest.fixture
def here(tmp_path):
    return kernels_in(tmp_path)


def matrix(folder, *words):
    """Run `poolproof matrix`. Returns its exit status and its lines, each cut into cells."""
    status, said = called(folder, "matrix", *WORDS, *words)
    return status, [line.split() for line in said.splitlines()], said


@slow
def test_each_target_has_a_column(here):
    laws = "conservation,routing,max-value"
    status, lines, said = matrix(here, "faulty.py", "fixed.py", "forward.py", "--laws", laws)
    assert status == 1, said
    assert ["faulty", "fixed", "forward"] in lines
    assert ["conservation", "BROKEN", "holds", "-"] in lines
    assert ["max-value", "-", "-", "holds"] in lines
    assert "their gradients are added" in said


@slow
def test_conventions_are_rows_too(here):
    _, lines, _ = matrix(here, "fixed.py", "forward.py")
    assert ["ties", "first", "-"] in lines
    assert ["empty-batch", "accepted", "accepted"] in lines
    assert ["nan", "-", "propagates"] in lines


def test_a_target_that_cannot_be_judged_has_a_column_that_says_so(here):
    status, lines, said = matrix(here, "fixed.py", "missing.py", "--laws", "conservation")
    assert status == 2
    assert ["conservation", "holds", "?"] in lines
    assert "missing.py: cannot be judged: " in said
    assert said.splitlines()[-1].endswith(": all passed; 1 could not be judged")


@slow
def test_a_column_that_was_not_finished_says_so(here):
    (here / "slow.py").write_text(
        "import time\nfrom fixed import *\nfast = max_backward\n"
        "def max_backward(dy, x, size, stride):\n    time.sleep(0.05)\n    return fast(dy, x, size, stride)\n"
    )
    status, lines, said = matrix(here, "slow.py", "--budget", "4", "--laws", "backward")
    assert status == 0
    assert any(cells[:1] == ["routing"] and cells[1].endswith("?") for cells in lines), said
    assert "unfinished: " in said
    assert said.splitlines()[-1].endswith("(partial)")


@slow
def test_a_column_under_an_interpreter_of_its_own(here):
    import sys

    spec = f"fixed.py@{sys.executable}"
    status, said = poolproof(here, "matrix", "--examples", "5", "--seed", "1", "-n", "0", spec, "--laws", "routing")
    assert status == 0, said
    assert ["routing", "holds"] in [line.split() for line in said.splitlines()]


@slow
def test_two_columns_of_one_name_are_told_apart(here):
    _, lines, _ = matrix(here, "fixed.py", "./fixed.py", "--laws", "routing")
    assert ["fixed.py", "./fixed.py"] in lines


@slow
def test_the_table_is_written_as_markdown_and_the_report_as_json(here):
    files = ("--markdown", "table.md", "--json", "report.json")
    matrix(here, "faulty.py", "fixed.py", "--laws", "conservation", *files)
    table = (here / "table.md").read_text().splitlines()
    assert table[:3] == ["| | faulty | fixed |", "|---|---|---|", "| **backward** |  |  |"]
    assert "| conservation | **broken** | holds |" in table
    report = json.loads((here / "report.json").read_text())
    assert [each["laws"][0]["verdict"] for each in report["targets"]] == ["broken", "holds"]


@slow
def test_reports_are_columns_too(here):
    matrix(here, "faulty.py", "--laws", "conservation,routing", "--json", "report.json")
    status, lines, said = matrix(here, "report.json", "--markdown", "table.md")
    assert status == 0, said
    assert ["conservation", "BROKEN"] in lines
    assert "| conservation | **broken** |" in (here / "table.md").read_text()
    status, lines, _ = matrix(here, "fixed.py", "report.json", "--laws", "conservation")
    assert status == 0
    assert ["fixed", "faulty"] in lines
    assert ["conservation", "holds", "BROKEN"] in lines
    assert ["routing", "-", "holds"] in lines


@pytest.mark.parametrize("text", ["", "{}", '{"targets": [3]}'])
def test_what_is_no_report_is_refused(here, text):
    (here / "report.json").write_text(text)
    status, said = called(here, "matrix", "report.json")
    assert status == 2
    assert "report 'report.json' is not one of check --json" in said


def test_a_file_that_cannot_be_written_is_told_before_the_run(here):
    status, said = called(here, "matrix", "fixed.py", "--markdown", "none/table.md")
    assert status == 2
    assert "--markdown 'none/table.md' cannot be written" in said


COLUMNS = [Column(f"target {k}", str(k), {"routing": "holds", "max-value": "broken", "cases": "10"}) for k in range(5)]


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_table_has_as_many_columns_as_fit_and_loses_none(width):
    lines = as_text(COLUMNS, width)
    assert max(map(len, lines[:-1])) <= width
    assert sum(line.count("target") for line in lines[:-1]) == 5
    assert sum(line.count("BROKEN") for line in lines) == 5


def test_rows_of_which_nobody_has_anything_are_left_out():
    lines = as_markdown(COLUMNS)
    assert not any("conservation" in line or "settings" in line for line in lines)
