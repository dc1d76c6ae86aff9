"""The conventions of another target that were pinned for a target, and why others were not."""

from __future__ import annotations

from msgspec import Struct

from ..data.typed import Name


class Likeness(Struct, frozen=True, kw_only=True):
    """The target whose conventions were pinned: as given, and as it calls itself.

    `pinned`: each convention with its value; `left`: each convention that was not pinned, and why.
    """

    target: Name
    name: str
    version: str
    pinned: dict[Name, Name]
    left: dict[Name, str]

    @property
    def title(self) -> str:
        """The name of the target in messages."""
        return f"{self.name} {self.version}".rstrip()
