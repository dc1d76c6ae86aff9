"""Laws about huge arrays: with few bits, so that small arrays show the same mistakes; on request, at full size."""

from __future__ import annotations

import json
import os
import time
from math import prod
from unittest import SkipTest

import numpy as np
import pytest
from poolproof.kernels import compiled, img2col, naive
from poolproof.properties.contract import Declared, Unusable, declared
from poolproof.properties.data.arrays import StoredArray
from poolproof.properties.data.sparse import Sparse, SparseCall
from poolproof.properties.data.typed import decoded as decoded_json
from poolproof.properties.data.typed import encoded
from poolproof.properties.doors import api
from poolproof.properties.lawbook.huge import EVERY, HUGE, memory, run
from poolproof.properties.lawbook.huge.exact import expected
from poolproof.properties.lawbook.huge.judge import judge
from poolproof.properties.lawbook.huge.laws import needed, registry
from poolproof.properties.lawbook.huge.scenes import SCENES, WINDOW, batch, cells, plane
from poolproof.properties.lawbook.huge.trial import sparse, sparse_call, stored
from poolproof.properties.remote.worker import MOST_LISTED, ProtocolError, memory_of, nonzero, painted
from poolproof.properties.report import render
from poolproof.properties.run import replay
from poolproof.properties.run.request import Request
from poolproof.properties.run.session import Session
from poolproof.properties.run.units import plan, selected
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.protocol import decoded
from poolproof.properties.targets.target import wrap
from selection import slow
from shell import poolproof, python

pytestmark = pytest.mark.once

KERNELS = pytest.mark.parametrize("kernel", [naive, compiled, img2col], ids=lambda kernel: kernel.name)
BITS = 11
LAWS = registry(BITS)
"""An index of 12 bits instead of 32."""


# Faulty kernels, whose arithmetic has `bits` and a sign.


class Narrow:
    """A sound kernel on flat memory that computes every access with `at`; wrong ones follow below."""

    dtypes = ("int8", "float16", "float32")

    def max_forward(self, x, size, stride):
        taps = self.read(x, self.windows(x, size, stride))
        return taps.max(axis=-1)

    def max_indices(self, x, size, stride):
        windows = self.windows(x, size, stride)
        best = self.read(x, windows).argmax(axis=-1)[..., np.newaxis]
        return np.take_along_axis(windows, best, -1)[..., 0] % prod(x.shape[2:])

    def mean_forward(self, x, size, stride):
        return self.read(x, self.windows(x, size, stride)).mean(axis=-1).astype(x.dtype)

    def max_backward(self, dy, x, size, stride):
        windows = self.windows(x, size, stride)
        best = self.read(x, windows).argmax(axis=-1)[..., np.newaxis]
        return self.written(x, np.take_along_axis(windows, best, -1), dy[..., np.newaxis])

    def mean_backward(self, dy, x, size, stride):
        windows = self.windows(x, size, stride)
        return self.written(x, windows, np.broadcast_to(dy[..., np.newaxis] / windows.shape[-1], windows.shape))

    def windows(self, x, size, stride):
        """The index into x of each tap of each window, (N, C, OH, OW, FH*FW)."""
        index = np.lib.stride_tricks.sliding_window_view(np.arange(x.size).reshape(x.shape), size, axis=(2, 3))
        index = index[:, :, :: stride[0], :: stride[1]]
        return index.reshape(*index.shape[:4], -1)

    def read(self, x, index):
        """The elements at these indices, with zeros where memory ends."""
        index = self.at(x, index)
        inside = (index >= 0) & (index < x.size)
        return np.where(inside, x.reshape(-1)[np.where(inside, index, 0)], 0).astype(x.dtype)

    def written(self, x, index, values):
        """A gradient with values at these elements, except those outside of memory."""
        dx, index = np.zeros(x.size, x.dtype), self.at(x, index)
        inside = (index >= 0) & (index < x.size)
        np.add.at(dx, index[inside], values[inside].astype(x.dtype))
        return dx.reshape(x.shape)

    def at(self, x, index):
        """The index at which an element is accessed."""
        return index


