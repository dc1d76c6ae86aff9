"""Kernels that use threads: `two-threads` accepts the sound ones, and rejects the same kernels with a race."""

import json
import shutil
import subprocess
import sys

import pytest
from places import TESTS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import SIMULTANEOUS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from selection import once_but, slow
from threaded import SOUND

LAW = LAWS["two-threads"]
SEEDS = (1, 2, 3)
NAMES = [kind.__name__ for kind in SOUND]


def results(spec, examples):
    """The results of the law with each seed, in a process of the target's own."""
    target = load(spec, Isolation(timeout=60))
    return [run(LAW, target, TrialSettings(examples=examples, seed=seed, brief=True)) for seed in SEEDS]


def sound(spec, examples=10):
    return [result.message for result in results(spec, examples)] == [""] * len(SEEDS)


def racing(spec):
    return [result.verdict for result in results(spec, 100)] == ["broken"] * len(SEEDS)


@pytest.mark.parametrize("name", once_but(NAMES, "HoldingLocks", others=slow))
def test_a_sound_kernel_that_uses_threads_is_not_accused(name, monkeypatch):
    monkeypatch.chdir(TESTS)
    assert sound(f"threaded:{name}")


@pytest.mark.parametrize("name", once_but(NAMES, "HoldingLocks", others=slow))
def test_a_race_in_the_same_kernel_is_found(name, monkeypatch):
    monkeypatch.chdir(TESTS)
    assert racing(f"threaded:Racing.{name}")


IN_PROCESS = """
import json, sys, threaded
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap

def verdict(kind, examples):
    settings = TrialSettings(examples=examples, seed=int(sys.argv[1]), brief=True)
    return run(LAWS["two-threads"], wrap(kind), settings).verdict

names = [kind.__name__ for kind in threaded.SOUND]
pairs = [(getattr(threaded, name), getattr(threaded.Racing, name)) for name in names]
print(json.dumps({name: (verdict(sound, 10), verdict(racing, 100)) for name, (sound, racing) in zip(names, pairs)}))
"""


@slow
@pytest.mark.parametrize("seed", SEEDS)
def test_both_are_told_apart_in_the_process_of_the_suite(seed):
    # A process that hangs can be abandoned; a test that hangs cannot.
    command = [sys.executable, "-c", IN_PROCESS, str(seed)]
    ran = subprocess.run(command, cwd=TESTS, check=False, capture_output=True, timeout=300)
    assert json.loads(ran.stdout) == {name: ["holds", "broken"] for name in NAMES}, ran.stderr.decode()


# Threads that are not Python's.

FRAME = """
import ctypes
from pathlib import Path
import numpy as np

dtypes = ("float64",)

def shape_of(x, size, stride):
    return (*x.shape[:2], *((n - f) // s + 1 for n, f, s in zip(x.shape[2:], size, stride)))
"""

FRESH = """
def max_forward(x, size, stride):
    y = np.empty(shape_of(x, size, stride))
    fill(y, x, *size, *stride)
    return y
"""

SHARED = """
def max_forward(x, size, stride):
    global y
    y = np.empty(shape_of(x, size, stride))
    fill(y, x, *size, *stride)
    return y
"""

LOOPS = """
from numba import njit, prange

@njit(parallel=True, cache=True)
def fill(y, x, fh, fw, sh, sw):
    for k in prange(y.shape[0] * y.shape[1]):
        n, c = k // y.shape[1], k % y.shape[1]
        for i in range(y.shape[2]):
            for j in range(y.shape[3]):
                y[n, c, i, j] = x[n, c, i * sh : i * sh + fh, j * sw : j * sw + fw].max()
"""

SOURCE = """
#include <stddef.h>
void fill(double *y, const double *x, ptrdiff_t planes, ptrdiff_t h, ptrdiff_t w, ptrdiff_t oh, ptrdiff_t ow,
          ptrdiff_t fh, ptrdiff_t fw, ptrdiff_t sh, ptrdiff_t sw) {
#pragma omp parallel for num_threads(2)
    for (ptrdiff_t o = 0; o < planes * oh * ow; o++) {
        const double *window = x + o / (oh * ow) * h * w + o / ow % oh * sh * w + o % ow * sw;
        y[o] = window[0];
        for (ptrdiff_t a = 0; a < fh; a++)
            for (ptrdiff_t b = 0; b < fw; b++)
                if (window[a * w + b] > y[o]) y[o] = window[a * w + b];
    }
}
"""

CALLS_C = """
LIBRARY = ctypes.CDLL(str(Path(__file__).with_name("library.so")))

def fill(y, x, *window):
    x = np.ascontiguousarray(x)
    numbers = (x.shape[0] * x.shape[1], *x.shape[2:], *y.shape[2:], *window)
    LIBRARY.fill(*map(ctypes.c_void_p, (y.ctypes.data, x.ctypes.data)), *map(ctypes.c_ssize_t, numbers))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with loops for numba, compiled once for all kernels in it."""
    folder = tmp_path_factory.mktemp("parallel")
    (folder / "loops.py").write_text(LOOPS)
    return folder


def kernel(folder, name, *parts):
    """The path of a kernel made from these parts."""
    (folder / f"{name}.py").write_text("".join([FRAME, *parts]))
    return str(folder / f"{name}.py")


def parallel(folder, layer, body):
    """A kernel of numba whose threads belong to a threading layer."""
    chosen = f"import numba\nnumba.config.THREADING_LAYER = {layer!r}\nfrom loops import fill\n"
    return kernel(folder, f"{layer}_{'shared' if body is SHARED else 'fresh'}", chosen, body)


@pytest.fixture
def openmp(folder):
    """numba's OpenMP layer, which, unlike its workqueue, may be called from several threads at once."""
    pytest.importorskip("numba.np.ufunc.omppool", reason="this build of numba has no OpenMP", exc_type=ImportError)
    return folder


@slow
def test_a_parallel_kernel_of_numba_is_sound_where_its_threads_may_be_shared(openmp):
    assert sound(parallel(openmp, "omp", FRESH))


@slow
def test_a_race_beside_a_parallel_kernel_of_numba_is_found(openmp):
    assert racing(parallel(openmp, "omp", SHARED))


@slow
def test_a_parallel_kernel_of_numba_dies_where_its_threads_may_not_be_shared_and_the_message_says_when(folder):
    spec = parallel(folder, "workqueue", FRESH)
    died = results(spec, 10)
    assert [result.verdict for result in died] == ["crashed"] * len(SEEDS)
    assert all("SIGABRT" in result.message and SIMULTANEOUS in result.message for result in died)


@pytest.fixture
def compiled(tmp_path):
    """A folder with a library whose loop is divided among threads of OpenMP."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    (tmp_path / "library.c").write_text(SOURCE)
    command = ["cc", "-O2", "-fopenmp", "-shared", "-fPIC", "library.c", "-o", "library.so"]
    built = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    if built.returncode:
        pytest.skip(f"the C compiler has no OpenMP: {built.stderr.decode()}")
    return tmp_path


@slow
def test_a_c_kernel_with_openmp_is_not_accused(compiled):
    assert sound(kernel(compiled, "fresh", CALLS_C, FRESH))


@slow
def test_a_race_beside_a_c_kernel_with_openmp_is_found(compiled):
    assert racing(kernel(compiled, "shared", CALLS_C, SHARED))
