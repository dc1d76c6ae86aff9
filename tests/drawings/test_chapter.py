"""The figures of the textbook chapter, made again from the kernels' results."""

import re

import pytest
from places import ROOT
from poolproof.kernels import naive
from poolproof.properties.drawings import svg
from poolproof.properties.drawings.chapter import GRADIENT, IMAGE, WINDOW, figures

FIGURES = figures()
FOLDER = ROOT / "docs" / "figures"


@pytest.mark.parametrize("name", FIGURES)
def test_the_figures_of_the_pages_are_what_the_kernels_give(name):
    """`poolproof draw --chapter docs/figures` writes them."""
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == svg.document(FIGURES[name])


def test_the_others_are_drawn_by_a_command_of_a_page_and_compared_there():
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    others = {path.name for path in FOLDER.iterdir()} - {f"{name}.svg" for name in FIGURES}
    assert others == set(re.findall(r"^\$ poolproof draw report.json -o (\S+)$", pages, re.MULTILINE)) - {"case.svg"}


def numbers(panel):
    """The numbers of a panel."""
    return [[float(cell.text) for cell in row] for row in panel.rows]


@pytest.mark.parametrize("name", ["max-forward", "mean-forward"])
def test_forward_figures_show_results(name):
    image, y = FIGURES[name].panels
    assert numbers(image) == IMAGE[0, 0].tolist()
    assert numbers(y) == getattr(naive, name.replace("-", "_"))(IMAGE, WINDOW, WINDOW)[0, 0].tolist()


@pytest.mark.parametrize("name", ["max-backward", "mean-backward"])
def test_backward_figures_show_results(name):
    _, dy, dx = FIGURES[name].panels
    assert numbers(dy) == GRADIENT[0, 0].tolist()
    assert numbers(dx) == getattr(naive, name.replace("-", "_"))(GRADIENT, IMAGE, WINDOW, WINDOW)[0, 0].tolist()


def test_the_lost_gradient_is_that_of_the_first_window():
    _, dy, expected, got = FIGURES["lost-gradient"].panels
    assert [numbers(panel) for panel in (dy, expected, got)] == [[[1, 2]], [[0, 3, 0]], [[0, 2, 0]]]
    arrows = FIGURES["lost-gradient"].stacks[-1].arrows
    assert {(arrow.start, arrow.kind) for arrow in arrows} == {((0, 0), "missing"), ((0, 1), "right")}


def test_with_stride_1_most_numbers_are_few():
    _, y = FIGURES["stride-1"].panels
    coloured = [cell.text for _, cell in y.cells() if cell.marks]
    assert len(coloured) == 9
    assert len(set(coloured)) == 3


def test_a_column_of_the_matrix_has_the_cells_of_its_window():
    image, matrix, maxima, y = FIGURES["img2col"].panels
    for k, window in enumerate(["1321", "2014", "0231", "1102"]):
        assert "".join(row[k].text for row in matrix.rows) == window
        assert sorted(cell.text for _, cell in image.cells() if f"hue{k}" in cell.marks) == sorted(window)
        assert maxima.rows[0][k].text == max(window)
    assert [cell.text for _, cell in y.cells()] == [cell.text for cell in maxima.rows[0]]