def wrapped(number, bits):
    """A number in an integer of this many bits and this signedness."""
    return (number + (1 << bits)) % (2 << bits) - (1 << bits)


def bytes_wrap(x, index, bits):
    """Distances in bytes are narrow, only in the code for float32."""
    return wrapped(index * 4, bits) // 4 if x.dtype == np.float32 else index


def cells_wrap(x, index, bits):
    """Indices are narrow and signed, unless the array is too large even for unsigned ones."""
    return wrapped(index, bits) if x.size < 2 << bits and x.itemsize < 4 else index


def unsigned_wrap(x, index, bits):
    """Indices are narrow and unsigned."""
    return index % (2 << bits)


WRAPS = {"bytes": bytes_wrap, "cells": cells_wrap, "unsigned": unsigned_wrap}


def narrow(function, wrap_index, bits=BITS):
    """A kernel with one callable that finds elements by narrow arithmetic."""
    wrong = type("Wrong", (Narrow,), {"at": lambda self, x, index: wrap_index(x, index, bits)})()
    kernel = Narrow()
    setattr(kernel, function, getattr(wrong, function))
    return kernel


def failing(kernel, laws=LAWS):
    """The laws that a kernel breaks, by name, with their results."""
    results = {name: run(law, wrap(kernel), None) for name, law in laws.items()}
    assert {result.verdict for result in results.values()} <= {"holds", "broken"}
    return {name: result for name, result in results.items() if result.failed}


@pytest.mark.parametrize("name", LAWS)
def test_for_every_law_there_is_a_fault_that_it_alone_rejects(name):
    fault = narrow(LAWS[name].function, WRAPS[name.rpartition("-")[2]])
    assert set(failing(fault)) == {name}


@pytest.mark.parametrize("bits", [7, BITS, 16])
def test_the_sound_kernel_of_the_faults_breaks_no_law(bits):
    assert failing(Narrow(), registry(bits)) == {}


@slow
@KERNELS
@pytest.mark.parametrize("bits", [7, BITS, 16])
def test_our_kernels_break_no_law(kernel, bits):
    assert failing(kernel, registry(bits)) == {}


@slow
@KERNELS
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_every_rank_is_asked_where_it_is_the_only_one(kernel, rank):
    for law in registry(9).values():
        calls = law.calls(Declared(ranks=(rank,), dtypes=kernel.dtypes))
        assert {len(call.arrays["x"].shape) for call in calls} == {2 + rank}
        for call in calls:
            judge(wrap(kernel), call)


# Both scenes are needed.


@pytest.mark.parametrize("function", ["max_forward", "max_indices", "mean_forward", "max_backward", "mean_backward"])
def test_an_offset_that_wraps_within_a_plane_shows_in_a_single_plane(function):
    def within_plane(x, index, bits):
        size = prod(x.shape[2:])
        return index // size * size + wrapped(index % size, bits)

    found = failing(narrow(function, within_plane))
    assert {name for name in found if name.endswith("cells")} == {
        name for name in LAWS if f"-{word(function)}-cells" in name
    }
    assert all(result.counterexample.case.x.shape[:2] == [1, 1] for result in found.values())


