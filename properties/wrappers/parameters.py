"""The parameters of functions and constructors that take windows, recognised by their usual names."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, NamedTuple, Tuple

from .given import called
from .shapes import single

SIZES = (
    *("size", "kernel_size", "pool_size", "kernel", "window", "window_size", "window_shape", "filter_size", "ksize"),
    *("pool_shape", "k", "f"),
)
STRIDES = ("stride", "strides", "step", "steps", "s")
NAMES = {
    "size": SIZES,
    "stride": STRIDES,
    "padding": ("padding", "pad", "pads", "p"),
    "dilation": ("dilation", "dilations", "d"),
    "ceil_mode": ("ceil_mode", "ceil"),
    "count_include_pad": ("count_include_pad",),
}
"""The usual names of parameters, by the contract's names."""

PLAIN = {"padding": 0, "dilation": 1, "ceil_mode": False, "count_include_pad": True}
"""Settings that have no effect."""

IGNORED = ("return_indices", "divisor_override", "ctx", "self", "name", "parent", "dtype", "device")
"""Parameters that keep their defaults, or are never passed."""

NEEDED = inspect.Parameter.empty
"""Marks a parameter without a default."""


def word_of(name: str) -> str:
    """The contract's name of a parameter; empty if it has none."""
    return next((word for word, names in NAMES.items() if name.lower() in names), "")


class Parameter(NamedTuple):
    """A parameter: its name, the contract's name for it, and its default."""

    name: str
    word: str
    default: Any = NEEDED

    def is_set(self) -> bool:
        """Whether it is a setting that must be passed to have no effect."""
        return self.word in PLAIN and self.default != PLAIN[self.word]


class Parameters(NamedTuple):
    """The parameters of a function, except those that take arrays."""

    every: Tuple[Parameter, ...]

    @property
    def words(self) -> Tuple[str, ...]:
        """The contract's names of these parameters, where it has one."""
        return tuple(each.word for each in self.every if each.word)

    @property
    def open(self) -> List[str]:
        """The names of parameters that need a value but have no meaning in the contract."""
        return [each.name for each in self.every if not each.word and each.default is NEEDED]

    def keywords(self, given: Dict[str, Any]) -> Dict[str, Any]:
        """Values by the contract's names, renamed to these parameters; settings default to neutral values."""
        known = {**neutral(given), **given}
        return {each.name: known[each.word] for each in self.every if each.word in given or each.is_set()}

    def positional(self, given: Dict[str, Any]) -> List[Any]:
        """Values by the contract's names, in the order of these parameters; the others get their defaults."""
        known = {**neutral(given), **given}
        return [known.get(each.word, each.default) for each in self.every]


def neutral(given: Dict[str, Any]) -> Dict[str, Any]:
    """Settings without effect, with one number per axis, or single ints if the size is one."""
    size = given["size"]
    numbers = {name: PLAIN[name] for name in ("padding", "dilation")}
    each = {name: (value,) * len(size) for name, value in numbers.items()} if isinstance(size, tuple) else numbers
    return {**PLAIN, **each}


def parameters_of(function: Any, arrays: int = 0) -> Parameters:
    """The parameters of a function or class after its first `arrays` ones; empty if it has no signature.

    If no name means size or stride, the first two parameters of a function that need a value are these.
    """
    return recognised(
        [each for each in listed(function) if each[0] not in IGNORED][arrays:], isinstance(function, type)
    )


def recognised(named: List[Tuple[str, Any]], of_class: bool) -> Parameters:
    """Parameters from names and defaults."""
    # The contract has no padding of "same" or "valid".
    every = [Parameter(name, "" if isinstance(default, str) else word_of(name), default) for name, default in named]
    missing = [word for word in ("size", "stride") if word not in {each.word for each in every}]
    if len(missing) == len(("size", "stride")) and not of_class:
        for k in [k for k, each in enumerate(every) if not each.word and each.default is NEEDED][:2]:
            every[k] = every[k]._replace(word=missing.pop(0))
    return Parameters(tuple(every))


def listed(function: Any) -> List[Tuple[str, Any]]:
    """The names and defaults of the parameters of a function, a class or an operator of PyTorch."""
    operator = getattr(function, "_opoverload", None) or getattr(function, "default", function)
    schema: Any = getattr(operator, "_schema", None)
    if hasattr(schema, "arguments"):
        return [(each.name, each.default_value if each.has_default_value() else NEEDED) for each in schema.arguments]
    found = signed(function)
    # A metaclass may hide the signature of its classes.
    return signed(vars(function).get("__init__")) if isinstance(function, type) and not found else found


def signed(function: Any) -> List[Tuple[str, Any]]:
    """The names and defaults of the parameters in the signature of a function, if it has one."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [(each.name, each.default) for each in parameters if each.kind not in several]


def plain_words(size: Any, stride: Any, settings: Dict[str, Any], *, ints: bool) -> Dict[str, Any]:
    """Windows as a framework takes them, by the contract's names: one number of padding per axis, or single ints."""
    words = {"size": size, "stride": stride, **settings}
    if "padding" in words:
        words["padding"] = tuple(begin for begin, _ in words["padding"])
    return {name: single(value) if ints else value for name, value in words.items()}


def refuse_open(wrapper: str, thing: Any, parameters: Parameters, hint: str) -> None:
    """Raise TypeError about a parameter that needs a value."""
    if parameters.open:
        needed = " and ".join(parameters.open)
        raise TypeError(f"{wrapper}: {called(thing)} needs {needed}, which says nothing about windows; {hint}")
