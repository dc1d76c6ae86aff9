"""Targets in processes of their own: the laws stay effective, and anything that a process does is an answer."""

import os
import py_compile
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from faults import FAULTS
from msgspec import UNSET, structs
from places import TESTS
from poolproof.properties.contract import Unusable
from poolproof.properties.failures import earlier
from poolproof.properties.failures.types import Crashed
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.run import runner, settle, trial
from poolproof.properties.run.runner import run
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets import history, isolated
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from selection import once, once_but, slow
from watched import WINDOW, marked, waited, without_more_time, written

SOUND = "faults.base:Sound"
CONDUCT = [law for law in LAWS.values() if law.family == "conduct"]


@pytest.fixture
def at_once(monkeypatch):
    """Failures are not shrunk in tests that are not about shrinking."""
    monkeypatch.setattr(trial, "SHRINKING", dict.fromkeys(trial.SHRINKING, 0.0))


@pytest.fixture
def beside_faults(monkeypatch):
    """Modules of the tests can be imported by a worker."""
    monkeypatch.chdir(TESTS)


def peer(mode):
    """A target made from the tests' peer in one of its modes."""
    return f"command:{sys.executable} {TESTS / 'peer.py'} '{mode}'"


def tried(target, law="max-value", examples=30, seed=0):
    """The result of a law on a target."""
    return run(LAWS[law], target, TrialSettings(examples=examples, seed=seed))


# The laws of conduct stay effective.

BAD_CONDUCT = [
    "others.MutatesInput",
    "others.ReturnsInput",
    "others.ReusedBuffer",
    "others.StaleArgmax",
    "others.ReadsMemoryOrder",
    "others.GradientAccumulates",
    "rare.TrustsGradientLayout",
    "rare.SharedScratch",
]


@pytest.mark.parametrize("name", once_but(BAD_CONDUCT, "others.ReusedBuffer", others=slow))
def test_bad_conduct_is_rejected_in_a_process_of_its_own_as_in_that_of_the_suite(name, at_once, beside_faults):
    law = FAULTS[name].laws[0]
    spec = "faults." + name.replace(".", ":")
    here, there = (run(LAWS[law], load(spec, how), TrialSettings(seed=1)) for how in (None, Isolation()))
    assert (here.verdict, there.verdict) == ("broken", "broken")
    races = law == "two-threads"
    assert races or there.counterexample.message == here.counterexample.message


@pytest.mark.parametrize("law", once_but(CONDUCT, LAWS["inputs-unchanged"], others=slow), ids=lambda law: law.name)
def test_good_conduct_is_accepted_in_a_process_of_its_own(law, beside_faults):
    result = run(law, load(SOUND, Isolation()), TrialSettings(examples=40))
    assert (result.verdict, result.message) == ("holds", "")


OTHERS = [LAWS[name] for name in ("same-twice", "two-threads")]


def test_a_law_whose_evidence_a_peer_cannot_give_is_unsupported():
    target = load(peer("sound"), Isolation())
    verdicts = {law.name: run(law, target, TrialSettings(examples=5)).verdict for law in CONDUCT if law not in OTHERS}
    lacking = {law.name for law in CONDUCT if law.evidence}
    assert {name for name, verdict in verdicts.items() if verdict == "unsupported"} == lacking & set(verdicts) | {
        "gradient-layouts"
    }
    assert "holds" in verdicts.values()


@pytest.mark.parametrize("layout", ["Fortran", "negative strides", "spaced", "unaligned", "broadcast", "read-only"])
def test_an_array_arrives_with_its_layout(tmp_path, layout):
    seen = "return np.array([*x.strides, x.flags.writeable, x.flags.aligned]).reshape(1, 1, 1, -1)"
    target, x = load(written(tmp_path, seen), Isolation()), np.full((2, 3, 4, 5), 7.0)
    call = Call("max_forward", {"x": x}, (1, 1), (1, 1), layouts={"x": layout})
    laid = call.laid_out()["x"]
    assert target.ask(call).value.ravel().tolist() == [*laid.strides, laid.flags.writeable, laid.flags.aligned]