@pytest.mark.parametrize("function", ["max_forward", "max_indices", "mean_forward", "max_backward", "mean_backward"])
def test_an_offset_of_planes_that_wraps_shows_in_many_planes(function):
    def of_plane(x, index, bits):
        size = prod(x.shape[2:])
        return wrapped(index // size * size, bits) + index % size

    found = failing(narrow(function, of_plane))
    assert {name for name in found if name.endswith("cells")} == {
        name for name in LAWS if f"-{word(function)}-cells" in name
    }
    assert all(prod(result.counterexample.case.x.shape[:2]) > 1 for result in found.values())
    assert all(result.examples == 2 for result in found.values())


def word(function):
    """The word for a callable in the names of laws."""
    return {law.function: law.name.removeprefix("huge-").rpartition("-")[0] for law in LAWS.values()}[function]


# Other faults of a result than wrapping.


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        ("max_forward", lambda y: y * (np.arange(y.size) < y.size - 1).reshape(y.shape)),
        ("max_forward", lambda y: np.where(y == 0, -1, y)),
        ("max_forward", lambda y: y.astype(np.float64) + np.nan),
        ("max_forward", lambda y: y[..., :-1]),
        ("max_indices", lambda i: i + (i == i.max())),
        ("max_indices", lambda i: i - (i == i.min())),
        ("max_indices", lambda i: i + 0.5),
        ("max_indices", np.zeros_like),
        ("max_backward", lambda dx: dx + (np.arange(dx.size) == 7).reshape(dx.shape)),
        ("mean_backward", lambda dx: dx * (np.arange(dx.size) < dx.size - 1).reshape(dx.shape)),
    ],
)
def test_a_result_that_is_wrong_in_any_cell_is_broken(function, wrong):
    kernel = Narrow()
    sound = getattr(kernel, function)
    setattr(kernel, function, lambda *arguments: wrong(sound(*arguments)))
    found = failing(kernel)
    assert {LAWS[name].function for name in found} == {function}
    assert len(found) == 3


def test_windows_of_zeros_may_have_the_index_of_any_of_their_cells():
    kernel = Narrow()
    kernel.read = lambda x, index: Narrow.read(kernel, x, index)[..., ::-1]
    kernel.max_indices = last_maximum
    assert failing(kernel, {"huge-index-cells": LAWS["huge-index-cells"]}) == {}


def last_maximum(x, size, stride):
    """The last index of each maximum."""
    kernel = Narrow()
    windows = kernel.windows(x, size, stride)[..., ::-1]
    best = kernel.read(x, windows).argmax(axis=-1)[..., np.newaxis]
    return np.take_along_axis(windows, best, -1)[..., 0] % prod(x.shape[2:])


def test_a_message_can_be_pasted_and_says_which_element_it_is_about():
    result = run(LAWS["huge-max-cells"], wrap(narrow("max_forward", cells_wrap), "my_pool"), None)
    lines = result.message.split("\n")
    assert lines[0] == "max_forward of my_pool: y[0,0,2,0] = 0, but should be 16   (3 of 9 differ)"
    assert lines[1] == "    size=(2, 2) stride=(23, 23) int8"
    assert lines[3] == "    the only nonzero cell of the window is element 2,208 of x, 2,208 bytes from its beginning"
    scope = {"np": np}
    exec(lines[2].strip(), scope)
    assert naive.max_forward(scope["x"], (2, 2), (23, 23))[0, 0, 2, 0] == 16


# The size of the arrays at full size.


def test_every_law_reaches_beyond_its_limit_at_any_declaration():
    for law in HUGE.values():
        for rank in (1, 2, 3):
            for dtypes in (("float16", "float32", "float64"), ("int8", "float64")):
                for call in law.calls(Declared(ranks=(rank,), dtypes=dtypes)):
                    x = call.arrays["x"]
                    reached = x.nbytes if law.unit == "bytes" else x.size
                    assert reached > 1 << law.bits
                    assert reached < 1.01 * (1 << law.bits)


def test_the_smallest_dtype_has_the_most_cells_and_floats_the_most_bytes():
    every = Declared(dtypes=("int8", "uint8", "float16", "float32", "float64"))
    used = {name: law.calls(every)[0].arrays["x"].dtype.name for name, law in HUGE.items()}
    assert {used[name] for name in HUGE if name.endswith("bytes")} == {"float32"}
    assert used["huge-max-cells"] == used["huge-index-unsigned"] == "int8"
    assert used["huge-mean-cells"] == used["huge-max-gradient-unsigned"] == "float16"


