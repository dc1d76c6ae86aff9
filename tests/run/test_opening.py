"""The first units of a run are examined in its own process, before others are started."""

import math

import pytest
from poolproof.properties.run import dispatch
from poolproof.properties.run.dispatch import begun_before, examined
from poolproof.properties.run.request import Request
from poolproof.properties.run.units import plan


def test_what_the_opening_does_not_take_is_left_to_others():
    tasks = iter("abc")
    assert list(begun_before(-math.inf, tasks)) == []
    assert next(begun_before(math.inf, tasks)) == "a"
    assert list(tasks) == ["b", "c"]


def placed(request, monkeypatch, opening):
    """Where the units of a request were examined, as numbers of processes."""
    where = {}

    def carried_out(tasks, processes, complain):
        where[processes] = [unit.name for task in tasks for unit in task.arguments[1]]
        return iter(())

    monkeypatch.setattr(dispatch, "OPENING", opening)
    monkeypatch.setattr(dispatch, "carried_out", carried_out)
    units = plan(request)
    list(examined(request, units, 2, pytest.fail))
    assert [name for names in where.values() for name in names] == [unit.name for unit in units]
    return {processes: len(names) for processes, names in where.items()}


@pytest.mark.parametrize(("opening", "here"), [(math.inf, 4), (-math.inf, 0)])
def test_a_target_with_a_process_of_its_own_is_examined_here_first(monkeypatch, opening, here):
    request = Request(("my_pool.py",), laws="shape", seed=0)
    assert placed(request, monkeypatch, opening) == {0: here, 2: 4 - here}


@pytest.mark.parametrize(
    "request_", [Request(("naive",), laws="shape"), Request(("a.py",), laws="shape", in_process=True)]
)
def test_a_target_that_could_end_this_process_is_not_examined_here(monkeypatch, request_):
    assert placed(request_.settled(), monkeypatch, math.inf) == {2: 4}
