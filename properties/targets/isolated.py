"""A target in a process of its own, which is started when needed, and again after a death."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..contract import CALLABLES, DECLARATIONS, Declared, Unusable, declared, near_misses
from ..data.sparse import SparseCall
from ..data.text import MOST_SHOWN, cleaned, shown
from ..remote import WORKER
from ..remote.worker import CHUNK, EVIDENCE, VERSION, Header, ProtocolError
from .call import Answer, Call, is_dangerous
from .connection import Connection, Death
from .headers import Complaint, Introduction, typed
from .history import Log, bytes_passed
from .protocol import Frame, decoded, question, sparse_question
from .target import Misfit, limit_of, nothing_offered

STARTING = 60.0
"""The seconds for a process to load its target, unless the very first call may take longer."""

MORE_TIME = (
    "loading may take three times --timeout (timeout= in Python); raise it for code that compiles when it is loaded"
)

FIRST = 3
"""The factor on the time limit of the very first call of each callable, which may compile. Its first call in a later
process gets the usual limit plus this factor times the slowest first call so far."""

HURRIED = 3.0
"""The seconds for a call while a hang is being shrunk."""

BYTES_A_TIMEOUT = 1 << 26
"""For each of this many bytes of dense arrays, a call with sparse arrays gets the usual time limit once more."""
HEADERS = 1 << 11
"""A size that the header of a call hardly exceeds, in bytes."""


@dataclass(frozen=True)
class Isolation:
    """How targets are run: the interpreter, seconds for a call, bytes of memory, and a device.

    `starting`: the most seconds for loading, and for the first call of a callable, if fewer than usual.
    """

    python: str = sys.executable
    timeout: float = 10.0
    memory: int | None = None
    starting: float = math.inf
    device: str | None = None


@dataclass(eq=False)
class Isolated:
    """A target in a process of its own, which is started when needed, and again after a death."""

    spec: str
    command: list[str]
    hello: Header
    isolation: Isolation
    name: str = ""
    declared: Declared = field(default_factory=Declared)
    offers: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: frozenset[str] = frozenset()
    environment: Header = field(default_factory=dict)
    connection: Connection | None = None
    warm: set[str] = field(default_factory=set)
    slowest_first: dict[str, float] = field(default_factory=dict)
    hurried: bool = False
    asked: int = 0
    log: Log = field(default_factory=Log)
    spoilers: list[Call] = field(default_factory=list)
    law: int = 0
    case: int = 0
    beside: Isolated | None = None
    renewal = "process"

    def introduce(self) -> Isolated:
        """Start the process once, and take over its description of itself. Raises Unusable."""
        try:
            return self.introduced(self.start())
        except Death as death:
            advice = f"; {MORE_TIME}" if death.verdict == "hung" else ""
            raise Unusable(f"{self.spec} cannot be loaded: {death}{advice}") from None
        except ProtocolError as error:
            self.end()
            raise Unusable(f"{self.spec} speaks no protocol: {error}") from None
        except Unusable:
            self.end()
            raise

    def introduced(self, said: Header) -> Isolated:
        """Take over a process's description of itself."""
        if said.get("type") == "error":
            raise Misfit(f"{self.spec}: {cleaned(typed(said, Complaint).message)}")
        if said.get("type") != "hello" or said.get("version") != VERSION:
            raise ProtocolError(f"expected hello in version {VERSION}, got {shown(said)}")
        told = typed(said, Introduction)
        self.environment = told.environment
        self.offers = tuple(name for name in CALLABLES if name in told.offers)
        keywords = {name: told.keywords[name] for name in self.offers if name in told.keywords}
        self.declared = declared(told.declared, self.name, keywords)
        self.name = self.declared.name
        self.evidence = frozenset(name for name in EVIDENCE if name in told.evidence)
        self.warnings = near_misses(self.name, told.names, self.offers)
        self.notes = [cleaned(note, MOST_SHOWN) for note in told.notes[: len(CALLABLES)]]
        if not self.offers:
            raise Misfit(nothing_offered(self.name, self.warnings))
        return self

    def start(self) -> Header:
        """Start the process. Returns its answer to hello."""
        if not hasattr(os, "waitid"):  # which the guard calls
            systems = "on Linux, and on macOS from Python 3.13"
            raise Unusable(f"targets can be run in processes of their own {systems}; use --in-process")
        if self.isolation.memory and not sys.platform.startswith("linux"):
            raise Unusable("memory can be limited on Linux only")
        self.warm, self.log = set(), Log()
        try:
            # A user's program may be meant to become another user, which needs additional rights.
            enclosed = str(WORKER) in self.command
            self.connection = Connection(self.command, self.isolation.memory, enclosed=enclosed)
            return self.greeted()
        except OSError as error:
            raise Unusable(f"{self.command[0]!r} cannot be started: {error.strerror}") from None

    def greeted(self) -> Header:
        """The running process's answer to hello: it loads the target, replacing any that it had."""
        assert self.connection is not None
        seconds = min(max(STARTING, FIRST * self.isolation.timeout), self.isolation.starting)
        [(said, _)] = self.connection.exchange([({**self.hello, "id": 0}, [])], lambda _: seconds, 0)
        return said

    def fresh(self) -> Isolated:
        """The same target for another law: a new instance in the same process."""
        self.law += 1
        self.hurried = False
        return self

    def afresh(self) -> Isolated:
        """The same target without earlier calls: in a new process."""
        self.end()
        return self.fresh()

    def hurry(self, verdict: str) -> None:
        """While a hang is being shrunk, give each try less time."""
        self.hurried = verdict == "hung"

    def patience(self, calls: Sequence[Call]) -> float:
        """The seconds for calls that are made together: more for the first of a callable."""
        usual = min(self.isolation.timeout, HURRIED) if self.hurried else self.isolation.timeout
        cold = {call.function for call in calls} - self.warm
        slowest = [self.slowest_first.get(function) for function in cold]
        longest = max((FIRST * usual if each is None else usual + FIRST * each for each in slowest), default=usual)
        return min(longest, max(usual, self.isolation.starting))

    def warmed(self, calls: Sequence[Call], seconds: float) -> None:
        """Note the seconds of calls that were made together, if they are the first of a callable."""
        for function in {call.function for call in calls} - self.warm:
            self.warm.add(function)
            self.slowest_first[function] = max(self.slowest_first.get(function, 0.0), seconds)

    def begin(self) -> None:
        """Start a new case: earlier results are no longer watched."""
        self.case += 1
        self.log.begin()

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        return self.ask_all([call])[0]

    def ask_all(self, calls: list[Call]) -> list[Answer]:
        """Make calls one after another; a death ends the list.

        Small calls are sent together if all of them fit into the pipe, so that there is a single wait for their
        answers.
        """
        size = sum(map(bytes_passed, calls)) + HEADERS * len(calls)
        if len(calls) > 1 and (size > CHUNK or any(map(is_dangerous, calls))):
            answers: list[Answer] = []
            for call in calls:
                answers += self.ask_all([call])
                if answers[-1].death:
                    break
            return answers
        if any(map(is_dangerous, calls)):
            return list(map(self.apart, calls))
        if not calls:
            return []
        return self.answers([self.framed(call) for call in calls], [[call] for call in calls])

    def question(self, call: Call) -> Frame:
        """A call as header and payload."""
        return question(call, "layouts" in self.evidence, self.declared.layout)

    def framed(self, call: Call) -> Frame:
        """A call as a frame."""
        header, payload = self.question(call)
        return {**header, "type": "call"}, payload

    def apart(self, call: Call) -> Answer:
        """The answer to a call that may damage memory, made in a separate process that makes only such calls.

        A death counts only if a new process repeats it, because earlier calls may have damaged the memory of the old
        one.
        """
        self.log.add([call])
        self.beside = self.beside or self.twin()
        self.beside.law, self.beside.case, self.beside.hurried = self.law, self.case, self.hurried
        (answer,) = self.beside.answers([self.framed(call)], [[call]])
        if not answer.death:
            return answer
        new = self.twin()
        (answer,) = new.answers([self.framed(call)], [[call]])
        new.end()
        return answer

    def ask_sparse(self, call: SparseCall) -> Answer:
        """Make one call with arrays of any size, in a process of its own and with a time limit for that size."""
        isolation = replace(self.isolation, timeout=self.isolation.timeout * (1 + call.nbytes / BYTES_A_TIMEOUT))
        new = replace(self.twin(), isolation=isolation)
        # Limits and logs need arrays of these sizes; such zeros take no memory.
        sizes = {name: np.broadcast_to(array.dtype.type(0), array.shape) for name, array in call.arrays.items()}
        try:
            return new.answers([sparse_question(call)], [[Call(call.function, sizes, call.size, call.stride)]])[0]
        finally:
            new.end()

    def twin(self) -> Isolated:
        """The same target, to be started in another process."""
        return replace(self, connection=None, warm=set(), log=Log(), beside=None)

    def ask_together(self, calls: list[Call], seconds: float, moments: Sequence[float]) -> list[Answer]:
        """Make several calls at the same time in the process: see `Host.together`."""
        asked = list(map(self.question, calls))
        header = {"type": "together", "seconds": seconds, "moments": list(moments)}
        header["calls"] = [each for each, _ in asked]
        answers = self.answers([(header, [chunk for _, chunks in asked for chunk in chunks])], [calls])
        if any(map(is_dangerous, calls)):
            self.end()
        return answers if len(answers) == len(calls) else answers * len(calls)

    def answers(self, frames: list[Frame], calls: list[list[Call]]) -> list[Answer]:
        """Send frames and decode the answers to the calls of each; a death is an answer too, and the last."""
        limit = limit_of([call for group in calls for call in group])
        for header, _ in frames:
            self.asked += 1
            header.update({"id": self.asked, "law": self.law, "case": self.case, "limit": limit})
        found: list[Answer] = []
        try:
            if self.connection is None:
                self.revive()
            assert self.connection is not None
            said = self.connection.exchange(frames, lambda k: self.patience(calls[k]), limit * len(calls[0]))
            for group in calls:
                began = time.monotonic()
                self.log.add(group)
                found += decoded(*next(said), len(group))
                self.warmed(group, time.monotonic() - began)
        except Unusable as error:
            return [*found, Answer(death="crashed", error=str(error))]
        except Death as death:
            self.connection, self.warm = None, set()
            return [*found, Answer(death=death.verdict, error=str(death))]
        except ProtocolError as error:
            self.end()
            return [*found, Answer(death="broken", error=f"spoke no protocol: {error}")]
        return found

    def revive(self) -> None:
        """Start the process again after a death."""
        said = self.start()
        if said.get("type") != "hello":
            self.end()
            raise Death("crashed", f"cannot be loaded again: {cleaned(typed(said, Complaint).message)}")

    def end(self) -> None:
        """End the process and its companion."""
        if self.connection is not None:
            self.connection.kill()
            self.connection = None
        if self.beside is not None:
            self.beside.end()


def worker_command(isolation: Isolation) -> list[str]:
    """The command that runs the worker under the requested interpreter."""
    return [isolation.python, "-u", str(WORKER)]


def hello(source: str, attribute: str, paths: list[str], wrapping: Header | None = None) -> Header:
    """The first frame: what to load, which wrapper to use, and what the suite needs to know about it."""
    return {
        **(wrapping or {}),
        "type": "hello",
        "version": VERSION,
        "source": source,
        "attribute": attribute,
        "paths": paths,
        "callables": list(CALLABLES),
        "declarations": [each.name for each in DECLARATIONS],
    }
