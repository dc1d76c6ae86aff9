"""`poolproof matrix`: laws and conventions as rows, a column for each target; on the terminal and as Markdown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..conventions import CONVENTIONS, EXPECTED
from ..data.files import Output
from ..data.text import cleaned
from ..lawbook.huge import EVERY
from ..results import FAILURES, Result, TargetReport
from ..run.reading import targets_of
from ..run.request import Request
from ..run.session import Session
from ..run.units import CONVENTIONS_ITEM
from . import render as report
from .console import Console

NOTHING = {"unsupported": "-", "not run": "?"}
"""Cells that stand for what was not tested, and for what should have been."""

LEGEND = "- not asked, or not offered; ? not run, or not to the end"


@dataclass
class Column:
    """One target: its cells by row, what stands where it has none, and what must be known to read them."""

    title: str
    spec: str
    cells: dict[str, str] = field(default_factory=dict)
    note: str = ""
    empty: str = "-"


class Matrix(Console):
    """The same run as `check`, reported as a table; `reports` are columns of runs before it."""

    def __init__(
        self, request: Request, session: Session, markdown: str | None = None, reports: Sequence[Column] = ()
    ) -> None:
        super().__init__(request, session)
        self.markdown, self.reports = markdown, reports

    def sections(self, results: list[Result]) -> dict[str, list[str]]:
        """The table, and what failed."""
        failed = report.failures(results)
        lines = as_text(self.columns(results), width())
        return {"": [*lines, *(line for block in failed for line in ("", *block.split("\n")))]}

    def outputs(self, file: str | None, results: list[Result], partial: bool) -> list[Output]:
        """The table as well."""
        return [*super().outputs(file, results, partial), markdown_of(self.columns(results), self.markdown)]

    def columns(self, results: list[Result]) -> list[Column]:
        """The columns of the targets, and of the reports."""
        return told_apart([*(self.column(spec, results) for spec in self.request.targets), *self.reports])

    def column(self, spec: str, results: list[Result]) -> Column:
        """The column of a target, or of one that could not be loaded."""
        if spec in self.refused:
            return Column(spec, spec, note=f"cannot be judged: {self.refused[spec]}", empty="?")
        unobserved = [result.reason for result in results if result.target == spec and result.law == CONVENTIONS_ITEM]
        return column_of(report.target_report(self.session.loaded[spec], results), "; ".join(filter(None, unobserved)))


def from_reports(files: Sequence[str]) -> list[Column]:
    """The columns of reports that were written before. Raises Unusable."""
    found = [(file, target) for file in files for target in targets_of(file)]
    return told_apart([replace(column_of(target), spec=f"{target.target} of {file}") for file, target in found])


def column_of(target: TargetReport, unobserved: str = "") -> Column:
    """What was found on a target, from its part of a report."""
    laws = target.laws
    cells = {law.law: NOTHING.get(law.verdict, law.verdict) for law in laws}
    for name, found in target.conventions.items():
        cells[name] = ", ".join(found.all_values)
    cells["cases"] = f"{sum(law.examples for law in laws):,}"
    cells["seconds"] = f"{sum(law.seconds for law in laws):.0f}"
    unfinished = [law for law in laws if law.verdict == "not run" or law.partial]
    for law in unfinished:
        cells[law.law] = cells[law.law].rstrip("?") + "?"
    reasons = dict.fromkeys(law.reason or "the time limit was reached" for law in unfinished)
    told = f"{report.count(len(unfinished), 'law')} unfinished: {'; '.join(reasons)}" if unfinished else ""
    note = "; ".join(filter(None, (told, unobserved)))
    cells = {cleaned(row): cleaned(cell) for row, cell in cells.items()}
    title = cleaned(f"{target.name} {target.version}".strip())
    return Column(title, cleaned(target.target), cells, cleaned(note))


def told_apart(columns: list[Column]) -> list[Column]:
    """The columns; those of equal titles under what the user wrote."""
    titles = [column.title for column in columns]
    return [replace(each, title=each.spec) if titles.count(each.title) > 1 else each for each in columns]


def width() -> int:
    """Characters of a line on the terminal."""
    return shutil.get_terminal_size((120, 50)).columns


def markdown_of(columns: list[Column], file: str | None) -> Output:
    """The table as Markdown, for the file that --markdown names."""
    return "--markdown", file, lambda: "\n".join(as_markdown(columns)) + "\n"


def rows(columns: list[Column]) -> Iterator[tuple[str, list[str]]]:
    """The rows of which some column has something, family by family, each family after its name alone."""
    families: dict[str, list[str]] = {}
    for law in EVERY.values():
        families.setdefault(law.family, []).append(law.name)
    families["conventions"] = list(CONVENTIONS)
    families["expected"] = list(dict.fromkeys(name for column in columns for name in column.cells if name in EXPECTED))
    families["in all"] = ["cases", "seconds"]
    for family, names in families.items():
        filled = [name for name in names if any(column.cells.get(name, "-") != "-" for column in columns)]
        if filled:
            yield family, []
            yield from ((name, [column.cells.get(name, column.empty) for column in columns]) for name in filled)


def notes(columns: list[Column]) -> list[str]:
    """What must be known to read the table."""
    return [LEGEND, *(f"{column.title}: {column.note}" for column in columns if column.note)]


def as_text(columns: list[Column], width: int) -> list[str]:
    """The table in blocks of as many columns as fit."""
    lines: list[str] = []
    first = max(len(name) for name, _ in rows(columns))
    while columns:
        widths = [max([len(c.title), *(len(cell) for cell in c.cells.values())]) for c in columns]
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
