"""The exercises of the chapter: each skeleton fails its laws, an answer passes, and typical mistakes are explained."""

import re

import pytest
from places import ROOT, TESTS
from shell import check

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "chapter.md").read_text(encoding="utf-8")
EXERCISES = re.findall(
    r"^<!-- file: (\w+)\.py -->\n```python\n([^`]*)```\n\n```console\n\$ poolproof check \1\.py --laws (\S+)",
    PAGE.partition("\n## Exercises\n")[2],
    re.MULTILINE,
)

MISTAKES = {
    "derivatives of one": (
        ("mean", r" / \(.*\)", ""),
        "The sum is not divided by the number of cells.",
    ),
    "windows that tile": (
        ("mean", r":: stride\[0\], :: stride\[1\]", ":: size[0], :: size[1]"),
        "The stride is ignored: windows tile the image.",
    ),
    "shares that are assigned": (
        ("mean", r"\+=", "="),
        "Windows share a cell, and only the first window passes its gradient.",
    ),
    "places that come twice": (
        ("overlap", r"np\.add\.at\(dx, \((.*)\), dy\)", r"dx[\1] += dy"),
        "Windows share a cell, and the last window overwrote the gradient of the first.",
    ),
    "an index in the window": (
        ("columns", r"return np\.take_along_axis.*", "return matrix.argmax(axis=0).reshape(shape)"),
        "Indices count within the window.",
    ),
}
"""Typical mistakes: the exercise, a pattern in its answer and the replacement, and the reason that is given."""


def answer(exercise):
    return (TESTS / "pages" / "answers" / f"{exercise}.py").read_text(encoding="utf-8")


def graded(folder, exercise, source, laws=None):
    """The exit status and the output of the command that grades an exercise, or of another choice of laws."""
    laws = laws or {name: laws for name, _, laws in EXERCISES}[exercise]
    # A process loads a path only once.
    file = folder / f"{exercise}-{len(list(folder.iterdir()))}.py"
    file.write_text(source, encoding="utf-8")
    return check(folder, str(file), "--laws", laws)


def test_the_page_has_three_exercises():
    assert [name for name, *_ in EXERCISES] == ["mean", "overlap", "columns"]


@pytest.mark.parametrize(("name", "skeleton"), [(name, skeleton) for name, skeleton, _ in EXERCISES])
def test_an_exercise_fails_before_its_answer_and_passes_with_it(name, skeleton, tmp_path):
    assert graded(tmp_path, name, skeleton)[0] == 1
    status, said = graded(tmp_path, name, answer(name))
    assert (status, said.splitlines()[-1].endswith("all passed")) == (0, True), said


@pytest.mark.parametrize("name", [name for name, *_ in EXERCISES])
def test_an_answer_keeps_all_laws(name, tmp_path):
    status, said = graded(tmp_path, name, answer(name), "*")
    assert status == 0, said


@pytest.mark.parametrize(("planted", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_a_typical_mistake_is_rejected_with_its_reason(planted, reason, tmp_path):
    exercise, pattern, wrong = planted
    source, count = re.subn(pattern, wrong, answer(exercise))
    assert count == 1
    status, said = graded(tmp_path, exercise, source)
    assert status == 1
    assert f"\n    {reason}\n" in said


def test_doubled_gradients_of_tied_maxima_are_rejected_with_their_reason(tmp_path):
    (source,) = (skeleton for name, skeleton, _ in EXERCISES if name == "overlap")
    doubled = "dx[n, c, top : top + size[0], left : left + size[1]] += (window == window.max()) * dy[n, c, i, j]"
    source = source.replace("dx[n, c, top + h, left + w] = dy[n, c, i, j]", doubled)
    assert doubled in source
    status, said = graded(tmp_path, "overlap", source)
    assert status == 1
    assert "\n    Every tied maximum gets the whole gradient.\n" in said
