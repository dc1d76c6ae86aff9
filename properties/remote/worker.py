"""The target's side of the protocol: one file, standard library and NumPy alone, for Python 3.7 and newer.

`python worker.py` loads a target and answers calls over its standard streams; poolproof need not be installed there.
The wrappers, which a target may import, are found in the folder above this file's.

The suite imports the same file, for frames and to call targets in its own process, so that the same code calls and
watches both kinds of targets.
"""

from __future__ import annotations

import ctypes
import difflib
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import platform
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from functools import partial
from queue import SimpleQueue
from types import FrameType, ModuleType
from typing import Any, Dict, Tuple, Union

import numpy as np

as_plain, shares_memory, strided = np.asarray, np.shares_memory, np.ndarray
monotonic, Barrier, Thread = time.monotonic, threading.Barrier, threading.Thread
gettrace, settrace = sys.gettrace, sys.settrace
"""Functions that watch calls are bound before a target is loaded, because it may replace them."""

VERSION = 1
MAGIC = b"PPF1"
HEAD = struct.Struct(">4sIQ")
"""A frame begins with the magic, the number of bytes of its header, and that of its payload."""

MOST_HEADER = 1 << 20
MOST_TEXT = 1000
"""The most characters of a target's text, such as an error message; longer texts are cut."""

MOST_LETTERS = 30
"""Longer public names are no misspelling of a callable, and not reported."""

CHUNK = 1 << 16
"""The bytes of one read, enough for most frames to arrive in one system call."""

CACHE_LINE = 64
FENCE = 4 * CACHE_LINE
FENCED = 0x7B
"""The bytes before and after an array, and the value of each: as a number of any dtype it is large and positive, so
that a maximum over memory beside the array shows."""


MOST_LISTED = 1 << 20
"""The most nonzero cells of a sparse result that are listed; all are counted."""

NUMPY = os.path.join(os.path.dirname(np.__file__), "")
STDLIB = os.path.join(os.path.dirname(threading.Thread.run.__code__.co_filename), "")
"""The folder of the standard library, spelled as in the file names of its code."""

PACKAGES = tuple(os.path.join(STDLIB, folder, "") for folder in ("site-packages", "dist-packages"))
"""Installed packages may lie in the folder of the standard library, but are no part of it."""

PATIENCE = 0.005
"""The seconds for which a call waits for others."""

THREAD = "poolproof target"
"""The name of the threads other than the main one in which a target is called."""

STEPS = 2000
"""The most steps of a call that are watched."""

EVIDENCE = ("changed", "shares", "stale", "reuses", "layouts", "threads", "sparse")
"""What this worker can report about a call besides its result, and do with the arrays of a call."""

ENCODE = json.JSONEncoder(separators=(",", ":")).encode

Header = Dict[str, Any]
Memory = Union[bytes, memoryview]


class ProtocolError(Exception):
    """The received bytes are not a frame, or not an allowed one."""


class Unloadable(Exception):
    """The target cannot be imported, or does not exist."""


