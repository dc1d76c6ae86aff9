"""A run as a stream of events: what the suite itself complains of comes as soon as it is known, and once."""

import pytest
from poolproof.properties.results import Result
from poolproof.properties.run.events import SuiteFailed, UnitExamined, with_complaints

pytestmark = pytest.mark.once

FIRST, SECOND = (UnitExamined(Result("mine", name, "holds")) for name in ("max-value", "routing"))


def complaining(events, wrong, words):
    """Events, with a complaint before each."""
    for event in events:
        wrong.append(words)
        yield event


def test_a_complaint_follows_the_event_before_which_it_arose():
    wrong = []
    found = list(with_complaints(complaining([FIRST, SECOND], wrong, "no memory"), wrong))
    assert found == [FIRST, SuiteFailed("no memory"), SECOND]


def test_a_complaint_without_an_event_comes_at_the_end():
    assert list(with_complaints(iter(()), ["no memory", "no memory", "no disk"])) == [
        SuiteFailed("no memory"),
        SuiteFailed("no disk"),
    ]


def test_an_interruption_loses_no_complaint():
    wrong = []

    def interrupted():
        yield FIRST
        wrong.append("no memory")
        raise KeyboardInterrupt

    found = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(with_complaints(interrupted(), wrong))
    assert found == [FIRST, SuiteFailed("no memory")]