# Death is an answer.

DEATHS = {
    "segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "killed by SIGSEGV"),
    "null pointer": ("ctypes.string_at(0)", "crashed", "killed by SIGSEGV"),
    "division": ("os.kill(os.getpid(), signal.SIGFPE)", "crashed", "killed by SIGFPE"),
    "abort": ("os.abort()", "crashed", "killed by SIGABRT"),
    "exit": ("os._exit(0)", "crashed", "ended with exit status 0"),
    "sys.exit": ("sys.exit(3)", "crashed", "ended its process with sys.exit(3)"),
    "interrupt": ("raise KeyboardInterrupt", "crashed", "ended its process with KeyboardInterrupt"),
    "hang": ("time.sleep(1000)", "hung", "no answer within 1 s"),
}


@pytest.fixture
def crowded():
    """A CPU on which three other processes are busy."""
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this system does not say how long a process waits for a CPU")
    cpu = min(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nwhile True:\n    pass"
    others = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(3)]
    yield cpu
    for other in others:
        other.kill()
        other.wait()


@once
def test_a_target_that_gets_no_cpu_does_not_hang(tmp_path, crowded):
    works = "end = time.process_time() + 0.6\nwhile time.process_time() < end: pass"
    target = load(written(tmp_path, f"os.sched_setaffinity(0, {{{crowded}}})\n{works}"), Isolation(timeout=1.5))
    without_more_time(target)
    assert target.ask(WINDOW).death is None


@once
def test_a_target_that_takes_the_cpu_from_itself_hangs(tmp_path, crowded):
    starts = f"os.sched_setaffinity(0, {{{crowded}}})\nfor _ in range(3): os.fork() or exec('while True: pass')"
    target = load(written(tmp_path, f"{starts}\ntime.sleep(1000)"), Isolation(timeout=0.2))
    without_more_time(target)
    assert target.ask(WINDOW).death == "hung"


@pytest.mark.parametrize("death", once_but(DEATHS, "null pointer", "sys.exit", "hang", others=slow))
def test_a_death_is_a_verdict_and_the_next_law_goes_on(tmp_path, at_once, death):
    body, verdict, words = DEATHS[death]
    target = load(written(tmp_path, f"if size == (1, 3):\n    {body}"), Isolation(timeout=1))
    smoke_test(target)
    without_more_time(target)
    result = tried(target, examples=100)
    assert result.verdict == verdict
    assert words in result.message
    assert tried(target, "output-size", examples=1).verdict == "holds"


def test_the_last_words_of_a_process_are_told(tmp_path, at_once):
    body = "if size == (1, 3):\n    print('pool: out of water', file=sys.stderr)\n    os._exit(3)"
    result = tried(load(written(tmp_path, body), Isolation()), examples=100)
    assert "ended with exit status 3; it said: pool: out of water" in result.message


@pytest.mark.parametrize("cells", [2, 20_000], ids=["sent together", "one by one"])
def test_of_several_calls_the_one_that_died_is_told(tmp_path, cells):
    pool = Pool(load(written(tmp_path, "if calls == 3:\n    os.abort()"), Isolation()))
    call = Call("max_forward", {"x": np.zeros((1, 1, 1, cells))}, (1, 1), (1, 1))
    pool(call)
    with pytest.raises(Crashed, match="killed by SIGABRT") as death:
        pool.all([call, call, call, call])
    assert (death.value.call, len(pool.calls)) == (2, 3)


@slow
def test_a_death_is_made_smaller(tmp_path):
    # A seed with which the first death occurs on a small image: each try costs a process, and the time is limited.
    target = load(written(tmp_path, "if size[1] == 3 and x.shape[3] > 3:\n    os._exit(1)"), Isolation())
    result = tried(target, seed=5)
    case = result.counterexample.case
    assert result.verdict == "crashed"
    assert (case.size, np.prod(case.x.shape)) == ([1, 3], 4)


