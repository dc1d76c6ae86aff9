"""The examples: built and judged by the commands of their READMEs, sound as they are, rejected with a line broken."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from places import ROOT

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
TOOLS = {"c": "cc", "cpp": "c++", "node": "node"}
MODULES = {"triton": ("torch", "triton"), "numba_cuda": ("numba",)}
"""What an example needs: a program, or modules. Those that need modules run on simulators, which are slow."""

SIMULATED_PINS = {
    "ties": "first",
    "nan": "propagates",
    "nan-gradient": "to the nan",
    "accumulator": "wider",
    "window-too-large": "refused",
    "size-zero": "refused",
    "stride-zero": "refused",
    "wrong-rank": "refused",
}
PINS = {**SIMULATED_PINS, "integer-mean": "refused"}
"""What the examples promise beyond the laws."""

FAULTS = {
    "c-assigns": (
        ("c", "pool.c", "max-accumulation"),
        "dx[first_maximum(g, x, o)] += dy[o];",
        "dx[first_maximum(g, x, o)] = dy[o];",
    ),
    "c-returns-doubles": (
        ("c", "pool.py", "dtype-preserved"),
        "return array.astype(dtype, copy=False)",
        "return array",
    ),
    "cpp-assigns": (
        ("cpp", "pool.cpp", "mean-accumulation"),
        "dx[cell] += dy[o] / g.cells();",
        "dx[cell] = dy[o] / g.cells();",
    ),
    "node-assigns": (
        ("node", "pool.mjs", "conservation"),
        "dx[firstMaximum(g, x.values, o)] += share;",
        "dx[firstMaximum(g, x.values, o)] = share;",
    ),
    "node-swaps-axes": (
        ("node", "pool.mjs", "max-value"),
        "return (plane * g.height + row * g.down) * g.width + column * g.across;",
        "return (plane * g.height + row * g.across) * g.width + column * g.down;",
    ),
}

SIMULATED_FAULTS = {
    "triton-no-mask-at-the-right-edge": (("triton", "padding-with-lowest", "broken"), " & (w < width)", ""),
    "triton-pads-with-zero": (
        ("triton", "padding-with-lowest", "broken"),
        'mask=inside, other=-float("inf")',
        "mask=inside, other=0.0",
    ),
    "triton-stores-gradients": (
        ("triton", "max-accumulation", "broken"),
        "tl.atomic_add(dx + o // columns",
        "tl.store(dx + o // columns",
    ),
    "triton-stores-shares": (("triton", "mean-accumulation", "broken"), "tl.atomic_add(corner", "tl.store(corner"),
    "triton-stride-of-the-other-axis": (
        ("triton", "max-value", "broken"),
        "o % columns * across - left",
        "o % columns * down - left",
    ),
    "triton-offset-of-the-other-axis": (("triton", "max-value", "broken"), "% channels * x_c", "% channels * x_n"),
    "triton-ignores-memory": (
        ("triton", "memory-layouts", "broken"),
        "tl.load(x + h * x_h + w * x_w, mask=inside",
        "tl.load(x + h * width + w, mask=inside",
    ),
    "numba-no-mask-at-the-right-edge": (
        ("numba_cuda", "padding-with-lowest", "raised"),
        "0 <= w < x.shape[3]",
        "0 <= w",
    ),
    "numba-no-mask-at-the-left-edge": (
        ("numba_cuda", "padding-with-lowest", "broken"),
        "0 <= w < x.shape[3]",
        "w < x.shape[3]",
    ),
    "numba-no-mask-for-the-last-block": (
        ("numba_cuda", "max-accumulation", "raised"),
        "    if o < dy.size:\n        n, c, row, column = output_of(o, dy)\n        best",
        "    if o >= 0:\n        n, c, row, column = output_of(o, dy)\n        best",
    ),
    "numba-starts-at-zero": (("numba_cuda", "max-value", "broken"), "best = -np.inf", "best = 0.0"),
    "numba-assigns": (
        ("numba_cuda", "max-accumulation", "broken"),
        "cuda.atomic.add(dx, (n, c, top, left), dy[n, c, row, column])",
        "dx[n, c, top, left] = dy[n, c, row, column]",
    ),
    "numba-stride-of-the-other-axis": (
        ("numba_cuda", "mean-value", "broken"),
        "column * stride[1] + j]",
        "column * stride[0] + j]",
    ),
    "numba-offset-of-the-other-axis": (
        ("numba_cuda", "max-value", "broken"),
        "o // columns % rows",
        "o // rows % rows",
    ),
}
"""Mistakes of kernels for a GPU: the example, the law that rejects it and how, the line, and its replacement."""

IN_32_BITS = {
    "triton": (
        "more than 2^31 cells.\n    o = tl.program_id(0).to(tl.int64) * BLOCK",
        "more than 2^31 cells.\n    o = tl.program_id(0) * BLOCK",
    ),
    "numba_cuda": (
        "    o = cuda.grid(1)\n    if o < y.size:\n        n, c, row, column = output_of(o, y)\n        best",
        "    o = np.int32(cuda.grid(1))\n    if o < y.size:\n        n, c, row, column = output_of(o, y)\n        best",
    ),
}
"""A mistake that no small image shows."""

COMPILED = """
import pool
import triton
from triton.backends.compiler import GPUTarget

