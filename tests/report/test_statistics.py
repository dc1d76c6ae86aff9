"""`poolproof cases`: it counts what a run draws, and every trigger is met often enough."""

from collections import Counter

from poolproof.properties.cases.drawing import drawn
from poolproof.properties.cases.triggers import TRIGGERS, reached
from poolproof.properties.contract import CALLABLES
from poolproof.properties.doors.cli import main
from poolproof.properties.lawbook import LAWS
from poolproof.properties.report.statistics import EVERYTHING, counted
from poolproof.properties.run.trial import TrialSettings
from selection import slow

FLOOR = 10
"""A default run of all laws meets no trigger less often; test_cases.py tests the same for the laws that need each."""


@slow
def test_every_trigger_is_above_its_floor():
    total = Counter()
    for law in LAWS:
        total += counted(law, None, TrialSettings(seed=0))
    assert {name: total[name] for name in TRIGGERS if total[name] < FLOOR} == {}


def test_the_statistics_are_printed_by_trigger_and_law(capsys):
    assert main(["cases", "--statistics", "--laws", "routing,identity", "--examples", "40", "--seed", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 3, 40 cases of each of 2 laws"
    cases = drawn(LAWS["routing"], EVERYTHING, CALLABLES, 40, 3)
    one_hot = sum("dy one-hot" in reached(case) for case in cases)
    row = next(k for k, text in enumerate(lines) if text.startswith("dy one-hot"))
    assert lines[row].split()[-1] == str(one_hot) == "40"
    assert lines[row + 1] == "    routing 40"
    assert any(text.startswith("window wholly in padding") and text.endswith(" 0") for text in lines)


def test_cases_are_printed_as_calls(capsys):
    assert main(["cases", "naive", "--laws", "max-value", "--examples", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "max-value"
    assert lines.count("  max_forward") == 3
    assert lines[3].startswith("    x = [[[[")


def test_laws_that_a_target_cannot_be_asked_are_left_out(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "only.py").write_text("import numpy as np\ndef mean_forward(x, size, stride):\n    return x\n")
    assert main(["cases", "only.py", "--laws", "forward", "--examples", "2"]) == 0
    said = capsys.readouterr().out
    assert "mean-value" in said
    assert "max-value" not in said
