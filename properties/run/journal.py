"""The finished units of a run, saved until all are done, so that another run can continue from there."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ..data.files import read_text, reason, write
from ..data.text import sendable
from ..data.typed import decoded, encoded
from ..results import Result
from ..targets.target import Target, split


class Entry(Struct, frozen=True):
    """A line: the key of a finished unit, and its result."""

    key: str
    result: Result


class Journal:
    """A file with a line for each finished unit.

    If the file cannot be read or written, the run complains once and goes on without it.
    """

    def __init__(self, file: Path, say: Callable[[str], None], *, resume: bool) -> None:
        self.file, self.say, self.kept = file, say, True
        self.entries: dict[str, Entry] = {}
        self.attempt(self.resume if resume else self.close)

    def attempt(self, step: Callable[[], None]) -> None:
        """Do something with the file, unless it has failed before."""
        if not self.kept:
            return
        try:
            step()
        except Exception as error:
            self.kept = False
            self.say(
                f"warning: {str(self.file)!r} cannot be kept, so --resume will not go on from here: {reason(error)}"
            )

    def resume(self) -> None:
        """Read what an earlier run has written, without damaged lines, such as one that was cut off."""
        if self.file.is_symlink() or not self.file.is_file():
            self.file.unlink(missing_ok=True)
            return
        lines = read_text(str(self.file), "journal").splitlines()
        for line in lines:
            self.entries.update({entry.key: entry for entry in entries_in(line)})
        if len(self.entries) < len(lines):
            write(str(self.file), "".join(map(as_line, self.entries.values())))

    def found(self, key: str) -> Result | None:
        """The earlier result for a key, or None."""
        entry = self.entries.get(sendable(key))
        return None if entry is None else entry.result

    def write(self, key: str, result: Result) -> None:
        """Record a result under its key."""
        self.attempt(lambda: self.append(as_line(Entry(key, result))))

    def append(self, line: str) -> None:
        """Append a line to the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line)

    def close(self) -> None:
        """Remove the file: an earlier run should not be continued, or all is done."""
        self.file.unlink(missing_ok=True)


def as_line(entry: Entry) -> str:
    """An entry as a line."""
    return encoded(entry).decode() + "\n"


def entries_in(line: str) -> list[Entry]:
    """The entry in a line, or nothing if the line is damaged."""
    try:
        return [decoded(line, Entry)]
    except ValueError:
        return []


def identity(target: Target) -> int:
    """A checksum of what identifies a target: its own description, and the file that it was loaded from."""
    source = split(target.spec)[0]
    content = Path(source).read_bytes() if os.path.isfile(source) else b""
    said = f"{target.spec} {target.declared} {target.offers}".encode("utf-8", "surrogateescape")
    return zlib.crc32(said, zlib.crc32(content))
