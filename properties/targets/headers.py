"""Headers that a peer sends, as types: whatever it says is checked against them."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from ..data.text import cleaned
from ..remote.worker import Header, ProtocolError

T = TypeVar("T", bound=Struct)

MOST_AXES = 32
"""Axes that an array of any NumPy may have."""

MOST_DTYPE = 100
"""Characters of the name of a dtype."""

Length = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
"""A length of an axis, or a number of cells."""


class Introduction(Struct, frozen=True):
    """What a peer says of itself: the callables it offers, all names it has, declarations, and what it can tell."""

    offers: list[str] = []
    names: list[str] = []
    evidence: list[str] = []
    declared: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    keywords: dict[str, list[str]] = {}
    notes: list[str] = []


class Complaint(Struct, frozen=True):
    """Why a peer has nothing to judge."""

    message: str = "it says no reason"


class AnswerHeader(Struct, frozen=True):
    """What came of a call. `nonzero` is there for a sparse array alone; docs/protocol.md says what each key means."""

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
    """What came of calls that were made at the same time."""

    answers: list[AnswerHeader]


def typed(said: Header, form: type[T]) -> T:
    """A header as a type. Raises ProtocolError, which says what is wrong and where."""
    try:
        return msgspec.convert(said, form)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"in the header: {cleaned(str(error))}") from None
