"""What makes kernels fast and small: the choice of loops, orders of sums, threads, memory, and cached arguments."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from itertools import chain

import numpy as np
import pytest
from bits import bits
from poolproof.kernels import PoolingLayer, arguments, cache, compiled, img2col, naive, threads
from poolproof.kernels.compiled import large, plans
from poolproof.kernels.compiled.choice import choice
from poolproof.kernels.compiled.loops import general, overlapping, separate, whole_plane
from poolproof.kernels.dtypes import FLOATS, index_dtype
from poolproof.kernels.geometry import Geometry
from poolproof.properties.contract import CALLABLES
from poolproof.properties.data.layouts import LAYOUTS
from selection import once, once_but, slow

FORWARD = ("max_forward", "max_indices", "mean_forward")
FAST = pytest.mark.parametrize("kernel", [compiled, img2col], ids=lambda kernel: kernel.name)


def same(kernel, function, *question, **settings):
    """Assert that a kernel's answer equals the naive kernel's, bit for bit."""
    result, expected = (getattr(each, function)(*question, **settings) for each in (kernel, naive))
    assert bits(result) == bits(expected), (function, *question[1:])


# Which loop serves which windows.

WINDOWS = {
    "two by two": ((2, 2), (2, 2)),
    "three by two": ((3, 3), (2, 2)),
    "apart": ((3, 3), (3, 3)),
    "with gaps": ((2, 2), (3, 3)),
    "with gaps down": ((2, 2), (3, 2)),
    "with gaps across": ((2, 2), (2, 3)),
    "tall": ((3, 2), (3, 2)),
    "wide": ((2, 3), (2, 3)),
    "overlapping": ((3, 3), (1, 1)),
    "overlapping along columns": ((4, 2), (1, 2)),
    "overlapping along lines": ((2, 4), (2, 3)),
    "large": ((9, 8), (1, 1)),
    "as large as the plane": ((11, 21), (1, 1)),
    "padded": ((3, 3), (2, 2)),
}
SERVED = {
    ("two by two", "max_forward"): separate.max_forward,
    ("three by two", "max_forward"): separate.max_forward,
    ("three by two", "mean_forward"): overlapping.mean_forward,
    ("overlapping", "max_forward"): overlapping.max_forward,
    ("overlapping along lines", "mean_backward"): overlapping.mean_backward,
    ("apart", "mean_backward"): separate.mean_backward,
    ("padded", "max_forward"): general.max_forward,
    ("padded", "mean_backward"): general.mean_backward,
    ("as large as the plane", "max_forward"): separate.max_forward,
    ("as large as the plane", "mean_forward"): whole_plane.mean_forward,
    ("as large as the plane", "mean_backward"): whole_plane.mean_backward,
}


@pytest.mark.parametrize(("window", "function"), SERVED)
def test_each_window_has_its_loop(window, function):
    geometry = Geometry.of(*WINDOWS[window], padding=int(window == "padded"))
    assert choice(function, geometry, (11, 21)).loop is SERVED[window, function]


def drawn(dtype, kind, seed=0):
    """Five planes of 11 x 21: more columns than are processed at once, and a rest."""
    source = np.random.default_rng(seed)
    x = 8 * source.standard_normal((5, 1, 11, 21))
    if kind == "ties":
        x = np.round(x / 6) * np.where(source.random(x.shape) < 0.5, 1.0, -1.0)
    if kind == "not a number":
        x[1:3][source.random(x[1:3].shape) < 0.05] = np.nan
        x[source.random(x.shape) < 0.05] = -np.inf
        x[x > 2] = 0
    return np.abs(np.nan_to_num(x, neginf=0)).astype(dtype) if dtype.startswith("u") else x.astype(dtype)


KINDS = ("normal", "ties", "not a number")


@FAST
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", once_but(FLOATS, "float64"))
def test_every_loop_gives_the_bits_of_the_naive_kernel(kernel, window, kind, dtype):
    settings = {"padding": 1} if window == "padded" else {}
    x = drawn(dtype, kind)
    for function in FORWARD:
        same(kernel, function, x, *WINDOWS[window], **settings)
    dy = drawn(dtype, kind, 1)[..., : (y := naive.max_forward(x, *WINDOWS[window], **settings)).shape[2], : y.shape[3]]
    for function in ("max_backward", "mean_backward"):
        same(kernel, function, dy, x, *WINDOWS[window], **settings)


@pytest.mark.parametrize("stride", [(2, 2), (2, 3), (3, 2), (3, 3)])
@pytest.mark.parametrize("plane", [(8, 8), (8, 9), (9, 8), (8, 12), (12, 8)])
def test_every_loop_fills_every_cell_whatever_was_in_its_memory(plane, stride, monkeypatch):
    x = np.random.default_rng(0).standard_normal((2, 1, *plane))
    dy = naive.max_forward(x, 2, stride)
    monkeypatch.setattr(compiled.np, "empty", lambda shape, dtype=float: np.full(shape, 77, dtype))
    for function in ("max_backward", "mean_backward"):
        same(compiled, function, dy, x, (2, 2), stride)


@FAST
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_share_that_rounds_to_zero_keeps_its_sign_and_a_zero_has_none(kernel, dtype, stride):
    x = np.zeros((1, 2, 1, 4), dtype)
    least = np.nextafter(x.dtype.type(0), x.dtype.type(-1)) if dtype != "bfloat16" else x.dtype.type(-1e-40)
    dy = np.array([least, -0.0, 0.0, least, -0.0, -0.0][: 2 * (1 + 2 // stride)]).astype(dtype)
    dy = dy.reshape(1, 2, 1, -1)
    for function in ("max_backward", "mean_backward"):
        same(kernel, function, dy, x, (1, 2), (1, stride))


@FAST
@pytest.mark.parametrize(
    "window", [(size, stride) for size, stride in WINDOWS.values() if size[1] <= 11 and size[0] < 11]
)
def test_every_loop_serves_planes_that_are_taller_than_wide(kernel, window):
    for kind in ("normal", "ties"):
        x = np.ascontiguousarray(drawn("float64", kind).swapaxes(2, 3))
        dy = naive.max_forward(x, *window)
        for function in FORWARD:
            same(kernel, function, x, *window)
        for function in ("max_backward", "mean_backward"):
            same(kernel, function, dy, x, *window)


@pytest.mark.parametrize("plane", [(21, 11), (11, 21)])
def test_every_loop_of_lines_serves_planes_of_whole_numbers(plane):
    x = drawn("float32", "ties").reshape(5, 1, *plane)
    same(compiled, "mean_forward", x, (3, 3), (1, 1))
    same(compiled, "mean_forward", x, (3, 3), (2, 2))


def test_every_loop_of_sums_counts_all_cells_of_a_window():
    # Five numbers near 2**28 and one of 24 bits near 1 do not fit in 53 bits, although one or two of them would. The
    # row below subtracts the large ones again, so that the last bit of the small ones shows.
    source = np.random.default_rng(0)
    row = source.uniform(2.0**27.9, 2.0**28, (2, 1, 1, 60)).astype(np.float32)
    x = np.concatenate([row, -row], axis=2)
    x[..., ::6] = source.uniform(1, 2, (2, 1, 2, 10))
    same(compiled, "mean_forward", x, (2, 6), (1, 1))


@pytest.mark.parametrize("count", range(1, 14))
def test_windows_as_large_as_planes_are_served_however_many_there_are(count):
    x = np.random.default_rng(count).standard_normal((count, 1, 3, 5))
    same(compiled, "mean_forward", x, (3, 5), (1, 1))
    same(compiled, "mean_backward", x[..., :1, :1], x, (3, 5), (1, 1))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("block", [1, 1000, 4000, 30_000])
def test_columns_of_every_block_give_the_same(window, block, monkeypatch):
    settings = {"padding": 1} if window == "padded" else {}
    x = np.concatenate([drawn("float64", "ties", seed)[:4] for seed in range(3)], axis=1)
    dy = naive.max_forward(x, *WINDOWS[window], **settings)
    monkeypatch.setattr(img2col, "BLOCK", block)
    for function in FORWARD:
        same(img2col, function, x, *WINDOWS[window], **settings)
    for function in ("max_backward", "mean_backward"):
        same(img2col, function, dy, x, *WINDOWS[window], **settings)


@once
@FAST
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("dtype", ["bool", "int64", "int8", "uint64", "uint8"])
def test_every_loop_pools_integers(kernel, window, dtype):
    x = drawn("float64", "ties").astype(dtype) if dtype in {"bool", "int8", "int64"} else drawn(dtype, "normal")
    for function in FORWARD[:2]:
        same(kernel, function, x, *WINDOWS[window], **({"padding": 1} if window == "padded" else {}))


def test_values_alone_are_found_without_indices(monkeypatch):
    seen = []
    monkeypatch.setattr(compiled, "run", lambda how, count, x, y, *argmax: seen.append(argmax))
    compiled.max_forward(drawn("float32", "normal"), 2, 2)
    compiled.max_forward_argmax(drawn("float32", "normal"), 2, 2)
    assert seen[0] == (None,)
    assert isinstance(seen[1][0], np.ndarray)


# Sums in another order, where they are exact.

PLANE = np.array([[[3.0, 5, 2], [1, 7, 6], [4, 2, 9]]], np.float32)


@pytest.mark.parametrize(
    ("plane", "exact"),
    [
        (PLANE, True),
        (np.zeros_like(PLANE), True),
        (PLANE * np.float32(2) ** 90, True),
        (PLANE * np.float32(2) ** -60, True),
        (np.where(PLANE == 9, np.float32(0), PLANE), True),
        (np.where(PLANE == 9, np.float32(2) ** -24, PLANE), True),
        (np.where(PLANE == 9, np.float32(2) ** -24, np.where(PLANE == 7, np.float32(8), PLANE)), True),
        (np.where(PLANE == 9, np.float32(2) ** -25, PLANE), False),
        (np.where(PLANE == 9, np.float32(np.inf), PLANE), False),
        (PLANE.astype(np.float64), False),
    ],
    ids=["near", "zeros", "large", "small", "a zero", "far apart", "as may be", "too far apart", "infinity", "float64"],
)
def test_sums_are_exact_where_the_numbers_are_near_enough(plane, exact):
    assert overlapping.sums_are_exact(plane, 0, 4) == exact


@pytest.mark.parametrize("spread", [20, 26, 30, 40, 60])
def test_the_order_of_sums_makes_no_difference_where_lines_are_summed_first(spread):
    # The largest numbers, of both signs, are in the middle of each window, so that any loss shows.
    source = np.random.default_rng(spread)
    x = np.ldexp(source.standard_normal((20, 1, 6, 6)), source.integers(-spread, 1, (20, 1, 6, 6))).astype(np.float32)
    same(compiled, "mean_forward", x, (3, 4), (1, 1))


def test_another_order_would_show():
    x = np.array([[[[1e30, 1, 0], [-1e30, 2, 0]]]], np.float32)
    a, b, c, d = x[0, 0, :, :2].ravel().tolist()
    assert compiled.mean_forward(x, 2, 1)[0, 0, 0, 0] == (a + b + c + d) / 4 == 0.5
    assert a + c + (b + d) == 3


# Threads.


@pytest.fixture
def many_cores(monkeypatch):
    """Eight processors, with every piece of work worth a thread."""
    monkeypatch.setattr(threads, "cores", lambda: 8)
    monkeypatch.setattr(threads, "WORTH", 1)


@pytest.mark.parametrize("count", [2, 3, 8])
@pytest.mark.parametrize("dtype", once_but(["float64", "float16", "uint8"], "float64"))
@pytest.mark.parametrize("padding", [0, 1])
def test_threads_give_the_bits_of_one(many_cores, count, dtype, padding):
    x = drawn(dtype, "normal")
    for function in FORWARD if dtype in FLOATS else FORWARD[:2]:
        alone = getattr(compiled, function)(x, 2, 2, padding=padding)
        assert bits(getattr(compiled, function)(x, 2, 2, padding=padding, threads=count)) == bits(alone)
    if dtype in FLOATS:
        dy = compiled.max_forward(x, 2, 2, padding=padding)
        for function in ("max_backward", "mean_backward"):
            alone = getattr(compiled, function)(dy, x, 2, 2, padding=padding)
            assert bits(getattr(compiled, function)(dy, x, 2, 2, padding=padding, threads=count)) == bits(alone)


@pytest.mark.parametrize("kind", ["MAX", "MEAN"])
def test_a_layer_shares_its_planes_among_threads(many_cores, kind, monkeypatch):
    x, counts, shared = drawn("float64", "normal"), [], threads.in_threads
    monkeypatch.setattr(plans, "in_threads", lambda *given: (counts.append(given[-1]), shared(*given)))
    one, two = (PoolingLayer((1, 11, 21), 2, 2, kind, threads=count) for count in (1, 2))
    assert bits(two.forward(x)) == bits(one.forward(x))
    delta = np.ones((5, 1, 5, 10))
    assert bits(two.backward(delta, 0)) == bits(one.backward(delta, 0))
    assert counts == [2, 2]


@pytest.mark.parametrize(("planes", "count"), [(1, 4), (3, 2), (7, 3), (8, 8), (9, 100)])
def test_planes_are_shared_out_once_each_and_evenly(many_cores, planes, count):
    parts = []
    threads.in_threads(parts.append, planes, 1000, count)
    parts.sort(key=lambda part: part.start)
    shares = [range(planes)[part] for part in parts]
    assert list(chain(*shares)) == list(range(planes))
    assert len(shares) == min(planes, count, 8)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_threads_work_side_by_side(many_cores):
    meeting = threading.Barrier(3, timeout=60)
    threads.in_threads(lambda part: meeting.wait(), 3, 1000, 3)


def test_what_a_thread_raises_is_raised(many_cores):
    def fails(part):
        raise MemoryError(part)

    with pytest.raises(MemoryError):
        threads.in_threads(fails, 4, 1000, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_threads_stay_for_the_next_call_and_a_forked_process_starts_its_own():
    program = """
        import os, threading, warnings
        from poolproof.kernels import threads
        warnings.simplefilter("ignore")  # of what forks: here it is wanted
        threads.cores = lambda: 2
        def names():
            found, meeting = [], threading.Barrier(2, timeout=60)
            threads.in_threads(lambda part: (meeting.wait(), found.append(threading.get_ident())), 2, 1 << 30, 2)
            return set(found)
        assert names() == names() and len(names()) == 2
        child = os.fork()
        if child == 0:
            os._exit(len(names()))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=120)


