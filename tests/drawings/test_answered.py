"""A call and its answer are drawn without a verdict."""

import numpy as np
import pytest
from pictured import array
from poolproof.kernels import naive
from poolproof.properties.conventions import CONVENTIONS, observe
from poolproof.properties.data.arrays import stored
from poolproof.properties.drawings.answered import answered, example, observed
from poolproof.properties.results import Shown, stored_call
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap

IMAGE = array([[1, 3, 2, 0], [2, 1, 1, 4]])


def marked(panel, mark):
    """The places of a panel that have a mark."""
    return {place for place, cell in panel.cells() if mark in cell.marks}


def test_windows_that_do_not_overlap_have_colours_of_their_own():
    image, y = example(Call("max_forward", {"x": IMAGE}, (2, 2), (2, 2))).panels
    assert marked(image, "hue0") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert marked(image, "maximum") == {(0, 1), (1, 3)}
    assert [marked(y, f"hue{k}") for k in range(3)] == [{(0, 0)}, {(0, 1)}, set()]


def test_the_gradient_of_a_maximum_runs_along_arrows():
    _, stack = example(Call("max_backward", {"dy": array([[5, 7]]), "x": IMAGE}, (2, 2), (2, 2))).stacks
    assert {(arrow.start, arrow.end, arrow.kind) for arrow in stack.arrows} == {
        ((0, 0), (0, 1), "right"),
        ((0, 1), (1, 3), "right"),
    }
    assert marked(stack.panels[1], "hue1") == {(1, 3)}


def test_the_gradient_of_a_mean_keeps_the_colour_of_its_window():
    _, stack = example(Call("mean_backward", {"dy": array([[4, 8]]), "x": IMAGE}, (2, 2), (2, 2))).stacks
    assert stack.arrows == ()
    assert marked(stack.panels[1], "hue1") == {(0, 2), (0, 3), (1, 2), (1, 3)}


def test_where_means_overlap_arrows_show_their_shares():
    call = Call("mean_backward", {"dy": array([[4, 8]]), "x": array([[0, 0, 0]])}, (1, 2), (1, 1))
    assert len(example(call).stacks[1].arrows) == 4


@pytest.mark.parametrize(
    ("function", "place", "window"),
    [
        ("max_forward", {(0, 0)}, {(0, 0), (0, 1), (1, 0), (1, 1)}),
        ("max_backward", {(1, 3)}, {(0, 2), (0, 3), (1, 2), (1, 3)}),
    ],
)
def test_an_example_may_have_a_place_marked(function, place, window):
    arrays = {"dy": array([[5, 7]]), "x": IMAGE} if function == "max_backward" else {"x": IMAGE}
    panels = example(Call(function, arrays, (2, 2), (2, 2)), marked=True).panels
    assert marked(panels[-1], "looked-at") == place
    assert marked(panels[0], "window") == window


def test_a_convention_is_drawn_with_the_cell_that_shows_it():
    seen = observe(CONVENTIONS["ties"], wrap(naive))
    panels = observed(seen.evidence).panels
    assert [panel.title for panel in panels] == ["x", "dy", "dx"]
    assert marked(panels[-1], "looked-at") == {tuple(([0, *seen.evidence.where])[-2:])}


def test_of_equal_maxima_none_is_the_wrong_one():
    call = Call("max_backward", {"dy": array([[5, 7]]), "x": array([[1, 1, 2, 0]])}, (1, 2), (1, 2))
    stack = answered(call, array([[0, 5, 0, 7]]), (0, 0, 0, 1)).stacks
    assert {(arrow.start, arrow.end, arrow.kind) for arrow in stack[1].arrows} == {
        ((0, 0), (0, 1), "right"),
        ((0, 1), (0, 3), "right"),
    }
    assert marked(stack[0].panels[0], "maximum") == {(0, 0), (0, 1)}


def shown(**more):
    """A call that shows a convention."""
    call = stored_call(Call("max_forward", {"x": IMAGE}, (2, 2), (2, 2)))
    given = {name: getattr(call, name) for name in call.__struct_fields__}
    return Shown(**{**given, "got": stored(array([[3.0, 4.0]])), "where": [0, 0, 0, 1], **more})


def test_what_cannot_be_drawn_is_none():
    assert observed(shown()) is not None
    assert observed(shown(got="ValueError: no")) is None
    assert observed(shown(size=[0, 0])) is None
    assert observed(shown(where=[9, 9, 0, 0])) is None
    assert observed(shown(got=stored(np.zeros(3)))) is None
    large = Call("max_forward", {"x": np.zeros((1, 1, 17, 17))}, (1, 1), (1, 1))
    assert answered(large, large.arrays["x"]) is None