@pytest.fixture
def uncut(monkeypatch):
    """Cases and calls are not shrunk in tests that are not about shrinking."""
    for module in (settle, earlier):
        monkeypatch.setattr(module, "smallest", lambda case, *_, **__: case)
    monkeypatch.setattr(trial, "SHRINKING", dict.fromkeys(trial.SHRINKING, 60.0))


@slow
@pytest.mark.parametrize("how", ["if calls == 5:\n    os.abort()", "if calls >= 5:\n    os.abort()"])
def test_a_death_that_needs_earlier_calls_is_shown_with_as_few_as_it_needs_and_replayed(tmp_path, uncut, how):
    target = load(written(tmp_path, how), Isolation())
    result = tried(target)
    found = result.counterexample
    assert result.verdict == "crashed"
    assert len(found.earlier_calls) == 4
    assert "only after 4 max_forward calls in the same process" in result.message
    assert runner.replay(LAWS["max-value"], target, found).verdict == "crashed"
    sound = load(written(tmp_path, "pass"), Isolation())
    assert runner.replay(LAWS["max-value"], sound, found).verdict == "holds"


WORN_OUT = "if calls > 4:\n    return naive.max_forward(x, size, stride) + 1"


@slow
def test_a_failure_that_needs_earlier_calls_is_shown_with_them_and_found_again_by_a_replay(tmp_path, uncut):
    target = load(written(tmp_path, WORN_OUT), Isolation())
    result = tried(target)
    found = result.counterexample
    assert (result.verdict, len(found.earlier_calls)) == ("broken", 4)
    assert "only after 4 max_forward calls in the same process" in result.message
    assert found.once is UNSET
    again = runner.replay(LAWS["max-value"], target, found)
    assert (again.verdict, again.counterexample.earlier_calls) == ("broken", found.earlier_calls)
    assert "    after 4 max_forward calls, as in the report\n" in again.message
    fewer = structs.replace(found, earlier_calls=found.earlier_calls[1:])
    assert runner.replay(LAWS["max-value"], target, fewer).verdict == "holds"


@slow
def test_a_failure_whose_earlier_calls_are_forgotten_says_so_and_so_does_its_replay(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "FIRST", 0)
    monkeypatch.setattr(history, "LAST", 2)
    target = load(written(tmp_path, WORN_OUT), Isolation())
    result = tried(target)
    found = result.counterexample
    assert (result.verdict, found.earlier_calls) == ("broken", [])
    assert "a fresh process did not repeat this: it depends on calls made before\n" in result.message
    assert found.mistakes == ["depends-on-earlier-calls"]
    again = runner.replay(LAWS["max-value"], target, found)
    assert (again.verdict, again.reason) == ("holds", "did not repeat in a fresh process; it needs earlier calls")
    always = load(written(tmp_path, "return naive.max_forward(x, size, stride) + 1"), Isolation())
    assert runner.replay(LAWS["max-value"], always, found).verdict == "broken"


@slow
def test_a_call_that_was_slow_a_few_times_is_not_said_to_depend_on_others(tmp_path, uncut):
    # As on a machine that is busy for a while: the first calls of all processes together take long.
    body = "with open({!r}, 'a') as file:\n    file.write('.')\n    if file.tell() < 3:\n        time.sleep(60)"
    target = load(written(tmp_path, body.format(str(tmp_path / "calls"))), Isolation(timeout=0.3))
    without_more_time(target)
    result = tried(target)
    assert (result.verdict, result.counterexample.earlier_calls) == ("hung", [])
    assert "    a fresh process answers the same call in time: the machine was busy, or it depends on" in result.message
    assert result.counterexample.mistakes is UNSET


def test_a_failure_that_a_fresh_process_repeats_is_told_without_more(tmp_path):
    result = tried(load(written(tmp_path, "return naive.max_forward(x, size, stride) + 1"), Isolation()))
    assert result.counterexample.earlier_calls is UNSET
    assert "fresh" not in result.message