def test_little_work_is_done_by_one_thread(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 8)
    parts = []
    threads.in_threads(parts.append, 100, 2 * threads.WORTH - 1, 8)
    threads.in_threads(parts.append, 100, 2 * threads.WORTH, 8)
    assert len(parts) == 1 + 2


@pytest.mark.parametrize(("workers", "expected"), [("1", 8), ("2", 4), ("3", 2), ("8", 1), ("100", 1), (None, 8)])
def test_workers_of_xdist_share_the_processors(monkeypatch, workers, expected):
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(8), raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    if workers is not None:
        monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", workers)
    assert threads.cores() == expected


def test_processors_are_counted_where_the_system_does_not_say_which_may_be_used(monkeypatch):
    monkeypatch.delattr(threads.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: None)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    assert threads.cores() == 1


@pytest.mark.parametrize(
    ("count", "error", "says"),
    [
        (0, ValueError, "threads=0 should be at least 1"),
        (-2, ValueError, "threads=-2 should be at least 1"),
        (2.0, TypeError, "threads=2.0 should be an int, not float"),
        (True, TypeError, "threads=True should be an int, not bool"),
        (None, TypeError, "threads=None should be an int, not NoneType"),
    ],
)
def test_a_number_of_threads_that_cannot_be_is_refused(count, error, says):
    x = np.ones((1, 1, 2, 2))
    for call in (
        lambda: compiled.max_forward(x, 2, 2, threads=count),
        lambda: compiled.mean_backward(x[..., :1, :1], x, 2, 2, threads=count),
        lambda: PoolingLayer((1, 2, 2), 2, 2, "MAX", threads=count),
    ):
        with pytest.raises(error, match=f"^{says}$"):
            call()


