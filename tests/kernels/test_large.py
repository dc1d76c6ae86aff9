"""Planes larger than a block: the same bits as the naive kernel's, and bounded memory for every plane."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from itertools import product
from math import prod

import numpy as np
import pytest
from bits import bits
from poolproof.kernels import cache, compiled, img2col, naive
from poolproof.kernels.compiled import large
from poolproof.kernels.geometry import Geometry
from selection import once_but, slow

FAST = pytest.mark.parametrize("kernel", [compiled, img2col], ids=lambda kernel: kernel.name)


@pytest.fixture
def blocks_of(monkeypatch):
    """Blocks of this many elements for both kernels; `shared` decides which large windows are pooled one by one."""

    def small(elements, shared=large.SHARED):
        forget()
        monkeypatch.setattr(large, "BLOCK", elements)
        monkeypatch.setattr(large, "SHARED", shared)
        monkeypatch.setattr(img2col, "BLOCK", elements)

    yield small
    forget()


def forget():
    """Clear the cache: plans and cuts depend on the size of a block."""
    cache.result.cache_clear()


def drawn(dtype, shape, seed=0):
    """Numbers with ties, zeros of both signs, infinities and NaN, if the dtype has them."""
    source = np.random.default_rng(seed)
    x = np.round(2 * source.standard_normal(shape))
    if dtype in {"float16", "float32", "float64"}:
        for odd in (np.nan, np.inf, -np.inf, -0.0):
            x[source.random(shape) < 0.03] = odd
        return x.astype(dtype)
    return np.abs(x).astype(dtype) if dtype.startswith("u") else x.astype(dtype)


WINDOWS = {
    "blocks": ((13, 14), 2, 2, {}),
    "three by two": ((13, 14), 3, 2, {}),
    "overlapping": ((13, 14), (3, 4), 1, {}),
    "with gaps": ((13, 14), 2, (3, 5), {}),
    "as large as the plane": ((13, 14), (13, 14), 1, {}),
    "nearly as large": ((13, 14), (12, 13), 1, {}),
    "padded": ((13, 14), 3, 2, {"padding": ((2, 1), (1, 2))}),
    "dilated": ((13, 14), (2, 3), 1, {"dilation": (5, 3)}),
    "overhanging": ((13, 14), 4, 3, {"ceil_mode": True}),
    "overhanging with gaps": ((31,), (2,), (5,), {"ceil_mode": True}),
    "all settings": ((13, 14), (3, 2), (2, 3), {"padding": 1, "dilation": (2, 1), "ceil_mode": True}),
    "one line": ((1, 90), (1, 3), (1, 2), {}),
    "one axis": ((90,), (4,), (3,), {"padding": ((2, 3),), "ceil_mode": True}),
    "three axes": ((6, 5, 7), (2, 3, 2), (1, 2, 1), {"padding": ((1, 0), (1, 1), (0, 1))}),
    "three plain axes": ((6, 5, 8), (2, 2, 2), (2, 2, 2), {}),
}
EVERY = pytest.mark.parametrize("window", WINDOWS)
BLOCKS = pytest.mark.parametrize(
    "blocks", once_but([(3, 16), (7, 0), (40, 16), (40, 10**9)], (40, 16), others=slow), ids=str
)


@FAST
@EVERY
@BLOCKS
@pytest.mark.parametrize("dtype", once_but(["float16", "float32", "float64", "uint8", "int64", "bool"], "float32"))
def test_maxima_of_a_large_plane_are_those_of_the_naive_kernel(blocks_of, kernel, window, blocks, dtype):
    spatial, size, stride, settings = WINDOWS[window]
    x = drawn(dtype, (1, 2, *spatial))
    blocks_of(*blocks)
    for function in ("max_forward", "max_indices"):
        found, expected = (getattr(each, function)(x, size, stride, **settings) for each in (kernel, naive))
        assert bits(found) == bits(expected)
    assert bits(kernel.max_forward_argmax(x, size, stride, **settings)[0]) == bits(
        naive.max_forward(x, size, stride, **settings)
    )


@FAST
@EVERY
@BLOCKS
@pytest.mark.parametrize("dtype", once_but(["float16", "float32", "float64"], "float32"))
def test_means_and_gradients_of_a_large_plane_are_those_of_the_naive_kernel(blocks_of, kernel, window, blocks, dtype):
    spatial, size, stride, settings = WINDOWS[window]
    # Numbers whose sums are not exact, so that another order of them shows.
    x = drawn(dtype, (1, 2, *spatial)) * np.dtype(dtype).type(1.1)
    dy = drawn(dtype, naive.max_forward(x, size, stride, **settings).shape, 1) * np.dtype(dtype).type(1.1)
    counted = {"count_include_pad": False} if blocks[0] == 7 else {}
    blocks_of(*blocks)
    for function, arrays, more in (
        ("mean_forward", (x,), counted),
        ("mean_backward", (dy, x), counted),
        ("max_backward", (dy, x), {}),
    ):
        found, expected = (
            getattr(each, function)(*arrays, size, stride, **settings, **more) for each in (kernel, naive)
        )
        assert bits(found) == bits(expected), function


@EVERY
@pytest.mark.parametrize("dtype", once_but(["float16", "float64", "uint8", "bool"], "float64"))
def test_the_naive_kernel_reads_a_large_array_cell_by_cell_with_the_same_bits(monkeypatch, window, dtype):
    spatial, size, stride, settings = WINDOWS[window]
    x = drawn(dtype, (2, 2, *spatial))
    asked = {"max_forward": (x,), "max_indices": (x,)}
    if dtype.startswith("float"):
        dy = drawn(dtype, naive.max_forward(x, size, stride, **settings).shape, 1) * np.dtype(dtype).type(1.1)
        asked |= {"mean_forward": (x,), "max_backward": (dy, x), "mean_backward": (dy, x)}
    listed = {name: getattr(naive, name)(*arrays, size, stride, **settings) for name, arrays in asked.items()}
    monkeypatch.setattr(naive, "LISTED", x.size - 1)
    for name, arrays in asked.items():
        assert bits(getattr(naive, name)(*arrays, size, stride, **settings)) == bits(listed[name]), name


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_gradients_at_any_indices_are_added_whatever_their_order(blocks_of, dtype):
    source = np.random.default_rng(0)
    dy, argmax = drawn(dtype, (1, 2, 9, 9)), source.integers(0, 100, (1, 2, 9, 9))
    blocks_of(13)
    expected = np.zeros((1, 2, 100))
    with np.errstate(invalid="ignore"):
        for p, o in np.ndindex(2, 81):
            expected[0, p, argmax[0, p].ravel()[o]] += np.float64(dy[0, p].ravel()[o])
    found = compiled.max_backward_argmax(dy, argmax, (1, 2, 10, 10), dtype)
    assert bits(found) == bits(expected.astype(dtype).reshape(1, 2, 10, 10))


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_share_large_planes(blocks_of, monkeypatch, threads):
    from poolproof.kernels import threads as shared

    monkeypatch.setattr(shared, "cores", lambda: 8)
    monkeypatch.setattr(shared, "WORTH", 1)
    x = drawn("float16", (2, 3, 13, 14))
    blocks_of(40)
    for function in ("max_forward", "max_indices", "mean_forward"):
        one, many = (getattr(compiled, function)(x, 3, 1, padding=1, threads=n) for n in (1, threads))
        assert bits(many) == bits(one)


# What a plane is cut into.


@pytest.mark.parametrize("window", [window for window in WINDOWS if "large" not in window])
@pytest.mark.parametrize("halo", [False, True])
def test_an_image_has_a_block_of_cells_at_most(blocks_of, window, halo):
    spatial, size, stride, settings = WINDOWS[window]
    geometry = Geometry.of(size, stride, **settings, rank=len(spatial))
    blocks_of(64)
    numbers = large.counts(geometry, spatial, halo=halo)
    most = max(64, large.span(geometry, spatial) << geometry.rank)
    for axis_parts in product(
        *(images(axis, n, halo) for axis, n in zip(geometry.axes(spatial), numbers, strict=True))
    ):
        assert prod(len(part.cells) for part in axis_parts) <= most
        assert prod(len(part.outputs) for part in axis_parts) <= most or halo


def images(axis, number, halo):
    """The parts that an axis is cut into."""
    if halo:
        return [part for _, part in large.touched(axis, number)]
    return [axis.part(outputs) for outputs in large.evenly(axis.count(), number)]


@pytest.mark.parametrize(
    ("size", "stride", "halo", "expected"),
    [
        ((2, 2), (2, 2), False, (256, 1)),
        ((3, 3), (8, 8), False, (256, 1)),
        ((15, 15), (1, 1), False, (32, 16)),
        ((15, 15), (1, 1), True, (32, 16)),
        ((8000, 1), (1, 1), False, (1, 256)),
        ((1, 8000), (1, 1), False, (256, 1)),
    ],
)
def test_a_plane_is_cut_so_that_the_fewest_cells_are_pooled_twice(size, stride, halo, expected):
    assert large.counts(Geometry.of(size, stride), (8192, 8192), halo=halo) == expected


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (1, 9), (0, 4)])
@pytest.mark.parametrize("block", [1, 2, 6, 100])
def test_stretches_follow_one_another_in_row_major_order(blocks_of, shape, block):
    blocks_of(block)
    cells = np.arange(prod(shape)).reshape(shape)
    parts = [cells[part].ravel() for part in large.stretches(shape)]
    assert np.array_equal(np.concatenate([*parts, np.empty(0, int)]), cells.ravel())
    assert all(len(part) <= block for part in parts)


# Memory as the system counts it, because tracemalloc does not see what the loops allocate.

MEASURE = """
    import json, sys
    from importlib import import_module
    import numpy as np

    def read(key):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(key)) * 1024

    def peak(call, *arguments, **settings):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before = read("VmRSS")
        result = call(*arguments, **settings)
        return read("VmHWM") - before - result.nbytes

    kernel = import_module(f"poolproof.kernels.{sys.argv[1]}")
    dtype, functions, windows, lengths = json.loads(sys.argv[2])

    def measure(function, side, size, stride, settings):
        x = np.ones((1, 1, side, side), dtype)
        x[..., ::3, ::2] = 0
        size = side if size is None else size
        arrays = (kernel.max_forward(x, size, stride, **settings), x) if function.endswith("backward") else (x,)
        return peak(getattr(kernel, function), *arrays, size, stride, **settings)

    control = peak(lambda: np.ones((2000, 2000)).astype("uint8"))
    found = {}
    for window in windows:
        for function in functions:
            # The first call compiles.
            found[f"{function} {window}"] = [measure(function, side, *window) for side in lengths][-1]
    print(json.dumps([control, found]))