@pytest.mark.parametrize("bits", [7, 11, 31, 32])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_marked_cells_lie_at_both_ends_and_on_both_sides_of_the_limit(bits, rank):
    for make in SCENES:
        scene, limit = make(1 << bits, rank), 1 << bits
        places = dict(cells(scene))
        assert len(places) == len(scene.marked) == len(set(places.values())) <= 127 // WINDOW**rank
        assert max(places) == prod(scene.shape) - 1
        assert 0 < min(places) < prod(scene.shape) / 3
        least = 1 if (make, rank) == (plane, 1) else 2
        assert min(sum(place < limit for place in places), sum(place >= limit for place in places)) >= least
        assert scene.stride >= WINDOW
    size = prod(batch(1 << bits, rank).shape[2:])
    straddling = [place // size for place in dict(cells(batch(1 << bits, rank)))]
    assert straddling.count((1 << bits) // size) == 2
    line = plane(1 << bits, rank).shape[2]
    assert (line - WINDOW) * line ** (rank - 1) >= 1 << bits


@KERNELS
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_the_exact_result_is_that_of_our_kernels(kernel, law):
    for call in law.calls(Declared(dtypes=kernel.dtypes)):
        arrays = [array.whole() for array in call.arrays.values()]
        found, right = getattr(kernel, law.function)(*arrays, call.size, call.stride), expected(call)
        assert found.shape == right.shape
        assert (found.reshape(-1)[right.places] == right.values).all()
        assert len(right.places) == np.count_nonzero(found) or law.function == "max_indices"


def test_cells_that_make_a_case_of_nothing_are_refused():
    def call(*places):
        x = Sparse.of(np.dtype("int8"), (1, 1, 1, 9), dict.fromkeys(places, 1))
        return SparseCall("max_forward", {"x": x}, (1, 2), (1, 3))

    assert expected(call(0, 4)).cells() == {0: 1, 1: 1}
    with pytest.raises(ValueError, match=r"cell \(0, 0, 0, 2\) of x should lie in a window"):
        expected(call(2))
    with pytest.raises(ValueError, match="no two cells of x should share a window"):
        expected(call(0, 1))


# Laws that do not apply, and laws that are not run.


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"tiles": True}, "it declares tiles=True"),
        ({"max_cells": 1 << 31}, "it declares max_cells=2147483648"),
        ({"dtypes": ("int8",)}, "it declares no floating-point dtype for max_forward"),
    ],
)
def test_declarations_excuse_a_target(stated, reason):
    laws = {law.name: law.unsupported(Declared(**stated), ("max_forward",)) for law in HUGE.values()}
    assert reason in laws.values()
    assert laws["huge-mean-cells"] == "it offers no mean_forward"
    assert HUGE["huge-max-cells"].unsupported(Declared(), ("max_forward",), ()) == "its process takes no sparse arrays"


def test_room_for_the_cells_of_a_law_is_room_enough():
    law = HUGE["huge-max-cells"]
    most = max(call.arrays["x"].size for call in law.calls(Declared()))
    assert law.unsupported(Declared(max_cells=most), ("max_forward",)) == ""
    assert law.unsupported(Declared(max_cells=most - 1), ("max_forward",)) != ""
    assert HUGE["huge-max-bytes"].unsupported(Declared(max_cells=1 << 30), ("max_forward",)) == ""


@pytest.mark.parametrize("value", [0, 1000, 2.0**30, True, "many"])
def test_a_room_that_no_drawn_case_fits_into_is_no_declaration(value):
    with pytest.raises(Unusable, match=r"declaration max_cells=.* should be None or a number of cells, at least 4,096"):
        declared({"max_cells": value}, "it", {})
    assert declared({"max_cells": 1 << 20}, "it", {}).max_cells == 1 << 20


