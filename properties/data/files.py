"""Reading and writing files: whole or not at all, and with one clear line if that fails."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from .errors import Unusable
from .text import shown
from .typed import encoded

MOST_READ = 1 << 28
"""The most bytes of a file that is read."""

Output = tuple[str, str | None, Callable[[], bytes | str]]
"""An option, its file or None, and a function that makes the content."""

STREAMS = (1, 2)
"""The descriptors of standard output and standard error."""


def read_text(file: str, what: str) -> str:
    """The text of a file; `what` names it in messages. Raises Unusable if it cannot be read as UTF-8."""
    try:
        with Path(file).open("rb") as source:
            data = source.read(MOST_READ + 1)
        if len(data) > MOST_READ:
            raise Unusable(f"{what} {shown(file)} cannot be read: it has more than {MOST_READ:,} bytes")
        return data.decode("utf-8")
    except (OSError, ValueError) as error:
        raise Unusable(f"{what} {shown(file)} cannot be read: {reason(error)}") from None


def write(file: str, data: bytes | str) -> None:
    """Write bytes, or a text as UTF-8, to a file. Raises Unusable if that fails.

    The content goes to a new file beside this one, which then replaces it: the file is complete, or as it was before. A
    symbolic link is followed. A device or a pipe is written directly, and so is the target of a standard stream.
    """
    content = data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace")
    try:
        if is_stream(file):
            write_directly(file, content)
        else:
            replace(Path(file).resolve(), content)
    except (OSError, ValueError) as error:
        raise Unusable(f"{shown(file)} cannot be written: {reason(error)}") from None


def json_text(value: object) -> str:
    """The JSON text of a report."""
    return msgspec.json.format(encoded(value), indent=1).decode() + "\n"


def unwritten(outputs: Iterable[Output]) -> list[str]:
    """Write files and return a line about each that cannot be written, although a trial before the run succeeded."""
    complaints = []
    for option, file, content in outputs:
        try:
            if file is not None:
                write(file, content())
        except Unusable as error:
            complaints.append(f"{option} {error}")
    return complaints


def is_stream(file: str) -> bool:
    """Whether a file must not be replaced, because it is a device or a pipe, or a standard stream leads to it."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(found.st_mode) or stream_to(found) is not None


def stream_to(found: os.stat_result) -> int | None:
    """The standard stream that leads to a file, or None."""
    for descriptor in STREAMS:
        with contextlib.suppress(OSError):
            if os.path.samestat(found, os.fstat(descriptor)):
                return descriptor
    return None


def write_directly(file: str, content: bytes) -> None:
    """Write to a device, a pipe or a standard stream; to the latter, after what is already written."""
    stream = stream_to(os.stat(file))
    with open(file if stream is None else stream, "wb", closefd=stream is None) as sink:
        sink.write(content)


def replace(file: Path, content: bytes) -> None:
    """Write a new file beside this one and move it into its place; if that fails, remove the new file."""
    new = beside(file)
    try:
        with new.open("xb") as sink:
            sink.write(content)
        if file.exists():
            shutil.copymode(file, new)
        new.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def beside(file: Path) -> Path:
    """An unused name in the same folder."""
    return file.with_name(f".poolproof-{secrets.token_hex(8)}")


def writable(option: str, file: str | None) -> None:
    """Raise Unusable now, rather than after the run, if the file of an option cannot be written there."""
    if file is None:
        return
    try:
        complaint = unwritable(file)
    except (OSError, ValueError) as error:
        complaint = f"cannot be written: {reason(error)}"
    if complaint:
        raise Unusable(f"{option} {shown(file)} {complaint}")


def unwritable(file: str) -> str:
    """Why a file cannot be written; empty if it can."""
    if Path(file).is_dir():
        return "is a folder; it should be a file"
    stream = is_stream(file)
    if os.path.exists(file) and not os.access(file, os.W_OK):
        return "cannot be written: it is read-only"
    folder = Path(file).resolve().parent
    if stream or can_hold(folder):
        return ""
    return f"cannot be written: {shown(str(folder))} should be a folder that can be written to"


def can_hold(folder: Path) -> bool:
    """Whether a file can be created in a folder. It creates one, because permissions alone do not tell."""
    trial = beside(folder / "trial")
    try:
        trial.open("xb").close()
        trial.unlink()
    except OSError:
        return False
    return True


def reason(error: Exception) -> str:
    """The reason in an error, in words."""
    return getattr(error, "strerror", None) or str(error)
