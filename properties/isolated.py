"""A target in a process of its own: frames go out, answers or a death come back, in time and within bounds."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Ints

from .contract import CALLABLES, Declared, Unusable, declared, near_misses
from .target import Answer, Call, limit_of, nothing_offered
from .worker import EVIDENCE, VERSION, Channel, Header, Memory, ProtocolError, described, parts

WORKER = Path(__file__).with_name("worker.py")
STARTING = 60.0
"""Seconds that a process may take to load its target."""

FIRST = 3
"""The very first call may take so many times longer than others: things compile. Later processes get for their first
call, beside the usual time, so many times what the longest first call before took."""

HURRIED = 3.0
"""Seconds for a call while a hang is made smaller."""

REMEMBERED, MOST_REMEMBERED = 1000, 1 << 26
"""Calls since a process started, and bytes of their arrays, that are kept, to be made again if it dies."""

MOST_AXES = 32
"""Axes that an array of any NumPy may have."""

TAIL = 20
"""Lines of standard error that are kept, for the report of a death."""

PIPE = 1 << 20
"""Bytes that a pipe should hold, where the system lets us say so: a large array then needs fewer turns."""


@dataclass(frozen=True)
class Isolation:
    """How targets are run: another interpreter, a limit of time a call and of memory in bytes."""

    python: str = sys.executable
    timeout: float = 10.0
    memory: int | None = None


class Death(Exception):
    """The process of a target ended, hung or spoke no protocol; `verdict` is `crashed`, `hung` or `broken`."""

    def __init__(self, verdict: str, what: str) -> None:
        super().__init__(what)
        self.verdict = verdict


class Process(Channel):
    """A running peer, and the life of one connection to it.

    It is started with pipes; `exchange` sends a frame and waits for one, and anything but a frame in time ends it:
    a closed stream means it died, silence that it hangs, other bytes that it speaks no protocol.
    """

    def __init__(self, command: list[str], isolation: Isolation, scratch: Path) -> None:
        # A session of its own: Ctrl-C does not reach it, and it is killed with all its children.
        self.popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=scratch,
            start_new_session=True,
            bufsize=0,
            pipesize=PIPE,
        )
        RUNNING.add(self)
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        super().__init__(self.popen.stdout.fileno(), self.popen.stdin.fileno())
        os.set_blocking(self.sink, False)
        limit_memory(self.popen.pid, isolation.memory)
        self.end = 0.0
        self.said: deque[str] = deque(maxlen=TAIL)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self) -> None:
        """Drain standard error, so that it never fills, and keep its end."""
        assert self.popen.stderr is not None
        with contextlib.suppress(OSError, ValueError), self.popen.stderr as stream:
            while text := os.read(stream.fileno(), 1 << 16):
                self.said.extend(text.decode(errors="replace")[-4096:].splitlines())

    def exchange(self, header: Header, payload: list[Memory], seconds: float, limit: int) -> tuple[Header, Memory]:
        """Send a frame and return the answer to it. Raises Death."""
        self.end = time.monotonic() + seconds
        try:
            self.send(header, payload)
            answer, memory = self.receive(limit)
            if answer.get("id") != header["id"]:
                raise ProtocolError(f"id {answer.get('id')!r} in the answer to {header['id']}")
            return answer, memory
        except TimeoutError:
            self.kill()
            raise Death("hung", f"no answer within {seconds:.3g} s") from None
        except (EOFError, BrokenPipeError):
            raise Death("crashed", self.epitaph()) from None
        except ProtocolError as error:
            self.kill()
            raise Death("broken", f"spoke no protocol: {error}") from None

    def ready(self, descriptor: int, *, writing: bool = False) -> None:
        """Wait until a descriptor can be used. Raises TimeoutError at the end of the time for this exchange."""
        reading, left = [] if writing else [descriptor], max(0.0, self.end - time.monotonic())
        if not any(select.select(reading, [descriptor] if writing else [], [], left)):
            raise TimeoutError

    def epitaph(self) -> str:
        """How the process ended, and the last that it said."""
        try:
            ending = ended(self.popen.wait(1))
        except subprocess.TimeoutExpired:
            ending = "closed its output without ending"
        self.kill()
        return ending + self.last_words()

    def last_words(self) -> str:
        """The end of what the process said on standard error."""
        self.listener.join(0.2)
        said = [text for text in self.said if text.strip()]
        return f"; it said: {said[-1].strip()[:200]}" if said else ""

    def kill(self) -> None:
        """End the process and all it started, once: its number may be another's after that."""
        if self not in RUNNING:
            return
        RUNNING.discard(self)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def ended(code: int) -> str:
    """An exit status in words: the name of the signal, if it was one."""
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit status {code}"


