"""What a run of proofs has done, kept until all is done, so that another run can go on where one ended."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from ..data.files import read_text, reason, write
from ..data.text import sendable
from ..data.typed import decoded, encoded
from ..results import Result
from ..run.persistence import KEPT
from .parts import Part

DONE = KEPT / "proofs.jsonl"
"""One line for each part that is done."""


class Entry(Struct, frozen=True):
    """A line: the key of a part, and what came of it."""

    key: str
    result: Result


class Diary:
    """The file; a run goes on without it, saying so once, if it cannot be read or written."""

    def __init__(self, say: Callable[[str], None], *, resume: bool) -> None:
        self.say, self.kept = say, True
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
            self.say(f"warning: {str(DONE)!r} cannot be kept, so --resume will not go on from here: {reason(error)}")

    def resume(self) -> None:
        """Take over what an earlier run has written, without lines that are damaged, as one that was cut is."""
        if DONE.is_symlink() or not DONE.is_file():
            DONE.unlink(missing_ok=True)
            return
        lines = read_text(str(DONE), "diary").splitlines()
        for line in lines:
            self.entries.update({entry.key: entry for entry in entries_in(line)})
        if len(self.entries) < len(lines):
            write(str(DONE), "".join(map(as_line, self.entries.values())))

    def found(self, key: str, part: Part) -> Result | None:
        """What came of a part before."""
        if sendable(key) not in self.entries:
            return None
        result = replace(self.entries[sendable(key)].result, target=part.target)
        same = result.law == part.proof
        return result if same and (result.failed or result.examples == part.cases) else None

    def write(self, key: str, result: Result) -> None:
        """This part is done."""
        self.attempt(lambda: append(as_line(Entry(key, result))))

    def close(self) -> None:
        """Nothing is left of an earlier run, or all is done."""
        DONE.unlink(missing_ok=True)


def append(line: str) -> None:
    """Put a line at the end of the file."""
    DONE.parent.mkdir(parents=True, exist_ok=True)
    with DONE.open("a", encoding="utf-8") as file:
        file.write(line)


def as_line(entry: Entry) -> str:
    """An entry as a line."""
    return encoded(entry).decode() + "\n"


def entries_in(line: str) -> list[Entry]:
    """The entry of a line; none if it is damaged."""
    try:
        return [decoded(line, Entry)]
    except ValueError:
        return []
