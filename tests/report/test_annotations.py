"""Annotations of GitHub Actions: only there, one for each cause, escaped as GitHub's runner expects."""

import re

import pytest
from failing import HEADLINE, HOSTILE, failure, named
from poolproof.properties.report.annotations import as_annotations, in_message, in_property
from poolproof.properties.run.causes import causes_of


@pytest.fixture
def on_github(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


def read(line):
    """A line as GitHub's runner parses it: the properties, and the message."""
    properties, message = re.fullmatch(r"::error ([^:]*)::(.*)", line).groups()
    pairs = dict(each.split("=", 1) for each in properties.split(","))
    return {name: unescaped(value) for name, value in pairs.items()}, unescaped(message)


def unescaped(text):
    for escape, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


@pytest.mark.parametrize("value", ["", "false"])
def test_there_are_none_elsewhere(value, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    assert as_annotations(causes_of([failure("routing")])) == []


def test_each_cause_is_one_annotation_with_what_is_wrong_and_its_laws(on_github, monkeypatch, here):
    (here / "pool.py").write_text("")
    named(monkeypatch, "stride-swapped")
    results = [failure("routing", "stride-swapped"), failure("max-value", "stride-swapped"), failure("identity")]
    first, second = map(read, as_annotations(causes_of(results)))
    assert first == (
        {"title": "pool.py: stride-swapped", "file": "pool.py"},
        f"{HEADLINE}\nThe stride-swapped is wrong.\nThe stride-swapped should be right.\nLaws: routing, max-value",
    )
    assert second[1] == f"{HEADLINE}\nLaws: identity"


def test_a_file_is_named_as_the_repository_has_it(on_github, here, monkeypatch):
    (here / "kernels").mkdir()
    (here / "kernels" / "pool.py").write_text("")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here))
    monkeypatch.chdir(here / "kernels")
    (line,) = as_annotations(causes_of([failure("routing")]))
    assert read(line)[0]["file"] == "kernels/pool.py"


def test_a_target_that_is_no_file_has_no_place(on_github):
    (line,) = as_annotations(causes_of([failure("routing", target="none.py")]))
    assert list(read(line)[0]) == ["title"]


def test_escapes_are_those_that_github_documents():
    assert in_message("100%\r\n:,") == "100%25%0D%0A:,"
    assert in_property("100%\r\n:,") == "100%25%0D%0A%3A%2C"


def test_hostile_names_stay_in_their_line(on_github):
    (line,) = as_annotations(causes_of([failure(HOSTILE, target=HOSTILE, needs=[HOSTILE], message=HOSTILE)]))
    assert line.isprintable()
    assert line.startswith("::error title=`|<script>@all](//x)\\n%3A%3Aerror%3A%3A\\x1b[2J")
    assert read(line)
