"""Modules in the format of KernelBench: `Model` and its arguments in a problem, `ModelNew` in a generated file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Dict, List, NamedTuple

from .devices import device
from .fixed import Whole, fixed
from .frameworks import TORCH
from .modules import is_module, whole_module
from .own_check import own_check, torch_tensors
from .parameters import PLAIN


class Problem(NamedTuple):
    """A problem: the file or object that it comes from, its models' arguments, and its `Model`'s windows, if any."""

    source: Any
    arguments: List[Any]
    windows: Dict[str, Any]


def kernelbench(solution: Any, problem: Any = None, **declared: Any) -> SimpleNamespace:
    """The class `ModelNew` of a solution, made with `get_init_inputs()` of the problem, on the windows of its `Model`.

    Both are modules of Python or other objects with these attributes, and a solution may also be the class itself. One
    file may be both, which is the default. A problem that was prepared before the solution was loaded cannot be changed
    by the solution. Raises TypeError if there is no ModelNew, or the problem is not a pooling.
    """
    generated = solution if isinstance(solution, type) else getattr(solution, "ModelNew", None)
    if not (isinstance(generated, type) and is_module(generated)):
        raise TypeError(f"kernelbench: {name_of(solution)} should have a class ModelNew of torch.nn.Module")
    solved = problem if isinstance(problem, Problem) else prepared(problem or solution)
    instance = made(generated, solved.arguments)
    whole = Whole("kernelbench", name_of(generated), TORCH, instance, "like the Model of its problem")
    # Without its rank, a solution for lines could be taken for one for images, as it pools their rows in the same way.
    ranks = {"ranks": (len(solved.windows["size"]),)} if solved.windows else {}
    return fixed(whole, dict(solved.windows), {**ranks, **declared})


def checked(solution: Any, problem: Any = None) -> SimpleNamespace:
    """The same target after the benchmark's own check, whose verdict is its version, and the details a note."""
    target = kernelbench(solution, problem)
    source = problem.source if isinstance(problem, Problem) else problem or solution
    generated = SimpleNamespace(ModelNew=solution) if isinstance(solution, type) else solution
    found = own_check(source, generated, torch_tensors(device() or "cpu"))
    target.version, target.__notes__ = found.verdict, [str(found)]
    return target


def prepared(problem: Any) -> Problem:
    """A problem with what needs to be known about it. Raises TypeError if it is not one, or not a pooling."""
    if not hasattr(problem, "get_init_inputs"):
        raise TypeError(f"kernelbench: {name_of(problem)} should have get_init_inputs(); name the file of the problem")
    arguments = list(problem.get_init_inputs())
    return Problem(problem, arguments, windows_of(problem.Model, arguments) if hasattr(problem, "Model") else {})


def windows_of(model: Any, arguments: List[Any]) -> Dict[str, Any]:
    """The windows of a class of modules with these arguments, according to its attributes and answers."""
    reference = whole_module(made(model, arguments), {}, "", False, {})
    kind = "max" if hasattr(reference, "max_forward") else "mean"
    return {"kind": kind, **PLAIN, **reference.fixed}


def made(cls: Any, arguments: List[Any]) -> Any:
    """A module with these arguments: a list, or a list and a dict in a list, as in KernelBook's format."""
    if len(arguments) == 2 and isinstance(arguments[0], list) and isinstance(arguments[1], dict):
        return cls(*arguments[0], **arguments[1])
    return cls(*arguments)


def name_of(thing: Any) -> str:
    """The name of a file or an object in messages."""
    return getattr(thing, "__name__", type(thing).__name__)
