"""The scripts of docs/findings.md, run again: each still prints what it is said to print, or is reported as fixed.

A script whose library is not installed is skipped. Without any peer installed this file says nothing about them; the
tox environments for peers install them.
"""

import importlib.metadata
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from poolproof.properties.run.known import load_known
from poolproof.properties.targets.peers import PEERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
PARTS = re.compile(
    r"^### (?P<heading>[^\n]+)\n\n<!-- finding: (?P<name>\S+), needs: (?P<needs>[^\n]+) -->\n\n"
    r"```python\n(?P<script>.*?)^```\n\nIt prints\n\n```text\n(?P<prints>.*?)^```\n\n"
    r"(?:and should print|where others print)\n\n```text\n(?P<right>.*?)^```\n\n(?P<text>.*?)(?=^##|\Z)",
    re.MULTILINE | re.DOTALL,
)


class Finding(NamedTuple):
    """One script, what it prints, and what it should."""

    heading: str
    name: str
    needs: str
    script: str
    prints: str
    right: str
    text: str


FINDINGS = [Finding(**match.groupdict()) for match in PARTS.finditer(PAGE)]


def lacking(finding):
    """The distributions that a script needs and that are not installed."""
    return [name for name in finding.needs.split() if not installed(name)]


def installed(name):
    """The version of a distribution; empty if there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def lines(text):
    """Text without trailing blanks."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


def printed(script, folder):
    """What a script prints, and how it ended if it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode > 0:
        return [*lines(done.stdout), f"ended with {done.returncode}: {done.stderr.strip()[-300:]}"]
    killed = [f"killed by {signal.Signals(-done.returncode).name}"] if done.returncode < 0 else []
    return lines("\n".join([done.stdout.rstrip(), *killed]).lstrip("\n"))


def verdict(got, finding):
    """Nothing if a finding stands; else what became of it."""
    versions = ", ".join(f"{name} {installed(name)}" for name in finding.needs.split())
    if got == lines(finding.prints):
        return ""
    if got == lines(finding.right):
        return f"fixed in {versions}: {finding.name} should be removed, or kept with the versions that have it"
    return f"{finding.name} has changed in {versions}: it prints {got}"


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda each: each.name)
def test_a_finding_stands(finding, tmp_path):
    if missing := lacking(finding):
        pytest.skip(f"not installed: {', '.join(missing)}")
    assert verdict(printed(finding.script, tmp_path), finding) == ""


# The page itself.


def test_every_finding_is_read():
    assert len(FINDINGS) == PAGE.count("\n### ") == PAGE.count("<!-- finding: ") == PAGE.count("```python")
    assert len({each.name for each in FINDINGS}) == len(FINDINGS) > 20


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda each: each.name)
def test_a_finding_says_what_kind_it_is(finding):
    assert finding.prints != finding.right
    assert re.search(r"Class \*[^*]+\*", finding.text)
    assert re.search(r"[Aa] (bug|limit|convention)", finding.text)
    assert re.search(r"Upstream:\s", finding.text)
    compile(finding.script, finding.name, "exec")


# What is known to fail.

KNOWN = sorted((ROOT / "known").glob("*.toml"))


def anchor(heading):
    """Where a heading is found on a page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("file", KNOWN, ids=lambda file: file.stem)
def test_what_is_known_names_adapters_and_findings_that_exist(file):
    anchors = {f"docs/findings.md#{anchor(finding.heading)}" for finding in FINDINGS}
    entries = load_known(file)
    assert {entry.target for entry in entries} <= {peer.name for peer in PEERS.values()}
    assert {entry.finding for entry in entries} <= anchors


def test_every_library_has_a_list_and_every_list_is_used():
    told = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert {f"known/{file.name}" for file in KNOWN} == set(re.findall(r"known/\w+\.toml", told))
    assert {peer.file for peer in PEERS.values()} - {"flax"} == {file.stem for file in KNOWN}


# The judge can fail.

EXAMPLE = Finding("A heading", "example", "pytest", "print(1)", "1\n", "2\n", "")


def test_what_is_printed_is_compared(tmp_path):
    assert printed("print(1); print('a  ')", tmp_path) == ["1", "a"]
    assert printed("import os; print(1, flush=True); os.abort()", tmp_path) == ["1", "killed by SIGABRT"]
    assert printed("raise ValueError(3)", tmp_path)[-1].endswith("ValueError: 3")
    assert verdict(["1"], EXAMPLE) == ""
    assert verdict(["2"], EXAMPLE).startswith("fixed in pytest ")
    assert verdict(["3"], EXAMPLE).startswith("example has changed in pytest ")