@slow
def test_the_first_failure_is_told_where_the_smallest_needs_calls_before_it(tmp_path):
    body = "global worn\nworn = worn or x.size > 8\nif worn:\n    return naive.max_forward(x, size, stride) + 1"
    file = written(tmp_path, body)
    Path(file).write_text(Path(file).read_text().replace("calls = 0", "calls = worn = 0"))
    result = tried(load(file, Isolation()), examples=60)
    assert result.counterexample.earlier_calls is UNSET
    assert np.prod(result.counterexample.case.x.shape) > 8


def test_no_fresh_process_is_started_for_a_failure_that_is_known(tmp_path, at_once):
    target = load(written(tmp_path, WORN_OUT), Isolation())
    assert tried(target, examples=60).counterexample.earlier_calls is UNSET
    assert target.connection is not None
    assert target.connection.popen.poll() is None


@slow
def test_memory_is_limited(tmp_path, at_once):
    body = "np.ones(1 << 28)" + "  # 2 GiB"
    file = written(tmp_path, body)
    assert load(file, Isolation()).ask(WINDOW).error is None
    target = load(file, Isolation(memory=1 << 30))
    result = tried(target, examples=3)
    assert result.verdict == "raised"
    assert "MemoryError" in result.message


# Gradients of windows without a cell may damage memory.

PADDED = """
import os
import numpy as np

padding_limit, damaged = None, 0
with open({log!r}, "a") as file:
    file.write("loaded ")


def max_backward(dy, x, size, stride, padding=((0, 0), (0, 0)), dilation=(1, 1)):
    global damaged
    dx, empty = np.zeros_like(x), False
    for n, c, *at in np.ndindex(dy.shape):
        starts = [k * s - begin for k, s, (begin, _) in zip(at, stride, padding)]
        taps = [range(b, b + d * f, d) for b, d, f in zip(starts, dilation, size)]
        cells = [(i, j) for i in taps[0] for j in taps[1] if 0 <= i < x.shape[2] and 0 <= j < x.shape[3]]
        if cells:
            dx[(n, c, *max(cells, key=lambda cell: x[(n, c, *cell)]))] += dy[(n, c, *at)]
        empty = empty or not cells
    if empty:
        damaged += 1
        {then}
    elif damaged:
        os.abort()
    return dx
"""


def padded(folder, then):
    """A kernel that fails in a process that has had windows without a cell, and the log of its loads."""
    log = folder / "log"
    (folder / "padded.py").write_text(PADDED.format(log=str(log), then=then))
    return load(str(folder / "padded.py"), Isolation()), log


@slow
def test_what_such_a_gradient_does_to_memory_reaches_no_other_call_and_costs_one_process(tmp_path):
    target, log = padded(tmp_path, "pass")
    result = tried(target, "conservation", examples=100)
    assert (result.verdict, result.message) == ("holds", "")
    assert result.reached["window wholly in padding"] > 10
    assert log.read_text().count("loaded") == 2


@slow
def test_a_death_that_needs_such_calls_before_it_is_not_believed(tmp_path):
    target, log = padded(tmp_path, "if damaged == 5: os.abort()")
    assert tried(target, "conservation", examples=100).verdict == "holds"
    assert log.read_text().count("loaded") > 2


@slow
def test_a_death_at_such_a_gradient_is_a_verdict(tmp_path, at_once):
    target, _ = padded(tmp_path, "os.abort()")
    result = tried(target, "conservation", examples=100)
    assert (result.verdict, "killed by SIGABRT" in result.message) == ("crashed", True)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
def test_a_maximum_over_memory_beside_the_image_is_told_as_that(tmp_path, dtype):
    body = "if x.flags.c_contiguous and x.size:\n"
    body += "    longer = np.lib.stride_tricks.as_strided(x, (x.size + 1,), (x.itemsize,))\n"
    body += "    return naive.max_forward(np.maximum(x, longer[-1]), size, stride)"
    file = Path(written(tmp_path, body))
    file.write_text(f"dtypes = ({dtype!r},)\n" + file.read_text())
    result = tried(load(str(file), Isolation()))
    assert result.counterexample.mistakes == ["read-beside-input"]


