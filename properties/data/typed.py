"""Types for reports: the numbers and texts that they consist of, and conversion to and from JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ..remote.worker import MOST_TEXT
from . import LARGEST
from .text import sendable

T = TypeVar("T")

Json = dict[str, Any]
"""A JSON object without a type of its own."""

Whole = Annotated[int, Meta(ge=0, le=LARGEST)]
"""An integer of at least 0."""

Number = Annotated[float, Meta(ge=0, le=float(LARGEST))]
"""A number of at least 0."""

Name = Annotated[str, Meta(min_length=1, max_length=MOST_TEXT, pattern=r"\S")]
"""A text that is not blank and can be shown in full."""

Scalar = bool | int | float | str
"""A cell of an array; numbers that JSON cannot represent are texts."""

Nested = list[Any] | bool | int | float | str | None
"""The result of `ndarray.tolist` at any rank: nested lists, or a number."""


def encoded(value: object) -> bytes:
    """A value as JSON. Lone surrogates, which occur in file names only, are escaped as by `sendable`."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(with_texts_sendable(msgspec.to_builtins(value)))


def with_texts_sendable(value: Any) -> Any:
    """A value of lists, dicts and scalars with `sendable` applied to every text."""
    if isinstance(value, dict):
        return {sendable(key): with_texts_sendable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_texts_sendable(entry) for entry in value]
    return sendable(value) if isinstance(value, str) else value


def decoded(text: bytes | str, form: type[T]) -> T:
    """A value of type `form` from JSON. Raises ValueError that says what is wrong and where."""
    try:
        return msgspec.json.decode(text, type=form)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
