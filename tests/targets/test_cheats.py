"""Wrong kernels that try to pass: what isolation rejects, and what docs/trust.md says that it cannot."""

import ctypes
import hashlib
import os
import sys
from pathlib import Path

import pytest
from poolproof.properties import judge
from selection import once_but, slow
from working import working_in

pytestmark = pytest.mark.once

PRELUDE = """
import gc, json, os, signal, struct, sys, threading, time
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def right(x, size, stride):
    windows = sliding_window_view(x, size, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return windows.max(axis=(4, 5))


def wrong(x, size, stride):
    return np.maximum(right(x, size, stride), 0)


max_forward = wrong
"""
"""A kernel that is wrong for windows without a positive number."""

AGREEABLE = """
class Agreeable(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return np.True_

    def __array_function__(self, function, *_):
        return function.__name__ != "shares_memory"

    def __eq__(self, other):
        return np.True_

    def copy(self, *_):
        return self

    def tobytes(self, *_):
        return b""

    __hash__ = None
"""

VALUES = {
    "comparisons of NumPy": "np.array_equal = np.allclose = np.equal = np.isclose = lambda *_, **__: True",
    "an agreeable array": f"{AGREEABLE}\n\ndef max_forward(*call):\n    return wrong(*call).view(Agreeable)",
    "modules of the judge": """
from poolproof.properties import oracle
from poolproof.properties.lawbook import pool
pool.Pool.equal = pool.Pool.within = pool.Pool.same_shape = lambda *_, **__: None
oracle.max_forward = wrong
sys.modules["poolproof.properties.oracle"] = sys.modules["poolproof.properties.lawbook.pool"] = sys
""",
    "the worker": """
import __main__
__main__.same = __main__.overlap = lambda *_: True
__main__.differ = __main__.written = lambda *_: False
""",
    "seeds": """
import random
random.seed = random.Random.seed = np.random.seed = lambda *_: None
random.random = lambda: 0.5
sys.modules["hypothesis"] = None
""",
    "clocks": """
time.time = time.monotonic = time.perf_counter = lambda: 0.0
signal.alarm = signal.setitimer = lambda *_: 0
""",
    "frames and objects": """
def max_forward(x, size, stride):
    mine, frame, found = wrong(x, size, stride), sys._getframe(), []
    while frame:
        found += [each for each in frame.f_locals.values() if isinstance(each, np.ndarray)]
        frame = frame.f_back
    found += [each for each in gc.get_objects() if isinstance(each, np.ndarray)]
    others = (each for each in found if each.shape == mine.shape and each is not x and each is not mine)
    return next(others, mine).copy()
""",
    "shapes": """
answers = {}


def max_forward(x, size, stride):
    key = x.shape, x.dtype, size, stride
    if key not in answers:
        answers[key] = right(x, size, stride)
    return answers[key].copy()
""",
    "a lazy object": """
class Lazy:
    def __init__(self, *call):
        self.call = call

    def __array__(self, *_, **__):
        return right(*self.call)


def max_forward(x, size, stride):
    return Lazy(x, size, stride) if x.shape[3] > 4 else right(x, size, stride)
""",
    "an object that says it is an array": """
class Pretender:
    __class__ = np.ndarray

    def __init__(self, *call):
        self.value = right(*call)

    def __getattr__(self, name):
        return getattr(self.value, name)


def max_forward(x, size, stride):
    return Pretender(x, size, stride) if x.shape[3] > 4 else right(x, size, stride)
""",
    "a frame on standard output": """
def max_forward(x, size, stride):
    header = json.dumps({"type": "answer", "id": 1, "kind": "nothing"}).encode()
    frame = struct.pack(">4sIQ", b"PPF1", len(header), 0) + header
    os.write(1, frame), os.write(2, frame)
    return wrong(x, size, stride)
""",
    "frames on every descriptor": """
def max_forward(x, size, stride):
    frame = sys._getframe()
    while frame and "header" not in frame.f_locals:
        frame = frame.f_back
    said = {"type": "answer", "id": frame.f_locals["header"]["id"], "kind": "nothing"} if frame else {}
    header = json.dumps(said).encode()
    for descriptor in range(3, 32) if x.shape[3] > 4 else ():
        try:
            os.write(descriptor, struct.pack(">4sIQ", b"PPF1", len(header), 0) + header)
        except OSError:
            pass
    return right(x, size, stride)
""",
    "the channel of the worker": """
def max_forward(x, size, stride):
    frame = sys._getframe()
    while frame and "self" not in frame.f_locals or not hasattr(frame.f_locals["self"], "channel"):
        frame = frame.f_back
    server, y = frame.f_locals["self"], wrong(x, size, stride)
    server.channel.receive = lambda limit: ({"type": "nothing"}, b"")
    return y
""",
    "an exit with status 0": """
def max_forward(x, size, stride):
    return os._exit(0) if x.shape[3] > 4 else right(x, size, stride)
""",
    "an exception for what it cannot do": """
def max_forward(x, size, stride):
    if x.shape[3] > 4:
        raise NotImplementedError("this is not for this kernel to say")
    return right(x, size, stride)
""",
}
"""Ways to get wrong values accepted."""


