"""Runs one program and ends everything it started: `python guard.py CONTROL MEMORY ENCLOSED PROGRAM [ARGUMENT ...]`.

It stands between the suite and a target. The target inherits the standard input and output of the guard; the guard
keeps the end of its standard error. When the target ends, or the suite closes the socket CONTROL or ends in any way,
the guard kills the target and every process below it, removes the working folder, and writes one line of JSON to the
socket: `status` (as from `os.waitpid`) and `said`, or `errno` if the program could not be started.

If ENCLOSED is 1, the program and all it starts can neither read nor write the memory of other processes, nor send them
signals, if the system can enforce that (Linux 6.12 or newer, by Landlock); setuid gives it no rights either.

On Linux, which lets orphans be adopted, every descendant is found, even one with a session of its own. On other systems
only the target's own process group is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import NoReturn

SAID = 1 << 14
"""The bytes at the end of standard error that are kept."""

ROUNDS = 5000
"""Attempts to kill all descendants, a millisecond apart, as they may start others meanwhile."""

DEATH_SIGNAL, SUBREAPER, NO_NEW_PRIVILEGES = 1, 36, 38
"""Options of Linux' prctl."""

CREATE_RULESET, RESTRICT_SELF = 444, 446
"""Linux' system calls of Landlock, for which the C library has no functions."""

RULES = struct.pack("=QQQ", 0, 0, 2)
"""Rules of Landlock: nothing about files, nothing about the network, no signals to processes outside."""


def guard(control: socket.socket, memory: int, enclosed: bool, command: list[str]) -> None:
    """Run a command until it ends or the suite lets go of it; then kill everything that it left behind."""
    control.set_inheritable(False)
    prctl(SUBREAPER, 1)
    wake = wake_at_the_end_of_a_child()
    (failure, failed), (errors, error) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        become(command, memory, enclosed, error, failed)
    os.close(error)
    os.close(failed)
    close_streams()
    code, said = os.read(failure, 16), bytearray()
    if not code:
        watch(child, control, errors, wake, said)
    status = end(child)
    kill_descendants()
    while listen(errors, said):
        pass
    tell(control, {"errno": int(code)} if code else {"status": status, "said": said.decode(errors="replace")})
    shutil.rmtree(os.getcwd(), ignore_errors=True)


def wake_at_the_end_of_a_child() -> int:
    """A descriptor that becomes readable when a child has ended."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


def become(command: list[str], memory: int, enclosed: bool, error: int, failed: int) -> NoReturn:
    """Become the target, in a session of its own; called in the forked child."""
    try:
        os.setsid()
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        os.dup2(error, 2)
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)
        if enclosed:
            enclose()
        os.execvp(command[0], command)
    except OSError as problem:
        os.write(failed, str(problem.errno).encode())
    finally:
        os._exit(127)


def watch(child: int, control: socket.socket, errors: int, wake: int, said: bytearray) -> None:
    """Return when the child has ended or the suite has let go of it; keep the end of its standard error meanwhile."""
    sources = [control.fileno(), errors, wake]
    while not has_ended(child):
        ready, _, _ = select.select(sources, [], [])
        if control.fileno() in ready:
            return
        if errors in ready and not listen(errors, said):
            sources.remove(errors)
        if wake in ready:
            os.read(wake, 1 << 10)


def has_ended(child: int) -> bool:
    """Whether the child has ended. It is not reaped yet, so its number is not reused."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def listen(errors: int, said: bytearray) -> bool:
    """Read once from standard error and keep the end of it. Returns False at the end of the stream."""
    text = os.read(errors, 1 << 16)
    said += text
    del said[:-SAID]
    return bool(text)


def end(child: int) -> int:
    """Kill the child, if it still runs, and its process group. Returns its wait status."""
    kill(os.killpg, child)
    kill(os.kill, child)
    return os.waitpid(child, 0)[1]


def kill(how: Callable[[int, int], None], number: int) -> None:
    """Kill a process or a group, if it exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        how(number, signal.SIGKILL)


def kill_descendants() -> None:
    """Kill every process below this one until there is none; orphans become its children."""
    for _ in range(ROUNDS):
        below = descendants(os.getpid())
        if not below:
            return
        for process in below:
            kill(os.kill, process)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.001)


def descendants(root: int) -> list[int]:
    """The processes below one, according to /proc; empty on systems without /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The name of a program is in parentheses, and may contain some itself.
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found = list(children.get(root, ()))
    for process in found:
        found += children.get(process, ())
    return found


def close_streams() -> None:
    """Close our copies of the target's streams, so that their end is seen."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)


def tell(control: socket.socket, what: dict[str, object]) -> None:
    """Write one line to the suite, if it still listens."""
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(what).encode() + b"\n")


def enclose() -> None:
    """Keep this process, and all it starts, from the memory of others and from sending them signals, on Linux."""
    if not sys.platform.startswith("linux"):
        return
    call = ctypes.CDLL(None).syscall
    rules = call(CREATE_RULESET, RULES, len(RULES), 0)
    if rules >= 0:
        prctl(NO_NEW_PRIVILEGES, 1)
        call(RESTRICT_SELF, rules, 0)
        os.close(rules)


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process, on Linux."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    guard(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3] == "1", sys.argv[4:])
