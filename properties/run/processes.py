"""Processes of the suite as an executor: functions are called there, and their results come back as JSON.

A process starts without the working folder on its import path, which may be full of modules that a target wrote, and
ends with the process that started it. If a process dies, its call is made once more in another.
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from poolproof.kernels.threads import PROCESSES

from ..remote.worker import Channel, ProtocolError

SAFE = "-P" if sys.version_info >= (3, 11) else "-I"
"""The flag of Python that keeps the working folder off its import path."""

LARGEST = 1 << 32
"""The most bytes that a call may return."""

GRACE = 5.0
"""The seconds that interrupted calls have to return their results."""


class Lost(Exception):
    """The process or worker of a call died, and the call is not retried; the message says what died, and how often."""


class Process(Channel):
    """A process that makes one call after another."""

    def __init__(self, count: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        start = (
            f"import sys; sys.path[:] = {[path for path in sys.path if path]!r}; from {__name__} import serve; serve()"
        )
        with interrupts_blocked():
            self.popen = subprocess.Popen(
                [sys.executable, SAFE, "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**kept, PROCESSES: str(count)},
                start_new_session=True,
                bufsize=0,
            )
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        super().__init__(self.popen.stdout.fileno(), self.popen.stdin.fileno())

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """The value that a call returns there.

        Raises EOFError if the process ends, KeyboardInterrupt if the call was interrupted, RuntimeError for its errors.
        """
        try:
            self.send({}, [pickle.dumps((function, arguments))])
            header, payload = self.receive(LARGEST)
        except (BrokenPipeError, ProtocolError):
            raise EOFError from None
        if "interrupted" in header:
            raise KeyboardInterrupt
        if "error" in header:
            raise RuntimeError(header["error"])
        return json.loads(bytes(payload))

    def end(self, grace: float) -> None:
        """Let the process end by itself; kill it if it is still busy after `grace` seconds."""
        assert self.popen.stdin is not None
        with suppress(OSError):
            self.popen.stdin.close()
        try:
            self.popen.wait(grace)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def close(self) -> None:
        """Close the streams of a process that has ended and is no longer read from."""
        assert self.popen.stdout is not None
        self.popen.stdout.close()


class Processes(ThreadPoolExecutor):
    """An executor with a process for each of its threads, started when needed.

    If a call's process dies, the call is made once more in another; if that dies too, its future raises Lost.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count, self.open, self.grace = count, True, GRACE
        self.own = threading.local()
        self.started: list[Process] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Make a call in one of the processes. The function and its arguments must be picklable; it returns JSON."""
        return super().submit(self.call, partial(function, **named), arguments)

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Make a call in this thread's process, and once more in another if that process dies. Raises Lost."""
        for _ in range(2):
            with suppress(EOFError):
                return self.process().call(function, arguments)
            self.own.process.popen.kill()
            self.own.process = None
        raise Lost("the process of the suite died twice")

    def process(self) -> Process:
        """The process that belongs to this thread."""
        if not self.open:
            raise Lost("the run has ended")
        if getattr(self.own, "process", None) is None:
            self.own.process = Process(self.count)
            self.started.append(self.own.process)
        process: Process = self.own.process
        return process

    def room(self) -> int:
        """How many calls can run at a time."""
        return self.count

    def interrupt(self) -> None:
        """Send Ctrl-C to every process; from now on none gets time to end by itself."""
        self.grace = 0.0
        for process in self.started:
            process.popen.send_signal(signal.SIGINT)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End all processes before their threads: when a thread ends, the system kills its process."""
        self.open = False
        for process in self.started:
            process.end(self.grace)
        super().shutdown(wait, cancel_futures=cancel_futures)
        for process in self.started:
            process.close()


def serve() -> None:
    """The child's side: make calls until the suite ends. The protocol does not use the standard streams."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    channel = Channel(os.dup(0), os.dup(1))
    with somewhere():
        from ..cases import drawing  # noqa: F401, as it imports Hypothesis
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    interrupts_allowed()
    while True:
        # Ctrl-C between two calls interrupts nothing.
        with suppress(KeyboardInterrupt):
            try:
                _, payload = channel.receive(LARGEST)
            except EOFError:
                return
            channel.send(*answer(bytes(payload)))


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C in this thread, and in processes started meanwhile: while they start, it would print a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def interrupts_allowed() -> None:
    """Let Ctrl-C interrupt calls from now on. One that came before is forgotten, as there was nothing to interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def somewhere() -> Iterator[None]:
    """Change to a working folder that exists, as Hypothesis needs one when imported, and change back afterwards."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(os.sep)
        yield
    finally:
        os.fchdir(before)
        os.close(before)


def answer(payload: bytes) -> tuple[dict[str, str], list[bytes]]:
    """The result of a call, or that it was interrupted, or the traceback of an internal error."""
    function, arguments = pickle.loads(payload)
    try:
        return {}, [json.dumps(function(*arguments)).encode()]
    except KeyboardInterrupt:
        return {"interrupted": ""}, []
    except Exception:
        return {"error": traceback.format_exc()}, []
