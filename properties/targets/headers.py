"""The types of a peer's headers, against which everything it sends is checked."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from ..data.text import cleaned
from ..remote.worker import Header, ProtocolError

T = TypeVar("T", bound=Struct)

MOST_AXES = 32
"""The most axes of an array in any NumPy."""

MOST_DTYPE = 100
"""The most characters of a dtype's name."""

Length = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
"""A length of an axis, or a number of cells."""


class Introduction(Struct, frozen=True):
    """A peer's description of itself: the callables it offers, all its names, declarations, and what it can report."""

    offers: list[str] = []
    names: list[str] = []
    evidence: list[str] = []
    declared: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    keywords: dict[str, list[str]] = {}
    notes: list[str] = []


class Complaint(Struct, frozen=True):
    """Why a peer has nothing to judge."""

    message: str = "it gives no reason"


class AnswerHeader(Struct, frozen=True):
    """The answer to a call. `nonzero` is present only for a sparse array; docs/protocol.md describes each key."""

    kind: str = "nothing"
    dtype: Annotated[str, Meta(max_length=MOST_DTYPE)] = ""
    shape: Annotated[list[Length], Meta(max_length=MOST_AXES)] = []
    nonzero: Length | None = None
    changed: list[str] = []
    beside: list[str] = []
    shares: list[str] = []
    stale: list[int] = []
    reuses: list[int] = []
    raised: list[str] = []
    error: str = ""
    exited: str = ""


class AnswerHeaders(Struct, frozen=True):
    """The answers to calls that were made at the same time."""

    answers: list[AnswerHeader]


def typed(said: Header, form: type[T]) -> T:
    """A header as a type. Raises ProtocolError, which names the mistake and its place."""
    try:
        return msgspec.convert(said, form)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"in the header: {cleaned(str(error))}") from None
