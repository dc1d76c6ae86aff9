"""Markdown that any text can be put into: nothing in it is read as markup, as a mention or as a link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..data.text import cleaned

MOST_BLOCK = 10_000
"""Characters of a block of code: GitHub takes a page of 1 MiB."""


def code(text: str) -> str:
    """A text as code within a line."""
    shown = cleaned(text)
    fence = "`" * (longest_run(shown) + 1)
    space = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def cell(text: str) -> str:
    """A text as code in a cell of a table, where a bar would end the cell even within code."""
    return code(text).replace("|", "\\|")


def block(text: str, most: int = MOST_BLOCK) -> str:
    """A text of several lines as a block of code, with at most so many characters of each line and of all."""
    lines = [cleaned(line, most) for line in text[:most].split("\n")]
    rest = ["..."] if len(text) > most else []
    fence = "`" * max(3, longest_run(text) + 1)
    return "\n".join([f"{fence}text", *lines, *rest, fence])


def longest_run(text: str) -> int:
    """How many backticks stand together at most."""
    return max(map(len, re.findall("`+", text)), default=0)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; its cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
