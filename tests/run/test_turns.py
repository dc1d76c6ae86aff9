"""A budget is shared: every law gets a turn, and so do the conventions of every target."""

import time
from types import SimpleNamespace

import pytest
from poolproof.properties.contract import Unusable
from poolproof.properties.doors.plugin import Share
from poolproof.properties.results import Result
from poolproof.properties.run import dispatch, pinned, units
from poolproof.properties.run.dispatch import Turns, in_order, portions
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session, session
from poolproof.properties.run.units import CONVENTIONS_ITEM, TURN, Kind, Unit, plan

END = 1000.0


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is set."""
    found = SimpleNamespace(now=0.0)
    monkeypatch.setattr(units.time, "time", lambda: found.now)
    return found


def observed_of(spec):
    """The unit with all conventions of a target."""
    return Unit(spec, CONVENTIONS_ITEM, Kind.OBSERVED)


def spent(groups, clock):
    """The time for each portion if all previous ones used all of theirs."""
    found = []
    for task in portions(Request(end=END), groups, 1):
        _, group, seconds = task.arguments
        found.append((group[0].name, seconds))
        clock.now += seconds
    return found


def test_conventions_have_the_time_of_several_laws_after_laws_that_take_all_of_theirs(clock):
    groups = [[Unit("naive", "max-value")], [Unit("naive", "routing")], [observed_of("naive")]]
    law = END / (TURN + 2)
    assert spent(groups, clock) == [
        ("max-value", pytest.approx(law)),
        ("routing", pytest.approx(law)),
        (CONVENTIONS_ITEM, pytest.approx(TURN * law)),
    ]


MAX_VALUE, ROUTING = Unit("naive", "max-value"), Unit("naive", "routing")


def result(unit, examples, **more):
    return Result(*unit.key, "holds" if examples else "not run", examples=examples, **more)


def test_what_was_cut_short_shares_the_time_that_is_left(clock):
    turns = Turns(Request(end=END), [[MAX_VALUE], [ROUTING]], 1)
    tasks = turns.tasks()
    assert [next(tasks).arguments[1], next(tasks).arguments[1]] == [[MAX_VALUE], [ROUTING]]
    # Its target was loaded meanwhile.
    assert turns.settled(result(MAX_VALUE, 0, partial=True)) == []
    assert next(tasks) is None
    clock.now = 100.0
    assert turns.settled(result(ROUTING, 5)) == [result(ROUTING, 5)]
    assert next(tasks).arguments[1:] == ([MAX_VALUE], END - clock.now)
    assert turns.settled(result(MAX_VALUE, 7)) == [result(MAX_VALUE, 7)]
    assert list(tasks) == []
    assert not turns.cut_short


def test_a_later_turn_that_is_shorter_loses_nothing(clock):
    turns = Turns(Request(end=END), [[MAX_VALUE]], 1)
    tasks = turns.tasks()
    next(tasks)
    assert turns.settled(result(MAX_VALUE, 9, partial=True)) == []
    next(tasks)
    clock.now = END
    assert turns.settled(result(MAX_VALUE, 3, partial=True)) == [result(MAX_VALUE, 9, partial=True)]
    assert list(tasks) == []


@pytest.mark.parametrize(("end", "more"), [(None, {"partial": True}), (END, {}), (0.0, {"partial": True})])
def test_nothing_gets_another_turn_without_a_budget_or_a_need(clock, end, more):
    turns = Turns(Request(end=end), [[MAX_VALUE]], 1)
    tasks = turns.tasks()
    next(tasks)
    assert turns.settled(result(MAX_VALUE, 9, **more)) == [result(MAX_VALUE, 9, **more)]
    assert list(tasks) == []


@pytest.mark.parametrize(("seconds", "end"), [(7.0, 157.0), (2 * END, END), (None, None)])
def test_the_time_of_a_law_begins_when_its_targets_are_loaded(clock, monkeypatch, seconds, end):
    clock.now, ends, loaded = 50.0, [], set()

    def load(session, spec):
        clock.now += 0 if spec in loaded else 50
        loaded.add(spec)

    monkeypatch.setattr(Session, "target", load)
    monkeypatch.setattr(dispatch, "in_order", lambda _, units, end: iter(ends.append(end) or ()))
    dispatch.tried(Request(seed=0, end=END), [MAX_VALUE, Unit("img2col", "max-value")], seconds)
    assert ends == [end]


def test_a_target_that_cannot_be_loaded_is_told_by_its_unit(monkeypatch):
    def load(session, spec):
        raise Unusable("gone")

    monkeypatch.setattr(Session, "target", load)
    (told,) = dispatch.tried(Request(seed=0, end=time.time() + 60), [MAX_VALUE], 7.0)["results"]
    assert (told["verdict"], told["reason"]) == ("not run", "gone")


def test_ctrl_c_loses_no_law_that_waited_for_another_turn(clock, monkeypatch):
    def interrupted(tasks, *_, **__):
        yield next(tasks), result(MAX_VALUE, 9, partial=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatch, "carried_out", interrupted)
    results = dispatch.examined(Request(end=END), [MAX_VALUE], 0, print)
    assert next(results) == result(MAX_VALUE, 9, partial=True)
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_the_conventions_of_one_target_leave_those_of_the_next_their_time(clock, monkeypatch):
    ends = []

    def observed(target, hangs, end):
        ends.append(end)
        clock.now = end
        return {}, []

    monkeypatch.setattr(pinned, "observed", observed)
    request = Request(("naive", "img2col"), seed=0, end=END, in_process=True)
    session.cache_clear()
    list(in_order(session(request).examine, list(map(observed_of, request.targets)), END))
    assert ends == [END / 2, END]


def test_conventions_end_with_their_turn_and_not_with_the_run(clock, monkeypatch):
    ends = []
    monkeypatch.setattr(pinned, "observed", lambda target, hangs, end: (ends.append(end), ({}, []))[1])
    Session(Request(seed=0, end=END, in_process=True)).examine(observed_of("naive"), 7.0)
    assert ends == [7.0]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_pytest_gives_conventions_the_same_share(clock, monkeypatch, workers):
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    share = Share(2 + TURN)
    found = [share.end(END, unit) for unit in (Unit("naive", "max-value"), observed_of("naive"))]
    before = 2 + TURN - int(workers)
    assert found == [
        pytest.approx(int(workers) * END / (2 + TURN)),
        pytest.approx(END * min(1, int(workers) * TURN / before)),
    ]


def test_a_whole_run_plans_the_conventions_of_every_target_last():
    planned = plan(Request())
    assert [unit.kind for unit in planned[-3:]] == [Kind.OBSERVED] * 3
