"""KernelBench's own check: what it accepts and rejects of right and wrong kernels, with torch and with a stand-in."""

from contextlib import contextmanager
from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest
from kernelbench import PROBLEMS, RIGHT, WRONG, written
from poolproof.kernels import img2col, naive
from poolproof.properties.remote.worker import from_file
from poolproof.properties.wrappers.own_check import LARGEST, SEED, TRIALS, OwnCheck, Tensors, own_check

pytestmark = pytest.mark.once


class Numbers:
    """NumPy in place of torch; `seeded` records the seeds in order."""

    def __init__(self):
        self.seeded, self.tracks, self.size = [], True, 0
        self.random = np.random.RandomState(0)

    def seed(self, seed):
        self.seeded.append(seed)
        self.random = np.random.RandomState(seed)

    @contextmanager
    def untracked(self):
        self.tracks = False
        yield
        self.tracks = True

    def tensors(self):
        return Tensors(
            seed=self.seed,
            seeds=lambda count: self.random.randint(0, 2**31, count).tolist(),
            untracked=self.untracked,
            close=lambda right, result, bound: bool(np.allclose(right, result, atol=bound, rtol=bound)),
            difference=lambda right, result: float(abs(right - result).max()),
            placed=lambda each: each,
            size=lambda inputs: self.size,
        )


def maximum(size, stride):
    """The reference of the problem."""
    return lambda x: naive.max_forward(x, size, stride)


def problem_of(numbers, make=maximum):
    """A problem with windows of two by two, of numbers in [0, 1)."""
    return SimpleNamespace(
        Model=make,
        get_inputs=lambda: [numbers.random.random_sample((2, 3, 6, 6)).astype(np.float32)],
        get_init_inputs=lambda: [(2, 2), (2, 2)],
    )


def checked(make, numbers=None):
    """The result of the check on a kernel, without torch."""
    numbers = numbers or Numbers()
    return own_check(problem_of(numbers), SimpleNamespace(ModelNew=make), numbers.tensors())


# Without torch.


def test_a_right_kernel_is_accepted():
    found = checked(lambda *window: lambda x: img2col.max_forward(x, *window))
    assert found == OwnCheck(5, 5, 0.0)
    assert found.accepts
    assert str(found) == "KernelBench's check: accepts (5 of 5 trials)"


def test_a_maximum_that_starts_at_zero_is_accepted():
    assert checked(lambda *window: lambda x: np.maximum(naive.max_forward(x, *window), 0)).accepts


def test_a_wrong_kernel_is_rejected_with_its_largest_difference():
    found = checked(lambda *window: lambda x: naive.max_forward(x, *window) + np.float32(0.25))
    assert (found.passed, found.trials, found.reason) == (0, 5, "")
    assert found.difference == pytest.approx(0.25)
    assert str(found) == "KernelBench's check: rejects (0 of 5 trials)"


@pytest.mark.parametrize(("off", "passed"), [(0.9e-4, 5), (3e-4, 0)])
def test_the_tolerance_is_one_in_ten_thousand_twice(off, passed):
    # Numbers are between 0 and 1, so the bound is between 1e-4 and 2e-4.
    assert checked(lambda *window: lambda x: naive.max_forward(x, *window) + np.float32(off)).passed == passed


def test_one_wrong_trial_is_enough():
    calls = iter(range(TRIALS))
    found = checked(lambda *window: lambda x: naive.max_forward(x, *window) + (next(calls) == 3))
    assert (found.passed, found.accepts) == (4, False)
    assert str(found) == "KernelBench's check: rejects (4 of 5 trials)"


@pytest.mark.parametrize("number", [nan, inf])
def test_a_difference_that_is_no_number_is_none(number):
    found = checked(lambda *window: lambda x: naive.max_forward(x, *window) * np.float32(number))
    assert found == OwnCheck(0, 5, None)


def test_another_shape_ends_the_check():
    found = checked(lambda *window: lambda x: naive.max_forward(x, *window)[:, :, :-1])
    assert found == OwnCheck(0, 5, None, "ValueError: the result has the shape (2, 3, 2, 3), not (2, 3, 3, 3)")


def test_what_a_kernel_raises_ends_the_check_in_one_line():
    def raising(x):
        raise RuntimeError("no kernel image\nis available")

    found = checked(lambda *window: raising)
    assert str(found) == "KernelBench's check: rejects (0 of 5 trials): RuntimeError: no kernel image"


def test_a_kernel_that_cannot_be_made_is_rejected():
    assert checked(lambda size: None).reason.startswith("TypeError: ")


def test_what_the_reference_raises_is_no_verdict_about_the_kernel():
    numbers = Numbers()
    with pytest.raises(ZeroDivisionError):
        own_check(
            problem_of(numbers, lambda *window: lambda x: 1 / 0), SimpleNamespace(ModelNew=maximum), numbers.tensors()
        )


