"""The right cells of a failing case are marked."""

import msgspec
import numpy as np
import pytest
from pictured import MISPLACED, OVERWRITTEN, failing
from poolproof.properties.drawings.failing import picture


def marked(panel, mark):
    """The places of a panel that have a mark."""
    return {place for place, cell in panel.cells() if mark in cell.marks}


def panels(found, **options):
    """The panels of a counterexample by title."""
    return {panel.title: panel for panel in picture(found, **options).panels}


def texts(panel):
    """The texts of a panel."""
    return [[cell.text for cell in row] for row in panel.rows]


def test_forward_the_window_of_the_wrong_cell_is_marked_and_its_maximum():
    drawn = panels(MISPLACED)
    assert list(drawn) == ["x", "expected y", "got y"]
    assert marked(drawn["x"], "window") == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert marked(drawn["x"], "maximum") == {(2, 2)}
    assert marked(drawn["expected y"], "due") == marked(drawn["got y"], "wrong") == {(1, 1)}
    assert marked(drawn["expected y"], "wrong") == set()
    assert [(outline.row, outline.column, outline.strong) for outline in drawn["x"].outlines] == [(1, 1, True)]


def test_backward_the_windows_whose_gradient_the_wrong_cell_should_get_are_marked():
    drawn = panels(OVERWRITTEN)
    assert list(drawn) == ["x", "dy", "expected dx", "got dx"]
    assert marked(drawn["x"], "window") == {(0, 0), (0, 1), (0, 2)}
    assert marked(drawn["x"], "maximum") == {(0, 1)}
    assert marked(drawn["dy"], "window") == {(0, 0), (0, 1)}
    assert marked(drawn["got dx"], "wrong") == {(0, 1)}


def test_all_of_several_equal_maxima_are_marked():
    found = failing(
        "max_backward", [[1, 1, 0]], (1, 2), (1, 1), dy=[[1, 2]],
        expected=[[1.0, 2.0, 0.0]], got=[[1.0, 0.0, 0.0]], where=(0, 1),
    )  # fmt: skip
    drawn = panels(found)
    assert marked(drawn["x"], "maximum") == {(0, 0), (0, 1)}
    assert marked(drawn["dy"], "window") == {(0, 0), (0, 1)}


def test_a_cell_that_should_get_nothing_is_shown_with_the_windows_that_it_lies_in():
    found = failing(
        "max_backward", [[5, 1, 0]], (1, 2), (1, 1), dy=[[1, 2]],
        expected=[[1.0, 2.0, 0.0]], got=[[1.0, 2.0, 3.0]], where=(0, 2),
    )  # fmt: skip
    assert marked(panels(found)["dy"], "window") == {(0, 1)}


def test_means_have_no_maximum():
    found = failing("mean_forward", [[1, 3]], (1, 2), (1, 1), expected=[[2.0]], got=[[4.0]], where=(0, 0))
    assert marked(panels(found)["x"], "maximum") == set()
    assert marked(panels(found)["x"], "window") == {(0, 0), (0, 1)}


def test_padding_and_taps_of_a_dilated_window_are_marked():
    found = failing(
        "max_forward", [[1, 2, 3]], (1, 2), (1, 1), expected=[[2.0, 3.0, 2.0]], got=[[2.0, 3.0, 0.0]], where=(0, 2),
        padding=((0, 0), (1, 1)), dilation=(1, 2),
    )  # fmt: skip
    image = panels(found)["x"]
    assert texts(image) == [["", "1", "2", "3", ""]]
    assert marked(image, "padding") == {(0, 0), (0, 4)}
    assert marked(image, "window") == {(0, 2), (0, 4)}
    assert marked(image, "maximum") == {(0, 2)}
    assert [(outline.column, outline.width) for outline in image.outlines] == [(2, 3)]


def test_cells_past_the_padded_end_are_told_from_padding():
    found = failing(
        "mean_forward", [[1, 2, 3]], (1, 2), (1, 2), expected=[[0.5, 2.5, 0.0]], got=[[0.5, 2.5]],
        padding=((0, 0), (1, 0)), ceil_mode=True,
    )  # fmt: skip
    image = panels(found)["x"]
    assert marked(image, "padding") == {(0, 0)}
    assert marked(image, "overhang") == set()
    found = failing(
        "mean_forward",
        [[1, 2, 3]],
        (1, 2),
        (1, 2),
        expected=[[1.5, 3.0]],
        got=[[1.5, 1.5]],
        where=(0, 1),
        ceil_mode=True,
    )
    image = panels(found)["x"]
    assert marked(image, "overhang") == {(0, 3)}
    assert marked(image, "window") == {(0, 2), (0, 3)}


def test_of_two_shapes_the_cells_are_marked_that_are_missing_or_too_many():
    found = failing("max_forward", [[1, 2, 3, 4]], (1, 2), (1, 2), got=[[2.0, 3.0, 4.0]])
    drawn = panels(found)
    assert texts(drawn["expected y"]) == [["2", "4"]]
    assert marked(drawn["got y"], "wrong") == {(0, 2)}
    found = failing("max_forward", [[1, 2, 3, 4]], (1, 2), (1, 2), got=[[2.0]])
    assert marked(panels(found)["expected y"], "due") == {(0, 1)}


