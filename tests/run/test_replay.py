"""A report may be a stranger's: its targets run only after somebody agrees, and nothing in it causes a traceback."""

import builtins
import copy
import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from poolproof.properties.doors.cli import main
from sample import REPORT
from selection import examples, once_but, slow
from shell import ended, kernels_in, poolproof, status_of

MARK = "open('it-ran', 'w').close()\n"
NAMED = {
    "file": "mine.py",
    "object": "mine.py:max_forward",
    "module": "mine",
    "program": "command:touch it-ran",
    "interpreter": "naive@./python",
    "adapter": "torch@./python",
    "module of a shipped name": "torch:",
    "hostile": "\x1b[2Jnaive\n\u202e",
}


def report_on(*targets):
    """A report with a failure of each target."""
    return {**REPORT, "targets": [{**copy.deepcopy(REPORT["targets"][0]), "target": target} for target in targets]}


@pytest.fixture
def here(here):
    """A folder with a file that leaves a mark when it is imported, and a program that does so when it is run."""
    kernels_in(here)
    (here / "mine.py").write_text(MARK + "from poolproof.kernels.naive import *\n")
    (here / "python").write_text("#!/bin/sh\ntouch it-ran\n")
    (here / "python").chmod(0o755)
    return here


def terminal(monkeypatch, *answers):
    """Make standard input a terminal at which these answers are given; without answers it is at its end."""
    given_at = iter(answers)

    class Terminal:
        closed = False

        def isatty(self):
            return True

    def asked(prompt=""):
        sys.stdout.write(prompt)
        try:
            return next(given_at)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(builtins, "input", asked)


@pytest.mark.parametrize("target", NAMED.values(), ids=NAMED)
def test_without_a_terminal_nothing_of_a_report_runs(target, here, capsys):
    (here / "report.json").write_text(json.dumps(report_on(target)))
    status, said = ended(["replay", "report.json"], capsys)
    assert status == 2
    assert len(said) == 1
    assert repr(target)[:10] in said[0]
    assert "--yes" in said[0]
    assert said[0].isprintable()
    assert not (here / "it-ran").exists()


@pytest.mark.parametrize("answers", [["n"], [""], ["no"], ["yess"], []], ids=str)
def test_at_a_terminal_it_runs_only_if_somebody_agrees(answers, here, monkeypatch, capsys):
    (here / "report.json").write_text(json.dumps(report_on("naive", *NAMED.values())))
    terminal(monkeypatch, *answers)
    with pytest.raises(SystemExit) as end:
        main(["replay", "report.json"])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.err == "poolproof replay: nothing was run\n"
    asked = said.out.splitlines()
    assert asked == [asked[0], *(f"  {target!r}" for target in NAMED.values()), "run this? [y/N] "]
    assert all(line.isprintable() for line in asked)
    assert not (here / "it-ran").exists()


@pytest.mark.parametrize("answer", ["y", "YES", " y "])
def test_at_a_terminal_it_runs_if_somebody_agrees(answer, here, monkeypatch, capsys):
    (here / "report.json").write_text(json.dumps(report_on("mine.py")))
    terminal(monkeypatch, answer)
    assert main(["replay", "report.json", "--in-process"]) == 0
    assert "max-value on mine.py: holds now" in capsys.readouterr().out
    assert (here / "it-ran").exists()


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["mine.py"], ["--yes"]),
        (["mine.py", "command:touch it-ran"], ["naive"]),
        (["naive", "img2col"], []),
        ([], []),
    ],
    ids=["yes", "another-target", "shipped", "nothing"],
)
def test_what_needs_no_question_is_not_asked(targets, words, here, capsys):
    (here / "report.json").write_text(json.dumps(report_on(*targets)))
    assert main(["replay", "report.json", *words, "--in-process"]) == 0
    assert (here / "it-ran").exists() == ("--yes" in words)
    assert "[y/N]" not in capsys.readouterr().out


def test_a_closed_standard_input_is_no_terminal(here, monkeypatch, capsys):
    (here / "report.json").write_text(json.dumps(report_on("mine.py")))
    monkeypatch.setattr(sys, "stdin", None)
    assert ended(["replay", "report.json"], capsys)[0] == 2


def test_a_target_that_only_holds_is_not_asked_about(here, capsys):
    report = report_on("naive", "mine.py")
    report["targets"][1]["laws"][0].update(verdict="holds", counterexample=None)
    report["targets"][1]["conventions"] = {}
    (here / "report.json").write_text(json.dumps(report))
    assert main(["replay", "report.json"]) == 0
    assert not (here / "it-ran").exists()


