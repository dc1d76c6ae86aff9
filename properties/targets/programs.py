"""The programs that users name, with absolute paths, because they are started in another folder."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from ..contract import Unusable
from ..data.text import shown


def interpreter(python: str) -> str:
    """The path of an interpreter: a bare name is looked up on PATH, a path starts in the working folder.

    Symbolic links stay: the Python of a virtual environment is one, and finds its packages by its location. Raises
    Unusable if there is no such program.
    """
    found = shutil.which(python)
    if found is None:
        raise Unusable(f"{shown(python)} should be an interpreter")
    return absolute(found)


def program(text: str) -> list[str]:
    """The words of a command, as a shell would split it; names of files in the working folder are made absolute.

    Raises Unusable if there are none, or a quotation is left open.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Unusable(f"--command {shown(text)} cannot be split into words: {error}") from None
    if not words:
        raise Unusable(f"--command {shown(text)} should name a program that speaks the protocol")
    return [absolute(word) if os.path.isfile(word) else word for word in words]


def absolute(path: str) -> str:
    """An absolute path. `..` stays as it is, because after a symbolic link it means another folder."""
    return str(Path(path).absolute())
