"""The code that numba generates for a GPU: it has no instruction that rounds differently or in an arbitrary order.

It needs numba-cuda with the compiler of CUDA, but no GPU.
"""

import json

import pytest
from selection import once, slow
from shell import python

pytest.importorskip("numba_cuda", reason="numba-cuda is not installed: pip install 'poolproof[cuda]'")

COMPILED = """
import json, re
from types import SimpleNamespace

from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib
from numba import cuda, types
from numba.cuda import dispatcher

try:
    for name in ("nvvm", "nvrtc"):
        load_nvidia_dynamic_lib(name)
except DynamicLibNotFoundError:
    print(json.dumps(f"CUDA's compiler, lib{name}, is not installed: pip install 'poolproof[cuda]'"))
    raise SystemExit

cuda.is_available = lambda: True
dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=(9, 0))
from poolproof.kernels.cuda import gathers

def planes(dtype):
    return types.Array(dtype, 2, "C")

f16, f32, f64, i32, i64 = types.float16, types.float32, types.float64, types.int32, types.int64
tables, divisors = (planes(i64),) * 3, f64[::1]
sums = [(f16, f16), (f32, f32), (f64, f64), (f32, f64)]
signatures = {
    "max_forward": [(planes(t), z, *tables, planes(t)) for t, z in ((f16, f32), (f32, f32), (f64, f64), (i64, i64))],
    "max_indices": [(planes(t), z, *tables, planes(o)) for t, z, o in ((f16, f32, i64), (f32, f32, i32))],
    "mean_forward": [(planes(t), *tables, divisors, planes(o)) for t, o in sums],
    "max_backward": [(planes(t), planes(i32), *tables, planes(o)) for t, o in sums],
    "mean_backward": [(planes(t), divisors, *tables, planes(o)) for t, o in sums],
}
found = {}
for name, listed in signatures.items():
    for signature in listed:
        code, _ = cuda.compile_ptx(getattr(gathers, name).py_func, signature, cc=(9, 0))
        words = re.findall(r"^\\s*(?:@\\S+ )?\\{?(\\.extern \\.func|[a-z][\\w.]*)", code, re.MULTILINE)
        found[f"{name} {signature[0].dtype} {signature[-1].dtype}"] = sorted(set(words))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def instructions(tmp_path_factory):
    """The instructions of each kernel, for each dtype of its first input and of its result."""
    status, said = python(tmp_path_factory.mktemp("code"), "-c", COMPILED, NUMBA_ENABLE_CUDASIM="0")
    assert status == 0, said
    found = json.loads(said.splitlines()[-1])
    if isinstance(found, str):
        pytest.skip(found)
    return found


@once
@slow
def test_nothing_is_fused_flushed_approximated_or_left_to_chance(instructions):
    assert len(instructions) == 18
    for kernel, words in instructions.items():
        wrong = [w for w in words if w.startswith(("fma", "mad.f", "atom", "red.", ".extern")) or ".ftz" in w]
        assert wrong + [w for w in words if "approx" in w or "full" in w] == [], kernel


@once
@slow
def test_sums_are_of_64_bits_and_rounded_to_nearest(instructions):
    rounding = {"float16": "cvt.rn.f16.f64", "float32": "cvt.rn.f32.f64", "float64": None}
    for kernel, words in instructions.items():
        name, _, result = kernel.split()
        if name in ("mean_forward", "mean_backward", "max_backward"):
            assert "add.f64" in words, kernel
            assert ("div.rn.f64" in words) == name.startswith("mean"), kernel
            assert [w for w in words if w.startswith("cvt.rn.f")] == [each for each in [rounding[result]] if each]
