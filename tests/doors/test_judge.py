"""`judge`: one call judges one implementation, returns data, and leaves nothing behind."""

import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties import judge
from poolproof.properties.results import Judgement
from selection import slow
from shell import FAULTY, FIXED, FORWARD, python
from watched import waited
from working import working_in

pytestmark = pytest.mark.once

NAMES = {}
exec(FAULTY, NAMES)
WRONG = SimpleNamespace(name="mine", max_backward=NAMES["max_backward"])
OVERLAP = "windows share a cell, and the last window overwrote the gradient of the first"


@pytest.fixture
def here(tmp_path):
    """A folder to work in, with a wrong kernel and a right one."""
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "fixed.py").write_text(FIXED)
    with working_in(tmp_path):
        yield tmp_path


# The result.


@slow
def test_a_wrong_kernel_is_told_with_its_cause_and_a_counterexample():
    found = judge(WRONG, pattern="conservation,max-accumulation", examples=40, seed=1)
    assert (found.verdict, found.holds, found.partial, found.seed) == ("broken", False, False, 1)
    assert found.counts == {"broken": 2}
    (cause,) = found.causes
    assert sorted(cause.laws) == ["conservation", "max-accumulation"]
    assert cause.counterexample.case.complete
    assert cause.message.startswith("max_backward of mine: ")
    assert found.sentence == cause.sentence
    assert cause.sentence.startswith("max_backward of mine: ")
    assert cause.sentence.endswith(f": {OVERLAP}.")
    assert "\n" not in cause.sentence
    assert "size=(1, 2), stride=(1, 1)" in cause.sentence


def test_a_sentence_has_the_settings_of_the_call():
    means = SimpleNamespace(mean_forward=naive.mean_forward)
    found = judge(means, pattern="output-size", examples=1, expect=("divisor-default=not counted",))
    assert (
        "size=(1, 2), stride=(1, 2), padding=((0, 0), (1, 1)), x of float64 and shape (1, 1, 1, 1)." in found.sentence
    )


def test_a_right_kernel_holds_and_what_was_not_tested_is_said():
    found = judge(SimpleNamespace(max_forward=naive.max_forward), pattern="max-value,routing", examples=5, seed=1)
    assert (found.verdict, found.holds, found.causes, found.cases) == ("holds", True, [], 5)
    assert found.sentence == "No law fails in 5 cases."
    assert found.unasked == {"routing": "it offers no max_backward"}
    assert {"max_backward", "mean_forward", "integers"} <= set(found.untested)
    assert found.counts == {"holds": 1, "unsupported": 1}


def test_several_causes_are_counted():
    nan = judge(SimpleNamespace(max_forward=lambda x, *_: x), pattern="output-size,no-aliasing", examples=20, seed=1)
    assert len(nan.causes) == 2
    assert nan.sentence.endswith(" There is 1 more cause.")


@slow
def test_a_judgement_is_frozen_and_goes_through_json():
    found = judge(WRONG, pattern="conservation", examples=20, seed=1)
    with pytest.raises(AttributeError):
        found.verdict = "holds"
    text = msgspec.json.encode(found)
    assert msgspec.json.decode(text, type=Judgement) == found
    assert json.loads(text)["causes"][0]["counterexample"]["calls"][0]["call"] == "max_backward"


@slow
def test_the_same_seed_gives_the_same_judgement():
    first, second = (judge(WRONG, pattern="backward", examples=10, seed=3) for _ in range(2))
    assert msgspec.structs.replace(first, seconds=0.0, laws=[]) == msgspec.structs.replace(second, seconds=0.0, laws=[])


def test_the_seed_is_random_but_in_continuous_integration(monkeypatch):
    asked = {"pattern": "output-size", "examples": 1}
    monkeypatch.setenv("CI", "1")
    assert judge(naive, **asked).seed == 0
    monkeypatch.delenv("CI")
    assert len({judge(naive, **asked).seed for _ in range(5)}) > 1


def refuse(*_):
    raise ValueError("no")


class Unmade:
    def __init__(self):
        raise KeyError("a licence")

    max_forward = refuse


UNUSABLE = {
    "missing": ("missing.py", "there is no such file"),
    "nothing offered": (SimpleNamespace(pool=refuse), "offers none of max_forward"),
    "smoke test": (SimpleNamespace(max_forward=refuse), "fails its smoke test"),
    "declarations": (
        SimpleNamespace(max_forward=naive.max_forward, ranks=(9,)),
        "declaration ranks: 9 should be one of",
    ),
    "class": (Unmade, "cannot be instantiated without arguments: 'a licence'"),
    "import": ("broken.py", "cannot be imported: SyntaxError"),
    "returns a text": (SimpleNamespace(max_forward=lambda *_: "nothing"), "returned str, not an array"),
}
FIRST_CALLS = ("smoke test", "returns a text")


@slow
@pytest.mark.parametrize("why", UNUSABLE)
def test_what_cannot_be_judged_is_a_verdict(here, why):
    implementation, words = UNUSABLE[why]
    (here / "broken.py").write_text("def")
    found = judge(implementation, examples=1)
    assert (found.verdict, found.holds, found.causes) == ("unusable", False, [])
    assert found.stage == ("first calls" if why in FIRST_CALLS else "loading")
    assert words in found.sentence


