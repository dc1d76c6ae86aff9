"""The drawing of a picture has every cell, outline and arrow in its place."""

import re
from xml.etree import ElementTree

import pytest
from pictured import MISPLACED, OVERWRITTEN, failing
from poolproof.properties.drawings import svg
from poolproof.properties.drawings.failing import picture
from poolproof.properties.drawings.picture import ARROWS, MARKS, Picture, Stack, panel

SPACE = "{http://www.w3.org/2000/svg}"


def parsed(found):
    """The drawing of a counterexample."""
    return ElementTree.fromstring(svg.document(picture(found)))


def panels(drawing):
    """Pairs of a panel's title and the panel."""
    return [(each.get("data-title"), each) for each in drawing.iter(f"{SPACE}g") if each.get("class") == "panel"]


def cells(group, mark):
    """Row, column and text of the cells with a mark."""
    every = [each for each in group.iter(f"{SPACE}g") if mark in each.get("class", "").split()]
    return sorted((int(c.get("data-row")), int(c.get("data-column")), c.findtext(f"{SPACE}text", "")) for c in every)


def test_every_cell_is_drawn_and_the_right_ones_are_marked():
    drawn = dict(panels(parsed(MISPLACED)))
    assert [text for _, _, text in cells(drawn["x"], "cell")] == ["1", "2", "0", "3", "4", "0", "0", "0", "5"]
    assert [place[:2] for place in cells(drawn["x"], "window")] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert cells(drawn["x"], "maximum") == [(2, 2, "5")]
    assert cells(drawn["expected y"], "due") == [(1, 1, "5")]
    assert cells(drawn["got y"], "wrong") == [(1, 1, "4")]


def test_cells_lie_where_their_row_and_column_say():
    for group in parsed(MISPLACED).iter(f"{SPACE}g"):
        if group.get("data-row"):
            square = group.find(f"{SPACE}rect")
            assert float(square.get("y")) == svg.CELL * int(group.get("data-row"))
            assert float(square.get("x")) == svg.CELL * int(group.get("data-column"))


def test_the_window_is_outlined():
    (strong,) = [r for r in parsed(MISPLACED).iter(f"{SPACE}rect") if r.get("class") == "outline strong"]
    left, top, width, height = (float(strong.get(name)) for name in ("x", "y", "width", "height"))
    assert svg.CELL < left < left + width < 3 * svg.CELL
    assert svg.CELL < top < top + height < 3 * svg.CELL
    assert width == height > 1.5 * svg.CELL


def test_arrows_run_between_the_cells_that_they_name():
    arrows = [each for each in parsed(OVERWRITTEN).iter(f"{SPACE}g") if each.get("class", "").startswith("arrow")]
    found = sorted((each.get("class"), each.get("data-start"), each.get("data-end")) for each in arrows)
    assert found == [
        ("arrow missing", "0,0", "0,1"),
        ("arrow right", "0,0", "0,1"),
        ("arrow right", "0,1", "0,1"),
        ("arrow right", "0,1", "0,1"),
    ]
    for each in arrows:
        x, y = map(float, re.match(r"M([\d.]+) ([\d.]+)L", each.find(f"{SPACE}path").get("d")).groups())
        tip = tuple(map(float, each.find(f"{SPACE}polygon").get("points").split()[0].split(",")))
        assert int(x // svg.CELL) == int(each.get("data-start")[2])
        assert int(tip[0] // svg.CELL) == 1
        assert svg.TITLE < y < svg.TITLE + svg.CELL < svg.TITLE + svg.CELL + svg.BETWEEN < tip[1]


def test_a_drawing_holds_all_that_it_draws():
    drawing = parsed(OVERWRITTEN)
    _, _, width, height = map(float, drawing.get("viewBox").split())
    stacks = [each for each in drawing.iter(f"{SPACE}g") if each.get("class") == "stack"]
    for stack, of_picture in zip(stacks, picture(OVERWRITTEN).stacks, strict=True):
        left, top = map(float, re.findall(r"[\d.]+", stack.get("transform")))
        wide, high = svg.size_of(of_picture)
        assert left + wide <= width
        assert top + high <= height


def test_a_page_gets_one_drawing_for_each_stack():
    drawn = [ElementTree.fromstring(each) for each in svg.inline(picture(OVERWRITTEN))]
    assert [[title for title, _ in panels(each)] for each in drawn] == [["x"], ["dy", "expected dx"], ["dy", "got dx"]]
    assert all(each.get("role") == "img" and each.findtext(f"{SPACE}title") for each in drawn)


def test_text_is_escaped():
    hostile = Picture("<script>", (Stack((panel('"><script>', [["</text>"]]),)),))
    for text in (svg.document(hostile), *svg.inline(hostile)):
        assert "<script>" not in text
        assert cells(ElementTree.fromstring(text), "cell") == [(0, 0, "</text>")]


@pytest.mark.parametrize("mark", [*MARKS, "hue0", "hue1", "hue2", "hue3"])
def test_every_mark_looks_like_something(mark):
    assert f".picture .{mark} " in svg.style()


@pytest.mark.parametrize("kind", sorted(ARROWS.keys() - {"right"}))
def test_every_kind_of_arrow_looks_like_something(kind):
    assert f".arrow.{kind} " in svg.style()


def test_long_numbers_fit_into_their_cells():
    drawing = parsed(failing("max_forward", [[5e-324, 0]], (1, 1), (1, 1), expected=[[1.0]], got=[[2.0]], where=(0, 0)))
    sizes = {each.text: float(each.get("font-size")) for each in drawing.iter(f"{SPACE}text") if each.get("font-size")}
    assert sizes["5e-324"] < sizes["0"] == svg.FULL


def test_a_drawing_is_of_nothing_outside_of_it():
    text = svg.document(picture(MISPLACED))
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in text
    assert "href" not in text
