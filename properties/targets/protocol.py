"""Encodes calls as headers and payloads, and decodes answers; everything that a peer sends is checked here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any, TypeVar

import numpy as np
from poolproof.kernels.dtypes import Array

from ..data.sparse import Sparse, SparseCall
from ..data.text import cleaned, shown
from ..remote.worker import MOST_LISTED, Header, Memory, ProtocolError, described, memory_of, named, split_payload
from .call import Answer, Call
from .headers import AnswerHeader, AnswerHeaders, typed

Frame = tuple[Header, list[Memory]]

T = TypeVar("T")

ARGUMENTS = {"dy", "x"}
"""The arrays of a call, by name."""

ARRAYS = ("array", "sparse")
"""The kinds of answers that contain an array."""


def question(call: Call, layouts: bool, declared: str = "C") -> tuple[Header, list[Memory]]:
    """A call as header and payload, its arrays in the layout that a target declares."""
    arrays, payload = [], []
    for name, array in (call if layouts else replace(call, layouts={})).laid_out(declared).items():
        header, memory = described(array)
        arrays.append({"name": name, **header})
        payload.append(memory)
    return {
        "function": call.function,
        "arrays": arrays,
        "size": coded(call.size),
        "stride": coded(call.stride),
        "settings": {name: coded(value) for name, value in call.settings.items()},
        "in_place": call.in_place,
    }, payload


def sparse_question(call: SparseCall) -> Frame:
    """A call with sparse arrays as header and payload: for each array the places, then the values."""
    headers = [
        {"name": name, "dtype": named(each.dtype), "shape": list(each.shape), "nonzero": len(each.places)}
        for name, each in call.arrays.items()
    ]
    windows = {"size": list(call.size), "stride": list(call.stride)}
    payload = [memory_of(part) for each in call.arrays.values() for part in (each.places, each.values)]
    return {"type": "sparse", "function": call.function, "arrays": headers, **windows}, [*payload]


def coded(value: Any) -> Any:
    """A window or a setting as JSON from which a worker can tell floats from integers."""
    if isinstance(value, (tuple, list)):
        return [coded(entry) for entry in value]
    return {"float": repr(value)} if isinstance(value, float) else value


def decoded(said: Header, memory: Memory, count: int) -> list[Answer]:
    """The answers in a frame. Raises ProtocolError unless there are `count` of the right form."""
    kind = said.get("type")
    if kind not in ("answer", "answers"):
        raise ProtocolError(f"expected an answer, got {shown(said)}")
    found = typed(said, AnswerHeaders).answers if kind == "answers" else [typed(said, AnswerHeader)]
    if len(found) != count:
        raise ProtocolError(f"expected {count} answers, got {len(found)}")
    chunks = split_payload(memory, list(map(length, found)))
    return [answer_from(each, chunk) for each, chunk in zip(found, chunks, strict=True)]


def answer_from(said: AnswerHeader, memory: Memory) -> Answer:
    """One answer, from its header and its part of the payload."""
    value: Any = None
    if said.kind in ARRAYS:
        value = sparse(said, memory) if said.kind == "sparse" else shaped(memory, dtype_of(said.dtype), said.shape)
    return Answer(
        value=value,
        kind=cleaned(said.kind),
        changed=arguments(said.changed),
        beside=arguments(said.beside),
        shares=arguments(said.shares),
        stale=unique(said.stale),
        reuses=unique(said.reuses),
        raised=tuple(map(cleaned, said.raised)),
        error=cleaned(said.error) or None,
        exited=cleaned(said.exited) or None,
    )


def arguments(names: list[str]) -> tuple[str, ...]:
    """The named arrays of a call. Raises ProtocolError for a name that no array has."""
    if not set(names) <= ARGUMENTS:
        raise ProtocolError(f"{shown(names)} should be a list of {' and '.join(sorted(ARGUMENTS))}")
    return unique(names)


def unique(listed: list[T]) -> tuple[T, ...]:
    """The entries of a list without repeats."""
    return tuple(dict.fromkeys(listed))


def length(said: AnswerHeader) -> int:
    """The number of bytes of a result in the payload."""
    if said.kind not in ARRAYS:
        return 0
    dtype = dtype_of(said.dtype)
    return listed(said) * int(8 + dtype.itemsize) if said.kind == "sparse" else dtype.itemsize * prod(said.shape)


def listed(said: AnswerHeader) -> int:
    """The number of a sparse result's cells in the payload. Raises ProtocolError if the array has fewer."""
    if said.nonzero is None or said.nonzero > prod(said.shape):
        most = f"a number of cells of an array of shape {shown(said.shape)}"
        raise ProtocolError(f"nonzero={shown(said.nonzero)} should be {most}")
    return min(said.nonzero, MOST_LISTED)


def sparse(said: AnswerHeader, memory: Memory) -> Sparse:
    """A sparse result. Raises ProtocolError unless its places ascend within its shape."""
    dtype, count = dtype_of(said.dtype), listed(said)
    places, values = np.frombuffer(memory[: 8 * count], np.int64), np.frombuffer(memory[8 * count :], dtype)
    if places.size and not (places[0] >= 0 and places[-1] < prod(said.shape) and (np.diff(places) > 0).all()):
        raise ProtocolError(f"places should ascend within an array of shape {shown(said.shape)}")
    assert said.nonzero is not None
    return Sparse(dtype, tuple(said.shape), places, values, said.nonzero - count)


def shaped(memory: Memory, dtype: np.dtype[Any], shape: list[int]) -> Array:
    """The bytes of a result as an array. Raises ProtocolError if no array can have this shape."""
    try:
        return np.frombuffer(memory, dtype).reshape(shape)
    except ValueError:
        raise ProtocolError(f"shape={shown(shape)} should be that of an array") from None


@lru_cache(maxsize=64)
def dtype_of(text: str) -> np.dtype[Any]:
    """The dtype that a peer names. Raises ProtocolError unless it is a plain one of NumPy's."""
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):
        raise ProtocolError(f"dtype={shown(text)} should be one of NumPy's") from None
    if dtype.hasobject or dtype.itemsize == 0:
        raise ProtocolError(f"dtype={shown(text)} should be of plain numbers")
    return dtype