# Calls in the memory of the call before.


@pytest.mark.parametrize("isolated", [True, False])
def test_arrays_are_handed_over_in_those_of_the_same_name_that_can_hold_them(tmp_path, isolated):
    (tmp_path / "kernel.py").write_text(
        "import numpy as np\n\n\n"
        "def max_forward(x, size, stride):\n    return np.array([[[[x.sum(), id(x)]]]])\n\n\n"
        "def max_backward(dy, x, size, stride):\n    return np.array([[[[x.sum(), id(x), dy.sum(), id(dy)]]]])\n"
    )
    target = load(str(tmp_path / "kernel.py"), Isolation() if isolated else None)
    one, other, wide = (np.full((1, 1, 1, n), value) for n, value in ((2, 1.0), (2, 3.0), (3, 5.0)))

    def asked(function, in_place=True, **arrays):
        return target.ask(Call(function, arrays, (1, 1), (1, 1), in_place=in_place)).value.ravel().tolist()

    target.begin()
    (_, place) = asked("max_forward", in_place=False, x=one)
    assert asked("max_backward", dy=one, x=other)[:2] == [6, place]
    (_, _, _, gradient) = asked("max_backward", dy=other, x=one)
    total, where, summed, at = asked("max_backward", dy=one, x=wide)
    assert (total, summed, at) == (15, 2, gradient)
    assert where != place


# The first call of a callable may take longer.


def asleep(seconds, function="max_forward"):
    """A call that says how long to sleep."""
    return Call(function, {"x": np.full((1, 1, 1, 1), seconds)}, (1, 1), (1, 1))


@slow
def test_only_the_first_call_of_a_callable_may_take_longer(tmp_path):
    spec = written(tmp_path, "time.sleep(float(x.flat[0]))")
    with open(spec, "a") as file:
        file.write("mean_forward = max_forward\n")
    target = load(spec, Isolation(timeout=0.5))
    calls = [asleep(0.9), asleep(0.1), asleep(0.9, "mean_forward"), asleep(0.1, "mean_forward"), asleep(0.9)]
    assert [target.ask(call).death for call in calls] == [None, None, None, None, "hung"]
    assert target.patience([asleep(0)]) > 0.5 + 3 * 0.9
    target.hurry("hung")
    assert target.patience([asleep(0, "mean_forward")]) > 0.5 + 3 * 0.9
    assert target.patience([asleep(0, "max_indices")]) == 3 * 0.5
    target.isolation = Isolation(timeout=0.5, starting=1.0)
    assert target.patience([asleep(0, "max_indices")]) == 1.0
    target.isolation = Isolation(timeout=0.5, starting=0.1)
    assert target.patience([asleep(0, "max_indices")]) == 0.5


@slow
def test_calls_that_are_sent_together_have_the_time_of_their_own_callables(tmp_path):
    target = load(written(tmp_path, "time.sleep(float(x.flat[0]))"), Isolation(timeout=0.5))
    assert [answer.death for answer in target.ask_all([asleep(0.9), asleep(0.1), asleep(0.9)])] == [None, None, "hung"]


# Whatever a peer sends leads to a verdict in time, and nothing is left behind.