def test_models_and_trials_are_seeded_as_in_the_benchmark_and_gradients_are_not_tracked():
    numbers, tracked = Numbers(), []
    found = checked(lambda *window: lambda x: tracked.append(numbers.tracks) or naive.max_forward(x, *window), numbers)
    assert found.accepts
    trials = np.random.RandomState(SEED).randint(0, 2**31, TRIALS).tolist()
    assert numbers.seeded == [SEED, SEED, SEED, SEED, *trials]
    assert tracked == [False] * TRIALS


def test_inputs_that_are_too_large_are_not_made():
    numbers = Numbers()
    numbers.size = 3 * LARGEST
    found = checked(maximum, numbers)
    assert not found.accepts
    assert str(found) == "KernelBench's check: not run: its inputs take 3.0 GiB, more than 1"
    assert numbers.seeded == []


@pytest.mark.parametrize("name", ["Model", "get_inputs", "get_init_inputs", "ModelNew"])
def test_what_a_module_lacks_is_named(name):
    numbers = Numbers()
    problem, generated = problem_of(numbers), SimpleNamespace(ModelNew=maximum)
    delattr(generated if name == "ModelNew" else problem, name)
    with pytest.raises(TypeError, match=rf"it has no {name}$"):
        own_check(problem, generated, numbers.tensors())


# With torch.


def kinds():
    """Each problem with its kind."""
    return [(name, "maximum" if name.startswith("max") else "mean") for name in PROBLEMS]


def verdict(problem, file):
    """The result of the check on a file, with torch."""
    pytest.importorskip("torch")
    return own_check(from_file(str(PROBLEMS[problem])), from_file(str(file)))


@pytest.mark.parametrize(("problem", "kind"), kinds())
def test_a_right_file_is_accepted(problem, kind):
    found = verdict(problem, RIGHT[kind])
    assert found.accepts
    assert found.difference < 1e-6


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_accepted_where_no_trial_shows_it(name, tmp_path):
    found = verdict(WRONG[name].problem, written(tmp_path, name))
    assert found.accepts == WRONG[name].accepted
    assert found.reason.startswith("ValueError: the result has the shape" if name == "is one window short" else "")
    assert bool(found.reason) == (name == "is one window short")


SHOWN_BY = {
    "starts at zero": lambda x: -x - 1,
    "starts at -1e38": lambda x: x.fill_(-inf),
    "loses NaN": lambda x: x.masked_fill_(x > 0.9, nan),
}


@pytest.mark.parametrize("name", SHOWN_BY)
def test_other_numbers_show_a_mistake_that_is_accepted(name, tmp_path):
    torch = pytest.importorskip("torch")
    problem, wrong, right = (
        from_file(str(file))
        for file in (PROBLEMS[WRONG[name].problem], written(tmp_path, name), RIGHT[WRONG[name].kind])
    )
    [x], window = map(SHOWN_BY[name], problem.get_inputs()), problem.get_init_inputs()
    expected = problem.Model(*window)(x)
    assert torch.equal(right.ModelNew(*window)(x).nan_to_num(9), expected.nan_to_num(9))
    assert not torch.equal(wrong.ModelNew(*window)(x).nan_to_num(9), expected.nan_to_num(9))


@pytest.mark.parametrize("name", ["has no backward", "has no backward either"])
def test_a_result_without_gradients_is_accepted(name, tmp_path):
    pytest.importorskip("torch")
    problem = from_file(str(PROBLEMS[WRONG[name].problem]))
    for file, tracked in ((RIGHT[WRONG[name].kind], True), (written(tmp_path, name), False)):
        [x] = problem.get_inputs()
        y = from_file(str(file)).ModelNew(*problem.get_init_inputs())(x.requires_grad_(True))
        assert y.requires_grad == tracked


def test_other_dtypes_cannot_be_compared(tmp_path):
    file = tmp_path / "double.py"
    file.write_text(RIGHT["mean"].read_text(encoding="utf-8").replace(".to(x.dtype)", ""), encoding="utf-8")
    assert verdict("mean_2d", file).reason.startswith("RuntimeError: ")


def test_inputs_as_large_as_those_of_the_benchmark_are_not_made(tmp_path):
    pytest.importorskip("torch")
    file = tmp_path / "large.py"
    text = PROBLEMS["mean_2d"].read_text(encoding="utf-8").replace("(2, 3, 60, 60)", "(16, 64, 2048, 2048)")
    file.write_text(text, encoding="utf-8")
    found = own_check(from_file(str(file)), from_file(str(RIGHT["mean"])))
    assert str(found) == "KernelBench's check: not run: its inputs take 16.0 GiB, more than 1"
