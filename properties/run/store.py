"""A store of failing cases that users share, in a folder or at an address of fsspec: a folder per law, a file per case.

Every run first tries the newest cases of a law, whatever target they were found on. A case that passes stays, as it may
fail on another target.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from ..contract import Unusable
from ..data.files import reason, replace
from ..data.text import sendable, shown
from ..data.typed import decoded, encoded
from ..results import Counterexample, Result
from .known import names_of_cause
from .persistence import MOST_KEPT, KeptCase, kept_case

MISSING = "a store at an address needs the package fsspec, and what that needs for such addresses"


class SharedCase(Struct, frozen=True):
    """A failing case: the plan of its law, the target, the cause, and when it first and last failed."""

    plan: str
    target: str
    cause: str
    first: str
    last: str
    found: KeptCase


@dataclass
class Borrowed:
    """Cases of a store for a trial to try. The trial itself does not change the store."""

    found: list[KeptCase] = field(default_factory=list)

    def add(self, counterexamples: list[Counterexample]) -> None:
        """Do nothing: the store gets a failing case when its cause is known."""

    def drop(self, entry: KeptCase) -> None:
        """Do nothing: the case may fail elsewhere."""


class Files(Protocol):
    """The files of a store."""

    def names(self, folder: str) -> list[str]:
        """The files in a folder; none if the folder is missing."""

    def read(self, name: str) -> bytes:
        """The content of a file."""

    def write(self, name: str, content: bytes) -> None:
        """Replace the content of a file atomically."""


class Folder:
    """A folder on this machine, possibly a mounted one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, folder: str) -> list[str]:
        """The files in a folder; none if the folder is missing."""
        return [f"{folder}/{file.name}" for file in sorted((self.root / folder).glob("*.json"))]

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Replace the content of a file atomically."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        replace(self.root / name, content)


class Remote:
    """A folder at an address of fsspec."""

    def __init__(self, address: str) -> None:
        try:
            from fsspec.core import url_to_fs

            self.system, self.root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise Unusable(f"store {shown(address)}: {MISSING} ({error})") from None

    def names(self, folder: str) -> list[str]:
        """The files in a folder; none if the folder is missing."""
        found: list[Any] = self.system.glob(f"{self.root}/{folder}/*.json")
        return [f"{folder}/{str(each).rpartition('/')[2]}" for each in found]

    def read(self, name: str) -> bytes:
        """The content of a file."""
        content: bytes = self.system.cat_file(f"{self.root}/{name}")
        return content

    def write(self, name: str, content: bytes) -> None:
        """Replace the content of a file."""
        self.system.makedirs(f"{self.root}/{name.rpartition('/')[0]}", exist_ok=True)
        self.system.pipe_file(f"{self.root}/{name}", content)


class Store:
    """The store at an address, or in a folder."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: Files = Remote(address) if "://" in address else Folder(Path(address))

    def cases(self, law: str, plan: object) -> list[KeptCase]:
        """The newest cases of a law that were drawn for this plan. Raises Unusable if they cannot be read."""
        suited = [case for name in self.listed(law) if (case := self.case(name)) and case.plan == repr(plan)]
        return [case.found for case in sorted(suited, key=lambda case: case.last, reverse=True)[:MOST_KEPT]]

    def listed(self, law: str) -> list[str]:
        """The files of a law. Raises Unusable."""
        try:
            return self.files.names(law)
        except OSError as error:
            raise Unusable(f"store {shown(self.address)} cannot be read: {reason(error)}") from None

    def case(self, name: str) -> SharedCase | None:
        """The case in a file, or None if it is damaged or gone."""
        try:
            return decoded(self.files.read(name), SharedCase)
        except (OSError, ValueError):
            return None

    def add(self, result: Result, plan: object, today: str) -> None:
        """Keep the case of a failure, if it can be kept. Raises Unusable if it cannot be written."""
        kept = None if result.counterexample is None else kept_case(result.counterexample)
        if kept is None:
            return
        name = f"{result.law}/{zlib.crc32(encoded(kept)):08x}.json"
        before = self.case(name)
        first, cause = before.first if before else today, names_of_cause(result)[0]
        content = SharedCase(repr(plan), sendable(result.target), cause, first, today, kept)
        try:
            self.files.write(name, encoded(content))
        except OSError as error:
            raise Unusable(f"store {shown(self.address)} cannot be written: {reason(error)}") from None


def today() -> str:
    """The date in UTC."""
    return datetime.now(timezone.utc).date().isoformat()
