"""The workshop: a process in which lines of Python make targets from an implementation."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...contract import CALLABLES, Unusable
from ...remote.worker import Header, ProtocolError
from ..call import Answer, Call
from ..connection import Connection, Death
from ..headers import Introduction, typed
from ..isolated import Isolated, Isolation, hello, worker_command

NAMESPACE = "from types import SimpleNamespace"

PATIENCE = 20.0
"""The seconds for which a form is searched for."""


class Members(NamedTuple):
    """The members of an object: its public names, and those callables that were asked about.

    A callable comes with the names of its parameters, "**" among them if it takes any; None if unknown.
    """

    names: list[str]
    callables: dict[str, list[str] | None]


class Over(Exception):
    """A process died or the time is up: the search ends without a result."""


class Workshop:
    """A process in which targets made from an implementation replace one another.

    `imports` is the line of Python that imports the implementation. Methods raise Over.
    """

    def __init__(self, imports: str, paths: list[str], isolation: Isolation) -> None:
        self.imports, self.paths, self.isolation = imports, paths, isolation
        self.folder = tempfile.TemporaryDirectory(prefix="poolproof-")
        self.connection: Connection | None = None
        self.written = 0
        self.end_of_time = time.monotonic() + PATIENCE

    def look(self, expression: str, callables: Iterable[str] = ()) -> Members | None:
        """The members of an expression's value, or None if it cannot be evaluated."""
        asked = list(callables)
        _, said = self.made(f"{self.imports}\nimport sys\n{NAMESPACE}\ntarget = {expression}\n", asked)
        if said.get("type") != "hello":
            return None
        told = typed(said, Introduction)
        return Members(told.names, {name: told.keywords.get(name) for name in asked if name in told.offers})

    def holds(self, condition: str) -> bool:
        """Whether a condition is true in that process."""
        seen = self.look(f"SimpleNamespace(yes=len) if {condition} else None", ["yes"])
        return seen is not None and "yes" in seen.callables

    def load(self, lines: str) -> Isolated | None:
        """The target that lines of Python define, or None if they raise or define a target that offers nothing."""
        peer, said = self.made(lines)
        with suppress(Unusable):
            return peer.introduced(said)
        return None

    def made(self, lines: str, callables: Iterable[str] = CALLABLES) -> tuple[Isolated, Header]:
        """A peer that has loaded these lines, and its answer to hello."""
        if time.monotonic() > self.end_of_time:
            raise Over
        self.written += 1
        file = Path(self.folder.name, f"lines{self.written}.py")
        file.write_text(lines, encoding="utf-8")
        first = {**hello(str(file), "target", self.paths), "callables": list(callables)}
        peer = Isolated(file.name, worker_command(self.isolation), first, self.isolation)
        try:
            said = peer.start() if self.connection is None else self.handed_over(peer)
        except (Death, ProtocolError, Unusable) as error:
            raise Over from error
        self.connection = peer.connection
        return peer, said

    def handed_over(self, peer: Isolated) -> Header:
        """The running process's answer to a new hello."""
        peer.connection = self.connection
        return peer.greeted()

    def ask(self, target: Isolated, call: Call) -> Answer:
        """The answer of a target made here."""
        answer = target.ask(call)
        if answer.death or answer.exited:
            raise Over
        return answer

    def close(self) -> None:
        """End the process and remove the files written for it."""
        if self.connection is not None:
            self.connection.kill()
        self.folder.cleanup()
