"""The elements of a picture: panels of cells, marks on cells, outlines of windows, and arrows between panels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Place = tuple[int, int]
"""A row and a column."""

MARKS = {
    "window": "window",
    "maximum": "its maximum",
    "named": "cell that the index names",
    "looked-at": "cell that shows it",
    "due": "expected value",
    "wrong": "wrong value",
    "padding": "padding",
    "overhang": "past the padded end",
}
"""The marks of cells, in words. A mark that is not listed is a colour."""

ARROWS = {
    "right": "gradient that arrives",
    "missing": "gradient that is lost",
    "astray": "gradient in the wrong place",
}
"""The kinds of arrow, in words."""


@dataclass(frozen=True)
class Cell:
    """One number, and its marks."""

    text: str = ""
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outline:
    """The rectangle of a window, in cells of a panel; `strong` for a window that the picture is about."""

    row: int
    column: int
    height: int
    width: int
    strong: bool = False


@dataclass(frozen=True)
class Panel:
    """A plane of cells under a title."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    outlines: tuple[Outline, ...] = ()

    @property
    def size(self) -> Place:
        """The number of rows and of columns."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    def cells(self) -> Iterator[tuple[Place, Cell]]:
        """All cells, each with its place."""
        return (((i, j), cell) for i, row in enumerate(self.rows) for j, cell in enumerate(row))


@dataclass(frozen=True)
class Arrow:
    """An arrow from a cell of the first panel of a stack to a cell of the last."""

    start: Place
    end: Place
    kind: str = "right"


@dataclass(frozen=True)
class Stack:
    """Panels one below the other, and the arrows from the first to the last."""

    panels: tuple[Panel, ...]
    arrows: tuple[Arrow, ...] = ()


@dataclass(frozen=True)
class Picture:
    """Stacks side by side; `words` is the text alternative for readers who cannot see the picture."""

    words: str
    stacks: tuple[Stack, ...]

    @property
    def panels(self) -> list[Panel]:
        """All panels, each once."""
        return list(dict.fromkeys(panel for stack in self.stacks for panel in stack.panels))

    def marks(self) -> list[str]:
        """The marks that occur, in the order of the legend."""
        met = {mark for panel in self.panels for _, cell in panel.cells() for mark in cell.marks}
        return [mark for mark in MARKS if mark in met]

    def kinds(self) -> list[str]:
        """The kinds of arrows that occur, in the order of the legend."""
        met = {arrow.kind for stack in self.stacks for arrow in stack.arrows}
        return [kind for kind in ARROWS if kind in met]


def panel(title: str, texts: Iterable[Iterable[str]], marked: dict[str, set[Place]] | None = None) -> Panel:
    """A panel of these texts; `marked` has the places for each mark."""
    places = marked or {}

    def cell(place: Place, text: str) -> Cell:
        return Cell(text, frozenset(mark for mark, where in places.items() if place in where))

    rows = tuple(tuple(cell((i, j), text) for j, text in enumerate(row)) for i, row in enumerate(texts))
    return Panel(title, rows)
