"""Modules in the format of KernelBench: `Model` and its arguments in a problem, `ModelNew` in a generated file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict

from .fixed import Whole, fixed
from .frameworks import TORCH
from .modules import arguments_said, is_module, whole_module
from .parameters import PLAIN


def kernelbench(solution: Any, problem: Any = None, **declared: Any) -> SimpleNamespace:
    """The class `ModelNew` of a solution, made with `get_init_inputs()` of the problem, on the windows of its `Model`.

    Both are modules of Python or other objects with these attributes; a file may be both (default: it is). What the
    benchmark's own check would say is no matter of this wrapper: the laws judge the same windows on drawn images.
    TypeError if there is no ModelNew, or the problem is no pooling.
    """
    problem = problem or solution
    generated = getattr(solution, "ModelNew", None)
    if not (isinstance(generated, type) and is_module(generated)):
        raise TypeError(f"kernelbench: {name_of(solution)} should have a class ModelNew of torch.nn.Module")
    if not hasattr(problem, "get_init_inputs"):
        raise TypeError(f"kernelbench: {name_of(problem)} should have get_init_inputs(); name the file of the problem")
    said = windows_of(problem) if hasattr(problem, "Model") else {}
    instance = generated(*problem.get_init_inputs())
    return fixed(Whole("kernelbench", "ModelNew", TORCH, instance, "like the Model of its problem"), said, declared)


def windows_of(problem: Any) -> Dict[str, Any]:
    """What the Model of a problem says of its windows, by attributes and answers."""
    arguments = problem.get_init_inputs()
    reference = whole_module(problem.Model(*arguments), arguments_said(problem.Model, arguments), "", False, {})
    kind = "max" if hasattr(reference, "max_forward") else "mean"
    return {"kind": kind, **PLAIN, **reference.fixed}


def name_of(thing: Any) -> str:
    """What messages call a file or an object."""
    return getattr(thing, "__name__", type(thing).__name__)