"""
SIDE = 1800
PLANE = SIDE * SIDE
MEBI = 1 << 20
KINDS = [
    (2, 2, {}),
    (3, 1, {}),
    (3, 2, {"padding": 1}),
    (2, 1, {"dilation": 3}),
    (3, 2, {"ceil_mode": True}),
    (4, 4, {}),
]
"""The outputs of the last are fewer than a block."""
on_linux = pytest.mark.skipif(
    not os.path.exists("/proc/self/clear_refs"), reason="the system does not say what it holds"
)


def measured(kernel, dtype, functions, windows):
    """The most bytes that each call held beside its inputs and result, in a process that returns free memory."""
    question = json.dumps([dtype, functions, windows, [600, SIDE]])
    command = [sys.executable, "-c", textwrap.dedent(MEASURE), kernel, question]
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600, env=environment)
    control, found = json.loads(done.stdout)
    assert control > 7 * PLANE
    return found


def remembered(function, window, item):
    """The documented addition to the bound: the indices and values of one forward pass."""
    outputs = PLANE if window[1] == 1 else (SIDE // 2 + 1) ** 2
    return {"max_indices": item * outputs, "max_backward": (4 + item) * outputs}.get(function, 0)


@slow
@on_linux
@pytest.mark.parametrize(("dtype", "item"), [("float16", 2), ("float32", 4), ("uint8", 1)])
def test_compiled_pools_one_large_plane_within_its_bound(dtype, item):
    functions = ["max_forward", "max_indices"]
    functions += ["mean_forward", "max_backward", "mean_backward"] if dtype != "uint8" else []
    windows = [*KINDS, (None, 1, {})]
    found = measured("compiled", dtype, functions, windows)
    for (window, function), (name, most) in zip(product(windows, functions), found.items(), strict=True):
        assert most <= 12 * MEBI + remembered(function, window, item), name


@slow
@on_linux
@pytest.mark.parametrize(("dtype", "item"), [("float16", 2), ("uint8", 1)])
def test_img2col_pools_one_large_plane_within_its_bound(dtype, item):
    functions = ["max_forward", "max_indices"]
    functions += ["mean_forward", "max_backward", "mean_backward"] if dtype != "uint8" else []
    found = measured("img2col", dtype, functions, KINDS[:3])
    for (window, function), (name, most) in zip(product(KINDS[:3], functions), found.items(), strict=True):
        taps = PLANE if window[1] == 1 else PLANE // 4
        assert most <= 8 * MEBI + taps + remembered(function, window, item), name