def test_a_wrong_index_is_shown_in_the_image():
    found = failing("max_indices", [[1, 2], [0, 0]], (2, 2), (1, 1), expected=[[1]], got=[[2]], where=(0, 0))
    assert marked(panels(found)["x"], "named") == {(1, 0)}
    found = failing("max_indices", [[1, 2], [0, 0]], (2, 2), (1, 1), expected=[[1]], got=[[4]], where=(0, 0))
    assert marked(panels(found)["x"], "named") == set()


def test_what_is_right_is_worked_out_where_it_was_not_stored():
    found = failing("max_backward", [[0, 1, 0]], (1, 2), (1, 1), dy=[[1, 2]], got=[[0.0, 2.0, 0.0]])
    drawn = panels(found)
    assert texts(drawn["expected dx"]) == [["0", "3", "0"]]
    assert marked(drawn["got dx"], "wrong") == {(0, 1)}


@pytest.mark.parametrize(
    "found",
    [
        failing("max_backward", [[1, 1]], (1, 2), (1, 1), dy=[[1]], got=[[0.0, 2.0]]),
        failing("max_forward", [[np.nan, 1]], (1, 2), (1, 1), got=[[1.0]]),
        msgspec.structs.replace(failing("max_forward", [[1, 2]], (1, 2), (1, 1), got=[[1.0]]), case=msgspec.UNSET),
    ],
    ids=["ties", "nan", "a convention that was expected"],
)
def test_nothing_is_said_to_be_right_where_sound_implementations_differ(found):
    assert [title for title in panels(found) if title.startswith("expected")] == []


def test_nothing_is_said_to_be_right_beside_an_answer_that_is():
    found = failing("max_forward", [[1, 2]], (1, 2), (1, 1), got=[[2.0]])
    assert list(panels(found)) == ["x", "got y"]


def test_of_several_planes_the_one_with_the_wrong_cell_is_drawn():
    x = np.arange(8.0).reshape(2, 2, 1, 2)
    found = msgspec.structs.replace(
        failing("max_forward", [[0, 0]], (1, 2), (1, 1), where=(0, 0)),
        calls=[msgspec.structs.replace(failing("max_forward", [[0, 0]], (1, 2), (1, 1)).calls[0], args=stored(x))],
        expected=[[[[1.0]], [[3.0]]], [[[5.0]], [[7.0]]]],
        got=[[[[1.0]], [[3.0]]], [[[0.0]], [[7.0]]]],
        where=[1, 0, 0, 0],
    )
    assert texts(panels(found)["x"]) == [["4", "5"]]


def stored(x):
    """The arguments of a call with this x."""
    from poolproof.properties.results import stored_call
    from poolproof.properties.targets.call import Call

    return stored_call(Call("max_forward", {"x": x}, (1, 2), (1, 1))).args


def test_an_image_of_one_axis_is_drawn_as_a_row():
    call = msgspec.structs.replace(MISPLACED.calls[0], args=stored(np.array([[[1.0, 2.0, 3.0]]])), size=[2], stride=[1])
    found = msgspec.structs.replace(
        MISPLACED, calls=[call], expected=[[[2.0, 3.0]]], got=[[[2.0, 2.0]]], where=[0, 0, 1]
    )
    drawn = panels(found)
    assert texts(drawn["x"]) == [["1", "2", "3"]]
    assert marked(drawn["x"], "window") == {(0, 1), (0, 2)}


def changed(**more):
    """The first counterexample with some fields changed."""
    return msgspec.structs.replace(OVERWRITTEN, **more)


def changed_call(**more):
    """The first counterexample with some fields of its call changed."""
    return changed(calls=[msgspec.structs.replace(OVERWRITTEN.calls[0], **more)])


@pytest.mark.parametrize(
    "found",
    [
        changed(calls=[]),
        changed(failing_call=7),
        changed(expected=[["x"]]),
        changed(where=[0, 0, 9, 9]),
        changed_call(size="(1, 2)"),
        changed_call(size=[0, 2]),
        changed_call(size=[1, 2, 3]),
        changed_call(stride=[1, 0]),
        changed_call(settings={"padding": [[0, 0], [0, 10**12]]}),
        changed_call(settings={"padding": "much"}),
        changed_call(args=stored(np.zeros((0, 1, 1, 3)))),
        changed_call(function="max_forward", args=stored(np.zeros((1, 1, 2, 2, 2)))),
        changed_call(function="max_forward", args=stored(np.zeros((1, 1, 17, 2)))),
    ],
)  # fmt: skip
def test_what_is_no_small_pooling_of_planes_is_not_drawn(found):
    drawn = picture(found)
    assert drawn is None or not {"due", "wrong", "window"} & set(drawn.marks())
