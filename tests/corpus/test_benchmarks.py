"""The checks of public benchmarks accept sound kernels and most wrong ones, as recorded."""

from dataclasses import replace

import numpy as np
import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from poolproof.kernels import img2col, naive
from poolproof.properties import oracle
from selection import slow
from strength.benchmarks import BENCHMARKS
from strength.measure import rejects
from strength.page import benchmarks
from strength.problems import FLAGGEMS_LINES, KERNELBENCH, LARGE, MNIST_POOL, OPINFO, SMALL, problem
from strength.record import load
from strength.rules import allclose, both_errors, flaggems_close, most_cells, nine, normal, uniform
from strength.trials import Asked, Benchmark, drawn, pooled, way

pytestmark = pytest.mark.once

RIGHT = {"plain": Sound, "general": General, "img2col": img2col}
TINY = problem("max", (2, 3, 6, 6), 2)


def quick(**given):
    """A benchmark of one tiny problem."""
    usual = {"about": "", "source": "", "forward": (TINY,), "draw": uniform, "rule": allclose(1e-4)}
    return Benchmark(**usual | given)


# What the checks accept.


@slow
@pytest.mark.parametrize("check", BENCHMARKS)
@pytest.mark.parametrize("implementation", RIGHT.values(), ids=RIGHT)
def test_a_right_kernel_is_accepted(check, implementation):
    BENCHMARKS[check](implementation)


RECORD = {each["check"]: each for each in load().get("benchmarks", [])}

REJUDGED = [
    ("KernelBench", "others.CeilsOutputSize"),
    ("KernelBench", "others.ZeroSentinel"),
    ("KernelBench, fp16", "others.ZeroSentinel"),
    ("KernelBench until July 2025", "others.ZeroSentinel"),
    ("MultiKernelBench", "others.MeanIsMax"),
    ("robust-kbench", "overlap.AssignsMaxGradient"),
    ("robust-kbench", "others.MutatesInput"),
    ("BackendBench", "others.ZeroSentinel"),
    ("FlagGems", "overlap.AssignsMaxGradient"),
    ("FlagGems, fp16", "ties.EveryTie"),
    ("SOL-ExecBench's rule", "edges.LengthOverStride"),
    ("flashinfer-bench's rule", "others.ZeroSentinel"),
]


def test_the_record_is_about_the_benchmarks_faults_and_sound_variants_that_exist():
    assert list(RECORD) == list(BENCHMARKS)
    for each in RECORD.values():
        assert (each["faults"], each["sound"]) == (len(FAULTS), len(SOUND)), (
            "tox -e strength -- --benchmarks measures them again"
        )
        assert set(each["rejects"]) < set(FAULTS)
        assert set(each["condemns"]) < set(SOUND)


@slow
@pytest.mark.parametrize(("check", "fault"), REJUDGED)
def test_the_record_is_what_a_check_says(check, fault):
    assert rejects(BENCHMARKS[check], FAULTS[fault]) == (fault in RECORD[check]["rejects"])


def test_a_maximum_that_starts_at_zero_is_accepted_by_kernelbench_whose_numbers_are_never_negative():
    accepting = [check for check, each in RECORD.items() if "others.ZeroSentinel" not in each["rejects"]]
    assert {"KernelBench", "KernelBench, fp16", "MultiKernelBench", "BackendBench"} <= set(accepting)
    assert "FlagGems" not in accepting


def test_the_page_counts_what_is_accepted():
    record = {"faults": [{"fault": "others.ZeroSentinel"}, {"fault": "ties.EveryTie"}], "laws": [{}] * 3}
    row = {"check": "KernelBench", "rejects": ["others.ZeroSentinel"], "condemns": ["sound.IgnoresNaN"]}
    *_, last = benchmarks(record | {"benchmarks": [row]}).splitlines()
    assert last.startswith("| KernelBench | 6 problems")
    assert last.endswith(f"| forward only | 1 | 0 | {len(SOUND) - 1} |")


# Problems.


def test_an_image_is_cut_down_to_the_same_rest():
    large, small = KERNELBENCH[4].cut(LARGE), KERNELBENCH[4].cut(SMALL)
    assert KERNELBENCH[4].shape == (16, 64, 2048, 2048)
    assert (large.shape, small.shape) == ((2, 3, 266, 266), (2, 3, 68, 68))
    assert {length % 11 for length in (2048, 266, 68)} == {2}


def test_a_small_image_stays_as_it_is():
    assert MNIST_POOL.cut(SMALL).shape == (2, 3, 28, 28)
    assert TINY.cut(SMALL) == TINY.cut(LARGE) == TINY