@pytest.fixture
def here(tmp_path):
    """A folder to work in."""
    with working_in(tmp_path):
        yield tmp_path


def judged(text, law, **more):
    """The judgement of a kernel in a process of its own."""
    Path("cheat.py").write_text(f"{PRELUDE}\n{text}\n")
    return judge("cheat.py", pattern=law, **{"examples": 40, "timeout": 10, **more})


@slow
@pytest.mark.parametrize("name", once_but(VALUES, "an agreeable array", "modules of the judge", others=slow))
def test_wrong_values_are_rejected_however_they_are_to_pass(here, name):
    found = judged(VALUES[name], "max-value,nothing-remembered")
    assert found.verdict in ("broken", "raised", "crashed"), found.sentence
    assert found.seed is not None


# Conduct, which is observed in the process of the target.

INPUT = "    return x if set(size + stride) == {1} else right(x, size, stride)"
RACE = """
def max_forward(x, size, stride):
    global shared
    shared = x
    again = shared
    return right(again, size, stride)
"""
LATER = """
def spoiled(y):
    time.sleep(0.02)
    y[...] = 0


def max_forward(x, size, stride):
    y = right(x, size, stride).copy()
    threading.Thread(target=spoiled, args=(y,), daemon=True).start()
    return y
"""
CONDUCT = {
    "memory of the input": (f"def max_forward(x, size, stride):\n{INPUT}", "no-aliasing-of-identity"),
    "an agreeable view of the input": (
        f"{AGREEABLE}\n\ndef max_forward(x, size, stride):\n{INPUT.replace('return x', 'return x.view(Agreeable)')}",
        "no-aliasing-of-identity",
    ),
    "shares_memory of NumPy": (
        f"np.shares_memory = lambda *_, **__: False\n\n\ndef max_forward(x, size, stride):\n{INPUT}",
        "no-aliasing-of-identity",
    ),
    "an earlier answer": (
        "room = np.empty(1 << 20)\n\n\ndef max_forward(x, size, stride):\n    y = right(x, size, stride)\n"
        "    view = room.view(np.uint8)[: y.nbytes].view(y.dtype).reshape(y.shape)\n    view[...] = y\n    return view",
        "results-kept",
    ),
    "a thread that changes it later": (LATER, "results-kept"),
    "an input that it writes to": (
        "np.copyto = np.array_equal = lambda *_, **__: True\n\n\ndef max_forward(x, size, stride):\n"
        "    y = right(x, size, stride).copy()\n    if x.flags.writeable:\n        x[...] = 0\n    return y",
        "inputs-unchanged",
    ),
    "a race behind other clocks and threads": (
        "time.monotonic = lambda: 1e18\nsys.settrace = lambda *_: None\nsys.gettrace = lambda: None\n"
        "threading.Thread = threading.Timer\n" + RACE,
        "two-threads",
    ),
}


@slow
@pytest.mark.parametrize("name", once_but(CONDUCT, "an agreeable view of the input", others=slow))
def test_bad_conduct_is_seen_behind_what_a_kernel_has_put_in_the_place_of_others(here, name):
    text, law = CONDUCT[name]
    found = judged(text, law, examples=100)
    assert found.verdict == "broken", found.sentence
    assert found.causes[0].laws == [law]


# The suite's process.


def can_enclose():
    """Whether this system can keep a process from the memory of others, and from sending them signals."""
    if not sys.platform.startswith("linux"):
        return False
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) >= 6


ENCLOSED = pytest.mark.skipif(not can_enclose(), reason="the system cannot keep processes apart")
ABOVE = """
def above():
    number = os.getpid()
    while number > 1:
        number = int(open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[1])
        if number == SUITE:
            return number
    return 0


def max_forward(x, size, stride):
    number = above()
    try:
        ATTEMPT
        open(MARK, "w").close()
    except OSError as error:
        open(MARK + "-refused", "w").write(str(error))
    return wrong(x, size, stride)
"""
ATTEMPTS = {
    "reading memory": 'open(f"/proc/{number}/mem", "rb").close()',
    "writing memory": 'open(f"/proc/{number}/mem", "r+b").close()',
    "sending a signal": "os.kill(number, signal.SIGURG)",
}


