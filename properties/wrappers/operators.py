"""Single functions that take windows as parameters: on tensors or arrays, autograd functions, operators."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, Dict, List

from ..remote.vocabulary import DECLARATION_NAMES
from .drawn import Windowed, drawn
from .frameworks import JAX, NUMPY, TORCH, Framework, jax_dtypes
from .given import check_names
from .parameters import Parameters, parameters_of, refuse_open

LOADED = {"torch": TORCH, "jax": JAX}
"""Frameworks by the modules that a function's own module has loaded, if it belongs to one."""


def function(pool: Any, /, *, kind: str = "", **declared: Any) -> SimpleNamespace:
    """One function pool(x, size, stride, ...) of tensors, arrays of JAX or NumPy, or an operator of torch.library.

    Size, stride and settings are found by the names of its parameters; without such names it takes size and stride in
    this order. Backwards come from the framework. `kind`: "max" or "mean" (default: found by trying). Raises TypeError
    for a function that does not pool.
    """
    check_names("function", declared, DECLARATION_NAMES)
    parameters = parameters_of(pool, arrays=1)
    refuse_open("function", pool, parameters, "give a function that passes it")
    windowed = Windowed("function", pool, parameters, lambda x, words: pool(x, **parameters.keywords(words)))
    return in_first(frameworks(), windowed, kind, declared)


def autograd_function(cls: Any, /, *, kind: str = "", **declared: Any) -> SimpleNamespace:
    """A subclass of torch.autograd.Function, by its `apply`; its forward takes an image, then windows as in `function`.

    Raises TypeError for anything else, or if it does not pool.
    """
    check_names("autograd_function", declared, DECLARATION_NAMES)
    if not is_autograd_function(cls):
        raise TypeError(f"autograd_function: {cls!r} should be a subclass of torch.autograd.Function")
    parameters = parameters_of(cls.forward, arrays=1)
    refuse_open("autograd_function", cls, parameters, "give a function that passes it, to `function`")
    # `apply` takes no keywords.
    return drawn(Windowed("autograd_function", cls, parameters, applied(cls, parameters)), TORCH, kind, declared)


def is_autograd_function(thing: Any) -> bool:
    """Whether this is a subclass of torch.autograd.Function."""
    from torch.autograd import Function

    return isinstance(thing, type) and issubclass(thing, Function)


def applied(cls: Any, parameters: Parameters) -> Any:
    """The forward of an autograd function, as a function of an image and windows by name."""
    return lambda x, words: cls.apply(x, *parameters.positional(words))


def frameworks() -> List[Framework]:
    """The frameworks whose arrays a function may take: the loaded ones, and NumPy."""
    return [*(framework for name, framework in LOADED.items() if name in sys.modules), NUMPY]


def in_first(ways: List[Framework], windowed: Windowed, kind: str, declared: Dict[str, Any]) -> SimpleNamespace:
    """The target in the first framework whose arrays work. Raises TypeError with the first framework's error."""
    refused = []
    for framework in ways:
        try:
            usual = {"dtypes": jax_dtypes()} if framework is JAX else {}
            return drawn(windowed, framework, kind, {**usual, **declared})
        except TypeError as error:
            refused.append(error)
    raise refused[0]
