"""The version has one source, pyproject.toml; everything else reads the metadata of the installed distribution."""

import importlib.metadata
import re
import runpy

from places import ROOT
from poolproof.properties.report.render import versions
from shell import called

SOURCE = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def test_the_installed_version_is_that_of_the_sources():
    assert importlib.metadata.version("poolproof") == SOURCE


def test_the_command_and_reports_and_the_site_name_it(monkeypatch):
    assert called(".", "--version") == (0, f"poolproof {SOURCE}\n")
    assert versions().poolproof == SOURCE
    monkeypatch.syspath_prepend(ROOT / "docs")
    assert runpy.run_path(str(ROOT / "docs" / "conf.py"))["release"] == SOURCE


def test_no_other_file_that_is_installed_has_it():
    files = [path for room in ("kernels", "properties") for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 100
    assert [path.name for path in files if f'"{SOURCE}"' in path.read_text(encoding="utf-8")] == []
