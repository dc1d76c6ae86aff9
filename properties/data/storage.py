"""The large arrays of a report, in a file of NumPy beside it: report.arrays.npz beside report.json."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from .arrays import MOST_READ, Json, abbreviated, array_from_json, compressed, sha256
from .files import is_stream, json_text, write

MOST_INLINE = 4000
"""Characters of a compressed array that stays in a report."""


def report_text(file: str, document: Callable[[], Json]) -> str:
    """The text of a report for a file, whose large arrays are written beside it first. Raises Unusable.

    A device or a pipe has no place beside it: its report keeps all arrays.
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


def without(value: Any, stored: dict[str, Array]) -> Any:
    """A part of a report with its large arrays abbreviated; these are added to `stored`, by their digests."""
    if isinstance(value, dict) and len(value.get("zlib", "")) > MOST_INLINE:
        array = array_from_json(value)
        short = abbreviated(array, value["layout"])
        stored[short["sha256"]] = array
        return {**short, "beside": True}
    if isinstance(value, dict):
        return {name: without(entry, stored) for name, entry in value.items()}
    return [without(entry, stored) for entry in value] if isinstance(value, list) else value


def packed(stored: dict[str, Array]) -> bytes:
    """Arrays as the bytes of an npz file; a bfloat16 as the bits of its cells."""
    content = io.BytesIO()
    plain = {name: a.view(np.uint16) if a.dtype.name == "bfloat16" else a for name, a in stored.items()}
    np.savez_compressed(content, **plain)  # type: ignore[arg-type]
    return content.getvalue()


def completed(report: Any, file: str) -> Any:
    """A report that was read from a file, with the arrays that lie beside it. What is missing stays abbreviated."""
    if not any(True for _ in elsewhere(report)):
        return report
    try:
        with zipfile.ZipFile(beside(file)) as members:
            if sum(member.file_size for member in members.infolist()) > MOST_READ:
                return report
        with np.load(beside(file), allow_pickle=False) as stored:
            return put_back(report, stored)
    except (OSError, ValueError, zipfile.BadZipFile):
        return report


def elsewhere(value: Any) -> Iterator[Json]:
    """The arrays of a part of a report that lie beside it."""
    if isinstance(value, dict) and value.get("beside") is True:
        yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from elsewhere(entry)


def put_back(value: Any, stored: Any) -> Any:
    """A part of a report with the arrays that are stored, as far as their digests are right."""
    if isinstance(value, dict) and value.get("beside") is True:
        return restored(value, stored)
    if isinstance(value, dict):
        return {name: put_back(entry, stored) for name, entry in value.items()}
    return [put_back(entry, stored) for entry in value] if isinstance(value, list) else value


def restored(value: Json, stored: Any) -> Json:
    """An array with the cells that are stored under its digest, if it has this digest."""
    name = value.get("sha256")
    if not isinstance(name, str) or name not in stored:
        return value
    array = stored[name]
    if sha256(array) != name:
        return value
    return {**{key: value.get(key) for key in ("dtype", "shape", "layout")}, "zlib": compressed(array)}
