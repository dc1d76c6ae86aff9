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
from pathlib import Path
from typing import Any

import numpy as np

from .contract import CALLABLES, Declared, Unusable, declared, near_misses
from .target import Answer, Call, answer_of, nothing_offered
from .worker import VERSION, Header, ProtocolError, described, memory_of, pack, unpack

WORKER = Path(__file__).with_name("worker.py")
STARTING = 60.0
"""Seconds that a process may take to load its target."""

FIRST = 6
"""The first call of a process may take so many times longer: things compile."""

MARGIN = 1 << 26
"""Bytes by which a result may be larger than its input before it is refused."""

HURRIED = 3.0
"""Seconds for a call while a hang is made smaller."""

REMEMBERED = 1000
"""Calls since a process started that are kept, to be made again if it dies."""

TAIL = 20
"""Lines of standard error that are kept, for the report of a death."""


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


class Process:
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
        )
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.sink, self.source = self.popen.stdin.fileno(), self.popen.stdout.fileno()
        os.set_blocking(self.sink, False)
        self.isolation = isolation
        self.said: deque[str] = deque(maxlen=TAIL)
        threading.Thread(target=self.listen, daemon=True).start()
        RUNNING.add(self)

    def listen(self) -> None:
        """Drain standard error, so that it never fills, and keep its end."""
        assert self.popen.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while text := os.read(self.popen.stderr.fileno(), 1 << 16):
                self.said.extend(text.decode(errors="replace")[-4096:].splitlines())

    def exchange(self, frame: bytes, seconds: float, limit: int) -> tuple[Header, bytes]:
        """Send a frame and return the answer. Raises Death."""
        end = time.monotonic() + seconds
        try:
            self.send(frame, end)
            return unpack(lambda length: self.receive(length, end), limit)
        except TimeoutError:
            self.kill()
            raise Death("hung", f"no answer within {seconds:g} s") from None
        except (EOFError, BrokenPipeError):
            raise Death("crashed", self.epitaph()) from None
        except ProtocolError as error:
            self.kill()
            raise Death("broken", f"spoke no protocol: {error}") from None

    def send(self, frame: bytes, end: float) -> None:
        """Write all of a frame before the end."""
        view = memoryview(frame)
        while view:
            _, ready, _ = select.select([], [self.sink], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            view = view[os.write(self.sink, view) :]

    def receive(self, length: int, end: float) -> bytes:
        """Read exactly so many bytes before the end."""
        parts = []
        while length:
            ready, _, _ = select.select([self.source], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(self.source, min(length, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def epitaph(self) -> str:
        """How the process ended."""
        try:
            code = self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            return "closed its output without ending"
        self.close()
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}"
        return f"ended with exit status {code}"

    def kill(self) -> None:
        """End the process and all it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        self.close()

    def close(self) -> None:
        """Let go of the streams."""
        RUNNING.discard(self)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


RUNNING: set[Process] = set()


@atexit.register
def end_all() -> None:
    """No process outlives the suite."""
    for process in list(RUNNING):
        process.kill()


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
    answered: bool = False
    hurried: bool = False
    made: list[Call] = field(default_factory=list)
    fatal: list[Call] = field(default_factory=list)
    law: int = 0
    case: int = 0

    def introduce(self) -> Isolated:
        """Start the process once, and take over what it says of itself. Raises Unusable."""
        try:
            said = self.start()
        except Death as death:
            raise Unusable(f"{self.spec} cannot be loaded: {death}{self.last_words()}") from None
        if said.get("type") == "error":
            raise Unusable(f"{self.spec}: {said.get('message')}")
        if said.get("type") != "hello" or said.get("version") != VERSION:
            raise Unusable(f"{self.spec} should say hello in version {VERSION} of the protocol, not {said!r}")
        self.offers = tuple(name for name in CALLABLES if name in said.get("offers", ()))
        self.declared = declared(said.get("declared", {}), self.name)
        self.name = self.declared.name
        self.evidence = frozenset(said.get("evidence", ()))
        self.environment = said.get("environment", {})
        self.warnings = near_misses(self.name, said.get("names", ()), self.offers)
        if not self.offers:
            raise Unusable(nothing_offered(self.name, self.warnings))
        return self

    def start(self) -> Header:
        """Start the process; what it says to hello."""
        if not self.scratch:
            self.scratch = tempfile.mkdtemp(prefix="poolproof-")
            weakref.finalize(self, shutil.rmtree, self.scratch, ignore_errors=True)
        self.answered, self.made = False, []
        try:
            self.process = Process(self.command, self.isolation, Path(self.scratch))
        except OSError as error:
            raise Unusable(f"{self.command[0]!r} cannot be started: {error.strerror}") from None
        return self.process.exchange(pack(self.hello), STARTING, 0)[0]

    def last_words(self) -> str:
        """The end of what the process said on standard error."""
        time.sleep(0.05)
        said = [text for text in (self.process.said if self.process else ()) if text.strip()]
        return f"; it said: {said[-1].strip()}" if said else ""

    def fresh(self) -> Isolated:
        """The same target for another law: same process, a new instance in it."""
        self.law += 1
        self.hurried = False
        return self

    def hurry(self, verdict: str) -> None:
        """While a hang is made smaller, each try gets less time."""
        self.hurried = verdict == "hung"

    def dies_again(self) -> list[Call]:
        """The calls that end its process, if those since it started end it once more; else none."""
        calls = self.fatal
        self.end()
        died = any(self.ask(call).death for call in calls)
        return calls if died else []

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        self.case += 1

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        header, payload = question(call, "layouts" in self.evidence)
        frame = pack({**header, "type": "call", **self.place(call)}, payload)
        return self.answers(frame, [call])[0]

    def ask_together(self, calls: list[Call], seconds: float) -> list[Answer]:
        """Make several calls at the same time, each for so long from a thread of its own over there."""
        asked = [question(call, "layouts" in self.evidence) for call in calls]
        header = {"type": "together", "seconds": seconds, "calls": [h for h, _ in asked], **self.place(*calls)}
        return self.answers(pack(header, b"".join(payload for _, payload in asked)), calls)

    def place(self, *calls: Call) -> Header:
        """Which law and case a call belongs to, and how large its result may be."""
        largest = max(array.nbytes for call in calls for array in call.arrays.values())
        return {"law": self.law, "case": self.case, "limit": 8 * largest + MARGIN}

    def answers(self, frame: bytes, calls: list[Call]) -> list[Answer]:
        """Send a frame and decode what comes; a death is an answer too."""
        limit = len(calls) * (self.place(*calls)["limit"])
        try:
            if self.process is None:
                self.revive()
            assert self.process is not None
            self.made = [*self.made[-REMEMBERED:], *calls]
            seconds = self.isolation.timeout * (1 if self.answered else FIRST)
            seconds = min(seconds, HURRIED) if self.hurried else seconds
            header, payload = self.process.exchange(frame, seconds, limit)
            self.answered = True
            found = header.get("answers", [header]) if header.get("type") in ("answer", "answers") else None
            if not isinstance(found, list) or len(found) != len(calls):
                raise ProtocolError(f"expected an answer, got {str(header)[:200]}")
            return decoded(found, payload)
        except Death as death:
            self.process, self.fatal = None, self.made
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


def question(call: Call, layouts: bool) -> tuple[Header, bytes]:
    """A call as header and payload."""
    arrays, memory = [], []
    for name, array in (call if layouts else replace(call, layouts={})).laid_out().items():
        header, chunk = described(array)
        arrays.append({"name": name, **header})
        memory.append(chunk)
    return {
        "function": call.function,
        "arrays": arrays,
        "size": coded(call.size),
        "stride": coded(call.stride),
        "settings": {name: coded(value) for name, value in call.settings.items()},
        "in_place": call.in_place,
    }, b"".join(memory)


def coded(value: Any) -> Any:
    """A window or a setting as JSON that a worker can tell apart: floats say that they are."""
    if isinstance(value, (tuple, list)):
        return [coded(entry) for entry in value]
    return {"float": repr(value)} if isinstance(value, float) else value


def decoded(found: list[Header], payload: bytes) -> list[Answer]:
    """The answers of a frame. Raises ProtocolError where a header and its payload do not agree."""
    try:
        shapes = [tuple(map(int, each["shape"])) if each.get("kind") == "array" else None for each in found]
        dtypes = [np.dtype(each["dtype"]) if each.get("kind") == "array" else None for each in found]
        sizes = [
            0 if shape is None or dtype is None else int(np.prod(shape, dtype=object)) * dtype.itemsize
            for shape, dtype in zip(shapes, dtypes, strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"an answer without its parts: {error!r}") from None
    if any(length < 0 for shape in shapes if shape for length in shape):
        raise ProtocolError(f"an array of shape {shapes}")
    answers = []
    for each, shape, dtype, chunk in zip(found, shapes, dtypes, memory_of(payload, sizes), strict=True):
        value = None if shape is None else np.frombuffer(chunk, dtype).reshape(shape)
        answers.append(answer_of({**each, "value": value}))
    return answers


def worker_command(isolation: Isolation) -> list[str]:
    """The worker under the interpreter that was asked for."""
    return [isolation.python, "-u", str(WORKER)]


def hello(source: str, attribute: str, paths: list[str], isolation: Isolation) -> Header:
    """The first frame: what to load, and what the suite wants to know of it."""
    return {
        "type": "hello",
        "version": VERSION,
        "source": source,
        "attribute": attribute,
        "paths": paths,
        "callables": list(CALLABLES),
        "declarations": [each.name for each in fields(Declared)],
        "memory": isolation.memory,
    }
