"""Layer classes: those of courses, with forward(x) and backward(delta), and those of Keras and Flax."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Callable, Dict, Tuple

from ..remote.vocabulary import DECLARATION_NAMES
from .drawn import Windowed, drawn, learn
from .frameworks import JAX, NUMPY, TENSORFLOW, TORCH, Framework, jax_dtypes
from .given import check_names
from .layers import layer
from .parameters import Parameters, parameters_of, plain_words, refuse_open

BACKENDS = {"jax": JAX, "tensorflow": TENSORFLOW, "torch": TORCH}
"""Frameworks by the names of Keras' backends."""


def layer_class(cls: Any, /, *, kind: str = "", **declared: Any) -> SimpleNamespace:
    """A class of layers whose constructor names size and stride: from a course, Keras, or Flax.

    Those of Keras and Flax take channels last and are differentiated by their framework; Keras computes in float32
    unless other `dtypes` are declared. `kind`: "max" or "mean" (default: found by trying). Raises TypeError for a class
    that does not pool.
    """
    check_names("layer", declared, DECLARATION_NAMES)
    if not isinstance(cls, type):
        raise TypeError(f"layer: {cls!r} should be a class of layers")
    parameters = parameters_of(cls)
    refuse_open("layer", cls, parameters, "give a function of size and stride: layer(max_layer=...)")
    package = package_of(cls)
    if not package:
        return of_course(cls, parameters, kind, declared)
    framework, call = in_keras(cls, parameters) if package == "keras" else (JAX, in_flax(cls, parameters))
    usual = {"dtypes": ("float32",) if package == "keras" else jax_dtypes()}
    return drawn(Windowed("layer", cls, parameters, call), framework, kind, {**usual, **declared})


def package_of(cls: Any) -> str:
    """The layer library that a class derives from; empty if none."""
    packages = {base.__module__.partition(".")[0] for base in cls.__mro__}
    return next((name for name in ("keras", "flax") if name in packages), "")


def of_course(cls: Any, parameters: Parameters, kind: str, declared: Dict[str, Any]) -> SimpleNamespace:
    """A target made from layers with forward(x) and perhaps backward(delta)."""
    windowed = Windowed("layer", cls, parameters, lambda x, words: cls(**parameters.keywords(words)).forward(x))
    learned = learn(windowed, NUMPY, kind, declared)
    made = {f"{learned.kind}_layer": maker(cls, parameters, learned.ints)}
    return learned.named(layer(**made, **{**learned.declarations, **declared}), windowed)


def maker(cls: Any, parameters: Parameters, ints: bool) -> Any:
    """A function that makes a layer of a class for windows in the contract's form."""
    return lambda size, stride, **settings: cls(**parameters.keywords(plain_words(size, stride, settings, ints=ints)))


def in_keras(cls: Any, parameters: Parameters) -> Tuple[Framework, Callable[[Any, Dict[str, Any]], Any]]:
    """The framework under Keras, and a function that calls a layer per window, with channels where it expects them."""
    from keras import config, ops

    @lru_cache(maxsize=64)
    def made(*keywords: Any) -> Any:
        return cls(**dict(keywords))

    def call(x: Any, words: Dict[str, Any]) -> Any:
        one = made(*parameters.keywords(words).items())
        if getattr(one, "data_format", config.image_data_format()) == "channels_first":
            return one(x)
        return ops.moveaxis(one(ops.moveaxis(x, 1, -1)), -1, 1)

    return BACKENDS[config.backend()], call


def in_flax(cls: Any, parameters: Parameters) -> Callable[[Any, Dict[str, Any]], Any]:
    """A function that calls a new module of Flax on channels last; one of flax.linen is called without variables."""
    from jax.numpy import moveaxis

    def call(x: Any, words: Dict[str, Any]) -> Any:
        made = cls(**parameters.keywords(words))
        a = moveaxis(x, 1, -1)
        return moveaxis(made.apply({}, a) if hasattr(made, "apply") else made(a), -1, 1)

    return call
