"""A budget is shared: every law gets a turn, and so do the conventions of every target."""

from types import SimpleNamespace

import pytest
from poolproof.properties.doors.plugin import Share
from poolproof.properties.run import session
from poolproof.properties.run.dispatch import in_order, turns
from poolproof.properties.run.session import CONVENTIONS_ITEM, TURN, Bench, Request, bench, plan

END = 1000.0


@pytest.fixture
def clock(monkeypatch):
    """A time that stands still unless it is set."""
    found = SimpleNamespace(now=0.0)
    monkeypatch.setattr(session.time, "time", lambda: found.now)
    return found


def spent(groups, clock):
    """How long each portion has, when all before it took the whole of their time."""
    found = []
    for group, end in turns(Request(end=END), groups, 1):
        found.append((group[0][1], end - clock.now))
        clock.now = end
    return found


def test_conventions_have_the_time_of_several_laws_after_laws_that_take_all_of_theirs(clock):
    groups = [[("naive", name)] for name in ("max-value", "routing", CONVENTIONS_ITEM)]
    law = END / (TURN + 2)
    assert spent(groups, clock) == [
        ("max-value", pytest.approx(law)),
        ("routing", pytest.approx(law)),
        (CONVENTIONS_ITEM, pytest.approx(TURN * law)),
    ]


def test_the_conventions_of_one_target_leave_those_of_the_next_their_time(clock, monkeypatch):
    ends = []

    def observed(target, hangs, end):
        ends.append(end)
        clock.now = end
        return {}, []

    monkeypatch.setattr(session, "observed", observed)
    request = Request(("naive", "img2col"), seed=0, end=END, in_process=True)
    bench.cache_clear()
    list(in_order(request, [(spec, CONVENTIONS_ITEM) for spec in request.targets], END))
    assert ends == [END / 2, END]


def test_conventions_end_with_their_turn_and_not_with_the_run(monkeypatch):
    ends = []
    monkeypatch.setattr(session, "observed", lambda target, hangs, end: (ends.append(end), ({}, []))[1])
    Bench(Request(seed=0, end=END, in_process=True)).examine("naive", CONVENTIONS_ITEM, 7.0)
    assert ends == [7.0]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_pytest_gives_conventions_the_same_share(clock, monkeypatch, workers):
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    share = Share(2 + TURN)
    found = [share.end(END, name) for name in ("max-value", CONVENTIONS_ITEM)]
    before = 2 + TURN - int(workers)
    assert found == [
        pytest.approx(int(workers) * END / (2 + TURN)),
        pytest.approx(END * min(1, int(workers) * TURN / before)),
    ]


def test_a_whole_run_plans_the_conventions_of_every_target_last():
    units = plan(Request())
    assert [name for _, name in units[-3:]] == [CONVENTIONS_ITEM] * 3
