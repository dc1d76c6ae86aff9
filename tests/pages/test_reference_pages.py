"""The reference pages are complete: callables, settings, declarations, conventions, commands and laws."""

import importlib.util
import re

import pytest
from places import ROOT
from poolproof import kernels, properties
from poolproof.properties.contract import CALLABLES, CHOICES, MEAN_SETTINGS
from poolproof.properties.conventions import CONVENTIONS
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.doors.options import RUN
from poolproof.properties.lawbook.huge import EVERY
from poolproof.properties.remote.vocabulary import DECLARATION_NAMES
from poolproof.properties.results import VERDICTS
from selection import once, slow

pytestmark = once

REFERENCE = ROOT / "docs" / "reference"
SHARED = ("refused", "other")
"""Values that every convention can have, described at the beginning of their page."""


def text(page):
    """The text of a page."""
    return (REFERENCE / page).read_text(encoding="utf-8")


def rows(page, head):
    """The rows of a table with this head: the first cell, and the second."""
    table = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text(page), re.MULTILINE)[1]
    return [re.fullmatch(r"\| (.*?) \| (.*) \|", row).groups() for row in table.splitlines()]


def words(cell):
    """The words in backticks of a cell, without the brackets after them."""
    return [each.partition("(")[0] for each in re.findall(r"`([^`]+)`", cell)]


def first_words(page, head):
    """The words in the first cells of a table."""
    return [word for cell, _ in rows(page, head) for word in words(cell)]


def test_the_contract_has_every_callable_and_every_setting():
    assert sorted(first_words("contract.md", "callable")) == sorted(CALLABLES)
    assert first_words("contract.md", "keyword") == list(MEAN_SETTINGS)


def test_every_declaration_has_a_row_with_its_choices():
    meanings = {word: meaning for cell, meaning in rows("declarations.md", "declaration") for word in words(cell)}
    assert sorted(meanings) == sorted(DECLARATION_NAMES)
    for name, choices in CHOICES.items():
        named = [choice for choice in choices if isinstance(choice, str)]
        assert [choice for choice in named if f'"{choice}"' not in meanings[name]] == []


def test_every_verdict_has_a_row():
    assert first_words("check.md", "verdict") == list(VERDICTS)


def test_the_page_of_the_api_has_every_public_name():
    documented = re.findall(r"^\.\. auto\w+:: ([\w.]+)", text("api.md"), re.MULTILINE)
    named = {f"{module.__name__}.{name}" for module in (properties, kernels) for name in module.__all__}
    alike = {"poolproof.kernels.compiled", "poolproof.kernels.img2col"}  # `naive` stands for the three
    assert named - alike - set(documented) == set()
    assert {f"poolproof.properties.oracle.{name}" for name in ("expected", *CALLABLES)} <= set(documented)
    assert {"poolproof.properties.wrappers", "poolproof.properties.strategies"} <= set(documented)


def sections():
    """The sections about conventions, by name: the first line, and the values."""
    found = re.findall(r"^### ([\w-]+)\n\n(.*)\n\n((?:- .*\n)+)", text("conventions.md"), re.MULTILINE)
    return {name: (line, re.findall(r"^- `(.*?)`: [A-Z+-].*\.$", values, re.M)) for name, line, values in found}


def test_every_convention_has_a_section_in_the_order_of_the_registry():
    assert list(sections()) == list(CONVENTIONS)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_section_has_the_question_the_callables_and_a_sentence_for_each_value(name):
    convention, (line, values) = CONVENTIONS[name], sections()[name]
    question, _, about = line.partition(" About ")
    assert question == convention.question
    assert values == [value for value in convention.values if value not in SHARED]
    named = re.findall(r"`(\w+)`", about)
    assert not convention.functions or named == [*convention.functions, *convention.needs]
    assert not convention.needs or " with " in about


def test_the_values_of_every_convention_stand_above():
    above = text("conventions.md").partition("## ")[0]
    assert re.findall(r"^- `(\w+)`", above, re.MULTILINE) == [*SHARED, "varies"]


# The pages that are generated with the site.


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """docs/generated.py, which writes into a folder of its own."""
    spec = importlib.util.spec_from_file_location("generated", ROOT / "docs" / "generated.py")
    generated = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generated)
    generated.REFERENCE = tmp_path_factory.mktemp("reference")
    generated.write()
    return generated.REFERENCE


def headings(page, level):
    """The headings of a level."""
    return re.findall(rf"^{'#' * level} (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)


@slow
def test_every_command_has_a_section(made):
    assert headings(made / "commands.md", 2) == [*(f"poolproof {name}" for name in COMMANDS), "The pytest plugin"]


@slow
def test_a_command_has_a_row_for_each_option(made):
    page = (made / "commands.md").read_text(encoding="utf-8")
    plugin = page.partition("## The pytest plugin")[2]
    assert all(f"| `--poolproof-{option.name}" in plugin for option in RUN.values())
    bench = page.partition("## poolproof bench")[2].partition("\n## ")[0]
    assert "poolproof bench [OPTIONS]" in bench
    assert "| `--rounds N` | " in bench
    assert "%(" not in page


def test_every_law_has_a_section_and_its_drawing(made):
    page = (made / "laws.md").read_text(encoding="utf-8")
    assert headings(made / "laws.md", 3) == list(EVERY)
    assert all(f"`{law.formula}`" in page for law in EVERY.values())
    drawings = re.findall(r"\(laws/([\w-]+)\.svg\)", page)
    assert sorted(path.stem for path in (made / "laws").iterdir()) == sorted(drawings)
    assert len(drawings) > 40
