"""`poolproof matrix`: laws and conventions as rows, a column for each target; on the terminal and as Markdown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..conventions import CONVENTIONS, EXPECTED
from ..data.files import Output
from ..data.text import cleaned
from ..lawbook.huge import EVERY
from ..results import FAILURES, Result, TargetReport
from ..run.reading import targets_of
from ..run.request import Request
from ..run.units import CONVENTIONS_ITEM
from . import render
from .console import Console
from .terminal import STYLES, Terminal

if TYPE_CHECKING:
    from rich.table import Table

NOTHING = {"unsupported": "-", "not run": "?"}
"""The cells of laws that were not tested, and of laws that should have been."""

GAP = "  "
"""The gap between two columns of text."""

RULE, RULES = 3, 4
"""The characters that each further column of a table takes beside its text, and the table with its first column."""

LEGEND = "- not tested, or not offered; ? not run, or not to the end"


@dataclass
class Column:
    """One target: its cells by row, the text of an empty cell, and a note needed to read the column."""

    title: str
    spec: str
    cells: dict[str, str] = field(default_factory=dict)
    note: str = ""
    empty: str = "-"


class Matrix(Console):
    """A run like that of `check`, reported as a table; `reports` are columns of earlier runs."""

    def __init__(self, request: Request, reports: Sequence[Column] = ()) -> None:
        super().__init__(request)
        self.reports = reports

    def tell(self, results: list[Result]) -> None:
        """Print the table and the failures."""
        self.say()
        show(self.columns(results), self.terminal)
        super().tell(results)

    def outputs(self, files: dict[str, str | None], results: list[Result]) -> list[Output]:
        """The files to write, including the table."""
        return [*super().outputs(files, results), markdown_of(self.columns(results), files["markdown"])]

    def columns(self, results: list[Result]) -> list[Column]:
        """The columns of the targets, and of the reports."""
        own = [self.column(spec, results) for spec in self.record.request.targets]
        return told_apart([*own, *self.reports])

    def column(self, spec: str, results: list[Result]) -> Column:
        """The column of a target, or of one that could not be loaded."""
        if spec in self.record.refused:
            return Column(spec, spec, note=f"cannot be judged: {self.record.refused[spec]}", empty="?")
        unobserved = [result.reason for result in results if result.target == spec and result.law == CONVENTIONS_ITEM]
        return column_of(render.target_report(self.record.targets[spec], results), "; ".join(filter(None, unobserved)))


def from_reports(files: Sequence[str]) -> list[Column]:
    """The columns of earlier reports. Raises Unusable."""
    found = [(file, target) for file in files for target in targets_of(file)]
    return told_apart([replace(column_of(target), spec=f"{target.target} of {file}") for file, target in found])


def column_of(target: TargetReport, unobserved: str = "") -> Column:
    """The column of a target, from its part of a report."""
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
    told = f"{render.quantity(len(unfinished), 'law')} unfinished: {'; '.join(reasons)}" if unfinished else ""
    note = "; ".join(filter(None, (told, unobserved)))
    cells = {cleaned(row): cleaned(cell) for row, cell in cells.items()}
    title = cleaned(f"{target.name} {target.version}".strip())
    return Column(title, cleaned(target.target), cells, cleaned(note))


def told_apart(columns: list[Column]) -> list[Column]:
    """The columns, retitled as the user wrote them where titles are equal."""
    titles = [column.title for column in columns]
    return [replace(each, title=each.spec) if titles.count(each.title) > 1 else each for each in columns]


def width() -> int:
    """The width of a line on the terminal."""
    return shutil.get_terminal_size((120, 50)).columns


def markdown_of(columns: list[Column], file: str | None) -> Output:
    """The table as Markdown, for the file given by --markdown."""
    return "--markdown", file, lambda: "\n".join(as_markdown(columns)) + "\n"


def rows(columns: list[Column]) -> Iterator[tuple[str, list[str]]]:
    """The rows that are not empty in every column, family by family, each family after its name."""
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
    """The notes needed to read the table."""
    return [LEGEND, *(f"{column.title}: {column.note}" for column in columns if column.note)]


def show(columns: list[Column], terminal: Terminal) -> None:
    """Print the table with rich if the terminal shows colours, else as text."""
    if terminal.rich is None:
        for text in as_text(columns, width()):
            terminal.say(text)
        return
    for block in blocks(columns, width() - RULES, RULE):
        terminal.rich.print(as_table(block), width=width())
        for note in notes(block)[1:]:
            terminal.say(note)
    terminal.say(LEGEND)


def blocks(columns: list[Column], width: int, gap: int) -> Iterator[list[Column]]:
    """The columns in blocks that fit beside the names of the rows; `gap` is the gap before each column."""
    room = width - first_of(columns)
    while columns:
        taken = [wide + gap for wide in map(widest, columns)]
        fits = [k for k in range(1, len(columns) + 1) if sum(taken[:k]) <= room]
        most = max(fits, default=1)
        yield columns[:most]
        columns = columns[most:]


def first_of(columns: list[Column]) -> int:
    """The width of the longest row name."""
    return max(len(name) for name, _ in rows(columns))


def widest(column: Column) -> int:
    """The width of a column's widest cell."""
    return max([len(column.title), *map(len, column.cells.values())])


def as_text(columns: list[Column], width: int) -> list[str]:
    """The table in blocks of as many columns as fit."""
    lines: list[str] = []
    first = first_of(columns)
    for block in blocks(columns, width, len(GAP)):
        widths = list(map(widest, block))
        lines += [padded("", [column.title for column in block], first, widths)]
        lines += [padded(name, cells, first, widths) for name, cells in rows(block)]
        lines += ["", *notes(block)[1:]]
    return [*lines, LEGEND]


def padded(name: str, cells: list[str], first: int, widths: list[int]) -> str:
    """A line of the table; the name of a family stands alone."""
    text = "".join(f"{GAP}{loud(cell):{width}}" for cell, width in zip(cells, widths, strict=False))
    return f"{name:{first}}{text}".rstrip()


def loud(cell: str) -> str:
    """A cell, in capitals if it is a failure."""
    return cell.upper() if cell in FAILURES else cell


def style_of(cell: str) -> str:
    """The style of a cell, if it is a verdict. Other text might name a style or a link."""
    word = cell.rstrip("?")
    return word if word in STYLES else ""


def as_table(columns: list[Column]) -> Table:
    """The table for rich, with a section for each family."""
    from rich.box import ROUNDED
    from rich.table import Table
    from rich.text import Text

    # Every cell is a Text, which rich does not parse as markup: some texts come from targets.
    table = Table("", box=ROUNDED)
    for column in columns:
        table.add_column(Text(column.title))
    for name, cells in rows(columns):
        if not cells:
            table.add_section()
        table.add_row(Text(name, "" if cells else "title"), *(Text(loud(cell), style_of(cell)) for cell in cells))
    return table


def as_markdown(columns: list[Column]) -> list[str]:
    """The table as Markdown, with the notes below it."""
    lines = ["| | " + " | ".join(column.title for column in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, cells in rows(columns):
        bold = [f"**{cell}**" if cell in FAILURES else cell for cell in cells]
        text = [f"{name}", *bold] if cells else [f"**{name}**", *([""] * len(columns))]
        lines.append("| " + " | ".join(text) + " |")
    return [*lines, "", *(f"{note}  " for note in notes(columns))]
