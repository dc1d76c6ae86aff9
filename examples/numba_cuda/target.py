"""The kernels of pool.py as poolproof's contract has them, in numba's CUDA simulator or on a GPU."""

import os
import sys

# Read by numba when it is imported. With NUMBA_ENABLE_CUDASIM=0 the kernels are compiled, and run on a GPU.
SIMULATED = os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1") != "0"
if SIMULATED:
    # Its threads wait for each other, so they take turns more often than Python's usual 5 ms.
    sys.setswitchinterval(0.001)

from pool import max_backward, max_forward, mean_backward, mean_forward  # noqa: E402, F401

name = "pool.py in the CUDA simulator" if SIMULATED else "pool.py in numba-cuda"
# Floats with atomic additions on every GPU.
dtypes = ("float32", "float64")
# The simulator runs one kernel at a time, and a thread of Python for each output.
threads = not SIMULATED
max_cells = 4096 if SIMULATED else None
# On a GPU atomic additions come in any order.
deterministic = SIMULATED