RUNNING: set[Process] = set()


@atexit.register
def end_all() -> None:
    """No process outlives the suite."""
    for process in list(RUNNING):
        process.kill()


class Recent:
    """The last calls since a process started, within bounds of their number and of their memory."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque()
        self.bytes = 0

    def add(self, calls: list[Call]) -> None:
        """Remember calls; forget the oldest."""
        self.calls.extend(calls)
        self.bytes += sum(map(bytes_passed, calls))
        while len(self.calls) > REMEMBERED or (self.bytes > MOST_REMEMBERED and len(self.calls) > 1):
            self.bytes -= bytes_passed(self.calls.popleft())


def bytes_passed(call: Call) -> int:
    """Bytes of the arrays of a call."""
    return sum(array.nbytes for array in call.arrays.values())


@dataclass(eq=False)
class Isolated:
    """A target in a process of its own, which is started when needed and started anew after a death."""

    spec: str
    command: list[str]
    hello: Header
    isolation: Isolation
    name: str = ""
    reference: bool = False
    declared: Declared = field(default_factory=Declared)
    offers: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    evidence: frozenset[str] = frozenset()
    environment: Header = field(default_factory=dict)
    process: Process | None = None
    scratch: str = ""
    warm: bool = False
    slowest_first: float | None = None
    hurried: bool = False
    asked: int = 0
    made: Recent = field(default_factory=Recent)
    fatal: list[Call] = field(default_factory=list)
    law: int = 0
    case: int = 0

    def introduce(self) -> Isolated:
        """Start the process once, and take over what it says of itself. Raises Unusable."""
        try:
            return self.introduced(self.start())
        except Death as death:
            raise Unusable(f"{self.spec} cannot be loaded: {death}") from None
        except ProtocolError as error:
            self.end()
            raise Unusable(f"{self.spec} speaks no protocol: {error}") from None
        except Unusable:
            self.end()
            raise

    def introduced(self, said: Header) -> Isolated:
        """Take over what a process says of itself."""
        if said.get("type") == "error":
            raise Unusable(f"{self.spec}: {said.get('message')}")
        if said.get("type") != "hello" or said.get("version") != VERSION:
            raise ProtocolError(f"expected hello in version {VERSION}, got {shortened(said)}")
        listed = {name: checked(said, name, list, []) for name in ("offers", "names", "evidence")}
        given = checked(said, "declared", dict, {})
        self.environment = checked(said, "environment", dict, {})
        self.offers = tuple(name for name in CALLABLES if name in listed["offers"])
        self.declared = declared(given, self.name)
        self.name = self.declared.name
        self.evidence = frozenset(name for name in EVIDENCE if name in listed["evidence"])
        self.warnings = near_misses(self.name, listed["names"], self.offers)
        if not self.offers:
            raise Unusable(nothing_offered(self.name, self.warnings))
        return self

    def start(self) -> Header:
        """Start the process; what it says to hello."""
        if os.name != "posix":
            raise Unusable("targets can be run in processes of their own on POSIX systems; use --in-process")
        if not self.scratch:
            self.scratch = tempfile.mkdtemp(prefix="poolproof-")
            weakref.finalize(self, shutil.rmtree, self.scratch, ignore_errors=True)
        self.warm, self.made = False, Recent()
        try:
            self.process = Process(self.command, self.isolation, Path(self.scratch))
        except OSError as error:
            raise Unusable(f"{self.command[0]!r} cannot be started: {error.strerror}") from None
        weakref.finalize(self, self.process.kill)
        return self.process.exchange({**self.hello, "id": 0}, [], STARTING, 0)[0]

    def fresh(self) -> Isolated:
        """The same target for another law: same process, a new instance in it."""
        self.law += 1
        self.hurried = False
        return self

    def hurry(self, verdict: str) -> None:
        """While a hang is made smaller, each try gets less time."""
        self.hurried = verdict == "hung"

    def patience(self) -> float:
        """Seconds for the next call."""
        usual = min(self.isolation.timeout, HURRIED) if self.hurried else self.isolation.timeout
        if self.warm:
            return usual
        return FIRST * usual if self.slowest_first is None else usual + FIRST * self.slowest_first

    def repeat(self, calls: list[Call]) -> str:
        """Make these calls in a new process; the verdict if they end it."""
        self.end()
        self.hurried = False
        return next((answer.death for answer in map(self.ask, calls) if answer.death), "")

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        self.case += 1

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        header, payload = question(call, "layouts" in self.evidence)
        return self.answers({**header, "type": "call"}, payload, [call])[0]

    def ask_together(self, calls: list[Call], seconds: float) -> list[Answer]:
        """Make several calls at the same time, each for so long from a thread of its own over there."""
        asked = [question(call, "layouts" in self.evidence) for call in calls]
        header = {"type": "together", "seconds": seconds, "calls": [each for each, _ in asked]}
        return self.answers(header, [chunk for _, chunks in asked for chunk in chunks], calls)

    def answers(self, header: Header, payload: list[Memory], calls: list[Call]) -> list[Answer]:
        """Send a frame and decode what comes; a death is an answer too."""
        self.asked += 1
        limit = limit_of(calls)
        header = {**header, "id": self.asked, "law": self.law, "case": self.case, "limit": limit}
        try:
            if self.process is None:
                self.revive()
            assert self.process is not None
            self.made.add(calls)
            began = time.monotonic()
            said, memory = self.process.exchange(header, payload, self.patience(), len(calls) * limit)
            if not self.warm:
                self.warm, self.slowest_first = True, max(self.slowest_first or 0.0, time.monotonic() - began)
            return decoded(said, memory, len(calls))
        except Unusable as error:
            return [Answer(death="crashed", error=str(error))] * len(calls)
        except Death as death:
            self.process, self.warm, self.fatal = None, False, list(self.made.calls)
            return [Answer(death=death.verdict, error=str(death))] * len(calls)
        except ProtocolError as error:
            self.end()
            return [Answer(death="broken", error=f"spoke no protocol: {error}")] * len(calls)

    def revive(self) -> None:
        """Start the process again after a death."""
        said = self.start()
        if said.get("type") != "hello":
            self.end()
            raise Death("crashed", f"cannot be loaded again: {said.get('message')}")

    def end(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process = None


def question(call: Call, layouts: bool) -> tuple[Header, list[Memory]]:
    """A call as header and payload."""
    arrays, payload = [], []
    for name, array in (call if layouts else replace(call, layouts={})).laid_out().items():
        header, memory = described(array)
        arrays.append({"name": name, **header})
        payload.append(memory)
    return {
        "function": call.function,
        "arrays": arrays,
        "size": coded(call.size),
        "stride": coded(call.stride),
        "settings": {name: coded(value) for name, value in call.settings.items()},
        "in_place": call.in_place,
    }, payload


def coded(value: Any) -> Any:
    """A window or a setting as JSON that a worker can tell apart: floats say that they are."""
    if isinstance(value, (tuple, list)):
        return [coded(entry) for entry in value]
    return {"float": repr(value)} if isinstance(value, float) else value


def decoded(said: Header, memory: Memory, count: int) -> list[Answer]:
    """The answers in a frame. Raises ProtocolError if they are not so many, or not of the form they should have."""
    found = checked(said, "answers", list, []) if said.get("type") == "answers" else [said]
    if said.get("type") not in ("answer", "answers") or len(found) != count or not all_of(found, dict):
        raise ProtocolError(f"expected an answer, got {shortened(said)}")
    kinds = [kind_of(each) for each in found]
    chunks = parts(memory, [bytes_of(*kind) if kind else 0 for kind in kinds])
    return [answer_from(each, kind, chunk) for each, kind, chunk in zip(found, kinds, chunks, strict=True)]


def answer_from(said: Header, kind: tuple[np.dtype[Any], Ints] | None, memory: Memory) -> Answer:
    """One answer, from its header and its part of the payload."""
    seen: Header = {}
    for name, type_ in (("changed", str), ("shares", str), ("stale", int), ("reuses", int)):
        listed = checked(said, name, list, [])
        if not all_of(listed, type_):
            raise ProtocolError(f"{name}={shortened(listed)} should be a list of {type_.__name__}")
        seen[name] = tuple(listed)
    for name in ("error", "exited"):
        seen[name] = checked(said, name, str, "") or None
    value = np.frombuffer(memory, kind[0]).reshape(kind[1]) if kind else None
    return Answer(value=value, kind=checked(said, "kind", str, "nothing"), **seen)


def kind_of(said: Header) -> tuple[np.dtype[Any], Ints] | None:
    """The dtype and shape of an array that is announced; None if there is none."""
    if said.get("kind") != "array":
        return None
    shape, text = checked(said, "shape", list, None), checked(said, "dtype", str, None)
    if not all_of(shape, int) or min(shape, default=0) < 0 or len(shape) > MOST_AXES:
        raise ProtocolError(f"shape={shortened(shape)} should be a list of lengths")
    return dtype_of(text), tuple(shape)


@lru_cache(maxsize=64)
def dtype_of(text: str) -> np.dtype[Any]:
    """The dtype that a peer names. Raises ProtocolError if there is none of plain memory by that name."""
    try:
        dtype = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):
        raise ProtocolError(f"dtype={shortened(text)} should be one of NumPy's") from None
    if dtype.hasobject or dtype.itemsize == 0:
        raise ProtocolError(f"dtype={shortened(text)} should be of plain numbers")
    return dtype


def bytes_of(dtype: np.dtype[Any], shape: Ints) -> int:
    """Bytes of an array."""
    return dtype.itemsize * prod(shape)


def checked(said: Header, name: str, type_: type, default: Any) -> Any:
    """An entry of a header. Raises ProtocolError if it is of another type."""
    value = said.get(name, default)
    if not isinstance(value, type_):
        raise ProtocolError(f"{name}={shortened(value)} should be a {type_.__name__}")
    return value


def all_of(values: list[Any], type_: type) -> bool:
    """Whether all are of a type; True and False are no integers here."""
    return all(isinstance(value, type_) and not isinstance(value, bool) for value in values)


def shortened(value: Any) -> str:
    """What a peer said, for a message."""
    return repr(value) if len(repr(value)) <= 200 else repr(value)[:197] + "..."


def worker_command(isolation: Isolation) -> list[str]:
    """The worker under the interpreter that was asked for."""
    return [isolation.python, "-u", str(WORKER)]


def limit_memory(pid: int, limit: int | None) -> None:
    """Let the system refuse a process more memory than this, in bytes, where it has such limits."""
    if limit:
        import resource

        if not hasattr(resource, "prlimit"):
            raise Unusable("memory can be limited on Linux only")
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))


def hello(source: str, attribute: str, paths: list[str]) -> Header:
    """The first frame: what to load, and what the suite wants to know of it."""
    return {
        "type": "hello",
        "version": VERSION,
        "source": source,
        "attribute": attribute,
        "paths": paths,
        "callables": list(CALLABLES),
        "declarations": [each.name for each in fields(Declared)],
    }
