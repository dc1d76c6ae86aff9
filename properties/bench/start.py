"""Start-up times: imports, the first call with a warm cache, and compiling; each in fresh processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

ROUNDS = 7
"""The number of times that every start is made, in turns; the median is reported."""

STARTS = {
    "numpy": ("", "import numpy"),
    "kernels": ("import numpy", "import poolproof.kernels"),
    "numba": ("import numpy", "import numba"),
    "call": (
        "import numpy; x = numpy.zeros((1, 1, 4, 4))",
        "from poolproof.kernels import compiled; compiled.max_forward(x, 2, 2)",
    ),
}
"""For each start, the code that runs before it and the code that is timed."""

WINDOWS = {"separate.py": (2, 2, 0), "overlapping.py": (3, 1, 0), "general.py": (2, 2, 1)}
"""For each file of loops, a size, stride and padding that it serves."""

FLOATS = ("float32", "float64")
DTYPES = {
    "max_forward": (*FLOATS, "int64", "uint64"),
    "max_indices": (*FLOATS, "int64", "uint64"),
    "max_backward": FLOATS,
    "mean_forward": FLOATS,
    "mean_backward": FLOATS,
}
"""The dtypes that each function has loops for; other dtypes are widened to one of these."""


def start() -> Iterator[str]:
    """The measurement, line by line."""
    spent = in_turns()
    yield f"seconds, medians of {ROUNDS} processes each, in turns"
    yield f"import numpy                          {spent['numpy']:6.3f}"
    share, times = spent["kernels"] / spent["numpy"], spent["call"] / spent["numba"]
    yield f"import poolproof.kernels after numpy  {spent['kernels']:6.3f}, {share:.0%} of that"
    yield f"import numba after numpy              {spent['numba']:6.3f}"
    yield f"compiled's first call, cached         {spent['call']:6.3f}, {times:.2f} times that"
    yield ""
    yield "seconds that a first call takes longer with an empty cache"
    yield f"{'':29}" + "".join(f"{dtype:>9}" for dtype in DTYPES["max_forward"])
    for loops, window in WINDOWS.items():
        for function, dtypes in DTYPES.items():
            yield f"{loops:15}{function:14}" + "".join(f"{compiling(function, d, window):9.2f}" for d in dtypes)


def in_turns() -> dict[str, float]:
    """The median seconds of each start; a first round fills caches and does not count."""
    rounds = [{name: started(*each) for name, each in STARTS.items()} for _ in range(ROUNDS + 1)][1:]
    return {name: statistics.median(each[name] for each in rounds) for name in STARTS}


def started(before: str, timed: str) -> float:
    """Seconds that `timed` takes in a fresh interpreter, after `before`."""
    return printed(f"import time\n{before}\nt = time.perf_counter()\n{timed}\nprint(time.perf_counter() - t)")


def compiling(function: str, dtype: str, window: tuple[int, int, int]) -> float:
    """Seconds that the first call takes longer than the second, in an interpreter with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"from {__name__} import first; print(first({function!r}, {dtype!r}, {window}))"
        return printed(program, NUMBA_CACHE_DIR=folder)


def first(function: str, dtype: str, window: tuple[int, int, int]) -> float:
    """Seconds that the first call of a function of the compiled kernel takes longer than the second."""
    import numpy as np
    from poolproof.kernels import compiled, naive
    from poolproof.kernels.compiled.loops import jit  # noqa: F401  (loads numba, which is not measured here)

    size, stride, padding = window
    x = np.zeros((1, 1, 6, 6), dtype)
    dy = naive.max_forward(x, size, stride, padding=padding)
    arrays = (dy, x) if function.endswith("backward") else (x,)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        getattr(compiled, function)(*arrays, size, stride, padding=padding)
        seconds.append(time.perf_counter() - began)
    return seconds[0] - seconds[1]


def printed(program: str, **environment: str) -> float:
    """The number that a program prints."""
    command, where = [sys.executable, "-c", program], {**os.environ, **environment}
    done = subprocess.run(command, env=where, check=True, capture_output=True, text=True)  # noqa: S603 (ours)
    return float(done.stdout)