def test_what_a_report_says_is_printed_without_control_characters(here, capsys):
    report = report_on("naive")
    law = report["targets"][0]["laws"][0]
    report["targets"][0]["laws"].append({**law, "law": "\x1b[2J\n1 replayed: 0 still fail"})
    report["targets"][0]["conventions"] = {"\x1b]0;": report["targets"][0]["conventions"]["ties"]}
    (here / "report.json").write_text(json.dumps(report))
    assert main(["replay", "report.json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in said)
    assert any("cannot be replayed, there is no such law here" in line for line in said)
    assert main(["matrix", "report.json", "--markdown", "table.md"]) == 0
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())
    assert all(line.isprintable() for line in (here / "table.md").read_text().splitlines())


@slow
def test_a_real_report_is_read_back(here):
    words = ["--examples", "20", "--seed", "1", "--in-process", "-n", "0", "--json", "report.json"]
    assert poolproof(here, "check", "faulty.py", *words, "--expect", "ties=last")[0] == 1
    status, said = poolproof(here, "replay", "report.json", "--yes", "--in-process")
    (target,) = json.loads((here / "report.json").read_text())["targets"]
    failed = [law for law in target["laws"] if law["counterexample"]]
    assert status == 1
    assert len(failed) > 2
    assert said.splitlines()[-1] == f"{len(failed)} replayed: {len(failed) - 1} still fail"
    assert "ties=last on faulty.py: cannot be replayed" in said


# Anything anywhere in a report.

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([10**30, -(10**30), 2**63, 1e300, float("inf"), float("nan"), -0.0, 0.5]),
    st.sampled_from(["", " ", "naive", "varies", "max_backward", "\x1b[2J", "\ud800", "x" * 2000, "O", "<f8", "bool"]),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),  # new ones each time: a second change could put a shared one into itself
    st.builds(lambda: {"": None}),
)


def paths(value, path=()):
    """The path of everything in a report."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


PATHS = [path for path in paths(REPORT) if path]


def mutated(draw, report):
    """The report with something deleted, replaced, moved or nested."""
    path = draw(st.sampled_from(PATHS))
    inner = report
    try:
        for key in path[:-1]:
            inner = inner[key]
        how = draw(st.sampled_from(["delete", "replace", "wrap", "copy", "double"]))
        if how == "delete":
            del inner[path[-1]]
        elif how == "replace":
            inner[path[-1]] = draw(ODD)
        elif how == "wrap":
            inner[path[-1]] = draw(st.sampled_from([lambda x: [x], lambda x: {"a": x}]))(inner[path[-1]])
        elif how == "copy":
            inner[path[-1]] = copy.deepcopy(at(REPORT, draw(st.sampled_from(PATHS))))
        else:
            inner[path[-1]] = [inner[path[-1]]] * 2
    except (LookupError, TypeError):
        pass  # an earlier change has removed the place


def at(value, path):
    """The value at a path."""
    for key in path:
        value = value[key]
    return value


@st.composite
def reports(draw):
    """The text of a report with up to three changes."""
    report = copy.deepcopy(REPORT)
    for _ in range(draw(st.integers(1, 3))):
        mutated(draw, report)
    return json.dumps(report)


@examples(300)
@given(text=reports())
@pytest.mark.parametrize("command", ["replay", "matrix"])
def test_no_change_of_a_report_ends_in_a_traceback(command, text, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / f"{command}-{os.getpid()}.json"
    file.write_text(text)
    assert status_of([command, str(file)]) in (0, 1, 2)


@pytest.mark.parametrize("command", ["replay", "matrix"])
@pytest.mark.parametrize(
    "path", once_but(PATHS, *PATHS[::10], others=slow), ids=lambda path: "-".join(map(str, path[1:]))
)
def test_nothing_in_a_report_may_be_nested_without_end(command, path, here, capsys):
    deep = json.dumps(REPORT)
    report = copy.deepcopy(REPORT)
    at(report, path[:-1])[path[-1]] = "HERE"
    deep = json.dumps(report).replace('"HERE"', "[" * 100_000 + "]" * 100_000)
    (here / "report.json").write_text(deep)
    status, said = ended([command, "report.json"], capsys)
    assert status == 2
    (line,) = said
    assert line.startswith(f"poolproof {command}: report 'report.json' is not one of check --json: ")
    assert line.endswith("it is nested too deeply") or ": Expected `" in line
