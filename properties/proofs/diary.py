"""What a run of proofs has done, kept until all is done, so that another run can go on where one ended."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..data.arrays import Json
from ..data.files import read_text, reason, write
from ..data.forms import Misfit, flag, mapping_of, name, number, object_with, one_of, optional, text, whole
from ..results import VERDICTS, Result
from ..run.persistence import KEPT
from ..run.reading import COUNTEREXAMPLE
from .parts import Part

DONE = KEPT / "proofs.jsonl"
"""One line for each part that is done: its key, and what came of it."""

ENTRY = mapping_of(
    object_with(
        {
            **dict.fromkeys(("target", "law"), name),
            **dict.fromkeys(("reason", "assumption"), text),
            **dict.fromkeys(("outdated", "partial"), flag),
            **dict.fromkeys(("examples", "refused", "digest"), whole),
            "verdict": one_of(*VERDICTS),
            "seconds": number,
            "counterexample": optional(COUNTEREXAMPLE),
        }
    ),
    text,
)


class Diary:
    """The file; a run goes on without it, saying so once, if it cannot be read or written."""

    def __init__(self, say: Callable[[str], None], *, resume: bool) -> None:
        self.say, self.kept = say, True
        self.entries: dict[str, Json] = {}
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
            self.entries.update(entries_in(line))
        if len(self.entries) < len(lines):
            write(str(DONE), "".join(map(as_line, self.entries.items())))

    def found(self, key: str, part: Part) -> Result | None:
        """What came of a part before."""
        if key not in self.entries:
            return None
        result = Result.from_json(self.entries[key])
        same = (result.target, result.law) == (part.target, part.proof)
        return result if same and (result.failed or result.examples == part.cases) else None

    def write(self, key: str, result: Result) -> None:
        """This part is done."""
        self.attempt(lambda: append(as_line((key, result.as_json()))))

    def close(self) -> None:
        """Nothing is left of an earlier run, or all is done."""
        DONE.unlink(missing_ok=True)


def append(line: str) -> None:
    """Put a line at the end of the file."""
    DONE.parent.mkdir(parents=True, exist_ok=True)
    with DONE.open("a", encoding="utf-8") as file:
        file.write(line)


def as_line(item: tuple[str, Json]) -> str:
    """An entry as a line."""
    return json.dumps(dict([item])) + "\n"


def entries_in(line: str) -> Json:
    """The entry of a line; nothing if it is damaged."""
    try:
        entry: Json = json.loads(line)
        ENTRY(entry, "it")
        for each in entry.values():
            Result.from_json(each)
    except (ValueError, TypeError, RecursionError, Misfit):
        return {}
    return entry