@pytest.mark.parametrize("function", [*CALLABLES, "max_forward_argmax", "max_backward_argmax"])
def test_one_thread_pools_where_none_are_said(function):
    assert inspect.signature(getattr(compiled, function)).parameters["threads"].default == 1


@pytest.mark.parametrize("kernel", [naive, img2col], ids=lambda kernel: kernel.name)
def test_the_other_kernels_have_no_threads(kernel):
    with pytest.raises(TypeError, match="threads=2 is not a setting here"):
        kernel.max_forward(np.ones((1, 1, 2, 2)), 2, 2, threads=2)


# Memory.

LARGE = {"many planes": (4, 32, 100, 120), "one plane": (1, 1, 1280, 1200)}
EACH = pytest.mark.parametrize("shape", LARGE.values(), ids=LARGE)


def peak(kernel, function, dy, x, size=2, stride=2):
    """The most memory, in bytes, that a call holds at once beside its result."""
    arrays = (dy, x) if function.endswith("backward") else (x,)
    call = getattr(kernel, function)
    call(*(array[:1] for array in arrays), size, stride)
    tracemalloc.start()
    result = call(*arrays, size, stride)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - result.nbytes


def pooled(dtype, order="C", shape=LARGE["many planes"]):
    """A gradient and its x, in a layout."""
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    return tuple(np.asarray(array, order=order) for array in (x[:, :, ::2, ::2].copy(), x))


