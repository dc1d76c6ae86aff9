"""The arrows of a gradient show where it should go, and where the numbers say that it went."""

import pytest
from pictured import OVERWRITTEN, failing
from poolproof.properties.drawings.failing import picture


def arrows(found, which):
    """The arrows below the panel with this title, as (start, end, kind) of columns."""
    (stack,) = [stack for stack in picture(found).stacks if stack.panels[-1].title == which]
    return sorted((arrow.start[1], arrow.end[1], arrow.kind) for arrow in stack.arrows)


def test_a_gradient_that_was_overwritten_is_missing():
    assert arrows(OVERWRITTEN, "expected dx") == [(0, 1, "right"), (1, 1, "right")]
    assert arrows(OVERWRITTEN, "got dx") == [(0, 1, "missing"), (1, 1, "right")]


def test_of_a_gradient_that_would_explain_the_sum_either_way_the_last_is_kept():
    found = failing(
        "max_backward", [[0, 1, 0]], (1, 2), (1, 1), dy=[[2, 2]],
        expected=[[0.0, 4.0, 0.0]], got=[[0.0, 2.0, 0.0]], where=(0, 1),
    )  # fmt: skip
    assert arrows(found, "got dx") == [(0, 1, "missing"), (1, 1, "right")]


def backward(got, where):
    """A gradient of two windows of two cells, side by side."""
    return failing(
        "max_backward", [[0, 1, 3, 2]], (1, 2), (1, 2), dy=[[5, 7]],
        expected=[[0.0, 5.0, 7.0, 0.0]], got=got, where=where,
    )  # fmt: skip


def test_a_gradient_in_another_cell_of_its_window_went_astray():
    assert arrows(backward([[5.0, 0.0, 7.0, 0.0]], (0, 0)), "got dx") == [
        (0, 0, "astray"), (0, 1, "missing"), (1, 2, "right"),
    ]  # fmt: skip


def test_a_gradient_in_the_only_other_cell_that_has_it_went_astray():
    assert arrows(backward([[0.0, 0.0, 7.0, 5.0]], (0, 1)), "got dx") == [
        (0, 1, "missing"), (0, 3, "astray"), (1, 2, "right"),
    ]  # fmt: skip


def test_another_of_several_equal_maxima_is_no_wrong_place():
    found = failing(
        "max_backward", [[3, 3, 1, 2]], (1, 2), (1, 2), dy=[[5, 7]],
        expected=[[5.0, 0.0, 0.0, 7.0]], got=[[0.0, 5.0, 0.0, 0.0]], where=(0, 3),
    )  # fmt: skip
    assert arrows(found, "got dx") == [(0, 1, "right"), (1, 3, "missing")]
    assert [place for place, cell in picture(found).panels[0].cells() if "maximum" in cell.marks] == [(0, 3)]


def test_a_gradient_that_several_cells_may_have_got_is_only_missing():
    assert arrows(backward([[0.0, 0.0, 12.0, 5.0]], (0, 1)), "got dx") == [(0, 1, "missing")]


def test_a_number_that_nothing_explains_has_no_arrow():
    assert arrows(backward([[0.0, 6.0, 7.0, 0.0]], (0, 1)), "got dx") == [(1, 2, "right")]


def test_of_a_mean_the_shares_of_the_wrong_cell_are_drawn():
    found = failing(
        "mean_backward", [[0, 0, 0]], (1, 2), (1, 1), dy=[[1, 2]],
        expected=[[0.5, 1.5, 1.0]], got=[[0.5, 1.0, 1.0]], where=(0, 1),
    )  # fmt: skip
    assert arrows(found, "expected dx") == [(0, 1, "right"), (1, 1, "right")]
    assert arrows(found, "got dx") == [(0, 1, "missing"), (1, 1, "right")]


@pytest.mark.parametrize("got", [None, [[1.0, 2.0]]])
def test_a_gradient_of_another_shape_has_no_arrows(got):
    found = failing("max_backward", [[0, 1, 0]], (1, 2), (1, 1), dy=[[1, 2]], expected=[[0.0, 3.0, 0.0]], got=got)
    assert all(not stack.arrows for stack in picture(found).stacks if stack.panels[-1].title == "got dx")