SPOKEN = {
    "garbage": ("broken", "expected a frame, got b'max_'"),
    "endless zeros": ("broken", r"expected a frame, got b'\x00\x00\x00\x00'"),
    "half a frame": ("hung", "no answer within"),
    "silence": ("hung", "no answer within"),
    "longer than said": ("hung", "no answer within"),
    "too large": ("broken", "bytes is too large"),
    "endless header": ("broken", "bytes is too large"),
    "no JSON": ("broken", "the header is not JSON"),
    "nested": ("broken", "the header is not JSON"),
    "a list": ("broken", "the header is not a JSON object"),
    "another id": ("broken", "id 10000 in the answer to"),
    "no id": ("broken", "id None in the answer to"),
    "another type": ("broken", "expected an answer, got {'type': 'hello'"),
    "no dtype": ("broken", "dtype='pixels' should be one of NumPy's"),
    "objects": ("broken", "dtype='O' should be of plain numbers"),
    "empty dtype": ("broken", "dtype='S0' should be of plain numbers"),
    "negative shape": ("broken", "Expected `int` >= 0 - at `$.shape["),
    "endless shape": ("broken", "Expected `array` of length <= 32 - at `$.shape`"),
    "huge shape": ("broken", "- at `$.shape["),
    "impossible shape": ("broken", "shape=[0, 4611686018427387904, 4611686018427387904] should be that of an array"),
    "endless dtype": ("broken", "Expected `str` of length <= 100 - at `$.dtype`"),
    "endless id": ("broken", "id '1111"),
    "endless evidence": ("broken", "should be a list of dy and x"),
    "shape of words": ("broken", "Expected `int`, got `str` - at `$.shape["),
    "another size": ("broken", "bytes in a payload of"),
    "evidence of words": ("broken", "Expected `int`, got `str` - at `$.stale[0]`"),
    "error of numbers": ("broken", "Expected `str`, got `int` - at `$.error`"),
    "no array": ("broken", "returned list, but should return an array of numbers"),
    "closed": ("crashed", "closed its output without ending"),
    "dead": ("crashed", "ended with exit status 7"),
}
DECODED = ("garbage", "silence", "nested", "endless dtype", "endless id", "dead")
"""Modes that reach parts of Python's library that differ between its versions."""


@pytest.mark.parametrize("mode", once_but(SPOKEN, *DECODED, others=slow))
def test_whatever_a_peer_says_is_a_verdict(mode, at_once, monkeypatch):
    verdict, words = SPOKEN[mode]
    started, start = [], isolated.Isolated.start
    monkeypatch.setattr(isolated.Isolated, "start", lambda self: started.append(mode) or start(self))
    target = load(peer(mode), Isolation(timeout=0.3))
    result = tried(target, examples=3)
    assert (result.verdict, words in result.message) == (verdict, True), result.message
    assert "Traceback" not in result.message
    assert len(result.message) < 1000
    # Each costs the start-up of a framework: a peer without answers has nothing to test.
    assert len(started) < 10
    target.end()


@slow
@pytest.mark.parametrize("mode", ["sound", "talkative"])
def test_a_peer_that_speaks_the_protocol_is_judged(mode):
    result = tried(load(peer(mode), Isolation()), examples=60)
    assert (result.verdict, result.examples) == ("holds", 60)


def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_call(at_once):
    result = tried(load(peer("two answers"), Isolation()))
    assert result.verdict == "broken"
    assert "in the answer to" in result.message


GREETINGS = {
    "hello: garbage": "speaks no protocol|spoke no protocol",
    "hello: silence": "no answer within 0.6 s; loading may take three times --timeout",
    "hello: dead": "exit status 1; it said: peer: cannot find the pool",
    "hello: version": "expected hello in version 1",
    "hello: offers": "Expected `array`, got `int` - at `\\$.offers`",
    "hello: declared": "'floaty' should be one of",
    "hello: error": "no pool today",
    "hello: nothing": "offers none of",
}


@pytest.mark.parametrize(("mode", "words"), GREETINGS.items(), ids=GREETINGS)
def test_a_peer_that_cannot_introduce_itself_is_unusable(mode, words, monkeypatch):
    monkeypatch.setattr(isolated, "STARTING", 0.5 if "silence" in mode else 30.0)
    monkeypatch.setenv("POOL_MARK", mark := f"greeting of {os.getpid()}: {mode}")
    with pytest.raises(Unusable, match=words):
        load(peer(mode), Isolation(timeout=0.2 if "silence" in mode else 10.0))
    assert set(marked(f"POOL_MARK={mark}")) <= {os.getpid()}


def test_a_program_that_is_not_there_is_unusable():
    with pytest.raises(Unusable, match="'no-such-program' cannot be started: No such file"):
        load("command:no-such-program", Isolation())


