"""Calls as headers and payloads, and what comes back as answers: everything that a peer says is checked here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ..data.sparse import Sparse, SparseCall
from ..data.text import cleaned, shown
from ..remote.worker import MOST_LISTED, Header, Memory, ProtocolError, described, memory_of, named, split_payload
from .call import Answer, Call

Frame = tuple[Header, list[Memory]]

MOST_AXES = 32
"""Axes that an array of any NumPy may have."""

MOST_DTYPE = 100
"""Characters of the name of a dtype."""

ARRAYS = {"dy", "x"}
"""The arrays of a call, by name."""


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
    """A call with sparse arrays as header and payload: of each array the places, and then the values."""
    headers = [
        {"name": name, "dtype": named(each.dtype), "shape": list(each.shape), "nonzero": len(each.places)}
        for name, each in call.arrays.items()
    ]
    windows = {"size": list(call.size), "stride": list(call.stride)}
    payload = [memory_of(part) for each in call.arrays.values() for part in (each.places, each.values)]
    return {"type": "sparse", "function": call.function, "arrays": headers, **windows}, [*payload]


def coded(value: Any) -> Any:
    """A window or a setting as JSON that a worker can tell apart: floats say that they are."""
    if isinstance(value, (tuple, list)):
        return [coded(entry) for entry in value]
    return {"float": repr(value)} if isinstance(value, float) else value


def decoded(said: Header, memory: Memory, count: int) -> list[Answer]:
    """The answers in a frame. Raises ProtocolError if they are not so many, or not of the form they should have."""
    found = checked(said, "answers", list, []) if said.get("type") == "answers" else [said]
    if said.get("type") not in ("answer", "answers") or len(found) != count or not all_of(found, dict):
        raise ProtocolError(f"expected an answer, got {shown(said)}")
    kinds = [kind_of(each) for each in found]
    chunks = split_payload(memory, [length(each, kind) for each, kind in zip(found, kinds, strict=True)])
    return [answer_from(each, kind, chunk) for each, kind, chunk in zip(found, kinds, chunks, strict=True)]


def answer_from(said: Header, kind: tuple[np.dtype[Any], Ints] | None, memory: Memory) -> Answer:
    """One answer, from its header and its part of the payload."""
    seen: Header = {}
    for name, type_ in (("changed", str), ("shares", str), ("stale", int), ("reuses", int)):
        listed = checked(said, name, list, [])
        if not all_of(listed, type_) or (type_ is str and not set(listed) <= ARRAYS):
            meant = "list of integers" if type_ is int else f"list of {' and '.join(sorted(ARRAYS))}"
            raise ProtocolError(f"{name}={shown(listed)} should be a {meant}")
        seen[name] = tuple(dict.fromkeys(listed))
    seen["raised"] = tuple(map(cleaned, texts(said, "raised")))
    for name in ("error", "exited"):
        seen[name] = cleaned(checked(said, name, str, "")) or None
    value: Any = None
    if kind:
        value = sparse(said, memory, *kind) if said["kind"] == "sparse" else shaped(memory, *kind)
    return Answer(value=value, kind=cleaned(checked(said, "kind", str, "nothing")), **seen)


def length(said: Header, kind: tuple[np.dtype[Any], Ints] | None) -> int:
    """The bytes of a result in the payload."""
    if kind is None:
        return 0
    dtype, shape = kind
    return listed(said, shape) * int(8 + dtype.itemsize) if said["kind"] == "sparse" else bytes_of(dtype, shape)


def listed(said: Header, shape: Ints) -> int:
    """How many cells of a sparse result are in the payload. Raises ProtocolError if there cannot be so many."""
    count: int = checked(said, "nonzero", int, None)
    if not 0 <= count <= prod(shape):
        raise ProtocolError(f"nonzero={shown(count)} should be a number of cells of an array of shape {shown(shape)}")
    return min(count, MOST_LISTED)


def sparse(said: Header, memory: Memory, dtype: np.dtype[Any], shape: Ints) -> Sparse:
    """A result of which the nonzero cells came. Raises ProtocolError unless their places ascend within its shape."""
    split = 8 * listed(said, shape)
    places, values = np.frombuffer(memory[:split], np.int64), np.frombuffer(memory[split:], dtype)
    if places.size and not (places[0] >= 0 and places[-1] < prod(shape) and (np.diff(places) > 0).all()):
        raise ProtocolError(f"places should ascend within an array of shape {shown(shape)}")
    return Sparse(dtype, shape, places, values, said["nonzero"] - len(places))


def shaped(memory: Memory, dtype: np.dtype[Any], shape: Ints) -> Array:
    """The bytes of a result as an array. Raises ProtocolError if no array has this shape."""
    try:
        return np.frombuffer(memory, dtype).reshape(shape)
    except ValueError:
        raise ProtocolError(f"shape={shown(list(shape))} should be that of an array") from None


def kind_of(said: Header) -> tuple[np.dtype[Any], Ints] | None:
    """The dtype and shape of an array that is announced, whole or sparse; None if there is none."""
    if said.get("kind") not in ("array", "sparse"):
        return None
    shape, text = checked(said, "shape", list, None), checked(said, "dtype", str, None)
    if not all_of(shape, int) or len(shape) > MOST_AXES or not all(0 <= length < 1 << 63 for length in shape):
        raise ProtocolError(f"shape={shown(shape)} should be a list of lengths")
    return dtype_of(text), tuple(shape)


@lru_cache(maxsize=64)
def dtype_of(text: str) -> np.dtype[Any]:
    """The dtype that a peer names. Raises ProtocolError if there is none of plain memory by that name."""
    try:
        if len(text) > MOST_DTYPE:
            raise ValueError
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):
        raise ProtocolError(f"dtype={shown(text)} should be one of NumPy's") from None
    if dtype.hasobject or dtype.itemsize == 0:
        raise ProtocolError(f"dtype={shown(text)} should be of plain numbers")
    return dtype


def bytes_of(dtype: np.dtype[Any], shape: Ints) -> int:
    """Bytes of an array."""
    return dtype.itemsize * prod(shape)


def checked(said: Header, name: str, type_: type, default: Any) -> Any:
    """An entry of a header. Raises ProtocolError if it is of another type."""
    value = said.get(name, default)
    if not isinstance(value, type_):
        raise ProtocolError(f"{name}={shown(value)} should be a {type_.__name__}")
    return value


def texts(said: Header, name: str) -> list[str]:
    """An entry of a header that is a list of texts. Raises ProtocolError if it is not."""
    listed: list[str] = checked(said, name, list, [])
    if not all_of(listed, str):
        raise ProtocolError(f"{name}={shown(listed)} should be a list of str")
    return listed


def message_of(said: Header) -> str:
    """Why a peer has nothing to judge."""
    return cleaned(checked(said, "message", str, "it says no reason"))


def checked_keywords(said: Header, offers: tuple[str, ...]) -> dict[str, list[str]]:
    """The parameters of each callable that a peer offers, as far as it tells."""
    found = checked(said, "keywords", dict, {})
    listed = {name: checked(found, name, list, []) for name in offers if name in found}
    for name, words in listed.items():
        if not all_of(words, str):
            raise ProtocolError(f"keywords of {name}={shown(words)} should be a list of str")
    return listed


def all_of(values: list[Any], type_: type) -> bool:
    """Whether all are of a type; True and False are no integers here."""
    return all(isinstance(value, type_) and not isinstance(value, bool) for value in values)
