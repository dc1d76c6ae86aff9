"""State shared between laws and runs: how often a target has died, the current case, and the cases that failed."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from ..data.text import sendable
from ..data.typed import Whole, decoded, encoded
from ..results import MOST_STORED, Counterexample, StoredCall, StoredCase, fits

T = TypeVar("T")

KEPT = Path(".poolproof")
"""Where a run without a seed keeps failing cases and the current case."""

MOST = {"hung": 3, "crashed": 20}
"""After this many hangs or deaths, a process of the suite makes no more calls to a target."""

SEVERAL = {"hung": 1, "crashed": 3}
"""After this many, the next failure gets little time for shrinking."""

HEAD = struct.Struct(">II")
"""A file begins with the length and the checksum of its content."""

MOST_KEPT = 10
"""The most failing cases that are kept for a law on a target."""


class CurrentCase(Struct, frozen=True, array_like=True):
    """The current case: the seed from which cases are drawn, and its number, from 0."""

    seed: int
    number: Whole


class About(Struct, frozen=True):
    """What cases are kept for: a target, a law, and the plan of its cases."""

    target: str
    law: str
    plan: str


class KeptCase(Struct, frozen=True, omit_defaults=True):
    """A failing case, and the calls that must be made before it."""

    case: StoredCase
    earlier_calls: list[StoredCall] = []


class KeptCases(Struct, frozen=True):
    """The content of a file: the failing cases of a law on a target, the newest first."""

    about: About
    found: list[KeptCase]


class DeathCount:
    """Counts the deaths of targets, by target and verdict. It is kept only in memory, where targets cannot reach it."""

    def __init__(self) -> None:
        self.deaths: Counter[tuple[str, str]] = Counter()

    def add(self, target: str, verdict: str) -> None:
        """Count a death."""
        if verdict in MOST:
            self.deaths[target, verdict] += 1

    def seen(self, target: str) -> tuple[str, ...]:
        """The verdicts that have occurred several times."""
        return tuple(verdict for verdict, several in SEVERAL.items() if self.deaths[target, verdict] >= several)

    def reached(self, target: str) -> str:
        """Why a target gets no more calls; empty if it may go on."""
        for verdict, most in MOST.items():
            if self.deaths[target, verdict] >= most:
                return f"it {'hung' if verdict == 'hung' else 'died'} {most} times before"
        return ""


class CurrentCaseFile:
    """A file with the seed and the number of the current case, left behind if the suite is killed or interrupted.

    `found` is what another run left, if it is intact. Only a regular file in a real folder is read or written; if there
    is none and it cannot be made, nothing is kept.
    """

    def __init__(self, folder: Path, target: str, law: str) -> None:
        self.file = place(folder, target, law)
        self.handle: int | None = None
        self.found: CurrentCase | None = None
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self.handle = opened(self.file)
            self.found = parsed(os.pread(self.handle, 1 << 10, 0), CurrentCase)

    def hold(self, seed: int, number: int) -> None:
        """Record that this case is being tried: its seed, and its number from 0."""
        if self.handle is not None:
            with suppress(OSError):
                os.pwrite(self.handle, packed(CurrentCase(seed, number)), 0)

    def done(self) -> None:
        """The law has ended: close and remove the file."""
        if self.handle is not None:
            os.close(self.handle)
            with suppress(OSError):
                self.file.unlink()


class FailingCases:
    """The cases of a law that failed on a target in earlier runs, the newest first, with the calls that they need.

    They are read once. Each change replaces the whole file, under the same rules as for the current case. Cases kept
    for another `plan` than the law has now are not read.
    """

    def __init__(self, folder: Path, target: str, law: str, plan: object) -> None:
        self.file = place(folder, target, law)
        self.about = About(sendable(target), law, repr(plan))
        self.found: list[KeptCase] = []
        with suppress(OSError):
            kept = parsed(read(self.file), KeptCases)
            self.found = kept.found if kept is not None and kept.about == self.about else []

    def add(self, counterexamples: list[Counterexample]) -> None:
        """Keep the complete cases of counterexamples, before those already kept."""
        new = list(filter(None, map(kept_case, counterexamples)))
        self.change([*new, *(each for each in self.found if each not in new)][:MOST_KEPT])

    def drop(self, entry: KeptCase) -> None:
        """Remove a case that no longer fails."""
        self.change([each for each in self.found if each is not entry])

    def change(self, found: list[KeptCase]) -> None:
        """Keep these cases from now on."""
        if found != self.found:
            self.found = found
            with suppress(OSError):
                replaced(self.file, packed(KeptCases(self.about, found)))


def kept_case(found: Counterexample) -> KeptCase | None:
    """The case of a counterexample with the calls that it needs, if they are complete and not too large to keep."""
    if not found.case or not found.case.complete:
        return None
    kept = KeptCase(found.case, found.earlier_calls or [])
    return kept if fits(kept, MOST_STORED // MOST_KEPT) else None


def place(folder: Path, target: str, law: str) -> Path:
    """The file in a folder for a law on a target."""
    return folder / f"{zlib.crc32(f'{law} {target}'.encode(errors='surrogateescape')):08x}"


def packed(value: object) -> bytes:
    """A value as JSON, preceded by its length and its checksum."""
    data = encoded(value)
    return HEAD.pack(len(data), zlib.crc32(data)) + data


def parsed(content: bytes, form: type[T]) -> T | None:
    """The value that `packed` encoded, or None if the content was cut off or is something else."""
    try:
        return decoded(whole(content), form)
    except ValueError:
        return None


def read(file: Path) -> bytes:
    """The content of a regular file, up to a size limit. Raises OSError for anything else."""
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        return stream.read(2 * MOST_STORED) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def replaced(file: Path, content: bytes) -> None:
    """Replace a regular file atomically, or create it. Raises OSError if something else is in its place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(opened(file))
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(opened(new), "r+b") as stream:
        stream.truncate()
        stream.write(content)
    new.replace(file)


def opened(file: Path) -> int:
    """A descriptor of a regular file, which is created if missing. Raises OSError for anything else."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileExistsError(f"{file} should be a regular file")


def whole(content: bytes) -> bytes:
    """The content of a file after its head; empty if the file was cut off or is something else."""
    if len(content) < HEAD.size:
        return b""
    length, checksum = HEAD.unpack(content[: HEAD.size])
    data = content[HEAD.size : HEAD.size + length]
    return data if len(data) == length and zlib.crc32(data) == checksum else b""


def unkept(folder: Path) -> str:
    """Why nothing can be kept in a folder; empty if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return (
            f"failing cases are not kept: {str(folder)!r} should be a folder that can be written to ({error.strerror})"
        )
    if os.access(folder, os.W_OK | os.X_OK):
        return ""
    return f"failing cases are not kept: {str(folder)!r} should be a folder that can be written to"
