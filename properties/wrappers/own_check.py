"""KernelBench's own check of a generated kernel: random inputs, forward only, `allclose`.

It tells what the benchmark says, beside what the laws say. The steps are those of its `eval.py`: models and trials are
seeded with 42, each trial hands the same inputs to both models, and the kernel is correct if all trials pass.
"""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from typing import Any, Callable, ContextManager, List, NamedTuple, Optional, Tuple

SEED, TRIALS, TOLERANCE = 42, 5, 1e-4
LARGEST = 1 << 30
"""Bytes of inputs beyond which nothing is run: some problems ask for more memory than most computers have."""


class OwnCheck(NamedTuple):
    """How many trials passed, of how many: 0 if it was not run; the largest difference of two numbers, None if that is
    none; and what ended it early."""

    passed: int
    trials: int
    difference: Optional[float] = None
    reason: str = ""

    @property
    def accepts(self) -> bool:
        """Whether the benchmark calls the kernel correct."""
        return self.passed == self.trials > 0

    def __str__(self) -> str:
        """What a report says."""
        verdict = "accepts" if self.accepts else "rejects"
        ran = f"{verdict} ({self.passed} of {self.trials} trials)" if self.trials else "not run"
        return f"KernelBench's check: {ran}{self.reason and f': {self.reason}'}"


class Tensors(NamedTuple):
    """What the check needs of a framework.

    `seed` seeds it, and `seeds` draws so many seeds; `untracked` is a context without gradients; `close` compares a
    right tensor and a result, `difference` is their largest; `placed` takes a model or an input to the device; `size`
    tells how many bytes a function of inputs would return, 0 if that is unknown.
    """

    seed: Callable[[int], Any]
    seeds: Callable[[int], List[int]]
    untracked: Callable[[], ContextManager[Any]]
    close: Callable[[Any, Any, float], bool]
    difference: Callable[[Any, Any], float]
    placed: Callable[[Any], Any]
    size: Callable[[Callable[[], Any]], int]


def own_check(problem: Any, generated: Any, tensors: Optional[Tensors] = None) -> OwnCheck:
    """Check the `ModelNew` of one module beside the `Model` of another, which may be the same.

    The problem has `get_inputs` and `get_init_inputs` too. `tensors` are those of torch on the CPU if not given. What
    the reference raises is raised; what the kernel raises ends the check.
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
    """What a function makes of the random numbers that follow a seed."""
    tensors.seed(seed)
    return make()


def tried(tensors: Tensors, problem: Any, reference: Any, kernel: Any) -> OwnCheck:
    """The trials: those that fail are counted, and the first that cannot be compared is the last."""
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
    """Whether a result is close, and how far it is away; ValueError if its shape is another."""
    if tuple(right.shape) != tuple(result.shape):
        raise ValueError(f"the result has the shape {tuple(result.shape)}, not {tuple(right.shape)}")
    return tensors.close(right, result, TOLERANCE), tensors.difference(right, result)


def told(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def torch_tensors(device: str = "cpu") -> Tensors:
    """What the check needs of torch. Models and tensors are float32, as they are in the benchmark by default."""
    import torch

    def placed(each: Any) -> Any:
        """Other inputs stay what they are."""
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
