"""A connection to the process of a target: frames go out, and answers or a death come back, within time limits."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial

from ..data.text import MOST_SHOWN, cleaned, shown
from ..remote import GUARD
from ..remote.worker import Channel, Header, Memory, ProtocolError
from .protocol import Frame
from .starvation import starved

GUARDED = [sys.executable, "-I", "-S", str(GUARD)]

EPITAPH = 5.0
"""Seconds to wait for the guard's report after the target closed its output; some targets live on."""

PARTING = 10.0
"""Seconds that a guard may take to end a target and all it started."""

UNWATCHED = 1.0
"""Seconds after which a wait looks whether the peer waits for a CPU, unless the time limit is short."""

MOST_STARVED = 5
"""How often a time limit is granted again, at most, for time in which the peer waited for a CPU: a target may starve
itself, with many busy threads."""

SHORTEST = 0.05
"""Seconds of such waiting that are worth another look."""

PIPE = 1 << 20
"""The bytes that a pipe should hold, if the system lets us choose: a large array then needs fewer writes."""


class Death(Exception):
    """The process of a target ended, hung or broke the protocol; `verdict` is `crashed`, `hung` or `broken`."""

    def __init__(self, verdict: str, what: str) -> None:
        super().__init__(what)
        self.verdict = verdict


class Connection(Channel):
    """A running peer, and the connection to it.

    It is started with pipes, below a guard that ends all it started; `exchange` sends frames and waits for the answers,
    and ends the peer unless frames arrive in time: a closed stream means that it died, silence that it hangs, other
    bytes that it breaks the protocol. Time in which other processes took the CPU from it does not count. Its working
    folder is new and empty, and removed at its end; `memory` bounds its address space, in bytes; `enclosed`: it is
    isolated from other processes, if the system can do that. Raises OSError if it cannot be started.
    """

    def __init__(self, command: list[str], memory: int | None, *, enclosed: bool) -> None:
        self.folder = tempfile.mkdtemp(prefix="poolproof-")
        self.control, theirs = socket.socketpair()
        with theirs:
            # The guard has a session of its own, so that Ctrl-C does not reach it.
            self.popen = subprocess.Popen(
                [*GUARDED, str(theirs.fileno()), str(memory or 0), str(int(enclosed)), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                bufsize=0,
                pipesize=PIPE,
            )
        self.kill = weakref.finalize(self, release, self.popen, self.control, self.folder)
        """End the process and all it started, once."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        super().__init__(self.popen.stdout.fileno(), self.popen.stdin.fileno())
        os.set_blocking(self.sink, False)
        self.end = self.latest = 0.0

    def exchange(
        self, frames: list[Frame], patience: Callable[[int], float], limit: int
    ) -> Iterator[tuple[Header, Memory]]:
        """Send frames and yield the answer to each, in order, the k-th within `patience(k)` seconds. Raises Death."""
        seconds = self.begin(patience(0))
        try:
            # A peer that died at one of several frames may have answered earlier ones; reading will find its end.
            with contextlib.suppress(BrokenPipeError):
                for header, payload in frames:
                    self.send(header, payload)
            for k, (header, _) in enumerate(frames):
                seconds = self.begin(patience(k))
                answer, memory = self.receive(limit)
                if answer.get("id") != header["id"]:
                    raise ProtocolError(f"id {shown(answer.get('id'))} in the answer to {header['id']}")
                yield answer, memory
        except TimeoutError:
            self.kill()
            raise Death("hung", f"no answer within {seconds:.3g} s") from None
        except EOFError:
            raise Death("crashed", self.epitaph()) from None
        except ProtocolError as error:
            self.kill()
            raise Death("broken", f"spoke no protocol: {error}") from None

    def begin(self, seconds: float) -> float:
        """Give the peer these seconds from now, and return them."""
        self.end = time.monotonic() + seconds
        self.latest = self.end + MOST_STARVED * seconds
        return seconds

    def ready(self, descriptor: int, *, writing: bool = False) -> None:
        """Wait until a descriptor can be used. Raises TimeoutError when the time for this exchange is up."""
        wait = partial(usable, descriptor, writing)
        if wait(min(UNWATCHED, self.left() / 2)):
            return
        before = starved(self.popen.pid)
        while not wait(self.left()):
            now = starved(self.popen.pid)
            more = min(now - before, self.latest - self.end)
            if more < SHORTEST:
                raise TimeoutError
            self.end, before = self.end + more, now

    def left(self) -> float:
        """The seconds left for this exchange."""
        return max(0.0, self.end - time.monotonic())

    def epitaph(self) -> str:
        """How the process ended, and the last line it wrote to standard error. Raises OSError if it never started."""
        told = self.told()
        self.kill()
        if told is None:
            return "closed its output without ending"
        if "errno" in told:
            raise OSError(told["errno"], os.strerror(told["errno"]))
        said = [text for text in str(told.get("said", "")).splitlines() if text.strip()]
        return ended(told.get("status")) + (f"; it said: {cleaned(said[-1].strip(), MOST_SHOWN)}" if said else "")

    def told(self) -> Header | None:
        """The guard's report on the end of the process: empty if the guard was killed, None if there was no end."""
        self.control.settimeout(EPITAPH)
        try:
            with self.control.makefile("rb") as lines:
                told: Header = json.loads(lines.readline() or b"{}")
                return told
        except TimeoutError:
            return None


def usable(descriptor: int, writing: bool, seconds: float) -> bool:
    """Whether a descriptor can be used within these seconds."""
    return any(select.select([] if writing else [descriptor], [descriptor] if writing else [], [], seconds))


def release(guard: subprocess.Popen[bytes], control: socket.socket, folder: str) -> None:
    """Let go of a guard, which then ends the target and everything that it started."""
    control.close()
    for stream in (guard.stdin, guard.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        guard.wait(PARTING)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()
    shutil.rmtree(folder, ignore_errors=True)


def ended(status: int | None) -> str:
    """A wait status in words, with the name of the signal, if any."""
    if status is None:
        return "killed together with its guard"
    code = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit status {code}"
