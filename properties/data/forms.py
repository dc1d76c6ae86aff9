"""Forms that JSON should have: functions of a value and its place, which raise Misfit where it is of another form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..remote.worker import MOST_TEXT
from . import LARGEST
from .text import cleaned, shown

Form = Callable[[Any, str], None]
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, MemoryError)
"""What Python and NumPy raise when they are to make an array, a call or a case of something else."""


class Misfit(Exception):
    """Something in a report is not what it should be."""


def expect(right: bool, value: Any, where: str, what: str) -> None:
    """Raise Misfit about a value unless it is right."""
    if not right:
        raise Misfit(f"{where} is {shown(value)}, but should be {what}")


def anything(value: Any, where: str) -> None:
    """No more is known."""


def text(value: Any, where: str) -> None:
    """A text."""
    expect(isinstance(value, str), value, where, "a text")


def name(value: Any, where: str) -> None:
    """A text that is not empty, and that can be shown in full."""
    right = isinstance(value, str) and bool(value.strip()) and len(value) <= MOST_TEXT
    expect(right, value, where, f"a text of 1 to {MOST_TEXT:,} characters")


def flag(value: Any, where: str) -> None:
    """True or false."""
    expect(isinstance(value, bool), value, where, "true or false")


def whole(value: Any, where: str) -> None:
    """A whole number of at least 0."""
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
    expect(right, value, where, "a whole number of at least 0")


def number(value: Any, where: str) -> None:
    """A number of at least 0."""
    right = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LARGEST
    expect(right, value, where, "a number of at least 0")


def one_of(*choices: Any) -> Form:
    """One of these texts or numbers."""

    def form(value: Any, where: str) -> None:
        right = isinstance(value, (str, int)) and not isinstance(value, bool) and value in choices
        expect(right, value, where, f"one of {', '.join(map(str, choices))}")

    return form


def optional(inner: Form) -> Form:
    """Null, or of a form."""
    return lambda value, where: None if value is None else inner(value, where)


def list_of(inner: Form) -> Form:
    """A list of values of one form."""

    def form(value: Any, where: str) -> None:
        expect(isinstance(value, list), value, where, "a list")
        for k, entry in enumerate(value):
            inner(entry, f"{where}[{k}]")

    return form


def mapping_of(inner: Form, key: Form = name) -> Form:
    """An object with values of one form, under keys of another."""

    def form(value: Any, where: str) -> None:
        expect(isinstance(value, dict), value, where, "an object")
        for each, entry in value.items():
            key(each, f"a key of {where}")
            inner(entry, f"{where}.{each}")

    return form


def object_with(needed: dict[str, Form], perhaps: dict[str, Form] | None = None) -> Form:
    """An object with these keys, and perhaps those; others may be there too."""

    def form(value: Any, where: str) -> None:
        expect(isinstance(value, dict), value, where, "an object")
        for key, inner in needed.items():
            if key not in value:
                raise Misfit(f"{where} should have {key!r}")
            inner(value[key], f"{where}.{key}")
        for key, inner in (perhaps or {}).items():
            if key in value:
                inner(value[key], f"{where}.{key}")

    return form


def made_by(make: Callable[[Any], Any]) -> Form:
    """Something that a function takes."""

    def form(value: Any, where: str) -> None:
        try:
            make(value)
        except UNREADABLE as error:
            raise Misfit(f"{where}: {type(error).__name__}: {cleaned(str(error))}") from None

    return form


def both(first: Form, second: Form) -> Form:
    """Of one form, and then of another."""

    def form(value: Any, where: str) -> None:
        first(value, where)
        second(value, where)

    return form
