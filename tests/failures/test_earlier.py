"""Failures that need earlier calls: as few and as small calls as possible are found, and a replay repeats them."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import UNSET, structs
from poolproof.kernels import naive
from poolproof.properties.failures.earlier import FEW, Needed, Search, fewest, last_ones, needed, simplest, words
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run import trial
from poolproof.properties.run.runner import replay, run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets import history
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.history import Log
from poolproof.properties.targets.target import InProcess, wrap
from selection import once, slow
from shell import check, poolproof

pytestmark = once


def call(name="max_forward", cells=1, **more):
    """A call for an image of one row."""
    return Call(name, {"x": np.zeros((1, 1, 1, cells))}, (1, 1), (1, 1), **more)


# The calls that were made.


@pytest.fixture
def small_log(monkeypatch):
    """Logs that remember two of the first calls and three of the last, or 80 bytes of the latter."""
    for name, most in {"FIRST": 2, "LAST": 3, "MOST_BYTES": 80, "SMALL": 16}.items():
        monkeypatch.setattr(history, name, most)
    return Log()


def named(calls):
    return [each.function for each in calls]


def test_the_first_and_the_last_calls_are_remembered(small_log):
    for k in range(9):
        small_log.begin()
        small_log.add([call(str(k))])
    small_log.begin()
    assert named(small_log.before()) == ["0", "1", "6", "7", "8"]


def test_large_calls_are_forgotten_first(small_log):
    for k, cells in enumerate((1, 3, 9, 2, 8)):
        small_log.add([call(str(k), cells)])
    small_log.begin()
    assert named(small_log.before()) == ["0", "3", "4"]
    assert small_log.bytes == 80


def test_the_calls_of_the_case_in_hand_are_not_before_it(small_log):
    small_log.add([call("a"), call("b")])
    small_log.begin()
    assert named(small_log.before()) == ["a", "b"]
    small_log.add([call("c")])
    assert named(small_log.before()) == ["a", "b"]
    small_log.add([call(str(k)) for k in range(9)])
    assert small_log.before() == []


def test_a_call_is_remembered_with_memory_of_its_own():
    calls = Log()
    calls.add([call(in_place=True)])
    calls.begin()
    assert [each.in_place for each in calls.before()] == [False]


@pytest.mark.parametrize("size", [3, None, "2", [2, 2]])
def test_a_call_with_no_window_is_no_earlier_call(size):
    calls = Log()
    calls.add([Call("max_forward", {"x": np.zeros((1, 1, 2, 2))}, size, (1, 1)), call()])
    calls.begin()
    assert [each.size for each in calls.before()] == [(1, 1)]


# As few as possible; calls are numbers here.


def searched(fails, end=float("inf")):
    return Search(wrap(SimpleNamespace(max_forward=naive.max_forward)), fails, end)


@pytest.mark.parametrize("wanted", [{0}, {99}, {17, 18}, {3, 50, 99}, set(range(0, 100, 9)), set(range(100))], ids=len)
def test_the_fewest_calls_are_those_that_are_needed(wanted):
    found = fewest(list(range(100)), searched(lambda calls: wanted <= set(calls)))
    assert found == Needed(sorted(wanted), least=True)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_a_count_of_calls_is_found_whichever_they_are(count):
    assert len(fewest(list(range(100)), searched(lambda calls: len(calls) >= count)).calls) == count


@pytest.mark.parametrize(("wanted", "left"), [(99, 1), (97, 4), (60, 64), (20, 100)])
def test_the_last_calls_are_looked_at_first(wanted, left):
    assert last_ones(list(range(100)), searched(lambda calls: wanted in calls)) == list(range(100 - left, 100))


def test_where_time_ends_the_calls_are_not_said_to_be_the_fewest():
    assert fewest([1, 2, 3], searched(lambda calls: 2 in calls, end=0.0)) == Needed([1, 2, 3], least=False)


def test_calls_that_another_failure_needed_are_tried_first():
    tries = []
    search = searched(lambda calls: tries.append(calls) or bool(calls))
    search.target.spoilers = [call()]
    assert needed([call(cells=2), call(cells=3)], search).calls == search.target.spoilers
    assert tries[0] == search.target.spoilers


@pytest.mark.parametrize("spoilers", [[], [call()]], ids=["none", "one"])
def test_what_never_comes_back_needs_no_call(spoilers):
    search = searched(lambda calls: False)
    search.target.spoilers = spoilers
    assert needed([call(cells=2), call(cells=3)], search) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_failure_that_comes_and_goes_is_blamed_on_no_call(seed):
    """In one run of 100 it follows the calls, and stays away without them, four times by chance."""
    chance = random.Random(seed)
    assert needed([call(cells=2), call(cells=3)], searched(lambda calls: chance.random() < 0.3)) is None


def test_a_failure_that_comes_without_the_calls_as_well_is_blamed_on_none():
    assert needed([call(cells=2), call(cells=3)], searched(lambda calls: True)) is None


def spoilt_by(calls):
    """Whether there is a max_forward call with at least three cells, and another call after it."""
    large = [k for k, each in enumerate(calls) if each.arrays["x"].size >= 3]
    return bool(large) and large[0] < len(calls) - 1


def test_needed_calls_are_made_smaller_as_long_as_they_do_it():
    target = wrap(SimpleNamespace(max_forward=naive.max_forward))
    found = simplest(Needed([call(cells=40), call(cells=40)], least=True), Search(target, spoilt_by))
    assert [each.arrays["x"].size for each in found.calls] == [3, 1]


def test_calls_that_the_target_does_not_take_are_not_put_in_their_place():
    target = wrap(SimpleNamespace(max_forward=naive.max_forward, tiles=True))
    wide = Call("max_forward", {"x": np.ones((1, 1, 1, 8))}, (1, 4), (1, 4))
    found = simplest(Needed([wide], least=True), Search(target, lambda calls: any(c.size != (1, 1) for c in calls)))
    assert found.calls[0].size == found.calls[0].stride
    assert found.calls[0].arrays["x"].size < 8


# In words.


def test_one_call_is_shown_with_its_arguments():
    assert words(Needed([call()], least=True), "process") == [
        "    only after a max_forward call in the same process:",
        "        size=(1, 1) stride=(1, 1) float64",
        "        x = [[[[0.]]]]",
    ]


def test_a_few_calls_are_shown_in_their_order():
    lines = words(Needed([call(), call("mean_forward")], least=True), "instance")
    assert lines[0] == "    only after 2 calls (1 max_forward, 1 mean_forward) in the same instance:"
    assert [line.strip() for line in lines if line.startswith("    m")] == ["max_forward", "mean_forward"]
    assert len(lines) == 7


@pytest.mark.parametrize("count", [FEW + 1, 1000])
def test_many_calls_are_counted(count):
    (line,) = words(Needed([call()] * count, least=True), "process")
    assert line == f"    only after {count} max_forward calls in the same process, complete in the JSON report"


def test_calls_some_of_which_may_be_innocent_are_not_shown():
    (line,) = words(Needed([call(), call()], least=False), "process")
    assert line == "    only after some of 2 max_forward calls in the same process, complete in the JSON report"


def test_calls_that_do_not_fit_into_a_message_are_left_to_the_report():
    (line,) = words(Needed([call(cells=200)], least=True), "process", room=100)
    assert line == "    only after a max_forward call in the same process, complete in the JSON report"


# Kernels with a memory.


class SpoiltByMaximum:
    """tt-metal 15824: any max_forward spoils the means after it."""

    spoilt = False

    def max_forward(self, x, size, stride):
        self.spoilt = True
        return naive.max_forward(x, size, stride)

    def mean_forward(self, x, size, stride):
        return naive.mean_forward(x, size, stride) + x.dtype.type(self.spoilt)


class SpoiltByPadding:
    """A call with padding spoils calls without padding."""

    spoilt = False

    def max_forward(self, x, size, stride, padding=((0, 0), (0, 0))):
        padded = padding != ((0, 0), (0, 0))
        self.spoilt = self.spoilt or padded
        y = naive.max_forward(x, size, stride, padding=padding)
        return y + x.dtype.type(self.spoilt and not padded)


class Counting:
    """Wrong from the fifth call on."""

    calls = 0

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride) + x.dtype.type(self.calls >= 5)


class WrongOnce(Counting):
    """Wrong only at the fifth call."""

    def max_forward(self, x, size, stride):
        self.calls += 1
        return naive.max_forward(x, size, stride) + x.dtype.type(self.calls == 5)


class Caching:
    """Returns the result of the first call with the same shapes."""

    def __init__(self):
        self.results = {}

    def max_forward(self, x, size, stride):
        return self.results.setdefault((x.shape, size, stride), naive.max_forward(x, size, stride)).astype(x.dtype)


class Leaving:
    """Ends its process at the first large image after a small one."""

    small = False

    def max_forward(self, x, size, stride):
        if self.small and x.size > 30:
            self.small = False
            raise SystemExit(3)
        self.small = self.small or 0 < x.size < 6
        return naive.max_forward(x, size, stride)


def tried(law, kernel, prepare=(), examples=100, seed=0):
    """The result of a law on a target that has already had some calls."""
    target = wrap(kernel)
    started = target.fresh()
    for each in prepare:
        started.ask(each)
    target.fresh = lambda: started
    return run(LAWS[law], target, TrialSettings(examples, seed))


def of_result(result):
    """The earlier calls of the counterexample of a result."""
    return [each.call() for each in result.counterexample.earlier_calls]


AFTER_MAXIMUM = """\
    x = [[[[0.]]]]
    only after a max_forward call in the same instance:
        size=(1, 1) stride=(1, 1) float64
        x = [[[[0.]]]]"""


def test_a_maximum_that_spoils_later_means_is_named_and_made_again_by_a_replay():
    prepare = [call("mean_forward", 4)] * 2 + [call(cells=5)] + [call("mean_forward", 3)] * 2
    result = tried("mean-value", SpoiltByMaximum, prepare)
    assert result.verdict == "broken"
    assert AFTER_MAXIMUM in result.message
    found = result.counterexample
    again = replay(LAWS["mean-value"], wrap(SpoiltByMaximum), found)
    assert (again.verdict, again.counterexample.earlier_calls) == ("broken", found.earlier_calls)
    assert "    after a max_forward call, as in the report" in again.message
    assert replay(LAWS["mean-value"], wrap(naive), found).verdict == "holds"
    assert (
        replay(LAWS["mean-value"], wrap(SpoiltByMaximum), structs.replace(found, earlier_calls=[])).verdict == "holds"
    )


@slow
def test_a_call_with_padding_that_spoils_others_is_named():
    result = tried("max-value", SpoiltByPadding)
    (spoiler,) = of_result(result)
    assert spoiler.settings["padding"] != ((0, 0), (0, 0))
    assert "only after a max_forward call in the same instance:" in result.message
    assert "padding=" not in result.message.split("only after")[0]


@slow
@pytest.mark.parametrize("kernel", [Counting, WrongOnce])
def test_a_kernel_that_counts_its_calls_needs_as_many(kernel):
    result = tried("max-value", kernel)
    assert result.verdict == "broken"
    assert len(of_result(result)) == 4
    assert "only after 4 max_forward calls in the same instance, complete in the JSON report" in result.message
    assert result.counterexample.once is UNSET
    assert replay(LAWS["max-value"], wrap(kernel), result.counterexample).verdict == "broken"


@slow
def test_a_kernel_that_caches_by_shape_needs_a_call_with_the_same_shape():
    result = tried("max-value", Caching, examples=300, seed=1)
    assert result.verdict == "broken"
    (other,) = of_result(result)
    case = result.counterexample.case
    assert (list(other.arrays["x"].shape), list(other.size)) == (case.x.shape, case.size)
    assert replay(LAWS["max-value"], wrap(Caching), result.counterexample).verdict == "broken"


def test_a_death_is_treated_alike_and_its_case_made_smaller():
    result = tried("max-value", Leaving)
    assert result.verdict == "crashed"
    (small,) = of_result(result)
    assert small.arrays["x"].size < 6
    assert np.prod(result.counterexample.case.x.shape) < 35
    assert replay(LAWS["max-value"], wrap(Leaving), result.counterexample).verdict == "crashed"


@pytest.mark.parametrize("law", ["max-value", "nothing-remembered"])
def test_a_failure_that_needs_no_call_names_none(law):
    result = tried(
        law, SimpleNamespace(max_forward=lambda *given: naive.max_forward(*given) + 1 * (given[0] > 0).any())
    )
    assert "only after" not in result.message
    assert result.counterexample is None or result.counterexample.earlier_calls is UNSET


@slow
@pytest.mark.parametrize("seed", range(6))
def test_a_kernel_that_is_wrong_now_and_then_blames_no_call(seed):
    chance = random.Random(seed)

    class Flaky:
        def max_forward(self, x, size, stride):
            return naive.max_forward(x, size, stride) + x.dtype.type(chance.random() < 0.1)

    result = tried("max-value", Flaky)
    assert result.verdict == "broken"
    assert "only after" not in result.message


def test_an_object_in_this_process_cannot_be_had_anew_and_so_nothing_is_said_of_its_calls():
    assert InProcess(Counting, "a class").renewal == "instance"
    assert wrap(Counting()).renewal == ""
    result = tried("max-value", Counting())
    assert result.verdict == "broken"
    assert "fresh" not in result.message
    assert "only after" not in result.message
    assert result.counterexample.in_process is True


@slow
def test_a_replay_in_a_fresh_process_of_what_was_found_in_the_suites_own_says_so(tmp_path):
    (tmp_path / "counting.py").write_text(
        "from poolproof.kernels import naive\ncalls = 0\ndef max_forward(x, size, stride):\n    global calls\n"
        "    calls += 1\n    return naive.max_forward(x, size, stride) + (calls > 4)\n"
    )
    words = ["--laws", "max-value", "--json", "report.json"]
    assert check(tmp_path, "counting.py", *words)[0] == 1
    status, said = poolproof(tmp_path, "replay", "--yes", "report.json")
    assert status == 0
    assert "holds now, in a fresh process; it was found with --in-process, where earlier calls may matter" in said
    assert said.splitlines()[-1] == "1 replayed: 0 still fail"
    here = poolproof(tmp_path, "replay", "--yes", "--in-process", "report.json")[1]
    assert here.splitlines()[0] == "max-value on counting.py: holds now"


def test_known_failures_take_no_time_for_earlier_calls():
    result = run(LAWS["max-value"], wrap(Counting), TrialSettings(brief=True))
    assert (result.verdict, result.counterexample.earlier_calls) == ("broken", UNSET)


@slow
def test_the_search_ends_in_time(monkeypatch):
    monkeypatch.setitem(trial.SHRINKING, "broken", 0.3)
    made = []

    class Slow(Counting):
        def __init__(self):
            made.append(self)

        def max_forward(self, *given):
            y = super().max_forward(*given)
            if len(made) > 2:
                naive.max_forward(np.zeros((1, 1, 200, 200)), (2, 2), (1, 1))
            return y

    result = tried("max-value", Slow)
    assert result.verdict == "broken"
    assert result.seconds < 10
    assert "only after 4 " not in result.message
