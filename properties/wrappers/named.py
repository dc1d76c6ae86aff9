"""The wrappers of `--as NAME`, applied to the object that a target names, or to the only suitable one in its file."""

from __future__ import annotations

import inspect
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, List

from ..remote.vocabulary import CALLABLES, OWN_CHECK
from .frameworks import jax_function, torch_function
from .given import called
from .kernelbench import checked, kernelbench, prepared
from .layer_classes import layer_class
from .modules import is_module, module
from .operators import LOADED, autograd_function, function, is_autograd_function
from .parameters import parameters_of

MODELS = ("ModelNew", "Model")
"""The names of the classes that a file of modules is about, if it has them."""


def wrapped(name: str, found: Any, problem: Any = None) -> SimpleNamespace:
    """The target that a wrapper makes from an object or a file. Raises TypeError with what is wrong."""
    return OF_PROBLEMS[name](found, problem) if name in OF_PROBLEMS else BY_NAME[name](found)


def as_module(found: Any) -> SimpleNamespace:
    """A module, its class, or the one that a file is about."""
    if not isinstance(found, ModuleType):
        return module(found)
    named = [name for name in MODELS if isinstance(getattr(found, name, None), type)]
    return module(getattr(found, named[0]) if named else the_one(found, "torch.nn.Module", is_module))


def as_autograd_function(found: Any) -> SimpleNamespace:
    """An autograd function, or the only one in a file; or an operator of torch.library."""
    if isinstance(found, ModuleType):
        found = the_one(found, "torch.autograd.Function", is_autograd_function)
    return autograd_function(found) if isinstance(found, type) else function(found)


def as_function(found: Any) -> SimpleNamespace:
    """A function, the only one in a file, or those in a file with the contract's names."""
    if not isinstance(found, ModuleType):
        return function(found)
    if any(callable(getattr(found, name, None)) for name in CALLABLES):
        return whole_file(found)
    own = [each for each in public(found) if inspect.isfunction(each) and each.__module__ == found.__name__]
    return function(only(found, "function", own))


def whole_file(found: Any) -> SimpleNamespace:
    """The functions in a file with the contract's names, on arrays of the framework that it has imported."""
    loaded = [name for name in LOADED if any(name == called(each).partition(".")[0] for each in public(found))]
    return jax_function(found) if loaded == ["jax"] else torch_function(found)


def as_layer(found: Any) -> SimpleNamespace:
    """A class of layers, or the only one in a file."""
    if isinstance(found, ModuleType):
        found = the_one(found, "class of layers, made with a size", lambda cls: "size" in parameters_of(cls).words)
    return layer_class(found)


def the_one(file: ModuleType, what: str, fits: Callable[[Any], bool]) -> Any:
    """The only suitable class that a file defines. Raises TypeError that lists all if there is not exactly one."""
    own = [each for each in public(file) if isinstance(each, type) and each.__module__ == file.__name__]
    return only(file, what, [each for each in own if fits(each)])


def only(file: ModuleType, what: str, found: List[Any]) -> Any:
    """The only entry of a list. Raises TypeError that lists all if there is not exactly one."""
    if len(found) == 1:
        return found[0]
    several = f"has {', '.join(map(called, found))}; name one, as {called(file)}.py:{called(found[0])}" if found else ""
    raise TypeError(f"{called(file)} should define one {what}, but {several or 'has none'}")


def public(file: ModuleType) -> List[Any]:
    """The values of the public names in a file."""
    return [value for name, value in vars(file).items() if not name.startswith("_")]


problem_of = prepared
"""The functions that prepare a file with a problem before the target is loaded."""

OF_PROBLEMS = {"kernelbench": kernelbench, OWN_CHECK: checked}
BY_NAME = {
    "module": as_module,
    "function": as_function,
    "autograd_function": as_autograd_function,
    "layer": as_layer,
}
