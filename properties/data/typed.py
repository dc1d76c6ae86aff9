"""What is read and written: the numbers and texts that types are made of, and their JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ..remote.worker import MOST_TEXT
from . import LARGEST
from .text import sendable

T = TypeVar("T")

Json = dict[str, Any]
"""An object of JSON that has no type of its own."""

Whole = Annotated[int, Meta(ge=0, le=LARGEST)]
"""A whole number of at least 0."""

Number = Annotated[float, Meta(ge=0, le=float(LARGEST))]
"""A number of at least 0."""

Name = Annotated[str, Meta(min_length=1, max_length=MOST_TEXT, pattern=r"\S")]
"""A text that is not empty, and that can be shown in full."""

Scalar = bool | int | float | str
"""A cell of an array; numbers that JSON lacks are texts."""

Nested = list[Any] | bool | int | float | str | None
"""What NumPy gives for an array of any rank: lists in lists, or a number."""


def encoded(value: object) -> bytes:
    """A value as JSON. Lone surrogates, which only the name of a file has, are written as `sendable` writes them."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(with_texts_sendable(msgspec.to_builtins(value)))


def with_texts_sendable(value: Any) -> Any:
    """A value of lists, dicts and scalars with every text as UTF-8 has it."""
    if isinstance(value, dict):
        return {sendable(key): with_texts_sendable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_texts_sendable(entry) for entry in value]
    return sendable(value) if isinstance(value, str) else value


def decoded(text: bytes | str, form: type[T]) -> T:
    """The value of a type that JSON has. Raises ValueError, which says what is wrong and where."""
    try:
        return msgspec.json.decode(text, type=form)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