def test_what_is_asked_for_nothing_it_offers_is_not_run():
    found = judge(SimpleNamespace(max_forward=naive.max_forward), pattern="routing")
    assert (found.verdict, found.holds) == ("not run", False)
    assert found.sentence == "No law was tried: none applies to what it offers."


@slow
def test_conventions_are_pinned_by_name_and_by_likeness(here):
    last = SimpleNamespace(max_forward=naive.max_forward, max_backward=naive.max_backward)
    assert judge(last, pattern="output-size", examples=1, expect=["ties=first"]).holds
    found = judge(last, pattern="output-size", examples=1, expect=["ties=last"], like="fixed.py")
    assert found.sentence.startswith("ties=last of SimpleNamespace: seen 'first', but should be 'last'")
    assert found.like.pinned["nan-gradient"] == "to the nan"
    assert found.like.left["ties"] == "--expect ties=last pins it"


@slow
def test_known_failures_are_excused_and_those_that_hold_are_told(here):
    Path("known.toml").write_text('[[known]]\ntarget = "mine"\nlaw = "conservation"\nreason = "rewritten in May"\n')
    given = {"pattern": "conservation", "examples": 20, "seed": 1, "known": [Path("known.toml")]}
    assert (judge(WRONG, **given).verdict, judge(WRONG, **given).counts) == ("holds", {"known": 1})
    found = judge(SimpleNamespace(name="mine", max_backward=naive.max_backward), **given)
    assert (found.verdict, found.holds) == ("outdated", False)
    assert "remove the entry" in found.sentence


@slow
def test_a_judgement_may_end_at_the_first_law_that_fails(here):
    given = {"pattern": "backward", "examples": 20, "seed": 1}
    whole, first = judge(WRONG, **given), judge(WRONG, first_only=True, **given)
    failed = [law.law for law in whole.laws if law.verdict == "broken"]
    assert len(failed) > 1
    assert [law.law for law in first.laws if law.verdict == "broken"] == failed[:1]
    assert set(failed[1:]) <= set(first.unasked)
    assert first.unasked[failed[-1]] == "stopped at the first failure"
    assert (first.verdict, first.partial, len(first.causes)) == ("broken", True, 1)
    assert judge(naive, first_only=True, **given).holds


WRONG_ARGUMENTS = {
    "examples": ({"examples": 0}, ValueError, "got examples=0, but it should be a whole number from 1"),
    "bool": ({"examples": True}, TypeError, "got examples=True, but it should be a whole number"),
    "seed": ({"seed": -1}, ValueError, "got seed=-1"),
    "budget": ({"budget": 0}, ValueError, "got budget=0, but it should be a number of seconds above 0"),
    "text": ({"budget": "5"}, TypeError, "got budget='5'"),
    "expect": ({"expect": "ties=first"}, TypeError, r"several texts, as in expect=\('ties=first',\)"),
    "convention": ({"expect": ("tie=first",)}, ValueError, "did you mean 'ties'"),
    "pattern": ({"pattern": "max-valeu"}, ValueError, "did you mean 'max-value'"),
    "no pattern": ({"pattern": " "}, ValueError, "got pattern=' '"),
    "like": ({"like": "nothing-of-this-name"}, ValueError, "nothing-of-this-name"),
    "known": ({"known": ["none.toml"]}, ValueError, "'none.toml' cannot be read"),
    "isolated": ({"isolated": True}, ValueError, "got isolated=True"),
    "memory": ({"memory": "2G"}, ValueError, "got memory='2G', but it should be None for what runs in this process"),
    "python": ({"python": "python9"}, ValueError, "got python='python9'"),
    "first": ({"first_only": 1}, TypeError, "got first_only=1, but it should be True or False"),
    "huge": ({"huge": 1}, TypeError, "got huge=1, but it should be True or False"),
}


@pytest.mark.parametrize(("given", "error", "words"), WRONG_ARGUMENTS.values(), ids=WRONG_ARGUMENTS)
def test_a_wrong_argument_is_an_exception_that_names_it(here, given, error, words):
    with pytest.raises(error, match=words):
        judge(naive, **given)


