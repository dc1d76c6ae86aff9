"""Sound kernels that use threads, one for each usual way of using them, and the same kernels with a race."""

import asyncio
import concurrent.futures.thread as executors
import functools
import importlib
import logging
import queue
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import numpy as np

EXECUTOR = ThreadPoolExecutor(2)
LOG = logging.getLogger(__name__)


class Rows:
    """Maxima, one row of the result at a time. A subclass defines how the rows are made."""

    def max_forward(self, x, size, stride):
        rows, columns = ((n - f) // s + 1 for n, f, s in zip(x.shape[2:], size, stride, strict=True))
        y = np.empty((*x.shape[:2], rows, columns), x.dtype)
        self.each(functools.partial(self.row, y, x, size, stride), range(rows))
        return y

    def each(self, make, rows):
        for row in rows:
            make(row)

    def row(self, y, x, size, stride, row):
        for column in range(y.shape[3]):
            top, left = row * stride[0], column * stride[1]
            y[:, :, row, column] = x[:, :, top : top + size[0], left : left + size[1]].max(axis=(2, 3))


class ExecutorPerCall(Rows):
    def each(self, make, rows):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(make, rows))


class SharedExecutor(Rows):
    def each(self, make, rows):
        for future in [EXECUTOR.submit(make, row) for row in rows]:
            future.result()


class ExecutorWithCallbacks(Rows):
    """The target's own lines run while an executor starts a thread, and while a future reports that it is done."""

    def each(self, make, rows):
        made = []
        with ThreadPoolExecutor(2, initializer=self.prepare) as pool:
            for row in rows:
                pool.submit(make, row).add_done_callback(made.append)
        for future in made:
            future.result()

    def prepare(self):
        threading.current_thread().prepared = True


class NestedExecutors(Rows):
    def each(self, make, rows):
        with ThreadPoolExecutor(2) as outer:
            list(outer.map(lambda row: outer.submit(self.inner, make, row).result(), rows[:1]))
            list(outer.map(functools.partial(self.inner, make), rows[1:]))

    def inner(self, make, row):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(make, row).result()


class HoldingLocks(Rows):
    """The target's own lines run while it holds locks that all threads of a process share."""

    def each(self, make, rows):
        with executors._global_shutdown_lock, threading._active_limbo_lock, logging._lock:
            super().each(make, rows)


class ThreadPoolPerCall(Rows):
    def each(self, make, rows):
        with ThreadPool(2) as pool:
            pool.map(make, rows)


class SharedThreadPool(Rows):
    def __init__(self):
        self.pool = ThreadPool(2)

    def each(self, make, rows):
        self.pool.map(make, rows)


class ThreadPerRow(Rows):
    def each(self, make, rows):
        threads = [threading.Thread(target=make, args=(row,)) for row in rows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Workers(Rows):
    """Daemon threads that live as long as the process take jobs from a queue."""

    def __init__(self):
        self.jobs = queue.Queue()
        for _ in range(2):
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            make, row, done = self.jobs.get()
            make(row)
            done.put(row)

    def each(self, make, rows):
        done = queue.Queue()
        for row in rows:
            self.jobs.put((make, row, done))
        for _ in rows:
            done.get()


class Scratch(Rows):
    """Rows are made in an array that all calls share. A subclass keeps the calls apart."""

    def __init__(self):
        self.scratch = np.empty(0)

    def row(self, y, x, size, stride, row):
        self.scratch = np.empty_like(y)
        super().row(self.scratch, x, size, stride, row)
        y[:, :, row] = self.scratch[:, :, row]


class Lock(Scratch):
    kind = threading.Lock

    def __init__(self):
        super().__init__()
        self.lock = self.kind()

    def row(self, *arguments):
        with self.lock:
            super().row(*arguments)


class RLock(Lock):
    kind = threading.RLock

    def each(self, make, rows):
        with self.lock:
            super().each(make, rows)


class Semaphore(Lock):
    kind = threading.Semaphore


class Condition(Lock):
    """Calls wait for their turn, and the next is woken."""

    kind = threading.Condition
    busy = False

    def row(self, *arguments):
        with self.lock:
            self.lock.wait_for(lambda: not self.busy)
            self.busy = True
        Scratch.row(self, *arguments)
        with self.lock:
            self.busy = False
            self.lock.notify()


class Local(Scratch, threading.local):
    pass


class Asyncio(Rows):
    def each(self, make, rows):
        asyncio.run(self.gather(make, rows))

    async def gather(self, make, rows):
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(None, make, row) for row in rows))


class Cached(Rows):
    def row(self, y, x, size, stride, row):
        for column, place in enumerate(places(row, y.shape[3], size, stride)):
            y[:, :, row, column] = x[place].max(axis=(2, 3))


@functools.lru_cache(maxsize=4)
def places(row, columns, size, stride):
    """Where the windows of a row lie."""
    rows = slice(row * stride[0], row * stride[0] + size[0])
    starts = [column * stride[1] for column in range(columns)]
    return [(slice(None), slice(None), rows, slice(start, start + size[1])) for start in starts]


class Logging(Rows):
    """The target's own lines run while a logging handler holds its lock."""

    class Handler(logging.Handler):
        def emit(self, record):
            self.last = record.getMessage()

    def __init__(self):
        LOG.handlers = [self.Handler()]
        LOG.propagate = False
        LOG.setLevel(logging.DEBUG)

    def row(self, y, x, size, stride, row):
        logging.getLogger(f"{__name__}.{row}").debug("row %s", row)
        super().row(y, x, size, stride, row)


class LateImports(Rows):
    def row(self, y, x, size, stride, row):
        import colorsys  # noqa: F401

        importlib.import_module("json.tool")
        super().row(y, x, size, stride, row)


class Warnings(Rows):
    def row(self, y, x, size, stride, row):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.warn("rows are slow", stacklevel=1)
            super().row(y, x, size, stride, row)


class Racing:
    """The same kernels, but they read x from a place where another call replaces it."""

    def max_forward(self, x, size, stride):
        Racing.x = x
        return super().max_forward(x, size, stride)

    def row(self, y, x, *others):
        super().row(y, self.x, *others)


SOUND = [
    ExecutorPerCall,
    SharedExecutor,
    ExecutorWithCallbacks,
    NestedExecutors,
    HoldingLocks,
    ThreadPoolPerCall,
    SharedThreadPool,
    ThreadPerRow,
    Workers,
    Lock,
    RLock,
    Semaphore,
    Condition,
    Local,
    Asyncio,
    Cached,
    Logging,
    LateImports,
    Warnings,
]

for each in SOUND:
    setattr(Racing, each.__name__, type("Racing" + each.__name__, (Racing, each), {}))