class Channel:
    """Frames over two descriptors. Bytes read beyond one frame are kept for the next."""

    def __init__(self, source: int, sink: int) -> None:
        self.source, self.sink, self.rest = source, sink, b""

    def ready(self, descriptor: int, *, writing: bool = False) -> None:
        """Return when a descriptor can be used; those of a worker block, so it need not wait here."""

    def send(self, header: Header, payload: Sequence[Memory] = ()) -> None:
        """Write a frame, whose payload is a series of parts. Large parts are not copied."""
        text = ENCODE(header).encode()
        parts = [HEAD.pack(MAGIC, len(text), sum(len(part) for part in payload)), text, *payload]
        for part in parts if sum(map(len, parts)) > CHUNK else [b"".join(parts)]:
            view = memoryview(part)
            while view:
                try:
                    view = view[os.write(self.sink, view) :]
                except BlockingIOError:
                    self.ready(self.sink, writing=True)

    def receive(self, limit: int) -> tuple[Header, Memory]:
        """The next frame. Raises ProtocolError before reading more than allowed, EOFError at the end of the stream."""
        magic, header_length, payload_length = HEAD.unpack(self.read(HEAD.size))
        if magic != MAGIC:
            raise ProtocolError(f"expected a frame, got {magic!r}")
        if header_length > MOST_HEADER or payload_length > limit:
            raise ProtocolError(f"a frame of {header_length} + {payload_length} bytes is too large")
        try:
            header = json.loads(bytes(self.read(header_length)).decode())
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"the header is not JSON: {error}") from None
        if not isinstance(header, dict):
            raise ProtocolError("the header is not a JSON object")
        return header, self.read(payload_length)

    def read(self, length: int) -> Memory:
        """Exactly `length` bytes. More than a chunk is read directly into the result."""
        while len(self.rest) < min(length, CHUNK):
            self.ready(self.source)
            part = os.read(self.source, CHUNK)
            if not part:
                raise EOFError
            self.rest += part
        if length <= len(self.rest):
            taken, self.rest = self.rest[:length], self.rest[length:]
            return taken
        block = np.empty(length, np.uint8).data
        filled = len(self.rest)
        block[:filled], self.rest = self.rest, b""
        while filled < length:
            self.ready(self.source)
            count = os.readv(self.source, [block[filled:]])
            if not count:
                raise EOFError
            filled += count
        return block


def described(array: Any) -> tuple[Header, Memory]:
    """An array with its layout: the memory that it spans, and where in it the elements lie."""
    plain = array.flags.c_contiguous
    reaches = [] if plain else [(n - 1) * s for n, s in zip(array.shape, array.strides)]
    below = sum(reach for reach in reaches if reach < 0)
    length = array.nbytes if plain else sum(map(abs, reaches)) + array.itemsize
    address = array.__array_interface__["data"][0] + below
    header = {
        "dtype": named(array.dtype),
        "shape": list(array.shape),
        "strides": list(array.strides),
        "offset": -below,
        "alignment": address % CACHE_LINE,
        "writeable": array.flags.writeable,
        "bytes": length,
    }
    return header, memory_of(array) if plain else ctypes.string_at(address, length)


def memory_of(array: Any) -> memoryview:
    """The bytes of a contiguous array, not copied."""
    return memoryview(array.reshape(-1).view(np.uint8))


def named(dtype: Any) -> str:
    """A dtype as text; NumPy has no name for bfloat16, which ml_dtypes adds."""
    return "bfloat16" if dtype.name == "bfloat16" else str(dtype.str)


def dtype_of(text: str) -> Any:
    """The dtype that `named` encoded."""
    if text == "bfloat16":
        importlib.import_module("ml_dtypes")
    return np.dtype(text)


def rebuilt(header: Header, memory: Memory) -> Any:
    """The array that `described` encoded, in memory of its own, between fences."""
    block = np.full(len(memory) + 2 * FENCE, FENCED, np.uint8)
    start = FENCE - CACHE_LINE + (header["alignment"] - address_of(block)) % CACHE_LINE
    block[start : start + len(memory)] = np.frombuffer(memory, np.uint8)
    offset, strides = start + header["offset"], tuple(header["strides"])
    array = np.ndarray(tuple(header["shape"]), dtype_of(header["dtype"]), block.data, offset, strides)
    array.flags.writeable = header["writeable"]
    return array


def address_of(array: Any) -> int:
    """The address of an array's first cell."""
    address: int = array.__array_interface__["data"][0]
    return address


def block_of(array: Any) -> Any:
    """The bytes that an array was rebuilt in, including fences; None for any other array."""
    block = array.base
    if not isinstance(block, np.ndarray) or block.dtype != np.uint8:
        return None
    return block if address_of(array) - address_of(block) >= FENCE - CACHE_LINE else None


def around(array: Any) -> bytes:
    """The bytes around a rebuilt array and between its cells; empty for any other array."""
    block = block_of(array)
    if block is None:
        return b""
    offset = address_of(array) - address_of(block)
    if array.flags.c_contiguous:
        return bytes(block[:offset]) + bytes(block[offset + array.nbytes :])
    others = block.copy()
    strided(array.shape, array.dtype, others.data, offset, array.strides)[...] = 0
    return bytes(others)


