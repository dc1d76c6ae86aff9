"""Mutants: which mistakes are planted, how they are judged, and that every reason is about one."""

import pytest
from mutants.judges import JUDGES, ROOT
from mutants.operators import mutants
from mutants.page import PAGE, complaints, reasons
from mutants.run import HUNG, NOTICED, SURVIVED, verdict

pytestmark = pytest.mark.corpus

SHAPE = "properties/lawbook/shape.py"


def after(source):
    """What becomes of the only line of a source."""
    return [mutant.after for mutant in mutants(source)]


MISTAKES = {
    "a < b": ["(a <= b)"],
    "a <= b < c": ["(a < b < c)", "(a <= b <= c)"],
    "a == b": ["(a != b)"],
    "a is not b": ["(a is b)"],
    "a in b": ["(a not in b)"],
    "a + b": ["(a - b)"],
    "a * b": ["(a / b)"],
    "a // b": ["(a / b)"],
    "a % b": ["(a // b)"],
    "a << b": ["(a >> b)"],
    "a & ~b": ["(a | ~b)", "a & b"],
    "a and not b": ["(a or not b)", "a and b"],
    "-1": ["1", "-2"],
    "0.25": ["1.25"],
    "True": ["False"],
    "a if b else c": ["(c if b else a)"],
    "x = min(a)": ["x = max(a)"],
    "x = np.zeros(a)": ["x = np.ones(a)"],
    "f(a, b, c=d)": ["pass"],
    "x[a:b:c]": ["x[:b:c]", "x[a::c]", "x[a:b]"],
    "x += y": ["x = y", "x -= y"],
    "raise E": ["pass"],
    "if a: b": ["if (not (a)): b"],
    "if a == b: c": ["if (a != b): c"],
    "if not a: b": ["if a: b"],
    "if a < b: c": ["if (not (a < b)): c", "if (a <= b): c"],
    "[a for a in b if a]": ["[a for a in b if (not (a))]"],
    "while a: break": ["while (not (a)): break", "while a: continue"],
}


@pytest.mark.parametrize("source", MISTAKES)
def test_a_mistake_is_planted(source):
    assert after(source) == MISTAKES[source]


ALONE = [
    "f'{a + 1}'",
    "'1'",
    "x = zip(a, strict=True)",
    "a: 'b + 1'",
    "def f(a: b + c) -> d + e: ...",
    "@law(large=True)\ndef f(): ...",
    "if TYPE_CHECKING: a = 1",
    "from a import b",
    "a = b",
]


@pytest.mark.parametrize("source", ALONE)
def test_what_is_no_mistake_is_left_alone(source):
    assert after(source) == []


def test_a_mutant_is_one_edit_of_the_lines_that_it_names():
    source = "class A:\n    def f(self):\n        # é\n        return [\n            1,\n            b,\n        ]\n"
    [mutant] = mutants(source)
    assert mutant[:3] == ("A.f", "1,", "2,")
    assert mutant.source == source.replace("1,", "2,")


def test_mutants_that_would_be_told_by_the_same_words_are_numbered():
    found = [mutant[:3] for mutant in mutants("def f():\n    a += 0\n    a += 0\n")]
    assert [function for function, *_ in found] == ["f", "f", "f", "f (2)", "f (2)", "f (2)"]
    assert len(set(found)) == 6


def test_a_file_as_it_is_survives_and_one_that_is_wrong_or_hangs_does_not():
    source = (ROOT / SHAPE).read_text(encoding="utf-8")
    wrong = source.replace("y.shape[:2] != case", "y.shape[:2] == case")
    assert verdict(SHAPE, source, "depth_preserved", 100) == SURVIVED
    assert verdict(SHAPE, wrong, "depth_preserved", 100) == NOTICED
    assert verdict(SHAPE, source + "\nwhile True:\n    pass\n", "depth_preserved", 5) == HUNG


# Reasons.


def test_every_reason_is_about_a_mutant():
    there = {(file, *mutant[:3]) for file in JUDGES for mutant in mutants((ROOT / file).read_text(encoding="utf-8"))}
    assert [key for key in reasons() if key not in there] == []
    assert all(reasons().values())


def test_the_page_has_every_file_as_it_is_and_tells_every_reason():
    page = PAGE.read_text(encoding="utf-8")
    assert all(reason in page for reason in reasons().values())
    assert [file for file in JUDGES if f"| {file} | {count(file)} |" not in page] == []


def count(file):
    """How many mutants a file has."""
    return sum(1 for _ in mutants((ROOT / file).read_text(encoding="utf-8")))


def test_a_survivor_without_a_reason_and_a_reason_in_vain_are_told():
    file, *key = next(iter(reasons()))
    others = {each[1:]: SURVIVED for each in reasons() if each[0] == file}
    assert complaints({file: others}) == []
    [missing] = complaints({file: {**others, ("f", "a", "b"): SURVIVED}})
    assert missing == "no reason for\n```diff\n@@ f\n- a\n+ b\n```"
    [vain] = complaints({file: {**others, tuple(key): NOTICED}})
    assert vain.startswith("a reason for what is noticed or is not there")
