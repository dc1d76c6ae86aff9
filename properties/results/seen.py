"""What was seen of a convention: its value, and the calls that show it."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ..contract import RESULT
from ..data.arrays import StoredArray
from ..data.text import MOST_SHOWN, cleaned
from ..data.typed import Name, Nested, Whole
from ..targets.call import Call
from .calls import Setting, StoredCall

VARIES = "varies"
"""The value of a convention that varies."""


class Shown(StoredCall, frozen=True, kw_only=True):
    """A call, its answer (an array, or words for anything else), and the place in it that matters."""

    size: list[Whole]
    stride: list[Whole]
    settings: dict[Setting, Nested]
    got: StoredArray | str
    where: list[Whole] | None

    @property
    def answer(self) -> str:
        """The answer at the place that matters, as in `y[0,0,0,0] = nan`, or the words for anything but an array."""
        if isinstance(self.got, str):
            return self.got
        where = tuple(self.where or ())
        name = RESULT[self.function] + (f"[{','.join(map(str, where))}]" if where else "")
        return f"{name} = {cleaned(' '.join(str(self.got.cell(where)).split()), MOST_SHOWN)}"

    @property
    def alone(self) -> StoredCall:
        """The call without its answer."""
        return StoredCall(**{name: getattr(self, name) for name in StoredCall.__struct_fields__})


class Seen(Struct, frozen=True, kw_only=True):
    """A convention: its value and a call that shows it.

    A convention that varies has all its `values`; `evidence` shows the first, `other` the second and `more` the rest.
    """

    value: Name
    values: list[str] | UnsetType = UNSET
    evidence: Shown
    other: Shown | UnsetType = UNSET
    more: list[Shown] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.varies and (self.values is UNSET or self.other is UNSET):
            raise ValueError("a convention that varies should have values and other")

    @property
    def varies(self) -> bool:
        """Whether several values were seen."""
        return self.value == VARIES

    @property
    def each(self) -> list[tuple[str, Shown]]:
        """Each of its values with the call that shows it."""
        return list(zip(self.all_values, self.shown, strict=False))

    @property
    def all_values(self) -> list[str]:
        """All values that were seen, or the only one."""
        return [self.value] if self.values is UNSET or not self.varies else self.values

    @property
    def shown(self) -> list[Shown]:
        """The calls that show it, one for each value."""
        if self.other is UNSET or not self.varies:
            return [self.evidence]
        return [self.evidence, self.other, *(self.more or [])]

    def calls(self) -> list[Call]:
        """The calls that show it. Raises ValueError, or another error of Python's, if one is not a call."""
        return [shown.call() for shown in self.shown]


def seen_of(found: dict[str, Shown]) -> Seen | None:
    """A convention with these values, each shown by a call; None if there are none."""
    if not found:
        return None
    first, *others = found.values()
    if not others:
        return Seen(value=next(iter(found)), evidence=first)
    return Seen(value=VARIES, values=list(found), evidence=first, other=others[0], more=others[1:])
