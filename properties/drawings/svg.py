"""Pictures as SVG: one drawing for a file, or one for each stack of panels, so that a page can wrap them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import combinations
from math import hypot
from xml.etree.ElementTree import Element, SubElement, tostring

from .picture import Arrow, Cell, Outline, Panel, Picture, Place, Stack

CELL = 44
"""Width and height of a cell."""

TITLE = 24
"""Height of the title of a panel."""

BETWEEN = 46
"""Height between a panel and the next below it, for arrows."""

APART = 36
"""Width between two stacks."""

EDGE = 4
"""Margin around everything, for outlines."""

LETTER = 7.6
"""Width of a letter of a title."""

DIGIT = 9.0
"""Width of a digit of a cell, in full size."""

FULL = 15
"""Size of the digits of a cell."""

HEAD = 9
"""Length of the head of an arrow."""

ROUND = 15
"""Radius of the circle behind a maximum."""

STEPS = 3
"""The number of alternating insets of outlines, by which overlapping windows can be told apart."""


@lru_cache
def style() -> str:
    """The style sheet of all pictures, for light, dark and paper."""
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def document(picture: Picture) -> str:
    """The whole picture with its style sheet, for a file of its own."""
    sizes = [size_of(stack) for stack in picture.stacks]
    width = sum(wide for wide, _ in sizes) + APART * (len(sizes) - 1) + 2 * EDGE
    top = drawing(width, max(high for _, high in sizes) + 2 * EDGE, picture.words)
    SubElement(top, "style").text = style()
    SubElement(top, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    left: float = EDGE
    for stack, (wide, _) in zip(picture.stacks, sizes, strict=True):
        top.append(drawn(stack, left, EDGE))
        left += wide + APART
    return tostring(top, encoding="unicode") + "\n"


def inline(picture: Picture) -> list[str]:
    """A drawing for each stack, for a page that has the style sheet."""
    found = []
    for stack in picture.stacks:
        width, height = (each + 2 * EDGE for each in size_of(stack))
        top = drawing(width, height, f"{picture.words}: {' and '.join(panel.title for panel in stack.panels)}")
        top.append(drawn(stack, EDGE, EDGE))
        found.append(tostring(top, encoding="unicode"))
    return found


def drawing(width: float, height: float, words: str) -> Element:
    """An empty drawing with a text alternative."""
    size = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
    top = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "picture", "role": "img", **size})
    SubElement(top, "title").text = words
    return top


def size_of(stack: Stack) -> tuple[float, float]:
    """Width and height of a stack."""
    widths = [max(panel.size[1] * CELL, LETTER * len(panel.title)) for panel in stack.panels]
    heights = [panel.size[0] * CELL for panel in stack.panels]
    return max(widths), sum(heights) + BETWEEN * (len(heights) - 1) + TITLE * min(len(heights), 2)


def drawn(stack: Stack, left: float, top: float) -> Element:
    """The panels of a stack one below the other, with its arrows on top."""
    group = Element("g", {"class": "stack", "transform": f"translate({left:g} {top:g})"})
    tops = [TITLE + sum(each.size[0] * CELL + BETWEEN for each in stack.panels[:k]) for k in range(len(stack.panels))]
    for height, panel in zip(tops, stack.panels, strict=True):
        group.append(panel_at(panel, height, below=height != TITLE))
    met: dict[Place, int] = {}
    for arrow in stack.arrows:
        met[arrow.end] = met.get(arrow.end, -1) + 1
        aside = met[arrow.end] - (sum(other.end == arrow.end for other in stack.arrows) - 1) / 2
        group.append(arrow_between(arrow, tops[0], tops[-1], aside))
    return group


def panel_at(panel: Panel, top: float, below: bool) -> Element:
    """A panel at a height: its cells, the outlines of its windows on top, and its title above or below."""
    group = Element("g", {"class": "panel", "data-title": panel.title, "transform": f"translate(0 {top:g})"})
    title = SubElement(
        group, "text", {"class": "title", "x": "0", "y": f"{panel.size[0] * CELL + 18 if below else -8}"}
    )
    title.text = panel.title
    # Marked cells come last, or their neighbours' borders would cover theirs.
    for place, cell in sorted(panel.cells(), key=lambda each: bool(each[1].marks & {"due", "wrong"})):
        group.append(cell_at(cell, place))
    group.extend(outlines(panel.outlines))
    return group


def cell_at(cell: Cell, place: Place) -> Element:
    """One cell."""
    x, y = place[1] * CELL, place[0] * CELL
    classes = " ".join(["cell", *sorted(cell.marks)])
    group = Element("g", {"class": classes, "data-row": str(place[0]), "data-column": str(place[1])})
    SubElement(group, "rect", {"x": f"{x}", "y": f"{y}", "width": f"{CELL}", "height": f"{CELL}"})
    if cell.marks & {"maximum", "named"}:
        SubElement(group, "circle", {"cx": f"{x + CELL / 2:g}", "cy": f"{y + CELL / 2:g}", "r": f"{ROUND}"})
    if cell.text:
        size = FULL * min(1, (CELL - 6) / (DIGIT * len(cell.text)))
        at = {"x": f"{x + CELL / 2:g}", "y": f"{y + CELL / 2 + size / 3:.1f}", "font-size": f"{size:.1f}"}
        SubElement(group, "text", at).text = cell.text
    return group


def outlines(given: Sequence[Outline]) -> list[Element]:
    """The rectangles of windows, the strong ones on top."""
    numbered = sorted(enumerate(given), key=lambda each: each[1].strong)
    steps = STEPS if any(overlap(a, b) for a, b in combinations(given, 2)) else 1
    return [outline_at(outline, 1.5 + 2.5 * (k % steps)) for k, outline in numbered]


def overlap(one: Outline, other: Outline) -> bool:
    """Whether two rectangles share a cell."""
    apart = one.row + one.height <= other.row or other.row + other.height <= one.row
    return not apart and one.column < other.column + other.width and other.column < one.column + one.width


def outline_at(outline: Outline, inset: float) -> Element:
    """The rectangle of one window."""
    place = {"x": outline.column * CELL + inset, "y": outline.row * CELL + inset}
    size = {"width": outline.width * CELL - 2 * inset, "height": outline.height * CELL - 2 * inset}
    classes = {"class": "outline strong" if outline.strong else "outline", "rx": "6"}
    return Element("rect", {**classes, **{name: f"{value:g}" for name, value in {**place, **size}.items()}})


def arrow_between(arrow: Arrow, top: float, bottom: float, aside: float) -> Element:
    """An arrow from a cell of the upper panel to one of the lower; `aside`: its offset among those to the same cell."""
    x0, y0 = middle(arrow.start, top)
    x1, y1 = middle(arrow.end, bottom)
    y0, x1, y1 = y0 + CELL / 2 - 5, x1 + 9 * aside, y1 - CELL / 2 + 5
    long = hypot(x1 - x0, y1 - y0) or 1.0
    along, across = ((x1 - x0) / long, (y1 - y0) / long), ((y0 - y1) / long, (x1 - x0) / long)
    foot = (x1 - HEAD * along[0], y1 - HEAD * along[1])
    sides = [(foot[0] + k * HEAD / 2 * across[0], foot[1] + k * HEAD / 2 * across[1]) for k in (1, -1)]
    ends = {"data-start": "{},{}".format(*arrow.start), "data-end": "{},{}".format(*arrow.end)}
    group = Element("g", {"class": f"arrow {arrow.kind}", **ends})
    SubElement(group, "path", {"d": f"M{x0:.1f} {y0:.1f}L{foot[0]:.1f} {foot[1]:.1f}"})
    SubElement(group, "polygon", {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in ((x1, y1), *sides))})
    return group


def middle(place: Place, top: float) -> tuple[float, float]:
    """The middle of a cell of a panel."""
    return (place[1] + 0.5) * CELL, top + (place[0] + 0.5) * CELL
