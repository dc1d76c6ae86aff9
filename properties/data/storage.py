"""Storage of a report's large arrays in a NumPy file beside it: report.arrays.npz beside report.json."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from msgspec import UNSET, Struct, structs
from poolproof.kernels.dtypes import Array

from .arrays import MOST_READ, StoredArray, abbreviated, compressed, sha256
from .files import is_stream, json_text, write

T = TypeVar("T")

MOST_INLINE = 4000
"""The most characters of a compressed array that stays in a report."""


def report_text(file: str, document: Callable[[], Struct]) -> str:
    """The text of a report for a file, after writing its large arrays beside that. Raises Unusable if that fails.

    There is no place beside a device or a pipe: its report keeps all arrays.
    """
    report, stored = document(), dict[str, Array]()
    if not is_stream(file):
        report = without(report, stored)
    if stored:
        write(str(beside(file)), packed(stored))
    return json_text(report)


def beside(file: str) -> Path:
    """The file with the arrays of a report."""
    return Path(file).with_suffix(".arrays.npz")


def changed(value: T, change: Callable[[StoredArray], StoredArray]) -> T:
    """A part of a report with `change` applied to each of its arrays."""
    part: Any = value
    if isinstance(part, StoredArray):
        part = change(part)
    elif isinstance(part, Struct):
        part = structs.replace(part, **{name: changed(getattr(part, name), change) for name in part.__struct_fields__})
    elif isinstance(part, dict):
        part = {name: changed(entry, change) for name, entry in part.items()}
    elif isinstance(part, list):
        part = [changed(entry, change) for entry in part]
    return part  # type: ignore[no-any-return]


def without(report: T, stored: dict[str, Array]) -> T:
    """A part of a report with its large arrays abbreviated; the arrays are added to `stored` under their digests."""

    def shortened(each: StoredArray) -> StoredArray:
        if each.zlib is UNSET or len(each.zlib) <= MOST_INLINE:
            return each
        array = each.array()
        name = sha256(array)
        stored[name] = array
        return structs.replace(abbreviated(array), layout=each.layout, beside=True)

    return changed(report, shortened)


def packed(stored: dict[str, Array]) -> bytes:
    """Arrays as the bytes of an npz file; bfloat16 is stored as bits."""
    content = io.BytesIO()
    plain = {name: a.view(np.uint16) if a.dtype.name == "bfloat16" else a for name, a in stored.items()}
    np.savez_compressed(content, **plain)  # type: ignore[arg-type]
    return content.getvalue()


def completed(report: T, file: str) -> T:
    """A report read from a file, completed with the arrays beside it. Missing arrays stay abbreviated."""
    if not is_elsewhere(report):
        return report
    try:
        with zipfile.ZipFile(beside(file)) as members:
            if sum(member.file_size for member in members.infolist()) > MOST_READ:
                return report
        with np.load(beside(file), allow_pickle=False) as stored:
            return changed(report, partial(restored, stored))
    except (OSError, ValueError, zipfile.BadZipFile):
        return report


def is_elsewhere(report: object) -> bool:
    """Whether some array of a part of a report is in the file beside it."""
    found: list[StoredArray] = []

    def seen(each: StoredArray) -> StoredArray:
        found.extend([each] if each.beside is True else [])
        return each

    changed(report, seen)
    return bool(found)


def restored(stored: Mapping[str, Array], each: StoredArray) -> StoredArray:
    """An array with the cells stored under its digest, if they are there and match the digest."""
    name = each.sha256
    if each.beside is not True or name is UNSET or name not in stored:
        return each
    array = stored[name]
    if sha256(array) != name:
        return each
    return StoredArray(dtype=each.dtype, shape=each.shape, layout=each.layout, zlib=compressed(array))
