"""The bench on a GPU, tested without one: in numba's simulator, and with an artificial clock."""

import importlib.util
import os
import time

import pytest
from poolproof.properties.bench.rounds import TURN, Timing, timed
from selection import slow
from shell import poolproof, python

pytestmark = pytest.mark.once

SIMULATOR = {"NUMBA_ENABLE_CUDASIM": "1"}
RUN = """
from functools import partial
from poolproof.kernels import cuda
from poolproof.properties.bench import device, rivals, trial
from poolproof.properties.bench.run import Bench
from poolproof.properties.bench.workloads import chosen

trial.MOVING = 1
{before}
works = chosen(["2x3x6x6,F2", "1x2x7x7,F3,S1,mean,float64"])
run = Bench(works, 2, [device.place("a simulated GPU")], {libraries})
run.run(print)
raise SystemExit(run.failed)
"""


def run(folder, before="", libraries=()):
    """The exit status of a run in the simulator, and the lines by workload."""
    script = RUN.format(before=before, libraries=dict.fromkeys(libraries, "1.0"))
    status, said = python(folder, "-W", "error", "-c", script, **SIMULATOR)
    assert "Traceback" not in said, said
    _, *workloads, _ = said.split("\n\n")
    return status, [each.splitlines() for each in workloads]


class Device:
    """A device that goes on working after a call has returned, with its clock: a call takes 1, and its work 10."""

    def __init__(self):
        self.now, self.pending = 0.0, 0.0

    def __call__(self):
        return self.now

    def call(self):
        self.now += 1
        self.pending += 10

    def wait(self):
        self.now, self.pending = self.now + self.pending, 0.0


@pytest.mark.parametrize("calls", [1, 5])
def test_time_ends_when_the_device_has_done_its_work(calls, monkeypatch):
    device = Device()
    monkeypatch.setattr(time, "perf_counter", device)
    timing = Timing(TURN / calls, wait=device.wait)
    timing.turn(device.call, 0)
    # The warm-up call is waited for and does not count.
    assert timing.seconds == {0: 11.0}
    assert timed(device.call, device.wait) == (11.0, None)
    assert timed(device.call)[0] == 1.0


@slow
def test_the_kernel_is_checked_and_timed_on_its_device(here):
    status, workloads = run(here)
    assert status == 0
    assert [lines[0] for lines in workloads] == [
        "2x3x6x6,F2: max 2x3x6x6 float32 F2 S2",
        "1x2x7x7,F3,S1,mean,float64: mean 1x2x7x7 float64 F3 S1",
    ]
    for lines, form in zip(workloads, ("stateless", ""), strict=True):
        assert lines[1].startswith("a simulated GPU; a copy of x moves ")
        (kernel,) = lines[3:]
        assert kernel[:27].rstrip() == f"cuda             {form}".rstrip()
        assert kernel.count(" 1.00 \N{PLUS-MINUS SIGN}0.00") == kernel.count("%") == 3


@slow
def test_a_wrong_kernel_is_not_timed(here):
    before = "right = cuda.max_backward; cuda.max_backward = lambda dy, *more: right(dy, *more).copy_to_host()"
    before += "\ncuda.max_forward = lambda x, *more: type(x)(x.copy_to_host()[:, :, ::2, ::2])"
    status, workloads = run(here, before)
    assert status == 1
    assert workloads[0][3].startswith("cuda             stateless    WRONG: y[0,0,0,")
    assert "WRONG" not in workloads[1][3]


def test_a_library_without_a_gpu_lacks_it(here):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    status, workloads = run(here, libraries=["torch"])
    assert status == 0
    assert workloads[0][4] == "torch operators  remembered   not timed: finds no GPU, or is built without CUDA"


def test_a_library_beside_the_kernel_is_compared_with_it(here):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    # PyTorch has no simulator of a GPU: it takes part on the CPU.
    before = "rivals.ON_DEVICE['torch'] = rivals.RIVALS['torch']"
    status, workloads = run(here, before, libraries=["torch"])
    assert status == 0
    for lines in workloads:
        assert [line[:16].strip() for line in lines[3:]] == ["cuda", "torch operators", "torch autograd"]
        assert all(line.count("\N{PLUS-MINUS SIGN}") == 3 for line in lines[3:])


def refused(folder, *words, **where):
    """The one line with which the command refuses."""
    status, said = poolproof(folder, "bench", "--device", "cuda", *words, **where)
    assert status == 2
    (line,) = said.splitlines()
    return line


@slow
def test_without_a_gpu_nothing_is_measured(here):
    assert "needs an NVIDIA GPU" in refused(here, NUMBA_DISABLE_CUDA="1", NUMBA_ENABLE_CUDASIM="0")
    assert "simulates mean nothing" in refused(here, **SIMULATOR)


@pytest.mark.skipif(not os.environ.get("POOLPROOF_GPU"), reason="POOLPROOF_GPU=1 asks for a GPU")
def test_the_command_measures_on_a_gpu(here):
    status, said = poolproof(here, "bench", "2x3x6x6,F2", "--rounds", "2", "--device", "cuda")
    if "needs an NVIDIA GPU" in said:
        pytest.skip(said.strip())
    assert status == 0, said
    assert "cuda             stateless" in said
