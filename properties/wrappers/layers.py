"""Layers: objects made for one window, with forward(x) and backward(dy)."""

from __future__ import annotations

from functools import wraps
from types import SimpleNamespace
from typing import Any

from .given import Function, taken


def layer(*, max_layer: Any = None, mean_layer: Any = None, **given: Any) -> SimpleNamespace:
    """Teaching layers, made for each call by max_layer(size, stride) or mean_layer(size, stride): classes or functions.

    `forward(x)` returns y; for dx, `backward(dy)` is called after a forward on x. If a layer has no `backward`, only
    its forward is tested. Settings that a class or function names are passed to it. Raises TypeError if there is no
    layer.
    """
    makers = {"max": max_layer, "mean": mean_layer}
    functions: dict[str, Function] = {}
    for kind, make in makers.items():
        if make is None:
            continue
        if not callable(make):
            raise TypeError(f"layer: {kind}_layer={make!r} should be a class, or a function of (size, stride)")
        functions[f"{kind}_forward"] = forward_of(make)
        if has_backward(make):
            functions[f"{kind}_backward"] = backward_of(make)
    if not functions:
        raise TypeError("layer: there is no layer; give max_layer=... or mean_layer=...")
    found = taken("layer", None, {**functions, **given})
    return found.made(found.functions)


def has_backward(make: Function) -> bool:
    """Whether layers have a backward, judging by one for windows of two; True if none can be made."""
    try:
        return hasattr(make((2, 2), (2, 2)), "backward")
    except Exception:
        return True


def forward_of(make: Function) -> Function:
    """The forward of a layer that is made for each call."""

    @wraps(make, updated=())
    def call(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        return make(size, stride, **settings).forward(x)

    return call


def backward_of(make: Function) -> Function:
    """The backward of a layer that is made for each call, after its forward."""

    @wraps(make, updated=())
    def call(dy: Any, x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        made = make(size, stride, **settings)
        made.forward(x)
        return made.backward(dy)

    return call
