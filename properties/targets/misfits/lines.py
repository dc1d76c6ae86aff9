"""Lines of Python that make a target from an implementation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .candidates import Root


def lines(root: Root, openings: str, passed: Iterable[str]) -> str:
    """The imports, an empty line, and the target: the passed functions inside these openings of wrappers."""
    wrappers = sorted({*re.findall(r"(\w+)\(", openings)})
    source = (
        f"poolproof.properties.wrappers import {', '.join(wrappers)}" if wrappers else "types import SimpleNamespace"
    )
    opened = openings or "SimpleNamespace("
    made = f"{opened}{', '.join(passed)}{')' * opened.count('(')}"
    return f"{root.imports}\nfrom {source}\n\ntarget = {made}\n"
