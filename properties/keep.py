"""State shared between laws: how often a target has died in this process of the suite, and the case in hand."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path

MOST = {"hung": 3, "crashed": 20}
"""After this many hangs, or deaths, a process of the suite makes no more calls to a target."""

SEVERAL = {"hung": 1, "crashed": 3}
"""After this many, the next is made smaller for a short time only."""

HEAD = struct.Struct(">II")
"""The file of a case in hand begins with the length and the checksum of its bytes."""


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
    """A file with the bytes of the case in hand, which is left behind if the suite is killed or interrupted.

    What another run left is in `found`, if it is whole. Only a regular file in a real folder is read or written; where
    there is none, and none can be made, nothing is kept.
    """

    def __init__(self, folder: Path, target: str, law: str) -> None:
        self.file = folder / f"{zlib.crc32(f'{law} {target}'.encode(errors='surrogateescape')):08x}"
        self.handle: int | None = None
        self.found = b""
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self.handle = opened(self.file)
            self.found = whole(os.pread(self.handle, 1 << 20, 0))

    def hold(self, data: bytes) -> None:
        """This case is tried now."""
        if self.handle is not None:
            with suppress(OSError):
                os.pwrite(self.handle, HEAD.pack(len(data), zlib.crc32(data)) + data, 0)

    def done(self) -> None:
        """The law has ended."""
        if self.handle is not None:
            os.close(self.handle)
            with suppress(OSError):
                self.file.unlink()


def opened(file: Path) -> int:
    """A descriptor of a regular file, which is made if it is not there. Raises OSError for anything else."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileExistsError(f"{file} should be a regular file")


def whole(content: bytes) -> bytes:
    """The bytes of the case in a file; none if the file was cut or is another's."""
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
