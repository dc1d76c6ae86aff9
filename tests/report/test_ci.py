"""Whole runs for CI systems: the requested files, and what is printed for GitHub."""

from xml.etree import ElementTree

import pytest
from poolproof.properties.doors.cli import main
from selection import slow
from shell import kernels_in, refused

pytestmark = pytest.mark.once

LAWS = ("--laws", "conservation,max-accumulation,gradient-shape")
FEW = ("--seed", "1", "--examples", "20", "-n", "0", "--in-process")
PROOF = ("--exhaustive", "--length", "3", "--laws", "max-accumulation,routing", "-n", "0", "--in-process")


@pytest.fixture
def folder(here):
    return kernels_in(here)


@slow
@pytest.mark.parametrize("words", [(*LAWS, *FEW), PROOF], ids=["drawn", "exhaustive"])
def test_a_run_writes_the_files_that_were_asked_for(words, folder, capsys):
    files = ["--summary", "summary.md", "--junit", "junit.xml", "--write-known", "known.toml"]
    assert main(["check", "faulty.py", *words, *files]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    summary = (folder / "summary.md").read_text()
    assert summary.startswith(f"## poolproof\n\n**{last}**\n\n| failing law | `faulty.py` |\n")
    tests = list(ElementTree.parse(folder / "junit.xml").iter("testcase"))
    assert sum(test.find("failure") is not None for test in tests) == 2
    assert (folder / "known.toml").read_text().count("[[known]]") == 2


@slow
@pytest.mark.parametrize("words", [(*LAWS, *FEW), PROOF], ids=["drawn", "exhaustive"])
def test_a_run_passes_with_the_baseline_it_has_written_and_asks_for_reasons(words, folder, capsys):
    assert main(["check", "faulty.py", *words, "--write-known", "known.toml"]) == 1
    capsys.readouterr()
    assert main(["check", "faulty.py", *words, "--known", "known.toml"]) == 0
    said = capsys.readouterr().out
    assert "2 known" in said.splitlines()[-1]
    assert "warning: known failures without a reason: 2; 'TODO: say why this fails' should be replaced" in said


@slow
def test_another_failure_of_a_law_in_the_baseline_is_new(folder, capsys):
    main(["check", "faulty.py", *LAWS, *FEW, "--write-known", "known.toml"])
    source = folder / "faulty.py"
    source.write_text(source.read_text().replace("    for n, c", "    assert dy.size < 2\n    for n, c"))
    capsys.readouterr()
    assert main(["check", "faulty.py", *LAWS, *FEW, "--known", "known.toml"]) == 1
    said = capsys.readouterr().out
    assert "warning: known failure conservation of 'faulty.py' is listed with the cause " in said
    assert "raised" in said.splitlines()[-1]


@slow
def test_a_reproducer_shows_the_failure_again(folder, capsys):
    main(["check", "faulty.py", *LAWS, *FEW, "--summary", "summary.md"])
    commands = [line for line in (folder / "summary.md").read_text().splitlines() if line.startswith("Reproduce: ")]
    words = commands[0].removeprefix("Reproduce: `poolproof ").removesuffix("`").split()
    capsys.readouterr()
    assert main([*words, "-n", "0"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith(": 1 failed")


@slow
@pytest.mark.parametrize("words", [(*LAWS, *FEW), PROOF], ids=["drawn", "exhaustive"])
def test_github_gets_annotations_and_a_summary_where_it_runs_the_job(words, folder, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "page.md")
    main(["check", "faulty.py", *words])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert lines
    assert all(line.startswith("::error title=faulty.py%3A ") for line in lines)
    assert (folder / "page.md").read_text().startswith("## poolproof\n\n**1 implementation")


@slow
def test_elsewhere_nothing_is_annotated(folder, capsys):
    main(["check", "faulty.py", *LAWS, *FEW])
    assert "::error" not in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--summary", "--junit", "--write-known"])
def test_a_file_that_cannot_be_written_is_told_before_the_run(option, folder, capsys):
    assert f"{option} 'none/file' cannot be written" in refused(["check", "faulty.py", option, "none/file"], capsys)
