"""Whether poolproof's own files change during a run: a target may write to them, and later processes load them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

# Hypothesis imports these when it draws the first case. A target could have changed them by then.
import numpy.ma
import numpy.random  # noqa: F401
from poolproof import kernels

from ..data.text import cleaned

FOLDERS = (Path(kernels.__file__).parent, Path(__file__).resolve().parent.parent)

State = dict[Path, tuple[int, int]]
"""When each file was last changed, in nanoseconds, and its size. The user cannot set the former."""


def state() -> State:
    """The state of all source files of poolproof."""
    found: State = {}
    for file in (file for folder in FOLDERS for file in folder.rglob("*.py")):
        with suppress(FileNotFoundError):
            at = file.stat()
            found[file] = at.st_ctime_ns, at.st_size
    return found


def changed(before: State) -> str:
    """The complaint about files that are not as they were; empty if all are."""
    now = state()
    others = sorted(str(file) for file in before.keys() | now.keys() if before.get(file) != now.get(file))
    if not others:
        return ""
    more = f" and {len(others) - 1} more" if others[1:] else ""
    return f"poolproof's own file {cleaned(others[0])}{more} changed during the run, so its results do not count"
