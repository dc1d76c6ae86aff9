"""Checks of single values, whose errors name the argument, the value and what would be right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from hypothesis.errors import InvalidArgument

from ..contract import did_you_mean
from ..data.text import shown

P = ParamSpec("P")
T = TypeVar("T")


def keywords_checked(function: Callable[P, T]) -> Callable[P, T]:
    """The function, raising InvalidArgument for an unknown keyword, with the name that was probably meant."""
    parameters = inspect.signature(function).parameters
    known = [name for name, each in parameters.items() if each.kind == each.KEYWORD_ONLY]

    @wraps(function)
    def call(*positional: P.args, **keywords: P.kwargs) -> T:
        for name, value in keywords.items():
            if name not in parameters:
                given = f"{function.__name__}: {name}={shown(value)}"
                raise InvalidArgument(f"{given} is not a keyword; {did_you_mean(name, known)}")
        return function(*positional, **keywords)

    return call


def wrong(name: str, value: Any, right: str) -> InvalidArgument:
    """The error about an argument."""
    return InvalidArgument(f"{name}={shown(value)} should be {right}")


def listed(allowed: Sequence[Any]) -> str:
    """Values as Python writes them."""
    return ", ".join(map(repr, allowed))


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal and of the same type: True is not 1."""
    return type(value) is type(other) and bool(value == other)


def several(name: str, values: Any, allowed: Sequence[Any], least: int = 1) -> tuple[Any, ...]:
    """A tuple of at least `least` of the values allowed. Raises InvalidArgument."""
    few = "one or more" if least else "any"
    if isinstance(values, (str, bytes)) or not isinstance(values, Collection) or len(values) < least:
        raise wrong(name, values, f"a tuple of {few} of {listed(allowed)}")
    for value in values:
        if not any(same(value, each) for each in allowed):
            raise InvalidArgument(f"{name}={shown(values)} has {shown(value)}; {instead(value, allowed)}")
    return tuple(dict.fromkeys(values))


def instead(value: Any, allowed: Sequence[Any]) -> str:
    """Advice on what to write instead of a value."""
    return did_you_mean(value, allowed) if isinstance(value, str) else f"there are: {listed(allowed)}"


def one(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """One of the values allowed. Raises InvalidArgument."""
    if not any(same(value, each) for each in allowed):
        raise wrong(name, value, f"one of {listed(allowed)}")
    return value


def positive(name: str, value: Any) -> int:
    """An integer of at least 1. Raises InvalidArgument."""
    if not is_integer(value, 1):
        raise wrong(name, value, "an integer of at least 1")
    return int(value)


def is_integer(value: Any, least: int) -> bool:
    """Whether a value is an integer of at least `least`; a bool is not one."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and int(value) >= least


def integers(value: Any, count: int, least: int = 1) -> bool:
    """Whether a value is a tuple of `count` integers of at least `least`."""
    return isinstance(value, tuple) and len(value) == count and all(is_integer(each, least) for each in value)
