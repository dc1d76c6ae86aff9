"""A failing case as text."""

import unicodedata
from itertools import product

import pytest
from pictured import MISPLACED, OVERWRITTEN, failing
from poolproof.properties.drawings.grid import box, lines

WEIGHTS = {"LIGHT": 1, "HEAVY": 2}
SIDES = {"VERTICAL": ("UP", "DOWN"), "HORIZONTAL": ("LEFT", "RIGHT")}


def arms(character):
    """The weights of a box character's lines: up, down, left, right, according to its Unicode name."""
    words = unicodedata.name(character).removeprefix("BOX DRAWINGS ").split()
    found, waiting, leading = {}, [], None
    if words[0] in WEIGHTS and not set(words[1:]) & set(WEIGHTS):
        leading = WEIGHTS[words.pop(0)]
    elif words[0] in WEIGHTS:  # LIGHT LEFT AND HEAVY RIGHT
        words = [word for light, side in zip(words[::3], words[1::3], strict=True) for word in (side, light)]
    for word in words:
        if word in WEIGHTS:
            found.update(dict.fromkeys(waiting, WEIGHTS[word]))
            waiting = []
        elif word != "AND":
            waiting += SIDES.get(word, (word,))
    found.update(dict.fromkeys(waiting, leading))
    return tuple(found.get(side, 0) for side in ("UP", "DOWN", "LEFT", "RIGHT"))


def test_lines_meet_in_the_character_of_their_weights():
    assert box(0, 0, 0, 0) == " "
    for weights in product(range(3), repeat=4):
        if any(weights):
            assert arms(box(*weights)) == weights


def test_a_gradient_is_drawn():
    assert lines(OVERWRITTEN) == [
        "x               dy          expected dx     got dx",
        "┏━━━┯━━━┯━━━┓   ┏━━━┯━━━┓   ┌───┲━━━┱───┐   ┌───┲━━━┱───┐",
        "┃ 0 │ 1*│ 0 ┃   ┃ 1 │ 2 ┃   │ 0 ┃ 3 ┃ 0 │   │ 0 ┃ 2!┃ 0 │",
        "┗━━━┷━━━┷━━━┛   ┗━━━┷━━━┛   └───┺━━━┹───┘   └───┺━━━┹───┘",
        "heavy lines: the cell in question, and its windows; *: their maxima; !: wrong",
    ]


def test_a_window_is_drawn():
    assert lines(MISPLACED) == [
        "x               expected y   got y",
        "┌───┬───┬───┐   ┌───┬───┐    ┌───┬───┐",
        "│ 1 │ 2 │ 0 │   │ 4 │ 4 │    │ 4 │ 4 │",
        "├───╆━━━┿━━━┪   ├───╆━━━┪    ├───╆━━━┪",
        "│ 3 ┃ 4 │ 0 ┃   │ 4 ┃ 5 ┃    │ 4 ┃ 4!┃",
        "├───╂───┼───┨   └───┺━━━┛    └───┺━━━┛",
        "│ 0 ┃ 0 │ 5*┃",
        "└───┺━━━┷━━━┛",
        "heavy lines: the cell in question, and its windows; *: their maxima; !: wrong",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", None, "no such encoding"])
def test_a_stream_without_box_characters_gets_ascii(encoding):
    assert lines(OVERWRITTEN, encoding)[:4] == [
        "x               dy          expected dx     got dx",
        "#===#===#===#   #===#===#   +---#===#---+   +---#===#---+",
        "# 0 | 1*| 0 #   # 1 | 2 #   | 0 # 3 # 0 |   | 0 # 2!# 0 |",
        "#===#===#===#   #===#===#   +---#===#---+   +---#===#---+",
    ]
    assert "".join(lines(OVERWRITTEN, encoding)).isascii()


def test_padding_is_drawn():
    found = failing(
        "max_forward", [[-1]], (1, 2), (1, 1), expected=[[-1.0]], got=[[0.0]], where=(0, 0), padding=((0, 0), (0, 1)),
    )  # fmt: skip
    assert lines(found)[2] == "┃ -1*│  . ┃   ┃ -1 ┃       ┃ 0!┃"


def test_wide_pictures_continue_below():
    wide = [[k + 0.25 for k in range(8)]]
    found = failing(
        "max_backward", wide, (1, 1), (1, 1), dy=wide, expected=wide, got=[[0.0, *wide[0][1:]]], where=(0, 0)
    )  # fmt: skip
    assert max(map(len, lines(found))) <= 100
    assert sum("dx" in line for line in lines(found)) == 2


def test_large_images_and_failures_without_a_wrong_cell_are_not_drawn():
    wide = [list(range(9))]
    assert lines(failing("max_forward", wide, (1, 1), (1, 1), expected=wide, got=[[5] * 9], where=(0, 0))) == []
    assert lines(failing("max_forward", [[1, 2]], (1, 2), (1, 1))) == []
    assert lines(failing("max_forward", [[1, 2]], (1, 2), (1, 1), got=[[2.0]])) == []
