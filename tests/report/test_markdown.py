"""Markdown: any text stays code."""

import pytest
from failing import HOSTILE
from poolproof.properties.report.markdown import block, cell, code, table


def unspanned(markdown):
    """The text of a code span, as CommonMark parses it."""
    fence = len(markdown) - len(markdown.lstrip("`"))
    inner = markdown[fence:-fence]
    assert markdown == "`" * fence + inner + "`" * fence
    assert "`" * fence not in inner
    padded = inner.startswith(" ") and inner.endswith(" ") and inner.strip()
    return inner[1:-1] if padded else inner


@pytest.mark.parametrize("text", ["max", "`", "``", "a`b", "`a``b```", " a ", "a|b", "<b>", "@all"])
def test_a_span_of_code_is_the_text_and_nothing_ends_it_early(text):
    assert unspanned(code(text)) == text


def test_a_span_of_code_is_one_line_without_control_characters():
    assert code(HOSTILE).isprintable()


def test_a_bar_does_not_end_a_cell():
    assert cell("a|b") == "`a\\|b`"
    assert table(["law", cell("a|b")], [["x", "1"]]) == "| law | `a\\|b` |\n| --- | --- |\n| x | 1 |"


def test_a_block_ends_where_its_text_does():
    lines = block("a\n```\n````\n<b>\x1b").split("\n")
    assert lines == ["`````text", "a", "```", "````", "<b>\\x1b", "`````"]


def test_a_long_text_is_cut():
    assert block("ab" * 100, most=10) == "```text\nababababab\n...\n```"