def painted(dtype: Any, shape: Sequence[int], places: Any, values: Any) -> Any:
    """An array of zeros except at these row-major places. The system allocates memory only for written pages."""
    array = np.zeros(tuple(shape), dtype)
    array.reshape(-1)[places] = values
    return array


def nonzero(array: Any) -> tuple[int, Any, Any]:
    """The number of nonzero cells of an array, the row-major places of the first of them (int64), and their values.

    The values are in native byte order.
    """
    count, start, places, values = 0, 0, [np.empty(0, np.int64)], [np.empty(0, array.dtype)]
    # NumPy's type stubs do not have "contig".
    in_parts: Any = np.nditer
    how = (["external_loop", "buffered", "zerosize_ok"], [["readonly", "contig"]])
    for part in in_parts(array, *how, order="C", buffersize=CHUNK):
        # Testing the bytes is several times faster than testing 2-byte floats.
        if part.view(np.uint8).any():
            met = np.flatnonzero(part)[: MOST_LISTED - sum(map(len, places))]
            count += int(np.count_nonzero(part))
            places.append(met + start)
            values.append(part[met])
        start += part.size
    return count, np.concatenate(places), np.concatenate(values)


Question = Tuple[str, Dict[str, Any], Tuple[Any, ...], Header]
"""A call: the function, its arrays by name, size and stride, and the settings."""


