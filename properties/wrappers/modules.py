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
"""Modules of one class that are remembered."""

MOST_COMPILED = 1 << 20
"""Variants of a module that torch.compile may make."""

HINT = "give the arguments, module(TheClass, ...), or a file that has them, with --as kernelbench"
"""What to do about a constructor with arguments that are no windows."""

POOLS = re.compile(r"(Max|Avg)Pool[123]d")
"""The classes of PyTorch that pool."""

ADAPTIVE = re.compile(r"Adaptive(Max|Avg)Pool[123]d")
"""Those whose windows depend on the image."""


def module(thing: Any, /, *init_args: Any, kind: str = "", compiled: Any = False, **declared: Any) -> SimpleNamespace:
    """A torch.nn.Module whose forward pools, or its class: of a class that takes windows, one module for each.

    A class that takes none, or comes with the arguments of its constructor, and a module that is made already, have
    windows of their own. These are found by asking, but for what attributes like `kernel_size` say, here or in the one
    pooling module inside; `fixed` declares them instead. Backwards are autograd's. `kind`: "max" or "mean" (default:
    found by asking). `compiled`: judge what torch.compile makes of the module, with its usual backend if True, or with
    the one that is named. TypeError for what is no such module, or does no pooling of the contract.
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
    """A target of a class of modules that take their windows when they are made."""
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
    """A target of a module with windows of its own."""
    windows = {**PLAIN, **declared["fixed"]} if "fixed" in declared else {}
    known = {**attributes_said(instance), **said, **windows, **({"kind": kind} if kind else {})}
    return fixed(Whole("module", called(instance), TORCH, as_compiled(instance, compiled)), known, declared)


def as_compiled(instance: Any, compiled: Any) -> Any:
    """The module, or what torch.compile makes of it; shapes vary from call to call."""
    if not compiled:
        return instance
    import torch

    # Beyond these limits it would go on without being compiled.
    for limit in ("recompile_limit", "accumulated_recompile_limit", "cache_size_limit", "accumulated_cache_size_limit"):
        if hasattr(torch._dynamo.config, limit):
            setattr(torch._dynamo.config, limit, MOST_COMPILED)
    named = {"backend": compiled} if isinstance(compiled, str) else {}
    return torch.compile(instance, dynamic=True, **named)


def arguments_said(cls: Any, init_args: Any) -> Dict[str, Any]:
    """What the arguments of a constructor say of its windows, by their names."""
    names = [name for name, _ in listed(cls) if name not in ("self", "ctx")]
    return windows_said(dict(zip(names, init_args)))


def attributes_said(instance: Any) -> Dict[str, Any]:
    """What the attributes of a module, or else of the one pooling module inside, say of its windows."""
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
    """Raise TypeError about an adaptive pooling inside."""
    for each in filter(ADAPTIVE.fullmatch, map(called, instance.modules())):
        told = f"{each} has windows that depend on the length of the image, and the contract has none such"
        raise TypeError(f"module: {called(instance)}: {told}")


def kind_said(instance: Any) -> Dict[str, Any]:
    """What the name of PyTorch's own classes says of the kind."""
    met = POOLS.fullmatch(called(instance))
    return {"kind": "max" if met[1] == "Max" else "mean"} if met else {}


def windows_said(named: Dict[str, Any]) -> Dict[str, Any]:
    """What values say of windows by their names, by the contract's; a stride that is None is the size."""
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
