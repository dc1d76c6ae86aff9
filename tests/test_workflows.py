"""Continuous integration runs the environments of tox, under the versions of Python that the project supports."""

import re

from places import ROOT
from selection import once

pytestmark = once

WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"


def words(file, pattern):
    """The words of a list in a file of the project."""
    return re.findall(r"[\w.]+", re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)[1])


VERSIONS = re.findall(r'Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENTS = words("tox.ini", r"^env_list = (.*)$")


def test_the_workflow_tests_every_version_of_python_that_the_project_names():
    assert words(WORKFLOW, r"^ +python: \[(.*)\]$") == VERSIONS
    assert sorted(words(WORKFLOW, r"^ +python-version: \|\n((?: +3\.\d+\n)+)")) == VERSIONS
    assert {f"py{version.replace('.', '')}" for version in VERSIONS} <= set(ENVIRONMENTS)


def test_the_page_about_installing_names_them():
    assert f"{VERSIONS[0]} to {VERSIONS[-1]}" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_the_workflow_runs_every_environment_of_tox_and_builds_the_distributions():
    assert {*words(WORKFLOW, r"^ +environment: \[(.*)\]$")} == {
        each for each in ENVIRONMENTS if not each.startswith("py3")
    }
    assert "run: tox -e release" in WORKFLOW.read_text(encoding="utf-8")
    assert "[testenv:release]" in (ROOT / "tox.ini").read_text(encoding="utf-8")
