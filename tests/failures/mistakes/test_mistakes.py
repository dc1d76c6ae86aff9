"""The registry of mistakes: names, sentences, and answers that differ from the right ones where they apply."""

import re

import numpy as np
import pytest
from poolproof.properties.contract import CALLABLES
from poolproof.properties.failures.judging import attempted, judged
from poolproof.properties.failures.mistakes import MISTAKES, Scope, conduct
from poolproof.properties.failures.mistakes.mistake import Mistake, by_name, whole
from poolproof.properties.failures.mistakes.steps import RIGHT
from selection import slow
from test_steps import drawn

COMPUTED = {name: mistake for name, mistake in MISTAKES.items() if mistake.answers}


def test_every_name_is_in_kebab_case():
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in MISTAKES)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_says_in_a_sentence_what_is_wrong_and_in_one_what_is_right(name):
    for sentence in (MISTAKES[name].wrong, MISTAKES[name].right):
        assert re.fullmatch(r"\w.*[^. ]\.", sentence)
        assert ". " not in sentence.replace("..., ", "")


def test_mistakes_are_about_callables_of_the_contract():
    assert {function for mistake in MISTAKES.values() for function in mistake.functions} == {*CALLABLES}


def test_a_mistake_is_computed_refuses_calls_or_is_seen_in_conduct():
    seen = {mistake.name for mistake in conduct.MISTAKES}
    assert {name for name, each in MISTAKES.items() if not each.answers and not each.refuses} == seen


def test_a_name_that_two_mistakes_have_is_refused():
    one = Mistake("one", ("max_forward",), "It is wrong.", "It is right.")
    with pytest.raises(ValueError, match="a name of its own"):
        by_name([one, one])


def test_mistakes_about_whole_calls_keep_a_wider_scope():
    always = Mistake("always", ("max_forward",), "It is wrong.", "It is right.", scope=Scope.ALWAYS)
    assert [each.scope for each in whole([always, MISTAKES["first-cell"], MISTAKES["max-is-mean"]])] == [
        Scope.ALWAYS,
        Scope.ALWAYS,
        Scope.CALLS,
    ]


RARE = {"index-without-cell", "row-by-reciprocal", "truth-counted-in-a-byte"}
"""Mistakes that show only in windows wholly in padding, in rows of certain widths, or with more than 255 True cells."""


def differs(mistake, right):
    """Whether some answer of a mistake differs from the right one."""
    made = [attempted(right, answer) for answer in mistake.answers]
    return any(
        each is not None
        and (each.dtype != right.right.dtype or not np.array_equal(each, right.right, equal_nan=each.dtype.kind == "f"))
        for each in made
    )


@slow
def test_every_mistake_gives_a_wrong_answer_to_some_ordinary_call():
    wrong = set()
    for function in CALLABLES:
        about = [mistake for mistake in COMPUTED.values() if function in mistake.functions]
        for values in ("ties", "wide", "negative", "not_a_number", "lowest", "bottomless", "neighbours", "remote"):
            for call in drawn(function, values)[:30]:
                right = judged(call, RIGHT.answer(call))
                about = [mistake for mistake in about if right is None or not differs(mistake, right)]
        wrong |= {name for name, mistake in COMPUTED.items() if function in mistake.functions and mistake not in about}
    assert {*COMPUTED} - wrong == RARE
