"""Vectors in forms that libraries read: npz for NumPy, and a line of JSON each for everything else."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, is_float

from .vector import Vector


def npz(vectors: Sequence[Vector]) -> bytes:
    """The arrays of all vectors as the content of an npz file: `1_x`, `1_dy`, `1_least`, `1_most`, `1_sums`, `2_x`."""
    content = io.BytesIO()
    arrays = {f"{number}_{name}": array for number, each in enumerate(vectors, 1) for name, array in named(each)}
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def json_lines(vectors: Sequence[Vector]) -> bytes:
    """A line with a JSON object for each vector."""
    return b"".join(json.dumps(written(*each)).encode() + b"\n" for each in enumerate(vectors, 1))


def written(number: int, vector: Vector) -> dict[str, Any]:
    """A vector as JSON."""
    arrays = {name: {"shape": array.shape, "values": values(array)} for name, array in named(vector)}
    return {"vector": number, **said(vector), **arrays}


def said(vector: Vector) -> dict[str, Any]:
    """What a vector asks and shows, without its arrays."""
    call = vector.call
    return {
        "function": call.function,
        "dtype": call.arrays["x"].dtype.name,
        "size": call.size,
        "stride": call.stride,
        "settings": call.settings,
        "answer": {"dtype": vector.allowed.least.dtype.name, "shape": vector.allowed.shape},
        "may refuse": vector.may_refuse,
        "law": vector.origin.law,
        "shows": vector.reached,
    }


def named(vector: Vector) -> list[tuple[str, Array]]:
    """The arrays of a vector by name."""
    found = vector.allowed
    sums = [] if found.sums is None else [("sums", found.sums)]
    return [*vector.call.arrays.items(), ("least", found.least), ("most", found.most), *sums]


def values(array: Array) -> list[Any]:
    """The elements in row-major order: numbers, "inf" and "-inf" in words, and None for a NaN."""
    numbers = array.astype(np.float64) if is_float(array.dtype) else array
    return [each if each == each and abs(each) != np.inf else spoken(each) for each in numbers.ravel().tolist()]


def spoken(number: float) -> str | None:
    """A number as JSON: text for infinities, None for NaN."""
    return None if number != number else "inf" if number > 0 else "-inf"
