"""Markdown for arbitrary text: nothing in it is read as markup, as a mention or as a link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..data.text import cleaned

MOST_BLOCK = 10_000
"""The most characters of a block of code: GitHub takes a page of 1 MiB."""


def code(text: str) -> str:
    """A text as inline code."""
    shown = cleaned(text)
    fence = "`" * (longest_run(shown) + 1)
    space = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def cell(text: str) -> str:
    """A text as code in a table cell, where a bar would end the cell even within code."""
    return code(text).replace("|", "\\|")


def block(text: str, most: int = MOST_BLOCK) -> str:
    """A text of several lines as a block of code, with at most `most` characters in each line and in total."""
    lines = [cleaned(line, most) for line in text[:most].split("\n")]
    rest = ["..."] if len(text) > most else []
    fence = "`" * max(3, longest_run(text) + 1)
    return "\n".join([f"{fence}text", *lines, *rest, fence])


def longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
