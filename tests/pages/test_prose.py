"""The English of pages and messages: phrases that we avoid are found where people read, and code is left alone."""

import prose
import pytest
from selection import slow

pytestmark = pytest.mark.once


@slow
def test_no_page_docstring_comment_or_message_has_a_phrase_that_we_avoid():
    assert prose.found() == []


def test_pages_and_sources_are_read():
    names = {str(path.relative_to(prose.ROOT)) for path, _ in prose.files()}
    assert {"README.md", "docs/explanation/why.md", "kernels/layer.py", "properties/oracle.py"} <= names
    assert not {name for name in names if name.endswith(prose.WRITTEN_BY_PROGRAMS)}


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("One thread if not said.", "if not said"),
        ("The user is\ntold.", "is told"),
        ("Nobody is timed.", "Nobody"),
        ("100 cases a law", "cases a law"),
        ("It seems to have failed.", "seems to have failed"),
        ("Who keeps it may declare it.", "Who keeps"),
        ("After so many calls.", "so many"),
        ("Float64 is not asked.", "not asked"),
        ("It is is wrong.", "is is"),
    ],
)
def test_a_phrase_is_found_on_a_page(text, phrase):
    assert [each[:2] for each in prose.of_page(f"# A page\n\n{text}\n")] == [(3, phrase)]


@pytest.mark.parametrize(
    "text",
    [
        "```text\nNobody is told.\n```",
        "Run `nobody` and [this](so many.md).",
        "So many cells that none is left; people who read; it is told apart; not asked for; which cases a law needs.",
        "# Memory\n\nMemory is bounded.",
    ],
)
def test_code_and_plain_english_are_left_alone(text):
    assert prose.of_page(text) == []


def test_docstrings_messages_and_comments_are_read():
    source = '''"""First.

Nobody reads this."""

told = "the user is told"  # Who asks is wrong


def nobody(somebody):
    """At most so many windows; so many cells that none is left."""
    return f"{somebody} is told"
'''
    found = [(line, phrase) for line, phrase, _ in prose.of_python(source)]
    assert sorted(found) == [(3, "Nobody"), (5, "Who asks"), (5, "is told"), (9, "so many"), (10, "is told")]
