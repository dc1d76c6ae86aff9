"""Modules in the format of KernelBench: `Model` and its arguments in a problem, `ModelNew` in a generated file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict

from .fixed import Whole, fixed
from .frameworks import TORCH
from .modules import is_module, whole_module
from .parameters import PLAIN


def kernelbench(solution: Any, problem: Any = None, **declared: Any) -> SimpleNamespace:
    """The class `ModelNew` of a solution, made with `get_init_inputs()` of the problem, on the windows of its `Model`.

    Both are modules of Python or other objects with these attributes, and a solution may be its class; one file may be
    both (default: it is). What the benchmark's own check would say is no matter of this wrapper: the laws judge the
    same windows on drawn images. TypeError if there is no ModelNew, or the problem is no pooling.
    """
    problem = problem or solution
    generated = solution if isinstance(solution, type) else getattr(solution, "ModelNew", None)
    if not (isinstance(generated, type) and is_module(generated)):
        raise TypeError(f"kernelbench: {name_of(solution)} should have a class ModelNew of torch.nn.Module")
    if not hasattr(problem, "get_init_inputs"):
        raise TypeError(f"kernelbench: {name_of(problem)} should have get_init_inputs(); name the file of the problem")
    said = windows_of(problem) if hasattr(problem, "Model") else {}
    instance = made(generated, problem)
    return fixed(
        Whole("kernelbench", name_of(generated), TORCH, instance, "like the Model of its problem"), said, declared
    )


def windows_of(problem: Any) -> Dict[str, Any]:
    """What the Model of a problem says of its windows, by attributes and answers."""
    reference = whole_module(made(problem.Model, problem), {}, "", False, {})
    kind = "max" if hasattr(reference, "max_forward") else "mean"
    return {"kind": kind, **PLAIN, **reference.fixed}


def made(cls: Any, problem: Any) -> Any:
    """A module with the arguments of a problem: a list, or in KernelBook's format a list and a dict in a list."""
    arguments = problem.get_init_inputs()
    if len(arguments) == 2 and isinstance(arguments[0], list) and isinstance(arguments[1], dict):
        return cls(*arguments[0], **arguments[1])
    return cls(*arguments)


def name_of(thing: Any) -> str:
    """What messages call a file or an object."""
    return getattr(thing, "__name__", type(thing).__name__)
