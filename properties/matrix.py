"""`poolproof matrix`: laws and conventions as rows, a column for each target; on the terminal and as Markdown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import report
from .arrays import Json
from .console import Console
from .contract import Unusable
from .conventions import CONVENTIONS
from .lawbook import LAWS
from .results import FAILURES, Result
from .session import CONVENTIONS_ITEM, Bench, Request

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

    def __init__(self, request: Request, bench: Bench, markdown: str = "", reports: tuple[Column, ...] = ()) -> None:
        super().__init__(request, bench)
        self.markdown, self.reports = markdown, reports

    def sections(self, results: list[Result]) -> dict[str, list[str]]:
        """The table, and what failed."""
        columns = [*(self.column(spec, results) for spec in self.request.targets), *self.reports]
        failed = report.failures(results)
        return {"": [*table(columns, self.markdown), *(line for block in failed for line in ("", *block.split("\n")))]}

    def column(self, spec: str, results: list[Result]) -> Column:
        """The column of a target, or of one that could not be loaded."""
        if spec in self.refused:
            return Column(spec, spec, note=f"cannot be judged: {self.refused[spec]}", empty="?")
        unobserved = [result.reason for result in results if result.target == spec and result.law == CONVENTIONS_ITEM]
        return column_of(report.target_as_json(self.bench.loaded[spec], results), "; ".join(filter(None, unobserved)))


def from_reports(files: Sequence[str]) -> tuple[Column, ...]:
    """The columns of reports that were written before. Raises Unusable."""
    columns = []
    for file in files:
        try:
            targets = json.loads(Path(file).read_text(encoding="utf-8"))["targets"]
            columns += [replace(column_of(target), spec=f"{target['target']} of {file}") for target in targets]
        except OSError as error:
            raise Unusable(f"report {file!r} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unusable(f"report {file!r} is not one of check --json: {error!r}") from None
    return tuple(columns)


def column_of(target: Json, unobserved: str = "") -> Column:
    """What was found on a target, from its part of a report."""
    laws = target["laws"]
    cells = {law["law"]: NOTHING.get(law["verdict"], law["verdict"]) for law in laws}
    for name, found in target["conventions"].items():
        cells[name] = ", ".join(found["values"]) if found["value"] == "varies" else found["value"]
    cells["cases"] = f"{sum(law['examples'] for law in laws):,}"
    cells["seconds"] = f"{sum(law['seconds'] for law in laws):.0f}"
    unfinished = [law for law in laws if law["verdict"] == "not run" or law["partial"]]
    for law in unfinished:
        cells[law["law"]] = cells[law["law"]].rstrip("?") + "?"
    reasons = dict.fromkeys(law["reason"] or "its time was over" for law in unfinished)
    told = f"{report.count(len(unfinished), 'law')} unfinished: {'; '.join(reasons)}" if unfinished else ""
    note = "; ".join(filter(None, (told, unobserved)))
    return Column(f"{target['name']} {target['version']}".strip(), target["target"], cells, note)


def table(columns: list[Column], markdown: str = "") -> list[str]:
    """The table for the terminal; written as Markdown too, if a file is given. Equal titles are told apart."""
    titles = [column.title for column in columns]
    columns = [replace(each, title=each.spec) if titles.count(each.title) > 1 else each for each in columns]
    if markdown:
        Path(markdown).write_text("\n".join(as_markdown(columns)) + "\n", encoding="utf-8")
    return as_text(columns, shutil.get_terminal_size((120, 50)).columns)


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
