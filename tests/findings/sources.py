"""The findings, read from their scripts: docstring, header, and a few lines in a library."""

import ast
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "findings"
HEADER = re.compile(r"^# /// script\n(?P<toml>(?:#(?: .*)?\n)+?)# ///\n", re.MULTILINE)
"""The block of metadata of a script, as PEP 723 defines it."""


@dataclass(frozen=True)
class Finding:
    """One script, what it prints, and what it should print."""

    file: Path
    title: str
    text: str
    script: str
    needs: list
    mistake: str
    kind: str
    upstream: str
    prints: str
    expected: str
    laws: dict = field(default_factory=dict)
    also: list = field(default_factory=list)
    conventions: list = field(default_factory=list)
    unseen: str = ""

    @property
    def name(self):
        """Its name in faults and tests: the library and the file."""
        return f"{self.file.parent.name}-{self.file.stem.replace('_', '-')}"

    @property
    def seen(self):
        """The distribution that it is about, with the version in which it was seen."""
        return f"{self.needs[0].name} {next(iter(self.needs[0].specifier)).version}"


@dataclass(frozen=True)
class Library:
    """What was tried on a library, how many laws passed by target, and the findings."""

    name: str
    version: str
    asked: str
    holds: dict
    findings: list


def finding(file):
    """The finding of a script. Raises TypeError if keys of the header are missing or unknown."""
    source = file.read_text(encoding="utf-8")
    header = HEADER.search(source)
    metadata = tomllib.loads(re.sub(r"^# ?", "", header["toml"], flags=re.MULTILINE))
    fields = metadata["tool"]["poolproof"]
    title, text = ast.get_docstring(ast.parse(source)).split("\n\n", 1)
    return Finding(
        file=file,
        title=title.removesuffix("."),
        text=text,
        script=source[header.end() :].lstrip("\n"),
        needs=[Requirement(each) for each in metadata["dependencies"]],
        mistake=fields.pop("class"),
        **fields,
    )


def library(folder):
    """A library with its findings, bugs first."""
    stated = tomllib.loads((folder / "library.toml").read_text(encoding="utf-8"))
    found = sorted(map(finding, folder.glob("*.py")), key=lambda each: (each.kind, each.file))
    return Library(name=folder.name, findings=found, **stated)


LIBRARIES = [library(file.parent) for file in sorted(FOLDER.glob("*/library.toml"))]
FINDINGS = [each for library in LIBRARIES for each in library.findings]