RETURNED = {
    "a list": ("return x.tolist()", "returned list, but should return an array"),
    "None": ("return None", "returned NoneType, but should return an array"),
    "a number": ("return 3.5", "returned float, but should return an array"),
    "objects": ("return x.astype(object)", "dtype object"),
    "text": ("return x.astype(str)", "should return numbers"),
    "another shape": ("return x[:, :, :0]", "y.shape = "),
    "a gigabyte too much": ("return np.broadcast_to(x.reshape(-1)[0], (1 << 27,))", "134217728,"),
}


@pytest.mark.parametrize("how", [None, Isolation()], ids=["in-process", "isolated"])
@pytest.mark.parametrize(("body", "words"), RETURNED.values(), ids=RETURNED)
def test_what_is_no_array_of_numbers_is_told_as_what_it_is(tmp_path, at_once, how, body, words):
    result = tried(load(written(tmp_path, body), how), examples=3)
    assert result.verdict == "broken"
    assert words in result.message, result.message


# The arguments that a target gets.


def test_what_a_target_prints_disturbs_nothing(tmp_path):
    body = """
print('pooling', flush=True)
os.write(1, b'to the descriptor')
os.write(2, b'x' * 100000)
assert sys.stdin.read() == ''"""
    assert tried(load(written(tmp_path, body), Isolation()), examples=10).verdict == "holds"


def test_a_target_has_a_folder_of_its_own_that_goes_with_it(tmp_path):
    target = load(written(tmp_path, "open('left', 'w').close()"), Isolation())
    assert target.ask(WINDOW).error is None
    scratch = Path(target.connection.folder)
    assert [file.name for file in scratch.iterdir()] == ["left"]
    assert scratch != Path.cwd()
    guard = target.connection.popen
    del target
    assert not scratch.exists()
    assert guard.poll() is not None


def test_a_target_inherits_no_handles(tmp_path):
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        body = """
paths = ['/proc/self/fd/' + each for each in os.listdir('/proc/self/fd')]
return np.array([os.stat(path).st_ino for path in paths if os.path.exists(path)])"""
        handles = load(written(tmp_path, body), Isolation()).ask(WINDOW).value
        assert os.fstat(ours.fileno()).st_ino not in handles.tolist()
        assert len(handles) <= 8


def test_a_target_does_not_see_the_modules_of_the_suite(tmp_path):
    body = "import importlib.util\nassert importlib.util.find_spec('lawbook') is None, 'found'"
    assert load(written(tmp_path, body), Isolation()).ask(WINDOW).error is None


@pytest.mark.parametrize("isolation", [None, Isolation()], ids=["in process", "isolated"])
def test_a_file_that_changes_within_a_second_is_judged_as_it_is_now(tmp_path, isolation):
    file = tmp_path / "kernel.py"
    for sign in "+-":
        file.write_text(f"def max_forward(x, size, stride):\n    return {sign}x\n")
        os.utime(file, (1e9, 1e9))
        assert np.array_equal(load(str(file), isolation).ask(WINDOW).value, float(f"{sign}1") * WINDOW.arrays["x"])
        py_compile.compile(str(file))  # as another program may do that imports it


def test_a_target_may_have_another_interpreter(tmp_path):
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nPOOL_MARK=marked exec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    file = written(tmp_path, "assert os.environ['POOL_MARK'] == 'marked'")
    assert load(file, Isolation(python=str(wrapper))).ask(WINDOW).error is None
    assert "KeyError" in load(file, Isolation()).ask(WINDOW).error


def test_an_interpreter_that_is_not_there_is_unusable(tmp_path):
    with pytest.raises(Unusable, match="'/no/python' should be an interpreter"):
        load(written(tmp_path, "pass"), Isolation(python="/no/python"))


# Processes.