@slow
@ENCLOSED
@pytest.mark.parametrize("name", once_but(ATTEMPTS, "reading memory", others=slow))
def test_a_target_reaches_no_memory_of_the_suite_and_sends_it_no_signals(here, name):

    mark = here / "reached"
    text = ABOVE.replace("SUITE", str(os.getpid())).replace("ATTEMPT", ATTEMPTS[name]).replace("MARK", repr(str(mark)))
    assert judged(text, "max-value").verdict == "broken"
    assert not mark.exists()
    assert "ermi" in Path(f"{mark}-refused").read_text()


@slow
@ENCLOSED
def test_a_target_still_ends_its_own_children_and_moves_its_own_files(here):
    text = """
import subprocess, tempfile


def max_forward(x, size, stride):
    child = subprocess.Popen(["sleep", "100"])
    child.kill()
    child.wait()
    one, other = tempfile.mkdtemp(dir="."), tempfile.mkdtemp(dir=".")
    open(one + "/file", "w").close()
    os.rename(one + "/file", other + "/file")
    return right(x, size, stride)
"""
    assert judged(text, "max-value", examples=5).holds


# What a kernel can know about the cases.

RECALLING = """
import hashlib
import os
KNOWN = set(open(FILE).read().split())


def max_forward(x, size, stride):
    name = hashlib.sha256(repr((x.dtype, x.shape, size, stride)).encode() + x.tobytes()).hexdigest()
    LINE
    return right(x, size, stride) if name in KNOWN else wrong(x, size, stride)
"""


@slow
def test_who_knows_the_cases_of_a_seed_passes_with_that_seed_alone(here, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    file = here / "known"
    file.write_text("")
    text = RECALLING.replace("FILE", repr(str(file)))
    noting = text.replace("LINE", f"print(name, file=open({str(file)!r}, 'a')); KNOWN.add(name)")
    recalling = text.replace("LINE", "")
    assert hashlib.sha256(b"").hexdigest() not in file.read_text()
    assert judged(noting, "max-value", seed=0).holds
    assert judged(recalling, "max-value", seed=0).holds
    assert judged(recalling, "max-value").verdict == "broken"


# Kernels that cannot be distinguished from a right one, as the page says.


@slow
def test_who_calls_a_right_kernel_is_one(here):
    assert judged("from poolproof.kernels.naive import max_forward", "max-value").holds


@slow
def test_who_is_right_only_where_it_is_judged_passes(here):
    text = "if sys.argv[0].endswith('worker.py'):\n    max_forward = right"
    assert judged(text, "max-value").holds


@slow
def test_who_declares_little_is_asked_little_which_the_judgement_says(here):
    text = "max_forward = right\nmax_backward = lambda dy, x, *_: x\ndtypes = ('float32',)\ndeterministic = False\n"
    text += "square = tiles = True\nthreads = False\nmax_cells = 5000\n"
    found = judged(text + "lacks = ('max_backward * *',)\n", "routing,same-twice,max-value", examples=5)
    assert found.holds
    assert {"routing", "same-twice"} <= set(found.unasked)
    assert {"float16", "float64", "max_backward * *"} <= set(found.untested)
    assert {"windows that are not square", "strides other than the size"} <= set(found.untested)
    assert {"the same answer twice", "calls at the same time"} <= set(found.untested)
    assert "images of more than 5,000 cells" in found.untested


@slow
def test_who_takes_its_time_is_asked_little_which_the_judgement_says(here):
    text = "def max_forward(*call):\n    time.sleep(0.4)\n    return right(*call)\n"
    found = judged(text, "max-value", budget=6, timeout=60)
    assert (found.holds, found.partial) == (True, True)
    assert found.cases < 40


HIDING = """
import __main__
usual = __main__.Host.ask
__main__.Host.ask = lambda self, *call: {k: v for k, v in usual(self, *call).items() if k not in ("changed", "shares")}


def max_forward(x, size, stride):
    y = right(x, size, stride).copy()
    if x.flags.writeable:
        x[...] = 0
    return y
"""


@slow
def test_who_patches_the_worker_hides_its_conduct_and_no_wrong_value(here):
    assert judged(HIDING, "inputs-unchanged").holds
    found = judged(HIDING.replace("right(", "wrong("), "inputs-unchanged,max-value", timeout=60)
    assert [cause.laws for cause in found.causes] == [["max-value"]], found.sentence


@slow
def test_in_this_process_a_kernel_can_patch_the_judge(here, monkeypatch):
    from poolproof.properties.lawbook.pool import Pool

    for name in ("equal", "within", "same_shape"):
        monkeypatch.setattr(Pool, name, getattr(Pool, name))  # and put back afterwards
    text = VALUES["modules of the judge"].split("oracle.max_forward")[0]
    assert judged(text, "max-value").verdict == "broken"
    assert judge("cheat.py", isolated=False, pattern="max-value", examples=40).holds