class Host:
    """An implementation, called with arrays of its own, and watched for its effects on memory."""

    def __init__(self, make: Callable[[], Any], *, isolated: bool = False) -> None:
        self.make, self.isolated = make, isolated
        self.implementation = make()
        self.results: list[tuple[Any, Any]] = []
        self.inputs: dict[str, Any] = {}
        self.limit = 1 << 62
        """The most bytes that a result may have."""

    def renew(self) -> None:
        """Start another law: a class is instantiated anew."""
        self.implementation = self.make()
        self.begin()

    def begin(self) -> None:
        """Start a new case: earlier results are no longer watched."""
        self.results, self.inputs = [], {}

    def ask(self, function: str, inputs: dict[str, Any], rest: tuple[Any, ...], settings: Header) -> Header:
        """Make one call; then compare its inputs and all earlier results with copies."""
        before = {name: (array.copy(), array.flags.writeable) for name, array in inputs.items()}
        beside = {name: around(array) for name, array in inputs.items()}
        answer = self.attempt(function, inputs, rest, settings)
        result = answer.get("value")
        stale = [k for k, (kept, copy) in enumerate(self.results) if not same(kept, copy)]
        seen = {
            "changed": [name for name, array in inputs.items() if written(array, *before[name])],
            "beside": [name for name, array in inputs.items() if around(array) != beside[name]],
            "shares": [name for name, array in inputs.items() if overlap(result, array)],
            "stale": stale,
            "reuses": [k for k, (kept, _) in enumerate(self.results) if overlap(result, kept)],
        }
        answer.update({what: found for what, found in seen.items() if found})
        answer["value"] = result.copy() if isinstance(result, np.ndarray) else result
        for k in stale:
            self.results[k] = (self.results[k][0], self.results[k][0].copy())
        self.results.append((result, answer["value"]))
        return answer

    def ask_sparse(self, function: str, inputs: dict[str, Any], rest: tuple[Any, ...]) -> Header:
        """Make one call with arrays too large to copy. Returns only the result's nonzero cells; nothing is watched."""
        answer = self.attempt(function, inputs, rest, {})
        value = answer["value"]
        if isinstance(value, np.ndarray):
            count, *cells = nonzero(value)
            dtype = named(cells[1].dtype)
            answer.update(kind="sparse", dtype=dtype, shape=list(value.shape), nonzero=count, value=cells)
        return answer

    def handed_over(self, inputs: dict[str, Any], in_place: bool) -> dict[str, Any]:
        """These arrays; if `in_place`, with those of the previous call that can hold the values of the same name."""
        kept = {name: array for name, array in self.inputs.items() if in_place and reusable(array, inputs.get(name))}
        for name, array in kept.items():
            np.copyto(array, inputs[name])
        self.inputs = {**inputs, **kept}
        return self.inputs

    def attempt(self, function: str, inputs: dict[str, Any], rest: tuple[Any, ...], settings: Header) -> Header:
        """Only the call: its result, the error that it raised, or how it tried to end the process."""
        try:
            return self.measured(getattr(self.implementation, function)(*inputs.values(), *rest, **settings))
        except Exception as error:
            return {"value": None, "error": told(error), "raised": classes_of(error)}
        except SystemExit as ending:
            return {"value": None, "exited": f"sys.exit({said(ending.code, repr)})"}
        except KeyboardInterrupt:
            if not self.isolated:
                raise
            return {"value": None, "exited": "KeyboardInterrupt"}

    def measured(self, value: Any) -> Header:
        """A result; if it is not an array, or far too large, only its description."""
        if not issubclass(type(value), np.ndarray):
            return {"value": None, "kind": said(name_of(value))}
        # A subclass is reduced to its memory: its methods may return anything.
        value = as_plain(value)
        if value.dtype.hasobject or value.nbytes > self.limit:
            return {"value": None, "kind": f"an array of dtype {said(value.dtype)} and shape {value.shape}"}
        return {"value": value, "kind": "array"}

    def together(self, calls: list[Question], seconds: float, moments: Sequence[float]) -> list[Header]:
        """Make several calls at the same time. Returns the first answers that differ from those of calls in sequence.

        First the other calls are made during the first, at these moments (0: its beginning, 1: its end), while there is
        time. State that Python code leaves inconsistent between two lines is found if a moment falls there, however
        busy the machine is. Then all calls are made at once for `seconds`, as fast as possible, which finds other races
        by luck.
        """
        answers = [self.attempt(*call) for call in calls]
        for others in self.interleaved(calls, moments, monotonic() + seconds):
            if any(map(differ, others, answers)):
                return others
        self.at_once(calls, answers, seconds)
        return answers

    def interleaved(self, calls: list[Question], moments: Sequence[float], end: float) -> Iterator[list[Header]]:
        """The answers when the other calls are made at a moment of the first, for each moment until `end`."""
        first, *others = [partial(self.attempt, *call) for call in calls]
        standby = Standby(lambda: [other() for other in others])
        try:
            _, steps = in_the_midst(first, standby.ask, 0)
            for moment in moments:
                answers, _ = in_the_midst(first, standby.ask, 1 + int(moment * steps))
                yield answers
                if monotonic() >= end:
                    return
        finally:
            standby.dismiss()

    def at_once(self, calls: list[Question], answers: list[Header], seconds: float) -> None:
        """Make each call repeatedly in a thread of its own, with frequent switches, while its answer stays the same."""
        start = Barrier(len(calls))

        def one(k: int) -> None:
            start.wait()
            end = monotonic() + seconds
            while monotonic() < end:
                again = self.attempt(*calls[k])
                if differ(again, answers[k]):
                    answers[k] = again
                    return

        threads = [Thread(target=one, args=(k,), name=THREAD) for k in range(len(calls))]
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(usual)


