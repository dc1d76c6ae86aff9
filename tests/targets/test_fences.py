"""Arrays passed to a process lie between fences: writes beside them are reported, and reads there show."""

import numpy as np
import pytest
from poolproof.properties.data.layouts import LAYOUTS, laid_out
from poolproof.properties.lawbook import LAWS
from poolproof.properties.remote.worker import around, described, rebuilt
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from selection import once, slow

pytestmark = once

KERNEL = """
import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

def flat(x, begin, end):
    block, wide = x.base, begin * x.itemsize
    return np.ndarray((x.size + begin + end,), x.dtype, block, x.ctypes.data - block.ctypes.data - wide)

def max_forward(x, size, stride):
    {line}
    windows = sliding_window_view(x, size, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))
"""


def judged(folder, line, law):
    """The result of a law on a kernel with this line."""
    (folder / "kernel.py").write_text(KERNEL.format(line=line))
    target = load(str(folder / "kernel.py"), Isolation())
    try:
        return run(LAWS[law], target, TrialSettings(examples=20, seed=1))
    finally:
        target.end()


@slow
def test_what_touches_nothing_beside_its_input_holds(tmp_path):
    assert judged(tmp_path, "flat(x, 1, 1).max()", "inputs-unchanged").verdict == "holds"


@slow
@pytest.mark.parametrize("line", ["flat(x, 0, 1)[-1] = 0", "flat(x, 1, 0)[0] = 0", "flat(x, 0, 16)[-1] = 0"])
def test_a_store_beside_the_input_is_told(tmp_path, line):
    result = judged(tmp_path, line, "inputs-unchanged")
    assert result.verdict == "broken"
    assert "max_forward of kernel: wrote beside its input x" in result.message
    assert result.counterexample.mistakes == ["written-beside-input"]


@slow
@pytest.mark.parametrize("line", ["x = np.maximum(x, flat(x, 0, 1)[-1])", "x = np.maximum(x, flat(x, 1, 0)[0])"])
def test_a_load_beside_the_input_is_a_wrong_answer(tmp_path, line):
    assert judged(tmp_path, line, "max-value").verdict == "broken"


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint16", "bool"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fences_are_around_every_layout(layout, dtype):
    array = laid_out(np.ones((2, 2, 3, 3), dtype), layout)
    header, memory = described(array)
    found = rebuilt(header, memory)
    before = around(found)
    assert (found == array).all()
    assert len(before) >= 512
    if found.flags.writeable and 0 not in found.strides:
        found[...] = 0
    assert around(found) == before


def test_an_array_of_its_own_has_none():
    assert around(np.ones(3)) == around(np.ones(3)[1:]) == b""
    # Far into a larger array, where a rebuilt array would have its fence before it.
    assert around(np.ones(1000)[500:]) == around(np.ones((9, 100))[5:, ::2]) == b""
