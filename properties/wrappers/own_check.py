"""KernelBench's own check of a generated kernel: random inputs, forward only, `allclose`.

It shows the benchmark's verdict beside that of the laws. The steps are those of its `eval.py`: models and trials are
seeded with 42, each trial passes the same inputs to both models, and the kernel is correct if all trials pass.
"""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from typing import Any, Callable, ContextManager, List, NamedTuple, Optional, Tuple

SEED, TRIALS, TOLERANCE = 42, 5, 1e-4
LARGEST = 1 << 30
"""The most bytes of inputs for which anything is run: some problems need more memory than most computers have."""


class OwnCheck(NamedTuple):
    """The number of trials that passed, and of all trials, 0 if it was not run; the largest difference of two numbers,
    or None if there is no number; and what ended it early."""

    passed: int
    trials: int
    difference: Optional[float] = None
    reason: str = ""

    @property
    def accepts(self) -> bool:
        """Whether the benchmark accepts the kernel."""
        return self.passed == self.trials > 0

    @property
    def verdict(self) -> str:
        """The verdict in a word: "accepts", "rejects" or "not run"."""
        return ("accepts" if self.accepts else "rejects") if self.trials else "not run"

    def __str__(self) -> str:
        """The text for a report."""
        ran = f"{self.verdict} ({self.passed} of {self.trials} trials)" if self.trials else self.verdict
        return f"KernelBench's check: {ran}{self.reason and f': {self.reason}'}"


class Tensors(NamedTuple):
    """What the check needs from a framework.

    `seed` seeds it, and `seeds` draws a number of seeds; `untracked` is a context without gradients; `close` compares a
    right tensor and a result, `difference` is their largest; `placed` moves a model or an input to the device; `size`
    returns how many bytes a function of inputs would return, 0 if unknown.
    """

    seed: Callable[[int], Any]
    seeds: Callable[[int], List[int]]
    untracked: Callable[[], ContextManager[Any]]
    close: Callable[[Any, Any, float], bool]
    difference: Callable[[Any, Any], float]
    placed: Callable[[Any], Any]
    size: Callable[[Callable[[], Any]], int]


def own_check(problem: Any, generated: Any, tensors: Optional[Tensors] = None) -> OwnCheck:
    """Check the `ModelNew` of one module against the `Model` of another, which may be the same.

    The problem also has `get_inputs` and `get_init_inputs`. `tensors`: default: those of torch on the CPU. Errors of
    the reference are raised; an error of the kernel ends the check.
    """
    for module, names in ((problem, ("Model", "get_inputs", "get_init_inputs")), (generated, ("ModelNew",))):
        for name in names:
            if not callable(getattr(module, name, None)):
                raise TypeError(f"own_check: {module!r} should have {' and '.join(names)}; it has no {name}")
    tensors = tensors or torch_tensors()
    size = tensors.size(problem.get_inputs)
    if size > LARGEST:
        return OwnCheck(0, 0, reason=f"its inputs take {size / 2**30:.1f} GiB, more than {LARGEST / 2**30:g}")
    with tensors.untracked():
        arguments = seeded(tensors, SEED, problem.get_init_inputs)
        reference = seeded(tensors, SEED, lambda: tensors.placed(problem.Model(*arguments)))
        try:
            kernel = seeded(tensors, SEED, lambda: tensors.placed(generated.ModelNew(*arguments)))
        except Exception as error:
            return OwnCheck(0, TRIALS, reason=told(error))
        return tried(tensors, problem, reference, kernel)


def seeded(tensors: Tensors, seed: int, make: Callable[[], Any]) -> Any:
    """The result of a function that uses random numbers, after seeding."""
    tensors.seed(seed)
    return make()


def tried(tensors: Tensors, problem: Any, reference: Any, kernel: Any) -> OwnCheck:
    """Run the trials and count those that pass; the first that cannot be compared ends them."""
    passed, differences = 0, [0.0]
    for seed in seeded(tensors, SEED, lambda: tensors.seeds(TRIALS)):
        inputs = [tensors.placed(each) for each in seeded(tensors, seed, problem.get_inputs)]
        right = reference(*inputs)
        try:
            close, difference = compared(tensors, right, kernel(*inputs))
        except Exception as error:
            return OwnCheck(passed, TRIALS, reason=told(error))
        passed += close
        differences.append(difference)
    return OwnCheck(passed, TRIALS, max(differences) if all(map(isfinite, differences)) else None)


def compared(tensors: Tensors, right: Any, result: Any) -> Tuple[bool, float]:
    """Whether a result is close, and its largest difference. Raises ValueError if its shape is wrong."""
    if tuple(right.shape) != tuple(result.shape):
        raise ValueError(f"the result has the shape {tuple(result.shape)}, not {tuple(right.shape)}")
    return tensors.close(right, result, TOLERANCE), tensors.difference(right, result)


def told(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def torch_tensors(device: str = "cpu") -> Tensors:
    """What the check needs from torch. Models and tensors are float32, the benchmark's default."""
    import torch

    def placed(each: Any) -> Any:
        """Other inputs stay as they are."""
        movable = isinstance(each, (torch.Tensor, torch.nn.Module))
        return each.to(device=device, dtype=torch.float32) if movable else each

    def size(inputs: Callable[[], Any]) -> int:
        """Tensors on the device `meta` have no memory; torch before 2.0 cannot make all of them there."""
        with suppress(Exception), torch.device("meta"):
            return sum(each.numel() * each.element_size() for each in inputs() if isinstance(each, torch.Tensor))
        return 0

    return Tensors(
        seed=torch.manual_seed,
        seeds=lambda count: [int(torch.randint(0, 2**32 - 1, (1,)).item()) for _ in range(count)],
        untracked=torch.no_grad,
        close=lambda right, result, bound: bool(torch.allclose(right, result, atol=bound, rtol=bound)),
        difference=lambda right, result: float((right - result).abs().max()) if right.numel() else 0.0,
        placed=placed,
        size=size,
    )