def test_without_enough_memory_a_law_is_not_run_and_says_how_much_it_needs(monkeypatch):
    law, target = HUGE["huge-max-gradient-bytes"], wrap(naive)
    monkeypatch.setattr("poolproof.properties.lawbook.huge.trial.available", lambda: 3 << 30)
    result = run(law, target, None)
    assert (result.verdict, result.examples) == ("not run", 0)
    assert result.reason == "it needs 6.0 GiB of memory, and 3.0 GiB are available"
    result = run(law, target, None, 1 << 30)
    assert result.reason == "it needs 6.0 GiB of memory, and 3.0 GiB are available, of which --memory allows 1.0 GiB"
    monkeypatch.setattr("poolproof.properties.lawbook.huge.trial.available", lambda: None)
    assert "the amount available is unknown" in run(law, target, None).reason


def test_a_law_needs_its_arrays_and_its_result_and_a_copy_of_x():
    x, dy = Sparse.of(np.dtype("float16"), (1, 1, 10, 10), {}), Sparse.of(np.dtype("float16"), (1, 1, 3, 3), {})
    assert needed(SparseCall("mean_forward", {"x": x}, (2, 2), (4, 4))) == 2 * 200 + 18
    assert needed(SparseCall("max_indices", {"x": x}, (2, 2), (4, 4))) == 2 * 200 + 72
    assert needed(SparseCall("max_backward", {"dy": dy, "x": x}, (2, 2), (4, 4))) == 3 * 200 + 18


def test_after_the_end_no_call_is_made():
    result = run(LAWS["huge-max-cells"], wrap(Narrow()), time.time() - 1)
    assert (result.verdict, result.examples) == ("not run", 0)
    assert result.reason == "the time limit was reached before it began"


ENDINGS = """
import os, signal, time

def max_forward(x, size, stride):
    if x.shape[3] == 2:
        return x[:, :, :1, :1]
    {what}
"""


@slow
@pytest.mark.parametrize(
    ("what", "verdict", "words"),
    [
        ("raise MemoryError('no room')", "not run", "it ran out of memory: MemoryError: no room"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "not run", "it ran out of memory: killed by SIGKILL"),
        ("os.abort()", "crashed", "max_forward of end: killed by SIGABRT"),
        ("raise ValueError('too large')", "raised", "max_forward of end: raised ValueError: too large"),
        ("raise OverflowError('-1')", "raised", "raised OverflowError: -1"),
        ("raise SystemExit(3)", "crashed", "ended its process with sys.exit(3)"),
        ("return None", "broken", "returned NoneType, but should return an array of numbers"),
        ("return x.astype('U1')[:, :, :1]", "broken", "returned dtype <U1, but should return numbers"),
        ("time.sleep(60)", "hung", "no answer within"),
    ],
)
def test_how_a_call_may_end(tmp_path, what, verdict, words):
    file = tmp_path / "end.py"
    file.write_text(ENDINGS.format(what=what))
    target = Session(Request((str(file),), timeout=0.6 if verdict == "hung" else 10.0)).target(str(file))
    result = run(LAWS["huge-max-cells"], target, None)
    assert result.verdict == verdict
    assert words in result.message


NOTING = """
import os
from poolproof.kernels import naive
from poolproof.kernels.naive import max_backward, max_indices

def max_forward(x, size, stride):
    with open({file!r}, "a") as pids:
        pids.write(f"{{os.getpid()}} ")
    return naive.max_forward(x, size, stride)
"""


@slow
def test_a_target_in_a_process_of_its_own_is_asked_in_another_for_each_call(tmp_path):
    file = tmp_path / "kernel.py"
    file.write_text(NOTING.format(file=str(tmp_path / "pids")))
    target = Session(Request((str(file),))).target(str(file))
    before = set((tmp_path / "pids").read_text().split())
    for name in ("huge-max-cells", "huge-max-gradient-bytes", "huge-index-bytes"):
        assert run(LAWS[name], target, None).verdict == "holds"
    assert len(set((tmp_path / "pids").read_text().split()) - before) == 2