class Standby:
    """A waiting thread that repeats the same work on request.

    Asking starts no thread and takes no lock that a call can hold, so a call can be stopped anywhere to ask.
    `ThreadPoolExecutor.submit` takes a lock that all executors share: it would never return if the call holds that
    lock.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.asked: SimpleQueue[Future[Any] | None] = SimpleQueue()
        Thread(target=self.serve, name=THREAD, daemon=True).start()

    def serve(self) -> None:
        """Do the work until dismissed."""
        for future in iter(self.asked.get, None):
            try:
                future.set_result(self.work())
            except BaseException as error:
                future.set_exception(error)

    def ask(self) -> Future[Any]:
        """Request the work. The returned future gets its result, or the exception that ended it."""
        future: Future[Any] = Future()
        self.asked.put(future)
        return future

    def dismiss(self) -> None:
        """End the thread once it has done its requested work."""
        self.asked.put(None)


def in_the_midst(
    call: Callable[[], Header], make_others: Callable[[], Future[list[Header]]], at: int
) -> tuple[list[Header], int]:
    """Make a call, and after `at` steps of it have others made by another thread.

    A step is a call of the trace function, mostly a line of Python; only steps of the target count. If the call has
    fewer steps, or `at` is 0, the others are made afterwards; if they wait for this call to end, it is resumed. Returns
    the answers and the number of steps, at most STEPS.
    """
    steps, others = 0, []

    def enter(frame: FrameType, *_: Any) -> Any:
        return step() if of_target(frame.f_code.co_filename) else None

    def step(*_: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == at:
            others.append(make_others())
            wait(others, PATIENCE)
        if steps == STEPS:
            settrace(None)
        return step

    usual = gettrace()
    settrace(enter)
    try:
        answer = call()
    finally:
        settrace(usual)
    return [answer, *(others or [make_others()])[0].result()], steps


def classes_of(error: Exception) -> list[str]:
    """The names of an exception's class and its bases, nearest first; with their module unless they are built in."""
    kinds = type(error).__mro__
    return [
        each.__qualname__ if each.__module__ == "builtins" else f"{each.__module__}.{each.__qualname__}"
        for each in kinds
    ]


def of_target(file: str) -> bool:
    """Whether code in this file belongs to the target, not to the standard library, NumPy or this worker.

    Between two lines of the standard library a call may hold locks that all threads share, and no race or result of the
    target lies there.
    """
    if file.startswith(("<frozen ", NUMPY)) or file == of_target.__code__.co_filename:
        return False
    return not file.startswith(STDLIB) or file.startswith(PACKAGES)


def differ(one: Header, other: Header) -> bool:
    """Whether two answers to the same call differ."""
    return one.keys() != other.keys() or not same(one["value"], other["value"])


def stated(found: Any, names: Sequence[str]) -> dict[str, Any]:
    """The attributes with these names; a function of such a name declares nothing."""
    values = {name: getattr(found, name) for name in names if hasattr(found, name)}
    return {name: value for name, value in values.items() if not callable(value)}


def notes_of(found: Any) -> list[str]:
    """The notes that a wrapper made about a target."""
    notes = getattr(found, "__notes__", [])
    return list(map(str, notes)) if isinstance(notes, list) else []


