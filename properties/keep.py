"""What outlives one law: deaths of a target, counted across processes, and the case in hand."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

MOST = {"hung": 3, "crashed": 20}
"""So many hangs, or deaths, of a target end what is asked of it."""

SEVERAL = {"hung": 1, "crashed": 3}
"""After so many, the next is made smaller for a short time only."""


@dataclass(frozen=True)
class Toll:
    """Deaths of targets, one byte each in files that all processes of a run share."""

    folder: Path

    def add(self, target: str, verdict: str) -> None:
        """One more."""
        if verdict in MOST:
            with self.file(target, verdict).open("ab") as file:
                file.write(b".")

    def count(self, target: str, verdict: str) -> int:
        """How many there were."""
        file = self.file(target, verdict)
        return file.stat().st_size if file.exists() else 0

    def seen(self, target: str) -> tuple[str, ...]:
        """The verdicts of deaths of which there were several."""
        return tuple(verdict for verdict, several in SEVERAL.items() if self.count(target, verdict) >= several)

    def reached(self, target: str) -> str:
        """Why nothing more is asked of a target; empty if it may go on."""
        for verdict, most in MOST.items():
            if self.count(target, verdict) >= most:
                return f"it {'hung' if verdict == 'hung' else 'died'} {most} times before"
        return ""

    def file(self, target: str, verdict: str) -> Path:
        """The file that counts."""
        return self.folder / f"{verdict}-{zlib.crc32(target.encode()):08x}"


class InHand:
    """A file with the bytes of the case in hand; it is there after the suite was killed, and gone after a law ended."""

    def __init__(self, folder: Path, target: str, law: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{zlib.crc32(f'{law} {target}'.encode()):08x}"
        self.found = self.file.read_bytes() if self.file.exists() else b""
        self.handle = os.open(self.file, os.O_RDWR | os.O_CREAT)

    def hold(self, data: bytes) -> None:
        """This case is tried now."""
        os.pwrite(self.handle, data, 0)

    def done(self) -> None:
        """The law has ended."""
        os.close(self.handle)
        self.file.unlink(missing_ok=True)
