"""`poolproof matrix`: laws and conventions as rows, a column for each target; on the terminal and as Markdown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import report
from .console import Console
from .conventions import CONVENTIONS
from .lawbook import LAWS
from .results import FAILURES, Result
from .session import CONVENTIONS_ITEM, Bench, Request
from .target import Target

NOTHING = {"unsupported": "-", "not run": "?"}
"""Cells that stand for what was not tested, and for what should have been."""

LEGEND = "- it does not offer what the law or convention is about; ? not run to the end"


@dataclass
class Column:
    """One target: its cells by row, and what must be known to read them."""

    title: str
    cells: dict[str, str] = field(default_factory=dict)
    note: str = ""


class Matrix(Console):
    """The same run as `check`, reported as a table."""

    def __init__(self, request: Request, bench: Bench, markdown: str = "") -> None:
        super().__init__(request, bench)
        self.markdown = markdown

    def sections(self, results: list[Result]) -> dict[str, list[str]]:
        """The table, and what failed."""
        columns = [self.column(spec, results) for spec in self.request.targets]
        titles = [column.title for column in columns]
        for column, spec in zip(columns, self.request.targets, strict=True):
            column.title = spec if titles.count(column.title) > 1 else column.title
        if self.markdown:
            Path(self.markdown).write_text("\n".join(as_markdown(columns)) + "\n", encoding="utf-8")
        failed = report.failures(results)
        table = as_text(columns, shutil.get_terminal_size((120, 50)).columns)
        return {"": [*table, *(line for block in failed for line in ("", *block.split("\n")))]}

    def column(self, spec: str, results: list[Result]) -> Column:
        """The column of a target, or of one that could not be loaded."""
        if spec in self.refused:
            return Column(spec, dict.fromkeys((*LAWS, *CONVENTIONS), "?"), f"cannot be judged: {self.refused[spec]}")
        return column_of(self.bench.loaded[spec], [result for result in results if result.target == spec])


def column_of(target: Target, results: list[Result]) -> Column:
    """What was found on a target."""
    laws = [result for result in results if result.law != CONVENTIONS_ITEM]
    cells = {result.law: NOTHING.get(result.verdict, result.verdict) for result in laws}
    for result in results:
        for name, found in result.conventions.items():
            cells[name] = ", ".join(found["values"]) if found["value"] == "varies" else found["value"]
    cells["cases"] = f"{sum(result.examples for result in laws):,}"
    cells["seconds"] = f"{sum(result.seconds for result in results):.0f}"
    unfinished = [result for result in results if result.verdict == "not run" or result.partial]
    reasons = dict.fromkeys(result.reason or "its time was over" for result in unfinished)
    note = f"{report.count(len(unfinished), 'row')} unfinished: {'; '.join(reasons)}" if unfinished else ""
    for result in unfinished:
        cells[result.law] = f"{cells.get(result.law, '?')}?".replace("??", "?")
    return Column(f"{target.name} {target.declared.version}".strip(), cells, note)


def rows(columns: list[Column]) -> Iterator[tuple[str, list[str]]]:
    """The rows of which some column has something, family by family, each family after its name alone."""
    families: dict[str, list[str]] = {}
    for law in LAWS.values():
        families.setdefault(law.family, []).append(law.name)
    families["conventions"] = list(CONVENTIONS)
    pinned = [name for column in columns for name in column.cells if "=" in name]
    families["expected"] = list(dict.fromkeys(pinned))
    families["in all"] = ["cases", "seconds"]
    for family, names in families.items():
        filled = [name for name in names if any(column.cells.get(name, "-") != "-" for column in columns)]
        if filled:
            yield family, []
            yield from ((name, [column.cells.get(name, "-") for column in columns]) for name in filled)


def notes(columns: list[Column]) -> list[str]:
    """What must be known to read the table."""
    return [LEGEND, *(f"{column.title}: {column.note}" for column in columns if column.note)]


def as_text(columns: list[Column], width: int) -> list[str]:
    """The table in blocks of as many columns as fit."""
    lines: list[str] = []
    first = max(len(name) for name, _ in rows(columns))
    while columns:
        widths = [max(len(c.title), *(len(cell) for cell in c.cells.values())) for c in columns]
        fits = [k for k in range(1, len(columns) + 1) if first + sum(widths[:k]) + 2 * k <= width]
        block, widths = columns[: max(fits, default=1)], widths[: max(fits, default=1)]
        lines += [padded("", [column.title for column in block], first, widths)]
        lines += [padded(name, cells, first, widths) for name, cells in rows(block)]
        lines += ["", *notes(block)[1:]]
        columns = columns[len(block) :]
    return [*lines, LEGEND]


def padded(name: str, cells: list[str], first: int, widths: list[int]) -> str:
    """One line of the table; the name of a family stands alone."""
    loud = [cell.upper() if cell in FAILURES else cell for cell in cells]
    text = "".join(f"  {cell:{width}}" for cell, width in zip(loud, widths, strict=False))
    return f"{name:{first}}{text}".rstrip()


def as_markdown(columns: list[Column]) -> list[str]:
    """The table as Markdown, and the notes below it."""
    lines = ["| | " + " | ".join(column.title for column in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, cells in rows(columns):
        bold = [f"**{cell}**" if cell in FAILURES else cell for cell in cells]
        text = [f"{name}", *bold] if cells else [f"**{name}**", *([""] * len(columns))]
        lines.append("| " + " | ".join(text) + " |")
    return [*lines, "", *(f"{note}  " for note in notes(columns))]
