"""A run begins with one process, and starts the others if it takes longer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from poolproof.properties.run.executor import Here, Task, run_tasks


class Threads(ThreadPoolExecutor):
    """Two threads of this process."""

    def room(self):
        return 2

    def interrupt(self):
        pass


def done(functions, opening):
    """The results of tasks with these functions on two threads."""
    with Threads(2) as executor:
        tasks = [Task(function, ()) for function in functions]
        return [future.result() for _, future in run_tasks(tasks, executor, opening)]


def meeting():
    """A function that returns when it runs twice at the same time."""
    barrier = threading.Barrier(2)
    return lambda: barrier.wait(60) and {}


def test_in_the_opening_there_is_one_task_at_a_time():
    alone = threading.Lock()

    def task():
        assert alone.acquire(blocking=False)
        # Long enough for another task to begin, if it may.
        time.sleep(0.01)
        alone.release()
        return {}

    assert done([task] * 20, opening=600) == [{}] * 20


@pytest.mark.parametrize("opening", [0, 0.05])
def test_afterwards_there_are_several_whatever_the_first_is_doing(opening):
    assert len(done([meeting()] * 2, opening)) == 2


@pytest.mark.parametrize("opening", [0, 600])
def test_here_tasks_run_one_after_another(opening):
    found = [future.result() for _, future in run_tasks([Task(dict, ())] * 3, Here(), opening)]
    assert found == [{}] * 3
