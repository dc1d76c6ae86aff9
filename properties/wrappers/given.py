"""The arguments of a wrapper: functions by the contract's names, and declarations; and the target made from them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, Iterable, NamedTuple, Tuple

from ..remote.vocabulary import CALLABLES, DECLARATION_NAMES, did_you_mean

Function = Callable[..., Any]


class Taken(NamedTuple):
    """The arguments of a wrapper: functions by the contract's names, declarations, a name for the result, and notes."""

    functions: dict[str, Function]
    declarations: dict[str, Any]
    label: str
    notes: Tuple[str, ...] = ()

    def made(self, functions: dict[str, Function], **defaults: Any) -> SimpleNamespace:
        """A target of these functions; declarations take precedence over the defaults."""
        told = {"__notes__": list(self.notes)} if self.notes else {}
        return SimpleNamespace(__name__=self.label, **told, **functions, **{**defaults, **self.declarations})

    def noting(self, notes: Iterable[str]) -> Taken:
        """The same arguments with more notes, which a run prints."""
        return self._replace(notes=(*self.notes, *notes))


def taken(wrapper: str, implementation: Any, given: dict[str, Any]) -> Taken:
    """The callables and declarations of an implementation; those given by name come first. A class is instantiated."""
    check_names(wrapper, given, (*CALLABLES, *DECLARATION_NAMES))
    for name in given.keys() & set(CALLABLES):
        if not callable(given[name]):
            raise TypeError(f"{wrapper}: {name}={given[name]!r} should be a function")
    source = implementation() if isinstance(implementation, type) else implementation
    own = {name: getattr(source, name) for name in (*CALLABLES, *DECLARATION_NAMES) if hasattr(source, name)}
    functions = {name: each for name, each in {**own, **given}.items() if name in CALLABLES and callable(each)}
    if not functions:
        told = f"implementation={source!r} has none of {', '.join(CALLABLES)}"
        raise TypeError(f"{wrapper}: {told}; give an object that has some, or name the function: max_forward=...")
    inside = own.pop("name", None) or called(next(iter(functions.values())) if source is None else source)
    declarations = {
        name: each for name, each in {**own, **given}.items() if name in DECLARATION_NAMES and not callable(each)
    }
    return Taken(functions, declarations, f"{wrapper}({inside})", tuple(getattr(source, "__notes__", ())))


def check_names(wrapper: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raise TypeError about an unknown keyword."""
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"{wrapper}: {name}={value!r} is not in the contract; {did_you_mean(name, known)}")


def called(function: Any) -> str:
    """The name of a function in messages."""
    return getattr(function, "__name__", type(function).__name__)