def test_time_grows_with_the_arrays(monkeypatch):
    seen = []
    target = load("poolproof.kernels.naive", Isolation(timeout=10.0))
    monkeypatch.setattr(type(target), "answers", lambda self, *_: seen.append(self.isolation.timeout) or [None])
    x = Sparse.of(np.dtype("float32"), (1, 1, 1 << 14, 1 << 15), {})
    target.ask_sparse(SparseCall("max_forward", {"x": x}, (2, 2), (9, 9)))
    assert seen == [10.0 * 33]


# Memory, and turns.


def system(folder, **files):
    """A root folder with some files of a system."""
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


MEMINFO = "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n"


def group(folder, limit, used, cached):
    """A control group of version 2."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "memory.max": limit,
        "memory.current": used,
        "memory.stat": f"anon 3\ninactive_file {cached}\n",
    }.items():
        (folder / name).write_text(str(value))


def test_what_is_available_is_what_the_system_says(tmp_path):
    assert memory.available(system(tmp_path, proc__meminfo=MEMINFO)) == 4000 << 10


def test_every_control_group_above_limits_it(tmp_path):
    root = system(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="0::/outer/inner\n")
    group(tmp_path / "sys/fs/cgroup/outer/inner", "max", 5, 1)
    assert memory.available(root) == 4000 << 10
    group(tmp_path / "sys/fs/cgroup/outer", 3000, 1000, 200)
    assert memory.available(root) == 2200
    group(tmp_path / "sys/fs/cgroup", 2000, 1000, 100)
    assert memory.available(root) == 1100
    group(tmp_path / "sys/fs/cgroup", 2000, 3000, 100)
    assert memory.available(root) == 0


def test_control_groups_of_version_1_limit_it_too(tmp_path):
    root = system(tmp_path, proc__meminfo=MEMINFO, proc__self__cgroup="4:memory:/job\n3:cpu,cpuacct:/job\n")
    system(tmp_path / "sys/fs/cgroup/memory/job", **{
        "memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "600",
        "memory.stat": "cache 9\ntotal_inactive_file 50\n",
    })  # fmt: skip
    assert memory.available(root) == 450


def test_elsewhere_half_of_the_memory_of_the_machine_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert memory.available(tmp_path) == 2048000

    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory.available(tmp_path) is None


def test_this_machine_says_something():
    assert memory.available() > 1 << 20


def test_one_process_at_a_time_has_its_turn(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(memory.tempfile, "tempdir", None)
    attempt = (
        "import fcntl, glob, os; f = os.open(glob.glob('poolproof-huge-*')[0], os.O_RDWR)\n"
        "try: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print('free')\n"
        "except BlockingIOError: print('taken')"
    )
    with memory.turn():
        assert python(tmp_path, "-c", attempt) == (0, "taken\n")
    assert python(tmp_path, "-c", attempt) == (0, "free\n")


# Sparse arrays.


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1, :, ::2],
        np.broadcast_to(np.array([0, 1.5, np.nan]), (4, 3)),
        np.array([0.0, -0.0, 1.0], ">f4"),
        np.array(3),
        np.zeros((0, 2)),
        np.zeros(1 << 17, bool),
    ],
)
def test_nonzero_cells_are_found_in_any_layout(array):
    count, places, values = nonzero(array)
    assert count == len(places) == np.count_nonzero(array)
    assert (places == np.flatnonzero(array)).all()
    assert values.dtype.isnative
    assert np.array_equal(values, array.reshape(-1)[places], equal_nan=array.dtype.kind == "f")
    again = painted(array.dtype, array.shape, places, values)
    assert np.array_equal(again, array, equal_nan=array.dtype.kind == "f")


def test_only_the_first_of_very_many_nonzero_cells_are_listed():
    array = np.ones(MOST_LISTED + 70_000, np.int8)
    found = Sparse.from_array(array)
    assert (len(found.places), found.others, int(found.places[-1])) == (MOST_LISTED, 70_000, MOST_LISTED - 1)


def answer(places, **header):
    """A sparse answer of a peer."""
    places = np.array(places, np.int64)
    said = {"type": "answer", "kind": "sparse", "dtype": "|i1", "shape": [2, 2], "nonzero": len(places), **header}
    return decoded(said, bytes(memory_of(places)) + bytes(len(places)), 1)


def test_a_sparse_answer_is_read():
    [found] = answer([1, 3])
    assert found.value.cells() == {1: 0, 3: 0}
    assert found.value.shape == (2, 2)


@pytest.mark.parametrize(
    ("places", "header"),
    [
        ([1, 1], {}),
        ([3, 1], {}),
        ([-1, 1], {}),
        ([1, 4], {}),
        ([1], {"nonzero": 5}),
        ([1], {"nonzero": "1"}),
        ([1, 2], {"nonzero": 1}),
    ],
)
def test_a_sparse_answer_that_cannot_be_is_no_protocol(places, header):
    with pytest.raises(ProtocolError):
        answer(places, **header)


def test_a_sparse_array_survives_json():
    x = Sparse.of(np.dtype("float16"), (1, 2, 1 << 12, 1 << 12), {0: 1.5, (1 << 25) - 1: np.inf})
    text = encoded(stored(x))
    assert json.loads(text)["cells"] == [[[0, 0, 0, 0], 1.5], [[0, 1, 4095, 4095], "inf"]]
    again = sparse(decoded_json(text, StoredArray))
    assert (again.cells(), again.shape, again.dtype) == (x.cells(), x.shape, x.dtype)
    many = stored(Sparse.from_array(np.ones((1, 1, 1, 1000))))
    assert (len(many.cells), many.others) == (100, 900)
    with pytest.raises(ValueError, match="abbreviated"):
        sparse(many)


# Doors.


def test_without_the_option_there_are_no_huge_laws():
    names = {unit.name for unit in plan(Request(("naive",)))}
    assert not names & set(HUGE)
    with_option = [unit.name for unit in plan(Request(("naive",), huge=True))]
    assert with_option[-len(HUGE) :] == list(HUGE)
    assert set(with_option) == names | set(HUGE)
    assert list(EVERY)[-len(HUGE) :] == list(HUGE)


def test_a_pattern_of_huge_laws_alone_wants_the_option():
    for pattern in ("huge", "huge-max-*", "max-value,huge-max-cells"):
        with pytest.raises(Unusable, match="huge arrays are tried with --huge only"):
            selected(pattern)
    assert selected("huge", huge=True) == list(HUGE)
    assert selected("huge-max-c*,max-value", huge=True) == ["max-value", "huge-max-cells"]
    assert selected("*max*") == [name for name in selected("*") if "max" in name]
    with pytest.raises(Unusable, match="did you mean 'huge-max-cells'"):
        selected("huge-max-cell")


@slow
def test_the_command_lists_them_and_does_not_pass_what_it_cannot_run(tmp_path):
    _, told = poolproof(tmp_path, "laws")
    assert "\nhuge, tried with --huge\n  huge-max-bytes " in told
    words = ["check", "naive", "--huge", "--laws", "huge", "--memory", "1M", "-n", "0", "-v"]
    status, told = poolproof(tmp_path, *words)
    assert status == 2
    assert "huge-mean-cells          not run     it needs 8.0 GiB of memory" in told
    assert told.strip().endswith("nothing was tried, 15 not run (partial)")
    status, told = poolproof(tmp_path, *words, "--laws", "huge,max-value", "--examples", "3")
    assert status == 0
    assert told.strip().endswith("1 passed, 15 not run (partial)")
    assert poolproof(tmp_path, "check", "naive", "--huge", "--exhaustive")[0] == 2
    status, told = poolproof(tmp_path, "check", "naive", "--laws", "huge")
    assert (status, told) == (
        2, "poolproof check: laws 'huge': huge arrays are tried with --huge only (in Python: huge=True)\n"
    )  # fmt: skip


@slow
def test_pytest_skips_what_it_cannot_run(tmp_path):
    words = ["--pyargs", "poolproof.properties", "--poolproof-impl", "naive", "-q", "-rs", "-p", "no:cacheprovider"]
    limited = ["--poolproof-huge", "--poolproof-laws", "huge-max-cells", "--poolproof-memory", "1M"]
    _, told = python(tmp_path, "-m", "pytest", *words, *limited)
    assert "1 skipped" in told
    assert "passed" not in told
    assert "not run: it needs 4.0 GiB of memory" in told


def test_python_skips_what_it_cannot_run(monkeypatch):
    monkeypatch.setattr("poolproof.properties.lawbook.huge.trial.available", lambda: 1 << 20)
    [law] = api.laws(naive, pattern="huge-max-cells", huge=True)
    with pytest.raises(SkipTest, match=r"huge-max-cells: not run: it needs 4\.0 GiB"):
        law()
    with pytest.warns(UserWarning, match="huge-max-cells: not run"):
        api.check(naive, pattern="huge-max-cells", huge=True)


def test_a_failure_is_stored_by_its_nonzero_cells_and_replayed(tmp_path):
    target = wrap(narrow("max_backward", cells_wrap), "my_pool")
    result = run(LAWS["huge-max-gradient-cells"], target, None)
    document = render.document(Request((target.spec,), huge=True), {target.spec: target}, [result], False)
    file = tmp_path / "report.json"
    file.write_bytes(encoded(document))
    assert len(file.read_text()) < 20_000
    found = replay.read(str(file))
    bench = Session(Request(), loaded={target.spec: target})
    assert [each.verdict for each in replay.replayed(found, bench, None)] == ["broken"]
    sound = Session(Request(), loaded={target.spec: wrap(Narrow(), "my_pool")})
    assert [each.verdict for each in replay.replayed(found, sound, None)] == ["holds"]
    case = result.counterexample.case
    assert sparse_call(case).arrays["x"].cells() == sparse(case.x).cells()


def test_a_case_that_is_none_is_refused_when_a_report_is_read(tmp_path):
    target = wrap(narrow("max_forward", cells_wrap), "my_pool")
    result = run(LAWS["huge-max-cells"], target, None)
    result.counterexample.case.x.cells[0][0][3] = 10
    document = render.document(Request((target.spec,), huge=True), {target.spec: target}, [result], False)
    (tmp_path / "report.json").write_bytes(encoded(document))
    with pytest.raises(Unusable, match="should lie in a window"):
        replay.read(str(tmp_path / "report.json"))


def test_a_known_failure_may_be_huge(tmp_path):
    (tmp_path / "known.toml").write_text(
        '[[known]]\ntarget = "naive"\nlaw = "huge-max-cells"\nreason = "indices have 32 bits"\n'
    )
    [entry] = Request(("naive",), known=(str(tmp_path / "known.toml"),)).known_failures()
    assert entry.law == "huge-max-cells"


# At full size, on request: gigabytes.


@pytest.mark.skipif(not os.environ.get("POOLPROOF_HUGE"), reason="needs up to 24 GiB; POOLPROOF_HUGE=1 asks for it")
@pytest.mark.parametrize("law", HUGE.values(), ids=HUGE)
@KERNELS
def test_our_kernels_break_no_law_in_full(kernel, law):
    result = run(law, wrap(kernel), None)
    if result.verdict == "not run":
        pytest.skip(result.reason)
    assert (result.verdict, result.examples) == ("holds", 2)
