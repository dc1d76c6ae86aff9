"""The folder of a set of vectors: a file for each form, and a manifest that describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...contract import Unusable
from ...data.files import json_text, reason, write
from ...data.text import shown
from ...lawbook import LAWS
from ...lawbook.claims import claim
from .chosen import chosen
from .flat import VERSION, flat_file
from .forms import json_lines, npz, said
from .nodes import has_node, modules, write_node
from .vector import LEFT_OUT, Vector

FORMS: dict[str, tuple[str, Callable[[Sequence[Vector]], bytes]]] = {
    "flat": ("vectors.bin", lambda vectors: b"".join(flat_file(vectors))),
    "npz": ("vectors.npz", npz),
    "json": ("vectors.jsonl", json_lines),
}
"""The forms of a single file: its name, and the function that makes its content."""

ONNX = "onnx"
FORMATS = (*FORMS, ONNX)
"""The available formats."""

CONVENTIONS = {
    "ties": "an index may be any maximum; a gradient may be shared by tied maxima in any way that keeps its sum",
    "NaN": "any answer is right for a window with a NaN, and for the whole gradient of such an x",
    "infinity": "a maximum may be infinite; any answer is right for a mean, an index or a gradient that rests on it",
    "subnormal numbers": "any answer is right for what is made of them",
    "overflow": "any answer is right for a sum of numbers that may be too large for the dtype",
    "zeros": "zeros of both signs are equal",
    "windows wholly in padding": "any answer is right, an index below zero too, and a refusal",
    "empty batches": "a refusal is right as well",
    "divisor of the mean": "every vector says count_include_pad, and cells past the padded end never count",
    "ceil mode": "a last window that starts in the end padding is left out; no vector has one",
    "dtype of indices": "any integer dtype; write them down as int64",
}
"""Decisions in which sound implementations differ, and how vectors treat them."""


def write_folder(folder: str, count: int, formats: Sequence[str]) -> dict[str, Any]:
    """Write `count` vectors in these formats. Returns the manifest. Raises Unusable if that fails."""
    if ONNX in formats:
        modules()
    made_empty(folder)
    vectors = chosen(count)
    files = []
    for name in formats:
        if name in FORMS:
            file, content = FORMS[name]
            files.append(checked(folder, file, content(vectors)))
    nodes = write_nodes(folder, vectors) if ONNX in formats else []
    manifest = manifest_of(vectors, files + nodes)
    write(str(Path(folder) / "manifest.json"), json_text(manifest))
    return manifest


def made_empty(folder: str) -> None:
    """Make a folder, which must be new or empty. Raises Unusable if it has content or cannot be made."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        if any(Path(folder).iterdir()):
            raise Unusable(f"--vectors {shown(folder)} should be a new or empty folder")
    except OSError as error:
        raise Unusable(f"--vectors {shown(folder)} cannot be written: {reason(error)}") from None


def checked(folder: str, file: str, content: bytes) -> dict[str, Any]:
    """Write a file. Returns its entry in the manifest."""
    write(str(Path(folder) / file), content)
    return entry(file, content)


def entry(file: str, content: bytes) -> dict[str, Any]:
    """A file with its size and its checksum."""
    return {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_nodes(folder: str, vectors: Sequence[Vector]) -> list[dict[str, Any]]:
    """Write the node tests of the vectors that have one. Returns the entries of their files in the manifest."""
    made = []
    for number, vector in enumerate(vectors, 1):
        if has_node(vector):
            place = Path(folder) / ONNX / f"{number:05d}_{vector.call.function}"
            write_node(str(place), vector)
            made += [path for path in sorted(place.rglob("*")) if path.is_file()]
    return [entry(path.relative_to(folder).as_posix(), path.read_bytes()) for path in made]


def manifest_of(vectors: Sequence[Vector], files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The manifest."""
    laws = dict.fromkeys(vector.origin.law for vector in vectors)
    return {
        "format": VERSION,
        "poolproof": version("poolproof"),
        "count": len(vectors),
        "files": files,
        "conventions": CONVENTIONS,
        "laws": {law: {"claim": claim(law), "formula": LAWS[law].formula} for law in laws},
        "left out": LEFT_OUT,
        "vectors": [{"vector": number, **said(vector)} for number, vector in enumerate(vectors, 1)],
    }