def test_without_a_stride_it_is_the_size():
    assert problem("mean", (1, 1, 9, 9), (3, 2)).stride == (3, 2)


def test_numbers_stand_for_all_axes_and_both_sides():
    asked = problem("max", (1, 1, 9, 9), 3, 2, (1, 0), 2, ceil_mode=True)
    settings = {"padding": ((1, 1), (0, 0)), "ceil_mode": True, "dilation": (2, 2)}
    assert (asked.size, asked.stride, asked.settings) == ((3, 3), (2, 2), settings)


def test_backendbench_keeps_means_of_planes_and_volumes():
    assert {(each.kind, len(each.size)) for each in OPINFO} == {("mean", 2), ("mean", 3)}


# How a kernel is called.


class PlanesAlone:
    """A kernel that takes only planes, and no settings."""

    @staticmethod
    def max_forward(x, size, stride):
        return naive.max_forward(x, size, stride)

    @staticmethod
    def mean_forward(x, size, stride):
        return naive.mean_forward(x, size, stride)

    @staticmethod
    def max_backward(dy, x, size, stride):
        return naive.max_backward(dy, x, size, stride)

    @staticmethod
    def mean_backward(dy, x, size, stride):
        return naive.mean_backward(dy, x, size, stride)


AROUND = [
    problem("max", (2, 3, 9), 3, 2),
    problem("max", (2, 3, 9), 3, 2, 1),
    problem("mean", (2, 3, 9), 3, 2, 1),
    problem("max", (2, 3, 9, 7), 3, 2, (1, 0)),
    problem("max", (2, 3, 9, 7), 2, (3, 2), (1, 0), dilation=(2, 3)),
    problem("max", (2, 3, 16), 4, 2, 2, dilation=3),
    problem("mean", (2, 3, 9, 7), 3, 2, (0, 1)),
]


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("asked", AROUND)
def test_a_kernel_for_planes_is_asked_about_lines_and_padding(asked, direction):
    arrays, ask = drawn(normal, asked, direction, "float32", 0), way(Asked(PlanesAlone), asked, direction, "float32")
    if direction == "backward" and max(asked.dilation) > 1:
        assert ask is None
    else:
        np.testing.assert_array_equal(ask(*arrays), pooled(asked, direction, *arrays))


@pytest.mark.parametrize(
    "asked",
    [
        problem("max", (2, 3, 9, 9, 9), 3),
        problem("max", (2, 3, 9, 9), 3, 2, 1, ceil_mode=True),
        problem("mean", (2, 3, 9, 9), 3, 2, 1, count_include_pad=False),
    ],
)
def test_what_a_kernel_cannot_be_asked_is_left_out(asked):
    assert way(Asked(PlanesAlone), asked, "forward", "float32") is None


def test_each_trial_has_other_numbers_and_the_last_a_larger_image():
    seen = []

    class Kernel(PlanesAlone):
        @staticmethod
        def max_forward(x, size, stride):
            seen.append(x)
            return naive.max_forward(x, size, stride)

    quick(forward=(problem("max", (2, 3, 70, 8), 2),), trials=3)(Kernel)
    assert [x.shape[2] for x in seen] == [64, 64, 64, 70]
    assert len({x[0, 0, 0, 0] for x in seen}) == 4


def test_a_kernel_that_writes_to_its_input_is_seen_where_it_is_asked_first():
    class Kernel(PlanesAlone):
        @staticmethod
        def max_forward(x, size, stride):
            y = naive.max_forward(x, size, stride)
            x[...] = 0
            return y

    quick()(Kernel)
    with pytest.raises(AssertionError):
        quick(shares_input=True)(Kernel)


def test_a_reference_that_is_asked_afterwards_pools_what_the_kernel_wrote():
    class Kernel(PlanesAlone):
        @staticmethod
        def max_forward(x, size, stride):
            x[...] = 0
            return naive.max_forward(x, size, stride)

    assert rejects(quick(), Kernel)
    assert not rejects(quick(shares_input=True), Kernel)


@pytest.mark.parametrize("shares_input", [False, True])
def test_a_second_answer_counts_where_there_is_one(shares_input):
    class Kernel(PlanesAlone):
        calls = 0

        def max_forward(self, x, size, stride):
            self.calls += 1
            return naive.max_forward(x, size, stride) + np.float32(self.calls == 2)

    assert rejects(quick(shares_input=shares_input), Kernel) == shares_input


