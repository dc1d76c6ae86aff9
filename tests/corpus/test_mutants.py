"""Mutants: which mistakes are planted, how they are judged and recorded, and that each reason is about a mutant."""

import pytest
from mutants import run
from mutants.judges import JUDGES, ROOT
from mutants.operators import mutants
from mutants.page import PAGE, complaints, page, reasons
from mutants.record import HUNG, NOTICED, SURVIVED, UNJUDGED, Record, checksums
from mutants.run import verdict
from selection import slow

pytestmark = pytest.mark.once

SHAPE = "properties/lawbook/shape.py"

REGISTRY = "properties/lawbook/registry.py"
"""A file whose judges are quick."""

PATIENCE = 600
"""Seconds for judges that take about ten, however loaded the machine is."""


def after(source):
    """The mutants of a source with a single line."""
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


@slow
def test_a_file_as_it_is_survives_and_one_that_is_wrong_or_hangs_does_not():
    source = (ROOT / REGISTRY).read_text(encoding="utf-8")
    wrong = source.replace("if name in LAWS or", "if name not in LAWS or")
    assert wrong != source
    assert verdict(REGISTRY, source, "law", PATIENCE) == SURVIVED
    assert verdict(REGISTRY, wrong, "law", PATIENCE) == NOTICED
    assert verdict(REGISTRY, source + "\nwhile True:\n    pass\n", "law", 5) == HUNG


# The record and its page.

TWO = 'A = 1\n\n\ndef f(a):\n    """One."""\n    return a < 2\n\n\ndef g(a):\n    return a < 3\n'


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("a < 2", "a > 2", {"f"}),
        ("One.", "Another.", set()),
        ("a < 3", "a < 3  # why", set()),
        ("A = 1", "A = 2", {""}),
        ("def f(a)", "@law\ndef f(a)", {"f"}),
    ],
)
def test_a_checksum_is_of_the_code_of_one_function(before, after, changed):
    old, new = checksums(TWO), checksums(TWO.replace(before, after))
    assert set(old) == {"", "f", "g"}
    assert {name for name in old if old[name] != new[name]} == changed


def test_a_method_is_apart_from_its_class_and_what_is_within_a_function_belongs_to_it():
    source = "class A:\n    n = 1\n\n    def f(self):\n        def g():\n            return 1\n"
    old, new = checksums(source), checksums(source.replace("return 1", "return 2"))
    assert [name for name in old if old[name] != new[name]] == ["A.f", "A.f.g"]


def test_verdicts_are_those_on_record_until_their_function_changes(tmp_path):
    record, source = Record(tmp_path / "mutants.json"), (ROOT / SHAPE).read_text(encoding="utf-8")
    assert set(record.verdicts(SHAPE).values()) == {UNJUDGED}
    first, second, *others = [key for key in record.verdicts(SHAPE) if key[0] == "output_size"]
    ends = {first: SURVIVED, second: HUNG, **dict.fromkeys(others, NOTICED)}
    record.add(SHAPE, "output_size", checksums(source)["output_size"], ends)
    again = Record(tmp_path / "mutants.json").verdicts(SHAPE)
    assert {key: verdict for key, verdict in again.items() if verdict != UNJUDGED} == ends
    record.add(SHAPE, "output_size", "other code", ends)
    assert set(record.verdicts(SHAPE).values()) == {UNJUDGED}


@slow
def test_what_is_not_on_record_is_judged_and_survivors_again_if_asked(tmp_path, monkeypatch):
    record = Record(tmp_path / "mutants.json")
    monkeypatch.setattr(run, "time_for", lambda *_: 1)
    for end, again, recorded in ((SURVIVED, False, SURVIVED), (NOTICED, False, SURVIVED), (NOTICED, True, NOTICED)):
        monkeypatch.setattr(run, "verdict", lambda *_, end=end: end)
        run.judge(SHAPE, record, 2, again=again)
        assert set(Record(tmp_path / "mutants.json").verdicts(SHAPE).values()) == {recorded}


def test_the_page_is_as_the_record_makes_it_and_every_survivor_has_a_reason():
    verdicts = {file: Record().verdicts(file) for file in JUDGES}
    assert PAGE.read_text(encoding="utf-8") == page(verdicts), "python -m mutants --page writes it again"
    assert complaints(verdicts) == []


def test_the_page_counts_survivors_by_reason():
    (file, *key), reason = next(iter(reasons().items()))
    assert f"| {file} | 1 | 0 | {reason} |" in page({file: {tuple(key): SURVIVED}})
    assert f"| {file} | 0 | 1 | {reason} |" in page({file: {tuple(key): UNJUDGED}})
    assert f"| {file} | 2 | 1 | 1 | 1 | 0 |" in page({file: {tuple(key): SURVIVED, ("f", "a", "b"): HUNG}})


# Reasons.


def test_every_reason_is_about_a_mutant():
    there = {(file, *mutant[:3]) for file in JUDGES for mutant in mutants((ROOT / file).read_text(encoding="utf-8"))}
    assert [key for key in reasons() if key not in there] == []
    assert all(reasons().values())


def test_a_survivor_without_a_reason_and_a_reason_in_vain_are_told():
    file, *key = next(iter(reasons()))
    others = {each[1:]: SURVIVED for each in reasons() if each[0] == file}
    assert complaints({file: others}) == []
    [missing] = complaints({file: {**others, ("f", "a", "b"): SURVIVED}})
    assert missing == "no reason for\n```diff\n@@ f\n- a\n+ b\n```"
    [vain] = complaints({file: {**others, tuple(key): NOTICED}})
    assert vain.startswith("a reason for what is noticed or is not there")