TYPES = {"x": "*fp16", "y": "*fp16", "dy": "*fp16", "dx": "*fp32", "cells": "fp32", "BLOCK": "constexpr"}
for kernel in (value for name, value in vars(pool).items() if name.endswith("_kernel")):
    # Triton compiles an integer that is one as a constant.
    for integers in ("i32", "constexpr"):
        signature = {name: TYPES.get(name, integers) for name in kernel.arg_names}
        constants = {name: 256 if name == "BLOCK" else 1 for name, kind in signature.items() if kind == "constexpr"}
        source = triton.compiler.ASTSource(kernel, signature, constants)
        made = triton.compile(source, target=GPUTarget("cuda", 90, 32))
        print(kernel.__name__, integers, len(made.asm["cubin"]) > 0)
"""


def environment(**more):
    """The environment without the variables of an outer pytest or a CI."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_")) and k != "CI"}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "80", **more}


def run(folder, words, **more):
    """Run a command in a folder. Returns its status and output."""
    done = subprocess.run(
        words, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=500, check=False
    )
    return done.returncode, done.stdout + done.stderr


def commands(folder):
    """The commands in an example's README: those that build it, and the one that judges it."""
    page = (folder / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    *building, judging = [shlex.split(line) for line in block.splitlines()]
    return building, judging


def copied(example, folder):
    """The folder, with the files of an example but none of its build products."""
    leftovers = shutil.ignore_patterns("libpool.so", "pool", "__pycache__", ".poolproof")
    return shutil.copytree(EXAMPLES / example, folder, ignore=leftovers, dirs_exist_ok=True)


def built(folder):
    """The same folder, after running the commands that build the example."""
    for command in commands(folder)[0]:
        status, said = run(folder, command)
        assert (status, said) == (0, "")
    return folder


def judged(folder, *words):
    """Run the command that judges an example, with few cases."""
    program, *given = commands(folder)[1]
    assert program == "poolproof"
    few = ["--seed", "1", "--examples", "20", "-n", "0"]
    return run(folder, [sys.executable, "-m", "poolproof.properties", *given, *few, *words])


def broken(example, file, old, new, folder):
    """The folder, with an example of which one line is broken."""
    source = copied(example, folder) / file
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1
    source.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def missing(example):
    """What an example needs but is not installed: its compiler or interpreter, or modules."""
    if example in TOOLS:
        return [] if shutil.which(TOOLS[example]) else [TOOLS[example]]
    return [module for module in MODULES[example] if importlib.util.find_spec(module) is None]


def needing(example, *more, name):
    """Parameters of a test that is skipped if something that the example needs is missing."""
    lacking = missing(example)
    skipped = pytest.mark.skipif(bool(lacking), reason=f"{', '.join(lacking)} not installed")
    return pytest.param(example, *more, marks=skipped, id=name)


def test_every_example_is_tested():
    # Examples of test vectors are tested in tests/report/test_vectors.py.
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*TOOLS, *MODULES, "vectors"}


