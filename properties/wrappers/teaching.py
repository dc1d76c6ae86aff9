"""Layers by their class: those of courses, with forward(x) and backward(delta), and those of Keras."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..remote.vocabulary import DECLARATION_NAMES
from .drawn import Windowed, learn
from .frameworks import NUMPY
from .given import check_names
from .layers import layer
from .parameters import Parameters, parameters_of, plain_words, refuse_open


def teaching_layer(cls: Any, /, *, kind: str = "", **declared: Any) -> SimpleNamespace:
    """A class of layers, made for each call by its constructor, which names size and stride.

    `kind`: "max" or "mean" (default: found by asking). TypeError for what does not pool.
    """
    check_names("layer", declared, DECLARATION_NAMES)
    if not isinstance(cls, type):
        raise TypeError(f"layer: {cls!r} should be a class of layers")
    parameters = parameters_of(cls)
    refuse_open("layer", cls, parameters, "give a function of size and stride: layer(max_layer=...)")
    windowed = Windowed("layer", cls, parameters, lambda x, words: cls(**parameters.keywords(words)).forward(x))
    learned = learn(windowed, NUMPY, kind, declared)
    made = {f"{learned.kind}_layer": maker(cls, parameters, learned.ints)}
    return learned.named(layer(**made, **{**learned.declarations, **declared}), windowed)


def maker(cls: Any, parameters: Parameters, ints: bool) -> Any:
    """What makes a layer of its class for windows as the contract has them."""
    return lambda size, stride, **settings: cls(**parameters.keywords(plain_words(size, stride, settings, ints=ints)))