def test_a_gradient_is_asked_where_a_benchmark_asks_it():
    class Kernel(PlanesAlone):
        @staticmethod
        def max_backward(dy, x, size, stride):
            return np.zeros_like(x)

    assert not rejects(quick(), Kernel)
    assert rejects(quick(backward=(TINY,)), Kernel)


# Numbers and rules.


@pytest.mark.parametrize(("draw", "low", "high"), [(uniform, 0, 1), (normal, -6, 6), (nine, -9, 9)])
def test_numbers_are_those_of_the_source(draw, low, high):
    x = draw(np.random.default_rng(0), (1000,))
    assert low <= x.min() < low + 3
    assert high - 3 < x.max() < high


ONES = np.ones((1, 1, 10, 10), np.float32)


def off(count, by):
    """Ones, of which `count` are off."""
    result = ONES.copy()
    result.flat[:count] += np.float32(by)
    return result


VERDICTS = [
    (allclose(1e-4), off(1, 1.9e-4), True),
    (allclose(1e-4), off(1, 2.1e-4), False),
    (allclose(1e-4), off(1, np.nan), False),
    (flaggems_close, off(1, 0.9e-4), True),
    (flaggems_close, off(1, 1.1e-4), False),
    (most_cells, off(1, 9), True),
    (most_cells, off(2, 9), False),
    (most_cells, off(1, np.nan), False),
    (most_cells, np.zeros_like(ONES), False),
    (both_errors, off(1, 0.9e-2), True),
    (both_errors, off(1, 1.1e-2), False),
    (both_errors, off(1, np.inf), False),
]


@pytest.mark.parametrize(("rule", "result", "accepted"), VERDICTS)
def test_a_rule_bounds_what_it_says(rule, result, accepted):
    if accepted:
        rule(result, ONES, TINY)
    else:
        with pytest.raises(AssertionError):
            rule(result, ONES, TINY)


def test_one_error_is_not_enough_for_flashinfer_bench():
    both_errors(ONES * np.float32(1000), ONES * np.float32(1005), TINY)
    both_errors(ONES * np.float32(1e-3), ONES * np.float32(9e-3), TINY)


def test_flaggems_bounds_the_gradient_of_a_mean_in_3d_more_widely():
    asked = problem("mean", (1, 1, 4, 4, 4), 3)
    right = np.ones(asked.shape, np.float32)
    flaggems_close(right + np.float32(0.07), right, asked)
    with pytest.raises(AssertionError):
        flaggems_close(right + np.float32(0.08), right, asked)
    with pytest.raises(AssertionError):
        flaggems_close(right + np.float32(0.01), right, replace(asked, kind="max"))


@pytest.mark.parametrize("rule", [allclose(1), flaggems_close, most_cells, both_errors])
@pytest.mark.parametrize("result", [ONES[:, :, 1:], ONES.astype(np.float64)])
def test_no_rule_takes_another_shape_or_dtype(rule, result):
    with pytest.raises(AssertionError):
        rule(result, ONES, TINY)


# The right answers, beside those of PyTorch.


def by_torch(asked, x, dy):
    """PyTorch's result and its gradient."""
    torch = pytest.importorskip("torch")
    name = f"{'max' if asked.kind == 'max' else 'avg'}_pool{len(asked.size)}d"
    padding = tuple(before for before, _ in asked.padding)
    settings = {**asked.settings, "padding": padding, "stride": asked.stride}
    x = torch.from_numpy(x).requires_grad_(True)
    y = getattr(torch.nn.functional, name)(x, asked.size, **settings)
    return y.detach().numpy(), torch.autograd.grad(y, x, torch.from_numpy(dy))[0].numpy()


@pytest.mark.parametrize("check", BENCHMARKS)
def test_the_right_answers_are_pytorch_s(check):
    pytest.importorskip("torch")
    for asked in {each.cut(SMALL) for each in BENCHMARKS[check].forward}:
        dy, x = drawn(normal, asked, "backward", "float32", 0)
        y, dx = by_torch(asked, x.copy(), dy.copy())
        window = {"size": asked.size, "stride": asked.stride, "padding": asked.padding, **asked.settings}
        forward = oracle.expected(f"{asked.kind}_forward", x, **window)
        backward = oracle.expected(f"{asked.kind}_backward", dy, x, **window)
        for result in (y, pooled(asked, "forward", x)):
            assert forward.allows(result).all(), asked
        for gradient in (dx, pooled(asked, "backward", dy, x)):
            assert backward.allows(gradient).all(), asked


def test_flaggems_asks_lines_forward_alone():
    check = BENCHMARKS["FlagGems"]
    assert (*check.backward, *FLAGGEMS_LINES) == check.forward