def started(folder, spec, *words, mark):
    """`poolproof check` in a process of its own, with a mark in the environment of everything that it starts."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_") and k != "CI"}
    command = [sys.executable, "-m", "poolproof.properties", "check", spec, *words]
    return subprocess.Popen(
        command, cwd=folder, env={**kept, "POOL_MARK": mark}, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are counted by /proc")
@pytest.mark.parametrize("ending", once_but([signal.SIGINT, signal.SIGKILL], signal.SIGINT), ids=lambda each: each.name)
def test_no_process_is_left_behind(tmp_path, ending):
    mark = f"mark-of-{tmp_path.name}-{ending.name}-{os.getpid()}"
    hanging = tmp_path / "hanging"
    spec = written(tmp_path, f"if calls > 2:\n    open({str(hanging)!r}, 'w').close()\n    time.sleep(1000)")
    with started(tmp_path, spec, "-n", "2", "--laws", "shape", "--timeout", "60", mark=mark) as suite:
        assert waited(hanging.exists)
        # The command, a process of its pytest, and one of the target for each of them.
        assert len(marked(mark)) >= 4
        os.killpg(suite.pid, ending)
        suite.communicate(timeout=40)
    assert waited(lambda: not marked(mark), 10), marked(mark)


@slow
def test_the_case_in_hand_survives_the_end_of_the_suite_and_is_tried_first(tmp_path):
    log = tmp_path / "log"
    body = f"""
with open({str(log)!r}, "a") as file:
    file.write(f"{{x.tobytes().hex()}} {{x.shape}} {{size}} {{stride}}\\n")
if x.shape[3] > 6:
    time.sleep(1000)"""
    spec = written(tmp_path, body)
    words = ["-n", "0", "--laws", "max-value", "--timeout", "100", "--examples", "30"]

    def hangs():
        last = log.read_text().splitlines()[-1:] if log.exists() else []
        return bool(last) and int(last[0].split("(")[1].split(")")[0].split(",")[3]) > 6

    with started(tmp_path, spec, *words, mark="first") as suite:
        assert waited(hangs)
        time.sleep(0.3)
        os.killpg(suite.pid, signal.SIGKILL)
    in_hand = log.read_text().splitlines()[-1]
    log.unlink()
    with started(tmp_path, spec, *words, mark="second") as suite:
        # The first two calls are those of the smoke test.
        assert waited(lambda: log.exists() and len(log.read_text().splitlines()) >= 3)
        os.killpg(suite.pid, signal.SIGKILL)
    assert log.read_text().splitlines()[2] == in_hand


@slow
def test_endless_hangs_end_the_run_with_what_was_learned(tmp_path):
    spec = written(tmp_path, "if size != (2, 2):\n    time.sleep(1000)")
    with started(tmp_path, spec, "-n", "1", "-v", "--timeout", "0.3", "--seed", "1", mark="hangs") as suite:
        said = suite.communicate(timeout=100)[0]
    assert suite.returncode == 1
    assert said.count("HUNG") == 3
    assert "it hung 3 times before" in said
    assert said.splitlines()[-1].endswith("(partial)")


@slow
def test_a_crash_in_one_process_of_the_suite_does_not_disturb_another(tmp_path):
    spec = written(tmp_path, "if size == (1, 1) and x.size == 1:\n    os.abort()")
    words = ("-n", "2", "-v", "--seed", "1", "--laws", "shape,identity,max-value")
    with started(tmp_path, spec, *words, mark="two") as suite:
        said = suite.communicate(timeout=100)[0]
    assert "internal error" not in said
    lines = [line for line in said.splitlines() if line.startswith("[")]
    assert len(lines) == 6
    assert all(word in said for word in ("output-size              CRASHED", "gradient-shape           unsupported"))


def test_bfloat16_without_ml_dtypes_is_told_at_once(tmp_path):
    hidden = "import importlib.util, sys\nreal = importlib.util.find_spec\n"
    hidden += "importlib.util.find_spec = lambda name, *rest: None if name == 'ml_dtypes' else real(name, *rest)\n"
    (tmp_path / "pool.py").write_text(
        hidden + "dtypes = ('bfloat16',)\ndef max_forward(x, size, stride):\n    return x\n", encoding="utf-8"
    )
    with pytest.raises(Unusable, match="declares bfloat16, for which ml_dtypes should be installed"):
        load(str(tmp_path / "pool.py"), Isolation())
