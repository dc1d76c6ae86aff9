"""State shared between laws and runs: how often a target has died, the case in hand, and the cases that failed."""

from __future__ import annotations

import json
import os
import stat
import struct
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..data.arrays import Json
from ..results import MOST_STORED, fits, is_complete

KEPT = Path(".poolproof")
"""Where a run without a seed keeps failing cases, and the case in hand."""

MOST = {"hung": 3, "crashed": 20}
"""After this many hangs, or deaths, a process of the suite makes no more calls to a target."""

SEVERAL = {"hung": 1, "crashed": 3}
"""After this many, the next is made smaller for a short time only."""

HEAD = struct.Struct(">II")
"""A file begins with the length and the checksum of its content."""

MOST_KEPT = 10
"""Failing cases of a law on a target that are kept."""


class Toll:
    """Deaths of targets, by target and verdict. It lives in memory alone, out of the reach of targets."""

    def __init__(self) -> None:
        self.deaths: Counter[tuple[str, str]] = Counter()

    def add(self, target: str, verdict: str) -> None:
        """One more."""
        if verdict in MOST:
            self.deaths[target, verdict] += 1

    def seen(self, target: str) -> tuple[str, ...]:
        """The verdicts of deaths of which there were several."""
        return tuple(verdict for verdict, several in SEVERAL.items() if self.deaths[target, verdict] >= several)

    def reached(self, target: str) -> str:
        """Why nothing more is asked of a target; empty if it may go on."""
        for verdict, most in MOST.items():
            if self.deaths[target, verdict] >= most:
                return f"it {'hung' if verdict == 'hung' else 'died'} {most} times before"
        return ""


class InHand:
    """A file with the seed and the number of the case in hand, left behind if the suite is killed or interrupted.

    What another run left is in `found`, if it is whole. Only a regular file in a real folder is read or written; where
    there is none, and none can be made, nothing is kept.
    """

    def __init__(self, folder: Path, target: str, law: str) -> None:
        self.file = place(folder, target, law)
        self.handle: int | None = None
        self.found: tuple[int, int] | None = None
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self.handle = opened(self.file)
            self.found = two_numbers(parsed(os.pread(self.handle, 1 << 10, 0)))

    def hold(self, seed: int | None, number: int) -> None:
        """The case with this number, from 0, of those drawn with this seed is tried now."""
        if self.handle is not None:
            with suppress(OSError):
                os.pwrite(self.handle, packed([seed, number]), 0)

    def done(self) -> None:
        """The law has ended."""
        if self.handle is not None:
            os.close(self.handle)
            with suppress(OSError):
                self.file.unlink()


class Kept:
    """The cases of a law that failed on a target in earlier runs, the last first, with the calls that they need.

    They are read once. The file is replaced as a whole at each change, by the rules for a case in hand; `plan` is what
    the law wants of its cases: those that were kept for another plan are not read.
    """

    def __init__(self, folder: Path, target: str, law: str, plan: object) -> None:
        self.file = place(folder, target, law)
        self.about = [target, law, repr(plan)]
        self.found: list[Json] = []
        with suppress(OSError):
            about, found = two_entries(parsed(read(self.file)))
            self.found = [each for each in found if is_entry(each)] if about == self.about else []

    def add(self, counterexamples: list[Json]) -> None:
        """Keep the cases of counterexamples that are complete, before those that are kept already."""
        entries = ({k: each[k] for k in ("case", "earlier_calls") if each.get(k)} for each in counterexamples)
        new = [each for each in entries if is_complete(each["case"]) and fits(each, MOST_STORED // MOST_KEPT)]
        self.change([*new, *(each for each in self.found if each not in new)][:MOST_KEPT])

    def drop(self, entry: Json) -> None:
        """This one does not fail any more."""
        self.change([each for each in self.found if each is not entry])

    def change(self, found: list[Json]) -> None:
        """Keep these from now on."""
        if found != self.found:
            self.found = found
            with suppress(OSError):
                replaced(self.file, packed([self.about, found]))


def place(folder: Path, target: str, law: str) -> Path:
    """The file in a folder that is about a law on a target."""
    return folder / f"{zlib.crc32(f'{law} {target}'.encode(errors='surrogateescape')):08x}"


def packed(value: Any) -> bytes:
    """A value as JSON, after its length and its checksum."""
    data = json.dumps(value).encode()
    return HEAD.pack(len(data), zlib.crc32(data)) + data


def parsed(content: bytes) -> Any:
    """The value that `packed` gave; None if the content was cut or is another's."""
    try:
        return json.loads(whole(content))
    except (ValueError, RecursionError):
        return None


def two_numbers(value: Any) -> tuple[int, int] | None:
    """A seed and the number of a case; None for anything else."""
    seed, number = two_entries(value)
    return (seed, number) if type(seed) is int and type(number) is int and number >= 0 else None


def is_entry(value: Any) -> bool:
    """Whether this may be a case that was kept."""
    return isinstance(value, dict) and isinstance(value.get("case"), dict)


def two_entries(value: Any) -> tuple[Any, Any]:
    """The entries of a list of two; of anything else twice nothing."""
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else ((), ())


def read(file: Path) -> bytes:
    """The content of a regular file of not more than a bound. Raises OSError for anything else."""
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        return stream.read(2 * MOST_STORED) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def replaced(file: Path, content: bytes) -> None:
    """Replace a regular file, or one that is not there, at once. Raises OSError if something else is in its place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(opened(file))
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(opened(new), "r+b") as stream:
        stream.truncate()
        stream.write(content)
    new.replace(file)


def opened(file: Path) -> int:
    """A descriptor of a regular file, which is made if it is not there. Raises OSError for anything else."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileExistsError(f"{file} should be a regular file")


def whole(content: bytes) -> bytes:
    """The content of a file after its head; none if the file was cut or is another's."""
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