@pytest.mark.parametrize("given", [{"memory": "2X"}, {"memory": 0}, {"python": "python9"}, {"timeout": 0}], ids=str)
def test_so_are_those_of_a_process(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        judge("fixed.py", **given)


# In a process of its own.


@slow
def test_a_text_is_judged_in_a_process_of_its_own_and_held_to_its_bounds(here):
    Path("dying.py").write_text(f"import os\n{FORWARD}".replace("import max_forward", "import max_forward as f"))
    with Path("dying.py").open("a") as file:
        file.write(
            "def max_forward(x, size, stride):\n    return f(x, size, stride) if size != (1, 3) else os.abort()\n"
        )
    found = judge("dying.py", pattern="max-value", seed=15, timeout=20, memory="4G", python=sys.executable)
    assert (found.verdict, found.holds) == ("crashed", False)
    assert found.sentence.startswith("max_forward of dying: killed by SIGABRT, for size=(1, 3)")
    assert judge(Path("fixed.py"), pattern="routing", examples=5, isolated=True).holds


def test_a_text_may_be_loaded_into_this_process_which_keeps_its_import_path(here):
    path = list(sys.path)
    assert judge("faulty.py", isolated=False, pattern="conservation", examples=20, seed=1).verdict == "broken"
    assert sys.path == path


@slow
def test_the_budget_bounds_the_start_of_a_target(here):
    Path("asleep.py").write_text(f"import time\ntime.sleep(1000)\n{FORWARD}")
    found = judge("asleep.py", budget=2)
    assert (found.verdict, "no answer within 2 s" in found.sentence) == ("unusable", True)


@slow
def test_the_budget_ends_the_laws_and_the_judgement_is_partial():
    found = judge(naive, budget=8, examples=10**6, pattern="forward", seed=1)
    assert (found.verdict, found.partial) == ("holds", True)
    assert found.sentence.endswith("; the time ended before all were tried.")


# Nothing is printed, written or kept.

LOUD = """
import os, sys, warnings
from poolproof.kernels import naive
print("loaded")
warnings.warn("be warned")


class Loud:
    print("defined", file=sys.stderr)

    def max_forward(self, x, size, stride):
        print("called")
        sys.stderr.writelines(["called", "too"])
        warnings.warn("called")
        return naive.max_forward(x, size, stride)
"""


@pytest.mark.parametrize("isolated", [False, True])
def test_nothing_is_printed_and_no_file_is_written(here, isolated, capfd):
    Path("loud.py").write_text(LOUD)
    files = sorted(here.rglob("*"))
    found = judge("loud.py:Loud", isolated=isolated, pattern="max-value,two-threads", examples=3)
    assert found.holds, found.sentence
    assert capfd.readouterr() == ("", "")
    assert [file for file in sorted(here.rglob("*")) if "__pycache__" not in str(file)] == files


def test_what_a_target_writes_to_the_descriptors_of_its_own_process_is_not_printed(here, capfd):
    text = LOUD.replace('print("called")', 'os.write(1, b"deeper"), os.write(2, b"deeper")')
    Path("loud.py").write_text(text)
    assert judge("loud.py:Loud", pattern="max-value", examples=3).holds
    assert capfd.readouterr() == ("", "")


def test_what_other_threads_print_meanwhile_is_printed(capsys):
    told = []

    class Slow:
        def max_forward(self, x, size, stride):
            if not told:
                told.append(threading.Thread(target=print, args=("from another thread",)))
                told[0].start()
                told[0].join()
            sys.stdout.write("from the target")
            return naive.max_forward(x, size, stride)

    assert judge(Slow, pattern="max-value", examples=2).holds
    assert capsys.readouterr() == ("from another thread\n", "")
    sys.stdout.write("afterwards")
    assert capsys.readouterr().out == "afterwards"


def running():
    """The descriptors, children, threads and signal handlers of this process."""
    children = [file.read_text() for file in Path("/proc/self/task").glob("*/children")]
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM)]
    return len(os.listdir("/proc/self/fd")), children, threading.active_count(), handlers, sys.stdout, sys.stderr


@slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="there is no /proc")
def test_twenty_calls_leave_nothing_behind(here, tmp_path_factory, monkeypatch):
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def one(k):
        target = ("fixed.py", "faulty.py", "missing.py", naive)[k % 4]
        return judge(target, pattern="conservation,two-threads", examples=1, like="fixed.py" if k % 5 == 0 else None)

    one(0)
    before = running()
    verdicts = {one(k).verdict for k in range(20)}
    assert {"holds", "unusable"} <= verdicts
    # A dismissed thread takes a moment to end.
    assert waited(lambda: running() == before, 20.0), (running(), before)
    assert list(temporary.iterdir()) == []


@slow
def test_threads_wait_for_each_other_and_each_gets_its_own_judgement():
    targets = [WRONG, naive, SimpleNamespace(max_backward=naive.max_backward), WRONG]
    found = [None] * len(targets)

    def one(k):
        found[k] = judge(targets[k], pattern="conservation", examples=20, seed=k)

    threads = [threading.Thread(target=one, args=(k,)) for k in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.verdict for each in found] == ["broken", "holds", "holds", "broken"]
    assert [each.seed for each in found] == [0, 1, 2, 3]


def test_an_interruption_ends_the_target_and_is_raised(here):
    class Interrupting:
        def max_forward(self, x, size, stride):
            if x.size > 4:
                raise KeyboardInterrupt
            return naive.max_forward(x, size, stride)

    before = sys.stdout
    with pytest.raises(KeyboardInterrupt):
        judge(Interrupting, pattern="max-value")
    assert sys.stdout is before


def test_the_door_is_light_until_it_is_used(tmp_path):
    code = "import sys; from poolproof.properties import judge; print('numpy' in sys.modules, callable(judge))"
    assert python(tmp_path, "-c", code) == (0, "False True\n")


def test_numbers_of_numpy_are_no_arguments():
    with pytest.raises(TypeError, match="got examples="):
        judge(naive, examples=np.float64(3))
