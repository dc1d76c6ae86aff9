"""The interface of a target, in whatever process it lives, and a target that lives in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..contract import CALLABLES, DECLARATIONS, Declared, Unusable, declared, near_misses
from ..data.sparse import Sparse, SparseCall
from ..data.text import MOST_SHOWN, cleaned
from ..remote.worker import EVIDENCE, Host, dtype_of, keywords_of, name_of, notes_of, public, said, stated
from .call import Answer, Call
from .history import Log
from .wrapped import unwrapped

MARGIN = 1 << 20
"""The bytes by which a result may exceed eight times its input before it is refused."""


class Misfit(Unusable):
    """A target that does not fit the contract: it offers none of the callables, or cannot be made without arguments."""


class Target(Protocol):
    """The interface of a target for laws, conventions and doors, in whatever process it lives.

    `spec` is what the user wrote, `name` what messages call it, `evidence` what it can report about a call; `log` has
    the calls made to it, `spoilers` those that another failure needed; `warnings` are about names, `notes` are its own
    about what it lacks.
    """

    spec: str
    name: str
    declared: Declared
    offers: tuple[str, ...]
    warnings: list[str]
    notes: list[str]
    evidence: frozenset[str]
    log: Log
    spoilers: list[Call]

    @property
    def renewal(self) -> str:
        """What `afresh` renews: a process or an instance; empty if it cannot renew anything."""
        ...

    def fresh(self) -> Target:
        """The same target for another law: a class is instantiated anew."""
        ...

    def afresh(self) -> Target:
        """The same target without earlier calls: a class is instantiated anew, in a new process if it has its own."""
        ...

    def begin(self) -> None:
        """Start a new case: earlier results are no longer watched."""
        ...

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        ...

    def ask_sparse(self, call: SparseCall) -> Answer:
        """Make one call with arrays of any size. The value of the answer is a Sparse, and nothing else is watched."""
        ...

    def ask_all(self, calls: list[Call]) -> list[Answer]:
        """Make calls one after another, whatever the answers; a death ends the list."""
        ...

    def end(self) -> None:
        """End the target's process, if any; it is started again when needed."""
        ...

    def hurry(self, verdict: str) -> None:
        """Until the next law, failures with this verdict are being shrunk: keep slow calls short."""
        ...

    def ask_together(self, calls: list[Call], seconds: float, moments: Sequence[float]) -> list[Answer]:
        """Make several calls at the same time, for `seconds` and at these moments of the first: see `Host.together`."""
        ...


class InProcess:
    """A target that lives in this process."""

    evidence = frozenset(EVIDENCE)

    def __init__(self, make: Callable[[], Any], spec: str) -> None:
        self.make, self.spec = make, spec
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
        again = InProcess(self.make, self.spec)
        again.declared, again.offers, again.spoilers = self.declared, self.offers, self.spoilers
        return again

    def afresh(self) -> InProcess:
        """The same target without earlier calls, to the extent that a new instance has none."""
        return self.fresh()

    def end(self) -> None:
        """Do nothing: the target has no process."""

    @property
    def renewal(self) -> str:
        """What `afresh` renews: an instance of a class; nothing for a module or an object, whose state stays."""
        return "instance" if self.make() is not self.host.implementation else ""

    def begin(self) -> None:
        """Start a new case: earlier results are no longer watched."""
        self.host.begin()
        self.log.begin()

    def hurry(self, verdict: str) -> None:
        """Do nothing: calls in this process have no time limit."""

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
        """Make several calls at the same time, for `seconds` and at these moments of the first: see `Host.together`."""
        self.log.add(calls)
        self.host.limit = limit_of(calls)
        layout = self.declared.layout
        asked = [(call.function, call.laid_out(layout), (call.size, call.stride), call.settings) for call in calls]
        return list(map(answer_of, self.host.together(asked, seconds, moments)))


def outside(target: Target, call: Call, *, dtype: bool = True) -> str:
    """Why a call is outside what a target offers and declares; empty if it is not. `dtype`: whether dtypes count.

    Arguments that are wrong on purpose are not checked against declarations.
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
    """The most bytes of a result: more than any right one, and few enough to hold several at once."""
    return 8 * max(array.nbytes for call in calls for array in call.arrays.values()) + MARGIN


LISTS = ("changed", "beside", "shares", "stale", "reuses", "raised")
"""The entries of an answer that are lists."""


def answer_of(seen: Mapping[str, Any]) -> Answer:
    """An answer made from what a host observed."""
    lists: dict[str, Any] = {name: tuple(seen.get(name, ())) for name in LISTS}
    texts: dict[str, Any] = {name: cleaned(seen.get(name, "")) or None for name in ("error", "exited")}
    return Answer(seen["value"], kind=cleaned(seen.get("kind", "nothing")), **texts, **lists)


def nothing_offered(name: str, warnings: list[str]) -> str:
    """The message about a target without any callable of the contract."""
    return " ".join([f"{name} offers none of {', '.join(CALLABLES)}.", *warnings])


def wrap(implementation: Any, name: str = "") -> InProcess:
    """A target made from an object in hand; a class is instantiated without arguments, once for each law."""
    name = name or called(implementation)
    if not isinstance(implementation, type):
        return InProcess(lambda: implementation, name)
    try:
        return InProcess(implementation, name)
    except Unusable:
        raise
    except Exception as error:
        raise Unusable(f"{name} is a class, but cannot be instantiated without arguments: {error}") from error


def called(implementation: Any) -> str:
    """The name of an object in hand: its own, or that of its type."""
    return said(getattr(implementation, "__name__", "")) or name_of(implementation)


def short(spec: str) -> str:
    """The name of a target that does not name itself: the file without folder and suffix, and the object."""
    source, attribute = split(spec)
    source = Path(source).stem if source.endswith(".py") else source
    return f"{source}:{attribute}" if attribute else source


def split(spec: str) -> tuple[str, str]:
    """Module or file, and the object in it; the last colon divides them, unless it follows a drive letter."""
    plain = unwrapped(spec).spec
    source, colon, attribute = plain.rpartition(":")
    if not colon or attribute.startswith(("/", "\\")):
        return plain, ""
    return source, attribute
