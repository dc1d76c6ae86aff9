"""PyTorch modules whose forward is one pooling operation."""

from __future__ import annotations

import re
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Dict

from ..remote.vocabulary import DECLARATION_NAMES
from .drawn import Windowed, drawn
from .fixed import Whole, fixed
from .frameworks import TORCH
from .given import called, check_names
from .known_pooling import KINDS
from .parameters import NAMES, PLAIN, Parameters, listed, parameters_of, refuse_open, word_of

INSTANCES = 64
"""The most modules of a class that are cached."""

MOST_COMPILED = 1 << 20
"""The most variants of a module that torch.compile may make."""

HINT = "give the arguments, module(TheClass, ...), or a file that has them, with --as kernelbench"
"""Advice about a constructor with arguments that are not windows."""

POOLS = re.compile(r"(Max|Avg)Pool[123]d")
"""PyTorch's pooling classes."""

ADAPTIVE = re.compile(r"Adaptive(Max|Avg)Pool[123]d")
"""Those whose windows depend on the image."""


def module(thing: Any, /, *init_args: Any, kind: str = "", compiled: Any = False, **declared: Any) -> SimpleNamespace:
    """A torch.nn.Module whose forward pools, or its class; a class that takes windows gets one module per window.

    A class without such arguments, a class given with its constructor's arguments, and an existing module have fixed
    windows. These are found by trying, except what attributes like `kernel_size` say, on the module or on the only
    pooling module inside; `fixed` declares them instead. Backwards come from autograd. `kind`: "max" or "mean"
    (default: found by trying). `compiled`: judge the module compiled by torch.compile, with the default backend if
    True, or with the named one. Raises TypeError for anything that is not such a module, or does no pooling of the
    contract.
    """
    check_names("module", declared, DECLARATION_NAMES)
    if kind not in ("", *KINDS):
        raise TypeError(f"module: kind={kind!r} should be one of {', '.join(map(repr, KINDS))}")
    if not is_module(thing):
        raise TypeError(f"module: {thing!r} should be a torch.nn.Module, or a class of them")
    if not isinstance(thing, type):
        return whole_module(thing, {}, kind, compiled, declared)
    parameters = parameters_of(thing)
    if "size" in parameters.words and not init_args:
        return module_of_windows(thing, parameters, kind, compiled, declared)
    if not init_args:
        refuse_open("module", thing, parameters, HINT)
    return whole_module(thing(*init_args), arguments_said(thing, init_args), kind, compiled, declared)


def is_module(thing: Any) -> bool:
    """Whether this is a module, or a class of modules."""
    from torch.nn import Module

    return issubclass(thing, Module) if isinstance(thing, type) else isinstance(thing, Module)


def module_of_windows(
    cls: Any, parameters: Parameters, kind: str, compiled: Any, declared: Dict[str, Any]
) -> SimpleNamespace:
    """A target made from a class of modules that take their windows in the constructor."""
    refuse_open("module", cls, parameters, HINT)

    @lru_cache(maxsize=INSTANCES)
    def made(*keywords: Any) -> Any:
        return as_compiled(cls(**dict(keywords)), compiled)

    def call(x: Any, words: Dict[str, Any]) -> Any:
        return made(*parameters.keywords(words).items())(x)

    return drawn(Windowed("module", cls, parameters, call), TORCH, kind, declared)


def whole_module(
    instance: Any, said: Dict[str, Any], kind: str, compiled: Any, declared: Dict[str, Any]
) -> SimpleNamespace:
    """A target made from a module with fixed windows."""
    windows = {**PLAIN, **declared["fixed"]} if "fixed" in declared else {}
    known = {**attributes_said(instance), **said, **windows, **({"kind": kind} if kind else {})}
    return fixed(Whole("module", called(instance), TORCH, as_compiled(instance, compiled)), known, declared)


def as_compiled(instance: Any, compiled: Any) -> Any:
    """The module, or its version compiled by torch.compile; shapes vary from call to call."""
    if not compiled:
        return instance
    import torch

    # Beyond these limits it would run without being compiled.
    for limit in ("recompile_limit", "accumulated_recompile_limit", "cache_size_limit", "accumulated_cache_size_limit"):
        if hasattr(torch._dynamo.config, limit):
            setattr(torch._dynamo.config, limit, MOST_COMPILED)
    named = {"backend": compiled} if isinstance(compiled, str) else {}
    return torch.compile(instance, dynamic=True, **named)


def arguments_said(cls: Any, init_args: Any) -> Dict[str, Any]:
    """The windows that the arguments of a constructor describe, judging by their names."""
    names = [name for name, _ in listed(cls) if name not in ("self", "ctx")]
    return windows_said(dict(zip(names, init_args)))


def attributes_said(instance: Any) -> Dict[str, Any]:
    """The windows that the attributes of a module, or else of the only pooling module inside, describe."""
    own = windows_said(vars(instance))
    inside = [each for each in instance.modules() if POOLS.fullmatch(called(each))]
    source = instance if "size" in own else inside[0] if len(inside) == 1 else None
    if source is None:
        refuse_adaptive(instance)
        return {}
    if getattr(source, "divisor_override", None):
        told = f"its sums are divided by {source.divisor_override} everywhere (divisor_override), so they are no means"
        raise TypeError(f"module: {called(instance)}: {told}")
    return {**kind_said(source), **windows_said(vars(source))}


def refuse_adaptive(instance: Any) -> None:
    """Raise TypeError if there is an adaptive pooling inside."""
    for each in filter(ADAPTIVE.fullmatch, map(called, instance.modules())):
        told = f"{each} has windows that depend on the length of the image, and the contract has none such"
        raise TypeError(f"module: {called(instance)}: {told}")


def kind_said(instance: Any) -> Dict[str, Any]:
    """The kind of pooling of PyTorch's own classes, judging by their names."""
    met = POOLS.fullmatch(called(instance))
    return {"kind": "max" if met[1] == "Max" else "mean"} if met else {}


def windows_said(named: Dict[str, Any]) -> Dict[str, Any]:
    """The windows that named values describe, by the contract's names; a stride of None means the size."""
    said = {
        word: value for name, value in named.items() if len(name) > 1 and (word := word_of(name)) and is_geometry(value)
    }
    absent = [name for name in NAMES["stride"] if len(name) > 1 and name in named and named[name] is None]
    return {**said, "stride": said["size"]} if absent and "size" in said else said


def is_geometry(value: Any) -> bool:
    """Whether a value can be a window or a flag: an int, or a tuple of up to three."""
    if isinstance(value, (tuple, list)):
        return 1 <= len(value) <= 3 and all(type(each) is int for each in value)
    return type(value) in (int, bool)
