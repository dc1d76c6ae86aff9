"""Text from targets, made safe to print: one line, printable characters only, bounded length."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from ..remote.worker import MOST_TEXT, said

MOST_NAME = 80
"""The most characters of a target's name, and of its version."""

MOST_SHOWN = 200
"""The most characters of a wrong value in a message."""


def cleaned(text: str, most: int = MOST_TEXT) -> str:
    """At most `most` characters of a text. Control characters, line ends, invisible marks and lone surrogates become
    Python escapes, so that no text can move the cursor, forge a line or fail to be encoded."""
    shown = "".join(map(visible, islice(text, most + 1)))
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def visible(character: str) -> str:
    """The character, or its escape if it is not printable."""
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def sendable(name: str) -> str:
    """A file name in which bytes that are not UTF-8 are escaped, because xdist sends UTF-8 only."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def received(name: str) -> str:
    """The inverse of `sendable`."""
    return re.sub(r"\\u(dc[89a-f][0-9a-f])", lambda found: chr(int(found[1], 16)), name)


def shown(value: Any) -> str:
    """The repr of a value, for a message that it is wrong."""
    return cleaned(said(value, repr), MOST_SHOWN)