@pytest.mark.parametrize("example", [needing(example, name=example) for example in TOOLS])
def test_an_example_keeps_every_law_it_can_be_asked_and_what_it_promises_beyond_them(tmp_path, example):
    pins = [f"--expect={name}={value}" for name, value in PINS.items()]
    status, said = judged(built(copied(example, tmp_path)), *pins)
    assert status == 0, said
    assert "all passed" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("example", "file", "law", "old", "new"),
    [needing(*where, old, new, name=name) for name, (where, old, new) in FAULTS.items()],
)
def test_an_example_with_one_line_broken_is_rejected(tmp_path, example, file, law, old, new):
    status, said = judged(built(broken(example, file, old, new, tmp_path)), "--laws", law)
    assert status == 1, said
    assert f"\n{law}: broken after " in said


def test_a_library_that_is_not_built_is_told_with_the_command_that_builds_it(tmp_path):
    status, said = judged(copied("c", tmp_path))
    (building,), _ = commands(tmp_path)
    assert status == 2
    assert f"build it there with: {shlex.join(building)}" in said
    assert "Traceback" not in said


def said_by_page(folder):
    """The output of a command according to an example's README: the command, and the lines."""
    page = (folder / "README.md").read_text(encoding="utf-8")
    ((command, printed),) = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return command, [line for line in printed.splitlines() if line != "..."]


def uncounted(line):
    """A line without its number of cases, which may depend on the version of Hypothesis."""
    return re.sub(r"[\d,]+ cases", "# cases", line)


@pytest.mark.parametrize("example", [needing(example, name=example) for example in MODULES])
def test_a_simulated_example_keeps_every_law_and_prints_what_its_page_says(tmp_path, example):
    pins = [f"--expect={name}={value}" for name, value in SIMULATED_PINS.items()]
    command, expected = said_by_page(copied(example, tmp_path))
    assert shlex.split(command) == [*commands(tmp_path)[1], "--seed", "1"]
    status, said = judged(tmp_path, *pins, "--examples", "4")
    assert status == 0, said
    *first, last = map(uncounted, expected)
    assert set(first) <= set(said.splitlines())
    # The pins are laws as well.
    assert uncounted(said.splitlines()[-1]) == last.replace("49 laws", f"{49 + len(pins)} laws")


@pytest.mark.parametrize(
    ("example", "law", "verdict", "old", "new"),
    [needing(*where, old, new, name=name) for name, (where, old, new) in SIMULATED_FAULTS.items()],
)
def test_a_simulated_example_with_one_line_broken_is_rejected(tmp_path, example, law, verdict, old, new):
    status, said = judged(broken(example, "pool.py", old, new, tmp_path), "--laws", law)
    assert status == 1, said
    assert f"\n{law}: {verdict} after " in said


@pytest.mark.parametrize("example", [needing(example, name=example) for example in MODULES])
def test_an_offset_in_32_bits_is_seen_on_no_small_image(tmp_path, example):
    status, said = judged(broken(example, "pool.py", *IN_32_BITS[example], tmp_path), "--laws", "max-value")
    assert status == 0, said
    assert "all passed" in said.splitlines()[-1]


@pytest.mark.parametrize("example", [needing("triton", name="triton")])
def test_kernels_of_triton_can_be_compiled_for_a_gpu(tmp_path, example):
    status, said = run(copied(example, tmp_path), [sys.executable, "-W", "ignore", "-c", COMPILED])
    assert status == 0, said
    kernels = ("max_forward", "max_backward", "mean_forward", "mean_backward")
    assert said.splitlines() == [f"{name}_kernel {kind} True" for name in kernels for kind in ("i32", "constexpr")]
