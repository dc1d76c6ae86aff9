"""What a target is to the suite, whatever process it lives in, and a target that lives in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..contract import CALLABLES, DECLARATIONS, Declared, Unusable, declared, near_misses
from ..data.sparse import Sparse, SparseCall
from ..data.text import MOST_SHOWN, cleaned
from ..remote.worker import EVIDENCE, Host, dtype_of, keywords_of, notes_of, public, stated
from .call import Answer, Call
from .history import Log

MARGIN = 1 << 20
"""Bytes by which a result may be larger than eight times its input before it is refused."""


class Misfit(Unusable):
    """A target that does not fit the contract: it offers no callable of it, or cannot be made without arguments."""


class Target(Protocol):
    """What laws, conventions and doors need of a target, in whatever process it lives.

    `spec` is what the user wrote, `name` what messages call it, `evidence` what it can tell of a call; `log` the calls
    made to it, `spoilers` those that another failure needed; `warnings` are about names, `notes` its own about what it
    lacks.
    """

    spec: str
    name: str
    declared: Declared
    offers: tuple[str, ...]
    reference: bool
    warnings: list[str]
    notes: list[str]
    evidence: frozenset[str]
    log: Log
    spoilers: list[Call]

    @property
    def renewal(self) -> str:
        """What `afresh` makes: a process or an instance; empty where it cannot make anything new."""
        ...

    def fresh(self) -> Target:
        """The same target for another law: a class is instantiated anew."""
        ...

    def afresh(self) -> Target:
        """The same target with no calls before: a class is instantiated anew, and its process, if it has one, too."""
        ...

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        ...

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        ...

    def ask_sparse(self, call: SparseCall) -> Answer:
        """Make one call with arrays of any size; the value of its answer is a Sparse, and nothing else is watched."""
        ...

    def ask_all(self, calls: list[Call]) -> list[Answer]:
        """Make calls one after another, whatever the answers; a death ends the list."""
        ...

    def hurry(self, verdict: str) -> None:
        """From now on until the next law a failure with this verdict is made smaller: be brief where it takes long."""
        ...

    def ask_together(self, calls: list[Call], seconds: float, moments: Sequence[float]) -> list[Answer]:
        """Make several calls at the same time, for so long and at these moments of the first: see `Host.together`."""
        ...


class InProcess:
    """A target that lives in this process."""

    evidence = frozenset(EVIDENCE)

    def __init__(self, make: Callable[[], Any], spec: str, *, reference: bool = False) -> None:
        self.make, self.spec, self.reference = make, spec, reference
        self.log = Log()
        self.spoilers: list[Call] = []
        self.host = Host(make)
        found = self.host.implementation
        attributes = stated(found, [each.name for each in DECLARATIONS])
        self.offers = tuple(name for name in CALLABLES if callable(getattr(found, name, None)))
        self.declared = declared(attributes, short(spec), keywords_of(found, self.offers))
        self.name = self.declared.name
        self.warnings = near_misses(self.name, public(found), self.offers)
        self.notes = [cleaned(note, MOST_SHOWN) for note in notes_of(found)]
        if not self.offers:
            raise Misfit(nothing_offered(self.name, self.warnings))

    def fresh(self) -> InProcess:
        """The same target for another law: a class is instantiated anew."""
        again = InProcess(self.make, self.spec, reference=self.reference)
        again.declared, again.spoilers = self.declared, self.spoilers
        return again

    def afresh(self) -> InProcess:
        """The same target with no calls before, as far as a new instance has none."""
        return self.fresh()

    @property
    def renewal(self) -> str:
        """What `afresh` makes: an instance of a class; nothing new of a module or an object, whose state stays."""
        return "instance" if self.make() is not self.host.implementation else ""

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        self.host.begin()
        self.log.begin()

    def hurry(self, verdict: str) -> None:
        """Calls in this process take the time they take."""

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        self.log.add([call])
        self.host.limit = limit_of([call])
        handed = self.host.handed_over(call.laid_out(self.declared.layout), call.in_place)
        return answer_of(self.host.ask(call.function, handed, (call.size, call.stride), call.settings))

    def ask_sparse(self, call: SparseCall) -> Answer:
        """Make one call with arrays of any size."""
        self.host.limit = 8 * call.nbytes + MARGIN
        arrays = {name: array.whole() for name, array in call.arrays.items()}
        seen = self.host.ask_sparse(call.function, arrays, (call.size, call.stride))
        if seen["value"] is not None:
            dtype, shape, (places, values) = dtype_of(seen["dtype"]), tuple(seen["shape"]), seen["value"]
            seen["value"] = Sparse(dtype, shape, places, values, seen["nonzero"] - len(places))
        return answer_of(seen)

    def ask_all(self, calls: list[Call]) -> list[Answer]:
        """Make calls one after another."""
        return list(map(self.ask, calls))

    def ask_together(self, calls: list[Call], seconds: float, moments: Sequence[float]) -> list[Answer]:
        """Make several calls at the same time, for so long and at these moments of the first: see `Host.together`."""
        self.log.add(calls)
        self.host.limit = limit_of(calls)
        layout = self.declared.layout
        asked = [(call.function, call.laid_out(layout), (call.size, call.stride), call.settings) for call in calls]
        return list(map(answer_of, self.host.together(asked, seconds, moments)))


def outside(target: Target, call: Call, *, dtype: bool = True) -> str:
    """Why a call is not within what a target offers and declares; empty if it is. `dtype`: whether that counts, too.

    Arguments that are wrong on purpose are no matter of declarations.
    """
    stated, rank, x = target.declared, len(call.size), call.arrays["x"].dtype.name
    if call.function not in target.offers:
        return f"it offers no {call.function}"
    if rank not in stated.ranks or stated.lacking(call.function, x, rank):
        return f"it takes no {x} at rank {rank} in {call.function}"
    if dtype and not stated.takes(call.function, x, rank):
        return f"it takes no {x} in {call.function}"
    if lacking := set(call.settings) - set(stated.settings_of(call.function)):
        return f"{call.function} takes no {' and '.join(sorted(lacking))}"
    declaration = stated.outside(call.function, call.size, call.stride, call.settings)
    return f"it declares {declaration}" if declaration else ""


def limit_of(calls: list[Call]) -> int:
    """Bytes that a result may have: more than any right one, and few enough for several to be held at once."""
    return 8 * max(array.nbytes for call in calls for array in call.arrays.values()) + MARGIN


LISTS = ("changed", "shares", "stale", "reuses", "raised")
"""The entries of an answer that are lists."""


def answer_of(seen: Mapping[str, Any]) -> Answer:
    """What a host saw, as an answer."""
    lists: dict[str, Any] = {name: tuple(seen.get(name, ())) for name in LISTS}
    texts: dict[str, Any] = {name: cleaned(seen.get(name, "")) or None for name in ("error", "exited")}
    return Answer(seen["value"], kind=cleaned(seen.get("kind", "nothing")), **texts, **lists)


def nothing_offered(name: str, warnings: list[str]) -> str:
    """The message about a target without any callable of the contract."""
    return " ".join([f"{name} offers none of {', '.join(CALLABLES)}.", *warnings])


def wrap(implementation: Any, name: str = "") -> InProcess:
    """A target from an object in hand; a class is instantiated without arguments, once for each law."""
    name = name or getattr(implementation, "__name__", type(implementation).__name__)
    if not isinstance(implementation, type):
        return InProcess(lambda: implementation, name)
    try:
        return InProcess(implementation, name)
    except TypeError as error:
        raise Unusable(f"{name} is a class, but cannot be instantiated without arguments: {error}") from error


def short(spec: str) -> str:
    """What messages call a target that does not name itself: the file without folder and suffix, and the object."""
    source, attribute = split(spec)
    source = Path(source).stem if source.endswith(".py") else source
    return f"{source}:{attribute}" if attribute else source


def split(spec: str) -> tuple[str, str]:
    """Module or file, and the object in it; the last colon divides, unless it follows a drive letter."""
    source, colon, attribute = spec.rpartition(":")
    if not colon or attribute.startswith(("/", "\\")):
        return spec, ""
    return source, attribute