def keywords_of(found: Any, names: Sequence[str]) -> dict[str, list[str]]:
    """The parameters that each of these callables takes by keyword, "**" if any. Some have no signature."""
    known = {}
    for name in names:
        try:
            parameters = inspect.signature(getattr(found, name)).parameters.values()
        except (TypeError, ValueError):
            continue
        named = [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
        known[name] = named + ["**" for each in parameters if each.kind == each.VAR_KEYWORD]
    return known


def reusable(old: Any, new: Any) -> bool:
    """Whether the values of a new array, if there is one, can be written into an old one."""
    return new is not None and (old.shape, old.dtype) == (new.shape, new.dtype) and bool(old.flags.writeable)


def written(array: Any, before: Any, writeable: bool) -> bool:
    """Whether an input has other values than before, or is no longer writeable."""
    return bool(array.flags.writeable) != writeable or not same(array, before)


def same(a: Any, b: Any) -> bool:
    """Whether two arrays are equal, with NaN equal to NaN; anything else is not compared."""
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return True
    if a.shape != b.shape:
        return False
    return (a.dtype == b.dtype and a.tobytes() == b.tobytes()) or bool(((a == b) | ((a != a) & (b != b))).all())


def overlap(result: Any, other: Any) -> bool:
    """Whether two arrays share memory."""
    return isinstance(result, np.ndarray) and isinstance(other, np.ndarray) and bool(shares_memory(result, other))


def load(source: str, attribute: str, paths: list[str], wrapper: str = "", problem: str = "") -> Callable[[], Any]:
    """A function that makes the target: it returns the object itself, or calls a class. Raises Unloadable.

    `source` is a module or a file; `paths` come first on the import path. `wrapper` names the wrapper to put around the
    object, which may need a file with a `problem`.
    """
    if os.path.isdir(source):
        raise Unloadable(f"{source} is a folder; a target is a module or a file")
    sys.path[:0] = [path for path in paths if path not in sys.path]
    # Wrappers are loaded before the target, which could change what they use to find its windows.
    solved = by_wrappers(wrapper, "problem_of", from_file(problem)) if problem else None
    module = from_file(source) if source.endswith(".py") else from_module(source, paths)
    found = find(module, attribute, source) if attribute else module
    if wrapper:
        found = by_wrappers(wrapper, "wrapped", wrapper, found, solved)
    return found if isinstance(found, type) else lambda: found


def by_wrappers(wrapper: str, function: str, *arguments: Any) -> Any:
    """The result of a function of the wrappers, called for one of them. Raises Unloadable."""
    try:
        return getattr(importlib.import_module("poolproof.properties.wrappers.named"), function)(*arguments)
    except Exception as error:
        message = said(error) if isinstance(error, TypeError) else told(error)
        raise Unloadable(f"it cannot be wrapped as {wrapper}: {message}") from error


def from_module(name: str, paths: list[str]) -> Any:
    """Import a module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise Unloadable(f"{name} cannot be imported: {error}") from error
        files = [
            file[:-3]
            for path in paths
            if os.path.isdir(path)
            for file in sorted(os.listdir(path))
            if file.endswith(".py")
        ]
        raise Unloadable(f"there is no module {error.name!r}; {suggestion(name, files)}") from None
    except (Exception, SystemExit) as error:
        raise Unloadable(f"{name} cannot be imported: {told(error)}{where(error)}") from error


class FromSource(importlib.machinery.SourceFileLoader):
    """Loads a file from its source, never from its bytecode.

    Python knows bytecode that is out of date by the file's size and the second of its last change, so a kernel that is
    mended by one character, or written again by a program, could be judged as it was before.
    """

    def get_code(self, fullname: str) -> Any:
        """The code of the file as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def from_file(path: str) -> Any:
    """Import a file under its own name, with its folder on the import path."""
    folder, file = os.path.split(os.path.abspath(path))
    if not os.path.isfile(path):
        near = [name for name in os.listdir(folder) if name.endswith(".py")] if os.path.isdir(folder) else []
        hint = f"; {suggestion(file, near)}" if near else ""
        raise Unloadable(f"there is no such file: {path}{hint}")
    spec = importlib.util.spec_from_file_location(file[:-3], path, loader=FromSource(file[:-3], path))
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    except (Exception, SystemExit) as error:
        raise Unloadable(f"{path} cannot be imported: {told(error)}{where(error)}{as_module(error, path)}") from error
    return module


def as_module(error: BaseException, path: str) -> str:
    """How to name a file that imports from its own package, if that is what failed."""
    folder, file = os.path.split(os.path.abspath(path))
    if not isinstance(error, ImportError) or "relative import" not in said(error):
        return ""
    names = [file[:-3]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.insert(0, name)
    return f"; name it as a module of its package, {'.'.join(names)}" if len(names) > 1 else ""


def where(error: BaseException) -> str:
    """The file and line that raised an exception, if they are not ours or the import system's own."""
    ours = (__file__, "<", os.path.join(STDLIB, "importlib", ""))
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    outside = [place for place in places if not place[0].startswith(ours)]
    return f" ({os.path.basename(outside[-1][0])}, line {outside[-1][1]})" if outside else ""


def find(module: Any, attribute: str, source: str) -> Any:
    """The attribute of a module with this name, which may be dotted."""
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise Unloadable(f"{source} has no {part!r}; {suggestion(part, public(found))}")
        found = getattr(found, part)
    return found


def public(found: Any) -> list[str]:
    """The public names of an object, without overlong ones and the modules that a file imports."""
    own = vars(found) if isinstance(found, ModuleType) else {}
    imported = {name for name, value in own.items() if isinstance(value, ModuleType)}
    return [name for name in dir(found) if name[:1] != "_" and len(name) <= MOST_LETTERS and name not in imported]


def said(value: Any, write: Callable[[Any], str] = str) -> str:
    """A target's value as text, cut to one character more than is shown. Its own methods may raise."""
    try:
        return str.__getitem__(write(value), slice(MOST_TEXT + 1))
    except (Exception, SystemExit):
        return "(a text that cannot be made)"


def told(error: BaseException) -> str:
    """An exception as its type and its message."""
    return said(f"{name_of(error)}: {said(error)}")


def name_of(value: Any) -> str:
    """The name of a value's type; a metaclass cannot replace it."""
    return str(type.__dict__["__name__"].__get__(type(value)))


def suggestion(word: str, known: list[str]) -> str:
    """The end of a message about an unknown word: a similar one, or all there are."""
    near = difflib.get_close_matches(word, known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are: {', '.join(known)}" if known else "there is nothing else"


OURS = ("poolproof", "poolproof.properties", "poolproof.properties.remote")
FILES = {
    "poolproof.properties.remote.vocabulary": os.path.join("remote", "vocabulary.py"),
    "poolproof.properties.remote.worker": os.path.join("remote", "worker.py"),
    "poolproof.properties.wrappers": os.path.join("wrappers", "__init__.py"),
}
"""What a target can import of poolproof where it is not installed: empty packages, and files of its folder."""


class Beside:
    """Finds the wrappers in the suite's own folder, for a target whose interpreter has no poolproof.

    It is last in sys.meta_path, so that an installed poolproof takes precedence.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, *_: Any) -> Any:
        """The spec of a module by its full name; None for all but these few."""
        if name in OURS:
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        if name not in FILES:
            return None
        return importlib.util.spec_from_file_location(name, os.path.join(self.folder, FILES[name]))


class Server:
    """Answers frames until there are no more."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.host: Host | None = None
        self.law = self.case = 0

    def serve(self) -> None:
        """Answer one frame after another; the end of the stream ends the worker."""
        while True:
            try:
                header, payload = self.channel.receive(1 << 40)
            except EOFError:
                os._exit(0)
            try:
                answer, memory = getattr(self, "on_" + str(header.get("type")))(header, payload)
            except Unloadable as error:
                answer, memory = {"type": "error", "message": said(error)}, []
            self.channel.send(dict(answer, id=header.get("id")), memory)

    def on_hello(self, header: Header, _: Memory) -> tuple[Header, list[Memory]]:
        """Load the target and describe it."""
        if header["version"] != VERSION:
            raise Unloadable(f"protocol version {header['version']}, but this worker speaks {VERSION}")
        if "device" in header:
            os.environ["POOLPROOF_DEVICE"] = header["device"]
        wanted = header.get("as", ""), header.get("problem", "")
        make = load(header["source"], header["attribute"], header["paths"], *wanted)
        try:
            self.host = Host(make, isolated=True)
        except Exception as error:
            what = f"{header['attribute']} cannot be instantiated without arguments"
            raise Unloadable(f"{what}: {told(error)}") from error
        found = self.host.implementation
        offers = [name for name in header["callables"] if callable(getattr(found, name, None))]
        declared = {name: as_json(value) for name, value in stated(found, header["declarations"]).items()}
        if "bfloat16" in str(declared.get("dtypes")) and importlib.util.find_spec("ml_dtypes") is None:
            raise Unloadable("it declares bfloat16, for which ml_dtypes should be installed beside it")
        notes = notes_of(found)
        return {
            **({"notes": notes} if notes else {}),
            "type": "hello",
            "version": VERSION,
            "offers": offers,
            "keywords": keywords_of(found, offers),
            "declared": declared,
            "names": public(found),
            "evidence": list(EVIDENCE),
            "environment": {"python": platform.python_version(), "numpy": np.__version__},
        }, []

    def on_call(self, header: Header, payload: Memory) -> tuple[Header, list[Memory]]:
        """Make one call."""
        host = self.at_case(header)
        ((function, inputs, rest, settings),) = self.questions([header], payload)
        inputs = host.handed_over(inputs, header.get("in_place", False))
        answer, memory = encoded(host.ask(function, inputs, rest, settings))
        return dict(answer, type="answer"), memory

    def on_sparse(self, header: Header, payload: Memory) -> tuple[Header, list[Memory]]:
        """Make one call whose arrays and result are sent as the places and values of their nonzero cells."""
        host, arrays = self.at_case(header), header["arrays"]
        dtypes = [dtype_of(array["dtype"]) for array in arrays]
        lengths = [array["nonzero"] * size for array, dtype in zip(arrays, dtypes) for size in (8, dtype.itemsize)]
        chunks = split_payload(payload, lengths)
        inputs = {}
        for array, dtype in zip(arrays, dtypes):
            places, values = np.frombuffer(next(chunks), np.int64), np.frombuffer(next(chunks), dtype)
            inputs[array["name"]] = painted(dtype, array["shape"], places, values)
        answer = host.ask_sparse(header["function"], inputs, (nested(header["size"]), nested(header["stride"])))
        cells = answer.pop("value") or []
        return dict(answer, type="answer"), [memory_of(each) for each in cells]

    def on_together(self, header: Header, payload: Memory) -> tuple[Header, list[Memory]]:
        """Make several calls at the same time."""
        host = self.at_case(header)
        questions = self.questions(header["calls"], payload)
        answers = [encoded(each) for each in host.together(questions, header["seconds"], header["moments"])]
        memory = [chunk for _, chunks in answers for chunk in chunks]
        return {"type": "answers", "answers": [answer for answer, _ in answers]}, memory

    def at_case(self, header: Header) -> Host:
        """The target, made anew for another law, and with nothing to watch for another case."""
        if self.host is None:
            raise Unloadable("hello should come first")
        self.host.limit = header["limit"]
        if header["law"] != self.law:
            self.law = header["law"]
            self.host.renew()
        if header["case"] != self.case:
            self.case = header["case"]
            self.host.begin()
        return self.host

    def questions(self, calls: list[Header], payload: Memory) -> list[Question]:
        """The calls of a frame, with their arrays."""
        chunks = split_payload(payload, [array["bytes"] for call in calls for array in call["arrays"]])
        asked = []
        for call in calls:
            inputs = {array["name"]: rebuilt(array, next(chunks)) for array in call["arrays"]}
            settings = {name: nested(value) for name, value in call.get("settings", {}).items()}
            asked.append((call["function"], inputs, (nested(call["size"]), nested(call["stride"])), settings))
        return asked


def split_payload(payload: Memory, lengths: list[int]) -> Iterator[Memory]:
    """The parts of a payload. Raises ProtocolError unless the lengths add up."""
    if sum(lengths) != len(payload):
        raise ProtocolError(f"arrays of {sum(lengths)} bytes in a payload of {len(payload)}")
    view, start = memoryview(payload), 0
    for length in lengths:
        yield view[start : start + length]
        start += length


def encoded(answer: Header) -> tuple[Header, list[Memory]]:
    """An answer as header and payload."""
    value = answer.pop("value")
    if answer.get("kind") != "array":
        return answer, []
    return dict(answer, dtype=named(value.dtype), shape=list(value.shape)), [memory_of(np.ascontiguousarray(value))]


def nested(value: Any) -> Any:
    """JSON lists as tuples at every level, and a coded float as a float."""
    if isinstance(value, dict):
        return float(value["float"])
    return tuple(nested(entry) for entry in value) if isinstance(value, list) else value


def as_json(value: Any) -> Any:
    """A declaration as JSON; a value without such a form becomes text, which the suite refuses."""
    if isinstance(value, dict):
        return {said(key): as_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(each) for each in value]
    short = isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 1 << 63)
    return value if value is None or short else said(value)


def main() -> None:
    """Keep the streams for frames and give the target others; of the suite's files, expose only the wrappers."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    sys.meta_path.append(Beside(os.path.dirname(here)))
    channel = Channel(os.dup(0), os.dup(1))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        Server(channel).serve()
    except BaseException:
        traceback.print_exc()
        os._exit(70)


if __name__ == "__main__":
    main()
