"""What a run has done, kept until all is done, so that another run can go on where one ended."""

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
    """A line: the key of what is done, and what came of it."""

    key: str
    result: Result


class Diary:
    """A file with a line for each thing that is done.

    A run goes on without it, saying so once, if it cannot be read or written.
    """

    def __init__(self, file: Path, say: Callable[[str], None], *, resume: bool) -> None:
        self.file, self.say, self.kept = file, say, True
        self.entries: dict[str, Entry] = {}
        self.attempt(self.resume if resume else self.close)

    def attempt(self, step: Callable[[], None]) -> None:
        """Do something with the file, as long as that goes well."""
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
        """Take over what an earlier run has written, without lines that are damaged, as one that was cut is."""
        if self.file.is_symlink() or not self.file.is_file():
            self.file.unlink(missing_ok=True)
            return
        lines = read_text(str(self.file), "diary").splitlines()
        for line in lines:
            self.entries.update({entry.key: entry for entry in entries_in(line)})
        if len(self.entries) < len(lines):
            write(str(self.file), "".join(map(as_line, self.entries.values())))

    def found(self, key: str) -> Result | None:
        """What came of something before."""
        entry = self.entries.get(sendable(key))
        return None if entry is None else entry.result

    def write(self, key: str, result: Result) -> None:
        """This is done."""
        self.attempt(lambda: self.append(as_line(Entry(key, result))))

    def append(self, line: str) -> None:
        """Put a line at the end of the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line)

    def close(self) -> None:
        """Nothing is left of an earlier run, or all is done."""
        self.file.unlink(missing_ok=True)


def as_line(entry: Entry) -> str:
    """An entry as a line."""
    return encoded(entry).decode() + "\n"


def entries_in(line: str) -> list[Entry]:
    """The entry of a line; none if it is damaged."""
    try:
        return [decoded(line, Entry)]
    except ValueError:
        return []


def identity(target: Target) -> int:
    """A checksum of what is known of a target: what it says of itself, and the file that it was loaded from."""
    source = split(target.spec)[0]
    content = Path(source).read_bytes() if os.path.isfile(source) else b""
    said = f"{target.spec} {target.declared} {target.offers}".encode("utf-8", "surrogateescape")
    return zlib.crc32(said, zlib.crc32(content))
