"""The kernels of pool.py as poolproof's contract has them, in numba's CUDA simulator or on a GPU."""

import os
import sys

# Read by numba when it is imported. With NUMBA_ENABLE_CUDASIM=0 the kernels are compiled, and run on a GPU.
SIMULATED = os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1") != "0"

from pool import max_backward, max_forward, mean_backward, mean_forward  # noqa: E402, F401

name = "pool.py in the CUDA simulator" if SIMULATED else "pool.py in numba-cuda"
# Atomic additions are of these.
dtypes = ("float32", "float64")
# The simulator runs one kernel at a time, and a thread of Python for each output.
threads = not SIMULATED
max_cells = 1024 if SIMULATED else None
# On a GPU atomic additions come in any order.
deterministic = SIMULATED
# Threads that take turns this often get in each other's way, as they do on a GPU, where an addition is not atomic.
if SIMULATED:
    sys.setswitchinterval(1e-4)
