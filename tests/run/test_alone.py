"""One target judged alone: how its laws share the time."""

import time
from dataclasses import replace

import pytest
from poolproof.properties.results import Result
from poolproof.properties.run.alone import in_turns
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import Unit

UNITS = [Unit("mine", name) for name in ("slow", "quick", "wrong")]
pytestmark = pytest.mark.once


class Scripted:
    """A session that returns given results for each law, one per trial."""

    def __init__(self, left, **results):
        self.request = Request(end=time.time() + left)
        self.results, self.asked = {name: list(each) for name, each in results.items()}, []

    def examine(self, unit, end):
        self.asked.append(unit.name)
        assert end <= max(self.request.end, time.time())
        return self.results[unit.name].pop(0)


def result(verdict, examples, partial):
    return Result("mine", "", verdict, examples=examples, partial=partial)


CUT, WHOLE, BROKEN = result("holds", 3, True), result("holds", 100, False), result("broken", 7, True)


def test_laws_that_were_cut_short_share_what_others_left():
    session = Scripted(600, slow=[CUT, CUT, WHOLE], quick=[WHOLE], wrong=[BROKEN])
    assert in_turns(session, UNITS, first_only=False) == [WHOLE, WHOLE, BROKEN]
    assert session.asked == ["slow", "quick", "wrong", "slow", "slow"]


def test_a_later_turn_that_is_shorter_loses_nothing():
    longer = result("holds", 9, True)
    session = Scripted(600, slow=[longer, CUT, WHOLE], quick=[longer, CUT], wrong=[BROKEN])
    session.request = replace(session.request, end=time.time() + 0.2)
    examine = session.examine

    def until_the_end(unit, end):
        if len(session.asked) == 4:
            time.sleep(max(0.0, session.request.end - time.time()))
        return examine(unit, end)

    session.examine = until_the_end
    assert in_turns(session, UNITS, first_only=False) == [longer, longer, BROKEN]


def test_they_are_not_tried_again_when_the_time_is_over():
    session = Scripted(-1, slow=[CUT], quick=[CUT], wrong=[CUT])
    assert in_turns(session, UNITS, first_only=False) == [CUT, CUT, CUT]