def allowed(function, dy):
    """What the compiled kernel allocates beside a result: indices for routing, and the values found with them."""
    index, value = 4 * dy.size, dy.nbytes
    return {"max_indices": value, "max_backward": index + value}.get(function, 0) + SOME


FUNCTIONS = (*FORWARD, "max_backward", "mean_backward")
SOME = 1 << 17
"""Bytes for Python itself: a fiftieth of the smallest array here."""


@EACH
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_copies_no_input_that_is_contiguous(function, dtype, shape):
    dy, x = pooled(dtype, "C", shape)
    assert peak(compiled, function, dy, x) <= allowed(function, dy)


@pytest.mark.parametrize("function", FUNCTIONS)
@EACH
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_compiled_copies_an_input_that_is_not_contiguous_once(function, dtype, shape):
    dy, x = pooled(dtype, "F", shape)
    copied = {"max_backward": max(x.nbytes, dy.nbytes), "mean_backward": dy.nbytes}.get(function, x.nbytes)
    widened = 2 * 8 * large.BLOCK if dtype == "float16" else 0
    assert peak(compiled, function, dy, x) <= copied + widened + allowed(function, dy)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_loops_are_handed_one_kind_of_memory_alone_for_which_they_are_compiled(layout):
    x = LAYOUTS[layout](np.arange(48.0).reshape(2, 3, 2, 4))
    writeable = x.flags.writeable
    handed = plans.as_input(x, (6, 2, 4))
    assert (handed.flags.c_contiguous, handed.flags.aligned, handed.flags.writeable) == (True, True, False)
    assert np.array_equal(handed, x.reshape(6, 2, 4))
    assert x.flags.writeable == writeable


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((1, 1, 2**31 - 1), np.int32),
        ((1, 1, 2**31), np.int64),
        ((2, 2, 2**15, 2**15), np.int32),
        ((1, 1, 2**15, 2, 2**15), np.int64),
    ],
)
def test_indices_have_the_smaller_type_that_holds_all_of_a_plane(shape, dtype):
    assert index_dtype(shape[2:]) == dtype


