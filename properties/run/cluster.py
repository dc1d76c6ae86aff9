"""An executor on the workers of a Dask scheduler; `distributed` schedules, transports, and retries after deaths.

A worker makes each call in a process of the suite, as this machine does, so a target never runs in the worker itself.
If the connection to the scheduler is lost, pending calls are made again as soon as it is back.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from poolproof.kernels.threads import cores

from ..contract import Unusable
from ..data.text import shown
from .processes import Lost, Processes

SOON = 30.0
"""The seconds within which a scheduler must first answer."""

PATIENCE = 300.0
"""The seconds for which a lost scheduler may be away."""

AHEAD = 2
"""Pending calls per thread of a worker: one running, and one ready to start."""

Call = Callable[[], Any]

MISSING = "--cluster needs the package distributed: pip install 'poolproof[cluster]'"


class Cluster(Executor):
    """The workers of a scheduler, given by its address or the path of its file.

    If a call's workers die repeatedly, the call is retried alone, because the scheduler cannot tell which of a worker's
    calls was to blame. If its workers die again, its future raises Lost. Raises Unusable if the scheduler cannot be
    reached.
    """

    def __init__(self, scheduler: str) -> None:
        self.scheduler, self.client = scheduler, connected(scheduler)
        self.asked: dict[Future[Any], Any] = {}
        self.suspects: deque[tuple[Future[Any], Call]] = deque()
        self.suspect: Future[Any] | None = None
        self.threads, self.counted = 0, 0.0

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Make a call on a worker. The function and its arguments must be picklable, and it must return JSON."""
        future: Future[Any] = Future()
        self.send(future, partial(function, *arguments, **named))
        return future

    def send(self, future: Future[Any], call: Call) -> None:
        """Make the call of a future, perhaps again. Raises Unusable if the scheduler is gone for good."""
        try:
            self.asked[future] = there = self.client.submit(made_there, call, pure=False)
        except RuntimeError:
            raise self.gone() from None
        self.client.loop.add_callback(self.follow, future, call, there)

    async def follow(self, future: Future[Any], call: Call, there: Any) -> None:
        """Wait until a call ends in any way; make it again if it was lost with its scheduler.

        This runs in the client's thread, which waits for many calls and fetches their results at once.
        """
        from distributed import KilledWorker

        try:
            found = await there
        except KilledWorker as error:
            self.blame(future, call, 2 * (error.allowed_failures + 1))
        except (CancelledError, asyncio.CancelledError, OSError):
            if future in self.asked:
                self.send_again(future, call)
        except (Lost, RuntimeError) as error:
            end(future, error=error)
        except Exception as error:
            end(future, error=RuntimeError(f"{type(error).__name__}: {error}"))
        else:
            end(future, found)
        if future.done():
            self.asked.pop(future, None)
            self.suspect = None if future is self.suspect else self.suspect
        if self.suspect is None and self.suspects:
            self.suspect, again = self.suspects.popleft()
            self.send_again(self.suspect, again)

    def blame(self, future: Future[Any], call: Call, deaths: int) -> None:
        """Retry a call whose workers have died, or give it up after `deaths` if this was the retry."""
        if future is self.suspect:
            end(future, error=Lost(f"{deaths} workers of the cluster died with it"))
        else:
            self.suspects.append((future, call))

    def send_again(self, future: Future[Any], call: Call) -> None:
        """Make a call again; it waits until the scheduler is back."""
        try:
            self.send(future, call)
        except Unusable as error:
            end(future, error=error)

    def gone(self) -> Unusable:
        """The error for a scheduler that does not come back."""
        return Unusable(f"the scheduler {shown(self.scheduler)} cannot be reached any more; --resume goes on from here")

    def room(self) -> int:
        """AHEAD calls for every thread of every current worker, counted once a second; at least one, which waits.

        Raises Unusable if the scheduler is gone for good.
        """
        if self.client.status == "closed":
            raise self.gone()
        if time.monotonic() - self.counted > 1:
            with suppress(OSError, CancelledError):
                self.threads = sum(self.client.nthreads().values())
            self.counted = time.monotonic()
        return max(1, AHEAD * self.threads)

    def interrupt(self) -> None:
        """Give up pending calls; a worker finishes its current ones, and their results are dropped."""
        given_up, self.asked = self.asked, {}
        for future in given_up:
            end(future, error=KeyboardInterrupt())
        with suppress(Exception):
            self.client.cancel(list(given_up.values()))

    def shutdown(self, *_: Any, **__: Any) -> None:
        """Leave the cluster as it is."""
        self.asked.clear()
        with suppress(OSError, CancelledError):
            self.client.close()


def connected(scheduler: str) -> Any:
    """A client of a scheduler. Raises Unusable if it cannot be reached or `distributed` is not installed."""
    try:
        from distributed import Client
    except ImportError:
        raise Unusable(MISSING) from None
    where = {"address": scheduler} if "://" in scheduler else {"scheduler_file": scheduler}
    if "scheduler_file" in where and not Path(scheduler).is_file():
        raise Unusable(f"--cluster {shown(scheduler)} should be here, the address of a Dask scheduler or its file")
    try:
        Client(**where, timeout=SOON, set_as_default=False).close()
        return Client(**where, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        told = str(error) or type(error).__name__
        raise Unusable(f"the scheduler {shown(scheduler)} cannot be reached: {told}") from None


def end(future: Future[Any], result: Any = None, error: BaseException | None = None) -> None:
    """Set a future's result or exception, unless it is done."""
    with suppress(Exception):
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


# On a worker.


@lru_cache(maxsize=1)
def crew() -> Processes:
    """The processes of a worker, one for each of its threads; other workers on the machine have their own."""
    return Processes(cores())


def made_there(call: Call) -> Any:
    """Make a call in the process that belongs to this thread of a worker."""
    return crew().call(call, ())
