"""Public benchmarks of generated kernels, as far as they are about pooling, and what they accept of the corpus."""

import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor

from faults import FAULTS, SOUND

from .measure import rejects
from .problems import (
    FLAGGEMS_LINES,
    FLAGGEMS_MAX,
    FLAGGEMS_MEANS,
    KERNELBENCH,
    KERNELBENCH_BEFORE,
    MNIST_POOL,
    MULTIKERNELBENCH,
    OPINFO,
    WIDE,
)
from .rules import allclose, both_errors, flaggems_close, most_cells, nine, normal, uniform
from .trials import Benchmark

FLAGGEMS = (*FLAGGEMS_MAX, *FLAGGEMS_MEANS)

BENCHMARKS = {
    "KernelBench": Benchmark(
        about="6 problems of one shape and one setting each; 5 trials, numbers in [0, 1), 1e-4",
        source="ScalingIntelligence/KernelBench, commit 423217d: KernelBench/level1/41 to 46, src/kernelbench/eval.py",
        forward=KERNELBENCH,
        draw=uniform,
        rule=allclose(1e-4),
        trials=5,
    ),
    "KernelBench, fp16": Benchmark(
        about="the same in float16, 1e-2",
        source="as before, PRECISION_TOLERANCES in eval.py",
        forward=KERNELBENCH,
        draw=uniform,
        rule=allclose(1e-2),
        trials=5,
        dtype="float16",
    ),
    "KernelBench until July 2025": Benchmark(
        about="the same problems with other settings; normals, 1e-2",
        source="as before, commit b08d959~1",
        forward=KERNELBENCH_BEFORE,
        draw=normal,
        rule=allclose(1e-2),
        trials=5,
    ),
    "MultiKernelBench": Benchmark(
        about="KernelBench without dilation",
        source="wzzll123/MultiKernelBench, commit 460a972: reference/pooling, utils/correctness.py, config.py",
        forward=MULTIKERNELBENCH,
        draw=uniform,
        rule=allclose(1e-4),
        trials=5,
    ),
    "robust-kbench": Benchmark(
        about="KernelBench until July 2025, asked twice, 1e-5; one more maximum, its gradient too",
        source="SakanaAI/robust-kbench, commit 078f5ba: tasks/kernelbench/level_1, tasks/mnist_pool, sandbox",
        forward=(*KERNELBENCH_BEFORE, MNIST_POOL),
        backward=(MNIST_POOL,),
        draw=normal,
        rule=allclose(1e-5),
        trials=5,
        shares_input=True,
    ),
    "BackendBench": Benchmark(
        about="those of PyTorch's sample inputs that it keeps: means of planes and volumes; -9 to 9, 1e-2",
        source="meta-pytorch/BackendBench, commit 66e0dbc: suite/opinfo.py, eval.py; samples of PyTorch 2.13",
        forward=OPINFO,
        draw=nine,
        rule=allclose(1e-2),
    ),
    "FlagGems": Benchmark(
        about="the project's own tests in float32: 45 settings, once each; normals, 1e-4 and 1.3e-6",
        source="flagos-ai/FlagGems, commit ed2508b: tests/test_max_pool2d.py, 3d, test_avg_pool1d.py, 2d, 3d, testing",
        forward=(*FLAGGEMS, *FLAGGEMS_LINES),
        backward=FLAGGEMS,
        draw=normal,
        rule=flaggems_close,
    ),
    "FlagGems, fp16": Benchmark(
        about="the same in float16, 1e-4 and 1e-3",
        source="as before",
        forward=(*FLAGGEMS, *FLAGGEMS_LINES),
        backward=FLAGGEMS,
        draw=normal,
        rule=flaggems_close,
        dtype="float16",
    ),
    "SOL-ExecBench's rule": Benchmark(
        about="KernelBench's problems, normals, 2 of 10 trials; 1e-2 for 99 % of the cells",
        source="NVIDIA/SOL-ExecBench, commit 8d2237d: core/bench/correctness.py, eval_driver.py, docs/workload.md",
        forward=KERNELBENCH,
        draw=normal,
        rule=most_cells,
        trials=2,
        images=(WIDE,),
    ),
    "flashinfer-bench's rule": Benchmark(
        about="KernelBench's problems, 3 trials of normals; an absolute and a relative error above 1e-2",
        source="flashinfer-ai/flashinfer-bench, commit 40e6ca7: bench/utils.py, bench/config.py, evaluators/default.py",
        forward=KERNELBENCH,
        draw=normal,
        rule=both_errors,
        trials=3,
    ),
}
"""The benchmarks by their names on the page. Neither SOL-ExecBench nor flashinfer-bench has a problem about pooling."""


def judged(name):
    """The benchmarks that reject an implementation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [check for check, benchmark in BENCHMARKS.items() if rejects(benchmark, {**FAULTS, **SOUND}[name])]


def measured(names, processes):
    """The benchmarks that reject each of these implementations."""
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return dict(zip(names, pool.map(judged, names), strict=True))


def recorded(rejecting):
    """The record: for each benchmark, how many faults and sound variants it was tried on, and which it rejects."""
    return [
        {
            "check": check,
            "faults": len(FAULTS),
            "rejects": [name for name in FAULTS if check in rejecting[name]],
            "sound": len(SOUND),
            "condemns": [name for name in SOUND if check in rejecting[name]],
        }
        for check in BENCHMARKS
    ]