@pytest.mark.parametrize("function", FUNCTIONS)
@EACH
def test_compiled_widens_a_block_at_once(function, shape):
    dy, x = pooled("float16", "C", shape)
    assert x.size > 5 * large.BLOCK
    assert peak(compiled, function, dy, x) <= 2 * 8 * large.BLOCK + allowed(function, dy)


@slow
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
@EACH
def test_img2col_never_makes_more_than_its_blocks(function, dtype, order, shape):
    dy, x = pooled(dtype, order, shape)
    taps = dy.size if function in {"max_indices", "max_forward", "max_backward"} else 0
    values = dy.nbytes if function in {"max_indices", "max_backward"} else 0
    assert x.size > 5 * img2col.BLOCK
    assert peak(img2col, function, dy, x) <= 4 * 8 * img2col.BLOCK + taps + values + SOME


@slow
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 1)])
@pytest.mark.parametrize("shape", [(1, 1, 60, 60), (3, 4, 30, 20)])
def test_naive_needs_so_many_bytes_for_elements_and_cells_of_windows(function, size, stride, shape):
    x = np.random.default_rng(0).random(shape)
    dy = naive.max_forward(x, size, stride)
    cells = dy[0, 0].size * size**2
    assert peak(naive, function, dy, x, size, stride) <= 50 * (x.size + dy.size) + 110 * cells + SOME


