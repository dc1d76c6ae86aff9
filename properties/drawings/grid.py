"""Pictures as text: planes as grids, with heavy lines around the window and wrong cells, and * at the maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest

from ..results import Counterexample
from .failing import picture
from .picture import Cell, Panel, Picture, Place

MOST_CELLS = 8
"""The most rows and columns of an image that is drawn as text."""

WIDTH = 100
"""The most characters of a line."""

GAP = "   "
"""The gap between two panels."""

JUNCTIONS = (
    *(" ╶╺╴─╼╸╾━", "╷┌┍┐┬┮┑┭┯", "╻┎┏┒┰┲┓┱┳"),
    *("╵└┕┘┴┶┙┵┷", "│├┝┤┼┾┥┽┿", "╽┟┢┧╁╆┪╅╈"),
    *("╹┖┗┚┸┺┛┹┻", "╿┞┡┦╀╄┩╃╇", "┃┠┣┨╂╊┫╉╋"),
)
"""Junctions of lines by weight (0 none, 1 light, 2 heavy): the text at 3*up + down, and in it index 3*left + right."""

HEAVY = {"window", "looked-at", "due", "wrong"}
"""The marks of cells with heavy lines around them."""

LEGEND = {
    "window": "heavy lines: the cell in question, and its windows",
    "maximum": "*: their maxima",
    "named": "?: the cell that the index names",
    "wrong": "!: wrong",
    "padding": ".: padding",
    "overhang": "x: past the padded end",
}
"""The legend for each mark."""

SIGNS = {"maximum": "*", "named": "?", "wrong": "!"}
"""The sign after the number of a marked cell; the first that applies."""

OUTSIDE = {"padding": ".", "overhang": "x"}
"""The content of a cell outside the image."""

Meet = Callable[[int, int, int, int], str]
"""The character where lines of these weights meet: up, down, left, right."""


def lines(counterexample: Counterexample, encoding: str | None = "utf-8") -> list[str]:
    """The picture of a failing case as lines, for a stream with this encoding.

    Empty for images with more than MOST_CELLS cells along an axis or three axes of several cells, and for failures that
    are not about cells.
    """
    found = picture(counterexample, MOST_CELLS)
    return text(found, encoding) if found and {"due", "wrong"} & set(found.marks()) else []


def text(picture: Picture, encoding: str | None = "utf-8") -> list[str]:
    """A picture as lines, in box characters, or in ASCII if the encoding lacks them."""
    meet = box if has_boxes(encoding) else plain
    rows = [beside(block) for block in blocks([grid(panel, meet) for panel in picture.panels])]
    legend = "; ".join(LEGEND[mark] for mark in picture.marks() if mark in LEGEND)
    return [*(line for row in rows for line in row), *filter(None, [legend])]


def has_boxes(encoding: str | None) -> bool:
    """Whether an encoding has all box characters."""
    try:
        "".join(JUNCTIONS).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def box(up: int, down: int, left: int, right: int) -> str:
    """The box character where lines of these weights meet."""
    return JUNCTIONS[3 * up + down][3 * left + right]


def plain(up: int, down: int, left: int, right: int) -> str:
    """The same in ASCII, where heavy lines are = and #."""
    heaviest = max(up, down, left, right)
    if not up and not down:
        return " -="[heaviest]
    if not left and not right:
        return " |#"[heaviest]
    return " +#"[heaviest]


def grid(panel: Panel, meet: Meet) -> list[str]:
    """A panel as lines of equal length, its title above."""
    height = panel.size[0]
    wide = max(len(content(cell)) for _, cell in panel.cells())
    found = [panel.title]
    for i in range(height + 1):
        found.append(border(panel, i, wide, meet))
        if i < height:
            found.append(row(panel, i, wide, meet))
    longest = max(map(len, found))
    return [line.ljust(longest) for line in found]


def content(cell: Cell) -> str:
    """The content of a cell, with its sign."""
    sign = next((sign for mark, sign in SIGNS.items() if mark in cell.marks), "")
    outside = next((dot for mark, dot in OUTSIDE.items() if mark in cell.marks), "")
    return f" {cell.text or outside}{sign or ' '}"


def border(panel: Panel, i: int, wide: int, meet: Meet) -> str:
    """The line above the i-th row."""
    parts = []
    for j in range(panel.size[1] + 1):
        arms = (upright(panel, i - 1, j), upright(panel, i, j), level(panel, i, j - 1), level(panel, i, j))
        parts.append(meet(*arms) + meet(0, 0, arms[3], arms[3]) * (wide if j < panel.size[1] else 0))
    return "".join(parts)


def row(panel: Panel, i: int, wide: int, meet: Meet) -> str:
    """The i-th row of cells."""
    weights = [upright(panel, i, j) for j in range(panel.size[1] + 1)]
    uprights = [meet(weight, weight, 0, 0) for weight in weights]
    cells = [content(cell).rjust(wide) for cell in panel.rows[i]]
    return "".join(line + cell for line, cell in zip_longest(uprights, cells, fillvalue=""))


def upright(panel: Panel, i: int, j: int) -> int:
    """The weight of the line to the left of a cell."""
    return weight(panel, (i, j - 1), (i, j))


def level(panel: Panel, i: int, j: int) -> int:
    """The weight of the line above a cell."""
    return weight(panel, (i - 1, j), (i, j))


def weight(panel: Panel, one: Place, other: Place) -> int:
    """The weight of the line between two cells: 2 if exactly one of them is marked, 0 outside the panel."""
    inside = [place for place in (one, other) if 0 <= place[0] < panel.size[0] and 0 <= place[1] < panel.size[1]]
    marked = [bool(panel.rows[i][j].marks & HEAVY) for i, j in inside]
    return 0 if not inside else 1 + (sum(marked) == 1)


def blocks(grids: list[list[str]]) -> Iterator[list[list[str]]]:
    """The grids in blocks of as many as fit side by side."""
    block: list[list[str]] = []
    for each in grids:
        if block and sum(len(given[0]) + len(GAP) for given in block) + len(each[0]) > WIDTH:
            yield block
            block = []
        block.append(each)
    yield block


def beside(grids: list[list[str]]) -> list[str]:
    """Grids side by side, as lines."""
    empty = [" " * len(each[0]) for each in grids]
    rows = zip_longest(*grids)
    return [
        GAP.join(blank if part is None else part for part, blank in zip(row, empty, strict=True)).rstrip()
        for row in rows
    ]