@slow
@pytest.mark.parametrize("function", FUNCTIONS)
@EACH
def test_overlapping_windows_need_no_more_columns(function, shape):
    _, x = pooled("float64", "C", shape)
    dy = np.ones((*shape[:2], shape[2] - 4, shape[3] - 4))
    taps = dy.size if function in {"max_indices", "max_forward", "max_backward"} else 0
    values = dy.nbytes if function in {"max_indices", "max_backward"} else 0
    assert peak(img2col, function, dy, x, 5, 1) <= 4 * 8 * img2col.BLOCK + taps + values + SOME


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_plane_larger_than_a_block_is_pooled_line_by_line(function, monkeypatch):
    dy, x = pooled("float64")
    dy, x = dy.reshape(1, 1, -1, dy.shape[3]), x.reshape(1, 1, -1, x.shape[3])
    monkeypatch.setattr(img2col, "BLOCK", 10_000)
    assert peak(img2col, function, dy, x) <= 30 * 8 * img2col.BLOCK + 10 * dy.size + SOME


# Cached properties of a call's arguments.

TAKEN = {"size": ((2, 2), 2), "stride": ((1, 1), 1), "padding": (((1, 0), (1, 0)), (1, 1), 1), "ceil_mode": (True,)}
ALIKE = {
    "size": ((2.0, 2), (2, 2.0), 2.0, (2, np.float64(2))),
    "stride": ((True, 1), (1, True), True, (1.0, 1), 1.0),
    "padding": (((1, False), (1, 0)), ((1.0, 0), (1, 0)), (1, True), (1.0, 1), True, 1.0),
    "ceil_mode": (1, 1.0),
}


@pytest.mark.parametrize("kernel", [naive, compiled, img2col], ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("name", ALIKE)
def test_what_only_equals_a_value_that_was_taken_is_refused(kernel, name):
    x, given = np.ones((1, 1, 4, 4)), {"size": 2, "stride": 1}
    for value in TAKEN[name]:
        kernel.max_forward(x, **{**given, name: value})
    for value in ALIKE[name]:
        with pytest.raises(TypeError, match=f"^{name}="):
            kernel.max_forward(x, **{**given, name: value})


def test_what_is_no_key_of_a_table_is_taken_as_ever():
    x = np.ones((1, 1, 4, 4))
    assert compiled.max_forward(x, [2, 2], [1, np.int64(1)], padding=[[1, 0], (0, 1)]).shape == (1, 1, 4, 4)


def test_arguments_of_an_earlier_call_are_looked_up_and_not_checked_again(monkeypatch):
    x = np.ones((1, 1, 4, 4))
    cache.result.cache_clear()
    compiled.max_forward(x, (2, 2), 1, padding=((1, 0), (1, 0)))
    monkeypatch.setattr(arguments.Geometry, "of", None)
    compiled.max_forward(x, (2, 2), 1, padding=((1, 0), (1, 0)))


def test_a_setting_of_the_mean_is_refused_by_the_maximum_after_the_mean_took_it():
    x = np.ones((1, 1, 4, 4))
    compiled.mean_forward(x, 2, 2, count_include_pad=True)
    with pytest.raises(TypeError, match="count_include_pad=True is not a setting here"):
        compiled.max_forward(x, 2, 2, count_include_pad=True)
